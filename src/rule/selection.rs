//! Which rules run: `--select` and `--ignore` of the contract.

use std::collections::BTreeSet;

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

/// The rules that run, by their index in the registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    rules: BTreeSet<usize>,
}

impl Selection {
    /// Every rule that is on by itself.
    pub fn default_of(registry: &Registry) -> Selection {
        let on = registry.rules().enumerate().filter(|(_, rule)| rule.status != Status::Pedantic);
        Selection { rules: on.map(|(index, _)| index).collect() }
    }

    /// Every rule, pedantic ones too.
    pub fn everything(registry: &Registry) -> Selection {
        Selection { rules: (0..registry.rules().len()).collect() }
    }

    /// The rules that the words name: ids, groups, `pedantic` (every pedantic rule) and `all`. Groups and `all` leave
    /// pedantic rules off. Nothing selected is the default; what is ignored is taken away from what is selected.
    pub fn new(registry: &Registry, select: &[String], ignore: &[String]) -> Result<Selection, UnknownName> {
        let mut rules = match select {
            [] => Selection::default_of(registry).rules,
            words => Self::named(registry, words, false)?,
        };
        for index in Self::named(registry, ignore, true)? {
            rules.remove(&index);
        }
        Ok(Selection { rules })
    }

    fn named(
        registry: &Registry,
        words: &[String],
        pedantic_too: bool,
    ) -> Result<BTreeSet<usize>, UnknownName> {
        let mut rules = BTreeSet::new();
        for word in
            words.iter().flat_map(|words| words.split(',')).map(str::trim).filter(|word| !word.is_empty())
        {
            if let Some(index) = registry.index(word) {
                rules.insert(index);
                continue;
            }
            let named = registry.rules().enumerate().filter(|(_, rule)| match word {
                "pedantic" => rule.status == Status::Pedantic,
                "all" => pedantic_too || rule.status != Status::Pedantic,
                group => *rule.group == *group && (pedantic_too || rule.status != Status::Pedantic),
            });
            let named: Vec<usize> = named.map(|(index, _)| index).collect();
            if named.is_empty() && !matches!(word, "pedantic" | "all") && !registry.groups().contains(&word) {
                let ids = registry.rules().map(|rule| &*rule.id);
                let candidates = ids.chain(registry.groups()).chain(["pedantic", "all"]);
                let help = near::did_you_mean(word, candidates)
                    .or_else(|| Some("`ddlint rules` lists the rules and their groups".to_string()));
                return Err(UnknownName { word: word.to_string(), help });
            }
            rules.extend(named);
        }
        Ok(rules)
    }

    /// Whether a rule runs.
    pub fn contains(&self, registry: &Registry, id: &str) -> bool {
        registry.index(id).is_some_and(|index| self.rules.contains(&index))
    }

    /// The indices of the rules that run.
    pub(crate) fn indices(&self) -> impl Iterator<Item = usize> {
        self.rules.iter().copied()
    }
}
