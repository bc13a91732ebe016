//! Values that filters compare: those of the document, those of the query, and the absence of one.
//!
//! Deliberately absent: conversions. `1` and `"1"` are different, and nothing is less than a mapping.

use std::cmp::Ordering;

use super::plan::Operator;
use crate::keys;
use crate::node::{Node, NodeKind};
use crate::scalar::Scalar;

/// Nodes compared for one `==` of two collections. What is larger counts as different.
const COMPARE_BUDGET: usize = 1 << 20;

/// A value written in a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
}

/// A value in a filter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// No value, which is not null.
    Nothing,
    Scalar(Scalar<'a>),
    /// A mapping or a sequence, not an alias.
    Collection(Node<'a>),
}

impl<'a> Value<'a> {
    pub(super) fn of_node(node: Node<'a>) -> Value<'a> {
        let node = node.resolved();
        match node.kind() {
            NodeKind::Mapping | NodeKind::Sequence => Value::Collection(node),
            NodeKind::Scalar => node.scalar().map_or(Value::Nothing, Value::Scalar),
            // An alias to nothing.
            NodeKind::Alias => Value::Nothing,
        }
    }

    pub(super) fn of_literal(literal: &'a Literal) -> Value<'a> {
        Value::Scalar(match literal {
            Literal::Null => Scalar::Null,
            Literal::Bool(value) => Scalar::Bool(*value),
            Literal::Int(value) => Scalar::Int(*value),
            Literal::Float(value) => Scalar::Float(*value),
            Literal::Str(value) => Scalar::Str(value),
        })
    }

    pub(super) fn as_str(self) -> Option<&'a str> {
        match self {
            Value::Scalar(Scalar::Str(text)) => Some(text),
            _ => None,
        }
    }
}

pub(super) fn compare(operator: Operator, left: Value<'_>, right: Value<'_>) -> bool {
    let equal = || equals(left, right);
    let order = || match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => order(left, right),
        _ => None,
    };
    match operator {
        Operator::Equal => equal(),
        Operator::NotEqual => !equal(),
        Operator::Less => order() == Some(Ordering::Less),
        Operator::Greater => order() == Some(Ordering::Greater),
        Operator::LessOrEqual => order() == Some(Ordering::Less) || equal(),
        Operator::GreaterOrEqual => order() == Some(Ordering::Greater) || equal(),
    }
}

/// The order of two numbers or two strings; nothing else has one.
fn order(left: Scalar<'_>, right: Scalar<'_>) -> Option<Ordering> {
    match (left, right) {
        (Scalar::Int(left), Scalar::Int(right)) => Some(left.cmp(&right)),
        (Scalar::Str(left), Scalar::Str(right)) => Some(left.cmp(right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

fn number(scalar: Scalar<'_>) -> Option<f64> {
    match scalar {
        Scalar::Int(value) => Some(value as f64),
        Scalar::Float(value) => Some(value),
        _ => None,
    }
}

fn equals(left: Value<'_>, right: Value<'_>) -> bool {
    match (left, right) {
        (Value::Nothing, Value::Nothing) => true,
        (Value::Scalar(left), Value::Scalar(right)) => scalars_equal(left, right),
        (Value::Collection(left), Value::Collection(right)) => collections_equal(left, right),
        _ => false,
    }
}

fn scalars_equal(left: Scalar<'_>, right: Scalar<'_>) -> bool {
    match (left, right) {
        (Scalar::Null, Scalar::Null) => true,
        (Scalar::Bool(left), Scalar::Bool(right)) => left == right,
        _ => order(left, right) == Some(Ordering::Equal),
    }
}

/// Compares without recursion; a mapping's entries have no order.
fn collections_equal(left: Node<'_>, right: Node<'_>) -> bool {
    let mut budget = COMPARE_BUDGET;
    let mut pairs = vec![(left, right)];
    while let Some((left, right)) = pairs.pop() {
        let Some(rest) = budget.checked_sub(1) else { return false };
        budget = rest;
        if left == right {
            continue;
        }
        match (left.kind(), right.kind()) {
            (NodeKind::Sequence, NodeKind::Sequence) => {
                if left.len() != right.len() {
                    return false;
                }
                pairs.extend(left.items().map(Node::resolved).zip(right.items().map(Node::resolved)));
            }
            (NodeKind::Mapping, NodeKind::Mapping) => {
                let mut left = keys::effective(left);
                let mut right = keys::effective(right);
                if left.len() != right.len() {
                    return false;
                }
                left.sort_by(|one, other| one.0.cmp(&other.0));
                right.sort_by(|one, other| one.0.cmp(&other.0));
                for ((left_name, _, left), (right_name, _, right)) in left.into_iter().zip(right) {
                    if left_name != right_name {
                        return false;
                    }
                    pairs.push((left.resolved(), right.resolved()));
                }
            }
            (NodeKind::Scalar, NodeKind::Scalar) => {
                let same = match (left.scalar(), right.scalar()) {
                    (Some(left), Some(right)) => scalars_equal(left, right),
                    _ => false,
                };
                if !same {
                    return false;
                }
            }
            _ => return false,
        }
    }
    true
}
