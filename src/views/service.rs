//! The view `service`: Kubernetes Services.

use super::{ByScope, DynamicSpec, Fact, FactSpec, FactType, FactValue, View, facts, raw, resource};
use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec { name: "name", kind: FactType::Str, doc: "`metadata.name`" },
    FactSpec { name: "namespace", kind: FactType::Str, doc: "the namespace it reaches" },
    FactSpec { name: "type", kind: FactType::Str, doc: "`spec.type`; `ClusterIP` where absent" },
    FactSpec { name: "ports", kind: FactType::List, doc: "the `port`s" },
    FactSpec {
        name: "target-ports",
        kind: FactType::List,
        doc: "the `targetPort`s as written, else the `port`s",
    },
    FactSpec { name: "selects", kind: FactType::Bool, doc: "it has a selector" },
    FactSpec { name: "external-name", kind: FactType::Str, doc: "`spec.externalName`" },
    FactSpec { name: "host", kind: FactType::Str, doc: "name.namespace, where both are known" },
];

const FAMILIES: &[DynamicSpec] =
    &[DynamicSpec { prefix: "selector.", kind: FactType::Any, doc: "a label of the selector" }];

/// Every core/v1 Service.
pub(super) struct Services(ByScope<ResourceId>);

impl Services {
    pub(super) fn build(model: &Model) -> Self {
        let is_service = |(_, id): &(ScopeId, ResourceId)| {
            let it = model.resource(*id);
            it.kind == "Service" && it.api_version == "v1"
        };
        Services(ByScope::new(model, model.scoped_resources().filter(is_service)))
    }
}

impl View for Services {
    fn name(&self) -> &'static str {
        "service"
    }
    fn doc(&self) -> &'static str {
        "every Kubernetes Service"
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
        let field = |keys: &[&str]| resource::field(model, it, keys);
        let name = (!it.name.is_empty()).then_some(it.name.as_str());
        match fact {
            0 => facts::text(name, field(&["metadata", "name"]).place),
            1 => facts::text(it.effective_namespace.as_deref(), field(&["metadata", "namespace"]).place),
            2 => match field(&["spec", "type"]) {
                Fact { value: FactValue::Absent, place } => Fact::str("ClusterIP", place),
                written => written,
            },
            3 | 4 => {
                let Some(ports) = model.node(it.at).at(&["spec", "ports"]) else { return Fact::ABSENT };
                let number = |node: ddlint_yaml::Node<'_>| {
                    let target = if fact == 4 { node.get("targetPort") } else { None };
                    target.or_else(|| node.get("port")).map(|port| raw::fact(model, it.at.doc, port))
                };
                let place = Some(model.place(raw::at(it.at.doc, ports.id())));
                Fact { value: FactValue::List(ports.items().filter_map(number).collect()), place }
            }
            5 => {
                let selector = field(&["spec", "selector"]);
                Fact::bool(matches!(selector.value, FactValue::Node(_)), selector.place)
            }
            6 => field(&["spec", "externalName"]),
            _ => match (name, &it.effective_namespace) {
                (Some(name), Some(namespace)) => {
                    facts::text(Some(&format!("{name}.{namespace}")), field(&["metadata", "name"]).place)
                }
                _ => Fact::ABSENT,
            },
        }
    }
    fn dynamic_fact(&self, model: &Model, scope: ScopeId, member: u32, _: usize, rest: &str) -> Fact {
        let Some(&id) = self.0.get(scope, member) else { return Fact::ABSENT };
        resource::field(model, model.resource(id), &["spec", "selector", rest])
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
