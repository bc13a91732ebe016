//! Releases that Applications deploy, with every form of values that an Application has.
//!
//! Precedence, low to high: values files in order, `valuesObject` or else `values`, `parameters`, `fileParameters`
//! (argocd.md 1.1). `.argocd-source.yaml` in the source's folder replaces fields of the source.

use ddlint_yaml::Node;
use globset::GlobBuilder;

use super::Builder;
use super::application::known;
use super::placeholder::is_placeholder;
use super::release::{Draft, Given};
use crate::discover::{EntryKind, join, parent};
use crate::finding::InputError;
use crate::model::release::{ChartRef, ClusterGiven, Deployer, LeftOut};
use crate::model::{AppId, At, DocId, DocKind};
use crate::source::Place;

/// What an entry of `valueFiles` leads to.
pub(super) enum ValueFile {
    Files(Vec<String>),
    /// It should be there and is not.
    Missing,
    /// It leaves the root.
    Outside,
    /// It lies elsewhere, or its name is not known.
    Elsewhere,
}

impl Builder<'_> {
    pub(super) fn application_releases(&mut self) {
        let first = std::mem::replace(&mut self.released_applications, self.applications.len());
        for id in self.app_ids().skip(first) {
            let count = self.applications.get(id.0 as usize).map_or(0, |app| app.sources.len());
            for index in 0..count {
                if let Some(draft) = self.application_release(id, index) {
                    self.add_release(draft);
                }
            }
        }
    }

    fn application_release(&mut self, id: AppId, index: usize) -> Option<Draft> {
        let app = self.applications.get(id.0 as usize)?;
        let source = app.sources.get(index)?;
        let at = source.at?;
        let local = source.local_path.clone().filter(|path| source.path.is_some() && self.is_chart(path));
        let (chart, chart_at) = match (&source.chart, local) {
            (Some((name, at)), _) => {
                let repository = source.repo_url.clone();
                (
                    ChartRef::Remote {
                        repository,
                        name: name.clone(),
                        version: source.target_revision.clone(),
                    },
                    *at,
                )
            }
            (None, Some(folder)) => (ChartRef::Local(folder), source.path.as_ref()?.1),
            _ => return None,
        };
        let (from_set, app_name) = (app.from_set, app.name.clone());
        let app_at = app.at;
        let destination = app.destination_namespace.clone();
        let mut given = Given::new();
        let overrides = self.source_overrides(&mut given, id, index, app_name.as_deref());
        let place = |(doc, node): (DocId, Node<'_>)| At { doc, node: node.id() };
        let (name, name_at) = match self.helm_field(at, &overrides, "releaseName") {
            // A release's name that a generator puts in is not known.
            Some(found) => match known(Some(found.1)) {
                Some(name) => (Some(name), Some(place(found))),
                None => (None, None),
            },
            None => (
                app_name.clone(),
                self.node(app_at)
                    .and_then(|node| node.at(&["metadata", "name"]))
                    .map(|node| At { doc: app_at.doc, node: node.id() }),
            ),
        };
        let own_namespace = known(self.helm_field(at, &overrides, "namespace").map(|(_, node)| node));
        let switch =
            |key| self.helm_field(at, &overrides, key).is_some_and(|(_, node)| node.as_bool() == Some(true));
        let left_out = LeftOut {
            schema: switch("skipSchemaValidation"),
            crds: switch("skipCrds"),
            tests: switch("skipTests"),
        };
        let api_versions = self.helm_field(at, &overrides, "apiVersions");
        let cluster = ClusterGiven {
            kube_version: known(self.helm_field(at, &overrides, "kubeVersion").map(|(_, node)| node)),
            api_versions: api_versions
                .into_iter()
                .flat_map(|(_, list)| list.items())
                .filter_map(|item| known(Some(item)))
                .collect(),
        };
        self.give_value_files(&mut given, id, index, &overrides);
        self.give_inline(&mut given, at, &overrides, from_set);
        self.give_parameters(&mut given, id, index, &overrides);
        Some(Draft {
            chart,
            chart_at: Some(chart_at),
            name,
            name_at,
            namespace: own_namespace.or(destination),
            given,
            deployer: Deployer::Application(id),
            left_out,
            cluster,
        })
    }

    /// `.argocd-source-<app>.yaml` and `.argocd-source.yaml` of a local source, the stronger first.
    fn source_overrides(
        &mut self,
        given: &mut Given,
        id: AppId,
        index: usize,
        app_name: Option<&str>,
    ) -> Vec<DocId> {
        let folder =
            self.applications.get(id.0 as usize).and_then(|app| app.sources.get(index)?.local_path.clone());
        let Some(folder) = folder else { return Vec::new() };
        let own = app_name.map(|name| format!(".argocd-source-{name}.yaml"));
        let names = own.into_iter().chain([".argocd-source.yaml".to_string()]);
        let paths: Vec<String> =
            names.filter_map(|name| join(&folder, &name)).filter(|path| self.is_file(path)).collect();
        let mut found = Vec::new();
        for path in paths {
            found.extend(
                self.loader.load_used(&path, DocKind::Config).and_then(|it| it.docs.first().copied()),
            );
            if self.is_broken(&path) {
                given.break_off();
            }
        }
        found
    }

    /// The `helm` blocks of a source, the strongest first. A `null` changes nothing: ArgoCD reads what the merge patch
    /// leaves over the source as it was, and a field that is gone keeps its value.
    fn helm_blocks(&self, at: At, overrides: &[DocId]) -> Vec<(DocId, Node<'_>)> {
        let stronger = overrides.iter().filter_map(|doc| {
            let root = self.loader.docs.get(doc.0 as usize)?.tree.root()?;
            Some((*doc, root.get("helm")?))
        });
        let own = self.node(at).and_then(|node| node.get("helm")).map(|node| (at.doc, node));
        stronger.chain(own).filter(|(_, helm)| !helm.is_null()).collect()
    }

    /// A field of the `helm` block: from the strongest file that gives it, else from the Application.
    pub(super) fn helm_field(&self, at: At, overrides: &[DocId], key: &str) -> Option<(DocId, Node<'_>)> {
        let blocks = self.helm_blocks(at, overrides);
        let mut given = blocks.into_iter().filter_map(|(doc, helm)| Some((doc, helm.get(key)?)));
        given.find(|(_, node)| !node.is_null())
    }

    /// The items of a list of the `helm` block, each with those that stood at its place in weaker files: ArgoCD reads
    /// a list over the one before, and Go keeps the fields that an item does not give.
    pub(super) fn helm_items(&self, at: At, overrides: &[DocId], key: &str) -> Vec<Vec<(DocId, Node<'_>)>> {
        let blocks = self.helm_blocks(at, overrides).into_iter();
        let lists: Vec<(DocId, Node<'_>)> =
            blocks.filter_map(|(doc, helm)| Some((doc, helm.get(key).filter(|it| !it.is_null())?))).collect();
        let length = lists.first().map_or(0, |(_, list)| list.len());
        let at_place = |place| {
            lists.iter().filter_map(move |(doc, list)| Some((*doc, list.items().nth(place)?))).collect()
        };
        (0..length).map(at_place).collect()
    }

    fn give_value_files(&mut self, given: &mut Given, id: AppId, index: usize, overrides: &[DocId]) {
        let Some(at) = self.applications.get(id.0 as usize).and_then(|app| app.sources.get(index)?.at) else {
            return;
        };
        let Some((doc, list)) = self.helm_field(at, overrides, "valueFiles") else { return };
        let ignore_missing = self
            .helm_field(at, overrides, "ignoreMissingValueFiles")
            .is_some_and(|(_, node)| node.as_bool() == Some(true));
        let entries: Vec<(At, ValueFile)> = list
            .items()
            .map(|item| {
                let found = item.text().map_or(ValueFile::Elsewhere, |text| self.value_file(id, index, text));
                (At { doc, node: item.id() }, found)
            })
            .collect();
        for (at, found) in entries {
            match found {
                ValueFile::Files(paths) => {
                    for path in paths {
                        match self.load_values(&path) {
                            Some(doc) => self.give_doc(given, doc),
                            None if self.is_broken(&path) => given.break_off(),
                            None => {}
                        }
                    }
                }
                ValueFile::Missing if ignore_missing => {}
                ValueFile::Missing => {
                    given.complete = false;
                    given.missing.push(at);
                }
                ValueFile::Outside => {
                    given.break_off();
                    self.leaves_root(at);
                }
                ValueFile::Elsewhere => given.complete = false,
            }
        }
    }

    /// A file that is used and cannot be read, or not to its end: an error says why.
    pub(super) fn is_broken(&self, path: &str) -> bool {
        self.loader.get(path).is_none_or(|loaded| !loaded.syntax_errors.is_empty())
    }

    pub(super) fn leaves_root(&mut self, at: At) {
        let Some(node) = self.node(at) else { return };
        let Some(doc) = self.loader.docs.get(at.doc.0 as usize) else { return };
        self.loader.errors.push(InputError {
            code: "outside-root",
            message: format!("`{}` leaves the root of the given paths", node.text().unwrap_or_default()),
            help: Some("ddlint reads no file outside of it; move the file into the repository".to_string()),
            place: Some(Place { file: doc.file, span: node.span() }),
            file: None,
        });
    }

    pub(super) fn value_file(&self, id: AppId, index: usize, written: &str) -> ValueFile {
        let Some(app) = self.applications.get(id.0 as usize) else { return ValueFile::Elsewhere };
        let Some(source) = app.sources.get(index) else { return ValueFile::Elsewhere };
        if is_placeholder(written) || written.contains("://") {
            return ValueFile::Elsewhere;
        }
        let prefix = |source: &crate::model::application::Source| {
            let key = super::sources::repository_key(source.repo_url.as_deref()?);
            self.ours.get(&key).cloned()
        };
        let (folder, path) = if let Some(rest) = written.strip_prefix('$')
            && let Some((name, path)) = rest.split_once('/')
            && let Some(referred) =
                app.sources.iter().find(|source| source.reference.as_deref() == Some(name))
        {
            (prefix(referred), path)
        } else if let Some(path) = written.strip_prefix('/') {
            (prefix(source).filter(|_| source.chart.is_none()), path)
        } else {
            (source.local_path.clone().filter(|_| source.path.is_some()), written)
        };
        let Some(folder) = folder else { return ValueFile::Elsewhere };
        let Some(path) = self.expand(path, app, source) else { return ValueFile::Elsewhere };
        let Some(path) = join(&folder, &path) else { return ValueFile::Outside };
        if path.contains(['*', '?', '[']) {
            let found = self.glob(&path);
            return if found.is_empty() { ValueFile::Missing } else { ValueFile::Files(found) };
        }
        if self.is_file(&path) { ValueFile::Files(vec![path]) } else { ValueFile::Missing }
    }

    /// The files that a glob with `**` names, in order.
    pub(super) fn glob(&self, pattern: &str) -> Vec<String> {
        let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() else { return Vec::new() };
        let matcher = glob.compile_matcher();
        let literal = pattern.split(['*', '?', '[', '{']).next().unwrap_or_default();
        let mut found = Vec::new();
        self.walk(parent(literal), 0, &mut |path| {
            if matcher.is_match(path) {
                found.push(path.to_string());
            }
        });
        found
    }

    pub(super) fn walk(&self, folder: &str, depth: usize, visit: &mut impl FnMut(&str)) {
        for entry in self.loader.tree.list(folder).unwrap_or_default() {
            let Some(path) = join(folder, &entry.name) else { continue };
            match entry.kind {
                EntryKind::File => visit(&path),
                EntryKind::Folder if depth < 64 && entry.link.is_none() && entry.name != ".git" => {
                    self.walk(&path, depth + 1, visit);
                }
                EntryKind::Folder => {}
            }
        }
    }

    /// `valuesObject`, else `values`: the first makes ArgoCD ignore the second.
    fn give_inline(&mut self, given: &mut Given, at: At, overrides: &[DocId], from_set: bool) {
        let place = |(doc, node): (DocId, Node<'_>)| At { doc, node: node.id() };
        // The files of overrides are merged into it, as everything in them.
        let blocks = self.helm_blocks(at, overrides);
        let objects = blocks.iter().filter_map(|(doc, helm)| Some((*doc, helm.get("valuesObject")?)));
        let objects = objects.filter(|(_, node)| !node.is_null());
        let (own, mut patches): (Vec<At>, Vec<At>) = objects.map(place).partition(|it| it.doc == at.doc);
        patches.reverse();
        if !(own.is_empty() && patches.is_empty()) {
            return self.give_patched(given, own.first().copied(), &patches);
        }
        let Some((doc, node)) = self.helm_field(at, overrides, "values") else { return };
        let templated = from_set || node.text().is_some_and(is_placeholder);
        let found = At { doc, node: node.id() };
        if node.is_mapping() {
            // Older clusters took a mapping here; the meaning is the same.
            self.give_node(given, found);
        } else {
            self.give_string(given, found, templated);
        }
    }
}
