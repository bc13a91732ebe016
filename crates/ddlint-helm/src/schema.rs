//! `values.schema.json`: the coalesced values of a chart against its schema, without the network.
//!
//! A reference to another document is not followed: what it would demand is not checked, and the caller is told.
//!
//! Deliberately absent: showing the values that do not fit (they may be secrets); the caller has their places.

use crate::origin::{OriginId, OriginTable};
use crate::path;
use crate::value::{Data, Map, Value};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex, PoisonError};

/// A value that does not fit its schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaViolation {
    /// The chart whose schema it is.
    pub chart: String,
    /// Normalized path of the value in the parent chart's values.
    pub path: String,
    /// What is wrong, without the value.
    pub message: String,
    /// The value's origin.
    pub origin: OriginId,
}

/// What checking one chart found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) violations: Vec<SchemaViolation>,
    /// Documents that the schema refers to and that were not looked at.
    pub(crate) skipped: Vec<String>,
}

struct Refuse(Arc<Mutex<Vec<String>>>);

impl jsonschema::Retrieve for Refuse {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(uri.as_str().to_string());
        Err("not fetched".into())
    }
}

/// A schema that values can be compared with.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: jsonschema::Validator,
    /// Documents that it refers to and that are not looked at.
    skipped: Vec<String>,
}

impl Schema {
    /// Reads a schema; the error says what is wrong with it.
    pub(crate) fn read(text: &[u8]) -> Result<Schema, String> {
        let mut schema: Json = serde_json::from_slice(text).map_err(|e| e.to_string())?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let build = |schema: &Json| {
            jsonschema::options()
                .with_base_uri("file:///values.schema.json")
                .with_retriever(Refuse(asked.clone()))
                .build(schema)
        };
        with_known_draft(&mut schema);
        let mut validator = build(&schema);
        let mut skipped = asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if validator.is_err() && (!skipped.is_empty() || unknown_dialect(&schema)) {
            // Which documents were asked for before the first refusal is left to chance.
            skipped.clear();
            if let Some(dialect) =
                schema.get("$schema").and_then(Json::as_str).filter(|_| unknown_dialect(&schema))
            {
                skipped.push(dialect.to_string());
            }
            without_outer_references(&mut schema, 0, &mut skipped);
            validator = build(&schema);
        }
        skipped.sort();
        skipped.dedup();
        let validator = validator.map_err(|e| e.masked().to_string())?;
        Ok(Schema { validator, skipped })
    }

    /// Checks the values of one chart; `root` is the normalized path of `values` in the parent chart's.
    pub(crate) fn check(&self, chart: &str, values: &Map, root: &str, table: &mut OriginTable) -> Checked {
        let instance = to_json(&Value::plain(Data::Map(values.clone())), 0);
        let mut out = Checked { violations: Vec::new(), skipped: self.skipped.clone() };
        for error in self.validator.iter_errors(&instance) {
            let pointer = error.instance_path().as_str().to_string();
            let (path, origin) = locate(values, &pointer, root, table);
            out.violations.push(SchemaViolation {
                chart: chart.to_string(),
                path,
                message: error.masked().to_string(),
                origin,
            });
        }
        out
    }
}

/// Whether `$schema` names something else than a draft.
fn unknown_dialect(schema: &Json) -> bool {
    schema.get("$schema").and_then(Json::as_str).is_some_and(|uri| !uri.contains("json-schema.org/draft"))
}

/// Writes the name of a draft as its own schema has it: `https` is another document to the library.
fn with_known_draft(schema: &mut Json) {
    if let Some(Json::String(name)) = schema.get_mut("$schema")
        && ["04", "06", "07"]
            .iter()
            .any(|draft| name.starts_with(&format!("https://json-schema.org/draft-{draft}/")))
    {
        *name = name.replacen("https", "http", 1);
    }
}

/// Takes out each `$ref` that leads to another document, which it tells, and a `$schema` that is no known draft.
fn without_outer_references(schema: &mut Json, depth: usize, told: &mut Vec<String>) {
    match schema {
        Json::Object(members) => {
            let outer = |target: &&str| !target.starts_with('#');
            if let Some(target) = members.get("$ref").and_then(Json::as_str).filter(outer) {
                told.push(target.split('#').next().unwrap_or_default().to_string());
                members.remove("$ref");
            }
            if depth == 0
                && members
                    .get("$schema")
                    .and_then(Json::as_str)
                    .is_some_and(|s| !s.contains("json-schema.org/draft"))
            {
                members.remove("$schema");
            }
            members.values_mut().for_each(|member| without_outer_references(member, depth + 1, told));
        }
        Json::Array(items) => {
            items.iter_mut().for_each(|item| without_outer_references(item, depth + 1, told));
        }
        _ => {}
    }
}

/// A value as JSON; whole floats become integers, as a decoder that keeps numbers as text sees them.
pub(crate) fn to_json(value: &Value, depth: usize) -> Json {
    if depth > 1_000 {
        return Json::Null;
    }
    match &value.data {
        Data::Nil => Json::Null,
        Data::Bool(b) => Json::Bool(*b),
        Data::Int(i) | Data::Int64(i) => Json::from(*i),
        Data::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Json::from(*f as i64),
        Data::Float(f) => Json::from(*f),
        Data::Str(text) => Json::from(text.to_str_lossy().into_owned()),
        Data::List(list) => list.items.borrow().iter().map(|item| to_json(item, depth + 1)).collect(),
        Data::Map(map) => map
            .entries
            .borrow()
            .iter()
            .map(|(key, entry)| (String::from_utf8_lossy(key).into_owned(), to_json(&entry.value, depth + 1)))
            .collect(),
        Data::Object(object) => to_json(&object.encode(), depth + 1),
    }
}

/// The normalized path of a JSON pointer and the origin of what stands there.
fn locate(values: &Map, pointer: &str, root: &str, table: &mut OriginTable) -> (String, OriginId) {
    let mut path = root.to_string();
    let mut at = Value::plain(Data::Map(values.clone()));
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        let next = match &at.data {
            Data::Map(map) => {
                path::push_member(&mut path, &part);
                map.get(part.as_bytes())
            }
            Data::List(list) => {
                let index = part.parse().unwrap_or(0);
                path::push_index(&mut path, index);
                list.items.borrow().get(index).cloned()
            }
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    let origin = at.origin(table);
    (path, origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strvals;

    fn run(schema: &str, set: &str) -> Result<Checked, String> {
        let map = crate::coalesce::empty_map();
        let mut table = OriginTable::new(true);
        strvals::parse_into(set, strvals::Mode::Json, &map, None, &mut table)?;
        Schema::read(schema.as_bytes()).map(|schema| schema.check("c", &map, "$['sub']", &mut table))
    }

    #[test]
    fn violations_have_paths_and_no_values() {
        let schema = r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["z"],
            "properties":{"a":{"properties":{"b":{"type":"integer"}}},"n":{"type":"integer"}}}"#;
        let found = run(schema, r#"a={"b":"hunter2"},n=3"#).expect("checked").violations;
        let seen: Vec<_> = found.iter().map(|v| (v.path.as_str(), v.message.contains("hunter2"))).collect();
        assert_eq!(seen, [("$['sub']", false), ("$['sub']['a']['b']", false)]);
        assert!(found.iter().all(|v| v.path == "$['sub']" || !v.origin.is_none()));
    }

    #[test]
    fn other_documents_are_skipped_and_named() {
        let schema = r#"{"properties":{"a":{"$ref":"https://example.com/x.json#/y"},"b":{"type":"string"}}}"#;
        let checked = run(schema, r#"a=1,b=2"#).expect("checked");
        assert_eq!(checked.violations.len(), 1);
        assert_eq!(checked.skipped, ["https://example.com/x.json"]);
    }

    #[test]
    fn the_same_documents_are_named_each_time() {
        // The library asks for documents in another order in each process and for each schema, and stops at the first
        // that it does not get.
        let schema = r##"{"$schema":"https://json-schema.org/draft-07/schema#","properties":{
            "a":{"$ref":"https://example.com/x.json#/y"},"b":{"$ref":"z.json"},
            "c":{"items":[{"$ref":"https://example.org/w#"},{"$ref":"#/properties/d"}]},"d":{"type":"string"}}}"##;
        for _ in 0..50 {
            let checked = run(schema, "a=1,b=2,d=3").expect("checked");
            assert_eq!(checked.skipped, ["https://example.com/x.json", "https://example.org/w", "z.json"]);
            assert_eq!(checked.violations.len(), 1);
        }
        let unknown = r#"{"$schema":"https://example.com/draft","properties":{"d":{"type":"string"}}}"#;
        let checked = run(unknown, "d=3").expect("checked");
        assert_eq!(
            (checked.skipped, checked.violations.len()),
            (vec!["https://example.com/draft".to_string()], 1)
        );
    }

    #[test]
    fn a_broken_schema_is_an_error() {
        assert!(run("{", "a=1").is_err());
        assert!(run(r#"{"type":"nonsense"}"#, "a=1").is_err());
    }
}
