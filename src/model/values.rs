//! Values of a chart, merged as Helm merges them, each with the span of the winning key.
//!
//! Deliberately absent: rendering (`ddlint-helm` has its own value graph); this is what rules ask when a chart is
//! not at hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{At, DocId};
use ddlint_yaml::NodeId;

/// Where a value was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueAt {
    /// The document.
    pub doc: DocId,
    /// Its key: a key of a mapping, or the `name` of an Application's parameter.
    pub key: Option<NodeId>,
    /// The value.
    pub value: NodeId,
}

impl ValueAt {
    /// The key, or the value where there is no key.
    pub fn key_at(&self) -> At {
        At { doc: self.doc, node: self.key.unwrap_or(self.value) }
    }
    /// The value.
    pub fn value_at(&self) -> At {
        At { doc: self.doc, node: self.value }
    }
}

/// What a value is.
#[derive(Clone, PartialEq, Debug)]
pub enum ValueData {
    /// `null` that deleted nothing (at the top, or in a list).
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Str(Arc<str>),
    /// Encrypted, templated or put in by something else: nothing is known.
    Unknown,
    /// A list.
    List(Vec<Value>),
    /// A mapping.
    Map(BTreeMap<Arc<str>, Value>),
}

/// A value and where the winning one was given.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    /// What it is.
    pub data: ValueData,
    /// Where; none for values from the command line.
    pub at: Option<ValueAt>,
    /// Where it was given before and lost, nearest first.
    pub shadowed: Vec<ValueAt>,
}

impl Value {
    /// The value below the keys.
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| match &value.data {
            ValueData::Map(map) => map.get(*key),
            _ => None,
        })
    }
    /// A truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            ValueData::Bool(b) => Some(b),
            _ => None,
        }
    }
    /// A string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            ValueData::Str(s) => Some(s),
            _ => None,
        }
    }
    /// The items of a list.
    pub fn items(&self) -> &[Value] {
        match &self.data {
            ValueData::List(items) => items,
            _ => &[],
        }
    }
    /// Go's truth, as templates test it; none where nothing is known.
    pub fn truth(&self) -> Option<bool> {
        Some(match &self.data {
            ValueData::Null => false,
            ValueData::Bool(b) => *b,
            ValueData::Number(n) => *n != 0.0,
            ValueData::Str(s) => !s.is_empty(),
            ValueData::Unknown => return None,
            ValueData::List(items) => !items.is_empty(),
            ValueData::Map(map) => !map.is_empty(),
        })
    }
}
