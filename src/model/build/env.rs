//! The environment of a container, as the kubelet makes it.

use ddlint_yaml::Node;

use super::placeholder::is_placeholder;
use crate::model::env::{Env, EnvEntry, EnvSource};
use crate::model::{At, DocId};

/// Reads `env` and `envFrom` of a container's mapping.
pub(super) fn env(doc: DocId, container: Node<'_>) -> Env {
    let at = |node: Node<'_>| At { doc, node: node.id() };
    let mut entries: Vec<EnvEntry> = Vec::new();
    for item in container.get("env").into_iter().flat_map(|list| list.items()) {
        let Some(name_node) = item.get("name") else { continue };
        let Some(name) = name_node.text().filter(|name| !name.is_empty()) else { continue };
        let (source, value_at, refers_to) = source(item, &entries);
        entries.push(EnvEntry {
            at: at(item),
            name_at: at(name_node),
            value_at: value_at.map(at),
            name: name.to_string(),
            source: if is_placeholder(name) { EnvSource::Unknown } else { source },
            refers_to,
        });
    }
    let from_unknown =
        container.get("envFrom").is_some_and(|from| !from.is_empty() || from.is_scalar() && !from.is_null());
    Env { entries, from_unknown }
}

fn source<'a>(item: Node<'a>, earlier: &[EnvEntry]) -> (EnvSource, Option<Node<'a>>, Vec<usize>) {
    if let Some(from) = item.get("valueFrom").filter(|from| !from.is_null()) {
        let (source, at) = value_from(from);
        return (source, at, Vec::new());
    }
    let Some(value) = item.get("value") else {
        return (EnvSource::Literal { written: String::new(), expanded: String::new() }, None, Vec::new());
    };
    let written = match value.text() {
        Some(_) if value.is_null() => "",
        Some(text) => text,
        // A template without quotes parses as a mapping.
        None => return (EnvSource::Unknown, Some(value), Vec::new()),
    };
    if is_placeholder(written) {
        return (EnvSource::Unknown, Some(value), Vec::new());
    }
    let (expanded, refers_to) = expand(written, earlier);
    (EnvSource::Literal { written: written.to_string(), expanded }, Some(value), refers_to)
}

fn value_from(from: Node<'_>) -> (EnvSource, Option<Node<'_>>) {
    let reference = |kind: &str| {
        let reference = from.get(kind)?;
        let text = |key| reference.get(key).and_then(|node| node.text()).unwrap_or_default().to_string();
        Some((text("name"), text("key"), reference.get("key").unwrap_or(reference)))
    };
    if let Some(path) = from.at(&["fieldRef", "fieldPath"]) {
        return match path.text() {
            Some(text) if !is_placeholder(text) => (EnvSource::Field(text.to_string()), Some(path)),
            _ => (EnvSource::Unknown, Some(path)),
        };
    }
    if let Some((name, key, at)) = reference("secretKeyRef") {
        return (EnvSource::Secret(name, key), Some(at));
    }
    if let Some((name, key, at)) = reference("configMapKeyRef") {
        return (EnvSource::ConfigMap(name, key), Some(at));
    }
    (EnvSource::Unknown, Some(from))
}

/// `$(X)` from earlier entries, `$$` as `$`: the rules of k8s.io/kubernetes/third_party/forked/golang/expansion. A
/// variable that is not known here stays as it is written.
fn expand(written: &str, earlier: &[EnvEntry]) -> (String, Vec<usize>) {
    if !written.contains('$') {
        return (written.to_string(), Vec::new());
    }
    let (mut expanded, mut refers_to) = (String::with_capacity(written.len()), Vec::new());
    let mut rest = written;
    while let Some(at) = rest.find('$') {
        expanded.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            let found = earlier.iter().rposition(|entry| entry.name == name);
            refers_to.extend(found);
            match found.and_then(|index| earlier.get(index)).map(|entry| &entry.source) {
                Some(EnvSource::Literal { expanded: value, .. }) => expanded.push_str(value),
                _ => {
                    expanded.push_str("$(");
                    expanded.push_str(name);
                    expanded.push(')');
                }
            }
            rest = after;
        } else {
            expanded.push('$');
        }
        // A chain of variables that double each other must not fill the memory.
        if expanded.len() > 1 << 16 {
            break;
        }
    }
    expanded.push_str(rest);
    (expanded, refers_to)
}
