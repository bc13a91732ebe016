//! Which resources reach the same cluster (contract section 3).
//!
//! The destinations of Applications tell it. Without them everything is one scope, except that sibling overlays are
//! not mixed: what lies outside of them, and the bases that they build on, belongs to each. A chart that nobody
//! deploys is alone.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Builder;
use super::overlays::Overlays;
use crate::discover::is_below;
use crate::model::release::{ChartRef, Deployer};
use crate::model::{AppId, ReleaseId, ResourceId, Scope, ScopeId, ScriptId};

/// What tells a scope from the others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Key {
    /// What Applications deploy: the cluster, and the overlay where the cluster is the Application's own.
    Deployed { cluster: String, overlay: Option<String> },
    /// What no Application deploys: the overlay, or all that lies in none.
    Plain(Option<String>),
    /// A render of a chart that nobody deploys.
    Alone(ReleaseId),
}

impl Key {
    fn name(&self) -> String {
        match self {
            Key::Deployed { cluster, overlay } => match overlay {
                Some(overlay) => format!("{overlay} ({cluster})"),
                None => cluster.clone(),
            },
            Key::Plain(overlay) => overlay.clone().unwrap_or_default(),
            Key::Alone(_) => String::new(),
        }
    }
}

/// What tells where something is, shared by what is in the same place.
type Keys = Rc<BTreeSet<Key>>;

/// The cluster that ArgoCD itself runs in.
const OWN_CLUSTER: &str = "in-cluster";

/// What lies in no overlay is in each, up to this many memberships. A catalogue of a hundred parts, each with overlays
/// of its own, is no hundred clusters.
const MOST_SHARED: usize = 50_000;

impl Builder<'_> {
    /// Puts everything into scopes.
    pub(super) fn relate(&mut self) {
        self.mark_kustomized();
        self.give_namespaces();
        let overlays = self.find_overlays();
        let apps: Vec<Key> = self.app_ids().map(|id| self.app_key(id, &overlays)).collect();
        let clusters: BTreeSet<&Key> =
            apps.iter().filter(|key| matches!(key, Key::Deployed { .. })).collect();
        let mut resources: Vec<Keys> = self.resource_keys(&apps, &overlays);
        let scripts: Vec<Key> =
            self.scripts.iter().map(|script| Key::Plain(overlays.of(self.path_of(script.file)))).collect();
        let releases: Vec<Keys> = (0..self.releases.len() as u32)
            .map(|id| self.release_keys(ReleaseId(id), &apps, &resources, &overlays))
            .collect();
        // What was rendered is where its release is.
        for (resource, keys) in self.resources.iter().zip(&mut resources) {
            if let Some(release) = resource.release.and_then(|id| releases.get(id.0 as usize)) {
                keys.clone_from(release);
            }
        }
        // The scopes: each cluster; what is not deployed joins the one cluster there is, else it is by itself.
        let plain: BTreeSet<Option<String>> =
            (resources.chunk_by(Rc::ptr_eq).chain(releases.chunk_by(Rc::ptr_eq)))
                .filter_map(|same| same.first())
                .flat_map(|keys| keys.iter())
                .chain(&scripts)
                .filter_map(|key| if let Key::Plain(overlay) = key { Some(overlay.clone()) } else { None })
                .collect();
        let common = resources.iter().filter(|keys| keys.contains(&Key::Plain(None))).count();
        let too_many = plain.len() > 8 && common * plain.len() > MOST_SHARED;
        let mut keys: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
        let named: Vec<&Option<String>> = plain.iter().filter(|overlay| overlay.is_some()).collect();
        for cluster in &clusters {
            keys.entry((*cluster).clone()).or_default().insert((*cluster).clone());
        }
        // Applications for the own cluster that lie in no overlay belong to each overlay's cluster.
        let own = |overlay: Option<String>| Key::Deployed { cluster: OWN_CLUSTER.to_string(), overlay };
        let is_own = |key: &Key| matches!(key, Key::Deployed { cluster, .. } if cluster == OWN_CLUSTER);
        if keys.keys().filter(|key| is_own(key)).count() > 1 && keys.remove(&own(None)).is_some() {
            for (_, members) in keys.iter_mut().filter(|(key, _)| is_own(key)) {
                members.insert(own(None));
            }
        }
        let only_own = keys.keys().all(is_own);
        match (keys.len(), named.is_empty()) {
            // One cluster, or none: what lies in no overlay belongs to each overlay.
            (0 | 1, true) => {
                let scope = keys.keys().next().cloned().unwrap_or(Key::Plain(None));
                keys.entry(scope).or_default().insert(Key::Plain(None));
            }
            (0 | 1, false) if too_many => {
                for overlay in &plain {
                    keys.entry(Key::Plain(overlay.clone())).or_default().insert(Key::Plain(overlay.clone()));
                }
            }
            (0 | 1, false) => {
                let mut common: BTreeSet<Key> = keys.values().flatten().cloned().collect();
                common.insert(Key::Plain(None));
                keys.clear();
                for overlay in named {
                    let members = keys.entry(Key::Plain(overlay.clone())).or_default();
                    members.extend(common.iter().cloned());
                    members.insert(Key::Plain(overlay.clone()));
                }
            }
            _ => {
                for overlay in &plain {
                    if overlay.is_none() && only_own {
                        for members in keys.values_mut() {
                            members.insert(Key::Plain(None));
                        }
                        continue;
                    }
                    let same = keys.keys().find(|key| {
                        overlay.is_some()
                            && matches!(key, Key::Deployed { overlay: own, .. } if own == overlay)
                    });
                    let scope = same.cloned().unwrap_or_else(|| Key::Plain(overlay.clone()));
                    let members = keys.entry(scope).or_default();
                    members.insert(Key::Plain(overlay.clone()));
                    members.insert(Key::Plain(None));
                }
                if plain.iter().any(Option::is_some) {
                    keys.remove(&Key::Plain(None));
                }
            }
        }
        for key in releases.iter().flat_map(|keys| keys.iter()).filter(|key| matches!(key, Key::Alone(_))) {
            keys.entry(key.clone()).or_default().insert(key.clone());
        }
        self.fill(keys, &apps, &resources, &scripts, &releases);
    }

    fn fill(
        &mut self,
        keys: BTreeMap<Key, BTreeSet<Key>>,
        apps: &[Key],
        resources: &[Keys],
        scripts: &[Key],
        releases: &[Keys],
    ) {
        let mut by_member: BTreeMap<&Key, Vec<usize>> = BTreeMap::new();
        for (index, members) in keys.values().enumerate() {
            for member in members {
                by_member.entry(member).or_default().push(index);
            }
        }
        let scopes_of = |all: &mut dyn Iterator<Item = &Key>| -> Vec<usize> {
            let indices: BTreeSet<usize> =
                all.flat_map(|key| by_member.get(key).into_iter().flatten()).copied().collect();
            indices.into_iter().collect()
        };
        let mut scopes: Vec<Scope> =
            keys.keys().map(|key| Scope { name: key.name(), ..Scope::default() }).collect();
        let mut put = |indices: &[usize], add: &mut dyn FnMut(&mut Scope)| -> ScopeId {
            for index in indices {
                if let Some(scope) = scopes.get_mut(*index) {
                    add(scope);
                }
            }
            ScopeId(indices.first().copied().unwrap_or(0) as u32)
        };
        let (mut before, mut indices): (Option<&Keys>, Vec<usize>) = (None, Vec::new());
        for (id, (resource, keys)) in self.resources.iter_mut().zip(resources).enumerate() {
            let id = ResourceId(id as u32);
            if !before.is_some_and(|before| Rc::ptr_eq(before, keys)) {
                (before, indices) = (Some(keys), scopes_of(&mut keys.iter()));
            }
            resource.scope = put(&indices, &mut |scope| scope.resources.push(id));
        }
        for (id, (app, key)) in self.applications.iter_mut().zip(apps).enumerate() {
            let id = AppId(id as u32);
            app.scope = put(&scopes_of(&mut std::iter::once(key)), &mut |scope| scope.applications.push(id));
        }
        for (id, key) in scripts.iter().enumerate() {
            let id = ScriptId(id as u32);
            put(&scopes_of(&mut std::iter::once(key)), &mut |scope| scope.scripts.push(id));
        }
        for (id, (release, keys)) in self.releases.iter_mut().zip(releases).enumerate() {
            let id = ReleaseId(id as u32);
            release.scope = put(&scopes_of(&mut keys.iter()), &mut |scope| scope.releases.push(id));
        }
        if scopes.is_empty() {
            scopes.push(Scope::default());
        }
        self.scopes = scopes;
    }

    /// The namespace of the Application that deploys a resource, where it is one.
    fn give_namespaces(&mut self) {
        for resource in &mut self.resources {
            let apps = resource.deployers.iter().filter_map(|id| self.applications.get(id.0 as usize));
            let mut namespaces: Vec<Option<&str>> =
                apps.map(|app| app.destination_namespace.as_deref()).collect();
            namespaces.dedup();
            if resource.effective_namespace.is_none()
                && let [Some(namespace)] = namespaces.as_slice()
            {
                resource.effective_namespace = Some((*namespace).to_string());
            }
        }
    }

    pub(super) fn path_of(&self, file: crate::source::FileId) -> &str {
        &self.loader.sources.get(file).root_path
    }

    fn path_of_resource(&self, id: ResourceId) -> Option<&str> {
        let doc = self.resources.get(id.0 as usize)?.at.doc;
        Some(self.path_of(self.loader.docs.get(doc.0 as usize)?.file))
    }

    fn app_key(&self, id: AppId, overlays: &Overlays) -> Key {
        let plain = Key::Deployed { cluster: OWN_CLUSTER.to_string(), overlay: None };
        let Some(app) = self.applications.get(id.0 as usize) else { return plain };
        let rendered_by = self.resources.get(app.resource.0 as usize).and_then(|resource| resource.release);
        if let Some(release) = rendered_by.filter(|release| self.alone.contains(release)) {
            return Key::Alone(release);
        }
        let written = app.destination.as_deref().unwrap_or(OWN_CLUSTER).trim().trim_end_matches('/');
        let is_own = matches!(
            written,
            OWN_CLUSTER
                | "https://kubernetes.default.svc"
                | "https://kubernetes.default"
                | "kubernetes.default.svc"
        );
        let configured = |text: &str| {
            let mut clusters = self.settings.clusters.iter();
            clusters
                .find(|(_, members)| members.iter().any(|member| member.trim_end_matches('/') == text))
                .map(|(name, _)| name.clone())
        };
        if let Some(cluster) = configured(written) {
            return Key::Deployed { cluster, overlay: None };
        }
        if !is_own {
            // The clusters that a generator picks are those of the same placeholder and the same selector.
            let selector = if written.contains("{{") { self.cluster_selector(id) } else { String::new() };
            return Key::Deployed { cluster: format!("{written}{selector}"), overlay: None };
        }
        // Each cluster may run its own ArgoCD: then the folder of the Application tells them apart.
        let overlay = self.path_of_resource(app.resource).and_then(|path| overlays.of(path));
        Key::Deployed { cluster: OWN_CLUSTER.to_string(), overlay }
    }

    /// The text of the selectors of an ApplicationSet's cluster generators.
    fn cluster_selector(&self, id: AppId) -> String {
        let resource = self.applications.get(id.0 as usize).map(|app| app.resource);
        let at = resource.and_then(|id| self.resources.get(id.0 as usize)).map(|resource| resource.at);
        let Some(root) = at.and_then(|at| self.node(at)) else { return String::new() };
        let mut out = String::new();
        let mut open = vec![(root.at(&["spec", "generators"]), 0_usize)];
        while let Some((list, depth)) = open.pop() {
            for generator in list.into_iter().flat_map(|list| list.items()) {
                if let Some(selector) = generator.at(&["clusters", "selector"]) {
                    let text = selector.span().slice(selector.document().text());
                    out.push(' ');
                    out.extend(text.split_whitespace());
                }
                for nested in ["matrix", "merge"] {
                    if depth < 4 {
                        open.push((generator.at(&[nested, "generators"]), depth + 1));
                    }
                }
            }
        }
        out
    }

    /// The keys of each resource. Most resources of a file, and those that one Application deploys, have the same.
    fn resource_keys(&self, apps: &[Key], overlays: &Overlays) -> Vec<Keys> {
        let mut of_file: BTreeMap<&str, Keys> = BTreeMap::new();
        let mut deployed: BTreeMap<&[AppId], Keys> = BTreeMap::new();
        // An Application that nobody deploys is seen where its resources are.
        let mut seen: BTreeMap<ResourceId, BTreeSet<Key>> = BTreeMap::new();
        for (app, key) in self.applications.iter().zip(apps) {
            seen.entry(app.resource).or_default().insert(key.clone());
        }
        let mut out = Vec::with_capacity(self.resources.len());
        for (id, resource) in self.resources.iter().enumerate() {
            let id = ResourceId(id as u32);
            let by_deployers = deployed.entry(resource.deployers.as_slice()).or_insert_with(|| {
                let keys = resource.deployers.iter().filter_map(|id| apps.get(id.0 as usize));
                Rc::new(keys.cloned().collect())
            });
            out.push(if !by_deployers.is_empty() {
                by_deployers.clone()
            } else if let Some(keys) = seen.get(&id) {
                Rc::new(keys.clone())
            } else {
                let path = self.path_of_resource(id).unwrap_or_default();
                let made = || Rc::new(overlays.all(path).into_iter().map(Key::Plain).collect());
                of_file.entry(path).or_insert_with(made).clone()
            });
        }
        out
    }

    fn release_keys(&self, id: ReleaseId, apps: &[Key], resources: &[Keys], overlays: &Overlays) -> Keys {
        let Some(release) = self.releases.get(id.0 as usize) else { return Keys::default() };
        let doc_path = |doc: crate::model::DocId| {
            let doc = self.loader.docs.get(doc.0 as usize);
            doc.map(|doc| self.path_of(doc.file)).unwrap_or_default()
        };
        let keys: BTreeSet<Key> = match release.deployer {
            Deployer::HelmRelease(id) => return resources.get(id.0 as usize).cloned().unwrap_or_default(),
            Deployer::Application(id) => apps.get(id.0 as usize).cloned().into_iter().collect(),
            Deployer::Script(id, _) => {
                let path = self.scripts.get(id.0 as usize).map(|script| self.path_of(script.file));
                BTreeSet::from([Key::Plain(path.and_then(|path| overlays.of(path)))])
            }
            Deployer::Config(doc) => {
                let path = doc_path(doc);
                let folder = crate::discover::parent(path);
                let by = self.app_ids().filter(|id| self.builds(*id, folder));
                let keys: BTreeSet<Key> = by.filter_map(|id| apps.get(id.0 as usize)).cloned().collect();
                if keys.is_empty() { overlays.all(path).into_iter().map(Key::Plain).collect() } else { keys }
            }
            Deployer::Nobody => {
                let top = release.parent.unwrap_or(id);
                match (&release.chart, release.layers.last()) {
                    _ if self.alone.contains(&top) || self.alone.contains(&id) => {
                        BTreeSet::from([Key::Alone(top)])
                    }
                    (ChartRef::Remote { .. }, Some(doc)) => {
                        let overlay = release.overlay.clone().or_else(|| overlays.of(doc_path(*doc)));
                        BTreeSet::from([Key::Plain(overlay)])
                    }
                    _ => BTreeSet::from([Key::Alone(top)]),
                }
            }
        };
        Rc::new(keys)
    }

    /// Whether an Application builds a folder's kustomization.
    fn builds(&self, id: AppId, folder: &str) -> bool {
        let Some(app) = self.applications.get(id.0 as usize) else { return false };
        let mut paths = app
            .sources
            .iter()
            .filter_map(|source| source.local_path.as_deref().filter(|_| source.path.is_some()));
        paths.any(|path| path == folder || self.kustomization_folders(path).contains(folder))
    }

    fn find_overlays(&self) -> Overlays {
        let mut paths: BTreeSet<&str> = self.loader.docs.iter().map(|doc| self.path_of(doc.file)).collect();
        paths.extend(self.scripts.iter().map(|script| self.path_of(script.file)));
        let mut overlays = Overlays::find(paths.iter().copied());
        overlays.clusters = self
            .settings
            .clusters
            .iter()
            .flat_map(|(name, members)| {
                members.iter().map(move |member| (member.trim_matches('/').to_string(), name.clone()))
            })
            .collect();
        // A base belongs to the overlays that build on it.
        for folder in self.top_kustomizations() {
            if let Some(overlay) = overlays.of(&format!("{folder}/kustomization.yaml")) {
                for file in self.closure(&folder).into_keys() {
                    if !is_below(&file, &folder) {
                        overlays.add(&file, &overlay);
                    }
                }
                for base in self.kustomization_folders(&folder) {
                    if let Some(file) = self.kustomization_file(&base).filter(|file| !is_below(file, &folder))
                    {
                        overlays.add(&file, &overlay);
                    }
                }
            }
        }
        overlays
    }
}
