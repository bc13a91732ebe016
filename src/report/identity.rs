//! What stays the same about a finding when the files around it change: its fingerprint.
//!
//! It is made of the rule, the file, the resource, the field and the message. Members of lists are known by their
//! names where they have one, so neither moved lines nor reordered lists change it. Values are no part of it.

use std::collections::{BTreeMap, BTreeSet};

use ddlint_yaml::{Node, Query};

use super::digest;
use crate::finding::{Finding, ResourceName};
use crate::model::{At, Model};
use crate::rule::Locator;

/// Looks up what findings are about.
pub struct Identity<'m> {
    model: &'m Model,
    locator: Locator<'m>,
    resources: BTreeMap<ResourceName, At>,
}

impl<'m> Identity<'m> {
    /// For these findings of a model.
    pub fn new(model: &'m Model, findings: &[Finding]) -> Identity<'m> {
        let wanted: BTreeSet<&ResourceName> =
            findings.iter().filter_map(|finding| finding.resource.as_ref()).collect();
        let names: BTreeSet<&str> = wanted.iter().map(|name| &*name.name).collect();
        let mut resources = BTreeMap::new();
        for resource in model.resources.iter().filter(|resource| names.contains(&*resource.name)) {
            let name = resource.report_name();
            if wanted.contains(&name) {
                resources.entry(name).or_insert(resource.at);
            }
        }
        Identity { model, locator: Locator::new(model), resources }
    }

    /// The node that a finding is about.
    fn node(&self, finding: &Finding) -> Option<(Node<'m>, Node<'m>)> {
        let root = match &finding.resource {
            Some(name) => self.model.node(*self.resources.get(name)?),
            None => self.model.doc(self.locator.document(finding.primary)?).tree.root()?,
        };
        let query = Query::parse(finding.path.as_deref()?).ok()?;
        Some((root, query.select(root).first()?.value))
    }

    /// The path with names instead of numbers.
    fn stable_path(&self, finding: &Finding) -> String {
        let Some((root, node)) = self.node(finding) else {
            return finding.path.as_deref().map(without_numbers).unwrap_or_default();
        };
        let mut parts = Vec::new();
        let mut at = node;
        while at.id() != root.id() {
            let Some(parent) = at.parent() else { break };
            parts.push(match (parent.is_sequence(), name_of(at)) {
                (true, Some(name)) => format!("[{name}]"),
                (true, None) => "[*]".to_string(),
                (false, _) => key(at),
            });
            at = parent;
        }
        parts.reverse();
        parts.concat()
    }

    /// The container that the finding is in.
    pub(super) fn container(&self, finding: &Finding) -> Option<String> {
        let (root, node) = self.node(finding)?;
        let mut at = node;
        while at.id() != root.id() {
            let parent = at.parent()?;
            if parent.is_sequence() && matches!(key(parent).as_str(), ".containers" | ".initContainers") {
                return name_of(at).map(str::to_string);
            }
            at = parent;
        }
        None
    }

    /// What makes it the same finding, apart from the file that it stands in.
    pub(super) fn shape(&self, finding: &Finding) -> String {
        let resource = finding.resource.clone().unwrap_or_default();
        let namespace = resource.namespace.as_deref().unwrap_or_default();
        let path = self.stable_path(finding);
        digest(&[&finding.rule, &resource.kind, namespace, &resource.name, &path, &finding.message])
    }
}

/// The name of a member of a list.
fn name_of(item: Node<'_>) -> Option<&str> {
    item.resolved().get("name")?.as_str()
}

fn key(value: Node<'_>) -> String {
    let document = value.document();
    let key = document.key_of(value.id()).and_then(|key| document.node(key).key_string());
    format!(".{}", key.unwrap_or_default())
}

/// A normalized path whose numbers are left out.
fn without_numbers(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut digits = String::new();
    let mut open = false;
    for c in path.chars() {
        match c {
            '[' if !open => {
                open = true;
                digits.clear();
                out.push(c);
            }
            _ if open && c.is_ascii_digit() => digits.push(c),
            ']' if open && !digits.is_empty() => {
                open = false;
                digits.clear();
                out.push_str("*]");
            }
            _ => {
                open = false;
                out.push_str(&digits);
                digits.clear();
                out.push(c);
            }
        }
    }
    out + &digits
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn numbers_are_left_out_and_keys_are_not() {
        assert_eq!(without_numbers("$['a'][12]['1'][0]"), "$['a'][*]['1'][*]");
        assert_eq!(without_numbers("$['a[0]']"), "$['a[*]']");
        assert_eq!(without_numbers("$"), "$");
    }
}
