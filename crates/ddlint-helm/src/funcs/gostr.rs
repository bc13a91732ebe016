//! Go's view of strings: bytes that are read as UTF-8 where they happen to be, with its case mappings and its
//! white space.
//!
//! Deliberately absent: origins (see `strings`), quoting (see `fmt`), and whatever depends on a language.

/// The character that begins here and its length; none for a byte that begins no character.
pub(crate) fn decode(bytes: &[u8]) -> Option<(Option<char>, usize)> {
    let first = *bytes.first()?;
    let length = match first {
        0..=0x7f => return Some((Some(char::from(first)), 1)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((None, 1)),
    };
    let character =
        bytes.get(..length).and_then(|b| std::str::from_utf8(b).ok()).and_then(|s| s.chars().next());
    Some(match character {
        Some(c) => (Some(c), length),
        None => (None, 1),
    })
}

/// The characters with their offsets; none for a byte that begins no character.
pub(crate) fn chars(bytes: &[u8]) -> impl Iterator<Item = (usize, Option<char>)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (character, length) = decode(bytes.get(at..)?)?;
        let start = at;
        at += length;
        Some((start, character))
    })
}

/// Go's `unicode.IsSpace`.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// Appends a character; what is none becomes U+FFFD.
pub(crate) fn push_char(out: &mut Vec<u8>, c: Option<char>) {
    let mut buffer = [0; 4];
    out.extend_from_slice(c.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut buffer).as_bytes());
}

/// Upper case, one character for one.
pub(crate) fn upper(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    match c {
        // Letters whose full mapping is two characters and whose simple one is the title form.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shifted(c, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(c, 9),
        _ => single(c, c.to_uppercase()),
    }
}

/// Lower case, one character for one.
pub(crate) fn lower(c: char) -> char {
    match c {
        _ if c.is_ascii() => c.to_ascii_lowercase(),
        '\u{130}' => 'i',
        _ => single(c, c.to_lowercase()),
    }
}

/// Title case: upper case but for the four digraphs.
pub(crate) fn title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Georgian small letters have capitals that are not used for titles.
        '\u{10d0}'..='\u{10ff}' => c,
        _ => upper(c),
    }
}

fn shifted(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// The range that is left without white space around.
pub(crate) fn trim_space(bytes: &[u8]) -> std::ops::Range<usize> {
    trim_matches(bytes, |c| c.is_some_and(is_space))
}

/// The range that is left without the characters that `drop` wants, on both sides.
pub(crate) fn trim_matches(bytes: &[u8], drop: impl Fn(Option<char>) -> bool) -> std::ops::Range<usize> {
    let start = chars(bytes).find(|(_, c)| !drop(*c)).map_or(bytes.len(), |(at, _)| at);
    let mut end = start;
    for (at, c) in chars(bytes.get(start..).unwrap_or(&[])) {
        if !drop(c) {
            end = start + at + decode(bytes.get(start + at..).unwrap_or(&[])).map_or(1, |(_, n)| n);
        }
    }
    start..end
}

/// Where `needle` occurs, from left to right and not overlapping. An empty needle occurs before each character
/// and at the end.
pub(crate) fn find_all(text: &[u8], needle: &[u8]) -> Vec<usize> {
    if needle.is_empty() {
        return chars(text).map(|(at, _)| at).chain([text.len()]).collect();
    }
    memchr::memmem::find_iter(text, needle).collect()
}

/// The first place of `needle`.
pub(crate) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, needle)
}

/// Go's `strings.SplitN` (`n` below zero: all): the ranges of the parts. Zero gives none.
pub(crate) fn split(text: &[u8], separator: &[u8], n: i64) -> Vec<std::ops::Range<usize>> {
    let limit = match n {
        0 => return Vec::new(),
        n if n < 0 => usize::MAX,
        n => n as usize,
    };
    let mut parts = Vec::new();
    let mut start = 0;
    if separator.is_empty() {
        let starts: Vec<usize> = chars(text).map(|(at, _)| at).collect();
        for (i, at) in starts.iter().enumerate().take(limit) {
            let last = i + 1 == limit;
            let end = if last { text.len() } else { starts.get(i + 1).copied().unwrap_or(text.len()) };
            parts.push(*at..end);
        }
        return parts;
    }
    for at in find_all(text, separator) {
        if parts.len() + 1 >= limit {
            break;
        }
        parts.push(start..at);
        start = at + separator.len();
    }
    parts.push(start..text.len());
    parts
}
