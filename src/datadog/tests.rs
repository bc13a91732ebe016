//! The facts that the catalogue proved by rendering, and the precedence of targets.

use super::chart::{Chart, InjectMode, Text};
use super::target::{Leg, TargetKind, target};
use super::{Datadog, InScope};
use crate::model::env::Env;
use crate::model::{self, Model, ScopeId, Settings};

fn first(model: &Model) -> Chart<'_> {
    let release = model.releases.first().expect("the values make a release");
    Chart::new(model, release)
}

/// A release with these values, as parameters of an Application.
fn with(paths: &str) -> Model {
    let parameters: String = paths
        .split_whitespace()
        .map(|entry| {
            let (name, value) = entry.split_once('=').expect("path=value");
            format!("          - {{name: {name}, value: \"{value}\"}}\n")
        })
        .collect();
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: dd, namespace: argocd}}\nspec:\n  \
         source:\n    repoURL: https://helm.datadoghq.com\n    chart: datadog\n    targetRevision: 3.240.0\n    helm:\n      \
         releaseName: dd\n      parameters:\n          - {{name: datadog.apiKeyExistingSecret, value: s}}\n{parameters}  \
         destination: {{server: x, namespace: datadog}}\n"
    );
    model::from_memory(&[("application.yaml", &text)], Settings::default())
}

#[test]
fn what_changes_in_the_rendering() {
    // Values; trace-agent, APM host port, host network, socket, mode (catalogue section 2).
    let rows = [
        ("", true, false, false, true, InjectMode::Socket),
        ("agents.useHostNetwork=true", true, false, true, true, InjectMode::Socket),
        ("datadog.apm.portEnabled=true", true, true, false, true, InjectMode::Socket),
        (
            "datadog.apm.enabled=true datadog.apm.socketEnabled=false",
            true,
            true,
            false,
            false,
            InjectMode::HostIp,
        ),
        ("datadog.apm.socketEnabled=false", false, false, false, false, InjectMode::Socket),
        (
            "datadog.apm.socketEnabled=false datadog.apm.useLocalService=true",
            true,
            false,
            false,
            false,
            InjectMode::Service,
        ),
        (
            "datadog.apm.portEnabled=true datadog.apm.useLocalService=true",
            true,
            true,
            false,
            true,
            InjectMode::Socket,
        ),
        ("providers.gke.autopilot=true", false, false, false, false, InjectMode::HostIp),
        (
            "providers.gke.autopilot=true datadog.apm.portEnabled=true",
            true,
            true,
            false,
            false,
            InjectMode::HostIp,
        ),
        (
            "providers.gke.autopilot=true datadog.csi.enabled=true",
            true,
            false,
            false,
            true,
            InjectMode::Socket,
        ),
        ("providers.gke.gdc=true", false, false, false, false, InjectMode::Socket),
        ("targetSystem=windows", false, false, false, false, InjectMode::Socket),
    ];
    for (paths, trace_agent, host_port, host_network, socket, mode) in rows {
        let model = with(paths);
        let chart = first(&model);
        assert_eq!(chart.trace_agent(), Some(trace_agent), "trace-agent: {paths}");
        assert_eq!(chart.apm_host_port(), Some(host_port), "hostPort: {paths}");
        assert_eq!(chart.host_network(), Some(host_network), "hostNetwork: {paths}");
        assert_eq!(chart.apm_socket(), Some(socket), "socket: {paths}");
        assert_eq!(chart.inject_mode(), Some(mode), "mode: {paths}");
    }
}

#[test]
fn names_follow_from_the_release() {
    let rows = [
        ("datadog", "", "datadog"),
        ("datadog-agent", "", "datadog-agent"),
        ("dd", "", "dd-datadog"),
        ("prod", "", "prod-datadog"),
        ("datadogprod", "", "datadogprod"),
        ("datadog", "nameOverride: datadog-agent", "datadog-datadog-agent"),
        ("datadog", "fullnameOverride: agents", "agents"),
        ("datadog", "agents: {localService: {overrideName: foo}}", "foo"),
    ];
    for (release, inline, service) in rows {
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {release}}}\nspec:\n  source:\n    \
             repoURL: https://helm.datadoghq.com\n    chart: datadog\n    targetRevision: 3.240.0\n    helm:\n      \
             valuesObject: {{{inline}}}\n  destination: {{server: x, namespace: n}}\n"
        );
        let model = model::from_memory(&[("application.yaml", &text)], Settings::default());
        assert_eq!(first(&model).service_name(), Text::Given(service.to_string()), "{release} {inline}");
    }
}

#[test]
fn the_service_needs_kubernetes_1_22() {
    for (version, exists) in [((1, 21), false), ((1, 22), true)] {
        let settings = Settings { kubernetes: version, ..Settings::default() };
        let files = [("values.yaml", "datadog: {apiKeyExistingSecret: s}\nagents: {}\n")];
        let model = model::from_memory(&files, settings);
        assert_eq!(first(&model).service_exists(), Some(exists));
    }
}

#[test]
fn the_token_is_generated_unless_something_gives_it() {
    assert_eq!(first(&with("")).token_generated(), Some(true));
    assert_eq!(first(&with("clusterAgent.token=x")).token_generated(), Some(false));
    assert_eq!(first(&with("clusterAgent.tokenExistingSecret=x")).token_generated(), Some(false));
    assert_eq!(first(&with("clusterAgent.enabled=false")).token_generated(), Some(false));
    assert_eq!(first(&with("existingClusterAgent.join=true")).token_generated(), Some(false));
}

fn env(yaml: &str) -> Env {
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n    - name: c\n      env:\n{yaml}"
    );
    let model = model::from_memory(&[("pod.yaml", &text)], Settings::default());
    let workload = model.resources.first().and_then(|pod| pod.workload.as_ref()).expect("a pod");
    workload.containers.first().expect("a container").env.clone()
}

#[test]
fn targets_follow_the_tracers_precedence() {
    let host_ip = "        - {name: H, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}\n";
    let kind = |yaml: &str| target(&env(yaml), Leg::Apm).kind;
    let entry = |name: &str, value: &str| format!("        - {{name: {name}, value: \"{value}\"}}\n");

    assert_eq!(kind(&entry("DD_AGENT_HOST", "datadog")), TargetKind::Name);
    assert_eq!(kind(&entry("DD_AGENT_HOST", "10.0.0.1")), TargetKind::Address);
    assert_eq!(kind(&entry("DD_AGENT_HOST", "::1")), TargetKind::Loopback);
    assert_eq!(kind(&entry("DD_AGENT_HOST", "")), TargetKind::Implicit);
    assert_eq!(kind(&entry("DD_TRACE_AGENT_PORT", "8127")), TargetKind::Loopback);
    assert_eq!(kind(&format!("{host_ip}{}", entry("DD_AGENT_HOST", "$(H)"))), TargetKind::NodeIp);
    assert_eq!(kind(&format!("{}{host_ip}", entry("DD_AGENT_HOST", "$(H)"))), TargetKind::Unknown);
    let outranked = format!(
        "{}{}",
        entry("DD_AGENT_HOST", "datadog"),
        entry("DD_TRACE_AGENT_URL", "unix:///var/run/datadog/apm.socket")
    );
    assert_eq!(kind(&outranked), TargetKind::Socket);

    let url =
        target(&env(&format!("{host_ip}{}", entry("DD_TRACE_AGENT_URL", "http://$(H):9126"))), Leg::Apm);
    assert_eq!((url.kind, url.port, url.via), (TargetKind::NodeIp, Some(9126), Some(0)));
    let url = target(&env(&entry("DD_TRACE_AGENT_URL", "http://datadog.dd.svc:8126/")), Leg::Apm);
    assert_eq!((url.host.as_deref(), url.host_range), (Some("datadog.dd.svc"), Some(7..21)));
    let last = format!("{}{}", entry("DD_AGENT_HOST", "one"), entry("DD_AGENT_HOST", "two"));
    assert_eq!(target(&env(&last), Leg::Apm).host.as_deref(), Some("two"));
    let otlp = target(&env(&entry("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317")), Leg::Otlp);
    assert_eq!((otlp.kind, otlp.port), (TargetKind::Loopback, Some(4317)));
    let statsd = target(&env(&entry("DD_DOGSTATSD_URL", "udp://datadog:8125")), Leg::Dogstatsd);
    assert_eq!((statsd.kind, statsd.port), (TargetKind::Name, Some(8125)));
}

/// The first scope's facts.
fn scope(datadog: &Datadog) -> &InScope {
    datadog.scope(ScopeId(0)).expect("a scope")
}

#[test]
fn what_is_not_in_the_input_is_not_known() {
    let script = "#!/bin/sh\nhelm upgrade --install dd datadog/datadog -f elsewhere.yaml\n";
    let model = model::from_memory(&[("setup.sh", script)], Settings::default());
    let datadog = Datadog::build(&model);
    let agent = scope(&datadog).agents.first().expect("the script installs an Agent");
    assert_eq!(agent.apm_on_node.value, None);
    assert_eq!(agent.service.name, None);
    assert_eq!(agent.service_name(), Some("dd-datadog"));
    assert!(agent.token.incomplete);
}

#[test]
fn a_datadog_agent_has_the_operators_defaults() {
    let text = "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nmetadata: {name: dd, namespace: n}\nspec: {}\n";
    let model = model::from_memory(&[("agent.yaml", text)], Settings::default());
    let datadog = Datadog::build(&model);
    let agent = scope(&datadog).agents.first().expect("a DatadogAgent");
    assert_eq!(agent.service_fqdn().as_deref(), Some("dd-agent.n.svc.cluster.local"));
    assert_eq!((agent.apm.value, agent.apm_on_node.value), (Some(true), Some(false)));
    assert_eq!(agent.admission.mode, Some(InjectMode::Socket));
}
