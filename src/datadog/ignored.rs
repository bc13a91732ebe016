//! What `ignoreDifferences` of the Application that deploys the chart covers of the values that are drawn anew at
//! every render.
//!
//! Deliberately absent: ignoring as such; argocd rules judge that.

use ddlint_yaml::Node;

use crate::model::application::ignores_managed;
use crate::model::{AppId, Model};
use crate::source::Place;

use super::agent::Agent;
use super::chart::Chart;
use super::pods::{below, node_place};

/// How far an Application ignores the token.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TokenIgnored {
    /// Secret and every pod template that carries the checksum are covered, and the sync respects it.
    pub(crate) complete: bool,
    /// What is missing, for messages.
    pub(crate) missing: Vec<String>,
    /// The entry about the Secret.
    pub(crate) place: Place,
    /// `syncOptions` (or `syncPolicy`), where `RespectIgnoreDifferences=true` is missing there.
    pub(crate) options: Option<Place>,
}

const ANNOTATION: &str = "/spec/template/metadata/annotations/checksum~1clusteragent_token";

/// How far the Application of an installation ignores its token; none without an entry about the Secret. Fields of other
/// managers than ArgoCD are no such entry: the token is what ArgoCD applies.
pub(crate) fn token_ignored(model: &Model, agent: &Agent) -> Option<TokenIgnored> {
    let id = agent.application?;
    let app = model.application(id);
    let secret = |entry: Node<'_>| {
        matches_text(entry, "kind", "Secret") && ignores(entry, &["/data/token", "/data"], &[".data"])
    };
    let about = app.ignore_differences.iter().find(|at| secret(model.node(**at)))?;
    let entry = model.node(*about);
    let place = model.place(*about);
    let mut missing = Vec::new();
    let respected = app.has_sync_option("RespectIgnoreDifferences=true");
    if !respected {
        missing.push("`RespectIgnoreDifferences=true` is missing in `syncOptions`, so that every sync still applies the new token".to_string());
    }
    let stem = agent.fullname.as_deref();
    if let (Some(name), Some(stem)) = (entry.get("name").and_then(|name| name.text()), stem)
        && name != format!("{stem}-cluster-agent")
        && !name.contains('*')
    {
        missing.push(format!("the Secret is named `{stem}-cluster-agent`, not `{name}`"));
    }
    let runners = agent.release.is_some_and(|release| {
        let chart = Chart::new(model, model.release(release));
        chart.flag("clusterChecksRunner.enabled", false) == Some(true)
    });
    let mut wanted = vec![("DaemonSet", ""), ("Deployment", "-cluster-agent")];
    if runners {
        wanted.push(("Deployment", "-clusterchecks"));
    }
    for (kind, suffix) in wanted {
        let name = stem.map(|stem| format!("{stem}{suffix}"));
        let covered = app.ignore_differences.iter().any(|at| {
            let entry = model.node(*at);
            let named = match (entry.get("name").and_then(|name| name.text()), &name) {
                (Some(given), Some(name)) => given == name || given.contains('*'),
                _ => true,
            };
            (matches_text(entry, "kind", kind) || matches_text(entry, "kind", "*"))
                && entry
                    .get("group")
                    .and_then(|group| group.text())
                    .is_some_and(|group| group == "apps" || group.contains('*'))
                && named
                && covers_annotation(entry)
        });
        if !covered {
            let whose = name.unwrap_or_else(|| format!("…{suffix}"));
            missing.push(format!(
                "the annotation `checksum/clusteragent_token` in the pods of {kind} `{whose}` is not ignored"
            ));
        }
    }
    for at in &app.ignore_differences {
        let pointers = model.node(*at).get("jsonPointers");
        let unescaped = pointers
            .into_iter()
            .flat_map(|list| list.items())
            .any(|pointer| pointer.text().is_some_and(|text| text.contains("checksum/clusteragent_token")));
        if unescaped {
            missing.push(
                "the `/` in `checksum/clusteragent_token` must be written `~1` in a JSON pointer".to_string(),
            );
        }
    }
    // Of an entry by field manager it is not said what is missing.
    if !missing.is_empty() && !names_fields(entry) {
        return None;
    }
    let options = if respected { None } else { options_place(model, id) };
    Some(TokenIgnored { complete: missing.is_empty(), missing, place, options })
}

fn options_place(model: &Model, id: AppId) -> Option<Place> {
    let app = model.application(id);
    let policy = below(model, app.at, &["spec"])?.entry("syncPolicy")?;
    let (key, _) = policy.1.entry("syncOptions").unwrap_or(policy);
    Some(node_place(model, app.at, key))
}

fn matches_text(entry: Node<'_>, key: &str, wanted: &str) -> bool {
    entry.get(key).and_then(|node| node.text()) == Some(wanted)
}

fn ignores(entry: Node<'_>, pointers: &[&str], expressions: &[&str]) -> bool {
    let list =
        |key: &str| entry.get(key).into_iter().flat_map(|list| list.items()).filter_map(|item| item.text());
    list("jsonPointers").any(|pointer| pointers.contains(&pointer))
        || list("jqPathExpressions").any(|jq| expressions.iter().any(|expression| jq.starts_with(expression)))
        || ignores_managed(entry) == Some(true)
}

/// The entry has a pointer or an expression.
fn names_fields(entry: Node<'_>) -> bool {
    ["jsonPointers", "jqPathExpressions"]
        .iter()
        .any(|key| entry.get(key).is_some_and(|list| !list.is_empty()))
}

fn covers_annotation(entry: Node<'_>) -> bool {
    let list =
        |key: &str| entry.get(key).into_iter().flat_map(|list| list.items()).filter_map(|item| item.text());
    list("jsonPointers").any(|pointer| {
        ANNOTATION == pointer || ANNOTATION.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'))
    }) || list("jqPathExpressions")
        .any(|jq| jq.contains("clusteragent_token") || jq.contains(".spec.template.metadata.annotations"))
        || ignores_managed(entry) == Some(true)
}

/// The Application of an installation ignores its telemetry ConfigMap.
pub(crate) fn kpi_ignored(model: &Model, agent: &Agent) -> bool {
    let Some(id) = agent.application else { return false };
    model.application(id).ignore_differences.iter().any(|at| {
        let entry = model.node(*at);
        let name = entry.get("name").and_then(|name| name.text());
        let list = |key: &str| entry.get(key).into_iter().flat_map(|list| list.items());
        let data = list("jsonPointers")
            .any(|it| it.text().is_some_and(|it| it.is_empty() || it.starts_with("/data")))
            || list("jqPathExpressions")
                .any(|it| it.text().is_some_and(|it| it == "." || it.contains(".data")))
            || ignores_managed(entry) == Some(true);
        matches_text(entry, "kind", "ConfigMap")
            && data
            && name.is_none_or(|name| name.ends_with("kpi-telemetry-configmap") || name.contains('*'))
    })
}

/// Whether ArgoCD waits for child Applications to be healthy: an argocd-cm in the input says so, or says nothing.
/// None: no argocd-cm is in the input.
pub(crate) fn waits_for_applications(model: &Model) -> Option<bool> {
    let mut maps = model
        .resources
        .iter()
        .filter(|resource| resource.kind == "ConfigMap" && resource.name == "argocd-cm");
    let first = maps.next()?;
    let waits = |at| {
        let Some(data) = below(model, at, &["data"]) else { return false };
        data.get("resource.customizations.health.argoproj.io_Application").is_some()
            || data
                .get("resource.customizations")
                .and_then(|node| node.text())
                .is_some_and(|text| text.contains("argoproj.io/Application"))
    };
    Some(waits(first.at) || maps.any(|map| waits(map.at)))
}
