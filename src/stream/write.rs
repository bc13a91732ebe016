//! Writes a stream.

use std::fmt::Write;

use serde_json::json;

use ddlint_yaml::Document;

use super::{PREFIX, VERSION};
use crate::report::{Report, Reported, carry};
use crate::source::Location;

/// A document to be written.
#[derive(Clone, Debug)]
pub struct DocumentOut<'a> {
    /// The document.
    pub document: &'a Document,
    /// A chart renders it: Helm prints a line break behind what the template writes, whatever that ends with.
    pub rendered: bool,
    /// Where it begins in a file that a person can open.
    pub begin: Location,
}

/// The begin of a stream: its documents. For each one where its text begins.
pub fn documents(documents: &[DocumentOut<'_>]) -> (String, Vec<u32>) {
    let text = |document: &Document| document.span().len() as usize;
    let size: usize = documents.iter().map(|it| text(it.document) + 160).sum();
    let mut out = String::with_capacity(size + 1024);
    let mut begins = Vec::with_capacity(documents.len());
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{PREFIX}stream {}", json!({ "version": VERSION }));
    for DocumentOut { document, rendered, begin } in documents {
        let Location { file, root_file, offset, line, column, .. } = begin;
        let place =
            json!({ "file": file, "root": root_file, "offset": offset, "line": line, "column": column });
        let _ = writeln!(out, "{PREFIX}document {place}");
        out.push_str("---\n");
        begins.push(out.len() as u32);
        let text = document.span().slice(document.text());
        out.push_str(text);
        if *rendered || !text.ends_with('\n') {
            out.push('\n');
        }
    }
    (out, begins)
}

/// The end of a stream. `carried` are findings that the documents alone do not show, `silent` fingerprints of those
/// that they alone would show.
pub fn end(carried: &[&Reported], silent: &[String], report: &Report) -> String {
    let mut out = String::new();
    let mut word = |word: &str, value: serde_json::Value| {
        let _ = writeln!(out, "{PREFIX}{word} {value}");
    };
    for finding in carried {
        word("finding", carry::finding(finding));
    }
    for fingerprint in silent {
        word("silent", json!(fingerprint));
    }
    for error in &report.errors {
        word("error", carry::error(error));
    }
    let s = &report.summary;
    word(
        "counts",
        json!({ "inputs": s.inputs, "documents": s.documents, "skipped": s.skipped, "charts": s.charts, "charts_rendered": s.charts_rendered }),
    );
    out
}
