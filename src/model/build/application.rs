//! Applications and the templates of ApplicationSets, as their manifests give them.

use ddlint_yaml::Node;

use super::placeholder::is_placeholder;
use crate::model::application::{Application, Source};
use crate::model::resource::Resource;
use crate::model::{At, Doc, DocId, ResourceId, ScopeId};

/// The Application of a resource, or the template of an ApplicationSet.
pub(super) fn application(docs: &[Doc], id: ResourceId, resource: &Resource) -> Option<Application> {
    if !resource.api_version.starts_with("argoproj.io/") {
        return None;
    }
    let doc = resource.at.doc;
    let root = docs.get(doc.0 as usize)?.tree.node(resource.at.node);
    match resource.kind.as_str() {
        "Application" => Some(read(doc, root, id, false)),
        "ApplicationSet" => {
            let template = root.at(&["spec", "template"])?.resolved();
            template.is_mapping().then(|| read(doc, template, id, true))
        }
        _ => None,
    }
}

fn read(doc: DocId, root: Node<'_>, id: ResourceId, from_set: bool) -> Application {
    let at = |node: Node<'_>| At { doc, node: node.id() };
    let known = |path: &[&str]| known(root.at(path));
    let sources: Vec<Source> = match root
        .at(&["spec", "sources"])
        .filter(|list| !list.is_empty() && list.is_sequence())
    {
        Some(list) => list.items().map(|item| source(doc, item.resolved())).collect(),
        None => root.at(&["spec", "source"]).map(|node| source(doc, node.resolved())).into_iter().collect(),
    };
    let policy = root.at(&["spec", "syncPolicy"]);
    let automated = policy.and_then(|policy| policy.entry("automated")).filter(|(_, value)| !value.is_null());
    let enabled = automated.and_then(|(_, value)| value.get("enabled")).and_then(|node| node.as_bool());
    let heal = automated.and_then(|(_, value)| value.get("selfHeal")).and_then(|node| node.as_bool());
    let options =
        policy.and_then(|policy| policy.get("syncOptions")).into_iter().flat_map(|list| list.items());
    let (wave, wave_at) = wave(root);
    Application {
        resource: id,
        from_set,
        at: at(root),
        name: known(&["metadata", "name"]),
        sources,
        destination_namespace: known(&["spec", "destination", "namespace"]),
        destination: destination(root),
        automated: automated.is_some() && enabled != Some(false),
        automated_at: automated.map(|(key, _)| at(key)),
        self_heal: heal == Some(true),
        sync_options: options.filter_map(|item| Some((item.text()?.to_string(), at(item)))).collect(),
        ignore_differences: root
            .at(&["spec", "ignoreDifferences"])
            .into_iter()
            .flat_map(|list| list.items())
            .map(|item| at(item.resolved()))
            .collect(),
        wave,
        wave_at: wave_at.map(at),
        parent: None,
        scope: ScopeId(0),
    }
}

fn source(doc: DocId, node: Node<'_>) -> Source {
    let at = |node: Node<'_>| At { doc, node: node.id() };
    let placed = |path: &[&str]| {
        let node = node.at(path)?;
        Some((known(Some(node))?, at(node)))
    };
    Source {
        repo_url: known(node.get("repoURL")),
        chart: placed(&["chart"]),
        path: placed(&["path"]),
        target_revision: known(node.get("targetRevision")),
        reference: known(node.get("ref")),
        local_path: None,
        at: Some(at(node)),
        recurse: node.at(&["directory", "recurse"]).and_then(|node| node.as_bool()) == Some(true),
    }
}

/// A text that is not empty and that nothing fills in later.
pub(super) fn known(node: Option<Node<'_>>) -> Option<String> {
    let node = node.filter(|node| !node.is_null())?;
    let text = node.text().filter(|text| !text.is_empty() && !is_placeholder(text))?;
    Some(text.to_string())
}

/// As written, placeholders too: two templates with one placeholder reach the same clusters.
fn destination(root: Node<'_>) -> Option<String> {
    let destination = root.at(&["spec", "destination"])?;
    let text = |key| destination.get(key).and_then(|node| node.text()).filter(|text| !text.is_empty());
    text("server").or_else(|| text("name")).map(str::to_string)
}

/// ArgoCD's `strconv.Atoi` of the annotation, else of the hook weight, else 0 (argocd.md 1.3, 3).
fn wave<'a>(root: Node<'a>) -> (i64, Option<Node<'a>>) {
    let annotation = |key: &str| root.at(&["metadata", "annotations"])?.get(key);
    let number = |node: Node<'_>| node.text()?.parse::<i64>().ok();
    for key in ["argocd.argoproj.io/sync-wave", "helm.sh/hook-weight"] {
        if let Some(node) = annotation(key)
            && let Some(wave) = number(node)
        {
            return (wave, Some(node));
        }
    }
    (0, None)
}
