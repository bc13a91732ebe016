//! Text to documents. Chunks share nothing, so batches of them are parsed side by side; the result is the same
//! whatever the number of threads.

use std::sync::Arc;

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
#[derive(Debug, Default)]
pub struct Stream {
    /// The documents. A broken one is there too, with what came before its error.
    pub documents: Vec<Arc<Document>>,
    /// The syntax errors.
    pub errors: Vec<SyntaxError>,
}

/// Parses a text. Never fails: what is wrong is in [`Stream::errors`], and does not hide the other documents.
pub fn parse(text: Arc<str>) -> Stream {
    parse_with(text, &ParseOptions::default())
}

/// Parses a text as the options say.
pub fn parse_with(text: Arc<str>, options: &ParseOptions) -> Stream {
    parse_limited(text, options, u32::MAX as usize - 1)
}

fn parse_limited(text: Arc<str>, options: &ParseOptions, limit: usize) -> Stream {
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
    let batches = batches(&chunks);
    let parts: Vec<Part> = if options.threads && batches.len() > 1 {
        batches.into_par_iter().map(|batch| parse_batch(&text, batch)).collect()
    } else {
        batches.into_iter().map(|batch| parse_batch(&text, batch)).collect()
    };
    let mut stream = Stream { documents: Vec::with_capacity(chunks.len()), errors: Vec::new() };
    for (documents, failures) in parts {
        let before = stream.documents.len();
        stream.errors.extend(failures.iter().map(|failure| {
            let mut error = syntax::explain(&text, failure);
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

fn parse_batch(text: &Arc<str>, chunks: &[Span]) -> Part {
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
        events::run(content.slice(text), &mut builder);
        if builder.chunk_failures().iter().any(Failure::is_about_quotes) {
            repair_quotes(text, content, &mut builder);
        }
        builder.end_chunk();
    }
    let (documents, failures) = builder.into_parts();
    let documents =
        documents.into_iter().map(|finished| Arc::new(finished.into_document(Arc::clone(text)))).collect();
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
        let stream = parse_limited(Arc::from("a: 1\nb: 2\n"), &ParseOptions::default(), 8);
        assert_eq!(stream.errors.len(), 1);
        assert_eq!(stream.errors[0].message, "the file is larger than 4 GiB");
        assert!(stream.documents[stream.errors[0].document].is_partial());
        assert!(stream.documents[0].root().is_none());
        assert_eq!(parse_limited(Arc::from("a: 1\n"), &ParseOptions::default(), 8).errors, []);
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
