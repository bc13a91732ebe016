//! Checks that cannot be said as data: one function in one file for each, named after the rule's id with underscores.
//! Id, words about the rule and examples stand in the rule file all the same.

use crate::finding::{Affected, Finding, Fix, Related, Severity};
use crate::model::{At, Model, ResourceId};
use crate::rule::{Locator, Rule};
use crate::source::Place;
use crate::views::ViewSet;

/// A check.
pub type CheckFn = fn(&CheckContext<'_>, &mut Findings);

macro_rules! checks {
    ($($module:ident $(fixes $fixes:literal)?;)*) => {
        $(mod $module;)*

        /// Every check by the name of its file.
        static CHECKS: &[(&str, CheckFn, bool)] =
            &[$((stringify!($module), $module::check as CheckFn, false $(|| $fixes)?)),*];
    };
}

checks! {
    duplicate_yaml_key fixes true;
}

/// The check of a rule.
pub(crate) fn function(id: &str) -> Option<CheckFn> {
    let name = id.replace('-', "_");
    CHECKS.iter().find(|(known, ..)| *known == name).map(|(_, function, _)| *function)
}

/// Whether the check of a rule can offer fixes.
pub(crate) fn fixes(id: &str) -> bool {
    let name = id.replace('-', "_");
    CHECKS.iter().any(|(known, _, fixes)| *known == name && *fixes)
}

/// The names of all checks.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|(name, ..)| *name)
}

/// What a check sees.
pub struct CheckContext<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its views.
    pub views: &'a ViewSet,
    /// From places to nodes and resources.
    pub locator: &'a Locator<'a>,
    /// The rule it speaks for.
    pub rule: &'a Rule,
    /// The rule's severity.
    pub level: Severity,
}

impl CheckContext<'_> {
    /// A finding at a place, with the rule's severity and remedy; to be filled in and pushed.
    pub fn finding(&self, primary: Place, message: impl Into<String>) -> Finding {
        self.finding_in(primary, None, message)
    }

    /// A finding at a place of a resource.
    pub fn finding_in(
        &self,
        primary: Place,
        resource: Option<ResourceId>,
        message: impl Into<String>,
    ) -> Finding {
        let (resource, path) = self.locator.name_and_path(primary, resource);
        let affected = match (&resource, &path) {
            (Some(resource), Some(path)) => vec![Affected { resource: resource.clone(), path: path.clone() }],
            _ => Vec::new(),
        };
        Finding {
            rule: self.rule.id.clone(),
            severity: self.level,
            message: message.into(),
            help: self.rule.documentation.remedy.to_string(),
            resource,
            path,
            primary,
            about: None,
            label: String::new(),
            apart: String::new(),
            related: Vec::new(),
            origin: Vec::new(),
            affected,
            fix: None,
        }
    }

    /// All texts, for edits.
    pub(crate) fn texts(&self) -> crate::rule::Texts<'_> {
        crate::rule::Texts { model: self.model, locator: self.locator }
    }

    /// The place of a node.
    pub fn place(&self, at: At) -> Place {
        self.model.place(at)
    }
}

/// What a check found.
#[derive(Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Adds the findings of another part, which was looked at beside this one.
    pub fn append(&mut self, other: Findings) {
        self.0.extend(other.0);
    }

    pub(crate) fn into_list(self) -> Vec<Finding> {
        self.0
    }
}

/// Building findings in one expression.
impl Finding {
    /// With another place that belongs to it.
    pub fn related(mut self, place: Place, message: impl Into<String>) -> Finding {
        self.related.push(Related { place, message: message.into() });
        self
    }

    /// With a label at its primary place.
    pub fn label(mut self, label: impl Into<String>) -> Finding {
        self.label = label.into();
        self
    }

    /// With another severity.
    pub fn severity(mut self, severity: Severity) -> Finding {
        self.severity = severity;
        self
    }

    /// With other advice.
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = help.into();
        self
    }

    /// With an edit that mends it.
    pub fn fix(mut self, fix: Fix) -> Finding {
        self.fix = Some(fix);
        self
    }
}
