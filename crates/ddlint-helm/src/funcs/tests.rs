//! The functions against what sprig's own gave to the same calls (`tests/data/funcs.tsv`, which
//! `oracle/funcs` records).

use super::semvers::VersionObject;
use super::times::TimeObject;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::HelmDialect;
use crate::exec::meter::Limits;
use crate::exec::{Engine, Recorder, Recording};
use crate::origin::{Leaf, OriginId, OriginTable};
use crate::set::TemplateSet;
use crate::value::{Data, Entry, ListKind, MapKind, Value};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

const CALLS: &str = include_str!("../../tests/data/funcs.tsv");

/// In tests only: keeps the notation of its argument.
pub(super) const FUNCS: &[FuncDef] = &[FuncDef::fixed("dump", &[Ty::Reflect], keep)];

thread_local! {
    static KEPT: RefCell<String> = const { RefCell::new(String::new()) };
}

fn keep(_: &mut Call<'_>, args: &[Value]) -> Result<Value, FuncError> {
    KEPT.set(dump(args.any(0)));
    Ok(Value::str([], OriginId::NONE))
}

fn quoted(bytes: &[u8]) -> String {
    crate::fmt::quote(bytes)
}

fn dump(value: &Value) -> String {
    match &value.data {
        Data::Nil => "nil".to_owned(),
        Data::Bool(b) => b.to_string(),
        Data::Int(n) => format!("i:{n}"),
        Data::Int64(n) => format!("l:{n}"),
        Data::Float(f) => format!("f:{}", crate::fmt::float(*f)),
        Data::Str(text) => quoted(text.bytes()),
        Data::List(list) => {
            let items = list.items.borrow();
            let name = match list.kind {
                ListKind::Any => "",
                ListKind::Strings => "s",
                ListKind::Ints => "n",
                ListKind::Bytes => "b",
                ListKind::Nil => "null",
            };
            format!("{name}[{}]", items.iter().map(dump).collect::<Vec<_>>().join(", "))
        }
        Data::Map(map) => {
            let entries = map.entries.borrow();
            let mut items: Vec<String> =
                entries.iter().map(|(k, e)| format!("{}: {}", quoted(k), dump(&e.value))).collect();
            items.sort();
            let name = if map.kind == MapKind::Strings { "m" } else { "" };
            format!("{name}{{{}}}", items.join(", "))
        }
        Data::Object(object) => {
            if let Some(time) = object.as_any().downcast_ref::<TimeObject>() {
                return format!("t:{}", time.moment.print());
            }
            if let (Some(version), "ptr") = (object.as_any().downcast_ref::<VersionObject>(), object.kind()) {
                return format!("v:{}|{}", version.version.original, version.version);
            }
            format!("o:{}:{}", object.type_name(), String::from_utf8_lossy(&object.print()))
        }
    }
}

/// JSON as Go decodes it: each number is a `float64`. Each value has its path as origin.
fn data(json: &Json, path: &str, origins: &mut OriginTable) -> Value {
    let origin = origins.leaf(|| Leaf::Value { path: Arc::from(path), place: None });
    let data = match json {
        Json::Null => Data::Nil,
        Json::Bool(b) => Data::Bool(*b),
        Json::Number(n) => Data::Float(n.as_f64().expect("a number")),
        Json::String(text) => return Value::str(text, origin),
        Json::Array(items) => {
            let items =
                items.iter().enumerate().map(|(i, v)| data_at(v, path, &i.to_string(), origins)).collect();
            return Value { origin, ..Value::list(items) };
        }
        Json::Object(members) => {
            let mut entries: BTreeMap<Rc<[u8]>, Entry> = BTreeMap::new();
            for (key, member) in members {
                let value = data_at(member, path, key, origins);
                entries.insert(Rc::from(key.as_bytes()), Entry { key_origin: origin, value });
            }
            return Value { origin, ..Value::map(entries) };
        }
    };
    Value { data, origin }
}

fn data_at(json: &Json, path: &str, key: &str, origins: &mut OriginTable) -> Value {
    data(json, &format!("{path}.{key}"), origins)
}

const NAME: &str = "c";

/// The notation of a call's result, or its error without the place.
fn evaluate(call: &str, json: &Json) -> String {
    let mut origins = OriginTable::new(Recording::ON);
    let dot = data(json, "$", &mut origins);
    let mut set = TemplateSet::new(Arc::default());
    if let Err(error) = set.parse(NAME, format!("{{{{ dump ({call}) }}}}").as_bytes()) {
        return format!("! parse: {}", error.message);
    }
    let mut engine = Engine::<Recording>::new(set, origins, HelmDialect::V3, Limits::default());
    match engine.execute(NAME, dot) {
        Ok(_) => KEPT.take(),
        Err(error) => {
            let message = error.message;
            let reason = message.split_once(">: ").map_or(message.as_str(), |(_, r)| r);
            format!("! {}", quoted(reason.as_bytes()))
        }
    }
}

#[test]
fn agrees_with_sprig() {
    let (first, calls) = CALLS.split_once('\n').expect("the data stands in the first line");
    let json: Json = serde_json::from_str(first).expect("JSON");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in calls.lines() {
        let (call, want) = line.split_once('\t').expect("a call and its result");
        count += 1;
        let got = evaluate(call, &json);
        if got != want {
            wrong.push(format!("{call}\n  go:   {want}\n  here: {got}"));
        }
    }
    assert!(count > 4000, "only {count} calls were found");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}
