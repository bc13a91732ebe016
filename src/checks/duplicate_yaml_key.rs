//! A key that is given twice in one mapping. Declared in `rules/yaml/duplicate-yaml-key.yaml`.

mod merge;

use std::collections::BTreeMap;

use ddlint_yaml::{Document, DuplicateKey, Node, Span};

use rayon::prelude::*;

use super::{CheckContext, Findings};
use crate::finding::{Edit, Fix, Safety};
use crate::model::DocKind;
use crate::provenance;
use crate::rule::{Draft, Made};
use crate::source::{FileId, Origin, Place};

/// An edit of the document as one of the file.
type OnDisk<'a> = &'a dyn Fn(Made) -> Option<Edit>;

pub(super) fn check(cx: &CheckContext<'_>, out: &mut Findings) {
    let of_docs = cx.model.docs.par_iter().with_max_len(64).filter(|doc| doc.kind != DocKind::Other).map(|doc| {
        let mut found = Findings::default();
        let on_disk = |made: Made| cx.texts().on_disk(Draft { file: doc.file, made, plain: None });
        let editable = matches!(cx.model.sources.get(doc.file).origin, Origin::Disk).then_some(doc.file);
        report(cx, &doc.tree, |span| Place { file: doc.file, span }, editable, &on_disk, &mut found);
        found
    });
    for found in of_docs.collect::<Vec<_>>() {
        out.append(found);
    }
    let of_maps = cx.model.resources.par_iter().with_max_len(64).enumerate().filter(|(_, resource)| resource.kind == "ConfigMap");
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
    let stream = ddlint_yaml::parse(ddlint_yaml::SourceText::from(text));
    if !stream.errors.is_empty() {
        return;
    }
    let file = cx.model.doc(cx.model.resource(resource).at.doc).file;
    let map = value.offset_map();
    for document in &stream.documents {
        let on_disk = |made: Made| {
            let Span { start, end } = document.span();
            let new = made.changed(document)?;
            let whole = format!("{}{new}{}", text.get(..start as usize)?, text.get(end as usize..)?);
            let made = cx.texts().in_parent(text, file, &map, &made, &whole)?;
            cx.texts().on_disk(Draft { file, made, plain: None })
        };
        report(cx, document, |span| Place { file, span: map.span(span) }, None, &on_disk, out);
    }
}

fn report(
    cx: &CheckContext<'_>,
    tree: &Document,
    place: impl Fn(Span) -> Place,
    editable: Option<FileId>,
    on_disk: OnDisk<'_>,
    out: &mut Findings,
) {
    let mut duplicates = tree.duplicate_keys();
    let further = further_manifests(tree, &duplicates);
    if let Some((second, more)) = further.split_first() {
        let root = tree.root().map(|root| root.id());
        duplicates.retain(|duplicate| Some(duplicate.mapping) != root);
        let (start, first) = (tree.node(second.later), tree.node(second.first));
        let message = "a second manifest begins here without `---` before it; it replaces the first one, key by key";
        let mut finding = cx.finding(place(start.span()), message).related(place(first.span()), "the first one");
        for other in more {
            finding = finding.related(place(tree.node(other.later).span()), "and another one");
        }
        finding.help = "Put a line `---` before it, or merge them into one.".to_string();
        finding.fix = editable.and_then(|file| separate(tree, &further, file));
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
        finding.fix = merged(tree, &duplicate, on_disk);
        // A mapping of values has each key once: the template that prints two of them below each other is the cause.
        if let Some((template, at)) = provenance::printed_by(&cx.model.sources, place(later.span())) {
            finding.primary = template;
            finding.about = Some(at);
            // It may print many.
            finding.apart = name;
        }
        out.push(finding);
    }
}

/// The first keys of manifests that begin inside another one: `apiVersion` and `kind` are there again, as often the one
/// as the other.
fn further_manifests(tree: &Document, duplicates: &[DuplicateKey]) -> Vec<DuplicateKey> {
    let root = tree.root().map(|root| root.id());
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut starts: Vec<DuplicateKey> = Vec::new();
    let mut of_root: Vec<&DuplicateKey> =
        duplicates.iter().filter(|duplicate| Some(duplicate.mapping) == root).collect();
    of_root.sort_by_key(|it| tree.node(it.later).span().start);
    for duplicate in of_root {
        let Some(name) = tree.node(duplicate.later).key_string() else { continue };
        let time = times.entry(name).or_default();
        // The first key that is there once more than before begins a manifest.
        if *time == starts.len() {
            starts.push(*duplicate);
        }
        *time += 1;
    }
    let same = times.contains_key("apiVersion") && times.get("apiVersion") == times.get("kind");
    if same { starts } else { Vec::new() }
}

/// `---` before the lines of the keys.
fn separate(tree: &Document, starts: &[DuplicateKey], file: FileId) -> Option<Fix> {
    let edit = |duplicate: &DuplicateKey| {
        let key = tree.node(duplicate.later).span().start;
        let line = tree.text().get(..key as usize)?.rfind('\n')? + 1;
        let place = Place { file, span: Span { start: key, end: key } };
        (line == key as usize).then(|| Edit { place, text: "---\n".to_string() })
    };
    Some(Fix {
        safety: Safety::Unsafe,
        description: "begin a new document".to_string(),
        note: String::new(),
        edits: starts.iter().map(edit).collect::<Option<_>>()?,
    })
}

/// What is below the later key goes to the first one.
fn merged(tree: &Document, duplicate: &DuplicateKey, on_disk: OnDisk<'_>) -> Option<Fix> {
    let mut edits =
        merge::edits(tree, duplicate)?.into_iter().map(on_disk).collect::<Option<Vec<Edit>>>()?;
    edits.sort();
    Some(Fix {
        safety: Safety::Safe,
        description: format!("merge the two `{}`", tree.node(duplicate.later).key_string()?),
        note: String::new(),
        edits,
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
