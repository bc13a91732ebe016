//! The members of a view with all their facts: how a rule is written, and how a fact is debugged.
//!
//! Deliberately absent: printing. Values of Secrets are facts like others; who prints them masks them.

use ddlint_yaml::Query;

use super::{Fact, View, raw};
use crate::finding::ResourceName;
use crate::model::{Model, ScopeId};
use crate::source::Place;

/// A member with what is known about it.
#[derive(Debug)]
pub struct Member {
    /// The scope it was found in.
    pub scope: ScopeId,
    /// Its own place.
    pub place: Option<Place>,
    /// The resource that it is, or belongs to.
    pub resource: Option<ResourceName>,
    /// Its facts in the order of the documentation; families of facts are left out.
    pub facts: Vec<(&'static str, Fact)>,
}

/// What a JSONPath selects from a member's node.
#[derive(Debug)]
pub struct Selected {
    /// The place of the value.
    pub place: Place,
    /// The normalized path of the value in its document.
    pub path: String,
    /// The value.
    pub fact: Fact,
}

fn scopes(model: &Model) -> impl Iterator<Item = ScopeId> {
    (0..model.scopes.len().max(1) as u32).map(ScopeId)
}

/// Every member of a view, scope by scope.
pub fn members(model: &Model, view: &dyn View) -> Vec<Member> {
    let mut members = Vec::new();
    for scope in scopes(model) {
        for member in 0..view.len(scope) as u32 {
            let facts = view.facts().iter().enumerate();
            let facts = facts.map(|(index, spec)| (spec.name, view.fact(model, scope, member, index)));
            members.push(Member {
                scope,
                place: view.place(model, scope, member),
                resource: view.resource(model, scope, member).map(|id| model.resource_name(id)),
                facts: facts.collect(),
            });
        }
    }
    members
}

/// What a JSONPath selects from the nodes of a view's members.
pub fn select(model: &Model, view: &dyn View, query: &Query) -> Vec<Selected> {
    let mut selected = Vec::new();
    for scope in scopes(model) {
        for member in 0..view.len(scope) as u32 {
            let Some(at) = view.node(model, scope, member) else { continue };
            let doc = model.doc(at.doc);
            for found in query.select(model.node(at)) {
                selected.push(Selected {
                    place: Place { file: doc.file, span: found.value.span() },
                    path: doc.tree.normalized_path(found.value.id()),
                    fact: raw::fact(model, at.doc, found.value),
                });
            }
        }
    }
    selected
}
