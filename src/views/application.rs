//! The view `application`: ArgoCD Applications, and the templates of ApplicationSets.

use std::sync::Arc;

use super::ranks::Ranks;
use super::{ByScope, DynamicSpec, Fact, FactSpec, FactType, FactValue, View, facts, order, raw};
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
    FactSpec {
        name: "server-side-diff",
        kind: FactType::Bool,
        doc: "server-side diff is on: its own `compare-options`, `argocd.server-side-diff` of the configuration, \
              argocd-cmd-params-cm",
    },
    FactSpec {
        name: "tracking",
        kind: FactType::Str,
        doc: "annotation, label or annotation+label: `argocd.tracking` of the configuration, argocd-cm, else the \
              default of the version of ArgoCD",
    },
    FactSpec { name: "spec", kind: FactType::Node, doc: "`spec`" },
];

const FAMILIES: &[DynamicSpec] = &[
    DynamicSpec { prefix: "spec.", kind: FactType::Any, doc: "dotted keys below `spec`, as written" },
    DynamicSpec { prefix: "annotation.", kind: FactType::Any, doc: "an annotation of its metadata" },
];

/// Every Application.
pub(super) struct Applications {
    members: ByScope<AppId>,
    ranks: Arc<Ranks>,
    server_side_diff: Fact,
    tracking: Fact,
}

/// A key of a ConfigMap of ArgoCD's own in the input.
fn own_setting(model: &Model, map: &str, key: &str) -> Option<Fact> {
    let mut maps = model.resources.iter().filter(|it| it.kind == "ConfigMap" && it.name == map);
    maps.find_map(|it| {
        Some(raw::below(model, it.at, &["data", key])).filter(|it| it.value != FactValue::Absent)
    })
}

/// How ArgoCD compares where an Application says nothing.
fn server_side_diff(model: &Model) -> Fact {
    if let Some(given) = model.settings.argocd_server_side_diff {
        return Fact::bool(given, None);
    }
    match own_setting(model, "argocd-cmd-params-cm", "controller.diff.server.side") {
        Some(Fact { value: FactValue::Str(text), place }) => Fact::bool(&*text == "true", place),
        Some(unknown) => unknown,
        None => Fact::bool(false, None),
    }
}

fn tracking(model: &Model) -> Fact {
    let default = if model.settings.argocd < (3, 0) { "label" } else { "annotation" };
    match &model.settings.argocd_tracking {
        Some(given) => facts::text(Some(given), None),
        None => own_setting(model, "argocd-cm", "application.resourceTrackingMethod")
            .unwrap_or_else(|| facts::text(Some(default), None)),
    }
}

impl Applications {
    pub(super) fn build(model: &Model, ranks: &Arc<Ranks>) -> Self {
        let scopes = model.scopes.iter().enumerate();
        let all =
            scopes.flat_map(|(at, scope)| scope.applications.iter().map(move |id| (ScopeId(at as u32), *id)));
        Applications {
            members: ByScope::new(model, all),
            ranks: ranks.clone(),
            server_side_diff: server_side_diff(model),
            tracking: tracking(model),
        }
    }

    fn get<'m>(&self, model: &'m Model, scope: ScopeId, member: u32) -> Option<&'m Application> {
        self.members.get(scope, member).map(|id| model.application(*id))
    }

    fn server_side_diff(&self, model: &Model, it: &Application) -> Fact {
        let own =
            raw::below(model, it.at, &["metadata", "annotations", "argocd.argoproj.io/compare-options"]);
        let FactValue::Str(options) = &own.value else {
            return if own.value == FactValue::Unknown { own } else { self.server_side_diff.clone() };
        };
        let mut options = options.split(',').map(str::trim);
        match options.find_map(|option| option.strip_prefix("ServerSideDiff=")) {
            Some(value) => Fact::bool(value == "true", own.place),
            None => self.server_side_diff.clone(),
        }
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
        self.members.len(scope)
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
                let parent = it.parent.and_then(|parent| self.ranks.application(scope, parent));
                facts::member("application", parent, None)
            }
            11 | 12 => {
                let option =
                    if fact == 11 { "ServerSideApply=true" } else { "RespectIgnoreDifferences=true" };
                let place = it.sync_options.iter().find(|(given, _)| given == option);
                Fact::bool(it.has_sync_option(option), place.map(|(_, at)| model.place(*at)))
            }
            13 => self.server_side_diff(model, it),
            14 => self.tracking.clone(),
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
        self.members.get(scope, member).map_or_else(Vec::new, |id| order::of_application(model, *id))
    }
}
