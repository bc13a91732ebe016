//! `--format concise`: one line a finding, for people with many findings and for editors.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::{HiddenBy, Report, Reported, ReportedError};
use crate::finding::Severity;

/// `file:line:column: severity[rule] message`, then the errors, then the summary.
pub fn render(report: &Report, with_suppressed: bool, quiet: bool) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        out.push_str(&finding_line(finding));
    }
    for error in &report.errors {
        out.push_str(&error_line(error));
    }
    if with_suppressed {
        out.push_str(&suppressed(report));
    }
    if !quiet {
        out.push_str(&summary_line(report));
    }
    out
}

fn finding_line(finding: &Reported) -> String {
    let at = &finding.location;
    let (level, rule, message) = (finding.severity.as_str(), &finding.rule, &finding.message);
    format!("{}:{}:{}: {level}[{rule}] {message}\n", at.file, at.line, at.column)
}

/// How often each rule fired, the most frequent first; the errors; the summary.
pub fn statistics(report: &Report, quiet: bool) -> String {
    let mut counts: BTreeMap<(Severity, &str), (usize, usize)> = BTreeMap::new();
    for finding in &report.findings {
        let (times, fixes) = counts.entry((finding.severity, &*finding.rule)).or_default();
        *times += 1;
        *fixes += usize::from(finding.edits.is_some());
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|((severity, rule), (times, _))| (Reverse(*times), Reverse(*severity), *rule));
    let widest = rows.iter().map(|((_, rule), _)| rule.len()).max().unwrap_or_default();
    let mut out = String::new();
    for ((severity, rule), (times, fixes)) in rows {
        let fixes = if fixes > 0 { format!("  {fixes} with a fix") } else { String::new() };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{}",
            format!("{times:>5}  {:<7}  {rule:<widest$}{fixes}", severity.as_str()).trim_end()
        );
    }
    for error in &report.errors {
        out.push_str(&error_line(error));
    }
    if !quiet {
        out.push_str(&summary_line(report));
    }
    out
}

/// The findings that a person or the baseline hides, each with who and why.
pub(super) fn suppressed(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.hidden {
        let Some(hidden) = &finding.hidden else { continue };
        let by = match hidden.by {
            HiddenBy::Comment => "suppressed",
            HiddenBy::Configuration => "ignored by the configuration",
            HiddenBy::Baseline => "in the baseline",
            HiddenBy::Revision | HiddenBy::Elsewhere => continue,
        };
        let reason = if hidden.reason.is_empty() { String::new() } else { format!(": {}", hidden.reason) };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} ({by}{reason})", finding_line(finding).trim_end());
    }
    out
}

/// `file:line:column: failed[code] message`, and what to do on a line below.
pub(crate) fn error_line(error: &ReportedError) -> String {
    let place = error.location.as_ref().map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column));
    let help = error.help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
    format!("{}failed[{}] {}\n{help}", place.unwrap_or_default(), error.code, error.message)
}

/// The last line of the formats for people: what was found, and how much was covered.
pub fn summary_line(report: &Report) -> String {
    let s = &report.summary;
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let mut found: Vec<String> = Vec::new();
    for (n, word) in [(s.error, "error"), (s.warning, "warning")] {
        if n > 0 {
            found.push(plural(n, word));
        }
    }
    if s.info > 0 {
        found.push(format!("{} info", s.info));
    }
    let mut line = match (found.is_empty(), report.errors.is_empty()) {
        (true, true) => "No findings".to_string(),
        (true, false) => "No findings in what could be read".to_string(),
        (false, _) => format!("Found {}", found.join(", ")),
    };
    let _ = write!(line, " in {}, {}", plural(s.inputs, "file"), plural(s.documents, "document"));
    if s.charts > 0 {
        let not = s.charts.saturating_sub(s.charts_rendered);
        let _ = write!(
            line,
            " ({}: {} rendered, {not} not rendered)",
            plural(s.charts, "chart"),
            s.charts_rendered
        );
    }
    for (n, word) in [
        (s.suppressed, "suppressed"),
        (s.baselined, "in the baseline"),
        (s.known, "known to the base revision"),
        (s.elsewhere, "caused by other files"),
    ] {
        if n > 0 {
            let _ = write!(line, ", {n} {word}");
        }
    }
    if !report.errors.is_empty() {
        let _ = write!(line, "; {} could not be worked with", plural(report.errors.len(), "input"));
    }
    line.push('\n');
    line
}
