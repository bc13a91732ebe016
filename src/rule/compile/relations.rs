//! Relations to other views, and comparisons across their members.

use ddlint_yaml::Node;

use super::Compiler;
use super::names::{Bound, Names, fact_ref, names_of};
use crate::rule::condition::{Among, Compare, Cond, FactRef, Join, Op, Operand, Relation, Source};
use crate::rule::read::{Fields, Spanned};
use crate::rule::schema::COMPARE_SHAPE;
use crate::views::FactType;

impl Compiler<'_> {
    /// Compiles a relation of a member whose names are `names`. Gives its index.
    pub(super) fn relation(&mut self, node: Node<'_>, names: &Names, scope_only: bool) -> Option<usize> {
        let (name, fields) = self.relation_fields(node);
        let name = name?;
        let view = self.view(&name)?;
        let inner = Names::of_view(view);
        let before = std::mem::replace(&mut self.captures, false);
        let when = match fields.as_ref().and_then(|fields| fields.get("where")) {
            Some(conditions) => self.conditions(conditions, &inner, names),
            None => Cond::All(Vec::new()),
        };
        let captures = std::mem::replace(&mut self.captures, before);
        let via = fields.as_ref().and_then(|fields| self.via(fields, view, names));
        let after =
            fields.as_ref().and_then(|fields| fields.text("order")).map(|order| order.text == "after");
        let sequence = fields.as_ref().and_then(|fields| fields.text("in"));
        if let (Some(sequence), None) = (&sequence, after) {
            self.problems.add(sequence.span(), "`in` goes with `order`", None);
        }
        let sequence = sequence.map(|it| it.text.into());
        let among = match fields.as_ref().and_then(|fields| fields.text("among")) {
            Some(among) if view != names.view => {
                let message = "`among` says which members of the rule's own view count; this is another view";
                self.problems.add(among.span(), message, None);
                Among::All
            }
            Some(among) => match among.text {
                "earlier" => Among::Earlier,
                "later" => Among::Later,
                "all" => Among::All,
                _ => Among::Others,
            },
            None if view == names.view => Among::Others,
            None => Among::All,
        };
        let join = join(&when);
        if scope_only && captures {
            let help = Some("`exists` relates to the member".to_string());
            self.problems.add(node.span(), "`in-scope` is about the scope, not about the member", help);
        }
        if captures && join.is_none() && via.is_none() && after.is_none() {
            let message = format!(
                "this compares every `{}` with every `{}`",
                self.set.at(names.view).name(),
                self.set.at(view).name()
            );
            let help = "join on a value: `fact: \"{own.fact}\"` or `fact: { contains: \"{own.fact}\" }`; or use `of`";
            self.problems.add(name.span(), message, Some(help.to_string()));
        }
        let known_as = fields.as_ref().and_then(|fields| fields.text("as"));
        let bound = known_as.as_ref().map_or(name.text, |it| it.text);
        let captures = captures || via.is_some() || after.is_some();
        self.relations.push(Relation {
            view,
            name: bound.into(),
            via,
            join,
            when,
            after,
            sequence,
            among,
            captures,
        });
        Some(self.relations.len() - 1)
    }

    /// The fact of the own member that lists the members of a relation with `of`.
    fn via(&mut self, fields: &Fields<'_>, view: usize, names: &Names) -> Option<FactRef> {
        let own = self.set.at(names.view);
        let of = fields.text("of");
        if let Some(of) = &of
            && of.text != own.name()
        {
            let help = Some(format!("the rule's own view is `{}`", own.name()));
            self.problems.add(of.span(), "`of` names the rule's own view", help);
            return None;
        }
        if let Some(via) = fields.text("via") {
            let (fact, kind) = match fact_ref(self.set, names.view, via.text) {
                Some(found) => found,
                None => {
                    let candidates = names_of(self.set, own);
                    let what = format!("fact of `{}`:", own.name());
                    self.problems.unknown(via.span(), &what, via.text, candidates.iter().map(String::as_str));
                    return None;
                }
            };
            let wanted = self.set.at(view).name();
            if !matches!(kind, FactType::Members(other) | FactType::Member(other) if other == wanted) {
                let message = format!("`{}` lists no members of `{wanted}`", via.text);
                self.problems.add(via.span(), message, None);
            }
            return Some(fact);
        }
        let of = of?;
        let wanted = self.set.at(view).name();
        let lists = own.facts().iter().filter(|fact| match fact.kind {
            FactType::Members(other) | FactType::Member(other) => other == wanted,
            _ => false,
        });
        let lists: Vec<&str> = lists.map(|fact| fact.name).collect();
        match lists.as_slice() {
            [name] => fact_ref(self.set, names.view, name).map(|(fact, _)| fact),
            [] => {
                self.problems.add(of.span(), format!("`{}` has no members of `{wanted}`", own.name()), None);
                None
            }
            several => {
                let help = Some(format!("say which with `via`: {}", several.join(", ")));
                self.problems.add(
                    of.span(),
                    format!("`{}` has several lists of `{wanted}`", own.name()),
                    help,
                );
                None
            }
        }
    }

    /// Compiles `compare`. Gives its index and the view of its members.
    pub(super) fn compare(&mut self, node: Node<'_>, names: &Names) -> Option<(usize, usize)> {
        let fields = Fields::read(node, &COMPARE_SHAPE, self.problems);
        let across = self.relation(fields.get("across")?, names, false)?;
        let view = self.relations.get(across)?.view;
        let value = fields.text("value")?;
        let Some((fact, kind)) = fact_ref(self.set, view, value.text) else {
            let it = self.set.at(view);
            let candidates = names_of(self.set, it);
            let what = format!("fact of `{}`:", it.name());
            self.problems.unknown(value.span(), &what, value.text, candidates.iter().map(String::as_str));
            return None;
        };
        if matches!(kind, FactType::Node | FactType::Member(_) | FactType::Members(_)) {
            let message = format!("`{}` is a {} and cannot be compared", value.text, kind.word());
            self.problems.add(value.span(), message, None);
        }
        let odd = fields.get("odd").map(|odd| self.operators(odd, kind, false, names));
        let distinct = fields.text("must").is_some_and(|must| must.text == "be-distinct");
        if distinct && let Some(odd) = fields.key("odd") {
            self.problems.add(
                odd.span(),
                "of equal values the later one is odd; `odd` goes with `be-equal`",
                None,
            );
        }
        let ignore_absent = fields.truth("ignore-absent");
        self.compares.push(Compare { across, value: fact, distinct, odd, ignore_absent });
        Some((self.compares.len() - 1, view))
    }

    /// Adds the names that relations bring in.
    pub(super) fn bind(&mut self, names: &mut Names, relations: &[usize], at: Option<Node<'_>>) {
        for &index in relations {
            let Some(relation) = self.relations.get(index) else { continue };
            let bound = Bound {
                name: relation.name.to_string(),
                relation: index,
                view: relation.view,
                ordered: relation.after.is_some(),
            };
            let own_fact = fact_ref(self.set, names.view, &bound.name).is_some();
            if let (true, Some(at)) = (own_fact, at) {
                let message = format!("`{}` is a fact of the rule's own view too", bound.name);
                self.problems.add(
                    at.span(),
                    message,
                    Some("give the relation another name with `as`".into()),
                );
            }
            names.bound.push(bound);
        }
    }

    /// The relation behind a name, for `related`.
    pub(super) fn bound<'n>(&mut self, name: &Spanned<'_>, names: &'n Names) -> Option<&'n Bound> {
        let found = names.bound.iter().find(|bound| bound.name == name.text);
        if found.is_none() {
            let known: Vec<&str> = names.bound.iter().map(|bound| bound.name.as_str()).collect();
            self.problems.unknown(name.span(), "relation", name.text, known);
        }
        found
    }
}

/// The first equality between a fact of the other member and a value of the own one that always must hold.
fn join(when: &Cond) -> Option<Join> {
    match when {
        Cond::All(all) => all.iter().find_map(join),
        Cond::Test(fact @ (Source::Fact(_) | Source::Path(_)), op) => {
            let (items, operand) = match op {
                Op::Equals(operand) | Op::OneOf(operand) => (false, operand),
                Op::Contains(operand) => (true, operand),
                _ => return None,
            };
            match operand {
                Operand::Capture(value) => Some(Join { fact: fact.clone(), items, value: value.clone() }),
                _ => None,
            }
        }
        _ => None,
    }
}
