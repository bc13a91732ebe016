//! Resources from documents: `List` kinds unpacked, workloads with their pods.

use std::collections::BTreeSet;

use ddlint_yaml::Node;

use super::env::env;
use crate::model::resource::{Container, ContainerKind, Port, Resource, Workload};
use crate::model::{At, DocId, ScopeId};

/// Lists in lists are no real input.
const DEEPEST_LIST: usize = 8;

/// `apiVersion` and `kind` of a document, where it is a manifest.
pub(super) fn identity(root: Node<'_>) -> Option<(&str, &str)> {
    let text = |key| root.get(key).and_then(|node| node.as_str()).filter(|text| !text.is_empty());
    Some((text("apiVersion")?, text("kind")?))
}

/// Appends the resources of a document.
pub(super) fn resources(doc: DocId, root: Node<'_>, out: &mut Vec<Resource>) {
    unpack(doc, root, out, 0);
}

fn unpack(doc: DocId, node: Node<'_>, out: &mut Vec<Resource>, depth: usize) {
    let Some((api_version, kind)) = identity(node) else { return };
    // As kubectl has it: an object with `items` whose kind ends in List.
    if kind.ends_with("List")
        && depth < DEEPEST_LIST
        && let Some(items) = node.get("items").filter(|items| items.is_sequence())
    {
        for item in items.items() {
            unpack(doc, item.resolved(), out, depth + 1);
        }
        return;
    }
    let metadata = |key| node.at(&["metadata", key]).and_then(|node| node.text()).unwrap_or_default();
    let namespace =
        Some(metadata("namespace")).filter(|text| !text.is_empty() && !is_null(node, "namespace"));
    out.push(Resource {
        at: At { doc, node: node.id() },
        api_version: api_version.to_string(),
        kind: kind.to_string(),
        name: if is_null(node, "name") { String::new() } else { metadata("name").to_string() },
        namespace: namespace.map(str::to_string),
        effective_namespace: namespace.map(str::to_string),
        scope: ScopeId(0),
        deployed_by: None,
        deployers: Vec::new(),
        kustomized: false,
        patched: BTreeSet::new(),
        release: None,
        workload: workload(doc, node, kind).map(Box::new),
    });
}

fn is_null(node: Node<'_>, key: &str) -> bool {
    node.at(&["metadata", key]).is_some_and(|node| node.is_null())
}

/// Where the pod template of a kind stands. Kinds that nobody knows are workloads when they look like one: what
/// follows the custom of `spec.template.spec.containers` makes pods.
fn workload(doc: DocId, root: Node<'_>, kind: &str) -> Option<Workload> {
    let spec = root.get("spec")?;
    let pod = match kind {
        "Pod" => root,
        "PodTemplate" => root.get("template")?,
        "CronJob" => spec.at(&["jobTemplate", "spec", "template"])?,
        _ => spec.get("template")?,
    };
    let pod_spec = pod.get("spec")?.resolved();
    let main = pod_spec.get("containers").filter(|list| list.is_sequence());
    let init = pod_spec.get("initContainers").filter(|list| list.is_sequence());
    main.or(init)?;
    let mut containers = Vec::new();
    for item in init.into_iter().flat_map(|list| list.items()).filter(|item| item.is_mapping()) {
        let always = item.get("restartPolicy").and_then(|node| node.text()) == Some("Always");
        containers.push(container(
            doc,
            item,
            if always { ContainerKind::Sidecar } else { ContainerKind::Init },
        ));
    }
    for item in main.into_iter().flat_map(|list| list.items()).filter(|item| item.is_mapping()) {
        containers.push(container(doc, item, ContainerKind::Main));
    }
    let metadata = pod.get("metadata").filter(|metadata| metadata.is_mapping());
    Some(Workload {
        pod_metadata: metadata.map(|metadata| At { doc, node: metadata.resolved().id() }),
        pod_spec: At { doc, node: pod_spec.id() },
        containers,
    })
}

fn container(doc: DocId, item: Node<'_>, kind: ContainerKind) -> Container {
    let item = item.resolved();
    let text = |key| item.get(key).filter(|node| !node.is_null()).and_then(|node| node.text());
    let ports = item.get("ports").into_iter().flat_map(|list| list.items());
    Container {
        at: At { doc, node: item.id() },
        name: text("name").unwrap_or_default().to_string(),
        kind,
        image: text("image").map(str::to_string),
        env: env(doc, item),
        ports: ports.filter(|port| port.is_mapping()).map(|port| self::port(doc, port)).collect(),
    }
}

fn port(doc: DocId, item: Node<'_>) -> Port {
    let item = item.resolved();
    // Only numbers are valid; a quoted one is what the author meant all the same.
    let number = |key| {
        let node = item.get(key)?;
        node.as_i64().or_else(|| node.text()?.parse().ok())
    };
    let text = |key| item.get(key).filter(|node| !node.is_null()).and_then(|node| node.text());
    Port {
        at: At { doc, node: item.id() },
        container_port: number("containerPort"),
        host_port: number("hostPort").filter(|port| *port != 0),
        protocol: text("protocol").unwrap_or("TCP").to_string(),
        name: text("name").map(str::to_string),
    }
}
