//! The view `agent-container`: containers of Agents and cluster agents.

use super::{Known, Listed, agent_member, declare, maybe, spot, word};
use crate::datadog::containers::AgentContainer;
use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;
use crate::views::Fact;
use crate::views::FactType::{Bool, Member, Str};

impl Listed for AgentContainer {
    const NAME: &'static str = "agent-container";
    const DOC: &'static str = "the containers of an installation, as rendered, as the values of the chart make them, or \
                               as a `DatadogAgent` does; Agents that run as sidecars too";
    declare! {
        "agent", Member("agent"), "the installation it belongs to; absent for a sidecar",
            |q| agent_member(q.it.agent);
        "name", Str, "the container's name",
            |q| Fact::str(&q.it.name, Some(q.it.place));
        "sends-payloads", Bool, "it runs on the nodes and sends payloads to Datadog itself (the system-probe sends \
                                 through the others)",
            |q| Fact::bool(q.it.sends, Some(q.it.place));
        "rendered", Bool, "it is there with these values",
            |q| maybe(q.it.rendered, None);
        "skip-ssl", Bool, "certificate verification is off: `DD_SKIP_SSL_VALIDATION` (the last entry counts), or an \
                           effective `datadog.yaml`; its place is the name of the entry, or where one would stand",
            |q| maybe(q.it.skips_ssl(), Some(q.it.skip_ssl.as_ref().map_or(q.it.place, |it| it.name_place)));
        "skip-ssl.lost", Bool, "an earlier entry switched verification off and is overridden by a later one",
            |q| spot(q.it.skip_ssl.as_ref().and_then(|it| it.lost));
        "log-level", Str, "the effective log level, where something gives one",
            |q| match &q.it.log_level {
                Some(it) => word(it.value.as_deref(), Some(it.value_place)),
                None => Fact::ABSENT,
            };
    }

    fn list(known: &Known, scope: ScopeId) -> &[AgentContainer] {
        known.datadog.scope(scope).map(|scope| scope.containers.as_slice()).unwrap_or_default()
    }
    fn place(&self, _: &Model) -> Option<Place> {
        Some(self.place)
    }
    fn node(&self) -> Option<At> {
        self.node
    }
    fn resource(&self) -> Option<ResourceId> {
        self.resource
    }
}
