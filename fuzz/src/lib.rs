//! What each fuzz target checks, as functions of bytes, so that the plain tests run them too.
//!
//! - [`yaml_parse`]: no panic, spans inside the text and in order, lookups end.
//! - [`template_render`]: no panic, always ends, recording does not change the bytes, runs cover the text.
//! - [`to_yaml`]: what is printed reads back; where `DDLINT_ENCODERS` names the Go program
//!   (`crates/ddlint-helm/oracle`), it is what Go prints.

mod go;
#[allow(dead_code, reason = "the tests of the crate use the rest of it")]
#[path = "../../crates/ddlint-helm/tests/support/notation.rs"]
mod notation;
mod values;

use ddlint_helm::HelmDialect;
use ddlint_helm::chart::{ArchiveLimits, FileData, load};
use ddlint_helm::encode;
use ddlint_helm::exec::meter::Limits;
use ddlint_helm::objects::KubeVersion;
use ddlint_helm::render::{Release, RenderRequest, Rendered, render};
use ddlint_helm::value::Value;
use ddlint_yaml::{Node, Query};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The YAML parser and what stands on its tree.
pub fn yaml_parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = ddlint_yaml::SourceText::from(text);
    let stream = ddlint_yaml::parse(text.clone());
    for error in &stream.errors {
        assert!(error.span.start <= error.span.end && error.span.end as usize <= text.len());
    }
    let everything = Query::parse("$..*").ok();
    for document in &stream.documents {
        let _ = document.duplicate_keys();
        let Some(root) = document.root() else { continue };
        walk(root, &text, 0);
        for found in everything.iter().flat_map(|query| query.select(root)) {
            let _ = document.normalized_path(found.value.id());
        }
        for offset in [0, text.len() as u32 / 2, text.len() as u32] {
            let _ = document.node_at(offset);
        }
    }
}

fn walk(node: Node<'_>, text: &str, depth: usize) {
    let span = node.span();
    assert!(span.start <= span.end && span.end as usize <= text.len());
    assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
    let _ = (node.scalar(), node.key_string(), node.resolved().span(), node.offset_map().to_source(0));
    if depth > 600 {
        return;
    }
    // Aliases are not followed: their targets are walked where they stand.
    if node.resolved().id() == node.id() {
        for (key, value) in node.entries() {
            walk(key, text, depth + 1);
            walk(value, text, depth + 1);
        }
        node.items().for_each(|item| walk(item, text, depth + 1));
    }
}

/// A chart with one template and values; both come from the data, parted by a zero byte.
pub fn template_render(data: &[u8]) {
    let mut parts = data.splitn(2, |&b| b == 0);
    let (template, values) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let recorded = rendered(template, values, true);
    let plain = rendered(template, values, false);
    match (recorded, plain) {
        (Ok(recorded), Ok(plain)) => {
            assert_eq!(recorded.to_stream(), plain.to_stream());
            for file in &recorded.files {
                let ends: Vec<u32> = file.segments.iter().map(|segment| segment.end).collect();
                assert!(ends.is_sorted(), "runs out of order");
                assert_eq!(
                    ends.last().copied().unwrap_or(0) as usize,
                    file.text.len(),
                    "runs do not cover the text"
                );
            }
        }
        (Err(recorded), Err(plain)) => assert_eq!(recorded, plain),
        (recorded, plain) => {
            panic!("recording changed the outcome: {:?} {:?}", recorded.map(|_| ()), plain.map(|_| ()))
        }
    }
}

fn rendered(template: &[u8], values: &[u8], recording: bool) -> Result<Rendered, String> {
    let file = |name: &str, data: &[u8]| (name.to_owned(), FileData::from(data));
    let files: BTreeMap<String, FileData> = [
        file("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: \"1.10\"\n"),
        file("values.yaml", values),
        file("templates/a.yaml", template),
        file("templates/_h.tpl", b"{{ define \"h\" }}{{ toYaml . | nindent 2 }}{{ end }}"),
        file("files/x.txt", b"one\ntwo\n"),
    ]
    .into_iter()
    .collect();
    let chart = Arc::new(load(&files, "c", &ArchiveLimits::default()).map_err(|e| format!("{e:?}"))?);
    let release = Release { name: "r".into(), namespace: "n".into(), is_upgrade: false, revision: 1 };
    let dialect = if template.len() % 2 == 0 { HelmDialect::V3 } else { HelmDialect::V4 };
    let kube = KubeVersion::parse("v1.34.0", dialect)?;
    let mut request = RenderRequest::new(&chart, release, kube, dialect);
    request.limits = Limits { steps: 50_000, output: 1 << 20, depth: 200 };
    request.recording = recording;
    render(&request).map_err(|error| error.message.clone())
}

/// A value made out of the bytes.
pub fn to_yaml(data: &[u8]) {
    let value = values::from_bytes(data);
    let text = encode::to_yaml(&value);
    let pretty = encode::to_yaml_pretty(&value);
    let json = encode::to_json(&value);
    go::compare(&value, &[("yaml", &text), ("pretty", &pretty), ("json", &json)]);
    if text.is_empty() || values::is_known_to_differ(&value) {
        return;
    }
    // The last newline is cut off by `toYaml`.
    let back = ddlint_yaml::parse(String::from(text.to_str_lossy() + "\n").into());
    assert!(back.errors.is_empty(), "{:?}\n{}", back.errors, text.to_str_lossy());
    let root = back.documents.first().and_then(|document| document.root());
    let back = root.map_or(Value::NIL, notation::value_of);
    assert_eq!(json, encode::to_json(&back), "{}", text.to_str_lossy());
}
