//! `--format markdown`: a job summary or a comment on a pull request. Findings about order come with a small Mermaid
//! diagram of who comes before whom.

use std::fmt::Write;

use super::concise::summary_line;
use super::{Report, Reported, RuleInfo};
use crate::finding::Severity;
use crate::source::Location;

/// Text for a cell: one line, nothing that ends the cell or begins markup of its own.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text for a Mermaid label: in quotes, nothing that ends them or is read as markup.
fn label(text: &str) -> String {
    let mut out = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match c {
            '"' | '#' | ';' | '<' | '>' | '`' | '&' => out.push_str(&format!("#{};", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// Who is deployed first, and what it needs that comes later.
fn diagram(finding: &Reported) -> String {
    let place = |at: &Location| label(&format!("{}:{}", at.file, at.line));
    let who = match &finding.resource {
        Some(resource) => label(&format!("{}/{}", resource.kind, resource.name)),
        None => label(&finding.rule),
    };
    let mut out = String::from("```mermaid\nflowchart LR\n");
    // Writing to a String cannot fail.
    let _ = writeln!(out, "  first[\"{who}<br/>{}\"]", place(&finding.location));
    for (number, related) in finding.related.iter().enumerate() {
        let _ = writeln!(
            out,
            "  later{number}[\"{}<br/>{}\"]\n  first -->|before| later{number}",
            label(&related.message),
            place(&related.location)
        );
    }
    out.push_str("```\n\n");
    out
}

/// A table of the findings, diagrams of those about order, then what could not be worked with, then the summary.
pub fn render(report: &Report, rules: &[RuleInfo]) -> String {
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
    let about_order = |finding: &&Reported| {
        !finding.related.is_empty() && rules.iter().any(|rule| rule.about_order && *rule.id == *finding.rule)
    };
    for finding in report.findings.iter().filter(about_order) {
        let _ = writeln!(out, "{} (`{}`):\n", cell(&finding.message), finding.rule);
        out.push_str(&diagram(finding));
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
