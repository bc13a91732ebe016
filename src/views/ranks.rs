//! Where a thing of the model stands among the members of its view, counted once so that views can name each other's
//! members without searching.

use crate::model::{AppId, Model, ReleaseId, ResourceId, ScopeId};

/// Ranks of resources, workloads, first containers, Applications and releases within their scopes.
#[derive(Debug, Default)]
pub struct Ranks {
    resources: Vec<u32>,
    workloads: Vec<Option<u32>>,
    containers: Vec<(u32, u32)>,
    applications: Vec<u32>,
    releases: Vec<u32>,
}

/// Counts per scope.
#[derive(Default)]
struct Counter(Vec<u32>);

impl Counter {
    fn take(&mut self, scope: ScopeId, count: u32) -> u32 {
        let at = scope.0 as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        let Some(slot) = self.0.get_mut(at) else { return 0 };
        let rank = *slot;
        *slot += count;
        rank
    }
}

impl Ranks {
    /// Counts everything.
    pub fn build(model: &Model) -> Ranks {
        let mut ranks = Ranks::default();
        let (mut resources, mut workloads, mut containers) =
            (Counter::default(), Counter::default(), Counter::default());
        for resource in &model.resources {
            let count = resource.workload.as_ref().map_or(0, |workload| workload.containers.len()) as u32;
            ranks.resources.push(resources.take(resource.scope, 1));
            ranks.workloads.push(resource.workload.as_ref().map(|_| workloads.take(resource.scope, 1)));
            ranks.containers.push((containers.take(resource.scope, count), count));
        }
        let (mut applications, mut releases) = (Counter::default(), Counter::default());
        ranks.applications = model.applications.iter().map(|app| applications.take(app.scope, 1)).collect();
        ranks.releases = model.releases.iter().map(|release| releases.take(release.scope, 1)).collect();
        ranks
    }

    /// The member of `resource` in the resource's scope.
    pub fn resource(&self, id: ResourceId) -> Option<u32> {
        self.resources.get(id.0 as usize).copied()
    }

    /// The member of `workload` in the resource's scope.
    pub fn workload(&self, id: ResourceId) -> Option<u32> {
        self.workloads.get(id.0 as usize).copied().flatten()
    }

    /// The members of `container` in the resource's scope, in the order of the workload's containers.
    pub fn containers(&self, id: ResourceId) -> std::ops::Range<u32> {
        let (first, count) = self.containers.get(id.0 as usize).copied().unwrap_or_default();
        first..first + count
    }

    /// The member of `application`, if the Application belongs to that scope: members are named within one scope.
    pub fn application(&self, model: &Model, id: AppId, scope: ScopeId) -> Option<u32> {
        let app = model.applications.get(id.0 as usize)?;
        (app.scope == scope).then(|| self.applications.get(id.0 as usize).copied()).flatten()
    }

    /// The member of `release` in the release's scope.
    pub fn release(&self, id: ReleaseId) -> Option<u32> {
        self.releases.get(id.0 as usize).copied()
    }
}
