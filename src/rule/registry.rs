//! The rules that are known: those of the folder `rules/`, embedded in the binary, and those of the user's folders.

use ddlint_yaml::SourceText;
use std::sync::{Arc, OnceLock};

use super::compile::{compile, compile_embedded};
use super::examples::Examples;
use super::{Rule, RuleFileError};

include!(concat!(env!("OUT_DIR"), "/embedded_rules.rs"));

/// Known rules, sorted by id.
#[derive(Debug, Default)]
pub struct Registry {
    rules: Vec<Arc<Rule>>,
}

impl Registry {
    /// The rules of the binary. A test proves that each of them loads; one that did not would be left out.
    pub fn embedded() -> &'static Registry {
        static EMBEDDED: OnceLock<Registry> = OnceLock::new();
        EMBEDDED.get_or_init(|| {
            let rules = EMBEDDED_RULES.iter().filter_map(|(path, text)| compile_embedded(path, text).ok());
            Registry::sorted(rules.map(Arc::new).collect())
        })
    }

    /// The names and texts of the embedded rule files.
    pub fn embedded_files() -> impl Iterator<Item = (&'static str, &'static str)> {
        EMBEDDED_RULES.iter().copied()
    }

    /// The examples of a rule of the binary, by its file.
    pub(super) fn embedded_examples(path: &str) -> Examples {
        let file = EMBEDDED_RULES.iter().find(|(known, _)| *known == path);
        let rule = file.and_then(|(_, text)| compile(path, &SourceText::from_static(text)).ok());
        rule.and_then(|rule| rule.examples.into_inner()).unwrap_or_default()
    }

    /// Compiles rule files: (name, text). All problems of all files are given.
    pub fn load(files: &[(String, SourceText)]) -> Result<Registry, Vec<RuleFileError>> {
        Registry::default().with(files)
    }

    /// These rules and those of more files. An id that is known already is a problem of the new file.
    pub fn with(&self, files: &[(String, SourceText)]) -> Result<Registry, Vec<RuleFileError>> {
        let mut rules = self.rules.clone();
        let mut problems = Vec::new();
        for (path, text) in files {
            match compile(path, text) {
                Ok(rule) => {
                    if let Some(known) = rules.iter().find(|known| known.is_named(&rule.id)) {
                        problems.push(taken(path, text, &rule.id, &known.path));
                    } else {
                        rules.push(Arc::new(rule));
                    }
                }
                Err(list) => problems.extend(list),
            }
        }
        if problems.is_empty() { Ok(Registry::sorted(rules)) } else { Err(problems) }
    }

    /// One rule alone, as its examples are run.
    pub fn of(rule: Arc<Rule>) -> Registry {
        Registry { rules: vec![rule] }
    }

    fn sorted(mut rules: Vec<Arc<Rule>>) -> Registry {
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        Registry { rules }
    }

    /// Every rule, sorted by id.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Arc<Rule>> {
        self.rules.iter()
    }

    /// The rule of that id, or of that former id.
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules
            .iter()
            .find(|rule| &*rule.id == id)
            .or_else(|| self.rules.iter().find(|rule| rule.is_named(id)))
    }

    /// The rule of an index that [`Registry::index`] gave, or that is smaller than the number of rules.
    pub(crate) fn at(&self, index: usize) -> &Rule {
        &self.rules[index]
    }

    /// The index of a rule in [`Registry::rules`].
    pub(crate) fn index(&self, id: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.is_named(id))
    }

    /// The groups, sorted.
    pub fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = self.rules.iter().map(|rule| &*rule.group).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }
}

impl Rule {
    fn is_named(&self, id: &str) -> bool {
        &*self.id == id || self.aliases.iter().any(|alias| &**alias == id)
    }
}

fn taken(path: &str, text: &SourceText, id: &str, other: &str) -> RuleFileError {
    let start = text.find("id:").map_or(0, |at| at as u32);
    let end =
        text.get(start as usize..).and_then(|rest| rest.find('\n')).map_or(start, |at| start + at as u32);
    RuleFileError {
        path: path.to_string(),
        text: text.clone(),
        span: ddlint_yaml::Span { start, end },
        message: format!("the id `{id}` is taken by {other}"),
        help: Some("one id, one meaning: choose another".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::compile::EXAMPLES;

    #[test]
    fn examples_stand_at_the_end_and_are_there_for_who_asks() {
        for (path, text) in EMBEDDED_RULES {
            let (_, behind) = text.split_once(EXAMPLES).unwrap_or_else(|| panic!("{path} has no examples"));
            assert!(
                behind.lines().all(|line| line.is_empty() || line.starts_with([' ', '#', '-'])),
                "{path}"
            );
            let rule = compile_embedded(path, text).unwrap_or_else(|problems| panic!("{path}: {problems:?}"));
            let whole = compile(path, &SourceText::from_static(text)).expect("it loads");
            let names = |rule: &Rule| -> Vec<Arc<str>> {
                let examples = rule.examples().bad.iter().chain(&rule.examples().good);
                examples.flat_map(|example| &example.files).map(|file| file.written.clone()).collect()
            };
            assert_eq!(names(&rule), names(&whole), "{path}");
            assert!(!names(&rule).is_empty(), "{path}");
            assert_eq!(format!("{:?}", rule.documentation), format!("{:?}", whole.documentation));
        }
    }
}
