//! The tape: the nodes of one document in pre-order, 20 bytes each, and what else a finished document holds.
//!
//! A collection stands before its children; a mapping's children alternate key and value. A scalar's text is a
//! slice of the source, or of one `cooked` string where escapes or folding make it differ. Aliases stay nodes.
//! Deliberately absent: the events that fill it (see `builder`); resolution of scalars, merge keys and duplicates,
//! which are views over the finished tape.

use crate::SourceText;

use crate::document::{Comment, Document};
use crate::events::Problem;
use crate::node::Style;
use crate::span::Span;

/// No node: the parent of the root, the target of an alias to nothing.
pub(crate) const NONE: u32 = u32::MAX;

/// The text lies in `cooked`, not in the source.
pub(crate) const COOKED: u8 = 1;
/// A tag or an anchor is recorded among the properties.
pub(crate) const PROPERTIES: u8 = 1 << 1;
/// The node is a mapping's key.
pub(crate) const KEY: u8 = 1 << 2;
/// Nothing was written: an implicit null.
pub(crate) const MISSING: u8 = 1 << 3;
/// On a mapping: one of its keys is `<<`.
pub(crate) const MERGES: u8 = 1 << 4;
/// On a mapping: two of its keys may be the same, or one may have no name.
pub(crate) const DOUBTFUL: u8 = 1 << 5;

/// Too many children for [`Slot::few`]: they have to be counted.
pub(crate) const MANY: u8 = u8::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotKind {
    Scalar,
    Mapping,
    Sequence,
    Alias,
}

/// One node.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Slot {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Of a collection: the node behind its last descendant. Of a leaf: its parent.
    pub(crate) link: u32,
    /// Of a collection: its parent. Of a scalar: the length of its text where it stands in the source, behind the
    /// quote that it begins with; else its number among the cooked texts. Of an alias: its target.
    pub(crate) a: u32,
    pub(crate) kind: SlotKind,
    pub(crate) style: Style,
    pub(crate) flags: u8,
    /// Of a collection: the number of children, or [`MANY`].
    pub(crate) few: u8,
}

const _: () = assert!(size_of::<Slot>() == 20);

impl Slot {
    pub(crate) fn is_collection(&self) -> bool {
        matches!(self.kind, SlotKind::Mapping | SlotKind::Sequence)
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(crate) fn parent(&self) -> u32 {
        if self.is_collection() { self.a } else { self.link }
    }

    /// The index behind the subtree of the node at `index`.
    pub(crate) fn next(&self, index: u32) -> u32 {
        if self.is_collection() { self.link } else { index.saturating_add(1) }
    }

    /// Where the text of a scalar stands in the source; none where it does not stand there as it is.
    pub(crate) fn written(&self) -> Option<Span> {
        let begin = self.inner();
        (!self.has(COOKED)).then(|| Span::new(begin, begin.saturating_add(self.a)))
    }

    /// Where the text of a scalar begins that stands in the source as it is.
    pub(crate) fn inner(&self) -> u32 {
        let quoted = matches!(self.style, Style::SingleQuoted | Style::DoubleQuoted);
        self.start.saturating_add(u32::from(quoted))
    }

    pub(crate) fn target(&self) -> u32 {
        self.a
    }

    pub(crate) fn span(&self) -> Span {
        Span::new(self.start, self.end)
    }
}

/// Tag and anchor of a node; few nodes have any.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Property {
    pub(crate) node: u32,
    pub(crate) tag: Option<Box<str>>,
    pub(crate) tag_span: Span,
    pub(crate) anchor: Option<Box<str>>,
    pub(crate) anchor_span: Span,
    /// What `!!binary` holds.
    pub(crate) decoded: Option<Box<str>>,
}

/// A finished document without the text it belongs to.
#[derive(PartialEq)]
pub(crate) struct Finished {
    pub(crate) span: Span,
    pub(crate) slots: Box<[Slot]>,
    pub(crate) cooked: Box<str>,
    /// Where each cooked text ends.
    pub(crate) cooked_ends: Box<[u32]>,
    pub(crate) comments: Box<[Comment]>,
    pub(crate) properties: Box<[Property]>,
    pub(crate) partial: bool,
    pub(crate) aliases: bool,
    pub(crate) merges: bool,
    /// The keys of a mapping have to be compared: one is [`DOUBTFUL`].
    pub(crate) doubtful: bool,
    /// The most collections in each other.
    pub(crate) deepest: u32,
}

/// A problem in a document of the same chunk.
pub(crate) struct Failure {
    pub(crate) problem: Failed,
    pub(crate) at: u32,
    /// The end of the last node before it: where to look for what was opened and not closed.
    pub(crate) after: u32,
    /// The outermost flow collection that is open.
    pub(crate) bracket: Option<u32>,
    pub(crate) document: usize,
}

impl Failure {
    /// Whether the parser found a quoted scalar open on a line where it may not be.
    pub(crate) fn is_about_quotes(&self) -> bool {
        matches!(self.problem, Failed::Syntax(Problem::UnclosedQuote | Problem::Tab))
    }
}

/// What failed: the parser, or a check of ours.
pub(crate) enum Failed {
    Syntax(Problem),
    UnknownAnchor(Span),
    /// An alias inside the node it refers to.
    EndlessAlias(Span),
    TooLarge,
}

impl Finished {
    /// A document of which nothing could be read.
    pub(crate) fn broken() -> Finished {
        Finished {
            span: Span::default(),
            slots: Box::default(),
            cooked: Box::default(),
            cooked_ends: Box::default(),
            comments: Box::default(),
            properties: Box::default(),
            partial: true,
            aliases: false,
            merges: false,
            doubtful: true,
            deepest: 0,
        }
    }

    /// A cooked text, by its number.
    pub(crate) fn cooked_text(&self, number: u32) -> &str {
        let end = |number: u32| self.cooked_ends.get(number as usize).copied();
        let begin = number.checked_sub(1).map_or(Some(0), end);
        let range = begin.zip(end(number)).map(|(begin, end)| begin as usize..end as usize);
        range.and_then(|range| self.cooked.get(range)).unwrap_or_default()
    }

    pub(crate) fn into_document(self, text: SourceText) -> Document {
        Document::new(text, self)
    }
}
