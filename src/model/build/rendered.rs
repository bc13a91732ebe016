//! Renders the releases of charts that are at hand, and makes resources of what they render to.
//!
//! Deliberately absent: loading charts and rendering (`render`), which of a rendered byte's origins a finding points
//! at (`provenance`).

use std::collections::BTreeMap;
use std::sync::Arc;

use ddlint_helm::chart::{Chart, ChartFile};
use ddlint_helm::failure::{Failure, RenderError};
use ddlint_helm::origin::Leaf;
use ddlint_helm::render::Rendered;
use ddlint_helm::values::{ReadFile, SetKind as HelmSet, ValuesSource};
use ddlint_yaml::{SourceText, Span};
use rayon::prelude::*;

use super::placeholder::is_placeholder;
use super::set::SetKind;
use super::{Builder, render_error};
use crate::discover::{EntryKind, join};
use crate::drift::{self, Found};
use crate::finding::InputError;
use crate::model::release::{ChartRef, Deployer, ValuesInput};
use crate::model::{DocId, DocKind, NotRendered, ReleaseId};
use crate::progress;
use crate::render::{Job, Problem};
use crate::source::{FileId, Origin, Place, Rendering, SourceFile};

/// What helm calls a release that was given no name.
const UNNAMED: &str = "release-name";

impl Builder<'_> {
    /// Renders all releases whose chart is at hand.
    pub(super) fn render_releases(&mut self) {
        let renderer = Arc::clone(&self.renderer);
        let mut jobs: Vec<(ReleaseId, Job)> = Vec::new();
        let first = std::mem::replace(&mut self.rendered_releases, self.releases.len());
        for id in (first as u32..self.releases.len() as u32).map(ReleaseId) {
            match self.job(id) {
                Some(Ok(job)) => jobs.push((id, job)),
                Some(Err(reason)) => self.not_rendered(id, reason, None),
                None => {}
            }
        }
        let drifting = self.settings.drift;
        progress::expect(jobs.len());
        let results: Vec<Result<(Rendered, Vec<Found>), Problem>> = (jobs.par_iter())
            .map(|(_, job)| {
                let result = if drifting {
                    renderer.render_varied(job).map(|(rendered, varied)| {
                        let found = drift::find(&varied, &rendered);
                        (rendered, found)
                    })
                } else {
                    renderer.render(job).map(|rendered| (rendered, Vec::new()))
                };
                progress::step();
                result
            })
            .collect();
        for ((id, job), result) in jobs.iter().zip(results) {
            match result {
                Ok((rendered, found)) => self.add_rendered(*id, &job.chart, rendered, found),
                Err(problem) => {
                    // What is wrong may stand in an archive, whose texts are known to the renderer alone.
                    if let Ok(chart) = renderer.chart(&job.chart) {
                        self.add_packed_files(&chart);
                    }
                    self.add_problem(*id, &job.chart, &problem);
                }
            }
        }
    }

    /// How a release is rendered; none for one that is no chart of its own, an error says why it cannot be.
    fn job(&self, id: ReleaseId) -> Option<Result<Job, String>> {
        let release = self.releases.get(id.0 as usize)?;
        let ChartRef::Local(chart) = &release.chart else { return None };
        // A dependency is rendered with the chart that it belongs to.
        if release.parent.is_some() {
            return None;
        }
        if !release.missing_files.is_empty() {
            return Some(Err("a values file that it names is not there".to_string()));
        }
        let unknown = |input: &ValuesInput| matches!(input, ValuesInput::Set { kind: SetKind::Unknown, .. });
        if release.broken {
            return None;
        }
        if !release.all_given || release.inputs.iter().any(unknown) {
            return Some(Err("some of its values are not known before the sync".to_string()));
        }
        let values: Option<Vec<ValuesSource>> =
            release.inputs.iter().map(|input| self.values_source(input)).collect();
        let Some(values) = values else {
            return Some(Err("some of its values cannot be read".to_string()));
        };
        Some(Ok(Job {
            chart: chart.clone(),
            values,
            name: release.name.clone().unwrap_or_else(|| UNNAMED.to_string()),
            namespace: release.namespace.clone().unwrap_or_else(|| "default".to_string()),
            kube_version: release.cluster.kube_version.clone(),
            api_versions: release.cluster.api_versions.clone(),
            skip_schema: release.left_out.schema,
            skip_crds: release.left_out.crds,
            skip_tests: release.left_out.tests,
        }))
    }

    fn values_source(&self, input: &ValuesInput) -> Option<ValuesSource> {
        let whole = |doc: DocId| {
            let entry = self.loader.docs.get(doc.0 as usize)?;
            let node = entry.tree.root()?.id();
            Some(ValuesSource::Node { file: self.file_name(entry.file), document: entry.tree.clone(), node })
        };
        match input {
            ValuesInput::Doc(doc) => whole(*doc),
            ValuesInput::Node(at) => {
                let entry = self.loader.docs.get(at.doc.0 as usize)?;
                let (file, document) = (self.inline_name(entry.file), entry.tree.clone());
                Some(ValuesSource::Node { file, document, node: at.node })
            }
            ValuesInput::Patch { at, alone } => {
                let entry = self.loader.docs.get(at.doc.0 as usize)?;
                let (file, document) = (self.inline_name(entry.file), entry.tree.clone());
                Some(ValuesSource::Patch { file, document, node: at.node, alone: *alone })
            }
            ValuesInput::Argument { kind, text } => {
                let files = self.settings.chart.files.clone();
                let read = move |name: &str| {
                    files.get(name).cloned().ok_or_else(|| format!("open {name}: no such file or directory"))
                };
                Some(ValuesSource::Set {
                    kind: *kind,
                    text: text.clone(),
                    place: None,
                    read: Some(Arc::new(read)),
                })
            }
            ValuesInput::Set { key, value, kind, at } => {
                let place = at.and_then(|at| {
                    let entry = self.loader.docs.get(at.doc.0 as usize)?;
                    let span = entry.tree.node(at.value).span();
                    let file = self.inline_name(entry.file);
                    Some(ddlint_helm::origin::Place { file, start: span.start, end: span.end })
                });
                let mut read: Option<ReadFile> = None;
                let (kind, text) = match kind {
                    // Something is filled in later: until then it is the text that stands there.
                    SetKind::Typed | SetKind::Text if is_placeholder(value) => {
                        (HelmSet::Literal, format!("{key}={value}"))
                    }
                    SetKind::File => {
                        let bytes = self.loader.tree.read(value).ok()?;
                        read = Some(Arc::new(move |_: &str| Ok(bytes.clone())));
                        (HelmSet::File, format!("{key}=file"))
                    }
                    SetKind::Typed => (HelmSet::Typed, format!("{key}={}", escaped(value))),
                    SetKind::Text => (HelmSet::Strings, format!("{key}={}", escaped(value))),
                    SetKind::Json => (HelmSet::Json, format!("{key}={value}")),
                    SetKind::Unknown => return None,
                };
                Some(ValuesSource::Set { kind, text, place, read })
            }
        }
    }

    /// The name under which the renderer knows a text: that of its file, made unique for texts inside files.
    fn file_name(&self, file: FileId) -> Arc<str> {
        let source = self.loader.sources.get(file);
        match source.origin {
            Origin::Disk => source.root_path.as_str().into(),
            _ => format!("{}#{}", source.root_path, file.0).into(),
        }
    }

    /// The same for values inside a manifest: the mark says that the file is none of values.
    fn inline_name(&self, file: FileId) -> Arc<str> {
        format!("{}#{}", self.loader.sources.get(file).root_path, file.0).into()
    }

    fn add_rendered(&mut self, id: ReleaseId, folder: &str, rendered: Rendered, found: Vec<Found>) {
        let mut files: BTreeMap<Arc<str>, FileId> = BTreeMap::new();
        for chart in &rendered.charts {
            self.add_chart_files(&chart.chart, &mut files);
        }
        self.add_value_files(id, &mut files);
        for reference in &rendered.skipped_schema_references {
            let schema = join(folder, "values.schema.json").unwrap_or_else(|| folder.to_string());
            let reason =
                format!("`{reference}` is not fetched: what it demands of the values is not checked");
            self.loader.skip(&schema, reason);
        }
        let (table, files) = (Arc::new(rendered.origins), Arc::new(files));
        let deployed_by = self.releases.get(id.0 as usize).and_then(|release| match release.deployer {
            Deployer::Application(app) => Some(app),
            _ => None,
        });
        let mut documents = Vec::with_capacity(rendered.documents.len());
        for document in rendered.documents {
            let rendering = Rendering {
                outside: self.outside(id, folder, &document.file, &document.source),
                segments: document.segments,
                table: table.clone(),
                files: files.clone(),
                template: document.source.clone(),
                template_file: files.get(&document.file).copied(),
                release: id,
            };
            let test = document.hook.as_ref().is_some_and(ddlint_helm::manifest::Hook::is_test);
            let source = SourceFile::new(
                self.loader.tree.display(&document.file),
                &*document.file,
                document.text,
                Origin::Rendered(Arc::new(rendering)),
            );
            let kinds = |stream: &ddlint_yaml::Stream| {
                let kind = |tree: &Arc<ddlint_yaml::Document>| match tree.root() {
                    Some(root) if root.get("apiVersion").is_some() && root.get("kind").is_some() => {
                        if test {
                            DocKind::TestHook
                        } else {
                            DocKind::Manifest
                        }
                    }
                    _ => DocKind::Other,
                };
                stream.documents.iter().map(kind).collect()
            };
            let loaded = match document.stream.map(Arc::unwrap_or_clone) {
                Some(stream) => self.loader.add_parsed(source, stream, kinds),
                None => self.loader.add_text(source, kinds),
            };
            let resources = self.add_resources(self.unpacked(&loaded.docs));
            documents.push((loaded.file, resources.first().copied()));
            for resource in resources {
                if let Some(resource) = self.resources.get_mut(resource.0 as usize) {
                    resource.release = Some(id);
                }
                if let Some(app) = deployed_by {
                    self.deploy(resource, app);
                }
            }
        }
        for cause in found {
            self.add_drift(id, folder, cause, &documents, &files);
        }
        self.rendered_charts.insert(folder.to_string());
    }

    /// The texts of a chart that origins may lead to.
    fn add_chart_files(&mut self, chart: &Chart, files: &mut BTreeMap<Arc<str>, FileId>) {
        let values = chart.values.iter().filter_map(|values| {
            Some((values.file.clone(), values.stream.documents.first()?.text().clone()))
        });
        let text = |file: &ChartFile| Some((file.file.clone(), file.data.text()?));
        let templates = chart.templates.iter().filter_map(text);
        let texts: Vec<(Arc<str>, SourceText)> = values.chain(templates).collect();
        // What lies in an archive cannot be opened by its name.
        let open = self.loader.tree.kind(&chart.file) == Some(EntryKind::File);
        for (name, text) in texts {
            let id = match self.loader.sources.by_root_path(&name) {
                Some(id) => id,
                None => {
                    let display = self.loader.tree.display(&name);
                    let origin = if open { Origin::Disk } else { Origin::Packed };
                    self.loader.sources.add(SourceFile::new(display, &*name, text, origin))
                }
            };
            files.insert(name, id);
        }
    }

    /// The texts of a chart that failed, as far as they are in archives; the others are read where they are needed.
    fn add_packed_files(&mut self, chart: &Chart) {
        if self.loader.tree.kind(&chart.file) != Some(EntryKind::File) {
            self.add_chart_files(chart, &mut BTreeMap::new());
        }
        for inner in &chart.charts {
            self.add_packed_files(inner);
        }
    }

    fn add_value_files(&self, id: ReleaseId, files: &mut BTreeMap<Arc<str>, FileId>) {
        let Some(release) = self.releases.get(id.0 as usize) else { return };
        for input in &release.inputs {
            let doc = match input {
                ValuesInput::Doc(doc) => Some(*doc),
                ValuesInput::Node(at) | ValuesInput::Patch { at, .. } => Some(at.doc),
                ValuesInput::Set { at, .. } => at.map(|at| at.doc),
                ValuesInput::Argument { .. } => None,
            };
            if let Some(entry) = doc.and_then(|doc| self.loader.docs.get(doc.0 as usize)) {
                files.insert(self.file_name(entry.file), entry.file);
                files.insert(self.inline_name(entry.file), entry.file);
            }
        }
    }

    /// Where a place that the renderer names stands.
    pub(super) fn place_of(&mut self, name: &str, span: Option<Span>) -> Option<Place> {
        let file = match name.rsplit_once('#').and_then(|(_, number)| number.parse().ok()) {
            Some(number) if (number as usize) < self.loader.sources.len() => FileId(number),
            _ => match self.loader.sources.by_root_path(name) {
                Some(file) => file,
                None => {
                    // Of an archive only its name can be shown.
                    let packed = self.charts.iter().any(|chart| chart.packed && chart.path == name);
                    let text = if packed {
                        String::new()
                    } else {
                        String::from_utf8(self.loader.tree.read(name).ok()?).unwrap_or_default()
                    };
                    let display = self.loader.tree.display(name);
                    self.loader.sources.add(SourceFile::new(display, name, text.into(), Origin::Disk))
                }
            },
        };
        let length = self.loader.sources.get(file).text.len();
        let span = span.filter(|span| span.end as usize <= length);
        Some(Place { file, span: span.unwrap_or(Span { start: 0, end: 0 }) })
    }

    /// The same where it can be opened, else what can be opened in its stead, and where in the archive it is.
    fn nearest_place(
        &mut self,
        id: ReleaseId,
        folder: &str,
        name: &str,
        span: Option<Span>,
    ) -> (Option<Place>, Option<String>) {
        let place = self.place_of(name, span);
        if let Some(place) = place.filter(|place| self.loader.sources.can_be_opened(*place)) {
            return (Some(place), None);
        }
        let inside = place.map(|place| {
            let at = self.loader.sources.location(place);
            format!("in the archive it is {}:{}:{}", at.file, at.line, at.column)
        });
        (self.outside(id, folder, name, ""), inside)
    }

    fn add_problem(&mut self, id: ReleaseId, folder: &str, problem: &Problem) {
        match problem {
            Problem::Library => {}
            Problem::MissingDependencies(list) => {
                let names: Vec<String> = list
                    .iter()
                    .map(|(name, version, _)| format!("{name} {version}").trim().to_string())
                    .collect();
                let mut reason = format!("{} not in `charts/`: {}", plural(&names), names.join(", "));
                let shown = self.loader.tree.display(folder);
                let mut help = format!("`helm dependency build {shown}` fetches what is missing");
                if let Some(cache) = &self.settings.rendering.cache {
                    let cached =
                        |(name, range, _): &(String, String, String)| cache.find(name, range, folder);
                    let cached: Vec<_> = list.iter().map(cached).collect();
                    // A chart that was found fails for the others.
                    let mut unusable: Vec<String> =
                        cached.iter().flatten().filter_map(|it| it.as_ref().err().cloned()).collect();
                    unusable.sort();
                    unusable.dedup();
                    if !unusable.is_empty() {
                        reason.push_str(&format!("; {}", unusable.join("; ")));
                        help.push_str("; fetch the archive again, or remove it");
                    }
                    if cached.iter().any(Option::is_none) {
                        let folder = cache.folder().display();
                        help.push_str(&format!("; `{folder}` has no archive of that name in that range"));
                    }
                }
                self.not_rendered(id, reason, Some(help));
            }
            Problem::Chart(message, file, span) => {
                let (place, help) = match file {
                    Some(file) => self.nearest_place(id, folder, file, *span),
                    None => (None, None),
                };
                let file = place.is_none().then(|| self.loader.tree.display(folder));
                let message = format!("the chart cannot be read: {message}");
                let error = InputError { code: "bad-chart", message, help, place, file };
                if !self.loader.errors.contains(&error) {
                    self.loader.errors.push(error);
                }
            }
            Problem::Render(error) => self.add_render_error(id, folder, error),
            Problem::Binary(message, file, span) => {
                let (place, inside) = match file {
                    Some(file) => self.nearest_place(id, folder, file, *span),
                    None => (None, None),
                };
                let help = inside.into_iter().collect();
                self.add_failure(id, folder, format!("helm: {message}"), help, place, false);
            }
            Problem::NoBinary => {
                let message = "`--renderer helm` needs the `helm` program, and there is none on the PATH";
                let help = "install Helm, or leave the option out: the renderer inside needs nothing";
                let (message, help) = (message.to_string(), Some(help.to_string()));
                let error = InputError { code: "no-helm", message, help, place: None, file: None };
                if !self.loader.errors.contains(&error) {
                    self.loader.errors.push(error);
                }
            }
        }
    }

    fn add_render_error(&mut self, id: ReleaseId, folder: &str, error: &RenderError) {
        let parse = matches!(&error.failure, Failure::Template(error)
            if error.kind == ddlint_helm::error::ErrorKind::Parse);
        let told = render_error::told(error);
        let (place, inside) = match told.place {
            None if matches!(error.failure, Failure::ReleaseName(_)) => (self.name_place(id), None),
            Some(place) => self.nearest_place(id, folder, &place.file, place.span),
            None => (None, None),
        };
        let mut help: Vec<String> = inside.into_iter().collect();
        if let Some(cause) = told.cause
            && let Some(place) = self.place_of(&cause.file, cause.span)
        {
            let at = self.loader.sources.location(place);
            help.push(format!("it is raised at {}:{}:{}", at.file, at.line, at.column));
        }
        help.extend(told.more);
        help.extend(self.blamed(error));
        help.extend(told.hint);
        self.add_failure(id, folder, told.message, help, place, parse);
    }

    /// The values that are to blame, each with where it is given.
    fn blamed(&mut self, error: &RenderError) -> Vec<String> {
        let leaves = error.blame.printed.iter().chain(&error.blame.tested);
        let values: Vec<_> = leaves
            .filter_map(|leaf| match leaf {
                Leaf::Value { path, place } => Some((path.clone(), place.clone())),
                Leaf::Set { path } => Some((path.clone(), None)),
                _ => None,
            })
            .collect();
        // What stands inside a value that is told, and the same again, says nothing more.
        let inside = |path: &str, of: &str| {
            path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        };
        let mut told_of: Vec<_> = Vec::new();
        for (path, place) in values {
            if !told_of.iter().any(|(known, _): &(Arc<str>, _)| inside(&path, known)) {
                told_of.push((path, place));
            }
        }
        let told = told_of.into_iter().take(3).map(|(path, place)| {
            let span = |it: &ddlint_helm::origin::Place| Span { start: it.start, end: it.end };
            match place.and_then(|it| self.place_of(&it.file, Some(span(&it)))) {
                Some(place) => {
                    let at = self.loader.sources.location(place);
                    format!("the value `{path}` is given at {}:{}:{}", at.file, at.line, at.column)
                }
                None => format!("the value `{path}` decides it"),
            }
        });
        told.collect()
    }

    /// A chart that could not be rendered: an error where it is deployed so, or was named, or does not even parse.
    fn add_failure(
        &mut self,
        id: ReleaseId,
        folder: &str,
        message: String,
        help: Vec<String>,
        place: Option<Place>,
        always: bool,
    ) {
        let named = self.charts.iter().any(|chart| chart.named && chart.path == folder);
        let deployed = self
            .releases
            .get(id.0 as usize)
            .is_some_and(|release| matches!(release.deployer, Deployer::Application(_)));
        let help = (!help.is_empty()).then(|| help.join("; "));
        if !always && self.holds_placeholders(id) {
            let first = message.lines().next().unwrap_or_default();
            let reason =
                format!("some of its values are filled in before the sync, and without them: {first}");
            return self.not_rendered(id, reason, help);
        }
        if always || named || deployed {
            let place = place.or_else(|| self.chart_place(id));
            let file = place.is_none().then(|| self.loader.tree.display(folder));
            let error = InputError { code: "render-failed", message, help, place, file };
            if !self.loader.errors.contains(&error) {
                self.loader.errors.push(error);
            }
        } else {
            let first = message.lines().next().unwrap_or_default();
            self.not_rendered(id, format!("its defaults are not enough: {first}"), help);
        }
    }

    /// Where a release gets its name.
    fn name_place(&self, id: ReleaseId) -> Option<Place> {
        let at = self.releases.get(id.0 as usize)?.name_at?;
        let doc = self.loader.docs.get(at.doc.0 as usize)?;
        Some(Place { file: doc.file, span: doc.tree.node(at.node).span() })
    }

    /// Where a chart is deployed, else the chart.
    fn chart_place(&mut self, id: ReleaseId) -> Option<Place> {
        let release = self.releases.get(id.0 as usize)?;
        let ChartRef::Local(folder) = release.chart.clone() else { return None };
        match release.chart_at {
            Some(at) if !matches!(release.deployer, Deployer::Nobody) => {
                let doc = self.loader.docs.get(at.doc.0 as usize)?;
                Some(Place { file: doc.file, span: doc.tree.node(at.node).span() })
            }
            _ if self.is_file(&folder) => self.place_of(&folder, None),
            _ => join(&folder, "Chart.yaml").and_then(|path| self.place_of(&path, None)),
        }
    }

    fn not_rendered(&mut self, id: ReleaseId, reason: String, help: Option<String>) {
        let Some(place) = self.chart_place(id) else { return };
        let Some(release) = self.releases.get(id.0 as usize) else { return };
        let ChartRef::Local(folder) = release.chart.clone() else { return };
        let found = NotRendered { chart: folder, reason, help, place };
        // Each overlay of the chart says the same.
        if !self.not_rendered.contains(&found) {
            self.not_rendered.push(found);
        }
    }
}

/// A value as `--set` takes it: commas and a backslash are escaped, unless it is a list in braces.
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_string();
    }
    value.replace('\\', "\\\\").replace(',', "\\,")
}

fn plural(names: &[String]) -> &'static str {
    if names.len() == 1 { "a dependency is" } else { "dependencies are" }
}
