//! Operators on one value.

use super::truth::Truth;
use crate::rule::condition::{Op, Operand, Than, YamlType};
use crate::views::{Fact, FactValue};

/// What operators need from around them: operands that depend on the member, and the spelling of numbers.
pub(crate) trait Around {
    /// The value of an operand.
    fn operand(&self, operand: &Operand) -> Fact;
    /// Whether a text was written as a number (a fraction, which facts keep as text).
    fn is_fraction(&self, fact: &Fact) -> bool;
}

/// Whether two values are equal: the same type and the same content.
pub(crate) fn same(a: &FactValue, b: &FactValue) -> bool {
    match (a, b) {
        (FactValue::List(a), FactValue::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value))
        }
        (FactValue::Absent | FactValue::Unknown, _) => false,
        _ => a == b,
    }
}

/// Equality with unknowns. A list as operand stands for its only item.
fn equal(fact: &Fact, operand: &Fact) -> Truth {
    match (&fact.value, &operand.value) {
        (FactValue::Unknown, _) | (_, FactValue::Unknown) => Truth::Unknown,
        (value, FactValue::List(items)) if !matches!(value, FactValue::List(_)) => match items.as_slice() {
            [only] => equal(fact, only),
            _ => Truth::False,
        },
        (value, operand) => Truth::of(same(value, operand)),
    }
}

fn all_hold(ops: &[Op], fact: &Fact, around: &dyn Around) -> Truth {
    Truth::all(ops.iter().map(|op| apply(op, fact, around)))
}

/// Whether an operator holds of a value.
pub(crate) fn apply(op: &Op, fact: &Fact, around: &dyn Around) -> Truth {
    if matches!(fact.value, FactValue::Unknown) {
        return Truth::Unknown;
    }
    match op {
        Op::Exists(wanted) => Truth::of(!matches!(fact.value, FactValue::Absent) == *wanted),
        Op::Not(ops) => all_hold(ops, fact, around).opposite(),
        Op::Equals(operand) => equal(fact, &around.operand(operand)),
        Op::OneOf(operand) => {
            let values = around.operand(operand);
            match &values.value {
                FactValue::Unknown => Truth::Unknown,
                FactValue::List(items) => Truth::any(items.iter().map(|item| equal(fact, item))),
                _ => equal(fact, &values),
            }
        }
        Op::Matches(regex) => match &fact.value {
            FactValue::Str(text) => Truth::of(regex.is_match(text)),
            FactValue::Int(number) => Truth::of(regex.is_match(&number.to_string())),
            FactValue::Bool(value) => Truth::of(regex.is_match(&value.to_string())),
            _ => Truth::False,
        },
        Op::Compare(than, operand) => match (&fact.value, &around.operand(operand).value) {
            (FactValue::Int(a), FactValue::Int(b)) => Truth::of(match than {
                Than::Lt => a < b,
                Than::Le => a <= b,
                Than::Gt => a > b,
                Than::Ge => a >= b,
            }),
            (FactValue::Int(_), FactValue::Unknown) => Truth::Unknown,
            _ => Truth::False,
        },
        Op::Contains(operand) => {
            let operand = around.operand(operand);
            match (&fact.value, &operand.value) {
                (_, FactValue::Unknown) => Truth::Unknown,
                (FactValue::List(items), _) => Truth::any(items.iter().map(|item| equal(item, &operand))),
                (FactValue::Str(text), FactValue::Str(part)) => Truth::of(text.contains(&**part)),
                _ => Truth::False,
            }
        }
        Op::StartsWith(operand) => {
            with_text(fact, &around.operand(operand), |text, part| text.starts_with(part))
        }
        Op::EndsWith(operand) => with_text(fact, &around.operand(operand), |text, part| text.ends_with(part)),
        Op::AnyItem(ops) => match &fact.value {
            FactValue::List(items) => Truth::any(items.iter().map(|item| all_hold(ops, item, around))),
            _ => Truth::False,
        },
        Op::EveryItem(ops) => match &fact.value {
            FactValue::List(items) => Truth::all(items.iter().map(|item| all_hold(ops, item, around))),
            _ => Truth::False,
        },
        Op::Count(ops) => {
            let count = match &fact.value {
                FactValue::List(items) => items.len(),
                FactValue::Absent => 0,
                _ => 1,
            };
            all_hold(ops, &Fact::int(count as i64, None), around)
        }
        Op::Length(ops) => match &fact.value {
            FactValue::Str(text) => all_hold(ops, &Fact::int(text.chars().count() as i64, None), around),
            _ => Truth::False,
        },
        Op::Type(wanted) => Truth::of(match &fact.value {
            FactValue::Absent => *wanted == YamlType::Null && fact.place.is_some(),
            FactValue::Bool(_) => *wanted == YamlType::Boolean,
            FactValue::Int(_) => *wanted == YamlType::Number,
            FactValue::Str(_) => match wanted {
                YamlType::Number => around.is_fraction(fact),
                YamlType::String => !around.is_fraction(fact),
                _ => false,
            },
            FactValue::List(_) => *wanted == YamlType::List,
            FactValue::Node(_) | FactValue::Member(..) => *wanted == YamlType::Mapping,
            FactValue::Unknown => return Truth::Unknown,
        }),
    }
}

fn with_text(fact: &Fact, operand: &Fact, test: impl Fn(&str, &str) -> bool) -> Truth {
    match (&fact.value, &operand.value) {
        (FactValue::Str(text), FactValue::Str(part)) => Truth::of(test(text, part)),
        (FactValue::Str(_), FactValue::Unknown) => Truth::Unknown,
        _ => Truth::False,
    }
}

/// What is known about an operator on a literal before any input is read: none where it depends on the member.
pub(crate) fn holds_of_literal(op: &Op, fact: &Fact) -> Option<bool> {
    struct Nothing;
    impl Around for Nothing {
        fn operand(&self, operand: &Operand) -> Fact {
            match operand {
                Operand::Literal(value) => Fact { value: value.clone(), place: None },
                _ => Fact::UNKNOWN,
            }
        }
        fn is_fraction(&self, _: &Fact) -> bool {
            false
        }
    }
    if matches!(op, Op::Type(_)) {
        return None;
    }
    match apply(op, fact, &Nothing) {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown => None,
    }
}
