//! Values as the Go program beside the tests and the recorded vectors note them, and as a YAML tree holds them. The
//! fuzz targets read this file too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ddlint_helm::origin::OriginId;
use ddlint_helm::value::{Data, Entry, Value};
use ddlint_yaml::{Node, Scalar};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Bytes as the vectors have them: a JSON string, or base64 where they are no UTF-8.
pub(crate) fn note_bytes(bytes: &[u8]) -> Json {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "b": STANDARD.encode(bytes) }),
    }
}

/// The other direction.
pub(crate) fn read_bytes(note: &Json) -> Vec<u8> {
    match note {
        Json::String(text) => text.clone().into_bytes(),
        other => STANDARD.decode(other["b"].as_str().expect("base64")).expect("base64"),
    }
}

/// A value in the notation that the Go program reads.
pub(crate) fn note(value: &Value) -> Json {
    match &value.data {
        Data::Nil => Json::Null,
        Data::Bool(b) => json!(b),
        Data::Int(n) | Data::Int64(n) => json!(n),
        Data::Float(f) => json!({ "f": format!("{f:?}") }),
        Data::Str(text) => note_bytes(text.bytes()),
        Data::List(list) => list.items.borrow().iter().map(note).collect(),
        Data::Map(map) => {
            let entries = map.entries.borrow();
            json!({ "m": entries.iter().map(|(k, e)| json!([note_bytes(k), note(&e.value)])).collect::<Vec<_>>() })
        }
        Data::Object(object) => note(&object.encode()),
    }
}

/// The value of a notation.
pub(crate) fn read(note: &Json) -> Value {
    let plain = Value::plain;
    match note {
        Json::Null => Value::NIL,
        Json::Bool(b) => plain(Data::Bool(*b)),
        Json::Number(n) => plain(Data::Int(n.as_i64().expect("an int"))),
        Json::String(_) => Value::str(read_bytes(note), OriginId::NONE),
        Json::Array(items) => Value::list(items.iter().map(read).collect()),
        Json::Object(object) => match (object.get("f"), object.get("m")) {
            (Some(float), _) => plain(Data::Float(float.as_str().expect("text").parse().expect("a float"))),
            (_, Some(entries)) => {
                let entry = |pair: &Json| {
                    let key: Rc<[u8]> = read_bytes(&pair[0]).into();
                    (key, Entry { key_origin: OriginId::NONE, value: read(&pair[1]) })
                };
                Value::map(entries.as_array().expect("pairs").iter().map(entry).collect::<BTreeMap<_, _>>())
            }
            _ => Value::str(read_bytes(note), OriginId::NONE),
        },
    }
}

/// A parsed node as the value that Helm would have.
pub(crate) fn value_of(node: Node<'_>) -> Value {
    if node.is_mapping() {
        let entry = |(key, _, value): (String, Node<'_>, Node<'_>)| {
            (Rc::from(key.into_bytes()), Entry { key_origin: OriginId::NONE, value: value_of(value) })
        };
        return Value::map(node.effective_entries().into_iter().map(entry).collect());
    }
    if node.is_sequence() {
        return Value::list(node.items().map(value_of).collect());
    }
    Value::plain(match node.scalar() {
        Some(Scalar::Bool(b)) => Data::Bool(b),
        Some(Scalar::Int(n)) => Data::Int(n),
        Some(Scalar::Float(f)) => Data::Float(f),
        Some(Scalar::Str(text)) => return Value::str(text, OriginId::NONE),
        _ => Data::Nil,
    })
}
