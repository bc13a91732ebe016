//! Installations of the Agent read from `DatadogAgent` resources (`datadoghq.com/v2alpha1`), with the operator's
//! defaults: APM on through the Unix socket, no port on the node, the Service `<name>-agent`.
//!
//! Deliberately absent: `v1alpha1`, which the operator no longer serves.

use ddlint_yaml::Node;

use crate::model::resource::Resource;
use crate::model::{Model, ResourceId, Scope};
use crate::source::Place;

use super::agent::{Admission, Agent, AgentService, Form, Spot};
use super::chart::{InjectMode, is_placeholder};
use super::known::any;
use super::pods::{below, name_place, node_place};
use super::token::{Token, TokenSource};

/// The `DatadogAgent` resources of a scope.
pub(crate) fn agents(model: &Model, scope: &Scope) -> Vec<Agent> {
    scope
        .resources
        .iter()
        .copied()
        .filter(|&id| is_datadog_agent(model.resource(id)))
        .map(|id| agent(model, id))
        .collect()
}

/// The resource is a `DatadogAgent` that the operator serves.
pub(crate) fn is_datadog_agent(resource: &Resource) -> bool {
    resource.kind == "DatadogAgent" && resource.api_version == "datadoghq.com/v2alpha1"
}

fn agent(model: &Model, id: ResourceId) -> Agent {
    let resource = model.resource(id);
    let place = name_place(model, resource);
    let node = |path: &[&str]| {
        let mut full = vec!["spec"];
        full.extend_from_slice(path);
        below(model, resource.at, &full)
    };
    let spot = |path: &[&str]| nearest(model, resource, path);
    let flag = |path: &[&str], default: bool| match node(path) {
        None => Some(default),
        Some(given) => given.as_bool(),
    };
    let int = |path: &[&str], default: i64| match node(path) {
        None => Some(default),
        Some(given) => given.as_i64(),
    };
    let apm_host_port = flag(&["features", "apm", "hostPortConfig", "enabled"], false);
    let dogstatsd_host_port = flag(&["features", "dogstatsd", "hostPortConfig", "enabled"], false);
    let host_network = flag(&["override", "nodeAgent", "hostNetwork"], false);
    let apm = flag(&["features", "apm", "enabled"], true);
    let apm_port = int(&["features", "apm", "hostPortConfig", "hostPort"], 8126);
    let socket = flag(&["features", "apm", "unixDomainSocketConfig", "enabled"], true);
    let otlp =
        |protocol: &str| flag(&["features", "otlp", "receiver", "protocols", protocol, "enabled"], false);
    let ports = || -> Option<Vec<String>> {
        let mut ports = Vec::new();
        if apm? && (apm_host_port? || host_network?) {
            ports.push(format!("{}/TCP", apm_port?));
        }
        if dogstatsd_host_port? || host_network? {
            ports.push(format!(
                "{}/UDP",
                int(&["features", "dogstatsd", "hostPortConfig", "hostPort"], 8125)?
            ));
        }
        for (protocol, port) in [("grpc", 4317), ("http", 4318)] {
            if otlp(protocol)? {
                ports.push(format!("{port}/TCP"));
            }
        }
        Some(ports)
    };
    let name_override = node(&["global", "localService", "nameOverride"]);
    let service = match name_override {
        None if resource.name.is_empty() || is_placeholder(&resource.name) => None,
        None => Some(format!("{}-agent", resource.name)),
        Some(given) => given.as_str().map(str::to_string),
    };
    let exists = any([
        Some(model.settings.kubernetes >= (1, 22)),
        flag(&["global", "localService", "forceEnableLocalService"], false),
    ]);
    let words = |path: &[&str]| -> Vec<String> {
        node(path)
            .map(|list| list.items().filter_map(|item| item.as_str().map(str::to_string)).collect())
            .unwrap_or_default()
    };
    let mut agent = Agent::unknown(Form::Operator, place);
    agent.node = Some(resource.at);
    agent.resource = Some(id);
    agent.application = resource.deployed_by;
    agent.fullname = Some(format!("{}-agent", resource.name));
    agent.namespace = resource.effective_namespace.clone();
    agent.node_agents = super::known::not(flag(&["override", "nodeAgent", "disabled"], false));
    agent.service = AgentService {
        likely: service.clone(),
        name: service,
        exists,
        place: Some(name_override.map_or(place, |given| node_place(model, resource.at, given))),
        namespace_place: below(model, resource.at, &["metadata", "namespace"])
            .map(|node| node_place(model, resource.at, node)),
        resource: None,
    };
    agent.apm = Spot::new(apm, Some(spot(&["features", "apm", "enabled"]).unwrap_or(place)));
    agent.apm_port = apm_port;
    agent.apm_socket = socket;
    agent.apm_on_node = Spot::new(
        any([apm_host_port, host_network]),
        spot(&["features", "apm", "hostPortConfig", "enabled"]).or(Some(place)),
    );
    agent.dogstatsd_on_node = Spot::new(
        any([dogstatsd_host_port, host_network]),
        spot(&["features", "dogstatsd", "hostPortConfig", "enabled"]).or(Some(place)),
    );
    agent.node_ports = ports();
    agent.host_network = host_network;
    let mode = node(&["features", "admissionController", "agentCommunicationMode"]);
    agent.admission = Admission {
        on: flag(&["features", "admissionController", "enabled"], true),
        mode: match mode.and_then(|node| node.as_str()) {
            Some(word) => InjectMode::parse(word),
            // The operator follows what the trace-agent listens on.
            None => match (socket, apm_host_port) {
                (Some(true), _) => Some(InjectMode::Socket),
                (Some(false), Some(true)) => Some(InjectMode::HostIp),
                _ => None,
            },
        },
        mutate_unlabelled: flag(&["features", "admissionController", "mutateUnlabelled"], false),
        instrumentation: flag(&["features", "apm", "instrumentation", "enabled"], false),
        enabled_namespaces: words(&["features", "apm", "instrumentation", "enabledNamespaces"]),
        disabled_namespaces: words(&["features", "apm", "instrumentation", "disabledNamespaces"]),
    };
    // The operator draws the token once and keeps it.
    agent.token = Token { source: TokenSource::Kept, ..Token::default() };
    agent
}

/// The place of the deepest node on a path below `spec` that is given: the entry itself, or a key above it.
pub(crate) fn nearest(model: &Model, resource: &Resource, path: &[&str]) -> Option<Place> {
    let mut node: Node<'_> = below(model, resource.at, &["spec"])?;
    let mut place = None;
    for (depth, key) in path.iter().enumerate() {
        let Some((name, value)) = node.entry(key) else { break };
        let key_place = node_place(model, resource.at, name);
        place = Some(match depth + 1 == path.len() && value.is_scalar() {
            true => super::pods::cover(key_place, node_place(model, resource.at, value)),
            false => key_place,
        });
        node = value;
    }
    place
}
