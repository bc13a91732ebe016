//! One test for each thing that parsers of YAML get wrong.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use ddlint_yaml::{Document, Node, NodeKind, Query, Scalar, Span, Stream, Style, parse};

fn stream(text: &str) -> Stream {
    parse(ddlint_yaml::SourceText::from(text))
}

#[track_caller]
fn document(text: &str) -> Arc<Document> {
    let mut stream = stream(text);
    assert_eq!(stream.errors, [], "{text:?}");
    assert_eq!(stream.documents.len(), 1, "{text:?}");
    stream.documents.remove(0)
}

fn source(node: Node<'_>) -> &str {
    node.span().slice(node.document().text())
}

/// The source of the value of `key` and its text.
#[track_caller]
fn value(text: &str, key: &str) -> (String, String) {
    let document = document(text);
    let node = document.root().unwrap().get(key).unwrap();
    (source(node).to_owned(), node.text().unwrap().to_owned())
}

#[track_caller]
fn check(text: &str, source: &str, cooked: &str) {
    assert_eq!(value(text, "k"), (source.to_owned(), cooked.to_owned()), "{text:?}");
}

/// The only error of a text: its message and what it points at.
#[track_caller]
fn error(text: &str) -> (String, String) {
    let stream = stream(text);
    assert_eq!(stream.errors.len(), 1, "{text:?}: {:?}", stream.errors);
    let error = &stream.errors[0];
    assert!(stream.documents[error.document].is_partial());
    (error.message.clone(), error.span.slice(text).to_owned())
}

#[track_caller]
fn check_error(text: &str, message: &str, at: &str) {
    assert_eq!(error(text), (message.to_owned(), at.to_owned()), "{text:?}");
}

#[test]
fn spans_of_scalars() {
    check("k: plain # c\n", "plain", "plain");
    check("k: 'it''s'\n", "'it''s'", "it's");
    check("k: \"a\\tb\"\n", "\"a\\tb\"", "a\tb");
    check("k: \"b\"\n", "\"b\"", "b");
    check("k: ''\n", "''", "");
    check("k: a\n  b\n\n  c\nz: 1\n", "a\n  b\n\n  c", "a b\nc");
    check("k: é☃𝄞 x\nz: 1", "é☃𝄞 x", "é☃𝄞 x");
    check("{z: 1, k: [a, 'b'].x}".replace("[a, 'b'].x", "b").as_str(), "b", "b");
}

#[test]
fn spans_of_block_scalars() {
    check("k: |\n  a\n   b\n\n\nz: 1\n", "a\n   b", "a\n b\n");
    check("k: |+\n  a\n\nz: 1\n", "a", "a\n\n");
    check("k: >-\n  a\n  b\n\n  c\n# z\n", "a\n  b\n\n  c", "a b\nc");
    check("k: |2-\n    a\n   b\n", "  a\n   b", "  a\n b");
    // Without body, the header.
    check("k: |\nz: 1\n", "|", "");
    check("k: >-\n\n\nz: 1\n", ">-", "");
    check("k: |", "|", "");
    check("k: |\n", "|", "");
    check("k: &a !!str # |\n  |-\n", "|-", "");
}

#[test]
fn headers_and_properties_are_in_the_full_span() {
    let text = "a: &x |2- # c\n    b\nc: &y !!str d\ne: !t\n  f: 1\ng: - 1\n".replace("g: - 1\n", "");
    let document = document(&text);
    let root = document.root().unwrap();
    let full = |key: &str| root.get(key).unwrap().full_span().slice(&text).to_owned();
    assert_eq!(full("a"), "&x |2- # c\n    b");
    assert_eq!(root.get("a").unwrap().block_header().unwrap().slice(&text), "|2-");
    assert_eq!(full("c"), "&y !!str d");
    assert_eq!(full("e"), "!t\n  f: 1");
    assert_eq!(root.get("c").unwrap().tag(), Some("!!str"));
    assert_eq!(root.get("e").unwrap().tag(), Some("!t"));
    assert_eq!(root.get("c").unwrap().anchor(), Some("y"));
    let list = self::document("- |\n  a\n- - >+\n    b\n");
    let items: Vec<_> = list.root().unwrap().items().collect();
    assert_eq!(items[0].full_span().slice(list.text()), "|\n  a");
    assert_eq!(items[1].items().next().unwrap().full_span().slice(list.text()), ">+\n    b");
    let root = self::document("--- |\n  a\n");
    assert_eq!(root.root().unwrap().full_span().slice(root.text()), "|\n  a");
}

#[test]
fn spans_of_collections() {
    let text = "a: {b: [1, 2 ], c: } # x\nd:\n- e: f\n  g:\n\n# end\n";
    let document = document(text);
    let root = document.root().unwrap();
    assert_eq!(source(root), "a: {b: [1, 2 ], c: } # x\nd:\n- e: f\n  g:");
    assert_eq!(source(root.get("a").unwrap()), "{b: [1, 2 ], c: }");
    assert_eq!(source(root.at(&["a", "b"]).unwrap()), "[1, 2 ]");
    assert_eq!(source(root.get("d").unwrap()), "- e: f\n  g:");
    assert_eq!(source(root.at(&["d", "0"]).unwrap()), "e: f\n  g:");
    assert_eq!(root.get("a").unwrap().style(), Style::Flow);
    assert_eq!(root.get("d").unwrap().style(), Style::Block);
    let pair = self::document("[a: b, c]");
    assert_eq!(source(pair.root().unwrap().items().next().unwrap()), "a: b");
}

#[test]
fn empty_values_are_null_behind_their_colon() {
    for (text, at) in [
        ("k:\nz: 1\n", 2),
        ("k:   # c\n\nz: 1\n", 2),
        ("{k: , z: 1}", 3),
        ("{k, z: 1}", 2),
        ("{k}", 2),
        ("k:", 2),
        ("'k' :\n", 5),
        ("? k\n", 3),
    ] {
        let document = document(text);
        let node = document.root().unwrap().get("k").unwrap();
        assert_eq!(node.scalar(), Some(Scalar::Null), "{text:?}");
        assert!(node.is_missing(), "{text:?}");
        assert_eq!(node.span(), Span::empty(at), "{text:?}");
        assert_eq!(node.text(), Some(""), "{text:?}");
    }
    let list = document("-\n- a\n-\n");
    let spans: Vec<Span> = list.root().unwrap().items().map(Node::span).collect();
    assert_eq!(spans, [Span::empty(1), Span::new(4, 5), Span::empty(7)]);
}

#[test]
fn line_breaks_of_windows() {
    check("k: 'a\r\n  b'\r\nz: 1\r\n", "'a\r\n  b'", "a b");
    check("k: |\r\n  a\r\n  b\r\n\r\nz: 1\r\n", "a\r\n  b", "a\nb\n");
    check("a: 1\r\nk: x\r\n", "x", "x");
    let stream = stream("a: 1\r\n---\r\nb: 2\r\n");
    assert_eq!(stream.documents.len(), 2);
    assert_eq!(stream.documents[1].span(), Span::new(11, 17));
}

#[test]
fn byte_order_marks() {
    let document = document("\u{feff}a: 1\n");
    assert_eq!(source(document.root().unwrap().get("a").unwrap()), "1");
    assert_eq!(document.root().unwrap().span(), Span::new(3, 7));
    let stream = stream("\u{feff}# c\n---\na: 1\n\u{feff}---\nb: é\n");
    assert_eq!(stream.errors, []);
    assert_eq!(stream.documents.len(), 2);
    assert_eq!(source(stream.documents[1].root().unwrap()), "b: é");
}

#[test]
fn documents_and_their_spans() {
    let text = "# a\n---\na: 1\n--- # x\nb: 2\n...\n# c\n--- c\n---\n---\n# only\n";
    let stream = stream(text);
    assert_eq!(stream.errors, []);
    let spans: Vec<&str> = stream.documents.iter().map(|document| document.span().slice(text)).collect();
    assert_eq!(spans, ["a: 1\n", " # x\nb: 2\n", " c\n", "", "# only\n"]);
    let roots: Vec<bool> = stream.documents.iter().map(|document| document.root().is_some()).collect();
    assert_eq!(roots, [true, true, true, false, false]);
    let comments: Vec<usize> = stream.documents.iter().map(|document| document.comments().len()).collect();
    assert_eq!(comments, [1, 2, 0, 0, 1]);
    assert_eq!(self::stream("").documents.len(), 0);
    assert_eq!(self::stream("\n \n").documents.len(), 0);
    assert_eq!(self::stream("# a\n").documents.len(), 1);
    let directives = self::stream("%YAML 1.1\n%TAG ! tag:x,\n---\na: !b 1\n");
    assert_eq!(directives.errors, []);
    assert_eq!(directives.documents[0].root().unwrap().get("a").unwrap().tag(), Some("tag:x,b"));
}

#[test]
fn comments_know_their_line() {
    let text = "# one\na: 1 # two\n  # three\nb: '# no'\nc: x#no\n# four";
    let document = document(text);
    let comments: Vec<(&str, bool)> =
        document.comments().iter().map(|comment| (comment.span.slice(text), comment.own_line)).collect();
    assert_eq!(comments, [("# one", true), ("# two", false), ("# three", true), ("# four", true)]);
}

#[test]
fn many_comments_between_a_key_and_its_value() {
    let text = format!("a:\n{}  b: 1\n", "  # c\n".repeat(20_000));
    let document = document(&text);
    assert_eq!(document.comments().len(), 20_000);
    assert_eq!(document.root().unwrap().at(&["a", "b"]).unwrap().as_i64(), Some(1));
}

#[test]
fn the_equals_sign_is_a_string() {
    let document = document("a: =\nb: [=, '=']\n");
    assert_eq!(document.root().unwrap().get("a").unwrap().as_str(), Some("="));
}

#[test]
fn a_tab_behind_a_colon() {
    check("k:\tb\n", "b", "b");
    check("k: \tb\n", "b", "b");
}

#[test]
fn long_keys() {
    let key = "k".repeat(5_000);
    let document = document(&format!("{{\"{key}\": 1}}"));
    assert_eq!(document.root().unwrap().get(&key).unwrap().as_i64(), Some(1));
}

#[test]
fn quoted_scalars_that_are_not_indented() {
    check("k: \"x\ny\"\nz: 1\n", "\"x\ny\"", "x y");
    check("k: 'it''s\n\ny\n z'\nz: 1\n", "'it''s\n\ny\n z'", "it's\ny z");
    check("z:\n  k: 1\nk: \"a\\\nb\\tc\"\n", "\"a\\\nb\\tc\"", "ab\tc");
    check("k: \"x\r\ny\"\r\n", "\"x\r\ny\"", "x y");
    check("k: \"x\ry\\\r\nz\"\n", "\"x\ry\\\r\nz\"", "x yz");
    check(
        "z: \"a\nb\"\ny: 'c\nd'\nk: [\"e\nf\", g]\n".replace("[\"e\nf\", g]", "\"e\nf\"").as_str(),
        "\"e\nf\"",
        "e f",
    );
    let document = document("a:\n  b:\n    c: \"x\n # y\n\nz\"\n    d: 2\n");
    let root = document.root().unwrap();
    assert_eq!(root.at(&["a", "b", "c"]).unwrap().text(), Some("x # y\nz"));
    assert_eq!(root.at(&["a", "b", "d"]).unwrap().as_i64(), Some(2));
    assert_eq!(document.comments(), []);
    // Not where Go refuses too.
    check_error("\"a\nb\": 1\n", "there is more text behind the closing quote", ": 1");
    check_error("a: \"x\nb: \"y\"\n", "`\"` is not closed", "\"");
    check_error("a: say \"hi\n\tthere\"\n", "a tab is used as indentation", "\t");
    check_error("a: \"x\nb: \"y\"", "`\"` is not closed", "\"");
    check_error("a: it's \"\nb: \"x\nc: \"y\"\n", "`\"` is not closed", "\"");
}

#[test]
fn duplicates_are_reported_against_the_first() {
    let text = "a: 1\n\"a\": 2\nb: {c: 1, 'c': 2, yes: 1, \"yes\": 2, true: 3}\n'a': 3\n~: 1\nnull: 2\n<<: {}\n<<: {}\n1: x\n\"1\": y\n";
    let document = document(text);
    let node = |id| source(document.node(id));
    let found: Vec<_> = document
        .duplicate_keys()
        .into_iter()
        .map(|duplicate| {
            (
                node(duplicate.first),
                node(duplicate.later),
                node(duplicate.first_value),
                node(duplicate.later_value),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("a", "\"a\"", "1", "2"),
            ("a", "'a'", "1", "3"),
            ("~", "null", "1", "2"),
            ("1", "\"1\"", "x", "y"),
            ("c", "'c'", "1", "2"),
            ("yes", "true", "1", "3"),
        ]
    );
    assert_eq!(document.root().unwrap().get("a").unwrap().as_i64(), Some(3));
    let names: Vec<String> = document
        .root()
        .unwrap()
        .get("b")
        .unwrap()
        .effective_entries()
        .into_iter()
        .map(|entry| entry.0)
        .collect();
    assert_eq!(names, ["c", "yes", "true"]);
}

#[test]
fn merge_keys() {
    let text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nbefore: {<<: *x, b: 9}\nafter: {b: 9, <<: *x}\nlist: {<<: [*x, *y]}\nnested: {<<: {<<: *x, c: 3}}\nquoted: {\"<<\": 1}\nstr: {!!str <<: 1}\n";
    let document = document(text);
    let root = document.root().unwrap();
    let of = |key: &str| {
        let entries = root.get(key).unwrap().effective_entries();
        let text: Vec<String> = entries
            .iter()
            .map(|(name, _, value)| {
                assert_eq!(root.get(key).unwrap().get(name), Some(*value), "{key} {name}");
                format!("{name}={}", value.text().unwrap())
            })
            .collect();
        let mut text = text;
        text.sort();
        text.join(" ")
    };
    assert_eq!(of("before"), "a=1 b=9");
    // As go-yaml: the merge is an assignment at its place.
    assert_eq!(of("after"), "a=1 b=1");
    assert_eq!(of("list"), "a=1 b=1 c=2");
    assert_eq!(of("nested"), "a=1 b=1 c=3");
    assert_eq!(of("quoted"), "<<=1");
    assert_eq!(of("str"), "<<=1");
    assert!(root.get("before").unwrap().get("<<").is_none());
    assert_eq!(root.get("before").unwrap().entries().count(), 2);
}

#[test]
fn aliases_stay_nodes() {
    let document = document("a: &x {b: 1}\nc: *x\nd: [*x]\n");
    let root = document.root().unwrap();
    let alias = root.get("c").unwrap();
    assert_eq!((alias.kind(), source(alias)), (NodeKind::Alias, "*x"));
    assert_eq!(alias.resolved(), root.get("a").unwrap());
    assert_eq!(root.at(&["c", "b"]).unwrap().as_i64(), Some(1));
    assert_eq!(document.normalized_path(alias.id()), "$['c']");
    let found = Query::parse("$.d[0].b").unwrap().select(root);
    assert_eq!(source(found[0].value), "1");
    assert_eq!(Query::parse("$..b").unwrap().select(root).len(), 3);
}

#[test]
fn alias_bombs_end() {
    let mut text = String::from("a0: &a0 {k: v}\n");
    for level in 1..40 {
        let below = level - 1;
        text += &format!("a{level}: &a{level} {{x: *a{below}, y: *a{below}, <<: [*a{below}, *a{below}]}}\n");
    }
    let document = document(&text);
    let root = document.root().unwrap();
    let top = root.get("a39").unwrap();
    assert!(document.node_count() < 1000);
    assert_eq!(top.get("k").unwrap().text(), Some("v"));
    assert!(top.get("nothing").is_none());
    let _ = top.effective_entries();
    assert_eq!(document.duplicate_keys(), []);
    assert!(!Query::parse("$..k").unwrap().select(root).is_empty());
    let _ = Query::parse("$.a38[?@ == $.a39.x]").unwrap().select(root);
    let _ = Query::parse("$[?count(@..*) > 3]").unwrap().select(root);
}

#[test]
fn merges_chain_without_recursion() {
    let mut text = String::from("- &a0 {k: v}\n");
    for level in 1..2_000 {
        text += &format!("- &a{level} {{<<: *a{}}}\n", level - 1);
    }
    let document = document(&text);
    let last = document.root().unwrap().items().last().unwrap();
    // Within the limit or not, it ends.
    let _ = last.get("k");
    assert!(document.root().unwrap().items().nth(500).unwrap().get("k").is_some());
    let equal = Query::parse("$[?@ == $[1999]]").unwrap();
    assert!(!equal.select(document.root().unwrap()).is_empty());
}

#[test]
fn an_alias_inside_its_own_value_is_an_error() {
    check_error("a: &x [1, *x]\n", "`*x` stands inside the value it refers to", "*x");
    check_error("a: *x\nb: &x 1\n", "`*x` refers to an anchor that is not defined before it", "*x");
    let stream = stream("a: *x\nb: 1\n---\nc: &x 1\n");
    assert_eq!(stream.documents[0].root().unwrap().get("b").unwrap().as_i64(), Some(1));
    assert!(stream.documents[0].root().unwrap().get("a").unwrap().scalar().is_none());
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    for open in ["[", "{a: ", "- ", "? ", "a:\n"] {
        let stream = stream(&open.repeat(100_000));
        assert!(!stream.errors.is_empty() || open == "a:\n", "{open:?}");
        for document in &stream.documents {
            let _ = document.duplicate_keys();
            let _ = document.root().map(|root| Query::parse("$..a").unwrap().select(root));
        }
    }
    check_error(&format!("a: {}", "[".repeat(1000)), "the nesting is deeper than 512 levels", "[");
    let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
    assert_eq!(document(&nested).node_count(), 500);
}

#[test]
fn syntax_errors_point_at_the_cause() {
    check_error("a: [1, 2\nb: 3\n", "`[` is not closed", "[");
    check_error("a: {b: 1\n", "`{` is not closed", "{");
    check_error("    - a: b\n  c: d\n", "the document's value has already ended here", "c: d");
    check_error("a: \"b\" c d\n", "there is more text behind the closing quote", "c d");
    check_error("a: [[b] c]\n", "`,` or `]` is missing here", "c");
    check_error("a: [1}\n", "`[` is closed by `}`", "[");
    check_error("a: 1]\nb: [x]]\n", "`]` closes nothing", "]");
    check_error("a: \"x\nb: 1\n", "`\"` is not closed", "\"");
    check_error("a: 'x\n", "`'` is not closed", "'");
    check_error("a: # it's\n  \"x\n", "`\"` is not closed", "\"");
    check_error("a:\n\t- b\n", "a tab is used as indentation", "\t");
    check_error("a:\n  b: 1\n\tc: 2\n", "a tab is used as indentation", "\t");
    check_error("a: b: c\n", "a `key: value` cannot begin here", ":");
    check_error("a: 1\n b: 2\n", "a `key: value` cannot begin here", ":");
    check_error("a: 1\nb\nc: 2\n", "this line is no `key: value`", "b");
    check_error("k: - a\n", "a list item cannot begin here", "-");
    check_error("a: @x\n", "a value cannot begin with `@`", "@");
    check_error("a: `x`\n", "a value cannot begin with ```", "`");
    check_error("a: %x\n", "a value cannot begin with `%`", "%");
    check_error("a: \"\\q\"\n", "this escape is unknown in double quotes", "\\q");
    check_error("a: \"\\n\\\\\\x4z\"\n", "this escape is unknown in double quotes", "\\x4");
    check_error("a: x #y\n   z\n", "a comment interrupts a value of several lines", "#y");
    check_error("a:\n    b: 1\n  c: 2\n", "the indentation fits nothing that is open", "c: 2");
}

#[test]
fn templates_are_named() {
    for (text, at) in [
        ("a: {{ .Values.x }}-y\n", "{{ .Values.x }}"),
        ("{{- if .Values.x }}\na: 1\n{{- end }}\n", "{{- if .Values.x }}"),
        ("a: 1\n{{ include \"x\" . }}\nb: 2\n", "{{ include \"x\" . }}"),
        ("a:\n  {{- toYaml .Values.x | nindent 2 }}\nb: 1\n", "{{- toYaml .Values.x | nindent 2 }}"),
        ("a: {% if x %}\n", "{% if x %}"),
    ] {
        check_error(text, "a template expression is not YAML", at);
    }
    // Alone it is YAML by the letter, and values that something substitutes are no error.
    let document = document("a: {{ .Values.x }}\nb: {c: {{ y }}, d: {e: 1}}\n");
    let root = document.root().unwrap();
    assert!(root.get("a").unwrap().is_template());
    assert!(root.at(&["b", "c"]).unwrap().is_template());
    assert!(
        !root.is_template()
            && !root.get("b").unwrap().is_template()
            && !root.at(&["b", "d"]).unwrap().is_template()
    );
    // Quoted, or in a block scalar, it is text.
    assert_eq!(stream("a: '{{ x }}'\nb: |\n  {{ y }}\n").errors, []);
}

#[test]
fn binary_and_control_characters() {
    check_error("a\0b: 1", "the text contains a NUL byte", "\0");
    check_error("a: x\0", "the text contains a NUL byte", "\0");
    check_error("a: 'x\0y'\n", "the text contains a NUL byte", "\0");
    check_error("# \0\na: 1\n", "the text contains a NUL byte", "\0");
    check_error("a: |\n  x\0\n", "the text contains a NUL byte", "\0");
    check_error("a: x\u{1}y\n", "the character U+0001 is not allowed in YAML", "\u{1}");
    check_error("a: 'x\u{7f}'\n", "the character U+007F is not allowed in YAML", "\u{7f}");
    let stream = stream("a: 1\n---\n\0\n---\nb: 2\n");
    assert_eq!((stream.errors.len(), stream.documents.len()), (1, 3));
    assert_eq!(stream.errors[0].document, 1);
}

#[test]
fn several_documents_between_markers() {
    // `...` ends a document without a `---`; a broken one does not hide the next.
    let text = "a: 1\n...\nb: [\n...\nc: 3\n";
    let stream = stream(text);
    assert_eq!(stream.errors.len(), 1);
    assert_eq!(stream.errors[0].document, 1);
    assert_eq!(stream.documents.len(), 3);
    assert_eq!(stream.documents[2].root().unwrap().get("c").unwrap().as_i64(), Some(3));
    assert_eq!(stream.documents[2].span().slice(text), "c: 3\n");
}

#[test]
fn nodes_by_offset_and_paths() {
    let text = "a:\n  - b: 1\n    'it''s': x\n  - [2]\n? {x: 1}\n: y\n";
    let document = document(text);
    let at = |what: &str| document.node_at(text.find(what).unwrap() as u32).unwrap();
    assert_eq!(document.normalized_path(at("1")), "$['a'][0]['b']");
    assert_eq!(document.normalized_path(at("x\n")), "$['a'][0]['it\\'s']");
    assert_eq!(document.normalized_path(at("it")), "$['a'][0]['it\\'s']");
    assert_eq!(document.normalized_path(at("2")), "$['a'][1][0]");
    assert_eq!(document.normalized_path(document.root().unwrap().id()), "$");
    assert_eq!(document.key_of(at("1")), Some(at("b: 1")));
    assert_eq!(source(document.node(document.key_of(at("y\n")).unwrap())), "{x: 1}");
    assert_eq!(document.key_of(at("b: 1")), None);
    assert_eq!(document.key_of(at("2")), None);
}

#[test]
fn offsets_lead_back_to_the_source() {
    for text in [
        "k: plain",
        "k: |\n  a: 1\n    b é: 2\n\n  c: 3\n",
        "k: |2\n    a\n  b\n",
        "k: >\n  a b\n  c é d\n\n\n  e\n    more\n    indented\n\n  f\n",
        "k: >-\n\n  a\n  b\n",
        "k: 'it''s\n  two\n\n  three'\n",
        "k: \"a é\\u00e9\\n\\x41 b\\\n   c\n   d \\U0001F600\\uD83D\\uDE00 e\"\n",
        "k: a\n  b\n\n\n  c\n",
        "k: |\r\n  a\r\n  b\r\n\r\n  c\r\n",
        "- - k: |\n      a\n       b\n",
    ] {
        let document = document(text);
        let found = Query::parse("$..k").unwrap().select(document.root().unwrap());
        let node = found[0].value;
        let cooked = node.text().unwrap();
        let map = node.offset_map();
        let mut last = 0;
        for (at, character) in cooked.char_indices() {
            let here = map.to_source(at as u32);
            assert!(here >= last, "{text:?} at {at}");
            last = here;
            let written = text[here as usize..].chars().next().unwrap();
            if written != '\\' && character != '\n' && character != ' ' {
                assert_eq!(written, character, "{text:?} at {at}");
            }
            let span = map.span(Span::new(at as u32, (at + character.len_utf8()) as u32));
            assert!(node.document().span().contains(span), "{text:?} at {at}: {span:?}");
            if character.is_alphanumeric() && written != '\\' {
                assert_eq!(span.slice(text), character.to_string(), "{text:?} at {at}");
            }
        }
    }
}

#[test]
fn yaml_inside_a_block_scalar_leads_back() {
    let text = "data:\n  conf: |\n    a: 1\n    b:\n      - cé\n\n    d: [x, y]\n";
    let outer = document(text);
    let node = outer.root().unwrap().at(&["data", "conf"]).unwrap();
    let map = node.offset_map();
    let inner = document(node.text().unwrap());
    for node in inner.nodes().filter(|node| node.kind() == NodeKind::Scalar && !node.is_missing()) {
        assert_eq!(map.span(node.span()).slice(text), node.text().unwrap());
    }
}

#[test]
fn text_in_every_kind_of_alias_key() {
    let document = document("a: &k name\n*k : 1\n");
    assert_eq!(document.root().unwrap().get("name").unwrap().as_i64(), Some(1));
    assert_eq!(document.duplicate_keys(), []);
}
