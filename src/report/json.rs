//! `--format json`: the schema `ddlint-report/1` of the contract, one document, complete also with errors.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Hidden, HiddenBy, Report, Reported, ReportedError, ReportedFix, ReportedOrigin};
use crate::finding::{ResourceName, Safety};
use crate::source::Location;

#[derive(Serialize)]
struct JsonReport<'a> {
    schema: &'static str,
    tool: JsonTool,
    summary: JsonSummary,
    findings: Vec<JsonFinding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Vec<JsonSuppressed<'a>>>,
    errors: Vec<JsonError<'a>>,
}

#[derive(Serialize)]
struct JsonSuppressed<'a> {
    by: &'static str,
    reason: &'a str,
    #[serde(flatten)]
    finding: JsonFinding<'a>,
}

#[derive(Serialize)]
struct JsonTool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct JsonSummary {
    error: usize,
    warning: usize,
    info: usize,
    suppressed: usize,
    baselined: usize,
    inputs: usize,
    documents: usize,
    skipped: usize,
    charts: usize,
    charts_rendered: usize,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsonFinding<'a> {
    pub(super) rule: Cow<'a, str>,
    pub(super) severity: Cow<'a, str>,
    pub(super) message: Cow<'a, str>,
    pub(super) help: Cow<'a, str>,
    pub(super) resource: Option<JsonResource<'a>>,
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) location: JsonLocation<'a>,
    pub(super) related: Vec<JsonRelated<'a>>,
    pub(super) origin: Vec<JsonOrigin<'a>>,
    pub(super) affected: Vec<JsonAffected<'a>>,
    pub(super) fingerprint: Cow<'a, str>,
    pub(super) fix: Option<JsonFix<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonResource<'a> {
    pub(super) api_version: Cow<'a, str>,
    pub(super) kind: Cow<'a, str>,
    pub(super) namespace: Option<Cow<'a, str>>,
    pub(super) name: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsonLocation<'a> {
    pub(super) file: Cow<'a, str>,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
    pub(super) offset: u32,
    pub(super) length: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsonRelated<'a> {
    pub(super) file: Cow<'a, str>,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
    pub(super) offset: u32,
    pub(super) length: u32,
    pub(super) message: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsonOrigin<'a> {
    pub(super) kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) column: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) tested: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsonAffected<'a> {
    pub(super) resource: JsonResource<'a>,
    pub(super) path: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsonFix<'a> {
    pub(super) safety: Cow<'a, str>,
    pub(super) description: Cow<'a, str>,
    pub(super) edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsonEdit<'a> {
    pub(super) file: Cow<'a, str>,
    pub(super) offset: u32,
    pub(super) length: u32,
    pub(super) text: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsonError<'a> {
    pub(super) code: Cow<'a, str>,
    pub(super) message: Cow<'a, str>,
    pub(super) help: Option<Cow<'a, str>>,
    pub(super) location: Option<JsonLocation<'a>>,
}

fn resource(name: &ResourceName) -> JsonResource<'_> {
    JsonResource {
        api_version: (&*name.api_version).into(),
        kind: (&*name.kind).into(),
        namespace: name.namespace.as_deref().map(Cow::from),
        name: (&*name.name).into(),
    }
}

fn location(location: &Location) -> JsonLocation<'_> {
    let Location { file, line, column, end_line, end_column, offset, length, .. } = location;
    JsonLocation {
        file: (&**file).into(),
        line: *line,
        column: *column,
        end_line: *end_line,
        end_column: *end_column,
        offset: *offset,
        length: *length,
    }
}

fn origin(step: &ReportedOrigin) -> JsonOrigin<'_> {
    let at = step.location.as_ref();
    JsonOrigin {
        kind: (&*step.kind).into(),
        file: at.map(|at| Cow::from(&*at.file)),
        // Of a template that helm only names no line is known.
        line: at.map(|at| at.line).filter(|line| *line > 0),
        column: at.map(|at| at.column).filter(|column| *column > 0),
        path: step.path.as_deref().map(Cow::from),
        tested: step.tested,
    }
}

fn fix(fix: &ReportedFix) -> JsonFix<'_> {
    JsonFix {
        safety: match fix.safety {
            Safety::Safe => "safe".into(),
            Safety::Unsafe => "unsafe".into(),
        },
        description: (&*fix.description).into(),
        edits: fix
            .edits
            .iter()
            .map(|(file, offset, length, text)| JsonEdit {
                file: (&**file).into(),
                offset: *offset,
                length: *length,
                text: (&**text).into(),
            })
            .collect(),
    }
}

pub(super) fn finding(finding: &Reported) -> JsonFinding<'_> {
    JsonFinding {
        rule: (&*finding.rule).into(),
        severity: finding.severity.as_str().into(),
        message: (&*finding.message).into(),
        help: (&*finding.help).into(),
        resource: finding.resource.as_ref().map(resource),
        path: finding.path.as_deref().map(Cow::from),
        location: location(&finding.location),
        related: finding
            .related
            .iter()
            .map(|related| {
                let JsonLocation { file, line, column, end_line, end_column, offset, length } =
                    location(&related.location);
                let message = (&*related.message).into();
                JsonRelated { file, line, column, end_line, end_column, offset, length, message }
            })
            .collect(),
        origin: finding.origin.iter().map(origin).collect(),
        affected: finding
            .affected
            .iter()
            .map(|affected| JsonAffected {
                resource: resource(&affected.resource),
                path: (&*affected.path).into(),
            })
            .collect(),
        fingerprint: (&*finding.fingerprint).into(),
        fix: finding.fix.as_ref().map(fix),
    }
}

pub(super) fn error(error: &ReportedError) -> JsonError<'_> {
    JsonError {
        code: (&*error.code).into(),
        message: (&*error.message).into(),
        help: error.help.as_deref().map(Cow::from),
        location: error.location.as_ref().map(location),
    }
}

fn suppressed(it: &Reported) -> Option<JsonSuppressed<'_>> {
    let Hidden { by, reason } = it.hidden.as_ref()?;
    let by = match by {
        HiddenBy::Comment => "comment",
        HiddenBy::Configuration => "configuration",
        HiddenBy::Baseline => "baseline",
        HiddenBy::Revision | HiddenBy::Elsewhere => return None,
    };
    Some(JsonSuppressed { by, reason, finding: finding(it) })
}

/// The report as one JSON document with a line break at its end; with what is suppressed, if that is asked for.
pub fn render(report: &Report, with_suppressed: bool) -> String {
    let summary = &report.summary;
    let json = JsonReport {
        schema: "ddlint-report/1",
        tool: JsonTool { name: "ddlint", version: env!("CARGO_PKG_VERSION") },
        summary: JsonSummary {
            error: summary.error,
            warning: summary.warning,
            info: summary.info,
            suppressed: summary.suppressed,
            baselined: summary.baselined,
            inputs: summary.inputs,
            documents: summary.documents,
            skipped: summary.skipped,
            charts: summary.charts,
            charts_rendered: summary.charts_rendered,
        },
        findings: report.findings.iter().map(finding).collect(),
        suppressed: with_suppressed.then(|| report.hidden.iter().filter_map(suppressed).collect()),
        errors: report.errors.iter().map(error).collect(),
    };
    // Strings, numbers and lists only: there is nothing in it that could fail to serialize.
    let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
    text.push('\n');
    text
}

/// The JSON Schema of the report.
pub fn json_schema() -> serde_json::Value {
    use serde_json::{Value, json};
    fn object(properties: Value, optional: &[&str]) -> Value {
        let names = properties.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
        let required: Vec<String> =
            names.unwrap_or_default().into_iter().filter(|name| !optional.contains(&name.as_str())).collect();
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }
    let list = |name: &str| json!({ "type": "array", "items": { "$ref": format!("#/$defs/{name}") } });
    let maybe = |name: &str| json!({ "anyOf": [{ "$ref": format!("#/$defs/{name}") }, { "type": "null" }] });
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }));
    let severity = json!({ "enum": ["error", "warning", "info"] });
    let location = json!({
        "file": text, "line": { "type": "integer", "minimum": 1 }, "column": { "type": "integer", "minimum": 1 },
        "end_line": number, "end_column": number, "offset": number, "length": number,
    });
    let mut related = location.clone();
    related["message"] = text.clone();
    let finding = json!({
        "rule": text, "severity": severity, "message": text, "help": text, "resource": maybe("resource"),
        "path": { "type": ["string", "null"] }, "location": { "$ref": "#/$defs/location" },
        "related": list("related"), "origin": list("origin"), "affected": list("affected"),
        "fingerprint": text, "fix": maybe("fix"),
    });
    let mut suppressed = finding.clone();
    suppressed["by"] = json!({ "enum": ["comment", "configuration", "baseline"] });
    suppressed["reason"] = text.clone();
    let mut schema = object(
        json!({
            "schema": { "const": "ddlint-report/1" },
            "tool": object(json!({ "name": { "const": "ddlint" }, "version": text }), &[]),
            "summary": object(json!({
                "error": number, "warning": number, "info": number, "suppressed": number, "baselined": number,
                "inputs": number, "documents": number, "skipped": number, "charts": number, "charts_rendered": number,
            }), &[]),
            "findings": list("finding"),
            "suppressed": list("suppressed"),
            "errors": list("error"),
        }),
        &["suppressed"],
    );
    let steps = json!([
        "values",
        "template",
        "set",
        "application",
        "release",
        "chart",
        "capabilities",
        "file",
        "random",
        "literal",
    ]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("ddlint report (--format json)");
    schema["$defs"] = json!({
        "finding": object(finding, &[]),
        "suppressed": object(suppressed, &[]),
        "location": object(location, &[]),
        "related": object(related, &[]),
        "resource": object(
            json!({ "apiVersion": text, "kind": text, "namespace": { "type": ["string", "null"] }, "name": text }),
            &[],
        ),
        "origin": object(
            json!({
                "kind": { "enum": steps }, "file": text, "line": number, "column": number, "path": text,
                "tested": { "const": true },
            }),
            &["file", "line", "column", "path", "tested"],
        ),
        "affected": object(json!({ "resource": { "$ref": "#/$defs/resource" }, "path": text }), &[]),
        "fix": object(
            json!({ "safety": { "enum": ["safe", "unsafe"] }, "description": text, "edits": list("edit") }),
            &[],
        ),
        "edit": object(json!({ "file": text, "offset": number, "length": number, "text": text }), &[]),
        "error": object(
            json!({
                "code": text, "message": text, "help": { "type": ["string", "null"] },
                "location": maybe("location"),
            }),
            &[],
        ),
    });
    schema
}
