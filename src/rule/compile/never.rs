//! Rules that can never fire: conditions that contradict each other.

use ddlint_yaml::Span;

use super::report::conjuncts;
use crate::rule::condition::{Cond, FactRef, Gate, Op, Operand, Source, Than, Which};
use crate::rule::eval::ops::holds_of_literal;
use crate::rule::read::Problems;
use crate::views::{Fact, FactValue};

/// Adds a problem where the conditions of one member contradict each other.
pub(super) fn check(when: &Cond, span: Span, problems: &mut Problems) {
    let mut all = Vec::new();
    conjuncts(when, &mut all);
    let tests: Vec<(String, &Op)> = all
        .iter()
        .filter_map(|cond| match cond {
            Cond::Test(source, op) => Some((name(source)?, op)),
            _ => None,
        })
        .collect();
    for (at, (source, op)) in tests.iter().enumerate() {
        let others: Vec<&Op> = tests
            .iter()
            .enumerate()
            .filter(|(other, (its_source, _))| *other != at && its_source == source)
            .map(|(_, (_, op))| *op)
            .collect();
        let candidates: Vec<Fact> = match op {
            Op::Equals(Operand::Literal(value)) => vec![Fact { value: value.clone(), place: None }],
            Op::OneOf(Operand::Literal(FactValue::List(values))) if !values.is_empty() => values.clone(),
            Op::Exists(false) => vec![Fact::ABSENT],
            _ => continue,
        };
        let possible = |fact: &Fact| others.iter().all(|op| holds_of_literal(op, fact) != Some(false));
        if !candidates.iter().any(possible) {
            let message = "this can never hold: two conditions on one fact contradict each other";
            problems.add(span, message, None);
            return;
        }
    }
    for (source, op) in &tests {
        let Op::Compare(than, Operand::Literal(FactValue::Int(bound))) = op else { continue };
        let least = match than {
            Than::Gt => bound.saturating_add(1),
            Than::Ge => *bound,
            Than::Lt | Than::Le => continue,
        };
        let fits = |other: &Op| match other {
            Op::Compare(Than::Lt, Operand::Literal(FactValue::Int(most))) => least < *most,
            Op::Compare(Than::Le, Operand::Literal(FactValue::Int(most))) => least <= *most,
            _ => true,
        };
        if !tests.iter().filter(|(its_source, _)| its_source == source).all(|(_, op)| fits(op)) {
            problems.add(span, "this can never hold: no number lies between the two bounds", None);
            return;
        }
    }
    for cond in &all {
        if let Cond::Not(inner) = cond
            && let Cond::Related(relation) = inner.as_ref()
            && all.iter().any(|other| matches!(other, Cond::Related(it) if it == relation))
        {
            problems.add(span, "this can never hold: the relation must exist and be absent", None);
        }
    }
}

fn name(source: &Source) -> Option<String> {
    match source {
        Source::Fact(fact) => Some(format!("{fact:?}")),
        Source::Path(query) if query.is_singular() => Some(query.as_str().to_string()),
        Source::Value => Some("value".into()),
        _ => None,
    }
}

/// The literals that decide early whether a member can pass: the first equality on a plain fact; texts come first.
pub(super) fn gate(when: &Cond) -> Option<Gate> {
    let mut all = Vec::new();
    conjuncts(when, &mut all);
    let gates: Vec<Gate> = all
        .into_iter()
        .filter_map(|cond| match cond {
            Cond::Test(Source::Fact(FactRef { hops, which: Which::Fixed(fact), .. }), op)
                if hops.is_empty() =>
            {
                let values = match op {
                    Op::Equals(Operand::Literal(value)) => vec![value.clone()],
                    Op::OneOf(Operand::Literal(FactValue::List(items))) => {
                        items.iter().map(|item| item.value.clone()).collect()
                    }
                    _ => return None,
                };
                Some(Gate { fact: *fact, values })
            }
            _ => None,
        })
        .collect();
    let is_text = |gate: &&Gate| gate.values.iter().all(|value| matches!(value, FactValue::Str(_)));
    gates.iter().find(is_text).or_else(|| gates.first()).cloned()
}
