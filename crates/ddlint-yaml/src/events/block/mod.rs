//! The ordinary case, read by hand: block mappings and lists, plain, quoted and block scalars, flow collections on
//! one line, comments. What programs and most people write is nothing else, and goes through here some ten times
//! faster than through a parser for all of YAML.
//!
//! The reader gives up at the first thing that it does not know for sure, and the chunk goes to the parser from its
//! begin; where it does not give up, the sink sees what the parser would have told it. Deliberately absent: errors of
//! any kind, anchors, tags, directives, several documents in one chunk.

mod scalar;

use super::{Properties, Sink, Text};
use crate::node::Style;
use crate::span::Span;
use scalar::Stop;

/// Deeper nesting is the parser's.
const DEPTH: usize = 100;

/// Longer keys are the parser's.
const KEY: usize = 1_000;

/// `None`: this is not for us.
type Known<T = ()> = Option<T>;

/// Reads a chunk. Where the result is `false`, the sink has to forget what it was told.
pub(crate) fn run(chunk: &str, sink: &mut impl Sink) -> bool {
    is_ordinary_text(chunk) && Reader::new(chunk, sink).document().is_some()
}

/// Whether there are no line breaks but `\n`, and nothing that is not printable.
fn is_ordinary_text(text: &str) -> bool {
    let odd = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7f;
    let bytes = text.as_bytes();
    let any = text.bytes().fold(false, |any, byte| any | odd(byte));
    // U+0080 to U+009F, U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF.
    let odd_letter = |at: usize| {
        let next = |by: usize| bytes.get(at + by).copied().unwrap_or_default();
        matches!(
            (bytes.get(at).copied().unwrap_or_default(), next(1), next(2)),
            (0xc2, ..0xa0, _) | (0xe2, 0x80, 0xa8 | 0xa9) | (0xef, 0xbb, 0xbf) | (0xef, 0xbf, 0xbe..)
        )
    };
    !any && (text.is_ascii() || !memchr::memchr3_iter(0xc2, 0xe2, 0xef, bytes).any(odd_letter))
}

/// An open collection.
#[derive(Clone, Copy)]
struct Level {
    column: usize,
    mapping: bool,
    /// A key or a dash stands there and its value does not yet.
    waiting: bool,
}

struct Reader<'t, 's, S> {
    text: &'t str,
    bytes: &'t [u8],
    sink: &'s mut S,
    open: Vec<Level>,
    /// Where the next line to be read begins.
    at: usize,
    /// The end of the last scalar: what is missing, is missing behind it.
    last: usize,
    rooted: bool,
    /// Where the text of a block is put together.
    buffer: String,
}

impl<'t, 's, S: Sink> Reader<'t, 's, S> {
    fn new(text: &'t str, sink: &'s mut S) -> Self {
        Reader {
            text,
            bytes: text.as_bytes(),
            sink,
            open: Vec::new(),
            at: 0,
            last: 0,
            rooted: false,
            buffer: String::new(),
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Whether a word ends here.
    fn ends(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' ' | b'\n'))
    }

    fn spaces(&self, at: usize) -> usize {
        let (words, rest) = self.bytes.get(at..).unwrap_or_default().as_chunks::<8>();
        // Deep indentation is a good part of a manifest.
        for (number, word) in words.iter().enumerate() {
            let other = u64::from_le_bytes(*word) ^ u64::from_le_bytes([b' '; 8]);
            if other != 0 {
                return number * 8 + other.trailing_zeros() as usize / 8;
            }
        }
        words.len() * 8 + rest.iter().take_while(|&&byte| byte == b' ').count()
    }

    /// The end of the line that `at` stands in.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |length| at + length)
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    /// A comment; the next line is behind it.
    fn comment(&mut self, at: usize) {
        let end = self.line_end(at);
        self.sink.comment(span(at, end));
        self.at = end + 1;
    }

    fn document(&mut self) -> Known {
        self.prefix()?;
        while self.at < self.bytes.len() {
            let column = self.spaces(self.at);
            let at = self.at + column;
            match self.byte(at) {
                None => break,
                Some(b'\n') => self.at = at + 1,
                Some(b'#') => self.comment(at),
                Some(_) => {
                    if column == 0 && self.is_marker(at) {
                        return None;
                    }
                    self.settle(at, column)?;
                    self.line(at, column)?;
                }
            }
        }
        while let Some(level) = self.open.last().copied() {
            self.close(level);
        }
        self.rooted.then(|| self.sink.end_document(None))
    }

    /// What stands before the content: comments and the first marker.
    fn prefix(&mut self) -> Known {
        loop {
            let at = self.at + self.spaces(self.at);
            match self.byte(at)? {
                b'\n' => self.at = at + 1,
                b'#' => self.comment(at),
                b'-' if at == self.at && self.bytes.get(at..at + 3) == Some(b"---") && self.ends(at + 3) => {
                    self.sink.start_document(at as u32, Some(span(at, at + 3)));
                    self.last = at + 3;
                    return self.end_of_line(at + 3);
                }
                _ => {
                    self.sink.start_document(0, None);
                    return Some(());
                }
            }
        }
    }

    fn is_marker(&self, at: usize) -> bool {
        let line = self.bytes.get(at..).unwrap_or_default();
        line.starts_with(b"---") || line.starts_with(b"...") || line.starts_with(b"%")
    }

    /// Closes what does not go on in this column.
    fn settle(&mut self, at: usize, column: usize) -> Known {
        let dash = self.byte(at) == Some(b'-') && self.ends(at + 1);
        loop {
            let Some(top) = self.open.last().copied() else {
                return (!self.rooted).then_some(());
            };
            if top.column < column {
                return top.waiting.then_some(());
            }
            if top.column > column {
                self.close(top);
            } else if top.mapping == dash {
                // A list may stand in the column of its key.
                if dash {
                    return top.waiting.then_some(());
                }
                self.close(top);
            } else {
                self.fill(top);
                return Some(());
            }
        }
    }

    /// Gives what waits for a value one that was not written.
    fn fill(&mut self, top: Level) {
        if top.waiting {
            let at = span(self.last, self.last);
            self.sink.scalar(at, Text::Missing, Style::Plain, Properties::default());
            self.answer();
        }
    }

    /// The innermost collection has its value.
    fn answer(&mut self) {
        if let Some(top) = self.open.last_mut() {
            top.waiting = false;
        }
    }

    fn close(&mut self, top: Level) {
        self.fill(top);
        self.open.pop();
        self.sink.end_collection(Span::empty(0));
    }

    fn start(&mut self, at: usize, column: usize, mapping: bool) -> Known {
        if self.open.len() >= DEPTH {
            return None;
        }
        self.answer();
        self.rooted = true;
        self.open.push(Level { column, mapping, waiting: false });
        self.sink.start_collection(span(at, at), mapping, Style::Block, Properties::default());
        Some(())
    }

    /// Whether the innermost collection is of this kind and goes on in this column.
    fn goes_on(&self, column: usize, mapping: bool) -> bool {
        self.open.last().is_some_and(|top| top.column == column && top.mapping == mapping && !top.waiting)
    }

    /// The content of a line, from its first letter on.
    fn line(&mut self, mut at: usize, mut column: usize) -> Known {
        let mut inline = false;
        while self.byte(at) == Some(b'-') && self.ends(at + 1) {
            if !self.goes_on(column, false) {
                self.start(at, column, false)?;
            }
            self.open.last_mut()?.waiting = true;
            let gap = 1 + self.spaces(at + 1);
            if matches!(self.byte(at + gap), None | Some(b'\n' | b'#')) {
                // Where the item stands if it is not written.
                self.last = self.line_end(at);
                return self.end_of_line(at + 1);
            }
            at += gap;
            column += gap;
            inline = true;
        }
        let first = self.byte(at)?;
        let (end, stop) = match first {
            b'"' | b'\'' => {
                // One of several lines can be no key.
                let end = self.quoted_end(at, first).unwrap_or(at);
                let colon = end + self.spaces(end);
                let is_key = end > at && self.byte(colon) == Some(b':') && self.ends(colon + 1);
                (end, if is_key { Stop::Key(colon) } else { Stop::Line(end) })
            }
            b'[' | b'{' | b'|' | b'>' => (at, Stop::Line(at)),
            _ => {
                self.may_begin_plain(at, first)?;
                self.plain_line(at)?
            }
        };
        let Stop::Key(colon) = stop else {
            // A value on a line of its own.
            let top = self.open.last().copied().filter(|top| top.waiting)?;
            if !inline && matches!(first, b'|' | b'>') {
                return None;
            }
            return self.value(at, top.column);
        };
        if !self.goes_on(column, true) {
            // Only a new mapping may begin here: as the root, or as a value that is waited for.
            if self.rooted && !self.open.last()?.waiting {
                return None;
            }
            self.start(at, column, true)?;
        }
        if end - at > KEY {
            return None;
        }
        match first {
            b'"' | b'\'' => self.quoted(at, end, first)?,
            _ => self.written(at, end, Style::Plain),
        }
        self.open.last_mut()?.waiting = true;
        let value = colon + 1 + self.spaces(colon + 1);
        match self.byte(value) {
            None | Some(b'\n' | b'#') => self.end_of_line(colon + 1),
            Some(b'-') if self.ends(value + 1) => None,
            Some(_) => self.value(value, column),
        }
    }

    /// A value that is no block collection, in a collection of this column.
    fn value(&mut self, at: usize, column: usize) -> Known {
        match self.byte(at)? {
            quote @ (b'"' | b'\'') => {
                let end = match self.quoted_end(at, quote) {
                    Some(end) => {
                        self.quoted(at, end, quote)?;
                        end
                    }
                    None => self.quoted_lines(at, column, quote)?,
                };
                self.answer();
                self.end_of_line(end)
            }
            b'[' | b'{' => {
                let end = self.flow(at, 0)?;
                self.answer();
                self.last = end;
                self.end_of_line(end)
            }
            b'|' => self.block(at, column, Style::Literal),
            b'>' => self.block(at, column, Style::Folded),
            first => {
                self.may_begin_plain(at, first)?;
                self.plain(at, column)
            }
        }
    }

    /// The rest of a line: nothing, or a comment.
    fn end_of_line(&mut self, at: usize) -> Known {
        let rest = at + self.spaces(at);
        match self.byte(rest) {
            None => self.at = rest,
            Some(b'\n') => self.at = rest + 1,
            Some(b'#') if rest > at => self.comment(rest),
            Some(_) => return None,
        }
        Some(())
    }
}

/// Offsets fit: a text beyond 4 GiB is turned away before it comes here.
fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}
