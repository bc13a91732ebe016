//! The view `tracer-deployment`: each way in which a container that sends telemetry comes into the cluster.

use super::{Asked, Known, Listed, declare, word};
use crate::datadog::Datadog;
use crate::datadog::clients::Client;
use crate::datadog::readiness::reaches;
use crate::model::{Model, ResourceId, ScopeId};
use crate::source::Place;
use crate::views::FactType::{List, Member, Str};
use crate::views::order::Position;
use crate::views::{Fact, FactValue, facts};

/// A tracer client in one sequence of deployment.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// The index of the client in its scope.
    client: usize,
    resource: ResourceId,
    position: Position,
}

/// The ways in which the clients of a scope are deployed.
pub(super) fn deployments(model: &Model, datadog: &Datadog, scope: ScopeId) -> Vec<Deployment> {
    let clients = datadog.scope(scope).map(|scope| scope.clients.as_slice()).unwrap_or_default();
    let mut found = Vec::new();
    for (client, it) in clients.iter().enumerate() {
        for position in it.positions(model) {
            found.push(Deployment { client, resource: it.resource, position });
        }
    }
    found
}

impl Listed for Deployment {
    const NAME: &'static str = "tracer-deployment";
    const DOC: &'static str = "each way in which a member of `tracer-client` is deployed: in an Application, with its \
                               Application among others, by a line of a script";
    declare! {
        "client", Member("tracer-client"), "the container and the leg that it sends",
            |q| facts::member("tracer-client", Some(q.it.client as u32), None);
        "in", Str, "`application` (the waves of one Application), `applications` (the waves of several), `script`",
            |q| Fact::str(q.it.position.sequence.kind(), Some(q.it.position.place));
        "late-agents", List, "the manifests of the Agents it sends to that only their wave makes later",
            |q| Fact {
                value: FactValue::List(late(q).into_iter().map(|id| {
                    facts::node(q.model, Some(q.model.resource(id).at))
                }).collect()),
                place: None,
            };
        "early-wave", Str, "the wave in which these Agents come before everyone who sends to them",
            |q| word(early_wave(q).as_deref(), None);
    }

    fn list(known: &Known, scope: ScopeId) -> &[Deployment] {
        known.deployments.get(scope.0 as usize).map(Vec::as_slice).unwrap_or_default()
    }
    fn place(&self, _: &Model) -> Option<Place> {
        Some(self.position.place)
    }
    fn resource(&self) -> Option<ResourceId> {
        Some(self.resource)
    }
    fn positions(&self, _: &Model) -> Vec<Position> {
        vec![self.position.clone()]
    }
}

/// The sync phase, in which waves decide.
const SYNC: i64 = 0;

fn clients<'a>(q: &Asked<'a, Deployment>) -> &'a [Client] {
    q.datadog.scope(q.scope).map(|scope| scope.clients.as_slice()).unwrap_or_default()
}

/// What has to come earlier; nothing where it is not the wave of a manifest that decides, or not alone.
fn late(q: &Asked<'_, Deployment>) -> Vec<ResourceId> {
    let own = &q.it.position;
    let Some(client) = clients(q).get(q.it.client).filter(|_| own.rank.0 == SYNC) else { return Vec::new() };
    let agents = q.datadog.scope(q.scope).map(|scope| scope.agents.as_slice()).unwrap_or_default();
    let mut found = Vec::new();
    for position in agents.iter().filter(|agent| reaches(client, agent)).flat_map(|it| it.positions(q.model))
    {
        if !own.before(&position) {
            continue;
        }
        match position.resource {
            Some(id) if position.rank.0 == SYNC => found.push(id),
            _ => return Vec::new(),
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn early_wave(q: &Asked<'_, Deployment>) -> Option<String> {
    let agents = q.datadog.scope(q.scope)?.agents.as_slice();
    let own = &q.it.position;
    let sender = clients(q).get(q.it.client)?;
    let mine: Vec<_> = agents.iter().filter(|agent| reaches(sender, agent)).collect();
    let same = clients(q).iter().filter(|client| mine.iter().any(|agent| reaches(client, agent)));
    let waves = same.flat_map(|client| client.positions(q.model));
    let waves = waves.filter(|it| it.sequence == own.sequence && it.rank.0 == SYNC).map(|it| it.rank.1);
    Some(waves.min()?.checked_sub(1)?.to_string())
}
