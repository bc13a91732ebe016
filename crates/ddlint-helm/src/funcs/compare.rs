//! Go's comparisons in templates: `eq ne lt le gt ge`.
//!
//! Deliberately absent: conversions. Go compares an `int` with a `float64` nowhere, and neither do we.

use super::FuncError;
use crate::origin::OriginId;
use crate::text::Text;
use crate::value::{Data, Value};
use std::cmp::Ordering;

/// Kinds between which Go compares.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Basic {
    Bool,
    Int,
    Float,
    Str,
    Other,
}

fn basic(value: &Value) -> Basic {
    match value.data {
        Data::Bool(_) => Basic::Bool,
        Data::Int(_) | Data::Int64(_) => Basic::Int,
        Data::Float(_) => Basic::Float,
        Data::Str(_) => Basic::Str,
        _ => Basic::Other,
    }
}

/// `eq a b`
pub(super) fn equal(a: &Value, b: &Value) -> Result<bool, FuncError> {
    Ok(match (&a.data, &b.data) {
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a) | Data::Int64(a), Data::Int(b) | Data::Int64(b)) => a == b,
        (Data::Float(a), Data::Float(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a.bytes() == b.bytes(),
        (Data::Nil, Data::Nil) => true,
        (Data::Nil, _) | (_, Data::Nil) => false,
        _ if basic(a) != basic(b) => {
            let (a, b) = (a.type_name(), b.type_name());
            return Err(FuncError::new(format!("incompatible types for comparison: {a} and {b}")));
        }
        (Data::Object(a), Data::Object(b)) => std::rc::Rc::ptr_eq(a, b) || a.print() == b.print(),
        _ if a.kind() != b.kind() => {
            let (x, y) = (shown("%s", a), shown("%v", b));
            let (a, b) = (a.type_name(), b.type_name());
            return Err(FuncError::new(format!("non-comparable types {x}: {a}, {b}: {y}")));
        }
        _ => {
            let (x, t) = (shown("%s", b), b.type_name());
            return Err(FuncError::new(format!("non-comparable type {x}: {t}")));
        }
    })
}

/// `lt a b`
pub(super) fn less(a: &Value, b: &Value) -> Result<bool, FuncError> {
    let bad = || FuncError::new("invalid type for comparison");
    if basic(a) == Basic::Other || basic(b) == Basic::Other {
        return Err(bad());
    }
    let order = match (&a.data, &b.data) {
        (Data::Int(a) | Data::Int64(a), Data::Int(b) | Data::Int64(b)) => a.cmp(b),
        (Data::Float(a), Data::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Greater),
        (Data::Str(a), Data::Str(b)) => a.bytes().cmp(b.bytes()),
        (Data::Bool(_), Data::Bool(_)) => return Err(bad()),
        _ => {
            let (a, b) = (a.type_name(), b.type_name());
            return Err(FuncError::new(format!("incompatible types for comparison: {a} and {b}")));
        }
    };
    Ok(order == Ordering::Less)
}

/// `le a b`
pub(super) fn less_or_equal(a: &Value, b: &Value) -> Result<bool, FuncError> {
    Ok(less(a, b)? || equal(a, b)?)
}

fn shown(verb: &str, value: &Value) -> String {
    let format = Text::new(verb, OriginId::NONE);
    crate::fmt::sprintf(&format, std::slice::from_ref(value)).to_str_lossy().into_owned()
}
