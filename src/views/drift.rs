//! The view `drift`: what changes from one render of a release to the next, one member for each cause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ranks::Ranks;
use super::{ByScope, Fact, FactSpec, FactType, FactValue, View, facts, ignored, order};
use crate::model::drift::{Drift, Key, Kind};
use crate::model::release::Deployer;
use crate::model::{AppId, At, DocId, Model, ResourceId, ScopeId};
use crate::rule::Locator;
use crate::source::{FileId, Place};

const fn fact(name: &'static str, kind: FactType, doc: &'static str) -> FactSpec {
    FactSpec { name, kind, doc }
}

const FACTS: &[FactSpec] = &[
    fact(
        "kind",
        FactType::Str,
        "`random` (a random function, the clock, an order that is not specified), `lookup` (which finds nothing under \
         ArgoCD), `install-flag` (`.Release.IsInstall` and the like, which never change there) or `null-default` (a null \
         for a subchart's default, which Helm 3 and 4 take differently)",
    ),
    fact("function", FactType::Str, "what is called, or the value that is null; its place is the call"),
    fact("calls", FactType::List, "all calls that belong to it"),
    fact("template", FactType::Str, "file and line of the call"),
    fact(
        "key",
        FactType::Str,
        "a value that ends it, tried out; with the truth value that does, where it is a switch",
    ),
    fact("other-keys", FactType::List, "further values that end it"),
    fact("field", FactType::Str, "a field that changes, in a pod template where there is one"),
    fact("object", FactType::Str, "kind and name of the resource with this field"),
    fact("fields", FactType::List, "every field that changes"),
    fact("others", FactType::Str, "how many other fields change, in words"),
    fact(
        "pods",
        FactType::List,
        "those of the fields that stand in pod templates: each change replaces the pods",
    ),
    fact("hooks-only", FactType::Bool, "all of them belong to hooks, which are not compared but run again"),
    fact(
        "ignored",
        FactType::Bool,
        "the Application ignores all of these fields and keeps the first value (`RespectIgnoreDifferences=true`); unknown \
         where that hangs on what the managers in `managedFieldsManagers` own in the cluster",
    ),
    fact("application", FactType::Member("application"), "the Application that renders the chart"),
    fact("automated", FactType::Bool, "the Application syncs by itself; its place is `automated`"),
    fact("labels-only", FactType::Bool, "only labels and annotations of metadata change"),
    fact(
        "by-helm",
        FactType::Bool,
        "Helm itself deploys the chart (a HelmRelease, a script, a helmfile): it has a cluster to ask",
    ),
    fact("chart", FactType::Str, "the chart's name"),
    fact(
        "cause",
        FactType::Str,
        "what tells it from other causes for which the same place stands in: the value that ends it, or the template in an \
         archive",
    ),
    fact("in-archive", FactType::Str, "where the call stands, in words, where it stands in an archive"),
];

/// A field in a rendered text, its resource and its normalized path.
type Named = (Place, ResourceId, String);

/// Every cause.
pub(super) struct Drifts {
    members: ByScope<u32>,
    /// By member of the model: the fields with resource and path.
    named: Vec<Vec<Named>>,
    ranks: Arc<Ranks>,
}

impl Drifts {
    pub(super) fn build(model: &Model, ranks: &Arc<Ranks>) -> Self {
        let scope = |drift: &Drift| model.release(drift.release).scope;
        let all = model.drift.iter().enumerate().map(|(at, drift)| (scope(drift), at as u32));
        let members = ByScope::new(model, all);
        if model.drift.is_empty() {
            return Drifts { members, named: Vec::new(), ranks: ranks.clone() };
        }
        let files: BTreeSet<FileId> =
            model.drift.iter().flat_map(|drift| drift.fields.iter().map(|field| field.file)).collect();
        let docs: BTreeMap<DocId, FileId> = (model.docs.iter().enumerate())
            .filter(|(_, doc)| files.contains(&doc.file))
            .map(|(at, doc)| (DocId(at as u32), doc.file))
            .collect();
        let mut resources: BTreeMap<FileId, Vec<ResourceId>> = BTreeMap::new();
        for (at, resource) in model.resources.iter().enumerate() {
            if let Some(file) = docs.get(&resource.at.doc) {
                resources.entry(*file).or_default().push(ResourceId(at as u32));
            }
        }
        let locator = Locator::new(model);
        let named = |drift: &Drift| {
            let fields = drift.pods.iter().chain(drift.fields.iter().filter(|it| !drift.pods.contains(it)));
            let name = |place: &Place| {
                let covers = |id: &&ResourceId| {
                    let span = model.node(model.resource(**id).at).span();
                    span.start <= place.span.start && place.span.start <= span.end
                };
                let id = *resources.get(&place.file)?.iter().find(covers)?;
                let (_, path) = locator.name_and_path(*place, Some(id));
                Some((*place, id, path?))
            };
            fields.filter_map(name).collect()
        };
        Drifts { members, named: model.drift.iter().map(named).collect(), ranks: ranks.clone() }
    }

    fn get<'m>(&self, model: &'m Model, scope: ScopeId, member: u32) -> Option<(&'m Drift, &[Named])> {
        let at = *self.members.get(scope, member)? as usize;
        Some((model.drift.get(at)?, self.named.get(at)?))
    }
}

fn app_of(model: &Model, drift: &Drift) -> Option<AppId> {
    match model.release(drift.release).deployer {
        Deployer::Application(app) => Some(app),
        _ => None,
    }
}

/// A message is the same where the line is another one.
fn without_line(template: &str) -> &str {
    let numbered =
        template.rsplit_once(':').filter(|(_, line)| line.bytes().all(|byte| byte.is_ascii_digit()));
    numbered.map_or(template, |(file, _)| file)
}

fn key_text(key: &Key) -> String {
    match key.set_to {
        Some(on) => format!("{}: {on}", key.path),
        None => key.path.clone(),
    }
}

impl View for Drifts {
    fn name(&self) -> &'static str {
        "drift"
    }
    fn doc(&self) -> &'static str {
        "what changes from one render of a chart to the next (or would, where ArgoCD hides it) though nothing in the \
         repository changes: one member for each call, or for each value that would end it. Charts are rendered twice to \
         see it"
    }
    fn reads_drift(&self) -> bool {
        true
    }
    fn facts(&self) -> &'static [FactSpec] {
        FACTS
    }
    fn len(&self, scope: ScopeId) -> usize {
        self.members.len(scope)
    }
    fn fact(&self, model: &Model, scope: ScopeId, member: u32, fact: usize) -> Fact {
        let Some((it, fields)) = self.get(model, scope, member) else { return Fact::ABSENT };
        let list = |items: Vec<Fact>| Fact { value: FactValue::List(items), place: None };
        let call = it.calls.first();
        match fact {
            0 => Fact::str(
                match it.kind {
                    Kind::Random => "random",
                    Kind::Lookup => "lookup",
                    Kind::InstallFlag => "install-flag",
                    Kind::NullDefault => "null-default",
                },
                None,
            ),
            1 => facts::text(call.map(|call| call.function.as_str()), call.and_then(|call| call.place)),
            2 => list(it.calls.iter().map(|call| Fact::str(&call.function, call.place)).collect()),
            3 => facts::text(call.map(|call| call.template.as_str()), call.and_then(|call| call.place)),
            4 => match it.keys.first() {
                Some(key) => Fact::str(key_text(key), key.place),
                None => Fact::ABSENT,
            },
            5 => {
                const SHOWN: usize = 3;
                let others = it.keys.iter().skip(1).take(SHOWN);
                list(others.map(|key| Fact::str(key_text(key), key.place)).collect())
            }
            6 => match fields.first() {
                Some((place, _, path)) => Fact::str(crate::trace::dotted(path), Some(*place)),
                None => Fact::ABSENT,
            },
            7 => match fields.first() {
                Some((place, id, _)) => {
                    let resource = model.resource(*id);
                    Fact::str(format!("{}/{}", resource.kind, resource.name), Some(*place))
                }
                None => Fact::ABSENT,
            },
            8 => list(fields.iter().map(|(place, _, path)| Fact::str(path, Some(*place))).collect()),
            9 => match fields.len() {
                0 | 1 => Fact::ABSENT,
                2 => Fact::str(", and one other field with it", None),
                count => Fact::str(format!(", and {} other fields with it", count - 1), None),
            },
            10 => {
                // The key is literal text, the value often a checksum of texts that stand elsewhere.
                let locator = |place: &Place| {
                    let (_, id, _) = fields.iter().find(|(at, ..)| at == place)?;
                    let doc = &model.doc(model.resource(*id).at.doc).tree;
                    let mut node = doc.node(doc.node_at(place.span.start)?);
                    while node.span() != place.span {
                        node = node.parent()?;
                    }
                    let key = crate::rule::key_of(node)?;
                    Some(Place { file: place.file, span: key.span() })
                };
                let key = |place: &Place| Fact::bool(true, Some(locator(place).unwrap_or(*place)));
                list(it.pods.iter().map(key).collect())
            }
            11 => Fact::bool(it.hooks_only, None),
            12 => {
                let app = app_of(model, it).map(|id| model.application(id));
                let respected = app.filter(|app| app.has_sync_option("RespectIgnoreDifferences=true"));
                let (Some(app), false) = (respected, fields.is_empty()) else {
                    return Fact::bool(false, None);
                };
                let mut covered = Some(true);
                for (_, id, path) in fields {
                    match ignored::covers(model, app, model.resource(*id), path) {
                        Some(true) => {}
                        Some(false) => return Fact::bool(false, None),
                        None => covered = None,
                    }
                }
                covered.map_or(Fact::UNKNOWN, |covered| Fact::bool(covered, None))
            }
            13 => match app_of(model, it) {
                Some(app) => facts::member("application", self.ranks.application(scope, app), None),
                None => Fact::ABSENT,
            },
            14 => {
                let app = app_of(model, it).map(|id| model.application(id));
                let place = app.and_then(|app| app.automated_at).map(|at| {
                    let key = model.doc(at.doc).tree.key_of(at.node).map(|node| At { doc: at.doc, node });
                    model.place(key.unwrap_or(at))
                });
                Fact::bool(app.is_some_and(|app| app.automated), place)
            }
            15 => {
                let harmless = |path: &str| {
                    path.starts_with("$['metadata']['labels']")
                        || path.starts_with("$['metadata']['annotations']")
                };
                Fact::bool(fields.iter().all(|(_, _, path)| harmless(path)), None)
            }
            16 => {
                let deployer = model.release(it.release).deployer;
                Fact::bool(!matches!(deployer, Deployer::Application(_) | Deployer::Nobody), None)
            }
            17 => Fact::str(&model.release(it.release).chart_name, None),
            18 => facts::text(it.apart.as_deref(), None),
            _ => match call.filter(|call| call.place.is_none() && call.template.contains(".tgz/")) {
                Some(call) => Fact::str(format!(" in `{}`", without_line(&call.template)), None),
                None => Fact::ABSENT,
            },
        }
    }
    fn node(&self, _: &Model, _: ScopeId, _: u32) -> Option<At> {
        None
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        self.get(model, scope, member).map(|(it, _)| it.at)
    }
    fn resource(&self, model: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
        let (it, fields) = self.get(model, scope, member)?;
        fields.first().map(|(_, id, _)| *id).or(it.resource)
    }
    fn positions(&self, model: &Model, scope: ScopeId, member: u32) -> Vec<order::Position> {
        self.get(model, scope, member)
            .map_or_else(Vec::new, |(it, _)| order::of_deployer(model, &model.release(it.release).deployer))
    }
}
