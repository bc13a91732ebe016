//! What is left of a value after the trip that sigs.k8s.io/yaml sends it on: Go value → JSON text → read as YAML.
//!
//! The trip is mostly without effect; this module knows the exceptions. Bytes that are no UTF-8 become U+FFFD.
//! U+0085 is a line break for the YAML reader and folds. Control characters that JSON lets pass but YAML does
//! not, and keys that are too long for the reader, make the whole call fail; `toYaml` is the empty string then.

use super::number;
use crate::origin::OriginId;
use crate::text::{Text, TextBuf};

/// The trip did not end well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Failed;

/// The reader takes no simple key longer than this, in characters of JSON, quotes included.
const LONGEST_KEY: usize = 1024;

/// A float as it is written in the end.
pub(super) fn float(value: f64) -> Result<String, Failed> {
    let json = number::json(value).ok_or(Failed)?;
    // The YAML reader takes JSON's whole numbers for integers, where they fit.
    if let Ok(whole) = json.parse::<i64>() {
        return Ok(whole.to_string());
    }
    if json.parse::<u64>().is_ok() {
        return Ok(json);
    }
    Ok(number::general(value))
}

/// A string that is a value.
pub(super) fn string(text: &Text) -> Result<Text, Failed> {
    let text = valid(text);
    let Some(content) = suspicious(&text) else { return Ok(text) };
    if content.chars().any(is_refused) {
        return Err(Failed);
    }
    match content.contains('\u{85}') {
        true => fold(&text, content),
        false => Ok(text.clone()),
    }
}

/// A string that is a key.
pub(super) fn key(text: &Text) -> Result<Text, Failed> {
    let has_break = text.bytes().windows(2).any(|pair| pair == "\u{85}".as_bytes());
    if has_break || (text.len() > LONGEST_KEY / 7 && json_length(text.bytes()) > LONGEST_KEY) {
        return Err(Failed);
    }
    string(text)
}

/// The text with U+FFFD for each byte that is no UTF-8; Go replaces byte by byte.
pub(crate) fn valid(text: &Text) -> Text {
    if std::str::from_utf8(text.bytes()).is_ok() {
        return text.clone();
    }
    let mut out = TextBuf::with_capacity(text.len() + 8);
    let mut at = 0;
    for chunk in text.bytes().utf8_chunks() {
        out.push_slice(text, at, at + chunk.valid().len());
        at += chunk.valid().len();
        for _ in chunk.invalid() {
            out.push("\u{fffd}".as_bytes(), text.origin_at(at));
            at += 1;
        }
    }
    out.finish()
}

/// The content, where it may hold a character that the trip changes or refuses.
fn suspicious(text: &Text) -> Option<&str> {
    let interesting = |b: &u8| matches!(b, 0x7f | 0xc2 | 0xef);
    match text.bytes().iter().any(interesting) {
        true => std::str::from_utf8(text.bytes()).ok(),
        false => None,
    }
}

fn is_refused(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// The number of characters that `encoding/json` writes for the string, quotes included.
fn json_length(content: &[u8]) -> usize {
    let length = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => 6,
        _ => 1,
    };
    let chunks = content.utf8_chunks();
    2 + chunks
        .map(|part| part.valid().chars().map(length).sum::<usize>() + 6 * part.invalid().len())
        .sum::<usize>()
}

/// Folds the line breaks that U+0085 makes inside a quoted scalar: blanks around them go, one alone becomes a
/// space, more become newlines, one less than there were.
fn fold(text: &Text, content: &str) -> Result<Text, Failed> {
    let blank = |c: char| c == ' ' || c == '\u{85}';
    let mut out = TextBuf::with_capacity(content.len());
    let mut at = 0;
    let mut line_start = false;
    loop {
        let rest = content.get(at..).unwrap_or_default();
        if line_start
            && ["---", "..."].iter().any(|mark| rest.strip_prefix(mark).is_some_and(|r| r.starts_with(blank)))
        {
            return Err(Failed);
        }
        let solid = rest.find(blank).unwrap_or(rest.len());
        out.push_slice(text, at, at + solid);
        at += solid;
        let rest = content.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(out.finish());
        }
        let blanks = rest.find(|c| !blank(c)).unwrap_or(rest.len());
        let breaks = rest.get(..blanks).unwrap_or_default().matches('\u{85}').count();
        line_start = rest.get(..blanks).unwrap_or_default().ends_with('\u{85}');
        let origin: OriginId = text.origin_at(at);
        match breaks {
            0 => out.push_slice(text, at, at + blanks),
            1 => out.push(b" ", origin),
            more => (1..more).for_each(|_| out.push(b"\n", origin)),
        }
        at += blanks;
    }
}
