//! `--format json`: the schema `ddlint-report/1` of the contract, one document, complete also with errors.

use serde::Serialize;

use super::{Report, Reported, ReportedError, ReportedFix, ReportedOrigin};
use crate::finding::{ResourceName, Safety};
use crate::source::Location;

#[derive(Serialize)]
struct JsonReport<'a> {
    schema: &'static str,
    tool: JsonTool,
    summary: JsonSummary,
    findings: Vec<JsonFinding<'a>>,
    errors: Vec<JsonError<'a>>,
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

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: &'static str,
    message: &'a str,
    help: &'a str,
    resource: Option<JsonResource<'a>>,
    path: Option<&'a str>,
    location: JsonLocation<'a>,
    related: Vec<JsonRelated<'a>>,
    origin: Vec<JsonOrigin<'a>>,
    affected: Vec<JsonAffected<'a>>,
    fingerprint: &'a str,
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonResource<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
struct JsonLocation<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    offset: u32,
    length: u32,
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    offset: u32,
    length: u32,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonOrigin<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tested: bool,
}

#[derive(Serialize)]
struct JsonAffected<'a> {
    resource: JsonResource<'a>,
    path: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    safety: &'static str,
    description: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    file: &'a str,
    offset: u32,
    length: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonError<'a> {
    code: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    location: Option<JsonLocation<'a>>,
}

fn resource(name: &ResourceName) -> JsonResource<'_> {
    JsonResource {
        api_version: &name.api_version,
        kind: &name.kind,
        namespace: name.namespace.as_deref(),
        name: &name.name,
    }
}

fn location(location: &Location) -> JsonLocation<'_> {
    let Location { file, line, column, end_line, end_column, offset, length } = location;
    JsonLocation {
        file,
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
        kind: &step.kind,
        file: at.map(|at| at.file.as_str()),
        line: at.map(|at| at.line),
        column: at.map(|at| at.column),
        path: step.path.as_deref(),
        tested: step.tested,
    }
}

fn fix(fix: &ReportedFix) -> JsonFix<'_> {
    JsonFix {
        safety: match fix.safety {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        },
        description: &fix.description,
        edits: fix
            .edits
            .iter()
            .map(|(file, offset, length, text)| JsonEdit { file, offset: *offset, length: *length, text })
            .collect(),
    }
}

fn finding(finding: &Reported) -> JsonFinding<'_> {
    JsonFinding {
        rule: &finding.rule,
        severity: finding.severity.as_str(),
        message: &finding.message,
        help: &finding.help,
        resource: finding.resource.as_ref().map(resource),
        path: finding.path.as_deref(),
        location: location(&finding.location),
        related: finding
            .related
            .iter()
            .map(|related| {
                let JsonLocation { file, line, column, end_line, end_column, offset, length } =
                    location(&related.location);
                let message = &related.message;
                JsonRelated { file, line, column, end_line, end_column, offset, length, message }
            })
            .collect(),
        origin: finding.origin.iter().map(origin).collect(),
        affected: finding
            .affected
            .iter()
            .map(|affected| JsonAffected { resource: resource(&affected.resource), path: &affected.path })
            .collect(),
        fingerprint: &finding.fingerprint,
        fix: finding.fix.as_ref().map(fix),
    }
}

fn error(error: &ReportedError) -> JsonError<'_> {
    JsonError {
        code: &error.code,
        message: &error.message,
        help: error.help.as_deref(),
        location: error.location.as_ref().map(location),
    }
}

/// The report as one JSON document with a line break at its end.
pub fn render(report: &Report) -> String {
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
        errors: report.errors.iter().map(error).collect(),
    };
    // Strings, numbers and lists only: there is nothing in it that could fail to serialize.
    let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
    text.push('\n');
    text
}
