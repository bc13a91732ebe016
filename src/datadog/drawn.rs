//! What the render of an installation's chart showed: whether the token and the telemetry ConfigMap are drawn anew, and
//! every field that changes with them. Where a chart was rendered this is certain, and the values are only where it is
//! mended.
//!
//! Deliberately absent: rendering (`crate::drift`).

use std::collections::BTreeMap;

use crate::model::drift::{Drift, Kind};
use crate::model::resource::Resource;
use crate::model::{Model, ReleaseId, Scope};
use crate::source::{FileId, Place};

use super::agent::Agent;
use super::token::TokenSource;

/// Corrects the installations of a scope by what their charts were rendered to.
pub(super) fn correct(model: &Model, scope: &Scope, agents: &mut [Agent]) {
    if !agents.iter().any(|agent| agent.release.is_some()) {
        return;
    }
    let mut resources: BTreeMap<FileId, &Resource> = BTreeMap::new();
    for id in &scope.resources {
        let resource = model.resource(*id);
        if resource.release.is_some() {
            resources.insert(model.doc(resource.at.doc).file, resource);
        }
    }
    for agent in agents {
        let Some(release) = agent.release.map(|release| topmost(model, release)) else { continue };
        let stem = agent.fullname.clone();
        let own = |resource: &Resource, kind: &str, suffix: &str| {
            resource.release == Some(release)
                && resource.kind == kind
                && match &stem {
                    Some(stem) => resource.name == format!("{stem}{suffix}"),
                    None => resource.name.ends_with(suffix),
                }
        };
        let drawn = |kind: &str, suffix: &str| {
            let about = |place: &Place| resources.get(&place.file).is_some_and(|it| own(it, kind, suffix));
            let causes = model.drift.iter().filter(|it| it.kind == Kind::Random && it.release == release);
            causes.into_iter().find(|it| it.fields.iter().any(about)).map(|it| fields(it, about))
        };
        let rendered = |kind: &str, suffix: &str| resources.values().any(|it| own(it, kind, suffix));
        match drawn("Secret", "-cluster-agent") {
            Some(fields) => {
                agent.token.source = TokenSource::Generated;
                agent.token.place = agent.token.place.or(fields.first().copied());
                agent.token.fields = fields;
            }
            None if agent.token.source == TokenSource::Generated && rendered("DaemonSet", "") => {
                agent.token.source = TokenSource::Kept;
            }
            None => {}
        }
        match drawn("ConfigMap", "-kpi-telemetry-configmap") {
            Some(fields) => {
                agent.kpi.random = Some(true);
                agent.kpi.place = agent.kpi.place.or(fields.first().copied());
                agent.kpi.fields = fields;
            }
            None if rendered("ConfigMap", "-kpi-telemetry-configmap") => agent.kpi.random = Some(false),
            None => {}
        }
    }
}

/// The release that was rendered: the umbrella chart's.
fn topmost(model: &Model, release: ReleaseId) -> ReleaseId {
    let mut at = release;
    while let Some(parent) = model.release(at).parent {
        at = parent;
    }
    at
}

/// The fields of a cause, those of its own object first.
fn fields(drift: &Drift, own: impl Fn(&Place) -> bool) -> Vec<Place> {
    let (first, rest): (Vec<Place>, Vec<Place>) = drift.fields.iter().partition(|place| own(place));
    first.into_iter().chain(rest).collect()
}
