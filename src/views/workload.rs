//! The view `workload`: resources that make pods.

use std::sync::Arc;

use super::ranks::Ranks;
use super::{ByScope, DynamicSpec, Fact, FactSpec, FactType, View, facts, raw, resource};
use crate::model::resource::Workload;
use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec { name: "kind", kind: FactType::Str, doc: "`kind` as written" },
    FactSpec { name: "name", kind: FactType::Str, doc: "`metadata.name`" },
    FactSpec { name: "namespace", kind: FactType::Str, doc: "the namespace it reaches" },
    FactSpec {
        name: "containers",
        kind: FactType::Members("container"),
        doc: "its containers, init ones first",
    },
    FactSpec { name: "resource", kind: FactType::Member("resource"), doc: "the resource itself" },
    FactSpec {
        name: "host-network",
        kind: FactType::Bool,
        doc: "`hostNetwork` of the pod; false where absent",
    },
    FactSpec { name: "dns-policy", kind: FactType::Str, doc: "`dnsPolicy` of the pod as written" },
    FactSpec { name: "pod-spec", kind: FactType::Node, doc: "the pod's `spec`" },
    FactSpec { name: "replicas", kind: FactType::Int, doc: "`spec.replicas` as written" },
];

const FAMILIES: &[DynamicSpec] = &[
    DynamicSpec { prefix: "pod-annotation.", kind: FactType::Any, doc: "an annotation of the pod template" },
    DynamicSpec { prefix: "pod-label.", kind: FactType::Any, doc: "a label of the pod template" },
    DynamicSpec { prefix: "pod.", kind: FactType::Any, doc: "dotted keys of the pod's `spec`, as written" },
];

/// Every resource with a pod template.
pub(super) struct Workloads(ByScope<ResourceId>, Arc<Ranks>);

impl Workloads {
    pub(super) fn build(model: &Model, ranks: &Arc<Ranks>) -> Self {
        let is_workload = |(_, id): &(ScopeId, ResourceId)| model.resource(*id).workload.is_some();
        Workloads(ByScope::new(model, model.scoped_resources().filter(is_workload)), ranks.clone())
    }

    fn get<'m>(&self, model: &'m Model, scope: ScopeId, member: u32) -> Option<(ResourceId, &'m Workload)> {
        let id = *self.0.get(scope, member)?;
        Some((id, model.resource(id).workload.as_deref()?))
    }
}

impl View for Workloads {
    fn name(&self) -> &'static str {
        "workload"
    }
    fn doc(&self) -> &'static str {
        "every resource that makes pods: Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod, Rollout …"
    }
    fn facts(&self) -> &'static [FactSpec] {
        FACTS
    }
    fn dynamic(&self) -> &'static [DynamicSpec] {
        FAMILIES
    }
    fn len(&self, scope: ScopeId) -> usize {
        self.0.len(scope)
    }
    fn fact(&self, model: &Model, scope: ScopeId, member: u32, fact: usize) -> Fact {
        let Some((id, it)) = self.get(model, scope, member) else { return Fact::ABSENT };
        let resource = model.resource(id);
        let at = |keys: &[&str]| resource::field(model, resource, keys).place;
        match fact {
            0 => facts::text(Some(&resource.kind), at(&["kind"])),
            1 => facts::text(
                (!resource.name.is_empty()).then_some(resource.name.as_str()),
                at(&["metadata", "name"]),
            ),
            2 => facts::text(resource.effective_namespace.as_deref(), at(&["metadata", "namespace"])),
            3 => facts::members("container", self.1.containers(scope, id)),
            4 => facts::member("resource", self.1.resource(scope, id), None),
            5 => {
                let written = raw::below(model, it.pod_spec, &["hostNetwork"]);
                match written.value {
                    super::FactValue::Absent => Fact::bool(false, written.place),
                    _ => written,
                }
            }
            6 => raw::below(model, it.pod_spec, &["dnsPolicy"]),
            7 => facts::node(model, Some(it.pod_spec)),
            _ => resource::field(model, resource, &["spec", "replicas"]),
        }
    }
    fn dynamic_fact(&self, model: &Model, scope: ScopeId, member: u32, family: usize, rest: &str) -> Fact {
        let Some((_, it)) = self.get(model, scope, member) else { return Fact::ABSENT };
        match (family, it.pod_metadata) {
            (0, Some(metadata)) => raw::below(model, metadata, &["annotations", rest]),
            (1, Some(metadata)) => raw::below(model, metadata, &["labels", rest]),
            (2, _) => raw::below(model, it.pod_spec, &rest.split('.').collect::<Vec<_>>()),
            _ => Fact::ABSENT,
        }
    }
    fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At> {
        self.0.get(scope, member).map(|id| model.resource(*id).at)
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        self.0.get(scope, member).map(|id| resource::place_of(model, model.resource(*id)))
    }
    fn resource(&self, _: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
        self.0.get(scope, member).copied()
    }
}
