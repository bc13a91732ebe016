//! Values: plain, quoted and block scalars, and flow collections on one line.
//!
//! Deliberately absent: keys and dashes; they are the reader's own.

use std::borrow::Cow;

use super::{DEPTH, Known, Reader, span};
use crate::events::{Properties, Sink, Text};
use crate::node::Style;

/// How a plain scalar's line ends.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stop {
    /// At a colon that makes it a key.
    Key(usize),
    /// At a comment.
    Comment(usize),
    /// At the end of the line.
    Line(usize),
}

/// What may end the line of a plain scalar.
const MAY_STOP: [bool; 256] = {
    let mut table = [false; 256];
    table[b'\n' as usize] = true;
    table[b':' as usize] = true;
    table[b'#' as usize] = true;
    table[b'\t' as usize] = true;
    table
};

impl<S: Sink> Reader<'_, '_, S> {
    /// A scalar whose text is another than what is written.
    pub(super) fn cooked(&mut self, start: usize, end: usize, text: &str, style: Style) {
        self.last = end;
        self.sink.scalar(span(start, end), Text::Cooked(Cow::Borrowed(text)), style, Properties::default());
    }

    /// A scalar whose text is what is written, between the quotes if it has any.
    pub(super) fn written(&mut self, start: usize, end: usize, style: Style) {
        self.last = end;
        self.sink.written(span(start, end), style);
    }

    /// Whether a plain scalar begins so.
    pub(super) fn may_begin_plain(&self, at: usize, first: u8) -> Known {
        let fits = match first {
            b'-' => !self.ends(at + 1) && self.byte(at + 1) != Some(b'\t'),
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>'
            | b'\'' | b'"' | b'%' | b'@' | b'`' | b'\t' => false,
            _ => true,
        };
        fits.then_some(())
    }

    /// The part of a plain scalar that stands on one line: its end and what ends it.
    pub(super) fn plain_line(&self, start: usize) -> Known<(usize, Stop)> {
        let mut at = start;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let mut stop = None;
        for (place, &byte) in rest.iter().enumerate() {
            if !MAY_STOP[usize::from(byte)] {
                continue;
            }
            at = start + place;
            stop = match byte {
                b'\n' => Some(Stop::Line(at)),
                b':' if self.ends(at + 1) => Some(Stop::Key(at)),
                b'#' if at > start && self.byte(at - 1) == Some(b' ') => Some(Stop::Comment(at)),
                b'\t' => return None,
                _ => None,
            };
            if stop.is_some() {
                break;
            }
        }
        if stop.is_none() {
            at = self.bytes.len();
        }
        let kept = self.bytes.get(start..at).unwrap_or_default();
        let blanks = kept.iter().rev().take_while(|&&byte| byte == b' ').count();
        Some((at - blanks, stop.unwrap_or(Stop::Line(at))))
    }

    /// A plain scalar, which goes on as long as lines are indented more than its collection.
    pub(super) fn plain(&mut self, start: usize, column: usize) -> Known {
        let (mut end, mut stop) = self.plain_line(start)?;
        let mut folded: Option<String> = None;
        while let Stop::Line(line_end) = stop {
            let (mut next, mut breaks) = (line_end + 1, 1);
            let indent = loop {
                let indent = self.spaces(next);
                match self.byte(next + indent) {
                    Some(b'\n') => {
                        next += indent + 1;
                        breaks += 1;
                    }
                    _ => break indent,
                }
            };
            let begin = next + indent;
            match self.byte(begin) {
                None | Some(b'#') => break,
                Some(_) if indent <= column => break,
                Some(b'\t' | b'?' | b':') => return None,
                Some(_) => {}
            }
            let text = folded.get_or_insert_with(|| self.text.get(start..end).unwrap_or("").to_string());
            match breaks {
                1 => text.push(' '),
                more => text.extend(std::iter::repeat_n('\n', more - 1)),
            }
            let (to, then) = self.plain_line(begin)?;
            text.push_str(self.text.get(begin..to).unwrap_or(""));
            (end, stop) = (to, then);
        }
        match folded {
            Some(text) => self.cooked(start, end, &text, Style::Plain),
            None => self.written(start, end, Style::Plain),
        }
        self.answer();
        match stop {
            Stop::Key(_) => return None,
            Stop::Comment(at) => self.comment(at),
            Stop::Line(at) => self.at = at + 1,
        }
        Some(())
    }

    /// The byte behind the closing quote, on the same line.
    pub(super) fn quoted_end(&self, start: usize, quote: u8) -> Known<usize> {
        let mut at = start + 1;
        loop {
            match self.byte(at)? {
                b'\n' | b'\t' => return None,
                b'\\' if quote == b'"' => at += 2,
                byte if byte == quote => {
                    if quote == b'\'' && self.byte(at + 1) == Some(b'\'') {
                        at += 2;
                    } else {
                        return Some(at + 1);
                    }
                }
                _ => at += 1,
            }
        }
    }

    pub(super) fn quoted(&mut self, start: usize, end: usize, quote: u8) -> Known {
        let inner = self.slice(start + 1, end - 1);
        if quote == b'\'' {
            match inner.contains('\'') {
                true => self.cooked(start, end, &inner.replace("''", "'"), Style::SingleQuoted),
                false => self.written(start, end, Style::SingleQuoted),
            }
            return Some(());
        }
        if inner.contains('\\') {
            let mut out = String::with_capacity(inner.len());
            let mut rest = inner;
            while let Some((before, behind)) = rest.split_once('\\') {
                out.push_str(before);
                let mut letters = behind.chars();
                out.push(match letters.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    letter @ ('"' | '\\') => letter,
                    _ => return None,
                });
                rest = letters.as_str();
            }
            out.push_str(rest);
            self.cooked(start, end, &out, Style::DoubleQuoted);
        } else {
            self.written(start, end, Style::DoubleQuoted);
        }
        Some(())
    }

    /// A quoted scalar of several lines, each indented more than its collection; the byte behind its closing quote.
    pub(super) fn quoted_lines(&mut self, start: usize, column: usize, quote: u8) -> Known<usize> {
        let mut text = String::new();
        // White space before a line break is not kept; what is before `kept`, is.
        let (mut at, mut from, mut kept) = (start + 1, start + 1, 0);
        loop {
            let byte = self.byte(at)?;
            if !matches!(byte, b'\n' | b'\t' | b'\\' | b'"' | b'\'') {
                at += 1;
                continue;
            }
            match byte {
                b'\t' => return None,
                b'\\' if quote == b'"' => {
                    text.push_str(self.slice(from, at));
                    match self.byte(at + 1)? {
                        b'n' => text.push('\n'),
                        b't' => text.push('\t'),
                        b'r' => text.push('\r'),
                        byte @ (b'"' | b'\\' | b' ') => text.push(byte.into()),
                        b'\n' => {
                            let indent = self.spaces(at + 2);
                            if indent <= column || matches!(self.byte(at + 2 + indent)?, b'\n' | b'\t') {
                                return None;
                            }
                            at += indent;
                        }
                        _ => return None,
                    }
                    at += 2;
                    (from, kept) = (at, text.len());
                }
                b'\n' => {
                    text.push_str(self.slice(from, at));
                    let trimmed = text.trim_end_matches(' ').len().max(kept);
                    text.truncate(trimmed);
                    let mut breaks = 0;
                    while self.byte(at)? == b'\n' {
                        breaks += 1;
                        let indent = self.spaces(at + 1);
                        at += 1 + indent;
                        if indent <= column && self.byte(at)? != b'\n' {
                            return None;
                        }
                    }
                    match breaks {
                        1 => text.push(' '),
                        more => text.extend(std::iter::repeat_n('\n', more - 1)),
                    }
                    (from, kept) = (at, text.len());
                }
                byte if byte == quote => {
                    text.push_str(self.slice(from, at));
                    at += 1;
                    if quote == b'"' || self.byte(at) != Some(b'\'') {
                        break;
                    }
                    (from, at) = (at, at + 1);
                }
                _ => at += 1,
            }
        }
        let style = if quote == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted };
        self.cooked(start, at, &text, style);
        Some(at)
    }

    /// A flow collection on one line; the byte behind its closing bracket.
    pub(super) fn flow(&mut self, start: usize, depth: usize) -> Known<usize> {
        let mapping = self.byte(start)? == b'{';
        let closing = if mapping { b'}' } else { b']' };
        if depth >= DEPTH {
            return None;
        }
        self.sink.start_collection(span(start, start + 1), mapping, Style::Flow, Properties::default());
        let mut at = start + 1 + self.spaces(start + 1);
        if self.byte(at)? != closing {
            loop {
                if mapping {
                    at = self.flow_scalar(at)?;
                    at += self.spaces(at);
                    if self.byte(at)? != b':' || self.byte(at + 1)? != b' ' {
                        return None;
                    }
                    at += 1 + self.spaces(at + 1);
                }
                at = match self.byte(at)? {
                    b'[' | b'{' => self.flow(at, depth + 1)?,
                    _ => self.flow_scalar(at)?,
                };
                at += self.spaces(at);
                match self.byte(at)? {
                    b',' => at += 1 + self.spaces(at + 1),
                    byte if byte == closing => break,
                    _ => return None,
                }
            }
        }
        self.sink.end_collection(span(at, at + 1));
        Some(at + 1)
    }

    fn flow_scalar(&mut self, start: usize) -> Known<usize> {
        let first = self.byte(start)?;
        if matches!(first, b'"' | b'\'') {
            let end = self.quoted_end(start, first)?;
            self.quoted(start, end, first)?;
            return Some(end);
        }
        let plain = match first {
            b'-' => self.byte(start + 1)?.is_ascii_alphanumeric(),
            b'_' | b'/' | b'.' | b'$' | b'~' => true,
            _ => first.is_ascii_alphanumeric(),
        };
        if !plain {
            return None;
        }
        let mut at = start;
        loop {
            match self.byte(at)? {
                b',' | b']' | b'}' => break,
                b':' if self.byte(at + 1)? == b' ' => break,
                b':' if self.byte(at + 1)?.is_ascii_alphanumeric() || self.byte(at + 1)? == b'/' => at += 1,
                b'\n' | b'\t' | b':' | b'#' | b'[' | b'{' | b'"' | b'\'' => return None,
                _ => at += 1,
            }
        }
        let end = start + self.slice(start, at).trim_end_matches(' ').len();
        self.written(start, end, Style::Plain);
        Some(end)
    }

    /// A block scalar, in a collection of this column.
    pub(super) fn block(&mut self, header: usize, column: usize, style: Style) -> Known {
        let chomp = self.byte(header + 1).filter(|byte| matches!(byte, b'+' | b'-'));
        self.end_of_line(header + 1 + usize::from(chomp.is_some()))?;
        let (mut breaks, mut widest) = (0, 0);
        let indent = loop {
            let indent = self.spaces(self.at);
            match self.byte(self.at + indent)? {
                b'\n' => {
                    breaks += 1;
                    widest = widest.max(indent);
                    self.at += indent + 1;
                }
                b'\t' => return None,
                _ => break indent,
            }
        };
        if indent <= column || widest > indent {
            return None;
        }
        let start = self.at + indent;
        let mut text = std::mem::take(&mut self.buffer);
        text.clear();
        // Whether a line break stands before the line, and whether the line before begins with white space.
        let (mut broken, mut blank_before) = (false, false);
        while self.at < self.bytes.len() {
            let spaces = self.spaces(self.at);
            let first = self.byte(self.at + spaces)?;
            if first == b'\n' && spaces <= indent {
                breaks += 1;
                self.at += spaces + 1;
                continue;
            }
            if spaces < indent {
                break;
            }
            let blank = spaces > indent || first == b'\t';
            if style == Style::Folded && broken && !blank_before && !blank {
                if breaks == 0 {
                    text.push(' ');
                }
            } else if broken {
                text.push('\n');
            }
            text.extend(std::iter::repeat_n('\n', breaks));
            (breaks, blank_before) = (0, blank);
            let end = self.line_end(self.at);
            text.push_str(self.slice(self.at + indent, end));
            broken = true;
            self.at = end + 1;
        }
        if chomp != Some(b'-') {
            text.push('\n');
        }
        if chomp == Some(b'+') {
            text.extend(std::iter::repeat_n('\n', breaks));
        }
        let end = self.at.min(self.bytes.len());
        self.cooked(start, end, &text, style);
        self.buffer = text;
        self.answer();
        Some(())
    }
}
