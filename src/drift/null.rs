//! Nulls in a chart's own values for defaults of its subcharts: Helm 3 deletes the default, Helm 4 keeps it.
//!
//! Deliberately absent: nulls that somebody gives from outside, which both delete.

use std::sync::Arc;

use ddlint_helm::HelmDialect;
use ddlint_helm::origin::Place;
use ddlint_helm::render::Rendered;
use ddlint_helm::values::{SetKind, ValuesSource};
use ddlint_yaml::Node;

use super::{CallAt, Found, KeyFound, Kind, compare, made};
use crate::render::{Variation, Varied, set_key};

/// A null and the default that it is for.
struct NullAt {
    steps: Vec<String>,
    place: Place,
    default: Place,
}

/// The nulls for which the two dialects render differently.
pub(super) fn null_defaults(varied: &Varied<'_, '_>, base: &Rendered) -> Vec<Found> {
    let nulls = nulls(base);
    if nulls.is_empty() {
        return Vec::new();
    }
    let render = |values| {
        let dialect = Some(HelmDialect::V4);
        let variation = Variation { values, dialect, ..Variation::default() };
        varied.render(&variation).ok()
    };
    let Some(kept) = render(Vec::new()) else { return Vec::new() };
    let mut out = Vec::new();
    for null in nulls {
        // Given from outside, the null deletes in both.
        let set = ValuesSource::set(SetKind::Typed, format!("{}=null", set_key(&null.steps)));
        let Some(deleted) = render(vec![set]) else { continue };
        if compare::differing(&kept.documents, &deleted.documents, None)
            .is_some_and(|fields| fields.is_empty())
        {
            continue;
        }
        let fields = compare::differing_loosely(&base.documents, &kept.documents, None);
        let path = null.steps.join(".");
        let calls = vec![
            CallAt { place: null.place, function: Arc::from(path) },
            CallAt { place: null.default, function: Arc::from("default") },
        ];
        let keys: Vec<KeyFound> = Vec::new();
        out.push(Found { keys, ..made(base, Kind::NullDefault, calls, fields) });
    }
    out
}

fn nulls(base: &Rendered) -> Vec<NullAt> {
    let Some((parent, rest)) = base.charts.split_first() else { return Vec::new() };
    let Some(values) = &parent.chart.values else { return Vec::new() };
    let Some(root) = values.stream.documents.first().and_then(|document| document.root()) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for chart in rest {
        let name = chart.path.strip_prefix(&*parent.path).and_then(|path| path.strip_prefix("/charts/"));
        let Some(name) = name.filter(|name| !name.contains('/')) else { continue };
        let Some(own) = &chart.chart.values else { continue };
        let defaults = own.stream.documents.first().and_then(|document| document.root());
        if let (Some(given), Some(defaults)) = (root.get(name), defaults) {
            let files = (&values.file, &own.file);
            below(given, defaults, &mut vec![name.to_string()], files, &mut out);
        }
    }
    out
}

fn below(
    given: Node<'_>,
    defaults: Node<'_>,
    steps: &mut Vec<String>,
    files: (&Arc<str>, &Arc<str>),
    out: &mut Vec<NullAt>,
) {
    const DEEPEST: usize = 100;
    let (given, defaults) = (given.resolved(), defaults.resolved());
    if steps.len() > DEEPEST || !defaults.is_mapping() {
        return;
    }
    for (key, value) in given.entries() {
        let Some(name) = key.key_string() else { continue };
        let Some(default) = defaults.get(&name) else { continue };
        steps.push(name);
        if value.is_null() {
            if !default.is_null() {
                let place = |file: &Arc<str>, node: Node<'_>| {
                    let span = node.span();
                    Place { file: file.clone(), start: span.start, end: span.end }
                };
                let at = if value.is_missing() { key } else { value };
                out.push(NullAt {
                    steps: steps.clone(),
                    place: place(files.0, at),
                    default: place(files.1, default),
                });
            }
        } else if value.resolved().is_mapping() {
            below(value, default, steps, files, out);
        }
        steps.pop();
    }
}
