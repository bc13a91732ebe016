//! Conditions of a member, its relations to other members by hash look-ups, and comparisons across a group.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::frame::{Eval, Focus, Frame, Sides};
use super::ops::{apply, same};
use super::truth::Truth;
use crate::rule::condition::{Among, Cond, Join, Relation};
use crate::views::order::{Position, Sequence};
use crate::views::{Fact, FactValue};

/// What was found for a relation.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) truth: Truth,
    /// The members that satisfy it.
    pub(super) members: Vec<u32>,
    /// For ordered relations: the other member, the own position, its position.
    pub(super) orders: Vec<(u32, Position, Position)>,
}

/// A value by which members are looked up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    Bool(bool),
    Int(i64),
    Str(Arc<str>),
}

/// The key of a value, if it can be one.
pub(super) fn key(value: &FactValue) -> Option<Key> {
    match value {
        FactValue::Bool(value) => Some(Key::Bool(*value)),
        FactValue::Int(value) => Some(Key::Int(*value)),
        FactValue::Str(text) => Some(Key::Str(text.clone())),
        _ => None,
    }
}

/// What is kept of a relation for all members of a scope.
#[derive(Default)]
pub(crate) struct RelationState {
    plain: OnceLock<(Vec<u32>, Vec<u32>)>,
    joined: OnceLock<Joined>,
    ordered: OnceLock<Ordered>,
}

/// Members by the value of the joined fact; those about which nothing is known are always candidates.
#[derive(Default)]
struct Joined {
    known: HashMap<Key, Vec<u32>>,
    unknown: Vec<u32>,
}

/// Positions of members, and members by sequence.
#[derive(Default)]
struct Ordered {
    positions: Vec<Vec<Position>>,
    by_sequence: BTreeMap<Sequence, Vec<u32>>,
}

impl Eval<'_> {
    /// Whether conditions hold of `frame`; operands take values from `outer`.
    pub(super) fn holds(&self, cond: &Cond, frame: &Frame<'_>, outer: &Frame<'_>) -> Truth {
        match cond {
            Cond::All(all) => Truth::all(all.iter().map(|cond| self.holds(cond, frame, outer))),
            Cond::Any(any) => Truth::any(any.iter().map(|cond| self.holds(cond, frame, outer))),
            Cond::Not(cond) => self.holds(cond, frame, outer).opposite(),
            Cond::Test(source, op) => {
                let fact = self.value(source, frame, Focus::All);
                apply(op, &fact, &self.around(outer))
            }
            Cond::Related(relation) => self.truth_of(*relation, frame),
            Cond::Differs(compare) => self.sides(*compare, frame).truth(),
        }
    }

    fn count(&self, view: usize) -> u32 {
        self.scope.run.views.at(view).len(self.scope.scope) as u32
    }

    fn counts(relation: &Relation, own: &Frame<'_>, member: u32) -> bool {
        match relation.among {
            Among::All => true,
            Among::Others => relation.view != own.view || member != own.member,
            Among::Earlier => member < own.member,
            Among::Later => member > own.member,
        }
    }

    /// Members that satisfy a relation without captures, and those of which it is unknown.
    fn plain<'s>(&'s self, index: usize, relation: &Relation) -> Option<&'s (Vec<u32>, Vec<u32>)> {
        let state = self.state.relations.get(index)?;
        Some(state.plain.get_or_init(|| {
            let (mut members, mut unknown) = (Vec::new(), Vec::new());
            for member in 0..self.count(relation.view) {
                let frame = Frame::of(relation.view, member);
                match self.holds(&relation.when, &frame, &frame) {
                    Truth::True => members.push(member),
                    Truth::Unknown => unknown.push(member),
                    Truth::False => {}
                }
            }
            (members, unknown)
        }))
    }

    fn truth_of(&self, index: usize, own: &Frame<'_>) -> Truth {
        let Some(relation) = self.rule.relations.get(index) else { return Truth::Unknown };
        if !relation.captures {
            let Some((members, unknown)) = self.plain(index, relation) else { return Truth::Unknown };
            let counts = |member: &&u32| Self::counts(relation, own, **member);
            return match () {
                () if members.iter().any(|member| counts(&member)) => Truth::True,
                () if unknown.iter().any(|member| counts(&member)) => Truth::Unknown,
                () => Truth::False,
            };
        }
        self.related(index, relation, own, true).truth
    }

    /// The members of a relation.
    pub(super) fn found(&self, index: usize, own: &Frame<'_>) -> Found {
        let none = Found { truth: Truth::Unknown, members: Vec::new(), orders: Vec::new() };
        let Some(relation) = self.rule.relations.get(index) else { return none };
        if !relation.captures {
            let Some((members, _)) = self.plain(index, relation) else { return none };
            let members =
                members.iter().copied().filter(|member| Self::counts(relation, own, *member)).collect();
            return Found { truth: self.truth_of(index, own), members, orders: Vec::new() };
        }
        self.related(index, relation, own, false)
    }

    fn related(&self, index: usize, relation: &Relation, own: &Frame<'_>, first_only: bool) -> Found {
        let mut found = Found { truth: Truth::False, members: Vec::new(), orders: Vec::new() };
        let Some(candidates) = self.candidates(index, relation, own) else {
            found.truth = Truth::Unknown;
            return found;
        };
        for member in candidates {
            if !Self::counts(relation, own, member) {
                continue;
            }
            let order = match relation.after {
                None => None,
                Some(after) => match self.order(index, relation, own, member, after) {
                    Some(order) => Some(order),
                    None => continue,
                },
            };
            match self.holds(&relation.when, &Frame::of(relation.view, member), own) {
                Truth::False => {}
                Truth::Unknown if found.truth == Truth::False => found.truth = Truth::Unknown,
                Truth::Unknown => {}
                Truth::True => {
                    found.truth = Truth::True;
                    found.members.push(member);
                    found.orders.extend(order.map(|(own, its)| (member, own, its)));
                    if first_only {
                        break;
                    }
                }
            }
        }
        found
    }

    /// Who may satisfy a relation: none where nothing is known.
    fn candidates(&self, index: usize, relation: &Relation, own: &Frame<'_>) -> Option<Vec<u32>> {
        if let Some(via) = &relation.via {
            let list = self.fact(via, own);
            return match &list.value {
                FactValue::Unknown => None,
                FactValue::Member(_, member) => Some(vec![*member]),
                _ => Some(list.items().iter().filter_map(member).collect()),
            };
        }
        if let Some(join) = &relation.join {
            let value = self.value(&join.value, own, Focus::All);
            if matches!(value.value, FactValue::Unknown) {
                // Every member is a candidate, and none for certain.
                return Some((0..self.count(relation.view)).collect());
            }
            let joined = self.joined(index, relation, join)?;
            let mut candidates = joined.unknown.clone();
            let keys: Vec<Key> = match &value.value {
                FactValue::List(items) => items.iter().filter_map(|item| key(&item.value)).collect(),
                value => key(value).into_iter().collect(),
            };
            for key in keys {
                candidates.extend(joined.known.get(&key).into_iter().flatten());
            }
            candidates.sort_unstable();
            candidates.dedup();
            return Some(candidates);
        }
        if relation.after.is_some() {
            let ordered = self.ordered(index, relation)?;
            let own_positions = self.positions(own);
            let sequences = own_positions.iter().filter_map(|it| ordered.by_sequence.get(&it.sequence));
            let mut candidates: Vec<u32> = sequences.flatten().copied().collect();
            candidates.sort_unstable();
            candidates.dedup();
            return Some(candidates);
        }
        Some((0..self.count(relation.view)).collect())
    }

    fn joined(&self, index: usize, relation: &Relation, join: &Join) -> Option<&Joined> {
        let state = self.state.relations.get(index)?;
        Some(state.joined.get_or_init(|| {
            let mut joined = Joined::default();
            for member in 0..self.count(relation.view) {
                let fact = self.value(&join.fact, &Frame::of(relation.view, member), Focus::All);
                let values: &[Fact] = match &fact.value {
                    FactValue::List(items) => items,
                    _ => std::slice::from_ref(&fact),
                };
                for value in values {
                    match (&value.value, key(&value.value)) {
                        (_, Some(key)) => joined.known.entry(key).or_default().push(member),
                        (FactValue::Unknown, None) => joined.unknown.push(member),
                        _ => {}
                    }
                }
                // Text may contain text: no look-up finds that.
                if join.items && matches!(fact.value, FactValue::Str(_)) {
                    joined.unknown.push(member);
                }
            }
            joined
        }))
    }

    fn positions(&self, frame: &Frame<'_>) -> Vec<Position> {
        let run = self.scope.run;
        run.views.at(frame.view).positions(run.model, self.scope.scope, frame.member)
    }

    fn ordered(&self, index: usize, relation: &Relation) -> Option<&Ordered> {
        let state = self.state.relations.get(index)?;
        Some(state.ordered.get_or_init(|| {
            let mut ordered = Ordered::default();
            for member in 0..self.count(relation.view) {
                let positions = self.positions(&Frame::of(relation.view, member));
                for position in &positions {
                    ordered.by_sequence.entry(position.sequence.clone()).or_default().push(member);
                }
                ordered.positions.push(positions);
            }
            ordered
        }))
    }

    /// The positions that prove the order: in each sequence the first of either counts.
    fn order(
        &self,
        index: usize,
        relation: &Relation,
        own: &Frame<'_>,
        member: u32,
        after: bool,
    ) -> Option<(Position, Position)> {
        let ordered = self.ordered(index, relation)?;
        let its = ordered.positions.get(member as usize)?;
        let first = |positions: &[Position], sequence: &Sequence| {
            let of_sequence = positions.iter().filter(|position| position.sequence == *sequence);
            of_sequence.min_by_key(|position| position.rank).cloned()
        };
        let own_positions = self.positions(own);
        let counts = |position: &&Position| match &relation.sequence {
            Some(kind) => position.sequence.kind() == &**kind,
            None => true,
        };
        own_positions.iter().filter(counts).find_map(|position| {
            let mine = first(&own_positions, &position.sequence)?;
            let other = first(its, &position.sequence)?;
            let proved = if after { mine.before(&other) } else { other.before(&mine) };
            proved.then_some((mine, other))
        })
    }

    /// The sides of a comparison.
    pub(super) fn sides(&self, index: usize, own: &Frame<'_>) -> Sides {
        let mut sides = Sides::default();
        let Some(compare) = self.rule.compares.get(index) else { return sides };
        let Some(relation) = self.rule.relations.get(compare.across) else { return sides };
        let found = self.found(compare.across, own);
        if found.truth == Truth::Unknown {
            sides.unknown = true;
            return sides;
        }
        let mut values: Vec<(u32, Fact)> = Vec::new();
        for member in found.members {
            let fact = self.fact(&compare.value, &Frame::of(relation.view, member));
            match fact.value {
                FactValue::Unknown => {
                    sides.unknown = true;
                    return sides;
                }
                FactValue::Absent if compare.ignore_absent || compare.distinct => {}
                _ => values.push((member, fact)),
            }
        }
        if compare.distinct {
            for (at, (member, fact)) in values.iter().enumerate() {
                let earlier = values.iter().take(at).find(|(_, other)| alike(&other.value, &fact.value));
                if let Some((first, _)) = earlier {
                    sides.odd.push(*member);
                    if !sides.others.contains(first) {
                        sides.others.push(*first);
                    }
                }
            }
            return sides;
        }
        if let Some(ops) = &compare.odd {
            for (member, fact) in values {
                match Truth::all(ops.iter().map(|op| apply(op, &fact, &self.around(own)))) {
                    Truth::True => sides.odd.push(member),
                    Truth::False => sides.others.push(member),
                    Truth::Unknown => sides.unknown = true,
                }
            }
            return sides;
        }
        let mut groups: Vec<(FactValue, Vec<u32>)> = Vec::new();
        for (member, fact) in values {
            match groups.iter_mut().find(|(value, _)| alike(value, &fact.value)) {
                Some((_, members)) => members.push(member),
                None => groups.push((fact.value, vec![member])),
            }
        }
        // The majority is what most have; of equally many, what is not there is the ordinary case, then what is first.
        let majority = groups
            .iter()
            .enumerate()
            .max_by_key(|(at, (value, members))| {
                (members.len(), matches!(value, FactValue::Absent), std::cmp::Reverse(*at))
            })
            .map(|(at, _)| at);
        for (at, (_, members)) in groups.into_iter().enumerate() {
            if Some(at) == majority { sides.others.extend(members) } else { sides.odd.extend(members) }
        }
        sides
    }
}

/// Equal, or both not there.
fn alike(a: &FactValue, b: &FactValue) -> bool {
    matches!((a, b), (FactValue::Absent, FactValue::Absent)) || same(a, b)
}

fn member(fact: &Fact) -> Option<u32> {
    match fact.value {
        FactValue::Member(_, member) => Some(member),
        _ => None,
    }
}
