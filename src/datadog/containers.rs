//! The containers of an installation, each with what the values, the manifest or the `DatadogAgent` give it: TLS
//! verification and the log level, as they are effective.
//!
//! Deliberately absent: the environment of other software.

use ddlint_yaml::Node;

use crate::model::env::{EnvEntry, EnvSource};
use crate::model::resource::{Container, ContainerKind, Resource};
use crate::model::{At, Model, ReleaseId, ResourceId, Scope};
use crate::source::Place;

use super::agent::{Agent, Form};
use super::chart::{Chart, is_placeholder};
use super::clients::ENVIRONMENT;
use super::from_manifests::container_place;
use super::from_values::{ValuesEnv, entry_place, list_env, values_env};
use super::neighbours::Neighbours;
use super::pods::{at, below, datadog_release, is_agent_pod, is_datadog_software, node_place};
use super::target::is_true;

/// The variable that switches certificate verification off.
const SKIP_SSL: &str = "DD_SKIP_SSL_VALIDATION";
/// The variable of the log level.
const LOG_LEVEL: &str = "DD_LOG_LEVEL";

/// A value that is effective in a container.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Effective {
    /// The value; none where it is not a literal.
    pub(crate) value: Option<String>,
    /// The name of the entry, or the key.
    pub(crate) name_place: Place,
    /// The value.
    pub(crate) value_place: Place,
    /// An earlier entry that switched verification off and is overridden by this one.
    pub(crate) lost: Option<Place>,
}

/// A container of an installation.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AgentContainer {
    /// The installation it belongs to; none for a sidecar in another pod.
    pub(crate) agent: Option<usize>,
    /// The container's name.
    pub(crate) name: String,
    /// Where a setting would be put: its name, its key in the values, or the nearest key above.
    pub(crate) place: Place,
    /// The container's mapping, where it stands in a manifest.
    pub(crate) node: Option<At>,
    /// The workload or `DatadogAgent`.
    pub(crate) resource: Option<ResourceId>,
    /// It runs on the nodes and sends payloads to Datadog itself.
    pub(crate) sends: bool,
    /// It is certainly there.
    pub(crate) rendered: Option<bool>,
    /// Certificate verification, where something says so.
    pub(crate) skip_ssl: Option<Effective>,
    /// The log level, where something says so.
    pub(crate) log_level: Option<Effective>,
}

impl AgentContainer {
    /// Verification is off; none where a value is not known.
    pub(crate) fn skips_ssl(&self) -> Option<bool> {
        match &self.skip_ssl {
            None => Some(false),
            Some(effective) => effective.value.as_deref().map(is_true),
        }
    }
}

/// Values keys of node Agent containers, with the names of the containers.
const NODE_CONTAINERS: [(&str, &str); 7] = [
    ("agent", "agent"),
    ("traceAgent", "trace-agent"),
    ("processAgent", "process-agent"),
    ("systemProbe", "system-probe"),
    ("securityAgent", "security-agent"),
    ("otelAgent", "otel-agent"),
    ("hostProfiler", "host-profiler"),
];

/// The container sends payloads itself; the system-probe sends through the others.
fn sends(name: &str) -> bool {
    matches!(
        name,
        "agent" | "trace-agent" | "process-agent" | "security-agent" | "otel-agent" | "host-profiler"
    )
}

/// The containers of a scope's installations.
pub(crate) fn containers(model: &Model, scope: &Scope, agents: &[Agent]) -> Vec<AgentContainer> {
    let mut found = Vec::new();
    for (index, agent) in agents.iter().enumerate() {
        match (agent.form, agent.release, agent.resource) {
            (Form::Values, Some(release), _) => from_release(model, index, release, &mut found),
            (Form::Operator, _, Some(resource)) => from_operator(model, index, resource, &mut found),
            _ => {}
        }
    }
    for &id in &scope.resources {
        let resource = model.resource(id);
        let Some(workload) = &resource.workload else { continue };
        // What a release of the input renders is judged by its values.
        if datadog_release(model, resource).is_some() || resource.may_change(&ENVIRONMENT) {
            continue;
        }
        let own = is_agent_pod(model, resource, workload);
        let agent = agents.iter().position(|agent| agent.resource == Some(id));
        for container in &workload.containers {
            if container.kind == ContainerKind::Init || !(own || is_datadog_software(container)) {
                continue;
            }
            found.push(from_container(model, id, resource, container, agent));
        }
    }
    found
}

fn from_container(
    model: &Model,
    id: ResourceId,
    resource: &Resource,
    container: &Container,
    agent: Option<usize>,
) -> AgentContainer {
    let known = sends(&container.name) || container.name == "datadog-agent";
    AgentContainer {
        agent,
        name: container.name.clone(),
        place: container_place(model, container),
        node: Some(container.at),
        resource: Some(id),
        sends: known && resource.kind == "DaemonSet",
        rendered: Some(true),
        skip_ssl: effective(model, &container.env.entries, SKIP_SSL),
        log_level: effective(model, &container.env.entries, LOG_LEVEL),
    }
}

/// The entry of a list that counts.
fn effective(model: &Model, entries: &[EnvEntry], name: &str) -> Option<Effective> {
    let text = |entry: &EnvEntry| match &entry.source {
        EnvSource::Literal { expanded, .. } if !is_placeholder(expanded) => Some(expanded.clone()),
        _ => None,
    };
    let mut given = entries.iter().filter(|entry| entry.name == name).rev();
    let last = given.next()?;
    let value = text(last);
    let lost = given
        .find(|entry| text(entry).as_deref().is_some_and(is_true))
        .map(|entry| model.place(entry.name_at));
    Some(Effective {
        lost: lost.filter(|_| value.as_deref().is_some_and(|value| !is_true(value))),
        value,
        name_place: model.place(last.name_at),
        value_place: model.place(last.value_at.unwrap_or(last.at)),
    })
}

fn last_of(entries: Vec<ValuesEnv>) -> Option<Effective> {
    let last = entries.last()?.clone();
    let lost = entries.iter().rev().skip(1).find(|entry| entry.value.as_deref().is_some_and(is_true));
    Some(Effective {
        lost: lost
            .map(|entry| entry.name_place)
            .filter(|_| last.value.as_deref().is_some_and(|value| !is_true(value))),
        value: last.value,
        name_place: last.name_place,
        value_place: last.value_place,
    })
}

fn from_release(model: &Model, agent: usize, id: ReleaseId, found: &mut Vec<AgentContainer>) {
    let release = model.release(id);
    let chart = Chart::new(model, release);
    let setting = |path: &str| {
        let value = chart.text(path);
        let at = chart.at(path)?;
        value.truth().is_none_or(|given| given).then(|| Effective {
            value: value.given().map(str::to_string),
            name_place: model.place(at.key_at()),
            value_place: model.place(at.value_at()),
            lost: None,
        })
    };
    let fallback = super::from_values::release_place(model, release);
    let Some(fallback) = fallback else { return };
    let nearest = |path: &str| chart.nearest(path).map_or(fallback, |at| model.place(at.key_at()));
    if chart.node_agents() != Some(false) {
        // What stands in datadog.yaml counts in containers without a variable of their own.
        let file = all_true(&[chart.flag("agents.useConfigMap", false)])
            .then(|| setting("agents.customAgentConfig.skip_ssl_validation"))
            .flatten();
        for (key, name) in NODE_CONTAINERS {
            let rendered = chart.container_rendered(key);
            let own = format!("agents.containers.{key}");
            let level = values_env(model, release, key, LOG_LEVEL)
                .into_iter()
                .filter(|entry| !entry.common)
                .collect();
            // The chart sets the level after `datadog.env`, so that an entry there is lost.
            let log_level = last_of(level)
                .or_else(|| setting(&format!("{own}.logLevel")))
                .or_else(|| setting("datadog.logLevel"));
            found.push(AgentContainer {
                agent: Some(agent),
                name: name.to_string(),
                place: nearest(&format!("{own}.env")),
                node: None,
                resource: None,
                sends: sends(name),
                rendered,
                skip_ssl: last_of(values_env(model, release, key, SKIP_SSL)).or_else(|| file.clone()),
                log_level,
            });
        }
    }
    for (key, name, on) in [
        ("clusterAgent", "cluster-agent", chart.cluster_agent()),
        ("clusterChecksRunner", "cluster-checks-runner", chart.flag("clusterChecksRunner.enabled", false)),
    ] {
        let env = |name: &str| {
            let mut entries = Vec::new();
            list_env(model, release, key, name, false, &mut entries);
            last_of(entries)
        };
        found.push(AgentContainer {
            agent: Some(agent),
            name: name.to_string(),
            place: nearest(&format!("{key}.env")),
            node: None,
            resource: None,
            sends: false,
            rendered: on,
            skip_ssl: env(SKIP_SSL),
            log_level: env(LOG_LEVEL).or_else(|| setting("datadog.logLevel")),
        });
    }
}

fn all_true(parts: &[Option<bool>]) -> bool {
    parts.iter().all(|part| *part == Some(true))
}

/// Components of a `DatadogAgent`: the key of the override, the containers, whether they run on the nodes.
const COMPONENTS: [(&str, &[&str], bool); 3] = [
    ("nodeAgent", &["agent", "trace-agent", "process-agent", "system-probe", "security-agent"], true),
    ("clusterAgent", &["cluster-agent"], false),
    ("clusterChecksRunner", &["agent"], false),
];

fn from_operator(model: &Model, agent: usize, id: ResourceId, found: &mut Vec<AgentContainer>) {
    let resource = model.resource(id);
    let spec = |path: &[&str]| {
        let mut full = vec!["spec"];
        full.extend_from_slice(path);
        below(model, resource.at, &full)
    };
    let on = |path: &[&str], default: bool| spec(path).map_or(Some(default), |node| node.as_bool());
    let trace = on(&["features", "apm", "enabled"], true);
    let process = super::known::any([
        on(&["features", "npm", "enabled"], false),
        on(&["features", "usm", "enabled"], false),
    ]);
    let security = super::known::any([
        on(&["features", "cspm", "enabled"], false),
        on(&["features", "cws", "enabled"], false),
    ]);
    let env_of = |path: &[&str], name: &str| {
        let list = spec(path)?;
        list.items().filter(|item| item.get("name").and_then(|n| n.text()) == Some(name)).last()
    };
    let level_of = |path: &[&str]| spec(path).map(|node| scalar(model, resource, None, node));
    for (component, names, node) in COMPONENTS {
        let file = spec(&["override", component, "customConfigurations", "datadog.yaml", "configData"])
            .and_then(|node| yaml_setting(model, resource.at, node, "skip_ssl_validation"));
        for name in names {
            let own = ["override", component, "containers", name, "env"];
            let common = ["override", component, "env"];
            let entry = |variable: &str| {
                let given =
                    [env_of(&["global", "env"], variable), env_of(&common, variable), env_of(&own, variable)];
                let mut given = given.into_iter().flatten().rev();
                let last = given.next().map(|entry| env_entry(model, resource, entry))?;
                let lost = given
                    .map(|entry| env_entry(model, resource, entry))
                    .find(|earlier| earlier.value.as_deref().is_some_and(is_true));
                let off = last.value.as_deref().is_some_and(|value| !is_true(value));
                Some(Effective { lost: lost.map(|earlier| earlier.name_place).filter(|_| off), ..last })
            };
            let rendered = match (*name, node) {
                ("trace-agent", true) => trace,
                ("process-agent", true) => process,
                ("security-agent", true) => security,
                _ => Some(component != "clusterChecksRunner"),
            };
            let level = entry(LOG_LEVEL)
                .or_else(|| level_of(&["override", component, "containers", name, "logLevel"]))
                .or_else(|| level_of(&["global", "logLevel"]));
            found.push(AgentContainer {
                agent: Some(agent),
                name: (*name).to_string(),
                place: super::from_operator::nearest(model, resource, &own)
                    .unwrap_or_else(|| super::pods::name_place(model, resource)),
                node: None,
                resource: Some(id),
                sends: node && sends(name),
                rendered,
                skip_ssl: entry(SKIP_SSL).or_else(|| file.clone()),
                log_level: level,
            });
        }
    }
}

fn scalar(model: &Model, resource: &Resource, name: Option<Node<'_>>, value: Node<'_>) -> Effective {
    let place = node_place(model, resource.at, value);
    Effective {
        value: value.text().filter(|text| !is_placeholder(text)).map(str::to_string),
        name_place: name.map_or(place, |node| node_place(model, resource.at, node)),
        value_place: place,
        lost: None,
    }
}

/// An entry of an `env` list.
fn env_entry(model: &Model, resource: &Resource, entry: Node<'_>) -> Effective {
    match entry.get("value") {
        Some(value) => scalar(model, resource, entry.get("name"), value),
        None => {
            let place = node_place(model, resource.at, entry.get("name").unwrap_or(entry));
            let value = entry.get("valueFrom").is_none().then(String::new);
            Effective { value, name_place: place, value_place: place, lost: None }
        }
    }
}

/// A setting at the top of a YAML text inside a string.
pub(crate) fn yaml_setting(model: &Model, holder: At, text: Node<'_>, key: &str) -> Option<Effective> {
    let map = text.offset_map();
    let stream = ddlint_yaml::parse(text.text()?.into());
    let document = stream.documents.first()?;
    let (name, value) = document.root()?.entry(key)?;
    let file = model.doc(holder.doc).file;
    let place = |node: Node<'_>| Place { file, span: map.span(node.span()) };
    Some(Effective {
        value: value.text().filter(|text| !is_placeholder(text)).map(str::to_string),
        name_place: place(name),
        value_place: place(value),
        lost: None,
    })
}

/// `skip_ssl_validation` in a `datadog.yaml` that Agent pods mount from a ConfigMap of the scope.
pub(crate) fn mounted_skip_ssl<'a>(
    model: &Model,
    near: &'a Neighbours<'_>,
    resource: &Resource,
) -> Option<(ResourceId, &'a Effective)> {
    if !near.any_skip_ssl() {
        return None;
    }
    let workload = resource.workload.as_ref()?;
    let volumes = below(model, workload.pod_spec, &["volumes"])?;
    let names = volumes.items().filter_map(|volume| volume.at(&["configMap", "name"])?.text());
    names
        .flat_map(|name| near.named("ConfigMap", name))
        .filter(|id| model.resource(**id).effective_namespace == resource.effective_namespace)
        .find_map(|id| near.skip_ssl(*id).map(|effective| (*id, effective)))
}

/// `skip_ssl_validation` in the `datadog.yaml` that a ConfigMap holds.
pub(crate) fn config_map_skip_ssl(model: &Model, map: &Resource) -> Option<Effective> {
    let text = below(model, map.at, &["data", "datadog.yaml"])?;
    yaml_setting(model, at(map.at, text), text, "skip_ssl_validation")
}

/// The place of a key of the values, or of its value where that is a scalar.
pub(crate) fn value_place(model: &Model, chart: &Chart<'_>, path: &str) -> Option<Place> {
    chart.at(path).map(|at| entry_place(model, at))
}
