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
    let mut offset = 0usize;
    let mut pending: Option<DocumentPlace> = None;
    let mut open: Option<Run> = None;
    for line in text.split_inclusive('\n') {
        let start = offset as u32;
        offset += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        if let Some(place) = pending.take() {
            // The `---` line after the comment is the stream's own; the document begins behind it.
            let DocumentPlace { file, root, offset: at, line, column } = place;
            let begin = if content == "---" { offset as u32 } else { start };
            open = Some(Run { start: begin, end: begin, file, root_path: root, offset: at, line, column });
            continue;
        }
        let Some((word, json)) = content.strip_prefix(PREFIX).and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
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
                    "document" => pending = Some(serde_json::from_str(json).map_err(|_| damaged())?),
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
