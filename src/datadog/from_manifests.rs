//! Installations of the Agent read from manifests: DaemonSets that the chart rendered or somebody wrote, their
//! Services, and the cluster agent's Deployment beside them.
//!
//! Deliberately absent: `DatadogAgent` resources (`from_operator`) and values (`from_values`).

use rayon::prelude::*;

use crate::model::env::Env;
use crate::model::resource::{Container, ContainerKind, Resource, Workload};
use crate::model::{Model, ResourceId, Scope};
use crate::source::Place;

use super::agent::{Admission, Agent, AgentService, Form, Spot};
use super::chart::InjectMode;
use super::known::any;
use super::neighbours::Neighbours;
use super::pods::{
    below, datadog_release, image_name, is_agent_daemonset, is_chart_rendered, label, name_place, node_place,
    pod_annotation, runs_agent_image, selects,
};
use super::target::is_true;
use super::token::{CHECKSUM_EXISTING, CHECKSUM_NONE, KpiTelemetry, Token, TokenSource, ZERO_UUID};

/// The annotation that restarts pods when the token changes.
const TOKEN_CHECKSUM: &str = "checksum/clusteragent_token";

/// The installations that stand in a scope as manifests: one for each DaemonSet of the Agent, and one for each
/// cluster agent of the chart without a DaemonSet.
pub(crate) fn agents(model: &Model, near: &Neighbours<'_>) -> Vec<Agent> {
    let daemonset = |&id: &ResourceId| {
        let resource = model.resource(id);
        let workload = resource.workload.as_ref()?;
        is_agent_daemonset(model, resource, workload).then(|| daemonset(model, near, id, resource, workload))
    };
    let mut found: Vec<Agent> = near.scope.resources.par_iter().filter_map(daemonset).collect();
    for &id in &near.scope.resources {
        let resource = model.resource(id);
        let Some(stem) = resource.name.strip_suffix("-cluster-agent") else { continue };
        let alone = is_cluster_agent(model, resource)
            && is_chart_rendered(model, resource)
            && !found.iter().any(|agent| {
                agent.fullname.as_deref() == Some(stem) && agent.namespace == resource.effective_namespace
            });
        if alone {
            let mut agent = Agent::unknown(Form::Rendered, name_place(model, resource));
            agent.node = Some(resource.at);
            agent.release = datadog_release(model, resource);
            agent.application = resource.deployed_by;
            agent.fullname = Some(stem.to_string());
            agent.namespace = resource.effective_namespace.clone();
            agent.node_agents = Some(false);
            agent.resource = Some(id);
            add_chart_facts(model, near, &mut agent);
            found.push(agent);
        }
    }
    found
}

/// Services that can only be an Agent's, of which nothing else is in the input.
pub(crate) fn lone_services(model: &Model, scope: &Scope, agents: &[Agent]) -> Vec<Agent> {
    let mut found = Vec::new();
    for &id in &scope.resources {
        let resource = model.resource(id);
        if resource.kind != "Service" || agents.iter().any(|agent| owns_service(agent, id, resource)) {
            continue;
        }
        if !is_agent_service(model, resource) {
            continue;
        }
        let place = name_place(model, resource);
        let mut agent = Agent::unknown(Form::Service, place);
        agent.node = Some(resource.at);
        agent.application = resource.deployed_by;
        agent.namespace = resource.effective_namespace.clone();
        agent.node_agents = None;
        agent.service = service_of(model, id, resource);
        found.push(agent);
    }
    found
}

fn owns_service(agent: &Agent, id: ResourceId, resource: &Resource) -> bool {
    agent.service.resource == Some(id)
        || (agent.service_name() == Some(resource.name.as_str())
            && (agent.namespace == resource.effective_namespace || agent.namespace.is_none()))
}

/// A Service with the Agent's ports whose name, labels or selector name Datadog.
fn is_agent_service(model: &Model, resource: &Resource) -> bool {
    let node = model.node(resource.at);
    if node.at(&["spec", "type"]).and_then(|kind| kind.text()) == Some("ExternalName") {
        return false;
    }
    let Some(selector) = node.at(&["spec", "selector"]) else { return false };
    let named = resource.name.contains("datadog")
        || selector
            .effective_entries()
            .iter()
            .any(|(_, _, value)| value.text().is_some_and(|v| v.contains("datadog")))
        || label(model, resource, "helm.sh/chart").is_some_and(|chart| chart.starts_with("datadog-"));
    named
        && service_ports(model, resource).iter().any(|port| {
            matches!(port.number, Some(8126)) && port.protocol == "TCP"
                || matches!(port.number, Some(8125)) && port.protocol == "UDP"
                || port.name.as_deref() == Some("traceport")
        })
}

/// A port of a Service.
pub(crate) struct ServicePort {
    /// `port`
    pub(crate) number: Option<i64>,
    /// `targetPort`, where it is a number; else `port`.
    pub(crate) target: Option<i64>,
    /// `name`
    pub(crate) name: Option<String>,
    /// `protocol`, `TCP` where it is absent.
    pub(crate) protocol: String,
    /// The scalar of `port`.
    pub(crate) place: Place,
}

/// The ports of a Service.
pub(crate) fn service_ports(model: &Model, service: &Resource) -> Vec<ServicePort> {
    let Some(ports) = below(model, service.at, &["spec", "ports"]) else { return Vec::new() };
    ports
        .items()
        .map(|port| {
            let number = port.get("port").and_then(|number| number.as_i64());
            ServicePort {
                number,
                target: port.get("targetPort").and_then(|target| target.as_i64()).or(number),
                name: port.get("name").and_then(|name| name.text()).map(str::to_string),
                protocol: port.get("protocol").and_then(|p| p.text()).unwrap_or("TCP").to_ascii_uppercase(),
                place: node_place(model, service.at, port.get("port").unwrap_or(port)),
            }
        })
        .collect()
}

fn service_of(model: &Model, id: ResourceId, service: &Resource) -> AgentService {
    AgentService {
        name: Some(service.name.clone()),
        likely: Some(service.name.clone()),
        exists: Some(true),
        place: Some(name_place(model, service)),
        namespace_place: below(model, service.at, &["metadata", "namespace"])
            .map(|node| node_place(model, service.at, node)),
        resource: Some(id),
    }
}

/// The container that receives traces, where the manifest says that one does.
fn receiver(workload: &Workload) -> Option<&Container> {
    let running = || workload.containers.iter().filter(|container| container.kind != ContainerKind::Init);
    if let Some(container) = running().find(|container| container.name == "trace-agent") {
        return Some(container);
    }
    // An image that runs everything; where a command says `agent run`, only that runs.
    running().find(|container| {
        runs_agent_image(container)
            && !container
                .env
                .literal("DD_APM_ENABLED")
                .is_some_and(|value| value.eq_ignore_ascii_case("false"))
    })
}

fn runs_only_core_agent(model: &Model, container: &Container) -> bool {
    let words = |key: &str| -> Vec<String> {
        below(model, container.at, &[key])
            .map(|list| list.items().filter_map(|item| item.text().map(str::to_string)).collect())
            .unwrap_or_default()
    };
    let mut line = words("command");
    line.extend(words("args"));
    line.first().is_some_and(|first| first == "agent" || first.ends_with("/agent"))
        && line.get(1).is_some_and(|second| second == "run")
}

fn daemonset(
    model: &Model,
    near: &Neighbours<'_>,
    id: ResourceId,
    resource: &Resource,
    workload: &Workload,
) -> Agent {
    let chart = is_chart_rendered(model, resource);
    let form = if chart { Form::Rendered } else { Form::HandWritten };
    let place = name_place(model, resource);
    let mut agent = Agent::unknown(form, place);
    agent.node = Some(resource.at);
    agent.resource = Some(id);
    agent.release = datadog_release(model, resource);
    agent.application = resource.deployed_by;
    agent.fullname = Some(resource.name.clone());
    agent.namespace = resource.effective_namespace.clone();

    let trace = receiver(workload).filter(|container| {
        container.name == "trace-agent" || (!chart && !runs_only_core_agent(model, container))
    });
    let operator = label(model, resource, "app.kubernetes.io/managed-by") == Some("datadog-operator");
    agent.apm = match trace {
        Some(container) => Spot::new(Some(true), Some(container_place(model, container))),
        // The operator may run everything in one container.
        None => Spot::new((!operator).then_some(false), Some(place)),
    };
    let env_port = |env: &Env, name: &str| env.literal(name).and_then(|port| port.parse::<i64>().ok());
    let apm_port =
        trace.and_then(|container| env_port(&container.env, "DD_APM_RECEIVER_PORT")).unwrap_or(8126);
    agent.apm_port = Some(apm_port);
    agent.apm_socket = trace.map(|container| container.env.literal("DD_APM_RECEIVER_SOCKET").is_some());
    let core = workload.containers.iter().find(|container| {
        container.kind == ContainerKind::Main
            && container.name != "trace-agent"
            && runs_agent_image(container)
    });
    let dogstatsd_port =
        core.and_then(|container| env_port(&container.env, "DD_DOGSTATSD_PORT")).unwrap_or(8125);

    let host_network =
        below(model, workload.pod_spec, &["hostNetwork"]).and_then(|node| node.as_bool()) == Some(true);
    agent.host_network = Some(host_network);
    let mut node_ports = Vec::new();
    let mut trace_port = None;
    let mut dogstatsd = None;
    for container in workload.containers.iter().filter(|container| container.kind != ContainerKind::Init) {
        for port in &container.ports {
            let on_node =
                port.host_port.filter(|port| *port != 0).or(port.container_port.filter(|_| host_network));
            node_ports
                .extend(on_node.map(|number| format!("{number}/{}", port.protocol.to_ascii_uppercase())));
            let node = model.node(port.at).get("containerPort").unwrap_or(model.node(port.at));
            if port.container_port == Some(apm_port) && port.protocol != "UDP" {
                trace_port = Some(node_place(model, port.at, node));
            } else if port.container_port == Some(dogstatsd_port) && port.protocol == "UDP" {
                dogstatsd = Some(node_place(model, port.at, node));
            }
        }
    }
    if host_network {
        node_ports.extend([format!("{apm_port}/TCP"), format!("{dogstatsd_port}/UDP")]);
    }
    node_ports.sort();
    node_ports.dedup();
    let open = |key: String| host_network || node_ports.contains(&key);
    agent.apm_on_node = Spot::new(
        Some(open(format!("{apm_port}/TCP"))),
        trace_port.or_else(|| trace.map(|container| container_place(model, container))).or(Some(place)),
    );
    agent.dogstatsd_on_node = Spot::new(
        Some(open(format!("{dogstatsd_port}/UDP"))),
        dogstatsd.or_else(|| core.map(|container| container_place(model, container))).or(Some(place)),
    );
    agent.node_ports = Some(node_ports);

    let wanted = |service: &Resource| {
        service_ports(model, service).iter().any(|port| {
            port.target == Some(apm_port)
                || port.target == Some(dogstatsd_port)
                || port.number == Some(apm_port)
        })
    };
    let mut services = near.services_of(resource, workload).into_iter().filter(|&id| {
        let service = model.resource(id);
        selects(model, service, workload) && wanted(service)
    });
    match services.next() {
        Some(id) => agent.service = service_of(model, id, model.resource(id)),
        // The chart names the Service as the DaemonSet; a render for an old Kubernetes has none.
        None if chart => agent.service.likely = Some(resource.name.clone()),
        None => {}
    }
    add_chart_facts(model, near, &mut agent);
    agent
}

/// The place of a container's name, else of the container.
pub(crate) fn container_place(model: &Model, container: &Container) -> Place {
    let node = model.node(container.at);
    node_place(model, container.at, node.get("name").unwrap_or(node))
}

/// The Deployment of the cluster agent.
pub(crate) fn is_cluster_agent(model: &Model, resource: &Resource) -> bool {
    let Some(workload) = resource.workload.as_ref().filter(|_| resource.kind == "Deployment") else {
        return false;
    };
    label(model, resource, "agent.datadoghq.com/component") == Some("cluster-agent")
        || workload.containers.iter().any(|container| {
            container
                .image
                .as_deref()
                .is_some_and(|image| matches!(image_name(image), "cluster-agent" | "datadog-cluster-agent"))
        })
}

/// What the manifests beside an installation say: webhook, token, telemetry ConfigMap.
fn add_chart_facts(model: &Model, near: &Neighbours<'_>, agent: &mut Agent) {
    let stem = agent.fullname.clone().unwrap_or_default();
    let mut checksums: Vec<(String, Place)> = Vec::new();
    let mut note = |resource: &Resource| {
        let annotation =
            resource.workload.as_ref().and_then(|workload| pod_annotation(model, workload, TOKEN_CHECKSUM));
        let Some(node) = annotation else { return };
        let Some(text) = node.text() else { return };
        checksums.push((text.to_string(), node_place(model, resource.at, node)));
    };
    if let Some(id) = agent.resource {
        note(model.resource(id));
    }
    let mut secret = None;
    let mut kpi = KpiTelemetry::default();
    let mut admission = Admission::default();
    let namespace = agent.namespace.as_deref();
    let cluster_agents = near.cluster_agents(namespace);
    if let Some(last) = cluster_agents.last() {
        admission = webhook_of(model.resource(*last));
    }
    for &id in cluster_agents {
        let resource = model.resource(id);
        if Some(id) != agent.resource && resource.name.starts_with(stem.as_str()) {
            note(resource);
        }
    }
    let named = |kind: &str, suffix: &str| near.last(kind, &format!("{stem}{suffix}"), namespace);
    if let Some((_, runner)) = named("Deployment", "-clusterchecks") {
        note(runner);
    }
    if let Some((_, resource)) = named("Secret", "-cluster-agent") {
        secret =
            below(model, resource.at, &["data", "token"]).map(|node| node_place(model, resource.at, node));
    }
    if let Some((_, resource)) = named("ConfigMap", "-kpi-telemetry-configmap")
        && let Some(node) = below(model, resource.at, &["data", "install_id"])
    {
        kpi = KpiTelemetry {
            random: node.text().map(|id| id != ZERO_UUID),
            place: Some(node_place(model, resource.at, node)),
            fields: Vec::new(),
        };
    }
    agent.admission = admission;
    agent.kpi = kpi;
    agent.token = token(checksums, secret);
}

fn token(checksums: Vec<(String, Place)>, secret: Option<Place>) -> Token {
    let Some((first, place)) = checksums.first().cloned() else { return Token::default() };
    let differ = checksums.iter().any(|(text, _)| *text != first);
    let source = if differ {
        TokenSource::Generated
    } else if first.starts_with(CHECKSUM_EXISTING) {
        TokenSource::Kept
    } else if first.starts_with(CHECKSUM_NONE) {
        TokenSource::None
    } else if checksums.len() > 1 {
        TokenSource::Literal
    } else {
        TokenSource::Unknown
    };
    let evidence = if differ { checksums.into_iter().map(|(_, place)| place).collect() } else { Vec::new() };
    Token { source, place: secret.or(Some(place)), evidence, incomplete: false, fields: Vec::new() }
}

fn webhook_of(resource: &Resource) -> Admission {
    let Some(workload) = &resource.workload else { return Admission::default() };
    let container = workload.containers.iter().find(|container| {
        container.env.entries.iter().any(|entry| entry.name.starts_with("DD_ADMISSION_CONTROLLER_"))
    });
    let Some(env) = container.map(|container| &container.env) else { return Admission::default() };
    let flag = |name: &str| match env.literal(name) {
        Some(value) => Some(is_true(value)),
        None => (env.get(name).is_none() && !env.from_unknown).then_some(false),
    };
    let list = |name: &str| -> Vec<String> {
        env.literal(name)
            .unwrap_or_default()
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .filter(|word| !word.is_empty())
            .map(str::to_string)
            .collect()
    };
    Admission {
        on: any([flag("DD_ADMISSION_CONTROLLER_ENABLED")]),
        mode: env.literal("DD_ADMISSION_CONTROLLER_INJECT_CONFIG_MODE").and_then(InjectMode::parse),
        mutate_unlabelled: flag("DD_ADMISSION_CONTROLLER_MUTATE_UNLABELLED"),
        instrumentation: flag("DD_APM_INSTRUMENTATION_ENABLED"),
        enabled_namespaces: list("DD_APM_INSTRUMENTATION_ENABLED_NAMESPACES"),
        disabled_namespaces: list("DD_APM_INSTRUMENTATION_DISABLED_NAMESPACES"),
    }
}
