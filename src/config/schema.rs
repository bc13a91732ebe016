//! The JSON Schema of `.ddlint.yaml`, made of the same keys that reading knows.

use serde_json::{Map, Value, json};

use super::KEYS;

fn strings() -> Value {
    json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
}

/// What may stand behind a key.
fn value(section: &str, key: &str) -> Value {
    match (section, key) {
        ("", "select" | "exclude" | "rules")
        | ("helm", "api-versions" | "values")
        | ("environments", "testing")
        | ("ignore[]", "paths") => strings(),
        ("", "severity") => json!({
            "type": "object",
            "additionalProperties": { "enum": ["error", "warning", "info"] },
        }),
        ("", "ignore") => json!({ "type": "array", "items": { "$ref": "#/$defs/ignore" } }),
        ("", "fail-on") => json!({ "enum": ["error", "warning", "info", "never"] }),
        ("", "repositories") => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        ("", "clusters") => json!({ "type": "object", "additionalProperties": strings() }),
        ("", "helm" | "argocd" | "kubernetes" | "environments" | "datadog") => object(key, &[]),
        ("helm", "dialect") => json!({ "enum": [3, 4, "3", "4"] }),
        ("helm", "renderer") => json!({ "enum": ["builtin", "helm"] }),
        ("helm", "kube-version") | ("argocd" | "kubernetes", "version") => {
            json!({ "type": ["string", "number"] })
        }
        ("argocd", "tracking") => json!({ "enum": ["annotation", "label", "annotation+label"] }),
        ("argocd", "server-side-diff") | ("datadog", "apm-host-port") => json!({ "type": "boolean" }),
        _ => json!({ "type": "string" }),
    }
}

fn object(section: &str, required: &[&str]) -> Value {
    let keys = KEYS.iter().find(|(name, _)| *name == section).map_or(&[][..], |(_, keys)| keys);
    let mut properties = Map::new();
    for (key, doc) in keys {
        let mut value = value(section, key);
        if let Value::Object(map) = &mut value {
            map.insert("description".into(), (*doc).into());
        }
        properties.insert((*key).into(), value);
    }
    let mut schema = json!({
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
    });
    if let (Value::Object(map), false) = (&mut schema, required.is_empty()) {
        map.insert("required".into(), required.into());
        map.insert("type".into(), "object".into());
    }
    schema
}

/// The schema.
pub fn json_schema() -> Value {
    let mut schema = object("", &[]);
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        map.insert("title".into(), "ddlint configuration (.ddlint.yaml)".into());
        map.insert("$defs".into(), json!({ "ignore": object("ignore[]", &["rule", "reason"]) }));
    }
    schema
}
