//! `parameters` and `fileParameters` of an Application, `--set` and `--set-file` to Helm, and ArgoCD's build environment,
//! which it fills into them and into the names of files.
//!
//! Deliberately absent: the commit that will be synced, and what the cluster is; texts that need them are not known.

use ddlint_yaml::Node;

use super::Builder;
use super::app_release::ValueFile;
use super::application::known;
use super::placeholder::is_placeholder;
use super::release::Given;
use super::set::SetKind;
use crate::model::application::{Application, Source};
use crate::model::release::{Deployer, ValuesInput};
use crate::model::values::ValueAt;
use crate::model::{AppId, DocId, ReleaseId};
use crate::source::Origin;

/// A field of an item, or of those that stood at its place.
fn field<'a>(item: &[(DocId, Node<'a>)], key: &str) -> Option<(DocId, Node<'a>)> {
    item.iter().find_map(|(doc, node)| Some((*doc, node.get(key).filter(|it| !it.is_null())?)))
}

impl Builder<'_> {
    pub(super) fn give_parameters(
        &mut self,
        given: &mut Given,
        id: AppId,
        index: usize,
        overrides: &[DocId],
    ) {
        let Some(app) = self.applications.get(id.0 as usize) else { return };
        let Some((source, at)) = app.sources.get(index).and_then(|source| Some((source, source.at?))) else {
            return;
        };
        let mut parameters = Vec::new();
        for item in self.helm_items(at, overrides, "parameters") {
            let (Some((of, name)), Some((doc, value))) = (field(&item, "name"), field(&item, "value")) else {
                continue;
            };
            let (Some(key), Some(text)) = (name.text(), value.text()) else { continue };
            let forced = field(&item, "forceString").and_then(|(_, node)| node.as_bool()) == Some(true);
            let (text, kind) = match self.expand(text, app, source) {
                None => (text.to_string(), SetKind::Unknown),
                Some(text) if forced => (text, SetKind::Text),
                Some(text) => (text, SetKind::Typed),
            };
            let at = ValueAt { doc, key: (of == doc).then(|| name.id()), value: value.id() };
            parameters.push((key.to_string(), text, kind, at));
        }
        for item in self.helm_items(at, overrides, "fileParameters") {
            let (Some((of, name)), Some((doc, path))) = (field(&item, "name"), field(&item, "path")) else {
                continue;
            };
            let (Some(key), Some(text)) = (name.text(), path.text()) else { continue };
            let (file, kind) = match self.value_file(id, index, text) {
                ValueFile::Files(files) if files.len() == 1 => (files.concat(), SetKind::File),
                _ => (text.to_string(), SetKind::Unknown),
            };
            let at = ValueAt { doc, key: (of == doc).then(|| name.id()), value: path.id() };
            parameters.push((key.to_string(), file, kind, at));
        }
        for (key, value, kind, at) in parameters {
            if is_placeholder(&key) {
                given.complete = false;
            } else {
                self.give_set(given, &key, &value, kind, Some(at));
            }
        }
    }

    /// Whether something is filled into the values that a release is given before the cluster sees them.
    pub(super) fn holds_placeholders(&self, id: ReleaseId) -> bool {
        let Some(release) = self.releases.get(id.0 as usize) else { return false };
        let from_set = match release.deployer {
            Deployer::Application(app) => self.applications.get(app.0 as usize).is_some_and(|it| it.from_set),
            _ => false,
        };
        release.inputs.iter().any(|input| {
            let (doc, node) = match input {
                ValuesInput::Set { value, .. } => return is_placeholder(value),
                ValuesInput::Argument { .. } => return false,
                ValuesInput::Node(at) | ValuesInput::Patch { at, .. } => (at.doc, Some(at.node)),
                ValuesInput::Doc(doc) => (*doc, None),
            };
            let Some(entry) = self.loader.docs.get(doc.0 as usize) else { return false };
            let inside =
                node.is_some() || !matches!(self.loader.sources.get(entry.file).origin, Origin::Disk);
            let root = node.map(|node| entry.tree.node(node)).or_else(|| entry.tree.root());
            // A values file may hold templates, for `tpl`.
            let held = |text: &str| is_placeholder(text) && ((from_set && inside) || !text.contains("{{"));
            root.is_some_and(|root| any_text(root, 0, from_set && inside, &held))
        })
    }

    /// A text with the build environment filled in; none where that is not known.
    pub(super) fn expand(&self, text: &str, app: &Application, source: &Source) -> Option<String> {
        expand(text, |name| {
            Some(match name {
                "$" => "$".to_string(),
                "ARGOCD_APP_NAME" => app.name.clone()?,
                "ARGOCD_APP_NAMESPACE" => app.destination_namespace.clone()?,
                "ARGOCD_APP_PROJECT_NAME" => {
                    known(self.node(app.at).and_then(|root| root.at(&["spec", "project"])))?
                }
                "ARGOCD_APP_SOURCE_REPO_URL" => source.repo_url.clone()?,
                "ARGOCD_APP_SOURCE_PATH" => source.path.clone()?.0,
                "ARGOCD_APP_SOURCE_TARGET_REVISION" => source.target_revision.clone()?,
                "KUBE_VERSION" | "KUBE_API_VERSIONS" => return None,
                _ if name.starts_with("ARGOCD_APP_") => return None,
                // A name that ArgoCD does not know is empty.
                _ => String::new(),
            })
        })
    }
}

/// Whether a text below a node is such. `braces`: `{{ x }}` without quotes, which reads as a mapping for a key, too.
fn any_text(node: Node<'_>, depth: usize, braces: bool, held: &impl Fn(&str) -> bool) -> bool {
    if depth > 100 {
        return false;
    }
    let below = |node: Node<'_>| any_text(node, depth + 1, braces, held);
    node.text().is_some_and(held)
        || braces && node.entries().any(|(key, _)| key.is_mapping())
        || node.items().any(below)
        || node.entries().any(|(key, value)| below(key) || below(value))
}

/// `$NAME`, `${NAME}` and `$$` as Go's `os.Expand` takes them; none where one of the values is not known.
fn expand(text: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, length) = variable(after);
        match (name, length) {
            // No name: the sign stands for itself.
            ("", 0) => out.push('$'),
            // Braces that hold nothing, or do not end: they are dropped.
            ("", _) => {}
            _ => out.push_str(&value(name)?),
        }
        rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Some(out)
}

/// The name behind a `$`, and how much of the text it takes.
fn variable(after: &str) -> (&str, usize) {
    let special = |text: &str| text.starts_with(['*', '#', '$', '@', '!', '?', '-']) || digit(text);
    if let Some(inner) = after.strip_prefix('{') {
        return match inner.split_once('}') {
            Some((name, _)) => (name, name.len() + 2),
            None => ("", 1),
        };
    }
    if special(after) {
        return (after.get(..1).unwrap_or_default(), 1);
    }
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
    (after.get(..end).unwrap_or_default(), end)
}

fn digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn variables_are_filled_in_as_go_does() {
        let value = |name: &str| match name {
            "A" => Some("x".to_string()),
            "$" => Some("$".to_string()),
            "LATER" => None,
            _ => Some(String::new()),
        };
        for (text, expected) in [
            ("plain", "plain"),
            ("$A-${A}", "x-x"),
            ("$Ab.", "."),
            ("a$$b", "a$b"),
            ("costs 5$", "costs 5$"),
            ("$ $.", "$ $."),
            ("${}a${A", "aA"),
            ("$1a", "a"),
            ("é$A", "éx"),
        ] {
            assert_eq!(expand(text, value).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(expand("a $LATER", value), None);
    }
}
