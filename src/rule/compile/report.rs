//! Where a rule points and what it says: places, words, related places, fixes, severities.

use ddlint_yaml::{Node, Scalar};

use super::Compiler;
use super::names::Names;
use super::template::{message, template};
use crate::finding::{Safety, Severity};
use crate::rule::condition::{
    At, Beneath, Change, Cond, Content, FixPlan, Of, Point, RelatedAt, SeverityOf, Source, Template,
};
use crate::rule::read::Fields;
use crate::rule::schema::{CHANGE_SHAPE, FIX_SHAPE, LEVELS, RELATED_SHAPE};
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

    /// Compiles a fix, or a list of alternatives.
    pub(super) fn fixes(&mut self, node: Node<'_>, names: &Names) -> Vec<FixPlan> {
        if node.is_sequence() {
            return node.items().filter_map(|item| self.fix(item, names)).collect();
        }
        self.fix(node, names).into_iter().collect()
    }

    fn fix(&mut self, node: Node<'_>, names: &Names) -> Option<FixPlan> {
        let fields = Fields::read(node, &FIX_SHAPE, self.problems);
        let safety = match fields.text("safety")?.text {
            "safe" => Safety::Safe,
            _ => Safety::Unsafe,
        };
        let text = |it: &mut Self, name: &str| match fields.get(name) {
            Some(text) => template(text, names, it.set, it.problems),
            None => Template::default(),
        };
        let (description, note) = (text(self, "description"), text(self, "note"));
        let when = fields.get("where").map(|conditions| self.conditions(conditions, names, names));
        let changes = match fields.get("changes") {
            Some(list) => {
                if let Some(other) =
                    ["replace", "insert", "delete", "set", "move"].iter().find_map(|it| fields.key(it))
                {
                    self.problems.add(other.span(), "beside `changes` no other edit can stand", None);
                }
                let items: Vec<Fields<'_>> =
                    list.items().map(|item| Fields::read(item, &CHANGE_SHAPE, self.problems)).collect();
                items.iter().map(|item| self.change(item, names)).collect::<Option<Vec<_>>>()?
            }
            None => vec![self.change(&fields, names)?],
        };
        Some(FixPlan { when, safety, description, note, changes })
    }

    fn change(&mut self, fields: &Fields<'_>, names: &Names) -> Option<Change> {
        let given = |name: &str| fields.get(name);
        let kinds = ["replace", "insert", "delete", "set", "move"];
        let of_kind = kinds.iter().filter(|kind| given(kind).is_some()).count();
        if of_kind != 1 {
            let message = "a fix has one of `replace`, `insert`, `delete`, `set` and `move`";
            self.problems.add(fields.node.span(), message, None);
            return None;
        }
        if let Some(at) = given("replace") {
            let Some(with) = given("with") else {
                self.problems.add(at.span(), "`replace` needs `with`", None);
                return None;
            };
            let content = self.content(with, names);
            return Some(Change::Replace(self.place_to_change(at, names), content));
        }
        if let Some(text) = given("insert") {
            let content = self.content(text, names);
            return match (given("into"), given("after")) {
                (Some(at), None) => Some(Change::Into(self.place_to_change(at, names), content)),
                (None, Some(at)) => Some(Change::After(self.place_to_change(at, names), content)),
                _ => {
                    self.problems.add(text.span(), "`insert` needs `into` or `after`", None);
                    None
                }
            };
        }
        if let Some(at) = given("delete") {
            return Some(Change::Delete(self.place_to_change(at, names)));
        }
        let beneath = match (given("of"), given("in")) {
            (Some(of), None) => Beneath::Values(Some(self.member(of, names)?)),
            (None, Some(at)) => Beneath::Place(self.place_to_change(at, names)),
            (None, None) => Beneath::Values(None),
            (Some(of), Some(_)) => {
                self.problems.add(of.span(), "`of` and `in` exclude each other", None);
                return None;
            }
        };
        if let Some(set) = given("set") {
            let Some(to) = given("to") else {
                self.problems.add(set.span(), "`set` needs `to`", None);
                return None;
            };
            let content = match self.content(to, names) {
                Content::Text(text) => Content::Scalar(text),
                content => content,
            };
            return Some(Change::Set(beneath, self.keys(set)?, content));
        }
        let at = given("move")?;
        let Some(below) = given("below") else {
            self.problems.add(at.span(), "`move` needs `below`", None);
            return None;
        };
        Some(Change::Move(self.place_to_change(at, names), beneath, self.keys(below)?))
    }

    fn keys(&mut self, node: Node<'_>) -> Option<Vec<Box<str>>> {
        let keys: Vec<Box<str>> = match node.is_sequence() {
            true => node.items().map(|item| item.text().unwrap_or_default().into()).collect(),
            false => node.text().unwrap_or_default().split('.').map(Box::from).collect(),
        };
        if keys.is_empty() || keys.iter().any(|key| key.is_empty()) {
            self.problems.add(node.span(), "a key is empty", Some("for example `image.tag`".to_string()));
            return None;
        }
        Some(keys)
    }

    /// A fact by its name.
    pub(super) fn fact_named(&mut self, node: Node<'_>, names: &Names) -> Option<Source> {
        let text = node.text().unwrap_or_default();
        names.resolve(self.set, text, node.span(), self.problems).map(|(source, _)| source)
    }

    /// A name that stands for members of a view.
    fn member(&mut self, node: Node<'_>, names: &Names) -> Option<Source> {
        let text = node.text().unwrap_or_default();
        let (source, kind) = names.resolve(self.set, text, node.span(), self.problems)?;
        let members = matches!(source, Source::RelatedMember(_) | Source::SideMember(..))
            || matches!(kind, FactType::Member(_) | FactType::Members(_));
        if !members {
            self.problems.add(node.span(), format!("`{text}` is no member of a view"), None);
        }
        members.then_some(source)
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
        match node.scalar() {
            Some(Scalar::Str(_)) => Content::Text(template(node, names, self.set, self.problems)),
            _ => Content::Bare(node.text().unwrap_or("null").into()),
        }
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
