//! Pods on the node's network, whose name resolution follows the node unless they ask for the cluster's.
//!
//! Deliberately absent: pods that have their own network.

use ddlint_yaml::Node;

use crate::model::env::EnvSource;
use crate::model::resource::{Resource, Workload};
use crate::model::{At, Model, ResourceId};
use crate::source::Place;

use super::from_operator::is_datadog_agent;
use super::neighbours::Neighbours;
use super::pods::{at, below, is_agent_daemonset, node_place, pod_label};
use super::resolve::cluster_name;

/// What shows that a pod needs the cluster's name resolution.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct NeedsDns {
    /// The name that it looks up.
    pub(crate) name: String,
    /// Where that stands.
    pub(crate) place: Place,
}

/// A pod with `hostNetwork: true`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct HostNetworkPod {
    /// The workload or `DatadogAgent`.
    pub(crate) resource: ResourceId,
    /// Its node: the pod's spec, or the override.
    pub(crate) node: At,
    /// The entry `hostNetwork: true`.
    pub(crate) place: Place,
    /// `dnsPolicy` as written.
    pub(crate) dns_policy: Option<String>,
    /// The entry `dnsPolicy`.
    pub(crate) dns_policy_place: Option<Place>,
    /// It is the node Agent.
    pub(crate) agent: bool,
    /// What shows that it needs the cluster's names.
    pub(crate) needs: Option<NeedsDns>,
    /// It runs on Windows.
    pub(crate) windows: bool,
    /// It belongs to the cluster itself (`kube-system`).
    pub(crate) system: bool,
}

/// The pods on the node's network in a scope.
pub(crate) fn pods(model: &Model, near: &Neighbours<'_>) -> Vec<HostNetworkPod> {
    let mut found = Vec::new();
    for &id in &near.scope.resources {
        let resource = model.resource(id);
        if let Some(workload) = &resource.workload {
            found.extend(pod(model, near, id, resource, workload));
        } else if is_datadog_agent(resource) {
            found.extend(operator(model, near, id, resource));
        }
    }
    found
}

fn entry(model: &Model, from: At, key: &str) -> Option<(Place, At)> {
    let (name, value) = model.node(from).entry(key)?;
    let place = super::pods::cover(node_place(model, from, name), node_place(model, from, value));
    Some((place, at(from, value)))
}

fn pod(
    model: &Model,
    near: &Neighbours<'_>,
    id: ResourceId,
    resource: &Resource,
    workload: &Workload,
) -> Option<HostNetworkPod> {
    let (place, value) = entry(model, workload.pod_spec, "hostNetwork")?;
    let changed = resource.may_change(&["hostNetwork", "dnsPolicy"]);
    if changed || model.node(value).as_bool() != Some(true) {
        return None;
    }
    let policy = entry(model, workload.pod_spec, "dnsPolicy");
    let says = |path: &[&str]| below(model, workload.pod_spec, path).and_then(|node| node.text());
    let windows = says(&["nodeSelector", "kubernetes.io/os"]) == Some("windows")
        || says(&["os", "name"]) == Some("windows")
        || says(&["securityContext", "windowsOptions", "hostProcess"]) == Some("true");
    Some(HostNetworkPod {
        resource: id,
        node: workload.pod_spec,
        place,
        dns_policy: policy.and_then(|(_, at)| model.node(at).text().map(str::to_string)),
        dns_policy_place: policy.map(|(place, _)| place),
        agent: is_agent_daemonset(model, resource, workload),
        needs: needs(model, near, resource, workload),
        windows,
        system: resource.effective_namespace.as_deref() == Some("kube-system")
            || below(model, workload.pod_spec, &["priorityClassName"])
                .and_then(|class| class.text())
                .is_some_and(|class| matches!(class, "system-node-critical" | "system-cluster-critical"))
            || pod_label(model, workload, "tier") == Some("control-plane"),
    })
}

fn operator(
    model: &Model,
    near: &Neighbours<'_>,
    id: ResourceId,
    resource: &Resource,
) -> Option<HostNetworkPod> {
    let node = below(model, resource.at, &["spec", "override", "nodeAgent"])?;
    let node_at = at(resource.at, node);
    let (place, value) = entry(model, node_at, "hostNetwork")?;
    if model.node(value).as_bool() != Some(true) {
        return None;
    }
    let policy = entry(model, node_at, "dnsPolicy");
    let mut needs = None;
    for list in [node.get("env"), below(model, resource.at, &["spec", "global", "env"])] {
        for item in list.into_iter().flat_map(|list| list.items()) {
            let Some(value) = item.get("value") else { continue };
            let variable = item.get("name").and_then(|name| name.text()).unwrap_or_default();
            needs = needs.or_else(|| need(model, near, resource, variable, value));
        }
    }
    Some(HostNetworkPod {
        resource: id,
        node: node_at,
        place,
        dns_policy: policy.and_then(|(_, at)| model.node(at).text().map(str::to_string)),
        dns_policy_place: policy.map(|(place, _)| place),
        agent: false,
        needs,
        windows: false,
        system: false,
    })
}

fn needs(model: &Model, near: &Neighbours<'_>, resource: &Resource, workload: &Workload) -> Option<NeedsDns> {
    for container in &workload.containers {
        for item in &container.env.entries {
            let EnvSource::Literal { expanded, .. } = &item.source else { continue };
            let Some(value) = item.value_at else { continue };
            if item.name == "DD_CLUSTER_AGENT_KUBERNETES_SERVICE_NAME" {
                return Some(NeedsDns { name: expanded.clone(), place: model.place(value) });
            }
            if let Some(found) = need(model, near, resource, &item.name, model.node(value)) {
                return Some(found);
            }
        }
        for key in ["args", "command"] {
            let Some(list) = below(model, container.at, &[key]) else { continue };
            for word in list.items() {
                let Some(text) = word.text().filter(|text| !text.contains('\n')) else { continue };
                let (flag, value) = text.split_once('=').unwrap_or(("", text));
                if let Some(name) = names_service(near, resource, &flag.to_ascii_uppercase(), value) {
                    return Some(NeedsDns { name, place: node_place(model, container.at, word) });
                }
            }
        }
    }
    None
}

/// A value that names a Service, with its place.
fn need(
    model: &Model,
    near: &Neighbours<'_>,
    resource: &Resource,
    variable: &str,
    value: Node<'_>,
) -> Option<NeedsDns> {
    let name = names_service(near, resource, variable, value.text()?)?;
    Some(NeedsDns { name, place: node_place(model, resource.at, value) })
}

/// The Service that a text names: by its full name, or as the host of a Service of the scope.
fn names_service(near: &Neighbours<'_>, resource: &Resource, variable: &str, text: &str) -> Option<String> {
    if let Some(name) = cluster_host(text) {
        return Some(name);
    }
    let host = host_of(text)?;
    let is_host = host.len() != text.len()
        || ["HOST", "ADDR", "URL", "URI", "ENDPOINT", "SERVER", "SERVICE"]
            .iter()
            .any(|word| variable.contains(word));
    let service = near.last("Service", host, resource.effective_namespace.as_deref()).is_some();
    (is_host && service).then(|| host.to_string())
}

/// The host of a host name, `host:port` or URL.
fn host_of(text: &str) -> Option<&str> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let host = authority.split(':').next()?;
    let valid = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    valid.then_some(host)
}

/// The host of a text, where its name can only be the cluster's.
fn cluster_host(text: &str) -> Option<String> {
    let host = host_of(text)?;
    let host = host.strip_suffix('.').unwrap_or(host);
    let inside = host.ends_with(".svc") || host.ends_with(".svc.cluster.local");
    (inside && cluster_name(host).is_some_and(|name| name.certain)).then(|| host.to_string())
}
