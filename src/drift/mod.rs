//! What changes from one render of a chart to the next, though nothing was changed: the drift that ArgoCD sees.
//!
//! A chart is rendered twice with different answers to what a render cannot know (`ddlint_helm::world`). The fields
//! that differ are exactly those that drift; the origins of their bytes name the calls; and the values that were
//! tested around a call are tried out, to find those that end the drift (see [`keys`]).
//!
//! Deliberately absent: how grave it is, what an Application ignores (`views::drift`), words (rules).

mod compare;
mod flags;
mod keys;
mod null;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ddlint_helm::manifest::RenderedDocument;
use ddlint_helm::origin::{Leaf, Place, Sensed};
use ddlint_helm::render::Rendered;
use ddlint_helm::world::{Draw, World};

pub(crate) use compare::FieldAt;
use compare::Sources;
pub(crate) use keys::{KeyFound, member_steps};

use crate::render::{Variation, Varied};

/// What makes fields differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A random function, or the clock, or an order that is not specified.
    Random,
    /// `lookup`, which finds nothing under ArgoCD.
    Lookup,
    /// `.Release.IsInstall` and the like, which never change under ArgoCD.
    InstallFlag,
    /// A null for a subchart's default, which Helm 3 and Helm 4 take differently.
    NullDefault,
}

/// A call in a template.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct CallAt {
    /// The file and the bytes.
    pub(crate) place: Place,
    /// What is called.
    pub(crate) function: Arc<str>,
}

impl CallAt {
    /// What a random leaf was called by.
    fn random(leaf: &Leaf) -> Option<CallAt> {
        match leaf {
            Leaf::Random { function, call } | Leaf::Unordered { function, call } => {
                Some(CallAt { place: call.clone(), function: function.clone() })
            }
            _ => None,
        }
    }
}

/// One cause with the fields that it changes.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What it is.
    pub(crate) kind: Kind,
    /// The calls, the first one first in the chart; for a null the null.
    pub(crate) calls: Vec<CallAt>,
    /// Values that would end it, the best one first.
    pub(crate) keys: Vec<KeyFound>,
    /// The fields, in the order of the documents. Documents that ArgoCD never applies are left out.
    pub(crate) fields: Vec<FieldAt>,
    /// Those of the fields that stand in pod templates.
    pub(crate) pods: Vec<FieldAt>,
    /// Every field belongs to a hook.
    pub(crate) hooks_only: bool,
}

/// A field that differs, and why.
pub(super) struct Field {
    pub(super) at: FieldAt,
    pub(super) calls: BTreeSet<CallAt>,
    /// Paths of values that were tested around it.
    pub(super) guards: BTreeSet<String>,
}

/// The causes of one release.
pub(crate) fn find(varied: &Varied<'_, '_>, base: &Rendered) -> Vec<Found> {
    let mut out = Vec::new();
    let random = |leaf: &Leaf| matches!(leaf, Leaf::Random { .. } | Leaf::Unordered { .. });
    if base.origins.any_leaf(random) {
        out.extend(random_causes(varied, base));
    }
    let drifting: BTreeSet<usize> = out.iter().flat_map(|it| it.fields.iter().map(|f| f.document)).collect();
    out.extend(flags::lookups(varied, base, &drifting));
    out.extend(flags::install_flags(varied, base, &drifting));
    out.extend(null::null_defaults(varied, base));
    out
}

fn second_draw() -> World {
    World { draw: Draw::Second, cluster: None }
}

fn random_causes(varied: &Varied<'_, '_>, base: &Rendered) -> Vec<Found> {
    let random = |leaf: &Leaf| matches!(leaf, Leaf::Random { .. } | Leaf::Unordered { .. });
    let drawing = sources(base, random, |asked| asked.random);
    let second = |only| {
        let variation = Variation {
            world: second_draw(),
            only,
            keep_values: true,
            unchecked: true,
            ..Variation::default()
        };
        varied.render(&variation).ok()
    };
    let differing = |second: &Rendered, only: Option<&Sources>| -> Vec<Field> {
        let differing = compare::differing(&base.documents, &second.documents, only);
        let applied = |at: &FieldAt| base.documents.get(at.document).is_some_and(compare::applied);
        let fields = differing.unwrap_or_else(|| tainted(base)).into_iter().filter(applied);
        fields.map(|at| attributed(base, at)).collect()
    };
    // Only what draws can change. Where it changes without a draw, a template that was left out has a hand in it.
    let Some(mut again) = second(Some(drawing.clone())) else { return Vec::new() };
    let mut fields = differing(&again, Some(&drawing));
    let mut only = Some(drawing);
    if fields.iter().any(|field| field.calls.is_empty()) {
        let Some(whole) = second(None) else { return Vec::new() };
        (again, only) = (whole, None);
        fields = differing(&again, None);
    }
    if fields.is_empty() {
        return Vec::new();
    }
    let tried = keys::stopping(varied, base, &keys::Again::new(base, &again, only.as_ref()), &fields);
    group(base, &fields, &tried)
}

/// The templates that asked for something, or that print what another one made of the answer.
fn sources(base: &Rendered, leaf: impl Fn(&Leaf) -> bool, asked: impl Fn(&Sensed) -> bool) -> Sources {
    let mut out = printing(base, leaf);
    out.extend(base.sensed.iter().filter(|(_, it)| asked(it)).map(|(source, _)| source.clone()));
    out
}

/// The templates with such a leaf behind their documents.
fn printing(base: &Rendered, leaf: impl Fn(&Leaf) -> bool) -> Sources {
    let reached = base.origins.reaching(leaf);
    let printed = |it: &&RenderedDocument| it.segments.iter().any(|segment| reached.contains(segment.origin));
    base.documents.iter().filter(printed).map(|it| it.source.clone()).collect()
}

/// Where the documents of two draws do not line up: what is made of random text.
fn tainted(base: &Rendered) -> Vec<FieldAt> {
    let mut out = Vec::new();
    for (document, it) in base.documents.iter().enumerate() {
        let mut stack: Vec<_> = compare::root(it).into_iter().collect();
        while let Some(node) = stack.pop() {
            if node.is_scalar() {
                let at = FieldAt { document, span: node.span() };
                if !attributed(base, at).calls.is_empty() {
                    out.push(at);
                }
            }
            stack.extend(node.entries().map(|(_, value)| value).chain(node.items()));
        }
    }
    out.sort();
    out
}

/// Calls and tested values behind a field.
fn attributed(base: &Rendered, at: FieldAt) -> Field {
    let mut field = Field { at, calls: BTreeSet::new(), guards: BTreeSet::new() };
    let Some(document) = base.documents.get(at.document) else { return field };
    let text = document.text.get(at.span.start as usize..at.span.end as usize).unwrap_or_default();
    let evidence = document.evidence(&base.origins, at.span.start, at.span.end, text.contains('\n'));
    let mut tested_calls = BTreeSet::new();
    for (origin, _) in evidence {
        let resolved = base.origins.resolve(origin);
        field.calls.extend(resolved.printed.iter().filter_map(CallAt::random));
        tested_calls.extend(resolved.tested.iter().filter_map(CallAt::random));
        let paths = resolved.tested.iter().chain(&resolved.printed).filter_map(|leaf| match leaf {
            Leaf::Value { path, .. } | Leaf::Set { path } => Some(path.to_string()),
            _ => None,
        });
        field.guards.extend(paths);
    }
    if field.calls.is_empty() {
        field.calls = tested_calls;
    }
    field
}

/// A cause in the making.
#[derive(Default)]
struct Draft {
    key: Option<String>,
    calls: BTreeSet<CallAt>,
    fields: BTreeSet<usize>,
}

/// One cause for each value that ends the drift of fields, then one for each call that no value ends.
fn group(base: &Rendered, fields: &[Field], tried: &keys::Tried) -> Vec<Found> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut left: BTreeSet<usize> = (0..fields.len()).filter(|at| tried.ends(*at)).collect();
    while let Some(key) = tried.best(&left) {
        let mut draft = Draft { key: Some(key.to_string()), ..Draft::default() };
        draft.fields = left.iter().copied().filter(|at| tried.stops(key, *at)).collect();
        if draft.fields.is_empty() {
            break;
        }
        draft.calls =
            draft.fields.iter().filter_map(|at| fields.get(*at)).flat_map(|f| f.calls.clone()).collect();
        left.retain(|at| !draft.fields.contains(at));
        drafts.push(draft);
    }
    // What mixes several causes belongs to each; calls that nothing ends are causes of their own.
    let mut by_call: BTreeMap<Option<&CallAt>, BTreeSet<usize>> = BTreeMap::new();
    let endless: Vec<(usize, &Field)> =
        fields.iter().enumerate().filter(|(at, _)| !tried.ends(*at)).collect();
    for (at, field) in &endless {
        let mut covered: BTreeSet<CallAt> = BTreeSet::new();
        for draft in &mut drafts {
            let guarded = draft.key.as_ref().is_some_and(|key| field.guards.contains(key));
            if guarded && !draft.calls.is_disjoint(&field.calls) {
                draft.fields.insert(*at);
                covered.extend(draft.calls.iter().cloned());
            }
        }
        for call in field.calls.iter().filter(|call| !covered.contains(call)) {
            by_call.entry(Some(call)).or_default().insert(*at);
        }
        if field.calls.is_empty() {
            by_call.entry(None).or_default().insert(*at);
        }
    }
    for (call, set) in &mut by_call {
        let Some(call) = call else { continue };
        set.extend(endless.iter().filter(|(_, field)| field.calls.contains(call)).map(|(at, _)| *at));
    }
    let mut of_calls: Vec<Draft> = Vec::new();
    for (call, set) in by_call {
        let calls: BTreeSet<CallAt> = call.into_iter().cloned().collect();
        match of_calls.iter_mut().find(|draft| belong_together(base, fields, draft, &calls, &set)) {
            Some(draft) => {
                draft.calls.extend(calls);
                draft.fields.extend(set);
            }
            None => of_calls.push(Draft { key: None, calls, fields: set }),
        }
    }
    drafts.extend(of_calls);
    drafts.into_iter().map(|draft| found(base, fields, draft, tried)).collect()
}

/// A certificate and the authority that signs it: calls of one file that go into one field outside of pods.
fn belong_together(
    base: &Rendered,
    fields: &[Field],
    draft: &Draft,
    calls: &BTreeSet<CallAt>,
    set: &BTreeSet<usize>,
) -> bool {
    let file = |calls: &BTreeSet<CallAt>| calls.first().map(|call| call.place.file.clone());
    let outside = |at: &usize| fields.get(*at).is_some_and(|field| !in_pods(base, field.at));
    draft.fields == *set || file(&draft.calls) == file(calls) && draft.fields.intersection(set).any(outside)
}

fn in_pods(base: &Rendered, at: FieldAt) -> bool {
    let template = base.documents.get(at.document).and_then(compare::pod_template);
    template.is_some_and(|node| {
        let span = node.full_span();
        span.start <= at.span.start && at.span.start <= span.end
    })
}

fn found(base: &Rendered, fields: &[Field], draft: Draft, tried: &keys::Tried) -> Found {
    let keys = match &draft.key {
        Some(key) => tried.alternatives(key, &draft.fields),
        None => Vec::new(),
    };
    let calls: Vec<CallAt> = draft.calls.into_iter().collect();
    let fields: Vec<FieldAt> = draft.fields.iter().filter_map(|at| Some(fields.get(*at)?.at)).collect();
    let cause = made(base, Kind::Random, calls, fields);
    Found { keys, ..cause }
}

/// A cause, with what follows from its fields.
pub(super) fn made(base: &Rendered, kind: Kind, calls: Vec<CallAt>, mut fields: Vec<FieldAt>) -> Found {
    fields.sort();
    fields.dedup();
    let hook =
        |at: &FieldAt| base.documents.get(at.document).is_some_and(|it| !compare::hooks(it).is_empty());
    Found {
        kind,
        calls,
        keys: Vec::new(),
        pods: fields.iter().copied().filter(|at| in_pods(base, *at)).collect(),
        hooks_only: fields.iter().all(hook),
        fields,
    }
}
