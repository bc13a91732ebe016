//! `--format pretty`: findings drawn over their source lines, by miette.
//!
//! One block a finding; places in other files are blocks of their own behind it, each with its source.

use std::fmt::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeStyles};

use super::concise::{self, summary_line};
use super::excerpt::Excerpt;
use super::{Report, Reported, ReportedError, page_of};
use crate::finding::Severity;
use crate::source::{FileId, Place, SourceMap};

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Colours: only for a terminal.
    pub colour: bool,
    /// The rule's name leads to its page.
    pub links: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Findings that a person suppressed are named too.
    pub suppressed: bool,
    /// The summary is left out.
    pub quiet: bool,
}

#[derive(Debug)]
struct Drawn {
    severity: miette::Severity,
    code: Option<String>,
    /// The page of the rule.
    url: Option<String>,
    message: String,
    help: Option<String>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    related: Vec<Drawn>,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Drawn {}
impl Diagnostic for Drawn {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }
    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as Box<dyn fmt::Display>)
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<_>)
    }
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        (!self.related.is_empty())
            .then(|| Box::new(self.related.iter().map(|drawn| drawn as &dyn Diagnostic)) as Box<_>)
    }
}

/// Draws the report. `secret` says whether an offset of a file stands in the data of a Secret.
pub fn render(
    report: &Report,
    sources: &SourceMap,
    secret: &dyn Fn(FileId, u32) -> bool,
    style: Style,
) -> String {
    let theme = GraphicalTheme {
        styles: if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() },
        ..GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(style.links)
        .with_context_lines(1)
        .with_wrap_lines(true)
        .with_break_words(false);
    let mut out = String::new();
    for finding in &report.findings {
        draw(&handler, &drawn_finding(finding, sources, secret, style.links), &mut out);
    }
    for error in &report.errors {
        draw(&handler, &drawn_error(error, sources, secret), &mut out);
    }
    if style.suppressed {
        out.push_str(&concise::suppressed(report));
    }
    if !style.quiet {
        out.push_str(&summary_line(report));
    }
    out
}

fn draw(handler: &GraphicalReportHandler, drawn: &Drawn, out: &mut String) {
    if handler.render_report(out, drawn).is_err() {
        // miette gives up on a source it cannot read; the message must not be lost with the picture.
        let _ = write!(out, "{}: {}", drawn.code.as_deref().unwrap_or_default(), drawn.message);
    }
    let kept = out.trim_end().len();
    out.truncate(kept);
    out.push_str("\n\n");
}

fn labels_of(
    places: &[(Place, String)],
    sources: &SourceMap,
    secret: &dyn Fn(FileId, u32) -> bool,
) -> (Option<Excerpt>, Vec<LabeledSpan>) {
    let Some((first, _)) = places.first() else { return (None, Vec::new()) };
    let file = sources.get(first.file);
    let shown_as = match sources.run(*first) {
        Some(run) => (&*run.file, i64::from(run.line) - i64::from(file.line_column(run.start).0)),
        None => (&*file.path, 0),
    };
    let spans: Vec<_> = places.iter().map(|(place, _)| place.span).collect();
    let excerpt = Excerpt::new(file, shown_as, &spans, &|offset| secret(first.file, offset));
    let labels = places
        .iter()
        .enumerate()
        .map(|(at, (place, message))| {
            let text = (!message.is_empty()).then(|| message.clone());
            let span = excerpt.span(place.span);
            if at == 0 {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })
        .collect();
    (Some(excerpt), labels)
}

fn drawn_finding(
    finding: &Reported,
    sources: &SourceMap,
    secret: &dyn Fn(FileId, u32) -> bool,
    links: bool,
) -> Drawn {
    let mut here: Vec<(Place, String)> = Vec::new();
    let mut elsewhere: Vec<(&str, Vec<(Place, String)>)> = Vec::new();
    let primary_file = finding.place.map(|place| sources.root_path(place));
    let mut notes: Vec<String> = Vec::new();
    if let Some(place) = finding.place {
        here.push((place, finding.label.clone()));
    }
    for related in &finding.related {
        match related.place {
            Some(place) if primary_file == Some(sources.root_path(place)) => {
                here.push((place, related.message.clone()));
            }
            Some(place) => {
                let file = sources.root_path(place);
                match elsewhere.iter_mut().find(|(known, _)| *known == file) {
                    Some((_, places)) => places.push((place, related.message.clone())),
                    None => elsewhere.push((file, vec![(place, related.message.clone())])),
                }
            }
            None => {
                let at = &related.location;
                notes.push(format!("{}:{}:{}: {}", at.file, at.line, at.column, related.message));
            }
        }
    }
    if finding.place.is_none() {
        let at = &finding.location;
        notes.insert(0, format!("at {}:{}:{}", at.file, at.line, at.column));
    }
    let (excerpt, labels) = labels_of(&here, sources, secret);
    let related = elsewhere
        .into_iter()
        .map(|(_, places)| {
            let message = places.first().map(|(_, message)| message.clone()).unwrap_or_default();
            let (excerpt, labels) = labels_of(&places, sources, secret);
            let (severity, code, help) = (miette::Severity::Advice, None, None);
            Drawn { severity, code, url: None, message, help, excerpt, labels, related: Vec::new() }
        })
        .collect();
    let mut help = finding.help.trim_end().to_string();
    for note in notes {
        if !help.is_empty() {
            help.push('\n');
        }
        help.push_str(&note);
    }
    Drawn {
        severity: match finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        },
        code: Some(format!("{}[{}]", finding.severity.as_str(), finding.rule)),
        url: links.then(|| page_of(&finding.rule)),
        message: finding.message.clone(),
        help: (!help.is_empty()).then_some(help),
        excerpt,
        labels,
        related,
    }
}

fn drawn_error(error: &ReportedError, sources: &SourceMap, secret: &dyn Fn(FileId, u32) -> bool) -> Drawn {
    let places: Vec<_> = error.place.iter().map(|place| (*place, String::new())).collect();
    let (excerpt, labels) = labels_of(&places, sources, secret);
    let file = match (&error.location, error.place) {
        (Some(at), None) => format!("{}: ", at.file),
        _ => String::new(),
    };
    Drawn {
        severity: miette::Severity::Error,
        code: Some(format!("failed[{}]", error.code)),
        url: None,
        message: format!("{file}{}", error.message),
        help: error.help.clone(),
        excerpt,
        labels,
        related: Vec::new(),
    }
}
