//! JSONPath (RFC 9535) on the tape: every match gives its key node and its value node, and with them both spans.
//!
//! The text of a query is parsed by `jsonpath-rust` and compiled into the small plan of `plan`; `eval` walks the
//! tape. A mapping is seen as Kubernetes sees it: keys by their JSON names, the last of several entries with one
//! key, merge keys expanded, aliases followed. Deliberately absent: functions beyond those of the RFC.

mod compile;
mod eval;
mod iregexp;
mod plan;
mod value;

use std::fmt;

use crate::document::Document;
use crate::node::Node;
use plan::Plan;

/// A compiled query.
#[derive(Clone)]
pub struct Query {
    text: String,
    plan: Plan,
}

/// Why a text is no query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// The byte in the query where it is wrong.
    pub offset: usize,
    /// What to write instead, where that can be guessed.
    pub help: Option<String>,
}

impl fmt::Display for QueryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}

/// A place that a query selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match<'a> {
    /// The key, where the value is a mapping's. Of merged entries, the key in the mapping they come from.
    pub key: Option<Node<'a>>,
    /// The value; an alias where one is written in its place.
    pub value: Node<'a>,
}

impl Match<'_> {
    /// The normalized path of the value, from the root of its document.
    pub fn path(&self) -> String {
        self.value.document().normalized_path(self.value.id())
    }
}

impl Query {
    /// Compiles a query.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        Ok(Query { text: text.to_owned(), plan: compile::compile(text)? })
    }

    /// What the query selects below `root`, which `$` names. In the order of the RFC, with what it selects twice
    /// twice. In a document whose aliases multiply beyond reason, the first million steps are taken.
    pub fn select<'a>(&self, root: Node<'a>) -> Vec<Match<'a>> {
        eval::select(&self.plan, root)
    }

    /// As [`Query::select`], from the root of a document; nothing for an empty one.
    pub fn select_in<'a>(&self, document: &'a Document) -> Vec<Match<'a>> {
        document.root().map(|root| self.select(root)).unwrap_or_default()
    }

    /// Whether the query can select one place at most: only names and indices.
    pub fn is_singular(&self) -> bool {
        self.plan.is_singular()
    }

    /// The query as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Query({:?})", self.text)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Query) -> bool {
        self.text == other.text
    }
}

impl Eq for Query {}

impl std::str::FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Query, QueryError> {
        Query::parse(text)
    }
}
