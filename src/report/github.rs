//! `--format github`: workflow commands, which GitHub shows as annotations on a pull request.
//!
//! The escaping is that of GitHub's runner: `%`, CR and LF in the message, also `:` and `,` in properties. Columns
//! are given for ranges on one line only: GitHub drops annotations that have them on several.

use std::fmt::Write;

use super::{Report, ReportedPlace};
use crate::finding::Severity;
use crate::source::Location;

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn place(at: &Location) -> String {
    let mut out = format!("file={},line={},endLine={}", property(&at.root_file), at.line, at.end_line);
    if at.line == at.end_line {
        // Writing to a String cannot fail.
        let _ = write!(out, ",col={},endColumn={}", at.column, at.end_column);
    }
    out
}

fn also(related: &[ReportedPlace]) -> String {
    related
        .iter()
        .map(|place| format!("\n{}:{}: {}", place.location.root_file, place.location.line, place.message))
        .collect()
}

/// One command a finding and an error.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut message = finding.message.clone();
        if !finding.help.is_empty() {
            message.push('\n');
            message.push_str(finding.help.trim_end());
        }
        message.push_str(&also(&finding.related));
        let title = property(&format!("ddlint: {}", finding.rule));
        let _ = writeln!(out, "::{command} {},title={title}::{}", place(&finding.location), data(&message));
    }
    for error in &report.errors {
        let place = error.location.as_ref().map(|at| format!("{},", place(at))).unwrap_or_default();
        let title = property(&format!("ddlint: {}", error.code));
        let help = error.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
        let _ = writeln!(out, "::error {place}title={title}::{}", data(&format!("{}{help}", error.message)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        assert_eq!(data("100 %\r\nnext: a, b"), "100 %25%0D%0Anext: a, b");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
