//! The environment of a container as the process sees it: the later entry wins, `$(X)` is expanded from earlier
//! entries, what `envFrom` brings is unknown.

use super::At;

/// Where a variable's value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EnvSource {
    /// `value`, as written and with `$(X)` expanded as far as X is known (a `$(X)` that is not stays as it is).
    Literal {
        /// As written.
        written: String,
        /// Expanded.
        expanded: String,
    },
    /// `valueFrom.fieldRef.fieldPath`
    Field(String),
    /// `valueFrom.secretKeyRef`: name, key.
    Secret(String, String),
    /// `valueFrom.configMapKeyRef`: name, key.
    ConfigMap(String, String),
    /// Anything else, or something that a template or a secret store puts in.
    Unknown,
}

/// One entry of `env`.
#[derive(Clone, Debug)]
pub struct EnvEntry {
    /// The entry's mapping.
    pub at: At,
    /// The `name` scalar.
    pub name_at: At,
    /// The scalar that holds the value: `value`, or the innermost scalar of `valueFrom` (`fieldPath`, `key`).
    pub value_at: Option<At>,
    /// The variable.
    pub name: String,
    /// Its value.
    pub source: EnvSource,
    /// Indices of the earlier entries that `$(X)` of this one refers to.
    pub refers_to: Vec<usize>,
}

/// The environment of one container.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// The entries as written.
    pub entries: Vec<EnvEntry>,
    /// The container has `envFrom`: variables that are not listed are unknown.
    pub from_unknown: bool,
}

impl Env {
    /// The entry that counts: the last one of that name.
    pub fn get(&self, name: &str) -> Option<&EnvEntry> {
        self.entries.iter().rev().find(|entry| entry.name == name)
    }
    /// The literal that counts, expanded. An empty string counts as unset.
    pub fn literal(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.source {
            EnvSource::Literal { expanded, .. } if !expanded.is_empty() => Some(expanded),
            _ => None,
        }
    }
}
