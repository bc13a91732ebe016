//! The encoders against what Go prints: recorded vectors always, the Go program itself where it is present.
//!
//! `oracle/refresh.sh` records the vectors anew. With `DDLINT_ENCODERS` naming the Go program, a run of generated
//! values is compared too; `DDLINT_ENCODERS_COUNT` and `DDLINT_ENCODERS_SEED` choose which.

mod support;

use base64::Engine as _;
use ddlint_helm::encode;
use ddlint_helm::value::Value;
use serde_json::{Map, Value as Json};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use support::{Dice, note, note_bytes, read, read_bytes};

/// What each of our encoders makes of a value.
fn encoded(value: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let or_error = |result: Result<ddlint_helm::text::Text, String>| match result {
        Ok(text) => text.bytes().to_vec(),
        Err(error) => format!("!{error}").into_bytes(),
    };
    vec![
        ("yaml", encode::to_yaml(value).bytes().to_vec()),
        ("pretty", encode::to_yaml_pretty(value).bytes().to_vec()),
        ("json", encode::to_json(value).bytes().to_vec()),
        ("raw", or_error(encode::to_raw_json(value))),
        ("indent", encode::to_pretty_json(value).bytes().to_vec()),
        ("toml", or_error(encode::to_toml(value))),
    ]
}

/// What the Go program makes of values; none where it is not there.
fn go(values: &[Value]) -> Option<Vec<Map<String, Json>>> {
    let program = std::env::var_os("DDLINT_ENCODERS")?;
    let mut child =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the Go program");
    let mut input = child.stdin.take().expect("a pipe");
    let lines: String = values.iter().map(|value| format!("{}\n", note(value))).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).expect("a reader"));
    let output = child.wait_with_output().expect("output");
    writer.join().expect("written");
    assert!(output.status.success(), "the Go program failed");
    let decode = |text: &Json| {
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(text.as_str().expect("text")).expect("base64");
        note_bytes(&bytes)
    };
    let read_line = |line: &str| {
        let object: Map<String, Json> = serde_json::from_str(line).expect("an object");
        object.iter().map(|(name, text)| (name.clone(), decode(text))).collect()
    };
    Some(String::from_utf8(output.stdout).expect("text").lines().map(read_line).collect())
}

fn vectors_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/encoders.jsonl")
}

/// Describes the first few differences.
fn differences(value: &Value, expected: &Map<String, Json>) -> Option<String> {
    let mut out = String::new();
    for (name, ours) in encoded(value) {
        let theirs = read_bytes(&expected[name]);
        if ours != theirs {
            let (ours, theirs) = (String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
            out.push_str(&format!("{name}\n  ours {ours:?}\n  Go's {theirs:?}\n"));
        }
    }
    (!out.is_empty()).then(|| format!("{}\n{out}", note(value)))
}

/// Whether Go itself gives different results: its order of keys is no order for some sets of them, and then what it
/// prints depends on the random order in which it meets them.
fn go_varies(value: &Value) -> bool {
    let results = go(&vec![value.clone(); 40]).expect("the Go program");
    results.windows(2).any(|pair| pair[0] != pair[1])
}

/// The values whose results are recorded: everything special on its own, as a key and in a list, and a mix.
/// Only short ones, for the size of the file.
fn chosen() -> Vec<Value> {
    let mut dice = Dice(4);
    (0..2500).map(|at| dice.value(at % 4)).filter(|value| note(value).to_string().len() < 200).collect()
}

#[test]
fn recorded_vectors_agree() {
    if std::env::var_os("DDLINT_RECORD").is_some() {
        let values = chosen();
        let runs: Vec<_> =
            (0..20).map(|_| go(&values).expect("DDLINT_ENCODERS has to name the Go program")).collect();
        let lines: String = values
            .iter()
            .enumerate()
            .filter(|(at, _)| runs.iter().all(|run| run[*at] == runs[0][*at]))
            .map(|(at, value)| (value, runs[0][at].clone()))
            .map(|(value, mut result)| {
                result.insert("value".to_owned(), note(value));
                format!("{}\n", Json::Object(result))
            })
            .collect();
        std::fs::write(vectors_path(), lines).expect("the vectors are written");
    }
    let lines = std::fs::read_to_string(vectors_path()).expect("the vectors");
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in lines.lines() {
        let expected: Map<String, Json> = serde_json::from_str(line).expect("a vector");
        wrong.extend(differences(&read(&expected["value"]), &expected));
        count += 1;
    }
    assert!(count >= 1000, "only {count} vectors");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}

#[test]
fn generated_values_agree_with_go() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().map_or(default, |n| n.parse().expect("a number"));
    let (count, seed) = (number("DDLINT_ENCODERS_COUNT", 20_000), number("DDLINT_ENCODERS_SEED", 1));
    let mut dice = Dice(seed);
    let mut wrong = Vec::new();
    let mut done = 0;
    while done < count {
        let values: Vec<Value> = (0..count.min(20_000)).map(|at| dice.value(at as usize % 5)).collect();
        let Some(results) = go(&values) else {
            eprintln!("skipped: DDLINT_ENCODERS does not name the Go program");
            return;
        };
        assert_eq!(values.len(), results.len());
        let different = values.iter().zip(&results).filter_map(|(value, expected)| {
            let text = differences(value, expected)?;
            (!go_varies(value)).then_some(text)
        });
        wrong.extend(different);
        done += values.len() as u64;
    }
    wrong.sort_by_key(String::len);
    wrong.dedup();
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
}
