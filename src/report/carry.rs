//! Findings and errors that travel in a stream's comments: to JSON and back.
//!
//! The form is that of the JSON report, plus the label of the primary place.

use serde::{Deserialize, Serialize};

use super::json::{self, JsonError, JsonFinding, JsonLocation, JsonOrigin, JsonRelated, JsonResource};
use super::{Reported, ReportedError, ReportedFix, ReportedOrigin, ReportedPlace};
use crate::finding::{Affected, ResourceName, Safety};
use crate::source::Location;

#[derive(Serialize, Deserialize)]
struct Carried<'a> {
    label: String,
    finding: JsonFinding<'a>,
}

/// A finding as JSON.
pub fn finding(finding: &Reported) -> serde_json::Value {
    let carried = Carried { label: finding.label.clone(), finding: json::finding(finding) };
    serde_json::to_value(carried).unwrap_or_default()
}

/// An error as JSON.
pub fn error(error: &ReportedError) -> serde_json::Value {
    serde_json::to_value(json::error(error)).unwrap_or_default()
}

fn resource(name: JsonResource<'_>) -> ResourceName {
    ResourceName {
        api_version: name.api_version.into_owned(),
        kind: name.kind.into_owned(),
        namespace: name.namespace.map(Into::into),
        name: name.name.into_owned(),
    }
}

fn location(at: JsonLocation<'_>) -> Location {
    Location {
        file: at.file.into_owned(),
        line: at.line,
        column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
        offset: at.offset,
        length: at.length,
    }
}

fn related(at: JsonRelated<'_>) -> ReportedPlace {
    let JsonRelated { file, line, column, end_line, end_column, offset, length, message } = at;
    ReportedPlace {
        location: location(JsonLocation { file, line, column, end_line, end_column, offset, length }),
        place: None,
        message: message.into_owned(),
    }
}

fn origin(step: JsonOrigin<'_>) -> ReportedOrigin {
    let line = step.line.unwrap_or(1);
    let column = step.column.unwrap_or(1);
    ReportedOrigin {
        kind: step.kind.into_owned(),
        location: step.file.map(|file| Location {
            file: file.into_owned(),
            line,
            column,
            end_line: line,
            end_column: column,
            offset: 0,
            length: 0,
        }),
        path: step.path.map(Into::into),
        tested: step.tested,
    }
}

/// Reads a finding back. None: the text is not of this form.
pub fn read_finding(text: &str) -> Option<Reported> {
    let Carried { label, finding } = serde_json::from_str(text).ok()?;
    Some(Reported {
        rule: finding.rule.as_ref().into(),
        severity: finding.severity.parse().ok()?,
        message: finding.message.into_owned(),
        help: finding.help.into_owned(),
        label,
        resource: finding.resource.map(resource),
        path: finding.path.map(Into::into),
        location: location(finding.location),
        place: None,
        related: finding.related.into_iter().map(related).collect(),
        origin: finding.origin.into_iter().map(origin).collect(),
        affected: finding
            .affected
            .into_iter()
            .map(|field| Affected { resource: resource(field.resource), path: field.path.into_owned() })
            .collect(),
        fingerprint: finding.fingerprint.into_owned(),
        fix: finding.fix.map(|fix| ReportedFix {
            safety: if fix.safety == "safe" { Safety::Safe } else { Safety::Unsafe },
            description: fix.description.into_owned(),
            edits: fix
                .edits
                .into_iter()
                .map(|edit| (edit.file.into_owned(), edit.offset, edit.length, edit.text.into_owned()))
                .collect(),
        }),
    })
}

/// Reads an error back. None: the text is not of this form.
pub fn read_error(text: &str) -> Option<ReportedError> {
    let error: JsonError<'_> = serde_json::from_str(text).ok()?;
    Some(ReportedError {
        code: error.code.into_owned(),
        message: error.message.into_owned(),
        help: error.help.map(Into::into),
        location: error.location.map(location),
        place: None,
    })
}
