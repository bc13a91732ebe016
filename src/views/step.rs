//! The view `step`: the lines of shell scripts that deploy, restart, wait or look.

use super::{ByScope, Fact, FactSpec, FactType, View, facts, order};
use crate::model::script::{Step, StepKind};
use crate::model::{At, Model, ResourceId, ScopeId, ScriptId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec {
        name: "kind",
        kind: FactType::Str,
        doc: "`apply`, `helm`, `restart`, `wait`, `contact` or `set-env`",
    },
    FactSpec { name: "script", kind: FactType::Str, doc: "the script, relative to the root" },
    FactSpec { name: "index", kind: FactType::Int, doc: "its place in the order in which the script runs" },
    FactSpec {
        name: "text",
        kind: FactType::Str,
        doc: "the words of the command, as far as the model keeps them",
    },
    FactSpec { name: "chart", kind: FactType::Str, doc: "the chart of a `helm` step" },
    FactSpec { name: "release", kind: FactType::Str, doc: "the release's name of a `helm` step" },
    FactSpec {
        name: "waits",
        kind: FactType::Bool,
        doc: "a `helm` step has `--wait`, or it is a `wait` step",
    },
    FactSpec { name: "files", kind: FactType::List, doc: "the files and folders of an `apply` step" },
];

/// Every step, with the index of its script and its own.
pub(super) struct Steps(ByScope<(ScriptId, u32)>);

impl Steps {
    pub(super) fn build(model: &Model) -> Self {
        let mut all = Vec::new();
        for (scope, it) in model.scopes.iter().enumerate() {
            for script in &it.scripts {
                let steps = 0..model.script(*script).steps.len() as u32;
                all.extend(steps.map(|step| (ScopeId(scope as u32), (*script, step))));
            }
        }
        Steps(ByScope::new(model, all))
    }

    fn get<'m>(&self, model: &'m Model, scope: ScopeId, member: u32) -> Option<&'m Step> {
        let (script, step) = *self.0.get(scope, member)?;
        model.script(script).steps.get(step as usize)
    }
}

impl View for Steps {
    fn name(&self) -> &'static str {
        "step"
    }
    fn doc(&self) -> &'static str {
        "every line of a shell script that deploys, restarts, waits, contacts a host or sets variables"
    }
    fn facts(&self) -> &'static [FactSpec] {
        FACTS
    }
    fn len(&self, scope: ScopeId) -> usize {
        self.0.len(scope)
    }
    fn fact(&self, model: &Model, scope: ScopeId, member: u32, fact: usize) -> Fact {
        let Some(it) = self.get(model, scope, member) else { return Fact::ABSENT };
        let (script, index) = self.0.get(scope, member).copied().unwrap_or((ScriptId(0), 0));
        let place = Some(it.place);
        match fact {
            0 => {
                let kind = match it.kind {
                    StepKind::Apply { .. } => "apply",
                    StepKind::Helm { .. } => "helm",
                    StepKind::Restart(_) => "restart",
                    StepKind::Wait(_) => "wait",
                    StepKind::Contact(_) => "contact",
                    StepKind::SetEnv(_) => "set-env",
                };
                Fact::str(kind, place)
            }
            1 => Fact::str(&model.sources.get(model.script(script).file).root_path, None),
            2 => Fact::int(i64::from(index), place),
            3 => match &it.kind {
                StepKind::Restart(words)
                | StepKind::Wait(words)
                | StepKind::Contact(words)
                | StepKind::SetEnv(words) => Fact::str(words, place),
                StepKind::Apply { .. } | StepKind::Helm { .. } => Fact::ABSENT,
            },
            4 | 5 => match &it.kind {
                StepKind::Helm { chart, name, .. } => Fact::str(if fact == 4 { chart } else { name }, place),
                _ => Fact::ABSENT,
            },
            6 => {
                let waits = matches!(it.kind, StepKind::Helm { wait: true, .. } | StepKind::Wait(_));
                Fact::bool(waits, place)
            }
            _ => match &it.kind {
                StepKind::Apply { files, .. } => {
                    facts::texts(files.iter().map(|file| (file.as_str(), place)))
                }
                _ => Fact::ABSENT,
            },
        }
    }
    fn node(&self, _: &Model, _: ScopeId, _: u32) -> Option<At> {
        None
    }
    fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
        self.get(model, scope, member).map(|it| it.place)
    }
    fn resource(&self, _: &Model, _: ScopeId, _: u32) -> Option<ResourceId> {
        None
    }
    fn positions(&self, model: &Model, scope: ScopeId, member: u32) -> Vec<order::Position> {
        let Some(&(script, step)) = self.0.get(scope, member) else { return Vec::new() };
        order::of_step(model, script, step as usize).into_iter().collect()
    }
}
