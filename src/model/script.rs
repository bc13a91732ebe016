//! Shell scripts, as far as they deploy something: the order of their `kubectl` and `helm` lines.

use crate::source::{FileId, Place};

use super::{ReleaseId, ResourceId};

/// What a line of a script does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepKind {
    /// `kubectl apply -f …`, `kubectl create -f …`, `kustomize build … | kubectl apply -f -`: the files named, and the
    /// resources of the input that are applied.
    Apply {
        /// Files and folders, relative to the root, that exist in the input.
        files: Vec<String>,
        /// What they hold.
        resources: Vec<ResourceId>,
    },
    /// `helm install` or `helm upgrade`.
    Helm {
        /// The release in the model.
        release: Option<ReleaseId>,
        /// The chart as written.
        chart: String,
        /// The release's name as written.
        name: String,
        /// `--wait` is given.
        wait: bool,
    },
    /// `kubectl rollout restart`: kind/name as written.
    Restart(String),
    /// `kubectl wait`, `kubectl rollout status`, a loop around `kubectl get`.
    Wait(String),
    /// Something contacts a host and port (`curl`, `wget`, `nc`): the words.
    Contact(String),
    /// `kubectl set env`: the words.
    SetEnv(String),
}

/// A line that matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The command.
    pub place: Place,
    /// What it does.
    pub kind: StepKind,
    /// Branches around it (`if` arms, `case` arms) as (construct, arm) pairs: two steps of one construct in other
    /// arms exclude each other.
    pub branches: Vec<(u32, u32)>,
}

/// A shell script that deploys something.
#[derive(Debug)]
pub struct Script {
    /// Its text.
    pub file: FileId,
    /// Its steps in the order in which they run (functions at their call).
    pub steps: Vec<Step>,
}
