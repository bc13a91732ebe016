//! `--set` and its relatives: Helm's small language of keys and values (`a.b[0]=x,c={1,2}`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::merge::text_data;
use crate::model::values::{Value, ValueAt, ValueData};

/// Helm's own limit of an index.
const HIGHEST_INDEX: usize = 65_536;

/// A step of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// How a value is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetKind {
    /// `--set`: numbers, truth values, `null` and lists are what they look like.
    Typed,
    /// `--set-string`
    Text,
    /// `--set-json`
    Json,
    /// A file of the input is the value.
    File,
    /// `--set-file`, and whatever is not known when ddlint runs.
    Unknown,
}

/// A key as `--set` has it. None where it is none.
pub(super) fn path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut key = String::new();
    let mut chars = text.chars().peekable();
    let mut after_index = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => key.push(chars.next()?),
            '.' if after_index && key.is_empty() => after_index = false,
            '.' => {
                steps.push(Step::Key(std::mem::take(&mut key)));
                after_index = false;
            }
            '[' => {
                if !key.is_empty() {
                    steps.push(Step::Key(std::mem::take(&mut key)));
                }
                let digits: String = chars.by_ref().take_while(|c| *c != ']').collect();
                steps.push(Step::Index(digits.trim().parse().ok().filter(|index| *index <= HIGHEST_INDEX)?));
                after_index = true;
            }
            _ => key.push(c),
        }
    }
    if !key.is_empty() {
        steps.push(Step::Key(key));
    }
    (!steps.is_empty() && steps.len() <= 100).then_some(steps)
}

/// Splits `a=1,b={1,2},c=x\,y` at its commas and each part at its first `=`.
pub(super) fn assignments(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let (mut key, mut value, mut in_value, mut depth) = (String::new(), String::new(), false, 0_usize);
    let mut chars = text.chars();
    loop {
        let next = chars.next();
        match next {
            None | Some(',') if depth == 0 || next.is_none() => {
                if !key.trim().is_empty() && in_value {
                    out.push((std::mem::take(&mut key), std::mem::take(&mut value)));
                }
                key.clear();
                value.clear();
                in_value = false;
                if next.is_none() {
                    return out;
                }
            }
            Some('\\') if in_value => value.extend(chars.next()),
            Some('\\') => {
                key.push('\\');
                key.extend(chars.next());
            }
            Some('=') if !in_value => in_value = true,
            Some(c) if in_value => {
                match c {
                    '{' if value.is_empty() => depth = 1,
                    '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                value.push(c);
            }
            Some(c) => key.push(c),
            None => return out,
        }
    }
}

/// The value that a text stands for.
pub(super) fn data(text: &str, kind: SetKind) -> ValueData {
    match kind {
        SetKind::File | SetKind::Unknown => ValueData::Unknown,
        SetKind::Text => text_data(text),
        SetKind::Json => json(text),
        SetKind::Typed => typed(text),
    }
}

fn typed(text: &str) -> ValueData {
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
        && !text.starts_with("{{")
    {
        let items = if inner.is_empty() { Vec::new() } else { inner.split(',').map(typed_value).collect() };
        return ValueData::List(items);
    }
    match text {
        "true" => ValueData::Bool(true),
        "false" => ValueData::Bool(false),
        "null" => ValueData::Null,
        "0" => ValueData::Number(0.0),
        _ if text.starts_with('0') => text_data(text),
        _ => match text.parse::<i64>() {
            Ok(number) => ValueData::Number(number as f64),
            Err(_) => text_data(text),
        },
    }
}

fn typed_value(text: &str) -> Value {
    Value { data: typed(text.trim()), at: None, shadowed: Vec::new() }
}

fn json(text: &str) -> ValueData {
    fn convert(value: serde_json::Value) -> Value {
        let data = match value {
            serde_json::Value::Null => ValueData::Null,
            serde_json::Value::Bool(b) => ValueData::Bool(b),
            serde_json::Value::Number(n) => n.as_f64().map_or(ValueData::Unknown, ValueData::Number),
            serde_json::Value::String(text) => text_data(&text),
            serde_json::Value::Array(items) => ValueData::List(items.into_iter().map(convert).collect()),
            serde_json::Value::Object(map) => {
                ValueData::Map(map.into_iter().map(|(key, value)| (Arc::from(key), convert(value))).collect())
            }
        };
        Value { data, at: None, shadowed: Vec::new() }
    }
    serde_json::from_str(text).map_or(ValueData::Unknown, |value| convert(value).data)
}

/// Puts a value at a key into values. What stands in the way is replaced, as Helm does.
pub(super) fn set(values: &mut Value, path: &[Step], data: ValueData, at: Option<ValueAt>) {
    let Some((step, rest)) = path.split_first() else {
        let lost: Vec<ValueAt> = values.at.into_iter().chain(values.shadowed.iter().copied()).collect();
        *values = Value { data, at, shadowed: lost };
        return;
    };
    let fresh = || Value { data: ValueData::Null, at: None, shadowed: Vec::new() };
    match step {
        Step::Key(key) => {
            if !matches!(values.data, ValueData::Map(_)) {
                values.data = ValueData::Map(BTreeMap::new());
                values.at = at;
            }
            if let ValueData::Map(map) = &mut values.data {
                set(map.entry(Arc::from(key.as_str())).or_insert_with(fresh), rest, data, at);
            }
        }
        Step::Index(index) => {
            if !matches!(values.data, ValueData::List(_)) {
                values.data = ValueData::List(Vec::new());
                values.at = at;
            }
            if let ValueData::List(items) = &mut values.data {
                while items.len() <= *index {
                    items.push(fresh());
                }
                if let Some(item) = items.get_mut(*index) {
                    set(item, rest, data, at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::merge::empty;
    use super::*;

    fn after(expressions: &[&str]) -> Value {
        let mut values = empty();
        for expression in expressions {
            for (key, value) in assignments(expression) {
                set(&mut values, &path(&key).expect("a key"), data(&value, SetKind::Typed), None);
            }
        }
        values
    }

    #[test]
    fn keys_lists_and_escapes() {
        let values = after(&["a.b=x,c={1,two},d\\.e=yes", "f[1].g=true", "h=a\\,b,i=0123,j=12"]);
        assert_eq!(values.get(&["a", "b"]).and_then(Value::as_str), Some("x"));
        assert_eq!(values.get(&["c"]).map(|v| v.items().len()), Some(2));
        assert_eq!(values.get(&["d.e"]).and_then(Value::as_str), Some("yes"));
        assert_eq!(values.get(&["f"]).and_then(|v| v.items()[1].get(&["g"])?.as_bool()), Some(true));
        assert_eq!(values.get(&["h"]).and_then(Value::as_str), Some("a,b"));
        assert_eq!(values.get(&["i"]).and_then(Value::as_str), Some("0123"));
        assert_eq!(values.get(&["j"]).map(|v| v.data.clone()), Some(ValueData::Number(12.0)));
    }

    #[test]
    fn nonsense_is_no_key() {
        assert_eq!(path(""), None);
        assert_eq!(path("a[x]"), None);
        assert_eq!(path("a[99999999999]"), None);
        assert!(assignments("just-words").is_empty());
        assert_eq!(assignments("a="), [("a".to_string(), String::new())]);
    }
}
