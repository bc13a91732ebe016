//! Bytes that remember where they came from: what a template writes and what a string value holds.
//!
//! A [`Text`] is immutable and cheap to clone; a [`TextBuf`] builds one. Strings are bytes, as in Go; nothing here
//! assumes UTF-8. Deliberately absent: what the origins mean (see [`crate::origin`]).

use crate::origin::{OriginId, OriginTable};
use std::rc::Rc;

/// A run of bytes with one origin; it begins where the run before it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// One past the last byte of the run, counted from the beginning of the text.
    pub end: u32,
    /// Where the run came from.
    pub origin: OriginId,
}

#[derive(Clone, Debug)]
struct Inner {
    bytes: Vec<u8>,
    segments: Vec<Segment>,
}

/// The origins behind the bytes `start..end` of a text with these runs, and how many of the bytes each has: those
/// of what is written there, and (with 0 bytes) those of values that are empty there and of what decided that
/// something is *not* written there.
///
/// What is absent counts where it would stand inside the range. Whole lines that are absent count only in a
/// range that is made of `lines` itself, like a block scalar: after a plain scalar they would be another field.
pub fn evidence(
    segments: &[Segment],
    table: &OriginTable,
    start: u32,
    end: u32,
    lines: bool,
) -> Vec<(OriginId, u32)> {
    let mut out: Vec<(OriginId, u32)> = Vec::new();
    let mut at = segments.partition_point(|s| s.end < start);
    let mut before = at.checked_sub(1).and_then(|i| segments.get(i)).map_or(0, |s| s.end);
    while let Some(segment) = segments.get(at) {
        if before > end {
            break;
        }
        let length = segment.end.min(end).saturating_sub(before.max(start));
        let counts = if segment.end == before {
            before >= start && (lines || table.absence(segment.origin) != Some(true))
        } else {
            length > 0 || start == end && segment.end >= end
        };
        if counts {
            match out.iter_mut().find(|(origin, _)| *origin == segment.origin) {
                Some((_, bytes)) => *bytes += length,
                None => out.push((segment.origin, length)),
            }
        }
        before = segment.end;
        at += 1;
    }
    out
}

/// The origins of whole lines that are absent between two offsets of a text with these runs: an item of a list that
/// would stand there would move those that follow.
pub fn absent_lines(
    segments: &[Segment],
    table: &OriginTable,
    from: u32,
    to: u32,
) -> impl Iterator<Item = OriginId> {
    let first = segments.partition_point(|segment| segment.end < from);
    let between = segments.iter().skip(first).take_while(move |segment| segment.end <= to);
    between.map(|segment| segment.origin).filter(|origin| table.absence(*origin) == Some(true))
}

/// An immutable byte string whose every byte has an origin.
#[derive(Clone, Debug)]
pub struct Text(Rc<Inner>);

impl Text {
    /// A text of one origin.
    pub fn new(bytes: impl Into<Vec<u8>>, origin: OriginId) -> Text {
        let bytes = bytes.into();
        let segments = match (bytes.len(), origin.is_none()) {
            (0, true) => Vec::new(),
            (n, _) => vec![Segment { end: n as u32, origin }],
        };
        Text(Rc::new(Inner { bytes, segments }))
    }
    /// The empty text.
    pub fn empty() -> Text {
        Text::new(Vec::new(), OriginId::NONE)
    }
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.bytes.len()
    }
    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.0.bytes.is_empty()
    }
    /// The bytes as UTF-8, invalid ones replaced.
    pub fn to_str_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0.bytes)
    }
    /// The runs, in order. An empty run is a mark: something decided that nothing was written there. An empty text
    /// may keep one empty run, so that an empty value still has an origin.
    pub fn segments(&self) -> &[Segment] {
        &self.0.segments
    }
    /// The origin of the byte at `offset`.
    pub fn origin_at(&self, offset: usize) -> OriginId {
        let at = self.0.segments.partition_point(|s| s.end as usize <= offset);
        self.0.segments.get(at).or(self.0.segments.last()).map_or(OriginId::NONE, |s| s.origin)
    }
    /// The union of all origins: for functions that mix their input.
    pub fn origin(&self, table: &mut OriginTable) -> OriginId {
        self.0.segments.iter().fold(OriginId::NONE, |a, s| table.union(a, s.origin))
    }
    /// The same bytes, all of one origin.
    pub fn with_origin(&self, origin: OriginId) -> Text {
        Text::new(self.0.bytes.clone(), origin)
    }
    /// The same bytes, each origin marked as depending on the test of `by`.
    pub fn tested(mut self, by: OriginId, table: &mut OriginTable) -> Text {
        self.mark_tested(by, table);
        self
    }
    /// As [`Text::tested`]. The bytes stay where they are, unless somebody else holds them too.
    pub(crate) fn mark_tested(&mut self, by: OriginId, table: &mut OriginTable) {
        if by.is_none() {
            return;
        }
        if self.is_empty() {
            let base = self.origin(table);
            *self = Text::new(Vec::new(), table.tested(base, by));
            return;
        }
        let segments = &mut Rc::make_mut(&mut self.0).segments;
        segments.iter_mut().for_each(|segment| segment.origin = table.tested(segment.origin, by));
        segments.dedup_by(|segment, before| {
            let same = segment.origin == before.origin;
            if same {
                before.end = segment.end;
            }
            same
        });
    }
    /// As [`Text::tested`], for a text that nobody marks again.
    pub(crate) fn tested_once(mut self, by: OriginId, table: &mut OriginTable) -> Text {
        if by.is_none() || self.is_empty() {
            return self.tested(by, table);
        }
        // Origins are mostly in the order in which they were made: one beyond all before it was not seen yet.
        let mut highest = OriginId::NONE;
        for Segment { origin, .. } in &mut Rc::make_mut(&mut self.0).segments {
            let new = *origin > highest;
            highest = highest.max(*origin);
            *origin = if new { table.tested_anew(*origin, by) } else { table.tested(*origin, by) };
        }
        self
    }
    /// The bytes from `start` to `end`, with their origins.
    pub fn slice(&self, start: usize, end: usize) -> Text {
        let mut out = TextBuf::with_capacity(end.saturating_sub(start));
        out.push_slice(self, start, end);
        let text = out.finish();
        if text.is_empty() && !self.0.segments.is_empty() {
            return Text::new(Vec::new(), self.origin_at(start));
        }
        text
    }
    /// The bytes and their runs, without a copy where nobody else has the text.
    pub fn into_parts(self) -> (Vec<u8>, Vec<Segment>) {
        let Inner { bytes, segments } = Rc::unwrap_or_clone(self.0);
        (bytes, segments)
    }
    /// Runs of bytes with their origin.
    pub fn runs(&self) -> impl Iterator<Item = (&[u8], OriginId)> {
        let mut start = 0usize;
        self.0.segments.iter().map(move |s| {
            let run = self.0.bytes.get(start..s.end as usize).unwrap_or_default();
            start = s.end as usize;
            (run, s.origin)
        })
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.0.bytes == other.0.bytes
    }
}
impl Eq for Text {}

/// Builds a [`Text`]; adjacent runs of one origin become one.
#[derive(Clone, Debug, Default)]
pub struct TextBuf {
    bytes: Vec<u8>,
    segments: Vec<Segment>,
}

impl TextBuf {
    /// An empty buffer.
    pub fn new() -> TextBuf {
        TextBuf::default()
    }
    /// An empty buffer with room.
    pub fn with_capacity(bytes: usize) -> TextBuf {
        TextBuf { bytes: Vec::with_capacity(bytes), segments: Vec::new() }
    }
    /// Appends bytes of one origin.
    pub fn push(&mut self, bytes: &[u8], origin: OriginId) {
        if bytes.is_empty() {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len() as u32;
        match self.segments.last_mut() {
            Some(last) if last.origin == origin => last.end = end,
            _ => self.segments.push(Segment { end, origin }),
        }
    }
    /// Appends bytes that are runs themselves: `lines` tells where each ends, counted so that `offset` is the first
    /// byte.
    pub(crate) fn push_lines(&mut self, bytes: &[u8], offset: u32, lines: &[(u32, OriginId)]) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        for (end, origin) in lines {
            let end = start + end.saturating_sub(offset);
            match self.segments.last_mut() {
                Some(last) if last.origin == *origin => last.end = end,
                _ => self.segments.push(Segment { end, origin: *origin }),
            }
        }
    }
    /// Remembers that something here decided that nothing was written (see [`OriginTable::absent`]).
    pub fn mark(&mut self, origin: OriginId) {
        let end = self.bytes.len() as u32;
        match self.segments.last() {
            _ if origin.is_none() => {}
            Some(last) if last.origin == origin && last.end == end => {}
            _ => self.segments.push(Segment { end, origin }),
        }
    }
    /// Appends a whole text, with its marks.
    pub fn push_text(&mut self, text: &Text) {
        self.push_slice(text, 0, text.len());
    }
    /// Appends bytes `start..end` of a text, with the marks at and between them.
    pub fn push_slice(&mut self, text: &Text, start: usize, end: usize) {
        let segments = text.segments();
        let mut at = segments.partition_point(|s| (s.end as usize) < start);
        let mut before = at.checked_sub(1).and_then(|i| segments.get(i)).map_or(0, |s| s.end as usize);
        let mut from = start;
        while let Some(segment) = segments.get(at) {
            let to = segment.end as usize;
            if before > end || before == end && to > before {
                break;
            }
            if to == before {
                self.mark(segment.origin);
            } else if to > from {
                let to = to.min(end);
                self.push(text.bytes().get(from..to).unwrap_or_default(), segment.origin);
                from = to;
            }
            before = to;
            at += 1;
        }
        if from < end {
            self.push(text.bytes().get(from..end).unwrap_or_default(), OriginId::NONE);
        }
    }
    /// The number of bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
    /// Whether there is no byte yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// The text.
    pub fn finish(self) -> Text {
        Text(Rc::new(Inner { bytes: self.bytes, segments: self.segments }))
    }
}
