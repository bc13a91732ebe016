//! The compliance suite of RFC 9535, every case of it, each document read as YAML.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use ddlint_yaml::SourceText;

use ddlint_yaml::{Node, NodeKind, Query, Scalar, parse};
use serde_json::{Map, Number, Value};

/// Cases that fail, each with its reason. A case here that passes fails the test too.
const EXPECTED_FAILURES: &[(&str, &str)] = &[(
    "name selector, double quotes, embedded U+007F",
    "the document holds a bare U+007F, which JSON allows and the YAML reader of Kubernetes refuses",
)];

fn to_json(node: Node<'_>) -> Value {
    match node.resolved().kind() {
        NodeKind::Mapping => Value::Object(
            node.effective_entries()
                .into_iter()
                .map(|(name, _, value)| (name, to_json(value)))
                .collect::<Map<_, _>>(),
        ),
        NodeKind::Sequence => Value::Array(node.items().map(to_json).collect()),
        NodeKind::Alias => panic!("an alias to nothing"),
        NodeKind::Scalar => match node.scalar().unwrap() {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => Value::Number(value.into()),
            Scalar::Float(value) => Value::Number(Number::from_f64(value).unwrap()),
            Scalar::Str(value) => Value::String(value.to_owned()),
        },
    }
}

/// Whole floats as integers, so that `1.0` and `1` are one number.
fn normalize(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(normalize).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), normalize(value))).collect())
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => Value::Number((float as i64).into()),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

fn run(case: &Value) -> Result<(), String> {
    let selector = case["selector"].as_str().unwrap();
    let query = Query::parse(selector);
    if case["invalid_selector"] == Value::Bool(true) {
        return match query {
            Ok(_) => Err(format!("{selector:?} is accepted")),
            Err(error) if error.offset <= selector.len() => Ok(()),
            Err(error) => Err(format!("offset {} outside of {selector:?}", error.offset)),
        };
    }
    let query = query.map_err(|error| format!("{selector:?} is refused: {}", error.message))?;
    let text = serde_json::to_string(&case["document"]).unwrap();
    let stream = parse(SourceText::from(text.as_str()));
    if let Some(error) = stream.errors.first() {
        return Err(format!("the document is refused: {}", error.message));
    }
    let document = &stream.documents[0];
    let (values, paths): (Vec<Value>, Vec<Value>) = query
        .select_in(document)
        .into_iter()
        .map(|found| (normalize(&to_json(found.value)), Value::String(found.path())))
        .unzip();
    let alternatives = |one: &str, several: &str| match &case[several] {
        Value::Array(alternatives) => alternatives.clone(),
        _ => vec![case[one].clone()],
    };
    let expected = alternatives("result", "results");
    if !expected.iter().any(|expected| normalize(expected) == Value::Array(values.clone())) {
        return Err(format!("{selector:?} on {text}: {values:?}, expected {expected:?}"));
    }
    let expected = alternatives("result_paths", "results_paths");
    if !expected.contains(&Value::Array(paths.clone())) {
        return Err(format!("{selector:?} on {text}: paths {paths:?}, expected {expected:?}"));
    }
    Ok(())
}

#[test]
fn compliance_suite() {
    let Some(path) = common::shared("data/conformance/jsonpath-cts.json") else { return };
    let suite: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = suite["tests"].as_array().unwrap();
    assert!(cases.len() >= 700, "the suite has {} cases", cases.len());
    let mut wrong = Vec::new();
    let mut failures = 0;
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let expected = EXPECTED_FAILURES.iter().find(|(expected, _)| *expected == name);
        match (run(case), expected) {
            (Ok(()), None) => {}
            (Err(_), Some(_)) => failures += 1,
            (Ok(()), Some((_, reason))) => wrong.push(format!("{name}: passes, but is listed ({reason})")),
            (Err(message), None) => wrong.push(format!("{name}: {message}")),
        }
    }
    assert_eq!(failures, EXPECTED_FAILURES.len(), "a listed case is not in the suite");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    println!("{} cases, {failures} of them expected to fail", cases.len());
}
