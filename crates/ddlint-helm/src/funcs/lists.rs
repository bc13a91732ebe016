//! The functions on lists. A list that is made shares its items with the one it was made from, and stands under
//! the same origin.
//!
//! Deliberately absent: `index`, `len` and `range`, which are the template language's own.

use super::bridge::{ordered, taken};
use super::equal::deep_equal;
use super::{Args, Call, FuncDef, FuncError, Ty, cast};
use crate::origin::OriginId;
use crate::value::{Data, List, ListKind, Value};

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::variadic("list", &[Ty::Any], list),
    FuncDef::variadic("tuple", &[Ty::Any], list),
    FuncDef::fixed("append", &[Ty::Any, Ty::Any], append),
    FuncDef::fixed("push", &[Ty::Any, Ty::Any], append),
    FuncDef::fixed("mustAppend", &[Ty::Any, Ty::Any], append),
    FuncDef::fixed("mustPush", &[Ty::Any, Ty::Any], append),
    FuncDef::fixed("prepend", &[Ty::Any, Ty::Any], prepend),
    FuncDef::fixed("mustPrepend", &[Ty::Any, Ty::Any], prepend),
    FuncDef::fixed("first", &[Ty::Any], first),
    FuncDef::fixed("mustFirst", &[Ty::Any], first),
    FuncDef::fixed("rest", &[Ty::Any], rest),
    FuncDef::fixed("mustRest", &[Ty::Any], rest),
    FuncDef::fixed("last", &[Ty::Any], last),
    FuncDef::fixed("mustLast", &[Ty::Any], last),
    FuncDef::fixed("initial", &[Ty::Any], initial),
    FuncDef::fixed("mustInitial", &[Ty::Any], initial),
    FuncDef::fixed("reverse", &[Ty::Any], reverse),
    FuncDef::fixed("mustReverse", &[Ty::Any], reverse),
    FuncDef::fixed("uniq", &[Ty::Any], uniq),
    FuncDef::fixed("mustUniq", &[Ty::Any], uniq),
    FuncDef::variadic("without", &[Ty::Any, Ty::Any], without),
    FuncDef::variadic("mustWithout", &[Ty::Any, Ty::Any], without),
    FuncDef::fixed("has", &[Ty::Any, Ty::Any], has),
    FuncDef::fixed("mustHas", &[Ty::Any, Ty::Any], has),
    FuncDef::fixed("compact", &[Ty::Any], compact),
    FuncDef::fixed("mustCompact", &[Ty::Any], compact),
    FuncDef::variadic("slice", &[Ty::Any, Ty::Any], slice),
    FuncDef::variadic("mustSlice", &[Ty::Any, Ty::Any], slice),
    FuncDef::variadic("concat", &[Ty::Any], concat),
    FuncDef::fixed("chunk", &[Ty::Int, Ty::Any], chunk),
    FuncDef::fixed("mustChunk", &[Ty::Int, Ty::Any], chunk),
    FuncDef::fixed("until", &[Ty::Int], until),
    FuncDef::fixed("untilStep", &[Ty::Int, Ty::Int, Ty::Int], until_step),
    FuncDef::variadic("seq", &[Ty::Int], seq),
];

/// What Go says of a method call on a type that is not there.
pub(super) const NIL_TYPE: &str = "runtime error: invalid memory address or nil pointer dereference";

/// The items of a slice; else the error that begins with `complaint`.
fn items(value: &Value, complaint: &str) -> Result<Vec<Value>, FuncError> {
    match &value.data {
        Data::List(list) => Ok(list.items.borrow().clone()),
        Data::Object(object) if object.kind() == "slice" => {
            let inner = object.as_container();
            Ok(inner.as_ref().and_then(Value::as_list).map_or(Vec::new(), |l| l.items.borrow().clone()))
        }
        Data::Nil => Err(FuncError::new(NIL_TYPE)),
        _ => Err(FuncError::new(format!("{complaint} {}", value.kind())).blame(value.origin)),
    }
}

/// A new list in the place of `like`.
fn like(like: &Value, items: Vec<Value>) -> Value {
    Value { data: Data::List(List::new(items, ListKind::Any)), origin: like.origin }
}

/// A Go slice that is nil: it prints as an empty list and encodes as null.
fn nil_list(origin: OriginId) -> Value {
    Value { data: Data::List(List::new(Vec::new(), ListKind::Nil)), origin }
}

fn list(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(Value::list(args.to_vec()))
}

fn append(call: &mut Call<'_>, args: &[Value]) -> Out {
    let mut items = items(args.any(0), "Cannot push on type")?;
    call.charge(items.len() as u64 / 8)?;
    items.push(args.any(1).clone());
    Ok(like(args.any(0), items))
}

fn prepend(call: &mut Call<'_>, args: &[Value]) -> Out {
    let mut items = items(args.any(0), "Cannot prepend on type")?;
    call.charge(items.len() as u64 / 8)?;
    items.insert(0, args.any(1).clone());
    Ok(like(args.any(0), items))
}

/// The item, or nil that says which list was empty.
fn chosen(call: &mut Call<'_>, list: &Value, item: Option<&Value>) -> Value {
    match item {
        Some(item) => taken(call, list, item.clone()),
        None => Value { data: Data::Nil, origin: list.origin },
    }
}

fn first(call: &mut Call<'_>, args: &[Value]) -> Out {
    let items = items(args.any(0), "Cannot find first on type")?;
    Ok(chosen(call, args.any(0), items.first()))
}

fn last(call: &mut Call<'_>, args: &[Value]) -> Out {
    let items = items(args.any(0), "Cannot find last on type")?;
    Ok(chosen(call, args.any(0), items.last()))
}

fn rest(_: &mut Call<'_>, args: &[Value]) -> Out {
    let mut items = items(args.any(0), "Cannot find rest on type")?;
    if items.is_empty() {
        return Ok(nil_list(args.any(0).origin));
    }
    items.remove(0);
    Ok(like(args.any(0), items))
}

fn initial(_: &mut Call<'_>, args: &[Value]) -> Out {
    let mut items = items(args.any(0), "Cannot find initial on type")?;
    if items.pop().is_none() {
        return Ok(nil_list(args.any(0).origin));
    }
    Ok(like(args.any(0), items))
}

fn reverse(_: &mut Call<'_>, args: &[Value]) -> Out {
    let mut items = items(args.any(0), "Cannot find reverse on type")?;
    items.reverse();
    Ok(like(args.any(0), items))
}

fn uniq(call: &mut Call<'_>, args: &[Value]) -> Out {
    let items = items(args.any(0), "Cannot find uniq on type")?;
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        call.charge(1 + kept.len() as u64 / 16)?;
        if !kept.iter().any(|k| deep_equal(&item, k)) {
            kept.push(item);
        }
    }
    Ok(like(args.any(0), kept))
}

fn without(call: &mut Call<'_>, args: &[Value]) -> Out {
    let items = items(args.any(0), "Cannot find without on type")?;
    let omitted = args.get(1..).unwrap_or(&[]);
    call.charge(items.len() as u64 * omitted.len() as u64 / 16)?;
    let kept = items.into_iter().filter(|item| !omitted.iter().any(|o| deep_equal(item, o))).collect();
    Ok(like(args.any(0), kept))
}

fn has(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (needle, haystack) = (args.any(0), args.any(1));
    let origin = call.mixed(args);
    if haystack.is_nil() {
        return Ok(Value::bool(false, origin));
    }
    let items = items(haystack, "Cannot find has on type")?;
    call.charge(items.len() as u64 / 16)?;
    let found = items.iter().any(|item| deep_equal(needle, item));
    let inside = call.deep_origin(haystack);
    let origin = call.origins.union(origin, inside);
    // Membership does not depend on the order.
    Ok(ordered(call, Value::bool(found, origin)))
}

fn compact(_: &mut Call<'_>, args: &[Value]) -> Out {
    let items = items(args.any(0), "Cannot compact on type")?;
    Ok(like(args.any(0), items.into_iter().filter(Value::truth).collect()))
}

fn slice(_: &mut Call<'_>, args: &[Value]) -> Out {
    let value = args.any(0);
    let items = items(value, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value { data: Data::Nil, origin: value.origin });
    }
    let start = if args.len() > 1 { cast::to_int(args.any(1)) } else { 0 };
    let end = if args.len() > 2 { cast::to_int(args.any(2)) } else { items.len() as i64 };
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = range.and_then(|(s, e)| items.get(s..e));
    let Some(part) = part else {
        return Err(FuncError::new("reflect.Value.Slice: slice index out of bounds"));
    };
    let kind = value.as_list().map_or(ListKind::Any, |l| l.kind);
    Ok(Value { data: Data::List(List::new(part.to_vec(), kind)), origin: value.origin })
}

fn concat(call: &mut Call<'_>, args: &[Value]) -> Out {
    let mut all = Vec::new();
    for value in args {
        let more = items(value, "Cannot concat type").map_err(|error| match error {
            FuncError::Message { message, blame } if message != NIL_TYPE => {
                FuncError::Message { message: format!("{message} as list"), blame }
            }
            other => other,
        })?;
        call.charge(more.len() as u64 / 8)?;
        // Items remember the test that chose their list.
        all.extend(more.into_iter().map(|item| taken(call, value, item)));
    }
    let origin = call.mixed(args);
    if all.is_empty() {
        return Ok(nil_list(origin));
    }
    Ok(Value { data: Data::List(List::new(all, ListKind::Any)), origin })
}

fn chunk(_: &mut Call<'_>, args: &[Value]) -> Out {
    let items = items(args.any(1), "Cannot chunk type")?;
    let size = args.int(0)?;
    let absolute = usize::try_from(size.unsigned_abs()).unwrap_or(usize::MAX);
    match items.len() {
        _ if size > 0 => {}
        // What comes of sprig's arithmetic for a negative size.
        1 if size < -1 => {}
        2.. if size < 0 && items.len() - 1 <= absolute => return Ok(like(args.any(1), Vec::new())),
        _ => return Err(FuncError::new("runtime error: makeslice: len out of range")),
    }
    let chunks = items.chunks(absolute).map(|part| like(args.any(1), part.to_vec())).collect();
    Ok(like(args.any(1), chunks))
}

/// The numbers from `start` on, before `stop`.
fn steps(call: &mut Call<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, FuncError> {
    let mut numbers = Vec::new();
    if step == 0 || (stop < start) != (step < 0) {
        return Ok(numbers);
    }
    let count =
        (i128::from(stop) - i128::from(start)).unsigned_abs().div_ceil(i128::from(step).unsigned_abs());
    call.charge(u64::try_from(count).unwrap_or(u64::MAX))?;
    let mut at = start;
    while if step > 0 { at < stop } else { at > stop } {
        numbers.push(at);
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(numbers)
}

fn ints(numbers: Vec<i64>, origin: OriginId) -> Value {
    let items = numbers.into_iter().map(|n| Value { data: Data::Int(n), origin }).collect();
    Value { data: Data::List(List::new(items, ListKind::Ints)), origin }
}

fn until(call: &mut Call<'_>, args: &[Value]) -> Out {
    let count = args.int(0)?;
    let numbers = steps(call, 0, count, if count < 0 { -1 } else { 1 })?;
    let origin = call.mixed(args);
    Ok(ints(numbers, origin))
}

fn until_step(call: &mut Call<'_>, args: &[Value]) -> Out {
    let numbers = steps(call, args.int(0)?, args.int(1)?, args.int(2)?)?;
    let origin = call.mixed(args);
    Ok(ints(numbers, origin))
}

fn seq(call: &mut Call<'_>, args: &[Value]) -> Out {
    let n = |i: usize| args.int(i);
    let (start, step, end) = match args.len() {
        1 => (1, if n(0)? < 1 { -1 } else { 1 }, n(0)?),
        2 => (n(0)?, if n(1)? < n(0)? { -1 } else { 1 }, n(1)?),
        3 if n(2)? < n(0)? && n(1)? > 0 => return Ok(Value::str([], OriginId::NONE)),
        3 => (n(0)?, n(1)?, n(2)?),
        _ => return Ok(Value::str([], OriginId::NONE)),
    };
    let stop = if end < start { end.wrapping_sub(1) } else { end.wrapping_add(1) };
    let numbers = steps(call, start, stop, step)?;
    let text = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    let origin = call.mixed(args);
    Ok(Value::str(text, origin))
}
