//! What holds for every text, tried on generated ones.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;

use ddlint_yaml::{Document, NodeKind, ParseOptions, Query, SourceText, Span, Stream, parse_with};
use proptest::prelude::*;

/// Texts made of what the grammar cares about.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "key",
        "é",
        "𝄞",
        ": ",
        ":",
        "- ",
        "-",
        "? ",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\t",
        " ",
        "'",
        "\"",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "|",
        ">",
        "|2-",
        ">+",
        "|-\n  x",
        "#",
        " # c",
        "&x ",
        "*x",
        "*y",
        "!t ",
        "!!str ",
        "!!binary aGk=",
        "<<: ",
        "<<: *x\n",
        "---",
        "\n---\n",
        "\n--- ",
        "\n...\n",
        "%YAML 1.1\n",
        "%TAG ! x\n",
        "\\n",
        "\\",
        "~",
        "1",
        "0x1",
        "yes",
        "{{ x }}",
        "\u{feff}",
        "\0",
        "\u{1}",
        "\u{85}",
        "\u{2028}",
        "x: &x {a: 1}\n",
        "k: |\n  a\n   b\n\n",
        "k: \"a\\\n  b\\u00e9\"\n",
        "- a: b\n  c: d\n",
        "=",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn inside(span: Span, text: &str) -> bool {
    span.start <= span.end && text.get(span.range()).is_some()
}

fn check_document(document: &Document, text: &str) {
    assert!(inside(document.span(), text), "{:?}", document.span());
    let mut last = 0;
    for comment in document.comments() {
        assert!(inside(comment.span, text) && comment.span.slice(text).starts_with('#'));
        assert!(comment.span.start >= last);
        last = comment.span.start;
    }
    let mut begin = 0;
    for node in document.nodes() {
        let (id, span) = (node.id(), node.span());
        assert!(inside(span, text), "{node:?}");
        assert!(inside(node.full_span(), text) && node.full_span().contains(span), "{node:?}");
        assert!(span.start >= begin, "{node:?} begins before the one before it");
        begin = span.start;
        match node.parent() {
            None => assert_eq!(id.index(), 0),
            Some(parent) => {
                assert!(parent.span().contains(span), "{node:?} in {parent:?}");
                assert!(parent.id() < id);
                let entry = parent.entries().find(|&(key, value)| key == node || value == node);
                let item = parent.items().find(|&item| item == node);
                assert!(entry.is_some() != item.is_some(), "{node:?} in {parent:?}");
                let key = entry.filter(|&(_, value)| value == node).map(|(key, _)| key.id());
                assert_eq!(document.key_of(id), key, "{node:?}");
            }
        }
        if let Some(cooked) = node.text() {
            let map = node.offset_map();
            for at in 0..=cooked.len() as u32 {
                assert!(map.to_source(at) as usize <= text.len());
            }
            assert!(inside(map.span(Span::new(0, cooked.len() as u32)), text), "{node:?} {map:?}");
        }
        let _ = (node.scalar(), node.key_string(), node.tag(), node.anchor(), node.len());
        for (name, key, value) in node.effective_entries() {
            assert_eq!(node.entry(&name), Some((key, value)), "{name:?} of {node:?}");
        }
        let path = document.normalized_path(id);
        let query = Query::parse(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(query.is_singular());
    }
    for offset in 0..=text.len() as u32 {
        let found = document.node_at(offset);
        let expected =
            document.nodes().filter(|node| node.span().covers(offset)).last().map(|node| node.id());
        assert_eq!(found, expected, "at {offset}");
    }
    for duplicate in document.duplicate_keys() {
        assert!(duplicate.first < duplicate.later);
        assert_eq!(document.parent(duplicate.first), Some(duplicate.mapping));
        assert_eq!(document.key_of(duplicate.later_value), Some(duplicate.later));
    }
    if let Some(root) = document.root() {
        for query in
            ["$", "$..*", "$.a", "$[?@.a == @.b]", "$..[?length(@) > 1]", "$[::-1]", "$..['a', 0, -1]"]
        {
            let _ = Query::parse(query).unwrap().select(root);
        }
    }
}

fn dump(stream: &Stream) -> String {
    let mut out = format!("{:?}\n", stream.errors);
    for document in &stream.documents {
        let _ = writeln!(out, "{document:?} {:?}", document.comments());
        for node in document.nodes() {
            let _ = writeln!(out, "{node:?} {:?}", node.style());
        }
    }
    out
}

fn check(text: &str) {
    let shared: SourceText = SourceText::from(text);
    let stream = parse_with(shared.clone(), &ParseOptions { threads: false });
    for error in &stream.errors {
        assert!(inside(error.span, text), "{error:?}");
        assert!(stream.documents[error.document].is_partial(), "{error:?}");
        assert!(!error.message.is_empty() && !error.message.ends_with('.'));
    }
    let mut end = 0;
    for document in &stream.documents {
        assert!(document.span().start >= end, "documents overlap: {:?}", stream.documents);
        end = document.span().end;
        check_document(document, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        check(&text);
    }

    #[test]
    fn any_yaml_like_text(text in yaml_like()) {
        check(&text);
    }

    #[test]
    fn any_query(text in "[$@.\\[\\]?()'\"*:,0-9a-z =<>!&|-]{0,30}") {
        let _ = Query::parse(&text);
        let _ = Query::parse(&format!("${text}"));
        let _ = Query::parse(&format!("$[?{text}]"));
    }

    #[test]
    fn paths_select_their_node(text in yaml_like()) {
        let stream = parse_with(SourceText::from(text.as_str()), &ParseOptions { threads: false });
        for document in stream.documents.iter().filter(|document| document.duplicate_keys().is_empty()) {
            for node in document.nodes().filter(|node| !node.is_key()) {
                // Paths lead through named keys only, and what a merge hides is not selected.
                let mut up = Some(node);
                let named = std::iter::from_fn(|| { let here = up?; up = here.parent(); Some(here) }).all(|here| {
                    let key = document.key_of(here.id()).map(|key| document.node(key));
                    !here.is_key() && key.is_none_or(|key| key.key_string().is_some() && !key.is_merge_key())
                });
                let merged = document.nodes().any(|node| node.is_merge_key());
                if named && !merged {
                    let found = Query::parse(&document.normalized_path(node.id())).unwrap().select_in(document);
                    prop_assert_eq!(found.len(), 1);
                    prop_assert_eq!(found[0].value, node);
                }
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let mut text = String::new();
    for number in 0..8_000 {
        let _ = match number % 5 {
            0 => writeln!(text, "---\n# c {number}\na: {number}\nb: [x, 'y', {{z: 1}}]"),
            1 => writeln!(text, "---\nbroken: [{number}"),
            2 => writeln!(text, "---"),
            3 => writeln!(text, "--- |\n  text {number}\n  more\n..."),
            _ => writeln!(text, "%YAML 1.1\n---\na: \"\\u00e9{number}\""),
        };
    }
    let text: SourceText = SourceText::from(text);
    let one = parse_with(text.clone(), &ParseOptions { threads: false });
    let many = parse_with(text.clone(), &ParseOptions { threads: true });
    assert!(one.documents.len() >= 8_000, "{}", one.documents.len());
    assert_eq!(dump(&one), dump(&many));
    let kinds = one
        .documents
        .iter()
        .filter_map(|document| document.root())
        .filter(|root| root.kind() == NodeKind::Mapping);
    assert!(kinds.count() >= 4_800);
}

/// Keys that stand twice are found by a look while they are read: by comparing all of them, the same are.
#[test]
fn duplicates_are_those_that_a_comparison_of_all_names_finds() {
    const KEYS: [&str; 18] = [
        "a",
        "\"a\"",
        "'a'",
        "b",
        "ab",
        "ba",
        "yes",
        "\"yes\"",
        "true",
        "1",
        "\"1\"",
        "0x1",
        "\"\\x61\"",
        "!!str a",
        "&x a",
        "name",
        "nama",
        "label",
    ];
    for (one, first) in KEYS.iter().enumerate() {
        for (other, second) in KEYS.iter().enumerate() {
            let third = KEYS[(one * 7 + other * 3) % KEYS.len()];
            let text = format!(
                "{first}: 1\nx:\n  {second}: 2\n  {third}: 3\n{second}: 4\n{third}: {{{first}: 5, {third}: 6}}\n"
            );
            let stream = ddlint_yaml::parse(SourceText::from(text.as_str()));
            for document in &stream.documents {
                let mut expected = Vec::new();
                for mapping in document.nodes().filter(|node| node.is_mapping()) {
                    let mut names: Vec<Option<String>> = Vec::new();
                    for (key, _) in mapping.entries() {
                        let name = key.key_string();
                        if names.contains(&name) {
                            expected.push(key.id());
                        }
                        names.push(name);
                    }
                }
                let found: Vec<_> = document.duplicate_keys().iter().map(|it| it.later).collect();
                assert_eq!(found, expected, "{text}");
            }
        }
    }
}
