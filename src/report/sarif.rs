//! `--format sarif`: SARIF 2.1.0, for code scanning.
//!
//! Paths are relative to the repository root (`%SRCROOT%`), columns count Unicode code points, which the run says.

use serde_json::{Value, json};

use super::{HiddenBy, Report, Reported, ReportedFix, RuleInfo, page_of};
use crate::finding::Severity;
use crate::source::Location;

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a URI reference: everything but unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn artifact(path: &str) -> Value {
    json!({ "uri": uri(path), "uriBaseId": "%SRCROOT%" })
}

fn physical(at: &Location) -> Value {
    json!({
        "artifactLocation": artifact(&at.root_file),
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
            "byteOffset": at.offset,
            "byteLength": at.length,
        },
    })
}

fn fix(fix: &ReportedFix, root_of: impl Fn(&str) -> String) -> Value {
    let mut files: Vec<(String, Vec<Value>)> = Vec::new();
    for (file, offset, length, text) in &fix.edits {
        let replacement = json!({
            "deletedRegion": { "byteOffset": offset, "byteLength": length },
            "insertedContent": { "text": text },
        });
        let file = root_of(file);
        match files.iter_mut().find(|(known, _)| *known == file) {
            Some((_, replacements)) => replacements.push(replacement),
            None => files.push((file, vec![replacement])),
        }
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(file, replacements)| json!({ "artifactLocation": artifact(&file), "replacements": replacements }))
        .collect();
    json!({ "description": { "text": fix.description }, "artifactChanges": changes })
}

fn result(finding: &Reported, rules: &[RuleInfo]) -> Value {
    let mut location = json!({ "physicalLocation": physical(&finding.location) });
    if let Some(resource) = &finding.resource {
        let namespace =
            resource.namespace.as_deref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let path = finding.path.as_deref().unwrap_or_default();
        location["logicalLocations"] = json!([{
            "name": resource.name,
            "fullyQualifiedName": format!("{}/{namespace}{}{path}", resource.kind, resource.name),
            "kind": "resource",
        }]);
    }
    let text = match finding.help.trim_end() {
        "" => finding.message.clone(),
        help => format!("{}\n{help}", finding.message),
    };
    let mut result = json!({
        "ruleId": &*finding.rule,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [location],
        "partialFingerprints": { "ddlint/v1": finding.fingerprint },
    });
    if let Some(index) = rules.iter().position(|rule| rule.id == *finding.rule) {
        result["ruleIndex"] = json!(index);
    }
    if !finding.related.is_empty() {
        let related: Vec<Value> = finding
            .related
            .iter()
            .enumerate()
            .map(|(at, related)| {
                json!({
                    "id": at,
                    "physicalLocation": physical(&related.location),
                    "message": { "text": related.message },
                })
            })
            .collect();
        result["relatedLocations"] = json!(related);
    }
    let steps: Vec<Value> = finding
        .origin
        .iter()
        .filter_map(|step| {
            let at = step.location.as_ref()?;
            let what = match &step.path {
                Some(path) => format!("{} {path}", step.kind),
                None => step.kind.clone(),
            };
            Some(json!({ "location": { "physicalLocation": physical(at), "message": { "text": what } } }))
        })
        .collect();
    if !steps.is_empty() {
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": steps }] }]);
    }
    // All results of a run say it, or none.
    result["suppressions"] = json!([]);
    if let Some(hidden) = &finding.hidden {
        let kind = if hidden.by == HiddenBy::Comment { "inSource" } else { "external" };
        let mut suppression = json!({ "kind": kind, "status": "accepted" });
        if !hidden.reason.is_empty() {
            suppression["justification"] = json!(hidden.reason);
        }
        result["suppressions"] = json!([suppression]);
    }
    if let Some(edits) = &finding.fix {
        let places: Vec<&Location> = std::iter::once(&finding.location)
            .chain(finding.related.iter().map(|related| &related.location))
            .collect();
        let root_of = |file: &str| {
            places
                .iter()
                .find(|at| at.file == file)
                .map_or_else(|| file.to_string(), |at| at.root_file.clone())
        };
        result["fixes"] = json!([fix(edits, root_of)]);
    }
    result
}

fn rule(rule: &RuleInfo) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.why },
        "help": { "text": rule.page, "markdown": rule.page },
        "helpUri": page_of(&rule.id),
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": [rule.group] },
    })
}

/// The whole report as one SARIF log. `rules` are those that ran.
pub fn render(report: &Report, rules: &[RuleInfo]) -> String {
    let notifications: Vec<Value> = report
        .errors
        .iter()
        .map(|error| {
            let mut notification = json!({
                "level": "error",
                "message": { "text": error.message },
                "descriptor": { "id": error.code },
            });
            if let Some(at) = &error.location {
                notification["locations"] = json!([{ "physicalLocation": physical(at) }]);
            }
            notification
        })
        .collect();
    // What a person hides is told as such; what this run is not about is left out.
    let told = |finding: &&Reported| {
        finding.hidden.as_ref().is_some_and(|it| !matches!(it.by, HiddenBy::Revision | HiddenBy::Elsewhere))
    };
    let shown = report.findings.iter().chain(report.hidden.iter().filter(told));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ddlint",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "the root of the repository" } } },
            "invocations": [{
                "executionSuccessful": report.errors.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": shown.map(|finding| result(finding, rules)).collect::<Vec<_>>(),
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}
