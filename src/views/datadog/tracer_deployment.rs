//! The view `tracer-deployment`: each way in which a container that sends telemetry comes into the cluster.

use super::{Known, Listed, declare};
use crate::datadog::Datadog;
use crate::model::{Model, ResourceId, ScopeId};
use crate::source::Place;
use crate::views::FactType::{Member, Str};
use crate::views::order::Position;
use crate::views::{Fact, facts};

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
