//! That an edit changes what it means to change and nothing else: the text is parsed again and compared, node by node.
//!
//! Deliberately absent: making edits, and whether the finding is mended (`crate::fix` lints the new text).

use ddlint_yaml::{Document, Node, NodeId, NodeKind, SourceText, Span};

/// The largest document that is parsed again to prove a fix.
const LARGEST: usize = 4 << 20;
/// Deeper trees are not compared, and then nothing is proved.
const DEEPEST: usize = 200;

/// What an edit may change: a node, and how many of its children go or become others.
type Target = (NodeId, usize);

/// The document with an edit, where it differs from the one without in its target alone.
pub(super) fn changed(document: &Document, edit: Span, text: &str, target: Target) -> Option<SourceText> {
    let Span { start, end } = edit;
    let span = document.span();
    if span.start > start || end > span.end || start > end || (span.end - span.start) as usize > LARGEST {
        return None;
    }
    let source = document.text();
    let slice = |from: u32, to: u32| source.get(from as usize..to as usize);
    let new: SourceText = format!("{}{text}{}", slice(span.start, start)?, slice(end, span.end)?).into();
    let stream = ddlint_yaml::parse(new.clone());
    let mut roots = stream.documents.iter().filter_map(|document| document.root());
    let (Some(root), None, true) = (roots.next(), roots.next(), stream.errors.is_empty()) else {
        return None;
    };
    same(document.root()?, root, Some(target), 0).then_some(new)
}

fn same(old: Node<'_>, new: Node<'_>, target: Option<Target>, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    if let Some((node, lost)) = target
        && old.id() == node
    {
        return loosely(old, new, lost, depth);
    }
    let next = |old: Node<'_>, new: Node<'_>| same(old, new, target, depth + 1);
    if old.kind() != new.kind() || old.tag() != new.tag() || old.anchor() != new.anchor() {
        return false;
    }
    match old.kind() {
        NodeKind::Scalar => old.text() == new.text() && old.scalar() == new.scalar(),
        NodeKind::Alias => old.span().slice(old.document().text()) == new.span().slice(new.document().text()),
        NodeKind::Mapping => {
            old.len() == new.len()
                && old
                    .entries()
                    .zip(new.entries())
                    .all(|((old_key, old), (new_key, new))| next(old_key, new_key) && next(old, new))
        }
        NodeKind::Sequence => {
            old.len() == new.len() && old.items().zip(new.items()).all(|(old, new)| next(old, new))
        }
    }
}

/// A scalar becomes anything; a collection keeps its children in order, all but some.
fn loosely(old: Node<'_>, new: Node<'_>, lost: usize, depth: usize) -> bool {
    let equal = |old: &Node<'_>, new: &Node<'_>| same(*old, *new, None, depth + 1);
    if old.is_mapping() && new.is_mapping() {
        let (old, new): (Vec<_>, Vec<_>) = (old.entries().collect(), new.entries().collect());
        return keeps(&old, &new, lost, |(old_key, old), (new_key, new)| {
            equal(old_key, new_key) && equal(old, new)
        });
    }
    if old.is_sequence() && new.is_sequence() {
        let (old, new): (Vec<_>, Vec<_>) = (old.items().collect(), new.items().collect());
        return keeps(&old, &new, lost, equal);
    }
    old.is_scalar() || old.kind() == NodeKind::Alias
}

/// All but so many of the children are still there, in order.
fn keeps<T>(old: &[T], new: &[T], may_go: usize, equal: impl Fn(&T, &T) -> bool) -> bool {
    let (mut at, mut lost) = (0, 0);
    for child in old {
        match new.iter().skip(at).position(|other| equal(child, other)) {
            Some(further) => at += further + 1,
            None => lost += 1,
        }
    }
    lost <= may_go
}
