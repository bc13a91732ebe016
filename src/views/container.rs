//! The view `container`: containers of pod templates with their effective environment.

use std::sync::Arc;

use super::ranks::Ranks;
use super::{ByScope, DynamicSpec, Fact, FactSpec, FactType, FactValue, View, facts, raw};
use crate::model::env::{Env, EnvEntry, EnvSource};
use crate::model::resource::{Container, ContainerKind};
use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec { name: "name", kind: FactType::Str, doc: "`name`" },
    FactSpec {
        name: "kind",
        kind: FactType::Str,
        doc: "`main`, `init`, or `sidecar` (init with restartPolicy Always)",
    },
    FactSpec { name: "image", kind: FactType::Str, doc: "`image` as written" },
    FactSpec { name: "workload", kind: FactType::Member("workload"), doc: "the workload it belongs to" },
    FactSpec { name: "ports", kind: FactType::List, doc: "its `containerPort`s" },
    FactSpec { name: "host-ports", kind: FactType::List, doc: "its `hostPort`s" },
    FactSpec {
        name: "env-names",
        kind: FactType::List,
        doc: "the names in `env`, in order, each at its `name`",
    },
    FactSpec {
        name: "env-from",
        kind: FactType::Bool,
        doc: "it has `envFrom`: unlisted variables are unknown",
    },
    FactSpec { name: "namespace", kind: FactType::Str, doc: "the namespace its workload reaches" },
];

const FAMILIES: &[DynamicSpec] = &[DynamicSpec {
    prefix: "env.",
    kind: FactType::Any,
    doc: "the effective value of a variable: the last entry wins, `$(X)` expanded; text for literals, unknown for \
          what comes from elsewhere or with `envFrom`, absent otherwise. Its place is the value",
}];

/// Every container, with the index of its resource and its own in the workload.
pub(super) struct Containers(ByScope<(ResourceId, u32)>, Arc<Ranks>);

impl Containers {
    pub(super) fn build(model: &Model, ranks: &Arc<Ranks>) -> Self {
        let all = model.scoped_resources().flat_map(|(scope, id)| {
            let workload = model.resource(id).workload.as_ref();
            let count = workload.map_or(0, |workload| workload.containers.len()) as u32;
            (0..count).map(move |index| (scope, (id, index)))
        });
        Containers(ByScope::new(model, all), ranks.clone())
    }

    fn get<'m>(&self, model: &'m Model, scope: ScopeId, member: u32) -> Option<(ResourceId, &'m Container)> {
        let (id, index) = *self.0.get(scope, member)?;
        Some((id, model.resource(id).workload.as_ref()?.containers.get(index as usize)?))
    }
}

/// The value of an entry of `env` as a fact.
pub fn env_value(model: &Model, entry: &EnvEntry) -> Fact {
    let place = facts::place(model, entry.value_at.or(Some(entry.at)));
    match &entry.source {
        EnvSource::Literal { expanded, .. } => facts::text(Some(expanded), place),
        _ => Fact { value: FactValue::Unknown, place },
    }
}

/// The effective value of a variable as a fact.
pub fn env_fact(model: &Model, env: &Env, name: &str) -> Fact {
    match env.get(name) {
        Some(entry) => env_value(model, entry),
        None if env.from_unknown => Fact::UNKNOWN,
        None => Fact::ABSENT,
    }
}

impl View for Containers {
    fn name(&self) -> &'static str {
        "container"
    }
    fn doc(&self) -> &'static str {
        "every container of a pod template, init containers included"
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
        let own = |key: &str| raw::below(model, it.at, &[key]).place;
        match fact {
            0 => facts::text((!it.name.is_empty()).then_some(it.name.as_str()), own("name")),
            1 => {
                let kind = match it.kind {
                    ContainerKind::Main => "main",
                    ContainerKind::Init => "init",
                    ContainerKind::Sidecar => "sidecar",
                };
                Fact::str(kind, None)
            }
            2 => facts::text(it.image.as_deref(), own("image")),
            3 => facts::member("workload", self.1.workload(scope, id), None),
            4 => facts::ints(it.ports.iter().filter_map(|port| {
                let place = raw::below(model, port.at, &["containerPort"]).place;
                port.container_port.map(|number| (number, place))
            })),
            5 => facts::ints(it.ports.iter().filter_map(|port| {
                let place = raw::below(model, port.at, &["hostPort"]).place;
                port.host_port.map(|number| (number, place))
            })),
            6 => facts::texts(
                it.env.entries.iter().map(|entry| (entry.name.as_str(), Some(model.place(entry.name_at)))),
            ),
            7 => Fact::bool(it.env.from_unknown, own("envFrom")),
            _ => facts::text(model.resource(id).effective_namespace.as_deref(), None),
        }
    }
    fn dynamic_fact(&self, model: &Model, scope: ScopeId, member: u32, _: usize, rest: &str) -> Fact {
        self.get(model, scope, member).map_or(Fact::ABSENT, |(_, it)| env_fact(model, &it.env, rest))
    }
    fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At> {
        self.get(model, scope, member).map(|(_, it)| it.at)
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        let (_, it) = self.get(model, scope, member)?;
        raw::below(model, it.at, &["name"]).place.or_else(|| Some(model.place(it.at)))
    }
    fn resource(&self, _: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
        self.0.get(scope, member).map(|(id, _)| *id)
    }
}
