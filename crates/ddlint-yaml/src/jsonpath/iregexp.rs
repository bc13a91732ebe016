//! I-Regexp (RFC 9485), the regular expressions of `match` and `search`, as patterns of the `regex` crate.
//!
//! `^` and `$` are anchors, as the compliance suite of RFC 9535 wants it. Deliberately absent: everything that
//! I-Regexp leaves out (`\d`, lazy quantifiers, groups that capture), so that a rule means the same to every reader.

use regex::{Regex, RegexBuilder};

/// Compiled patterns beyond this many bytes are refused.
const SIZE_LIMIT: usize = 1 << 20;

/// Compiles a pattern that must cover the whole text, or only a part of it.
pub(super) fn compile(pattern: &str, whole: bool) -> Result<Regex, String> {
    let translated = translate(pattern)?;
    let anchored = if whole { format!(r"\A(?:{translated})\z") } else { translated };
    RegexBuilder::new(&anchored)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|_| "the pattern is not a valid regular expression, or is too large".to_owned())
}

fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut characters = pattern.chars().peekable();
    // Whether a quantifier may stand here.
    let mut atom = false;
    while let Some(character) = characters.next() {
        let mut is_atom = true;
        match character {
            '.' => out.push_str(r"[^\n\r]"),
            '(' => {
                if characters.peek() == Some(&'?') {
                    return Err("`(?` is not part of I-Regexp (RFC 9485)".to_owned());
                }
                out.push_str("(?:");
                is_atom = false;
            }
            ')' => out.push(')'),
            '|' | '^' | '$' => {
                out.push(character);
                is_atom = false;
            }
            '*' | '+' | '?' => {
                quantifies(atom, character)?;
                out.push(character);
                is_atom = false;
            }
            '{' => {
                quantifies(atom, character)?;
                out.push('{');
                quantity(&mut characters, &mut out)?;
                is_atom = false;
            }
            '[' => class(&mut characters, &mut out)?,
            '\\' => escape(&mut characters, &mut out)?,
            ']' | '}' => return Err(format!("`{character}` must be written `\\{character}`")),
            other => push_literal(&mut out, other),
        }
        atom = is_atom;
    }
    Ok(out)
}

fn quantifies(atom: bool, quantifier: char) -> Result<(), String> {
    if atom { Ok(()) } else { Err(format!("there is nothing that `{quantifier}` can repeat")) }
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// `n}`, `n,}` or `n,m}`.
fn quantity(characters: &mut Characters<'_>, out: &mut String) -> Result<(), String> {
    let (mut digits, mut commas) = (0, 0);
    for character in characters.by_ref() {
        match character {
            '0'..='9' => digits += 1,
            ',' if commas == 0 && digits > 0 => commas += 1,
            '}' if digits > 0 => {
                out.push('}');
                return Ok(());
            }
            _ => break,
        }
        out.push(character);
    }
    Err("a quantity is written `{2}`, `{2,}` or `{2,3}`".to_owned())
}

/// The rest of `[…]`.
fn class(characters: &mut Characters<'_>, out: &mut String) -> Result<(), String> {
    out.push('[');
    if characters.peek() == Some(&'^') {
        characters.next();
        out.push('^');
    }
    let mut members = 0;
    let mut range_may_begin = false;
    while let Some(character) = characters.next() {
        match character {
            ']' if members > 0 => {
                out.push(']');
                return Ok(());
            }
            '-' => match characters.peek() {
                // First or last it is itself.
                Some(']') => out.push_str(r"\-"),
                _ if members == 0 => out.push_str(r"\-"),
                Some(_) if range_may_begin => {
                    out.push('-');
                    match characters.next() {
                        Some('\\') => escape_single(characters, out)?,
                        Some(end) if !matches!(end, '[' | ']' | '-') => push_literal(out, end),
                        _ => return Err("a range in `[…]` has no end".to_owned()),
                    }
                    range_may_begin = false;
                    continue;
                }
                _ => return Err(r"`-` in `[…]` must be written `\-`".to_owned()),
            },
            '[' => return Err(r"`[` in `[…]` must be written `\[`".to_owned()),
            '\\' => {
                let is_category = matches!(characters.peek(), Some('p' | 'P'));
                escape(characters, out)?;
                members += 1;
                range_may_begin = !is_category;
                continue;
            }
            ']' => return Err("`[]` matches nothing".to_owned()),
            other => {
                push_literal(out, other);
                members += 1;
                range_may_begin = true;
                continue;
            }
        }
        members += 1;
        range_may_begin = false;
    }
    Err("`[` is not closed".to_owned())
}

fn escape(characters: &mut Characters<'_>, out: &mut String) -> Result<(), String> {
    let Some(&letter @ ('p' | 'P')) = characters.peek() else { return escape_single(characters, out) };
    characters.next();
    let name: String = characters
        .next_if_eq(&'{')
        .map(|_| characters.by_ref().take_while(|&character| character != '}').collect())
        .unwrap_or_default();
    let category = matches!(name.len(), 1 | 2) && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !category {
        return Err(format!("`\\{letter}` needs a category as in `\\{letter}{{Lu}}`"));
    }
    out.push_str(&format!("\\{letter}{{{name}}}"));
    Ok(())
}

fn escape_single(characters: &mut Characters<'_>, out: &mut String) -> Result<(), String> {
    match characters.next() {
        Some(letter @ ('n' | 'r' | 't')) => {
            out.push('\\');
            out.push(letter);
            Ok(())
        }
        Some(
            character @ ('(' | ')' | '*' | '+' | '-' | '.' | '?' | '[' | '\\' | ']' | '^' | '{' | '|' | '}'
            | '$'),
        ) => {
            push_literal(out, character);
            Ok(())
        }
        Some('d') => Err(r"`\d` is not part of I-Regexp (RFC 9485); write `[0-9]`".to_owned()),
        Some('w') => Err(r"`\w` is not part of I-Regexp (RFC 9485); write `[A-Za-z0-9_]`".to_owned()),
        Some('s') => Err(r"`\s` is not part of I-Regexp (RFC 9485); write `[ \t\n\r]`".to_owned()),
        Some(other) => Err(format!("`\\{other}` is not part of I-Regexp (RFC 9485)")),
        None => Err(r"the pattern ends in a lone `\`".to_owned()),
    }
}

fn push_literal(out: &mut String, character: char) {
    let mut buffer = [0; 4];
    out.push_str(&regex::escape(character.encode_utf8(&mut buffer)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let regex = compile(pattern, true).unwrap();
        for text in matching {
            assert!(regex.is_match(text), "{pattern} {text:?}");
        }
        for text in others {
            assert!(!regex.is_match(text), "{pattern} {text:?}");
        }
    }

    #[test]
    fn patterns() {
        check("a.*", &["a", "abc"], &["ba", "a\n", "a\r"]);
        check("[a-c]{2,3}", &["ab", "abc"], &["a", "abca", "ad"]);
        check("[-a]", &["-", "a"], &["b"]);
        check("[a-]", &["-", "a"], &["b"]);
        check("[^a&&b]", &["c"], &["a", "&", "b"]);
        check(r"[\]\-\^]+", &["]-^"], &["a"]);
        check(r"\p{Lu}[\p{Nd}x]", &["A1", "Zx"], &["a1"]);
        check("a|b(c|d)", &["a", "bc"], &["ab", "b"]);
        check("#~ ", &["#~ "], &[]);
    }

    #[test]
    fn refused() {
        for pattern in [
            r"\d",
            r"(?i)a",
            "a+?",
            "*a",
            "[",
            "[]",
            "a{,2}",
            "]",
            "}",
            "a\\",
            "(",
            ")",
            "[a-b-c]",
            "a{99999999}",
        ] {
            assert!(compile(pattern, true).is_err(), "{pattern}");
        }
    }
}
