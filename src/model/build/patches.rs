//! What kustomize's patches and replacements may change, and in which resources: enough to keep silent about a field
//! that is not what reaches the cluster.
//!
//! Deliberately absent: applying them.

use std::collections::BTreeSet;

use ddlint_yaml::Node;
use regex::Regex;

use super::Builder;
use crate::discover::join;
use crate::model::resource::{ANY_FIELD, Resource};
use crate::model::{DocId, DocKind};

/// Deeper than any patch is nested.
const DEEPEST: usize = 64;

/// A patch or a replacement: which resources it is for, and the names of the fields that it touches.
#[derive(Clone, Debug, Default)]
pub(super) struct Patch {
    kind: Option<String>,
    name: Option<String>,
    fields: BTreeSet<String>,
}

impl Patch {
    fn any() -> Patch {
        Patch { fields: BTreeSet::from([ANY_FIELD.to_string()]), ..Patch::default() }
    }

    /// The names of the fields that it may change in a resource.
    pub(super) fn fields_of(&self, resource: &Resource) -> Option<&BTreeSet<String>> {
        // Kustomize takes kind and name as regular expressions over the whole.
        let matches = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| {
                pattern == text
                    || Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(text))
            })
        };
        (matches(&self.kind, &resource.kind) && matches(&self.name, &resource.name)).then_some(&self.fields)
    }
}

impl Builder<'_> {
    /// The patches of a kustomization's document.
    pub(super) fn read_patches(&mut self, id: DocId, folder: &str) -> Vec<Patch> {
        let Some(tree) = self.loader.docs.get(id.0 as usize).map(|doc| doc.tree.clone()) else {
            return Vec::new();
        };
        let Some(root) = tree.root() else { return Vec::new() };
        let items = |key: &str| root.get(key).into_iter().flat_map(|list| list.items());
        let mut found = Vec::new();
        for item in items("patches").chain(items("patchesJson6902")) {
            let target = item.get("target");
            match (item.get("patch").and_then(|it| it.text()), item.get("path").and_then(|it| it.text())) {
                (Some(text), _) => of_text(text, target, &mut found),
                (None, Some(path)) => self.of_file(folder, path, target, &mut found),
                _ => {}
            }
        }
        for item in items("patchesStrategicMerge").filter_map(|item| item.text()) {
            match item.contains('\n') {
                true => of_text(item, None, &mut found),
                false => self.of_file(folder, item, None, &mut found),
            }
        }
        for item in items("replacements") {
            match item.get("path").and_then(|it| it.text()) {
                Some(path) => self.of_file(folder, path, None, &mut found),
                None => replacement(item, &mut found),
            }
        }
        if items("transformers").next().is_some() {
            found.push(Patch::any());
        }
        found
    }

    fn of_file(&mut self, folder: &str, path: &str, target: Option<Node<'_>>, found: &mut Vec<Patch>) {
        let path = join(folder, path).filter(|path| self.is_file(path));
        let docs = path.and_then(|path| Some(self.loader.load_used(&path, DocKind::Config)?.docs.clone()));
        let Some(docs) = docs else {
            found.push(Patch::any());
            return;
        };
        for id in docs {
            if let Some(root) = self.loader.docs.get(id.0 as usize).and_then(|doc| doc.tree.root()) {
                of_node(root, target, found);
            }
        }
    }
}

fn of_text(text: &str, target: Option<Node<'_>>, found: &mut Vec<Patch>) {
    for document in ddlint_yaml::parse(ddlint_yaml::SourceText::from(text)).documents {
        if let Some(root) = document.root() {
            of_node(root, target, found);
        }
    }
}

fn of_node(root: Node<'_>, target: Option<Node<'_>>, found: &mut Vec<Patch>) {
    if root.get("source").is_some() && root.get("targets").is_some() {
        return replacement(root, found);
    }
    if root.items().any(|item| item.get("targets").is_some()) {
        root.items().for_each(|item| replacement(item, found));
        return;
    }
    let mut fields = BTreeSet::new();
    if root.is_sequence() {
        for operation in root.items() {
            let path = operation.get("path").and_then(|path| path.text()).unwrap_or_default();
            fields.extend(path.split('/').filter(|part| !part.is_empty()).map(str::to_string));
            operation.get("value").into_iter().for_each(|value| keys(value, 0, &mut fields));
        }
    } else {
        keys(root, 0, &mut fields);
    }
    let text = |node: Option<Node<'_>>| node.and_then(|node| node.text()).map(str::to_string);
    let (kind, name) = match target {
        Some(target) => (text(target.get("kind")), text(target.get("name"))),
        None => (text(root.get("kind")), text(root.at(&["metadata", "name"]))),
    };
    found.push(Patch { kind, name, fields });
}

fn replacement(item: Node<'_>, found: &mut Vec<Patch>) {
    for target in item.get("targets").into_iter().flat_map(|list| list.items()) {
        let select = |key: &str| Some(target.at(&["select", key])?.text()?.to_string());
        let paths = target.get("fieldPaths").into_iter().flat_map(|list| list.items());
        let fields = paths
            .filter_map(|path| path.text())
            .flat_map(|path| path.split('.'))
            .map(|part| part.split('[').next().unwrap_or(part).to_string())
            .collect();
        found.push(Patch { kind: select("kind"), name: select("name"), fields });
    }
}

fn keys(node: Node<'_>, depth: usize, out: &mut BTreeSet<String>) {
    if depth > DEEPEST {
        return;
    }
    for (key, value) in node.entries() {
        out.extend(key.key_string());
        keys(value, depth + 1, out);
    }
    for item in node.items() {
        keys(item, depth + 1, out);
    }
}
