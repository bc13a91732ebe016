//! Why a chart could not be rendered: Helm's words, and every place that has to do with it.
//!
//! Deliberately absent: how a person is told (line excerpts, hints); whoever has the files draws them.

use crate::chart::Dependency;
use crate::error::{ErrorKind, TemplateError};
use crate::manifest::BadManifest;
use crate::origin::{Leaf, OriginTable, Place, Resolved};
use crate::schema::SchemaViolation;
use ddlint_yaml::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file, or a range in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErrorPlace {
    /// The file, by the name under which it was given.
    pub file: Arc<str>,
    /// The range, where it is known.
    pub span: Option<Span>,
}

impl ErrorPlace {
    pub(crate) fn file(file: Arc<str>) -> ErrorPlace {
        ErrorPlace { file, span: None }
    }
    pub(crate) fn of(place: &Place) -> ErrorPlace {
        ErrorPlace { file: place.file.clone(), span: Some(Span { start: place.start, end: place.end }) }
    }
}

/// A rendered file whose YAML cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManifestFailure {
    /// The template's name.
    pub source: Arc<str>,
    /// Helm's words.
    pub message: String,
    /// What the text at the fault came from.
    pub origin: crate::origin::OriginId,
}

impl From<BadManifest> for ManifestFailure {
    fn from(bad: BadManifest) -> ManifestFailure {
        ManifestFailure { source: bad.source, message: bad.message, origin: bad.origin }
    }
}

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The release's name is not allowed.
    ReleaseName(String),
    /// The chart is of a type (library) that is not installed.
    NotInstallable(String),
    /// Declared dependencies that are not in `charts/`.
    MissingDependencies(Vec<Dependency>),
    /// A values file cannot be read.
    ValuesFile {
        /// What is wrong.
        message: String,
        /// The file.
        file: Arc<str>,
        /// Where in it.
        span: Option<Span>,
    },
    /// A chart's own values cannot be read.
    ChartValues {
        /// What is wrong.
        message: String,
        /// The file.
        file: Arc<str>,
        /// Where in it.
        span: Option<Span>,
    },
    /// An assignment cannot be read.
    Set {
        /// What is wrong.
        message: String,
        /// Where it stands, if it stands in a file.
        place: Option<Place>,
    },
    /// Values cannot be put together.
    Values(String),
    /// Values do not fit their schema.
    Schema(Vec<SchemaViolation>),
    /// A schema cannot be used.
    BadSchema {
        /// What is wrong.
        message: String,
        /// The schema's file.
        file: Arc<str>,
    },
    /// The chart wants another Kubernetes.
    KubeVersion {
        /// The range it wants.
        wanted: String,
        /// The version it was given.
        given: String,
        /// Its `Chart.yaml`.
        file: Arc<str>,
        /// Where the range stands.
        span: Option<Span>,
    },
    /// A template does not parse or cannot be executed.
    Template(Box<TemplateError>),
    /// What a template wrote is no YAML.
    Manifest {
        /// What is wrong.
        bad: Box<ManifestFailure>,
        /// The template's file.
        place: Option<ErrorPlace>,
    },
}

/// Why a chart could not be rendered.
#[derive(Clone, Debug)]
pub struct RenderError {
    /// What went wrong.
    pub failure: Failure,
    /// In Helm's words.
    pub message: String,
    /// Where, nearest first; the first one is the template's, the values' or the chart file's line.
    pub places: Vec<ErrorPlace>,
    /// The values and other things that are to blame, as far as they are known.
    pub blame: Resolved,
    /// What the origins in `failure` mean.
    pub origins: OriginTable,
}

impl RenderError {
    pub(crate) fn new(failure: Failure, origins: OriginTable) -> Box<RenderError> {
        let message = message_of(&failure);
        let mut blame = Resolved::default();
        let at = |file: &Arc<str>, span: Option<Span>| ErrorPlace { file: file.clone(), span };
        let places = match &failure {
            Failure::ReleaseName(_) | Failure::NotInstallable(_) | Failure::Values(_) => Vec::new(),
            Failure::MissingDependencies(list) => {
                list.iter().filter_map(|d| d.file.as_ref().map(|file| at(file, d.span))).collect()
            }
            Failure::ValuesFile { file, span, .. }
            | Failure::ChartValues { file, span, .. }
            | Failure::KubeVersion { file, span, .. } => vec![at(file, *span)],
            Failure::Set { place, .. } => place.iter().map(ErrorPlace::of).collect(),
            Failure::BadSchema { file, .. } => vec![at(file, None)],
            Failure::Schema(violations) => {
                violations.iter().flat_map(|v| places_of(&origins.resolve(v.origin).printed)).collect()
            }
            Failure::Template(error) => {
                blame = origins.resolve(error.blame);
                error.frames.iter().rev().map(|frame| ErrorPlace::of(&frame.place)).collect()
            }
            Failure::Manifest { bad, place } => {
                blame = origins.resolve(bad.origin);
                let template = blame.printed.iter().chain(&blame.tested).find_map(|leaf| match leaf {
                    Leaf::Template(place) => Some(ErrorPlace::of(place)),
                    _ => None,
                });
                template.into_iter().chain(place.clone()).collect()
            }
        };
        Box::new(RenderError { failure, message, places, blame, origins })
    }

    pub(crate) fn template(
        mut error: TemplateError,
        names: &BTreeMap<Arc<str>, Arc<str>>,
        origins: OriginTable,
    ) -> Box<RenderError> {
        for frame in &mut error.frames {
            if let Some(file) = names.get(&frame.place.file) {
                frame.place.file = file.clone();
            }
        }
        RenderError::new(Failure::Template(Box::new(error)), origins)
    }
}

fn places_of(leaves: &[Leaf]) -> Vec<ErrorPlace> {
    leaves
        .iter()
        .filter_map(|leaf| match leaf {
            Leaf::Value { place: Some(place), .. } | Leaf::Template(place) => Some(ErrorPlace::of(place)),
            _ => None,
        })
        .collect()
}

fn message_of(failure: &Failure) -> String {
    match failure {
        Failure::ReleaseName(name) => format!(
            "release name {name:?}: invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
        ),
        Failure::NotInstallable(kind) => format!("{kind} charts are not installable"),
        Failure::MissingDependencies(list) => format!(
            "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
            list.iter().map(|d| d.name.as_str()).collect::<Vec<_>>().join(", ")
        ),
        Failure::ValuesFile { message, .. }
        | Failure::ChartValues { message, .. }
        | Failure::Set { message, .. }
        | Failure::Values(message) => message.clone(),
        Failure::Schema(violations) => {
            let mut out = "values don't meet the specifications of the schema(s) in the following chart(s):"
                .to_string();
            let mut chart = None;
            for violation in violations {
                if chart != Some(&violation.chart) {
                    chart = Some(&violation.chart);
                    out.push_str(&format!("\n{}:", violation.chart));
                }
                out.push_str(&format!("\n- at `{}`: {}", violation.path, violation.message));
            }
            out
        }
        Failure::BadSchema { message, .. } => format!("the values schema cannot be used: {message}"),
        Failure::KubeVersion { wanted, given, .. } => {
            format!("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {given}")
        }
        Failure::Template(error) => template_message(error),
        Failure::Manifest { bad, .. } => bad.message.clone(),
    }
}

/// What Helm makes of Go's error.
fn template_message(error: &TemplateError) -> String {
    let location = |message: &str| {
        let mut parts = message.splitn(3, ": ");
        parts.next();
        parts.next().unwrap_or("").to_string()
    };
    match error.kind {
        ErrorKind::Parse => {
            format!("parse error at ({}): {}", location(&error.message), last_part(&error.message))
        }
        ErrorKind::Fail | ErrorKind::Required => {
            format!("execution error at ({}): {}", location(&error.message), error.reason)
        }
        _ => error.message.clone(),
    }
}

fn last_part(message: &str) -> &str {
    message.rsplit(": ").next().unwrap_or(message)
}
