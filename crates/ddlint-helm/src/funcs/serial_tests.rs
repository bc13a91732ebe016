//! The reading directions: against what Go reads (recorded, and the Go program where it is present), and origins.

use super::super::{Call, FuncError, Site, lookup};
use crate::encode::to_json;
use crate::exec::meter::{Limits, Meter};
use crate::origin::{Leaf, OriginId, OriginTable, Place};
use crate::text::{Text, TextBuf};
use crate::value::Value;
use crate::world::World;
use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Calls a function by its name.
fn call(name: &str, arg: &Value, origins: &mut OriginTable) -> Result<Value, FuncError> {
    let def = lookup(name).expect("the function is there");
    let super::super::Imp::Native(function) = def.imp else { panic!("{name} is not native") };
    let mut meter = Meter::new(Limits::default());
    let site = Site { place: Place { file: Arc::from("t"), start: 0, end: 0 } };
    let (name, control, world) = (def.name, OriginId::NONE, &World::default());
    let mut call = Call { name, origins, meter: &mut meter, control, site: &site, world };
    function(&mut call, std::slice::from_ref(arg))
}

fn plain(name: &str, text: &str) -> Value {
    call(name, &Value::str(text, OriginId::NONE), &mut OriginTable::new(false)).expect("no error")
}

fn json_of(value: &Value) -> String {
    to_json(value).to_str_lossy().into_owned()
}

/// JSON that is right, nearly right, and wrong in each way that the reader tells apart.
fn texts() -> Vec<String> {
    let whole = [
        "",
        " ",
        "{}",
        "[]",
        "null",
        "true",
        "1",
        "\"s\"",
        "{\"a\":1}",
        "[1,2]",
        " { \"a\" : [ 1 , { } ] } ",
        "{\"a\":1}x",
        "{\"a\":1} {",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[1 2]",
        "{,}",
        "[,]",
        "tru",
        "truth",
        "nul",
        "nuls",
        "fals",
        "falsy",
        "-",
        "-x",
        "01",
        "1.",
        "1.x",
        "1e",
        "1ex",
        "1e+",
        "1e400",
        "[1e400]",
        "{\"a\":1e400,\"b\":2}",
        "-0",
        "1E5",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\x\"",
        "\"\t\"",
        "\"a",
        "\"\\",
        "\"\\u",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800x\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800\\n\"",
        "{\"a\":\"\\ud800\\ud800\\udc00\"}",
        "{\"a\":1,\"a\":2}",
        "'a'",
        "{'a':1}",
        "é",
        "[é]",
        "{\"\\u0061\":\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"}",
        "\u{feff}{}",
        "{\"k\":123456789012345678}",
        "[0.1,1e6,1e21,1e-7,100000000000000000000]",
        "\u{7f}",
        "{\"a\": \u{85}}",
        "\\",
        "[\"<&>\u{2028}\"]",
        "{\"a\":{\"b\":[null,true,{\"c\":\"\"}]}}",
    ];
    let mut texts: Vec<String> = whole.iter().map(|&text| text.to_owned()).collect();
    // Each beginning of a longer text, and each with one character changed.
    let long = "{\"key\": [1.5e3, true, null, \"a\\u00e9\\n\"], \"b\": {\"c\": false}}";
    for (at, _) in long.char_indices() {
        texts.push(long.get(..at).unwrap_or_default().to_owned());
        for other in ["}", "\"", ",", "x", "\n"] {
            texts.push(format!("{}{other}{}", &long[..at], &long[at + 1..]));
        }
    }
    texts
}

fn go(texts: &[String]) -> Option<Vec<Json>> {
    let program = std::env::var_os("DDLINT_ENCODERS")?;
    let mut command = Command::new(program);
    let mut child =
        command.arg("decode").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the Go program");
    let lines: String = texts.iter().map(|text| format!("{}\n", json!(text))).collect();
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).expect("a reader"));
    let output = child.wait_with_output().expect("output");
    writer.join().expect("written");
    let lines = String::from_utf8(output.stdout).expect("text");
    Some(lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

#[test]
fn json_is_read_as_go_reads_it() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/from_json.jsonl");
    if std::env::var_os("DDLINT_RECORD").is_some() {
        let texts = texts();
        let results = go(&texts).expect("DDLINT_ENCODERS has to name the Go program");
        let line = |(text, result): (&String, &Json)| {
            format!("{}\n", json!({ "text": text, "object": result["object"], "array": result["array"] }))
        };
        std::fs::write(&path, texts.iter().zip(&results).map(line).collect::<String>()).expect("written");
    }
    let lines = std::fs::read_to_string(&path).expect("the vectors");
    let mut wrong = Vec::new();
    for line in lines.lines() {
        let vector: Json = serde_json::from_str(line).expect("a vector");
        let text = vector["text"].as_str().expect("text");
        for (name, key) in [("fromJson", "object"), ("fromJsonArray", "array")] {
            let ours = json_of(&plain(name, text));
            let theirs = vector[key].as_str().expect("text");
            if ours != theirs {
                wrong.push(format!("{name} {text:?}\n  ours {ours}\n  Go's {theirs}"));
            }
        }
    }
    assert!(lines.lines().count() > 300);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A text whose pieces have origins of their own.
fn text_of(origins: &mut OriginTable, parts: &[&str]) -> (Value, Vec<OriginId>) {
    let mut out = TextBuf::new();
    let mut ids = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let id = origins.leaf(|| Leaf::Release(Arc::from(at.to_string())));
        out.push(part.as_bytes(), id);
        ids.push(id);
    }
    (Value::string(out.finish()), ids)
}

#[test]
fn values_read_from_json_have_the_origins_of_their_bytes() {
    let mut origins = OriginTable::new(true);
    let (text, ids) = text_of(&mut origins, &["{\"a\": ", "1", "2", ", \"b\": \"", "x", "\\n", "y", "\"}"]);
    let value = call("fromJson", &text, &mut origins).expect("no error");
    let number = value.get("a").expect("a");
    assert_eq!(number.origin, origins.union(ids[1], ids[2]));
    let string = value.get("b").expect("b");
    let runs: Vec<_> =
        string.as_text().expect("text").runs().map(|(bytes, id)| (bytes.to_vec(), id)).collect();
    assert_eq!(runs, [(b"x".to_vec(), ids[4]), (b"\n".to_vec(), ids[5]), (b"y".to_vec(), ids[6])]);
    let key_origin = value.as_map().expect("map").entries.borrow().get(&b"b"[..]).expect("b").key_origin;
    assert_eq!(key_origin, ids[3]);
}

#[test]
fn values_read_from_toml_have_the_origins_of_their_bytes() {
    let mut origins = OriginTable::new(true);
    let (text, ids) =
        text_of(&mut origins, &["a = ", "12", "\n[t.u]\nb = \"", "x", "y", "\"\nc = [", "1.5", ", true]\n"]);
    let value = call("fromToml", &text, &mut origins).expect("no error");
    assert_eq!(json_of(&value), r#"{"a":12,"t":{"u":{"b":"xy","c":[1.5,true]}}}"#);
    assert_eq!(value.get("a").expect("a").origin, ids[1]);
    let inner = value.get("t").and_then(|t| t.get("u")).expect("u");
    let string = inner.get("b").expect("b");
    let runs: Vec<_> =
        string.as_text().expect("text").runs().map(|(bytes, id)| (bytes.to_vec(), id)).collect();
    assert_eq!(runs, [(b"x".to_vec(), ids[3]), (b"y".to_vec(), ids[4])]);
    let list = inner.get("c").expect("c");
    assert_eq!(list.as_list().expect("list").items.borrow()[0].origin, ids[6]);
}

#[test]
fn toml_that_is_none_gives_the_line() {
    let value = plain("fromToml", "a = 1\nb = = 2\n");
    let message = json_of(&value.get("Error").expect("an error"));
    assert!(message.starts_with("\"toml: line 2: "), "{message}");
}

#[test]
fn an_empty_result_remembers_what_it_was_made_from() {
    let mut origins = OriginTable::new(true);
    let id = origins.leaf(|| Leaf::Release(Arc::from("x")));
    let value = Value::list(vec![Value { data: crate::value::Data::Float(f64::NAN), origin: id }]);
    let text = call("toYaml", &value, &mut origins).expect("no error");
    assert_eq!(text.as_text().map(Text::len), Some(0));
    assert_eq!(text.origin(&mut origins), id);
    assert!(call("toRawJson", &value, &mut origins).is_err());
}

#[test]
fn yaml_that_is_no_map_or_list_says_so_as_helm_does() {
    let cases = [
        ("fromYaml", "a: {b: [1, x]}", r#"{"a":{"b":[1,"x"]}}"#),
        ("fromYaml", "", "{}"),
        ("fromYaml", "# nothing", "{}"),
        (
            "fromYaml",
            "[1]",
            r#"{"Error":"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}"}"#,
        ),
        (
            "fromYaml",
            "text",
            r#"{"Error":"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type map[string]interface {}"}"#,
        ),
        ("fromYamlArray", "- 1\n- yes", "[1,true]"),
        ("fromYamlArray", "", "[]"),
        (
            "fromYamlArray",
            "a: 1",
            r#"["error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go value of type []interface {}"]"#,
        ),
    ];
    for (name, text, expected) in cases {
        assert_eq!(json_of(&plain(name, text)), expected, "{name} {text:?}");
    }
}

#[test]
fn yaml_round_trips_keep_the_origins() {
    let mut origins = OriginTable::new(true);
    let (text, ids) =
        text_of(&mut origins, &["image: ", "reg", "/", "repo", "\nport: ", "80", "\nlist:\n- ", "a b", "\n"]);
    let value = call("fromYaml", &text, &mut origins).expect("no error");
    let again = call("toYaml", &value, &mut origins).expect("no error");
    let again = again.as_text().expect("text");
    for (needle, id) in [("reg", 1), ("/", 2), ("repo", 3), ("80", 5), ("a b", 7)] {
        let bytes = again.to_str_lossy();
        let at = bytes.find(needle).expect("it is there");
        assert_eq!(again.origin_at(at), ids[id], "{needle}");
    }
}
