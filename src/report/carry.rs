//! Findings and errors that travel in a stream's comments: to JSON and back.
//!
//! The form is that of the JSON report, plus the label of the primary place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::json::{self, JsonError, JsonFinding, JsonLocation, JsonOrigin, JsonRelated, JsonResource};
use super::{Hidden, HiddenBy, Reported, ReportedError, ReportedFix, ReportedOrigin, ReportedPlace};
use crate::finding::{Affected, ResourceName, Safety};
use crate::source::Location;

#[derive(Serialize, Deserialize)]
struct Carried<'a> {
    label: String,
    /// Names relative to the root of the files named in the finding.
    roots: BTreeMap<String, String>,
    finding: JsonFinding<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    container: Option<String>,
    /// The rule that a finding about a suppression is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    /// The reason of the comment that hides it; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suppressed: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct CarriedError<'a> {
    roots: BTreeMap<String, String>,
    error: JsonError<'a>,
}

fn roots<'a>(places: impl IntoIterator<Item = &'a Location>) -> BTreeMap<String, String> {
    places.into_iter().map(|at| (at.file.clone(), at.root_file.clone())).collect()
}

/// A finding as JSON.
pub fn finding(finding: &Reported) -> serde_json::Value {
    let places = std::iter::once(&finding.location)
        .chain(finding.related.iter().map(|related| &related.location))
        .chain(finding.origin.iter().filter_map(|step| step.location.as_ref()));
    let carried = Carried {
        label: finding.label.clone(),
        roots: roots(places),
        finding: json::finding(finding),
        container: finding.container.clone(),
        about: finding.about.clone(),
        suppressed: finding.hidden.as_ref().map(|hidden| hidden.reason.clone()),
    };
    serde_json::to_value(carried).unwrap_or_default()
}

/// An error as JSON.
pub fn error(error: &ReportedError) -> serde_json::Value {
    let carried = CarriedError { roots: roots(&error.location), error: json::error(error) };
    serde_json::to_value(carried).unwrap_or_default()
}

fn resource(name: JsonResource<'_>) -> ResourceName {
    ResourceName {
        api_version: name.api_version.into_owned(),
        kind: name.kind.into_owned(),
        namespace: name.namespace.map(Into::into),
        name: name.name.into_owned(),
    }
}

fn location(at: JsonLocation<'_>, roots: &BTreeMap<String, String>) -> Location {
    Location {
        root_file: roots.get(&*at.file).unwrap_or(&at.file.to_string()).clone(),
        file: at.file.into_owned(),
        line: at.line,
        column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
        offset: at.offset,
        length: at.length,
    }
}

fn related(at: JsonRelated<'_>, roots: &BTreeMap<String, String>) -> ReportedPlace {
    let JsonRelated { file, line, column, end_line, end_column, offset, length, message } = at;
    ReportedPlace {
        location: location(JsonLocation { file, line, column, end_line, end_column, offset, length }, roots),
        place: None,
        message: message.into_owned(),
    }
}

fn origin(step: JsonOrigin<'_>, roots: &BTreeMap<String, String>) -> ReportedOrigin {
    let line = step.line.unwrap_or(0);
    let column = step.column.unwrap_or(0);
    ReportedOrigin {
        kind: step.kind.into_owned(),
        location: step.file.map(|file| Location {
            root_file: roots.get(&*file).unwrap_or(&file.to_string()).clone(),
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
    let Carried { label, roots, finding, container, about, suppressed } = serde_json::from_str(text).ok()?;
    Some(Reported {
        rule: finding.rule.as_ref().into(),
        severity: finding.severity.parse().ok()?,
        message: finding.message.into_owned(),
        help: finding.help.into_owned(),
        label,
        resource: finding.resource.map(resource),
        path: finding.path.map(Into::into),
        location: location(finding.location, &roots),
        place: None,
        related: finding.related.into_iter().map(|at| related(at, &roots)).collect(),
        origin: finding.origin.into_iter().map(|step| origin(step, &roots)).collect(),
        affected: finding
            .affected
            .into_iter()
            .map(|field| Affected { resource: resource(field.resource), path: field.path.into_owned() })
            .collect(),
        shape: String::new(),
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
        edits: None,
        container,
        about,
        hidden: suppressed.map(|reason| Hidden { by: HiddenBy::Comment, reason }),
    })
}

/// Reads an error back. None: the text is not of this form.
pub fn read_error(text: &str) -> Option<ReportedError> {
    let CarriedError { roots, error } = serde_json::from_str(text).ok()?;
    Some(ReportedError {
        code: error.code.into_owned(),
        message: error.message.into_owned(),
        help: error.help.map(Into::into),
        location: error.location.map(|at| location(at, &roots)),
        place: None,
    })
}
