//! Values as plain data, for those who look at them after the render, maybe in another thread.
//!
//! Deliberately absent: computing with them (see [`crate::value`]).

use crate::origin::{OriginId, OriginTable};
use crate::value::{Data, Map, Value};
use std::sync::Arc;

/// A value that is shared with nobody.
#[derive(Clone, PartialEq, Debug)]
pub struct ValueTree {
    /// What it is.
    pub data: TreeData,
    /// Where it came from.
    pub origin: OriginId,
}

/// A member of a map.
#[derive(Clone, PartialEq, Debug)]
pub struct TreeMember {
    /// The key.
    pub key: Arc<str>,
    /// Where the key came from.
    pub key_origin: OriginId,
    /// The value.
    pub value: ValueTree,
}

/// The kinds of value.
#[derive(Clone, PartialEq, Debug)]
pub enum TreeData {
    /// null
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number (from `--set`).
    Int(i64),
    /// Any number of a file.
    Float(f64),
    /// A string.
    Str(Arc<str>),
    /// A list.
    List(Vec<ValueTree>),
    /// A map, sorted by key.
    Map(Vec<TreeMember>),
}

impl ValueTree {
    pub(crate) fn of_map(map: &Map, table: &mut OriginTable) -> ValueTree {
        ValueTree::of(&Value::plain(Data::Map(map.clone())), table, 0)
    }

    fn of(value: &Value, table: &mut OriginTable, depth: usize) -> ValueTree {
        let origin = value.origin(table);
        let data = match &value.data {
            _ if depth > 1_000 => TreeData::Null,
            Data::Nil => TreeData::Null,
            Data::Bool(b) => TreeData::Bool(*b),
            Data::Int(i) | Data::Int64(i) => TreeData::Int(*i),
            Data::Float(f) => TreeData::Float(*f),
            Data::Str(text) => TreeData::Str(Arc::from(text.to_str_lossy())),
            Data::List(list) => TreeData::List(
                list.items.borrow().iter().map(|item| ValueTree::of(item, table, depth + 1)).collect(),
            ),
            Data::Map(map) => {
                let member = |(key, entry): (&std::rc::Rc<[u8]>, &crate::value::Entry)| TreeMember {
                    key: Arc::from(String::from_utf8_lossy(key)),
                    key_origin: entry.key_origin,
                    value: ValueTree::of(&entry.value, table, depth + 1),
                };
                TreeData::Map(map.entries.borrow().iter().map(member).collect())
            }
            Data::Object(object) => return ValueTree::of(&object.encode(), table, depth + 1),
        };
        ValueTree { data, origin }
    }

    /// A member of a map.
    pub fn get(&self, key: &str) -> Option<&ValueTree> {
        let TreeData::Map(members) = &self.data else { return None };
        members.iter().find(|m| &*m.key == key).map(|m| &m.value)
    }
}
