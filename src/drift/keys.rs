//! Which values end the drift: those that the templates test around a random call are set, one at a time, and the
//! chart is rendered again.
//!
//! A value counts only where nothing but drifting objects disappears with it: switching a feature off ends its drift
//! too, and is no remedy. Deliberately absent: names of keys that charts usually have.

use std::collections::{BTreeMap, BTreeSet};

use ddlint_helm::manifest::RenderedDocument;
use ddlint_helm::origin::{Leaf, Place};
use ddlint_helm::render::{Rendered, SetTo};
use ddlint_helm::tree::{TreeData, ValueTree};
use ddlint_helm::world::World;

use super::compare::{self, Sources, Step};
use super::{Field, second_draw};
use crate::render::{Variation, Varied};

/// So many values are tried for one release.
const TRIES: usize = 16;
/// So many values that end the drift of a field are enough.
const ENOUGH: usize = 2;
/// What a text is set to: long enough for passwords, and a name that Kubernetes takes.
const TEXT: &str = "ddlint-0123456789-abcdefghijklmnop";

/// A value that ends the drift.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KeyFound {
    /// Its normalized path in the parent chart's values.
    pub(crate) path: String,
    /// Where it is given; none where nothing gives it.
    pub(crate) place: Option<Place>,
    /// The truth value that ends the drift; none for any text.
    pub(crate) set_to: Option<bool>,
}

/// What was tried.
#[derive(Default)]
pub(super) struct Tried {
    /// By path: the key, and the indices of the fields whose drift it ends.
    ends: BTreeMap<String, (KeyFound, BTreeSet<usize>)>,
}

impl Tried {
    /// Whether some value ends the drift of a field.
    pub(super) fn ends(&self, field: usize) -> bool {
        self.ends.values().any(|(_, fields)| fields.contains(&field))
    }

    /// How many values do.
    fn count(&self, field: usize) -> usize {
        self.ends.values().filter(|(_, fields)| fields.contains(&field)).count()
    }

    /// Whether this value does.
    pub(super) fn stops(&self, key: &str, field: usize) -> bool {
        self.ends.get(key).is_some_and(|(_, fields)| fields.contains(&field))
    }

    /// The value that ends the drift of most of these fields.
    pub(super) fn best(&self, fields: &BTreeSet<usize>) -> Option<&str> {
        let rank = |(path, (key, stopped)): (&String, &(KeyFound, BTreeSet<usize>))| {
            let count = stopped.intersection(fields).count();
            (std::cmp::Reverse(count), preference(path, key))
        };
        let best = self.ends.iter().filter(|(_, (_, stopped))| !stopped.is_disjoint(fields));
        best.min_by_key(|it| rank(*it)).map(|(path, _)| path.as_str())
    }

    /// A value and the others that end the drift of the same fields.
    pub(super) fn alternatives(&self, key: &str, fields: &BTreeSet<usize>) -> Vec<KeyFound> {
        let own: BTreeSet<usize> = fields.iter().copied().filter(|at| self.stops(key, *at)).collect();
        let mut all: Vec<(&String, &KeyFound)> = (self.ends.iter())
            .filter(|(_, (_, stopped))| own.is_subset(stopped))
            .map(|(path, (key, _))| (path, key))
            .collect();
        all.sort_by_key(|(path, found)| (path.as_str() != key, preference(path, found)));
        all.into_iter().map(|(_, key)| key.clone()).collect()
    }
}

/// What a person would rather set comes first: a text and not a switch, a value of the chart and not a global one, one
/// that is written somewhere.
fn preference(path: &str, key: &KeyFound) -> (bool, bool, bool, usize, String) {
    let global = path.contains("['global']");
    (key.set_to.is_some(), global, key.place.is_none(), path.matches('[').count(), path.to_string())
}

/// A value that may be worth trying.
struct Candidate {
    key: KeyFound,
    steps: Vec<String>,
    guarded: usize,
}

/// The second draw beside the first one.
pub(super) struct Again<'r> {
    render: &'r Rendered,
    /// By the index of a document in the first one: the same document.
    counterparts: BTreeMap<usize, usize>,
}

impl<'r> Again<'r> {
    /// The second draw of these templates, or of all.
    pub(super) fn new(base: &Rendered, render: &'r Rendered, only: Option<&Sources>) -> Again<'r> {
        let counterparts = match compare::pairs(&base.documents, &render.documents, only) {
            Some(pairs) => pairs.into_iter().collect(),
            None => {
                let there: BTreeMap<_, usize> = compare::of(&render.documents, only)
                    .into_iter()
                    .map(|(index, document)| (compare::identity(document), index))
                    .collect();
                let counterpart =
                    |(index, document)| Some((index, *there.get(&compare::identity(document))?));
                compare::of(&base.documents, only).into_iter().filter_map(counterpart).collect()
            }
        };
        Again { render, counterparts }
    }

    /// The document of the second draw, by its index in the first one.
    fn document(&self, index: usize) -> Option<&'r RenderedDocument> {
        self.render.documents.get(*self.counterparts.get(&index)?)
    }
}

/// Tries the values that were tested around the fields.
pub(super) fn stopping(
    varied: &Varied<'_, '_>,
    base: &Rendered,
    second: &Again<'_>,
    fields: &[Field],
) -> Tried {
    let mut tried = Tried::default();
    let mut candidates = candidates(base, fields, second.render.values.as_ref());
    candidates.truncate(TRIES);
    let paths: Vec<Vec<Step>> = (fields.iter())
        .map(|field| {
            let document = base.documents.get(field.at.document);
            document.map(|it| compare::path_of(it, field.at.span)).unwrap_or_default()
        })
        .collect();
    for candidate in candidates {
        let guarded: Vec<usize> = (fields.iter().enumerate())
            .filter(|(at, field)| tried.count(*at) < ENOUGH && field.guards.contains(&candidate.key.path))
            .map(|(at, _)| at)
            .collect();
        if guarded.is_empty() {
            continue;
        }
        if let Some(stopped) = stopped_by(varied, base, second, fields, &paths, &guarded, &candidate)
            && !stopped.is_empty()
        {
            tried.ends.insert(candidate.key.path.clone(), (candidate.key, stopped));
        }
    }
    tried
}

fn candidates(base: &Rendered, fields: &[Field], tree: Option<&ValueTree>) -> Vec<Candidate> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for path in fields.iter().flat_map(|field| &field.guards) {
        *counts.entry(path).or_default() += 1;
    }
    let mut out: Vec<Candidate> = Vec::new();
    for (path, guarded) in counts {
        let Some(steps) = member_steps(path) else { continue };
        let value = tree.and_then(|tree| steps.iter().try_fold(tree, |tree, step| tree.get(step)));
        let set_to = match value.map(|value| &value.data) {
            None | Some(TreeData::Null) => None,
            Some(TreeData::Str(text)) if text.is_empty() => None,
            Some(TreeData::Bool(on)) => Some(!on),
            Some(_) => continue,
        };
        out.push(Candidate { key: KeyFound { path: path.clone(), place: None, set_to }, steps, guarded });
    }
    for candidate in &mut out {
        candidate.key.place = place_of(base, fields, &candidate.key.path);
    }
    // What names the objects decides about everything, and ends nothing.
    let naming = naming(base, fields);
    out.sort_by_key(|it| {
        let names = naming.contains(&it.key.path);
        let order = preference(&it.key.path, &it.key);
        (it.key.set_to.is_some(), names, std::cmp::Reverse(it.guarded), order)
    });
    out
}

/// The values behind the names of the objects, but for those that decide about whole documents.
fn naming(base: &Rendered, fields: &[Field]) -> BTreeSet<String> {
    let documents: BTreeSet<usize> = fields.iter().map(|field| field.at.document).collect();
    let mut out = BTreeSet::new();
    for document in documents.into_iter().filter_map(|at| base.documents.get(at)) {
        let behind = |keys: &[&str]| -> BTreeSet<String> {
            let root = compare::root(document);
            let node = root.and_then(|root| keys.iter().try_fold(root, |node, key| node.get(key)));
            let span = node.map(|node| node.span());
            let evidence = span.map(|span| document.evidence(&base.origins, span.start, span.end, false));
            let resolved = evidence.into_iter().flatten().map(|(origin, _)| base.origins.resolve(origin));
            let leaves = resolved.flat_map(|it| it.printed.into_iter().chain(it.tested));
            let path = |leaf| match leaf {
                Leaf::Value { path, .. } | Leaf::Set { path } => Some(path.to_string()),
                _ => None,
            };
            leaves.filter_map(path).collect()
        };
        let whole = behind(&["kind"]);
        out.extend(behind(&["metadata", "name"]).into_iter().filter(|path| !whole.contains(path)));
    }
    out
}

/// Where the value is given that was tested.
fn place_of(base: &Rendered, fields: &[Field], wanted: &str) -> Option<Place> {
    let field = fields.iter().find(|field| field.guards.contains(wanted))?;
    let document = base.documents.get(field.at.document)?;
    let evidence = document.evidence(&base.origins, field.at.span.start, field.at.span.end, true);
    evidence.into_iter().find_map(|(origin, _)| {
        let resolved = base.origins.resolve(origin);
        resolved.tested.into_iter().chain(resolved.printed).find_map(|leaf| match leaf {
            Leaf::Value { path, place: Some(place) } if *path == *wanted => Some(place),
            _ => None,
        })
    })
}

/// The keys of a normalized path without indices.
pub(crate) fn member_steps(path: &str) -> Option<Vec<String>> {
    let mut rest = path.strip_prefix('$')?;
    let mut out = Vec::new();
    while let Some(inner) = rest.strip_prefix("['") {
        let mut key = String::new();
        let mut chars = inner.char_indices();
        let end = loop {
            match chars.next()? {
                (_, '\\') => key.push(chars.next()?.1),
                (at, '\'') => break at + 1,
                (_, c) => key.push(c),
            }
        };
        out.push(key);
        rest = inner.get(end..)?.strip_prefix(']')?;
    }
    (rest.is_empty() && !out.is_empty()).then_some(out)
}

/// Whether something of these templates disappears with a value that is no drifting object, or a workload.
fn takes_away(now: &Rendered, base: &Rendered, second: &Again<'_>, only: &Sources, fields: &[Field]) -> bool {
    let there: BTreeSet<_> = now.documents.iter().map(compare::identity).collect();
    let drifting: BTreeSet<usize> = fields.iter().map(|field| field.at.document).collect();
    compare::of(&base.documents, Some(only)).into_iter().any(|(index, document)| {
        let may_go = drifting.contains(&index) && compare::pod_template(document).is_none();
        // What the second draw has is told by the name that it has there.
        let document = second.document(index).unwrap_or(document);
        !may_go && !there.contains(&compare::identity(document))
    })
}

/// The templates with this value behind them, or one that holds it, or one in it.
fn affected(base: &Rendered, wanted: &str) -> Sources {
    let inside = |path: &str, of: &str| path.strip_prefix(of).is_some_and(|rest| rest.starts_with('['));
    super::printing(base, |leaf| match leaf {
        Leaf::Value { path, .. } | Leaf::Set { path } => {
            **path == *wanted || inside(path, wanted) || inside(wanted, path)
        }
        _ => false,
    })
}

/// Those of the templates that still draw something: the others write the same with each draw. Where one drifted
/// without a draw of its own, another one hands it what it draws, and all of them are needed.
fn drawing(base: &Rendered, now: &Rendered, own: &Sources, fields: &[Field]) -> Sources {
    let draws = |rendered: &Rendered, source| rendered.sensed.get(source).is_some_and(|asked| asked.random);
    let drifted = fields.iter().filter_map(|field| base.documents.get(field.at.document));
    if drifted.into_iter().any(|document| !draws(base, &document.source)) {
        return own.clone();
    }
    own.iter().filter(|&source| draws(now, source)).cloned().collect()
}

fn stopped_by(
    varied: &Varied<'_, '_>,
    base: &Rendered,
    second: &Again<'_>,
    fields: &[Field],
    paths: &[Vec<Step>],
    guarded: &[usize],
    candidate: &Candidate,
) -> Option<BTreeSet<usize>> {
    let to = candidate.key.set_to.map_or(SetTo::Text(TEXT), SetTo::Bool);
    let own: Sources = (fields.iter())
        .filter_map(|field| Some(base.documents.get(field.at.document)?.source.clone()))
        .collect();
    let render = |world, only: &Sources, unchecked| {
        let (set, only) = (Some((candidate.steps.clone(), to)), Some(only.clone()));
        let variation = Variation { world, set, only, unchecked, ..Variation::default() };
        varied.render(&variation).ok()
    };
    // Most values change nothing here: the templates that drift are enough to see that.
    let now = render(second_draw(), &own, true)?;
    let by_identity: BTreeMap<_, usize> =
        now.documents.iter().enumerate().map(|(at, it)| (compare::identity(it), at)).collect();
    let counterpart = |at: usize| {
        let document = second.document(fields.get(at)?.at.document)?;
        Some((document, by_identity.get(&compare::identity(document)).copied()))
    };
    let changed: Vec<usize> = (guarded.iter().copied())
        .filter(|at| {
            let (Some((document, there)), Some(path)) = (counterpart(*at), paths.get(*at)) else {
                return false;
            };
            let then = compare::at_path(document, path).and_then(|node| node.text());
            let node = there.and_then(|index| compare::at_path(now.documents.get(index)?, path));
            node.is_none_or(|node| node.text() != then)
        })
        .collect();
    if changed.is_empty() {
        return None;
    }
    if takes_away(&now, base, second, &own, fields) {
        return None;
    }
    // What the schema refuses is no remedy either.
    let drawing = drawing(base, &now, &own, fields);
    let first = render(World::default(), &drawing, false)?;
    let still = compare::differing(&now.documents, &first.documents, Some(&drawing))?;
    let still: BTreeSet<(usize, Vec<Step>)> = (still.into_iter())
        .filter_map(|at| Some((at.document, compare::path_of(now.documents.get(at.document)?, at.span))))
        .collect();
    // A key that makes something else drift is no remedy.
    let known: BTreeSet<_> = (fields.iter().zip(paths))
        .filter_map(|(field, path)| Some((compare::identity(base.documents.get(field.at.document)?), path)))
        .collect();
    let more = still.iter().any(|(index, path)| {
        let document = now.documents.get(*index);
        document.is_some_and(|it| compare::applied(it) && !known.contains(&(compare::identity(it), path)))
    });
    if more {
        return None;
    }
    let ended = changed.into_iter().filter(|at| {
        let there = counterpart(*at).and_then(|(_, there)| there);
        there.is_none_or(|index| !paths.get(*at).is_some_and(|path| still.contains(&(index, path.clone()))))
    });
    let ended: BTreeSet<usize> = ended.collect();
    if ended.is_empty() {
        return None;
    }
    let mut others = affected(base, &candidate.key.path);
    others.retain(|source| !own.contains(source));
    if !others.is_empty() && takes_away(&render(second_draw(), &others, true)?, base, second, &others, fields)
    {
        return None;
    }
    Some(ended)
}
