//! `agents.customAgentConfig` of the chart: whether it is used at all, and which of its keys an environment variable
//! that the chart always sets overrides (the environment beats `datadog.yaml`).
//!
//! Deliberately absent: `clusterAgent.datadog_cluster_yaml`, which needs no switch.

use crate::model::values::{Value, ValueData};
use crate::model::{Model, ReleaseId};
use crate::source::Place;

use super::agent::Agent;
use super::chart::{Chart, Text, scalar_text};
use super::from_values::entry_place;

/// What is wrong with the configuration, or a part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// `useConfigMap` is not true: nothing is mounted.
    Unused,
    /// A variable overrides a key.
    Overridden,
    /// The mount is for Linux.
    Windows,
    /// `useConfigMap` without a configuration: the chart's own replaces the image's.
    Empty,
}

impl Trouble {
    /// The word in rule files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Trouble::Unused => "unused",
            Trouble::Overridden => "overridden",
            Trouble::Windows => "windows",
            Trouble::Empty => "empty",
        }
    }
}

/// A custom configuration, or a key of one, that does not do what it says.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ConfigTrouble {
    /// The installation.
    pub(crate) agent: usize,
    /// What is wrong.
    pub(crate) trouble: Trouble,
    /// The key: `customAgentConfig`, or the inner one.
    pub(crate) place: Place,
    /// The inner key with dots.
    pub(crate) key: Option<String>,
    /// The variable that wins.
    pub(crate) variable: Option<&'static str>,
    /// Its value.
    pub(crate) value: Option<String>,
    /// The value of the chart to set instead.
    pub(crate) owner: Option<&'static str>,
    /// `useConfigMap`, where it is given.
    pub(crate) switch: Option<Place>,
}

/// A key of `datadog.yaml`, the variable that the chart always sets, and what decides it.
struct Always {
    key: &'static str,
    variable: &'static str,
    owner: &'static str,
    default: Default,
}

/// What the variable holds without a value.
#[derive(Clone, Copy)]
enum Default {
    /// This.
    Is(&'static str),
    /// Whether there is a trace-agent.
    TraceAgent,
    /// This, but only with a trace-agent.
    WithTraceAgent(&'static str),
    /// This, and it is set only when it is true.
    OnlyTrue(&'static str),
    /// A reference to a Secret: always another value.
    Reference,
}

const ALWAYS: [Always; 18] = [
    Always {
        key: "log_level",
        variable: "DD_LOG_LEVEL",
        owner: "datadog.logLevel",
        default: Default::Is("INFO"),
    },
    Always {
        key: "logs_enabled",
        variable: "DD_LOGS_ENABLED",
        owner: "datadog.logs.enabled",
        default: Default::Is("false"),
    },
    Always {
        key: "logs_config.container_collect_all",
        variable: "DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL",
        owner: "datadog.logs.containerCollectAll",
        default: Default::Is("false"),
    },
    Always {
        key: "apm_config.enabled",
        variable: "DD_APM_ENABLED",
        owner: "datadog.apm.socketEnabled",
        default: Default::TraceAgent,
    },
    Always {
        key: "apm_config.apm_non_local_traffic",
        variable: "DD_APM_NON_LOCAL_TRAFFIC",
        owner: "",
        default: Default::WithTraceAgent("true"),
    },
    Always {
        key: "apm_config.receiver_port",
        variable: "DD_APM_RECEIVER_PORT",
        owner: "datadog.apm.port",
        default: Default::WithTraceAgent("8126"),
    },
    Always {
        key: "apm_config.receiver_socket",
        variable: "DD_APM_RECEIVER_SOCKET",
        owner: "datadog.apm.socketPath",
        default: Default::WithTraceAgent("/var/run/datadog/apm.socket"),
    },
    Always {
        key: "dogstatsd_port",
        variable: "DD_DOGSTATSD_PORT",
        owner: "datadog.dogstatsd.port",
        default: Default::Is("8125"),
    },
    Always {
        key: "dogstatsd_socket",
        variable: "DD_DOGSTATSD_SOCKET",
        owner: "datadog.dogstatsd.socketPath",
        default: Default::Is("/var/run/datadog/dsd.socket"),
    },
    Always {
        key: "dogstatsd_non_local_traffic",
        variable: "DD_DOGSTATSD_NON_LOCAL_TRAFFIC",
        owner: "datadog.dogstatsd.nonLocalTraffic",
        default: Default::OnlyTrue("true"),
    },
    Always {
        key: "process_config.process_collection.enabled",
        variable: "DD_PROCESS_CONFIG_PROCESS_COLLECTION_ENABLED",
        owner: "datadog.processAgent.processCollection",
        default: Default::Is("false"),
    },
    Always {
        key: "process_config.container_collection.enabled",
        variable: "DD_PROCESS_CONFIG_CONTAINER_COLLECTION_ENABLED",
        owner: "datadog.processAgent.containerCollection",
        default: Default::Is("true"),
    },
    Always {
        key: "orchestrator_explorer.enabled",
        variable: "DD_ORCHESTRATOR_EXPLORER_ENABLED",
        owner: "datadog.orchestratorExplorer.enabled",
        default: Default::Is("true"),
    },
    Always {
        key: "health_port",
        variable: "DD_HEALTH_PORT",
        owner: "agents.containers.agent.healthPort",
        default: Default::Is("5555"),
    },
    Always {
        key: "expvar_port",
        variable: "DD_EXPVAR_PORT",
        owner: "datadog.expvarPort",
        default: Default::Is("6000"),
    },
    Always {
        key: "cluster_agent.enabled",
        variable: "DD_CLUSTER_AGENT_ENABLED",
        owner: "clusterAgent.enabled",
        default: Default::Is("true"),
    },
    Always {
        key: "cluster_agent.auth_token",
        variable: "DD_CLUSTER_AGENT_AUTH_TOKEN",
        owner: "clusterAgent.tokenExistingSecret",
        default: Default::Reference,
    },
    Always {
        key: "api_key",
        variable: "DD_API_KEY",
        owner: "datadog.apiKeyExistingSecret",
        default: Default::Reference,
    },
];

/// What is wrong with the custom configurations of a scope's installations.
pub(crate) fn troubles(model: &Model, agents: &[Agent]) -> Vec<ConfigTrouble> {
    let mut found = Vec::new();
    for (index, agent) in agents.iter().enumerate() {
        if let Some(id) = agent.release {
            of_release(model, index, id, &mut found);
        }
    }
    found
}

fn of_release(model: &Model, agent: usize, id: ReleaseId, found: &mut Vec<ConfigTrouble>) {
    let release = model.release(id);
    let chart = Chart::new(model, release);
    let path = "agents.customAgentConfig";
    let switch = chart.at("agents.useConfigMap").map(|at| entry_place(model, at));
    let used = chart.flag("agents.useConfigMap", false);
    let base = ConfigTrouble {
        agent,
        trouble: Trouble::Unused,
        place: Place { file: crate::source::FileId(0), span: ddlint_yaml::Span { start: 0, end: 0 } },
        key: None,
        variable: None,
        value: None,
        owner: None,
        switch,
    };
    let config = chart.get(path).filter(|value| value.truth() == Some(true));
    let Some(config) = config else {
        let Some(switch) = switch.filter(|_| used == Some(true) && release.complete) else { return };
        found.push(ConfigTrouble { trouble: Trouble::Empty, place: switch, switch: None, ..base });
        return;
    };
    let Some(at) = config.at else { return };
    let place = model.place(at.key_at());
    match used {
        Some(false) => found.push(ConfigTrouble { place, ..base }),
        Some(true) => {
            if chart.linux() == Some(false) {
                found.push(ConfigTrouble { trouble: Trouble::Windows, place, switch: None, ..base.clone() });
            }
            for always in &ALWAYS {
                let keys: Vec<&str> = always.key.split('.').collect();
                let Some(given) = config.get(&keys) else { continue };
                let Some(value) = wins(&chart, always, given) else { continue };
                let Some(at) = given.at else { continue };
                found.push(ConfigTrouble {
                    trouble: Trouble::Overridden,
                    place: entry_place(model, at),
                    key: Some(always.key.to_string()),
                    variable: Some(always.variable),
                    value: Some(value),
                    owner: (!always.owner.is_empty()).then_some(always.owner),
                    switch: None,
                    ..base.clone()
                });
            }
        }
        None => {}
    }
}

/// The value of the variable, where it certainly wins over another one in the configuration.
fn wins(chart: &Chart<'_>, always: &Always, given: &Value) -> Option<String> {
    if matches!(given.data, ValueData::Unknown | ValueData::Map(_) | ValueData::List(_)) {
        return None;
    }
    let owner = || match chart.text(always.owner) {
        Text::Given(text) => Some(Some(text)),
        Text::Empty => Some(None),
        Text::Unknown => None,
    };
    let value = match always.default {
        Default::Is(default) => owner()?.unwrap_or_else(|| default.to_string()),
        Default::TraceAgent => chart.trace_agent()?.to_string(),
        Default::WithTraceAgent(default) => {
            let there = if always.variable == "DD_APM_RECEIVER_SOCKET" {
                chart.apm_socket()?
            } else {
                chart.trace_agent()?
            };
            if !there {
                return None;
            }
            if always.owner.is_empty() {
                default.to_string()
            } else {
                owner()?.unwrap_or_else(|| default.to_string())
            }
        }
        Default::OnlyTrue(default) => {
            let value = owner()?.unwrap_or_else(|| default.to_string());
            if value != "true" {
                return None;
            }
            value
        }
        Default::Reference => {
            return (scalar_text(given) != Text::Empty).then(|| "a Secret's value".to_string());
        }
    };
    let Text::Given(written) = scalar_text(given) else { return None };
    (!written.eq_ignore_ascii_case(&value)).then_some(value)
}
