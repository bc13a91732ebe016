//! Reading of manifests that several facts share: labels, images, selectors, and which pods are Datadog's own.
//!
//! Deliberately absent: anything about one installation.

use crate::model::release::Release;
use crate::model::resource::{Container, Resource, Workload};
use crate::model::{At, Model, ReleaseId};
use crate::source::Place;

use super::from_values::is_datadog;
use ddlint_yaml::{Node, Span};

/// The place of a node.
pub(crate) fn node_place(model: &Model, at: At, node: Node<'_>) -> Place {
    Place { file: model.doc(at.doc).file, span: node.span() }
}

/// A handle on a node of the same document.
pub(crate) fn at(doc_of: At, node: Node<'_>) -> At {
    At { doc: doc_of.doc, node: node.id() }
}

/// From the first byte of one place to the last of the other.
pub(crate) fn cover(first: Place, last: Place) -> Place {
    Place { file: first.file, span: Span { start: first.span.start, end: last.span.end.max(first.span.end) } }
}

/// The place of `metadata.name`, else of the resource.
pub(crate) fn name_place(model: &Model, resource: &Resource) -> Place {
    let node = model.node(resource.at);
    let name = node.at(&["metadata", "name"]).unwrap_or(node);
    node_place(model, resource.at, name)
}

/// The node at a path below a resource.
pub(crate) fn below<'a>(model: &'a Model, from: At, path: &[&str]) -> Option<Node<'a>> {
    model.node(from).at(path)
}

/// A label of the resource itself.
pub(crate) fn label<'a>(model: &'a Model, resource: &Resource, key: &str) -> Option<&'a str> {
    below(model, resource.at, &["metadata", "labels", key])?.text()
}

/// A label of the pods.
pub(crate) fn pod_label<'a>(model: &'a Model, workload: &Workload, key: &str) -> Option<&'a str> {
    below(model, workload.pod_metadata?, &["labels", key])?.text()
}

/// An annotation of the pods.
pub(crate) fn pod_annotation<'a>(model: &'a Model, workload: &Workload, key: &str) -> Option<Node<'a>> {
    below(model, workload.pod_metadata?, &["annotations", key])
}

/// The last segment of an image's path, without tag and digest.
pub(crate) fn image_name(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split(':').next().unwrap_or(last)
}

/// The container runs the node Agent's image.
pub(crate) fn runs_agent_image(container: &Container) -> bool {
    let Some(image) = container.image.as_deref() else { return false };
    match image_name(image) {
        "datadog-agent" => true,
        // `agent` is a common name: something else must say that it is Datadog's.
        "agent" => {
            image.contains("datadog")
                || container.env.entries.iter().any(|entry| entry.name.starts_with("DD_"))
        }
        _ => false,
    }
}

/// The container is software of Datadog's own: node Agent, cluster agent, and what runs beside them.
pub(crate) fn is_datadog_software(container: &Container) -> bool {
    let name = container.image.as_deref().map(image_name).unwrap_or_default();
    runs_agent_image(container)
        || matches!(name, "cluster-agent" | "datadog-cluster-agent" | "ddot-collector" | "agent-data-plane")
}

/// The pods belong to an installation of the Agent: node Agents, cluster agent, runners.
pub(crate) fn is_agent_pod(model: &Model, resource: &Resource, workload: &Workload) -> bool {
    pod_label(model, workload, "agent.datadoghq.com/component").is_some()
        || label(model, resource, "agent.datadoghq.com/component").is_some()
        || workload.containers.iter().any(|container| {
            container
                .image
                .as_deref()
                .is_some_and(|image| matches!(image_name(image), "cluster-agent" | "datadog-cluster-agent"))
        })
        || (resource.kind == "DaemonSet" && is_agent_daemonset(model, resource, workload))
}

/// The chart rendered it.
pub(crate) fn is_chart_rendered(model: &Model, resource: &Resource) -> bool {
    let helm = label(model, resource, "app.kubernetes.io/managed-by") == Some("Helm");
    label(model, resource, "helm.sh/chart").is_some_and(|chart| chart.starts_with("datadog-"))
        || (helm && label(model, resource, "agent.datadoghq.com/component").is_some())
        || datadog_release(model, resource).is_some()
}

/// The release of the chart `datadog` that rendered a resource: its own, or the one that its umbrella chart holds.
pub(crate) fn datadog_release(model: &Model, resource: &Resource) -> Option<ReleaseId> {
    let own = resource.release?;
    if is_datadog(model.release(own)) {
        return Some(own);
    }
    let chart = label(model, resource, "helm.sh/chart").is_some_and(|chart| chart.starts_with("datadog-"))
        || label(model, resource, "agent.datadoghq.com/component").is_some();
    if !chart {
        return None;
    }
    let mut inner = model.releases.iter().zip(0u32..).filter(|(release, _)| is_datadog(release));
    inner.find(|(release, _)| is_within(model, release, own)).map(|(_, id)| ReleaseId(id))
}

/// A release is the other one, or a dependency somewhere below it.
fn is_within(model: &Model, release: &Release, other: ReleaseId) -> bool {
    let mut parent = release.parent;
    // Charts are not nested deeper than this.
    for _ in 0..16 {
        match parent {
            Some(id) if id == other => return true,
            Some(id) => parent = model.release(id).parent,
            None => return false,
        }
    }
    false
}

/// The DaemonSet is the node Agent's.
pub(crate) fn is_agent_daemonset(model: &Model, resource: &Resource, workload: &Workload) -> bool {
    if resource.kind != "DaemonSet" {
        return false;
    }
    if label(model, resource, "agent.datadoghq.com/component") == Some("agent") {
        return true;
    }
    let chart = label(model, resource, "helm.sh/chart").is_some_and(|chart| chart.starts_with("datadog-"));
    if chart && label(model, resource, "app.kubernetes.io/component") == Some("agent") {
        return true;
    }
    workload.containers.iter().any(|container| {
        matches!(container.name.as_str(), "agent" | "trace-agent" | "datadog-agent")
            && runs_agent_image(container)
    })
}

/// Every label of the selector is on the pods. A Service without selector selects nothing.
pub(crate) fn selects(model: &Model, service: &Resource, workload: &Workload) -> bool {
    let Some(selector) = below(model, service.at, &["spec", "selector"]) else { return false };
    let mut labels = selector.effective_entries();
    !labels.is_empty()
        && labels.drain(..).all(|(key, _, value)| {
            value.text().is_some_and(|wanted| pod_label(model, workload, &key) == Some(wanted))
        })
}
