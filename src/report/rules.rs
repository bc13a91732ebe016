//! The list of rules that `ddlint rules` prints, as a table and as JSON.

use serde::Serialize;

use crate::rule::docs::{Listing, listing};
use crate::rule::{Rule, Status};

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    severity: &'static str,
    group: &'a str,
    status: &'static str,
    fixable: bool,
    summary: &'a str,
}

fn status(status: Status) -> &'static str {
    status.as_str()
}

/// A table with one rule a line.
pub fn text(rules: &[&Rule]) -> String {
    let rows: Vec<Listing> = rules.iter().map(|rule| listing(rule)).collect();
    let widest = rows.iter().map(|row| row.id.len()).max().unwrap_or_default();
    let group = rows.iter().map(|row| row.group.len()).max().unwrap_or_default();
    rows.iter()
        .map(|row| {
            let fix = if row.fixable { "fix" } else { "" };
            let (id, severity, state) = (&row.id, row.severity.as_str(), status(row.status));
            format!("{id:widest$}  {severity:7}  {:group$}  {state:8}  {fix:3}  {}\n", row.group, row.summary)
        })
        .collect()
}

/// A JSON list.
pub fn json(rules: &[&Rule]) -> String {
    let rows: Vec<Listing> = rules.iter().map(|rule| listing(rule)).collect();
    let rows: Vec<JsonRule<'_>> = rows
        .iter()
        .map(|row| JsonRule {
            id: &row.id,
            severity: row.severity.as_str(),
            group: &row.group,
            status: status(row.status),
            fixable: row.fixable,
            summary: &row.summary,
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&rows).unwrap_or_default();
    text.push('\n');
    text
}
