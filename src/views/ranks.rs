//! Where a thing of the model stands among the members of its view, counted once so that views can name each other's
//! members without searching. A thing may be in several scopes (a base of several overlays), each with its own ranks.

use crate::model::{AppId, Model, ReleaseId, ResourceId, ScopeId};

/// Ranks of resources, workloads, first containers, Applications and releases within each scope.
#[derive(Debug, Default)]
pub struct Ranks {
    scopes: Vec<InScope>,
}

/// Members of one scope, sorted by their ids as the model lists them.
#[derive(Debug, Default)]
struct InScope {
    resources: Vec<ResourceId>,
    /// For each resource: its workload's rank, its first container's rank, the number of its containers.
    pods: Vec<(Option<u32>, u32, u32)>,
    applications: Vec<AppId>,
    releases: Vec<ReleaseId>,
}

impl Ranks {
    /// Counts everything.
    pub fn build(model: &Model) -> Ranks {
        let count = |scope: &crate::model::Scope| {
            let (mut workloads, mut containers) = (0, 0);
            let pod = |id: &ResourceId| {
                let workload = model.resource(*id).workload.as_ref();
                let count = workload.map_or(0, |workload| workload.containers.len()) as u32;
                let pod = (workload.map(|_| workloads), containers, count);
                workloads += u32::from(workload.is_some());
                containers += count;
                pod
            };
            InScope {
                pods: scope.resources.iter().map(pod).collect(),
                resources: scope.resources.clone(),
                applications: scope.applications.clone(),
                releases: scope.releases.clone(),
            }
        };
        Ranks { scopes: model.scopes.iter().map(count).collect() }
    }

    fn scope(&self, scope: ScopeId) -> Option<&InScope> {
        self.scopes.get(scope.0 as usize)
    }

    fn pod(&self, scope: ScopeId, id: ResourceId) -> Option<(Option<u32>, u32, u32)> {
        self.scope(scope)?.pods.get(self.resource(scope, id)? as usize).copied()
    }

    /// The member of `resource` in a scope.
    pub fn resource(&self, scope: ScopeId, id: ResourceId) -> Option<u32> {
        self.scope(scope)?.resources.binary_search(&id).ok().map(|at| at as u32)
    }

    /// The member of `workload` in a scope.
    pub fn workload(&self, scope: ScopeId, id: ResourceId) -> Option<u32> {
        self.pod(scope, id)?.0
    }

    /// The members of `container` in a scope, in the order of the workload's containers.
    pub fn containers(&self, scope: ScopeId, id: ResourceId) -> std::ops::Range<u32> {
        let (_, first, count) = self.pod(scope, id).unwrap_or_default();
        first..first + count
    }

    /// The member of `application` in a scope.
    pub fn application(&self, scope: ScopeId, id: AppId) -> Option<u32> {
        self.scope(scope)?.applications.binary_search(&id).ok().map(|at| at as u32)
    }

    /// The member of `release` in a scope.
    pub fn release(&self, scope: ScopeId, id: ReleaseId) -> Option<u32> {
        self.scope(scope)?.releases.binary_search(&id).ok().map(|at| at as u32)
    }
}
