//! One cause, one finding: findings of one rule at one place become one, unless the rule says what keeps them apart.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::finding::{Affected, Finding};
use crate::model::Model;
use crate::source::Place;

/// Sorts findings by place and rule, and merges those of one rule at one place: the gravest speaks, what the others
/// affect and relate to is added.
pub(super) fn merge(model: &Model, findings: Vec<Finding>) -> Vec<Finding> {
    let mut keyed: Vec<(Place, Finding)> =
        findings.into_iter().map(|finding| (model.sources.outermost(finding.primary), finding)).collect();
    keyed.sort_by(|(a_place, a), (b_place, b)| {
        let a = (&a_place, &a.rule, &a.apart, Reverse(a.severity), &a.message, &a.resource, &a.path);
        let b = (&b_place, &b.rule, &b.apart, Reverse(b.severity), &b.message, &b.resource, &b.path);
        a.cmp(&b)
    });
    let mut merged: Vec<(Place, Finding)> = Vec::new();
    for (place, finding) in keyed {
        match merged.last_mut() {
            Some((last_place, last))
                if (*last_place, &last.rule, &last.apart) == (place, &finding.rule, &finding.apart) =>
            {
                absorb(last, finding)
            }
            _ => merged.push((place, finding)),
        }
    }
    for (_, finding) in &mut merged {
        finding.affected.sort();
        finding.affected.dedup();
    }
    merged.into_iter().map(|(_, finding)| finding).collect()
}

/// Merges findings of one rule that lead back to one place: renders of one chart share their causes. With each comes
/// the place where its text was printed; that of the gravest is kept.
pub(crate) fn merge_led_back(
    model: &Model,
    findings: Vec<(Finding, Option<Place>)>,
) -> Vec<(Finding, Option<Place>)> {
    let mut order: BTreeMap<(Arc<str>, Place, String), usize> = BTreeMap::new();
    let mut merged: Vec<(Finding, Option<Place>)> = Vec::new();
    for (finding, printed) in findings {
        let place = model.sources.outermost(finding.primary);
        let key = (finding.rule.clone(), place, finding.apart.clone());
        let Some((known, place)) = order.get(&key).and_then(|at| merged.get_mut(*at)) else {
            order.insert(key, merged.len());
            merged.push((finding, printed));
            continue;
        };
        if finding.severity > known.severity {
            *place = printed;
            let milder = std::mem::replace(known, finding);
            absorb(known, milder);
        } else {
            absorb(known, finding);
        }
        known.affected.sort();
        known.affected.dedup();
    }
    for (finding, _) in &mut merged {
        // Places of several renders lead back to the same ones.
        let mut told: BTreeSet<(Place, String)> = BTreeSet::new();
        finding.related.retain(|it| told.insert((model.sources.outermost(it.place), it.message.clone())));
    }
    merged
}

fn absorb(into: &mut Finding, other: Finding) {
    into.affected.extend(other.affected);
    for related in other.related {
        if !into.related.contains(&related) {
            into.related.push(related);
        }
    }
    // Two scopes may want two different edits of one place: then neither is certain.
    let same = match (&into.fix, &other.fix) {
        (Some(one), Some(other)) => one.edits == other.edits && one.safety == other.safety,
        (one, other) => one == other,
    };
    if !same {
        into.fix = None;
    }
}

/// Leaves out findings of rules that yield to another one which reports the same place or the same field.
pub(super) fn yielded(
    model: &Model,
    mut findings: Vec<Finding>,
    yields: BTreeMap<&str, &[Arc<str>]>,
) -> Vec<Finding> {
    let first: BTreeSet<&str> = yields.values().flat_map(|rules| rules.iter().map(|rule| &**rule)).collect();
    if first.is_empty() {
        return findings;
    }
    // Where one place stands in for several causes, what is not the same cause is no reason for silence.
    let mut places: BTreeMap<(Arc<str>, Place), BTreeSet<String>> = BTreeMap::new();
    let mut fields: BTreeSet<(Arc<str>, Affected)> = BTreeSet::new();
    for finding in findings.iter().filter(|finding| first.contains(&*finding.rule)) {
        let place = model.sources.outermost(finding.primary);
        places.entry((finding.rule.clone(), place)).or_default().insert(finding.apart.clone());
        fields.extend(finding.affected.iter().map(|field| (finding.rule.clone(), field.clone())));
    }
    findings.retain(|finding| {
        let Some(rules) = yields.get(&*finding.rule) else { return true };
        let place = model.sources.outermost(finding.primary);
        !rules.iter().any(|rule| {
            let apart = places.get(&(rule.clone(), place));
            let same = |known: &BTreeSet<String>| {
                finding.apart.is_empty() || known.contains("") || known.contains(&finding.apart)
            };
            apart.is_some_and(same)
                || finding.affected.iter().any(|field| fields.contains(&(rule.clone(), field.clone())))
        })
    });
    findings
}
