//! `toYaml`, `toJson`, `toToml` and their kin, and the way back.
//!
//! Helm's own versions (`toYaml`, `toJson`, `fromJson` …) swallow errors: the result is empty, or the message stands
//! in the result. Sprig's (`must…`, `toRawJson`) fail. A value that is read has the origins of the bytes that it was
//! read from. Deliberately absent: base64 and hashes.

use super::bridge::handed_down;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::json::{self, Decoded, Layout};
use crate::text::Text;
use crate::toml_in;
use crate::toml_out;
use crate::value::{Data, Entry, Value};
use crate::yaml_in;
use crate::yaml_out;
use std::collections::BTreeMap;
use std::rc::Rc;

type Done = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("toYaml", &[Ty::Any], to_yaml),
    FuncDef::fixed("mustToYaml", &[Ty::Any], must_to_yaml).v4(),
    FuncDef::fixed("toYamlPretty", &[Ty::Any], to_yaml_pretty),
    FuncDef::fixed("fromYaml", &[Ty::Str], from_yaml),
    FuncDef::fixed("fromYamlArray", &[Ty::Str], from_yaml_array),
    FuncDef::fixed("toJson", &[Ty::Any], to_json),
    FuncDef::fixed("mustToJson", &[Ty::Any], must_to_json),
    FuncDef::fixed("toPrettyJson", &[Ty::Any], to_pretty_json),
    FuncDef::fixed("mustToPrettyJson", &[Ty::Any], must_to_pretty_json),
    FuncDef::fixed("toRawJson", &[Ty::Any], to_raw_json),
    FuncDef::fixed("mustToRawJson", &[Ty::Any], to_raw_json),
    FuncDef::fixed("fromJson", &[Ty::Str], from_json),
    FuncDef::fixed("fromJsonArray", &[Ty::Str], from_json_array),
    FuncDef::fixed("mustFromJson", &[Ty::Str], must_from_json),
    FuncDef::fixed("fromToml", &[Ty::Str], from_toml),
    FuncDef::fixed("toToml", &[Ty::Any], to_toml),
    FuncDef::fixed("mustToToml", &[Ty::Any], must_to_toml).v4(),
];

/// What an encoder gave, charged by its length. An empty result remembers what it was made from.
fn written(call: &mut Call<'_>, value: &Value, text: Option<Text>) -> Done {
    let text = match text {
        Some(text) => text,
        None => Text::new(Vec::new(), call.deep_origin(value)),
    };
    call.charge(text.len() as u64 / 64)?;
    Ok(Value::string(text))
}

fn to_yaml(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    written(call, &value, yaml_out::to_yaml(&value))
}

fn must_to_yaml(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    let text = yaml_out::to_yaml(&value);
    // What cannot go through JSON fails there already, with a message of its own.
    if text.is_none() {
        json::encode(&value, Layout::COMPACT).map_err(|e| format!("error marshaling into JSON: {e}"))?;
        return Err(FuncError::new("yaml: control characters are not allowed"));
    }
    written(call, &value, text)
}

fn to_yaml_pretty(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    written(call, &value, yaml_out::to_yaml_pretty(&value))
}

fn from_yaml(call: &mut Call<'_>, args: &[Value]) -> Done {
    let text = args.text(0)?;
    call.charge(text.len() as u64 / 64)?;
    let value = match yaml_in::from_text(text, call.origins) {
        Ok(value) => value,
        Err(message) => return Ok(error_in_map(call, BTreeMap::new(), text, message)),
    };
    if value.as_map().is_some() {
        return Ok(value);
    }
    Ok(match wrong_kind(&value, None, "map[string]interface {}") {
        Some(message) => error_in_map(call, BTreeMap::new(), text, format!("{UNMARSHAL}{message}")),
        // Nothing is an empty map.
        None => Value::map(BTreeMap::new()).with_origin(value.origin),
    })
}

fn from_yaml_array(call: &mut Call<'_>, args: &[Value]) -> Done {
    let text = args.text(0)?;
    call.charge(text.len() as u64 / 64)?;
    let message = match yaml_in::from_text(text, call.origins) {
        Ok(value) if value.as_list().is_some() => return Ok(value),
        Ok(value) => match wrong_kind(&value, None, "[]interface {}") {
            Some(message) => format!("{UNMARSHAL}{message}"),
            None => return Ok(Value::list(Vec::new()).with_origin(value.origin)),
        },
        Err(message) => message,
    };
    Ok(error_in_list(call, text, message))
}

/// What sigs.k8s.io/yaml says before JSON has the word.
const UNMARSHAL: &str = "error unmarshaling JSON: while decoding JSON: ";

fn to_json(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    written(call, &value, json::encode(&value, Layout::COMPACT).ok())
}

fn must_to_json(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    let text = json::encode(&value, Layout::COMPACT)?;
    written(call, &value, Some(text))
}

fn to_pretty_json(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    written(call, &value, json::encode(&value, Layout::PRETTY).ok())
}

fn must_to_pretty_json(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    let text = json::encode(&value, Layout::PRETTY)?;
    written(call, &value, Some(text))
}

fn to_raw_json(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    let text = json::encode(&value, Layout::RAW)?;
    written(call, &value, Some(text))
}

fn from_toml(call: &mut Call<'_>, args: &[Value]) -> Done {
    let text = args.text(0)?;
    Ok(match toml_in::decode(text, call.origins) {
        Ok(value) => value,
        Err(message) => error_in_map(call, BTreeMap::new(), text, message),
    })
}

fn to_toml(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    let text = match toml_out::encode(&value) {
        Ok(text) => text,
        Err(toml_out::Error::Said(message)) => Text::new(message, call.deep_origin(&value)),
        Err(toml_out::Error::Panic(message)) => return Err(FuncError::new(message)),
    };
    written(call, &value, Some(text))
}

fn must_to_toml(call: &mut Call<'_>, args: &[Value]) -> Done {
    let value = handed_down(call, args.any(0));
    match toml_out::encode(&value) {
        Ok(text) => written(call, &value, Some(text)),
        Err(toml_out::Error::Said(message) | toml_out::Error::Panic(message)) => Err(FuncError::new(message)),
    }
}

/// The text behind the errors of an earlier step, as the functions that swallow errors give them: in a map.
fn error_in_map(call: &mut Call<'_>, map: BTreeMap<Rc<[u8]>, Entry>, text: &Text, message: String) -> Value {
    let origin = text.origin(call.origins);
    let mut map = map;
    let value = Value::str(message, origin);
    map.insert(Rc::from(&b"Error"[..]), Entry { key_origin: origin, value });
    Value::map(map).with_origin(origin)
}

fn error_in_list(call: &mut Call<'_>, text: &Text, message: String) -> Value {
    let origin = text.origin(call.origins);
    Value::list(vec![Value::str(message, origin)]).with_origin(origin)
}

fn json_kind(value: &Value) -> &'static str {
    match value.data {
        Data::Bool(_) => "bool",
        Data::Str(_) => "string",
        Data::List(_) => "array",
        Data::Map(_) => "object",
        _ => "number",
    }
}

/// Go refuses a number that does not fit, but only at the place where it stands; what is the wrong kind as a whole
/// is never looked into.
fn wrong_kind(value: &Value, error: Option<String>, wanted: &str) -> Option<String> {
    let kind = json_kind(value);
    // A number out of range at the top became nil: it is still a number.
    if value.is_nil() && error.is_none() {
        return None;
    }
    Some(format!("json: cannot unmarshal {kind} into Go value of type {wanted}"))
}

fn from_json(call: &mut Call<'_>, args: &[Value]) -> Done {
    let text = args.text(0)?;
    let Decoded { value, error } = match json::decode(text, call.origins) {
        Ok(decoded) => decoded,
        Err(message) => return Ok(error_in_map(call, BTreeMap::new(), text, message)),
    };
    let error = match value.as_map() {
        Some(map) => match error {
            None => return Ok(value),
            Some(message) => {
                let entries = map.entries.borrow().clone();
                return Ok(error_in_map(call, entries, text, message));
            }
        },
        None => wrong_kind(&value, error, "map[string]interface {}"),
    };
    Ok(match error {
        Some(message) => error_in_map(call, BTreeMap::new(), text, message),
        // `null` is an empty map.
        None => Value::map(BTreeMap::new()).with_origin(value.origin),
    })
}

fn from_json_array(call: &mut Call<'_>, args: &[Value]) -> Done {
    let text = args.text(0)?;
    let message = match json::decode(text, call.origins) {
        Err(message) => message,
        Ok(Decoded { value, error }) => match (value.as_list().is_some(), error) {
            (true, None) => return Ok(value),
            (true, Some(message)) => message,
            (false, error) => match wrong_kind(&value, error, "[]interface {}") {
                Some(message) => message,
                None => return Ok(Value::list(Vec::new()).with_origin(value.origin)),
            },
        },
    };
    Ok(error_in_list(call, text, message))
}

fn must_from_json(call: &mut Call<'_>, args: &[Value]) -> Done {
    let Decoded { value, error } = json::decode(args.text(0)?, call.origins)?;
    match error {
        None => Ok(value),
        Some(message) => Err(FuncError::new(message)),
    }
}

#[cfg(test)]
#[path = "serial_tests.rs"]
mod tests;
