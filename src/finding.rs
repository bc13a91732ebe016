//! What a rule gives: a finding with places, not yet drawn for a reader.
//!
//! Deliberately absent: lines and columns (`source`), what is reported in the end (`filter`), wording of formats
//! (`report`).

use std::sync::Arc;

use crate::source::Place;

/// How bad a finding is. The order is by weight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably wrong, or wrong with small harm.
    Warning,
    /// Breaks, drifts or loses data.
    Error,
}

impl Severity {
    /// The word used in options and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "info" => Ok(Severity::Info),
            "warning" => Ok(Severity::Warning),
            "error" => Ok(Severity::Error),
            _ => Err(()),
        }
    }
}

/// The name of a resource in what would be deployed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ResourceName {
    /// For example `apps/v1`.
    pub api_version: String,
    /// For example `Deployment`.
    pub kind: String,
    /// The namespace, where it is known.
    pub namespace: Option<String>,
    /// The name; empty where the manifest has none (`generateName`).
    pub name: String,
}

/// Another place that belongs to a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there, in a few words.
    pub message: String,
}

/// A step of the chain from the place a person edits to the rendered field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OriginStep {
    /// `values`, `template`, `set`, `application`, `release`, `chart`, `capabilities`, `file`, `random`, `literal`.
    pub kind: &'static str,
    /// Where; none for a value from `--set`.
    pub place: Option<Place>,
    /// The path in the parent chart's values, or in the Application.
    pub path: Option<String>,
    /// The value only decided a condition around the field.
    pub tested: bool,
}

/// A field of what would be deployed that the cause of a finding changes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Affected {
    /// The resource.
    pub resource: ResourceName,
    /// The field as a normalized path.
    pub path: String,
}

/// Whether a fix keeps the meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Safety {
    /// Applied by `--fix`.
    Safe,
    /// Applied by `--unsafe-fixes` only.
    Unsafe,
}

/// A replacement of bytes in one file on the disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub place: Place,
    /// The new text.
    pub text: String,
}

/// Edits that mend a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// Whether the meaning is kept.
    pub safety: Safety,
    /// What the edits do, one line.
    pub description: String,
    /// What a person has to do besides; empty where that is nothing.
    pub note: String,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// One finding of one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The severity that the rule proposes; the filter decides.
    pub severity: Severity,
    /// What is wrong, one line, present tense, no full stop.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The resource in what would be deployed; none for a finding about no single resource.
    pub resource: Option<ResourceName>,
    /// A normalized path: into the resource, or into the file where there is no resource.
    pub path: Option<String>,
    /// The place to edit.
    pub primary: Place,
    /// The rendered field that it is about, where the primary place stands elsewhere.
    pub about: Option<Place>,
    /// What the primary place shows, in a few words; may be empty.
    pub label: String,
    /// What keeps it apart from another finding of its rule at the same place; mostly empty, as one place is one
    /// cause.
    pub apart: String,
    /// Other places, in the order in which they help the reader.
    pub related: Vec<Related>,
    /// The chain from the place to the rendered field.
    pub origin: Vec<OriginStep>,
    /// Every field that the cause changes.
    pub affected: Vec<Affected>,
    /// How to mend it.
    pub fix: Option<Fix>,
}

/// An input that ddlint could not work with: exit code 2.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InputError {
    /// A stable code, for example `yaml-syntax`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where, if the file could be read.
    pub place: Option<Place>,
    /// The file's name where there is no place.
    pub file: Option<String>,
}
