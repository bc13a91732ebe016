//! Short ways to make facts.

use super::{Fact, FactValue};
use crate::model::{At, Model};
use crate::source::Place;

/// Text that may be missing, at a place that may be missing.
pub fn text(value: Option<&str>, place: Option<Place>) -> Fact {
    match value {
        Some(value) if super::raw::is_placeholder(value) => Fact { value: FactValue::Unknown, place },
        Some(value) => Fact::str(value, place),
        None => Fact { value: FactValue::Absent, place },
    }
}

/// A list of texts, each with its place.
pub fn texts<'a>(items: impl IntoIterator<Item = (&'a str, Option<Place>)>) -> Fact {
    let items = items.into_iter().map(|(item, place)| text(Some(item), place)).collect();
    Fact { value: FactValue::List(items), place: None }
}

/// A list of whole numbers, each with its place.
pub fn ints(items: impl IntoIterator<Item = (i64, Option<Place>)>) -> Fact {
    let items = items.into_iter().map(|(item, place)| Fact::int(item, place)).collect();
    Fact { value: FactValue::List(items), place: None }
}

/// A member of another view, if there is one.
pub fn member(view: &'static str, member: Option<u32>, place: Option<Place>) -> Fact {
    match member {
        Some(member) => Fact { value: FactValue::Member(view, member), place },
        None => Fact::ABSENT,
    }
}

/// Members of another view.
pub fn members(view: &'static str, members: impl IntoIterator<Item = u32>) -> Fact {
    let item = |member| Fact { value: FactValue::Member(view, member), place: None };
    Fact { value: FactValue::List(members.into_iter().map(item).collect()), place: None }
}

/// A node of a manifest, if there is one.
pub fn node(model: &Model, at: Option<At>) -> Fact {
    match at {
        Some(at) => Fact { value: FactValue::Node(at), place: Some(model.place(at)) },
        None => Fact::ABSENT,
    }
}

/// The place of a handle, if there is one.
pub fn place(model: &Model, at: Option<At>) -> Option<Place> {
    at.map(|at| model.place(at))
}

impl Fact {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            FactValue::Str(text) => Some(text),
            _ => None,
        }
    }
    /// The items of a list; nothing for anything else.
    pub fn items(&self) -> &[Fact] {
        match &self.value {
            FactValue::List(items) => items,
            _ => &[],
        }
    }
}

impl FactValue {
    /// As it is printed in a message: lists with commas, nothing for what is absent.
    pub fn print(&self) -> String {
        match self {
            FactValue::Absent | FactValue::Unknown | FactValue::Node(_) | FactValue::Member(..) => {
                String::new()
            }
            FactValue::Bool(value) => value.to_string(),
            FactValue::Int(value) => value.to_string(),
            FactValue::Str(text) => text.to_string(),
            FactValue::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.value.print()).collect();
                items.into_iter().filter(|item| !item.is_empty()).collect::<Vec<_>>().join(", ")
            }
        }
    }
}
