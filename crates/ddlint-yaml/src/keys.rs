//! Mappings as maps: lookup by key, merge keys, the last of several entries, duplicates.
//!
//! Everything that follows `<<` counts its steps, so that aliases that refer to each other end. Deliberately
//! absent: keys that are collections; Kubernetes refuses them, and they are only seen by [`Node::entries`].

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::document::Document;
use crate::node::{Node, NodeId, NodeKind, Style, bytes_of};
use crate::scalar;
use crate::tape::{DOUBTFUL, PROPERTIES, Slot, SlotKind};

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
    /// The value of a key, as Kubernetes names keys (see [`Node::key_string`]): of the last entry that has it. A `<<`
    /// counts where it stands: an entry behind it wins over it, and it wins over an entry before it, as in go-yaml.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Key node and value node of the entry that [`Node::get`] finds.
    pub fn entry(self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        let mapping = self.resolved();
        if mapping.merges() { merged_entry(mapping, key) } else { own_entry(mapping, key) }
    }

    /// The entries that count, each with its key as Kubernetes names it, in the order they are written: of several
    /// with one key the last, and for `<<` what it adds. Entries whose key has no name are left out.
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

    /// Whether a key has a name: the look at [`Node::key_string`] that makes none.
    pub fn has_key_string(self) -> bool {
        self.key_name().is_some()
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
    let document = mapping.document();
    let slot = mapping.slot().filter(|slot| slot.kind == SlotKind::Mapping)?;
    let resolves = scalar::may_resolve(key);
    let mut found = None;
    let (mut at, end) = (mapping.id().0 + 1, slot.next(mapping.id().0));
    while at < end {
        let candidate = document.slot(at)?;
        let value_at = candidate.next(at);
        // As `has_name`, by letters alone: most look-ups go past many keys.
        let letters = candidate.kind == SlotKind::Scalar
            && candidate.flags & PROPERTIES == 0
            && !(resolves && candidate.style == Style::Plain);
        let same = if letters {
            bytes_of(document, candidate) == key.as_bytes()
        } else {
            Node::new(document, at).has_name(key)
        };
        if same {
            found = Some((Node::new(document, at), Node::new(document, value_at)));
        }
        at = document.slot(value_at)?.next(value_at).max(value_at + 1);
    }
    found
}

fn merged_entry<'a>(mapping: Node<'a>, key: &str) -> Option<(Node<'a>, Node<'a>)> {
    Assignments::of(mapping).find(|(candidate, _)| candidate.has_name(key))
}

/// Whether no entry of this mapping shadows another, so that they need not be compared.
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
    if is_simple(mapping) {
        return mapping.entries().filter_map(|(key, value)| Some((key.key_name()?, key, value))).collect();
    }
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    for (key, value) in Assignments::of(mapping) {
        if let Some(name) = key.key_name()
            && seen.insert(name.clone())
        {
            entries.push((name, key, value));
        }
    }
    entries.reverse();
    entries
}

/// The entries that make up a mapping with merge keys, the one that wins first.
///
/// go-yaml assigns in the order of writing: a `<<` behind a key overrides it, and of a list of merged mappings the
/// first wins. So this is that order backwards.
struct Assignments<'a> {
    stack: Vec<(Node<'a>, Node<'a>)>,
    /// Mappings that may still be merged.
    budget: usize,
}

impl<'a> Assignments<'a> {
    fn of(mapping: Node<'a>) -> Assignments<'a> {
        Assignments { stack: mapping.entries().collect(), budget: MERGE_BUDGET }
    }

    fn merge(&mut self, mapping: Node<'a>) {
        if let Some(rest) = self.budget.checked_sub(1) {
            self.budget = rest;
            self.stack.extend(mapping.entries());
        }
    }
}

impl<'a> Iterator for Assignments<'a> {
    type Item = (Node<'a>, Node<'a>);

    fn next(&mut self) -> Option<(Node<'a>, Node<'a>)> {
        loop {
            let (key, value) = self.stack.pop()?;
            if !key.is_merge_key() {
                return Some((key, value));
            }
            if value.is_mapping() {
                self.merge(value);
            } else {
                let mut sources: Vec<Node<'a>> = value.items().filter(|item| item.is_mapping()).collect();
                sources.reverse();
                sources.into_iter().for_each(|source| self.merge(source));
            }
        }
    }
}

/// What a look at all keys of a document shows.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
    /// All keys that stand twice in their mapping, in the order of the mappings.
    pub(crate) duplicates: Box<[DuplicateKey]>,
    /// Whether a key has no name: null or a collection.
    pub(crate) nameless: bool,
}

pub(crate) fn survey(document: &Document) -> Survey {
    let mut nameless = false;
    let mut found = Vec::new();
    if !document.tape().doubtful {
        return Survey { duplicates: Box::default(), nameless };
    }
    let mut texts = Vec::new();
    let mut map: HashMap<Option<Cow<'_, str>>, (Node<'_>, Node<'_>)> = HashMap::new();
    for node in document.nodes() {
        if node.kind() != NodeKind::Mapping || !is_doubtful(node, &mut texts) {
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

/// One bit for the look of a key: where none is there twice, no two keys of a mapping are the same. None where it may
/// be the same as one that looks otherwise, or have no name.
pub(crate) fn look(key: &Slot, text: &str) -> Option<u64> {
    let written = key.written().filter(|_| key.kind == SlotKind::Scalar && !key.has(PROPERTIES))?;
    let text = text.as_bytes().get(written.start as usize..written.end as usize)?;
    if key.style == Style::Plain && scalar::may_resolve(text) {
        return None;
    }
    let [first, .., last] = text else { return Some(1 << (text.first().copied().unwrap_or_default() % 64)) };
    let middle = text.get(text.len() / 2).copied().unwrap_or_default();
    let look = (text.len() * 37)
        .wrapping_add(usize::from(*first) * 5 + usize::from(middle) * 3 + usize::from(*last));
    Some(1 << (look % 64))
}

/// Whether a mapping may have a key twice, or one without a name: a comparison of texts that resolves nothing.
fn is_doubtful<'a>(mapping: Node<'a>, texts: &mut Vec<&'a [u8]>) -> bool {
    texts.clear();
    let document = mapping.document();
    let Some(slot) = mapping.slot() else { return true };
    if !slot.has(DOUBTFUL) {
        return false;
    }
    let (mut at, end) = (mapping.id().0 + 1, slot.next(mapping.id().0));
    while at < end {
        let (Some(key), Some(value)) = (document.slot(at), document.slot(at + 1)) else { return true };
        if look(key, document.text()).is_none() {
            return true;
        }
        texts.push(bytes_of(document, key));
        at = value.next(at + 1);
    }
    if texts.len() > 12 {
        texts.sort_unstable();
        return texts.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
    }
    let rest = |place: usize| texts.get(place + 1..).unwrap_or_default();
    texts.iter().enumerate().any(|(place, text)| rest(place).contains(text))
}
