//! Lists of HTTP status codes that a tracer counts as errors: `400-403,405-599`.
//!
//! Deliberately absent: what is right for an application.

use std::ops::Range;

use crate::model::env::{Env, EnvSource};
use crate::model::resource::ContainerKind;
use crate::model::values::{Value, ValueAt, ValueData};
use crate::model::{Model, ResourceId, Scope};
use crate::source::Place;

use super::chart::is_placeholder;
use super::clients::ENVIRONMENT;
use super::clients::sub_place;
use super::from_values::is_datadog;
use super::pods::{is_agent_pod, is_datadog_software, node_place};
use super::target::tracing_off;

/// How much of a class of codes a list covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cover {
    /// All.
    All,
    /// Some.
    Part,
    /// None.
    None,
}

impl Cover {
    /// The word in rule files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Cover::All => "all",
            Cover::Part => "part",
            Cover::None => "none",
        }
    }
}

/// A list of codes, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Codes {
    /// The part that is no code and no range, or out of 100 to 599.
    pub(crate) bad: Option<Range<usize>>,
    /// A range that ends before it begins.
    pub(crate) reversed: Option<Range<usize>>,
    /// 400 to 499.
    pub(crate) client: Cover,
    /// 500 to 599.
    pub(crate) server: Cover,
}

/// Reads `c[-c](,c[-c])*`; spaces are allowed.
pub(crate) fn codes(text: &str) -> Codes {
    let mut covered = [false; 600];
    let mut read = Codes { bad: None, reversed: None, client: Cover::None, server: Cover::None };
    let mut offset = 0;
    for part in text.split(',') {
        let start = offset + (part.len() - part.trim_start().len());
        let range = start..start + part.trim().len();
        offset += part.len() + 1;
        let number = |text: &str| {
            let text = text.trim();
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<usize>().ok()).flatten().filter(|code| (100..600).contains(code))
        };
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (Some(first), Some(last)) = (number(first), number(last)) else {
            read.bad.get_or_insert(range);
            continue;
        };
        if last < first {
            read.reversed.get_or_insert(range);
        }
        for code in covered.iter_mut().take(last.max(first) + 1).skip(first.min(last)) {
            *code = true;
        }
    }
    let cover = |codes: Range<usize>| match covered.get(codes).unwrap_or_default() {
        list if list.iter().all(|code| *code) => Cover::All,
        list if list.iter().any(|code| *code) => Cover::Part,
        _ => Cover::None,
    };
    read.client = cover(400..500);
    read.server = cover(500..600);
    read
}

/// A container's list of error codes, or that it has none.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ErrorStatuses {
    /// The variable; none where no list is given.
    pub(crate) variable: Option<String>,
    /// `server` or `client`.
    pub(crate) side: &'static str,
    /// The list as written.
    pub(crate) value: String,
    /// The list, read.
    pub(crate) codes: Option<Codes>,
    /// The part to point at: a bad token, else the value.
    pub(crate) place: Place,
    /// The whole value.
    pub(crate) value_place: Place,
    /// The container's name, or what stands for it.
    pub(crate) container: String,
    /// A JavaScript tracer: only new ones know the variable.
    pub(crate) javascript: bool,
    /// The workload.
    pub(crate) resource: Option<ResourceId>,
}

const VARIABLES: [(&str, &str); 4] = [
    ("DD_TRACE_HTTP_SERVER_ERROR_STATUSES", "server"),
    ("DD_HTTP_SERVER_ERROR_STATUSES", "server"),
    ("DD_TRACE_HTTP_CLIENT_ERROR_STATUSES", "client"),
    ("DD_HTTP_CLIENT_ERROR_STATUSES", "client"),
];

/// The lists of a scope.
pub(crate) fn statuses(model: &Model, scope: &Scope) -> Vec<ErrorStatuses> {
    let mut found = Vec::new();
    for &id in &scope.resources {
        let resource = model.resource(id);
        let Some(workload) = &resource.workload else { continue };
        if is_agent_pod(model, resource, workload) || resource.may_change(&ENVIRONMENT) {
            continue;
        }
        for container in &workload.containers {
            if container.kind == ContainerKind::Init
                || is_datadog_software(container)
                || tracing_off(&container.env)
            {
                continue;
            }
            let javascript = container.image.as_deref().is_some_and(|image| image.contains("node"))
                || super::pods::pod_annotation(model, workload, "admission.datadoghq.com/js-lib.version")
                    .is_some();
            let mut given = false;
            for (variable, side) in VARIABLES {
                let Some(entry) = container.env.get(variable) else { continue };
                given |= side == "server";
                let (EnvSource::Literal { expanded, .. }, Some(at)) = (&entry.source, entry.value_at) else {
                    continue;
                };
                if expanded.trim().is_empty() || is_placeholder(expanded) {
                    continue;
                }
                let codes = codes(expanded);
                let part = codes.bad.clone().or_else(|| codes.reversed.clone());
                let value_place = model.place(at);
                found.push(ErrorStatuses {
                    variable: Some(variable.to_string()),
                    side,
                    value: expanded.clone(),
                    place: part.map_or(value_place, |part| sub_place(model, at, part.start, part.end)),
                    codes: Some(codes),
                    value_place,
                    container: container.name.clone(),
                    javascript,
                    resource: Some(id),
                });
            }
            if !given && !container.env.from_unknown && is_traced(&container.env) {
                let node = model.node(container.at);
                let place = node_place(model, container.at, node.get("name").unwrap_or(node));
                found.push(ErrorStatuses {
                    variable: None,
                    side: "server",
                    value: String::new(),
                    codes: None,
                    place,
                    value_place: place,
                    container: container.name.clone(),
                    javascript,
                    resource: Some(id),
                });
            }
        }
    }
    for &id in &scope.releases {
        let release = model.release(id);
        let root = if is_datadog(release) {
            release.values.get(&["datadog", "apm", "instrumentation", "targets"])
        } else {
            Some(&release.values)
        };
        let Some(root) = root else { continue };
        in_values(root, &mut |variable, side, text, at| {
            if text.trim().is_empty() || is_placeholder(text) {
                return;
            }
            let codes = codes(text);
            let part = codes.bad.clone().or_else(|| codes.reversed.clone());
            let value_place = model.place(at.value_at());
            if found.iter().any(|known: &ErrorStatuses| known.value_place == value_place) {
                return;
            }
            found.push(ErrorStatuses {
                variable: Some(variable.to_string()),
                side,
                value: text.to_string(),
                place: part.map_or(value_place, |part| sub_place(model, at.value_at(), part.start, part.end)),
                codes: Some(codes),
                value_place,
                container: release.chart_name.clone(),
                javascript: false,
                resource: None,
            });
        });
    }
    found
}

fn is_traced(env: &Env) -> bool {
    env.entries.iter().any(|entry| {
        entry.name == "DD_SERVICE" || entry.name == "DD_AGENT_HOST" || entry.name.starts_with("DD_TRACE_")
    })
}

fn in_values(value: &Value, add: &mut impl FnMut(&str, &'static str, &str, ValueAt)) {
    match &value.data {
        ValueData::Map(map) => {
            if let (Some(name), Some(given)) = (map.get("name").and_then(Value::as_str), map.get("value"))
                && let (Some((variable, side)), Some(text), Some(at)) =
                    (known(name), given.as_str(), given.at)
            {
                add(variable, side, text, at);
            }
            for (key, below) in map {
                if let (Some((variable, side)), Some(text), Some(at)) = (known(key), below.as_str(), below.at)
                {
                    add(variable, side, text, at);
                }
                in_values(below, add);
            }
        }
        ValueData::List(items) => items.iter().for_each(|item| in_values(item, add)),
        _ => {}
    }
}

fn known(name: &str) -> Option<(&'static str, &'static str)> {
    VARIABLES.into_iter().find(|(variable, _)| *variable == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_codes_are_read() {
        let read = codes("400-403, 405-599");
        assert_eq!((read.bad, read.client, read.server), (None, Cover::Part, Cover::All));
        assert_eq!(codes("400-499").server, Cover::None);
        assert_eq!(codes("500,502").server, Cover::Part);
        assert_eq!(codes("400-599").client, Cover::All);
        assert_eq!(codes("4xx,500-599").bad, Some(0..3));
        assert_eq!(codes("500-599, 600").bad, Some(9..12));
        assert_eq!(codes("599-500").reversed, Some(0..7));
        assert_eq!(codes("").bad, Some(0..0));
    }
}
