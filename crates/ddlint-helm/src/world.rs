//! What a render cannot know: what is drawn at random, what time it is, which objects the cluster holds.
//!
//! A render takes fixed answers to these questions. A second render with other answers shows exactly which fields
//! depend on them: the drift of a chart under ArgoCD. Deliberately absent: randomness, clocks, a cluster.

use ddlint_yaml::Document;
use std::sync::Arc;

/// The answers that one render takes.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// What random functions give and what time it is.
    pub draw: Draw,
    /// What `lookup` finds; without a cluster (as under ArgoCD) it finds nothing.
    pub cluster: Option<Cluster>,
}

/// Which of two fixed draws random functions give. Both have the right form; no byte of one says what the other is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Draw {
    /// The usual one.
    #[default]
    First,
    /// Another one, a year and a bit later, with what has no order turned round.
    Second,
}

impl Draw {
    /// One of two.
    pub(crate) fn pick<T>(self, first: T, second: T) -> T {
        match self {
            Draw::First => first,
            Draw::Second => second,
        }
    }
}

/// The objects that `lookup` finds.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Manifests. One without a namespace is found in every namespace.
    pub objects: Vec<Arc<Document>>,
    /// Whether an object of which nothing but its name is known is found where no manifest matches.
    pub holds_anything: bool,
}
