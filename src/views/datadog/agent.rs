//! The view `agent`: installations of the Datadog Agent.

use super::{Asked, Known, Listed, declare, known_word, maybe, number, spot, word};
use crate::datadog::agent::{Agent, Form};
use crate::model::release::Deployer;
use crate::model::{At, Model, ReleaseId, ResourceId, ScopeId};
use crate::source::Place;
use crate::views::FactType::{Bool, Int, List, Member, Members, Node, Str};
use crate::views::order::{self, Position};
use crate::views::{Fact, FactValue, facts};

impl Listed for Agent {
    const NAME: &'static str = "agent";
    const READS_DRIFT: bool = true;
    const DOC: &'static str = "every installation of the Datadog Agent: a DaemonSet (rendered by the chart or written \
                               by hand), values of the chart, a `DatadogAgent`, a Service that can only be an Agent's, \
                               or one that the configuration names";
    declare! {
        "form", Str, "`rendered`, `hand-written`, `values`, `operator`, `service` or `settings`",
            |q| Fact::str(q.it.form.as_str(), None);
        "name", Str, "the name of the DaemonSet, which is the stem of all other names",
            |q| known_word(q.it.fullname.as_deref(), None);
        "manifest", Node, "the DaemonSet or `DatadogAgent`",
            |q| facts::node(q.model, q.it.resource.map(|id| q.model.resource(id).at));
        "namespace", Str, "the namespace it is installed in",
            |q| known_word(q.it.namespace.as_deref(), q.it.service.namespace_place);
        "node-agents", Bool, "it runs on the nodes, not only as a cluster agent",
            |q| maybe(q.it.node_agents, None);
        "service", Str, "the name of the node Agents' Service; its place gives the name",
            |q| known_word(q.it.service_name(), q.it.service.place);
        "service.fqdn", Str, "the full name of the Service, where it is certain",
            |q| word(q.it.service_fqdn().as_deref(), q.it.service.place);
        "service.exists", Bool, "the Service exists",
            |q| maybe(q.it.service.exists, q.it.service.place);
        "traces.received", Bool, "a trace-agent runs; its place is what decides it",
            |q| maybe(q.it.apm.value, q.it.apm.place);
        "traces.port", Int, "the port of the trace-agent",
            |q| number(q.it.apm_port, q.it.apm_on_node.place);
        "traces.service-port", Int, "the trace port of a Service in the input that selects these pods",
            service_port;
        "traces.on-node", Bool, "the trace port is opened on the node (`hostPort` or the node's network); its place is \
                                 the port, or what would open it",
            |q| maybe(q.it.apm_on_node.value, q.it.apm_on_node.place);
        "dogstatsd.on-node", Bool, "the DogStatsD port is opened on the node",
            |q| maybe(q.it.dogstatsd_on_node.value, q.it.dogstatsd_on_node.place);
        "opens-on-node", List, "what is opened on the node: `apm`, `dogstatsd`, and every port as `8126/TCP`",
            opens_on_node;
        "containers", Members("agent-container"), "its containers",
            |q| {
                let all = q.datadog.scope(q.scope).map(|scope| scope.containers.as_slice()).unwrap_or_default();
                let own = |(_, it): &(usize, &crate::datadog::containers::AgentContainer)| {
                    it.agent == Some(q.index as usize)
                };
                facts::members("agent-container", all.iter().enumerate().filter(own).map(|(at, _)| at as u32))
            };
        "host-network", Bool, "the pods use the node's network",
            |q| maybe(q.it.host_network, None);
        "clients", List, "names of the workloads in the scope that send traces to it over the network",
            clients;
        "client-places", List, "what makes each of them send here",
            client_places;
        "application", Member("application"), "the Application that renders the chart",
            |q| application(q);
        "automated", Bool, "the Application that renders the chart syncs by itself; its place is `automated`",
            |q| automated(q);
        "in-application", Bool, "an Application of the input renders the chart",
            |q| Fact::bool(application_of(q).is_some(), None);
        "by-flux", Bool, "a Flux HelmRelease renders the chart",
            |q| Fact::bool(deployer(q).is_some_and(|by| matches!(by, Deployer::HelmRelease(_))), None);
        "chart", Bool, "where the release names its chart",
            |q| spot(q.it.chart_place);
        "token.source", Str, "the cluster agent's token: `generated` (drawn anew at every render), `literal`, `kept` \
                              (in a Secret, or by the operator) or `none`; its place is what to change",
            |q| known_word(q.it.token.source.as_str(), q.it.token.place);
        "token.incomplete", Bool, "some of the values are not in the input and may set it",
            |q| Fact::bool(q.it.token.incomplete, None);
        "token.evidence", List, "the checksum annotations of one render that differ",
            |q| Fact {
                value: FactValue::List(
                    q.it.token.evidence.iter().map(|place| Fact::bool(true, Some(*place))).collect(),
                ),
                place: None,
            };
        "token.ignored", Str, "how far the Application's `ignoreDifferences` covers the token: `none`, `partly` or \
                               `completely`; its place is the entry about the Secret",
            |q| match ignored(q) {
                None => Fact::str("none", None),
                Some(it) => Fact::str(if it.complete { "completely" } else { "partly" }, Some(it.place)),
            };
        "token.missing", Str, "what `ignoreDifferences` leaves out",
            |q| word(ignored(q).map(|it| it.missing.join("; ")).as_deref(), ignored(q).map(|it| it.place));
        "token.options", Bool, "the `syncOptions` without `RespectIgnoreDifferences=true`",
            |q| spot(ignored(q).and_then(|it| it.options));
        "token.fields", List, "every field that changes with the token, where the chart was rendered",
            |q| fields(&q.it.token.fields);
        "telemetry.fields", List, "every field that changes with the telemetry ConfigMap, where the chart was rendered",
            |q| fields(&q.it.kpi.fields);
        "telemetry.random", Bool, "the telemetry ConfigMap is drawn anew at every render; its place is what to change",
            |q| maybe(q.it.kpi.random, q.it.kpi.place);
        "telemetry.ignored", Bool, "the Application ignores the telemetry ConfigMap",
            |q| Fact::bool(q.datadog.scope(q.scope).and_then(|s| s.kpi_ignored.get(q.index as usize)) == Some(&true), None);
        "argocd-waits", Bool, "ArgoCD waits for a child Application to be healthy (an argocd-cm in the input says so)",
            |q| maybe(q.datadog.waits_for_applications, None);
    }

    fn list(known: &Known, scope: ScopeId) -> &[Agent] {
        known.datadog.scope(scope).map(|scope| scope.agents.as_slice()).unwrap_or_default()
    }
    fn place(&self, _: &Model) -> Option<Place> {
        (self.form != Form::Settings).then_some(self.place)
    }
    fn node(&self) -> Option<At> {
        self.node
    }
    fn resource(&self) -> Option<ResourceId> {
        self.resource
    }
    fn release(&self) -> Option<ReleaseId> {
        self.release
    }
    fn positions(&self, model: &Model) -> Vec<Position> {
        let mut positions = Vec::new();
        if let Some(release) = self.release {
            positions.extend(order::of_deployer(model, &model.release(release).deployer));
        }
        for resource in [self.resource, self.service.resource].into_iter().flatten() {
            for position in order::of_resource(model, resource) {
                if !positions.iter().any(|known| known.sequence == position.sequence) {
                    positions.push(position);
                }
            }
        }
        positions
    }
}

fn fields(places: &[Place]) -> Fact {
    let items = places.iter().map(|place| Fact::bool(true, Some(*place)));
    Fact { value: FactValue::List(items.collect()), place: None }
}

fn deployer(q: &Asked<'_, Agent>) -> Option<Deployer> {
    q.it.release.map(|release| q.model.release(release).deployer)
}

/// The Application that renders the chart; one that only applies manifests draws nothing anew.
fn application_of(q: &Asked<'_, Agent>) -> Option<crate::model::AppId> {
    match deployer(q)? {
        Deployer::Application(app) => Some(app),
        _ => None,
    }
}

fn application(q: &Asked<'_, Agent>) -> Fact {
    let Some(app) = application_of(q) else { return Fact::ABSENT };
    let scope = q.model.application(app).scope;
    let rank = q.model.applications.iter().take(app.0 as usize).filter(|other| other.scope == scope).count();
    if scope != q.scope {
        return Fact::ABSENT;
    }
    facts::member("application", Some(rank as u32), None)
}

fn automated(q: &Asked<'_, Agent>) -> Fact {
    let Some(app) = application_of(q).map(|app| q.model.application(app)) else {
        return Fact::bool(false, None);
    };
    let place = app.automated_at.map(|at| {
        let document = &q.model.doc(at.doc).tree;
        let key = document.key_of(at.node).map(|node| At { doc: at.doc, node });
        q.model.place(key.unwrap_or(at))
    });
    Fact::bool(app.automated, place)
}

fn ignored<'a>(q: &Asked<'a, Agent>) -> Option<&'a crate::datadog::ignored::TokenIgnored> {
    q.datadog.scope(q.scope)?.ignored.get(q.index as usize)?.as_ref()
}

fn opens_on_node(q: &Asked<'_, Agent>) -> Fact {
    let Some(ports) = &q.it.node_ports else { return Fact::UNKNOWN };
    let (Some(apm), Some(dogstatsd)) = (q.it.apm_on_node.value, q.it.dogstatsd_on_node.value) else {
        return Fact::UNKNOWN;
    };
    let mut items: Vec<Fact> = ports.iter().map(|port| Fact::str(port, None)).collect();
    if apm {
        items.push(Fact::str("apm", q.it.apm_on_node.place));
    }
    if dogstatsd {
        items.push(Fact::str("dogstatsd", q.it.dogstatsd_on_node.place));
    }
    Fact { value: FactValue::List(items), place: q.it.apm_on_node.place }
}

fn service_port(q: &Asked<'_, Agent>) -> Fact {
    let Some(service) = q.it.service.resource else { return Fact::ABSENT };
    let ports = crate::datadog::from_manifests::service_ports(q.model, q.model.resource(service));
    let port = ports.iter().find(|port| port.protocol == "TCP" && port.target == q.it.apm_port);
    port.and_then(|port| port.number.map(|number| Fact::int(number, Some(port.place))))
        .unwrap_or(Fact::ABSENT)
}

/// The clients that send traces to this installation, or to one whose Service is not known by name.
fn senders<'a>(q: &Asked<'a, Agent>) -> Vec<&'a crate::datadog::clients::Client> {
    use crate::datadog::target::{Leg, TargetKind};
    let Some(scope) = q.datadog.scope(q.scope) else { return Vec::new() };
    let named = |client: &crate::datadog::clients::Client| {
        q.it.service_name().is_none()
            && client.target.kind == TargetKind::Name
            && client.target.host.as_deref().is_some_and(|host| host.contains("datadog"))
    };
    scope
        .clients
        .iter()
        .filter(|client| client.leg == Leg::Apm && client.sends)
        .filter(|client| crate::datadog::readiness::reaches(client, q.it) || named(client))
        .filter(|client| {
            q.it.apm_port.is_none() || client.target.port.is_none() || client.target.port == q.it.apm_port
        })
        .collect()
}

fn clients(q: &Asked<'_, Agent>) -> Fact {
    let items = senders(q).into_iter().map(|client| {
        Fact::str(&q.model.resource(client.resource).name, client.host_place.or(client.value_place))
    });
    Fact { value: FactValue::List(items.collect()), place: None }
}

fn client_places(q: &Asked<'_, Agent>) -> Fact {
    let items = senders(q)
        .into_iter()
        .filter_map(|client| Some(Fact::bool(true, Some(client.host_place.or(client.value_place)?))));
    Fact { value: FactValue::List(items.collect()), place: None }
}
