//! Views of what stands in files about Datadog: custom configurations, switches, tokens, keys, lists of codes, pods on
//! the node's network, and who relies on the Agent being ready.

use super::{Known, Listed, agent_member, declare, spot, word};
use crate::datadog::custom_config::ConfigTrouble;
use crate::datadog::environment::Environment;
use crate::datadog::host_network::HostNetworkPod;
use crate::datadog::readiness::Readiness;
use crate::datadog::secrets::{ClusterToken, KeyKind, PlainKey};
use crate::datadog::statuses::ErrorStatuses;
use crate::datadog::switches::{LogSetting, TlsOff};
use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;
use crate::views::FactType::{Bool, Int, List, Member, Node, Str};
use crate::views::{Fact, facts};

/// What every kind of member here has in common.
macro_rules! listed {
    ($field:ident, $resource:expr) => {
        fn list(known: &Known, scope: ScopeId) -> &[Self] {
            known.datadog.scope(scope).map(|scope| scope.$field.as_slice()).unwrap_or_default()
        }
        fn place(&self, _: &Model) -> Option<Place> {
            Some(self.place)
        }
        fn resource(&self) -> Option<ResourceId> {
            let resource: fn(&Self) -> Option<ResourceId> = $resource;
            resource(self)
        }
    };
}

fn production(environment: &Environment) -> Fact {
    match &environment.production {
        Some(evidence) => Fact::str(&evidence.what, evidence.place),
        None => Fact::ABSENT,
    }
}

fn testing(environment: &Environment) -> Fact {
    match &environment.testing {
        Some(evidence) => Fact::str(&evidence.what, evidence.place),
        None => Fact::ABSENT,
    }
}

fn names(items: &[String]) -> Fact {
    facts::texts(items.iter().map(|item| (item.as_str(), None)))
}

impl Listed for ConfigTrouble {
    const NAME: &'static str = "agent-config";
    const DOC: &'static str = "custom configurations of Agents (`agents.customAgentConfig`), and keys of them, that do \
                               not do what they say";
    declare! {
        "agent", Member("agent"), "the installation",
            |q| agent_member(Some(q.it.agent));
        "trouble", Str, "`unused` (`agents.useConfigMap` is not true), `overridden` (a variable that the chart always \
                         sets wins over this key), `windows`, `empty` (the chart's own file replaces the image's)",
            |q| Fact::str(q.it.trouble.as_str(), Some(q.it.place));
        "key", Str, "the key with dots, where one is overridden",
            |q| word(q.it.key.as_deref(), Some(q.it.place));
        "variable", Str, "the variable that wins",
            |q| word(q.it.variable, None);
        "value", Str, "its value",
            |q| word(q.it.value.as_deref(), None);
        "owner", Str, "the value of the chart to set instead",
            |q| word(q.it.owner, None);
        "switch", Bool, "`agents.useConfigMap`, where it is given",
            |q| spot(q.it.switch);
    }
    listed!(config_troubles, |_| None);
}

impl Listed for TlsOff {
    const NAME: &'static str = "tls-off";
    const DOC: &'static str = "values that switch off the verification of Datadog's certificates in an Agent or cluster \
                               agent, as far as they are effective; one member for each value";
    declare! {
        "containers", List, "the containers it reaches",
            |q| names(&q.it.containers);
        "production", Str, "what says that this is production",
            |q| production(&q.it.environment);
        "testing", Str, "what says that this is a testing environment",
            |q| testing(&q.it.environment);
        "configured-testing", Bool, "the configuration says that the file belongs to a testing environment",
            |q| Fact::bool(q.it.environment.configured_testing, None);
    }
    listed!(tls_off, |it| it.resource);
}

impl Listed for LogSetting {
    const NAME: &'static str = "log-setting";
    const DOC: &'static str = "log levels of Agents and debug switches of tracers, as far as they are effective; one \
                               member for each value, and for each line of a script that nothing takes back";
    declare! {
        "name", Str, "what is set: the variable, `logLevel`, the annotation",
            |q| Fact::str(&q.it.name, Some(q.it.place));
        "value", Str, "the value as written",
            |q| Fact::str(&q.it.value, Some(q.it.place));
        "containers", List, "the containers it reaches",
            |q| names(&q.it.containers);
        "debug", Bool, "debug messages are written",
            |q| Fact::bool(q.it.debug, Some(q.it.place));
        "valid", Bool, "the software knows the value",
            |q| Fact::bool(q.it.valid, Some(q.it.place));
        "reset", Str, "the usual value",
            |q| Fact::str(q.it.reset, None);
        "in-script", Bool, "it is a line of a script",
            |q| Fact::bool(q.it.script, None);
        "production", Str, "what says that this is production",
            |q| production(&q.it.environment);
        "testing", Str, "what says that this is a testing environment",
            |q| testing(&q.it.environment);
        "configured-testing", Bool, "the configuration says that the file belongs to a testing environment",
            |q| Fact::bool(q.it.environment.configured_testing, None);
    }
    listed!(log_settings, |it| it.resource);
}

impl Listed for ClusterToken {
    const NAME: &'static str = "cluster-agent-token";
    const DOC: &'static str = "tokens of cluster agents that stand in files, and Secrets that should hold one; never \
                               the value itself";
    declare! {
        "length", Int, "the number of characters",
            |q| Fact::int(q.it.length, Some(q.it.place));
        "missing", Bool, "the Secret has no such key",
            |q| Fact::bool(q.it.missing, Some(q.it.place));
        "key", Str, "the key in the Secret",
            |q| Fact::str(&q.it.key, Some(q.it.place));
        "newline", Bool, "a newline at the end is part of the token",
            |q| Fact::bool(q.it.newline, Some(q.it.place));
        "odd-characters", Bool, "a character is neither letter nor digit",
            |q| Fact::bool(q.it.odd_characters, Some(q.it.place));
        "reference", Bool, "what refers to the Secret",
            |q| spot(q.it.reference);
    }
    listed!(tokens, |it| it.resource);
}

impl Listed for PlainKey {
    const NAME: &'static str = "datadog-key";
    const DOC: &'static str =
        "API and application keys of Datadog that stand in plain text; never the value itself";
    declare! {
        "kind", Str, "`API` or `application`",
            |q| Fact::str(match q.it.kind { KeyKind::Api => "API", KeyKind::Application => "application" }, None);
        "last", Str, "its last four characters",
            |q| Fact::str(&q.it.last, None);
        "real", Bool, "it has the form of a real key",
            |q| Fact::bool(q.it.real, None);
        "fixture", Bool, "the file belongs to tests or examples",
            |q| Fact::bool(q.it.fixture, None);
        "file", Str, "the file",
            |q| {
                let place = q.model.sources.outermost(q.it.place);
                Fact::str(&q.model.sources.get(place.file).path, None)
            };
    }
    listed!(keys, |it| it.resource);
}

impl Listed for ErrorStatuses {
    const NAME: &'static str = "error-statuses";
    const DOC: &'static str = "lists of HTTP status codes that tracers count as errors, and traced containers without \
                               one";
    declare! {
        "container", Str, "the container",
            |q| Fact::str(&q.it.container, None);
        "given", Bool, "a list is given",
            |q| Fact::bool(q.it.variable.is_some(), Some(q.it.place));
        "variable", Str, "the variable",
            |q| word(q.it.variable.as_deref(), Some(q.it.value_place));
        "side", Str, "`server` or `client`",
            |q| Fact::str(q.it.side, None);
        "value", Str, "the list as written",
            |q| Fact::str(&q.it.value, Some(q.it.value_place));
        "malformed", Bool, "a part is no code and no range of codes from 100 to 599; its place is that part",
            |q| Fact::bool(q.it.codes.as_ref().is_some_and(|codes| codes.bad.is_some()), Some(q.it.place));
        "reversed", Bool, "a range ends before it begins; its place is that range",
            |q| Fact::bool(q.it.codes.as_ref().is_some_and(|codes| codes.reversed.is_some()), Some(q.it.place));
        "covers-4xx", Str, "`all`, `part` or `none` of 400 to 499",
            |q| word(q.it.codes.as_ref().map(|codes| codes.client.as_str()), Some(q.it.value_place));
        "covers-5xx", Str, "`all`, `part` or `none` of 500 to 599",
            |q| word(q.it.codes.as_ref().map(|codes| codes.server.as_str()), Some(q.it.value_place));
        "javascript", Bool, "a JavaScript tracer; older ones do not know the variable",
            |q| Fact::bool(q.it.javascript, None);
    }
    listed!(statuses, |it| it.resource);
}

impl Listed for HostNetworkPod {
    const NAME: &'static str = "host-network-pod";
    const DOC: &'static str = "pods with `hostNetwork: true`, and `DatadogAgent`s that ask for it";
    declare! {
        "dns-policy", Str, "`dnsPolicy` as written",
            |q| word(q.it.dns_policy.as_deref(), q.it.dns_policy_place);
        "agent", Bool, "it is the Datadog Agent",
            |q| Fact::bool(q.it.agent, None);
        "needs-cluster-dns", Str, "a name of the cluster that it looks up",
            |q| word(q.it.needs.as_ref().map(|needs| needs.name.as_str()), q.it.needs.as_ref().map(|needs| needs.place));
        "windows", Bool, "it runs on Windows",
            |q| Fact::bool(q.it.windows, None);
        "system", Bool, "it belongs to the cluster itself (`kube-system`, the control plane, a priority class of the system)",
            |q| Fact::bool(q.it.system, None);
        "pod-spec", Node, "the pod's `spec`, or the override of the node Agents",
            |q| facts::node(q.model, Some(q.it.node));
        "workload", Str, "kind and name",
            |q| {
                let resource = q.model.resource(q.it.resource);
                Fact::str(format!("{}/{}", resource.kind, resource.name), None)
            };
    }
    fn list(known: &Known, scope: ScopeId) -> &[Self] {
        known.datadog.scope(scope).map(|scope| scope.host_network_pods.as_slice()).unwrap_or_default()
    }
    fn place(&self, _: &Model) -> Option<Place> {
        Some(self.place)
    }
    fn node(&self) -> Option<At> {
        Some(self.node)
    }
    fn resource(&self) -> Option<ResourceId> {
        Some(self.resource)
    }
}

impl Listed for Readiness {
    const NAME: &'static str = "agent-readiness";
    const DOC: &'static str = "where somebody relies on the Agent being ready: lines of a script that deploy a client \
                               after the Agent, and hand-written DaemonSets behind a Service";
    declare! {
        "in-script", Bool, "it is a line of a script; else a container of a DaemonSet",
            |q| Fact::bool(q.it.script, None);
        "name", Str, "what is deployed, or the container",
            |q| Fact::str(&q.it.name, Some(q.it.place));
        "wait", Bool, "the line that waits before, if one does",
            |q| spot(q.it.wait);
        "probed", Bool, "the port is contacted before, or the container has a readiness or startup probe",
            |q| Fact::bool(q.it.probed, None);
        "port", Int, "the trace port",
            |q| Fact::int(q.it.port, None);
        "service", Str, "the Service",
            |q| word(q.it.service.as_deref(), None);
        "listener", Node, "the container of a DaemonSet that listens",
            |q| facts::node(q.model, q.it.container);
    }
    listed!(readiness, |it| Some(it.resource));
}
