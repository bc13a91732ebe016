//! Text to documents. Chunks share nothing, so batches of them are parsed side by side; the result is the same
//! whatever the number of threads.

use std::sync::Arc;

use crate::SourceText;

use rayon::prelude::*;

use crate::builder::Builder;
use crate::document::Document;
use crate::events;
use crate::repair;
use crate::span::Span;
use crate::split;
use crate::syntax::{self, SyntaxError};
use crate::tape::{Failure, Finished};

/// Enough work for one task that handing it out costs nothing beside it.
const BATCH: usize = 256 * 1024;

/// How to parse.
#[derive(Clone, Debug)]
pub struct ParseOptions {
    /// Parse batches of documents side by side in rayon's current pool.
    pub threads: bool,
}

impl Default for ParseOptions {
    fn default() -> ParseOptions {
        ParseOptions { threads: true }
    }
}

/// The documents of a text and what is wrong with them, both in the order of the text.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stream {
    /// The documents. A broken one is there too, with what came before its error.
    pub documents: Vec<Arc<Document>>,
    /// The syntax errors.
    pub errors: Vec<SyntaxError>,
}

/// Parses a text. Never fails: what is wrong is in [`Stream::errors`], and does not hide the other documents.
pub fn parse(text: SourceText) -> Stream {
    parse_with(text, &ParseOptions::default())
}

/// Parses a text as the options say.
pub fn parse_with(text: SourceText, options: &ParseOptions) -> Stream {
    parse_limited(text, options, u32::MAX as usize - 1, Reading::Ordinary)
}

/// What reads a chunk first.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// The reader of the ordinary case, and the parser where it gives up.
    Ordinary,
    /// The parser.
    #[cfg(test)]
    Parser,
}

fn parse_limited(text: SourceText, options: &ParseOptions, limit: usize, reading: Reading) -> Stream {
    if text.len() > limit {
        let finished = Finished::broken();
        return Stream {
            documents: vec![Arc::new(finished.into_document(text))],
            errors: vec![syntax::too_large()],
        };
    }
    let chunks: Vec<Span> = split::chunks(&text)
        .into_iter()
        .map(|range| Span::new(range.start as u32, range.end as u32))
        .collect();
    let parts = parse_chunks(&text, &chunks, options, reading);
    gathered(&text, chunks.len(), parts)
}

fn parse_chunks(text: &SourceText, chunks: &[Span], options: &ParseOptions, reading: Reading) -> Vec<Part> {
    let batches = batches(chunks);
    if options.threads && batches.len() > 1 {
        batches.into_par_iter().with_max_len(1).map(|batch| parse_batch(text, batch, reading)).collect()
    } else {
        batches.into_iter().map(|batch| parse_batch(text, batch, reading)).collect()
    }
}

fn gathered(text: &str, chunks: usize, parts: impl IntoIterator<Item = Part>) -> Stream {
    let mut stream = Stream { documents: Vec::with_capacity(chunks), errors: Vec::new() };
    for (documents, failures) in parts {
        let before = stream.documents.len();
        stream.errors.extend(failures.iter().map(|failure| {
            let mut error = syntax::explain(text, failure);
            error.document += before;
            error
        }));
        stream.documents.extend(documents);
    }
    stream
}

type Part = (Vec<Arc<Document>>, Vec<Failure>);

/// Neighbouring chunks, together of about [`BATCH`] bytes.
fn batches(chunks: &[Span]) -> Vec<&[Span]> {
    let mut batches = Vec::new();
    let mut rest = chunks;
    while let Some(first) = rest.first() {
        let count =
            rest.iter().take_while(|chunk| (chunk.end - first.start) as usize <= BATCH).count().max(1);
        let (batch, behind) = rest.split_at(count);
        batches.push(batch);
        rest = behind;
    }
    batches
}

fn parse_batch(text: &SourceText, chunks: &[Span], reading: Reading) -> Part {
    let mut builder = Builder::new(text);
    for chunk in chunks {
        let source = chunk.slice(text);
        // A byte order mark before the first or a later document: files are joined with `cat`.
        let source_start = match source.strip_prefix('\u{feff}') {
            Some(rest) => chunk.end - rest.len() as u32,
            None => chunk.start,
        };
        let content = Span::new(source_start, chunk.end);
        builder.start_chunk(content);
        let ordinary = reading == Reading::Ordinary && events::block::run(content.slice(text), &mut builder);
        if !ordinary {
            builder.restart_chunk(&[]);
            events::run(content.slice(text), &mut builder);
        }
        if builder.chunk_failures().iter().any(Failure::is_about_quotes) {
            repair_quotes(text, content, &mut builder);
        }
        builder.end_chunk();
    }
    let (documents, failures) = builder.into_parts();
    let documents =
        documents.into_iter().map(|finished| Arc::new(finished.into_document(text.clone()))).collect();
    (documents, failures)
}

/// Parses a chunk again, with the quoted scalars joined that the parser stumbles over.
fn repair_quotes(text: &str, chunk: Span, builder: &mut Builder<'_>) {
    let relative = |span: Span| Span::new(span.start - chunk.start, span.end - chunk.start);
    let mut source = chunk.slice(text).to_owned();
    let mut joined = Vec::new();
    for _ in 0..repair::limit(chunk) {
        let candidates =
            builder.chunk_failures().iter().filter_map(|failure| repair::joinable(text, chunk, failure));
        let Some(scalar) = candidates.into_iter().find(|scalar| !joined.contains(scalar)) else { return };
        let attempt = repair::join(&source, relative(scalar));
        joined.push(scalar);
        builder.restart_chunk(&joined);
        events::run(&attempt, builder);
        // A quote that is never closed ends at the next one, and what follows that makes no sense.
        let behind = text.get(scalar.end as usize..).unwrap_or("");
        let line_end = scalar.end + behind.find('\n').unwrap_or(behind.len()) as u32;
        let worse = |failure: &Failure| (scalar.start..=line_end).contains(&failure.at);
        if !builder.joined_are_scalars() || builder.chunk_failures().iter().any(worse) {
            joined.pop();
            builder.restart_chunk(&joined);
            events::run(&source, builder);
            return;
        }
        source = attempt;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_beyond_the_limit_is_an_error() {
        let stream = parse_limited("a: 1\nb: 2\n".into(), &ParseOptions::default(), 8, Reading::Ordinary);
        assert_eq!(stream.errors.len(), 1);
        assert_eq!(stream.errors[0].message, "the file is larger than 4 GiB");
        assert!(stream.documents[stream.errors[0].document].is_partial());
        assert!(stream.documents[0].root().is_none());
        assert_eq!(parse_limited("a: 1\n".into(), &ParseOptions::default(), 8, Reading::Ordinary).errors, []);
    }

    #[test]
    fn batches_hold_every_chunk_once() {
        let chunks: Vec<Span> =
            (0..10).map(|number| Span::new(number * 100_000, (number + 1) * 100_000)).collect();
        let batches = batches(&chunks);
        assert!(batches.len() > 1);
        assert_eq!(batches.concat(), chunks);
    }
}

/// The reader of the ordinary case against the parser: the same tree from every text that it reads.
#[cfg(test)]
mod same_tree {
    use super::*;

    fn shown(text: &str, reading: Reading) -> String {
        let options = ParseOptions { threads: false };
        let stream = parse_limited(text.into(), &options, u32::MAX as usize - 1, reading);
        let documents: Vec<String> = stream.documents.iter().map(|document| document.shown()).collect();
        format!("{}\n{:?}", documents.join("\n"), stream.errors)
    }

    fn assert_same(text: &str) {
        let (ordinary, parser) = (shown(text, Reading::Ordinary), shown(text, Reading::Parser));
        assert!(ordinary == parser, "of {text:?}\nordinary {ordinary}\nparser   {parser}");
    }

    fn is_ordinary(text: &str) -> bool {
        let mut builder = Builder::new(text);
        builder.start_chunk(Span::new(0, text.len() as u32));
        events::block::run(text, &mut builder)
    }

    const ORDINARY: &[&str] = &[
        "a: 1\n",
        "a:\n  b: x y\n  c:\nd:\n- e\n- f: 1\n  g:  2 # two\n-\n- - h\n  - i\nj: k",
        "---\n# c\n\na: \"x: \\n\\\"y\\\"\" # d\n'b''c': 'it''s'\n\"d\" : {}\ne: []\n",
        "# head\n---  # marker\na: [b, \"c\", 'd', {e: f, g: http://h/i?j=k}, [1, -2]]\n",
        "a: |\n  one\n    two\n\n  three\n\n\nb: >-\n  one\n  two\n\n  three\n   four\n  five\nc: |+\n  x\n\nd: 1\n",
        "a:\n- |-\n  x\n- >\n  y\n  z",
        "a: one\n  two\n\n  three # c\nb: \"one  \n  two\\\n   three\\n\n\n  four\"\nc: 'x\n  it''s\n  y'\n",
        "a:\n  one\nb:\n  \"two\"\nc:\n  # why\n  d: e\n",
        "- a\n-   b: 1\n    c: 2\n-\n  d: 3\n- e: f\n   g\n",
        "größe: 1\nb: \"ü\" # ö\nc: |\n  é\n",
        "a: x#y\nb: x #y\nc: x:y\nd: -1\n<<: {}\n",
        "a:\n- --b\n- -c\n",
    ];

    /// What the parser is needed for.
    const ODD: &[&str] =
        &["a: |2\n   x\n", "? e\n", "a: b: c\n", "e: - f\n", "a: &b c\nd: *b\n", "a\n", "[a]\n"];

    #[test]
    fn texts_and_what_one_letter_makes_of_them() {
        let letters: Vec<char> = " \n:-#'\"|>{}[],?&*!%\\\tx".chars().collect();
        for text in ORDINARY.iter().chain(ODD) {
            assert_same(text);
            assert_eq!(is_ordinary(text), !ODD.contains(text), "{text:?}");
            for (at, old) in text.char_indices() {
                let (before, behind) = (&text[..at], &text[at + old.len_utf8()..]);
                assert_same(before);
                assert_same(&format!("{before}{behind}"));
                for letter in &letters {
                    assert_same(&format!("{before}{letter}{behind}"));
                    assert_same(&format!("{before}{letter}{old}{behind}"));
                }
            }
        }
    }

    #[test]
    fn lines_in_any_order() {
        // A few thousand texts, the same ones each time.
        let lines: Vec<&str> = ORDINARY.iter().flat_map(|text| text.lines()).collect();
        let mut state = 1u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut ordinary = 0;
        for _ in 0..5_000 {
            let mut text = String::new();
            for _ in 0..1 + next(6) {
                text.extend(std::iter::repeat_n(' ', [0, 0, 0, 1, 2, 2, 4][next(7)]));
                text.push_str(lines[next(lines.len())]);
                text.push('\n');
            }
            assert_same(&text);
            ordinary += usize::from(is_ordinary(&text));
        }
        assert!(ordinary > 500, "only {ordinary} are read by hand");
    }
}
