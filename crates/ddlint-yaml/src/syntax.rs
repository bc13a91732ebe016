//! Syntax errors for people: what is wrong, where to look, and what it usually is.
//!
//! The parser says where it gave up; the cause often stands before it, so this looks at the text around.
//! Deliberately absent: errors of meaning (duplicate keys, unknown fields); a syntax error is what no reader takes.

use crate::events::Problem;
use crate::span::Span;
use crate::tape::{Failed, Failure};

/// A document that is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// What it usually is, and what to do.
    pub help: Option<String>,
    /// Where to look.
    pub span: Span,
    /// The index of the broken document in [`Stream::documents`](crate::Stream::documents).
    pub document: usize,
}

const QUOTE_HELP: &str =
    "the scalar must end with the same quote, and every further line of it must be indented";

/// Words and place of a failure in the text.
pub(crate) fn explain(text: &str, failure: &Failure) -> SyntaxError {
    let at = floor(text, failure.at);
    let one = character_at(text, at);
    let (message, help, span) = match &failure.problem {
        Failed::TooLarge => ("the document is too large".to_owned(), None, one),
        Failed::UnknownAnchor(span) => {
            let name = span.slice(text).trim_start_matches('*');
            let message = format!("`*{name}` refers to an anchor that is not defined before it");
            let help = format!(
                "anchors are seen only inside one document and only behind their definition `&{name}`; \
                 a value that begins with `*` must be quoted"
            );
            (message, Some(help), *span)
        }
        Failed::EndlessAlias(span) => {
            let message = format!("`{}` stands inside the value it refers to", span.slice(text));
            (message, None, *span)
        }
        Failed::Syntax(problem) => {
            if let Some(expression) = template_near(text, failure.after.min(at), at) {
                template(expression)
            } else {
                let (problem, at) = bracketed(text, problem, failure.bracket, at);
                syntax(text, &problem, failure.after, at)
            }
        }
    };
    SyntaxError { message, help, span, document: failure.document }
}

/// The error of a text beyond the addressable size.
pub(crate) fn too_large() -> SyntaxError {
    SyntaxError {
        message: "the file is larger than 4 GiB".to_owned(),
        help: Some("split it; positions in larger files cannot be named".to_owned()),
        span: Span::default(),
        document: 0,
    }
}

/// What goes wrong on a later line of a flow collection comes from its missing end.
fn bracketed(text: &str, problem: &Problem, bracket: Option<u32>, at: u32) -> (Problem, u32) {
    let Some(bracket) = bracket else { return (problem.clone(), at) };
    let follows = matches!(
        problem,
        Problem::UnexpectedValue
            | Problem::MissingColon
            | Problem::MissingComma(_)
            | Problem::Indentation
            | Problem::UnexpectedEntry
            | Problem::Other(_)
    );
    let open = text.get(bracket as usize..).and_then(|rest| rest.chars().next());
    match open {
        Some(open @ ('[' | '{')) if follows && Span::new(bracket, at).slice(text).contains('\n') => {
            (Problem::UnclosedBracket(open), bracket)
        }
        _ => (problem.clone(), at),
    }
}

fn syntax(text: &str, problem: &Problem, after: u32, at: u32) -> (String, Option<String>, Span) {
    let one = character_at(text, at);
    let words = |message: &str, help: &str, span: Span| {
        (message.to_owned(), (!help.is_empty()).then(|| help.to_owned()), span)
    };
    match problem {
        Problem::Tab => words(
            "a tab is used as indentation",
            "YAML indents with spaces only; replace the tab by spaces",
            tab_near(text, at).unwrap_or(one),
        ),
        Problem::UnclosedQuote => {
            let quote = opening_quote(text, after, at);
            let name = quote.map(|quote| quote.slice(text)).unwrap_or("a quote");
            words(&format!("{} is not closed", backticks(name)), QUOTE_HELP, quote.unwrap_or(one))
        }
        Problem::BehindQuote => words(
            "there is more text behind the closing quote",
            "quote the whole value; a quote inside quotes is written `''` or `\\\"`",
            line_from(text, at),
        ),
        Problem::UnclosedBracket(open) => {
            let close = if *open == '{' { '}' } else { ']' };
            words(
                &format!("`{open}` is not closed"),
                &format!(
                    "there is no `{close}` where it must end; a value that begins with `{open}` must be quoted"
                ),
                one,
            )
        }
        Problem::MissingComma(close) => words(&format!("`,` or `{close}` is missing here"), "", one),
        Problem::WrongBracket { open: Some(open), close: Some(close) } => {
            words(&format!("`{open}` is closed by `{close}`"), "", one)
        }
        Problem::WrongBracket { .. } => words(
            &format!("{} closes nothing", backticks(one.slice(text))),
            "remove it, or quote the value",
            one,
        ),
        Problem::Character('\0') => words(
            "the text contains a NUL byte",
            "this is a binary file, or text in UTF-16; YAML must be UTF-8",
            one,
        ),
        Problem::Character(found) if is_forbidden(*found) => {
            // The parser stands at the begin of the scalar that holds it.
            let span = forbidden_from(text, at).unwrap_or(one);
            words(
                &format!("the character U+{:04X} is not allowed in YAML", *found as u32),
                "remove it, or write it as an escape in double quotes",
                span,
            )
        }
        Problem::Character(found) => {
            words(&format!("a value cannot begin with `{found}`"), "quote the value", one)
        }
        Problem::UnexpectedValue => words(
            "a `key: value` cannot begin here",
            "a value that contains `: ` must be quoted; otherwise look at the indentation of this line and of the one before",
            one,
        ),
        Problem::MissingColon => {
            let line = line_from(text, at);
            words(
                "this line is no `key: value`",
                "there is no `: ` behind the key, or a quote or an indentation is missing",
                line,
            )
        }
        Problem::SecondRoot => words(
            "the document's value has already ended here",
            "look at the indentation of this line; a new document begins with `---`",
            line_from(text, at),
        ),
        Problem::UnexpectedEntry => words(
            "a list item cannot begin here",
            "`- ` must begin a line; a value that begins with `- ` must be quoted",
            one,
        ),
        Problem::Indentation => words(
            "the indentation fits nothing that is open",
            "keys of one mapping, and items of one list, begin in the same column",
            line_from(text, at),
        ),
        Problem::CommentInScalar => words(
            "a comment interrupts a value of several lines",
            "everything behind ` #` is a comment; quote the value, or indent the next line as its own key",
            line_from(text, at),
        ),
        Problem::CommentNotSeparated => {
            words("a comment needs a space before its `#`", "quote the value when the `#` belongs to it", one)
        }
        Problem::Escape => words(
            "this escape is unknown in double quotes",
            "write `\\\\` for a backslash, or use single quotes",
            escape_at(text, at),
        ),
        Problem::TooDeep => words(
            "the nesting is deeper than 512 levels",
            "no manifest needs as much; look for a `[` or `{` that is never closed",
            one,
        ),
        Problem::Other(message) => words(message, "", one),
    }
}

fn template(span: Span) -> (String, Option<String>, Span) {
    let help = "render the template first, or quote the value that contains `{{ … }}`; files in a chart's `templates/` \
                are rendered, never read as they are";
    ("a template expression is not YAML".to_owned(), Some(help.to_owned()), span)
}

fn backticks(text: &str) -> String {
    if text.is_empty() || text == "a quote" { "a quote".to_owned() } else { format!("`{text}`") }
}

/// `{{ … }}` or `{% … %}` on the line of the error, or between the last node and it.
fn template_near(text: &str, from: u32, at: u32) -> Option<Span> {
    let start = line_start(text, from.min(at));
    let end = line_end(text, at);
    let region = text.get(start as usize..end as usize)?;
    let open = [region.find("{{"), region.find("{%")].into_iter().flatten().min()?;
    let rest = region.get(open..)?;
    let length = [rest.find("}}"), rest.find("%}")]
        .into_iter()
        .flatten()
        .min()
        .map_or_else(|| rest.find(['\n', '\r']).unwrap_or(rest.len()), |end| end + 2);
    let begin = start + open as u32;
    Some(Span::new(begin, begin + length as u32))
}

fn tab_near(text: &str, at: u32) -> Option<Span> {
    let start = line_start(text, at);
    let before = text.get(start as usize..at as usize)?;
    let place = match before.find('\t') {
        Some(place) if before.trim_start_matches([' ', '\t', '-', '?', ':']).is_empty() => {
            start as usize + place
        }
        _ => at as usize + text.get(at as usize..)?.find('\t')?,
    };
    let tabs = text.get(place..)?.bytes().take_while(|&byte| byte == b'\t').count();
    Some(Span::new(place as u32, (place + tabs) as u32))
}

/// The quote that opens the scalar which is not closed, or not before the offset.
fn opening_quote(text: &str, after: u32, at: u32) -> Option<Span> {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let (start, _) = quoted_scalar(text, Span::new(after, end), at)?;
    Some(Span::new(start, start + 1))
}

/// The quoted scalar in a part of the text that an offset lies in: its begin, and its end if it has one. Quotes in
/// comments and in plain scalars open nothing.
pub(crate) fn quoted_scalar(text: &str, part: Span, at: u32) -> Option<(u32, Option<u32>)> {
    let bytes = text.as_bytes().get(part.range())?;
    let mut place = 0;
    let mut before = b' ';
    while let Some(&byte) = bytes.get(place).filter(|_| part.start + (place as u32) < at) {
        match byte {
            b'#' if before.is_ascii_whitespace() => {
                place += bytes.get(place..)?.iter().take_while(|&&byte| byte != b'\n').count();
                before = b'\n';
                continue;
            }
            b'"' | b'\'' if before.is_ascii_whitespace() || b"[{,:".contains(&before) => {
                let start = part.start + place as u32;
                let Some(length) = quoted_length(bytes.get(place..)?) else { return Some((start, None)) };
                place += length;
                let end = part.start + place as u32;
                if end >= at {
                    return Some((start, Some(end)));
                }
                before = byte;
                continue;
            }
            _ => {}
        }
        before = byte;
        place += 1;
    }
    None
}

/// The length of the quoted scalar that begins here, both quotes included.
fn quoted_length(bytes: &[u8]) -> Option<usize> {
    let quote = *bytes.first()?;
    let mut place = 1;
    loop {
        let byte = *bytes.get(place)?;
        if byte == b'\\' && quote == b'"'
            || byte == quote && quote == b'\'' && bytes.get(place + 1) == Some(&quote)
        {
            place += 2;
            continue;
        }
        place += 1;
        if byte == quote {
            return Some(place);
        }
    }
}

/// The first escape that YAML does not know, in the double-quoted scalar that begins at the offset.
fn escape_at(text: &str, at: u32) -> Span {
    let mut rest = text.get(at as usize..).unwrap_or("").char_indices().peekable();
    while let Some((place, character)) = rest.next() {
        if character != '\\' {
            continue;
        }
        let Some((_, letter)) = rest.next() else { break };
        let digits = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let mut length = 1 + letter.len_utf8();
        let mut code = 0;
        for _ in 0..digits {
            let Some(digit) = rest.next_if(|(_, digit)| digit.is_ascii_hexdigit()) else { break };
            code = code << 4 | digit.1.to_digit(16).unwrap_or(0);
            length += 1;
        }
        let known = "0abtnvfre \"/\\N_LPxuU\t\n\r".contains(letter);
        if !known || length < 2 + digits || digits == 8 && char::from_u32(code).is_none() {
            let start = at + place as u32;
            return Span::new(start, start + length as u32);
        }
    }
    character_at(text, at)
}

/// Characters outside YAML's printable set.
pub(crate) fn is_forbidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{fffe}' | '\u{ffff}')
}

fn forbidden_from(text: &str, at: u32) -> Option<Span> {
    let rest = text.get(at as usize..)?;
    let (place, character) = rest.char_indices().find(|&(_, character)| is_forbidden(character))?;
    let start = at + place as u32;
    Some(Span::new(start, start + character.len_utf8() as u32))
}

/// The character at the offset; at the end of a line or of the text, nothing.
fn character_at(text: &str, at: u32) -> Span {
    match text.get(at as usize..).and_then(|rest| rest.chars().next()) {
        Some(character) if character != '\n' && character != '\r' => {
            Span::new(at, at.saturating_add(character.len_utf8() as u32))
        }
        _ => Span::empty(at),
    }
}

/// From the offset to the end of its line, the white space at the end left out.
fn line_from(text: &str, at: u32) -> Span {
    let end = line_end(text, at);
    let line = text.get(at as usize..end as usize).unwrap_or("");
    Span::new(at, at + line.trim_end().len() as u32)
}

fn line_start(text: &str, at: u32) -> u32 {
    text.get(..at as usize).and_then(|before| before.rfind('\n')).map_or(0, |place| place as u32 + 1)
}

fn line_end(text: &str, at: u32) -> u32 {
    let rest = text.get(at as usize..).unwrap_or("");
    at + rest.find('\n').unwrap_or(rest.len()) as u32
}

fn floor(text: &str, at: u32) -> u32 {
    let mut at = at.min(u32::try_from(text.len()).unwrap_or(u32::MAX));
    while !text.is_char_boundary(at as usize) {
        at -= 1;
    }
    at
}
