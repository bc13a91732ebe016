//! Writes a stream.

use std::fmt::Write;

use serde_json::json;

use super::{PREFIX, VERSION};
use crate::report::{Report, Reported, carry};

/// A document to be written.
#[derive(Clone, Debug)]
pub struct DocumentOut<'a> {
    /// Its text as it stands in its file, without the `---` line.
    pub text: &'a str,
    /// A chart renders it: Helm prints a line break behind what the template writes, whatever that ends with.
    pub rendered: bool,
    /// The file's name as in reports.
    pub file: String,
    /// The file's name relative to the root.
    pub root_path: String,
    /// First byte of the text in the file.
    pub offset: u32,
    /// Line of the first byte.
    pub line: u32,
    /// Column of the first byte.
    pub column: u32,
}

/// The whole stream. `carried` are findings that the documents alone do not show, `silent` fingerprints of those that
/// they alone would show.
pub fn write(
    documents: &[DocumentOut<'_>],
    carried: &[&Reported],
    silent: &[String],
    report: &Report,
) -> String {
    let size: usize = documents.iter().map(|document| document.text.len() + 160).sum();
    let mut out = String::with_capacity(size + 1024);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{PREFIX}stream {}", json!({ "version": VERSION }));
    for document in documents {
        let DocumentOut { text, rendered, file, root_path, offset, line, column } = document;
        let place =
            json!({ "file": file, "root": root_path, "offset": offset, "line": line, "column": column });
        let _ = writeln!(out, "{PREFIX}document {place}");
        out.push_str("---\n");
        out.push_str(text);
        if *rendered || !text.ends_with('\n') {
            out.push('\n');
        }
    }
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
