//! The functions on maps. Maps are shared: `set`, `unset` and `merge` change what every holder sees.

use super::bridge::{marked, ordered, ordered_origin, taken};
use super::equal::{deep_copy, deep_equal};
use super::strings::as_text;
use super::{Args, Call, FuncDef, FuncError, Ty, merge};
use crate::origin::OriginId;
use crate::value::{Data, Entry, List, ListKind, Map, MapKind, Value};
use crate::world::Draw;
use std::collections::BTreeMap;
use std::rc::Rc;

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::variadic("dict", &[Ty::Any], dict),
    FuncDef::fixed("get", &[Ty::Map, Ty::Str], get),
    FuncDef::fixed("set", &[Ty::Map, Ty::Str, Ty::Any], set),
    FuncDef::fixed("unset", &[Ty::Map, Ty::Str], unset),
    FuncDef::fixed("hasKey", &[Ty::Map, Ty::Str], has_key),
    FuncDef::variadic("pluck", &[Ty::Str, Ty::Map], pluck),
    FuncDef::variadic("keys", &[Ty::Map], keys),
    FuncDef::fixed("values", &[Ty::Map], values),
    FuncDef::variadic("pick", &[Ty::Map, Ty::Str], pick),
    FuncDef::variadic("omit", &[Ty::Map, Ty::Str], omit),
    FuncDef::variadic("dig", &[Ty::Any], dig),
    FuncDef::variadic("merge", &[Ty::Map, Ty::Map], merge_keeping),
    FuncDef::variadic("mustMerge", &[Ty::Map, Ty::Map], merge_keeping),
    FuncDef::variadic("mergeOverwrite", &[Ty::Map, Ty::Map], merge_overwriting),
    FuncDef::variadic("mustMergeOverwrite", &[Ty::Map, Ty::Map], merge_overwriting),
    FuncDef::fixed("deepCopy", &[Ty::Any], copy),
    FuncDef::fixed("mustDeepCopy", &[Ty::Any], copy),
    FuncDef::fixed("deepEqual", &[Ty::Any, Ty::Any], equal),
];

type Entries = BTreeMap<Rc<[u8]>, Entry>;

/// The same map under the type that the function returns.
fn plain_map(map: &Map, origin: OriginId) -> Value {
    let kind = if map.kind == MapKind::Values { MapKind::Any } else { map.kind };
    Value { data: Data::Map(Map { entries: map.entries.clone(), kind }), origin }
}

fn dict(call: &mut Call<'_>, args: &[Value]) -> Out {
    let mut entries = Entries::new();
    for pair in args.chunks(2) {
        let key = as_text(call, pair.any(0));
        let key_origin = key.origin(call.origins);
        let key_origin = ordered_origin(call, key_origin);
        let value = match pair.get(1) {
            Some(value) => value.clone(),
            None => Value::str([], OriginId::NONE),
        };
        entries.insert(Rc::from(key.bytes()), Entry { key_origin, value });
    }
    Ok(Value::map(entries))
}

fn get(call: &mut Call<'_>, args: &[Value]) -> Out {
    let key = args.text(1)?;
    match args.map(0)?.and_then(|map| map.get(key.bytes())) {
        Some(value) => Ok(taken(call, args.any(0), value)),
        None => Ok(Value::str([], args.any(0).origin)),
    }
}

fn set(call: &mut Call<'_>, args: &[Value]) -> Out {
    let Some(map) = args.map(0)? else {
        return Err(FuncError::new("assignment to entry in nil map").blame(args.any(0).origin));
    };
    let key = args.text(1)?;
    let key_origin = key.origin(call.origins);
    let key_origin = ordered_origin(call, key_origin);
    let value = call.tested(args.any(2).clone(), call.control);
    map.set(key.bytes(), key_origin, value);
    Ok(plain_map(map, args.any(0).origin))
}

fn unset(_: &mut Call<'_>, args: &[Value]) -> Out {
    let Some(map) = args.map(0)? else { return Ok(Value::map(Entries::new())) };
    map.entries.borrow_mut().remove(args.text(1)?.bytes());
    Ok(plain_map(map, args.any(0).origin))
}

fn has_key(call: &mut Call<'_>, args: &[Value]) -> Out {
    let key = args.text(1)?;
    let mut origin = call.mixed(args);
    let entry = args.map(0)?.and_then(|map| map.entries.borrow().get(key.bytes()).map(|e| e.key_origin));
    if let Some(key_origin) = entry {
        origin = call.origins.union(origin, key_origin);
    }
    Ok(Value::bool(entry.is_some(), origin))
}

fn pluck(call: &mut Call<'_>, args: &[Value]) -> Out {
    let key = args.text(0)?.clone();
    let mut found = Vec::new();
    for value in args.iter().skip(1) {
        if let Some(item) = value.as_map().and_then(|map| map.get(key.bytes())) {
            found.push(taken(call, value, item));
        }
    }
    Ok(Value::list(found))
}

/// One order of what has none.
fn turned<T>(call: &Call<'_>, items: &mut [T]) {
    if call.draw() == Draw::Second {
        items.reverse();
    }
}

/// Go gives the keys in a random order. Here they are sorted, and where there are several each says so.
fn keys(call: &mut Call<'_>, args: &[Value]) -> Out {
    let mut found: Vec<(Rc<[u8]>, OriginId)> = Vec::new();
    let mut unordered = false;
    for value in args {
        if let Some(map) = value.as_map() {
            let entries = map.entries.borrow();
            unordered |= entries.len() > 1;
            found.extend(entries.iter().map(|(key, entry)| (key.clone(), entry.key_origin)));
        }
    }
    call.charge(found.len() as u64)?;
    let mark = if unordered { call.unordered() } else { OriginId::NONE };
    turned(call, &mut found);
    let items = found
        .into_iter()
        .map(|(key, origin)| {
            let origin = call.origins.union(origin, mark);
            Value::str(&key[..], origin)
        })
        .collect();
    let origin = call.mixed(args);
    Ok(Value { data: Data::List(List::new(items, ListKind::Strings)), origin })
}

fn values(call: &mut Call<'_>, args: &[Value]) -> Out {
    let Some(map) = args.map(0)? else { return Ok(Value::list(Vec::new())) };
    let mut found: Vec<Value> = map.entries.borrow().values().map(|e| e.value.clone()).collect();
    call.charge(found.len() as u64)?;
    let several = found.len() > 1 && found.windows(2).any(|w| !deep_equal(w.any(0), w.any(1)));
    let mark = if several { call.unordered() } else { OriginId::NONE };
    turned(call, &mut found);
    let items = found
        .into_iter()
        .map(|value| {
            let value = taken(call, args.any(0), value);
            marked(call, value, mark)
        })
        .collect();
    Ok(Value { data: Data::List(List::new(items, ListKind::Any)), origin: args.any(0).origin })
}

fn selected(args: &[Value], keep: impl Fn(&[u8]) -> bool) -> Result<Value, FuncError> {
    let mut entries = Entries::new();
    if let Some(map) = args.map(0)? {
        for (key, entry) in map.entries.borrow().iter() {
            if keep(key) {
                entries.insert(key.clone(), entry.clone());
            }
        }
    }
    Ok(Value { data: Data::Map(Map::new(entries, MapKind::Any)), origin: args.any(0).origin })
}

fn names(args: &[Value]) -> Result<Vec<&[u8]>, FuncError> {
    (1..args.len()).map(|i| args.text(i).map(|t| t.bytes())).collect()
}

fn pick(_: &mut Call<'_>, args: &[Value]) -> Out {
    let names = names(args)?;
    selected(args, |key| names.contains(&key))
}

fn omit(_: &mut Call<'_>, args: &[Value]) -> Out {
    let names = names(args)?;
    selected(args, |key| !names.contains(&key))
}

/// What Go says when a value has another type than a function insists on.
fn conversion(value: &Value, wanted: &str) -> FuncError {
    let got = match &value.data {
        Data::Nil => "nil",
        data => data.type_name(),
    };
    FuncError::new(format!("interface conversion: interface {{}} is {got}, not {wanted}")).blame(value.origin)
}

fn plain(value: &Value) -> Result<&Map, FuncError> {
    match &value.data {
        Data::Map(map) if map.kind == MapKind::Any => Ok(map),
        _ => Err(conversion(value, "map[string]interface {}")),
    }
}

fn dig(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [path @ .., default, start] = args else {
        return Err(FuncError::new("dig needs at least three arguments"));
    };
    if path.is_empty() {
        return Err(FuncError::new("dig needs at least three arguments"));
    }
    plain(start)?;
    if let Some(wrong) = path.iter().find(|key| key.as_text().is_none()) {
        return Err(conversion(wrong, "string"));
    }
    let mut at = start.clone();
    for key in path {
        let bytes = key.as_text().map_or(&[][..], |t| t.bytes());
        match plain(&at)?.get(bytes) {
            Some(next) => at = taken(call, &at, next),
            None => {
                let origin = at.origin;
                return Ok(call.tested(default.clone(), origin));
            }
        }
    }
    Ok(at)
}

fn merge_keeping(call: &mut Call<'_>, args: &[Value]) -> Out {
    merge_all(call, args, false)
}

fn merge_overwriting(call: &mut Call<'_>, args: &[Value]) -> Out {
    merge_all(call, args, true)
}

fn merge_all(call: &mut Call<'_>, args: &[Value], overwrite: bool) -> Out {
    let mut target = args.map(0)?.cloned();
    for value in args.iter().skip(1) {
        let Some(source) = value.as_map() else { continue };
        // A nil map becomes a new one as soon as there is something to merge, and nobody else sees it.
        let target = target.get_or_insert_with(|| Map::new(Entries::new(), MapKind::Any));
        merge::merge(call, target, value, source, overwrite)?;
    }
    match target {
        Some(map) => Ok(plain_map(&map, args.any(0).origin)),
        None => Ok(Value::map(Entries::new())),
    }
}

fn copy(_: &mut Call<'_>, args: &[Value]) -> Out {
    if args.any(0).is_nil() {
        let error = FuncError::new("reflect: call of reflect.Value.Type on zero Value");
        return Err(error.blame(args.any(0).origin));
    }
    deep_copy(args.any(0)).ok_or_else(|| FuncError::new("deepCopy error: the value holds itself"))
}

fn equal(call: &mut Call<'_>, args: &[Value]) -> Out {
    let answer = deep_equal(args.any(0), args.any(1));
    let (a, b) = (call.deep_origin(args.any(0)), call.deep_origin(args.any(1)));
    let origin = call.origins.union(a, b);
    Ok(ordered(call, Value::bool(answer, origin)))
}
