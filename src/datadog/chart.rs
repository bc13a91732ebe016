//! The values of the `datadog` chart as its templates read them: Go's truth, the chart's defaults, and the key that
//! decided. The formulas are those of chart 3.240.0, each proved by rendering (catalogue section 1.2).
//!
//! Deliberately absent: what a rule makes of it, and rendering.

use crate::model::release::{ChartRef, Release};
use crate::model::values::{Value, ValueAt, ValueData};
use crate::model::{DocId, Model};

use super::known::{all, any, not};

/// A text value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    /// Given and not empty.
    Given(String),
    /// Unset, null or the empty string.
    Empty,
    /// Encrypted, templated, or in a file that is not at hand.
    Unknown,
}

impl Text {
    /// Whether it is set, as a template tests it.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Text::Given(_) => Some(true),
            Text::Empty => Some(false),
            Text::Unknown => None,
        }
    }
    /// The text, where it is known and set.
    pub(crate) fn given(&self) -> Option<&str> {
        match self {
            Text::Given(text) => Some(text),
            Text::Empty | Text::Unknown => None,
        }
    }
}

/// What stands at a path.
enum Raw<'a> {
    Given(&'a Value),
    Absent,
    Unknown,
}

/// The values of one release of the chart.
#[derive(Clone, Copy)]
pub(crate) struct Chart<'a> {
    model: &'a Model,
    release: &'a Release,
    kubernetes: (u32, u32),
    complete: bool,
    /// The chart's own values file, where a person has others to edit.
    defaults: Option<DocId>,
}

/// The kind of configuration that the admission webhook puts into pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum InjectMode {
    /// `DD_TRACE_AGENT_URL` and `DD_DOGSTATSD_URL` with a Unix socket (also through the CSI driver).
    Socket,
    /// `DD_AGENT_HOST` from `status.hostIP`.
    HostIp,
    /// `DD_AGENT_HOST` with the Service.
    Service,
}

impl InjectMode {
    /// The mode of that name.
    pub(crate) fn parse(word: &str) -> Option<InjectMode> {
        match word.to_ascii_lowercase().as_str() {
            "socket" | "csi" => Some(InjectMode::Socket),
            "hostip" => Some(InjectMode::HostIp),
            "service" => Some(InjectMode::Service),
            _ => None,
        }
    }
}

impl<'a> Chart<'a> {
    /// The values of a release of the chart.
    pub(crate) fn new(model: &'a Model, release: &'a Release) -> Chart<'a> {
        let defaults = model.chart_defaults(release);
        Chart { model, release, kubernetes: model.settings.kubernetes, complete: release.complete, defaults }
    }

    /// The same, as if no file were missing.
    pub(crate) fn as_if_complete(&self) -> Chart<'a> {
        Chart { complete: true, ..*self }
    }

    fn raw(&self, path: &str) -> Raw<'a> {
        let mut value = &self.release.values;
        for key in path.split('.') {
            match &value.data {
                ValueData::Unknown => return Raw::Unknown,
                ValueData::Map(map) => match map.get(key) {
                    Some(below) => value = below,
                    None => return if self.complete { Raw::Absent } else { Raw::Unknown },
                },
                _ => return Raw::Absent,
            }
        }
        match value.data {
            ValueData::Unknown => Raw::Unknown,
            _ => Raw::Given(value),
        }
    }

    /// The value at a path, where it is given and known.
    pub(crate) fn get(&self, path: &str) -> Option<&'a Value> {
        match self.raw(path) {
            Raw::Given(value) => Some(value),
            Raw::Absent | Raw::Unknown => None,
        }
    }

    /// Where the value at a path was given, also when it is not known.
    pub(crate) fn at(&self, path: &str) -> Option<ValueAt> {
        let keys: Vec<&str> = path.split('.').collect();
        let at = self.release.values.get(&keys)?.at.filter(|at| Some(at.doc) != self.defaults)?;
        // A parameter of an Application makes the mappings above it too; they stand nowhere.
        let key = self.model.node(at.key_at()).text().unwrap_or_default();
        let own = keys.last().is_some_and(|last| key == *last) || key.ends_with(path) || !key.contains('.');
        own.then_some(at)
    }

    /// The deepest of the given paths (and their ancestors) that the values hold, for pointing at.
    pub(crate) fn nearest(&self, path: &str) -> Option<ValueAt> {
        let mut path = path;
        loop {
            if let Some(at) = self.at(path) {
                return Some(at);
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    /// A value as a template's `if` sees it.
    pub(crate) fn flag(&self, path: &str, default: bool) -> Option<bool> {
        match self.raw(path) {
            Raw::Given(value) => value.truth(),
            Raw::Absent => Some(default),
            Raw::Unknown => None,
        }
    }

    /// A text without a default in the chart.
    pub(crate) fn text(&self, path: &str) -> Text {
        match self.raw(path) {
            Raw::Given(value) => scalar_text(value),
            Raw::Absent => Text::Empty,
            Raw::Unknown => Text::Unknown,
        }
    }

    /// A whole number.
    pub(crate) fn int(&self, path: &str, default: i64) -> Option<i64> {
        match self.raw(path) {
            Raw::Given(value) => match &value.data {
                ValueData::Number(number) => Some(*number as i64),
                ValueData::Str(text) => text.trim().parse().ok(),
                _ => None,
            },
            Raw::Absent => Some(default),
            Raw::Unknown => None,
        }
    }

    fn windows(&self) -> Option<bool> {
        match self.text("targetSystem") {
            Text::Given(system) => Some(system == "windows"),
            Text::Empty => Some(false),
            Text::Unknown => None,
        }
    }

    /// The node Agents are on Linux.
    pub(crate) fn linux(&self) -> Option<bool> {
        not(self.windows())
    }

    /// The DaemonSet is wanted. A missing API key, without which the chart renders none, is not looked at: it is
    /// often given on a command line that is not in the input.
    pub(crate) fn node_agents(&self) -> Option<bool> {
        self.flag("agents.enabled", true)
    }

    /// `useHostPort`: the trace port is opened on the node.
    pub(crate) fn apm_host_port(&self) -> Option<bool> {
        any([self.flag("datadog.apm.portEnabled", false), self.flag("datadog.apm.enabled", false)])
    }

    /// GKE Autopilot without the CSI driver: no volume from the host.
    fn autopilot_without_csi(&self) -> Option<bool> {
        all([self.flag("providers.gke.autopilot", false), not(self.flag("datadog.csi.enabled", false))])
    }

    /// `useUds`: the trace-agent listens on a Unix socket.
    pub(crate) fn apm_socket(&self) -> Option<bool> {
        all([
            any([
                self.flag("datadog.apm.socketEnabled", true),
                self.flag("datadog.apm.useSocketVolume", false),
            ]),
            not(self.flag("providers.gke.gdc", false)),
            not(self.autopilot_without_csi()),
            self.linux(),
        ])
    }

    /// A container `trace-agent` is rendered; without it nothing receives traces.
    pub(crate) fn trace_agent(&self) -> Option<bool> {
        any([self.apm_host_port(), self.apm_socket(), self.flag("datadog.apm.useLocalService", false)])
    }

    /// The port of the trace-agent.
    pub(crate) fn apm_port(&self) -> Option<i64> {
        self.int("datadog.apm.port", 8126)
    }

    /// The port of DogStatsD.
    pub(crate) fn dogstatsd_port(&self) -> Option<i64> {
        self.int("datadog.dogstatsd.port", 8125)
    }

    /// The pods use the node's network; the chart then adds `dnsPolicy: ClusterFirstWithHostNet` itself.
    pub(crate) fn host_network(&self) -> Option<bool> {
        self.flag("agents.useHostNetwork", false)
    }

    /// Ports that the values add to a container's list with a `hostPort`: (port, protocol).
    pub(crate) fn extra_host_ports(&self) -> Option<Vec<(i64, String)>> {
        let mut ports = Vec::new();
        match self.raw("agents.containers") {
            Raw::Unknown => return None,
            Raw::Absent => return Some(ports),
            Raw::Given(containers) => {
                let ValueData::Map(containers) = &containers.data else { return Some(ports) };
                for container in containers.values() {
                    for port in container.get(&["ports"]).map(Value::items).unwrap_or_default() {
                        let Some(Value { data: ValueData::Number(number), .. }) = port.get(&["hostPort"])
                        else {
                            continue;
                        };
                        let protocol = port.get(&["protocol"]).and_then(Value::as_str).unwrap_or("TCP");
                        ports.push((*number as i64, protocol.to_ascii_uppercase()));
                    }
                }
            }
        }
        Some(ports)
    }

    /// `fullname`: the name of the DaemonSet, and the stem of all other names.
    pub(crate) fn fullname(&self) -> Text {
        match self.text("fullnameOverride") {
            Text::Given(name) => return Text::Given(cut(&name)),
            Text::Unknown => return Text::Unknown,
            Text::Empty => {}
        }
        let Some(release) = &self.release.name else { return Text::Unknown };
        match self.text("nameOverride") {
            Text::Given(name) => Text::Given(cut(&join_names(release, &name))),
            Text::Empty => Text::Given(cut(&join_names(release, self.chart_name()))),
            Text::Unknown => Text::Unknown,
        }
    }

    /// The name that the DaemonSet has if no file that is not at hand overrides it.
    pub(crate) fn likely_fullname(&self) -> Option<String> {
        match self.fullname() {
            Text::Given(name) => Some(name),
            _ if !self.complete => {
                let known = |path: &str| self.release.values.get(&[path]).and_then(Value::as_str);
                if let Some(name) = known("fullnameOverride").filter(|name| !name.is_empty()) {
                    return Some(cut(name));
                }
                let stem = known("nameOverride").filter(|name| !name.is_empty()).unwrap_or(self.chart_name());
                Some(cut(&join_names(self.release.name.as_deref()?, stem)))
            }
            _ => None,
        }
    }

    /// The chart's name as the chart sees it: a dependency's alias takes its place.
    fn chart_name(&self) -> &'a str {
        match (&self.release.chart, self.release.values_root.last()) {
            (_, Some(alias)) => alias,
            (ChartRef::Local(_) | ChartRef::Remote { .. }, None) => "datadog",
        }
    }

    /// The name of the Service of the node Agents.
    pub(crate) fn service_name(&self) -> Text {
        match self.text("agents.localService.overrideName") {
            Text::Empty => self.fullname(),
            given => given,
        }
    }

    /// The Service is rendered.
    pub(crate) fn service_exists(&self) -> Option<bool> {
        all([
            self.node_agents(),
            any([
                Some(self.kubernetes >= (1, 22)),
                self.flag("agents.localService.forceLocalServiceEnabled", false),
            ]),
        ])
    }

    /// The cluster agent is deployed by this release.
    pub(crate) fn cluster_agent(&self) -> Option<bool> {
        all([self.flag("clusterAgent.enabled", true), not(self.flag("existingClusterAgent.join", false))])
    }

    /// The admission webhook runs.
    pub(crate) fn admission(&self) -> Option<bool> {
        all([self.cluster_agent(), self.flag("clusterAgent.admissionController.enabled", true)])
    }

    /// What the webhook puts into pods.
    pub(crate) fn inject_mode(&self) -> Option<InjectMode> {
        match self.text("clusterAgent.admissionController.configMode") {
            Text::Given(mode) => return InjectMode::parse(&mode),
            Text::Unknown => return None,
            Text::Empty => {}
        }
        if self.apm_socket()? {
            return Some(InjectMode::Socket);
        }
        if any([self.apm_host_port(), self.flag("providers.gke.autopilot", false)])? {
            return Some(InjectMode::HostIp);
        }
        Some(match self.flag("datadog.apm.useLocalService", false)? {
            true => InjectMode::Service,
            false => InjectMode::Socket,
        })
    }

    /// The token of the cluster agent is drawn by the template, anew at every render.
    pub(crate) fn token_generated(&self) -> Option<bool> {
        all([
            self.cluster_agent(),
            not(self.text("clusterAgent.token").truth()),
            not(self.text("clusterAgent.tokenExistingSecret").truth()),
        ])
    }

    /// The container is rendered in the DaemonSet; by its key in `agents.containers`.
    pub(crate) fn container_rendered(&self, key: &str) -> Option<bool> {
        let gdc = self.flag("providers.gke.gdc", false);
        let on = |path: &str| self.flag(path, false);
        match key {
            "agent" => Some(true),
            "traceAgent" => self.trace_agent(),
            // Windows and Agents before 7.60 have it too; whether the Agent is that old is not looked at.
            "processAgent" => all([
                not(gdc),
                any([
                    on("datadog.networkMonitoring.enabled"),
                    on("datadog.serviceMonitoring.enabled"),
                    self.windows(),
                ]),
            ]),
            "systemProbe" => all([not(gdc), self.linux()]),
            "securityAgent" => all([
                not(gdc),
                self.linux(),
                any([
                    all([
                        on("datadog.securityAgent.compliance.enabled"),
                        not(on("datadog.securityAgent.compliance.runInSystemProbe")),
                    ]),
                    all([
                        on("datadog.securityAgent.runtime.enabled"),
                        // Since chart 3.130 the system-probe can send itself; the default is not to.
                        not(on("datadog.securityAgent.runtime.directSendFromSystemProbe")),
                    ]),
                ]),
            ]),
            "otelAgent" => all([not(gdc), on("datadog.otelCollector.enabled")]),
            "hostProfiler" => all([not(gdc), self.linux(), on("datadog.hostProfiler.enabled")]),
            _ => None,
        }
    }
}

/// The text of a scalar as a template prints it.
pub(crate) fn scalar_text(value: &Value) -> Text {
    match &value.data {
        ValueData::Str(text) if text.is_empty() => Text::Empty,
        ValueData::Str(text) if is_placeholder(text) => Text::Unknown,
        ValueData::Str(text) => Text::Given(text.to_string()),
        ValueData::Bool(flag) => Text::Given(flag.to_string()),
        ValueData::Number(number) => Text::Given(number.to_string()),
        ValueData::Null => Text::Empty,
        ValueData::Unknown => Text::Unknown,
        ValueData::List(_) | ValueData::Map(_) => Text::Unknown,
    }
}

/// The text is put in by something else before it counts: a template, SOPS, vault, a secret store.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text.contains("{{")
        || text.contains("${")
        || text.contains("<path:")
        || text.starts_with("ENC[")
        || text.starts_with("ref+")
        || text.starts_with("secrets://")
        || text.starts_with("vault:")
        || text.starts_with("AQICA")
        || (text.starts_with("$(") && text.ends_with(')'))
        || (text.starts_with('<') && text.ends_with('>'))
        || (text.starts_with("__") && text.ends_with("__"))
}

fn join_names(release: &str, name: &str) -> String {
    if release.contains(name) { release.to_string() } else { format!("{release}-{name}") }
}

/// Cut to 63 characters; one `-` at the end falls away, as `trimSuffix` has it.
fn cut(name: &str) -> String {
    let short: String = name.chars().take(63).collect();
    short.strip_suffix('-').map(str::to_string).unwrap_or(short)
}
