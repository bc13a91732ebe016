//! One parsed document: its tape, its comments and the questions that need no node handle.
//!
//! Deliberately absent: anything that follows aliases or merge keys; see [`Node`].

use std::fmt;
use std::sync::OnceLock;

use crate::SourceText;

use crate::keys::{self, DuplicateKey, Survey};
use crate::node::{Node, NodeId};
use crate::path;
use crate::span::Span;
use crate::tape::{Finished, KEY, NONE, Property, Slot, SlotKind};

/// A comment of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comment {
    /// From the `#` to the end of the line, the line break not included.
    pub span: Span,
    /// Nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// One YAML document of a text.
pub struct Document {
    text: SourceText,
    tape: Finished,
    survey: OnceLock<Survey>,
}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Document")
            .field("span", &self.tape.span)
            .field("nodes", &self.tape.slots.len())
            .field("partial", &self.tape.partial)
            .finish_non_exhaustive()
    }
}

/// The same nodes at the same places of the same text.
impl PartialEq for Document {
    fn eq(&self, other: &Document) -> bool {
        self.text == other.text && self.tape == other.tape
    }
}

impl Document {
    pub(crate) fn new(text: SourceText, tape: Finished) -> Document {
        Document { text, tape, survey: OnceLock::new() }
    }

    /// The topmost node; `None` for an empty document or one of comments only.
    pub fn root(&self) -> Option<Node<'_>> {
        (!self.tape.slots.is_empty()).then(|| Node::new(self, 0))
    }

    /// The document's range in the text: from behind its `---` line to the next marker or the end of the text.
    /// Comments that stand before the first `---` belong to the first document, but lie outside its span.
    pub fn span(&self) -> Span {
        self.tape.span
    }

    /// The whole source text, of which the document is a part.
    pub fn text(&self) -> &SourceText {
        &self.text
    }

    /// The handle of a node of this document.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node::new(self, id.0)
    }

    /// The number of nodes on the tape.
    pub fn node_count(&self) -> usize {
        self.tape.slots.len()
    }

    /// All nodes in the order they are written, a collection before its children, keys included.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.tape.slots.len() as u32).map(|index| Node::new(self, index))
    }

    /// The comments in the order they stand.
    pub fn comments(&self) -> &[Comment] {
        &self.tape.comments
    }

    /// Whether the document is broken: the tree is what came before the syntax error.
    pub fn is_partial(&self) -> bool {
        self.tape.partial
    }

    /// Keys that stand in a mapping a second time. Equal are keys that Kubernetes takes for equal: `a`, `"a"` and
    /// `'a'`, but not `yes` and `"yes"`. `<<` may stand several times.
    pub fn duplicate_keys(&self) -> Vec<DuplicateKey> {
        self.duplicates().to_vec()
    }

    /// As [`Document::duplicate_keys`], found once and kept.
    pub fn duplicates(&self) -> &[DuplicateKey] {
        &self.survey().duplicates
    }

    fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| keys::survey(self))
    }

    /// The innermost node that covers the offset; the end of a node counts as inside.
    pub fn node_at(&self, offset: u32) -> Option<NodeId> {
        // Begins never decrease along the tape, so the last node that begins at or before the offset, or one of
        // its ancestors, is the innermost.
        let behind = self.tape.slots.partition_point(|slot| slot.start <= offset);
        let mut index = u32::try_from(behind.checked_sub(1)?).ok()?;
        loop {
            let slot = self.slot(index)?;
            if slot.span().covers(offset) {
                return Some(NodeId(index));
            }
            index = Some(slot.parent()).filter(|&parent| parent != NONE)?;
        }
    }

    /// The path of a node as RFC 9535 normalizes it: `$['spec']['containers'][0]`. The path of a key is that of
    /// its value. A key that is no scalar has no such path; it is written `['?']`.
    pub fn normalized_path(&self, id: NodeId) -> String {
        path::normalized(self, id)
    }

    /// The collection a node stands in.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.slot(id.0)?.parent();
        (parent != NONE).then_some(NodeId(parent))
    }

    /// The key node of a mapping's value; `None` for keys, items and the root.
    pub fn key_of(&self, id: NodeId) -> Option<NodeId> {
        let slot = self.slot(id.0)?;
        let parent = slot.parent();
        if slot.has(KEY) || self.slot(parent)?.kind != SlotKind::Mapping {
            return None;
        }
        // The key stands before the value; where it is a collection, it is the outermost one that ends there.
        let mut key = id.0.checked_sub(1)?;
        loop {
            let up = self.slot(key)?.parent();
            if up == parent {
                return Some(NodeId(key));
            }
            key = Some(up).filter(|&up| up != NONE)?;
        }
    }

    /// All there is, for comparing two readings of one text.
    #[cfg(test)]
    pub(crate) fn shown(&self) -> String {
        let tape = &self.tape;
        let flags = (tape.partial, tape.aliases, tape.merges);
        let slots: Vec<String> =
            (tape.slots.iter()).map(|slot| format!("{slot:?} {:?}", slot.span().slice(&self.text))).collect();
        format!(
            "{:?} {flags:?} {:?} {:?} {:?} {:?}\n{}",
            tape.span,
            tape.comments,
            tape.properties,
            tape.cooked,
            tape.cooked_ends,
            slots.join("\n")
        )
    }

    pub(crate) fn tape(&self) -> &Finished {
        &self.tape
    }

    #[inline]
    pub(crate) fn slot(&self, index: u32) -> Option<&Slot> {
        self.tape.slots.get(index as usize)
    }

    /// The most collections that stand in each other, aliases not followed.
    pub fn depth(&self) -> usize {
        self.tape.deepest as usize
    }

    /// Whether a walk over the nodes as they are written is all there is to walk: there is no alias, no merge key,
    /// no key that does not count and none without a name.
    pub fn is_plain_tree(&self) -> bool {
        let survey = || self.survey();
        !self.tape.aliases && !self.tape.merges && survey().duplicates.is_empty() && !survey().nameless
    }

    pub(crate) fn property(&self, index: u32) -> Option<&Property> {
        let place = self.tape.properties.binary_search_by_key(&index, |property| property.node).ok()?;
        self.tape.properties.get(place)
    }
}

/// The header of a block scalar (`|`, `>-`, `|2+`), which stands between `from` and `to`, behind the tag, the
/// anchor and comments.
pub(crate) fn block_header(text: &str, from: u32, to: u32) -> Option<Span> {
    let start = find_indicator(text, from, to, b"|>")?;
    let rest = text.as_bytes().get(start as usize + 1..to as usize).unwrap_or_default();
    let more = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-')).count() as u32;
    Some(Span::new(start, start + 1 + more))
}

/// The first of the given letters between `from` and `to`, outside of comments, tags and anchors.
pub(crate) fn find_indicator(text: &str, from: u32, to: u32, indicators: &[u8]) -> Option<u32> {
    let bytes = text.as_bytes().get(from as usize..to as usize)?;
    let mut at = 0;
    let mut blank_before = true;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..)?;
        match byte {
            _ if indicators.contains(&byte) => return Some(from + at as u32),
            b'#' if blank_before => {
                at += rest.iter().take_while(|&&byte| byte != b'\n').count();
                continue;
            }
            b'&' | b'!' => {
                at += rest.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
                continue;
            }
            _ => {}
        }
        blank_before = byte.is_ascii_whitespace();
        at += 1;
    }
    None
}
