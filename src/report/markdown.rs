//! `--format markdown`: a job summary or a comment on a pull request.

use std::fmt::Write;

use super::Report;
use super::concise::summary_line;
use crate::finding::Severity;

/// Text for a cell: one line, nothing that ends the cell or begins markup of its own.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;")
}

/// A table of the findings, then what could not be worked with, then the summary.
pub fn render(report: &Report) -> String {
    let mut out = String::from("## ddlint\n\n");
    if !report.findings.is_empty() {
        out.push_str("| | where | what | what to do |\n|---|---|---|---|\n");
        for finding in &report.findings {
            let sign = match finding.severity {
                Severity::Error => "🔴 error",
                Severity::Warning => "🟠 warning",
                Severity::Info => "🔵 info",
            };
            let at = &finding.location;
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "| {sign} | `{}:{}` | {} (`{}`) | {} |",
                cell(&at.file),
                at.line,
                cell(&finding.message),
                finding.rule,
                cell(&finding.help)
            );
        }
        out.push('\n');
    }
    if !report.errors.is_empty() {
        out.push_str("### Could not be worked with\n\n");
        for error in &report.errors {
            let place = error.location.as_ref().map(|at| format!("`{}:{}`: ", cell(&at.file), at.line));
            let help = error.help.as_ref().map(|help| format!(" ({})", cell(help))).unwrap_or_default();
            let _ = writeln!(out, "- {}{}{help}", place.unwrap_or_default(), cell(&error.message));
        }
        out.push('\n');
    }
    out.push_str(&summary_line(report));
    out
}
