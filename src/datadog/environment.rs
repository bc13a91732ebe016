//! Whether something belongs to production or to a testing environment, and what says so.
//!
//! Deliberately absent: what follows from it.

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::model::{Model, Settings};
use crate::source::Place;

/// What says that something is production, or testing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Evidence {
    /// In a few words: ``the cluster is named `prod-eu` ``.
    pub(crate) what: String,
    /// Where; none where a path says it.
    pub(crate) place: Option<Place>,
}

/// The environment of something.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Environment {
    /// Evidence of production.
    pub(crate) production: Option<Evidence>,
    /// Evidence of a testing environment.
    pub(crate) testing: Option<Evidence>,
    /// The configuration says that the file belongs to a testing environment.
    pub(crate) configured_testing: bool,
}

/// A word that may tell the environment: a cluster's name, a namespace, `DD_ENV`.
pub(crate) struct Hint<'a> {
    /// What it is, for messages.
    pub(crate) what: &'a str,
    /// The word.
    pub(crate) word: &'a str,
    /// Where it stands.
    pub(crate) place: Option<Place>,
}

/// The globs of files that belong to testing environments.
pub(crate) struct Testing(GlobSet);

impl Testing {
    /// From the settings; a glob that is none was reported when the configuration was read.
    pub(crate) fn new(settings: &Settings) -> Testing {
        let mut builder = GlobSetBuilder::new();
        for pattern in &settings.testing {
            if let Ok(glob) = Glob::new(pattern) {
                builder.add(glob);
            }
        }
        Testing(builder.build().unwrap_or_else(|_| GlobSet::empty()))
    }

    fn holds(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// The environment of what stands at a place, given the words that may tell it.
pub(crate) fn environment(model: &Model, testing: &Testing, place: Place, hints: &[Hint<'_>]) -> Environment {
    let outer = model.sources.outermost(place);
    let path = model.sources.get(outer.file).root_path.as_str();
    let mut environment = Environment { configured_testing: testing.holds(path), ..Environment::default() };
    for hint in hints {
        let evidence = || Evidence { what: format!("{} is `{}`", hint.what, hint.word), place: hint.place };
        if is_production(hint.word) {
            environment.production.get_or_insert_with(evidence);
        } else if is_testing(hint.word) {
            environment.testing.get_or_insert_with(evidence);
        }
    }
    for segment in path.split('/') {
        // `values-prod.yaml` says it as `prod.yaml` does.
        let word =
            segment.strip_prefix("values-").or_else(|| segment.strip_prefix("values.")).unwrap_or(segment);
        let evidence = || Evidence { what: format!("the file is in `{path}`"), place: None };
        if is_production(word) {
            environment.production.get_or_insert_with(evidence);
        } else if is_testing(word) {
            environment.testing.get_or_insert_with(evidence);
        }
    }
    environment
}

fn begins(word: &str, names: &[&str]) -> bool {
    names.iter().any(|name| {
        word.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
            && word.get(name.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
    })
}

/// A name that says production.
pub(crate) fn is_production(word: &str) -> bool {
    begins(word, &["prod", "production", "prd", "live"])
}

/// A name that says testing.
pub(crate) fn is_testing(word: &str) -> bool {
    begins(
        word,
        &["dev", "development", "test", "testing", "staging", "sandbox", "local", "minikube", "kind", "ci"],
    )
}

/// The file belongs to tests or examples, not to a deployment.
pub(crate) fn is_fixture(model: &Model, place: Place) -> bool {
    let outer = model.sources.outermost(place);
    let path = model.sources.get(outer.file).root_path.as_str();
    path.split('/').any(|segment| {
        matches!(
            segment,
            "testdata" | "ci" | "test" | "tests" | "fixtures" | "examples" | "example" | "__tests__"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_the_environment() {
        assert!(is_production("prod-eu"));
        assert!(is_production("live"));
        assert!(!is_production("product-catalogue"));
        assert!(!is_production("liveness"));
        assert!(is_testing("kind"));
        assert!(is_testing("dev.yaml"));
        assert!(!is_testing("device"));
    }
}
