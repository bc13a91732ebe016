//! The view `env`: single entries of the `env` of containers, shadowed ones included.

use std::sync::Arc;

use super::ranks::Ranks;
use super::{ByScope, Fact, FactSpec, FactType, View, container, facts};
use crate::model::env::{EnvEntry, EnvSource};
use crate::model::resource::Container;
use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec { name: "name", kind: FactType::Str, doc: "the variable" },
    FactSpec {
        name: "value",
        kind: FactType::Str,
        doc: "the literal with `$(X)` expanded; unknown where it comes from elsewhere",
    },
    FactSpec {
        name: "written",
        kind: FactType::Str,
        doc: "the literal as written; absent for other sources",
    },
    FactSpec {
        name: "source",
        kind: FactType::Str,
        doc: "`literal`, `field`, `secret`, `config-map` or `unknown`",
    },
    FactSpec { name: "field", kind: FactType::Str, doc: "`fieldRef.fieldPath`" },
    FactSpec { name: "shadowed", kind: FactType::Bool, doc: "a later entry of the same name wins" },
    FactSpec { name: "container", kind: FactType::Member("container"), doc: "the container it belongs to" },
    FactSpec { name: "entry", kind: FactType::Node, doc: "the entry's mapping" },
];

/// Where an entry stands: resource, container, entry.
pub(super) struct EnvEntries(ByScope<(ResourceId, u32, u32)>, Arc<Ranks>);

impl EnvEntries {
    pub(super) fn build(model: &Model, ranks: &Arc<Ranks>) -> Self {
        let mut all = Vec::new();
        for (scope, id) in model.scoped_resources() {
            let workload = model.resource(id).workload.iter();
            for (index, container) in workload.flat_map(|workload| &workload.containers).enumerate() {
                let entries = 0..container.env.entries.len() as u32;
                all.extend(entries.map(|entry| (scope, (id, index as u32, entry))));
            }
        }
        EnvEntries(ByScope::new(model, all), ranks.clone())
    }

    fn get<'m>(
        &self,
        model: &'m Model,
        scope: ScopeId,
        member: u32,
    ) -> Option<(&'m Container, &'m EnvEntry)> {
        let (id, index, entry) = *self.0.get(scope, member)?;
        let container = model.resource(id).workload.as_ref()?.containers.get(index as usize)?;
        Some((container, container.env.entries.get(entry as usize)?))
    }
}

impl View for EnvEntries {
    fn name(&self) -> &'static str {
        "env"
    }
    fn doc(&self) -> &'static str {
        "every entry of the `env` of a container, in order, also those that a later one shadows"
    }
    fn facts(&self) -> &'static [FactSpec] {
        FACTS
    }
    fn len(&self, scope: ScopeId) -> usize {
        self.0.len(scope)
    }
    fn fact(&self, model: &Model, scope: ScopeId, member: u32, fact: usize) -> Fact {
        let Some((container, it)) = self.get(model, scope, member) else { return Fact::ABSENT };
        let value_place = facts::place(model, it.value_at.or(Some(it.at)));
        match fact {
            0 => facts::text(Some(&it.name), Some(model.place(it.name_at))),
            1 => container::env_value(model, it),
            2 => match &it.source {
                EnvSource::Literal { written, .. } => facts::text(Some(written), value_place),
                EnvSource::Unknown => Fact::UNKNOWN,
                _ => Fact::ABSENT,
            },
            3 => {
                let source = match it.source {
                    EnvSource::Literal { .. } => "literal",
                    EnvSource::Field(_) => "field",
                    EnvSource::Secret(..) => "secret",
                    EnvSource::ConfigMap(..) => "config-map",
                    EnvSource::Unknown => "unknown",
                };
                Fact::str(source, value_place)
            }
            4 => match &it.source {
                EnvSource::Field(path) => facts::text(Some(path), value_place),
                _ => Fact::ABSENT,
            },
            5 => {
                let last = container.env.get(&it.name).is_some_and(|last| last.at == it.at);
                Fact::bool(!last, None)
            }
            6 => {
                let (id, index, _) = self.0.get(scope, member).copied().unwrap_or((ResourceId(0), 0, 0));
                facts::member("container", Some(self.1.containers(scope, id).start + index), None)
            }
            _ => facts::node(model, Some(it.at)),
        }
    }
    fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At> {
        self.get(model, scope, member).map(|(_, it)| it.at)
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        self.get(model, scope, member).map(|(_, it)| model.place(it.name_at))
    }
    fn resource(&self, _: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
        self.0.get(scope, member).map(|(id, ..)| *id)
    }
}
