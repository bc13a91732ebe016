//! Mappings as maps: lookup by key, merge keys, the last of several entries, duplicates.
//!
//! Everything that follows `<<` counts its steps, so that aliases that refer to each other end. Deliberately
//! absent: keys that are collections; Kubernetes refuses them, and they are only seen by [`Node::entries`].

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::document::Document;
use crate::node::{Node, NodeId, NodeKind, Style};
use crate::scalar;
use crate::tape::{PROPERTIES, SlotKind};

/// Mappings visited for one look-up through merge keys. No honest document needs a tenth of it.
const MERGE_BUDGET: usize = 1 << 10;

/// A key that stands in its mapping a second (third, …) time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The mapping.
    pub mapping: NodeId,
    /// The key node of the first entry with this key.
    pub first: NodeId,
    /// The key node of the later entry.
    pub later: NodeId,
    /// The value of the first entry.
    pub first_value: NodeId,
    /// The value of the later entry. The last one is the one that counts.
    pub later_value: NodeId,
}

impl<'a> Node<'a> {
    /// The value of a key, as Kubernetes names keys (see [`Node::key_string`]): of the last entry that has it, or
    /// else from the merged mappings.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Key node and value node of the entry that [`Node::get`] finds.
    pub fn entry(self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        let mapping = self.resolved();
        match own_entry(mapping, key) {
            None if mapping.merges() => merged_entry(mapping, key),
            found => found,
        }
    }

    /// The entries that count, each with its key as Kubernetes names it: in the order they are written, of several
    /// with one key the last, then what `<<` adds. Entries whose key has no name are left out.
    pub fn effective_entries(self) -> Vec<(String, Node<'a>, Node<'a>)> {
        effective(self.resolved())
            .into_iter()
            .map(|(name, key, value)| (name.into_owned(), key, value))
            .collect()
    }

    /// The node that a path of keys leads to. A segment of digits is an index where it meets a sequence.
    pub fn at(self, path: &[&str]) -> Option<Node<'a>> {
        path.iter().try_fold(self, |node, segment| {
            if node.is_sequence() { node.items().nth(segment.parse().ok()?) } else { node.get(segment) }
        })
    }

    /// Whether this is the merge key `<<`, which is no key of its own.
    pub fn is_merge_key(self) -> bool {
        self.is_key()
            && self.slot().is_some_and(|slot| slot.kind == SlotKind::Scalar)
            && self.text() == Some("<<")
            && match self.tag() {
                None => self.style() == Style::Plain,
                Some(tag) => tag == "!!merge",
            }
    }

    /// The name of a key without a copy where its text is its name.
    pub(crate) fn key_name(self) -> Option<Cow<'a, str>> {
        let node = self.resolved();
        let slot = node.slot().filter(|slot| slot.kind == SlotKind::Scalar)?;
        if slot.flags & PROPERTIES == 0 {
            let text = node.text()?;
            return if slot.style == Style::Plain {
                scalar::plain_key(text)
            } else {
                Some(Cow::Borrowed(text))
            };
        }
        match node.as_str() {
            Some(text) => Some(Cow::Borrowed(text)),
            None => node.key_string().map(Cow::Owned),
        }
    }

    fn has_name(self, name: &str) -> bool {
        let plain = self.style() == Style::Plain && self.kind() == NodeKind::Scalar;
        // Names of keys that resolve look like values that resolve: `true`, `1`. All others must be equal letters.
        if plain && self.property().is_none() && self.text() != Some(name) && !scalar::may_resolve(name) {
            return false;
        }
        self.key_name().is_some_and(|own| own == name)
    }
}

fn own_entry<'a>(mapping: Node<'a>, key: &str) -> Option<(Node<'a>, Node<'a>)> {
    let mut found = None;
    for (candidate, value) in mapping.entries() {
        if candidate.has_name(key) && !candidate.is_merge_key() {
            found = Some((candidate, value));
        }
    }
    found
}

fn merged_entry<'a>(mapping: Node<'a>, key: &str) -> Option<(Node<'a>, Node<'a>)> {
    let mut sources = Sources::of(mapping);
    while let Some(source) = sources.next() {
        if let Some(found) = own_entry(source, key) {
            return Some(found);
        }
    }
    None
}

/// Whether entries of this mapping may shadow one another, so that they must be compared.
fn is_simple(mapping: Node<'_>) -> bool {
    if mapping.merges() {
        return false;
    }
    let duplicates = mapping.document().duplicates();
    duplicates.is_empty()
        || duplicates.binary_search_by_key(&mapping.id(), |duplicate| duplicate.mapping).is_err()
}

/// The entries that count; `mapping` is resolved.
pub(crate) fn effective<'a>(mapping: Node<'a>) -> Vec<(Cow<'a, str>, Node<'a>, Node<'a>)> {
    let named = |node: Node<'a>| {
        node.entries()
            .filter(|(key, _)| !key.is_merge_key())
            .filter_map(|(key, value)| Some((key.key_name()?, key, value)))
    };
    let mut entries: Vec<_> = named(mapping).collect();
    if is_simple(mapping) {
        return entries;
    }
    let mut seen = HashSet::new();
    let mut last: Vec<bool> = entries.iter().rev().map(|(name, ..)| seen.insert(name.clone())).collect();
    last.reverse();
    let mut keep = last.into_iter();
    entries.retain(|_| keep.next().unwrap_or(true));
    let mut sources = Sources::of(mapping);
    while let Some(source) = sources.next() {
        let from = entries.len();
        for (name, key, value) in named(source) {
            if seen.insert(name.clone()) {
                entries.push((name, key, value));
            } else if let Some(earlier) =
                entries.get_mut(from..).and_then(|new| new.iter_mut().find(|(other, ..)| *other == name))
            {
                (earlier.1, earlier.2) = (key, value);
            }
        }
    }
    entries
}

/// The mappings merged into one, nearest first: of a list the first wins, and what a merged mapping merges itself
/// comes behind its own entries.
struct Sources<'a> {
    stack: Vec<Node<'a>>,
    budget: usize,
}

impl<'a> Sources<'a> {
    fn of(mapping: Node<'a>) -> Sources<'a> {
        let mut sources = Sources { stack: Vec::new(), budget: MERGE_BUDGET };
        sources.add(mapping);
        sources
    }

    fn add(&mut self, mapping: Node<'a>) {
        if !mapping.merges() {
            return;
        }
        let mut found = Vec::new();
        for (_, value) in mapping.entries().filter(|(key, _)| key.is_merge_key()) {
            let mut several = Vec::new();
            match value.resolved().kind() {
                NodeKind::Mapping => several.push(value.resolved()),
                NodeKind::Sequence => several.extend(
                    value
                        .items()
                        .map(Node::resolved)
                        .filter(|item| item.kind() == NodeKind::Mapping)
                        .take(MERGE_BUDGET),
                ),
                NodeKind::Scalar | NodeKind::Alias => {}
            }
            // Of several `<<` the last wins, as of several entries with one key.
            several.append(&mut found);
            found = several;
        }
        self.stack.extend(found.into_iter().rev());
    }

    fn next(&mut self) -> Option<Node<'a>> {
        let source = self.stack.pop()?;
        self.budget = self.budget.checked_sub(1)?;
        self.add(source);
        Some(source)
    }
}

/// What a look at all keys of a document shows.
#[derive(Debug)]
pub(crate) struct Survey {
    /// All keys that stand twice in their mapping, in the order of the mappings.
    pub(crate) duplicates: Box<[DuplicateKey]>,
    /// Whether a key has no name: null or a collection.
    pub(crate) nameless: bool,
}

pub(crate) fn survey(document: &Document) -> Survey {
    let mut nameless = false;
    let mut found = Vec::new();
    let mut map: HashMap<Option<Cow<'_, str>>, (Node<'_>, Node<'_>)> = HashMap::new();
    for node in document.nodes() {
        if node.kind() != NodeKind::Mapping || node.len() <= 8 && !is_doubtful(node) {
            continue;
        }
        map.clear();
        for (key, value) in node.entries() {
            if key.is_merge_key() {
                continue;
            }
            let name = key.key_name();
            nameless |= name.is_none();
            if name.is_none() && !key.is_null() {
                continue;
            }
            match map.get(&name) {
                None => {
                    map.insert(name, (key, value));
                }
                Some(&(first, first_value)) => found.push(DuplicateKey {
                    mapping: node.id(),
                    first: first.id(),
                    later: key.id(),
                    first_value: first_value.id(),
                    later_value: value.id(),
                }),
            }
        }
    }
    Survey { duplicates: found.into_boxed_slice(), nameless }
}

/// Whether a small mapping may have a key twice, or one without a name: a look at the texts that allocates nothing.
fn is_doubtful(mapping: Node<'_>) -> bool {
    let mut texts: [&str; 8] = [""; 8];
    for (place, (key, _)) in mapping.entries().enumerate() {
        let Some(text) = key.text() else { return true };
        let doubtful = key.style() == Style::Plain && scalar::may_resolve(text)
            || key.kind() == NodeKind::Alias
            || key.property().is_some();
        let Some(before) = texts.get(..place) else { return true };
        if doubtful || before.contains(&text) {
            return true;
        }
        if let Some(own) = texts.get_mut(place) {
            *own = text;
        }
    }
    false
}
