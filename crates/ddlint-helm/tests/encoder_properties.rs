//! What `toYaml` prints reads back as the value that went in, and keeps the origins of what it prints.

mod support;

use ddlint_helm::encode::{to_json, to_pretty_json, to_toml, to_yaml, to_yaml_pretty};
use ddlint_helm::origin::OriginId;
use ddlint_helm::text::{Text, TextBuf};
use ddlint_helm::value::{Data, Entry, Value};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::rc::Rc;
use support::{Dice, note, value_of};

/// Reads what `toYaml` printed, with the last newline that it cuts off.
fn read_back(text: &Text) -> Result<Value, String> {
    let source = format!("{}\n", text.to_str_lossy()).into();
    let stream = ddlint_yaml::parse(source);
    if let Some(error) = stream.errors.first() {
        return Err(error.message.clone());
    }
    Ok(stream.documents.first().and_then(|document| document.root()).map_or(Value::NIL, value_of))
}

fn json(value: &Value) -> String {
    to_json(value).to_str_lossy().into_owned()
}

/// Text out of pieces that mean something in YAML. What JSON lets pass but the YAML reader folds or refuses is left
/// out here, and so is U+2028, which ends lines in YAML 1.1 only; the vectors have them.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        "  ",
        "\n",
        "\n\n",
        "\t",
        "\r",
        "\u{a0}",
        "\u{feff}",
        "\u{0}",
        "\u{7}",
        "é",
        "日",
        "😀",
        "a",
        "Z",
        "0",
        "1",
        "9",
        ":",
        ": ",
        " #",
        "#",
        "- ",
        "-",
        "? ",
        ",",
        "[",
        "{",
        "}",
        "&",
        "*",
        "!",
        "|",
        ">",
        "'",
        "\"",
        "%",
        "@",
        "`",
        "\\",
        "=",
        "~",
        "...",
        "---",
        "yes",
        "null",
        "1e3",
        "0x1F",
        "2001-12-14",
        "1:30",
        "word",
        "word and word and ",
        "a longer piece of text that makes lines long ",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()), "[a-z0-9./-]{0,12}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::NIL),
        any::<bool>().prop_map(|b| Value::plain(Data::Bool(b))),
        (-1_000_000i64..1_000_000).prop_map(|n| Value::plain(Data::Int(n))),
        (-1e9..1e9f64).prop_map(|f| Value::plain(Data::Float(f))),
        text().prop_map(|text| Value::str(text, OriginId::NONE)),
        text().prop_map(|text| Value::str(text, OriginId::NONE)),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let entries = prop::collection::btree_map(
            text().prop_filter("no merge", |key| key != "<<"),
            inner.clone(),
            0..6,
        );
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::list),
            entries.prop_map(|entries| {
                let entry = |(key, value): (String, Value)| {
                    (Rc::from(key.into_bytes()), Entry { key_origin: OriginId::NONE, value })
                };
                Value::map(entries.into_iter().map(entry).collect::<BTreeMap<_, _>>())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_reads_back(value in value()) {
        let text = to_yaml(&value);
        let back = read_back(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{}", text.to_str_lossy())))?;
        prop_assert_eq!(json(&value), json(&back), "
{}
{}", note(&value), text.to_str_lossy());
    }

    #[test]
    fn pretty_yaml_reads_back(value in value()) {
        let text = to_yaml_pretty(&value);
        let back = read_back(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{}", text.to_str_lossy())))?;
        prop_assert_eq!(json(&value), json(&back), "\n{}\n{}", note(&value), text.to_str_lossy());
    }
}

#[test]
fn nothing_panics_and_runs_cover_the_text() {
    let mut dice = Dice(11);
    for at in 0..3000 {
        let value = dice.value(at % 6);
        let toml = to_toml(&value).unwrap_or_else(|_| Text::empty());
        for text in [to_yaml(&value), to_yaml_pretty(&value), to_json(&value), to_pretty_json(&value), toml] {
            let runs: usize = text.runs().map(|(bytes, _)| bytes.len()).sum();
            assert_eq!(runs, text.len(), "{}", note(&value));
        }
    }
}

#[test]
fn a_map_that_holds_itself_is_empty_text() {
    let map = Value::map(BTreeMap::new());
    map.as_map().unwrap().set(b"self", OriginId::NONE, map.clone());
    assert_eq!(to_yaml(&map).len(), 0);
    assert_eq!(to_json(&map).len(), 0);
    assert!(to_toml(&map).is_err());
    // Undo the circle, for the sake of leak checkers.
    map.as_map().unwrap().entries.borrow_mut().clear();
}

/// The text with the number of its origin behind each run.
fn runs(text: &Text) -> Vec<(String, u32)> {
    text.runs().map(|(bytes, origin)| (String::from_utf8_lossy(bytes).into_owned(), origin.0)).collect()
}

fn joined(parts: &[(&str, u32)]) -> Value {
    let mut out = TextBuf::new();
    parts.iter().for_each(|(text, origin)| out.push(text.as_bytes(), OriginId(*origin)));
    Value::string(out.finish())
}

fn map_of(origin: u32, entries: Vec<(&str, u32, Value)>) -> Value {
    let entry = |(key, key_origin, value): (&str, u32, Value)| {
        (Rc::from(key.as_bytes()), Entry { key_origin: OriginId(key_origin), value })
    };
    Value::map(entries.into_iter().map(entry).collect()).with_origin(OriginId(origin))
}

fn expect(text: &Text, expected: &[(&str, u32)]) {
    let expected: Vec<(String, u32)> =
        expected.iter().map(|(text, origin)| ((*text).to_owned(), *origin)).collect();
    assert_eq!(runs(text), expected);
}

#[test]
fn each_scalar_and_key_keeps_its_origin() {
    let image = joined(&[("docker.io", 1), ("/", 2), ("nginx", 3), (":1.27", 4)]);
    let port = Value { data: Data::Int(80), origin: OriginId(5) };
    let list = Value::list(vec![port]).with_origin(OriginId(6));
    let value = map_of(9, vec![("image", 7, image), ("ports", 8, list)]);
    let expected = [
        ("image", 7),
        (": ", 9),
        ("docker.io", 1),
        ("/", 2),
        ("nginx", 3),
        (":1.27", 4),
        ("\n", 9),
        ("ports", 8),
        (":", 9),
        ("\n- ", 6),
        ("80", 5),
    ];
    expect(&to_yaml(&value), &expected);
}

#[test]
fn quoting_folding_and_blocks_keep_origins() {
    // Quotes belong to what they stand beside, an escape to its character.
    expect(&to_yaml(&joined(&[("yes", 1)])), &[("\"yes\"", 1)]);
    expect(&to_yaml(&joined(&[("a\t", 1), ("b", 2)])), &[("\"a\\t", 1), ("b\"", 2)]);
    expect(&to_yaml(&joined(&[("it's", 1), (": 5", 2)])), &[("'it''s", 1), (": 5'", 2)]);
    expect(&to_yaml(&joined(&[("x\n", 1), ("y\n", 2)])), &[("|\n  x\n", 1), ("  y", 2)]);
    let (long, tail) = ("word ".repeat(17), "end of it");
    let text = to_yaml(&joined(&[(&long, 1), (tail, 2)]));
    assert_eq!(text.bytes().iter().filter(|&&b| b == b'\n').count(), 1);
    let tail_at = text.len() - tail.len();
    assert_eq!(text.origin_at(tail_at), OriginId(2));
    assert_eq!(text.origin_at(tail_at - 1), OriginId(1));
}

#[test]
fn json_and_toml_keep_origins() {
    let value = map_of(9, vec![("a", 1, joined(&[("x<", 2), ("y", 3)]))]);
    expect(&to_json(&value), &[("{", 9), ("\"a\"", 1), (":", 9), ("\"x\\u003c", 2), ("y\"", 3), ("}", 9)]);
    expect(&to_toml(&value).unwrap(), &[("a", 1), (" = ", 9), ("\"x<", 2), ("y\"", 3), ("\n", 9)]);
}
