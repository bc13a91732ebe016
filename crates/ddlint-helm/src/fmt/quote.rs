//! Go's quoted strings: `strconv.Quote` and its inverse.
//!
//! Deliberately absent: quoting rules of YAML and JSON.

use crate::template::decode;
use std::borrow::Cow;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Go's `unicode.IsPrint`.
pub(crate) fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    use GeneralCategoryGroup::{Letter, Mark, Number, Punctuation, Symbol};
    matches!(c.general_category_group(), Letter | Mark | Number | Punctuation | Symbol)
}

/// `strconv.Quote`, `%q`.
pub(crate) fn quote(bytes: &[u8]) -> String {
    quote_with(bytes, '"', false)
}

/// `strconv.Quote` or, with `ascii`, `strconv.QuoteToASCII`; `mark` is the quotation mark.
pub(crate) fn quote_with(bytes: &[u8], mark: char, ascii: bool) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push(mark);
    let mut rest = bytes;
    while let Some((c, width)) = decode(rest) {
        if c == char::REPLACEMENT_CHARACTER && width == 1 {
            out.push_str(&format!("\\x{:02x}", rest.first().copied().unwrap_or_default()));
        } else {
            push_escaped(&mut out, c, mark, ascii);
        }
        rest = rest.get(width..).unwrap_or_default();
    }
    out.push(mark);
    out
}

fn push_escaped(out: &mut String, c: char, mark: char, ascii: bool) {
    match c {
        c if c == mark || c == '\\' => {
            out.push('\\');
            out.push(c);
        }
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if c.is_ascii() && is_print(c) => out.push(c),
        c if !ascii && is_print(c) => out.push(c),
        c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
        c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", c as u32)),
        c => out.push_str(&format!("\\U{:08x}", c as u32)),
    }
}

/// `strconv.Unquote` of a string literal with its marks (`"…"` or `` `…` ``). None: `invalid syntax`.
pub(crate) fn unquote(literal: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (&mark, rest) = literal.split_first()?;
    let (&last, body) = rest.split_last()?;
    if last != mark {
        return None;
    }
    match mark {
        b'`' => match memchr::memchr2(b'`', b'\r', body) {
            None => Some(Cow::Borrowed(body)),
            Some(_) if body.contains(&b'`') => None,
            Some(_) => Some(body.iter().copied().filter(|b| *b != b'\r').collect::<Vec<u8>>().into()),
        },
        // What has no escapes is its own text, whatever its bytes.
        b'"' if memchr::memchr3(b'\\', b'\n', b'"', body).is_none() => Some(Cow::Borrowed(body)),
        b'"' => {
            let mut out = Vec::with_capacity(body.len());
            let mut rest = body;
            while !rest.is_empty() {
                let (unit, tail) = unquote_char(rest, b'"')?;
                match unit {
                    Unit::Byte(b) => out.push(b),
                    Unit::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                rest = tail;
            }
            Some(Cow::Owned(out))
        }
        _ => None,
    }
}

/// What an escape stands for.
pub(crate) enum Unit {
    /// A byte that need not be a character.
    Byte(u8),
    /// A character.
    Char(char),
}

/// The first character or escape of the inside of a literal, and what follows it.
pub(crate) fn unquote_char(text: &[u8], mark: u8) -> Option<(Unit, &[u8])> {
    let (&first, tail) = text.split_first()?;
    if first == mark && (mark == b'\'' || mark == b'"') || first == b'\n' {
        return None;
    }
    if first != b'\\' {
        let (c, width) = decode(text)?;
        let unit =
            if c == char::REPLACEMENT_CHARACTER && width == 1 { Unit::Byte(first) } else { Unit::Char(c) };
        return Some((unit, text.get(width..).unwrap_or_default()));
    }
    let (&escape, tail) = tail.split_first()?;
    let simple = |c: char| Some((Unit::Char(c), tail));
    match escape {
        b'a' => simple('\u{7}'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'v' => simple('\u{b}'),
        b'\\' => simple('\\'),
        b'\'' | b'"' if escape == mark => simple(escape as char),
        b'x' | b'u' | b'U' => {
            let count = match escape {
                b'x' => 2,
                b'u' => 4,
                _ => 8,
            };
            let digits = std::str::from_utf8(tail.get(..count)?).ok()?;
            if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            let code = u32::from_str_radix(digits, 16).ok()?;
            let unit =
                if escape == b'x' { Unit::Byte(code as u8) } else { Unit::Char(char::from_u32(code)?) };
            Some((unit, tail.get(count..).unwrap_or_default()))
        }
        b'0'..=b'7' => {
            let more = tail.get(..2)?;
            if !more.iter().all(|b| (b'0'..=b'7').contains(b)) {
                return None;
            }
            let code = more.iter().fold(u32::from(escape - b'0'), |n, b| n * 8 + u32::from(b - b'0'));
            Some((Unit::Byte(u8::try_from(code).ok()?), tail.get(2..).unwrap_or_default()))
        }
        _ => None,
    }
}
