//! What is simply written in a manifest, as a fact: any rule can reach any field with JSONPath.
//!
//! Deliberately absent: knowledge of kinds. A placeholder that another program fills in is unknown, never a value.

use ddlint_yaml::{Node, NodeId, Scalar};

use super::{Fact, FactValue};
use crate::model::{At, DocId, Model};
use crate::source::Place;

/// Whether a text will be replaced before it reaches the cluster: encrypted, templated, fetched from a store.
pub fn is_placeholder(text: &str) -> bool {
    const STARTS: [&str; 7] = ["ENC[", "secrets://", "ref+", "vault:", "<path:", "<secret:", "sealed:"];
    STARTS.iter().any(|start| text.starts_with(start))
        || text.contains("{{")
        || text.contains("<path:")
        || text.find("${").is_some_and(|at| text.get(at..).is_some_and(|rest| rest.contains('}')))
}

/// A node as a fact: scalars by their type (as sigs.k8s.io/yaml resolves them), sequences as lists, mappings as nodes.
/// An explicit null is absent but keeps its place.
pub fn fact(model: &Model, doc: DocId, node: Node<'_>) -> Fact {
    let place = Some(Place { file: model.doc(doc).file, span: node.span() });
    let value = if node.is_mapping() {
        FactValue::Node(At { doc, node: node.id() })
    } else if node.is_sequence() {
        FactValue::List(node.items().map(|item| fact(model, doc, item)).collect())
    } else {
        match node.scalar() {
            Some(Scalar::Null) | None => FactValue::Absent,
            Some(Scalar::Bool(value)) => FactValue::Bool(value),
            Some(Scalar::Int(value)) => FactValue::Int(value),
            Some(Scalar::Float(_)) => FactValue::Str(node.text().unwrap_or_default().into()),
            Some(Scalar::Str(text)) if is_placeholder(text) => FactValue::Unknown,
            Some(Scalar::Str(text)) => FactValue::Str(text.into()),
        }
    };
    Fact { value, place }
}

/// The value below mapping keys of a node, as a fact.
pub fn below(model: &Model, at: At, keys: &[&str]) -> Fact {
    match model.node(at).at(keys) {
        Some(node) => fact(model, at.doc, node),
        None => Fact::ABSENT,
    }
}

/// A handle for a node of a document.
pub fn at(doc: DocId, node: NodeId) -> At {
    At { doc, node }
}
