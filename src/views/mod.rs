//! Views: lists of things in the model that rules select from, each with named, typed, documented facts that know
//! their place.
//!
//! A view computes; a rule relates. Deliberately absent: severities, messages, conditions of rules.

use std::sync::Arc;

use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;

/// The type of a fact, for checking rule files when they are loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FactType {
    /// true or false
    Bool,
    /// a whole number
    Int,
    /// text
    Str,
    /// a list of facts of one type
    List,
    /// a node of a manifest: only its presence and its place can be used
    Node,
    /// a member of another view
    Member,
}

/// A named fact of a view.
#[derive(Debug)]
pub struct FactSpec {
    /// The name in rule files, for example `target.kind`.
    pub name: &'static str,
    /// Its type.
    pub kind: FactType,
    /// What it says, with its source.
    pub doc: &'static str,
}

/// The value of a fact.
#[derive(Clone, PartialEq, Debug)]
pub enum FactValue {
    /// The thing has no such fact.
    Absent,
    /// Nothing is known (a placeholder, an encrypted value): no condition on it holds, nor does its opposite.
    Unknown,
    /// true or false
    Bool(bool),
    /// a whole number
    Int(i64),
    /// text
    Str(Arc<str>),
    /// a list
    List(Vec<Fact>),
    /// a node
    Node(At),
    /// a member of another view: name of the view, index
    Member(&'static str, u32),
}

/// A fact and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// Its value.
    pub value: FactValue,
    /// Where a person would change it.
    pub place: Option<Place>,
}

impl Fact {
    /// A fact that is not there.
    pub const ABSENT: Fact = Fact { value: FactValue::Absent, place: None };
    /// A fact about which nothing is known.
    pub const UNKNOWN: Fact = Fact { value: FactValue::Unknown, place: None };
    /// true or false
    pub fn bool(value: bool, place: Option<Place>) -> Fact {
        Fact { value: FactValue::Bool(value), place }
    }
    /// a whole number
    pub fn int(value: i64, place: Option<Place>) -> Fact {
        Fact { value: FactValue::Int(value), place }
    }
    /// text
    pub fn str(value: impl AsRef<str>, place: Option<Place>) -> Fact {
        Fact { value: FactValue::Str(Arc::from(value.as_ref())), place }
    }
}

/// A list of things in the model. Members are made once per scope; facts are computed when a rule asks.
pub trait View: Send + Sync {
    /// The name in rule files.
    fn name(&self) -> &'static str;
    /// What its members are.
    fn doc(&self) -> &'static str;
    /// The facts of its members.
    fn facts(&self) -> &'static [FactSpec];
    /// The number of members in a scope.
    fn len(&self, scope: ScopeId) -> usize;
    /// The fact with index `fact` in [`View::facts`] of a member.
    fn fact(&self, model: &Model, scope: ScopeId, member: u32, fact: usize) -> Fact;
    /// The node of a member, from which JSONPath can reach raw fields.
    fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At>;
    /// The place of a member itself (its name, where it has one).
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Place;
    /// The resource that a member is, or belongs to.
    fn resource(&self, model: &Model, scope: ScopeId, member: u32) -> Option<ResourceId>;
}
