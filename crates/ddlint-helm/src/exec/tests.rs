//! The template language against what Go's text/template said to the same cases (`testdata/language`).

use super::{Engine, NoRecording, Recorder, Recording};
use crate::HelmDialect;
use crate::exec::meter::Limits;
use crate::origin::{Leaf, OriginId, OriginTable, Place};
use crate::set::TemplateSet;
use crate::text::Text;
use crate::value::{Data, Entry, Value};
use ddlint_yaml::{Node, Scalar};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

const CASES: &str = include_str!("../../testdata/language/cases.txt");
const DATA: &str = include_str!("../../testdata/language/data.json");

/// A value as Helm reads it from YAML: numbers are `float64`; each scalar has its path as origin.
fn value(node: Node<'_>, path: &str, origins: &mut OriginTable) -> Value {
    let span = node.span();
    let origin = origins.leaf(|| Leaf::Value {
        path: Arc::from(path),
        place: Some(Place { file: Arc::from("values.yaml"), start: span.start, end: span.end }),
    });
    if node.is_mapping() {
        let mut entries: BTreeMap<Rc<[u8]>, Entry> = BTreeMap::new();
        for (key, _, child) in node.effective_entries() {
            let child = value(child, &format!("{path}['{key}']"), origins);
            entries.insert(key.as_bytes().into(), Entry { key_origin: OriginId::NONE, value: child });
        }
        return Value { origin, ..Value::map(entries) };
    }
    if node.is_sequence() {
        let items =
            node.items().enumerate().map(|(i, item)| value(item, &format!("{path}[{i}]"), origins)).collect();
        return Value { origin, ..Value::list(items) };
    }
    let data = match node.scalar() {
        Some(Scalar::Bool(b)) => Data::Bool(b),
        Some(Scalar::Int(i)) => Data::Float(i as f64),
        Some(Scalar::Float(f)) => Data::Float(f),
        Some(Scalar::Str(text)) => return Value::string(Text::new(text, origin)),
        Some(Scalar::Null) | None => Data::Nil,
    };
    Value { data, origin }
}

fn data(yaml: &str, origins: &mut OriginTable) -> Value {
    let stream = ddlint_yaml::parse(ddlint_yaml::SourceText::from(yaml));
    let document = stream.documents.first().expect("the data has a document");
    value(document.root().expect("the document is not empty"), "$", origins)
}

const NAME: &str = "c/templates/a.yaml";

/// Renders one template over values given as YAML.
pub(super) fn render<R: Recorder>(
    text: &str,
    yaml: &str,
    limits: Limits,
) -> (Result<Text, String>, OriginTable) {
    let mut origins = OriginTable::new(R::ON);
    let dot = data(yaml, &mut origins);
    let mut set = TemplateSet::new(Arc::default());
    if let Err(error) = set.parse(NAME, &text.to_owned().into()) {
        return (Err(error.message), origins);
    }
    let mut engine = Engine::<R>::new(set, origins, HelmDialect::V3, limits);
    let result = engine.execute(NAME, dot).map_err(|error| error.message);
    (result, engine.into_origins())
}

/// Go's answer and ours to each case.
#[test]
fn agrees_with_go() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for block in CASES.split("\n=== ").skip(1) {
        let (name, rest) = block.split_once('\n').expect("a case has a name line");
        let (text, answer) = rest.rsplit_once("\n--- ").expect("a case has an answer");
        let (kind, want) = answer.split_once('\n').expect("the answer has a kind line");
        count += 1;
        let (recorded, _) = render::<Recording>(text, DATA, Limits::default());
        let (plain, _) = render::<NoRecording>(text, DATA, Limits::default());
        let recorded = recorded.map(|text| text.to_str_lossy().into_owned());
        let plain = plain.map(|text| text.to_str_lossy().into_owned());
        assert_eq!(recorded, plain, "recording changes case {name}: {text}");
        let want = if kind == "error" { Err(want.to_owned()) } else { Ok(want.to_owned()) };
        if plain != want {
            wrong.push(format!("case {name}: {text}\n  go:   {want:?}\n  here: {plain:?}"));
        }
    }
    assert!(count > 300, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Each run with the values it shows and, after `?`, those that were only tested.
pub(super) fn shown(text: &Text, origins: &OriginTable) -> String {
    let paths = |leaves: Vec<Leaf>| {
        let paths = leaves.into_iter().filter_map(|leaf| match leaf {
            Leaf::Value { path, .. } if &*path != "$" => Some(path.to_string()),
            _ => None,
        });
        let mut paths: Vec<String> = paths.collect();
        paths.sort();
        paths.join(",")
    };
    let mut runs: Vec<(String, String)> = Vec::new();
    for (bytes, origin) in text.runs() {
        let resolved = origins.resolve(origin);
        let mut from = paths(resolved.printed);
        let tested = paths(resolved.tested);
        if !tested.is_empty() {
            from = format!("{from}?{tested}");
        }
        let bytes = String::from_utf8_lossy(bytes);
        match runs.last_mut() {
            Some((last, known)) if *known == from => last.push_str(&bytes),
            _ => runs.push((bytes.into_owned(), from)),
        }
    }
    let runs: Vec<String> = runs.into_iter().map(|(bytes, from)| format!("«{bytes}»{from}")).collect();
    runs.join(" ")
}

/// Pieces that templates are made of, to be put together in any order.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "\n",
    "if ",
    "else ",
    "end ",
    "range ",
    "with ",
    "define \"x\"",
    "template \"x\" .",
    "include \"x\" .",
    "block \"y\" .",
    "break",
    "continue",
    ".",
    ".s",
    ".m.c",
    ".nil",
    ".l",
    "$",
    "$x",
    ":=",
    "=",
    ",",
    "|",
    "(",
    ")",
    "1",
    "-2.5e3",
    "0x1f",
    "'c'",
    "\"s\"",
    "`r`",
    "nil",
    "true",
    "printf \"%v%5d%[2]q\"",
    "index .l",
    "len",
    "slice .s 1",
    "eq",
    "lt 1",
    "and",
    "or",
    "not",
    "print",
    "tpl \"{{ . }}\" .",
    "html",
    "text",
    "/*",
    "*/",
    "\u{e9}",
    "call",
    "{{ end }}",
    "{{ if .s }}",
    "{{ range $i, $x := .l }}",
    "{{ $x }}",
    "{{ . }}",
    "{{ else }}",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]

    /// Any text is rendered or refused; the runs of what was rendered tile it.
    #[test]
    fn any_text_ends(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = pieces.iter().filter_map(|i| PIECES.get(*i).copied()).collect();
        let limits = Limits { steps: 50_000, output: 1 << 20, depth: 50 };
        let (result, _) = render::<Recording>(&text, DATA, limits);
        if let Ok(text) = result {
            let total: usize = text.runs().map(|(bytes, _)| bytes.len()).sum();
            proptest::prop_assert_eq!(total, text.len());
        }
    }

    /// So are any bytes inside an action.
    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..30)) {
        let text = format!("{{{{ {} }}}}", String::from_utf8_lossy(&bytes));
        let _ = render::<NoRecording>(&text, DATA, Limits { steps: 10_000, output: 1 << 16, depth: 50 });
    }
}
