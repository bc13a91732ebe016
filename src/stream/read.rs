//! Reads a stream back.

use serde::Deserialize;

use super::{PREFIX, VERSION};
use crate::report::{Reported, ReportedError, Summary, carry};
use crate::source::Run;

/// What a stream says in its comments.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    /// Where the runs of the stream stood.
    pub runs: Vec<Run>,
    /// Findings that the documents alone do not show.
    pub findings: Vec<Reported>,
    /// Fingerprints of findings that the documents alone would show.
    pub silent: Vec<String>,
    /// Inputs that could not be worked with.
    pub errors: Vec<ReportedError>,
    /// What was covered.
    pub counts: Summary,
}

#[derive(Deserialize)]
struct Header {
    version: u32,
}

#[derive(Deserialize)]
struct DocumentPlace {
    file: String,
    root: String,
    offset: u32,
    line: u32,
    column: u32,
}

impl DocumentPlace {
    /// The run that begins here in the stream.
    fn run(self, start: u32) -> Run {
        let DocumentPlace { file, root, offset, line, column } = self;
        Run { start, end: start, file, root_path: root, offset, line, column }
    }
}

#[derive(Deserialize)]
struct Counts {
    inputs: usize,
    documents: usize,
    skipped: usize,
    charts: usize,
    charts_rendered: usize,
}

/// What the text says, if it is a stream of ddlint's; an error if it is one of another version or is damaged (the
/// byte offset and what is wrong).
pub fn read(text: &str) -> Result<Option<Carried>, (u32, String)> {
    if !text.starts_with(PREFIX) {
        return Ok(None);
    }
    let mut carried = Carried::default();
    let mut known = false;
    let mut open: Option<Run> = None;
    for start in comments(text) {
        let (content, next) = line_at(text, start);
        let start = start as u32;
        let rest = content.strip_prefix(PREFIX).unwrap_or_default();
        let Some((word, json)) = rest.split_once(' ') else { continue };
        let damaged = || (start, format!("this `{word}` comment of the stream is damaged"));
        match word {
            "stream" => {
                let header: Header = serde_json::from_str(json).map_err(|_| damaged())?;
                if header.version != VERSION {
                    let version = header.version;
                    return Err((
                        start,
                        format!("this stream has version {version}; this ddlint reads {VERSION}"),
                    ));
                }
                known = true;
            }
            "document" | "finding" | "silent" | "error" | "counts" => {
                // A comment of the stream ends the document before it.
                if let Some(mut run) = open.take() {
                    run.end = start;
                    carried.runs.push(run);
                }
                match word {
                    "document" => {
                        let place: DocumentPlace = serde_json::from_str(json).map_err(|_| damaged())?;
                        // The `---` line after the comment is the stream's own; the document begins behind it.
                        let (line, behind) = line_at(text, next);
                        open = (next < text.len())
                            .then(|| place.run(if line == "---" { behind } else { next } as u32));
                    }
                    "finding" => carried.findings.push(carry::read_finding(json).ok_or_else(damaged)?),
                    "silent" => carried.silent.push(serde_json::from_str(json).map_err(|_| damaged())?),
                    "error" => carried.errors.push(carry::read_error(json).ok_or_else(damaged)?),
                    _ => {
                        let counts: Counts = serde_json::from_str(json).map_err(|_| damaged())?;
                        let Counts { inputs, documents, skipped, charts, charts_rendered } = counts;
                        carried.counts = Summary {
                            inputs,
                            documents,
                            skipped,
                            charts,
                            charts_rendered,
                            ..Summary::default()
                        };
                    }
                }
            }
            // A suppression, or a word of a later version that does no harm.
            _ => {}
        }
    }
    if let Some(mut run) = open.take() {
        run.end = text.len() as u32;
        carried.runs.push(run);
    }
    Ok(known.then_some(carried))
}

/// The begins of the lines that are comments of ddlint's.
fn comments(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let begins_line =
        move |at: &usize| at.checked_sub(1).is_none_or(|before| bytes.get(before) == Some(&b'\n'));
    memchr::memmem::find_iter(bytes, PREFIX).filter(begins_line)
}

/// The line that begins here without its line break, and where the next one begins.
fn line_at(text: &str, start: usize) -> (&str, usize) {
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.split_inclusive('\n').next().unwrap_or_default();
    (line.trim_end_matches(['\n', '\r']), start + line.len())
}
