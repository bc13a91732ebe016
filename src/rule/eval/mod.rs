//! Running rules over a model. Views are built once; rules are grouped by view, and a literal of their conditions
//! decides which members they see at all; relations are hash look-ups, made once per scope when they are first asked.
//! The same input gives the same findings, with any number of threads.

pub(crate) mod fix;
mod frame;
mod merge;
pub(crate) use merge::merge_led_back;
pub(super) mod ops;
mod relation;
mod report;
mod truth;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use self::frame::{Cache, Eval, Frame, Selected};
use self::relation::{Key, RelationState, key};
use super::condition::Declared;
use super::{Check, Locator, Registry, Rule, Selection};
use crate::checks::{CheckContext, Findings};
use crate::finding::Finding;
use crate::model::{Model, ScopeId};
use crate::source::Place;
use crate::views::{Fact, ViewSet, raw};

/// Members are handed out in portions of this size.
const PORTION: usize = 256;

/// What all rules share.
pub(super) struct Run<'a> {
    model: &'a Model,
    views: &'a ViewSet,
    locator: &'a Locator<'a>,
}

/// A scope with what rules found out about it.
pub(super) struct ScopeRun<'a> {
    run: &'a Run<'a>,
    scope: ScopeId,
}

/// What a rule keeps for all members of a scope.
pub(super) struct RuleState {
    relations: Vec<RelationState>,
}

/// The selected declared rules of one view.
struct Group<'a> {
    view: usize,
    /// By fact, then by its value: the rules that ask for that value.
    gates: BTreeMap<usize, HashMap<Key, Vec<usize>>>,
    /// Rules that look at every member.
    open: Vec<usize>,
    rules: Vec<(&'a Rule, &'a Declared, bool)>,
}

/// Runs the selected rules over a model.
pub fn run(model: &Model, registry: &Registry, selection: &Selection) -> Vec<Finding> {
    run_with(model, &ViewSet::build(model), registry, selection)
}

/// Runs the selected rules over a model whose views are built already.
pub fn run_with(model: &Model, views: &ViewSet, registry: &Registry, selection: &Selection) -> Vec<Finding> {
    let locator = Locator::new(model);
    let run = Run { model, views, locator: &locator };
    let rules: Vec<(&Arc<Rule>, bool)> = {
        let all: Vec<&Arc<Rule>> = registry.rules().collect();
        let selected = selection.indices();
        selected.filter_map(|(index, pedantic)| all.get(index).map(|rule| (*rule, pedantic))).collect()
    };
    let groups = group(&rules);
    let scopes: Vec<ScopeId> = (0..model.scopes.len().max(1)).map(|scope| ScopeId(scope as u32)).collect();
    let mut findings: Vec<Finding> = scopes
        .par_iter()
        .flat_map_iter(|scope| {
            let scope = ScopeRun { run: &run, scope: *scope };
            groups.iter().flat_map(|group| scope.group(group)).collect::<Vec<_>>()
        })
        .collect();
    let builtin: Vec<Vec<Finding>> = rules
        .par_iter()
        .filter_map(|(rule, _)| match &rule.check {
            Check::Builtin(level, function) => {
                let context = CheckContext { model, views, locator: &locator, rule, level: *level };
                let mut out = Findings::default();
                function(&context, &mut out);
                Some(out.into_list())
            }
            _ => None,
        })
        .collect();
    findings.extend(builtin.into_iter().flatten());
    let yields = rules.iter().map(|(rule, _)| (&*rule.id, rule.yields_to.as_slice()));
    merge::yielded(model, merge::merge(model, findings), yields.filter(|(_, to)| !to.is_empty()).collect())
}

fn group<'a>(rules: &[(&'a Arc<Rule>, bool)]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<usize, Group<'a>> = BTreeMap::new();
    for (rule, pedantic) in rules {
        let Check::Declared(declared) = &rule.check else { continue };
        let view = declared.view;
        let empty = || Group { view, gates: BTreeMap::new(), open: Vec::new(), rules: Vec::new() };
        let group = groups.entry(view).or_insert_with(empty);
        let index = group.rules.len();
        group.rules.push((rule, declared, *pedantic));
        let keys =
            declared.gate.as_ref().map(|gate| gate.values.iter().map(key).collect::<Option<Vec<Key>>>());
        match (&declared.gate, keys) {
            (Some(gate), Some(Some(keys))) => {
                let by_value = group.gates.entry(gate.fact).or_default();
                for key in keys {
                    by_value.entry(key).or_default().push(index);
                }
            }
            _ => group.open.push(index),
        }
    }
    groups.into_values().collect()
}

impl ScopeRun<'_> {
    /// The findings of a group of rules in this scope.
    fn group(&self, group: &Group<'_>) -> Vec<Finding> {
        let members = self.run.views.at(group.view).len(self.scope) as u32;
        if members == 0 {
            return Vec::new();
        }
        let states: Vec<RuleState> = group
            .rules
            .iter()
            .map(|(_, declared, _)| {
                let relations = declared.relations.iter().map(|_| RelationState::default()).collect();
                RuleState { relations }
            })
            .collect();
        let portions: Vec<u32> = (0..members).step_by(PORTION).collect();
        portions
            .par_iter()
            .flat_map_iter(|start| {
                let mut out = Vec::new();
                for member in *start..(*start + PORTION as u32).min(members) {
                    self.member(group, &states, member, &mut out);
                }
                out
            })
            .collect()
    }

    fn member(&self, group: &Group<'_>, states: &[RuleState], member: u32, out: &mut Vec<Finding>) {
        let cache = Cache::default();
        let frame = Frame { view: group.view, member, selected: None, cache: Some(&cache) };
        let view = self.run.views.at(group.view);
        let gated = group.gates.iter().flat_map(|(fact, by_value)| {
            let fact = view.fact(self.run.model, self.scope, member, *fact);
            key(&fact.value).and_then(|value| by_value.get(&value)).into_iter().flatten()
        });
        for &index in group.open.iter().chain(gated) {
            if let (Some((rule, declared, pedantic)), Some(state)) =
                (group.rules.get(index), states.get(index))
            {
                let eval = Eval { scope: self, rule: declared, state, pedantic: *pedantic };
                eval.member(rule, &frame, out);
            }
        }
    }
}

impl Eval<'_> {
    /// The findings of one rule about one member.
    fn member(&self, rule: &Rule, frame: &Frame<'_>, out: &mut Vec<Finding>) {
        let Some(query) = &self.rule.select else {
            self.one(rule, frame, out);
            return;
        };
        let run = self.scope.run;
        let Some(at) = run.views.at(frame.view).node(run.model, self.scope.scope, frame.member) else {
            return;
        };
        let root = run.model.node(at);
        for found in query.select(root) {
            let key = found.key.map_or(Fact::ABSENT, |key| {
                let place = Place { file: run.model.doc(at.doc).file, span: key.span() };
                Fact::str(key.key_string().unwrap_or_default(), Some(place))
            });
            let path = run.model.doc(at.doc).tree.normalized_path(found.value.id());
            let selected =
                Selected { fact: raw::fact(run.model, at.doc, found.value), key, path: path.into() };
            self.one(rule, &Frame { selected: Some(&selected), ..*frame }, out);
        }
    }

    fn one(&self, rule: &Rule, frame: &Frame<'_>, out: &mut Vec<Finding>) {
        if !self.holds(&self.rule.when, frame, frame).holds() {
            return;
        }
        let mut cases = self.rule.cases.iter().filter(|case| self.pedantic || !case.pedantic);
        let case = cases.find(|case| self.holds(&case.when, frame, frame).holds());
        out.extend(case.and_then(|case| self.finding(rule, case, frame)));
    }
}
