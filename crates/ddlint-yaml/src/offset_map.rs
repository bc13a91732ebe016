//! From places in a scalar's text to places in the source it is written in.
//!
//! The text and its source are walked side by side, style by style; what is equal letter by letter becomes one
//! piece. Exact for plain, literal, folded and quoted scalars without escapes; a place inside the text of an escape
//! leads to the escape. Deliberately absent: undoing of escapes and folding; the parser did that.

use crate::node::{Node, Style, text_of};
use crate::span::Span;
use crate::tape::SlotKind;

/// A part of the text, and the part of the source that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    cooked: u32,
    cooked_len: u32,
    source: u32,
    source_len: u32,
}

/// Leads offsets in the text of a scalar (see [`Node::text`]) to offsets in the source text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// In order of both sides.
    pieces: Vec<Piece>,
}

impl OffsetMap {
    /// The map of a scalar; without pieces for other nodes.
    pub(crate) fn of(node: Node<'_>) -> OffsetMap {
        let Some(slot) = node.slot().filter(|slot| slot.kind == SlotKind::Scalar) else {
            return OffsetMap::default();
        };
        let document = node.document();
        let cooked = text_of(document, slot);
        let mut walk = Walk { cooked: cooked.as_bytes(), at: 0, pieces: Vec::new() };
        if let Some(Span { start: source, end }) = slot.written() {
            let length = end - source;
            walk.pieces.push(Piece { cooked: 0, cooked_len: length, source, source_len: length });
            return OffsetMap { pieces: walk.pieces };
        }
        let text = document.text().as_bytes();
        let inner = |margin: u32| {
            let (start, end) = (slot.start.saturating_add(margin), slot.end.saturating_sub(margin));
            (text.get(start as usize..end as usize).unwrap_or_default(), start)
        };
        match slot.style {
            Style::DoubleQuoted => walk.flow(inner(1), true, false),
            Style::SingleQuoted => walk.flow(inner(1), false, true),
            Style::Literal | Style::Folded => {
                let body = text.get(slot.start as usize..document.span().end as usize).unwrap_or_default();
                let before = text.get(..slot.start as usize).unwrap_or_default();
                let indent = before.iter().rev().take_while(|&&byte| byte == b' ').count();
                walk.block(body, slot.start, indent);
            }
            _ => walk.flow(inner(0), false, false),
        }
        OffsetMap { pieces: walk.pieces }
    }

    /// The source offset of a byte of the text. The text's end leads to the end of its last byte.
    pub fn to_source(&self, offset: u32) -> u32 {
        let Some(piece) = self.piece(offset) else { return 0 };
        let inside = offset - piece.cooked.min(offset);
        if inside < piece.cooked_len && piece.cooked_len != piece.source_len {
            // Inside the text of an escape.
            return piece.source;
        }
        if inside >= piece.cooked_len { piece.source + piece.source_len } else { piece.source + inside }
    }

    /// The source span of a part of the text.
    pub fn span(&self, span: Span) -> Span {
        let start = self.to_source(span.start);
        if span.is_empty() {
            return Span::empty(start);
        }
        let last = span.end - 1;
        let end = match self.piece(last) {
            Some(piece) if piece.cooked_len == piece.source_len && last - piece.cooked < piece.cooked_len => {
                piece.source + (last - piece.cooked) + 1
            }
            Some(piece) => piece.source + piece.source_len,
            None => start,
        };
        Span::new(start, end.max(start))
    }

    fn piece(&self, offset: u32) -> Option<&Piece> {
        let behind = self.pieces.partition_point(|piece| piece.cooked <= offset);
        self.pieces.get(behind.saturating_sub(1))
    }
}

struct Walk<'a> {
    cooked: &'a [u8],
    at: usize,
    pieces: Vec<Piece>,
}

impl Walk<'_> {
    /// Records that the next `cooked_len` bytes of the text come from the source at `source`.
    fn take(&mut self, cooked_len: usize, source: u32, source_len: usize) {
        let piece = Piece {
            cooked: self.at as u32,
            cooked_len: cooked_len as u32,
            source,
            source_len: source_len as u32,
        };
        self.at += cooked_len;
        if let Some(last) = self.pieces.last_mut()
            && last.cooked_len == last.source_len
            && cooked_len == source_len
            && last.source + last.source_len == source
        {
            last.cooked_len += piece.cooked_len;
            last.source_len += piece.source_len;
            return;
        }
        self.pieces.push(piece);
    }

    fn next_is(&self, byte: u8) -> bool {
        self.cooked.get(self.at) == Some(&byte)
    }

    /// Quoted and plain scalars: escapes, doubled quotes, folded lines.
    fn flow(&mut self, (source, base): (&[u8], u32), escapes: bool, doubled: bool) {
        let mut at = 0;
        while let Some(&byte) = source.get(at) {
            let here = base + at as u32;
            let rest = source.get(at..).unwrap_or_default();
            if escapes && byte == b'\\' {
                let length = escape_length(rest);
                let line_break = matches!(rest.get(1), Some(b'\n' | b'\r'));
                let produced = if line_break { 0 } else { character_length(self.cooked.get(self.at)) };
                self.take(produced, here, length);
                at += length;
            } else if doubled && byte == b'\'' {
                self.take(1, here, 2);
                at += 2;
            } else if let Some((length, breaks)) = fold(rest) {
                // One break is a space; of more, the first is dropped.
                let produced = if breaks == 1 { 1 } else { breaks - 1 };
                self.take(produced, here, length);
                at += length;
            } else {
                self.take(1, here, 1);
                at += 1;
            }
        }
    }

    /// Literal and folded scalars, line by line. `source` begins with the first letter of the text.
    fn block(&mut self, source: &[u8], base: u32, indent: usize) {
        // Blank lines before the first letter.
        while self.next_is(b'\n') && !matches!(source.first(), Some(b'\n' | b'\r')) {
            self.take(1, base, 0);
        }
        let mut at = 0;
        let mut first = true;
        while self.at < self.cooked.len() && at < source.len() {
            let rest = source.get(at..).unwrap_or_default();
            let line_length = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1);
            let line = rest.get(..line_length).unwrap_or_default();
            let content = line.strip_suffix(b"\n").unwrap_or(line);
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            let blanks = content.iter().take_while(|&&byte| byte == b' ').count();
            let skip = if first { 0 } else { blanks.min(indent) };
            first = false;
            let written = content.get(skip..).unwrap_or_default();
            if !written.is_empty() {
                // What folding left of the breaks before this line.
                if !self.continues(written) && self.next_is(b' ') {
                    self.take(1, base + at as u32, 0);
                }
                self.take(
                    written.len().min(self.cooked.len() - self.at),
                    base + (at + skip) as u32,
                    written.len(),
                );
            }
            if self.next_is(b'\n') {
                self.take(1, base + (at + content.len()) as u32, line_length - content.len());
            }
            at += line_length;
        }
    }

    fn continues(&self, written: &[u8]) -> bool {
        self.cooked.get(self.at..).is_some_and(|rest| rest.starts_with(written))
    }
}

/// The length of a fold at this place, white space included, and the number of line breaks in it.
fn fold(rest: &[u8]) -> Option<(usize, usize)> {
    let length = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    let blank = rest.get(..length)?;
    let breaks = blank.iter().filter(|&&byte| byte == b'\n').count();
    (breaks > 0).then_some((length, breaks))
}

/// The length of an escape in the source. An escaped line break takes the indentation of the next line with it.
fn escape_length(rest: &[u8]) -> usize {
    let length = match rest.get(1) {
        Some(b'x') => 4,
        Some(b'u') => {
            // A surrogate pair is one letter.
            let high = rest.get(2).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'd'))
                && rest.get(3).is_some_and(|byte| b"89abAB".contains(byte))
                && rest.get(6..8) == Some(b"\\u");
            if high { 12 } else { 6 }
        }
        Some(b'U') => 10,
        Some(b'\n' | b'\r') => {
            1 + rest.iter().skip(1).take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
        }
        _ => 2,
    };
    length.min(rest.len())
}

/// The number of bytes of the UTF-8 letter that begins so.
fn character_length(first: Option<&u8>) -> usize {
    match first {
        None => 0,
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        Some(0xc0..) => 2,
        Some(_) => 1,
    }
}
