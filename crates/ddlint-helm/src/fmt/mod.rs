//! Printing values as Go's fmt package does: `%v`, the verbs, and what happens with the wrong ones.
//!
//! Bytes that stem from a value keep its origin, bytes of a format string keep theirs.
//! Deliberately absent: YAML, JSON, and `%p`.

mod float;
mod printf;
mod quote;

pub(crate) use float::{scientific, shortest as float};
pub(crate) use printf::sprintf;
pub(crate) use quote::{Unit, is_print, quote, unquote, unquote_char};

use crate::origin::OriginId;
use crate::text::{Text, TextBuf};
use crate::value::{Data, ListKind, Value};

/// Go would print a map that holds itself until its stack is full; we stop here.
const MAX_DEPTH: u32 = 200;
/// No printed value is longer.
const MAX_BYTES: usize = 256 << 20;

/// `%v` of one value. A string keeps its runs.
pub(crate) fn to_text(value: &Value) -> Text {
    match &value.data {
        Data::Str(text) => text.clone(),
        _ => {
            let mut out = TextBuf::new();
            push_value(&mut out, value);
            match out.is_empty() {
                true => Text::new(Vec::new(), value.origin),
                false => out.finish(),
            }
        }
    }
}

/// Appends `%v` of a value.
pub(crate) fn push_value(out: &mut TextBuf, value: &Value) {
    push_nested(out, value, value.origin, 0);
}

fn push_nested(out: &mut TextBuf, value: &Value, around: OriginId, depth: u32) {
    let origin = if value.origin.is_none() { around } else { value.origin };
    match &value.data {
        Data::Nil => out.push(b"<nil>", origin),
        Data::Bool(b) => out.push(if *b { b"true" } else { b"false" }, origin),
        Data::Int(i) | Data::Int64(i) => {
            let mut buffer = [0; 20];
            out.push(decimal(*i, &mut buffer), origin);
        }
        Data::Float(f) => out.push(float(*f).as_bytes(), origin),
        Data::Str(text) => out.push_text(text),
        Data::Object(object) => out.push(&object.print(), origin),
        Data::List(_) | Data::Map(_) if depth > MAX_DEPTH || out.len() > MAX_BYTES => {
            out.push(b"...", origin)
        }
        Data::List(list) => crate::stack::with_room(|| {
            out.push(b"[", origin);
            for (i, item) in list.items.borrow().iter().enumerate() {
                if i > 0 {
                    out.push(b" ", origin);
                }
                push_nested(out, item, origin, depth + 1);
            }
            out.push(b"]", origin);
        }),
        Data::Map(map) => crate::stack::with_room(|| {
            out.push(b"map[", origin);
            for (i, (key, entry)) in map.entries.borrow().iter().enumerate() {
                if i > 0 {
                    out.push(b" ", origin);
                }
                out.push(key, if entry.key_origin.is_none() { origin } else { entry.key_origin });
                out.push(b":", origin);
                push_nested(out, &entry.value, origin, depth + 1);
            }
            out.push(b"]", origin);
        }),
    }
}

/// Decimal digits without allocating.
fn decimal(i: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut rest = i.unsigned_abs();
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if i < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    &buffer[at..]
}

/// `fmt.Sprint`: spaces between operands when neither is a string.
pub(crate) fn sprint(args: &[Value]) -> Text {
    let mut out = TextBuf::new();
    let mut after_string = true;
    for (i, arg) in args.iter().enumerate() {
        let is_string = matches!(arg.data, Data::Str(_));
        if i > 0 && !is_string && !after_string {
            out.push(b" ", arg.origin);
        }
        push_value(&mut out, arg);
        after_string = is_string;
    }
    keep_origin(out, args)
}

/// `fmt.Sprintln`: spaces always, and a newline.
pub(crate) fn sprintln(args: &[Value], origin: OriginId) -> Text {
    let mut out = TextBuf::new();
    for (i, arg) in args.iter().enumerate() {
        if i > 0 {
            out.push(b" ", origin);
        }
        push_value(&mut out, arg);
    }
    out.push(b"\n", origin);
    out.finish()
}

/// An empty result still tells where it came from.
fn keep_origin(out: TextBuf, args: &[Value]) -> Text {
    if out.is_empty()
        && let Some(Data::Str(text)) = args.first().map(|arg| &arg.data)
    {
        return text.clone();
    }
    out.finish()
}

/// The items of a byte slice.
pub(crate) fn byte_items(value: &Value) -> Option<Vec<u8>> {
    let list = value.as_list().filter(|list| list.kind == ListKind::Bytes)?;
    let items = list.items.borrow();
    Some(
        items
            .iter()
            .map(|item| match item.data {
                Data::Int(i) | Data::Int64(i) => i as u8,
                _ => 0,
            })
            .collect(),
    )
}

/// The origin of a value without mixing anything: for a string that of its first run.
pub(crate) fn first_origin(value: &Value) -> OriginId {
    match &value.data {
        Data::Str(text) => text.segments().first().map_or(OriginId::NONE, |s| s.origin),
        _ => value.origin,
    }
}
