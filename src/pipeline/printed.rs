//! The stream of everything that would be deployed: what `render` prints.
//!
//! What the documents alone show decides what has to travel in comments, so that both ways report the same. They are
//! linted as who reads the stream will see them, but mostly without its text: a document that reads alike elsewhere
//! is its own copy.
//!
//! Deliberately absent: the form of the comments (`stream`).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use ddlint_yaml::{Document, Stream};

use super::{Inputs, Linted, Read, Rules, STDIN, add_stdin, finish, lint};
use crate::discover::{self, FoundText, MemoryTree};
use crate::filter::suppress;
use crate::model::{Doc, DocKind, Model, Settings};
use crate::report::{Report, Reported, carry};
use crate::source::{Origin, Place, Run, SourceFile};
use crate::stream::{self, Carried, DocumentOut};

/// What `render` prints, and what it was made of.
pub struct Printed {
    pieces: Vec<Piece>,
    end: String,
    /// What was linted.
    pub linted: Linted,
    /// What the documents alone were read to: who prints is about to end, and need not take it down.
    _alone: Model,
}

/// A document of the stream.
struct Piece {
    head: String,
    document: Arc<Document>,
    tail: &'static str,
}

impl Printed {
    /// Writes the stream.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(stream::begin().as_bytes())?;
        for Piece { head, document, tail } in &self.pieces {
            let text = document.span().slice(document.text());
            for part in [head, text, tail] {
                out.write_all(part.as_bytes())?;
            }
        }
        out.write_all(self.end.as_bytes())
    }
}

/// The stream of everything that would be deployed, and the errors that stand in it too.
pub fn render(inputs: Inputs<'_>, rules: &Rules<'_>) -> Printed {
    let settings = inputs.settings.clone();
    let linted = lint(inputs, rules);
    let documents = documents(&linted.model);
    let (model, alone) = alone(&documents, &settings, rules);
    debug_assert_eq!(shown(&alone), shown(&read_back(&documents, &settings, rules).1));
    let by_fingerprint = |report: &'_ Report| -> BTreeMap<String, Reported> {
        let all = report.findings.iter().chain(&report.hidden);
        all.map(|finding| (finding.fingerprint.clone(), finding.clone())).collect()
    };
    let (whole, parts) = (by_fingerprint(&linted.report), by_fingerprint(&alone));
    let same = |a: &Reported, b: Option<&Reported>| {
        b.is_some_and(|b| {
            let places = |it: &Reported| it.related.iter().map(|r| r.location.clone()).collect::<Vec<_>>();
            a.severity == b.severity
                && a.location == b.location
                && a.help == b.help
                && a.hidden == b.hidden
                && a.fix == b.fix
                && places(a) == places(b)
        })
    };
    let carried: Vec<&Reported> =
        whole.values().filter(|finding| !same(finding, parts.get(&finding.fingerprint))).collect();
    // One that only lacks its fix stays as it is, with its excerpt.
    let same = |a: &Reported, b: Option<&Reported>| {
        same(&Reported { fix: None, ..a.clone() }, b.map(|b| Reported { fix: None, ..b.clone() }).as_ref())
    };
    let silent: Vec<String> = (parts.values())
        .filter(|finding| !same(finding, whole.get(&finding.fingerprint)))
        .map(|finding| finding.fingerprint.clone())
        .collect();
    let end = stream::end(&carried, &silent, &linted.report);
    let piece =
        |it: &DocumentOut<'_>| Piece { head: it.head(), document: Arc::clone(it.document), tail: it.tail() };
    let pieces = documents.iter().map(piece).collect();
    Printed { pieces, end, linted, _alone: model }
}

/// The manifests alone, as `helm template` prints them. Nothing is linted, and nobody asks where they come from.
pub struct Manifests {
    /// What was read.
    pub model: Model,
}

impl Manifests {
    /// Writes the manifests, each behind a `---` line.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut last = None;
        for (doc, origin) in printed(&self.model) {
            let (text, rendered) = match origin {
                // A file of `crds/` is printed as it is.
                Origin::Rendered(_) if last == Some(doc.file) => continue,
                Origin::Rendered(rendering) => {
                    writeln!(out, "---\n# Source: {}", rendering.template)?;
                    (&**doc.tree.text(), true)
                }
                _ => {
                    out.write_all(b"---\n")?;
                    (doc.tree.span().slice(doc.tree.text()), false)
                }
            };
            out.write_all(text.as_bytes())?;
            out.write_all(stream::behind(text, rendered).as_bytes())?;
            last = Some(doc.file);
        }
        Ok(())
    }
}

/// What would be deployed, and nothing about it.
pub fn manifests(mut inputs: Inputs<'_>) -> Manifests {
    inputs.settings.drift = false;
    inputs.settings.rendering.origins = false;
    Manifests { model: super::read(inputs) }
}

/// The documents that are printed, and where their texts come from.
fn printed(model: &Model) -> impl Iterator<Item = (&Doc, &Origin)> {
    // Test hooks are printed though they are never deployed: what they alone would show is told to be silent.
    // What a chart prints is printed, whatever it is.
    model.docs.iter().map(|doc| (doc, &model.sources.get(doc.file).origin)).filter(|(doc, origin)| {
        let printed = match doc.kind {
            DocKind::Manifest | DocKind::TestHook => true,
            _ => matches!(origin, Origin::Rendered(_)) && doc.tree.root().is_some(),
        };
        printed && !matches!(origin, Origin::Embedded { .. })
    })
}

/// The documents that are printed.
fn documents(model: &Model) -> Vec<DocumentOut<'_>> {
    let mut begins = model.sources.begins();
    let mut out = Vec::new();
    for (doc, origin) in printed(model) {
        out.push(DocumentOut {
            file: doc.file,
            document: &doc.tree,
            rendered: matches!(origin, Origin::Rendered(_)),
            begin: begins.of(Place { file: doc.file, span: doc.tree.span() }),
        });
    }
    out
}

/// So many documents get a stream of their own; with more of them one stream of all is read sooner.
const MOST_ODD: usize = 64;

/// What the documents alone show to who reads the stream.
fn alone(documents: &[DocumentOut<'_>], settings: &Settings, rules: &Rules<'_>) -> (Model, Report) {
    // A comment may speak of all of its file, which is the stream; one that stands outside of the document is not printed.
    let speaks = |it: &DocumentOut<'_>| {
        let (text, begin) = (it.document.text(), it.document.span().start);
        it.document.comments().iter().any(|comment| {
            let words = comment.span.slice(text);
            suppress::may_suppress(words) && (comment.span.start < begin || suppress::covers_file(words))
        })
    };
    let one = |it: &DocumentOut<'_>| it.document.reads_alike_elsewhere();
    let alike: Vec<bool> = documents.iter().map(one).collect();
    if documents.iter().any(speaks) || alike.iter().filter(|&&alike| !alike).count() > MOST_ODD {
        return read_back(documents, settings, rules);
    }
    let nothing = MemoryTree::default();
    let mut discovered = discover::discover(&nothing, &[], &discover::Options::default());
    let documents: Vec<(bool, &DocumentOut<'_>)> = alike.into_iter().zip(documents).collect();
    for group in documents.chunk_by(|(alike, it), (too, other)| *alike && *too && it.file == other.file) {
        match group {
            [(true, first), ..] => discovered.texts.push(copied(group, first)),
            group => group.iter().for_each(|(_, it)| {
                add_stdin(&mut discovered, text_of(std::slice::from_ref(*it)).into());
            }),
        }
    }
    finish(
        Read { discovered, settings: settings.clone(), carried: Some(Carried::default()), whole: false },
        rules,
    )
}

/// Documents of one text, as they stand in a stream.
fn copied(group: &[(bool, &DocumentOut<'_>)], first: &DocumentOut<'_>) -> FoundText {
    let run = |(_, it): &(bool, &DocumentOut<'_>)| {
        let (span, begin) = (it.document.span(), &it.begin);
        Run {
            start: span.start,
            end: span.end,
            file: begin.file.clone(),
            root_path: begin.root_file.clone(),
            offset: begin.offset,
            line: begin.line,
            column: begin.column,
        }
    };
    let origin = Origin::Streamed(group.iter().map(run).collect());
    let documents = group.iter().map(|(_, it)| Arc::clone(it.document)).collect();
    FoundText {
        file: SourceFile::new(STDIN, STDIN, first.document.text().clone(), origin),
        parsed: Some(Stream { documents, errors: Vec::new() }),
    }
}

/// A stream that says nothing but its documents.
fn text_of(documents: &[DocumentOut<'_>]) -> String {
    let mut out = stream::begin();
    for it in documents {
        for part in [&it.head(), it.text(), it.tail()] {
            out.push_str(part);
        }
    }
    out + &stream::end(&[], &[], &Report::default())
}

/// What the documents show when their stream is read.
fn read_back(documents: &[DocumentOut<'_>], settings: &Settings, rules: &Rules<'_>) -> (Model, Report) {
    let nothing = MemoryTree::default();
    let mut discovered = discover::discover(&nothing, &[], &discover::Options::default());
    let carried = add_stdin(&mut discovered, text_of(documents).into());
    finish(Read { discovered, settings: settings.clone(), carried, whole: false }, rules)
}

/// A report's findings as they would travel, to be compared.
fn shown(report: &Report) -> Vec<String> {
    let all = report.findings.iter().chain(&report.hidden);
    let mut all: Vec<String> = all.map(|it| format!("{} {:?}", carry::finding(it), it.hidden)).collect();
    all.sort();
    all
}
