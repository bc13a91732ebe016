//! Suppressions that a person wrote: comments in YAML, scripts and templates, and the annotation
//! `ddlint.dev/ignore` on a resource (contract section 7). Each counts what it hides, so that one that hides nothing
//! can be told.
//!
//! Deliberately absent: the baseline, and entries of the configuration (`filter`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ddlint_yaml::Span;
use rayon::prelude::*;
use regex::Regex;

use crate::finding::{Finding, InputError, ResourceName, Severity};
use crate::model::Model;
use crate::provenance;
use crate::source::{FileId, Origin, Place, SourceFile};

/// What a suppression covers.
#[derive(Clone, Debug, PartialEq)]
enum Reach {
    /// Findings on these lines of a file (from 1).
    Lines(FileId, Vec<u32>),
    /// Findings in the file.
    File(FileId),
    /// Findings about a resource.
    Resource(ResourceName),
}

/// One rule suppressed at one place.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The rule's id.
    pub rule: String,
    /// The reason given; may be empty.
    pub reason: String,
    /// The rule's id in the comment or annotation.
    pub place: Place,
    /// The resource whose annotation it is.
    pub resource: Option<ResourceName>,
    reach: Reach,
    /// Findings that it hides.
    pub hidden: usize,
}

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests below")]
static COMMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:#|/\*)\s*(?P<what>ddlint:\s*ignore(?P<file>-file)?)(?:\[(?P<rules>[^\]\n]*)\])?(?P<reason>[^\n]*)",
    )
    .unwrap()
});

/// The annotation's key.
pub const ANNOTATION: &str = "ddlint.dev/ignore";

/// The id behind a word, or the id that was probably meant.
pub type KnownRule<'a> = dyn Fn(&str) -> Result<String, Option<String>> + 'a;

fn error(place: Place, message: String, help: Option<String>) -> InputError {
    InputError { code: "bad-suppression", message, help, place: Some(place), file: None }
}

/// Whether a text may hold what the pattern looks for: a stream names ddlint before each document.
pub fn may_suppress(text: &str) -> bool {
    const WORD: &str = "ddlint:";
    memchr::memmem::find_iter(text.as_bytes(), WORD)
        .any(|at| text.get(at + WORD.len()..).is_some_and(|rest| rest.trim_start().starts_with("ignore")))
}

/// Whether a comment may cover all of the file that it stands in.
pub fn covers_file(comment: &str) -> bool {
    COMMENT.captures_iter(comment).any(|found| found.name("file").is_some())
}

/// All suppressions of a model, and what is wrong with others.
pub fn collect(model: &Model, known_rule: &KnownRule<'_>) -> (Vec<Suppression>, Vec<InputError>) {
    let mut out = Vec::new();
    let mut errors = Vec::new();
    let files: Vec<(FileId, &SourceFile)> = model.sources.iter().collect();
    let naming: BTreeMap<FileId, &SourceFile> = files
        .into_par_iter()
        .filter(|(_, source)| memchr::memmem::find(source.text.as_bytes(), b"ddlint").is_some())
        .collect();
    // Comments of YAML texts, so that a string that looks like a suppression is none.
    let mut comments: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    for doc in model.docs.iter().filter(|doc| naming.contains_key(&doc.file)) {
        let spans = comments.entry(doc.file).or_default();
        spans.extend(doc.tree.comments().iter().map(|comment| comment.span));
    }
    for (&file, source) in &naming {
        if matches!(source.origin, Origin::Rendered(_)) || !may_suppress(&source.text) {
            continue;
        }
        let in_comment = |offset: u32| match comments.get(&file) {
            Some(spans) => spans.iter().any(|span| span.start <= offset && offset < span.end),
            None => true,
        };
        for found in COMMENT.captures_iter(&source.text) {
            let (Some(whole), Some(what)) = (found.get(0), found.name("what")) else { continue };
            if !in_comment(whole.start() as u32) {
                continue;
            }
            let rules = found.name("rules").filter(|rules| words(rules.as_str(), 0).next().is_some());
            let Some(rules) = rules else {
                let span = Span { start: what.start() as u32, end: what.end() as u32 };
                let message = "this suppression names no rule".to_string();
                let help = format!("write `{}[rule-id] reason`", what.as_str());
                errors.push(error(Place { file, span }, message, Some(help)));
                continue;
            };
            let reason = found.name("reason").map_or("", |reason| reason.as_str());
            let reason = reason.split("*/").next().unwrap_or_default().trim().to_string();
            let reach = if found.name("file").is_some() {
                Reach::File(file)
            } else {
                Reach::Lines(
                    file,
                    lines_of(&source.text, whole.start(), source.line_column(whole.start() as u32).0),
                )
            };
            for (rule, start) in words(rules.as_str(), rules.start()) {
                let span = Span { start: start as u32, end: (start + rule.len()) as u32 };
                let (rule, reason, reach) = (rule.to_string(), reason.clone(), reach.clone());
                let place = Place { file, span };
                out.push(Suppression { rule, reason, place, resource: None, reach, hidden: 0 });
            }
        }
    }
    annotations(model, &naming, &mut out);
    out.retain_mut(|suppression| match known_rule(&suppression.rule) {
        Ok(id) => {
            suppression.rule = id;
            true
        }
        Err(meant) => {
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`ddlint rules` lists them".to_string(),
            };
            let message = format!("there is no rule `{}` to ignore", suppression.rule);
            errors.push(error(suppression.place, message, Some(help)));
            false
        }
    });
    errors.dedup();
    (out, errors)
}

fn words(list: &str, start: usize) -> impl Iterator<Item = (&str, usize)> {
    let mut at = start;
    list.split(',').filter_map(move |word| {
        let begin = at + (word.len() - word.trim_start().len());
        at += word.len() + 1;
        let word = word.trim();
        (!word.is_empty()).then_some((word, begin))
    })
}

/// The line of the comment; where it stands alone on it, also the next line that is no comment.
fn lines_of(text: &str, offset: usize, line: u32) -> Vec<u32> {
    let begin = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let before = text.get(begin..offset).unwrap_or_default();
    let alone = before.trim().is_empty() || before.trim().trim_end_matches('-') == "{{";
    let mut lines = vec![line];
    if alone {
        let rest = text.get(offset..).unwrap_or_default().lines().skip(1);
        let comment = |line: &str| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#') || (line.starts_with("{{") && line.contains("/*"))
        };
        if let Some(next) = rest.map(comment).position(|is_comment| !is_comment) {
            lines.push(line + 1 + next as u32);
        }
    }
    lines
}

fn annotations(model: &Model, naming: &BTreeMap<FileId, &SourceFile>, out: &mut Vec<Suppression>) {
    for resource in model.resources.iter().filter(|it| naming.contains_key(&model.doc(it.at.doc).file)) {
        let root = model.node(resource.at);
        let Some(node) = root.at(&["metadata", "annotations", ANNOTATION]) else { continue };
        let Some(text) = node.text() else { continue };
        let place = Place { file: model.doc(resource.at.doc).file, span: node.span() };
        // What a chart renders is written in its template, or in the values.
        let place = match &model.sources.get(place.file).origin {
            Origin::Rendered(rendering) => {
                provenance::edit_place(rendering, &model.sources, place).unwrap_or(place)
            }
            _ => place,
        };
        for (rule, _) in words(text, 0) {
            out.push(Suppression {
                rule: rule.to_string(),
                reason: String::new(),
                place,
                resource: Some(resource.report_name()),
                reach: Reach::Resource(resource.report_name()),
                hidden: 0,
            });
        }
    }
}

impl Suppression {
    fn covers(&self, finding: &Finding, place: Place, line: u32) -> bool {
        if self.rule != *finding.rule {
            return false;
        }
        match &self.reach {
            Reach::Lines(file, lines) => *file == place.file && lines.contains(&line),
            Reach::File(file) => *file == place.file,
            Reach::Resource(name) => finding.resource.as_ref() == Some(name),
        }
    }
}

/// For each finding the reason of the suppression that hides it; counts at the suppressions what they hide. A
/// finding is hidden at the place to edit, at each place from which its text came, and where a template prints it.
pub fn apply(
    model: &Model,
    suppressions: &mut [Suppression],
    findings: &[(Finding, Option<Place>)],
) -> Vec<Option<String>> {
    let mut by_rule: BTreeMap<String, Vec<&mut Suppression>> = BTreeMap::new();
    for suppression in suppressions {
        by_rule.entry(suppression.rule.clone()).or_default().push(suppression);
    }
    let reason = |(finding, printed): &(Finding, Option<Place>)| {
        let suppressions = by_rule.get_mut(&*finding.rule)?;
        // A comment may stand in the text of a block string or in the file around it.
        let outer = model.sources.outermost(finding.primary);
        let chain = finding.origin.iter().filter(|step| !step.tested).filter_map(|step| step.place);
        let places: Vec<(Place, u32)> = [finding.primary, outer]
            .into_iter()
            .chain(chain)
            .chain(*printed)
            .map(|place| (place, model.sources.get(place.file).line_column(place.span.start).0))
            .collect();
        let mut reason = None;
        for suppression in suppressions.iter_mut() {
            if places.iter().any(|(place, line)| suppression.covers(finding, *place, *line)) {
                suppression.hidden += 1;
                reason.get_or_insert_with(|| suppression.reason.clone());
            }
        }
        reason
    };
    findings.iter().map(reason).collect()
}

/// The rule that reports suppressions without effect.
pub const UNUSED: &str = "unused-suppression";

/// A finding for each suppression of a rule that ran and hides nothing, with the id of that rule. Of one comment in a
/// template that renders several times, one use is enough.
pub fn unused(
    suppressions: &[Suppression],
    ran: &dyn Fn(&str) -> bool,
    severity: Severity,
) -> Vec<(Finding, String)> {
    let mut hidden: BTreeMap<(Place, &str), (usize, &Suppression)> = BTreeMap::new();
    for suppression in suppressions.iter().filter(|it| it.rule != UNUSED && ran(&it.rule)) {
        hidden.entry((suppression.place, &suppression.rule)).or_insert((0, suppression)).0 +=
            suppression.hidden;
    }
    let idle = hidden.into_values().filter(|(times, _)| *times == 0).map(|(_, suppression)| suppression);
    idle.map(|it| (finding(it.place, &it.rule, it.resource.clone(), severity), it.rule.clone())).collect()
}

fn finding(place: Place, rule: &str, resource: Option<ResourceName>, severity: Severity) -> Finding {
    Finding {
        rule: UNUSED.into(),
        severity,
        message: format!("there is no finding of `{rule}` to ignore here"),
        help: "Remove the suppression.".to_string(),
        path: resource.as_ref().map(|_| format!("$['metadata']['annotations']['{ANNOTATION}']")),
        resource,
        primary: place,
        about: None,
        label: String::new(),
        apart: String::new(),
        related: Vec::new(),
        origin: Vec::new(),
        affected: Vec::new(),
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{lines_of, words};

    #[test]
    fn a_comment_covers_its_line_and_alone_on_it_the_next_one() {
        let text = "a: 1 # ddlint: ignore[x]\n# ddlint: ignore[y]\n# more\n\nb: 2\n";
        assert_eq!(lines_of(text, 5, 1), vec![1]);
        assert_eq!(lines_of(text, text.find("# ddlint: ignore[y]").expect("there"), 2), vec![2, 5]);
        assert_eq!(lines_of("{{- /* ddlint: ignore[y] */}}\nkind: x\n", 4, 1), vec![1, 2]);
    }

    #[test]
    fn the_words_of_a_list_know_where_they_stand() {
        assert_eq!(words("a, bc ,", 10).collect::<Vec<_>>(), vec![("a", 10), ("bc", 13)]);
    }
}
