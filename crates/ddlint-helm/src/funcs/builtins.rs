//! The functions of text/template itself.
//!
//! Deliberately absent: what `and` and `or` do (they are lazy, see `exec`), complex numbers, channels, functions
//! as values (`call` can only fail).

use super::compare::{equal, less, less_or_equal};
use super::{Args, Call, FuncDef, FuncError, Imp, Ty};
use crate::fmt;
use crate::origin::OriginId;
use crate::value::{Data, MapKind, Value};

/// The table.
pub(super) const FUNCS: &[FuncDef] = &[
    FuncDef::special("and", &[Ty::Reflect, Ty::Reflect], true, Imp::And),
    FuncDef::special("or", &[Ty::Reflect, Ty::Reflect], true, Imp::Or),
    FuncDef::special("call", &[Ty::Reflect, Ty::Reflect], true, Imp::Call),
    FuncDef::special("include", &[Ty::Str, Ty::Any], false, Imp::Include),
    FuncDef::special("tpl", &[Ty::Str, Ty::Any], false, Imp::Tpl),
    FuncDef::fixed("not", &[Ty::Reflect], not),
    FuncDef::variadic("eq", &[Ty::Reflect, Ty::Reflect], eq),
    FuncDef::fixed("ne", &[Ty::Reflect, Ty::Reflect], ne),
    FuncDef::fixed("lt", &[Ty::Reflect, Ty::Reflect], lt),
    FuncDef::fixed("le", &[Ty::Reflect, Ty::Reflect], le),
    FuncDef::fixed("gt", &[Ty::Reflect, Ty::Reflect], gt),
    FuncDef::fixed("ge", &[Ty::Reflect, Ty::Reflect], ge),
    FuncDef::fixed("len", &[Ty::Reflect], len),
    FuncDef::variadic("index", &[Ty::Reflect, Ty::Reflect], index),
    FuncDef::variadic("print", &[Ty::Any], print),
    FuncDef::variadic("printf", &[Ty::Str, Ty::Any], printf),
    FuncDef::variadic("println", &[Ty::Any], println),
    FuncDef::variadic("html", &[Ty::Any], html),
    FuncDef::variadic("js", &[Ty::Any], js),
    FuncDef::variadic("urlquery", &[Ty::Any], urlquery),
];

type Answer = Result<Value, FuncError>;

fn truth(call: &mut Call<'_>, args: &[Value], answer: bool) -> Answer {
    let origin = if call.recording() { call.mixed(args) } else { OriginId::NONE };
    Ok(Value::bool(answer, origin))
}

fn not(call: &mut Call<'_>, args: &[Value]) -> Answer {
    truth(call, args, !args.any(0).truth())
}

fn eq(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let Some((first, rest)) = args.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Err("missing argument for comparison".into());
    };
    let mut answer = false;
    for arg in rest {
        if equal(first, arg)? {
            answer = true;
            break;
        }
    }
    truth(call, args, answer)
}

fn ne(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let answer = !equal(args.any(0), args.any(1))?;
    truth(call, args, answer)
}

fn lt(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let answer = less(args.any(0), args.any(1))?;
    truth(call, args, answer)
}

fn le(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let answer = less_or_equal(args.any(0), args.any(1))?;
    truth(call, args, answer)
}

fn gt(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let answer = !less_or_equal(args.any(0), args.any(1))?;
    truth(call, args, answer)
}

fn ge(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let answer = !less(args.any(0), args.any(1))?;
    truth(call, args, answer)
}

/// What a container-like object stands for; other values as they are.
fn opened(value: &Value) -> Value {
    match &value.data {
        Data::Object(object) => object.as_container().unwrap_or_else(|| value.clone()),
        _ => value.clone(),
    }
}

fn len(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let value = opened(args.any(0));
    let n = match &value.data {
        Data::Nil => return Err("len of nil pointer".into()),
        Data::Str(text) => text.len(),
        Data::List(list) => list.items.borrow().len(),
        Data::Map(map) => map.entries.borrow().len(),
        _ => return Err(format!("len of type {}", value.type_name()).into()),
    };
    let origin = call.mixed(args);
    Ok(Value { data: Data::Int(n as i64), origin })
}

/// An index into something of this length; `end` allows one past the last.
fn position(index: &Value, length: usize) -> Result<usize, FuncError> {
    match index.data {
        Data::Int(i) | Data::Int64(i) => match usize::try_from(i) {
            Ok(at) if at <= length => Ok(at),
            _ => Err(format!("index out of range: {i}").into()),
        },
        Data::Nil => Err("cannot index slice/array with nil".into()),
        _ => Err(format!("cannot index slice/array with type {}", index.type_name()).into()),
    }
}

fn index(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let mut item = args.any(0).clone();
    if item.is_nil() {
        return Err("index of untyped nil".into());
    }
    for index in args.iter().skip(1) {
        let container = opened(&item);
        let origin = container.origin;
        let found = match &container.data {
            Data::Nil => return Err("index of nil pointer".into()),
            Data::Str(text) => {
                let at = position(index, text.len())?;
                let byte = text.bytes().get(at).ok_or_else(out_of_range)?;
                Value { data: Data::Int(i64::from(*byte)), origin: text.origin_at(at) }
            }
            Data::List(list) => {
                let items = list.items.borrow();
                let at = position(index, items.len())?;
                items.get(at).cloned().ok_or_else(out_of_range)?
            }
            Data::Map(map) => match &index.data {
                Data::Str(key) => map.get(key.bytes()).unwrap_or_else(|| match map.kind {
                    MapKind::Strings => Value::str("", origin),
                    _ => Value { data: Data::Nil, origin },
                }),
                Data::Nil => return Err("value is nil; should be of type string".into()),
                _ => return Err(format!("value has type {}; should be string", index.type_name()).into()),
            },
            _ => return Err(format!("can't index item of type {}", container.type_name()).into()),
        };
        let by = if call.recording() {
            let inherited = call.origins.test_of(origin);
            let key = index.origin(call.origins);
            call.origins.union(inherited, key)
        } else {
            OriginId::NONE
        };
        item = call.tested(found, by);
    }
    Ok(item)
}

fn out_of_range() -> FuncError {
    FuncError::new("reflect: slice index out of range")
}

fn print(_: &mut Call<'_>, args: &[Value]) -> Answer {
    Ok(Value::string(fmt::sprint(args)))
}

fn println(_: &mut Call<'_>, args: &[Value]) -> Answer {
    let origin = args.last().map_or(OriginId::NONE, fmt::first_origin);
    Ok(Value::string(fmt::sprintln(args, origin)))
}

fn printf(_: &mut Call<'_>, args: &[Value]) -> Answer {
    Ok(Value::string(fmt::sprintf(args.text(0)?, args.get(1..).unwrap_or_default())))
}

/// What the escapers escape: what `print` shows, nil as an action prints it.
fn escaped(args: &[Value], escape: impl Fn(&[u8]) -> Vec<u8>) -> Answer {
    let shown = |arg: &Value| match arg.data {
        Data::Nil => Value::str("<no value>", arg.origin),
        _ => arg.clone(),
    };
    let args: Vec<Value> = args.iter().map(shown).collect();
    let text = fmt::sprint(&args);
    let mut out = crate::text::TextBuf::with_capacity(text.len());
    for (bytes, origin) in text.runs() {
        out.push(&escape(bytes), origin);
    }
    Ok(Value::string(if out.is_empty() { text } else { out.finish() }))
}

fn html(_: &mut Call<'_>, args: &[Value]) -> Answer {
    escaped(args, |bytes| {
        let mut out = Vec::with_capacity(bytes.len());
        for b in bytes {
            match b {
                0 => out.extend_from_slice("\u{fffd}".as_bytes()),
                b'"' => out.extend_from_slice(b"&#34;"),
                b'\'' => out.extend_from_slice(b"&#39;"),
                b'&' => out.extend_from_slice(b"&amp;"),
                b'<' => out.extend_from_slice(b"&lt;"),
                b'>' => out.extend_from_slice(b"&gt;"),
                b => out.push(*b),
            }
        }
        out
    })
}

fn js(_: &mut Call<'_>, args: &[Value]) -> Answer {
    escaped(args, |bytes| {
        let mut out = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some((c, width)) = crate::template::decode(rest) {
            match c {
                '\\' => out.extend_from_slice(b"\\\\"),
                '\'' => out.extend_from_slice(b"\\'"),
                '"' => out.extend_from_slice(b"\\\""),
                '<' => out.extend_from_slice(b"\\u003C"),
                '>' => out.extend_from_slice(b"\\u003E"),
                '&' => out.extend_from_slice(b"\\u0026"),
                '=' => out.extend_from_slice(b"\\u003D"),
                c if (c as u32) < 0x20 => out.extend_from_slice(format!("\\u{:04X}", c as u32).as_bytes()),
                c if c.is_ascii() || fmt::is_print(c) => {
                    out.extend_from_slice(rest.get(..width).unwrap_or_default())
                }
                c => out.extend_from_slice(format!("\\u{:04X}", c as u32).as_bytes()),
            }
            rest = rest.get(width..).unwrap_or_default();
        }
        out
    })
}

fn urlquery(_: &mut Call<'_>, args: &[Value]) -> Answer {
    escaped(args, |bytes| {
        let mut out = Vec::with_capacity(bytes.len());
        for b in bytes {
            match b {
                b' ' => out.push(b'+'),
                b if b.is_ascii_alphanumeric() || b"-_.~".contains(b) => out.push(*b),
                b => out.extend_from_slice(format!("%{b:02X}").as_bytes()),
            }
        }
        out
    })
}
