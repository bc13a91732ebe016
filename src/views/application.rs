//! The view `application`: ArgoCD Applications, and the templates of ApplicationSets.

use std::sync::Arc;

use super::ranks::Ranks;
use super::{ByScope, DynamicSpec, Fact, FactSpec, FactType, View, facts, order, raw};
use crate::model::application::Application;
use crate::model::{AppId, At, Model, ResourceId, ScopeId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec {
        name: "name",
        kind: FactType::Str,
        doc: "`metadata.name`; absent where a generator puts it in",
    },
    FactSpec { name: "from-set", kind: FactType::Bool, doc: "it is the template of an ApplicationSet" },
    FactSpec { name: "automated", kind: FactType::Bool, doc: "automated sync is on" },
    FactSpec { name: "self-heal", kind: FactType::Bool, doc: "`automated.selfHeal` is on" },
    FactSpec { name: "wave", kind: FactType::Int, doc: "its own sync wave" },
    FactSpec { name: "sync-options", kind: FactType::List, doc: "`syncPolicy.syncOptions`" },
    FactSpec { name: "charts", kind: FactType::List, doc: "`chart` of its sources" },
    FactSpec { name: "repos", kind: FactType::List, doc: "`repoURL` of its sources" },
    FactSpec { name: "destination", kind: FactType::Str, doc: "`destination.server` or `.name` as written" },
    FactSpec { name: "destination-namespace", kind: FactType::Str, doc: "`destination.namespace`" },
    FactSpec {
        name: "parent",
        kind: FactType::Member("application"),
        doc: "the Application that deploys it",
    },
    FactSpec { name: "server-side-apply", kind: FactType::Bool, doc: "sync option `ServerSideApply=true`" },
    FactSpec {
        name: "respects-ignore-differences",
        kind: FactType::Bool,
        doc: "sync option `RespectIgnoreDifferences=true`",
    },
    FactSpec { name: "spec", kind: FactType::Node, doc: "`spec`" },
];

const FAMILIES: &[DynamicSpec] = &[
    DynamicSpec { prefix: "spec.", kind: FactType::Any, doc: "dotted keys below `spec`, as written" },
    DynamicSpec { prefix: "annotation.", kind: FactType::Any, doc: "an annotation of its metadata" },
];

/// Every Application.
pub(super) struct Applications(ByScope<AppId>, Arc<Ranks>);

impl Applications {
    pub(super) fn build(model: &Model, ranks: &Arc<Ranks>) -> Self {
        let scopes = model.scopes.iter().enumerate();
        let all =
            scopes.flat_map(|(at, scope)| scope.applications.iter().map(move |id| (ScopeId(at as u32), *id)));
        Applications(ByScope::new(model, all), ranks.clone())
    }

    fn get<'m>(&self, model: &'m Model, scope: ScopeId, member: u32) -> Option<&'m Application> {
        self.0.get(scope, member).map(|id| model.application(*id))
    }
}

impl View for Applications {
    fn name(&self) -> &'static str {
        "application"
    }
    fn doc(&self) -> &'static str {
        "every ArgoCD Application, and the template of every ApplicationSet"
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
        let below = |keys: &[&str]| raw::below(model, it.at, keys);
        match fact {
            0 => facts::text(it.name.as_deref(), below(&["metadata", "name"]).place),
            1 => Fact::bool(it.from_set, None),
            2 => Fact::bool(it.automated, facts::place(model, it.automated_at)),
            3 => Fact::bool(it.self_heal, below(&["spec", "syncPolicy", "automated", "selfHeal"]).place),
            4 => Fact::int(it.wave, facts::place(model, it.wave_at)),
            5 => facts::texts(
                it.sync_options.iter().map(|(option, at)| (option.as_str(), Some(model.place(*at)))),
            ),
            6 => {
                let charts = it.sources.iter().filter_map(|source| source.chart.as_ref());
                facts::texts(charts.map(|(chart, at)| (chart.as_str(), Some(model.place(*at)))))
            }
            7 => {
                let repos = it.sources.iter().filter_map(|source| {
                    let at = source.at.and_then(|at| raw::below(model, at, &["repoURL"]).place);
                    source.repo_url.as_deref().map(|url| (url, at))
                });
                facts::texts(repos)
            }
            8 => facts::text(it.destination.as_deref(), below(&["spec", "destination"]).place),
            9 => {
                let place = below(&["spec", "destination", "namespace"]).place;
                facts::text(it.destination_namespace.as_deref(), place)
            }
            10 => {
                let parent = it.parent.and_then(|parent| self.1.application(scope, parent));
                facts::member("application", parent, None)
            }
            11 | 12 => {
                let option =
                    if fact == 11 { "ServerSideApply=true" } else { "RespectIgnoreDifferences=true" };
                let place = it.sync_options.iter().find(|(given, _)| given == option);
                Fact::bool(it.has_sync_option(option), place.map(|(_, at)| model.place(*at)))
            }
            _ => below(&["spec"]),
        }
    }
    fn dynamic_fact(&self, model: &Model, scope: ScopeId, member: u32, family: usize, rest: &str) -> Fact {
        let Some(it) = self.get(model, scope, member) else { return Fact::ABSENT };
        if family == 0 {
            let keys: Vec<&str> = std::iter::once("spec").chain(rest.split('.')).collect();
            return raw::below(model, it.at, &keys);
        }
        raw::below(model, it.at, &["metadata", "annotations", rest])
    }
    fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At> {
        self.get(model, scope, member).map(|it| it.at)
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        let it = self.get(model, scope, member)?;
        raw::below(model, it.at, &["metadata", "name"]).place.or_else(|| Some(model.place(it.at)))
    }
    fn resource(&self, model: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
        self.get(model, scope, member).map(|it| it.resource)
    }
    fn positions(&self, model: &Model, scope: ScopeId, member: u32) -> Vec<order::Position> {
        self.0.get(scope, member).map_or_else(Vec::new, |id| order::of_application(model, *id))
    }
}
