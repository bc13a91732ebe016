//! Installations of the Agent read from the values of the chart: the formulas of `chart`, with the place of the key
//! that decides each fact.
//!
//! Deliberately absent: rendered manifests (`from_manifests`).

use crate::model::release::{ChartRef, Deployer, Release};
use crate::model::values::{Value, ValueAt, ValueData};
use crate::model::{Model, ReleaseId};
use crate::source::Place;

use super::agent::{Admission, Agent, AgentService, Form, Spot};
use super::chart::{Chart, Text};
use super::known::any;
use super::pods::{cover, name_place};
use super::token::{KpiTelemetry, Token, TokenSource};

/// The release is one of the chart `datadog`.
pub(crate) fn is_datadog(release: &Release) -> bool {
    release.chart_name == "datadog" || release.chart_name.ends_with("/datadog")
}

/// The installation that a release makes; none where there is nothing to point at.
pub(crate) fn agent(model: &Model, id: ReleaseId) -> Option<Agent> {
    let release = model.release(id);
    let chart = Chart::new(model, release);
    let chart_place = release_place(model, release)?;
    let key = |path: &str| chart.nearest(path).map(|at| entry_place(model, at));
    let decided = |path: &str| key(path).or(Some(chart_place));

    let apm_socket = chart.apm_socket();
    let host_network = chart.host_network();
    let node_ports = node_ports(&chart);
    let opens = |port: Option<i64>, protocol: &str| {
        let extra = chart
            .extra_host_ports()
            .map(|ports| ports.iter().any(|(number, kind)| Some(*number) == port && kind == protocol));
        any([host_network, extra])
    };
    let likely = match chart.service_name() {
        Text::Given(name) => Some(name),
        Text::Empty | Text::Unknown => chart.likely_fullname(),
    };
    let application = match release.deployer {
        Deployer::Application(app) => Some(app),
        _ => None,
    };
    Some(Agent {
        node: chart.nearest("datadog").map(|at| at.value_at()),
        release: Some(id),
        application,
        chart_place: Some(chart_place),
        fullname: chart.fullname().given().map(str::to_string),
        namespace: release.namespace.clone(),
        node_agents: chart.node_agents(),
        service: AgentService {
            name: chart.service_name().given().map(str::to_string),
            likely,
            exists: chart.service_exists(),
            place: service_place(model, release, &chart).or(Some(chart_place)),
            namespace_place: None,
            resource: None,
        },
        apm: Spot::new(chart.trace_agent(), Some(receiver_place(model, &chart).unwrap_or(chart_place))),
        apm_port: chart.apm_port(),
        apm_socket,
        apm_on_node: Spot::new(
            any([chart.apm_host_port(), opens(chart.apm_port(), "TCP")]),
            decided("datadog.apm.portEnabled"),
        ),
        dogstatsd_on_node: Spot::new(
            any([chart.flag("datadog.dogstatsd.useHostPort", false), opens(chart.dogstatsd_port(), "UDP")]),
            decided("datadog.dogstatsd.useHostPort"),
        ),
        node_ports,
        host_network,
        admission: admission(&chart),
        token: token(model, release, &chart, chart_place),
        kpi: KpiTelemetry {
            random: kpi_random(release, &chart),
            place: decided("datadog.apm.instrumentation.skipKPITelemetry"),
            fields: Vec::new(),
        },
        ..Agent::unknown(Form::Values, key("datadog").unwrap_or(chart_place))
    })
}

/// The place of a key and its value where that is one line, else of the key.
pub(crate) fn entry_place(model: &Model, at: ValueAt) -> Place {
    let key = model.place(at.key_at());
    if model.node(at.value_at()).is_scalar() {
        return cover(key, model.place(at.value_at()));
    }
    key
}

/// Where a person finds a release when no value is given: its chart, its name, its values file.
pub(crate) fn release_place(model: &Model, release: &Release) -> Option<Place> {
    if let Some(at) = release.chart_at.or(release.name_at) {
        return Some(model.place(at));
    }
    match release.deployer {
        Deployer::Application(id) => {
            let resource = model.application(id).resource;
            return Some(name_place(model, model.resource(resource)));
        }
        Deployer::HelmRelease(resource) => return Some(name_place(model, model.resource(resource))),
        Deployer::Script(script, step) => return model.script(script).steps.get(step).map(|step| step.place),
        Deployer::Config(_) | Deployer::Nobody => {}
    }
    let from_values = Chart::new(model, release).nearest("datadog");
    if let Some(at) = from_values {
        return Some(entry_place(model, at));
    }
    release.layers.iter().rev().find_map(|id| {
        let doc = model.doc(*id);
        let root = doc.tree.root()?;
        let first = root.entries().next().map_or(root, |(key, _)| key);
        Some(Place { file: doc.file, span: first.span() })
    })
}

/// What gives the Service its name.
fn service_place(model: &Model, release: &Release, chart: &Chart<'_>) -> Option<Place> {
    for path in ["agents.localService.overrideName", "fullnameOverride"] {
        if chart.text(path).given().is_some() {
            return chart.at(path).map(|at| entry_place(model, at));
        }
    }
    release.name_at.map(|at| model.place(at))
}

/// The key that keeps the trace-agent away, or that decides about it.
fn receiver_place(model: &Model, chart: &Chart<'_>) -> Option<Place> {
    let place = |path: &str| chart.at(path).map(|at| entry_place(model, at));
    if chart.flag("datadog.apm.socketEnabled", true) == Some(false) {
        return place("datadog.apm.socketEnabled");
    }
    for path in ["providers.gke.autopilot", "providers.gke.gdc"] {
        if chart.flag(path, false) == Some(true) {
            return place(path);
        }
    }
    if chart.linux() == Some(false) {
        return place("targetSystem");
    }
    chart.nearest("datadog.apm.socketEnabled").map(|at| entry_place(model, at))
}

fn node_ports(chart: &Chart<'_>) -> Option<Vec<String>> {
    let mut ports: Vec<String> =
        chart.extra_host_ports()?.into_iter().map(|(port, protocol)| format!("{port}/{protocol}")).collect();
    let host_network = chart.host_network()?;
    if chart.apm_host_port()? || (host_network && chart.trace_agent()?) {
        ports.push(format!("{}/TCP", chart.apm_port()?));
    }
    if chart.flag("datadog.dogstatsd.useHostPort", false)? || host_network {
        ports.push(format!("{}/UDP", chart.dogstatsd_port()?));
    }
    ports.sort();
    ports.dedup();
    Some(ports)
}

fn admission(chart: &Chart<'_>) -> Admission {
    let list = |path: &str| -> Vec<String> {
        chart
            .get(path)
            .map(Value::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| item.as_str().map(str::to_string))
            .collect()
    };
    Admission {
        on: chart.admission(),
        mode: chart.inject_mode(),
        mutate_unlabelled: chart.flag("clusterAgent.admissionController.mutateUnlabelled", false),
        instrumentation: chart.flag("datadog.apm.instrumentation.enabled", false),
        enabled_namespaces: list("datadog.apm.instrumentation.enabledNamespaces"),
        disabled_namespaces: list("datadog.apm.instrumentation.disabledNamespaces"),
    }
}

fn token(model: &Model, release: &Release, chart: &Chart<'_>, chart_place: Place) -> Token {
    let place = ["clusterAgent.token", "clusterAgent.tokenExistingSecret", "clusterAgent", "datadog"]
        .iter()
        .find_map(|path| chart.at(path))
        .map_or(chart_place, |at| entry_place(model, at));
    let known = |incomplete: bool, source: TokenSource| Token {
        source,
        place: Some(place),
        evidence: Vec::new(),
        fields: Vec::new(),
        incomplete,
    };
    if chart.cluster_agent() == Some(false) {
        return known(false, TokenSource::None);
    }
    match chart.token_generated() {
        Some(true) => return known(false, TokenSource::Generated),
        Some(false) if chart.text("clusterAgent.token").truth() == Some(true) => {
            return known(false, TokenSource::Literal);
        }
        Some(false) => return known(false, TokenSource::Kept),
        None => {}
    }
    if !release.complete && chart.as_if_complete().token_generated() == Some(true) {
        return known(true, TokenSource::Generated);
    }
    Token::default()
}

/// The telemetry ConfigMap came with chart 3.51.0; it is drawn anew unless the values say otherwise.
fn kpi_random(release: &Release, chart: &Chart<'_>) -> Option<bool> {
    if let ChartRef::Remote { version: Some(version), .. } = &release.chart
        && exact_version(version).is_some_and(|version| version < (3, 51, 0))
    {
        return Some(false);
    }
    super::known::not(chart.flag("datadog.apm.instrumentation.skipKPITelemetry", false))
}

/// An exact version; a range or a placeholder is none.
fn exact_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

/// An entry of an environment that values give to a container.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ValuesEnv {
    /// The value; none where it is not a literal.
    pub(crate) value: Option<String>,
    /// The `name` (or the key of an `envDict`).
    pub(crate) name_place: Place,
    /// The value, or the name where there is none.
    pub(crate) value_place: Place,
    /// It stands in `datadog.env` or `datadog.envDict`, before what the chart sets itself.
    pub(crate) common: bool,
}

/// Every entry that the values give for a variable of a node Agent container, in the order in which they are rendered:
/// `datadog.env`, `datadog.envDict`, then the container's own. The last one counts.
pub(crate) fn values_env(model: &Model, release: &Release, container: &str, name: &str) -> Vec<ValuesEnv> {
    let own = format!("agents.containers.{container}");
    let mut found = Vec::new();
    list_env(model, release, "datadog", name, true, &mut found);
    list_env(model, release, &own, name, false, &mut found);
    found
}

/// The entries of the lists `env` and `envDict` below a path.
pub(crate) fn list_env(
    model: &Model,
    release: &Release,
    owner: &str,
    name: &str,
    common: bool,
    found: &mut Vec<ValuesEnv>,
) {
    let mut keys: Vec<&str> = owner.split('.').collect();
    let Some(owner) = release.values.get(&keys) else { return };
    keys.clear();
    for item in owner.get(&["env"]).map(Value::items).unwrap_or_default() {
        let Some(given) = item.get(&["name"]) else { continue };
        if given.as_str() != Some(name) {
            continue;
        }
        let Some(name_at) = given.at.or(item.at) else { continue };
        let name_place = entry_place(model, name_at);
        let value = item.get(&["value"]);
        // The template takes `value` only where Go calls it true; else the variable is rendered empty.
        let literal = match value {
            Some(value) if value.truth() == Some(true) => {
                super::chart::scalar_text(value).given().map(str::to_string)
            }
            Some(value) if value.truth() == Some(false) && item.get(&["valueFrom"]).is_none() => {
                Some(String::new())
            }
            _ => None,
        };
        let value_place =
            value.and_then(|value| value.at).map_or(name_place, |at| model.place(at.value_at()));
        found.push(ValuesEnv { value: literal, name_place, value_place, common });
    }
    let Some(value) = owner.get(&["envDict", name]) else { return };
    let Some(at) = value.at else { return };
    let (literal, place) = match &value.data {
        ValueData::Map(map) => (
            map.get("value").and_then(|value| super::chart::scalar_text(value).given().map(str::to_string)),
            map.get("value").and_then(|value| value.at).map(|at| model.place(at.value_at())),
        ),
        _ => (super::chart::scalar_text(value).given().map(str::to_string), Some(model.place(at.value_at()))),
    };
    let name_place = model.place(at.key_at());
    found.push(ValuesEnv { value: literal, name_place, value_place: place.unwrap_or(name_place), common });
}
