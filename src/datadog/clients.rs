//! Containers that send telemetry to an Agent, one member for each leg: where they send, whether the admission webhook
//! changes that, whether the pod itself listens, whether it waits for the Agent.
//!
//! Deliberately absent: which Service a name reaches (`resolve`).

use crate::model::env::Env;
use crate::model::resource::{Container, ContainerKind, Resource, Workload};
use crate::model::script::StepKind;
use crate::model::{At, Model, ResourceId};
use crate::source::Place;
use ddlint_yaml::Span;

use super::agent::Agent;
use super::chart::InjectMode;
use super::known::{all, any, not};
use super::neighbours::Neighbours;
use super::pods::{below, image_name, is_agent_pod, is_datadog_software, pod_label};
use super::resolve::{Resolution, resolve};
use super::target::{Leg, Target, TargetKind, names_dogstatsd, target, tracing_off};

/// A container that sends one leg of telemetry.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Client {
    /// The workload.
    pub(crate) resource: ResourceId,
    /// The container's index in the workload.
    pub(crate) container: usize,
    /// The container's mapping.
    pub(crate) node: At,
    /// The container's name.
    pub(crate) name: String,
    /// The place of the container's name.
    pub(crate) name_place: Place,
    /// What is sent.
    pub(crate) leg: Leg,
    /// Where to.
    pub(crate) target: Target,
    /// The variable that decides.
    pub(crate) variable: Option<String>,
    /// The mapping of its entry.
    pub(crate) entry_at: Option<At>,
    /// The scalar that decides: the value, or the `fieldPath`.
    pub(crate) value_place: Option<Place>,
    /// The host within it (or in the entry that `$(X)` leads to).
    pub(crate) host_place: Option<Place>,
    /// The host as it is written in the entry that decides.
    pub(crate) written_place: Option<Place>,
    /// The value of the entry that `$(X)` leads to.
    pub(crate) via_place: Option<Place>,
    /// The container certainly sends this leg: it is not switched off, and something says that it is used.
    pub(crate) sends: bool,
    /// An earlier leg of this container is decided by the same entry and has the same help.
    pub(crate) repeats: bool,
    /// The webhook adds a Unix socket that outranks the target.
    pub(crate) repaired: Option<bool>,
    /// A container of the pod, or the node that it shares the network with, may listen on the port.
    pub(crate) pod_listens: bool,
    /// The container mounts the folder of the Agent's sockets.
    pub(crate) socket_mounted: bool,
    /// The container has `envFrom`.
    pub(crate) env_from: bool,
    /// A script deploys the workload and restarts it later.
    pub(crate) restarted: bool,
    /// An init container waits for the Agent.
    pub(crate) waits: bool,
    /// The namespace that the workload reaches.
    pub(crate) namespace: Option<String>,
    /// What the name of the target reaches.
    pub(crate) resolution: Resolution,
}

/// Fields that give a container its environment.
pub(crate) const ENVIRONMENT: [&str; 2] = ["env", "envFrom"];

/// The clients of a scope, given its installations.
pub(crate) fn clients(model: &Model, near: &Neighbours<'_>, agents: &[Agent]) -> Vec<Client> {
    let mut found = Vec::new();
    for &id in &near.scope.resources {
        let resource = model.resource(id);
        let Some(workload) = &resource.workload else { continue };
        // What a patch of a kustomization may change is not known.
        if is_agent_pod(model, resource, workload) || resource.may_change(&ENVIRONMENT) {
            continue;
        }
        for (index, container) in workload.containers.iter().enumerate() {
            if container.kind == ContainerKind::Init || is_datadog_software(container) {
                continue;
            }
            let mut legs: Vec<Client> = Vec::new();
            for leg in [Leg::Apm, Leg::Dogstatsd, Leg::Otlp] {
                let target = target(&container.env, leg);
                if target.kind == TargetKind::Implicit && (leg != Leg::Apm || !looks_traced(&container.env)) {
                    continue;
                }
                let sends = sends(&container.env, leg);
                let mut client = client(model, near, agents, id, index, leg, target, sends);
                client.repeats = legs.iter().any(|earlier| client.is_like(earlier));
                legs.push(client);
            }
            found.append(&mut legs);
        }
    }
    found
}

impl Client {
    /// The earlier leg is sent, and what is said of it can be said of this one.
    fn is_like(&self, earlier: &Client) -> bool {
        let same_entry = self.target.entry.is_some() && self.target.entry == earlier.target.entry;
        let same_help = (self.pod_listens, &self.repaired) == (earlier.pod_listens, &earlier.repaired);
        earlier.sends && same_entry && same_help
    }
}

/// Something says that a tracer is at work, though no variable names a target.
pub(crate) fn looks_traced(env: &Env) -> bool {
    let named = |name: &str| env.get(name).is_some();
    let unified = named("DD_SERVICE") && named("DD_ENV");
    let switched_on = env.literal("DD_TRACE_ENABLED").is_some_and(super::target::is_true);
    unified || switched_on
}

fn sends(env: &Env, leg: Leg) -> bool {
    match leg {
        Leg::Apm => !tracing_off(env),
        Leg::Dogstatsd => names_dogstatsd(env),
        Leg::Otlp => !env.literal("OTEL_SDK_DISABLED").is_some_and(super::target::is_true),
    }
}

#[expect(clippy::too_many_arguments, reason = "one call; the parts are all there is")]
fn client(
    model: &Model,
    near: &Neighbours<'_>,
    agents: &[Agent],
    id: ResourceId,
    index: usize,
    leg: Leg,
    target: Target,
    sends: bool,
) -> Client {
    let resource = model.resource(id);
    let workload = resource.workload.as_deref();
    let container = workload.and_then(|workload| workload.containers.get(index));
    let entries = container.map(|container| container.env.entries.as_slice()).unwrap_or_default();
    let entry = target.entry.and_then(|at| entries.get(at));
    let value_place = entry.and_then(|entry| entry.value_at).map(|at| model.place(at));
    let via = target.via.and_then(|at| entries.get(at));
    let via_place = via.and_then(|entry| entry.value_at).map(|at| model.place(at));
    let written_place = match (&target.host_range, entry.and_then(|entry| entry.value_at)) {
        (Some(range), Some(at)) => Some(sub_place(model, at, range.start, range.end)),
        _ => None,
    };
    let host_place = via_place.or(written_place).or(value_place);
    let node = container.map_or(resource.at, |container| container.at);
    let name_node = model.node(node).get("name").unwrap_or(model.node(node));
    Client {
        resource: id,
        container: index,
        node,
        name: container.map(|container| container.name.clone()).unwrap_or_default(),
        name_place: Place { file: model.doc(node.doc).file, span: name_node.span() },
        leg,
        variable: entry.map(|entry| entry.name.clone()),
        entry_at: entry.map(|entry| entry.at),
        value_place,
        host_place,
        written_place,
        via_place,
        sends,
        repeats: false,
        repaired: match (workload, container) {
            (Some(workload), Some(container)) => repaired(model, resource, workload, container, leg, agents),
            _ => None,
        },
        pod_listens: workload.is_some_and(|workload| pod_listens(model, workload, agents, &target)),
        socket_mounted: container.is_some_and(|container| mounts_socket(model, container)),
        env_from: container.is_some_and(|container| container.env.from_unknown),
        restarted: restarted(model, near, id),
        waits: workload.is_some_and(|workload| waits(model, workload, &target)),
        namespace: resource.effective_namespace.clone(),
        resolution: resolve(model, near, agents, resource, &target),
        target,
    }
}

/// A part of a scalar, by offsets in its text.
pub(crate) fn sub_place(model: &Model, at: At, start: usize, end: usize) -> Place {
    let span = Span { start: start as u32, end: end as u32 };
    Place { file: model.doc(at.doc).file, span: model.node(at).offset_map().span(span) }
}

/// The webhook changes this pod; none where nothing is known.
pub(crate) fn mutated(
    model: &Model,
    resource: &Resource,
    workload: &Workload,
    agents: &[Agent],
) -> Option<bool> {
    let label = pod_label(model, workload, "admission.datadoghq.com/enabled");
    if label == Some("false") {
        return Some(false);
    }
    let running = any(agents.iter().map(|agent| agent.admission.on));
    if label == Some("true") {
        // With no Agent in the input at all the label itself says that there is a webhook.
        return Some(agents.is_empty() || running != Some(false));
    }
    let reaches = |agent: &Agent| {
        let admission = &agent.admission;
        // Pods without the label are changed only where something asks for it: what is not known does not.
        let asked = |setting: Option<bool>| Some(setting == Some(true));
        let instrumented = all([asked(admission.instrumentation), instrumented(agent, resource)]);
        all([admission.on, any([asked(admission.mutate_unlabelled), instrumented])])
    };
    any(agents.iter().map(reaches))
}

/// Single step instrumentation reaches the namespace of a resource.
fn instrumented(agent: &Agent, resource: &Resource) -> Option<bool> {
    let namespace = resource.effective_namespace.as_deref()?;
    let listed = |list: &[String]| list.iter().any(|name| name == namespace);
    let own = namespace == "kube-system" || agent.namespace.as_deref() == Some(namespace);
    let enabled =
        agent.admission.enabled_namespaces.is_empty() || listed(&agent.admission.enabled_namespaces);
    Some(!own && enabled && !listed(&agent.admission.disabled_namespaces))
}

fn repaired(
    model: &Model,
    resource: &Resource,
    workload: &Workload,
    container: &Container,
    leg: Leg,
    agents: &[Agent],
) -> Option<bool> {
    let url = match leg {
        Leg::Apm => "DD_TRACE_AGENT_URL",
        Leg::Dogstatsd => "DD_DOGSTATSD_URL",
        Leg::Otlp => return Some(false),
    };
    if container.env.get(url).is_some() {
        return Some(false);
    }
    let asked = pod_label(model, workload, "admission.datadoghq.com/config.mode").and_then(InjectMode::parse);
    let mode = asked.or_else(|| agents.iter().find_map(|agent| agent.admission.mode));
    let socket = mode.is_none_or(|mode| mode == InjectMode::Socket);
    all([mutated(model, resource, workload, agents), Some(socket)])
}

/// Something in the pod, or on the node whose network it shares, may listen on the target's port.
fn pod_listens(model: &Model, workload: &Workload, agents: &[Agent], target: &Target) -> bool {
    let sidecar = |container: &Container| {
        let image = container.image.as_deref().map(image_name).unwrap_or_default();
        let receives = image.ends_with("agent")
            || [
                "otel",
                "opentelemetry",
                "collector",
                "ddot",
                "serverless-init",
                "statsd",
                "telegraf",
                "vector",
                "alloy",
            ]
            .iter()
            .any(|word| image.contains(word));
        let declares =
            target.port.is_some() && container.ports.iter().any(|port| port.container_port == target.port);
        container.kind != ContainerKind::Init && (receives || declares)
    };
    if workload.containers.iter().any(sidecar) {
        return true;
    }
    if pod_label(model, workload, "agent.datadoghq.com/sidecar").is_some() {
        return true;
    }
    let host_network =
        below(model, workload.pod_spec, &["hostNetwork"]).and_then(|node| node.as_bool()) == Some(true);
    let closed =
        !agents.is_empty() && all(agents.iter().map(|agent| not(agent.apm_on_node.value))) == Some(true);
    host_network && !closed
}

/// A mount that may bring the Agent's sockets: /var/run/datadog (also as /run), or a folder above it.
fn mounts_socket(model: &Model, container: &Container) -> bool {
    let Some(mounts) = below(model, container.at, &["volumeMounts"]) else { return false };
    mounts.items().filter_map(|mount| mount.get("mountPath")?.text()).any(|path| {
        let path = path.trim_end_matches('/');
        ["/var/run", "/run"].contains(&path)
            || path.starts_with("/var/run/datadog")
            || path.starts_with("/run/datadog")
    })
}

/// A script deploys the resource, and a later line restarts it.
fn restarted(model: &Model, near: &Neighbours<'_>, id: ResourceId) -> bool {
    let resource = model.resource(id);
    let names = |words: &str| {
        words.split_whitespace().any(|word| {
            word == resource.name || word.split_once('/').is_some_and(|(_, name)| name == resource.name)
        })
    };
    near.scope.scripts.iter().any(|script| {
        let steps = &model.script(*script).steps;
        let deployed = steps.iter().position(|step| match &step.kind {
            StepKind::Apply { resources, .. } => resources.contains(&id),
            StepKind::Helm { release, .. } => release.is_some() && *release == resource.release,
            _ => false,
        });
        deployed.is_some_and(|at| {
            steps
                .iter()
                .skip(at + 1)
                .any(|step| matches!(&step.kind, StepKind::Restart(words) if names(words)))
        })
    })
}

/// An init container waits for the Agent: its command names the Agent's host and port, or its socket.
fn waits(model: &Model, workload: &Workload, target: &Target) -> bool {
    let host = target.host.as_deref().map(|host| host.split('.').next().unwrap_or(host).to_string());
    let port = target.port.unwrap_or(8126).to_string();
    workload.containers.iter().filter(|container| container.kind == ContainerKind::Init).any(|container| {
        let mut words = Vec::new();
        for key in ["command", "args"] {
            let Some(list) = below(model, container.at, &[key]) else { continue };
            words.extend(list.items().filter_map(|item| item.text()));
        }
        let line = words.join(" ");
        let names_host = host.as_deref().is_some_and(|host| !host.is_empty() && line.contains(host))
            || line.contains("DD_AGENT_HOST")
            || line.contains("DD_TRACE_AGENT_URL")
            || line.contains("HOST_IP");
        line.contains("apm.socket")
            || (names_host && line.contains(&port))
            || line.contains("DD_TRACE_AGENT_URL")
    })
}
