//! Releases: the values that reach a chart, merged by Helm's precedence, each with the place that wins.

use super::Builder;
use super::chart::{Chart, Dependency};
use super::merge::{coalesce, empty, merge, patch, value_of};
use super::set::{self, SetKind};
use crate::model::release::{ChartRef, ClusterGiven, Deployer, LeftOut, Release, ValuesInput};
use crate::model::values::{Value, ValueAt, ValueData};
use crate::model::{At, DocId, ScopeId};
use crate::source::Origin;

/// Charts in charts in charts.
const DEEPEST_CHART: usize = 8;

/// What is given to a chart, lowest precedence first.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) values: Value,
    /// Every layer could be read.
    pub(super) complete: bool,
    /// One could not, and an error says so.
    pub(super) broken: bool,
    pub(super) docs: Vec<DocId>,
    pub(super) inputs: Vec<ValuesInput>,
    /// Values files that are named and not there.
    pub(super) missing: Vec<At>,
}

impl Given {
    pub(super) fn new() -> Given {
        Given {
            values: empty(),
            complete: true,
            broken: false,
            docs: Vec::new(),
            inputs: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// A layer cannot be used, and an error says so.
    pub(super) fn break_off(&mut self) {
        self.complete = false;
        self.broken = true;
    }
}

/// A release before its values are merged with its chart's own.
pub(super) struct Draft {
    pub(super) chart: ChartRef,
    pub(super) chart_at: Option<At>,
    pub(super) name: Option<String>,
    pub(super) name_at: Option<At>,
    pub(super) namespace: Option<String>,
    pub(super) given: Given,
    pub(super) deployer: Deployer,
    pub(super) left_out: LeftOut,
    pub(super) cluster: ClusterGiven,
}

impl Builder<'_> {
    /// Adds a whole values document.
    pub(super) fn give_doc(&mut self, given: &mut Given, doc: DocId) {
        let Some(entry) = self.loader.docs.get(doc.0 as usize) else { return };
        let Some(root) = entry.tree.root() else { return };
        if root.is_mapping() {
            if entry.tree.is_partial() {
                given.complete = false;
                given.broken |= matches!(self.loader.sources.get(entry.file).origin, Origin::Disk);
            }
            merge(&mut given.values, value_of(doc, None, root));
            given.docs.push(doc);
            given.inputs.push(ValuesInput::Doc(doc));
        } else if !root.is_null() {
            given.break_off();
            self.not_a_mapping(At { doc, node: root.id() });
        }
    }

    /// Adds a mapping inside a document: `valuesObject`, `spec.values`, `valuesInline`.
    pub(super) fn give_node(&mut self, given: &mut Given, at: At) {
        let Some(node) = self.node(at) else { return };
        if node.is_mapping() {
            merge(&mut given.values, value_of(at.doc, None, node));
            given.docs.push(at.doc);
            given.inputs.push(ValuesInput::Node(at));
        } else if !node.is_null() {
            given.complete = false;
        }
    }

    /// Adds a `valuesObject` with the JSON merge patches over it, the weakest first.
    pub(super) fn give_patched(&mut self, given: &mut Given, own: Option<At>, patches: &[At]) {
        let mut patched = empty();
        for (index, at) in own.iter().chain(patches).enumerate() {
            let Some(node) = self.node(*at) else { continue };
            if !node.is_mapping() {
                given.complete = false;
                continue;
            }
            let value = value_of(at.doc, None, node);
            let is_own = own.is_some() && index == 0;
            match is_own {
                true => patched = value,
                false => patch(&mut patched, value),
            }
            given.docs.push(at.doc);
            given.inputs.push(match is_own {
                true => ValuesInput::Node(*at),
                false => ValuesInput::Patch { at: *at, alone: index == 0 },
            });
        }
        merge(&mut given.values, patched);
    }

    /// Adds the YAML inside a string: `helm.values`, a key of a ConfigMap. `templated`: something fills in the text.
    pub(super) fn give_string(&mut self, given: &mut Given, at: At, templated: bool) {
        let Some((doc, errors)) = self.embed(at, crate::model::DocKind::Values) else { return };
        if !errors.is_empty() {
            given.complete = false;
            if !templated {
                given.broken = true;
                self.loader.errors.extend(errors);
            }
        }
        match doc {
            Some(doc) if templated && self.root_is_foreign(doc) => given.complete = false,
            Some(doc) => self.give_doc(given, doc),
            None => {}
        }
    }

    fn root_is_foreign(&self, doc: DocId) -> bool {
        !self
            .loader
            .docs
            .get(doc.0 as usize)
            .and_then(|doc| doc.tree.root())
            .is_some_and(|root| root.is_mapping())
    }

    /// Adds what `--set` and its relatives say.
    pub(super) fn give_set(
        &mut self,
        given: &mut Given,
        key: &str,
        value: &str,
        kind: SetKind,
        at: Option<ValueAt>,
    ) {
        // What is no key the renderer refuses.
        if let Some(path) = set::path(key) {
            set::set(&mut given.values, &path, set::data(value, kind), at);
        }
        given.inputs.push(ValuesInput::Set { key: key.to_string(), value: value.to_string(), kind, at });
        if let Some(at) = at
            && !given.docs.contains(&at.doc)
        {
            given.docs.push(at.doc);
        }
    }

    fn not_a_mapping(&mut self, at: At) {
        let Some(node) = self.node(at) else { return };
        let what = if node.is_sequence() { "a list" } else { "a scalar" };
        let Some(doc) = self.loader.docs.get(at.doc.0 as usize) else { return };
        let error = crate::finding::InputError {
            code: "values-not-a-mapping",
            message: format!("values must be a mapping, and this is {what}"),
            help: Some("give the values as keys, for example `image: {tag: v1}`".to_string()),
            place: Some(crate::source::Place { file: doc.file, span: node.span() }),
            file: None,
        };
        if !self.loader.errors.contains(&error) {
            self.loader.errors.push(error);
        }
    }

    /// Adds a release, and one for each of its chart's dependencies.
    pub(super) fn add_release(&mut self, draft: Draft) -> crate::model::ReleaseId {
        let Draft { chart, chart_at, name, name_at, namespace, given, deployer, left_out, cluster } = draft;
        let Given { values, complete, broken, docs, inputs, missing } = given;
        let mut release = Release {
            chart_name: String::new(),
            chart,
            chart_at,
            name,
            name_at,
            namespace,
            values,
            complete,
            all_given: complete,
            broken,
            layers: docs,
            inputs,
            missing_files: missing,
            left_out,
            cluster,
            values_root: Vec::new(),
            parent: None,
            deployer,
            overlay: None,
            scope: ScopeId(0),
        };
        match &release.chart {
            ChartRef::Remote { name, .. } => {
                release.chart_name = name.rsplit('/').next().unwrap_or(name).to_string();
                self.push_release(release)
            }
            ChartRef::Local(folder) => {
                let folder = folder.clone();
                self.add_local_release(release, &folder, 0)
            }
        }
    }

    fn add_local_release(
        &mut self,
        mut release: Release,
        folder: &str,
        depth: usize,
    ) -> crate::model::ReleaseId {
        self.deployed_charts.insert(folder.to_string());
        let found = self.chart(folder);
        // A packed chart has no documents of its own here; the renderer reads it.
        let manifest = crate::discover::join(folder, "Chart.yaml").filter(|path| self.is_file(path));
        release.broken |= manifest.is_some_and(|path| self.is_broken(&path));
        let Some(chart) = found else {
            release.complete = false;
            release.chart_name = crate::discover::file_name(folder).to_string();
            return self.push_release(release);
        };
        release.chart_name = chart.name.clone();
        release.complete &= chart.values_known;
        release.broken |= !chart.values_known;
        let given = std::mem::replace(&mut release.values, empty());
        release.values = match chart.values.and_then(|doc| self.own_values(doc)) {
            Some((doc, defaults)) => {
                if release.values_root.is_empty() {
                    release.layers.insert(0, doc);
                }
                coalesce(defaults, given, &keys(&chart))
            }
            None => coalesce(empty(), given, &keys(&chart)),
        };
        release.broken |= chart.values.is_some_and(|doc| self.is_no_mapping(doc));
        let id = self.push_release(release);
        if depth < DEEPEST_CHART {
            for dependency in &chart.dependencies {
                self.add_dependency(id, dependency, depth);
            }
        }
        id
    }

    fn is_no_mapping(&self, doc: DocId) -> bool {
        let root = self.loader.docs.get(doc.0 as usize).and_then(|doc| doc.tree.root());
        root.is_some_and(|root| !root.is_mapping() && !root.is_null())
    }

    fn own_values(&mut self, doc: DocId) -> Option<(DocId, Value)> {
        let root = self.loader.docs.get(doc.0 as usize)?.tree.root()?;
        if root.is_mapping() {
            return Some((doc, value_of(doc, None, root)));
        }
        let at = At { doc, node: root.id() };
        if !root.is_null() {
            self.not_a_mapping(at);
        }
        None
    }

    fn add_dependency(&mut self, parent: crate::model::ReleaseId, dependency: &Dependency, depth: usize) {
        let Some(above) = self.releases.get(parent.0 as usize) else { return };
        if is_switched_off(&above.values, dependency) {
            return;
        }
        let mut values = above.values.get(&[&dependency.key]).cloned().unwrap_or_else(empty);
        if !matches!(values.data, ValueData::Map(_)) {
            values = empty();
        }
        if let Some(global) = above.values.get(&["global"]).cloned()
            && matches!(global.data, ValueData::Map(_))
            && let ValueData::Map(map) = &mut values.data
        {
            // The parent's globals win over the dependency's.
            match map.get_mut("global") {
                Some(own) => merge(own, global),
                None => {
                    map.insert("global".into(), global);
                }
            }
        }
        let mut values_root = above.values_root.clone();
        values_root.push(dependency.key.clone());
        let release = Release {
            chart: match &dependency.folder {
                Some(folder) => ChartRef::Local(folder.clone()),
                None => ChartRef::Remote {
                    repository: dependency.repository.clone(),
                    name: dependency.name.clone(),
                    version: dependency.version.clone(),
                },
            },
            chart_name: dependency.name.clone(),
            chart_at: Some(dependency.at),
            name: above.name.clone(),
            name_at: above.name_at,
            namespace: above.namespace.clone(),
            values,
            complete: above.complete,
            all_given: above.all_given,
            broken: above.broken,
            layers: above.layers.clone(),
            inputs: Vec::new(),
            missing_files: Vec::new(),
            left_out: above.left_out,
            cluster: ClusterGiven::default(),
            values_root,
            parent: Some(parent),
            deployer: above.deployer,
            overlay: above.overlay.clone(),
            scope: above.scope,
        };
        let id = match &dependency.folder {
            Some(folder) => self.add_local_release(release, folder, depth + 1),
            None => self.push_release(release),
        };
        // They are rendered together.
        let broken = self.releases.get(id.0 as usize).is_some_and(|release| release.broken);
        if let Some(above) = self.releases.get_mut(parent.0 as usize) {
            above.broken |= broken;
        }
    }

    /// The text inside a string as a document of its own; places in it lead back to the string.
    pub(super) fn embed(
        &mut self,
        at: At,
        kind: crate::model::DocKind,
    ) -> Option<(Option<DocId>, Vec<crate::finding::InputError>)> {
        let node = self.node(at)?;
        let text = node.text()?;
        if text.trim().is_empty() {
            return None;
        }
        let (text, map) = (text.into(), node.offset_map());
        let parent = self.loader.docs.get(at.doc.0 as usize)?.file;
        let around = self.loader.sources.get(parent);
        let source = crate::source::SourceFile::new(
            around.path.clone(),
            around.root_path.clone(),
            text,
            crate::source::Origin::Embedded { parent, map },
        );
        let loaded = self.loader.add_text(source, |stream| vec![kind; stream.documents.len()]);
        let errors =
            loaded.syntax_errors.iter().map(|error| super::load::syntax_error(loaded.file, error)).collect();
        let with_root =
            |id: &DocId| self.loader.docs.get(id.0 as usize).is_some_and(|doc| doc.tree.root().is_some());
        Some((loaded.docs.iter().copied().find(with_root), errors))
    }
}

fn keys(chart: &Chart) -> Vec<&str> {
    chart.dependencies.iter().map(|dependency| dependency.key.as_str()).collect()
}

/// `condition` decides where its value is there, else the tags: one that is true is enough.
fn is_switched_off(values: &Value, dependency: &Dependency) -> bool {
    for condition in &dependency.conditions {
        let path: Vec<&str> = condition.split('.').collect();
        if let Some(on) = values.get(&path).and_then(Value::as_bool) {
            return !on;
        }
        if values.get(&path).is_some_and(|value| value.data == ValueData::Unknown) {
            return false;
        }
    }
    let tags: Vec<bool> =
        dependency.tags.iter().filter_map(|tag| values.get(&["tags", tag.as_str()])?.as_bool()).collect();
    !tags.is_empty() && !tags.contains(&true)
}
