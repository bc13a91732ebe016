//! Slash-separated paths, as Go's `path` package and, on Unix, `path/filepath` have them.
//!
//! Deliberately absent: the file system.

use super::strings::finish;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::text::{Text, TextBuf};
use crate::value::Value;

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("base", &[Ty::Str], base),
    FuncDef::fixed("dir", &[Ty::Str], dir),
    FuncDef::fixed("clean", &[Ty::Str], clean),
    FuncDef::fixed("ext", &[Ty::Str], ext),
    FuncDef::fixed("isAbs", &[Ty::Str], is_abs),
    FuncDef::fixed("osBase", &[Ty::Str], base),
    FuncDef::fixed("osDir", &[Ty::Str], dir),
    FuncDef::fixed("osClean", &[Ty::Str], clean),
    FuncDef::fixed("osExt", &[Ty::Str], ext),
    FuncDef::fixed("osIsAbs", &[Ty::Str], is_abs),
];

fn after_last_slash(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1)
}

fn base(_: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(0)?;
    if text.is_empty() {
        return Ok(Value::str(".", text.origin_at(0)));
    }
    let end = text.len() - text.bytes().iter().rev().take_while(|b| **b == b'/').count();
    if end == 0 {
        return Ok(Value::string(text.slice(0, 1)));
    }
    let start = after_last_slash(text.bytes().get(..end).unwrap_or(&[]));
    Ok(Value::string(text.slice(start, end)))
}

fn ext(_: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(0)?;
    let name = after_last_slash(text.bytes());
    let dot = text.bytes().iter().skip(name).rposition(|b| *b == b'.').map(|at| name + at);
    Ok(Value::string(text.slice(dot.unwrap_or(text.len()), text.len())))
}

fn is_abs(call: &mut Call<'_>, args: &[Value]) -> Out {
    let answer = args.text(0)?.bytes().starts_with(b"/");
    let origin = call.mixed(args);
    Ok(Value::bool(answer, origin))
}

fn clean(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(cleaned(args.text(0)?))
}

fn dir(_: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(0)?;
    Ok(cleaned(&text.slice(0, after_last_slash(text.bytes()))))
}

/// The shortest path that means the same, built of slices of the text.
fn cleaned(text: &Text) -> Value {
    let bytes = text.bytes();
    let rooted = bytes.starts_with(b"/");
    let mut kept: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    while start <= bytes.len() {
        let rest = bytes.get(start..).unwrap_or(&[]);
        let end = start + rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
        let is_up = |range: &(usize, usize)| bytes.get(range.0..range.1) == Some(b"..");
        match bytes.get(start..end).unwrap_or(&[]) {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| !is_up(last)) => {
                kept.pop();
            }
            b".." if rooted => {}
            _ => kept.push((start, end)),
        }
        start = end + 1;
    }
    let origin = text.origin_at(0);
    let mut out = TextBuf::with_capacity(bytes.len());
    if rooted {
        out.push_slice(text, 0, 1);
    }
    for (i, (start, end)) in kept.iter().enumerate() {
        if i > 0 {
            out.push(b"/", text.origin_at(start.saturating_sub(1)));
        }
        out.push_slice(text, *start, *end);
    }
    if out.is_empty() {
        out.push(b".", origin);
    }
    finish(out, origin)
}
