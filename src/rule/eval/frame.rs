//! A member under examination, and the values and places that a rule can ask of it.

use std::cell::RefCell;
use std::sync::Arc;

use super::relation::Found;
use super::{RuleState, ScopeRun};
use crate::rule::condition::{Declared, FactRef, Operand, Piece, Source, Template, Which};
use crate::rule::eval::ops::Around;
use crate::rule::eval::truth::Truth;
use crate::source::Place;
use crate::views::{Fact, FactValue, raw};

/// A match of `select`.
pub(super) struct Selected {
    pub(super) fact: Fact,
    pub(super) key: Fact,
    pub(super) path: Arc<str>,
}

/// Facts of one member, each computed once.
#[derive(Default)]
pub(super) struct Cache(RefCell<Vec<Option<Fact>>>);

/// A member.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) view: usize,
    pub(super) member: u32,
    pub(super) selected: Option<&'a Selected>,
    pub(super) cache: Option<&'a Cache>,
}

impl Frame<'_> {
    pub(super) fn of(view: usize, member: u32) -> Frame<'static> {
        Frame { view, member, selected: None, cache: None }
    }
}

/// The members that a text or place is about, where a relation or a side of a comparison has several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// All of them.
    All,
    /// One member of a relation.
    Relation(usize, u32),
    /// One member of a side of a comparison.
    Side(usize, bool, u32),
}

/// A rule in a scope.
#[derive(Clone, Copy)]
pub(super) struct Eval<'a> {
    pub(super) scope: &'a ScopeRun<'a>,
    pub(super) rule: &'a Declared,
    pub(super) state: &'a RuleState,
    /// Cases for the pedantic count too.
    pub(super) pedantic: bool,
}

impl<'a> Eval<'a> {
    /// A fact of a member.
    pub(super) fn fact(&self, fact: &FactRef, frame: &Frame<'_>) -> Fact {
        let (run, scope) = (self.scope.run, self.scope.scope);
        if let (Which::Fixed(index), true, Some(cache)) = (&fact.which, fact.hops.is_empty(), frame.cache) {
            let known = cache.0.borrow().get(*index).cloned().flatten();
            if let Some(known) = known {
                return known;
            }
            let value = run.views.at(fact.view).fact(run.model, scope, frame.member, *index);
            let mut slots = cache.0.borrow_mut();
            if slots.len() <= *index {
                slots.resize(*index + 1, None);
            }
            if let Some(slot) = slots.get_mut(*index) {
                *slot = Some(value.clone());
            }
            return value;
        }
        let mut member = frame.member;
        for (view, index) in &fact.hops {
            match run.views.at(*view).fact(run.model, scope, member, *index).value {
                FactValue::Member(_, other) => member = other,
                FactValue::Unknown => return Fact::UNKNOWN,
                _ => return Fact::ABSENT,
            }
        }
        let view = run.views.at(fact.view);
        match &fact.which {
            Which::Fixed(index) => view.fact(run.model, scope, member, *index),
            Which::Dynamic(family, rest) => view.dynamic_fact(run.model, scope, member, *family, rest),
        }
    }

    /// The place of a member itself.
    pub(super) fn member_place(&self, view: usize, member: u32) -> Option<Place> {
        let run = self.scope.run;
        run.views.at(view).place(run.model, self.scope.scope, member)
    }

    /// The values of a source, one for each thing it names.
    fn values(&self, source: &Source, frame: &Frame<'_>, focus: Focus) -> Vec<Fact> {
        let run = self.scope.run;
        match source {
            Source::Fact(fact) => vec![self.fact(fact, frame)],
            Source::Path(query) => {
                let view = run.views.at(frame.view);
                let Some(at) = view.node(run.model, self.scope.scope, frame.member) else {
                    return vec![Fact::ABSENT];
                };
                let matches = query.select(run.model.node(at));
                let mut facts = matches.into_iter().map(|found| raw::fact(run.model, at.doc, found.value));
                if query.is_singular() {
                    return vec![facts.next().unwrap_or(Fact::ABSENT)];
                }
                vec![Fact { value: FactValue::List(facts.collect()), place: None }]
            }
            Source::Value => vec![frame.selected.map_or(Fact::ABSENT, |selected| selected.fact.clone())],
            Source::Key => vec![frame.selected.map_or(Fact::ABSENT, |selected| selected.key.clone())],
            Source::MatchPath => {
                vec![frame.selected.map_or(Fact::ABSENT, |selected| Fact::str(&*selected.path, None))]
            }
            Source::Related(relation, fact) => {
                let view = self.rule.relations.get(*relation).map_or(0, |relation| relation.view);
                let members = self.members(*relation, frame, focus);
                members.into_iter().map(|member| self.fact(fact, &Frame::of(view, member))).collect()
            }
            Source::RelatedMember(relation) => {
                let view = self.rule.relations.get(*relation).map_or(0, |relation| relation.view);
                let members = self.members(*relation, frame, focus);
                members.into_iter().map(|member| self.member_fact(view, member)).collect()
            }
            Source::Side(compare, odd, fact) => {
                let view = self.compared_view(*compare);
                let members = self.side(*compare, *odd, frame, focus);
                members.into_iter().map(|member| self.fact(fact, &Frame::of(view, member))).collect()
            }
            Source::SideValue(compare, odd) => {
                let Some(it) = self.rule.compares.get(*compare) else { return Vec::new() };
                let view = self.compared_view(*compare);
                let members = self.side(*compare, *odd, frame, focus);
                members.into_iter().map(|member| self.fact(&it.value, &Frame::of(view, member))).collect()
            }
            Source::SideMember(compare, odd) => {
                let view = self.compared_view(*compare);
                let members = self.side(*compare, *odd, frame, focus);
                members.into_iter().map(|member| self.member_fact(view, member)).collect()
            }
            Source::Order(relation, other) => self
                .orders(*relation, frame, focus)
                .into_iter()
                .map(|(_, own, its)| {
                    let position = if *other { its } else { own };
                    Fact { value: FactValue::Bool(true), place: Some(position.place) }
                })
                .collect(),
            Source::OrderIn(relation) => {
                let orders = self.orders(*relation, frame, focus);
                orders.into_iter().map(|(_, own, _)| Fact::str(own.sequence.kind(), None)).collect()
            }
        }
    }

    /// A member as text: its `name`, where the view has such a fact.
    fn member_fact(&self, view: usize, member: u32) -> Fact {
        let run = self.scope.run;
        let it = run.views.at(view);
        let name = it.facts().iter().position(|fact| fact.name == "name");
        let value =
            name.map_or(FactValue::Absent, |name| it.fact(run.model, self.scope.scope, member, name).value);
        Fact { value, place: self.member_place(view, member) }
    }

    fn compared_view(&self, compare: usize) -> usize {
        let across = self.rule.compares.get(compare).map(|compare| compare.across);
        across.and_then(|across| self.rule.relations.get(across)).map_or(0, |relation| relation.view)
    }

    fn members(&self, relation: usize, frame: &Frame<'_>, focus: Focus) -> Vec<u32> {
        match focus {
            Focus::Relation(focused, member) if focused == relation => vec![member],
            _ => self.found(relation, frame).members,
        }
    }

    fn side(&self, compare: usize, odd: bool, frame: &Frame<'_>, focus: Focus) -> Vec<u32> {
        match focus {
            Focus::Side(focused, its_odd, member) if focused == compare && its_odd == odd => vec![member],
            _ => {
                let sides = self.sides(compare, frame);
                if odd { sides.odd } else { sides.others }
            }
        }
    }

    fn orders(
        &self,
        relation: usize,
        frame: &Frame<'_>,
        focus: Focus,
    ) -> Vec<(u32, crate::views::order::Position, crate::views::order::Position)> {
        let Found { orders, .. } = self.found(relation, frame);
        match focus {
            Focus::Relation(focused, member) if focused == relation => {
                orders.into_iter().filter(|(other, ..)| *other == member).collect()
            }
            _ => orders,
        }
    }

    /// The value of a source: one value, or a list of the different ones.
    pub(super) fn value(&self, source: &Source, frame: &Frame<'_>, focus: Focus) -> Fact {
        let values = self.values(source, frame, focus);
        let mut distinct: Vec<Fact> = Vec::new();
        for fact in values {
            if !distinct.iter().any(|known| known.value == fact.value) {
                distinct.push(fact);
            }
        }
        match distinct.len() {
            0 => Fact::ABSENT,
            1 => distinct.pop().unwrap_or(Fact::ABSENT),
            _ => Fact { value: FactValue::List(distinct), place: None },
        }
    }

    /// The places of a source, in order.
    pub(super) fn places(&self, source: &Source, frame: &Frame<'_>, focus: Focus) -> Vec<Place> {
        let mut places = Vec::new();
        for fact in self.values(source, frame, focus) {
            match (&fact.place, &fact.value) {
                (Some(place), _) => places.push(*place),
                (None, FactValue::List(items)) => places.extend(items.iter().filter_map(|item| item.place)),
                // A member of another view stands where it stands.
                (None, FactValue::Member(view, member)) => {
                    let view = self.scope.run.views.index(view);
                    places.extend(view.and_then(|view| self.member_place(view, *member)));
                }
                _ => {}
            }
        }
        places
    }

    /// Fills a text. `None` for the second part where a hole has no value or several.
    pub(super) fn text(&self, template: &Template, frame: &Frame<'_>, focus: Focus) -> (String, bool) {
        let mut text = String::new();
        let mut exact = true;
        for piece in &template.pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Hole { source, otherwise, ticked } => {
                    let value = self.value(source, frame, focus).value;
                    exact &= matches!(value, FactValue::Bool(_) | FactValue::Int(_) | FactValue::Str(_));
                    let mut printed = Vec::new();
                    self.print(&value, &mut printed);
                    let printed = printed.join(if *ticked { "`, `" } else { ", " });
                    match otherwise {
                        Some(otherwise) if printed.is_empty() => text.push_str(otherwise),
                        _ => text.push_str(&printed),
                    }
                }
            }
        }
        (text, exact)
    }

    /// A value as words: each item of a list, members of other views by their names, nothing for what is not there.
    fn print(&self, value: &FactValue, words: &mut Vec<String>) {
        match value {
            FactValue::List(items) => items.iter().for_each(|item| self.print(&item.value, words)),
            FactValue::Member(view, member) => {
                if let Some(view) = self.scope.run.views.index(view) {
                    self.print(&self.member_fact(view, *member).value, words);
                }
            }
            value => {
                let printed = value.print();
                if !printed.is_empty() && !words.contains(&printed) {
                    words.push(printed);
                }
            }
        }
    }

    /// What operators ask for, with the values of a member.
    pub(super) fn around<'f>(&'f self, frame: &'f Frame<'f>) -> Captured<'f> {
        Captured { eval: self, frame }
    }
}

/// Operands with the values of a member.
pub(super) struct Captured<'f> {
    eval: &'f Eval<'f>,
    frame: &'f Frame<'f>,
}

impl Around for Captured<'_> {
    fn operand(&self, operand: &Operand) -> Fact {
        match operand {
            Operand::Literal(value) => Fact { value: value.clone(), place: None },
            Operand::Capture(source) => self.eval.value(source, self.frame, Focus::All),
            Operand::Text(template) => {
                let (text, exact) = self.eval.text(template, self.frame, Focus::All);
                if exact { Fact::str(text, None) } else { Fact::UNKNOWN }
            }
        }
    }

    fn is_fraction(&self, fact: &Fact) -> bool {
        let Some(place) = fact.place else { return false };
        let node = self.eval.scope.run.locator.exact(place);
        node.is_some_and(|(_, node)| matches!(node.scalar(), Some(ddlint_yaml::Scalar::Float(_))))
    }
}

/// For the sides of a comparison.
#[derive(Clone, Debug, Default)]
pub(super) struct Sides {
    pub(super) odd: Vec<u32>,
    pub(super) others: Vec<u32>,
    pub(super) unknown: bool,
}

impl Sides {
    pub(super) fn truth(&self) -> Truth {
        match () {
            () if self.unknown => Truth::Unknown,
            () => Truth::of(!self.odd.is_empty() && !self.others.is_empty()),
        }
    }
}
