//! Kustomizations: what they deploy, and which files are parts of them rather than manifests of their own.
//!
//! Deliberately absent: building them. Their resources are seen as they stand (contract section 2).

use std::collections::{BTreeMap, BTreeSet};

use ddlint_yaml::Node;

use super::Builder;
use super::application::known;
use super::classify::is_kustomization_name;
use super::patches::Patch;
use super::release::{Draft, Given};
use crate::discover::{EntryKind, file_name, join, parent};
use crate::model::release::{ChartRef, ClusterGiven, Deployer, LeftOut};
use crate::model::{At, DocId, DocKind};

/// A folder with a kustomization.
#[derive(Clone, Debug, Default)]
pub(super) struct Kustomization {
    /// Its document.
    pub(super) doc: Option<DocId>,
    /// Files of manifests.
    pub(super) files: Vec<String>,
    /// Folders with kustomizations that it builds on.
    pub(super) folders: Vec<String>,
    /// `namespace`
    pub(super) namespace: Option<String>,
    /// Components among the folders: what they patch are its resources.
    pub(super) components: Vec<String>,
    /// What it patches.
    pub(super) patches: Vec<Patch>,
    /// Something of it is not at hand.
    pub(super) incomplete: bool,
}

/// Kustomizations that build on each other.
const DEEPEST: usize = 32;

impl Builder<'_> {
    /// The file of a folder's kustomization.
    pub(super) fn kustomization_file(&self, folder: &str) -> Option<String> {
        ["kustomization.yaml", "kustomization.yml", "Kustomization"]
            .iter()
            .filter_map(|name| join(folder, name))
            .find(|path| self.is_file(path))
    }

    /// Reads the kustomizations among the files, and those that they build on. Gives the files of manifests that they
    /// name and that were not asked for.
    pub(super) fn read_kustomizations(&mut self, paths: &[String]) -> Vec<String> {
        let mut more = Vec::new();
        for path in paths.iter().filter(|path| is_kustomization_name(file_name(path))) {
            self.read_kustomization(parent(path), 0, &mut more);
        }
        more
    }

    fn read_kustomization(&mut self, folder: &str, depth: usize, files: &mut Vec<String>) {
        if self.kustomizations.contains_key(folder) || depth > DEEPEST {
            return;
        }
        let Some(path) = self.kustomization_file(folder) else { return };
        self.kustomizations.insert(folder.to_string(), Kustomization::default());
        let docs = self
            .loader
            .load_used(&path, DocKind::Config)
            .map(|loaded| loaded.docs.clone())
            .unwrap_or_default();
        let mut out = Kustomization::default();
        for id in docs {
            self.read_document(id, folder, &mut out);
            out.patches.extend(self.read_patches(id, folder));
        }
        files.extend(out.files.iter().cloned());
        let folders = out.folders.clone();
        self.kustomizations.insert(folder.to_string(), out);
        for folder in folders {
            self.read_kustomization(&folder, depth + 1, files);
        }
    }

    fn read_document(&mut self, id: DocId, folder: &str, out: &mut Kustomization) {
        let Some(root) = self.loader.docs.get(id.0 as usize).and_then(|doc| doc.tree.root()) else { return };
        out.doc = Some(id);
        out.namespace = out.namespace.take().or_else(|| known(root.get("namespace")));
        let mut parts: Vec<String> = Vec::new();
        let texts = |key: &str| -> Vec<String> {
            let items = root.get(key).into_iter().flat_map(|list| list.items());
            items.filter_map(|item| item.text()).map(str::to_string).collect()
        };
        for entry in ["resources", "bases", "components"].iter().flat_map(|key| texts(key)) {
            match join(folder, &entry) {
                Some(path) if self.is_file(&path) => out.files.push(path),
                Some(path) if self.kustomization_file(&path).is_some() => out.folders.push(path),
                _ => out.incomplete = true,
            }
        }
        let components = texts("components").into_iter().filter_map(|entry| join(folder, &entry));
        out.components.extend(components);
        // What is applied to manifests is no manifest.
        for key in ["patches", "patchesJson6902", "replacements"] {
            let items = root.get(key).into_iter().flat_map(|list| list.items());
            parts.extend(items.filter_map(|item| Some(item.get("path")?.text()?.to_string())));
        }
        for key in ["patchesStrategicMerge", "configurations", "transformers", "generators", "validators"] {
            parts.extend(texts(key));
        }
        parts.extend(root.at(&["openapi", "path"]).and_then(|node| node.text()).map(str::to_string));
        for key in ["configMapGenerator", "secretGenerator"] {
            for generator in root.get(key).into_iter().flat_map(|list| list.items()) {
                let files = generator.get("files").into_iter().flat_map(|list| list.items());
                let texts = files.filter_map(|item| item.text());
                // `key=file`
                parts.extend(
                    texts.map(|text| text.split_once('=').map_or(text, |(_, file)| file).to_string()),
                );
            }
        }
        for chart in root.get("helmCharts").into_iter().flat_map(|list| list.items()) {
            let extra = chart.get("additionalValuesFiles").into_iter().flat_map(|list| list.items());
            let all = chart.get("valuesFile").into_iter().chain(extra);
            parts.extend(all.filter_map(|file| Some(file.text()?.to_string())));
        }
        for part in parts {
            let Some(path) = join(folder, &part) else { continue };
            match self.loader.tree.kind(&path) {
                Some(EntryKind::File) => {
                    self.parts.insert(path);
                }
                Some(EntryKind::Folder) => {
                    let mut below = Vec::new();
                    self.walk(&path, 0, &mut |file| below.push(file.to_string()));
                    self.parts.extend(below);
                }
                None => {}
            }
        }
    }

    /// All files of manifests that a kustomization deploys, each with the namespace that it sets.
    pub(super) fn closure(&self, folder: &str) -> BTreeMap<String, Option<String>> {
        let mut out = BTreeMap::new();
        let mut seen = BTreeSet::new();
        self.close(folder, None, 0, &mut seen, &mut out);
        out
    }

    fn close(
        &self,
        folder: &str,
        namespace: Option<&str>,
        depth: usize,
        seen: &mut BTreeSet<String>,
        out: &mut BTreeMap<String, Option<String>>,
    ) {
        let Some(kustomization) = self.kustomizations.get(folder) else { return };
        if depth > DEEPEST || !seen.insert(folder.to_string()) {
            return;
        }
        // The outermost namespace wins.
        let namespace = namespace.or(kustomization.namespace.as_deref());
        for file in &kustomization.files {
            out.entry(file.clone()).or_insert_with(|| namespace.map(str::to_string));
        }
        for folder in &kustomization.folders {
            self.close(folder, namespace, depth + 1, seen, out);
        }
    }

    /// The folders of the kustomizations that one builds on.
    pub(super) fn kustomization_folders(&self, folder: &str) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        self.close(folder, None, 0, &mut seen, &mut BTreeMap::new());
        seen
    }

    /// Kustomizations that no other one builds on.
    pub(super) fn top_kustomizations(&self) -> Vec<String> {
        let below: BTreeSet<&String> = self.kustomizations.values().flat_map(|it| &it.folders).collect();
        self.kustomizations.keys().filter(|folder| !below.contains(folder)).cloned().collect()
    }

    /// Notes which resources kustomize will change, and the namespaces that it gives them.
    pub(super) fn mark_kustomized(&mut self) {
        self.mark_patched();
        let mut namespaces: BTreeMap<String, BTreeSet<Option<String>>> = BTreeMap::new();
        for folder in self.top_kustomizations() {
            for (file, namespace) in self.closure(&folder) {
                namespaces.entry(file).or_default().insert(namespace);
            }
        }
        for (file, namespaces) in namespaces {
            for id in self.resources_of.get(&file).cloned().unwrap_or_default() {
                let Some(resource) = self.resources.get_mut(id.0 as usize) else { continue };
                resource.kustomized = true;
                let mut all = namespaces.iter();
                match (all.next(), all.next()) {
                    (Some(Some(namespace)), None) => resource.effective_namespace = Some(namespace.clone()),
                    // Overlays that differ: the namespace is not one.
                    (Some(_), Some(_)) => resource.effective_namespace = None,
                    _ => {}
                }
            }
        }
    }

    /// Notes which fields patches may change.
    fn mark_patched(&mut self) {
        let folders: Vec<String> = self.kustomizations.keys().cloned().collect();
        for folder in folders {
            let patches = self.patches_of(&folder);
            if patches.is_empty() {
                continue;
            }
            for file in self.closure(&folder).into_keys() {
                for id in self.resources_of.get(&file).cloned().unwrap_or_default() {
                    let Some(resource) = self.resources.get_mut(id.0 as usize) else { continue };
                    for patch in &patches {
                        if let Some(fields) = patch.fields_of(resource) {
                            resource.patched.extend(fields.iter().cloned());
                        }
                    }
                }
            }
        }
    }

    /// The patches of a kustomization, with those of its components and theirs.
    fn patches_of(&self, folder: &str) -> Vec<Patch> {
        let mut found = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![folder];
        while let Some(folder) = open.pop() {
            let Some(kustomization) = self.kustomizations.get(folder) else { continue };
            if seen.insert(folder) {
                found.extend(kustomization.patches.iter().cloned());
                open.extend(kustomization.components.iter().map(String::as_str));
            }
        }
        found
    }

    /// Releases of `helmCharts`.
    pub(super) fn kustomize_releases(&mut self) {
        let all: Vec<(String, DocId)> =
            self.kustomizations.iter().filter_map(|(folder, it)| Some((folder.clone(), it.doc?))).collect();
        for (folder, doc) in all {
            let count = self.kustomize_charts(doc).len();
            for index in 0..count {
                if let Some(draft) = self.kustomize_release(&folder, doc, index) {
                    self.add_release(draft);
                }
            }
        }
    }

    fn kustomize_charts(&self, doc: DocId) -> Vec<Node<'_>> {
        let root = self.loader.docs.get(doc.0 as usize).and_then(|doc| doc.tree.root());
        let list = root.and_then(|root| root.get("helmCharts"));
        list.into_iter().flat_map(|list| list.items()).collect()
    }

    fn kustomize_release(&mut self, folder: &str, doc: DocId, index: usize) -> Option<Draft> {
        let charts = self.kustomize_charts(doc);
        let item = *charts.get(index)?;
        let at = |node: Node<'_>| At { doc, node: node.id() };
        let text = |key: &str| known(item.get(key));
        let name = text("name")?;
        let chart_at = item.get("name").map(at);
        let release = item.get("releaseName").filter(|node| !node.is_null());
        let (release_name, release_at) = (known(release), release.map(at));
        let outer = self.kustomizations.get(folder).and_then(|it| it.namespace.clone());
        let namespace = text("namespace").or(outer);
        let (repository, version) = (text("repo"), text("version"));
        let inline = item.get("valuesInline").map(at);
        let replaces = item.get("valuesMerge").and_then(|node| node.text()) == Some("replace");
        let extra = item.get("additionalValuesFiles").into_iter().flat_map(|list| list.items());
        let files: Vec<String> = item
            .get("valuesFile")
            .into_iter()
            .chain(extra)
            .filter_map(|node| Some(node.text()?.to_string()))
            .collect();
        let mut given = Given::new();
        if !(replaces && inline.is_some()) {
            for file in files {
                self.give_file(&mut given, join(folder, &file));
            }
        }
        if let Some(inline) = inline {
            self.give_node(&mut given, inline);
        }
        let local = join(folder, &format!("charts/{name}"))
            .filter(|path| repository.is_none() && self.is_chart(path));
        Some(Draft {
            chart: local.map_or(ChartRef::Remote { repository, name, version }, ChartRef::Local),
            chart_at,
            name: release_name,
            name_at: release_at,
            namespace,
            given,
            deployer: Deployer::Config(doc),
            left_out: LeftOut::default(),
            cluster: ClusterGiven::default(),
        })
    }

    /// Adds a values file that is named by its path; one that is not there makes the values incomplete.
    pub(super) fn give_file(&mut self, given: &mut Given, path: Option<String>) {
        let Some(path) = path.filter(|path| self.is_file(path)) else {
            given.complete = false;
            return;
        };
        match self.load_values(&path) {
            Some(doc) => self.give_doc(given, doc),
            None if self.is_broken(&path) => given.break_off(),
            None => {}
        }
    }
}
