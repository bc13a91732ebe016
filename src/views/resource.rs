//! The view `resource`: every object with `apiVersion` and `kind`.

use std::sync::Arc;

use super::ranks::Ranks;
use super::{ByScope, DynamicSpec, Fact, FactSpec, FactType, View, facts, order, raw};
use crate::model::resource::Resource;
use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec { name: "kind", kind: FactType::Str, doc: "`kind` as written" },
    FactSpec { name: "api-version", kind: FactType::Str, doc: "`apiVersion` as written" },
    FactSpec { name: "group", kind: FactType::Str, doc: "the API group; empty for the core group" },
    FactSpec { name: "name", kind: FactType::Str, doc: "`metadata.name`" },
    FactSpec { name: "namespace", kind: FactType::Str, doc: "`metadata.namespace` as written" },
    FactSpec {
        name: "effective-namespace",
        kind: FactType::Str,
        doc: "the namespace it reaches: as written, else that of the Application or release that deploys it",
    },
    FactSpec {
        name: "identity",
        kind: FactType::Str,
        doc: "group, kind, effective namespace and name in one word: equal for two manifests of one object",
    },
    FactSpec {
        name: "application",
        kind: FactType::Member("application"),
        doc: "the Application of the input that deploys it",
    },
    FactSpec {
        name: "wave",
        kind: FactType::Int,
        doc: "its sync wave (annotation, else hook weight, else 0)",
    },
    FactSpec { name: "hook", kind: FactType::Bool, doc: "it is an ArgoCD or Helm hook" },
    FactSpec { name: "file", kind: FactType::Str, doc: "the file, relative to the root" },
];

const FAMILIES: &[DynamicSpec] = &[
    DynamicSpec {
        prefix: "annotation.",
        kind: FactType::Any,
        doc: "an annotation of its metadata, for example `annotation.argocd.argoproj.io/sync-wave`",
    },
    DynamicSpec { prefix: "label.", kind: FactType::Any, doc: "a label of its metadata" },
];

/// Every resource.
pub(super) struct Resources(ByScope<ResourceId>, Arc<Ranks>);

impl Resources {
    pub(super) fn build(model: &Model, ranks: &Arc<Ranks>) -> Self {
        Resources(ByScope::new(model, model.scoped_resources()), ranks.clone())
    }
}

/// The place of a resource: its name, else its kind, else its mapping.
pub fn place_of(model: &Model, resource: &Resource) -> Place {
    let node = model.node(resource.at);
    let name = node.at(&["metadata", "name"]).or_else(|| node.get("kind"));
    let at = name.map_or(resource.at, |name| raw::at(resource.at.doc, name.id()));
    model.place(at)
}

/// A value below keys of a resource, with its place.
pub(super) fn field(model: &Model, resource: &Resource, keys: &[&str]) -> Fact {
    raw::below(model, resource.at, keys)
}

/// The API group of an `apiVersion`.
pub fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

impl View for Resources {
    fn name(&self) -> &'static str {
        "resource"
    }
    fn doc(&self) -> &'static str {
        "every object with `apiVersion` and `kind`, `List` kinds unpacked"
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
        let Some(&id) = self.0.get(scope, member) else { return Fact::ABSENT };
        let it = model.resource(id);
        let at = |keys: &[&str]| field(model, it, keys).place;
        match fact {
            0 => facts::text(Some(&it.kind), at(&["kind"])),
            1 => facts::text(Some(&it.api_version), at(&["apiVersion"])),
            2 => facts::text(Some(group(&it.api_version)), at(&["apiVersion"])),
            3 => facts::text((!it.name.is_empty()).then_some(it.name.as_str()), at(&["metadata", "name"])),
            4 => facts::text(it.namespace.as_deref(), at(&["metadata", "namespace"])),
            5 => facts::text(it.effective_namespace.as_deref(), at(&["metadata", "namespace"])),
            6 => {
                if it.name.is_empty() {
                    return Fact::ABSENT;
                }
                let namespace = it.effective_namespace.as_deref().unwrap_or_default();
                let identity = format!("{}/{}/{namespace}/{}", group(&it.api_version), it.kind, it.name);
                facts::text(Some(&identity), at(&["metadata", "name"]))
            }
            7 => {
                let member = it.deployed_by.and_then(|app| self.1.application(scope, app));
                facts::member("application", member, None)
            }
            8 => {
                let (_, wave, place) = order::phase_and_wave(model, it);
                Fact::int(wave, place)
            }
            9 => Fact::bool(
                order::hook(model, it).is_some(),
                order::hook(model, it).and_then(|hook| hook.place),
            ),
            _ => facts::text(Some(&model.sources.get(model.doc(it.at.doc).file).root_path), None),
        }
    }
    fn dynamic_fact(&self, model: &Model, scope: ScopeId, member: u32, family: usize, rest: &str) -> Fact {
        let Some(&id) = self.0.get(scope, member) else { return Fact::ABSENT };
        let mapping = if family == 0 { "annotations" } else { "labels" };
        field(model, model.resource(id), &["metadata", mapping, rest])
    }
    fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At> {
        self.0.get(scope, member).map(|id| model.resource(*id).at)
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        self.0.get(scope, member).map(|id| place_of(model, model.resource(*id)))
    }
    fn resource(&self, _: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
        self.0.get(scope, member).copied()
    }
}
