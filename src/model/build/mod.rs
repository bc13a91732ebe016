//! From what was discovered to the model: read, classify, follow references, relate.
//!
//! Deliberately absent: facts about particular charts (`datadog`) and the rendering itself (`render` is the seam).

mod app_release;
mod application;
mod chart;
mod classify;
mod drift;
mod env;
mod flux;
mod helm_line;
mod helmfile;
mod kustomize;
mod load;
mod merge;
mod overlays;
mod parameters;
mod patches;
pub(crate) mod placeholder;
mod release;
mod render_error;
mod rendered;
mod resource;
mod scopes;
mod script;
pub(crate) mod set;
mod shell;
mod sources;
mod standalone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::discover::{self, Discovered, EntryKind, FoundChart, FoundText, file_name, parent};
use crate::model::application::Application;
use crate::model::release::Release;
use crate::model::resource::Resource;
use crate::model::script::Script;
use crate::model::{
    AppId, At, ChartCoverage, Coverage, DocId, DocKind, Model, NotRendered, ReleaseId, ResourceId, Scope,
    Settings,
};
use crate::render::Renderer;

use load::Loader;

/// Builds the model of what was discovered.
pub fn build(discovered: Discovered<'_>, settings: Settings) -> Model {
    let mut builder = Builder::new(discovered, settings);
    builder.read();
    builder.deploy_applications();
    builder.mark_kustomized();
    builder.apply_flux_kustomizations();
    builder.flux_releases();
    builder.kustomize_releases();
    builder.helmfile_releases();
    builder.read_scripts();
    let of_applications = builder.charts_of_applications();
    builder.standalone_charts(|chart| of_applications.contains(chart));
    builder.deploy_applications();
    builder.standalone_charts(|chart| !of_applications.contains(chart));
    builder.standalone_values();
    builder.render_releases();
    builder.relate();
    builder.finish()
}

/// Charts of Applications that hold Applications that deploy charts …
const MOST_ROUNDS: usize = 8;

struct Builder<'t> {
    loader: Loader<'t>,
    settings: Settings,
    found: Vec<discover::FoundFile>,
    texts: Vec<discover::FoundText>,
    charts: Vec<FoundChart>,
    renderer: Arc<Renderer<'t>>,
    resources: Vec<Resource>,
    applications: Vec<Application>,
    releases: Vec<Release>,
    scripts: Vec<Script>,
    scopes: Vec<Scope>,
    /// The resources of each file, by its path.
    resources_of: BTreeMap<String, Vec<ResourceId>>,
    /// Charts that were looked into, by folder.
    chart_infos: BTreeMap<String, Option<chart::Chart>>,
    /// The number of Applications whose releases are known.
    released_applications: usize,
    /// The number of releases that were rendered, or found not to be.
    rendered_releases: usize,
    /// Charts that were rendered, by folder.
    rendered_charts: BTreeSet<String>,
    /// Charts that could not be, and why.
    not_rendered: Vec<NotRendered>,
    /// What changes from render to render.
    drift: Vec<super::drift::Drift>,
    /// Charts that something in the input deploys.
    deployed_charts: BTreeSet<String>,
    /// Folders with kustomizations.
    kustomizations: BTreeMap<String, kustomize::Kustomization>,
    /// Files that are parts of a kustomization and no manifests: patches, content of generated ConfigMaps.
    parts: BTreeSet<String>,
    /// Releases of charts that nobody deploys: each is a scope of its own.
    alone: BTreeSet<ReleaseId>,
    /// Resources that Flux fills variables into.
    substituted: BTreeSet<ResourceId>,
    /// Repositories that the input is, each with the folder below which its paths begin.
    ours: BTreeMap<String, String>,
}

impl<'t> Builder<'t> {
    fn new(discovered: Discovered<'t>, settings: Settings) -> Builder<'t> {
        let Discovered { tree, files, charts, texts, skipped, errors } = discovered;
        let mut loader = Loader::new(tree);
        loader.skipped.extend(skipped);
        loader.errors.extend(errors);
        loader.chart_folders =
            charts.iter().filter(|chart| !chart.packed).map(|chart| chart.path.clone()).collect();
        for file in files.iter().filter(|file| file.named) {
            loader.name(&file.path);
        }
        let renderer = Arc::new(Renderer::new(tree, settings.rendering.clone()));
        Builder {
            loader,
            settings,
            renderer,
            found: files,
            texts,
            charts,
            resources: Vec::new(),
            applications: Vec::new(),
            releases: Vec::new(),
            scripts: Vec::new(),
            scopes: Vec::new(),
            resources_of: BTreeMap::new(),
            chart_infos: BTreeMap::new(),
            released_applications: 0,
            rendered_releases: 0,
            rendered_charts: BTreeSet::new(),
            not_rendered: Vec::new(),
            drift: Vec::new(),
            deployed_charts: BTreeSet::new(),
            kustomizations: BTreeMap::new(),
            parts: BTreeSet::new(),
            alone: BTreeSet::new(),
            substituted: BTreeSet::new(),
            ours: BTreeMap::new(),
        }
    }

    /// Reads what was found, and makes resources of the manifests.
    fn read(&mut self) {
        let found = std::mem::take(&mut self.found);
        let paths: Vec<String> = found
            .iter()
            .filter(|file| !self.is_script(file) && !self.is_of_chart(&file.path))
            .map(|file| file.path.clone())
            .collect();
        self.ingest(&paths);
        self.found = found;
        for FoundText { file, parsed } in std::mem::take(&mut self.texts) {
            let path = file.path.clone();
            let stream = parsed.unwrap_or_else(|| load::parse(file.text.clone()));
            let loaded =
                self.loader.add_parsed(file, stream, |stream| match classify::judge(&path, true, stream) {
                    load::Judgement::Keep(kinds) => kinds,
                    load::Judgement::Foreign(_) => vec![DocKind::Other; stream.documents.len()],
                });
            for error in &loaded.syntax_errors {
                self.loader.errors.push(load::syntax_error(loaded.file, error));
            }
            let resources = self.unpacked(&loaded.docs);
            self.add_resources(resources);
        }
    }

    fn is_script(&self, file: &discover::FoundFile) -> bool {
        let name = file_name(&file.path);
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("sh" | "bash") => true,
            Some("yaml" | "yml" | "json") => false,
            _ => {
                name != "Kustomization"
                    && self
                        .loader
                        .tree
                        .head(&file.path, 128)
                        .is_ok_and(|head| discover::has_shell_shebang(&head))
            }
        }
    }

    /// A file that its chart reads: it is loaded with the chart.
    fn is_of_chart(&self, path: &str) -> bool {
        let (folder, name) = (parent(path), file_name(path));
        let in_chart = |folder: &str| self.loader.chart_folders.contains(folder);
        let is_values = name.contains("values") && (name.ends_with(".yaml") || name.ends_with(".yml"));
        let own = matches!(
            name,
            "Chart.yaml" | "Chart.lock" | "requirements.yaml" | "requirements.lock" | "values.schema.json"
        );
        (in_chart(folder) && (own || classify::is_values_name(path)))
            || (file_name(folder) == "ci" && is_values && in_chart(parent(folder)))
    }

    /// Loads files that were not loaded yet, and makes resources of their manifests. The files that kustomizations
    /// among them name come with them.
    fn ingest(&mut self, paths: &[String]) {
        let mut paths: Vec<String> = paths.to_vec();
        while !paths.is_empty() {
            self.loader.load_all(&paths);
            let more = self.read_kustomizations(&paths);
            let docs_of =
                |path: &&String| self.loader.get(path).map(|loaded| loaded.docs.clone()).unwrap_or_default();
            let fresh: Vec<(&String, Vec<DocId>)> = (paths.iter())
                .filter(|path| !self.resources_of.contains_key(*path))
                .map(|path| (path, docs_of(&path)))
                .collect();
            let unpacked: Vec<Vec<Resource>> = fresh
                .par_iter()
                .map(|(path, docs)| if self.parts.contains(*path) { Vec::new() } else { self.unpacked(docs) })
                .collect();
            for ((path, docs), resources) in fresh.into_iter().zip(unpacked) {
                // The same file may be named twice.
                if self.resources_of.contains_key(path) {
                    continue;
                }
                if self.parts.contains(path) {
                    self.make_part(path, &docs);
                } else {
                    let ids = self.add_resources(resources);
                    self.resources_of.insert(path.clone(), ids);
                }
            }
            paths = more.into_iter().filter(|path| !self.resources_of.contains_key(path)).collect();
        }
    }

    /// A part of a kustomization: its documents are no manifests.
    fn make_part(&mut self, path: &str, docs: &[DocId]) {
        for id in docs {
            if let Some(doc) = self.loader.docs.get_mut(id.0 as usize) {
                doc.kind = DocKind::Config;
            }
        }
        self.resources_of.insert(path.to_string(), Vec::new());
    }

    /// The resources of documents that are manifests.
    fn unpacked(&self, docs: &[DocId]) -> Vec<Resource> {
        let mut out = Vec::new();
        for id in docs {
            if let Some(doc) = self.loader.docs.get(id.0 as usize).filter(|doc| doc.kind == DocKind::Manifest)
                && let Some(root) = doc.tree.root()
            {
                resource::resources(*id, root, &mut out);
            }
        }
        out
    }

    fn add_resources(&mut self, resources: Vec<Resource>) -> Vec<ResourceId> {
        let first = self.resources.len() as u32;
        self.resources.extend(resources);
        let ids: Vec<ResourceId> = (first..self.resources.len() as u32).map(ResourceId).collect();
        for id in &ids {
            if let Some(resource) = self.resources.get(id.0 as usize) {
                self.applications.extend(application::application(&self.loader.docs, *id, resource));
            }
        }
        ids
    }

    /// Follows Applications to what they deploy; charts among it may hold Applications again.
    fn deploy_applications(&mut self) {
        for _ in 0..MOST_ROUNDS {
            self.follow_applications();
            self.application_releases();
            let known = self.applications.len();
            self.render_releases();
            if self.applications.len() == known {
                return;
            }
        }
    }

    fn node(&self, at: At) -> Option<ddlint_yaml::Node<'_>> {
        Some(self.loader.docs.get(at.doc.0 as usize)?.tree.node(at.node))
    }

    fn app_ids(&self) -> impl Iterator<Item = AppId> + use<> {
        (0..self.applications.len() as u32).map(AppId)
    }

    fn is_folder(&self, path: &str) -> bool {
        self.loader.tree.kind(path) == Some(EntryKind::Folder)
    }

    fn is_file(&self, path: &str) -> bool {
        self.loader.tree.kind(path) == Some(EntryKind::File)
    }

    fn push_release(&mut self, release: Release) -> ReleaseId {
        let id = ReleaseId(self.releases.len() as u32);
        self.releases.push(release);
        id
    }

    fn finish(mut self) -> Model {
        self.loader.settle();
        let inputs: BTreeSet<_> = self.loader.docs.iter().map(|doc| doc.file).collect();
        let on_disk = inputs.iter().filter(|file| {
            use crate::source::Origin::{Embedded, Excerpt};
            !matches!(self.loader.sources.get(**file).origin, Embedded { .. } | Excerpt { .. })
        });
        let inputs = on_disk.count() + self.scripts.len();
        let documents = self.loader.docs.iter().filter(|doc| doc.tree.root().is_some()).count();
        let charts = self.charts.iter().map(|chart| ChartCoverage {
            path: chart.path.clone(),
            rendered: self.rendered_charts.contains(&chart.path),
            reason: (self.not_rendered.iter()).find(|it| it.chart == chart.path).map(|it| it.reason.clone()),
        });
        let coverage = Coverage {
            inputs,
            documents,
            skipped: self.loader.skipped.into_iter().collect(),
            charts: charts.collect(),
        };
        Model {
            sources: self.loader.sources,
            docs: self.loader.docs,
            resources: self.resources,
            applications: self.applications,
            releases: self.releases,
            scripts: self.scripts,
            scopes: self.scopes,
            errors: self.loader.errors,
            settings: self.settings,
            coverage,
            not_rendered: self.not_rendered,
            drift: self.drift,
        }
    }
}
