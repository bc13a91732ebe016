//! The views of what is known about Datadog: installations, their containers, who sends to them, and what stands in
//! files about them. The knowledge is in `crate::datadog`; here each piece gets its name and its documentation.
//!
//! Deliberately absent: computing anything but how two members belong together.

mod agent;
mod agent_container;

mod settings;
mod tracer_client;
mod tracer_deployment;

use std::sync::Arc;

use super::order::Position;
use super::{Fact, FactSpec, FactValue, View, facts};
use crate::datadog::Datadog;
use crate::model::{At, Model, ReleaseId, ResourceId, ScopeId};
use crate::source::Place;

/// What the views of this room list.
pub(super) struct Known {
    datadog: Datadog,
    deployments: Vec<Vec<tracer_deployment::Deployment>>,
}

/// How a fact of a member is had.
pub(super) type Get<T> = fn(&Asked<'_, T>) -> Fact;

/// A member about which a fact is asked.
pub(super) struct Asked<'a, T> {
    model: &'a Model,
    datadog: &'a Datadog,
    scope: ScopeId,
    index: u32,
    it: &'a T,
}

/// A kind of member: its names, its facts, its list.
pub(super) trait Listed: Sized + Send + Sync + 'static {
    const NAME: &'static str;
    const DOC: &'static str;
    const SPECS: &'static [FactSpec];
    const GETS: &'static [Get<Self>];
    /// Whether its facts depend on what changes from render to render.
    const READS_DRIFT: bool = false;

    fn list(known: &Known, scope: ScopeId) -> &[Self];
    fn place(&self, model: &Model) -> Option<Place>;
    fn node(&self) -> Option<At> {
        None
    }
    fn resource(&self) -> Option<ResourceId>;
    fn release(&self) -> Option<ReleaseId> {
        None
    }
    fn positions(&self, model: &Model) -> Vec<Position> {
        self.resource().map(|resource| super::order::of_resource(model, resource)).unwrap_or_default()
    }
}

/// Declares the facts of a kind of member: name, type, documentation and how it is had.
macro_rules! declare {
    ($($name:literal, $kind:expr, $doc:literal, $get:expr;)*) => {
        const SPECS: &'static [$crate::views::FactSpec] =
            &[$($crate::views::FactSpec { name: $name, kind: $kind, doc: $doc }),*];
        const GETS: &'static [$crate::views::datadog::Get<Self>] = &[$($get),*];
    };
}
use declare;

/// The view over one kind of member.
struct ListView<T: Listed>(Arc<Known>, std::marker::PhantomData<fn() -> T>);

impl<T: Listed> ListView<T> {
    fn get(&self, scope: ScopeId, member: u32) -> Option<&T> {
        T::list(&self.0, scope).get(member as usize)
    }
}

impl<T: Listed> View for ListView<T> {
    fn name(&self) -> &'static str {
        T::NAME
    }
    fn doc(&self) -> &'static str {
        T::DOC
    }
    fn reads_drift(&self) -> bool {
        T::READS_DRIFT
    }
    fn facts(&self) -> &'static [FactSpec] {
        T::SPECS
    }
    fn len(&self, scope: ScopeId) -> usize {
        T::list(&self.0, scope).len()
    }
    fn fact(&self, model: &Model, scope: ScopeId, member: u32, fact: usize) -> Fact {
        let (Some(it), Some(get)) = (self.get(scope, member), T::GETS.get(fact)) else { return Fact::ABSENT };
        get(&Asked { model, datadog: &self.0.datadog, scope, index: member, it })
    }
    fn node(&self, _: &Model, scope: ScopeId, member: u32) -> Option<At> {
        self.get(scope, member)?.node()
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        self.get(scope, member)?.place(model)
    }
    fn resource(&self, _: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
        self.get(scope, member)?.resource()
    }
    fn release(&self, _: &Model, scope: ScopeId, member: u32) -> Option<ReleaseId> {
        self.get(scope, member)?.release()
    }
    fn positions(&self, model: &Model, scope: ScopeId, member: u32) -> Vec<Position> {
        self.get(scope, member).map(|it| it.positions(model)).unwrap_or_default()
    }
}

/// Every view of this room.
pub(super) fn build(model: &Model) -> Vec<Box<dyn View>> {
    let datadog = Datadog::build(model);
    let scopes = 0..model.scopes.len() as u32;
    let deployments =
        scopes.map(|scope| tracer_deployment::deployments(model, &datadog, ScopeId(scope))).collect();
    let known = Arc::new(Known { datadog, deployments });
    fn view<T: Listed>(known: &Arc<Known>) -> Box<dyn View> {
        Box::new(ListView::<T>(known.clone(), std::marker::PhantomData))
    }
    vec![
        view::<crate::datadog::agent::Agent>(&known),
        view::<crate::datadog::containers::AgentContainer>(&known),
        view::<crate::datadog::clients::Client>(&known),
        view::<tracer_deployment::Deployment>(&known),
        view::<crate::datadog::custom_config::ConfigTrouble>(&known),
        view::<crate::datadog::switches::TlsOff>(&known),
        view::<crate::datadog::switches::LogSetting>(&known),
        view::<crate::datadog::secrets::ClusterToken>(&known),
        view::<crate::datadog::secrets::PlainKey>(&known),
        view::<crate::datadog::statuses::ErrorStatuses>(&known),
        view::<crate::datadog::host_network::HostNetworkPod>(&known),
        view::<crate::datadog::readiness::Readiness>(&known),
    ]
}

/// A truth value that may not be known.
fn maybe(value: Option<bool>, place: Option<Place>) -> Fact {
    match value {
        Some(value) => Fact::bool(value, place),
        None => Fact { value: FactValue::Unknown, place },
    }
}

/// A number that may not be known.
fn number(value: Option<i64>, place: Option<Place>) -> Fact {
    match value {
        Some(value) => Fact::int(value, place),
        None => Fact { value: FactValue::Unknown, place },
    }
}

/// Text that is there or not.
fn word(value: Option<&str>, place: Option<Place>) -> Fact {
    match value {
        Some(value) => Fact::str(value, place),
        None => Fact { value: FactValue::Absent, place },
    }
}

/// Text that may not be known.
fn known_word(value: Option<&str>, place: Option<Place>) -> Fact {
    match value {
        Some(value) => Fact::str(value, place),
        None => Fact { value: FactValue::Unknown, place },
    }
}

/// A place without a value of its own, for pointing at.
fn spot(place: Option<Place>) -> Fact {
    match place {
        Some(place) => Fact::bool(true, Some(place)),
        None => Fact::ABSENT,
    }
}

/// The member of the view `agent` with that index.
fn agent_member(index: Option<usize>) -> Fact {
    facts::member("agent", index.map(|index| index as u32), None)
}
