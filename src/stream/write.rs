//! Writes a stream.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::json;

use ddlint_yaml::Document;

use super::{PREFIX, VERSION};
use crate::report::{Report, Reported, carry};
use crate::source::{FileId, Location};

/// A document to be written.
#[derive(Clone, Debug)]
pub struct DocumentOut<'a> {
    /// The text that it stands in.
    pub file: FileId,
    /// The document.
    pub document: &'a Arc<Document>,
    /// A chart renders it: Helm prints a line break behind what the template writes, whatever that ends with.
    pub rendered: bool,
    /// Where it begins in a file that a person can open.
    pub begin: Location,
}

/// What a stream begins with.
pub fn begin() -> String {
    format!("{PREFIX}stream {}\n", json!({ "version": VERSION }))
}

impl DocumentOut<'_> {
    /// What stands before the document's text.
    pub fn head(&self) -> String {
        let Location { file, root_file, offset, line, column, .. } = &self.begin;
        let place =
            json!({ "file": file, "root": root_file, "offset": offset, "line": line, "column": column });
        format!("{PREFIX}document {place}\n---\n")
    }

    /// The document's text.
    pub fn text(&self) -> &str {
        self.document.span().slice(self.document.text())
    }

    /// What stands behind the document's text.
    pub fn tail(&self) -> &'static str {
        behind(self.text(), self.rendered)
    }
}

/// What stands behind a document's text; Helm prints a line break in any case.
pub fn behind(text: &str, rendered: bool) -> &'static str {
    if rendered || !text.ends_with('\n') { "\n" } else { "" }
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
