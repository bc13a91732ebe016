//! The view `release`: charts with their values, by whoever deploys them.

use std::sync::Arc;

use super::ranks::Ranks;
use super::{ByScope, DynamicSpec, Fact, FactSpec, FactType, FactValue, View, facts, order};
use crate::model::release::{ChartRef, Deployer, Release};
use crate::model::values::{Value, ValueData};
use crate::model::{At, Model, ReleaseId, ResourceId, ScopeId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec { name: "chart", kind: FactType::Str, doc: "the chart's name" },
    FactSpec { name: "name", kind: FactType::Str, doc: "the release's name, where it is known" },
    FactSpec { name: "namespace", kind: FactType::Str, doc: "the namespace, where it is known" },
    FactSpec {
        name: "complete",
        kind: FactType::Bool,
        doc: "all values are at hand: absence of a key is proof",
    },
    FactSpec {
        name: "deployer",
        kind: FactType::Str,
        doc: "`application`, `helm-release`, `script`, `config` or `nobody`",
    },
    FactSpec {
        name: "application",
        kind: FactType::Member("application"),
        doc: "the Application that deploys it",
    },
    FactSpec { name: "local", kind: FactType::Bool, doc: "the chart is in the input" },
    FactSpec {
        name: "version",
        kind: FactType::Str,
        doc: "the version or range of a chart that is elsewhere",
    },
];

const FAMILIES: &[DynamicSpec] = &[DynamicSpec {
    prefix: "values.",
    kind: FactType::Any,
    doc: "the merged value below dotted keys, at the place of the winning one; unknown where it is not given and not \
          all values are at hand",
}];

/// Every release.
pub(super) struct Releases(ByScope<ReleaseId>, Arc<Ranks>);

impl Releases {
    pub(super) fn build(model: &Model, ranks: &Arc<Ranks>) -> Self {
        let scopes = model.scopes.iter().enumerate();
        let all =
            scopes.flat_map(|(at, scope)| scope.releases.iter().map(move |id| (ScopeId(at as u32), *id)));
        Releases(ByScope::new(model, all), ranks.clone())
    }

    fn get<'m>(&self, model: &'m Model, scope: ScopeId, member: u32) -> Option<&'m Release> {
        self.0.get(scope, member).map(|id| model.release(*id))
    }
}

/// A merged value as a fact, at the place of the winning value.
pub fn value_fact(model: &Model, value: &Value) -> Fact {
    let place = value.at.map(|at| model.place(at.value_at()));
    let data = match &value.data {
        ValueData::Null => FactValue::Absent,
        ValueData::Bool(value) => FactValue::Bool(*value),
        ValueData::Number(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => {
            FactValue::Int(*number as i64)
        }
        ValueData::Number(number) => FactValue::Str(number.to_string().into()),
        ValueData::Str(text) => FactValue::Str(text.clone()),
        ValueData::Unknown => FactValue::Unknown,
        ValueData::List(items) => FactValue::List(items.iter().map(|item| value_fact(model, item)).collect()),
        ValueData::Map(_) => match value.at {
            Some(at) => FactValue::Node(at.value_at()),
            None => FactValue::Unknown,
        },
    };
    Fact { value: data, place }
}

impl View for Releases {
    fn name(&self) -> &'static str {
        "release"
    }
    fn doc(&self) -> &'static str {
        "every chart with its merged values, by Application, HelmRelease, script, chart folder or values file"
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
        let Some(it) = self.get(model, scope, member) else { return Fact::ABSENT };
        match fact {
            0 => facts::text(Some(&it.chart_name), facts::place(model, it.chart_at)),
            1 => facts::text(it.name.as_deref(), facts::place(model, it.name_at)),
            2 => facts::text(it.namespace.as_deref(), None),
            3 => Fact::bool(it.complete, None),
            4 => {
                let deployer = match it.deployer {
                    Deployer::Application(_) => "application",
                    Deployer::HelmRelease(_) => "helm-release",
                    Deployer::Script(..) => "script",
                    Deployer::Config(_) => "config",
                    Deployer::Nobody => "nobody",
                };
                Fact::str(deployer, None)
            }
            5 => match it.deployer {
                Deployer::Application(app) => {
                    facts::member("application", self.1.application(scope, app), None)
                }
                _ => Fact::ABSENT,
            },
            6 => Fact::bool(matches!(it.chart, ChartRef::Local(_)), facts::place(model, it.chart_at)),
            _ => match &it.chart {
                ChartRef::Remote { version, .. } => facts::text(version.as_deref(), None),
                ChartRef::Local(_) => Fact::ABSENT,
            },
        }
    }
    fn dynamic_fact(&self, model: &Model, scope: ScopeId, member: u32, _: usize, rest: &str) -> Fact {
        let Some(it) = self.get(model, scope, member) else { return Fact::ABSENT };
        let keys: Vec<&str> = rest.split('.').collect();
        let mut value = &it.values;
        for key in keys {
            value = match &value.data {
                ValueData::Map(map) => match map.get(key) {
                    Some(below) => below,
                    None if it.complete => return Fact::ABSENT,
                    None => return Fact::UNKNOWN,
                },
                ValueData::Unknown => return Fact::UNKNOWN,
                ValueData::Null if !it.complete => return Fact::UNKNOWN,
                _ => return Fact::ABSENT,
            };
        }
        value_fact(model, value)
    }
    fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At> {
        let it = self.get(model, scope, member)?;
        it.layers
            .last()
            .and_then(|doc| model.doc(*doc).tree.root().map(|root| super::raw::at(*doc, root.id())))
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        let it = self.get(model, scope, member)?;
        let named = it.chart_at.or(it.name_at).or_else(|| self.node(model, scope, member));
        facts::place(model, named)
    }
    fn resource(&self, model: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
        match self.get(model, scope, member)?.deployer {
            Deployer::Application(app) => Some(model.application(app).resource),
            Deployer::HelmRelease(resource) => Some(resource),
            _ => None,
        }
    }
    fn release(&self, _: &Model, scope: ScopeId, member: u32) -> Option<ReleaseId> {
        self.0.get(scope, member).copied()
    }
    fn positions(&self, model: &Model, scope: ScopeId, member: u32) -> Vec<order::Position> {
        self.get(model, scope, member).map_or_else(Vec::new, |it| order::of_deployer(model, &it.deployer))
    }
}
