//! Views: lists of things in the model that rules select from, each with named, typed, documented facts that know
//! their place.
//!
//! A view computes; a rule relates. Deliberately absent: severities, messages, conditions of rules.

mod application;
pub mod container;
mod datadog;
mod document;
mod drift;
mod env;
pub mod facts;
pub(crate) mod ignored;
pub mod order;
pub mod query;
pub mod ranks;
pub mod raw;
pub mod release;
pub mod resource;
mod service;
mod step;
mod workload;

use std::sync::{Arc, OnceLock};

use crate::model::{At, Model, ReleaseId, ResourceId, ScopeId};
use crate::near;
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
    /// a member of the view named: its facts can be reached with a dot (`application.automated`)
    Member(&'static str),
    /// a list of members of the view named
    Members(&'static str),
    /// whatever is written there (values, JSONPath): not checked when the rule is loaded
    Any,
}

impl FactType {
    /// The word for it in documentation.
    pub fn word(self) -> String {
        match self {
            FactType::Bool => "boolean".into(),
            FactType::Int => "integer".into(),
            FactType::Str => "string".into(),
            FactType::List => "list".into(),
            FactType::Node => "node".into(),
            FactType::Member(view) => format!("member of `{view}`"),
            FactType::Members(view) => format!("members of `{view}`"),
            FactType::Any => "any".into(),
        }
    }
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

/// A family of facts whose names share a prefix: `env.DD_SITE`, `values.datadog.apm.enabled`.
#[derive(Debug)]
pub struct DynamicSpec {
    /// The prefix with its dot, for example `env.`.
    pub prefix: &'static str,
    /// What a member of the family says.
    pub doc: &'static str,
    /// The type of its members.
    pub kind: FactType,
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
    /// Whether facts of its members depend on what changes from render to render, which costs renders to see.
    fn reads_drift(&self) -> bool {
        false
    }
    /// The facts of its members.
    fn facts(&self) -> &'static [FactSpec];
    /// Families of facts with a prefix.
    fn dynamic(&self) -> &'static [DynamicSpec] {
        &[]
    }
    /// The number of members in a scope.
    fn len(&self, scope: ScopeId) -> usize;
    /// The fact with index `fact` in [`View::facts`] of a member.
    fn fact(&self, model: &Model, scope: ScopeId, member: u32, fact: usize) -> Fact;
    /// The node of a member, from which JSONPath can reach raw fields.
    fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At>;
    /// The place of a member itself (its name, where it has one); none for a member that does not exist.
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place>;
    /// The resource that a member is, or belongs to.
    fn resource(&self, model: &Model, scope: ScopeId, member: u32) -> Option<ResourceId>;
    /// The release whose values a member is made of, or stands in.
    fn release(&self, _: &Model, _: ScopeId, _member: u32) -> Option<ReleaseId> {
        None
    }
    /// The fact `rest` of the family with index `family` in [`View::dynamic`].
    fn dynamic_fact(&self, _: &Model, _: ScopeId, _member: u32, _family: usize, _rest: &str) -> Fact {
        Fact::ABSENT
    }
    /// Where a member stands in the orders of deployment it is part of (sync waves, the lines of a script).
    fn positions(&self, model: &Model, scope: ScopeId, member: u32) -> Vec<order::Position> {
        match self.resource(model, scope, member) {
            Some(resource) => order::of_resource(model, resource),
            None => Vec::new(),
        }
    }
}

/// Every view over one model.
pub struct ViewSet {
    views: Vec<Box<dyn View>>,
}

impl ViewSet {
    /// Builds every view. Their order is the order of documentation.
    pub fn build(model: &Model) -> ViewSet {
        let ranks = Arc::new(ranks::Ranks::build(model));
        let mut views: Vec<Box<dyn View>> = vec![
            Box::new(document::Documents::build(model)),
            Box::new(document::ValuesFiles::build(model)),
            Box::new(resource::Resources::build(model, &ranks)),
            Box::new(workload::Workloads::build(model, &ranks)),
            Box::new(container::Containers::build(model, &ranks)),
            Box::new(env::EnvEntries::build(model, &ranks)),
            Box::new(service::Services::build(model)),
            Box::new(application::Applications::build(model, &ranks)),
            Box::new(release::Releases::build(model, &ranks)),
            Box::new(step::Steps::build(model)),
            Box::new(drift::Drifts::build(model, &ranks)),
        ];
        views.extend(datadog::build(model));
        ViewSet { views }
    }

    /// The views over nothing: names, facts and documentation, against which rule files are checked.
    pub fn catalogue() -> &'static ViewSet {
        static CATALOGUE: OnceLock<ViewSet> = OnceLock::new();
        CATALOGUE.get_or_init(|| ViewSet::build(&Model::default()))
    }

    /// All views.
    pub fn iter(&self) -> impl Iterator<Item = &dyn View> {
        self.views.iter().map(Box::as_ref)
    }

    /// The index of a view by its name.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.views.iter().position(|view| view.name() == name)
    }

    /// The view with an index that [`ViewSet::index`] gave; another index gives the first view.
    pub fn at(&self, index: usize) -> &dyn View {
        self.views.get(index).unwrap_or(&self.views[0]).as_ref()
    }

    /// The view of that name.
    pub fn get(&self, name: &str) -> Option<&dyn View> {
        self.index(name).map(|index| self.at(index))
    }

    /// The nearest name of a view.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        near::nearest(name, self.iter().map(View::name))
    }
}

/// The members of a view sorted into scopes.
#[derive(Debug)]
pub struct ByScope<T> {
    scopes: Vec<Vec<T>>,
}

impl<T> ByScope<T> {
    /// Sorts members into the scopes of a model.
    pub fn new(model: &Model, members: impl IntoIterator<Item = (ScopeId, T)>) -> ByScope<T> {
        let mut scopes: Vec<Vec<T>> = Vec::new();
        scopes.resize_with(model.scopes.len().max(1), Vec::new);
        for (scope, member) in members {
            // A member of no scope of the model would be a slip of the builder; it is kept where it can be seen.
            let at = if (scope.0 as usize) < scopes.len() { scope.0 as usize } else { 0 };
            if let Some(list) = scopes.get_mut(at) {
                list.push(member);
            }
        }
        ByScope { scopes }
    }

    /// The members of a scope.
    pub fn members(&self, scope: ScopeId) -> &[T] {
        self.scopes.get(scope.0 as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// A member.
    pub fn get(&self, scope: ScopeId, member: u32) -> Option<&T> {
        self.members(scope).get(member as usize)
    }

    /// The number of members in a scope.
    pub fn len(&self, scope: ScopeId) -> usize {
        self.members(scope).len()
    }

    /// The first member for which the test holds.
    pub fn position(&self, scope: ScopeId, test: impl Fn(&T) -> bool) -> Option<u32> {
        self.members(scope).iter().position(test).map(|at| at as u32)
    }
}
