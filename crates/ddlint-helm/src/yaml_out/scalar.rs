//! How a string is written: plain, in quotes or as a block; decided from its characters alone.

use super::Flavour;
use super::resolve::needs_quotes;

/// The ways to write a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// The decision about one string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) style: Style,
    /// Whether a line break is in it; such a string cannot be a simple key.
    pub(super) multiline: bool,
}

/// Line breaks in the sense of YAML 1.1.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that go-yaml writes as they are; anything beyond the basic plane is not among them.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Decides about a string. `wants_plain` is false where the text is a tag's payload and was not asked about.
pub(super) fn shape(text: &str, flavour: Flavour) -> Shape {
    if text.is_empty() {
        return Shape { style: Style::DoubleQuoted, multiline: false };
    }
    if is_harmless(text.as_bytes()) {
        let style = if needs_quotes(text, flavour) { Style::DoubleQuoted } else { Style::Plain };
        return Shape { style, multiline: false };
    }
    let traits = Traits::of(text, flavour);
    let style = match text.contains('\n') {
        true if traits.block => Style::Literal,
        true => Style::DoubleQuoted,
        false if needs_quotes(text, flavour) => Style::DoubleQuoted,
        false if traits.plain => Style::Plain,
        false if traits.single => Style::SingleQuoted,
        false => Style::DoubleQuoted,
    };
    Shape { style, multiline: traits.multiline }
}

/// Most strings in charts are names, versions and numbers: nothing in them asks for a closer look.
fn is_harmless(bytes: &[u8]) -> bool {
    matches!(bytes, [b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_', rest @ ..]
        if rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/')))
}

struct Traits {
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

impl Traits {
    fn of(text: &str, flavour: Flavour) -> Traits {
        let mut traits = Traits { multiline: false, plain: true, single: true, block: true };
        if text.starts_with("---") || text.starts_with("...") {
            traits.plain = false;
        }
        let mut before: Option<char> = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            let blank_follows = next.is_none_or(|c| c == ' ' || c == '\t');
            let first = before.is_none();
            let last = next.is_none();
            let blank_precedes = before.is_none_or(|c| is_break(c) || matches!(c, ' ' | '\t' | '\0'));
            match c {
                '#' if blank_precedes => traits.plain = false,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
                    if first =>
                {
                    traits.plain = false;
                }
                '?' | '-' if first && blank_follows => traits.plain = false,
                ':' if blank_follows => traits.plain = false,
                _ => {}
            }
            if c == '\t' && flavour == Flavour::V3 {
                (traits.plain, traits.single) = (false, false);
            } else if !is_printable(c) {
                (traits.plain, traits.single, traits.block) = (false, false, false);
            }
            if c == ' ' {
                if first || last {
                    traits.plain = false;
                }
                if last {
                    traits.block = false;
                }
                if before.is_some_and(is_break) {
                    (traits.plain, traits.single) = (false, false);
                }
            } else if is_break(c) {
                traits.multiline = true;
                traits.plain = false;
                if before == Some(' ') {
                    (traits.plain, traits.single, traits.block) = (false, false, false);
                }
            }
            before = Some(c);
        }
        traits
    }
}
