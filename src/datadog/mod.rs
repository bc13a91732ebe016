//! What is known about Datadog, in one place: installations of the Agent, who sends to them and where, what the chart
//! and the admission webhook make of the values. Facts, each with its place; the views hand them to rules.
//!
//! Basis: chart `datadog` 3.240.0, read and rendered, and the public sources of the Agent, the operator and the
//! tracers. Deliberately absent: conditions and severities, which stand in the rule files.

pub(crate) mod agent;
pub(crate) mod chart;
pub(crate) mod clients;
pub(crate) mod containers;
pub(crate) mod custom_config;
pub(crate) mod drawn;
pub(crate) mod environment;
pub(crate) mod from_manifests;
pub(crate) mod from_operator;
pub(crate) mod from_values;
pub(crate) mod host_network;
pub(crate) mod ignored;
pub(crate) mod known;
pub(crate) mod neighbours;
pub(crate) mod pods;
pub(crate) mod readiness;
pub(crate) mod resolve;
pub(crate) mod secrets;
pub(crate) mod statuses;
pub(crate) mod switches;
pub(crate) mod target;
#[cfg(test)]
mod tests;
pub(crate) mod token;

use crate::model::{Model, ScopeId};
use crate::source::{FileId, Place};
use agent::{Agent, Form};
use clients::Client;
use containers::AgentContainer;
use custom_config::ConfigTrouble;
use ddlint_yaml::Span;
use environment::Testing;
use host_network::HostNetworkPod;
use ignored::TokenIgnored;
use neighbours::Neighbours;
use rayon::join;
use rayon::prelude::*;
use readiness::Readiness;
use secrets::{ClusterToken, PlainKey};
use statuses::ErrorStatuses;
use switches::{LogSetting, TlsOff};

/// Everything about Datadog in a model.
#[derive(Debug, Default)]
pub(crate) struct Datadog {
    scopes: Vec<InScope>,
    /// ArgoCD waits for child Applications; none where no argocd-cm is in the input.
    pub(crate) waits_for_applications: Option<bool>,
}

/// Everything about Datadog in one scope.
#[derive(Debug, Default)]
pub(crate) struct InScope {
    /// The installations of the Agent.
    pub(crate) agents: Vec<Agent>,
    /// How far the Application of each installation ignores the token.
    pub(crate) ignored: Vec<Option<TokenIgnored>>,
    /// The Application of each installation ignores the telemetry ConfigMap.
    pub(crate) kpi_ignored: Vec<bool>,
    /// The containers of the installations.
    pub(crate) containers: Vec<AgentContainer>,
    /// Custom configurations that do not do what they say.
    pub(crate) config_troubles: Vec<ConfigTrouble>,
    /// Who sends to an Agent.
    pub(crate) clients: Vec<Client>,
    /// Where certificate verification is off.
    pub(crate) tls_off: Vec<TlsOff>,
    /// Log levels and debug switches.
    pub(crate) log_settings: Vec<LogSetting>,
    /// Cluster agent tokens.
    pub(crate) tokens: Vec<ClusterToken>,
    /// Keys of Datadog in plain text.
    pub(crate) keys: Vec<PlainKey>,
    /// Lists of status codes that count as errors.
    pub(crate) statuses: Vec<ErrorStatuses>,
    /// Pods on the node's network.
    pub(crate) host_network_pods: Vec<HostNetworkPod>,
    /// Who relies on the Agent being ready.
    pub(crate) readiness: Vec<Readiness>,
}

impl Datadog {
    /// Reads a model.
    pub(crate) fn build(model: &Model) -> Datadog {
        let testing = Testing::new(&model.settings);
        let scopes = (0..model.scopes.len() as u32)
            .into_par_iter()
            .map(|scope| in_scope(model, &testing, ScopeId(scope)))
            .collect();
        Datadog { scopes, waits_for_applications: ignored::waits_for_applications(model) }
    }

    /// What is in a scope.
    pub(crate) fn scope(&self, scope: ScopeId) -> Option<&InScope> {
        self.scopes.get(scope.0 as usize)
    }
}

fn in_scope(model: &Model, testing: &Testing, id: ScopeId) -> InScope {
    let scope = model.scope(id);
    let near = Neighbours::new(model, scope);
    let mut agents: Vec<Agent> = Vec::new();
    for &release in &scope.releases {
        if from_values::is_datadog(model.release(release)) {
            agents.extend(from_values::agent(model, release));
        }
    }
    for rendered in from_manifests::agents(model, &near) {
        let same =
            agents.iter_mut().find(|agent| agent.release.is_some() && agent.release == rendered.release);
        match same {
            Some(agent) => merge(agent, rendered),
            None => agents.push(rendered),
        }
    }
    agents.extend(from_operator::agents(model, scope));
    agents.extend(from_manifests::lone_services(model, scope, &agents));
    if let Some(service) = &model.settings.datadog_service {
        agents.push(from_settings(model, service));
    }
    drawn::correct(model, scope, &mut agents);
    // Each looks at every resource of the scope.
    let ((clients, containers), ((keys, statuses), (tokens, host_network_pods))) = join(
        || join(|| clients::clients(model, &near, &agents), || containers::containers(model, scope, &agents)),
        || {
            join(
                || join(|| secrets::keys(model, scope), || statuses::statuses(model, scope)),
                || join(|| secrets::tokens(model, &near, &agents), || host_network::pods(model, &near)),
            )
        },
    );
    let (tls_off, (log_settings, readiness)) = join(
        || switches::tls_off(model, &near, testing, &agents, &containers),
        || {
            join(
                || switches::log_settings(model, &near, testing, &agents, &containers),
                || readiness::readiness(model, &near, &agents, &clients),
            )
        },
    );
    InScope {
        ignored: agents.iter().map(|agent| ignored::token_ignored(model, agent)).collect(),
        kpi_ignored: agents.iter().map(|agent| ignored::kpi_ignored(model, agent)).collect(),
        config_troubles: custom_config::troubles(model, &agents),
        tls_off,
        log_settings,
        tokens,
        keys,
        statuses,
        host_network_pods,
        readiness,
        containers,
        clients,
        agents,
    }
}

/// What the values leave open, the rendered manifests of the same release say.
fn merge(agent: &mut Agent, rendered: Agent) {
    agent.resource = agent.resource.or(rendered.resource);
    agent.node = agent.node.or(rendered.node);
    agent.fullname = agent.fullname.take().or(rendered.fullname);
    agent.namespace = agent.namespace.take().or(rendered.namespace);
    if agent.service.name.is_none() && rendered.service.name.is_some() {
        agent.service.name = rendered.service.name;
        agent.service.exists = rendered.service.exists;
    }
    agent.service.resource = agent.service.resource.or(rendered.service.resource);
    if agent.apm.value.is_none() {
        agent.apm = rendered.apm;
    }
    if agent.apm_on_node.value.is_none() {
        agent.apm_on_node = rendered.apm_on_node;
    }
    if agent.dogstatsd_on_node.value.is_none() {
        agent.dogstatsd_on_node = rendered.dogstatsd_on_node;
    }
    agent.node_ports = agent.node_ports.take().or(rendered.node_ports);
    agent.host_network = agent.host_network.or(rendered.host_network);
    agent.apm_port = agent.apm_port.or(rendered.apm_port);
}

/// An Agent that the configuration says is installed elsewhere.
fn from_settings(model: &Model, service: &str) -> Agent {
    let nowhere = Place { file: FileId(0), span: Span { start: 0, end: 0 } };
    let mut agent = Agent::unknown(Form::Settings, nowhere);
    agent.namespace = model.settings.datadog_namespace.clone();
    agent.service.name = Some(service.to_string());
    agent.service.likely = Some(service.to_string());
    agent.service.exists = Some(true);
    agent.apm = agent::Spot::new(Some(true), None);
    agent.apm_on_node = agent::Spot::new(Some(model.settings.datadog_apm_host_port), None);
    agent.node_ports = Some(match model.settings.datadog_apm_host_port {
        true => vec!["8126/TCP".to_string()],
        false => Vec::new(),
    });
    agent
}
