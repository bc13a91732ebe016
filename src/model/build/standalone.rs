//! Charts and values files that nothing in the input deploys (contract section 2).
//!
//! A chart is taken with its defaults, and with each values file beside it, each in a scope of its own; a chart that
//! the user named is taken once. Values files without a chart are known by their content.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;
use rayon::prelude::*;

use super::Builder;
use super::classify::{datadog_values_root, is_values_name};
use super::load::syntax_error;
use super::overlays::is_environment;
use super::release::{Draft, Given};
use super::set::{self, SetKind};
use crate::discover::{EntryKind, FoundChart, file_name, join, parent};
use crate::model::release::{ChartRef, ClusterGiven, Deployer, LeftOut, ValuesInput};
use crate::model::{At, ChartOptions, DocId, DocKind, ReleaseId};
use crate::source::{Origin, SourceFile};
use ddlint_helm::values::SetKind as HelmSet;

impl Builder<'_> {
    /// A release for each of these charts that nobody deploys, and one more for each of its overlays: first of those
    /// whose templates hold Applications, then, when it is known what these deploy, of the others.
    pub(super) fn standalone_charts(&mut self, wanted: impl Fn(&str) -> bool) {
        for chart in self.charts.clone() {
            if !wanted(&chart.path) || (!chart.named && self.deployed_charts.contains(&chart.path)) {
                continue;
            }
            self.standalone_chart(&chart.path, None);
            if !chart.named && !chart.packed {
                for overlay in self.overlays_of_chart(&chart.path) {
                    self.standalone_chart(&chart.path, Some(&overlay));
                }
            }
        }
    }

    /// The charts whose templates hold Applications, by folder.
    pub(super) fn charts_of_applications(&self) -> BTreeSet<String> {
        let holds = |chart: &&FoundChart| {
            let loaded = self.renderer.chart(&chart.path);
            loaded.is_ok_and(|chart| chart.templates.iter().any(|file| writes_applications(&file.data)))
        };
        let folders: Vec<&FoundChart> = self.charts.iter().filter(|chart| !chart.packed).collect();
        let found: Vec<String> =
            folders.into_par_iter().filter(holds).map(|chart| chart.path.clone()).collect();
        found.into_iter().collect()
    }

    /// `values-prod.yaml` beside the chart, `ci/a-values.yaml`.
    fn overlays_of_chart(&self, folder: &str) -> Vec<String> {
        let mut out = Vec::new();
        let is_yaml = |name: &str| name.ends_with(".yaml") || name.ends_with(".yml");
        for (below, test) in [("", false), ("ci", true)] {
            let Some(at) = join(folder, below) else { continue };
            for entry in self.loader.tree.list(&at).unwrap_or_default() {
                let name = entry.name.as_str();
                let is_values = if test {
                    name.contains("values")
                } else {
                    is_values_name(name) && name != "values.yaml"
                };
                if entry.kind == EntryKind::File && is_yaml(name) && is_values {
                    out.extend(join(&at, name));
                }
            }
        }
        out
    }

    fn standalone_chart(&mut self, folder: &str, overlay: Option<&str>) {
        let before = self.releases.len() as u32;
        let mut given = Given::new();
        let options = self.settings.chart.clone();
        // The configuration's values are for every such chart, below what is given to this one.
        for path in &options.shared_values {
            self.give_file(&mut given, Some(path.clone()));
        }
        if let Some(path) = overlay {
            // Of a chart that nobody deploys a broken overlay says nothing about the rest.
            self.give_file(&mut given, Some(path.to_string()));
        }
        if overlay.is_none() {
            self.give_options(&mut given, &options);
        }
        let draft = Draft {
            chart: ChartRef::Local(folder.to_string()),
            chart_at: None,
            name: options.release_name,
            name_at: None,
            namespace: options.namespace,
            given,
            deployer: Deployer::Nobody,
            left_out: LeftOut::default(),
            cluster: ClusterGiven::default(),
        };
        let id = self.add_release(draft);
        self.deployed_charts.remove(folder);
        self.alone.extend((before..self.releases.len() as u32).map(ReleaseId));
        self.alone.insert(id);
    }

    /// What the command line gives to the chart.
    fn give_options(&mut self, given: &mut Given, options: &ChartOptions) {
        for (name, text) in &options.values {
            let source = SourceFile::new(name.as_str(), name.as_str(), text.clone(), Origin::Disk);
            let loaded = self.loader.add_text(source, |stream| vec![DocKind::Values; stream.documents.len()]);
            for error in &loaded.syntax_errors {
                self.loader.errors.push(syntax_error(loaded.file, error));
                given.break_off();
            }
            if let Some(doc) = loaded.docs.first() {
                self.give_doc(given, *doc);
            }
        }
        for (kind, text) in &options.sets {
            // Rules see what the text says plainly; the renderer reads it as Helm does.
            let (kind_of, parts) = match kind {
                HelmSet::Typed => (SetKind::Typed, set::assignments(text)),
                HelmSet::Strings | HelmSet::Literal => (SetKind::Text, set::assignments(text)),
                HelmSet::Json => (SetKind::Json, whole(text)),
                HelmSet::File => (SetKind::Unknown, whole(text)),
            };
            for (key, value) in parts {
                // What is no key the renderer refuses.
                if let Some(path) = set::path(&key) {
                    set::set(&mut given.values, &path, set::data(&value, kind_of), None);
                }
            }
            given.inputs.push(ValuesInput::Argument { kind: *kind, text: text.clone() });
        }
    }

    /// A release for each values file that nothing refers to.
    pub(super) fn standalone_values(&mut self) {
        let mut folders: BTreeMap<String, Vec<(DocId, String)>> = BTreeMap::new();
        for id in (0..self.loader.docs.len() as u32).map(DocId).filter(|id| self.is_standalone(*id)) {
            if let Some(doc) = self.loader.docs.get(id.0 as usize) {
                let path = self.path_of(doc.file).to_string();
                folders.entry(parent(&path).to_string()).or_default().push((id, path));
            }
        }
        for files in folders.into_values() {
            // `values-prod.yaml` beside `values.yaml` is an overlay on it: the base alone is not what is deployed.
            let base = files.iter().find(|(_, path)| is_base(path)).map(|(id, _)| *id);
            let is_overlay = |path: &str| is_values_name(path) && !is_base(path);
            let overlays = files.iter().filter(|(_, path)| is_overlay(path)).count();
            for (id, path) in &files {
                let overlaid = base == Some(*id) && overlays > 0;
                let several = is_overlay(path) && overlays > 1;
                let name = overlay_name(path);
                // Names of environments tell which of the other manifests they go with; of others that is not known.
                let environment = is_environment(&name);
                let below = base.filter(|_| is_overlay(path));
                let overlay = (several && environment).then_some(name);
                let release = self.standalone(*id, path, below, !overlaid, overlay);
                self.alone.extend(release.filter(|_| overlaid || (several && !environment)));
            }
        }
    }

    fn is_standalone(&self, id: DocId) -> bool {
        let Some(doc) = self.loader.docs.get(id.0 as usize) else { return false };
        let embedded =
            matches!(self.loader.sources.get(doc.file).origin, crate::source::Origin::Embedded { .. });
        // The files of a chart that another one holds are that one's dependencies.
        let path = self.path_of(doc.file);
        let vendored = self.loader.chart_folders.iter().any(|folder| {
            path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with("/charts/"))
        });
        doc.kind == DocKind::Values
            && !embedded
            && !vendored
            && !self.releases.iter().any(|release| release.layers.contains(&id))
    }

    fn standalone(
        &mut self,
        id: DocId,
        path: &str,
        base: Option<DocId>,
        complete: bool,
        overlay: Option<String>,
    ) -> Option<ReleaseId> {
        let by_name = is_values_name(path) || self.loader.is_named(path);
        let start_of = |builder: &Self, id: DocId| {
            let root = builder.loader.docs.get(id.0 as usize)?.tree.root()?;
            datadog_values_root(root, by_name).map(|(start, below)| (At { doc: id, node: start.id() }, below))
        };
        let (at, below) = start_of(self, id)?;
        let mut given = Given::new();
        if let Some((base, _)) =
            base.and_then(|base| start_of(self, base)).filter(|(_, under)| *under == below)
        {
            self.give_node(&mut given, base);
        }
        self.give_node(&mut given, at);
        given.complete &=
            complete && self.loader.docs.get(id.0 as usize).is_some_and(|doc| !doc.tree.is_partial());
        let chart = ChartRef::Remote { repository: None, name: "datadog".to_string(), version: None };
        let id = self.add_release(Draft {
            chart,
            chart_at: None,
            name: None,
            name_at: None,
            namespace: None,
            given,
            deployer: Deployer::Nobody,
            left_out: LeftOut::default(),
            cluster: ClusterGiven::default(),
        });
        if let Some(release) = self.releases.get_mut(id.0 as usize) {
            release.values_root = below.iter().map(|key| (*key).to_string()).collect();
            release.overlay = overlay;
        }
        Some(id)
    }
}

fn whole(text: &str) -> Vec<(String, String)> {
    text.split_once('=').map(|(key, value)| (key.to_string(), value.to_string())).into_iter().collect()
}

fn is_base(path: &str) -> bool {
    matches!(file_name(path), "values.yaml" | "values.yml")
}

/// `prod` of `values-prod.yaml`, `values.prod.yaml`, `values_prod.yml`.
fn overlay_name(path: &str) -> String {
    let name = file_name(path);
    let name = name.strip_prefix("values").unwrap_or(name);
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
    name.trim_matches(['-', '.', '_']).to_string()
}

/// Whether a line of a template is the kind of an Application or ApplicationSet.
fn writes_applications(template: &[u8]) -> bool {
    memmem::find_iter(template, b"kind: Application").any(|at| {
        let (before, from) = template.split_at(at);
        let line = from.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let kind = line.trim_ascii_end();
        before.last().is_none_or(|byte| *byte == b'\n')
            && matches!(kind, b"kind: Application" | b"kind: ApplicationSet")
    })
}
