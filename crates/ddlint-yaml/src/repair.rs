//! Quoted scalars whose further lines are not indented.
//!
//! YAML wants them indented and the parser insists; Go does not look, and templates write them
//! (`value: "{{ .Values.text }}"` with a text of several lines). Such a scalar is put on one line, byte for byte in
//! place, and the chunk parsed again; its text is then read from the source here. Deliberately absent: repairs of
//! anything that Go refuses too.

use crate::span::Span;
use crate::syntax;
use crate::tape::Failure;

/// Repairs tried in one chunk of this many bytes: each parses it again, so large chunks get fewer.
pub(crate) fn limit(chunk: Span) -> usize {
    const TRIES: usize = 64;
    const BYTES: usize = 64 << 20;
    (BYTES / (chunk.len() as usize).max(1)).clamp(1, TRIES)
}

/// The quoted scalar, quotes included, that a failure is about and that ends somewhere.
pub(crate) fn joinable(text: &str, chunk: Span, failure: &Failure) -> Option<Span> {
    if !failure.is_about_quotes() {
        return None;
    }
    let (start, end) = syntax::quoted_scalar(text, Span::new(failure.after, chunk.end), failure.at)?;
    let span = Span::new(start, end?);
    let ends_document = |line: &str| {
        line.strip_prefix("...").is_some_and(|rest| rest.trim_start() != rest || rest.is_empty())
    };
    let behind = text.get(span.end as usize..chunk.end as usize)?.trim_start_matches([' ', '\t']);
    let is_key = behind
        .strip_prefix(':')
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']));
    let inside = span.slice(text);
    (!is_key && inside.contains(['\n', '\r']) && !inside.lines().any(ends_document)).then_some(span)
}

/// Replaces the line breaks in a part of the source by spaces.
pub(crate) fn join(source: &str, part: Span) -> String {
    let joined = part.slice(source).replace(['\n', '\r'], " ");
    let head = source.get(..part.start as usize).unwrap_or("");
    let tail = source.get(part.end as usize..).unwrap_or("");
    [head, &joined, tail].concat()
}

/// The text of a quoted scalar, quotes included: escapes and folding undone.
pub(crate) fn decode(quoted: &str) -> Option<String> {
    let quote = quoted.chars().next()?;
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(character) = rest.chars().next() {
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        let white = rest.get(..blank)?;
        let breaks = line_breaks(white);
        if breaks > 0 {
            // One break is a space; of more, the first is dropped.
            if breaks == 1 {
                out.push(' ')
            } else {
                out.extend(std::iter::repeat_n('\n', breaks - 1))
            }
            rest = rest.get(blank..)?;
        } else if blank > 0 {
            out.push_str(white);
            rest = rest.get(blank..)?;
        } else if quote == '\'' && character == '\'' {
            out.push('\'');
            rest = rest.get(2..)?;
        } else if quote == '"' && character == '\\' {
            rest = escape(rest.get(1..)?, &mut out)?;
        } else {
            out.push(character);
            rest = rest.get(character.len_utf8()..)?;
        }
    }
    Some(out)
}

/// The number of line breaks, of any system.
fn line_breaks(white: &str) -> usize {
    white.matches(['\n', '\r']).count() - white.matches("\r\n").count()
}

/// Undoes one escape and gives what stands behind it.
fn escape<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let letter = text.chars().next()?;
    let rest = text.get(letter.len_utf8()..)?;
    let plain = match letter {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '/' | '\\' => letter,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        '\n' | '\r' => {
            // An escaped break joins the lines; blank lines behind it are breaks.
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            let more =
                line_breaks(rest.get(..blank)?) - usize::from(letter == '\r' && rest.starts_with('\n'));
            out.extend(std::iter::repeat_n('\n', more));
            return rest.get(blank..);
        }
        'x' => return hex(rest, 2, out),
        'u' => return hex(rest, 4, out),
        'U' => return hex(rest, 8, out),
        _ => return None,
    };
    out.push(plain);
    Some(rest)
}

fn hex<'a>(text: &'a str, digits: usize, out: &mut String) -> Option<&'a str> {
    let code = u32::from_str_radix(text.get(..digits)?, 16).ok()?;
    let rest = text.get(digits..)?;
    if let Some(character) = char::from_u32(code) {
        out.push(character);
        return Some(rest);
    }
    // Two escapes may make one letter, as in JSON.
    let low = u32::from_str_radix(rest.strip_prefix("\\u")?.get(..4)?, 16).ok()?;
    let pair = char::decode_utf16([u16::try_from(code).ok()?, u16::try_from(low).ok()?]).next()?.ok()?;
    out.push(pair);
    rest.get(6..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        assert_eq!(decode("'it''s\n\n\n x  \n  y'").as_deref(), Some("it's\n\nx y"));
        assert_eq!(
            decode("\"a\\tb \\\n   c\\u00e9 \\x41\n\\\"\\uD83D\\uDE00\"").as_deref(),
            Some("a\tb cé A \"😀")
        );
        assert_eq!(decode("\"\"").as_deref(), Some(""));
        assert_eq!(decode("\"\\q\""), None);
        assert_eq!(decode("\"\\u12\""), None);
        assert_eq!(decode("\""), None);
    }

    #[test]
    fn joins_in_place() {
        assert_eq!(join("a: \"x\r\ny\n\" é\n", Span::new(3, 9)), "a: \"x  y \" é\n");
    }
}
