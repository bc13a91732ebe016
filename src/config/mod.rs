//! `.ddlint.yaml`: what a repository asks of ddlint (contract section 6).
//!
//! The file is read with spans, unknown keys are errors with the nearest right one. Deliberately absent: finding the
//! file and joining it with the command line (`commands`).

mod read;
mod schema;
pub mod shown;

use std::collections::BTreeMap;

use crate::finding::Severity;
use crate::source::Place;

pub use read::read;
pub use schema::json_schema;

/// What a word of the configuration names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// A rule.
    Rule,
    /// A rule, a group, `pedantic` or `all`.
    Selector,
}

/// Says whether a word names something, or which word was probably meant.
pub type Known<'a> = dyn Fn(&str, Word) -> Result<(), Option<String>> + 'a;

/// A setting and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the configuration file.
    pub place: Place,
}

/// An entry of `ignore`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ignore {
    /// The rule's id.
    pub rule: Set<String>,
    /// Why.
    pub reason: String,
    /// Globs of files, relative to the root; empty: all.
    pub paths: Vec<String>,
    /// `Kind/name`.
    pub resource: Option<String>,
    /// Namespace of the resource.
    pub namespace: Option<String>,
    /// Name of a container.
    pub container: Option<String>,
    /// Beginning of the field's normalized path.
    pub path: Option<String>,
    /// The entry.
    pub place: Place,
}

/// The configuration as it stands in the file; what is not there is none or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Rules to run.
    pub select: Option<Set<Vec<Set<String>>>>,
    /// Severities by rule.
    pub severity: BTreeMap<String, Set<Severity>>,
    /// Globs of files that are not linted, relative to the root.
    pub exclude: Vec<Set<String>>,
    /// Findings that a person accepts.
    pub ignore: Vec<Ignore>,
    /// Folders of more rules.
    pub rules: Vec<Set<String>>,
    /// Severity from which findings fail the run; none inside: `never`.
    pub fail_on: Option<Set<Option<Severity>>>,
    /// The baseline file.
    pub baseline: Option<Set<String>>,
    /// `helm.dialect`
    pub helm_dialect: Option<Set<i64>>,
    /// `helm.kube-version`
    pub helm_kube_version: Option<Set<String>>,
    /// `helm.api-versions`
    pub helm_api_versions: Vec<Set<String>>,
    /// `helm.values`
    pub helm_values: Vec<Set<String>>,
    /// `helm.renderer`
    pub helm_renderer: Option<Set<String>>,
    /// `helm.cache`
    pub helm_cache: Option<Set<String>>,
    /// `argocd.version`
    pub argocd_version: Option<Set<String>>,
    /// `argocd.tracking`
    pub argocd_tracking: Option<Set<String>>,
    /// `argocd.server-side-diff`
    pub argocd_server_side_diff: Option<Set<bool>>,
    /// `kubernetes.version`
    pub kubernetes_version: Option<Set<String>>,
    /// URL → folder
    pub repositories: BTreeMap<String, Set<String>>,
    /// Name of a cluster → folders or destinations
    pub clusters: BTreeMap<String, Vec<Set<String>>>,
    /// `environments.testing`: globs of files.
    pub testing: Vec<Set<String>>,
    /// `datadog.service`
    pub datadog_service: Option<Set<String>>,
    /// `datadog.namespace`
    pub datadog_namespace: Option<Set<String>>,
    /// `datadog.apm-host-port`
    pub datadog_apm_host_port: Option<Set<bool>>,
}

/// The keys that a mapping of the file may have, by its path; for reading, for the schema and for documentation.
pub const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "",
        &[
            ("select", "rules to run: ids, groups, `pedantic`, `all`"),
            ("severity", "another severity for a rule: `{rule: error|warning|info}`"),
            ("exclude", "globs of files that are not linted, relative to the repository root"),
            (
                "ignore",
                "findings that are accepted: `{rule, reason, paths, resource, namespace, container, path}`",
            ),
            ("rules", "folders of more rule files"),
            ("fail-on", "severity from which findings give exit code 1: error, warning, info, never"),
            ("baseline", "file of accepted old findings"),
            ("helm", "how charts are rendered"),
            ("argocd", "the ArgoCD that applies the repository"),
            ("kubernetes", "the cluster"),
            ("repositories", "URLs that are this repository, or a folder of it: `{URL: folder}`"),
            ("clusters", "which folders or destinations are one cluster: `{name: [folder or destination]}`"),
            ("environments", "where settings for testing are allowed"),
            ("datadog", "an Agent that is installed elsewhere"),
        ],
    ),
    (
        "helm",
        &[
            ("dialect", "Helm's major version to behave as: 3 or 4"),
            ("kube-version", "Kubernetes version that charts see"),
            ("api-versions", "more API versions that charts see"),
            ("values", "values files for charts that nobody in the input deploys"),
            ("renderer", "builtin or helm"),
            ("cache", "folder in which to look for dependencies that are not vendored"),
        ],
    ),
    (
        "argocd",
        &[
            ("version", "version of ArgoCD"),
            ("tracking", "resource tracking: annotation, label, annotation+label"),
            ("server-side-diff", "server-side diff is on for all Applications"),
        ],
    ),
    ("kubernetes", &[("version", "version of Kubernetes")]),
    (
        "environments",
        &[("testing", "globs of files in which skip-ssl-validation and debug-logging are allowed")],
    ),
    (
        "datadog",
        &[
            ("service", "name of the Agent's Service"),
            ("namespace", "namespace of the Agent"),
            ("apm-host-port", "the Agent opens the trace port on the node"),
        ],
    ),
    (
        "ignore[]",
        &[
            ("rule", "the rule's id (required)"),
            ("reason", "why the finding is accepted (required)"),
            ("paths", "globs of files, relative to the repository root"),
            ("resource", "`Kind/name`"),
            ("namespace", "namespace of the resource"),
            ("container", "name of the container"),
            ("path", "beginning of the field's path"),
        ],
    ),
];
