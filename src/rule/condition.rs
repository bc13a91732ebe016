//! A rule's check, ready to run: every name resolved, every regular expression and JSONPath compiled. What is built
//! from these types cannot fail while it runs.

use regex::Regex;

use super::query::Query;
use crate::finding::{Safety, Severity};
use crate::views::FactValue;

/// A fact of a view, perhaps reached through members of other views.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FactRef {
    /// Facts to follow first: (view, fact).
    pub(crate) hops: Vec<(usize, usize)>,
    /// The view of the fact itself.
    pub(crate) view: usize,
    /// Which fact.
    pub(crate) which: Which,
}

/// A fact within its view.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    /// By index.
    Fixed(usize),
    /// Of a family, by its rest.
    Dynamic(usize, Box<str>),
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A fact of the member.
    Fact(FactRef),
    /// A JSONPath from the member's node.
    Path(Query),
    /// The match of `select`.
    Value,
    /// The key of the match of `select`.
    Key,
    /// The normalized path of the match of `select`.
    MatchPath,
    /// A fact of the members of a relation.
    Related(usize, FactRef),
    /// The place of the members of a relation themselves.
    RelatedMember(usize),
    /// The odd (true) or the other members of a comparison: a fact.
    Side(usize, bool, FactRef),
    /// The odd (true) or the other members of a comparison: the compared value.
    SideValue(usize, bool),
    /// The odd (true) or the other members of a comparison themselves.
    SideMember(usize, bool),
    /// What decides this member's rank in the order of a relation (false), or the other's (true).
    Order(usize, bool),
    /// The kind of the sequence in which a relation orders.
    OrderIn(usize),
}

/// Conditions.
#[derive(Debug)]
pub(crate) enum Cond {
    /// All hold.
    All(Vec<Cond>),
    /// Some holds.
    Any(Vec<Cond>),
    /// It does not hold.
    Not(Box<Cond>),
    /// One condition on one value.
    Test(Source, Op),
    /// Some member satisfies the relation.
    Related(usize),
    /// The comparison fails.
    Differs(usize),
}

/// How two values are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Than {
    Lt,
    Le,
    Gt,
    Ge,
}

/// A YAML type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum YamlType {
    String,
    Number,
    Boolean,
    Null,
    Mapping,
    List,
}

/// A condition on one value.
#[derive(Debug)]
pub(crate) enum Op {
    Equals(Operand),
    OneOf(Operand),
    Matches(Regex),
    Exists(bool),
    Compare(Than, Operand),
    Contains(Operand),
    StartsWith(Operand),
    EndsWith(Operand),
    AnyItem(Vec<Op>),
    EveryItem(Vec<Op>),
    Count(Vec<Op>),
    Length(Vec<Op>),
    Type(YamlType),
    Not(Vec<Op>),
}

/// What a value is compared with.
#[derive(Debug)]
pub(crate) enum Operand {
    /// Written in the rule.
    Literal(FactValue),
    /// A value of the rule's own member.
    Capture(Source),
    /// Text with values of the rule's own member in it.
    Text(Template),
}

/// Text with holes.
#[derive(Debug, Default)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(Box<str>),
    Hole {
        source: Source,
        /// What stands there when there is no value.
        otherwise: Option<Box<str>>,
        /// It stands between backticks: items of a list get their own.
        ticked: bool,
    },
}

/// Which members of the rule's own view count in a relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Among {
    Others,
    Earlier,
    Later,
    All,
}

/// An equality by which members of the other view are looked up.
#[derive(Debug)]
pub(crate) struct Join {
    /// The other member's fact, or a JSONPath from its node.
    pub(crate) fact: Source,
    /// The fact is a list that contains the value.
    pub(crate) items: bool,
    /// The value of the rule's own member; a list stands for each of its items.
    pub(crate) value: Source,
}

/// Members of another view.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) view: usize,
    /// The name for placeholders and places.
    pub(crate) name: Box<str>,
    /// The fact of the own member that lists the candidates.
    pub(crate) via: Option<FactRef>,
    pub(crate) join: Option<Join>,
    pub(crate) when: Cond,
    /// `Some(true)`: the other comes after this one.
    pub(crate) after: Option<bool>,
    /// The kind of sequence in which the order counts.
    pub(crate) sequence: Option<Box<str>>,
    pub(crate) among: Among,
    /// It depends on the own member.
    pub(crate) captures: bool,
}

/// One setting across the members of a relation.
#[derive(Debug)]
pub(crate) struct Compare {
    /// The relation that names the members.
    pub(crate) across: usize,
    pub(crate) value: FactRef,
    /// Two equal values are wrong; otherwise two different ones.
    pub(crate) distinct: bool,
    pub(crate) odd: Option<Vec<Op>>,
    pub(crate) ignore_absent: bool,
}

/// Which bytes of a value a place means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Point {
    Value,
    Key,
    Entry,
}

/// A place: the first alternative that is there.
#[derive(Debug, Default)]
pub(crate) struct At {
    pub(crate) alternatives: Vec<(Source, Point)>,
}

/// A severity that may depend on the member.
#[derive(Debug)]
pub(crate) struct SeverityOf {
    pub(crate) conditions: Vec<(Severity, Cond)>,
    pub(crate) otherwise: Severity,
}

/// An item of `related`.
#[derive(Debug)]
pub(crate) struct RelatedAt {
    /// The members it is about.
    pub(crate) of: Of,
    /// The place, as a source of those members.
    pub(crate) at: At,
    pub(crate) when: Option<Cond>,
    pub(crate) message: Template,
}

/// What a related place is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Of {
    /// The rule's own member.
    Own,
    /// Each member of a relation.
    Relation(usize),
    /// Each member of a side of a comparison.
    Side(usize, bool),
}

/// New text.
#[derive(Debug)]
pub(crate) enum Content {
    /// Taken as it is.
    Text(Template),
    /// Entries that are written as YAML: key, value, nested entries.
    Entries(Vec<(Box<str>, Content)>),
    /// A list written as YAML.
    Items(Vec<Content>),
    /// A scalar written as YAML: quoted where it must be.
    Scalar(Template),
    /// A scalar that is no string.
    Bare(Box<str>),
}

/// What an edit does.
#[derive(Debug)]
pub(crate) enum Change {
    Replace(At, Content),
    Into(At, Content),
    After(At, Content),
    Delete(At),
    /// Gives a value below keys.
    Set(Beneath, Vec<Box<str>>, Content),
    /// Moves an item of a list into the list below keys.
    Move(At, Beneath, Vec<Box<str>>),
}

/// Where the keys of a value begin.
#[derive(Debug)]
pub(crate) enum Beneath {
    /// The values of the release of a member; of the rule's own where none is named.
    Values(Option<Source>),
    /// A mapping, or each of several.
    Place(At),
}

/// A fix.
#[derive(Debug)]
pub(crate) struct FixPlan {
    /// It is offered only where these hold.
    pub(crate) when: Option<Cond>,
    pub(crate) safety: Safety,
    pub(crate) description: Template,
    /// What is left to do for a person.
    pub(crate) note: Template,
    pub(crate) changes: Vec<Change>,
}

/// Words and places of a case.
#[derive(Debug)]
pub(crate) struct Case {
    /// Only where the rule is selected by its id or with `pedantic`.
    pub(crate) pedantic: bool,
    pub(crate) when: Cond,
    pub(crate) severity: SeverityOf,
    pub(crate) at: At,
    pub(crate) affects: At,
    pub(crate) label: Template,
    /// Findings at one place stay apart where this differs.
    pub(crate) apart: Option<Source>,
    pub(crate) message: Template,
    pub(crate) help: Template,
    pub(crate) related: Vec<RelatedAt>,
    /// The first that can be made is offered.
    pub(crate) fixes: Vec<FixPlan>,
}

/// A fact and literals, one of which it must equal: members that do not pass never see the rule.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) fact: usize,
    pub(crate) values: Vec<FactValue>,
}

/// A check that is data.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) view: usize,
    pub(crate) select: Option<Query>,
    pub(crate) gate: Option<Gate>,
    pub(crate) when: Cond,
    pub(crate) cases: Vec<Case>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) compares: Vec<Compare>,
}
