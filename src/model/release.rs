//! Releases: a chart with values and a name, and who deploys it.

use super::build::set::SetKind;
use super::values::{Value, ValueAt};
use super::{AppId, At, DocId, ReleaseId, ResourceId, ScopeId, ScriptId};

/// Who deploys a release.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deployer {
    /// An ArgoCD Application.
    Application(AppId),
    /// A Flux HelmRelease.
    HelmRelease(ResourceId),
    /// A `helm install|upgrade` line of a script: its index in [`super::script::Script::steps`].
    Script(ScriptId, usize),
    /// A helmfile or a kustomization's `helmCharts`.
    Config(DocId),
    /// Nobody in the input: a chart folder or a values file on its own.
    Nobody,
}

/// The chart of a release.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChartRef {
    /// A chart folder of the input, by its name relative to the root.
    Local(String),
    /// A chart that is elsewhere: repository (where known), name, version.
    Remote {
        /// The repository's URL.
        repository: Option<String>,
        /// The chart's name.
        name: String,
        /// The version or range.
        version: Option<String>,
    },
}

/// What an Application leaves out when it renders a chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LeftOut {
    /// The values are not held against the schema (`skipSchemaValidation`).
    pub schema: bool,
    /// `crds/` (`skipCrds`).
    pub crds: bool,
    /// Test hooks (`skipTests`).
    pub tests: bool,
}

/// What an Application says of the cluster for the render of a chart.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClusterGiven {
    /// `helm.kubeVersion`
    pub kube_version: Option<String>,
    /// `helm.apiVersions`, in the stead of the cluster's; empty: the cluster's.
    pub api_versions: Vec<String>,
}

/// Something that gives values to a release, as a renderer needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ValuesInput {
    /// A whole document: a values file, or the YAML inside a string.
    Doc(DocId),
    /// A mapping inside a document: `valuesObject`, `spec.values`.
    Node(At),
    /// A `valuesObject` that is a JSON merge patch over the input before it; `alone`: there is no object to patch.
    Patch {
        /// The mapping.
        at: At,
        /// It stands over nothing.
        alone: bool,
    },
    /// An argument of the command line, as written: `--set` and its relatives.
    Argument {
        /// Which option.
        kind: ddlint_helm::values::SetKind,
        /// Its text.
        text: String,
    },
    /// `--set` and its relatives, and an Application's parameters.
    Set {
        /// The key as `--set` has it.
        key: String,
        /// The value as written.
        value: String,
        /// How the value is taken.
        kind: SetKind,
        /// Where it stands; none for the command line and scripts.
        at: Option<ValueAt>,
    },
}

/// A chart with its values. An umbrella chart's dependency is a release of its own whose values begin below the
/// dependency's key.
#[derive(Debug)]
pub struct Release {
    /// The chart.
    pub chart: ChartRef,
    /// The chart's name (`datadog`), also for local ones.
    pub chart_name: String,
    /// Where the chart is named: `chart:` of the Application, the dependency in Chart.yaml …
    pub chart_at: Option<At>,
    /// The release's name, where it is known.
    pub name: Option<String>,
    /// Where the release's name is given.
    pub name_at: Option<At>,
    /// The namespace, where it is known.
    pub namespace: Option<String>,
    /// The merged values, without the chart's own defaults where the chart is not at hand.
    pub values: Value,
    /// All values are at hand. False: absence of a key proves nothing.
    pub complete: bool,
    /// All that is given to the chart beside its own defaults is at hand.
    pub all_given: bool,
    /// Something that gives values is broken, and an error says so.
    pub broken: bool,
    /// The documents that gave values, lowest precedence first.
    pub layers: Vec<DocId>,
    /// What is given to the chart besides its own defaults, lowest precedence first; empty for a dependency.
    pub inputs: Vec<ValuesInput>,
    /// Entries of `valueFiles` that name a file which should be there and is not.
    pub missing_files: Vec<At>,
    /// What is not rendered.
    pub left_out: LeftOut,
    /// What is said of the cluster.
    pub cluster: ClusterGiven,
    /// The keys below which the values begin in those documents (`[]`, or the alias in an umbrella chart).
    pub values_root: Vec<String>,
    /// The release of the umbrella chart that this one is a dependency of.
    pub parent: Option<ReleaseId>,
    /// Who deploys it.
    pub deployer: Deployer,
    /// The overlay that a values file on its own is for, by its name (`values-prod.yaml` beside others).
    pub overlay: Option<String>,
    /// The first scope it belongs to; others list it too, see [`super::Scope`].
    pub scope: ScopeId,
}
