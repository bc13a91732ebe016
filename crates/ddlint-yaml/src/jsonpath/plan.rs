//! A compiled query. Deliberately absent: anything that the grammar allows and the type rules of the RFC forbid;
//! `compile` has turned it away.

use regex::Regex;

use super::value::Literal;

/// The segments of a query.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// `..`: the selectors see every descendant, not only the node itself.
    pub(super) descendants: bool,
    pub(super) selectors: Vec<Selector>,
}

#[derive(Clone, Debug)]
pub(super) enum Selector {
    Name(String),
    Index(i64),
    Wildcard,
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Filter),
}

#[derive(Clone, Debug)]
pub(super) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Path),
    Compare(Operator, Operand, Operand),
    Matches { text: Operand, pattern: Pattern },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What gives a value, or nothing.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Literal(Literal),
    /// A singular query: its value.
    Node(Path),
    Length(Box<Operand>),
    Count(Path),
    /// `value()`: of a query with one match, that one.
    Value(Path),
}

#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Fixed(Regex),
    /// The pattern is a value of the document. `whole` for `match`, else `search`.
    Computed {
        operand: Operand,
        whole: bool,
    },
    /// No text: nothing matches.
    Never,
}

/// A query inside a filter.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// From `$`, else from `@`.
    pub(super) from_root: bool,
    pub(super) plan: Plan,
}

impl Plan {
    pub(super) fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| {
            !segment.descendants
                && matches!(segment.selectors.as_slice(), [Selector::Name(_) | Selector::Index(_)])
        })
    }
}
