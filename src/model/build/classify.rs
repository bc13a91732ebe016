//! What a document is: by the place of its file and by its content, never by "it parsed" (contract section 2).

use ddlint_yaml::{Node, Stream};

use super::load::{Judgement, holds_manifest_words};
use super::resource::identity;
use crate::discover::file_name;
use crate::model::DocKind;

/// What of a text must be there before it is worth parsing.
pub(super) fn is_wanted(path: &str, text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("empty");
    }
    if is_config_name(path)
        || (text.contains("apiVersion") && text.contains("kind"))
        || text.contains("datadog")
    {
        return Ok(());
    }
    Err("neither a manifest nor values of a chart")
}

/// What the documents of a file are; an error where none of them is ours.
pub(super) fn judge(path: &str, named: bool, stream: &Stream) -> Judgement {
    let kinds: Vec<DocKind> = stream
        .documents
        .iter()
        .map(|tree| tree.root().map_or(DocKind::Other, |root| kind(path, named, root)))
        .collect();
    if kinds.iter().all(|kind| *kind == DocKind::Other)
        && (stream.errors.is_empty() || !may_be_ours(path, stream))
    {
        let reason = if stream.errors.is_empty() {
            "neither a manifest nor values of a chart".to_string()
        } else {
            let errors = &stream.errors;
            format!("not valid YAML, and no manifest: {}", errors.first().map_or("", |error| &error.message))
        };
        return if named && !stream.errors.is_empty() {
            Judgement::Keep(kinds)
        } else {
            Judgement::Foreign(reason)
        };
    }
    Judgement::Keep(kinds)
}

/// A file that does not parse is worth an error if it looks like something of ours.
fn may_be_ours(path: &str, stream: &Stream) -> bool {
    is_config_name(path) || stream.documents.first().is_some_and(|tree| holds_manifest_words(tree.text()))
}

fn kind(path: &str, named: bool, root: Node<'_>) -> DocKind {
    if is_config_name(path) {
        return DocKind::Config;
    }
    match identity(root) {
        Some((api, kind)) if is_kustomize(api, kind) => DocKind::Config,
        Some(_) => DocKind::Manifest,
        None if datadog_values_root(root, named || is_values_name(path)).is_some() => DocKind::Values,
        None => DocKind::Other,
    }
}

fn is_kustomize(api_version: &str, kind: &str) -> bool {
    api_version.starts_with("kustomize.config.k8s.io/") || (api_version == "builtin" && kind != "Secret")
}

/// Files that are read for what they refer to.
fn is_config_name(path: &str) -> bool {
    let name = file_name(path);
    is_kustomization_name(name) || is_helmfile(path) || name == "Chart.yaml" || name == "requirements.yaml"
}

pub(super) fn is_kustomization_name(name: &str) -> bool {
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

pub(super) fn is_helmfile(path: &str) -> bool {
    let name = file_name(path);
    let folder = file_name(crate::discover::parent(path));
    matches!(name, "helmfile.yaml" | "helmfile.yml") || folder == "helmfile.d"
}

/// `values.yaml`, `values-prod.yaml`, `values.prod.yml` …
pub(super) fn is_values_name(path: &str) -> bool {
    let name = file_name(path);
    name.starts_with("values") && (name.ends_with(".yaml") || name.ends_with(".yml"))
}

/// Where the values of the datadog chart begin in a file that nothing refers to: at the top, or below the key
/// `datadog` of an umbrella chart. `by_name`: the file is named as values are, or by the user.
pub(super) fn datadog_values_root<'a>(
    root: Node<'a>,
    by_name: bool,
) -> Option<(Node<'a>, &'static [&'static str])> {
    let datadog = root.get("datadog").filter(|value| value.is_mapping())?;
    let is_key = |(key, _): (Node<'_>, Node<'_>)| key.text().is_some_and(|key| DATADOG_KEYS.contains(&key));
    let is_umbrella =
        datadog.get("datadog").is_some_and(|inner| inner.is_mapping() && inner.entries().any(is_key));
    if is_umbrella && (by_name || ["clusterAgent", "agents"].iter().any(|key| datadog.get(key).is_some())) {
        return Some((datadog, &["datadog"]));
    }
    let beside = ["clusterAgent", "agents"].iter().any(|key| root.get(key).is_some());
    (beside || (by_name && datadog.entries().any(is_key))).then_some((root, &[]))
}

/// The keys below `datadog` of chart datadog 3.240.0 (`data/datadog-chart/values-keys.json`), sorted.
const DATADOG_KEYS: &[&str] = &[
    "acExclude",
    "acInclude",
    "apiKey",
    "apiKeyExistingSecret",
    "apm",
    "appKey",
    "appKeyExistingSecret",
    "appsec",
    "asm",
    "autoconf",
    "autoscaling",
    "celWorkloadExclude",
    "checksCardinality",
    "checksd",
    "clusterChecks",
    "clusterName",
    "clusterTagger",
    "collectEvents",
    "confd",
    "containerExclude",
    "containerExcludeLogs",
    "containerExcludeMetrics",
    "containerImageCollection",
    "containerInclude",
    "containerIncludeLogs",
    "containerIncludeMetrics",
    "containerLifecycle",
    "containerRuntimeSupport",
    "criSocketPath",
    "csi",
    "dataPlane",
    "dd_url",
    "disableDefaultOsReleasePaths",
    "disablePasswdMount",
    "discovery",
    "dockerSocketPath",
    "dogstatsd",
    "dynamicInstrumentationGo",
    "env",
    "envDict",
    "envFrom",
    "excludePauseContainer",
    "expvarPort",
    "gpuMonitoring",
    "helmCheck",
    "hostProfiler",
    "hostVolumeMountPropagation",
    "ignoreAutoConfig",
    "instrumentationCrd",
    "kubeStateMetricsCore",
    "kubeStateMetricsEnabled",
    "kubeStateMetricsNetworkPolicy",
    "kubelet",
    "kubernetesActions",
    "kubernetesEvents",
    "kubernetesKubeServiceIgnoreReadiness",
    "kubernetesResourcesAnnotationsAsTags",
    "kubernetesResourcesLabelsAsTags",
    "kubernetesUseEndpointSlices",
    "leaderElection",
    "leaderElectionResource",
    "leaderLeaseDuration",
    "logLevel",
    "logs",
    "logsConfigContainerCollectAll",
    "logsEnabled",
    "namespaceAnnotationsAsTags",
    "namespaceLabelsAsTags",
    "networkMonitoring",
    "networkPath",
    "networkPolicy",
    "nodeLabelsAsTags",
    "operator",
    "orchestratorExplorer",
    "originDetectionUnified",
    "osReleasePath",
    "otelCollector",
    "otlp",
    "podAnnotationsAsTags",
    "podLabelsAsTags",
    "privateActionRunner",
    "processAgent",
    "profiling",
    "prometheusScrape",
    "remoteConfiguration",
    "sbom",
    "secretAnnotations",
    "secretBackend",
    "securityAgent",
    "securityContext",
    "serviceMonitoring",
    "site",
    "systemProbe",
    "tags",
    "traceroute",
    "useHostPID",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(path: &str, text: &str) -> Option<Vec<DocKind>> {
        let text = ddlint_yaml::SourceText::from(text);
        is_wanted(path, &text).ok()?;
        match judge(path, false, &ddlint_yaml::parse(text)) {
            Judgement::Keep(kinds) => Some(kinds),
            Judgement::Foreign(_) => None,
        }
    }

    #[test]
    fn content_decides() {
        assert_eq!(kinds("a.yaml", "apiVersion: v1\nkind: Pod\n"), Some(vec![DocKind::Manifest]));
        assert_eq!(kinds("a.yaml", "apiVersion: v1\n# kind\n"), None);
        assert_eq!(kinds("compose.yaml", "services: {a: {}}\n"), None);
        assert_eq!(kinds("x/kustomization.yaml", "resources: [a.yaml]\n"), Some(vec![DocKind::Config]));
        let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
        assert_eq!(kinds("any.yaml", kustomization), Some(vec![DocKind::Config]));
        let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n";
        assert_eq!(kinds("any.yaml", flux), Some(vec![DocKind::Manifest]));
    }

    #[test]
    fn values_of_the_datadog_chart_are_known() {
        let values = Some(vec![DocKind::Values]);
        assert_eq!(kinds("values.yaml", "datadog: {apiKey: x}\n"), values);
        assert_eq!(kinds("values-prod.yml", "datadog:\n  logs: {enabled: true}\n"), values);
        assert_eq!(kinds("other.yaml", "datadog: {apiKey: x}\n"), None);
        assert_eq!(kinds("other.yaml", "datadog: {}\nagents: {}\n"), values);
        assert_eq!(kinds("other.yaml", "datadog:\nclusterAgent: {}\n"), None);
        assert_eq!(kinds("values.yaml", "datadog: {host: x}\n"), None);
        assert_eq!(kinds("values.yaml", "datadog: {datadog: {site: x}}\n"), values);
    }
}
