//! What changes from one render of a release to the next, as rules see it.
//!
//! Deliberately absent: finding it (`crate::drift`).

use super::{ReleaseId, ResourceId};
use crate::source::Place;

pub use crate::drift::Kind;

/// A call behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What is called.
    pub function: String,
    /// Where; none in a packed chart.
    pub place: Option<Place>,
    /// The template and the line, for messages.
    pub template: String,
}

/// A value that ends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// The keys with dots, as a person writes them.
    pub path: String,
    /// Where it is given; none where nothing that can be opened gives it.
    pub place: Option<Place>,
    /// The truth value that ends it; none for any text.
    pub set_to: Option<bool>,
}

/// One cause, and every field that it changes.
#[derive(Clone, Debug)]
pub struct Drift {
    /// What it is.
    pub kind: Kind,
    /// The release.
    pub release: ReleaseId,
    /// The calls.
    pub calls: Vec<Call>,
    /// Values that would end it, the best one first.
    pub keys: Vec<Key>,
    /// What a person edits.
    pub at: Place,
    /// What tells it from other causes for which the same place stands in: the value that ends it, or the template in
    /// an archive.
    pub apart: Option<String>,
    /// The fields, in rendered texts.
    pub fields: Vec<Place>,
    /// Those of them in pod templates.
    pub pods: Vec<Place>,
    /// The resource of the field that stands for all: in a pod template where there is one.
    pub resource: Option<ResourceId>,
    /// Every field belongs to a hook.
    pub hooks_only: bool,
}
