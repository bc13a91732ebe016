//! JSONPath from a member's node, as rules use it.

use std::sync::Arc;

use ddlint_yaml::{Match, Node, QueryError};

/// A compiled JSONPath that can be shared.
#[derive(Clone, Debug)]
pub(crate) struct Query(Arc<ddlint_yaml::Query>);

impl Query {
    /// Compiles.
    pub(crate) fn parse(text: &str) -> Result<Query, QueryError> {
        ddlint_yaml::Query::parse(text).map(|query| Query(Arc::new(query)))
    }

    /// Whether it can match at most one node.
    pub(crate) fn is_singular(&self) -> bool {
        self.0.is_singular()
    }

    /// As written.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The matches below a node.
    pub(crate) fn select<'a>(&self, root: Node<'a>) -> Vec<Match<'a>> {
        self.0.select(root)
    }
}
