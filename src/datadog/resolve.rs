//! Which Service the name of a target reaches, as the resolver of a pod looks it up.
//!
//! Deliberately absent: names outside the cluster; about those nothing is known.

use crate::model::Model;
use crate::model::resource::Resource;

use super::agent::{Agent, Form};
use super::neighbours::Neighbours;
use super::pods::below;
use super::target::{Target, TargetKind};

/// What the name of a target reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resolution {
    /// It is no name of the cluster, or nothing is known.
    Unknown,
    /// A Service of the scope, or one that an installation makes.
    Resolves,
    /// Nothing in the scope has that name, and it is meant for the Agent with this index.
    WrongName(usize),
    /// The Agent with this index has a Service of that name, in another namespace.
    WrongNamespace(usize),
    /// The Agent with this index would have such a Service, but not on this Kubernetes version.
    NotCreated(usize),
    /// The chart gives the Agent with this index such a Service, but the rendered manifests have none.
    NotRendered(usize),
}

impl Resolution {
    /// The word in rule files.
    pub(crate) fn as_str(self) -> Option<&'static str> {
        Some(match self {
            Resolution::Unknown => return None,
            Resolution::Resolves => "resolves",
            Resolution::WrongName(_) => "wrong-name",
            Resolution::WrongNamespace(_) => "wrong-namespace",
            Resolution::NotCreated(_) => "not-created",
            Resolution::NotRendered(_) => "not-rendered",
        })
    }
    /// The installation that is meant.
    pub(crate) fn agent(self) -> Option<usize> {
        match self {
            Resolution::Unknown | Resolution::Resolves => None,
            Resolution::WrongName(agent)
            | Resolution::WrongNamespace(agent)
            | Resolution::NotCreated(agent)
            | Resolution::NotRendered(agent) => Some(agent),
        }
    }
}

/// A name of the cluster: Service, and namespace where the name says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ClusterName {
    /// The Service.
    pub(crate) service: String,
    /// The namespace that the name itself says.
    pub(crate) namespace: Option<String>,
    /// The name ends in `.svc` or more: it can be nothing but a Service.
    pub(crate) certain: bool,
}

/// The Service that a host names. `name.namespace` may be a name of the outside world too.
pub(crate) fn cluster_name(host: &str) -> Option<ClusterName> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let labels: Vec<&str> = host.split('.').collect();
    let name = |service: &str, namespace: Option<&str>, certain: bool| {
        Some(ClusterName { service: service.to_string(), namespace: namespace.map(str::to_string), certain })
    };
    match labels.as_slice() {
        [service] if !service.is_empty() => name(service, None, true),
        [service, namespace] => name(service, Some(namespace), false),
        [service, namespace, "svc", ..] => name(service, Some(namespace), true),
        _ => None,
    }
}

/// What a target's name reaches from a resource's pods.
pub(crate) fn resolve(
    model: &Model,
    near: &Neighbours<'_>,
    agents: &[Agent],
    resource: &Resource,
    target: &Target,
) -> Resolution {
    if target.kind != TargetKind::Name {
        return Resolution::Unknown;
    }
    let Some(name) = target.host.as_deref().and_then(cluster_name) else { return Resolution::Unknown };
    let own = resource.effective_namespace.clone();
    let wanted = name.namespace.clone().or(own);
    let reaches = |namespace: &Option<String>| match (&wanted, namespace) {
        (Some(wanted), Some(namespace)) => wanted == namespace,
        _ => true,
    };
    let cluster_agent = |service: &str| {
        agents.iter().any(|agent| {
            agent.fullname.as_deref().is_some_and(|stem| service.strip_prefix(stem) == Some("-cluster-agent"))
        })
    };
    if cluster_agent(&name.service) && target.port == Some(5005) {
        return Resolution::Resolves;
    }
    let in_scope = near
        .named("Service", &name.service)
        .iter()
        .any(|&id| reaches(&model.resource(id).effective_namespace));
    if in_scope && !cluster_agent(&name.service) {
        return Resolution::Resolves;
    }
    let mut elsewhere = None;
    for (index, agent) in agents.iter().enumerate() {
        if agent.node_agents == Some(false) {
            continue;
        }
        if agent.service_name() != Some(name.service.as_str()) {
            continue;
        }
        if !reaches(&agent.namespace) {
            // Only a name that is certain can be in the wrong namespace.
            if agent.service.name.is_some() {
                elsewhere = Some(index);
            }
            continue;
        }
        return match (agent.service.exists, &agent.service.name) {
            (Some(false), Some(_)) => Resolution::NotCreated(index),
            (None, None) if agent.form == Form::Rendered => Resolution::NotRendered(index),
            _ => Resolution::Resolves,
        };
    }
    if let Some(index) = elsewhere {
        return match searched(model, resource, &agents[index]) {
            true => Resolution::Resolves,
            false => Resolution::WrongNamespace(index),
        };
    }
    if !name.certain {
        // `agent.datadog` is a name of the cluster only if an Agent is in that namespace.
        let known = agents.iter().any(|agent| agent.namespace.is_some() && agent.namespace == name.namespace);
        if !known {
            return Resolution::Unknown;
        }
    }
    let nodes = || agents.iter().enumerate().filter(|(_, agent)| agent.node_agents != Some(false));
    if nodes().any(|(_, agent)| agent.service.name.is_none()) {
        return Resolution::Unknown;
    }
    match nodes().find(|(_, agent)| meant_for(model, agent, &name.service)) {
        Some((index, _)) => Resolution::WrongName(index),
        None => Resolution::Unknown,
    }
}

/// The name looks like an attempt at the Agent.
fn meant_for(model: &Model, agent: &Agent, name: &str) -> bool {
    let near = |full: &str| {
        ["-agent", "-datadog", "-cluster-agent"]
            .iter()
            .any(|suffix| name.strip_suffix(suffix) == Some(full) || full.strip_suffix(suffix) == Some(name))
    };
    let release = agent.release.and_then(|id| model.release(id).name.as_deref());
    name.contains("datadog")
        || agent.fullname.as_deref().is_some_and(|full| near(full) || full == name)
        || agent.service.name.as_deref().is_some_and(near)
        || release == Some(name)
}

/// The pods search the Agent's namespace, so that its short name resolves.
fn searched(model: &Model, resource: &Resource, agent: &Agent) -> bool {
    let Some(workload) = &resource.workload else { return false };
    let Some(namespace) = agent.namespace.as_deref() else { return false };
    let Some(searches) = below(model, workload.pod_spec, &["dnsConfig", "searches"]) else { return false };
    searches.items().any(|item| {
        item.text().is_some_and(|text| {
            text.strip_prefix(namespace).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}
