//! A chart: its metadata, templates, other files, values and the charts inside it, loaded from a map of files.
//!
//! A loaded [`Chart`] is plain shared data: it can be rendered many times, from several threads.
//!
//! Deliberately absent: opening files, fetching dependencies (what is missing is reported), what the values of
//! the user do to the tree of charts (see `deps`).

mod archive;
mod data;
mod ignore;
mod load;
mod metadata;

pub use crate::deps::newest_in_range;
pub use archive::{ArchiveLimits, unpack};
pub use data::FileData;
pub use load::{load, load_packed};
pub(crate) use metadata::scalar_text;
pub use metadata::{Dependency, ImportValue, Maintainer, Metadata};

use ddlint_yaml::{Span, Stream};
use std::sync::Arc;

/// The files of a packed chart in the order of the archive.
pub type PackedFiles = Vec<(String, FileData)>;

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct ChartFile {
    /// The path inside its chart, for example `templates/a.yaml`.
    pub name: Arc<str>,
    /// The name under which the file was given, with the folder of the chart before it.
    pub file: Arc<str>,
    /// The bytes, without a byte order mark.
    pub data: FileData,
}

/// A `values.yaml`, parsed.
#[derive(Clone, Debug)]
pub struct ValuesFile {
    /// The name under which the file was given.
    pub file: Arc<str>,
    /// The text, parsed.
    pub stream: Arc<Stream>,
}

/// A chart with everything in it.
#[derive(Clone, Debug)]
pub struct Chart {
    /// `Chart.yaml` (and `requirements.yaml`).
    pub metadata: Metadata,
    /// The name under which `Chart.yaml` was given.
    pub file: Arc<str>,
    /// `values.yaml`, where there is one.
    pub values: Option<ValuesFile>,
    /// `values.schema.json`, where there is one.
    pub schema: Option<ChartFile>,
    /// The files in `templates/`.
    pub templates: Vec<ChartFile>,
    /// All other files, as `.Files` sees them; `crds/` is among them.
    pub files: Vec<ChartFile>,
    /// The charts in `charts/`, by the name of their folder or archive.
    pub charts: Vec<Arc<Chart>>,
    /// What Helm would log while loading.
    pub warnings: Vec<String>,
}

impl Chart {
    /// Whether it is a library: nothing but its partials takes part.
    pub fn is_library(&self) -> bool {
        self.metadata.chart_type.eq_ignore_ascii_case("library")
    }

    /// The declared dependencies that are not in `charts/`, whatever the values say: where there is one, Helm
    /// refuses to render the chart.
    pub fn missing_dependencies(&self) -> Vec<&Dependency> {
        self.metadata
            .dependencies
            .iter()
            .flatten()
            .filter(|d| !self.charts.iter().any(|c| c.metadata.name == d.name))
            .collect()
    }
}

/// Why a chart could not be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartError {
    /// Helm's words, where it has any.
    pub message: String,
    /// The file to blame.
    pub file: Option<Arc<str>>,
    /// The place in it.
    pub span: Option<Span>,
}

impl ChartError {
    pub(crate) fn new(message: impl Into<String>) -> ChartError {
        ChartError { message: message.into(), file: None, span: None }
    }
    pub(crate) fn in_file(mut self, file: &Arc<str>, span: Option<Span>) -> ChartError {
        if self.file.is_none() {
            self.file = Some(file.clone());
            self.span = span;
        }
        self
    }
}

impl std::fmt::Display for ChartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for ChartError {}
