//! Charts of the input to documents: loads a chart's files from the tree and has `ddlint-helm` render them.
//!
//! Deliberately absent: which charts are deployed with which values (`model::build`), templates themselves
//! (`ddlint-helm`), what the documents mean (`model`).

mod binary;
mod cache;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ddlint_helm::HelmDialect;
use ddlint_helm::chart::{ArchiveLimits, Chart, Dependency, FileData, load, load_packed};
use ddlint_helm::exec::meter::Limits;
use ddlint_helm::failure::{Failure, RenderError};
use ddlint_helm::manifest::Hook;
use ddlint_helm::objects::KubeVersion;
use ddlint_helm::render::{Release, RenderRequest, Rendered, Session, SetTo, render, render_with_session};
use ddlint_helm::template::ParseCache;
use ddlint_helm::values::{SetKind, ValuesSource};
use ddlint_helm::world::World;
use ddlint_yaml::Span;

use crate::discover::{EntryKind, LARGEST_ARCHIVE, Tree};
pub use cache::HelmCache;

/// What renders.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Program {
    /// The renderer inside.
    #[default]
    Builtin,
    /// The `helm` on the PATH.
    Helm,
}

/// How all charts of a run are rendered.
#[derive(Clone, Debug)]
pub struct Options {
    /// The cluster's version.
    pub kube_version: KubeVersion,
    /// API versions beside Helm's own list.
    pub api_versions: Vec<String>,
    /// Which Helm is imitated.
    pub dialect: HelmDialect,
    /// Whether `crds/` are left out.
    pub skip_crds: bool,
    /// What renders.
    pub program: Program,
    /// Where dependencies that are not vendored are looked for.
    pub cache: Option<HelmCache>,
    /// Whether it is recorded where each byte comes from. Who only wants the documents need not know; what fails is
    /// rendered again, as the values to blame are found by their origins.
    pub origins: bool,
    /// What was parsed before: who lints again, with other files beside the same charts, parses nothing twice.
    pub parsed: Arc<ParseCache>,
}

impl Default for Options {
    fn default() -> Self {
        let dialect = HelmDialect::default();
        // The version of the contract's default.
        let kube_version = KubeVersion {
            version: "v1.34.0".to_string(),
            normalized: "v1.34.0".to_string(),
            major: "1".to_string(),
            minor: "34".to_string(),
        };
        Options {
            kube_version,
            api_versions: Vec::new(),
            dialect,
            skip_crds: false,
            program: Program::Builtin,
            cache: None,
            origins: true,
            parsed: Arc::default(),
        }
    }
}

/// One render.
#[derive(Clone, Debug)]
pub struct Job {
    /// The chart's folder or archive, relative to the root.
    pub chart: String,
    /// Values in the order in which they are given.
    pub values: Vec<ValuesSource>,
    /// The release's name.
    pub name: String,
    /// The release's namespace.
    pub namespace: String,
    /// The cluster's version, where it is said for this release (`kubeVersion` of an Application).
    pub kube_version: Option<String>,
    /// API versions in the stead of those for all charts (`apiVersions` of an Application); empty: those.
    pub api_versions: Vec<String>,
    /// Whether the schema is left out (`skipSchemaValidation` of an Application).
    pub skip_schema: bool,
    /// Whether `crds/` are left out here.
    pub skip_crds: bool,
    /// Whether test hooks are left out (`skipTests` of an Application).
    pub skip_tests: bool,
}

impl Job {
    fn api_versions<'a>(&'a self, options: &'a Options) -> &'a [String] {
        if self.api_versions.is_empty() { &options.api_versions } else { &self.api_versions }
    }
}

/// What is other than usual in a render that is made to compare. No origins are recorded in it, and it has nothing of
/// `crds/`, which is the same in every render.
#[derive(Clone, Debug, Default)]
pub struct Variation {
    /// What is drawn and found.
    pub world: World,
    /// Values on top of the job's.
    pub values: Vec<ValuesSource>,
    /// One value on top of all of them, by its keys.
    pub set: Option<(Vec<String>, SetTo)>,
    /// An upgrade instead of an installation.
    pub upgrade: bool,
    /// Another Helm.
    pub dialect: Option<HelmDialect>,
    /// The coalesced values are given back.
    pub keep_values: bool,
    /// The schema is not looked at.
    pub unchecked: bool,
    /// Only these templates, by the names of their documents' sources; none: all.
    pub only: Option<BTreeSet<Arc<str>>>,
}

/// Why there are no documents.
#[derive(Clone, Debug)]
pub enum Problem {
    /// Dependencies are not in `charts/`: nothing is guessed. Name, version and repository of each.
    MissingDependencies(Vec<(String, String, String)>),
    /// The chart is a library.
    Library,
    /// The chart cannot be read: message, file relative to the root, bytes.
    Chart(String, Option<String>, Option<Span>),
    /// A template, the values or the output are wrong.
    Render(Box<RenderError>),
    /// The binary failed: its message, and where it names a place, the file relative to the root and the bytes.
    Binary(String, Option<String>, Option<Span>),
    /// There is no `helm` on the PATH.
    NoBinary,
}

type Loaded = Result<Arc<Chart>, Problem>;

/// Loads each chart and parses each template once.
pub struct Renderer<'t> {
    tree: &'t dyn Tree,
    options: Options,
    charts: Mutex<BTreeMap<String, Arc<OnceLock<Loaded>>>>,
}

/// Limits of an archive and of the files of a chart, together.
const CHART_FILES: u64 = 100 * 1024 * 1024;

impl<'t> Renderer<'t> {
    /// A renderer for the charts of a tree.
    pub fn new(tree: &'t dyn Tree, options: Options) -> Renderer<'t> {
        Renderer { tree, options, charts: Mutex::default() }
    }

    /// The chart at a path, loaded once.
    pub fn chart(&self, path: &str) -> Result<Arc<Chart>, Problem> {
        let slot = {
            // A panic while the lock is held cannot leave the map half-changed.
            let mut charts = self.charts.lock().unwrap_or_else(PoisonError::into_inner);
            charts.entry(path.to_string()).or_default().clone()
        };
        slot.get_or_init(|| self.load(path)).clone()
    }

    /// The chart at a path, where it was loaded before and could be read.
    pub fn loaded(&self, path: &str) -> Option<Arc<Chart>> {
        let charts = self.charts.lock().unwrap_or_else(PoisonError::into_inner);
        charts.get(path)?.get()?.clone().ok()
    }

    fn load(&self, path: &str) -> Loaded {
        let limits = ArchiveLimits::default();
        let unreadable = |message: String| Problem::Chart(message, Some(path.to_string()), None);
        let chart = if self.tree.kind(path) == Some(EntryKind::File) {
            let bytes =
                self.tree.head(path, LARGEST_ARCHIVE + 1).map_err(|error| unreadable(error.to_string()))?;
            if bytes.len() > LARGEST_ARCHIVE {
                let most = LARGEST_ARCHIVE >> 20;
                return Err(unreadable(format!("the archive is larger than {most} MiB")));
            }
            load_packed(&bytes, path, &limits)
        } else {
            let mut files = BTreeMap::new();
            let mut size = 0;
            self.collect(path, "", &mut files, &mut size).map_err(unreadable)?;
            load(&files, path, &limits)
        };
        let mut chart = chart.map_err(|error| {
            let file = error.file.as_ref().map(ToString::to_string);
            Problem::Chart(error.message.clone(), file, error.span)
        })?;
        self.fill(&mut chart, path);
        Ok(Arc::new(chart))
    }

    /// Takes dependencies that are not vendored from the cache. The binary would not find them there.
    fn fill(&self, chart: &mut Chart, path: &str) {
        let Some(cache) = self.options.cache.as_ref().filter(|_| self.options.program == Program::Builtin)
        else {
            return;
        };
        let missing: Vec<(String, String)> =
            chart.missing_dependencies().iter().map(|it| (it.name.clone(), it.version.clone())).collect();
        for (name, range) in missing {
            // Named as if it was vendored: findings in it lead to the dependency.
            if let Some(Ok(found)) = cache.find(&name, &range, &format!("{path}/charts"))
                && !chart.charts.iter().any(|known| known.metadata.name == name)
            {
                chart.charts.push(Arc::new(found));
            }
        }
    }

    fn collect(
        &self,
        root: &str,
        below: &str,
        files: &mut BTreeMap<String, FileData>,
        size: &mut u64,
    ) -> Result<(), String> {
        let folder = crate::discover::join(root, below).ok_or("the path leaves the root")?;
        for entry in self.tree.list(&folder).map_err(|error| error.to_string())? {
            let name = if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
            match entry.kind {
                EntryKind::Folder if entry.name == ".git" => {}
                // A linked folder may hold the chart itself; Helm follows links, and so would never end here.
                EntryKind::Folder if entry.link.as_deref().is_some_and(|to| root.starts_with(to)) => {}
                EntryKind::Folder => self.collect(root, &name, files, size)?,
                EntryKind::File => {
                    let path = crate::discover::join(root, &name).ok_or("the path leaves the root")?;
                    let bytes = self.tree.read(&path).map_err(|error| format!("{path}: {error}"))?;
                    *size += bytes.len() as u64;
                    if *size > CHART_FILES {
                        return Err(format!("the chart has more than {} MiB of files", CHART_FILES >> 20));
                    }
                    files.insert(name, FileData::from(bytes));
                }
            }
        }
        Ok(())
    }

    /// Renders a chart.
    pub fn render(&self, job: &Job) -> Result<Rendered, Problem> {
        let chart = self.chart(&job.chart)?;
        let rendered = match self.options.program {
            Program::Builtin => self.built_in(job, &chart, None)?,
            Program::Helm => {
                self.with_binary(job, &chart).map_err(|problem| self.explained(job, &chart, problem))?
            }
        };
        Ok(without_tests(job, rendered))
    }

    /// Renders a chart that is to be rendered with something else than usual, again and again.
    pub fn render_varied<'r>(&'r self, job: &'r Job) -> Result<(Rendered, Varied<'r, 't>), Problem> {
        let varied = Varied { renderer: self, job, session: OnceCell::new() };
        if self.options.program == Program::Helm {
            return Ok((self.render(job)?, varied));
        }
        let chart = self.chart(&job.chart)?;
        let request = self.request(job, &chart, &job.values, None);
        let (rendered, session) = render_with_session(&request).map_err(problem)?;
        Ok((without_tests(job, rendered), Varied { session: OnceCell::from(Some(session)), ..varied }))
    }

    /// What the binary says, in better words where the renderer inside fails at the same place: it knows the values
    /// to blame.
    fn explained(&self, job: &Job, chart: &Arc<Chart>, problem: Problem) -> Problem {
        let Problem::Binary(_, file, _) = &problem else { return problem };
        match self.built_in(job, chart, None) {
            Err(Problem::Render(error)) => {
                let there = |file: &String| error.places.iter().any(|place| *place.file == **file);
                if file.as_ref().is_none_or(there) { Problem::Render(error) } else { problem }
            }
            _ => problem,
        }
    }

    fn with_binary(&self, job: &Job, chart: &Arc<Chart>) -> Result<Rendered, Problem> {
        if chart.is_library() {
            return Err(Problem::Library);
        }
        let missing = chart.missing_dependencies();
        if !missing.is_empty() {
            let named = |it: &&Dependency| (it.name.clone(), it.version.clone(), it.repository.clone());
            return Err(Problem::MissingDependencies(missing.iter().map(named).collect()));
        }
        match self.tree.on_disk(&job.chart) {
            Some(path) => binary::render(job, &path, chart, &self.options),
            None => Err(Problem::Binary("`helm` renders what stands on the disk".to_string(), None, None)),
        }
    }

    fn built_in(
        &self,
        job: &Job,
        chart: &Arc<Chart>,
        variation: Option<&Variation>,
    ) -> Result<Rendered, Problem> {
        let mut values = job.values.clone();
        if let Some(variation) = variation {
            values.extend(variation.values.iter().cloned());
            values.extend(variation.set.as_ref().map(|(steps, to)| source(steps, *to)));
        }
        let request = self.request(job, chart, &values, variation);
        match render(&request) {
            Err(_) if variation.is_none() && !request.recording => {
                render(&RenderRequest { recording: true, ..request })
            }
            rendered => rendered,
        }
        .map_err(problem)
    }

    fn request<'a>(
        &self,
        job: &Job,
        chart: &'a Arc<Chart>,
        values: &'a [ValuesSource],
        variation: Option<&Variation>,
    ) -> RenderRequest<'a> {
        let usual = variation.is_none();
        let default = Variation::default();
        let variation = variation.unwrap_or(&default);
        let release = Release {
            name: job.name.clone(),
            namespace: job.namespace.clone(),
            is_upgrade: variation.upgrade,
            revision: if variation.upgrade { 2 } else { 1 },
        };
        let dialect = variation.dialect.unwrap_or(self.options.dialect);
        // A version that is none is the cluster's.
        let given = job.kube_version.as_ref().and_then(|text| KubeVersion::parse(text, dialect).ok());
        let cluster = given.unwrap_or_else(|| self.options.kube_version.clone());
        let mut request = RenderRequest::new(chart, release, cluster, dialect);
        request.values = values;
        request.recording = usual && self.options.origins;
        request.world = variation.world.clone();
        request.only = variation.only.clone();
        request.api_versions = job.api_versions(&self.options).to_vec();
        request.include_crds = usual && !(self.options.skip_crds || job.skip_crds);
        request.skip_schema = job.skip_schema || variation.unchecked;
        request.limits = Limits::default();
        request.keep_values = variation.keep_values;
        request.keep_files = false;
        request.cache = Arc::clone(&self.options.parsed);
        request
    }
}

/// One job rendered in several ways; always with the renderer inside.
pub struct Varied<'r, 't> {
    renderer: &'r Renderer<'t>,
    /// The job.
    pub job: &'r Job,
    /// Made when it is first used; none where the values cannot be put together.
    session: OnceCell<Option<Session>>,
}

impl Varied<'_, '_> {
    /// Renders with something else than usual.
    pub fn render(&self, variation: &Variation) -> Result<Rendered, Problem> {
        let chart = self.renderer.chart(&self.job.chart)?;
        let in_session = if variation.values.is_empty() && variation.dialect.is_none() {
            let request = self.renderer.request(self.job, &chart, &self.job.values, Some(variation));
            let session = self.session.get_or_init(|| Session::new(&request).ok());
            let set = variation.set.as_ref().map(|(steps, to)| (steps.as_slice(), *to));
            session.as_ref().and_then(|session| session.render(&request, set))
        } else {
            None
        };
        let rendered = match in_session {
            Some(rendered) => rendered.map_err(problem),
            None => self.renderer.built_in(self.job, &chart, Some(variation)),
        };
        rendered.map(|rendered| without_tests(self.job, rendered))
    }
}

/// A value as the command line gives it.
fn source(steps: &[String], to: SetTo) -> ValuesSource {
    let key = set_key(steps);
    match to {
        SetTo::Text(text) => ValuesSource::set(SetKind::Strings, format!("{key}={text}")),
        SetTo::Bool(on) => ValuesSource::set(SetKind::Typed, format!("{key}={on}")),
    }
}

/// A key as `--set` takes it.
pub fn set_key(steps: &[String]) -> String {
    let escape = |step: &String| {
        step.chars().fold(String::new(), |mut out, c| {
            if matches!(c, '.' | ',' | '=' | '[' | ']' | '\\' | '{' | '}') {
                out.push('\\');
            }
            out.push(c);
            out
        })
    };
    steps.iter().map(escape).collect::<Vec<_>>().join(".")
}

fn problem(error: Box<RenderError>) -> Problem {
    match &error.failure {
        Failure::MissingDependencies(list) => Problem::MissingDependencies(
            (list.iter()).map(|it| (it.name.clone(), it.version.clone(), it.repository.clone())).collect(),
        ),
        Failure::NotInstallable(_) => Problem::Library,
        _ => Problem::Render(error),
    }
}

fn without_tests(job: &Job, mut rendered: Rendered) -> Rendered {
    if job.skip_tests {
        rendered.documents.retain(|document| !document.hook.as_ref().is_some_and(Hook::is_test));
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::MemoryTree;

    fn options() -> Options {
        let default = Options::default();
        let parsed = KubeVersion::parse("v1.34.0", default.dialect).expect("a version");
        assert_eq!(parsed.version, default.kube_version.version);
        default
    }

    fn job(chart: &str) -> Job {
        let (name, namespace) = ("rel".to_string(), "ns".to_string());
        let chart = chart.to_string();
        Job {
            chart,
            values: Vec::new(),
            name,
            namespace,
            kube_version: None,
            api_versions: Vec::new(),
            skip_schema: false,
            skip_crds: false,
            skip_tests: false,
        }
    }

    #[test]
    fn a_chart_of_the_tree_is_rendered_and_one_without_its_dependency_is_not() {
        let chart = "apiVersion: v2\nname: web\nversion: 0.1.0\n";
        let needs = format!(
            "{chart}dependencies: [{{name: db, version: 1.x, repository: https://charts.example}}]\n"
        );
        let tree = MemoryTree::new([
            ("a/web/Chart.yaml", chart),
            ("a/web/values.yaml", "port: 80\n"),
            ("a/web/templates/x.yaml", "kind: ConfigMap\nport: {{ .Values.port }}\n"),
            ("b/web/Chart.yaml", &needs),
        ]);
        let renderer = Renderer::new(&tree, options());
        let rendered = renderer.render(&job("a/web")).expect("it renders");
        assert_eq!(rendered.documents.len(), 1);
        assert_eq!(&*rendered.documents[0].text, "kind: ConfigMap\nport: 80");
        assert_eq!(&*rendered.documents[0].file, "a/web/templates/x.yaml");
        match renderer.render(&job("b/web")) {
            Err(Problem::MissingDependencies(list)) => assert_eq!(list[0].0, "db"),
            other => panic!("expected a missing dependency, got {other:?}"),
        }
    }
}
