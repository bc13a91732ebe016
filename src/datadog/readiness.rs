//! Whether something waits until the trace-agent really listens: scripts that wait for pods only, DaemonSets whose
//! container has no readiness probe.
//!
//! Deliberately absent: the chart's own DaemonSet, which has no value for such a probe.

use crate::model::release::Deployer;
use crate::model::script::{Script, Step, StepKind};
use crate::model::{At, Model, ResourceId};
use crate::source::Place;

use super::agent::{Agent, Form};
use super::clients::Client;
use super::from_manifests::{container_place, service_ports};
use super::neighbours::Neighbours;
use super::pods::{below, selects};
use super::target::{Leg, TargetKind};

/// A place where somebody relies on the Agent being ready.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Readiness {
    /// In a script (else: in a DaemonSet).
    pub(crate) script: bool,
    /// What is deployed, or the container that listens.
    pub(crate) name: String,
    /// The line that deploys it, or the container's name.
    pub(crate) place: Place,
    /// The line that waits.
    pub(crate) wait: Option<Place>,
    /// Something contacts the port before, or a probe does.
    pub(crate) probed: bool,
    /// The port.
    pub(crate) port: i64,
    /// The Service.
    pub(crate) service: Option<String>,
    /// The container that listens.
    pub(crate) container: Option<At>,
    /// The workload.
    pub(crate) resource: ResourceId,
}

/// Who relies on readiness in a scope.
pub(crate) fn readiness(
    model: &Model,
    near: &Neighbours<'_>,
    agents: &[Agent],
    clients: &[Client],
) -> Vec<Readiness> {
    let mut found = Vec::new();
    for &id in &near.scope.scripts {
        of_script(model, id.0, model.script(id), agents, clients, &mut found);
    }
    for agent in agents.iter().filter(|agent| agent.form == Form::HandWritten) {
        of_daemonset(model, near, agent, &mut found);
    }
    found
}

/// The Agent sends to an installation: its Service, or the node.
pub(crate) fn reaches(client: &Client, agent: &Agent) -> bool {
    match client.target.kind {
        TargetKind::NodeIp => agent.node_agents != Some(false),
        TargetKind::Name => {
            let name = client.target.host.as_deref().and_then(super::resolve::cluster_name);
            name.is_some_and(|name| {
                let namespace = name.namespace.or_else(|| client.namespace.clone());
                agent.service_name() == Some(name.service.as_str())
                    && (namespace.is_none() || agent.namespace.is_none() || namespace == agent.namespace)
            })
        }
        _ => false,
    }
}

/// The step installs the Agent.
fn installs(model: &Model, id: u32, index: usize, step: &Step, agent: &Agent) -> bool {
    if let Some(Deployer::Script(script, at)) = agent.release.map(|release| model.release(release).deployer)
        && script.0 == id
        && at == index
    {
        return true;
    }
    match &step.kind {
        StepKind::Apply { resources, .. } => {
            agent.resource.is_some_and(|resource| resources.contains(&resource))
        }
        StepKind::Helm { release, .. } => release.is_some() && *release == agent.release,
        _ => false,
    }
}

/// The step deploys the resource.
fn deploys(model: &Model, step: &Step, resource: ResourceId) -> bool {
    match &step.kind {
        StepKind::Apply { resources, .. } => resources.contains(&resource),
        StepKind::Helm { release, .. } => release.is_some() && model.resource(resource).release == *release,
        _ => false,
    }
}

fn of_script(
    model: &Model,
    id: u32,
    script: &Script,
    agents: &[Agent],
    clients: &[Client],
    found: &mut Vec<Readiness>,
) {
    for agent in agents {
        let Some(install) =
            script.steps.iter().enumerate().position(|(index, step)| installs(model, id, index, step, agent))
        else {
            continue;
        };
        for (index, step) in script.steps.iter().enumerate().skip(install + 1) {
            let client = clients.iter().find(|client| {
                client.leg == Leg::Apm
                    && client.sends
                    && !client.waits
                    && client.repaired != Some(true)
                    && deploys(model, step, client.resource)
                    && reaches(client, agent)
            });
            let Some(client) = client else { continue };
            let port = client.target.port.unwrap_or(8126);
            let between = script.steps.get(install + 1..index).unwrap_or_default();
            let waits = |step: &&Step| matches!(step.kind, StepKind::Wait(_));
            let first = script.steps.get(install);
            let by_helm = first.filter(|step| matches!(step.kind, StepKind::Helm { wait: true, .. }));
            let wait = between.iter().rev().find(waits).or(by_helm).map(|step| step.place);
            let contacts = |step: &Step| match &step.kind {
                StepKind::Contact(words) => words.contains(&format!("{port}")) || words.contains("/info"),
                _ => false,
            };
            found.push(Readiness {
                script: true,
                name: model.resource(client.resource).name.clone(),
                place: step.place,
                wait,
                probed: between.iter().any(contacts),
                port,
                service: agent.service_name().map(str::to_string),
                container: None,
                resource: client.resource,
            });
        }
    }
}

fn of_daemonset(model: &Model, near: &Neighbours<'_>, agent: &Agent, found: &mut Vec<Readiness>) {
    let (Some(id), Some(port)) = (agent.resource, agent.apm_port) else { return };
    let resource = model.resource(id);
    let Some(workload) = &resource.workload else { return };
    let service = near.services_of(resource, workload).into_iter().find(|&other| {
        let other = model.resource(other);
        selects(model, other, workload)
            && service_ports(model, other)
                .iter()
                .any(|given| given.target == Some(port) && given.protocol == "TCP")
    });
    let Some(service) = service else { return };
    let owner = workload.containers.iter().find(|container| {
        container.ports.iter().any(|given| given.container_port == Some(port) && given.protocol != "UDP")
    });
    let Some(owner) = owner else { return };
    let probed =
        ["readinessProbe", "startupProbe"].iter().any(|key| below(model, owner.at, &[key]).is_some());
    found.push(Readiness {
        script: false,
        name: owner.name.clone(),
        place: container_place(model, owner),
        wait: None,
        probed,
        port,
        service: Some(model.resource(service).name.clone()),
        container: Some(owner.at),
        resource: id,
    });
}
