//! Patterns: what Go's `regexp` accepts, handed to the `regex` crate after the differences between the two are
//! rewritten (a brace that is no repetition, `\z`, `\Q…\E`, flags).
//!
//! Text is matched as UTF-8; a byte that is none is matched as U+FFFD, as in Go.
//! Deliberately absent: Go's wording of errors in patterns beyond the most common ones.

use super::strings::finish;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::text::{Text, TextBuf};
use crate::value::{Data, List, ListKind, Value};
use regex::{Captures, Regex, RegexBuilder};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("regexMatch", &[Ty::Str, Ty::Str], matches),
    FuncDef::fixed("mustRegexMatch", &[Ty::Str, Ty::Str], must_match),
    FuncDef::fixed("regexFindAll", &[Ty::Str, Ty::Str, Ty::Int], find_all),
    FuncDef::fixed("mustRegexFindAll", &[Ty::Str, Ty::Str, Ty::Int], find_all),
    FuncDef::fixed("regexFind", &[Ty::Str, Ty::Str], find),
    FuncDef::fixed("mustRegexFind", &[Ty::Str, Ty::Str], find),
    FuncDef::fixed("regexReplaceAll", &[Ty::Str, Ty::Str, Ty::Str], replace),
    FuncDef::fixed("mustRegexReplaceAll", &[Ty::Str, Ty::Str, Ty::Str], replace),
    FuncDef::fixed("regexReplaceAllLiteral", &[Ty::Str, Ty::Str, Ty::Str], replace_literal),
    FuncDef::fixed("mustRegexReplaceAllLiteral", &[Ty::Str, Ty::Str, Ty::Str], replace_literal),
    FuncDef::fixed("regexSplit", &[Ty::Str, Ty::Str, Ty::Int], split),
    FuncDef::fixed("mustRegexSplit", &[Ty::Str, Ty::Str, Ty::Int], split),
    FuncDef::fixed("regexQuoteMeta", &[Ty::Str], quote_meta),
];

/// No pattern of a chart needs more memory than this.
const SIZE_LIMIT: usize = 8 << 20;

/// Compiled, or why it is none.
type Compiled = Result<Rc<Regex>, String>;

thread_local! {
    // Shared and not cloned: a clone of a pattern begins with empty caches.
    static KNOWN: RefCell<HashMap<Vec<u8>, Compiled>> = RefCell::new(HashMap::new());
}

/// The compiled pattern, or Go's words for why it is none.
fn compile(pattern: &[u8]) -> Compiled {
    KNOWN.with_borrow_mut(|known| {
        if let Some(done) = known.get(pattern) {
            return done.clone();
        }
        if known.len() > 1000 {
            known.clear();
        }
        let done = compile_new(pattern).map(Rc::new);
        known.insert(pattern.to_vec(), done.clone());
        done
    })
}

fn compile_new(pattern: &[u8]) -> Result<Regex, String> {
    let Ok(text) = std::str::from_utf8(pattern) else {
        return Err(format!("error parsing regexp: invalid UTF-8: `{}`", String::from_utf8_lossy(pattern)));
    };
    let rewritten = rewrite(text)?;
    RegexBuilder::new(&rewritten)
        .unicode(true)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .build()
        .map_err(|error| explain(&error, text))
}

fn explain(error: &regex::Error, pattern: &str) -> String {
    let said = error.to_string();
    let known = [
        ("unclosed group", "missing closing )"),
        ("unopened group", "unexpected )"),
        ("repetition operator missing expression", "missing argument to repetition operator"),
        ("look-around", "invalid or unsupported Perl syntax"),
        ("compiled regex exceeds size limit", "expression too large"),
    ];
    let reason = known.iter().find(|(ours, _)| said.contains(ours)).map_or("invalid pattern", |(_, go)| go);
    // Go names the part of the pattern that is wrong; for most of these it is all of the rest.
    let part = match reason {
        "missing argument to repetition operator" => {
            pattern.trim_start_matches(|c| !matches!(c, '*' | '+' | '?')).get(..1).unwrap_or(pattern)
        }
        _ => pattern,
    };
    format!("error parsing regexp: {reason}: `{part}`")
}

/// Go's syntax in the crate's: `\d`, `\w`, `\s` and `\b` are ASCII there, a brace that begins no repetition is
/// literal, `\z` is the end and `\C` a byte, and `\Q…\E` quotes.
fn rewrite(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    // Inside of the braces of a repetition.
    let mut repetition = false;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        rest = after;
        match c {
            '\\' => {
                let (text, tail) = escape(after)?;
                out.push_str(&text);
                rest = tail;
            }
            '[' => {
                let (text, tail) = class(after, pattern)?;
                out.push_str(&text);
                rest = tail;
            }
            ']' => out.push_str("\\]"),
            '{' if is_repetition(after) => {
                repetition = true;
                out.push('{');
            }
            '{' => out.push_str("\\{"),
            '}' if std::mem::take(&mut repetition) => out.push('}'),
            '}' => out.push_str("\\}"),
            _ => out.push(c),
        }
    }
    Ok(out)
}

fn bad(reason: &str, part: &str) -> String {
    format!("error parsing regexp: {reason}: `{part}`")
}

/// A bracketed class, from behind its bracket on. Every character becomes a number, so that none can mean anything.
fn class<'a>(inside: &'a str, pattern: &str) -> Result<(String, &'a str), String> {
    let mut out = String::from("[");
    let mut rest = inside;
    if let Some(tail) = rest.strip_prefix('^') {
        out.push('^');
        rest = tail;
    }
    let mut first = true;
    loop {
        match rest.strip_prefix(']') {
            Some(tail) if !first => {
                out.push(']');
                return Ok((out, tail));
            }
            _ if rest.is_empty() => {
                let from = pattern.len().saturating_sub(inside.len() + 1);
                return Err(bad("missing closing ]", pattern.get(from..).unwrap_or(pattern)));
            }
            _ => first = false,
        }
        if let Some((name, tail)) = named_class(rest) {
            out.push_str(name);
            rest = tail;
            continue;
        }
        if let Some(tail) = rest.strip_prefix('\\')
            && tail.starts_with(['d', 'D', 'w', 'W', 's', 'S', 'p', 'P'])
        {
            let (text, tail) = escape(tail)?;
            out.push_str(&text);
            rest = tail;
            continue;
        }
        let (low, tail) = class_char(rest)?;
        let high = tail.strip_prefix('-').filter(|t| !t.is_empty() && !t.starts_with(']'));
        let Some(high) = high else {
            out.push_str(&format!("\\x{{{low:x}}}"));
            rest = tail;
            continue;
        };
        let (high, tail) = class_char(high)?;
        if high < low {
            let range = rest.get(..rest.len() - tail.len()).unwrap_or(rest);
            return Err(bad("invalid character class range", range));
        }
        out.push_str(&format!("\\x{{{low:x}}}-\\x{{{high:x}}}"));
        rest = tail;
    }
}

/// One character of a class, escaped or not.
fn class_char(text: &str) -> Result<(u32, &str), String> {
    let Some(c) = text.chars().next() else { return Err(bad("missing closing ]", text)) };
    let tail = text.get(c.len_utf8()..).unwrap_or("");
    if c == '\\' { code(tail) } else { Ok((u32::from(c), tail)) }
}

/// `{2}`, `{2,}` or `{2,3}`
fn is_repetition(after_brace: &str) -> bool {
    let Some((inside, _)) = after_brace.split_once('}') else { return false };
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

/// `[:alpha:]` and `[:^alpha:]` inside of a class.
fn named_class(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("[:")?;
    let end = inner.find(":]")?;
    let name = inner.get(..end)?;
    if !name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'^') {
        return None;
    }
    Some(text.split_at(end + 4))
}

/// What stands after a backslash, rewritten, and the text behind it.
fn escape(after: &str) -> Result<(String, &str), String> {
    let Some(c) = after.chars().next() else {
        return Err(bad("trailing backslash at end of expression", ""));
    };
    let tail = after.get(c.len_utf8()..).unwrap_or("");
    let text = match c {
        // Perl classes are ASCII in Go; within a bracketed class these are classes in a class.
        'd' => "[0-9]",
        'w' => "[0-9A-Za-z_]",
        's' => r"[\t\n\x0C\r\x20]",
        'D' => "[^0-9]",
        'W' => "[^0-9A-Za-z_]",
        'S' => r"[^\t\n\x0C\r\x20]",
        'b' => r"(?-u:\b)",
        'B' => r"(?-u:\B)",
        'C' => "(?s:.)",
        'z' => r"\z",
        'A' => r"\A",
        'E' => "",
        'Q' => {
            let (quoted, rest) = tail.split_once("\\E").unwrap_or((tail, ""));
            return Ok((regex::escape(quoted), rest));
        }
        'p' | 'P' => {
            // Its braces go with it, so that they are not taken for a repetition.
            let length = match tail.strip_prefix('{') {
                Some(inside) => inside.find('}').map_or(tail.len(), |at| at + 2),
                None => tail.chars().next().map_or(0, char::len_utf8),
            };
            let (name, rest) = tail.split_at_checked(length).unwrap_or((tail, ""));
            return Ok((format!("\\{c}{name}"), rest));
        }
        _ => {
            let (code, rest) = code(after)?;
            return Ok((format!("\\x{{{code:x}}}"), rest));
        }
    };
    Ok((text.to_owned(), tail))
}

/// The character that an escape stands for.
fn code(after: &str) -> Result<(u32, &str), String> {
    let Some(c) = after.chars().next() else {
        return Err(bad("trailing backslash at end of expression", ""));
    };
    let tail = after.get(c.len_utf8()..).unwrap_or("");
    let invalid = |length: usize| {
        bad("invalid escape sequence", &format!("\\{}", after.get(..length).unwrap_or(after)))
    };
    let code = match c {
        'a' => 0x07,
        'f' => 0x0c,
        'n' => 0x0a,
        'r' => 0x0d,
        't' => 0x09,
        'v' => 0x0b,
        'x' => {
            let (digits, rest) = match tail.strip_prefix('{') {
                Some(inside) => inside.split_once('}').ok_or_else(|| invalid(after.len()))?,
                None => tail.split_at_checked(2).ok_or_else(|| invalid(after.len()))?,
            };
            let code = u32::from_str_radix(digits, 16).ok().filter(|n| char::from_u32(*n).is_some());
            return Ok((code.ok_or_else(|| invalid(3))?, rest));
        }
        // A single digit other than zero would be a back reference.
        '1'..='7' if !tail.starts_with(|d| ('0'..='7').contains(&d)) => return Err(invalid(1)),
        '0'..='7' => {
            let length = after.bytes().take(3).take_while(|d| (b'0'..=b'7').contains(d)).count();
            let (digits, rest) = after.split_at_checked(length).unwrap_or((after, ""));
            return Ok((u32::from_str_radix(digits, 8).unwrap_or(0), rest));
        }
        _ if c.is_ascii_alphanumeric() || !c.is_ascii() => return Err(invalid(c.len_utf8())),
        _ => u32::from(c),
    };
    Ok((code, tail))
}

/// Sprig's functions without `must` panic with this.
fn regex(call: &Call<'_>, pattern: &Text) -> Result<Rc<Regex>, FuncError> {
    compile(pattern.bytes()).map_err(|error| {
        if call.name.starts_with("must") {
            return FuncError::new(error);
        }
        let quoted = String::from_utf8_lossy(pattern.bytes()).into_owned();
        let quoted = if quoted.contains('`') {
            super::bridge::go_quote(pattern.bytes())
        } else {
            format!("`{quoted}`")
        };
        FuncError::new(format!("regexp: Compile({quoted}): {error}"))
    })
}

/// A text to be searched.
struct Subject<'t> {
    original: &'t Text,
    /// With U+FFFD in the place of bytes that are no UTF-8.
    text: Cow<'t, str>,
    /// Where each byte of `text` stands in the original, if that is another place.
    places: Option<Vec<usize>>,
}

impl<'t> Subject<'t> {
    fn new(original: &'t Text) -> Subject<'t> {
        if let Ok(text) = std::str::from_utf8(original.bytes()) {
            return Subject { original, text: Cow::Borrowed(text), places: None };
        }
        let (mut text, mut places) = (String::new(), Vec::new());
        for (at, c) in super::gostr::chars(original.bytes()) {
            text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
            places.resize(text.len(), at);
        }
        places.push(original.len());
        Subject { original, text: Cow::Owned(text), places: Some(places) }
    }

    fn place(&self, at: usize) -> usize {
        match &self.places {
            None => at,
            Some(places) => places.get(at).copied().unwrap_or(self.original.len()),
        }
    }

    fn range(&self, found: &regex::Match<'_>) -> Range<usize> {
        self.place(found.start())..self.place(found.end())
    }

    fn slice(&self, range: Range<usize>) -> Text {
        self.original.slice(range.start, range.end)
    }
}

fn matches(call: &mut Call<'_>, args: &[Value]) -> Out {
    let subject = Subject::new(args.text(1)?);
    let answer = compile(args.text(0)?.bytes()).is_ok_and(|r| r.is_match(&subject.text));
    let origin = call.mixed(args);
    Ok(Value::bool(answer, origin))
}

fn must_match(call: &mut Call<'_>, args: &[Value]) -> Out {
    let answer = regex(call, args.text(0)?)?.is_match(&Subject::new(args.text(1)?).text);
    let origin = call.mixed(args);
    Ok(Value::bool(answer, origin))
}

fn find(call: &mut Call<'_>, args: &[Value]) -> Out {
    let subject = Subject::new(args.text(1)?);
    Ok(match regex(call, args.text(0)?)?.find(&subject.text) {
        Some(found) => Value::string(subject.slice(subject.range(&found))),
        None => {
            let origin = subject.original.origin(call.origins);
            Value::str([], origin)
        }
    })
}

fn find_all(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (subject, n) = (Subject::new(args.text(1)?), args.int(2)?);
    let regex = regex(call, args.text(0)?)?;
    let limit = usize::try_from(n).unwrap_or(usize::MAX);
    call.charge(subject.text.len() as u64 / 8)?;
    let items: Vec<Value> = regex
        .find_iter(&subject.text)
        .take(limit)
        .map(|found| Value::string(subject.slice(subject.range(&found))))
        .collect();
    let kind = if items.is_empty() { ListKind::Nil } else { ListKind::Strings };
    Ok(Value::plain(Data::List(List::new(items, kind))))
}

fn replace(call: &mut Call<'_>, args: &[Value]) -> Out {
    replace_with(call, args, expand)
}

fn replace_literal(call: &mut Call<'_>, args: &[Value]) -> Out {
    replace_with(call, args, |_, _, template, out| out.extend_from_slice(template))
}

/// What is not matched stays as it is; what replaces a match comes from the match and from the replacement.
fn replace_with(
    call: &mut Call<'_>,
    args: &[Value],
    write: impl Fn(&Subject<'_>, &Captures<'_>, &[u8], &mut Vec<u8>),
) -> Out {
    let (subject, template) = (Subject::new(args.text(1)?), args.text(2)?);
    let text = subject.original;
    let regex = regex(call, args.text(0)?)?;
    let made_by = template.origin(call.origins);
    let mut out = TextBuf::with_capacity(text.len());
    let mut start = 0;
    for captures in regex.captures_iter(&subject.text) {
        let Some(found) = captures.get(0).map(|m| subject.range(&m)) else { continue };
        out.push_slice(text, start, found.start);
        let mut bytes = Vec::new();
        write(&subject, &captures, template.bytes(), &mut bytes);
        call.charge(1 + bytes.len() as u64 / 8)?;
        let replaced = match found.is_empty() {
            true => text.origin_at(found.start),
            false => subject.slice(found.clone()).origin(call.origins),
        };
        let origin = call.origins.union(replaced, made_by);
        out.push(&bytes, origin);
        start = found.end;
    }
    out.push_slice(text, start, text.len());
    let origin = text.origin(call.origins);
    Ok(finish(out, origin))
}

/// `$1`, `${1}`, `$name`, `${name}` and `$$`; the longest name counts, and one that is no group is empty.
fn expand(subject: &Subject<'_>, captures: &Captures<'_>, template: &[u8], out: &mut Vec<u8>) {
    let mut rest = template;
    while let Some(at) = rest.iter().position(|b| *b == b'$') {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let after = after.get(1..).unwrap_or(&[]);
        if let [b'$', tail @ ..] = after {
            out.push(b'$');
            rest = tail;
            continue;
        }
        let Some((name, tail)) = reference(after) else {
            out.push(b'$');
            rest = after;
            continue;
        };
        let group = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => captures.name(name),
        };
        if let Some(group) = group {
            out.extend_from_slice(subject.slice(subject.range(&group)).bytes());
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
}

fn reference(text: &[u8]) -> Option<(&str, &[u8])> {
    let (braced, body) = match text {
        [b'{', tail @ ..] => (true, tail),
        _ => (false, text),
    };
    let mut length = 0;
    for (at, c) in super::gostr::chars(body) {
        match c {
            Some(c) if c == '_' || c.is_alphanumeric() => length = at + c.len_utf8(),
            _ => break,
        }
    }
    let name = std::str::from_utf8(body.get(..length)?).ok().filter(|n| !n.is_empty())?;
    let tail = body.get(length..)?;
    match braced {
        true => Some((name, tail.strip_prefix(b"}")?)),
        false => Some((name, tail)),
    }
}

fn split(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (subject, n) = (Subject::new(args.text(1)?), args.int(2)?);
    let regex = regex(call, args.text(0)?)?;
    call.charge(subject.text.len() as u64 / 8)?;
    let strings = |items, kind| Ok(Value::plain(Data::List(List::new(items, kind))));
    if n == 0 {
        return strings(Vec::new(), ListKind::Nil);
    }
    let limit = usize::try_from(n).unwrap_or(usize::MAX);
    if !args.text(0)?.is_empty() && subject.text.is_empty() {
        return strings(vec![args.any(1).clone()], ListKind::Strings);
    }
    let mut items = Vec::new();
    let (mut start, mut end) = (0, 0);
    for found in regex.find_iter(&subject.text) {
        if items.len() + 1 >= limit {
            break;
        }
        let found = subject.range(&found);
        end = found.start;
        // An empty match at the very beginning separates nothing.
        if found.end != 0 {
            items.push(Value::string(subject.slice(start..end)));
        }
        start = found.end;
    }
    if end != subject.original.len() {
        items.push(Value::string(subject.slice(start..subject.original.len())));
    }
    strings(items, ListKind::Strings)
}

fn quote_meta(call: &mut Call<'_>, args: &[Value]) -> Out {
    let mut out = Vec::new();
    for byte in args.text(0)?.bytes() {
        if br"\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    Ok(super::strings::mixed_text(call, args, out))
}
