//! An installation of the Datadog Agent as the rules see it, whatever it was read from.
//!
//! Deliberately absent: how it is read (`from_values`, `from_manifests`, `from_operator`).

use crate::model::{AppId, At, ReleaseId, ResourceId};
use crate::source::Place;

use super::chart::InjectMode;
use super::token::{KpiTelemetry, Token};

/// What an installation was read from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// A DaemonSet that the chart rendered.
    Rendered,
    /// A DaemonSet that somebody wrote.
    HandWritten,
    /// Values of the chart.
    Values,
    /// A `DatadogAgent` resource.
    Operator,
    /// A Service that can only be the Agent's; the rest is not in the input.
    Service,
    /// The configuration says that an Agent is installed elsewhere.
    Settings,
}

impl Form {
    /// The word in rule files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Form::Rendered => "rendered",
            Form::HandWritten => "hand-written",
            Form::Values => "values",
            Form::Operator => "operator",
            Form::Service => "service",
            Form::Settings => "settings",
        }
    }
}

/// Something that was decided, and where a person would change it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Spot<T> {
    /// What it is; none where it is not known.
    pub(crate) value: Option<T>,
    /// Where.
    pub(crate) place: Option<Place>,
}

impl<T> Spot<T> {
    /// Not known.
    pub(crate) const UNKNOWN: Spot<T> = Spot { value: None, place: None };
    /// Known.
    pub(crate) fn new(value: Option<T>, place: Option<Place>) -> Spot<T> {
        Spot { value, place }
    }
}

/// The Service of the node Agents.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AgentService {
    /// Its name, where it is certain.
    pub(crate) name: Option<String>,
    /// The name that it has if nothing that is not in the input says otherwise.
    pub(crate) likely: Option<String>,
    /// It exists.
    pub(crate) exists: Option<bool>,
    /// What gives the name: the Service's `metadata.name`, the release's name, an override.
    pub(crate) place: Option<Place>,
    /// What gives the namespace.
    pub(crate) namespace_place: Option<Place>,
    /// The Service itself, where it is in the input.
    pub(crate) resource: Option<ResourceId>,
}

/// The admission webhook of an installation.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Admission {
    /// It runs.
    pub(crate) on: Option<bool>,
    /// What it puts into pods.
    pub(crate) mode: Option<InjectMode>,
    /// It changes pods without the label too.
    pub(crate) mutate_unlabelled: Option<bool>,
    /// Single step instrumentation is on.
    pub(crate) instrumentation: Option<bool>,
    /// Only these namespaces are instrumented; empty: all.
    pub(crate) enabled_namespaces: Vec<String>,
    /// These namespaces are not instrumented.
    pub(crate) disabled_namespaces: Vec<String>,
}

/// An installation of the Agent.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Agent {
    /// What it was read from.
    pub(crate) form: Form,
    /// The installation itself: the DaemonSet's name, the key `datadog:`, the `chart:` of an Application.
    pub(crate) place: Place,
    /// A node to reach raw fields from.
    pub(crate) node: Option<At>,
    /// The DaemonSet or DatadogAgent.
    pub(crate) resource: Option<ResourceId>,
    /// The release.
    pub(crate) release: Option<ReleaseId>,
    /// The Application that deploys it.
    pub(crate) application: Option<AppId>,
    /// Where the release names its chart, or whatever stands for it.
    pub(crate) chart_place: Option<Place>,
    /// The name of the DaemonSet.
    pub(crate) fullname: Option<String>,
    /// The namespace.
    pub(crate) namespace: Option<String>,
    /// Pods run on the nodes (not only a cluster agent).
    pub(crate) node_agents: Option<bool>,
    /// The Service.
    pub(crate) service: AgentService,
    /// Something receives traces.
    pub(crate) apm: Spot<bool>,
    /// The port of the trace-agent.
    pub(crate) apm_port: Option<i64>,
    /// Traces are received on a Unix socket.
    pub(crate) apm_socket: Option<bool>,
    /// The trace port is opened on the node; the place shows where it is not, or is.
    pub(crate) apm_on_node: Spot<bool>,
    /// The port of DogStatsD is opened on the node.
    pub(crate) dogstatsd_on_node: Spot<bool>,
    /// Every port that is opened on the node, as `8126/TCP`.
    pub(crate) node_ports: Option<Vec<String>>,
    /// The pods use the node's network.
    pub(crate) host_network: Option<bool>,
    /// The webhook.
    pub(crate) admission: Admission,
    /// The token between Agents and cluster agent.
    pub(crate) token: Token,
    /// The telemetry ConfigMap of the chart.
    pub(crate) kpi: KpiTelemetry,
}

impl Agent {
    /// An installation about which nothing is known but that it is there.
    pub(crate) fn unknown(form: Form, place: Place) -> Agent {
        Agent {
            form,
            place,
            node: None,
            resource: None,
            release: None,
            application: None,
            chart_place: None,
            fullname: None,
            namespace: None,
            node_agents: Some(true),
            service: AgentService {
                name: None,
                likely: None,
                exists: None,
                place: None,
                namespace_place: None,
                resource: None,
            },
            apm: Spot::UNKNOWN,
            apm_port: Some(8126),
            apm_socket: None,
            apm_on_node: Spot::UNKNOWN,
            dogstatsd_on_node: Spot::UNKNOWN,
            node_ports: None,
            host_network: None,
            admission: Admission::default(),
            token: Token::default(),
            kpi: KpiTelemetry::default(),
        }
    }

    /// The name of the Service, certain or likely.
    pub(crate) fn service_name(&self) -> Option<&str> {
        self.service.name.as_deref().or(self.service.likely.as_deref())
    }

    /// The full name of the Service, which works from every namespace.
    pub(crate) fn service_fqdn(&self) -> Option<String> {
        Some(format!("{}.{}.svc.cluster.local", self.service.name.as_deref()?, self.namespace.as_deref()?))
    }
}
