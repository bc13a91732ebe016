//! Words inside of strings: the case styles (camel, snake, kebab), titles, initials and wrapped lines, as the
//! libraries below sprig cut them.
//!
//! Deliberately absent: origins; every result here is new text made of all of its input.

use super::gostr::{chars, decode, is_space, lower, push_char, title, upper};

fn is_connector(c: Option<char>) -> bool {
    c.is_some_and(|c| c == '-' || c == '_' || is_space(c))
}

fn is_upper(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_uppercase() || !c.is_ascii() && c.is_uppercase() && lower(c) != c)
}

/// A letter, but not an ideograph.
fn is_letter(c: char) -> bool {
    let ideograph =
        matches!(c, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}');
    c.is_alphabetic() && !ideograph
}

fn is_punctuation(c: char) -> bool {
    match c {
        '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' => false,
        _ if c.is_ascii() => c.is_ascii_punctuation(),
        '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}' => true,
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' => !matches!(c, '\u{2044}' | '\u{2052}'),
        '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' => true,
        _ => false,
    }
}

/// `some_words` → `SomeWords`.
pub(crate) fn pascal_case(text: &[u8]) -> Vec<u8> {
    let letters: Vec<Option<char>> = chars(text).map(|(_, c)| c).collect();
    let mut out = Vec::with_capacity(text.len());
    let leading = letters.iter().take_while(|c| is_connector(**c)).count();
    for c in letters.iter().take(leading) {
        push_char(&mut out, *c);
    }
    let Some(first) = letters.get(leading).copied() else {
        // A text of connectors only ends with its last one twice.
        if let Some(last) = letters.last() {
            push_char(&mut out, *last);
        }
        return out;
    };
    // Capitals that follow a capital at the beginning of a word become small.
    let mut in_capitals = is_upper(first);
    let mut held = first.map(upper);
    for mut current in letters.iter().skip(leading + 1).copied() {
        let after_connector = is_connector(held);
        if after_connector && is_connector(current) {
            push_char(&mut out, held);
        } else if after_connector {
            in_capitals = is_upper(current);
            current = current.map(upper);
        } else {
            if in_capitals && is_upper(current) {
                current = current.map(lower);
            } else {
                in_capitals = false;
            }
            push_char(&mut out, held);
        }
        held = current;
    }
    push_char(&mut out, held);
    out
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// There is no word.
    Nothing,
    Number,
    Upper,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// The character after bytes that begin none, and how much was passed; `before` where there is none.
fn next_valid(text: &[u8], before: char) -> (char, usize) {
    let mut passed = 0;
    while let Some((c, n)) = decode(text.get(passed..).unwrap_or(&[])) {
        passed += n;
        if let Some(c) = c.filter(|c| *c != char::REPLACEMENT_CHARACTER) {
            return (c, passed);
        }
    }
    (before, passed)
}

/// How far characters go on that `want` takes, after `from`.
fn extend(text: &[u8], from: usize, first: char, want: impl Fn(char) -> bool) -> usize {
    let mut end = from;
    let mut c = first;
    while end < text.len() {
        let (next, n) = next_valid(text.get(end..).unwrap_or(&[]), c);
        if n == 0 || !want(next) {
            break;
        }
        c = next;
        end += n;
    }
    end
}

/// Cuts the first word off.
fn cut_word(text: &[u8]) -> (Kind, &[u8], &[u8]) {
    if text.is_empty() {
        return (Kind::Nothing, text, text);
    }
    let (first, n) = next_valid(text, char::REPLACEMENT_CHARACTER);
    let small = |c: char| is_letter(c) && !is_upper(Some(c));
    let (kind, end) = if first == char::REPLACEMENT_CHARACTER {
        (Kind::Nothing, n)
    } else if is_connector(Some(first)) {
        (Kind::Connector, extend(text, n, first, |c| is_connector(Some(c))))
    } else if is_punctuation(first) {
        (Kind::Punctuation, extend(text, n, first, is_punctuation))
    } else if is_upper(Some(first)) {
        let (second, m) = next_valid(text.get(n..).unwrap_or(&[]), first);
        if n >= text.len() {
            (Kind::Upper, n)
        } else if is_upper(Some(second)) {
            (Kind::Upper, capitals_end(text, n, second))
        } else if is_letter(second) {
            (Kind::Upper, extend(text, n + m, second, small))
        } else {
            (Kind::Upper, n)
        }
    } else if is_letter(first) {
        (Kind::Letters, extend(text, n, first, small))
    } else if first.is_numeric() {
        (Kind::Number, extend(text, n, first, char::is_numeric))
    } else {
        let other = |c: char| !(is_connector(Some(c)) || is_letter(c) || c.is_numeric() || is_punctuation(c));
        (Kind::Other, extend(text, n, first, other))
    };
    let (word, rest) = text.split_at(end.min(text.len()));
    (kind, word, rest)
}

/// The end of a run of capitals; the last one belongs to a word of small letters that follows (`HTTPServer`).
fn capitals_end(text: &[u8], from: usize, first: char) -> usize {
    let mut end = from;
    let mut last_length = 0;
    let mut c = first;
    while end < text.len() {
        let (next, n) = next_valid(text.get(end..).unwrap_or(&[]), c);
        c = next;
        if !is_upper(Some(next)) {
            break;
        }
        last_length = n;
        end += n;
    }
    if end < text.len() && is_letter(c) { end - last_length } else { end }
}

fn push_word(out: &mut Vec<u8>, kind: Kind, word: &[u8], connector: u8) {
    if !matches!(kind, Kind::Upper | Kind::Connector) {
        out.extend_from_slice(word);
        return;
    }
    for (_, c) in chars(word) {
        if is_connector(c) {
            out.push(connector);
        } else {
            push_char(out, if is_upper(c) { c.map(lower) } else { c });
        }
    }
}

/// `SomeWords` → `some_words`, with the connector given.
pub(crate) fn connected(text: &[u8], connector: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    let (mut kind, mut word, mut rest) = cut_word(text);
    while !rest.is_empty() {
        if kind != Kind::Connector {
            push_word(&mut out, kind, word, connector);
        }
        let (before, before_word) = (kind, word);
        (kind, word, rest) = cut_word(rest);
        match before {
            Kind::Number => {
                // Letters right after a number belong to it.
                while matches!(kind, Kind::Letters | Kind::Number) {
                    push_word(&mut out, kind, word, connector);
                    (kind, word, rest) = cut_word(rest);
                }
                if !matches!(kind, Kind::Nothing | Kind::Punctuation | Kind::Connector) {
                    out.push(connector);
                }
            }
            Kind::Connector => push_word(&mut out, before, before_word, connector),
            Kind::Punctuation => {}
            _ if kind != Kind::Number => {
                if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = cut_word(rest);
                if kind != Kind::Letters {
                    // The number belongs to the word before it: `Bld4Floor`.
                    push_word(&mut out, Kind::Number, number, connector);
                    if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                        out.push(connector);
                    }
                    continue;
                }
                // Small letters follow, so the number begins a word: `HTTP2xx`.
                out.push(connector);
                push_word(&mut out, Kind::Number, number, connector);
                while matches!(kind, Kind::Letters | Kind::Number) {
                    push_word(&mut out, kind, word, connector);
                    (kind, word, rest) = cut_word(rest);
                }
                if !matches!(kind, Kind::Nothing | Kind::Connector | Kind::Punctuation) {
                    out.push(connector);
                }
            }
        }
    }
    push_word(&mut out, kind, word, connector);
    out
}

/// Go's `strings.Title`: the first letter of each word in title case.
pub(crate) fn title_words(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut before = Some(' ');
    for (_, c) in chars(text) {
        let separator = match before {
            Some(b) if b.is_ascii() => !(b.is_ascii_alphanumeric() || b == '_'),
            Some(b) if b.is_alphanumeric() => false,
            Some(b) => is_space(b),
            None => false,
        };
        push_char(&mut out, if separator { c.map(title) } else { c });
        before = c;
    }
    out
}

/// The first letter of each word in lower case.
pub(crate) fn uncapitalize(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut begins = true;
    for (_, c) in chars(text) {
        if c.is_some_and(is_space) {
            begins = true;
            push_char(&mut out, c);
        } else {
            push_char(&mut out, if begins { c.map(lower) } else { c });
            begins = false;
        }
    }
    out
}

/// Capitals become small and small letters capital, at the beginning of a word in title case.
pub(crate) fn swap_case(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut after_space = true;
    for (_, c) in chars(text) {
        let swapped = match c {
            Some(c) if c.is_uppercase() || (title(c) == c && lower(c) != c) => {
                after_space = false;
                Some(lower(c))
            }
            Some(c) if c.is_lowercase() => {
                let first = std::mem::replace(&mut after_space, false);
                Some(if first { title(c) } else { upper(c) })
            }
            c => {
                after_space = c.is_some_and(is_space);
                c
            }
        };
        push_char(&mut out, swapped);
    }
    out
}

/// The first byte of each word. The library reads bytes as Latin-1, so other text comes out mangled.
pub(crate) fn initials(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_gap = true;
    for byte in text {
        let c = char::from(*byte);
        if is_space(c) {
            after_gap = true;
        } else if std::mem::replace(&mut after_gap, false) {
            push_char(&mut out, Some(c));
        }
    }
    out
}

/// The text without white space; like [`initials`] it reads bytes as Latin-1, but only where there is some.
pub(crate) fn without_space(text: &[u8]) -> Option<Vec<u8>> {
    if !text.iter().any(|b| is_space(char::from(*b))) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len());
    for byte in text.iter().filter(|b| !is_space(char::from(**b))) {
        push_char(&mut out, Some(char::from(*byte)));
    }
    Some(out)
}

/// The lines of a text wrapped at a width in bytes: their ranges, in order. Words longer than a line are cut where
/// `cut` says so.
pub(crate) fn wrapped_lines(text: &[u8], width: i64, cut: bool) -> Vec<std::ops::Range<usize>> {
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    let mut lines = Vec::new();
    let mut at = 0;
    while text.len() - at > width {
        if text.get(at) == Some(&b' ') {
            at += 1;
            continue;
        }
        let window = text.get(at..at + width + 1).unwrap_or(&[]);
        let space = window.iter().rposition(|b| *b == b' ').map(|i| at + i);
        let end = match space {
            Some(space) => space,
            None if cut => {
                lines.push(at..at + width);
                at += width;
                continue;
            }
            None => match text.iter().skip(at + width).position(|b| *b == b' ') {
                Some(i) => at + width + i,
                None => text.len(),
            },
        };
        lines.push(at..end);
        if space.is_none() && end == text.len() {
            // The rest was one long word; nothing follows, not even an empty line.
            return lines;
        }
        at = (end + 1).min(text.len());
    }
    lines.push(at..text.len());
    lines
}
