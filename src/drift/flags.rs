//! Templates that ask what ArgoCD never tells: `lookup` finds nothing, every render is an installation of revision 1.
//!
//! Deliberately absent: objects that drift anyway, and hooks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use memchr::memmem;

use ddlint_helm::chart::ChartFile;
use ddlint_helm::manifest::RenderedDocument;
use ddlint_helm::origin::{Leaf, Place};
use ddlint_helm::render::Rendered;
use ddlint_helm::world::{Cluster, Draw, World};

use super::compare::{self, FieldAt, Sources};
use super::{CallAt, Found, Kind, made};
use crate::render::{Variation, Varied};

/// The calls of `lookup` that decide about what is rendered.
pub(super) fn lookups(varied: &Varied<'_, '_>, base: &Rendered, drifting: &BTreeSet<usize>) -> Vec<Found> {
    let is_lookup = |leaf: &Leaf| matches!(leaf, Leaf::Cluster { function, .. } if &**function == "lookup");
    if !base.origins.any_leaf(is_lookup) {
        return Vec::new();
    }
    // After a sync the cluster holds what was rendered, and what others put there.
    let streams = base.documents.iter().filter_map(|document| document.stream.as_ref());
    let objects: Vec<_> = streams.flat_map(|stream| stream.documents.iter().cloned()).collect();
    let asking = super::sources(base, is_lookup, |asked| asked.cluster);
    let found = [true, false].into_iter().find_map(|holds_anything| {
        let cluster = Some(Cluster { objects: objects.clone(), holds_anything });
        let world = World { draw: Draw::First, cluster };
        let only = Some(asking.clone());
        let variation = Variation { world, only, unchecked: true, ..Variation::default() };
        varied.render(&variation).ok()
    });
    let Some(found) = found else { return Vec::new() };
    let fields = compare::differing_loosely(&base.documents, &found.documents, Some(&asking));
    let fields = stable(base, fields, drifting);
    let mut by_call: BTreeMap<CallAt, BTreeSet<FieldAt>> = BTreeMap::new();
    for at in fields {
        let calls = leaves(base, at).into_iter().filter_map(|leaf| match leaf {
            Leaf::Cluster { function, call } if &*function == "lookup" => {
                Some(CallAt { place: call, function })
            }
            _ => None,
        });
        for call in calls {
            by_call.entry(call).or_default().insert(at);
        }
    }
    // Calls behind the very same fields are one cause: what ends one of them ends the others.
    let mut causes: Vec<(Vec<CallAt>, BTreeSet<FieldAt>)> = Vec::new();
    for (call, fields) in by_call {
        match causes.iter_mut().find(|(_, known)| *known == fields) {
            Some((calls, _)) => calls.push(call),
            None => causes.push((vec![call], fields)),
        }
    }
    let made =
        |(calls, fields): (_, BTreeSet<_>)| made(base, Kind::Lookup, calls, fields.into_iter().collect());
    causes.into_iter().map(made).collect()
}

/// The uses of `.Release.IsInstall`, `.Release.IsUpgrade` and `.Release.Revision` that decide about what is rendered.
pub(super) fn install_flags(
    varied: &Varied<'_, '_>,
    base: &Rendered,
    drifting: &BTreeSet<usize>,
) -> Vec<Found> {
    let uses = uses(base);
    if uses.is_empty() {
        return Vec::new();
    }
    let only = may_ask(base, &uses);
    let variation = Variation { upgrade: true, only: only.clone(), ..Variation::default() };
    let Ok(upgrade) = varied.render(&variation) else { return Vec::new() };
    let fields = compare::differing_loosely(&base.documents, &upgrade.documents, only.as_ref());
    let fields = stable(base, fields, drifting);
    let mut by_call: BTreeMap<&CallAt, Vec<FieldAt>> = BTreeMap::new();
    for at in fields {
        if let Some(call) = use_behind(base, at, &uses) {
            by_call.entry(call).or_default().push(at);
        }
    }
    let made = |(call, fields): (&CallAt, _)| made(base, Kind::InstallFlag, vec![call.clone()], fields);
    by_call.into_iter().map(made).collect()
}

/// Fields of documents that are no hooks and do not drift anyway.
fn stable(base: &Rendered, fields: Vec<FieldAt>, drifting: &BTreeSet<usize>) -> Vec<FieldAt> {
    let hook = |document: &RenderedDocument| !compare::hooks(document).is_empty();
    let keep = |at: &FieldAt| {
        !drifting.contains(&at.document) && base.documents.get(at.document).is_some_and(|it| !hook(it))
    };
    fields.into_iter().filter(keep).collect()
}

/// Everything behind a field, printed or tested.
fn leaves(base: &Rendered, at: FieldAt) -> Vec<Leaf> {
    let Some(document) = base.documents.get(at.document) else { return Vec::new() };
    let mut out: Vec<Leaf> = Vec::new();
    for (origin, _) in document.evidence(&base.origins, at.span.start, at.span.end, true) {
        let resolved = base.origins.resolve(origin);
        for leaf in resolved.printed.into_iter().chain(resolved.tested) {
            if !out.contains(&leaf) {
                out.push(leaf);
            }
        }
    }
    out
}

/// Where templates use one of the flags, outside of comments.
fn uses(base: &Rendered) -> Vec<CallAt> {
    const FLAGS: [&str; 3] = [".Release.IsInstall", ".Release.IsUpgrade", ".Release.Revision"];
    let mut out = Vec::new();
    for template in base.charts.iter().flat_map(|chart| &chart.chart.templates) {
        if template.file.ends_with("NOTES.txt") {
            continue;
        }
        for start in memmem::find_iter(&template.data, b".Release.") {
            let (before, from) = template.data.split_at(start);
            let Some(flag) = FLAGS.into_iter().find(|flag| from.starts_with(flag.as_bytes())) else {
                continue;
            };
            let after = from.get(flag.len()).copied().unwrap_or(b' ');
            let (opened, closed) = (memmem::rfind(before, b"/*"), memmem::rfind(before, b"*/"));
            let longer_name = after.is_ascii_alphanumeric() || after == b'_';
            if opened > closed || longer_name {
                continue;
            }
            let end = start + flag.len();
            let place = Place { file: template.file.clone(), start: start as u32, end: end as u32 };
            out.push(CallAt { place, function: Arc::from(flag) });
        }
    }
    out.sort();
    out
}

/// The templates that a flag can change; none where it may be any: a helper asks, a template leaves something behind
/// for others, or a helper includes templates by their path.
fn may_ask(base: &Rendered, uses: &[CallAt]) -> Option<Sources> {
    let templates =
        || base.charts.iter().flat_map(|it| it.chart.templates.iter().map(move |file| (it, file)));
    let asks = |file: &ChartFile| uses.iter().any(|it| it.place.file == file.file);
    let names: Vec<&str> =
        templates().filter(|(_, file)| asks(file)).map(|(_, file)| base_name(file)).collect();
    let mut out = Sources::new();
    for (chart, file) in templates() {
        let has = |word: &str| memmem::find(&file.data, word.as_bytes()).is_some();
        // A template includes another one by its path: a checksum of it, mostly.
        let includes = has("BasePath") || names.iter().any(|name| has(name));
        let helper = base_name(file).starts_with('_') || has("define") || has("block");
        if (helper && (asks(file) || has("BasePath"))) || (asks(file) && changes_values(&file.data)) {
            return None;
        }
        if asks(file) || includes {
            out.insert(format!("{}/{}", chart.path, file.name).into());
        }
    }
    Some(out)
}

fn base_name(file: &ChartFile) -> &str {
    file.name.rsplit('/').next().unwrap_or(&file.name)
}

/// Whether a template may change a mapping that others see: `set`, `unset`, the functions that merge.
fn changes_values(template: &[u8]) -> bool {
    let sets = |at: usize| template.get(at + 3).is_some_and(u8::is_ascii_whitespace);
    memmem::find_iter(template, b"set").any(sets) || memmem::find(template, b"erge").is_some()
}

/// The use that a field comes from: the flag that its origins name, in the file of its literals and before them, else
/// the first one of a file of helpers.
fn use_behind<'u>(base: &Rendered, at: FieldAt, uses: &'u [CallAt]) -> Option<&'u CallAt> {
    let leaves = leaves(base, at);
    let named: BTreeSet<String> = (leaves.iter())
        .filter_map(|leaf| match leaf {
            Leaf::Release(name) => Some(format!(".Release.{name}")),
            _ => None,
        })
        .collect();
    let matching = || uses.iter().filter(|it| named.is_empty() || named.contains(&*it.function));
    let literals: Vec<&Place> = (leaves.iter())
        .filter_map(|leaf| match leaf {
            Leaf::Template(place) => Some(place),
            _ => None,
        })
        .collect();
    let own = &base.documents.get(at.document)?.file;
    let before = |it: &&CallAt| {
        literals.iter().any(|place| place.file == it.place.file && it.place.start <= place.end)
    };
    let last_before = matching().rfind(before);
    last_before.or_else(|| matching().find(|it| it.place.file == *own)).or_else(|| matching().next())
}
