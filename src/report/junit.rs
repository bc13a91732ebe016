//! `--format junit`: for CI systems that only know test reports. A file is a suite, a finding a failed test; an input
//! that could not be worked with is a test with an error; without findings there is one test that passed.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Report;
use crate::finding::Severity;

/// Text for XML 1.0: markup escaped, characters that XML cannot hold replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            c if c < ' ' || ('\u{7F}'..='\u{9F}').contains(&c) || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {
                out.push('\u{FFFD}');
            }
            c => out.push(c),
        }
    }
    out
}

/// The whole report as one XML document.
pub fn render(report: &Report) -> String {
    let mut suites: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut failed: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for finding in &report.findings {
        let at = &finding.location;
        let info = finding.severity == Severity::Info;
        let name = escape(&format!("{} {}:{}", finding.rule, at.line, at.column));
        let text =
            escape(&format!("{}:{}:{}\n{}\n{}", at.file, at.line, at.column, finding.message, finding.help));
        let (class, message) = (escape(&at.file), escape(&finding.message));
        let kind = finding.severity.as_str();
        // A finding of severity info is told, but it fails nothing.
        let body = if info {
            format!("<system-out>{text}</system-out>")
        } else {
            format!("<failure type=\"{kind}\" message=\"{message}\">{text}</failure>")
        };
        suites
            .entry(&at.file)
            .or_default()
            .push(format!("<testcase classname=\"{class}\" name=\"{name}\">{body}</testcase>"));
        failed.entry(&at.file).or_default().0 += usize::from(!info);
    }
    for error in &report.errors {
        let file = error.location.as_ref().map_or("ddlint", |at| &at.file);
        let (code, message) = (escape(&error.code), escape(&error.message));
        let text = escape(error.help.as_deref().unwrap_or_default());
        suites.entry(file).or_default().push(format!(
            "<testcase classname=\"{}\" name=\"{code}\"><error type=\"{code}\" message=\"{message}\">{text}</error></testcase>",
            escape(file)
        ));
        failed.entry(file).or_default().1 += 1;
    }
    if suites.is_empty() {
        suites.insert("ddlint", vec!["<testcase classname=\"ddlint\" name=\"no findings\"/>".to_string()]);
    }
    let tests: usize = suites.values().map(Vec::len).sum();
    let (failures, errors) = failed.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"ddlint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
    );
    for (file, cases) in &suites {
        let (failures, errors) = failed.get(file).copied().unwrap_or_default();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\">",
            escape(file),
            cases.len()
        );
        for case in cases {
            let _ = writeln!(out, "    {case}");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}
