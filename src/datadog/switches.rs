//! Settings that were switched on and forgotten: certificate verification that is off, log levels that are left at
//! debug. One member for each place that a person would edit, with the containers it reaches.
//!
//! Deliberately absent: settings that another one overrides.

use crate::model::env::EnvSource;
use crate::model::resource::ContainerKind;
use crate::model::script::StepKind;
use crate::model::{Model, ResourceId};
use crate::source::Place;

use super::agent::{Agent, Form};
use super::chart::{Chart, is_placeholder};
use super::clients::ENVIRONMENT;
use super::containers::{AgentContainer, Effective, mounted_skip_ssl};
use super::environment::{Environment, Hint, Testing, environment};
use super::from_values::list_env;
use super::neighbours::Neighbours;
use super::pods::{is_datadog_software, node_place, pod_annotation};
use super::target::is_true;

/// Certificate verification is off somewhere.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TlsOff {
    /// The containers.
    pub(crate) containers: Vec<String>,
    /// The value.
    pub(crate) place: Place,
    /// The workload or `DatadogAgent`.
    pub(crate) resource: Option<ResourceId>,
    /// Where it runs.
    pub(crate) environment: Environment,
}

/// A log level or debug switch.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LogSetting {
    /// What is set: the variable, the key of the values, the annotation.
    pub(crate) name: String,
    /// The value as written.
    pub(crate) value: String,
    /// The containers it reaches, or what stands for them.
    pub(crate) containers: Vec<String>,
    /// The value.
    pub(crate) place: Place,
    /// It writes debug messages.
    pub(crate) debug: bool,
    /// It is a value that the software knows.
    pub(crate) valid: bool,
    /// What would be the usual value.
    pub(crate) reset: &'static str,
    /// It stands in a script, and no later line takes it back.
    pub(crate) script: bool,
    /// The workload or `DatadogAgent`.
    pub(crate) resource: Option<ResourceId>,
    /// Where it runs.
    pub(crate) environment: Environment,
}

/// Words of an installation that may tell its environment, with their places.
fn hints(model: &Model, near: &Neighbours<'_>, agent: &Agent) -> Vec<(&'static str, String, Option<Place>)> {
    let mut found: Vec<(&'static str, String, Option<Place>)> = Vec::new();
    if let Some(id) = agent.release {
        let release = model.release(id);
        let chart = Chart::new(model, release);
        if let Some(name) = chart.text("datadog.clusterName").given() {
            let place = super::containers::value_place(model, &chart, "datadog.clusterName");
            found.push(("the cluster's name", name.to_string(), place));
        }
        for owner in ["datadog", "agents.containers.agent"] {
            let mut entries = Vec::new();
            list_env(model, release, owner, "DD_ENV", true, &mut entries);
            if let Some(entry) = entries.last() {
                found.push(("`DD_ENV`", entry.value.clone().unwrap_or_default(), Some(entry.value_place)));
            }
        }
        for tag in chart.get("datadog.tags").map(|tags| tags.items()).unwrap_or_default() {
            if let Some(word) = tag.as_str().and_then(|tag| tag.strip_prefix("env:")) {
                let place = tag.at.map(|at| model.place(at.value_at()));
                found.push(("the tag `env`", word.to_string(), place));
            }
        }
    }
    if let (Form::Operator, Some(id)) = (agent.form, agent.resource) {
        let resource = model.resource(id);
        if let Some(node) = super::pods::below(model, resource.at, &["spec", "global", "clusterName"]) {
            let place = Some(node_place(model, resource.at, node));
            found.push(("the cluster's name", node.text().unwrap_or_default().to_string(), place));
        }
    }
    if agent.form != Form::Service {
        found.extend_from_slice(near.words(agent.namespace.as_deref()));
    }
    if let Some(namespace) = &agent.namespace {
        found.push(("the namespace", namespace.clone(), None));
    }
    found.dedup();
    found
}

/// The environment of a setting in an installation.
fn environment_of(
    model: &Model,
    near: &Neighbours<'_>,
    testing: &Testing,
    agent: Option<&Agent>,
    place: Place,
) -> Environment {
    let words = agent.map(|agent| hints(model, near, agent)).unwrap_or_default();
    let hints: Vec<Hint<'_>> =
        words.iter().map(|(what, word, place)| Hint { what, word, place: *place }).collect();
    environment(model, testing, place, &hints)
}

/// Where certificate verification to Datadog is off.
pub(crate) fn tls_off(
    model: &Model,
    near: &Neighbours<'_>,
    testing: &Testing,
    agents: &[Agent],
    containers: &[AgentContainer],
) -> Vec<TlsOff> {
    let mut found: Vec<TlsOff> = Vec::new();
    let mut add = |name: &str, effective: &Effective, agent: Option<&Agent>, resource: Option<ResourceId>| {
        if let Some(known) = found.iter_mut().find(|known| known.place == effective.value_place) {
            if !known.containers.iter().any(|container| container == name) {
                known.containers.push(name.to_string());
            }
            return;
        }
        let environment = environment_of(model, near, testing, agent, effective.value_place);
        found.push(TlsOff {
            containers: vec![name.to_string()],
            place: effective.value_place,
            resource,
            environment,
        });
    };
    for container in containers.iter().filter(|container| container.rendered != Some(false)) {
        let agent = container.agent.and_then(|agent| agents.get(agent)).or(agents.first());
        match &container.skip_ssl {
            Some(effective) if effective.value.as_deref().is_some_and(is_true) => {
                add(&container.name, effective, agent, container.resource);
            }
            Some(_) => {}
            None => {
                let Some(resource) = container.resource.map(|id| model.resource(id)) else { continue };
                let Some((map, effective)) = mounted_skip_ssl(model, near, resource) else { continue };
                if effective.value.as_deref().is_some_and(is_true) {
                    add(&container.name, effective, agent, Some(map));
                }
            }
        }
    }
    found
}

/// Log levels that the Agent knows.
const LEVELS: [&str; 8] = ["trace", "debug", "info", "warn", "warning", "error", "critical", "off"];

/// Log levels and debug switches, as far as they are effective.
pub(crate) fn log_settings(
    model: &Model,
    near: &Neighbours<'_>,
    testing: &Testing,
    agents: &[Agent],
    containers: &[AgentContainer],
) -> Vec<LogSetting> {
    let mut found: Vec<LogSetting> = Vec::new();
    for container in containers.iter().filter(|container| container.rendered != Some(false)) {
        let Some(effective) = &container.log_level else { continue };
        let Some(value) = &effective.value else { continue };
        let level = value.trim().to_ascii_lowercase();
        if level.is_empty() {
            continue;
        }
        if let Some(known) = found.iter_mut().find(|known| known.place == effective.value_place) {
            if !known.containers.contains(&container.name) {
                known.containers.push(container.name.clone());
            }
            continue;
        }
        let agent = container.agent.and_then(|agent| agents.get(agent)).or(agents.first());
        let name = model
            .sources
            .get(effective.name_place.file)
            .text
            .get(effective.name_place.span.start as usize..effective.name_place.span.end as usize);
        found.push(LogSetting {
            name: match name {
                Some(name) if name.ends_with("logLevel") => "logLevel".to_string(),
                _ => "DD_LOG_LEVEL".to_string(),
            },
            value: value.clone(),
            containers: vec![container.name.clone()],
            place: effective.value_place,
            debug: matches!(level.as_str(), "debug" | "trace"),
            valid: LEVELS.contains(&level.as_str()),
            reset: "INFO",
            script: false,
            resource: container.resource,
            environment: environment_of(model, near, testing, agent, effective.value_place),
        });
    }
    of_apps(model, near, testing, &mut found);
    of_scripts(model, near, testing, &mut found);
    found
}

/// Debug switches of tracers.
fn of_apps(model: &Model, near: &Neighbours<'_>, testing: &Testing, found: &mut Vec<LogSetting>) {
    for &id in &near.scope.resources {
        let resource = model.resource(id);
        let Some(workload) = resource.workload.as_ref().filter(|_| !resource.may_change(&ENVIRONMENT)) else {
            continue;
        };
        let namespace = resource.effective_namespace.as_deref().unwrap_or_default();
        let setting =
            |name: &str, value: &str, container: &str, place: Place, environment: Environment| LogSetting {
                name: name.to_string(),
                value: value.to_string(),
                containers: vec![container.to_string()],
                place,
                debug: true,
                valid: true,
                reset: "false",
                script: false,
                resource: Some(id),
                environment,
            };
        for container in &workload.containers {
            if container.kind == ContainerKind::Init || is_datadog_software(container) {
                continue;
            }
            for name in ["DD_TRACE_DEBUG", "DD_PROFILING_DEBUG", "DD_APM_INSTRUMENTATION_DEBUG"] {
                let Some(entry) = container.env.get(name) else { continue };
                let EnvSource::Literal { expanded, .. } = &entry.source else { continue };
                if !is_true(expanded) {
                    continue;
                }
                let place = model.place(entry.value_at.unwrap_or(entry.at));
                let env = container.env.literal("DD_ENV").unwrap_or_default();
                let hints = [
                    Hint { what: "`DD_ENV`", word: env, place: None },
                    Hint { what: "the namespace", word: namespace, place: None },
                ];
                let environment = environment(model, testing, place, &hints);
                found.push(setting(name, expanded, &container.name, place, environment));
            }
        }
        let key = "admission.datadoghq.com/apm-inject.debug";
        let Some(node) = pod_annotation(model, workload, key) else { continue };
        if node.text().is_some_and(is_true) {
            let place = node_place(model, resource.at, node);
            let hints = [Hint { what: "the namespace", word: namespace, place: None }];
            let environment = environment(model, testing, place, &hints);
            found.push(setting(key, node.text().unwrap_or_default(), &resource.name, place, environment));
        }
    }
}

/// `kubectl set env` lines that no later line takes back.
fn of_scripts(model: &Model, near: &Neighbours<'_>, testing: &Testing, found: &mut Vec<LogSetting>) {
    for &id in &near.scope.scripts {
        let script = model.script(id);
        for (index, step) in script.steps.iter().enumerate() {
            let StepKind::SetEnv(line) = &step.kind else { continue };
            for word in line.split_whitespace() {
                let word = word.trim_matches(['"', '\'']);
                let Some((name, value)) = word.split_once('=') else { continue };
                let value = value.trim_matches(['"', '\'']);
                if !is_debug(name, value) || is_placeholder(value) || value.starts_with('$') {
                    continue;
                }
                let taken_back = script.steps.iter().skip(index + 1).any(|later| {
                    let StepKind::SetEnv(line) = &later.kind else { return false };
                    line.split_whitespace().any(|word| {
                        let word = word.trim_matches(['"', '\'']);
                        let resets = word.split_once('=').is_some_and(|(other, value)| {
                            other == name && !is_debug(other, value.trim_matches(['"', '\'']))
                        });
                        resets || word.strip_suffix('-') == Some(name)
                    })
                });
                if taken_back {
                    continue;
                }
                found.push(LogSetting {
                    name: name.to_string(),
                    value: value.to_string(),
                    containers: line
                        .split_whitespace()
                        .filter(|word| word.contains('/') && !word.contains('='))
                        .map(str::to_string)
                        .collect(),
                    place: step.place,
                    debug: true,
                    valid: true,
                    reset: if name == "DD_LOG_LEVEL" { "INFO" } else { "false" },
                    script: true,
                    resource: None,
                    environment: environment(model, testing, step.place, &[]),
                });
            }
        }
    }
}

fn is_debug(name: &str, value: &str) -> bool {
    match name {
        "DD_LOG_LEVEL" => matches!(value.to_ascii_lowercase().as_str(), "debug" | "trace"),
        "DD_TRACE_DEBUG" => is_true(value),
        _ => false,
    }
}
