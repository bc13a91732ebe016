//! Merging maps as sprig's library does.
//!
//! What it does, besides the obvious: an empty value in the target (nil, zero, `""`, `false`, an empty map or list)
//! counts as missing; nil in the source only overwrites, it never fills; a map that the target lacks is not copied
//! but shared with the source, so that a later merge into the target changes the source as well.
//!
//! Deliberately absent: merging lists; one list or the other is taken whole.

use super::bridge::taken;
use super::{Call, FuncError};
use crate::origin::OriginId;
use crate::value::{Data, Map, MapKind, Value};
use std::rc::Rc;

/// Deeper than any document; only a map that holds itself gets there.
const DEPTH: u32 = 500;

/// Merges `source` into `target`. `handle` is the value that `source` was found in.
pub(super) fn merge(
    call: &mut Call<'_>,
    target: &Map,
    handle: &Value,
    source: &Map,
    overwrite: bool,
) -> Result<(), FuncError> {
    merge_at(call, target, handle, source, overwrite, DEPTH)
}

fn is_empty(value: &Value) -> bool {
    match &value.data {
        Data::Object(_) => false,
        _ => !value.truth(),
    }
}

fn merge_at(
    call: &mut Call<'_>,
    target: &Map,
    handle: &Value,
    source: &Map,
    overwrite: bool,
    depth: u32,
) -> Result<(), FuncError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(FuncError::new("a map that holds itself cannot be merged"));
    };
    if Rc::ptr_eq(&target.entries, &source.entries) {
        return Ok(());
    }
    let items: Vec<_> = source.entries.borrow().iter().map(|(k, e)| (k.clone(), e.clone())).collect();
    call.charge(items.len() as u64 / 4)?;
    for (key, entry) in items {
        let there = target.get(&key);
        if entry.value.is_nil() {
            if overwrite {
                store(call, target, &key, entry.key_origin, (handle, source), entry.value)?;
            }
            continue;
        }
        if let (Some(inner), Some(Data::Map(target))) =
            (entry.value.as_map(), there.as_ref().map(|v| &v.data))
        {
            let inner = inner.clone();
            merge_at(call, target, &entry.value, &inner, overwrite, depth)?;
            // An empty map was filled in place by now, unless there was nothing to fill it with.
            if !target.entries.borrow().is_empty() {
                continue;
            }
        }
        if overwrite || there.as_ref().is_none_or(is_empty) {
            store(call, target, &key, entry.key_origin, (handle, source), entry.value)?;
        }
    }
    Ok(())
}

fn store(
    call: &mut Call<'_>,
    target: &Map,
    key: &[u8],
    key_origin: OriginId,
    (handle, source): (&Value, &Map),
    value: Value,
) -> Result<(), FuncError> {
    if target.kind == MapKind::Strings && source.kind != MapKind::Strings {
        let kind = if value.as_list().is_some() { value.type_name() } else { "interface {}" };
        let message =
            format!("reflect.Value.SetMapIndex: value of type {kind} is not assignable to type string");
        return Err(FuncError::new(message));
    }
    let value = taken(call, handle, value);
    let value = call.tested(value, call.control);
    target.set(key, key_origin, value);
    Ok(())
}
