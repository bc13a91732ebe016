//! Resources and the workloads among them.

use std::collections::BTreeSet;

use super::env::Env;
use super::{AppId, At, ReleaseId, ScopeId};
use crate::finding::ResourceName;

/// Stands for every field, where it is not known which ones a patch touches.
pub const ANY_FIELD: &str = "*";

/// An object with `apiVersion` and `kind`.
#[derive(Debug)]
pub struct Resource {
    /// Its mapping (the document's root, or an item of a `List`).
    pub at: At,
    /// `apiVersion` as written.
    pub api_version: String,
    /// `kind` as written.
    pub kind: String,
    /// `metadata.name`; empty where there is none.
    pub name: String,
    /// `metadata.namespace` as written.
    pub namespace: Option<String>,
    /// The namespace it reaches: as written, else the destination's of the Application that deploys it, else the
    /// release's; none where that is not known.
    pub effective_namespace: Option<String>,
    /// The first scope it belongs to; others list it too, see [`super::Scope`].
    pub scope: ScopeId,
    /// The Application that deploys it, where one of the input does.
    pub deployed_by: Option<AppId>,
    /// All Applications of the input that deploy it.
    pub deployers: Vec<AppId>,
    /// It is a base or a resource of a kustomization, as it stands before kustomize changes it: its name, namespace
    /// and labels may not be what reaches the cluster.
    pub kustomized: bool,
    /// Names of fields that patches and replacements of kustomizations touch in it; [`ANY_FIELD`] for all.
    pub patched: BTreeSet<String>,
    /// The release that rendered it.
    pub release: Option<ReleaseId>,
    /// The pod template and its containers, where the kind has one.
    pub workload: Option<Box<Workload>>,
}

impl Resource {
    /// A patch of a kustomization may change one of these fields, wherever they stand in it.
    pub fn may_change(&self, fields: &[&str]) -> bool {
        self.patched.contains(ANY_FIELD) || fields.iter().any(|field| self.patched.contains(*field))
    }
}

/// A resource that makes pods (Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Pod, Rollout …).
#[derive(Debug)]
pub struct Workload {
    /// The pod's `metadata` mapping, where there is one.
    pub pod_metadata: Option<At>,
    /// The pod's `spec` mapping.
    pub pod_spec: At,
    /// Containers in order: init containers first.
    pub containers: Vec<Container>,
}

/// What a container is in its pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContainerKind {
    /// `containers`
    Main,
    /// `initContainers`
    Init,
    /// `initContainers` with `restartPolicy: Always`
    Sidecar,
}

/// A container of a pod template.
#[derive(Debug)]
pub struct Container {
    /// Its mapping.
    pub at: At,
    /// `name`; empty where there is none.
    pub name: String,
    /// Its part in the pod.
    pub kind: ContainerKind,
    /// `image` as written.
    pub image: Option<String>,
    /// Its environment.
    pub env: Env,
    /// `ports`.
    pub ports: Vec<Port>,
}

/// A port of a container.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its mapping.
    pub at: At,
    /// `containerPort`.
    pub container_port: Option<i64>,
    /// `hostPort`.
    pub host_port: Option<i64>,
    /// `protocol`, `TCP` where it is absent.
    pub protocol: String,
    /// `name`.
    pub name: Option<String>,
}

impl Resource {
    /// The name for reports.
    pub fn report_name(&self) -> ResourceName {
        ResourceName {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            namespace: self.effective_namespace.clone(),
            name: self.name.clone(),
        }
    }
}
