//! The tree: spans of every style, values, lookups, documents.

use std::fmt::Write;
use std::sync::Arc;

use ddlint_yaml::{Document, Node, NodeKind, Scalar, Stream, Style, parse};

fn stream(text: &str) -> Stream {
    parse(ddlint_yaml::SourceText::from(text))
}

/// The only document of a text without errors.
fn document(text: &str) -> Arc<Document> {
    let mut stream = stream(text);
    assert_eq!(stream.errors, [], "{text:?}");
    assert_eq!(stream.documents.len(), 1, "{text:?}");
    stream.documents.remove(0)
}

/// Every node with its depth, its source slice and its text.
fn dump(document: &Document) -> String {
    let mut out = String::new();
    for node in document.nodes() {
        let mut depth = 0;
        let mut at = node;
        while let Some(parent) = at.parent() {
            depth += 1;
            at = parent;
        }
        let kind = match node.kind() {
            NodeKind::Scalar => "=",
            NodeKind::Mapping => "{",
            NodeKind::Sequence => "[",
            NodeKind::Alias => "*",
        };
        let source = node.span().slice(document.text());
        let _ = write!(out, "{}{kind} {source:?}", "  ".repeat(depth));
        if let Some(text) = node.text()
            && text != source
        {
            let _ = write!(out, " is {text:?}");
        }
        out.push('\n');
    }
    out
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let expected: Vec<&str> =
        expected.lines().map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
    assert_eq!(dump(&document(text)).trim_end(), expected.join("\n").trim(), "{text:?}");
}

#[test]
fn spans_of_plain_scalars_and_block_collections() {
    check(
        "a: 1\nb:\n  - x y\n  - c: d\n    e: multi\n      line # comment\n\n# end\n",
        r#"
        { "a: 1\nb:\n  - x y\n  - c: d\n    e: multi\n      line"
          = "a"
          = "1"
          = "b"
          [ "- x y\n  - c: d\n    e: multi\n      line"
            = "x y"
            { "c: d\n    e: multi\n      line"
              = "c"
              = "d"
              = "e"
              = "multi\n      line" is "multi line"
"#,
    );
}

#[test]
fn a_list_begins_at_its_first_dash() {
    check("a:\n- b\n", "{ \"a:\\n- b\"\n  = \"a\"\n  [ \"- b\"\n    = \"b\"");
    check(
        "a: &x # -\n- # c\n  b\n",
        "{ \"a: &x # -\\n- # c\\n  b\"\n  = \"a\"\n  [ \"- # c\\n  b\"\n    = \"b\"",
    );
}

#[test]
fn values() {
    let document = document("a: {yes: 1, \"no\": 'x'}\nb: [~, 017, 0x1F, .5, yes, '1']\nc: &x foo\nd: *x\n");
    let root = document.root().unwrap();
    assert_eq!(root.at(&["a", "true"]).and_then(Node::as_i64), Some(1));
    assert_eq!(root.at(&["a", "no"]).and_then(Node::as_str), Some("x"));
    assert!(root.at(&["a", "yes"]).is_none());
    let items: Vec<_> = root.get("b").unwrap().items().filter_map(Node::scalar).collect();
    assert_eq!(
        items,
        [
            Scalar::Null,
            Scalar::Int(15),
            Scalar::Int(31),
            Scalar::Float(0.5),
            Scalar::Bool(true),
            Scalar::Str("1")
        ]
    );
    assert_eq!(root.get("d").unwrap().kind(), NodeKind::Alias);
    assert_eq!(root.get("d").unwrap().as_str(), Some("foo"));
    assert_eq!(root.get("c").unwrap().anchor(), Some("x"));
    assert_eq!(root.get("d").unwrap().style(), Style::Plain);
}

#[test]
fn a_broken_document_does_not_hide_its_neighbours() {
    let stream = stream("a: 1\n---\nb: [1, 2\n---\nc: \"x\n---\nd: 4\n");
    assert_eq!(stream.documents.len(), 4);
    let partial: Vec<bool> = stream.documents.iter().map(|document| document.is_partial()).collect();
    assert_eq!(partial, [false, true, true, false]);
    let errors: Vec<_> = stream
        .errors
        .iter()
        .map(|error| (error.document, error.message.as_str(), error.span.start))
        .collect();
    assert_eq!(errors, [(1, "`[` is not closed", 12), (2, "`\"` is not closed", 25)]);
    assert_eq!(stream.documents[3].root().unwrap().get("d").unwrap().as_i64(), Some(4));
}
