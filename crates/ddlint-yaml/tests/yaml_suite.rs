//! The YAML test suite: every case, its tree compared event by event with the tape.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fmt::Write;
use std::sync::Arc;

use ddlint_yaml::{Document, Node, NodeKind, Style, parse};

/// Cases that fail, each with its reason. A case here that passes fails the test too.
const EXPECTED_FAILURES: &[(&str, &str)] = &[
    ("9C9N", "a flow sequence whose lines are not indented: PyYAML and Go take it, and so does the parser"),
    ("DK95/1", "a quoted scalar whose second line is indented by a tab: Go takes it, and so do we"),
    ("QB6E", "a quoted scalar whose further lines are not indented: Go takes it, and so do we"),
];

/// The suite writes white space that cannot be seen as other characters.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '␣' => out.push(' '),
            '↵' => {}
            '∎' => {
                // No line break at the end.
                if out.ends_with('\n') {
                    out.pop();
                }
                return out;
            }
            '←' => out.push('\r'),
            '⇔' => out.push('\u{feff}'),
            '»' => out.push('\t'),
            '—' => {
                // Em dashes before a `»` show the width of the tab.
                while rest.peek() == Some(&'—') {
                    rest.next();
                }
            }
            other => out.push(other),
        }
    }
    out
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            other => out.push(other),
        }
    }
    out
}

fn properties(node: Node<'_>, out: &mut String) {
    if let Some(anchor) = node.anchor() {
        let _ = write!(out, " &{anchor}");
    }
    if node.kind() != NodeKind::Alias
        && let Some(tag) = node.tag()
    {
        match tag.strip_prefix("!!") {
            Some(core) => {
                let _ = write!(out, " <tag:yaml.org,2002:{core}>");
            }
            None => {
                let _ = write!(out, " <{tag}>");
            }
        }
    }
}

fn events(node: Node<'_>, out: &mut String) {
    match node.kind() {
        NodeKind::Mapping => {
            out.push_str("+MAP");
            if node.style() == Style::Flow {
                out.push_str(" {}");
            }
            properties(node, out);
            out.push('\n');
            for (key, value) in node.entries() {
                events(key, out);
                events(value, out);
            }
            out.push_str("-MAP\n");
        }
        NodeKind::Sequence => {
            out.push_str("+SEQ");
            if node.style() == Style::Flow {
                out.push_str(" []");
            }
            properties(node, out);
            out.push('\n');
            for item in node.items() {
                events(item, out);
            }
            out.push_str("-SEQ\n");
        }
        NodeKind::Alias => {
            let _ = writeln!(out, "=ALI {}", node.span().slice(node.document().text()));
        }
        NodeKind::Scalar => {
            out.push_str("=VAL");
            properties(node, out);
            let style = match node.style() {
                Style::SingleQuoted => '\'',
                Style::DoubleQuoted => '"',
                Style::Literal => '|',
                Style::Folded => '>',
                _ => ':',
            };
            let _ = writeln!(out, " {style}{}", escape(node.text().unwrap()));
        }
    }
}

fn tree(documents: &[Arc<Document>]) -> String {
    let mut out = String::from("+STR\n");
    for root in documents.iter().filter_map(|document| document.root()) {
        out.push_str("+DOC\n");
        events(root, &mut out);
        out.push_str("-DOC\n");
    }
    out.push_str("-STR\n");
    out
}

/// The suite's tree without document markers and without documents that hold nothing: the tape knows neither.
fn expected_tree(tree: &str) -> String {
    let lines: Vec<&str> = tree
        .lines()
        .map(|line| {
            let line = line.trim_start();
            if line.starts_with("+DOC") {
                "+DOC"
            } else if line.starts_with("-DOC") {
                "-DOC"
            } else {
                line
            }
        })
        .collect();
    unescape(&(lines.join("\n") + "\n")).replace("+DOC\n=VAL :\n-DOC\n", "")
}

#[test]
fn yaml_test_suite() {
    let Some(folder) = common::shared("data/conformance/yaml-test-suite") else { return };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut cases, mut failures) = (0, 0);
    let mut wrong = Vec::new();
    for file in files {
        let id = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let suite = parse(ddlint_yaml::SourceText::from(std::fs::read_to_string(&file).unwrap()));
        assert_eq!(suite.errors, [], "{id}");
        // What a case leaves out is that of the case before it.
        let (mut previous, mut previous_tree) = (None, None);
        for (number, case) in suite.documents[0].root().unwrap().items().enumerate() {
            if case.get("skip").and_then(Node::as_bool) == Some(true) {
                // The suite leaves out the whole file.
                break;
            }
            cases += 1;
            let name = if number == 0 { id.clone() } else { format!("{id}/{number}") };
            let source = case.get("yaml").and_then(Node::text).or(previous).unwrap();
            previous = Some(source);
            let tree = case.get("tree").and_then(Node::text).or(previous_tree);
            previous_tree = tree;
            let fails = case.get("fail").and_then(Node::as_bool).unwrap_or(false);
            let result = check(&unescape(source), fails, tree);
            let expected = EXPECTED_FAILURES.iter().find(|(expected, _)| *expected == name);
            match (result, expected) {
                (Ok(()), None) => {}
                (Err(_), Some(_)) => failures += 1,
                (Ok(()), Some((_, reason))) => {
                    wrong.push(format!("{name}: passes, but is listed ({reason})"))
                }
                (Err(message), None) => wrong.push(format!("{name}: {message}")),
            }
        }
    }
    assert!(cases >= 402, "the suite has {cases} cases");
    assert_eq!(failures, EXPECTED_FAILURES.len(), "a listed case is not in the suite");
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(source: &str, fails: bool, expected: Option<&str>) -> Result<(), String> {
    let stream = parse(ddlint_yaml::SourceText::from(source));
    if fails {
        return if stream.errors.is_empty() { Err(format!("{source:?} is accepted")) } else { Ok(()) };
    }
    if let Some(error) = stream.errors.first() {
        return Err(format!("{source:?} is refused: {}", error.message));
    }
    let (found, expected) = (tree(&stream.documents), expected_tree(expected.unwrap_or("")));
    if found == expected { Ok(()) } else { Err(format!("{source:?}:\n{found}expected:\n{expected}")) }
}
