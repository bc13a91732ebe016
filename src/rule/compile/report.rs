//! Where a rule points and what it says: places, words, related places, fixes, severities.

use ddlint_yaml::{Node, Scalar};

use super::Compiler;
use super::names::Names;
use super::template::{message, template};
use crate::finding::{Safety, Severity};
use crate::rule::condition::{
    At, Change, Cond, Content, FixPlan, Of, Point, RelatedAt, SeverityOf, Source, Template,
};
use crate::rule::read::Fields;
use crate::rule::schema::{FIX_SHAPE, LEVELS, RELATED_SHAPE};
use crate::views::FactType;

fn level(text: &str) -> Option<Severity> {
    text.parse().ok()
}

impl Compiler<'_> {
    /// Compiles a severity.
    pub(super) fn severity(&mut self, node: Node<'_>, names: &Names) -> SeverityOf {
        let mut severity = SeverityOf { conditions: Vec::new(), otherwise: Severity::Warning };
        if !node.is_mapping() {
            match node.text().and_then(level) {
                Some(level) => severity.otherwise = level,
                None => {
                    let text = node.text().unwrap_or_default();
                    self.problems.unknown(node.span(), "severity", text, LEVELS.iter().copied());
                }
            }
            return severity;
        }
        let mut otherwise = None;
        for (key, value) in node.entries() {
            let name = key.text().unwrap_or_default();
            if name == "otherwise" {
                otherwise = value.text().and_then(level);
                if otherwise.is_none() {
                    let text = value.text().unwrap_or_default();
                    self.problems.unknown(value.span(), "severity", text, LEVELS.iter().copied());
                }
            } else if let Some(level) = level(name) {
                severity.conditions.push((level, self.conditions(value, names, names)));
            } else {
                let known = LEVELS.iter().copied().chain(["otherwise"]);
                self.problems.unknown(key.span(), "severity", name, known);
            }
        }
        // The gravest level whose conditions hold counts, whatever the order in the file.
        severity.conditions.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        match otherwise {
            Some(level) => severity.otherwise = level,
            None => {
                let help = Some("the level when no condition holds".to_string());
                self.problems.add(node.span(), "a severity with conditions needs `otherwise`", help);
            }
        }
        severity
    }

    /// Compiles a place.
    pub(super) fn at(&mut self, node: Node<'_>, names: &Names) -> At {
        if node.is_sequence() {
            let alternatives = node.items().flat_map(|item| self.at(item, names).alternatives).collect();
            return At { alternatives };
        }
        let (name, point) = if node.is_mapping() {
            let mut entries = node.entries();
            let (Some((key, value)), None) = (entries.next(), entries.next()) else {
                self.problems.add(
                    node.span(),
                    "a place is a fact, or a mapping with `key-of` or `entry-of`",
                    None,
                );
                return At::default();
            };
            let point = match key.text().unwrap_or_default() {
                "key-of" => Point::Key,
                "entry-of" => Point::Entry,
                other => {
                    self.problems.unknown(key.span(), "kind of place", other, ["key-of", "entry-of"]);
                    return At::default();
                }
            };
            (value, point)
        } else {
            (node, Point::Value)
        };
        let text = name.text().unwrap_or_default();
        let Some((source, kind)) = names.resolve(self.set, text, name.span(), self.problems) else {
            return At::default();
        };
        let no_place = matches!(source, Source::MatchPath | Source::OrderIn(_));
        if no_place || (matches!(kind, FactType::Members(_)) && matches!(source, Source::Fact(_))) {
            self.problems.add(name.span(), format!("`{text}` is no place"), None);
        }
        At { alternatives: vec![(source, point)] }
    }

    /// Compiles the items of `related`.
    pub(super) fn related(&mut self, node: Node<'_>, names: &Names) -> Vec<RelatedAt> {
        let mut related = Vec::new();
        for item in node.items() {
            let fields = Fields::read(item, &RELATED_SHAPE, self.problems);
            let (of, at_names) = match fields.text("view") {
                None => (Of::Own, names.clone()),
                Some(name) => match names.compare {
                    Some((compare, view)) if matches!(name.text, "odd" | "others") => {
                        (Of::Side(compare, name.text == "odd"), Names::of_view(view))
                    }
                    _ => {
                        let Some(bound) = self.bound(&name, names) else { continue };
                        let mut inner = Names::of_view(bound.view);
                        if bound.ordered {
                            inner.bound.push(bound.clone());
                        }
                        (Of::Relation(bound.relation), inner)
                    }
                },
            };
            let at = match (fields.get("at"), of) {
                // `at: order` of a related member is what decides the other's rank.
                (Some(at), Of::Relation(relation)) if at.text() == Some("order") => {
                    At { alternatives: vec![(Source::Order(relation, true), Point::Value)] }
                }
                (Some(at), _) => self.at(at, &at_names),
                (None, Of::Own) => {
                    self.problems.add(item.span(), "a related place needs `view`, `at` or both", None);
                    continue;
                }
                (None, _) => At::default(),
            };
            let when = fields.get("where").map(|conditions| self.conditions(conditions, &at_names, names));
            let Some(text) = fields.get("message") else { continue };
            let message = message(text, names, self.set, self.problems);
            related.push(RelatedAt { of, at, when, message });
        }
        related
    }

    /// Compiles a fix.
    pub(super) fn fix(&mut self, node: Node<'_>, names: &Names) -> Option<FixPlan> {
        let fields = Fields::read(node, &FIX_SHAPE, self.problems);
        let safety = match fields.text("safety")?.text {
            "safe" => Safety::Safe,
            _ => Safety::Unsafe,
        };
        let description = match fields.get("description") {
            Some(text) => template(text, names, self.set, self.problems),
            None => Template::default(),
        };
        let given = |name: &str| fields.get(name);
        let change = match (given("replace"), given("insert"), given("delete")) {
            (Some(at), None, None) => {
                let Some(with) = given("with") else {
                    self.problems.add(at.span(), "`replace` needs `with`", None);
                    return None;
                };
                let content = self.content(with, names);
                Change::Replace(self.place_to_change(at, names), content)
            }
            (None, Some(text), None) => {
                let content = self.content(text, names);
                match (given("into"), given("after")) {
                    (Some(at), None) => Change::Into(self.place_to_change(at, names), content),
                    (None, Some(at)) => Change::After(self.place_to_change(at, names), content),
                    _ => {
                        self.problems.add(text.span(), "`insert` needs `into` or `after`", None);
                        return None;
                    }
                }
            }
            (None, None, Some(at)) => Change::Delete(self.place_to_change(at, names)),
            _ => {
                let message = "a fix has one of `replace`, `insert` and `delete`";
                self.problems.add(fields.node.span(), message, None);
                return None;
            }
        };
        Some(FixPlan { safety, description, change })
    }

    /// A place that an edit can change: of the rule's own member, and one.
    fn place_to_change(&mut self, node: Node<'_>, names: &Names) -> At {
        let at = self.at(node, names);
        for (source, _) in &at.alternatives {
            let several = matches!(source, Source::RelatedMember(_) | Source::SideMember(..));
            if several || matches!(source, Source::Order(..) | Source::MatchPath | Source::Key) {
                self.problems.add(node.span(), "this is no place that a fix can change", None);
            }
        }
        at
    }

    fn content(&mut self, node: Node<'_>, names: &Names) -> Content {
        if node.is_mapping() || node.is_sequence() {
            return self.yaml_content(node, names);
        }
        Content::Text(template(node, names, self.set, self.problems))
    }

    fn yaml_content(&mut self, node: Node<'_>, names: &Names) -> Content {
        if node.is_mapping() {
            let entries = node.entries();
            let entries = entries
                .map(|(key, value)| (key.text().unwrap_or_default().into(), self.yaml_content(value, names)));
            return Content::Entries(entries.collect());
        }
        if node.is_sequence() {
            return Content::Items(node.items().map(|item| self.yaml_content(item, names)).collect());
        }
        match node.scalar() {
            Some(Scalar::Str(_)) => Content::Scalar(template(node, names, self.set, self.problems)),
            _ => Content::Bare(node.text().unwrap_or("null").into()),
        }
    }

    /// Compiles a text, or gives nothing for one that is not there.
    pub(super) fn words(&mut self, node: Option<Node<'_>>, names: &Names, is_message: bool) -> Template {
        match node {
            Some(node) if is_message => message(node, names, self.set, self.problems),
            Some(node) => template(node, names, self.set, self.problems),
            None => Template::default(),
        }
    }
}

/// The conditions that always must hold, without nesting.
pub(super) fn conjuncts<'c>(cond: &'c Cond, out: &mut Vec<&'c Cond>) {
    match cond {
        Cond::All(all) => all.iter().for_each(|cond| conjuncts(cond, out)),
        other => out.push(other),
    }
}
