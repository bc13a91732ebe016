//! The whole way: a chart, values, a release and a cluster in, documents or an error with its place out.
//!
//! Deliberately absent: which charts there are, with which values they are deployed, what the documents mean.

mod session;

pub use session::{Session, SetTo};

use crate::HelmDialect;
use crate::chart::{Chart, ChartFile};
use crate::coalesce::Coalescer;
use crate::deps::{ChartNode, Tree, TreeError};
use crate::exec::meter::Limits;
use crate::exec::{Engine, NoRecording, Recorder, Recording};
use crate::failure::{ErrorPlace, Failure, RenderError};
use crate::manifest::{self, RenderedDocument, RenderedText};
use crate::objects::{self, KubeVersion};
use crate::origin::{Leaf, OriginId, OriginTable, Sensed};
use crate::set::TemplateSet;
use crate::template::ParseCache;
use crate::text::Segment;
use crate::tree::ValueTree;
use crate::value::{Data, Map, MapKind, Value};
use crate::values::{self, ValuesSource};
use crate::world::World;
use crate::{path, schema};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The release that is rendered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// `.Release.Name`
    pub name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// `.Release.IsUpgrade`, and the opposite of `.Release.IsInstall`.
    pub is_upgrade: bool,
    /// `.Release.Revision`
    pub revision: i64,
}

/// Everything a render depends on.
#[derive(Clone)]
pub struct RenderRequest<'a> {
    /// The chart.
    pub chart: &'a Arc<Chart>,
    /// The values of the user, in the order in which they were given; kinds are ordered as Helm orders them.
    pub values: &'a [ValuesSource],
    /// The release.
    pub release: Release,
    /// The cluster's version.
    pub kube_version: KubeVersion,
    /// API versions beside those that Helm assumes.
    pub api_versions: Vec<String>,
    /// Which Helm is imitated.
    pub dialect: HelmDialect,
    /// Whether `crds/` are printed.
    pub include_crds: bool,
    /// Whether `values.schema.json` is not looked at.
    pub skip_schema: bool,
    /// What the templates may use up.
    pub limits: Limits,
    /// Whether origins are recorded.
    pub recording: bool,
    /// Whether the output of the files is given back, beside the documents.
    pub keep_files: bool,
    /// Whether the coalesced values are given back.
    pub keep_values: bool,
    /// Templates parsed before.
    pub cache: Arc<ParseCache>,
    /// What is drawn at random and found in the cluster.
    pub world: World,
    /// Only these templates are executed, by their names as Helm prints them; none: all.
    pub only: Option<BTreeSet<Arc<str>>>,
}

impl<'a> RenderRequest<'a> {
    /// A request for the chart's defaults, with everything recorded.
    pub fn new(
        chart: &'a Arc<Chart>,
        release: Release,
        kube_version: KubeVersion,
        dialect: HelmDialect,
    ) -> Self {
        RenderRequest {
            chart,
            values: &[],
            release,
            kube_version,
            api_versions: Vec::new(),
            dialect,
            include_crds: true,
            skip_schema: false,
            limits: Limits::default(),
            recording: true,
            keep_files: true,
            keep_values: true,
            cache: Arc::default(),
            world: World::default(),
            only: None,
        }
    }
}

/// The output of one template file, before it is split.
#[derive(Clone, Debug)]
pub struct RenderedFile {
    /// The template's name, for example `chart/templates/a.yaml`.
    pub source: Arc<str>,
    /// The file, by the name under which it was given.
    pub file: Arc<str>,
    /// What it wrote.
    pub text: Vec<u8>,
    /// Runs of bytes of one origin.
    pub segments: Vec<Segment>,
}

/// A chart that takes part in a render.
#[derive(Clone, Debug)]
pub struct RenderedChart {
    /// The path of names as Helm builds it: `parent/charts/alias`.
    pub path: Arc<str>,
    /// The chart.
    pub chart: Arc<Chart>,
    /// The values that decided that it takes part.
    pub enabled_by: OriginId,
}

/// What a chart was rendered to.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The documents as `helm template` prints them: `crds/`, resources, hooks.
    pub documents: Vec<RenderedDocument>,
    /// The output of each executed file, by template name; `NOTES.txt` is among them. Empty where it was not asked for.
    pub files: Vec<RenderedFile>,
    /// The executed files, by template name, that asked for what no render can know.
    pub sensed: BTreeMap<Arc<str>, Sensed>,
    /// What the origins mean.
    pub origins: OriginTable,
    /// The parent chart's coalesced values, as they were before the templates ran.
    pub values: Option<ValueTree>,
    /// The charts that take part, parents first.
    pub charts: Vec<RenderedChart>,
    /// What Helm would log.
    pub warnings: Vec<String>,
    /// Documents that a schema refers to and that were not looked at.
    pub skipped_schema_references: Vec<String>,
}

impl Rendered {
    /// The stream as `helm template` prints it.
    pub fn to_stream(&self) -> String {
        let length = self.documents.iter().map(|d| d.text.len() + d.source.len() + 20).sum();
        let mut out = String::with_capacity(length);
        let mut hooks = false;
        for document in &self.documents {
            if document.hook.is_some() && !hooks {
                hooks = true;
                trim(&mut out);
            }
            out.push_str("---\n# Source: ");
            out.push_str(&document.source);
            out.push('\n');
            out.push_str(&document.text);
            out.push('\n');
        }
        if !hooks {
            trim(&mut out);
        }
        out
    }
}

/// Helm trims what it prints before the hooks.
fn trim(out: &mut String) {
    out.truncate(out.trim_end().len());
    let start = out.len() - out.trim_start().len();
    out.drain(..start);
    out.push('\n');
}

/// Renders a chart.
pub fn render(request: &RenderRequest<'_>) -> Result<Rendered, Box<RenderError>> {
    render_keeping(request, Map::clone).map(|(rendered, ..)| rendered)
}

/// Renders a chart, and keeps its values for more renders of the same release.
pub fn render_with_session(request: &RenderRequest<'_>) -> Result<(Rendered, Session), Box<RenderError>> {
    let (rendered, kept) = render_keeping(request, session::without_origins)?;
    Ok((rendered, Session::of(kept, request.chart)))
}

/// What the next render of a release takes over.
struct Kept {
    prepared: Prepared,
    templates: Option<TemplateSet>,
}

/// Renders a chart; `keep` gives the values that are kept, before the templates can change them.
fn render_keeping(
    request: &RenderRequest<'_>,
    keep: impl FnOnce(&Map) -> Map,
) -> Result<(Rendered, Kept), Box<RenderError>> {
    if request.recording {
        Render::<Recording>::run(request, keep)
    } else {
        Render::<NoRecording>::run(request, keep)
    }
}

struct Render<R>(std::marker::PhantomData<R>);

/// A template file ready to be executed.
struct Renderable {
    file: ChartFile,
    dot: Map,
    base_path: String,
    enabled_by: OriginId,
}

impl<R: Recorder> Render<R> {
    fn run(
        request: &RenderRequest<'_>,
        keep: impl FnOnce(&Map) -> Map,
    ) -> Result<(Rendered, Kept), Box<RenderError>> {
        let mut table = OriginTable::new(R::ON);
        check_request(request)?;
        let user = match values::merged(request.values, request.dialect, &mut table) {
            Ok(user) => user,
            Err(failure) => return Err(RenderError::new(failure, table)),
        };
        let prepared = match prepare(request, &user, &mut table) {
            Ok(prepared) => prepared,
            Err(failure) => return Err(RenderError::new(failure, table)),
        };
        let values = keep(&prepared.values);
        let mut templates = None;
        let rendered = Self::execute(request, table, &prepared, &prepared.values, &mut templates)?;
        Ok((rendered, Kept { prepared: Prepared { values, ..prepared }, templates }))
    }

    /// Executes the templates with these values. `templates` are those of the chart, where they were parsed before.
    fn execute(
        request: &RenderRequest<'_>,
        mut table: OriginTable,
        prepared: &Prepared,
        given: &Map,
        templates: &mut Option<TemplateSet>,
    ) -> Result<Rendered, Box<RenderError>> {
        let values = request.keep_values.then(|| ValueTree::of_map(given, &mut table));
        // What is executed is enough where all are parsed.
        let only = request.only.as_ref().filter(|_| templates.is_some());
        let mut collector = Collector {
            request,
            only,
            table: &mut table,
            out: BTreeMap::new(),
            left: Vec::new(),
            charts: Vec::new(),
        };
        let release = collector.release();
        let capabilities = objects::capabilities(
            &request.kube_version,
            &request.api_versions,
            request.dialect,
            collector.table,
        );
        let shared = Shared { release, capabilities };
        collector.chart(&prepared.root, given, &prepared.root.name, true, &shared);
        let Collector { out: renderables, left, charts, .. } = collector;
        // By the names of templates, those of their files: for places.
        let names = || -> BTreeMap<Arc<str>, Arc<str>> {
            let executed = renderables.iter().map(|(name, it)| (name, &it.file.file));
            let all = executed.chain(left.iter().map(|(name, file)| (name, file)));
            all.map(|(name, file)| (Arc::from(name.as_str()), file.clone())).collect()
        };

        let mut order: Vec<&String> = renderables.keys().collect();
        order.sort_by_cached_key(|name| std::cmp::Reverse((name.matches('/').count(), *name)));
        let set = match templates {
            Some(set) => set.clone(),
            None => {
                let mut set = TemplateSet::new(request.cache.clone());
                for name in &order {
                    let Some(renderable) = renderables.get(*name) else { continue };
                    if let Err(error) = set.parse(name, &renderable.file.data.bytes()) {
                        table.rename_files(&names());
                        return Err(RenderError::template(*error, &names(), table));
                    }
                }
                set
            }
        };
        *templates = Some(if R::ON { set.anew() } else { set.clone() });
        let mut engine: Engine<R> =
            Engine::new(set, table, request.dialect, request.limits).in_world(request.world.clone());
        let mut rendered: Vec<RenderedText> = Vec::new();
        let mut sensed: BTreeMap<Arc<str>, Sensed> = BTreeMap::new();
        for name in &order {
            let Some(renderable) = renderables.get(*name) else { continue };
            let wanted = request.only.as_ref().is_none_or(|only| only.contains(name.as_str()));
            if base_name(name).starts_with('_') || !wanted {
                continue;
            }
            let template = Map::new(BTreeMap::new(), MapKind::Values);
            template.set(b"Name", OriginId::NONE, Value::str(name.as_bytes(), OriginId::NONE));
            template.set(b"BasePath", OriginId::NONE, Value::str(&renderable.base_path, OriginId::NONE));
            renderable.dot.set(b"Template", OriginId::NONE, Value::plain(Data::Map(template)));
            match engine.execute(name, Value::plain(Data::Map(renderable.dot.clone()))) {
                Ok(text) => {
                    let text =
                        if R::ON { text.tested_once(renderable.enabled_by, engine.origins()) } else { text };
                    let source: Arc<str> = Arc::from(name.as_str());
                    let asked = engine.origins().take_sensed();
                    if asked != Sensed::default() {
                        sensed.insert(source.clone(), asked);
                    }
                    rendered.push(RenderedText { source, file: renderable.file.file.clone(), text });
                }
                Err(error) => {
                    let mut table = engine.into_origins();
                    table.rename_files(&names());
                    return Err(RenderError::template(*error, &names(), table));
                }
            }
        }
        let mut table = engine.into_origins();
        if R::ON {
            table.rename_files(&names());
        }
        let mut warnings = prepared.warnings.clone();
        let (notes, manifests): (Vec<_>, Vec<_>) =
            rendered.into_iter().partition(|file| file.source.ends_with("NOTES.txt"));
        let documents =
            match manifest::documents(&manifests, request.dialect, &request.cache, &mut table, &mut warnings)
            {
                Ok(documents) => documents,
                Err(bad) => {
                    let line = manifests
                        .iter()
                        .find(|file| file.source == bad.source)
                        .zip(bad.at)
                        .and_then(|(file, (at, _))| template_line(file.text.segments(), at, &table));
                    let whole = || names().get(&bad.source).map(|file| ErrorPlace::file(file.clone()));
                    let place = line.or_else(whole);
                    return Err(RenderError::new(
                        Failure::Manifest { bad: Box::new(bad.into()), place },
                        table,
                    ));
                }
            };
        let mut all = Vec::new();
        if request.include_crds {
            crds(&prepared.root, &prepared.root.name, &mut table, &mut all);
        }
        all.extend(documents);
        let mut files: Vec<RenderedFile> = Vec::new();
        if request.keep_files {
            files.extend(manifests.iter().chain(&notes).map(rendered_file));
            files.sort_by(|a, b| a.source.cmp(&b.source));
        }
        Ok(Rendered {
            documents: all,
            files,
            sensed,
            origins: table,
            values,
            charts,
            warnings,
            skipped_schema_references: prepared.skipped.clone(),
        })
    }
}

fn rendered_file(file: &RenderedText) -> RenderedFile {
    RenderedFile {
        source: file.source.clone(),
        file: file.file.clone(),
        text: file.text.bytes().to_vec(),
        segments: file.text.segments().to_vec(),
    }
}

/// The line of the template that wrote the byte at `at`, or the text before it.
fn template_line(segments: &[Segment], at: usize, table: &OriginTable) -> Option<ErrorPlace> {
    let behind = segments.partition_point(|segment| segment.end as usize <= at) + 1;
    let before = segments.get(..behind.min(segments.len())).unwrap_or_default();
    before.iter().rev().find_map(|segment| {
        let leaves = table.resolve(segment.origin).printed;
        leaves.iter().find_map(|leaf| match leaf {
            Leaf::Template(place) => Some(ErrorPlace::of(place)),
            _ => None,
        })
    })
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What can be said before anything is read.
fn check_request(request: &RenderRequest<'_>) -> Result<(), Box<RenderError>> {
    let fail = |failure| Err(RenderError::new(failure, OriginTable::new(false)));
    let name = &request.release.name;
    let label = |label: &str| {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        edge(label.chars().next())
            && edge(label.chars().next_back())
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if name.len() > 53 || !name.split('.').all(label) {
        return fail(Failure::ReleaseName(name.clone()));
    }
    let metadata = &request.chart.metadata;
    if !matches!(metadata.chart_type.as_str(), "" | "application") {
        return fail(Failure::NotInstallable(metadata.chart_type.clone()));
    }
    let missing: Vec<_> = request.chart.missing_dependencies().into_iter().cloned().collect();
    if !missing.is_empty() {
        return fail(Failure::MissingDependencies(missing));
    }
    Ok(())
}

struct Prepared {
    root: ChartNode,
    values: Map,
    warnings: Vec<String>,
    skipped: Vec<String>,
}

/// Decides about the dependencies, puts the values together and checks them.
fn prepare(request: &RenderRequest<'_>, user: &Map, table: &mut OriginTable) -> Result<Prepared, Failure> {
    let coalescer = Coalescer { dialect: request.dialect, warnings: Vec::new() };
    let mut tree = Tree::new(table, coalescer);
    let mut root = tree.root(request.chart).map_err(tree_failure)?;
    tree.process(&mut root, user).map_err(tree_failure)?;
    let values = tree.coalescer.coalesce_values(&root, user).map_err(Failure::Values)?;
    let mut warnings = std::mem::take(&mut tree.coalescer.warnings);
    warnings.sort();
    warnings.dedup();
    let skipped =
        if request.skip_schema { Vec::new() } else { fit_schemas(&root, &values, &request.cache, table)? };
    let wanted = &request.chart.metadata.kube_version;
    if !wanted.is_empty() && !crate::deps::in_range(wanted, &request.kube_version.normalized) {
        return Err(Failure::KubeVersion {
            wanted: wanted.clone(),
            given: request.kube_version.version.clone(),
            file: request.chart.file.clone(),
            span: request.chart.metadata.kube_version_span,
        });
    }
    Ok(Prepared { root, values, warnings, skipped })
}

fn tree_failure(error: TreeError) -> Failure {
    match error {
        TreeError::Coalesce(message) => Failure::Values(message),
        TreeError::Values(wrong) => Failure::ChartValues {
            message: format!("cannot load values.yaml: {}", wrong.wrong.message),
            file: wrong.file,
            span: wrong.wrong.span,
        },
    }
}

/// Fails where values do not fit the schemas of the charts; gives the documents that schemas refer to and that were
/// not looked at.
fn fit_schemas(
    root: &ChartNode,
    values: &Map,
    cache: &ParseCache,
    table: &mut OriginTable,
) -> Result<Vec<String>, Failure> {
    let mut checked = schema::Checked::default();
    check_schemas(root, values, path::ROOT, cache, table, &mut checked)?;
    if !checked.violations.is_empty() {
        return Err(Failure::Schema(checked.violations));
    }
    checked.skipped.sort();
    checked.skipped.dedup();
    Ok(checked.skipped)
}

fn check_schemas(
    node: &ChartNode,
    values: &Map,
    root: &str,
    cache: &ParseCache,
    table: &mut OriginTable,
    out: &mut schema::Checked,
) -> Result<(), Failure> {
    if let Some(file) = &node.chart.schema {
        match &*cache.schema(&file.data) {
            Ok(schema) => {
                let checked = schema.check(&node.name, values, root, table);
                out.violations.extend(checked.violations);
                out.skipped.extend(checked.skipped);
            }
            Err(message) => {
                return Err(Failure::BadSchema { message: message.clone(), file: file.file.clone() });
            }
        }
    }
    for chart in &node.charts {
        let Some(Value { data: Data::Map(inner), .. }) = values.get(chart.name.as_bytes()) else { continue };
        let mut inner_root = root.to_string();
        path::push_member(&mut inner_root, &chart.name);
        check_schemas(chart, &inner, &inner_root, cache, table, out)?;
    }
    Ok(())
}

/// The objects that all charts of a render share.
struct Shared {
    release: Value,
    capabilities: Value,
}

/// Collects the template files of all charts with what each sees as `.`.
struct Collector<'a, 't> {
    request: &'a RenderRequest<'a>,
    /// Only these templates are collected; none: all.
    only: Option<&'a BTreeSet<Arc<str>>>,
    table: &'t mut OriginTable,
    out: BTreeMap<String, Renderable>,
    /// Name and file of the others.
    left: Vec<(String, Arc<str>)>,
    charts: Vec<RenderedChart>,
}

impl Collector<'_, '_> {
    fn release(&mut self) -> Value {
        let release = &self.request.release;
        let map = crate::coalesce::empty_map();
        let mut set = |name: &str, data: fn(&Release, OriginId) -> Value| {
            let origin = self.table.leaf(|| Leaf::Release(Arc::from(name)));
            map.set(name.as_bytes(), origin, data(release, origin));
        };
        set("Name", |r, o| Value::str(&r.name, o));
        set("Namespace", |r, o| Value::str(&r.namespace, o));
        set("IsUpgrade", |r, o| Value::bool(r.is_upgrade, o));
        set("IsInstall", |r, o| Value::bool(!r.is_upgrade, o));
        set("Revision", |r, o| Value { data: Data::Int(r.revision), origin: o });
        set("Service", |_, o| Value::str("Helm", o));
        Value::plain(Data::Map(map))
    }

    fn chart(
        &mut self,
        node: &ChartNode,
        values: &Map,
        full_path: &str,
        is_root: bool,
        shared: &Shared,
    ) -> Value {
        self.charts.push(RenderedChart {
            path: Arc::from(full_path),
            chart: node.chart.clone(),
            enabled_by: node.enabled_by,
        });
        let declared: Option<Vec<_>> =
            node.declared.as_ref().map(|list| list.iter().map(|d| d.borrow().clone()).collect());
        let chart = objects::chart_metadata(
            &node.chart,
            &node.name,
            declared.as_deref(),
            is_root,
            self.request.dialect,
            self.table,
        );
        let files = objects::files(&node.chart.files, self.table);
        let subcharts = crate::coalesce::empty_map();
        let own = Map { entries: values.entries.clone(), kind: MapKind::Values };
        let dot = Map::new(BTreeMap::new(), MapKind::Values);
        let origin = self.table.leaf(|| Leaf::Value { path: Arc::from(node.root.as_str()), place: None });
        for (name, value) in [
            ("Chart", chart),
            ("Files", files),
            ("Release", shared.release.clone()),
            ("Capabilities", shared.capabilities.clone()),
            ("Values", Value { data: Data::Map(own), origin }),
            ("Subcharts", Value::plain(Data::Map(subcharts.clone()))),
        ] {
            dot.set(name.as_bytes(), OriginId::NONE, value);
        }
        for inner in &node.charts {
            // Helm looks the values up by the name as a path, so a dot in it leads elsewhere.
            let found = inner.name.split('.').try_fold(values.clone(), |map, part| {
                match map.get(part.as_bytes())?.data {
                    Data::Map(map) => Some(map),
                    _ => None,
                }
            });
            let inner_values = found.unwrap_or_else(crate::coalesce::empty_map);
            let inner_path = inner.path_in(full_path);
            let value = self.chart(inner, &inner_values, &inner_path, false, shared);
            subcharts.set(inner.name.as_bytes(), OriginId::NONE, value);
        }
        for file in &node.chart.templates {
            if node.chart.is_library() && !base_name(&file.name).starts_with('_') {
                continue;
            }
            let name = format!("{full_path}/{}", file.name);
            if self.only.is_some_and(|only| !only.contains(name.as_str())) {
                self.left.push((name, file.file.clone()));
                continue;
            }
            let renderable = Renderable {
                file: file.clone(),
                dot: dot.clone(),
                base_path: format!("{full_path}/templates"),
                enabled_by: node.enabled_by,
            };
            self.out.insert(name, renderable);
        }
        Value::plain(Data::Map(dot))
    }
}

/// The files of `crds/`, as they stand, of the chart and then of the charts in it.
fn crds(node: &ChartNode, full_path: &str, table: &mut OriginTable, out: &mut Vec<RenderedDocument>) {
    for file in &node.chart.files {
        let extension = base_name(&file.name).rsplit_once('.').map_or("", |(_, ext)| ext);
        let wanted = ["yaml", "yml", "json"].iter().any(|ext| extension.eq_ignore_ascii_case(ext));
        if !file.name.starts_with("crds/") || !wanted {
            continue;
        }
        let utf8 =
            file.data.text().unwrap_or_else(|| String::from_utf8_lossy(&file.data).into_owned().into());
        let origin = table.leaf(|| Leaf::File(file.file.clone()));
        let origin = table.tested(origin, node.enabled_by);
        let segments =
            if origin.is_none() { Vec::new() } else { vec![Segment { end: utf8.len() as u32, origin }] };
        out.push(RenderedDocument {
            source: Arc::from(format!("{full_path}/{}", file.name)),
            file: file.file.clone(),
            stream: None,
            text: utf8,
            segments,
            kind: "CustomResourceDefinition".to_string(),
            hook: None,
            crd: true,
        });
    }
    for inner in &node.charts {
        crds(inner, &inner.path_in(full_path), table, out);
    }
}
