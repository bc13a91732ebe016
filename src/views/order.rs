//! Who comes first: the sequences in which things are deployed, and where a thing stands in each.
//!
//! ArgoCD orders the resources of one Application, and the child Applications of one parent, by phase and wave; a
//! script orders its lines. Two things are compared only within a sequence that both are part of; equal ranks are no
//! order. Deliberately absent: the kind order inside a wave, because ArgoCD does not wait inside a wave.

use crate::model::release::Deployer;
use crate::model::resource::Resource;
use crate::model::script::StepKind;
use crate::model::{AppId, Model, ResourceId, ScriptId};
use crate::source::Place;

use super::{facts, raw, resource};

/// An order of deployment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sequence {
    /// The resources of an Application.
    Application(AppId),
    /// The child Applications of an Application.
    Children(AppId),
    /// The Applications of a folder that no Application of the input deploys.
    Folder(String),
    /// The lines of a script.
    Script(ScriptId),
}

impl Sequence {
    /// The word for it in rule files: `application`, `applications` or `script`.
    pub fn kind(&self) -> &'static str {
        match self {
            Sequence::Application(_) => "application",
            Sequence::Children(_) | Sequence::Folder(_) => "applications",
            Sequence::Script(_) => "script",
        }
    }
}

/// A rank within a sequence: phase and wave, or the number of a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rank(pub i64, pub i64);

/// Where a thing stands in a sequence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    /// The sequence.
    pub sequence: Sequence,
    /// The rank.
    pub rank: Rank,
    /// What decides it: the wave annotation, else the hook annotation, else the name; or the line.
    pub place: Place,
    /// The manifest that has the annotations; none for a line of a script.
    pub resource: Option<ResourceId>,
    /// Branches of a script around it, as (construct, arm).
    pub branches: Vec<(u32, u32)>,
}

impl Position {
    /// Whether this one certainly comes before the other: same sequence, smaller rank, no branches that exclude each
    /// other.
    pub fn before(&self, other: &Position) -> bool {
        let excluded = self.branches.iter().any(|(construct, arm)| {
            other.branches.iter().any(|(its_construct, its_arm)| construct == its_construct && arm != its_arm)
        });
        self.sequence == other.sequence && self.rank < other.rank && !excluded
    }
}

/// A hook annotation.
#[derive(Clone, Debug)]
pub struct Hook {
    /// `argocd.argoproj.io/hook` or, without it, `helm.sh/hook`, as written.
    pub written: String,
    /// The annotation's value.
    pub place: Option<Place>,
}

/// The hook annotation of a resource, if it has one.
pub fn hook(model: &Model, it: &Resource) -> Option<Hook> {
    ["argocd.argoproj.io/hook", "helm.sh/hook"].into_iter().find_map(|annotation| {
        let node = model.node(it.at).at(&["metadata", "annotations", annotation])?;
        let written = node.text()?.to_string();
        let place = Some(model.place(raw::at(it.at.doc, node.id())));
        (written != "Skip" && written != "crd-install").then_some(Hook { written, place })
    })
}

/// Phase (-1 PreSync, 0 Sync, 1 PostSync, 2 SyncFail and others), wave and the place of the annotation of a wave.
pub fn phase_and_wave(model: &Model, it: &Resource) -> (i64, i64, Option<Place>) {
    let phase = hook(model, it).map_or(0, |hook| {
        let phases = hook.written.split(',').map(|word| match word.trim() {
            "PreSync" | "pre-install" | "pre-upgrade" => -1,
            "Sync" => 0,
            "PostSync" | "post-install" | "post-upgrade" => 1,
            _ => 2,
        });
        phases.min().unwrap_or(0)
    });
    let wave = ["argocd.argoproj.io/sync-wave", "helm.sh/hook-weight"].into_iter().find_map(|annotation| {
        let node = model.node(it.at).at(&["metadata", "annotations", annotation])?;
        let wave = node.text()?.parse::<i64>().ok()?;
        Some((wave, model.place(raw::at(it.at.doc, node.id()))))
    });
    (phase, wave.map_or(0, |(wave, _)| wave), wave.map(|(_, place)| place))
}

/// Where a resource stands: in its Application, through it among the Applications beside it, and in scripts.
pub fn of_resource(model: &Model, id: ResourceId) -> Vec<Position> {
    let it = model.resource(id);
    let mut positions = Vec::new();
    if let Some(app) = it.deployed_by {
        let (phase, wave, wave_place) = phase_and_wave(model, it);
        let place = wave_place
            .or_else(|| hook(model, it).and_then(|hook| hook.place))
            .unwrap_or_else(|| resource::place_of(model, it));
        let sequence = Sequence::Application(app);
        let rank = Rank(phase, wave);
        positions.push(Position { sequence, rank, place, resource: Some(id), branches: Vec::new() });
        positions.extend(of_application(model, app));
    }
    for (script, it) in model.scripts.iter().enumerate() {
        for (index, step) in it.steps.iter().enumerate() {
            if matches!(&step.kind, StepKind::Apply { resources, .. } if resources.contains(&id)) {
                positions.extend(of_step(model, ScriptId(script as u32), index));
            }
        }
    }
    positions
}

/// Where an Application stands: among the children of its parent, else among the Applications of its folder; and in
/// the scripts that apply it.
pub fn of_application(model: &Model, id: AppId) -> Vec<Position> {
    let app = model.application(id);
    let it = model.resource(app.resource);
    let sequence = match app.parent {
        Some(parent) => Sequence::Children(parent),
        None => {
            let path = &model.sources.get(model.doc(it.at.doc).file).root_path;
            Sequence::Folder(path.rsplit_once('/').map_or("", |(folder, _)| folder).to_string())
        }
    };
    let place = facts::place(model, app.wave_at).unwrap_or_else(|| resource::place_of(model, it));
    let rank = Rank(0, app.wave);
    let resource = Some(app.resource);
    let mut positions = vec![Position { sequence, rank, place, resource, branches: Vec::new() }];
    if it.deployed_by.is_none() {
        for (script, steps) in model.scripts.iter().enumerate() {
            for (index, step) in steps.steps.iter().enumerate() {
                if matches!(&step.kind, StepKind::Apply { resources, .. } if resources.contains(&app.resource))
                {
                    positions.extend(of_step(model, ScriptId(script as u32), index));
                }
            }
        }
    }
    positions
}

/// Where something that a deployer brings stands.
pub fn of_deployer(model: &Model, deployer: &Deployer) -> Vec<Position> {
    match deployer {
        Deployer::Application(app) => of_application(model, *app),
        Deployer::HelmRelease(resource) => of_resource(model, *resource),
        Deployer::Script(script, step) => of_step(model, *script, *step).into_iter().collect(),
        Deployer::Config(_) | Deployer::Nobody => Vec::new(),
    }
}

/// Where a line of a script stands.
pub fn of_step(model: &Model, script: ScriptId, index: usize) -> Option<Position> {
    let step = model.script(script).steps.get(index)?;
    Some(Position {
        sequence: Sequence::Script(script),
        rank: Rank(index as i64, 0),
        place: step.place,
        resource: None,
        branches: step.branches.clone(),
    })
}
