//! Entries of `ignore` in the configuration: which findings they hide, and which entries hide nothing.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::suppress::UNUSED;
use crate::config::Ignore;
use crate::finding::Severity;
use crate::report::{Hidden, HiddenBy, Report, Reported, digest};
use crate::source::Location;

/// An entry that can be asked.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The rule's id, former ids led back.
    rule: String,
    entry: Ignore,
    paths: Option<GlobSet>,
    /// Where it stands.
    location: Location,
}

impl Entry {
    /// Compiles an entry; its globs were checked when it was read.
    pub fn new(entry: &Ignore, rule: String, location: Location) -> Entry {
        let mut paths = GlobSetBuilder::new();
        for glob in &entry.paths {
            // A folder's name means what lies below it.
            for pattern in
                [glob.trim_end_matches('/').to_string(), format!("{}/**", glob.trim_end_matches('/'))]
            {
                if let Ok(glob) = Glob::new(&pattern) {
                    paths.add(glob);
                }
            }
        }
        let paths = (!entry.paths.is_empty()).then(|| paths.build().unwrap_or_else(|_| GlobSet::empty()));
        Entry { rule, entry: entry.clone(), paths, location }
    }

    fn covers(&self, finding: &Reported) -> bool {
        let Ignore { resource, namespace, container, path, .. } = &self.entry;
        let name = finding.resource.as_ref();
        let same =
            |wanted: &Option<String>, is: Option<&str>| wanted.as_deref().is_none_or(|it| Some(it) == is);
        let below = |wanted: &str| {
            let path = finding.path.as_deref().unwrap_or_default();
            path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        };
        *self.rule == *finding.rule
            && self.paths.as_ref().is_none_or(|globs| globs.is_match(&finding.location.root_file))
            && same(resource, name.map(|it| format!("{}/{}", it.kind, it.name)).as_deref())
            && same(namespace, name.and_then(|it| it.namespace.as_deref()))
            && same(container, finding.container.as_deref())
            && path.as_deref().is_none_or(below)
    }
}

/// Hides what the entries cover. Where the whole repository was read, an entry of a rule that ran (`ran`) and that
/// covers nothing is a finding of this severity.
pub fn apply(report: &mut Report, entries: &[Entry], ran: &dyn Fn(&str) -> bool, unused: Option<Severity>) {
    let idle: Vec<&Entry> =
        entries.iter().filter(|entry| !report.findings.iter().any(|finding| entry.covers(finding))).collect();
    if let Some(severity) = unused {
        report.findings.extend(idle.iter().filter(|it| ran(&it.rule)).map(|entry| told(entry, severity)));
    }
    report.hide(|finding| {
        let entry = entries.iter().find(|entry| entry.covers(finding))?;
        Some(Hidden { by: HiddenBy::Configuration, reason: entry.entry.reason.clone() })
    });
}

fn told(entry: &Entry, severity: Severity) -> Reported {
    let message = format!("there is no finding of `{}` to ignore by this entry", entry.rule);
    let narrowing = [
        entry.entry.resource.as_deref(),
        entry.entry.namespace.as_deref(),
        entry.entry.container.as_deref(),
        entry.entry.path.as_deref(),
    ];
    let narrowing = narrowing.map(Option::unwrap_or_default).join("\n");
    let paths = entry.entry.paths.join("\n");
    Reported {
        rule: UNUSED.into(),
        severity,
        help: "Remove the entry, or widen what it is about.".to_string(),
        label: String::new(),
        resource: None,
        path: None,
        place: None,
        related: Vec::new(),
        origin: Vec::new(),
        affected: Vec::new(),
        shape: String::new(),
        fingerprint: digest(&[UNUSED, &entry.location.root_file, &message, &narrowing, &paths]),
        message,
        location: entry.location.clone(),
        fix: None,
        edits: None,
        container: None,
        about: Some(entry.rule.clone()),
        hidden: None,
    }
}
