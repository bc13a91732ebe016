//! ArgoCD Applications, and the templates of ApplicationSets.

use ddlint_yaml::Node;

use super::{AppId, At, ResourceId, ScopeId};

/// One source of an Application.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// `repoURL`
    pub repo_url: Option<String>,
    /// `chart`
    pub chart: Option<(String, At)>,
    /// `path`
    pub path: Option<(String, At)>,
    /// `targetRevision`
    pub target_revision: Option<String>,
    /// `ref`
    pub reference: Option<String>,
    /// The path relative to the root, where the source is local and exists.
    pub local_path: Option<String>,
    /// The source's mapping.
    pub at: Option<At>,
    /// `directory.recurse`
    pub recurse: bool,
}

/// An Application, or the template of an ApplicationSet.
#[derive(Debug)]
pub struct Application {
    /// The Application or ApplicationSet.
    pub resource: ResourceId,
    /// It is the template of an ApplicationSet: fields with placeholders are unknown.
    pub from_set: bool,
    /// The mapping with `metadata` and `spec` (an ApplicationSet's `template`).
    pub at: At,
    /// `metadata.name`; none where a generator puts it in.
    pub name: Option<String>,
    /// `source` or `sources`, as ArgoCD takes them.
    pub sources: Vec<Source>,
    /// `destination.namespace`
    pub destination_namespace: Option<String>,
    /// `destination.server` or `destination.name`, as written.
    pub destination: Option<String>,
    /// `syncPolicy.automated` is there and not `enabled: false`.
    pub automated: bool,
    /// The key `automated` of `syncPolicy`.
    pub automated_at: Option<At>,
    /// `syncPolicy.automated.selfHeal`
    pub self_heal: bool,
    /// `syncPolicy.syncOptions`, each with its place.
    pub sync_options: Vec<(String, At)>,
    /// `ignoreDifferences` entries.
    pub ignore_differences: Vec<At>,
    /// The sync wave (annotation, else 0), and where it is given.
    pub wave: i64,
    /// The wave annotation's value.
    pub wave_at: Option<At>,
    /// The Application that deploys this one, where one of the input does.
    pub parent: Option<AppId>,
    /// The scope its resources reach.
    pub scope: ScopeId,
}

impl Application {
    /// Whether a sync option is given.
    pub fn has_sync_option(&self, option: &str) -> bool {
        self.sync_options.iter().any(|(given, _)| given == option)
    }
}

/// The field managers as which ArgoCD itself applies.
const ARGOCD: [&str; 2] = ["argocd-controller", "argocd-application-controller"];

/// Whether an entry of `ignoreDifferences` covers what ArgoCD applies by `managedFieldsManagers`; none where it names
/// only other managers, whose fields stand in the cluster alone.
pub(crate) fn ignores_managed(entry: Node<'_>) -> Option<bool> {
    let mut managers =
        entry.get("managedFieldsManagers").into_iter().flat_map(|list| list.items()).peekable();
    if managers.peek().is_none() {
        return Some(false);
    }
    managers.any(|name| name.text().is_some_and(|name| ARGOCD.contains(&name))).then_some(true)
}
