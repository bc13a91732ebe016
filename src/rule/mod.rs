//! Rules: files that declare what is wrong, where to point and what to say; compiled when they are loaded, run over
//! the model's views.
//!
//! Deliberately absent: knowledge of Datadog or ArgoCD (that is what views are for), and what becomes of a finding
//! afterwards (`filter`).

mod compile;
mod condition;
pub mod docs;
mod eval;
pub mod examples;
mod locate;
mod query;
mod read;
mod registry;
mod schema;
mod selection;

use std::sync::{Arc, OnceLock};

pub(crate) use eval::fix::{Draft, Made, Texts};
pub(crate) use eval::merge_led_back;
pub use eval::run;
pub use eval::run_with;
pub use locate::Locator;
pub(crate) use locate::key_of;
pub use read::RuleFileError;
pub use registry::Registry;
pub use schema::json_schema;
pub use selection::{Selection, UnknownName};

use crate::checks::CheckFn;
use crate::finding::Severity;

/// The life of a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Status {
    /// On, and its meaning is kept.
    Stable,
    /// On, and still changing.
    Preview,
    /// Off until it is selected by its id or with `pedantic`.
    Pedantic,
}

impl Status {
    /// The word in rule files.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Stable => "stable",
            Status::Preview => "preview",
            Status::Pedantic => "pedantic",
        }
    }
}

/// What a rule says about itself.
#[derive(Debug)]
pub struct Documentation {
    /// What is wrong, one line.
    pub summary: Arc<str>,
    /// Why it matters.
    pub why: Arc<str>,
    /// What to do, with `<fact>` where a finding has a value.
    pub remedy: Arc<str>,
    /// Where it is known from.
    pub references: Vec<Arc<str>>,
    /// Near misses on which it stays silent, in words.
    pub not_on: Vec<Arc<str>>,
    /// The severity in words, for example `error or warning`.
    pub severity: Arc<str>,
    /// The gravest level of its own severity; a case can have another one.
    pub level: Severity,
    /// Every level it can give, cases included, gravest first.
    pub levels: Vec<Severity>,
}

/// How a rule is checked.
#[derive(Debug)]
enum Check {
    /// By what its file says.
    Declared(Box<condition::Declared>),
    /// By a function of `checks`.
    Builtin(Severity, CheckFn),
    /// By another room of the tool, which reports under the rule's id.
    Tool,
}

/// A rule that can run.
#[derive(Debug)]
pub struct Rule {
    /// The id, for ever.
    pub id: Arc<str>,
    /// The group: the folder of `rules/`.
    pub group: Arc<str>,
    /// Former ids.
    pub aliases: Vec<Arc<str>>,
    /// Rules that speak first: it is silent where one of them reports the same place or field.
    pub yields_to: Vec<Arc<str>>,
    /// Its life.
    pub status: Status,
    /// The version that brought it.
    pub since: Arc<str>,
    /// What it says about itself.
    pub documentation: Documentation,
    /// The rule file.
    pub path: Arc<str>,
    /// Empty until somebody asks, where the rule is one of the binary.
    examples: OnceLock<examples::Examples>,
    check: Check,
}

impl Rule {
    /// Files that give marked findings, and files that give none.
    pub fn examples(&self) -> &examples::Examples {
        self.examples.get_or_init(|| Registry::embedded_examples(&self.path))
    }

    /// Its severity in lists: the gravest level that it gives, apart from single cases.
    pub fn severity(&self) -> Severity {
        self.documentation.level
    }

    /// Whether some finding of it can carry a fix, as far as its file says.
    pub fn fixable(&self) -> bool {
        match &self.check {
            Check::Declared(declared) => declared.cases.iter().any(|case| !case.fixes.is_empty()),
            Check::Builtin(..) => crate::checks::fixes(&self.id),
            Check::Tool => false,
        }
    }

    /// Whether it is about what is deployed before what.
    pub fn is_about_order(&self) -> bool {
        let is_order = |at: &condition::At| {
            at.alternatives.iter().any(|(source, _)| matches!(source, condition::Source::Order(..)))
        };
        match &self.check {
            Check::Declared(declared) => (declared.cases.iter())
                .any(|case| is_order(&case.at) || case.related.iter().any(|it| is_order(&it.at))),
            _ => false,
        }
    }

    /// Whether some case of it is off until it is selected by its id or with `pedantic`.
    pub fn has_pedantic_case(&self) -> bool {
        match &self.check {
            Check::Declared(declared) => declared.cases.iter().any(|case| case.pedantic),
            _ => false,
        }
    }

    /// Whether another room reports it: it has no check of its own.
    pub fn is_tool(&self) -> bool {
        matches!(self.check, Check::Tool)
    }

    /// Whether its check is a function.
    pub fn is_builtin(&self) -> bool {
        matches!(self.check, Check::Builtin(..))
    }

    /// Whether it needs to know what changes from render to render.
    pub fn reads_drift(&self) -> bool {
        let reads = |view: usize| crate::views::ViewSet::catalogue().at(view).reads_drift();
        match &self.check {
            Check::Declared(declared) => {
                reads(declared.view) || declared.relations.iter().any(|it| reads(it.view))
            }
            // None of the functions looks at it.
            Check::Builtin(..) | Check::Tool => false,
        }
    }

    /// The name of the view it looks at.
    pub fn view(&self) -> Option<&'static str> {
        match &self.check {
            Check::Declared(declared) => Some(crate::views::ViewSet::catalogue().at(declared.view).name()),
            _ => None,
        }
    }
}
