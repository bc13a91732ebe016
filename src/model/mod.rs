//! What the inputs mean: documents, resources, workloads, Applications, releases, values, scripts, and the scopes
//! in which they meet. Typed views over the trees that still know their node.
//!
//! Everything here is built once and then read-only. Deliberately absent: opinions. A fact about the Datadog Agent
//! belongs to `datadog`, a condition to a rule.

pub mod application;
mod build;
pub mod drift;
pub mod env;
mod owner;
pub mod release;
pub mod resource;
pub mod script;
pub mod values;

pub(crate) use owner::Owner;

use std::collections::BTreeMap;
use std::sync::Arc;

use ddlint_yaml::{Document, Node, NodeId};

use crate::discover;
use crate::finding::{InputError, ResourceName};
use crate::source::{FileId, Place, SourceMap};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);
    )*};
}
ids! {
    /// A parsed document in [`Model::docs`].
    DocId;
    /// A resource in [`Model::resources`].
    ResourceId;
    /// An ArgoCD Application (or the template of an ApplicationSet) in [`Model::applications`].
    AppId;
    /// A release (chart + values + name) in [`Model::releases`].
    ReleaseId;
    /// A scope in [`Model::scopes`].
    ScopeId;
    /// A shell script in [`Model::scripts`].
    ScriptId;
}

/// A node of one of the model's documents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct At {
    /// The document.
    pub doc: DocId,
    /// The node.
    pub node: NodeId,
}

/// What a document is, by its place and content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DocKind {
    /// `apiVersion` and `kind`: one or more resources.
    Manifest,
    /// Values of a chart.
    Values,
    /// A kustomization, a `Chart.yaml`, a helmfile …: read for what it refers to.
    Config,
    /// What a chart renders for `helm test`: printed, and never applied by ArgoCD.
    TestHook,
    /// Nothing of ours.
    Other,
}

/// A parsed YAML or JSON document.
#[derive(Debug)]
pub struct Doc {
    /// The text it stands in.
    pub file: FileId,
    /// Its tree.
    pub tree: Arc<Document>,
    /// What it is.
    pub kind: DocKind,
}

/// The resources that reach the same cluster.
#[derive(Debug, Default)]
pub struct Scope {
    /// For messages: the destination, the overlay, or nothing.
    pub name: String,
    /// Resources, in input order.
    pub resources: Vec<ResourceId>,
    /// Applications whose resources are in this scope.
    pub applications: Vec<AppId>,
    /// Releases deployed here.
    pub releases: Vec<ReleaseId>,
    /// Scripts that deploy here.
    pub scripts: Vec<ScriptId>,
}

/// A chart of the input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartCoverage {
    /// The folder or `.tgz`, relative to the root.
    pub path: String,
    /// It was rendered.
    pub rendered: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// A chart that could not be rendered, which is no error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotRendered {
    /// The chart's folder, relative to the root.
    pub chart: String,
    /// Why.
    pub reason: String,
    /// What to do.
    pub help: Option<String>,
    /// Where: the chart, or who deploys it.
    pub place: crate::source::Place,
}

/// How much of the input was looked at, for the summary of a report.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// Files that are of ours.
    pub inputs: usize,
    /// Documents in them that are not empty.
    pub documents: usize,
    /// Files that were left out, with the reason, sorted.
    pub skipped: Vec<crate::discover::Skipped>,
    /// The charts, sorted.
    pub charts: Vec<ChartCoverage>,
}

/// Everything that was read, as the rules see it.
#[derive(Debug, Default)]
pub struct Model {
    /// The texts.
    pub sources: SourceMap,
    /// The documents.
    pub docs: Vec<Doc>,
    /// Objects with `apiVersion` and `kind`, `List` kinds unpacked.
    pub resources: Vec<resource::Resource>,
    /// Applications and the templates of ApplicationSets.
    pub applications: Vec<application::Application>,
    /// Charts with their values: by Application, HelmRelease, script, chart folder or values file.
    pub releases: Vec<release::Release>,
    /// Shell scripts that deploy something.
    pub scripts: Vec<script::Script>,
    /// Who meets whom.
    pub scopes: Vec<Scope>,
    /// What could not be read.
    pub errors: Vec<InputError>,
    /// Settings that facts depend on.
    pub settings: Settings,
    /// How much was looked at.
    pub coverage: Coverage,
    /// Charts that could not be rendered.
    pub not_rendered: Vec<NotRendered>,
    /// What changes from one render of a release to the next.
    pub drift: Vec<drift::Drift>,
}

/// What the command line gives to the chart that it names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChartOptions {
    /// Values files of the configuration for every chart that nobody deploys (`helm.values`),
    /// relative to the root.
    pub shared_values: Vec<String>,
    /// Values files: name in reports, text.
    pub values: Vec<(String, ddlint_yaml::SourceText)>,
    /// Arguments of `--set` and its siblings.
    pub sets: Vec<(ddlint_helm::values::SetKind, String)>,
    /// The files that `--set-file` names, by the name given.
    pub files: Arc<BTreeMap<String, Vec<u8>>>,
    /// Name of the release.
    pub release_name: Option<String>,
    /// Namespace of the release.
    pub namespace: Option<String>,
}

impl ChartOptions {
    /// Whether something is given that only makes sense for one chart.
    pub fn is_for_one_chart(&self) -> bool {
        !self.values.is_empty() || !self.sets.is_empty() || self.release_name.is_some()
    }
}

/// Settings from the command line and the configuration that facts depend on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The Kubernetes version, for example (1, 34).
    pub kubernetes: (u32, u32),
    /// The ArgoCD version, for example (3, 2).
    pub argocd: (u32, u32),
    /// How ArgoCD tracks resources (`argocd.tracking`), where the user says it.
    pub argocd_tracking: Option<String>,
    /// Whether ArgoCD compares on the server (`argocd.server-side-diff`), where the user says it.
    pub argocd_server_side_diff: Option<bool>,
    /// An Agent that is installed elsewhere: Service name.
    pub datadog_service: Option<String>,
    /// An Agent that is installed elsewhere: namespace.
    pub datadog_namespace: Option<String>,
    /// An Agent that is installed elsewhere: whether it opens the trace port on the node.
    pub datadog_apm_host_port: bool,
    /// How charts are rendered.
    pub rendering: crate::render::Options,
    /// Whether charts are rendered again to see what drifts.
    pub drift: bool,
    /// What the command line gives to the one chart of the input.
    pub chart: ChartOptions,
    /// Globs of files that belong to testing environments.
    pub testing: Vec<String>,
    /// Repositories that the input is (`repositories:` of the configuration): URL to the folder below the root under
    /// which its paths begin (empty: the root).
    pub repositories: BTreeMap<String, String>,
    /// What is one cluster (`clusters:` of the configuration): a name, and folders or destinations.
    pub clusters: BTreeMap<String, Vec<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            kubernetes: (1, 34),
            argocd: (3, 2),
            argocd_tracking: None,
            argocd_server_side_diff: None,
            datadog_service: None,
            datadog_namespace: None,
            datadog_apm_host_port: false,
            rendering: crate::render::Options::default(),
            drift: true,
            chart: ChartOptions::default(),
            testing: Vec::new(),
            repositories: BTreeMap::new(),
            clusters: BTreeMap::new(),
        }
    }
}

pub use build::build;
pub use build::set::SetKind;

/// The model of files in memory: for tests and the examples of rules. Paths are relative to the root.
pub fn from_memory(files: &[(&str, &str)], settings: Settings) -> Model {
    let tree = discover::MemoryTree::new(files.iter().copied());
    let found = discover::discover(&tree, &[discover::Input::new("")], &discover::Options::default());
    build(found, settings)
}

impl Model {
    /// The document behind an id.
    pub fn doc(&self, id: DocId) -> &Doc {
        &self.docs[id.0 as usize]
    }
    /// The node behind a handle.
    pub fn node(&self, at: At) -> Node<'_> {
        self.doc(at.doc).tree.node(at.node)
    }
    /// The bytes of a node.
    pub fn place(&self, at: At) -> Place {
        Place { file: self.doc(at.doc).file, span: self.node(at).span() }
    }
    /// The resource behind an id.
    pub fn resource(&self, id: ResourceId) -> &resource::Resource {
        &self.resources[id.0 as usize]
    }
    /// The Application behind an id.
    pub fn application(&self, id: AppId) -> &application::Application {
        &self.applications[id.0 as usize]
    }
    /// The release behind an id.
    pub fn release(&self, id: ReleaseId) -> &release::Release {
        &self.releases[id.0 as usize]
    }
    /// The scope behind an id.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }
    /// The script behind an id.
    pub fn script(&self, id: ScriptId) -> &script::Script {
        &self.scripts[id.0 as usize]
    }
    /// Every resource with every scope it is in: a base that several overlays build on is in each of them. Rules and
    /// facts that relate things go through this, or through the lists of [`Scope`]; `Resource::scope` is the first.
    pub fn scoped_resources(&self) -> impl Iterator<Item = (ScopeId, ResourceId)> {
        let scopes = self.scopes.iter().enumerate();
        scopes.flat_map(|(at, scope)| scope.resources.iter().map(move |id| (ScopeId(at as u32), *id)))
    }
    /// The name of a resource for reports.
    pub fn resource_name(&self, id: ResourceId) -> ResourceName {
        self.resource(id).report_name()
    }
}

#[cfg(test)]
mod tests;
