//! Which resources reach the same cluster (contract section 3).

use super::Builder;
use crate::model::{ReleaseId, ResourceId, Scope, ScopeId, ScriptId};

impl Builder<'_> {
    /// Puts everything into scopes.
    pub(super) fn relate(&mut self) {
        self.scopes.push(Scope {
            name: String::new(),
            resources: (0..self.resources.len() as u32).map(ResourceId).collect(),
            applications: self.app_ids().collect(),
            releases: (0..self.releases.len() as u32).map(ReleaseId).collect(),
            scripts: (0..self.scripts.len() as u32).map(ScriptId).collect(),
        });
        self.mark_kustomized();
        for resource in &mut self.resources {
            resource.scope = ScopeId(0);
            let apps = resource.deployers.iter().filter_map(|id| self.applications.get(id.0 as usize));
            let mut namespaces: Vec<Option<&str>> =
                apps.map(|app| app.destination_namespace.as_deref()).collect();
            namespaces.dedup();
            if resource.effective_namespace.is_none()
                && let [Some(namespace)] = namespaces.as_slice()
            {
                resource.effective_namespace = Some((*namespace).to_string());
            }
        }
    }
}
