//! What a failed render is to a person: the reason in words, the place to look at, the cause behind it.
//!
//! Deliberately absent: values. Helm's messages may repeat them, and they may be secrets.

use ddlint_helm::error::{ErrorKind, TemplateError};
use ddlint_helm::failure::{ErrorPlace, Failure, RenderError};
use ddlint_helm::origin::Leaf;
use ddlint_helm::schema::SchemaViolation;

use crate::near;

/// An error as it is told.
pub(super) struct Told<'a> {
    /// What is wrong.
    pub(super) message: String,
    /// Where: the line that Helm names.
    pub(super) place: Option<&'a ErrorPlace>,
    /// Where a helper raised it, if that is elsewhere.
    pub(super) cause: Option<&'a ErrorPlace>,
    /// What is wrong beside it.
    pub(super) more: Vec<String>,
    /// What to do.
    pub(super) hint: Option<String>,
}

pub(super) fn told(error: &RenderError) -> Told<'_> {
    let innermost = error.places.first();
    let plain =
        |message: String| Told { message, place: innermost, cause: None, more: Vec::new(), hint: None };
    let hinted = |message: String, hint: &str| Told { hint: Some(hint.to_string()), ..plain(message) };
    match &error.failure {
        Failure::Template(template) => match template.kind {
            // Helm names the line of the file that is rendered, not that of the helper which gives up.
            ErrorKind::Fail | ErrorKind::Required => {
                let place = error.places.last();
                let what = match template.kind {
                    ErrorKind::Fail => "the chart refuses its values",
                    _ => "a value is required",
                };
                let cause = innermost.filter(|_| error.places.len() > 1);
                Told { place, cause, ..plain(format!("{what}: {}", template.reason)) }
            }
            ErrorKind::Parse => hinted(
                format!("the template does not parse: {}", template.reason),
                "Helm refuses the whole chart for it; mend the action at this place",
            ),
            ErrorKind::UnknownFunction => {
                let name = quoted(&template.reason).unwrap_or_default();
                let meant = near::did_you_mean(name, ddlint_helm::function_names());
                let known = || "templates have the functions of sprig and those of Helm".to_string();
                Told {
                    hint: Some(meant.unwrap_or_else(known)),
                    ..plain(format!("there is no template function `{name}`"))
                }
            }
            ErrorKind::Limit => hinted(
                format!("the chart runs away: {}", template.reason),
                "look for a loop, or an `include`, that multiplies what it is given",
            ),
            ErrorKind::Execute | ErrorKind::Function if template.reason.starts_with(NESTED) => {
                hinted(executed(template), "an `include` leads back to it; give that an end")
            }
            ErrorKind::Execute | ErrorKind::Function => plain(executed(template)),
        },
        Failure::Manifest { .. } => {
            let reason =
                error.message.split_once(": yaml: line ").and_then(|(_, rest)| rest.split_once(": "));
            match reason {
                Some((_, reason)) => plain(format!("what the template writes is no valid YAML: {reason}")),
                None => plain(error.message.clone()),
            }
        }
        Failure::Schema(violations) => {
            // The one whose value stands somewhere: that is the place.
            let given = |leaf: &Leaf| matches!(leaf, Leaf::Value { place: Some(_), .. });
            let placed = |it: &&SchemaViolation| error.origins.resolve(it.origin).printed.iter().any(given);
            let Some(told) = violations.iter().find(placed).or(violations.first()) else {
                return plain(error.message.clone());
            };
            let message = format!(
                "the values do not fit the schema of the chart `{}`: `{}`: {}",
                told.chart, told.path, told.message
            );
            let others = violations.iter().filter(|it| *it != told);
            let more =
                others.map(|it| format!("chart `{}`, `{}`: {}", it.chart, it.path, it.message)).collect();
            Told { more, ..plain(message) }
        }
        Failure::ValuesFile { message, file, .. } => {
            let reason = message.strip_prefix(&format!("failed to parse {file}: ")).unwrap_or(message);
            plain(format!("the values do not parse: {reason}"))
        }
        Failure::ReleaseName(name) => plain(format!(
            "`{name}` is no name of a release: at most 53 small letters and digits, with `-` and `.` between them"
        )),
        Failure::KubeVersion { wanted, given, .. } => {
            plain(format!("the chart wants Kubernetes {wanted}, and is rendered for {given}"))
        }
        _ => plain(error.message.clone()),
    }
}

/// How Helm begins to say that templates include each other without end.
const NESTED: &str = "rendering template has a nested reference name: ";

/// An error of execution, with the expression that failed.
fn executed(error: &TemplateError) -> String {
    let reason = error.reason.as_str();
    let expression = expression(&error.message).unwrap_or("the expression");
    if let Some(name) = reason.strip_prefix("template: no template ").and_then(quoted) {
        return format!("there is no template `{name}` in the chart and its dependencies");
    }
    if let Some(rest) = reason.strip_prefix(NESTED) {
        let name = rest.split(": ").next().unwrap_or(rest);
        return format!("the template `{name}` includes itself without end");
    }
    if let Some(rest) = reason.strip_prefix("nil pointer evaluating ") {
        let field = rest.rsplit('.').next().unwrap_or(rest);
        return format!("`{expression}` takes `{field}` from something that is not set");
    }
    if let Some(rest) = reason.strip_prefix("can't evaluate field ") {
        let field = rest.split(' ').next().unwrap_or(rest);
        let from = rest.rsplit_once(" in type ").map_or("interface {}", |(_, of)| of);
        return format!("`{expression}` takes `{field}` from {}, which has no such field", kind(from));
    }
    if reason.starts_with("range can't iterate over ") {
        return format!("`{expression}` is looped over, but is no list and no mapping");
    }
    if let Some(rest) = reason.strip_prefix("wrong type for value; expected ")
        && let Some((wanted, got)) = rest.split_once("; got ")
    {
        return format!("`{expression}` is {}, where {} is needed", kind(got), kind(wanted));
    }
    format!("`{expression}` fails: {reason}")
}

/// Go's types in the words of YAML.
fn kind(of: &str) -> &str {
    match of {
        "string" => "text",
        "bool" => "a boolean",
        "int" | "int64" | "float64" => "a number",
        "map[string]interface {}" | "chartutil.Values" | "common.Values" => "a mapping",
        "[]interface {}" | "[]string" => "a list",
        "interface {}" => "a value that is no mapping",
        "<nil>" => "nothing",
        other => other,
    }
}

/// The innermost `at <EXPRESSION>: ` of Go's message.
fn expression(message: &str) -> Option<&str> {
    let (_, rest) = message.rsplit_once(" at <")?;
    Some(rest.split_once(">: ")?.0)
}

/// What stands between the first two double quotes.
fn quoted(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(message: &str, reason: &str) -> String {
        executed(&TemplateError {
            kind: ErrorKind::Execute,
            message: format!(
                "template: c/templates/x.yaml:2:6: executing \"c/templates/x.yaml\" at {message}"
            ),
            reason: reason.to_string(),
            frames: Vec::new(),
            blame: ddlint_helm::origin::OriginId::NONE,
        })
    }

    #[test]
    fn reasons_are_told_in_words_and_without_values() {
        for (message, reason, told) in [
            (
                "<.Values.a.b>: nil pointer evaluating interface {}.b",
                "nil pointer evaluating interface {}.b",
                "`.Values.a.b` takes `b` from something that is not set",
            ),
            (
                "<.Values.image.tag>: can't evaluate field tag in type interface {}",
                "can't evaluate field tag in type interface {}",
                "`.Values.image.tag` takes `tag` from a value that is no mapping, which has no such field",
            ),
            (
                "<.Values.token>: range can't iterate over hunter2",
                "range can't iterate over hunter2",
                "`.Values.token` is looped over, but is no list and no mapping",
            ),
            (
                "<trunc>: wrong type for value; expected int; got string",
                "wrong type for value; expected int; got string",
                "`trunc` is text, where a number is needed",
            ),
        ] {
            assert_eq!(failed(message, reason), told);
        }
    }
}
