//! From a member that fires to a finding.

use ddlint_yaml::Span;

use super::frame::{Eval, Focus, Frame};
use super::truth::Truth;
use crate::finding::{Affected, Finding, Related, Severity};
use crate::rule::Rule;
use crate::rule::condition::{At, Case, Of, Point, RelatedAt, SeverityOf};
use crate::rule::locate::{key_of, value_of};
use crate::source::{Origin, Place};

impl Eval<'_> {
    /// The finding of a case.
    pub(super) fn finding(&self, rule: &Rule, case: &Case, frame: &Frame<'_>) -> Option<Finding> {
        let run = self.scope.run;
        let primary = self
            .places_at(&case.at, frame, Focus::All)
            .first()
            .copied()
            .or_else(|| frame.selected.and_then(|selected| selected.fact.place))
            .or_else(|| self.member_place(frame.view, frame.member))?;
        let own = run.views.at(frame.view).resource(run.model, self.scope.scope, frame.member);
        let fields = self.places_at(&case.affects, frame, Focus::All);
        // What stands in a rendered text is what the finding is about; a values file is only where it is mended.
        let rendered = matches!(run.model.sources.get(primary.file).origin, Origin::Rendered(_));
        let about = fields.first().copied().filter(|_| !rendered);
        let (resource, path) = run.locator.name_and_path(about.unwrap_or(primary), own);
        let named = |field: &Place| match run.locator.name_and_path(*field, None) {
            (Some(resource), Some(path)) => Some(Affected { resource, path }),
            _ => None,
        };
        let mut affected: Vec<Affected> = fields.iter().filter_map(named).collect();
        if let (true, Some(resource), Some(path)) = (affected.is_empty(), &resource, &path) {
            affected.push(Affected { resource: resource.clone(), path: path.clone() });
        }
        let mut related = Vec::new();
        for item in &case.related {
            self.related_places(item, frame, &mut related);
        }
        related.retain(|item| item.place != primary);
        Some(Finding {
            rule: rule.id.clone(),
            severity: self.severity(&case.severity, frame),
            message: one_line(&self.text(&case.message, frame, Focus::All).0),
            help: self.text(&case.help, frame, Focus::All).0.trim_end().to_string(),
            resource,
            path,
            primary,
            about,
            label: one_line(&self.text(&case.label, frame, Focus::All).0),
            apart: self.apart(case, frame),
            related,
            origin: Vec::new(),
            affected,
            fix: case.fixes.iter().find_map(|plan| self.fix(plan, frame)),
        })
    }

    fn apart(&self, case: &Case, frame: &Frame<'_>) -> String {
        let value = case.apart.as_ref().map(|source| self.value(source, frame, Focus::All).value);
        value.map(|value| value.print()).unwrap_or_default()
    }

    fn severity(&self, severity: &SeverityOf, frame: &Frame<'_>) -> Severity {
        let holds =
            severity.conditions.iter().find(|(_, cond)| self.holds(cond, frame, frame) == Truth::True);
        holds.map_or(severity.otherwise, |(level, _)| *level)
    }

    fn related_places(&self, item: &RelatedAt, frame: &Frame<'_>, out: &mut Vec<Related>) {
        let members: Vec<(Focus, Frame<'_>)> = match item.of {
            Of::Own => vec![(Focus::All, *frame)],
            Of::Relation(relation) => {
                let view = self.rule.relations.get(relation).map_or(0, |relation| relation.view);
                let members = self.found(relation, frame).members.into_iter();
                members.map(|member| (Focus::Relation(relation, member), Frame::of(view, member))).collect()
            }
            Of::Side(compare, odd) => {
                let view = self.rule.compares.get(compare).map(|compare| compare.across);
                let view = view.and_then(|across| self.rule.relations.get(across)).map_or(0, |it| it.view);
                let sides = self.sides(compare, frame);
                let members = if odd { sides.odd } else { sides.others };
                let focused = |member| (Focus::Side(compare, odd, member), Frame::of(view, member));
                members.into_iter().map(focused).collect()
            }
        };
        for (focus, member) in members {
            if item.when.as_ref().is_some_and(|cond| self.holds(cond, &member, frame) != Truth::True) {
                continue;
            }
            let places = match (item.at.alternatives.is_empty(), item.of) {
                (true, _) => self.member_place(member.view, member.member).into_iter().collect(),
                // What the order is of belongs to the rule's own member, seen together with the other.
                (false, Of::Relation(_)) if self.is_order(&item.at) => self.places_at(&item.at, frame, focus),
                (false, _) => self.places_at(&item.at, &member, Focus::All),
            };
            let message = one_line(&self.text(&item.message, frame, focus).0);
            let several = item.of == Of::Own;
            for place in places.into_iter().take(if several { usize::MAX } else { 1 }) {
                let related = Related { place, message: message.clone() };
                if !out.contains(&related) {
                    out.push(related);
                }
            }
        }
    }

    fn is_order(&self, at: &At) -> bool {
        let order = |(source, _): &(crate::rule::condition::Source, Point)| {
            matches!(source, crate::rule::condition::Source::Order(..))
        };
        at.alternatives.iter().any(order)
    }

    /// The places of the first alternative that has any.
    pub(super) fn places_at(&self, at: &At, frame: &Frame<'_>, focus: Focus) -> Vec<Place> {
        for (source, point) in &at.alternatives {
            let places = self.places(source, frame, focus);
            if !places.is_empty() {
                return places.into_iter().map(|place| self.pointed(place, *point)).collect();
            }
        }
        Vec::new()
    }

    /// The key, or the whole entry, of a value.
    fn pointed(&self, place: Place, point: Point) -> Place {
        if point == Point::Value {
            return place;
        }
        let Some((_, node)) = self.scope.run.locator.exact(place) else { return place };
        let (key, value) = match node.is_key() {
            true => (Some(node), value_of(node)),
            false => (key_of(node), Some(node)),
        };
        let Some(key) = key else { return place };
        let span = match (point, value) {
            (Point::Entry, Some(value)) => {
                Span { start: key.span().start, end: value.full_span().end.max(key.span().end) }
            }
            _ => key.span(),
        };
        Place { file: place.file, span }
    }
}

/// A message is one line whatever the values in it hold.
fn one_line(text: &str) -> String {
    if text.contains('\n') {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text.trim_end().to_string()
    }
}
