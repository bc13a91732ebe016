//! The values that a user gives with a chart: files, inline values, single assignments, in Helm's order.
//!
//! Deliberately absent: the chart's own values (see `coalesce`), finding files.

use crate::HelmDialect;
use crate::coalesce::{empty_map, merge_maps, patch_maps};
use crate::failure::{Failure, RenderError};
use crate::origin::{OriginTable, Place};
use crate::strvals::{self, Mode};
use crate::value::{Data, Map, Value};
use crate::yaml_in::{self, Source};
use ddlint_yaml::{Document, NodeId, SourceText, Stream};
use std::sync::Arc;

/// Which option a single assignment was given with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SetKind {
    /// `--set-json`
    Json,
    /// `--set`
    Typed,
    /// `--set-string`
    Strings,
    /// `--set-file`
    File,
    /// `--set-literal`
    Literal,
}

/// Reads the file that a `--set-file` assignment names.
pub type ReadFile = Arc<dyn Fn(&str) -> Result<Vec<u8>, String> + Send + Sync>;

/// One source of values.
#[derive(Clone)]
pub enum ValuesSource {
    /// A values file.
    File {
        /// Its name, for places.
        file: Arc<str>,
        /// Its text, parsed.
        stream: Arc<Stream>,
    },
    /// Values inside another document, as an Application has them: a mapping, or a string that holds YAML.
    Node {
        /// The name of the file that the document is in.
        file: Arc<str>,
        /// The document.
        document: Arc<Document>,
        /// The mapping or the string.
        node: NodeId,
    },
    /// A JSON merge patch over the source before it, as ArgoCD puts `.argocd-source.yaml` on an Application: a null
    /// takes the key away, and what lies below it comes to light again.
    Patch {
        /// The name of the file that the document is in.
        file: Arc<str>,
        /// The document.
        document: Arc<Document>,
        /// The mapping.
        node: NodeId,
        /// What it patches is not there: it stands over nothing.
        alone: bool,
    },
    /// An argument of `--set` or its siblings, or a parameter of an Application.
    Set {
        /// Which one.
        kind: SetKind,
        /// The assignments.
        text: String,
        /// Where it stands, if it stands in a file.
        place: Option<Place>,
        /// Reads files for [`SetKind::File`].
        read: Option<ReadFile>,
    },
}

impl std::fmt::Debug for ValuesSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ValuesSource::File { file, .. } => write!(f, "File({file})"),
            ValuesSource::Node { file, node, .. } => write!(f, "Node({file}, {node:?})"),
            ValuesSource::Patch { file, node, .. } => write!(f, "Patch({file}, {node:?})"),
            ValuesSource::Set { kind, text, .. } => write!(f, "Set({kind:?}, {text})"),
        }
    }
}

impl ValuesSource {
    /// A values file from its text.
    pub fn file(file: impl Into<Arc<str>>, text: impl Into<SourceText>) -> ValuesSource {
        ValuesSource::File { file: file.into(), stream: Arc::new(ddlint_yaml::parse(text.into())) }
    }

    /// An argument of the command line.
    pub fn set(kind: SetKind, text: impl Into<String>) -> ValuesSource {
        ValuesSource::Set { kind, text: text.into(), place: None, read: None }
    }
}

/// All sources merged: files and inline values first, then assignments by kind, each in the order given.
pub(crate) fn merged(
    sources: &[ValuesSource],
    dialect: HelmDialect,
    table: &mut OriginTable,
) -> Result<Map, Failure> {
    let mut out = empty_map();
    // What lies below the last source, and what that source says: a patch changes the one and not the other.
    let (mut below, mut last) = (empty_map(), empty_map());
    for source in sources {
        let values = match source {
            ValuesSource::File { file, stream } => {
                let from = Source::File { file, root: crate::path::ROOT, inside: None };
                yaml_in::values_of_file(stream, from, dialect, table)
                    .map_err(|wrong| wrong_file(file, wrong))?
            }
            ValuesSource::Node { file, document, node } => inline(file, document, *node, dialect, table)?,
            ValuesSource::Patch { file, document, node, alone } => {
                if *alone {
                    (below, last) = (out, empty_map());
                }
                let patch = inline(file, document, *node, dialect, table)?;
                last = patch_maps(&last, &patch);
                out = merge_maps(&below, &last);
                continue;
            }
            ValuesSource::Set { .. } => continue,
        };
        let merged = merge_maps(&out, &values);
        (below, last, out) = (out, values, merged);
    }
    let mut sets: Vec<_> = sources
        .iter()
        .filter_map(|source| match source {
            ValuesSource::Set { kind, text, place, read } => Some((*kind, text, place.as_ref(), read)),
            _ => None,
        })
        .collect();
    sets.sort_by_key(|(kind, ..)| *kind);
    for (kind, text, place, read) in sets {
        let nothing: &dyn Fn(&str) -> Result<Vec<u8>, String> =
            &|name| Err(format!("open {name}: no such file"));
        let (mode, option) = match kind {
            SetKind::Json => (Mode::Json, "--set-json"),
            SetKind::Typed => (Mode::Typed, "--set"),
            SetKind::Strings => (Mode::Strings, "--set-string"),
            SetKind::File => (Mode::File(read.as_ref().map_or(nothing, |read| &**read)), "--set-file"),
            SetKind::Literal => (Mode::Literal, "--set-literal"),
        };
        strvals::parse_into(text, mode, &out, place, table).map_err(|message| Failure::Set {
            message: format!("failed parsing {option} data: {message}"),
            place: place.cloned(),
        })?;
    }
    Ok(out)
}

/// Sources merged, as JSON.
///
/// # Errors
/// What is wrong with one of them.
pub fn merged_json(
    sources: &[ValuesSource],
    dialect: HelmDialect,
) -> Result<serde_json::Value, Box<RenderError>> {
    let mut table = OriginTable::new(false);
    match merged(sources, dialect, &mut table) {
        Ok(values) => Ok(crate::schema::to_json(&Value::plain(Data::Map(values)), 0)),
        Err(failure) => Err(RenderError::new(failure, table)),
    }
}

fn wrong_file(file: &Arc<str>, wrong: yaml_in::Wrong) -> Failure {
    Failure::ValuesFile {
        message: format!("failed to parse {file}: {}", wrong.message),
        file: file.clone(),
        span: wrong.span,
    }
}

fn inline(
    file: &Arc<str>,
    document: &Document,
    node: NodeId,
    dialect: HelmDialect,
    table: &mut OriginTable,
) -> Result<Map, Failure> {
    let node = document.node(node);
    match node.text().filter(|_| !node.is_null()) {
        None => {
            let from = Source::File { file, root: crate::path::ROOT, inside: None };
            yaml_in::values_of_node(node, from, table).map_err(|wrong| wrong_file(file, wrong))
        }
        Some(text) => {
            let map = node.offset_map();
            let stream = ddlint_yaml::parse(ddlint_yaml::SourceText::from(text));
            let from = Source::File { file, root: crate::path::ROOT, inside: Some(&map) };
            yaml_in::values_of_file(&stream, from, dialect, table).map_err(|mut wrong| {
                wrong.span = wrong.span.map(|span| map.span(span));
                wrong_file(file, wrong)
            })
        }
    }
}
