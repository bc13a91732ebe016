//! What a name in a rule file means: a fact, a fact behind another view's member, a JSONPath, or something that a
//! relation or a comparison of the rule brings in.

use ddlint_yaml::Span;

use crate::rule::condition::{FactRef, Source, Which};
use crate::rule::query::Query;
use crate::rule::read::Problems;
use crate::views::{FactType, View, ViewSet};

/// Looks a fact up in a view, following members of other views.
pub(crate) fn fact_ref(set: &ViewSet, view: usize, name: &str) -> Option<(FactRef, FactType)> {
    find(set, view, name, Vec::new())
}

fn find(set: &ViewSet, view: usize, name: &str, hops: Vec<(usize, usize)>) -> Option<(FactRef, FactType)> {
    let it = set.at(view);
    if let Some(index) = it.facts().iter().position(|fact| fact.name == name) {
        let kind = it.facts().get(index)?.kind;
        return Some((FactRef { hops, view, which: Which::Fixed(index) }, kind));
    }
    let members = it.facts().iter().enumerate().filter_map(|(index, fact)| match fact.kind {
        FactType::Member(other) => {
            let rest = name.strip_prefix(fact.name)?.strip_prefix('.')?;
            Some((index, set.index(other)?, rest))
        }
        _ => None,
    });
    for (index, other, rest) in members {
        // A rule that goes through ten members has lost its way; a circle of names ends here.
        if hops.len() < 10 {
            let mut further = hops.clone();
            further.push((view, index));
            if let Some(found) = find(set, other, rest, further) {
                return Some(found);
            }
        }
    }
    let family =
        |family: &crate::views::DynamicSpec| name.strip_prefix(family.prefix).filter(|it| !it.is_empty());
    it.dynamic().iter().enumerate().find_map(|(index, spec)| {
        let rest = family(spec)?;
        let which = Which::Dynamic(index, rest.into());
        Some((FactRef { hops: hops.clone(), view, which }, spec.kind))
    })
}

/// The names that a view offers, for near matches.
pub(crate) fn names_of(set: &ViewSet, view: &dyn View) -> Vec<String> {
    let mut names: Vec<String> = view.facts().iter().map(|fact| fact.name.to_string()).collect();
    for fact in view.facts() {
        if let FactType::Member(other) = fact.kind {
            let other = set.get(other).into_iter().flat_map(|other| other.facts());
            names.extend(other.map(|inner| format!("{}.{}", fact.name, inner.name)));
        }
    }
    names.extend(view.dynamic().iter().map(|family| format!("{}…", family.prefix)));
    names
}

/// A name that a relation brings in.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) name: String,
    pub(crate) relation: usize,
    pub(crate) view: usize,
    pub(crate) ordered: bool,
}

/// The names that may be used at a place of a rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) view: usize,
    pub(crate) selected: bool,
    pub(crate) bound: Vec<Bound>,
    /// The comparison: its index and the view of its members.
    pub(crate) compare: Option<(usize, usize)>,
}

impl Names {
    /// The names of a view's members alone.
    pub(crate) fn of_view(view: usize) -> Names {
        Names { view, ..Names::default() }
    }

    /// Resolves a name; a problem is added where it is none.
    pub(crate) fn resolve(
        &self,
        set: &ViewSet,
        name: &str,
        span: Span,
        problems: &mut Problems,
    ) -> Option<(Source, FactType)> {
        if name.starts_with('$') {
            return query(name, span, problems).map(|query| {
                let kind = if query.is_singular() { FactType::Any } else { FactType::List };
                (Source::Path(query), kind)
            });
        }
        if self.selected {
            match name {
                "value" => return Some((Source::Value, FactType::Any)),
                "key" => return Some((Source::Key, FactType::Str)),
                "path" => return Some((Source::MatchPath, FactType::Str)),
                _ => {}
            }
        }
        if let Some(found) = self.brought_in(set, name) {
            return Some(found);
        }
        if let Some((fact, kind)) = fact_ref(set, self.view, name) {
            return Some((Source::Fact(fact), kind));
        }
        let view = set.at(self.view);
        let candidates = self.candidates(set);
        let what = format!("fact of `{}`:", view.name());
        problems.unknown(span, &what, name, candidates.iter().map(String::as_str));
        None
    }

    fn brought_in(&self, set: &ViewSet, name: &str) -> Option<(Source, FactType)> {
        if let Some((compare, view)) = self.compare {
            for (side, odd) in [("odd", true), ("others", false)] {
                if name == side {
                    return Some((Source::SideMember(compare, odd), FactType::List));
                }
                let Some(rest) = name.strip_prefix(side).and_then(|rest| rest.strip_prefix('.')) else {
                    continue;
                };
                if rest == "value" {
                    return Some((Source::SideValue(compare, odd), FactType::Any));
                }
                let (fact, kind) = fact_ref(set, view, rest)?;
                return Some((Source::Side(compare, odd, fact), kind));
            }
        }
        if let Some(ordered) = self.bound.iter().find(|bound| bound.ordered) {
            match name {
                "order" => return Some((Source::Order(ordered.relation, false), FactType::Node)),
                "order.in" => return Some((Source::OrderIn(ordered.relation), FactType::Str)),
                _ => {}
            }
        }
        for bound in &self.bound {
            if name == bound.name {
                return Some((Source::RelatedMember(bound.relation), FactType::List));
            }
            let Some(rest) = name.strip_prefix(&bound.name).and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            if bound.ordered && rest == "order" {
                return Some((Source::Order(bound.relation, true), FactType::Node));
            }
            if let Some((fact, kind)) = fact_ref(set, bound.view, rest) {
                return Some((Source::Related(bound.relation, fact), kind));
            }
        }
        None
    }

    fn candidates(&self, set: &ViewSet) -> Vec<String> {
        let mut candidates = names_of(set, set.at(self.view));
        for bound in &self.bound {
            let facts = set.at(bound.view).facts().iter();
            candidates.extend(facts.map(|fact| format!("{}.{}", bound.name, fact.name)));
        }
        if self.selected {
            candidates.extend(["value", "key", "path"].map(String::from));
        }
        candidates
    }
}

/// Compiles a JSONPath; a problem is added where it is none.
pub(crate) fn query(text: &str, span: Span, problems: &mut Problems) -> Option<Query> {
    match Query::parse(text) {
        Ok(query) => Some(query),
        Err(error) => {
            let start = span.start + error.offset as u32;
            let span = if start < span.end { Span { start, end: span.end } } else { span };
            problems.add(span, format!("`{text}`: {}", error.message), error.help);
            None
        }
    }
}
