//! The functions on text that keep its runs: cutting, trimming, padding, joining, quoting.
//!
//! A result is built from slices of its arguments wherever the function's meaning allows it, so that each byte
//! keeps its origin. Deliberately absent: printing of values (`fmt`), patterns (`regexes`), random text (`random`).

use super::bridge::{go_quote, print_value};
use super::gostr::{chars, decode, find_all, lower, push_char, split, trim_matches, trim_space, upper};
use super::{Args, Call, FuncDef, FuncError, Ty, words};
use crate::origin::OriginId;
use crate::text::{Text, TextBuf};
use crate::value::{Data, List, ListKind, Map, MapKind, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("hello", &[], hello),
    FuncDef::fixed("abbrev", &[Ty::Int, Ty::Str], abbrev),
    FuncDef::fixed("abbrevboth", &[Ty::Int, Ty::Int, Ty::Str], abbrev_both),
    FuncDef::fixed("trunc", &[Ty::Int, Ty::Str], trunc),
    FuncDef::fixed("trim", &[Ty::Str], trim),
    FuncDef::fixed("upper", &[Ty::Str], to_upper),
    FuncDef::fixed("lower", &[Ty::Str], to_lower),
    FuncDef::fixed("title", &[Ty::Str], title),
    FuncDef::fixed("untitle", &[Ty::Str], untitle),
    FuncDef::fixed("substr", &[Ty::Int, Ty::Int, Ty::Str], substr),
    FuncDef::fixed("repeat", &[Ty::Int, Ty::Str], repeat),
    FuncDef::fixed("trimall", &[Ty::Str, Ty::Str], trim_all),
    FuncDef::fixed("trimAll", &[Ty::Str, Ty::Str], trim_all),
    FuncDef::fixed("trimSuffix", &[Ty::Str, Ty::Str], trim_suffix),
    FuncDef::fixed("trimPrefix", &[Ty::Str, Ty::Str], trim_prefix),
    FuncDef::fixed("nospace", &[Ty::Str], nospace),
    FuncDef::fixed("initials", &[Ty::Str], initials),
    FuncDef::fixed("swapcase", &[Ty::Str], swapcase),
    FuncDef::fixed("snakecase", &[Ty::Str], snakecase),
    FuncDef::fixed("camelcase", &[Ty::Str], camelcase),
    FuncDef::fixed("kebabcase", &[Ty::Str], kebabcase),
    FuncDef::fixed("wrap", &[Ty::Int, Ty::Str], wrap),
    FuncDef::fixed("wrapWith", &[Ty::Int, Ty::Str, Ty::Str], wrap_with),
    FuncDef::fixed("contains", &[Ty::Str, Ty::Str], contains),
    FuncDef::fixed("hasPrefix", &[Ty::Str, Ty::Str], has_prefix),
    FuncDef::fixed("hasSuffix", &[Ty::Str, Ty::Str], has_suffix),
    FuncDef::variadic("quote", &[Ty::Any], quote),
    FuncDef::variadic("squote", &[Ty::Any], squote),
    FuncDef::variadic("cat", &[Ty::Any], cat),
    FuncDef::fixed("indent", &[Ty::Int, Ty::Str], indent),
    FuncDef::fixed("nindent", &[Ty::Int, Ty::Str], nindent),
    FuncDef::fixed("replace", &[Ty::Str, Ty::Str, Ty::Str], replace),
    FuncDef::fixed("plural", &[Ty::Str, Ty::Str, Ty::Int], plural),
    FuncDef::fixed("toString", &[Ty::Any], to_string),
    FuncDef::fixed("split", &[Ty::Str, Ty::Str], split_map),
    FuncDef::fixed("splitList", &[Ty::Str, Ty::Str], split_list),
    FuncDef::fixed("splitn", &[Ty::Str, Ty::Int, Ty::Str], splitn),
    FuncDef::fixed("toStrings", &[Ty::Any], to_strings),
    FuncDef::fixed("join", &[Ty::Str, Ty::Any], join),
    FuncDef::fixed("sortAlpha", &[Ty::Any], sort_alpha),
];

/// The built text; an empty one keeps the origin given, so that a value can still say where it came from.
pub(super) fn finish(buffer: TextBuf, origin: OriginId) -> Value {
    if buffer.is_empty() && !origin.is_none() {
        return Value::str([], origin);
    }
    Value::string(buffer.finish())
}

/// Text that was made out of all of the arguments.
pub(super) fn mixed_text(call: &mut Call<'_>, args: &[Value], bytes: Vec<u8>) -> Value {
    let origin = call.mixed(args);
    Value::str(bytes, origin)
}

/// A part of a text. Out of range is empty.
fn part(text: &Text, range: std::ops::Range<usize>) -> Value {
    let end = range.end.min(text.len());
    Value::string(text.slice(range.start.min(end), end))
}

/// What sprig prints of a value: text as it is, anything else as `%v`.
pub(super) fn as_text(call: &mut Call<'_>, value: &Value) -> Text {
    match &value.data {
        Data::Str(text) => text.clone(),
        Data::List(list) if list.kind == ListKind::Bytes => {
            let bytes: Vec<u8> = list
                .items
                .borrow()
                .iter()
                .map(|item| match item.data {
                    Data::Int(n) | Data::Int64(n) => n as u8,
                    _ => 0,
                })
                .collect();
            Text::new(bytes, value.origin)
        }
        _ => print_value(call, value),
    }
}

fn origin_near(text: &Text, at: usize) -> OriginId {
    text.origin_at(at)
}

fn hello(_: &mut Call<'_>, _: &[Value]) -> Out {
    Ok(Value::str("Hello!", OriginId::NONE))
}

fn abbrev(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (width, text) = (args.int(0)?, args.text(1)?);
    Ok(if width < 4 { Value::string(text.clone()) } else { Value::string(abbreviated(text, 0, width)) })
}

fn abbrev_both(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (left, right, text) = (args.int(0)?, args.int(1)?, args.text(2)?);
    if right < 4 || left > 0 && right < 7 {
        return Ok(Value::string(text.clone()));
    }
    Ok(Value::string(abbreviated(text, left, right)))
}

/// Shortens to `width` with dots at the end, and at the beginning where `offset` is beyond it.
fn abbreviated(text: &Text, offset: i64, width: i64) -> Text {
    let length = text.len() as i64;
    if length <= width {
        return text.clone();
    }
    let kept = width - 3;
    let mut offset = offset.min(length);
    if length.saturating_sub(offset) < kept {
        offset = length - kept;
    }
    let mut out = TextBuf::new();
    if offset <= 4 {
        out.push_slice(text, 0, kept as usize);
        out.push(b"...", origin_near(text, kept as usize));
        return out.finish();
    }
    if width < 7 {
        return Text::new(Vec::new(), origin_near(text, 0));
    }
    out.push(b"...", origin_near(text, 0));
    if offset + kept < length {
        let rest = text.slice(offset as usize, text.len());
        if width - 3 >= 4 {
            out.push_text(&abbreviated(&rest, 0, width - 3));
        }
    } else {
        out.push_slice(text, (length - kept) as usize, text.len());
    }
    out.finish()
}

fn trunc(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (count, text) = (args.int(0)?, args.text(1)?);
    let length = text.len() as i64;
    let range = if count < 0 && length.saturating_add(count) > 0 {
        (length + count) as usize..text.len()
    } else if count >= 0 && length > count {
        0..count as usize
    } else {
        return Ok(Value::string(text.clone()));
    };
    Ok(part(text, range))
}

fn trim(_: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(0)?;
    Ok(part(text, trim_space(text.bytes())))
}

/// Maps each character to one; bytes that are none become U+FFFD as soon as anything is not ASCII.
fn map_chars(text: &Text, map: fn(char) -> char) -> Value {
    if text.bytes().iter().all(|b| map(char::from(*b)) == char::from(*b) && b.is_ascii()) {
        return Value::string(text.clone());
    }
    let mut out = TextBuf::with_capacity(text.len());
    for (run, origin) in text.runs() {
        let mut bytes = Vec::with_capacity(run.len());
        for (_, c) in chars(run) {
            push_char(&mut bytes, c.map(map));
        }
        out.push(&bytes, origin);
    }
    Value::string(out.finish())
}

/// A character may lie across two runs; then the whole text becomes one run.
fn whole_chars(call: &mut Call<'_>, text: &Text) -> Text {
    let inside = |end: usize| text.bytes().get(end).is_some_and(|b| b & 0xc0 == 0x80);
    if text.segments().iter().any(|s| inside(s.end as usize)) {
        let origin = text.origin(call.origins);
        return text.with_origin(origin);
    }
    text.clone()
}

fn to_upper(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = whole_chars(call, args.text(0)?);
    Ok(map_chars(&text, upper))
}

fn to_lower(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = whole_chars(call, args.text(0)?);
    Ok(map_chars(&text, lower))
}

fn restyled(call: &mut Call<'_>, args: &[Value], style: impl Fn(&[u8]) -> Vec<u8>) -> Out {
    let bytes = style(args.text(0)?.bytes());
    Ok(mixed_text(call, args, bytes))
}

fn title(call: &mut Call<'_>, args: &[Value]) -> Out {
    restyled(call, args, words::title_words)
}
fn untitle(call: &mut Call<'_>, args: &[Value]) -> Out {
    restyled(call, args, words::uncapitalize)
}
fn initials(call: &mut Call<'_>, args: &[Value]) -> Out {
    restyled(call, args, words::initials)
}
fn swapcase(call: &mut Call<'_>, args: &[Value]) -> Out {
    restyled(call, args, words::swap_case)
}
fn snakecase(call: &mut Call<'_>, args: &[Value]) -> Out {
    restyled(call, args, |text| words::connected(text, b'_'))
}
fn kebabcase(call: &mut Call<'_>, args: &[Value]) -> Out {
    restyled(call, args, |text| words::connected(text, b'-'))
}
fn camelcase(call: &mut Call<'_>, args: &[Value]) -> Out {
    restyled(call, args, words::pascal_case)
}
fn nospace(call: &mut Call<'_>, args: &[Value]) -> Out {
    match words::without_space(args.text(0)?.bytes()) {
        None => Ok(args.any(0).clone()),
        Some(bytes) => Ok(mixed_text(call, args, bytes)),
    }
}

fn substr(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (start, end, text) = (args.int(0)?, args.int(1)?, args.text(2)?);
    let length = text.len() as i64;
    let bounds =
        |what: String| Err(FuncError::new(format!("runtime error: slice bounds out of range {what}")));
    if start < 0 {
        return match end {
            _ if end < 0 => bounds(format!("[:{end}]")),
            _ if end > length => bounds(format!("[:{end}] with length {length}")),
            _ => Ok(part(text, 0..end as usize)),
        };
    }
    if end < 0 || end > length {
        if start > length {
            return bounds(format!("[{start}:{length}]"));
        }
        return Ok(part(text, start as usize..text.len()));
    }
    if start > end {
        return bounds(format!("[{start}:{end}]"));
    }
    Ok(part(text, start as usize..end as usize))
}

fn repeat(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (count, text) = (args.int(0)?, args.text(1)?);
    let Ok(count) = usize::try_from(count) else {
        return Err(FuncError::new("strings: negative Repeat count"));
    };
    let mut out = TextBuf::new();
    if !text.is_empty() {
        call.charge((count as u64).saturating_mul(text.len() as u64) / 2)?;
        for _ in 0..count {
            out.push_text(text);
        }
    }
    let origin = origin_near(text, 0);
    Ok(finish(out, origin))
}

fn trim_all(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (set, text) = (args.text(0)?, args.text(1)?);
    let drop: Vec<Option<char>> = chars(set.bytes()).map(|(_, c)| c).collect();
    Ok(part(text, trim_matches(text.bytes(), |c| drop.contains(&c))))
}

fn trim_suffix(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (suffix, text) = (args.text(0)?, args.text(1)?);
    if suffix.is_empty() || !text.bytes().ends_with(suffix.bytes()) {
        return Ok(Value::string(text.clone()));
    }
    Ok(part(text, 0..text.len() - suffix.len()))
}

fn trim_prefix(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (prefix, text) = (args.text(0)?, args.text(1)?);
    if prefix.is_empty() || !text.bytes().starts_with(prefix.bytes()) {
        return Ok(Value::string(text.clone()));
    }
    Ok(part(text, prefix.len()..text.len()))
}

fn wrap(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(1)?;
    call.charge(text.len() as u64 / 4)?;
    wrapped(text, args.int(0)?, &Text::new("\n", origin_near(text, 0)), false)
}

fn wrap_with(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(2)?;
    let separator = args.text(1)?;
    call.charge((text.len() as u64).saturating_mul(1 + separator.len() as u64) / 8)?;
    let newline = Text::new("\n", origin_near(text, 0));
    wrapped(text, args.int(0)?, if separator.is_empty() { &newline } else { separator }, true)
}

fn wrapped(text: &Text, width: i64, separator: &Text, cut: bool) -> Out {
    if text.is_empty() {
        return Ok(Value::string(text.clone()));
    }
    let mut out = TextBuf::with_capacity(text.len() + 16);
    for (i, line) in words::wrapped_lines(text.bytes(), width, cut).into_iter().enumerate() {
        if i > 0 {
            out.push_text(separator);
        }
        out.push_slice(text, line.start, line.end);
    }
    Ok(finish(out, origin_near(text, 0)))
}

fn contains(call: &mut Call<'_>, args: &[Value]) -> Out {
    let answer = super::gostr::find(args.text(1)?.bytes(), args.text(0)?.bytes()).is_some();
    let origin = call.mixed(args);
    Ok(Value::bool(answer, origin))
}

fn has_prefix(call: &mut Call<'_>, args: &[Value]) -> Out {
    let answer = args.text(1)?.bytes().starts_with(args.text(0)?.bytes());
    let origin = call.mixed(args);
    Ok(Value::bool(answer, origin))
}

fn has_suffix(call: &mut Call<'_>, args: &[Value]) -> Out {
    let answer = args.text(1)?.bytes().ends_with(args.text(0)?.bytes());
    let origin = call.mixed(args);
    Ok(Value::bool(answer, origin))
}

/// The arguments that are not nil, each written by `write`, with spaces between.
fn spaced(
    call: &mut Call<'_>,
    args: &[Value],
    mut write: impl FnMut(&mut Call<'_>, &Value, &mut TextBuf),
) -> Out {
    let mut out = TextBuf::new();
    for (i, value) in args.iter().filter(|v| !v.is_nil()).enumerate() {
        if i > 0 {
            out.push(b" ", OriginId::NONE);
        }
        write(call, value, &mut out);
        call.charge(out.len() as u64 / 8)?;
    }
    // What nothing was written of still says where it came from.
    let origin = args.first().map_or(OriginId::NONE, |v| v.origin);
    Ok(finish(out, origin))
}

fn quote(call: &mut Call<'_>, args: &[Value]) -> Out {
    spaced(call, args, |call, value, out| {
        let text = as_text(call, value);
        push_quoted(&text, value.origin, out);
    })
}

/// The text in double quotes. Runs stay runs, also where characters of them are escaped.
fn push_quoted(text: &Text, origin: OriginId, out: &mut TextBuf) {
    let edge = |at: usize| if text.segments().is_empty() { origin } else { text.origin_at(at) };
    out.push(b"\"", edge(0));
    let plain = |b: &u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\');
    if text.bytes().iter().all(plain) {
        out.push_text(text);
    } else {
        let bytes = text.bytes();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let run = rest.iter().take_while(|b| plain(b)).count();
            if run > 0 {
                out.push_slice(text, at, at + run);
                at += run;
                continue;
            }
            let length = decode(rest).map_or(1, |(_, n)| n);
            let quoted = go_quote(rest.get(..length).unwrap_or(&[]));
            out.push(
                quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("").as_bytes(),
                text.origin_at(at),
            );
            at += length;
        }
    }
    out.push(b"\"", edge(text.len().saturating_sub(1)));
}

fn squote(call: &mut Call<'_>, args: &[Value]) -> Out {
    spaced(call, args, |call, value, out| {
        let text = print_value(call, value);
        let edge = |at: usize| if text.segments().is_empty() { value.origin } else { text.origin_at(at) };
        out.push(b"'", edge(0));
        out.push_text(&text);
        out.push(b"'", edge(text.len().saturating_sub(1)));
    })
}

fn cat(call: &mut Call<'_>, args: &[Value]) -> Out {
    spaced(call, args, |call, value, out| {
        let text = print_value(call, value);
        out.push_text(&text);
    })
}

fn pad_of(call: &mut Call<'_>, spaces: i64, text: &Text) -> Result<Vec<u8>, FuncError> {
    let Ok(spaces) = usize::try_from(spaces) else {
        return Err(FuncError::new("strings: negative Repeat count"));
    };
    let lines = 1 + text.bytes().iter().filter(|b| **b == b'\n').count();
    call.charge((spaces as u64).saturating_mul(lines as u64) / 8)?;
    Ok(vec![b' '; spaces])
}

/// The padding takes the origin of the text that it moves.
fn push_indented(text: &Text, pad: &[u8], out: &mut TextBuf) {
    out.push(pad, origin_near(text, 0));
    let mut start = 0;
    for at in find_all(text.bytes(), b"\n") {
        out.push_slice(text, start, at + 1);
        start = at + 1;
        out.push(pad, origin_near(text, start));
    }
    out.push_slice(text, start, text.len());
}

fn indent(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(1)?;
    let pad = pad_of(call, args.int(0)?, text)?;
    let mut out = TextBuf::with_capacity(text.len() + pad.len() * 4);
    push_indented(text, &pad, &mut out);
    Ok(finish(out, origin_near(text, 0)))
}

fn nindent(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(1)?;
    let pad = pad_of(call, args.int(0)?, text)?;
    let mut out = TextBuf::with_capacity(text.len() + pad.len() * 4 + 1);
    out.push(b"\n", origin_near(text, 0));
    push_indented(text, &pad, &mut out);
    Ok(finish(out, origin_near(text, 0)))
}

fn replace(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (old, new, text) = (args.text(0)?, args.text(1)?, args.text(2)?);
    let found = find_all(text.bytes(), old.bytes());
    if found.is_empty() || old.bytes() == new.bytes() {
        return Ok(Value::string(text.clone()));
    }
    call.charge((found.len() as u64).saturating_mul(new.len() as u64) / 8)?;
    let replacement = new.origin(call.origins);
    let mut out = TextBuf::with_capacity(text.len());
    let mut start = 0;
    for at in found {
        out.push_slice(text, start, at);
        // What replaces says where it came from, and what it stands for.
        let replaced = text.slice(at, at + old.len()).origin(call.origins);
        let origin = call.origins.union(replacement, replaced);
        out.push(new.bytes(), origin);
        start = at + old.len();
    }
    out.push_slice(text, start, text.len());
    Ok(finish(out, origin_near(text, 0)))
}

fn plural(call: &mut Call<'_>, args: &[Value]) -> Out {
    let chosen = if args.int(2)? == 1 { args.any(0) } else { args.any(1) };
    Ok(call.tested(chosen.clone(), args.any(2).origin))
}

fn to_string(call: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(Value::string(as_text(call, args.any(0))))
}

fn strings(items: Vec<Value>) -> Value {
    Value::plain(Data::List(List::new(items, ListKind::Strings)))
}

fn numbered(text: &Text, parts: Vec<std::ops::Range<usize>>) -> Value {
    let entries: BTreeMap<Rc<[u8]>, crate::value::Entry> = parts
        .into_iter()
        .enumerate()
        .map(|(i, range)| {
            let entry = crate::value::Entry { key_origin: OriginId::NONE, value: part(text, range) };
            (Rc::from(format!("_{i}").into_bytes()), entry)
        })
        .collect();
    Value::plain(Data::Map(Map::new(entries, MapKind::Strings)))
}

fn split_map(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (separator, text) = (args.text(0)?, args.text(1)?);
    call.charge(text.len() as u64 / 8)?;
    Ok(numbered(text, split(text.bytes(), separator.bytes(), -1)))
}

fn splitn(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (separator, n, text) = (args.text(0)?, args.int(1)?, args.text(2)?);
    call.charge(text.len() as u64 / 8)?;
    Ok(numbered(text, split(text.bytes(), separator.bytes(), n)))
}

fn split_list(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (separator, text) = (args.text(0)?, args.text(1)?);
    call.charge(text.len() as u64 / 8)?;
    let parts = split(text.bytes(), separator.bytes(), -1);
    Ok(strings(parts.into_iter().map(|range| part(text, range)).collect()))
}

/// What sprig makes a list of strings of; nil items are left out.
fn string_items(call: &mut Call<'_>, value: &Value) -> Vec<Value> {
    match &value.data {
        Data::List(list) => {
            let items: Vec<Value> = list.items.borrow().iter().filter(|v| !v.is_nil()).cloned().collect();
            items.iter().map(|item| Value::string(as_text(call, item))).collect()
        }
        Data::Nil => Vec::new(),
        Data::Object(object) if object.kind() == "slice" => match object.as_container() {
            Some(inner) => string_items(call, &inner),
            None => Vec::new(),
        },
        _ => vec![Value::string(as_text(call, value))],
    }
}

fn to_strings(call: &mut Call<'_>, args: &[Value]) -> Out {
    let items = string_items(call, args.any(0));
    let mut out = strings(items);
    out.origin = args.any(0).origin;
    Ok(out)
}

fn join(call: &mut Call<'_>, args: &[Value]) -> Out {
    let separator = args.text(0)?;
    let items = string_items(call, args.any(1));
    call.charge(items.len() as u64)?;
    let mut out = TextBuf::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_text(separator);
        }
        if let Some(text) = item.as_text() {
            call.charge((text.len() + separator.len()) as u64 / 8)?;
            out.push_text(text);
        }
    }
    let origin = args.any(1).origin;
    let value = finish(out, origin);
    Ok(super::bridge::taken(call, args.any(1), value))
}

fn sort_alpha(call: &mut Call<'_>, args: &[Value]) -> Out {
    let value = args.any(0);
    let Data::List(_) = &value.data else {
        return Ok(strings(vec![Value::string(as_text(call, value))]));
    };
    let mut items = string_items(call, value);
    items.sort_by(|a, b| a.as_text().map(Text::bytes).cmp(&b.as_text().map(Text::bytes)));
    // Now the order is known, whatever it was before.
    let items = items.into_iter().map(|item| super::bridge::ordered(call, item)).collect();
    let mut out = strings(items);
    out.origin = value.origin;
    Ok(out)
}
