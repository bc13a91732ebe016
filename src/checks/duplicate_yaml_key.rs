//! A key that is given twice in one mapping. Declared in `rules/yaml/duplicate-yaml-key.yaml`.

use std::sync::Arc;

use ddlint_yaml::{Document, DuplicateKey, Node, Span};

use super::{CheckContext, Findings};
use crate::model::DocKind;
use crate::source::Place;

pub(super) fn check(cx: &CheckContext<'_>, out: &mut Findings) {
    for doc in cx.model.docs.iter().filter(|doc| doc.kind != DocKind::Other) {
        report(cx, &doc.tree, |span| Place { file: doc.file, span }, out);
    }
    for (index, resource) in cx.model.resources.iter().enumerate() {
        if resource.kind != "ConfigMap" {
            continue;
        }
        let data = cx.model.node(resource.at).get("data");
        for (key, value) in data.into_iter().flat_map(Node::entries) {
            embedded(cx, crate::model::ResourceId(index as u32), key, value, out);
        }
    }
}

/// A ConfigMap's `name.yaml: |`.
fn embedded(
    cx: &CheckContext<'_>,
    resource: crate::model::ResourceId,
    key: Node<'_>,
    value: Node<'_>,
    out: &mut Findings,
) {
    let name = key.text().unwrap_or_default();
    let (Some(text), true) = (value.as_str(), name.ends_with(".yaml") || name.ends_with(".yml")) else { return };
    // Text that a template still has to fill in is no YAML yet.
    if text.contains("{{") {
        return;
    }
    let stream = ddlint_yaml::parse(Arc::from(text));
    if !stream.errors.is_empty() {
        return;
    }
    let file = cx.model.doc(cx.model.resource(resource).at.doc).file;
    let map = value.offset_map();
    for document in &stream.documents {
        report(cx, document, |span| Place { file, span: map.span(span) }, out);
    }
}

fn report(cx: &CheckContext<'_>, tree: &Document, place: impl Fn(Span) -> Place, out: &mut Findings) {
    for duplicate in tree.duplicate_keys() {
        let later = tree.node(duplicate.later);
        let first = tree.node(duplicate.first);
        let name = later.key_string().unwrap_or_default();
        let lost = lost(tree, &duplicate);
        let message = format!("`{name}` is given twice in this mapping; the last one counts, the first is dropped");
        let note = match lost.as_slice() {
            [] => "this one is dropped".to_string(),
            lost => format!("this one, with {}, is dropped", list(lost)),
        };
        out.push(cx.finding(place(later.span()), message).related(place(first.span()), note));
    }
}

/// The keys below the first value that the later one does not have, as dotted paths.
fn lost(tree: &Document, duplicate: &DuplicateKey) -> Vec<String> {
    let mut lost = Vec::new();
    missing(tree.node(duplicate.first_value), tree.node(duplicate.later_value), "", 0, &mut lost);
    lost
}

fn missing(first: Node<'_>, later: Node<'_>, prefix: &str, depth: usize, lost: &mut Vec<String>) {
    for (key, value) in first.entries() {
        let Some(name) = key.key_string() else { continue };
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match later.get(&name) {
            None => lost.push(path),
            Some(other) if depth < 8 && value.is_mapping() && other.is_mapping() => {
                missing(value, other, &path, depth + 1, lost);
            }
            Some(_) => {}
        }
    }
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len() {
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}
