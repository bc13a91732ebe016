//! Which rules run: `--select` and `--ignore` of the contract.

use std::collections::BTreeMap;

use super::{Registry, Status};
use crate::near;

/// A word of `--select` or `--ignore` that names nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownName {
    /// The word.
    pub word: String,
    /// What it may have meant.
    pub help: Option<String>,
}

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no rule and no group", self.word)
    }
}

impl std::error::Error for UnknownName {}

/// The rules that run, by their index in the registry, and whether their cases for the pedantic count too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    rules: BTreeMap<usize, bool>,
}

impl Selection {
    /// Every rule that is on by itself.
    pub fn default_of(registry: &Registry) -> Selection {
        let on = registry.rules().enumerate().filter(|(_, rule)| rule.status != Status::Pedantic);
        Selection { rules: on.map(|(index, _)| (index, false)).collect() }
    }

    /// Every rule, pedantic ones too.
    pub fn everything(registry: &Registry) -> Selection {
        Selection { rules: (0..registry.rules().len()).map(|index| (index, true)).collect() }
    }

    /// The rules that the words name: ids, groups, `pedantic` (every pedantic rule, and every rule with a pedantic
    /// case) and `all`. Groups and `all` leave what is pedantic off. Nothing selected is the default; what is ignored
    /// is taken away from what is selected.
    pub fn new(registry: &Registry, select: &[String], ignore: &[String]) -> Result<Selection, UnknownName> {
        let mut rules = BTreeMap::new();
        if words(select).next().is_none() {
            rules = Selection::default_of(registry).rules;
        }
        for word in words(select) {
            for (index, pedantic) in named(registry, word)? {
                *rules.entry(index).or_insert(false) |= pedantic;
            }
        }
        for word in words(ignore) {
            for (index, _) in named(registry, word)? {
                let whole = word != "pedantic" || registry.at(index).status == Status::Pedantic;
                match rules.get_mut(&index) {
                    Some(pedantic) if !whole => *pedantic = false,
                    _ => {
                        rules.remove(&index);
                    }
                }
            }
            // A group or `all` that is ignored takes its pedantic rules along.
            rules.retain(|index, _| word != "all" && *registry.at(*index).group != *word);
        }
        Ok(Selection { rules })
    }

    /// Whether a rule runs.
    pub fn contains(&self, registry: &Registry, id: &str) -> bool {
        registry.index(id).is_some_and(|index| self.rules.contains_key(&index))
    }

    /// The indices of the rules that run, and whether their pedantic cases do.
    pub(crate) fn indices(&self) -> impl Iterator<Item = (usize, bool)> {
        self.rules.iter().map(|(index, pedantic)| (*index, *pedantic))
    }
}

fn words(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().flat_map(|words| words.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

/// The rules that a word names, and whether it means their pedantic cases.
fn named(registry: &Registry, word: &str) -> Result<Vec<(usize, bool)>, UnknownName> {
    if let Some(index) = registry.index(word) {
        return Ok(vec![(index, true)]);
    }
    let on = |index: &usize| registry.at(*index).status != Status::Pedantic;
    let all = 0..registry.rules().len();
    match word {
        "all" => Ok(all.filter(on).map(|index| (index, false)).collect()),
        "pedantic" => {
            let pedantic = |index: &usize| !on(index) || registry.at(*index).has_pedantic_case();
            Ok(all.filter(pedantic).map(|index| (index, true)).collect())
        }
        group if registry.groups().contains(&group) => {
            let of_group = |index: &usize| on(index) && *registry.at(*index).group == *group;
            Ok(all.filter(of_group).map(|index| (index, false)).collect())
        }
        _ => {
            let ids = registry.rules().map(|rule| &*rule.id);
            let candidates = ids.chain(registry.groups()).chain(["pedantic", "all"]);
            let help = near::did_you_mean(word, candidates)
                .or_else(|| Some("`ddlint rules` lists the rules and their groups".to_string()));
            Err(UnknownName { word: word.to_string(), help })
        }
    }
}
