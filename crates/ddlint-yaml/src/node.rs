//! The handle of a node: what it says about itself, and the walk to its children.
//!
//! Deliberately absent: lookups by key and merge keys, which are in `keys`, and JSONPath.

use std::fmt;

use crate::document::{self, Document};
use crate::offset_map::OffsetMap;
use crate::scalar::{self, Scalar};
use crate::span::Span;
use crate::tape::{KEY, MANY, MERGES, MISSING, NONE, PROPERTIES, Slot, SlotKind};

/// The place of a node on its document's tape. Ids grow in the order the nodes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The number of nodes before this one.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// Text, which may resolve to null, a boolean or a number.
    Scalar,
    /// Keys and values.
    Mapping,
    /// Items.
    Sequence,
    /// A reference to an anchored node that stands before it.
    Alias,
}

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// A scalar without quotes, and every alias.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
}

/// A node of a document. Copying it costs nothing.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document,
    index: u32,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.span();
        write!(formatter, "{:?}@{}..{}", self.kind(), span.start, span.end)?;
        if let Some(text) = self.text() { write!(formatter, " {text:?}") } else { Ok(()) }
    }
}

/// The same node of the same document, not an equal value.
impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.document, other.document)
    }
}

impl Eq for Node<'_> {}

impl<'a> Node<'a> {
    pub(crate) fn new(document: &'a Document, index: u32) -> Node<'a> {
        Node { document, index }
    }

    pub(crate) fn slot(self) -> Option<&'a Slot> {
        self.document.slot(self.index)
    }

    /// The node's place in its document.
    pub fn id(self) -> NodeId {
        NodeId(self.index)
    }

    /// The document the node belongs to.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// What this node is; an alias is an [`NodeKind::Alias`] whatever it refers to.
    pub fn kind(self) -> NodeKind {
        match self.slot().map(|slot| slot.kind) {
            Some(SlotKind::Mapping) => NodeKind::Mapping,
            Some(SlotKind::Sequence) => NodeKind::Sequence,
            Some(SlotKind::Alias) => NodeKind::Alias,
            Some(SlotKind::Scalar) | None => NodeKind::Scalar,
        }
    }

    /// Where the node is written. Quotes and brackets belong to it; tag, anchor and a block scalar's header do
    /// not, see [`Node::full_span`]. A block mapping goes from its first key, a block sequence from its first `-`, to
    /// the end of the last child. A
    /// block scalar is its body without the blank lines behind it; one without body is its header. A value that
    /// is not written is an empty span behind its colon.
    pub fn span(self) -> Span {
        self.slot().map(Slot::span).unwrap_or_default()
    }

    /// The span with tag, anchor and the header of a block scalar.
    pub fn full_span(self) -> Span {
        let mut span = self.span();
        if let Some(header) = self.block_header() {
            span.start = span.start.min(header.start);
        }
        if let Some(property) = self.property() {
            for (given, at) in [
                (property.tag.is_some(), property.tag_span),
                (property.anchor.is_some(), property.anchor_span),
            ] {
                if given {
                    span.start = span.start.min(at.start);
                }
            }
        }
        span
    }

    /// The header of a block scalar: `|`, `>-`, `|2+`.
    pub fn block_header(self) -> Option<Span> {
        let slot = self.slot().filter(|slot| matches!(slot.style, Style::Literal | Style::Folded))?;
        let from = match self.index.checked_sub(1).and_then(|before| self.document.slot(before)) {
            Some(before) if slot.parent() == self.index.wrapping_sub(1) => before.start,
            Some(before) => before.end,
            None => 0,
        };
        let begin = if self.index == 0 { self.document.span().start } else { from };
        let to = if bytes_of(self.document, slot).is_empty() { slot.end } else { slot.start };
        document::block_header(self.document.text(), begin, to)
            .or_else(|| document::block_header(self.document.text(), from.min(begin), to))
    }

    /// How this node is written.
    pub fn style(self) -> Style {
        self.slot().map_or(Style::Plain, |slot| slot.style)
    }

    /// The node an alias refers to; any other node, and an alias to nothing, is itself. What an alias refers to
    /// is never an alias.
    pub fn resolved(self) -> Node<'a> {
        match self.slot() {
            Some(slot) if slot.kind == SlotKind::Alias && slot.target() != NONE => {
                Node::new(self.document, slot.target())
            }
            _ => self,
        }
    }

    fn resolved_slot(self) -> Option<&'a Slot> {
        self.resolved().slot()
    }

    /// The text of a scalar with escapes and folding undone; nothing is resolved. A value that is not written is
    /// the empty text. `None` for collections.
    pub fn text(self) -> Option<&'a str> {
        let slot = self.resolved_slot().filter(|slot| slot.kind == SlotKind::Scalar)?;
        Some(text_of(self.document, slot))
    }

    /// The value of a scalar as sigs.k8s.io/yaml resolves it. `None` for collections.
    pub fn scalar(self) -> Option<Scalar<'a>> {
        let node = self.resolved();
        let slot = node.slot().filter(|slot| slot.kind == SlotKind::Scalar)?;
        let text = text_of(node.document, slot);
        if slot.has(PROPERTIES)
            && let Some(property) = node.property()
            && let Some(tag) = &property.tag
        {
            return Some(match &property.decoded {
                Some(decoded) => Scalar::Str(decoded),
                None => scalar::resolve_tagged(tag, text),
            });
        }
        Some(if slot.style == Style::Plain { scalar::resolve_plain(text) } else { Scalar::Str(text) })
    }

    /// Whether a scalar can resolve to a number, judged by its first letter; none that does is missed.
    pub fn may_be_number(self) -> bool {
        self.resolved_slot().is_some_and(|slot| {
            slot.kind == SlotKind::Scalar
                && (slot.has(PROPERTIES)
                    || slot.style == Style::Plain && scalar::may_be_number(bytes_of(self.document, slot)))
        })
    }

    /// The text of a scalar that resolves to a string.
    pub fn as_str(self) -> Option<&'a str> {
        match self.scalar()? {
            Scalar::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a scalar that resolves to a boolean.
    pub fn as_bool(self) -> Option<bool> {
        match self.scalar()? {
            Scalar::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a scalar that resolves to an integer.
    pub fn as_i64(self) -> Option<i64> {
        match self.scalar()? {
            Scalar::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a scalar that resolves to a number.
    pub fn as_f64(self) -> Option<f64> {
        match self.scalar()? {
            Scalar::Int(value) => Some(value as f64),
            Scalar::Float(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is a scalar that resolves to null.
    pub fn is_null(self) -> bool {
        matches!(self.scalar(), Some(Scalar::Null))
    }

    /// Whether nothing is written here: `key:` without a value.
    pub fn is_missing(self) -> bool {
        self.slot().is_some_and(|slot| slot.has(MISSING))
    }

    /// Whether this is a mapping, or an alias to one.
    pub fn is_mapping(self) -> bool {
        self.resolved().kind() == NodeKind::Mapping
    }

    /// Whether this is a sequence, or an alias to one.
    pub fn is_sequence(self) -> bool {
        self.resolved().kind() == NodeKind::Sequence
    }

    /// Whether this is a scalar, or an alias to one.
    pub fn is_scalar(self) -> bool {
        self.resolved().kind() == NodeKind::Scalar
    }

    /// Whether this node is a mapping's key.
    pub fn is_key(self) -> bool {
        self.slot().is_some_and(|slot| slot.has(KEY))
    }

    /// Whether this is an unquoted `{{ … }}` or stands in one: a template to people, a mapping whose key is a mapping
    /// to YAML. Kubernetes refuses it; where something substitutes it first, the value is unknown.
    pub fn is_template(self) -> bool {
        let text = self.document.text();
        let doubled = |node: &Node<'_>| {
            let at = node.span().start as usize;
            node.kind() == NodeKind::Mapping && text.get(at..).is_some_and(|rest| rest.starts_with("{{"))
        };
        std::iter::successors(Some(self), |node| node.parent()).any(|node| doubled(&node))
    }

    /// The collection this node stands in.
    pub fn parent(self) -> Option<Node<'a>> {
        self.document.parent(self.id()).map(|id| self.document.node(id))
    }

    /// Keys and values as written, with duplicates and `<<`. Empty for anything but a mapping.
    pub fn entries(self) -> impl Iterator<Item = (Node<'a>, Node<'a>)> + use<'a> {
        let mut children = self.children_if(SlotKind::Mapping);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The items of a sequence. Empty for anything else.
    pub fn items(self) -> Children<'a> {
        self.children_if(SlotKind::Sequence)
    }

    /// The number of entries as written, or of items; 0 for a scalar.
    pub fn len(self) -> usize {
        let node = self.resolved();
        let Some(slot) = node.slot().filter(|slot| slot.is_collection()) else { return 0 };
        let children = match slot.few {
            MANY => node.children_if(slot.kind).count(),
            few => few.into(),
        };
        if slot.kind == SlotKind::Mapping { children / 2 } else { children }
    }

    /// Whether there is no entry and no item.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The tag as it is written in short form: `!!str`, `!vault`, or a whole URI.
    pub fn tag(self) -> Option<&'a str> {
        self.resolved().property()?.tag.as_deref()
    }

    /// The name of the anchor defined here, without the `&`. An alias defines none.
    pub fn anchor(self) -> Option<&'a str> {
        self.property()?.anchor.as_deref()
    }

    /// A key as sigs.k8s.io/yaml names it: `"true"` for `yes:`, `"1"` for `1:`. `None` where it fails: null,
    /// a collection, an integer beyond 64 signed bits.
    pub fn key_string(self) -> Option<String> {
        let node = self.resolved();
        let slot = node.slot().filter(|slot| slot.kind == SlotKind::Scalar)?;
        if slot.style == Style::Plain && !slot.has(PROPERTIES) {
            return scalar::plain_key(text_of(node.document, slot)).map(|key| key.into_owned());
        }
        match node.scalar()? {
            Scalar::Str(text) => Some(text.to_owned()),
            _ => scalar::plain_key(node.text()?).map(|key| key.into_owned()),
        }
    }

    /// The way from places in the scalar's text to places in the source, so that spans in YAML inside a block
    /// string can be led back. Without pieces for collections.
    pub fn offset_map(self) -> OffsetMap {
        OffsetMap::of(self.resolved())
    }

    /// Whether a mapping has a key `<<`.
    pub(crate) fn merges(self) -> bool {
        self.slot().is_some_and(|slot| slot.has(MERGES))
    }

    pub(crate) fn property(self) -> Option<&'a crate::tape::Property> {
        self.slot().filter(|slot| slot.has(PROPERTIES))?;
        self.document.property(self.index)
    }

    /// The collections of a plain tree from here down, in pre-order; keys are left out with all they hold.
    pub(crate) fn collections(self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let document = self.document;
        let end = self.slot().map_or(0, |slot| slot.next(self.index));
        (self.index..end)
            .filter(|&index| document.slot(index).is_some_and(Slot::is_collection))
            .map(|index| Node::new(document, index))
    }

    fn children_if(self, kind: SlotKind) -> Children<'a> {
        let node = self.resolved();
        match node.slot() {
            Some(slot) if slot.kind == kind => {
                Children { document: node.document, next: node.index + 1, end: slot.next(node.index) }
            }
            _ => Children { document: node.document, next: 0, end: 0 },
        }
    }
}

/// The direct children of a collection.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    document: &'a Document,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        self.next = self.document.slot(index)?.next(index).max(index + 1);
        Some(Node::new(self.document, index))
    }
}

pub(crate) fn text_of<'a>(document: &'a Document, slot: &Slot) -> &'a str {
    match slot.written() {
        Some(span) => document.text().get(span.start as usize..span.end as usize).unwrap_or_default(),
        None => document.tape().cooked_text(slot.a),
    }
}

/// The bytes of [`text_of`]: to compare them is cheaper than to look for the begins of characters first.
#[inline]
pub(crate) fn bytes_of<'a>(document: &'a Document, slot: &Slot) -> &'a [u8] {
    match slot.written() {
        Some(span) => {
            document.text().as_bytes().get(span.start as usize..span.end as usize).unwrap_or_default()
        }
        None => document.tape().cooked_text(slot.a).as_bytes(),
    }
}
