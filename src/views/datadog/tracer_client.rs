//! The view `tracer-client`: containers that send telemetry to an Agent.

use super::{Asked, Known, Listed, agent_member, declare, known_word, maybe, number, spot, word};
use crate::datadog::agent::Agent;
use crate::datadog::clients::Client;
use crate::datadog::readiness::reaches;
use crate::datadog::resolve::{Resolution, cluster_name};
use crate::datadog::target::{Leg, TargetKind};
use crate::model::{At, Model, ResourceId, ScopeId};
use crate::source::Place;
use crate::views::FactType::{Bool, Int, Member, Members, Node, Str};
use crate::views::order::{self, Position};
use crate::views::{Fact, facts};

impl Listed for Client {
    const NAME: &'static str = "tracer-client";
    const DOC: &'static str = "every container that sends telemetry to an Agent, once for each leg (traces, DogStatsD, \
                               OTLP); the Agent's own pods are none";
    declare! {
        "container", Str, "the container's name",
            |q| Fact::str(&q.it.name, Some(q.it.name_place));
        "workload", Str, "the workload's name; its place is `metadata.name`",
            |q| Fact::str(&q.model.resource(q.it.resource).name, workload_place(q));
        "namespace", Str, "the namespace that the workload reaches",
            |q| known_word(q.it.namespace.as_deref(), None);
        "leg", Str, "`apm`, `dogstatsd` or `otlp`",
            |q| Fact::str(q.it.leg.as_str(), None);
        "leg.sends", Str, "what is sent, for messages: `traces`, `DogStatsD metrics`, `OTLP data`",
            |q| Fact::str(q.it.leg.sends(), None);
        "sends", Bool, "it certainly sends this leg: tracing is not switched off; for DogStatsD, the container names it",
            |q| Fact::bool(q.it.sends, None);
        "repeats", Bool, "an earlier leg of this container is decided by the same entry, and neither a sidecar nor the webhook tells the two apart",
            |q| Fact::bool(q.it.repeats, None);
        "target", Str, "the variable that decides; its place is the value (the `fieldPath`, the URL)",
            |q| word(q.it.variable.as_deref(), q.it.value_place);
        "target.entry", Node, "the entry of `env` that decides",
            |q| facts::node(q.model, q.it.entry_at);
        "target.value-from", Node, "the `valueFrom` of that entry",
            |q| facts::node(q.model, value_from(q));
        "target.written", Bool, "the host as it is written in that entry: a name, or a `$(X)`",
            |q| spot(q.it.written_place);
        "target.kind", Str, "`node-ip` (status.hostIP), `name`, `address`, `loopback`, `socket`, `unknown`, or \
                             `implicit` (no variable names a target)",
            |q| match q.it.target.kind {
                TargetKind::Unknown => Fact::UNKNOWN,
                kind => Fact::str(kind.as_str(), q.it.value_place),
            };
        "target.host", Str, "the host, or the path of the socket; its place is that part of the value",
            |q| word(q.it.target.host.as_deref(), q.it.host_place);
        "target.service", Str, "the Service that the host names, without namespace",
            |q| word(host_name(q).as_deref(), q.it.host_place);
        "target.port", Int, "the port",
            |q| number(q.it.target.port, q.it.value_place);
        "target.protocol", Str, "`TCP` or `UDP`",
            |q| Fact::str(q.it.leg.protocol(), None);
        "target.node-port", Str, "port and protocol, as in `opens-on-node` of an Agent: `8126/TCP`",
            |q| known_word(q.it.target.port.map(|port| format!("{port}/{}", q.it.leg.protocol())).as_deref(), None);
        "target.via", Bool, "the value of the entry that `$(X)` leads to",
            |q| spot(q.it.via_place);
        "target.agents", Members("agent"), "the installations it sends to: by the name of their Service, or by the node",
            |q| facts::members("agent", reached(q).into_iter().map(|(index, _)| index as u32));
        "webhook-repairs", Bool, "the admission webhook adds a Unix socket to this pod, which outranks the target",
            |q| maybe(q.it.repaired, None);
        "pod-listens", Bool, "another container of the pod, or the node whose network it shares, may listen on the port",
            |q| Fact::bool(q.it.pod_listens, None);
        "socket-mounted", Bool, "the container mounts /var/run/datadog, or a folder above it",
            |q| Fact::bool(q.it.socket_mounted, None);
        "env-from", Bool, "the container has `envFrom`: variables that are not listed are not known",
            |q| Fact::bool(q.it.env_from, None);
        "restarted-later", Bool, "a script deploys the workload and restarts it later (`kubectl rollout restart`)",
            |q| Fact::bool(q.it.restarted, None);
        "waits-for-agent", Bool, "an init container waits for the Agent's port or socket",
            |q| Fact::bool(q.it.waits, None);
        "resolution", Str, "what the host reaches: `resolves`, `wrong-name` (meant for the Agent, but no Service has \
                            that name), `wrong-namespace`, `not-created` (not on this Kubernetes version), \
                            `not-rendered` (the chart would make it, the manifests have none)",
            |q| known_word(q.it.resolution.as_str(), q.it.host_place);
        "resolution.agent", Member("agent"), "the installation that is meant",
            |q| agent_member(q.it.resolution.agent());
        "resolution.place", Bool, "what gives the Service its name, or its namespace where that is what differs",
            |q| spot(resolution_place(q));
        "resolution.fqdn", Str, "the full name of the Service that is meant, where it is the only one and certain",
            |q| word(fqdn(q).as_deref(), None);
        "resolution.certain", Bool, "the installation that is meant is the only one in scope, and its Service is in the \
                                     input",
            |q| Fact::bool(matches!(agents(q), [agent] if agent.service.resource.is_some()), None);
        "reachable.fqdn", Str, "the full name of the Service of the only Agent in scope, where it certainly opens the \
                                port that is sent to",
            |q| word(reachable_fqdn(q).as_deref(), None);
        "only-agent.fqdn", Str, "the full name of the Service of the only Agent in scope, where it is certain",
            |q| word(only_fqdn(q).as_deref(), None);
    }

    fn list(known: &Known, scope: ScopeId) -> &[Client] {
        known.datadog.scope(scope).map(|scope| scope.clients.as_slice()).unwrap_or_default()
    }
    fn place(&self, _: &Model) -> Option<Place> {
        Some(self.name_place)
    }
    fn node(&self) -> Option<At> {
        Some(self.node)
    }
    fn resource(&self) -> Option<ResourceId> {
        Some(self.resource)
    }
    fn positions(&self, model: &Model) -> Vec<Position> {
        let mut positions = order::of_resource(model, self.resource);
        if let Some(release) = model.resource(self.resource).release {
            for position in order::of_deployer(model, &model.release(release).deployer) {
                if !positions.iter().any(|known| known.sequence == position.sequence) {
                    positions.push(position);
                }
            }
        }
        positions
    }
}

fn workload_place(q: &Asked<'_, Client>) -> Option<Place> {
    Some(crate::datadog::pods::name_place(q.model, q.model.resource(q.it.resource)))
}

fn agents<'a>(q: &Asked<'a, Client>) -> &'a [Agent] {
    q.datadog.scope(q.scope).map(|scope| scope.agents.as_slice()).unwrap_or_default()
}

fn reached<'a>(q: &Asked<'a, Client>) -> Vec<(usize, &'a Agent)> {
    agents(q).iter().enumerate().filter(|(_, agent)| reaches(q.it, agent)).collect()
}

fn host_name(q: &Asked<'_, Client>) -> Option<String> {
    (q.it.target.kind == TargetKind::Name)
        .then(|| cluster_name(q.it.target.host.as_deref()?))
        .flatten()
        .map(|n| n.service)
}

fn resolution_place(q: &Asked<'_, Client>) -> Option<Place> {
    let agent = agents(q).get(q.it.resolution.agent()?)?;
    match q.it.resolution {
        Resolution::WrongNamespace(_) => agent.service.namespace_place.or(agent.service.place),
        _ => agent.service.place,
    }
}

fn fqdn(q: &Asked<'_, Client>) -> Option<String> {
    let agent = agents(q).get(q.it.resolution.agent()?)?;
    agent.service_fqdn()
}

fn only_fqdn(q: &Asked<'_, Client>) -> Option<String> {
    match agents(q) {
        [agent] if agent.service.exists != Some(false) => agent.service_fqdn(),
        _ => None,
    }
}

fn value_from(q: &Asked<'_, Client>) -> Option<At> {
    let entry = q.it.entry_at?;
    let node = q.model.node(entry).get("valueFrom")?;
    Some(At { doc: entry.doc, node: node.id() })
}

fn reachable_fqdn(q: &Asked<'_, Client>) -> Option<String> {
    let [agent] = agents(q) else { return None };
    let port = q.it.target.port?;
    let open = match agent.service.resource {
        Some(service) => crate::datadog::from_manifests::service_ports(q.model, q.model.resource(service))
            .iter()
            .any(|given| given.number == Some(port) && given.protocol == q.it.leg.protocol()),
        // The chart and the operator give the Service these two.
        None => match q.it.leg {
            Leg::Apm => agent.apm_port == Some(port) && agent.apm.value == Some(true),
            Leg::Dogstatsd => port == 8125,
            Leg::Otlp => false,
        },
    };
    (open && agent.service.exists == Some(true)).then(|| agent.service_fqdn()).flatten()
}
