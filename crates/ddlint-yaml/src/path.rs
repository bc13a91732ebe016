//! Normalized paths (RFC 9535, section 2.7). Deliberately absent: evaluation of paths; see `jsonpath`.

use std::fmt::Write;

use crate::document::Document;
use crate::node::NodeId;
use crate::tape::{KEY, SlotKind};

/// The path from the root to the node.
pub(crate) fn normalized(document: &Document, id: NodeId) -> String {
    let mut steps = Vec::new();
    let mut current = id;
    if document.slot(id.0).is_some_and(|slot| slot.has(KEY)) {
        // A key is named by its own text, and its path is its value's.
        steps.push(Step::Name(document.node(id).key_string()));
        let Some(parent) = document.parent(id) else { return "$".to_owned() };
        current = parent;
    }
    while let Some(parent) = document.parent(current) {
        let in_mapping = document.slot(parent.0).is_some_and(|slot| slot.kind == SlotKind::Mapping);
        if document.slot(current.0).is_some_and(|slot| slot.has(KEY)) {
            steps.push(Step::Name(None));
        } else if in_mapping {
            let key = document.key_of(current).and_then(|key| document.node(key).key_string());
            steps.push(Step::Name(key));
        } else {
            let before = document.node(parent).items().take_while(|item| item.id() < current).count();
            steps.push(Step::Index(before));
        }
        current = parent;
    }
    let mut path = String::from("$");
    for step in steps.iter().rev() {
        match step {
            Step::Index(index) => {
                let _ = write!(path, "[{index}]");
            }
            Step::Name(Some(name)) => push_name(&mut path, name),
            Step::Name(None) => path.push_str("['?']"),
        }
    }
    path
}

enum Step {
    Name(Option<String>),
    Index(usize),
}

/// Appends `['name']` with the escapes of the RFC.
pub(crate) fn push_name(path: &mut String, name: &str) {
    path.push_str("['");
    for character in name.chars() {
        match character {
            '\'' => path.push_str("\\'"),
            '\\' => path.push_str("\\\\"),
            '\u{8}' => path.push_str("\\b"),
            '\u{c}' => path.push_str("\\f"),
            '\n' => path.push_str("\\n"),
            '\r' => path.push_str("\\r"),
            '\t' => path.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(path, "\\u{:04x}", control as u32);
            }
            other => path.push(other),
        }
    }
    path.push_str("']");
}
