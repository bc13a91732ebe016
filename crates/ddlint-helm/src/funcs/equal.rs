//! Go's `reflect.DeepEqual` and `deepCopy`.

use crate::value::{Data, Entry, List, Map, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How deep values are looked into; beyond, only a value that holds itself can be.
const DEPTH: u32 = 200;

/// Whether both have the same type and the same contents.
pub(crate) fn deep_equal(a: &Value, b: &Value) -> bool {
    equal(a, b, DEPTH)
}

fn equal(a: &Value, b: &Value, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    match (&a.data, &b.data) {
        (Data::Nil, Data::Nil) => true,
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a), Data::Int(b)) | (Data::Int64(a), Data::Int64(b)) => a == b,
        (Data::Float(a), Data::Float(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a == b,
        (Data::List(a), Data::List(b)) => {
            a.kind == b.kind
                && (Rc::ptr_eq(&a.items, &b.items) || {
                    let (a, b) = (a.items.borrow(), b.items.borrow());
                    a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b, depth))
                })
        }
        (Data::Map(a), Data::Map(b)) => {
            a.kind == b.kind
                && (Rc::ptr_eq(&a.entries, &b.entries) || {
                    let (a, b) = (a.entries.borrow(), b.entries.borrow());
                    a.len() == b.len()
                        && a.iter()
                            .zip(b.iter())
                            .all(|((ka, a), (kb, b))| ka == kb && equal(&a.value, &b.value, depth))
                })
        }
        (Data::Object(a), Data::Object(b)) => {
            Rc::ptr_eq(a, b) || a.type_name() == b.type_name() && a.print() == b.print()
        }
        _ => false,
    }
}

/// A copy that shares no list and no map with the value. None: it is too deep, so it holds itself.
pub(crate) fn deep_copy(value: &Value) -> Option<Value> {
    copy(value, DEPTH * 5)
}

fn copy(value: &Value, depth: u32) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let data = match &value.data {
        Data::List(list) => {
            let items = list.items.borrow();
            Data::List(List::new(items.iter().map(|v| copy(v, depth)).collect::<Option<_>>()?, list.kind))
        }
        Data::Map(map) => {
            let mut entries: BTreeMap<Rc<[u8]>, Entry> = BTreeMap::new();
            for (key, entry) in map.entries.borrow().iter() {
                let value = copy(&entry.value, depth)?;
                entries.insert(key.clone(), Entry { key_origin: entry.key_origin, value });
            }
            Data::Map(Map::new(entries, map.kind))
        }
        other => other.clone(),
    };
    Some(Value { data, origin: value.origin })
}
