//! Where two renders of one chart differ.
//!
//! Deliberately absent: why they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ddlint_helm::manifest::RenderedDocument;
use ddlint_yaml::{Node, Span};

/// A field of a rendered document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct FieldAt {
    /// The document's index.
    pub(crate) document: usize,
    /// The bytes of the value.
    pub(crate) span: Span,
}

/// The root of a document, if it is YAML.
pub(super) fn root(document: &RenderedDocument) -> Option<Node<'_>> {
    document.stream.as_ref()?.documents.first()?.root()
}

/// Template, kind, namespace and name: what tells the documents of a render apart.
pub(super) fn identity(document: &RenderedDocument) -> (&str, String, String, String) {
    let text = |keys: &[&str]| {
        let node = root(document).and_then(|root| keys.iter().try_fold(root, |node, key| node.get(key)));
        node.and_then(|node| node.text().map(str::to_string)).unwrap_or_default()
    };
    let name = text(&["metadata", "name"]);
    (&document.source, text(&["kind"]), text(&["metadata", "namespace"]), name)
}

/// Templates, by the names of their documents' sources.
pub(super) type Sources = BTreeSet<Arc<str>>;

/// What templates made, with its index: of these templates, or of all. `crds/` holds no template.
pub(super) fn of<'d>(
    documents: &'d [RenderedDocument],
    only: Option<&Sources>,
) -> Vec<(usize, &'d RenderedDocument)> {
    let wanted = |it: &RenderedDocument| !it.crd && only.is_none_or(|only| only.contains(&it.source));
    documents.iter().enumerate().filter(|(_, document)| wanted(document)).collect()
}

/// The documents of two renders in pairs, by their indices; none where they do not line up.
pub(super) fn pairs(
    one: &[RenderedDocument],
    other: &[RenderedDocument],
    only: Option<&Sources>,
) -> Option<Vec<(usize, usize)>> {
    let (one, other) = (of(one, only), of(other, only));
    let same = |((_, a), (_, b)): (&(_, &RenderedDocument), &(_, &RenderedDocument))| {
        a.source == b.source && a.kind == b.kind
    };
    let aligned = one.len() == other.len() && one.iter().zip(&other).all(same);
    aligned.then(|| one.iter().zip(&other).map(|((a, _), (b, _))| (*a, *b)).collect())
}

/// The fields of the first render that another one has otherwise; none where the documents do not line up. A mapping
/// with other keys, or a list of another length, is one field.
pub(super) fn differing(
    one: &[RenderedDocument],
    other: &[RenderedDocument],
    only: Option<&Sources>,
) -> Option<Vec<FieldAt>> {
    let mut out = Vec::new();
    for (index, counterpart) in pairs(one, other, only)? {
        if let (Some(a), Some(b)) = (one.get(index), other.get(counterpart))
            && a.text != b.text
        {
            document(index, a, b, &mut out);
        }
    }
    Some(out)
}

/// The fields that another render has otherwise or not at all, where the documents need not line up.
pub(super) fn differing_loosely(
    one: &[RenderedDocument],
    other: &[RenderedDocument],
    only: Option<&Sources>,
) -> Vec<FieldAt> {
    if let Some(fields) = differing(one, other, only) {
        return fields;
    }
    let there: BTreeMap<_, &RenderedDocument> =
        of(other, only).into_iter().map(|(_, it)| (identity(it), it)).collect();
    let mut out = Vec::new();
    for (index, document_here) in of(one, only) {
        match there.get(&identity(document_here)) {
            Some(counterpart) => document(index, document_here, counterpart, &mut out),
            None => out.extend(root(document_here).map(|it| FieldAt { document: index, span: it.span() })),
        }
    }
    out
}

/// The same for one document.
pub(super) fn document(
    index: usize,
    one: &RenderedDocument,
    other: &RenderedDocument,
    out: &mut Vec<FieldAt>,
) {
    let mut spans = Vec::new();
    if let (Some(a), Some(b)) = (root(one), root(other)) {
        nodes(a, b, 0, &mut spans);
    }
    out.extend(spans.into_iter().map(|span| FieldAt { document: index, span }));
}

fn nodes(a: Node<'_>, b: Node<'_>, depth: usize, out: &mut Vec<Span>) {
    const DEEPEST: usize = 500;
    let (a, b) = (a.resolved(), b.resolved());
    if depth > DEEPEST || same_text(a, b) {
        return;
    }
    if a.is_mapping() && b.is_mapping() {
        let members = |node: Node<'_>| -> BTreeMap<String, ddlint_yaml::NodeId> {
            node.entries().filter_map(|(key, value)| Some((key.key_string()?, value.id()))).collect()
        };
        let (left, right) = (members(a), members(b));
        if !left.keys().eq(right.keys()) {
            out.push(a.span());
        }
        for (key, id) in left {
            if let Some(other) = right.get(&key) {
                nodes(a.document().node(id), b.document().node(*other), depth + 1, out);
            }
        }
    } else if a.is_sequence() && b.is_sequence() {
        if a.len() == b.len() {
            a.items().zip(b.items()).for_each(|(x, y)| nodes(x, y, depth + 1, out));
        } else {
            out.push(a.span());
        }
    } else if a.kind() != b.kind() || a.text() != b.text() || a.scalar() != b.scalar() {
        out.push(a.span());
    }
}

/// Whether two nodes are written alike, so that what they say is the same; an alias may refer to something else.
fn same_text(a: Node<'_>, b: Node<'_>) -> bool {
    fn text(node: Node<'_>) -> &[u8] {
        node.span().slice(node.document().text()).as_bytes()
    }
    text(a) == text(b) && memchr::memchr(b'*', text(a)).is_none()
}

/// The values of a document by their normalized paths, as far as they are scalars or empty.
pub(super) fn at_path<'a>(document: &'a RenderedDocument, path: &[Step]) -> Option<Node<'a>> {
    path.iter().try_fold(root(document)?, |node, step| {
        let node = node.resolved();
        match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().nth(*index),
        }
    })
}

/// One step of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The path to a field.
pub(super) fn path_of(document: &RenderedDocument, span: Span) -> Vec<Step> {
    let Some(tree) = document.stream.as_ref().and_then(|stream| stream.documents.first()) else {
        return Vec::new();
    };
    let Some(mut node) = tree.node_at(span.start).map(|id| tree.node(id)) else { return Vec::new() };
    while node.span() != span
        && let Some(parent) = node.parent()
    {
        node = parent;
    }
    let mut path = Vec::new();
    while let Some(parent) = node.parent() {
        if parent.is_mapping() {
            let key = parent.entries().find(|(_, value)| value.id() == node.id());
            path.extend(key.and_then(|(key, _)| key.key_string()).map(Step::Key));
        } else if parent.is_sequence() {
            path.extend(parent.items().position(|item| item.id() == node.id()).map(Step::Index));
        }
        node = parent;
    }
    path.reverse();
    path
}

/// Whether ArgoCD applies the document at all: hooks that only Helm runs are never applied.
pub(super) fn applied(document: &RenderedDocument) -> bool {
    const NEVER: [&str; 5] = ["test", "test-success", "test-failure", "pre-rollback", "post-rollback"];
    let hooks = hooks(document);
    hooks.is_empty() || !hooks.iter().all(|hook| NEVER.contains(&hook.as_str()))
}

/// The Helm hooks that the document is.
pub(super) fn hooks(document: &RenderedDocument) -> Vec<String> {
    let annotations = root(document).and_then(|root| root.get("metadata")?.get("annotations"));
    let text = annotations.and_then(|node| node.get("helm.sh/hook")?.text());
    let words = text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_string).collect()
}

/// The pod template of a workload whose pods are replaced when it changes.
pub(super) fn pod_template(document: &RenderedDocument) -> Option<Node<'_>> {
    let root = root(document)?;
    let kind = root.get("kind")?.text()?;
    matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "Rollout")
        .then(|| root.get("spec")?.get("template"))
        .flatten()
}
