//! `--format gitlab`: a Code Quality report, which GitLab shows in merge requests.

use serde::Serialize;

use super::Report;
use crate::finding::Severity;
use crate::source::Location;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    positions: Positions,
    lines: Lines,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn place(at: &Location) -> Place<'_> {
    Place {
        path: &at.root_file,
        positions: Positions {
            begin: Position { line: at.line, column: at.column },
            end: Position { line: at.end_line, column: at.end_column },
        },
        lines: Lines { begin: at.line, end: at.end_line },
    }
}

/// One JSON list; errors are issues of severity blocker.
pub fn render(report: &Report) -> String {
    let findings = report.findings.iter().map(|finding| Issue {
        description: finding.message.clone(),
        check_name: &finding.rule,
        fingerprint: finding.fingerprint.clone(),
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Info => "info",
        },
        location: place(&finding.location),
    });
    let errors = report.errors.iter().filter_map(|error| {
        let at = error.location.as_ref()?;
        Some(Issue {
            description: error.message.clone(),
            check_name: &error.code,
            fingerprint: super::digest(&[&error.code, &at.root_file, &error.message]),
            severity: "blocker",
            location: place(at),
        })
    });
    let issues: Vec<Issue<'_>> = findings.chain(errors).collect();
    let mut text = serde_json::to_string_pretty(&issues).unwrap_or_default();
    text.push('\n');
    text
}
