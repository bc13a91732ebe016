//! A key that is given twice in one mapping. Declared in `rules/yaml/duplicate-yaml-key.yaml`.

use std::sync::Arc;

use ddlint_yaml::{Document, DuplicateKey, Node, Span, Style};

use rayon::prelude::*;

use super::{CheckContext, Findings};
use crate::finding::{Edit, Fix, Safety};
use crate::model::DocKind;
use crate::provenance;
use crate::source::{FileId, Origin, Place};

pub(super) fn check(cx: &CheckContext<'_>, out: &mut Findings) {
    let of_docs = cx.model.docs.par_iter().filter(|doc| doc.kind != DocKind::Other).map(|doc| {
        let mut found = Findings::default();
        let on_disk = matches!(cx.model.sources.get(doc.file).origin, Origin::Disk);
        report(cx, &doc.tree, |span| Place { file: doc.file, span }, on_disk.then_some(doc.file), &mut found);
        found
    });
    for found in of_docs.collect::<Vec<_>>() {
        out.append(found);
    }
    let of_maps = cx.model.resources.par_iter().enumerate().filter(|(_, resource)| resource.kind == "ConfigMap");
    let of_maps = of_maps.map(|(index, resource)| {
        let mut found = Findings::default();
        let data = cx.model.node(resource.at).get("data");
        for (key, value) in data.into_iter().flat_map(Node::entries) {
            embedded(cx, crate::model::ResourceId(index as u32), key, value, &mut found);
        }
        found
    });
    for found in of_maps.collect::<Vec<_>>() {
        out.append(found);
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
        report(cx, document, |span| Place { file, span: map.span(span) }, None, out);
    }
}

fn report(
    cx: &CheckContext<'_>,
    tree: &Document,
    place: impl Fn(Span) -> Place,
    editable: Option<FileId>,
    out: &mut Findings,
) {
    let mut duplicates = tree.duplicate_keys();
    let second = second_manifest(tree, &duplicates);
    if let Some(second) = &second {
        let root = tree.root().map(|root| root.id());
        duplicates.retain(|duplicate| Some(duplicate.mapping) != root);
        let (start, first) = (tree.node(second.later), tree.node(second.first));
        let message = "a second manifest begins here without `---` before it; it replaces the first one, key by key";
        let mut finding = cx.finding(place(start.span()), message).related(place(first.span()), "the first one");
        finding.fix = editable.and_then(|file| separate(tree, start.span(), file));
        out.push(finding);
    }
    for duplicate in duplicates {
        let later = tree.node(duplicate.later);
        let first = tree.node(duplicate.first);
        let name = later.key_string().unwrap_or_default();
        let lost = lost(tree, &duplicate);
        let message = format!("`{name}` is given twice in this mapping; the last one counts, the first is dropped");
        let note = match lost.as_slice() {
            [] => "this one is dropped".to_string(),
            lost => format!("this one, with {}, is dropped", list(lost)),
        };
        let mut finding = cx.finding(place(later.span()), message).related(place(first.span()), note);
        finding.fix = editable.and_then(|file| fix(tree, &duplicate, file));
        // A mapping of values has each key once: the template that prints two of them below each other is the cause.
        if let Some((template, at)) = provenance::printed_by(&cx.model.sources, place(later.span())) {
            finding.primary = template;
            finding.about = Some(at);
        }
        out.push(finding);
    }
}

/// The first key of a manifest that begins inside another one: `apiVersion` and `kind` are both there again.
fn second_manifest(tree: &Document, duplicates: &[DuplicateKey]) -> Option<DuplicateKey> {
    let root = tree.root()?.id();
    let of_root = || duplicates.iter().filter(|duplicate| duplicate.mapping == root);
    let again = |name: &str| {
        of_root().filter(|it| tree.node(it.later).key_string().as_deref() == Some(name)).count() == 1
    };
    (again("apiVersion") && again("kind"))
        .then(|| of_root().min_by_key(|it| tree.node(it.later).span().start).cloned())
        .flatten()
}

/// `---` before the line of a key.
fn separate(tree: &Document, key: Span, file: FileId) -> Option<Fix> {
    let start = tree.text().get(..key.start as usize)?.rfind('\n')? + 1;
    (start == key.start as usize).then(|| Fix {
        safety: Safety::Unsafe,
        description: "begin a new document".to_string(),
        edits: vec![Edit {
            place: Place { file, span: Span { start: key.start, end: key.start } },
            text: "---\n".to_string(),
        }],
    })
}

/// Moves what is below the later key to the end of what is below the first one, comments included: for block mappings
/// without a common key, given twice and no more.
fn fix(tree: &Document, duplicate: &DuplicateKey, file: FileId) -> Option<Fix> {
    let text = tree.text();
    let (first, later) = (tree.node(duplicate.first_value), tree.node(duplicate.later_value));
    let key = tree.node(duplicate.later);
    let block = |node: Node<'_>| {
        node.is_mapping() && node.style() == Style::Block && node.anchor().is_none() && node.tag().is_none()
    };
    // What an alias stands for is written elsewhere.
    if !block(first) || !block(later) || first.resolved().id() != first.id() || later.resolved().id() != later.id() {
        return None;
    }
    let name = key.key_string()?;
    let times = tree.node(duplicate.mapping).entries().filter(|(it, _)| it.key_string().as_ref() == Some(&name));
    let common = later.entries().any(|(it, _)| it.key_string().is_none_or(|name| first.get(&name).is_some()));
    if times.count() != 2 || common {
        return None;
    }
    let start_of_line = |offset: u32| text.get(..offset as usize)?.rfind('\n').map_or(Some(0), |at| Some(at + 1));
    let column = |offset: u32| Some(offset as usize - start_of_line(offset)?);
    if column(first.span().start)? != column(later.span().start)? {
        return None;
    }
    let end_of_line = |offset: u32| {
        let offset = offset as usize;
        let done = text.get(..offset)?.ends_with('\n');
        let rest = text.get(offset..)?.find('\n').map_or(text.len(), |at| offset + at + 1);
        Some(if done { offset } else { rest })
    };
    let (removed_from, removed_to) = (start_of_line(key.span().start)?, end_of_line(later.full_span().end)?);
    let moved_from = end_of_line(key.span().end)?;
    let only_key = text.get(removed_from..key.span().start as usize)?.trim().is_empty();
    let insert_at = end_of_line(first.full_span().end)?;
    let moved = text.get(moved_from..removed_to)?;
    if !only_key || insert_at > removed_from || !text.get(..insert_at)?.ends_with('\n') {
        return None;
    }
    let newline = if moved.ends_with('\n') { "" } else { "\n" };
    let edit = |from: usize, to: usize, text: String| Edit {
        place: Place { file, span: Span { start: from as u32, end: to as u32 } },
        text,
    };
    Some(Fix {
        safety: Safety::Safe,
        description: format!("merge the two `{name}`"),
        edits: vec![
            edit(insert_at, insert_at, format!("{moved}{newline}")),
            edit(removed_from, removed_to, String::new()),
        ],
    })
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
