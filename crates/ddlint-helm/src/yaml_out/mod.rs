//! Values to YAML text, byte for byte as Helm's `toYaml` and `toYamlPretty` print it.
//!
//! `toYaml` is sigs.k8s.io/yaml: the value goes through JSON ([`through_json`]) and is then written by go-yaml v2
//! with its own ideas of key order ([`order`]), quoting ([`scalar`], [`resolve`]) and folding at 80 columns
//! ([`write`]). `toYamlPretty` is go-yaml v3 without the detour. What is written keeps the origin of every scalar's
//! bytes; indentation and punctuation have the origin of the collection that they belong to.
//!
//! Deliberately absent: comments, anchors, flow style other than `{}` and `[]` (neither emitter is asked for them).

pub(crate) mod number;
mod order;
mod resolve;
mod scalar;
pub(crate) mod through_json;
mod tree;
mod write;

use crate::text::Text;
use crate::value::Value;

/// Which emitter is imitated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flavour {
    /// go-yaml v2, behind JSON.
    V2,
    /// go-yaml v3 with an indentation of two.
    V3,
}

/// Collections nested deeper than this cannot be written; a map that holds itself is such a collection.
const DEEPEST: usize = 1000;

/// What `toYaml` prints: no newline at the end; none where Go reports an error.
pub(crate) fn to_yaml(value: &Value) -> Option<Text> {
    tree::emit(value, Flavour::V2).ok()
}

/// What `toYamlPretty` prints; none where Go reports an error.
pub(crate) fn to_yaml_pretty(value: &Value) -> Option<Text> {
    tree::emit(value, Flavour::V3).ok()
}
