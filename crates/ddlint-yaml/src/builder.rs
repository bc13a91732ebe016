//! From the events of a chunk to the tapes of its documents.
//!
//! The parser's spans are put right here: block collections end with their last child, lists begin at their first
//! dash, implicit nulls stand behind their colon, block scalars end with their last line of text. Deliberately
//! absent: words for what is wrong; `syntax` finds them.

use std::borrow::Cow;

use crate::document::{Comment, block_header, find_indicator};
use crate::events::{Problem, Properties, Sink, Text};
use crate::keys;
use crate::node::Style;
use crate::repair;
use crate::scalar::decode_base64;
use crate::span::Span;
use crate::tape::{
    COOKED, DOUBTFUL, Failed, Failure, Finished, KEY, MANY, MERGES, MISSING, NONE, PROPERTIES, Property,
    Slot, SlotKind,
};

/// Aliases to nothing that are reported in one document; every one more says nothing new.
const DANGLING: u32 = 100;

/// Builds the tapes of the documents of one chunk. Reused from chunk to chunk so that its buffers stay warm.
pub(crate) struct Builder<'t> {
    text: &'t str,
    /// The chunk's begin in the text: what the events' spans count from.
    base: u32,
    chunk_end: u32,
    slots: Vec<Slot>,
    open: Vec<Open>,
    cooked: String,
    cooked_ends: Vec<u32>,
    comments: Vec<Comment>,
    properties: Vec<Property>,
    anchors: Vec<u32>,
    /// The end of the node that was closed last, and the begin of the one opened last: what follows is behind it.
    last_end: u32,
    document: Option<OpenDocument>,
    /// The keys of one of its mappings have to be compared.
    doubtful: bool,
    /// The most of its collections in each other so far.
    deepest: u32,
    documents: Vec<Finished>,
    /// How many documents and failures there were before this chunk.
    before: (usize, usize),
    /// Quoted scalars whose lines were joined before the parser saw them.
    joined: Vec<Span>,
    /// How many of them the parser has seen as scalars.
    joined_seen: usize,
    /// The last document of this chunk ended without `...`.
    unmarked_end: bool,
    failures: Vec<Failure>,
}

/// A collection that is open.
#[derive(Clone, Copy)]
struct Open {
    index: u32,
    children: u32,
    mapping: bool,
    /// The looks of its keys so far.
    looks: u64,
}

#[derive(Clone, Copy)]
struct OpenDocument {
    start: u32,
    partial: bool,
    aliases: bool,
    merges: bool,
    /// Aliases to nothing so far.
    dangling: u32,
}

impl<'t> Builder<'t> {
    pub(crate) fn new(text: &'t str) -> Builder<'t> {
        Builder {
            text,
            base: 0,
            chunk_end: 0,
            slots: Vec::new(),
            open: Vec::new(),
            cooked: String::new(),
            cooked_ends: Vec::new(),
            comments: Vec::new(),
            properties: Vec::new(),
            anchors: Vec::new(),
            last_end: 0,
            document: None,
            doubtful: false,
            deepest: 0,
            documents: Vec::new(),
            before: (0, 0),
            joined: Vec::new(),
            joined_seen: 0,
            unmarked_end: false,
            failures: Vec::new(),
        }
    }

    /// Begins a chunk of the text.
    pub(crate) fn start_chunk(&mut self, chunk: Span) {
        self.base = chunk.start;
        self.chunk_end = chunk.end;
        self.last_end = chunk.start;
        self.before = (self.documents.len(), self.failures.len());
        self.joined.clear();
        self.joined_seen = 0;
        self.unmarked_end = false;
        self.anchors.clear();
    }

    /// Begins the same chunk again, with these scalars joined.
    pub(crate) fn restart_chunk(&mut self, joined: &[Span]) {
        self.documents.truncate(self.before.0);
        self.failures.truncate(self.before.1);
        self.document = None;
        (self.doubtful, self.deepest) = (false, 0);
        self.slots.clear();
        self.open.clear();
        self.cooked.clear();
        self.cooked_ends.clear();
        self.comments.clear();
        self.properties.clear();
        self.start_chunk(Span::new(self.base, self.chunk_end));
        self.joined.extend_from_slice(joined);
    }

    /// Whether all joined scalars are scalars to the parser, quoted ones.
    pub(crate) fn joined_are_scalars(&self) -> bool {
        self.joined_seen == self.joined.len()
    }

    /// What went wrong in this chunk so far.
    pub(crate) fn chunk_failures(&self) -> &[Failure] {
        self.failures.get(self.before.1..).unwrap_or_default()
    }

    /// Ends a chunk. Comments that no document took go to the last one, or make a document without content.
    pub(crate) fn end_chunk(&mut self) {
        self.finish_document(self.chunk_end);
        if self.comments.is_empty() {
            return;
        }
        if self.documents.len() > self.before.0
            && let Some(last) = self.documents.last_mut()
        {
            last.comments = last.comments.iter().copied().chain(self.comments.drain(..)).collect();
            return;
        }
        self.open_document();
        self.finish_document(self.chunk_end);
    }

    pub(crate) fn into_parts(self) -> (Vec<Finished>, Vec<Failure>) {
        (self.documents, self.failures)
    }

    fn absolute(&self, span: Span) -> Span {
        Span::new(self.base.saturating_add(span.start), self.base.saturating_add(span.end))
    }

    fn finish_document(&mut self, end: u32) {
        while self.close(None) {}
        let Some(document) = self.document.take() else { return };
        self.comments.sort_by_key(|comment| comment.span);
        self.documents.push(Finished {
            span: Span::new(document.start.min(end), end),
            slots: take_exact(&mut self.slots),
            cooked: self.cooked.as_str().into(),
            cooked_ends: take_exact(&mut self.cooked_ends),
            comments: take_exact(&mut self.comments),
            properties: std::mem::take(&mut self.properties).into_boxed_slice(),
            partial: document.partial,
            aliases: document.aliases,
            merges: document.merges,
            doubtful: std::mem::take(&mut self.doubtful),
            deepest: std::mem::take(&mut self.deepest),
        });
        self.cooked.clear();
    }

    fn open_document(&mut self) -> &mut OpenDocument {
        let start = self.last_end;
        self.end_previous_at(start);
        self.document.get_or_insert_with(|| OpenDocument::at(start))
    }

    /// A broken document ends where the next one of the same chunk begins.
    fn end_previous_at(&mut self, start: u32) {
        if self.document.is_none()
            && let Some(previous) = self.documents.last_mut()
        {
            previous.span.end = previous.span.end.min(start).max(previous.span.start);
        }
    }

    fn fail(&mut self, at: u32, problem: Failed) {
        let after = self.last_end;
        let open = self.open.iter().filter_map(|open| self.slots.get(open.index as usize));
        let bracket = open.into_iter().find(|slot| slot.style == Style::Flow).map(|slot| slot.start);
        let document = match self.documents.last_mut() {
            // Content behind the value of a document that nothing has ended is a part of it.
            Some(previous) if self.document.is_none() && self.unmarked_end => {
                previous.partial = true;
                self.documents.len() - 1
            }
            _ => {
                self.open_document().partial = true;
                self.documents.len()
            }
        };
        self.failures.push(Failure { problem, at, after, bracket, document });
    }

    /// Whether the next node is a mapping's key, and the parent it goes to.
    fn place(&self) -> (u32, bool) {
        let Some(open) = self.open.last() else { return (NONE, false) };
        (open.index, open.mapping && open.children.is_multiple_of(2))
    }

    /// Puts a node on the tape and gives its index.
    fn push(&mut self, slot: Slot, properties: Properties) -> Option<u32> {
        let index = self.push_bare(slot)?;
        if properties.anchor > 0 {
            if self.anchors.len() <= properties.anchor {
                self.anchors.resize(properties.anchor + 1, NONE);
            }
            if let Some(target) = self.anchors.get_mut(properties.anchor) {
                *target = index;
            }
        }
        if properties.anchor > 0 || properties.tag.is_some() {
            if let Some(slot) = self.slots.last_mut() {
                slot.flags |= PROPERTIES;
                if slot.has(KEY) {
                    let mapping = slot.parent();
                    self.doubt(mapping);
                }
            }
            self.push_properties(index, properties);
        }
        Some(index)
    }

    /// Puts a node without properties on the tape. Begins never decrease, so that offsets can be searched for.
    #[inline]
    fn push_bare(&mut self, mut slot: Slot) -> Option<u32> {
        let index = u32::try_from(self.slots.len()).ok().filter(|&index| index < NONE - 1)?;
        let (parent, key) = self.place();
        if slot.is_collection() {
            slot.a = parent;
        } else {
            slot.link = parent;
        }
        slot.start = slot.start.max(self.last_end);
        slot.end = slot.end.max(slot.start);
        if let Some(open) = self.open.last_mut() {
            open.children += 1;
            if key {
                slot.flags |= KEY;
                let look = keys::look(&slot, self.text);
                let seen = look.is_none_or(|look| open.looks & look != 0);
                open.looks |= look.unwrap_or_default();
                if seen {
                    self.doubt(parent);
                }
            }
        }
        self.last_end = if slot.is_collection() { slot.start } else { slot.end };
        self.slots.push(slot);
        Some(index)
    }

    /// The keys of a mapping have to be compared.
    fn doubt(&mut self, mapping: u32) {
        if let Some(mapping) = self.slots.get_mut(mapping as usize) {
            mapping.flags |= DOUBTFUL;
        }
        self.doubtful = true;
    }

    fn push_properties(&mut self, node: u32, properties: Properties) {
        let (tag, tag_span) = match properties.tag {
            Some((tag, span)) => (Some(tag.into_boxed_str()), self.absolute(span)),
            None => (None, Span::default()),
        };
        self.properties.push(Property {
            node,
            tag,
            tag_span,
            anchor: None,
            anchor_span: Span::default(),
            decoded: None,
        });
    }

    /// Closes the innermost open collection, at the end of its last child or at its closing bracket.
    fn close(&mut self, bracket: Option<Span>) -> bool {
        let Some(open) = self.open.pop() else { return false };
        let next = self.slots.len() as u32;
        let Some(slot) = self.slots.get_mut(open.index as usize) else { return true };
        if open.mapping && !open.children.is_multiple_of(2) {
            // The document broke off behind a key.
            self.open.push(open);
            let missing = self.missing_at(self.last_end);
            self.push(missing, Properties::default());
            return self.close(bracket);
        }
        slot.link = next;
        slot.few = u8::try_from(open.children).unwrap_or(MANY);
        let end = bracket.map_or(self.last_end, |bracket| bracket.end.max(self.last_end));
        slot.end = end.max(slot.start);
        self.last_end = slot.end;
        true
    }

    /// The next node is a `<<`.
    fn merge_key(&mut self) {
        let (parent, key) = self.place();
        if let (true, Some(mapping)) = (key, self.slots.get_mut(parent as usize)) {
            mapping.flags |= MERGES;
            self.open_document().merges = true;
        }
    }

    fn missing_at(&self, at: u32) -> Slot {
        Slot {
            start: at,
            end: at,
            link: 0,
            a: 0,
            kind: SlotKind::Scalar,
            style: Style::Plain,
            flags: MISSING,
            few: 0,
        }
    }

    /// An implicit null stands behind the colon of its key, not before it as the parser says, nor on the next line.
    fn behind_colon(&self, at: u32) -> u32 {
        let (parent, key) = self.place();
        if parent == NONE || key {
            return at;
        }
        let skipped = Span::new(self.last_end, at).slice(self.text);
        let at = if skipped.contains('\n') && skipped.trim().is_empty() { self.last_end } else { at };
        let rest = self.text.as_bytes().get(at as usize..self.chunk_end as usize).unwrap_or_default();
        let blanks = rest.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
        if rest.get(blanks) == Some(&b':') { at.saturating_add(blanks as u32 + 1) } else { at }
    }

    /// Fills in where the text of a scalar lies: in the source when it is written there letter by letter.
    fn store(&mut self, slot: &mut Slot, cooked: &str) -> Option<()> {
        let length = u32::try_from(cooked.len()).ok()?;
        // As `push` will place it.
        slot.start = slot.start.max(self.last_end);
        let inner = slot.inner();
        let end = inner as usize + cooked.len();
        let written =
            self.text.as_bytes().get(inner as usize..end).filter(|_| end <= self.chunk_end as usize);
        // Mostly it is that very piece of the source.
        if written.is_some_and(|it| std::ptr::eq(it, cooked.as_bytes()) || it == cooked.as_bytes()) {
            slot.a = length;
            return Some(());
        }
        let begin = u32::try_from(self.cooked.len()).ok()?;
        slot.a = u32::try_from(self.cooked_ends.len()).ok()?;
        slot.flags |= COOKED;
        self.cooked_ends.push(begin.checked_add(length)?);
        self.cooked.push_str(cooked);
        Some(())
    }

    /// The span of a block scalar: its body without the blank lines behind it, or its header when it has no body.
    fn block_span(&self, span: Span) -> Span {
        let body = span.slice(self.text);
        let trimmed = body.trim_end_matches([' ', '\t', '\n', '\r']);
        let only_header = trimmed.is_empty() || span.start < self.last_end;
        if only_header || trimmed.starts_with(['|', '>']) && span.len() <= 4 && self.is_header(span) {
            return block_header(self.text, self.last_end, span.end).unwrap_or(span);
        }
        Span::new(span.start, span.start + trimmed.len() as u32)
    }

    /// Whether the span begins at the header itself, as the parser says when the text ends there.
    fn is_header(&self, span: Span) -> bool {
        block_header(self.text, self.last_end, span.end).is_some_and(|header| header.start == span.start)
    }
}

impl OpenDocument {
    fn at(start: u32) -> OpenDocument {
        OpenDocument { start, partial: false, aliases: false, merges: false, dangling: 0 }
    }
}

impl Sink for Builder<'_> {
    fn start_document(&mut self, at: u32, marker: Option<Span>) {
        self.finish_document(self.last_end);
        let start = match marker {
            Some(marker) => {
                let end = self.absolute(marker).end;
                let rest = self.text.get(end as usize..self.chunk_end as usize).unwrap_or("");
                let line = rest.split_inclusive('\n').next().unwrap_or("");
                self.last_end = end;
                if line.trim().is_empty() { end + line.len() as u32 } else { end }
            }
            None => self.base.saturating_add(at),
        };
        // What was skipped since the last document belongs to none; an implicit document begins with the chunk.
        let start = if marker.is_none() && self.documents.is_empty() { start.min(self.base) } else { start };
        self.end_previous_at(self.base.saturating_add(at).min(start));
        self.document = Some(OpenDocument::at(start));
    }

    fn end_document(&mut self, marker: Option<Span>) {
        let end = match marker {
            Some(marker) => self.absolute(marker),
            None => Span::empty(self.chunk_end),
        };
        self.finish_document(end.start);
        self.unmarked_end = marker.is_none();
        if marker.is_some() {
            self.last_end = end.end;
        }
    }

    fn comment(&mut self, span: Span) {
        let span = self.absolute(span);
        let before = self.text.get(..span.start as usize).unwrap_or("");
        let line = before.bytes().rev().take_while(|&byte| byte != b'\n' && byte != b'\r');
        let own_line = line.into_iter().all(|byte| byte == b' ' || byte == b'\t');
        self.comments.push(Comment { span, own_line });
    }

    fn written(&mut self, span: Span, style: Style) {
        let at = self.absolute(span);
        let quotes = u32::from(style != Style::Plain);
        let text = Span::new(at.start + quotes, at.end - quotes);
        if !self.joined.is_empty() || at.start < self.last_end {
            let text = Text::Cooked(Cow::Borrowed(text.slice(self.text)));
            return self.scalar(span, text, style, Properties::default());
        }
        let (start, end, a) = (at.start, at.end, text.len());
        let slot = Slot { start, end, link: 0, a, kind: SlotKind::Scalar, style, flags: 0, few: 0 };
        if a == 2 && style == Style::Plain && text.slice(self.text) == "<<" {
            self.merge_key();
        }
        if self.push_bare(slot).is_none() {
            self.fail(start, Failed::TooLarge);
        }
    }

    fn scalar(&mut self, span: Span, text: Text<'_>, style: Style, properties: Properties) {
        let span = self.absolute(span);
        let cooked = match text {
            Text::Missing => {
                if self.open.is_empty() && properties.anchor == 0 && properties.tag.is_none() {
                    return;
                }
                let slot = self.missing_at(self.behind_colon(span.start));
                self.push(slot, properties);
                return;
            }
            Text::Cooked(cooked) => cooked,
        };
        let quoted = matches!(style, Style::SingleQuoted | Style::DoubleQuoted);
        let cooked = match self.joined.iter().find(|joined| quoted && joined.start == span.start) {
            Some(joined) => {
                self.joined_seen += 1;
                repair::decode(joined.slice(self.text)).map_or(cooked, Cow::Owned)
            }
            None => cooked,
        };
        let span = match style {
            Style::Literal | Style::Folded => self.block_span(span),
            _ => span,
        };
        let (start, end) = (span.start, span.end);
        let mut slot = Slot { start, end, link: 0, a: 0, kind: SlotKind::Scalar, style, flags: 0, few: 0 };
        if self.store(&mut slot, &cooked).is_none() {
            return self.fail(span.start, Failed::TooLarge);
        }
        let binary = properties.tag.as_ref().is_some_and(|(tag, _)| tag == "!!binary");
        let merge_tag = properties.tag.as_ref().is_some_and(|(tag, _)| tag == "!!merge");
        if (style == Style::Plain || merge_tag) && cooked == "<<" {
            self.merge_key();
        }
        if self.push(slot, properties).is_none() {
            return self.fail(span.start, Failed::TooLarge);
        }
        if binary && let Some(property) = self.properties.last_mut() {
            property.decoded = decode_base64(&cooked).map(String::into_boxed_str);
        }
    }

    fn start_collection(&mut self, span: Span, mapping: bool, style: Style, properties: Properties) {
        let mut span = self.absolute(span);
        let kind = if mapping { SlotKind::Mapping } else { SlotKind::Sequence };
        let in_mapping = self.open.last().is_some_and(|open| open.mapping);
        if !mapping && style == Style::Block && in_mapping {
            // The parser begins a list that is not indented behind its first `-`.
            let behind = span.start.saturating_add(1).min(self.chunk_end);
            span.start = find_indicator(self.text, self.last_end, behind, b"-").unwrap_or(span.start);
        }
        let (start, end) = (span.start, span.start);
        let slot = Slot { start, end, link: 0, a: 0, kind, style, flags: 0, few: 0 };
        match self.push(slot, properties) {
            Some(index) => {
                self.open.push(Open { index, children: 0, mapping, looks: 0 });
                let depth = self.open.len() as u32;
                self.deepest = self.deepest.max(depth);
            }
            None => self.fail(span.start, Failed::TooLarge),
        }
    }

    fn end_collection(&mut self, span: Span) {
        let flow = self
            .open
            .last()
            .and_then(|open| self.slots.get(open.index as usize))
            .is_some_and(|slot| slot.style == Style::Flow);
        let bracket = self.absolute(span);
        let closes = flow && matches!(bracket.slice(self.text), "}" | "]");
        self.close(closes.then_some(bracket));
    }

    fn alias(&mut self, span: Span, anchor: Option<usize>) {
        let span = self.absolute(span);
        let target = anchor.and_then(|anchor| self.anchors.get(anchor)).copied().unwrap_or(NONE);
        // An alias inside what it refers to would make an endless tree; nothing else can.
        let endless = self.open.binary_search_by_key(&target, |open| open.index).is_ok();
        let target = if endless { NONE } else { target };
        let slot = Slot {
            start: span.start,
            end: span.end,
            link: 0,
            a: target,
            kind: SlotKind::Alias,
            style: Style::Plain,
            flags: 0,
            few: 0,
        };
        let document = self.open_document();
        document.aliases = true;
        document.dangling += u32::from(target == NONE);
        if target == NONE && document.dangling <= DANGLING {
            let problem = if endless { Failed::EndlessAlias(span) } else { Failed::UnknownAnchor(span) };
            self.fail(span.start, problem);
        }
        self.push(slot, Properties::default());
    }

    fn anchor(&mut self, span: Span, name: &str) {
        let span = self.absolute(span);
        if let Some(property) = self.properties.last_mut() {
            property.anchor = Some(name.into());
            property.anchor_span = span;
        }
    }

    fn problem(&mut self, at: u32, problem: Problem) {
        let at = self.base.saturating_add(at);
        self.fail(at, Failed::Syntax(problem));
        self.finish_document(self.chunk_end);
        self.unmarked_end = false;
        self.last_end = at.max(self.last_end);
    }
}

/// The buffer's content in a box of its exact size. A small buffer is kept for the next document.
fn take_exact<T: Copy>(buffer: &mut Vec<T>) -> Box<[T]> {
    const KEEP: usize = 1 << 14;
    if buffer.len() > KEEP {
        return std::mem::take(buffer).into_boxed_slice();
    }
    let exact = Box::from(buffer.as_slice());
    buffer.clear();
    exact
}
