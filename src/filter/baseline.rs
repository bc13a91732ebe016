//! The baseline: findings that were there when a repository began to use ddlint. It only ever shrinks.
//!
//! A file of sorted entries without line numbers: see [`Identity`](crate::report::identity::Identity) for what makes
//! two findings the same. Deliberately absent: reading and writing the disk (`commands`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::suppress::UNUSED;
use crate::finding::Severity;
use crate::report::secrets::mask_line;
use crate::report::{Hidden, HiddenBy, Report, Reported, digest};
use crate::source::Location;

/// The version of the form.
const SCHEMA: &str = "ddlint-baseline/1";

/// A finding that is accepted. The fingerprint decides; the rest is for who reads the file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file, relative to the root.
    pub file: String,
    /// The rule's id.
    pub rule: String,
    /// The finding's message.
    pub message: String,
    /// The finding's fingerprint.
    pub fingerprint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    findings: Vec<Entry>,
}

#[derive(Deserialize)]
struct Header {
    schema: String,
}

/// A baseline.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
    /// The line of each entry in the file, from 1.
    lines: Vec<u32>,
    location: Option<Location>,
}

/// What is wrong with a baseline file: a message, and what to do.
pub type Wrong = (String, String);

/// The file of the report's findings; what the baseline hid before stays in it as long as it is found.
pub fn write(report: &Report) -> (String, usize) {
    let old =
        report.hidden.iter().filter(|it| it.hidden.as_ref().is_some_and(|it| it.by == HiddenBy::Baseline));
    let findings = report.findings.iter().filter(|it| &*it.rule != UNUSED).chain(old);
    let entries: BTreeSet<Entry> = findings
        .map(|finding| Entry {
            file: finding.location.root_file.clone(),
            rule: finding.rule.to_string(),
            message: mask_line(&finding.message, false),
            fingerprint: finding.fingerprint.clone(),
        })
        .collect();
    // One entry a line, so that a merge of two branches that both shrink it succeeds.
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("    {}", serde_json::to_string(entry).unwrap_or_default()))
        .collect();
    let body = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
    (format!("{{\n  \"schema\": \"{SCHEMA}\",\n  \"findings\": [{body}]\n}}\n"), entries.len())
}

impl Baseline {
    /// Reads a baseline file. `location` is the file as a whole.
    pub fn read(text: &str, location: Location) -> Result<Baseline, Wrong> {
        let again = || "write it again with `--write-baseline`".to_string();
        let header: Header = serde_json::from_str(text)
            .map_err(|error| (format!("it is no baseline of ddlint: {error}"), again()))?;
        if header.schema != SCHEMA {
            let message = format!("it has the form `{}`; this ddlint reads `{SCHEMA}`", header.schema);
            return Err((message, again()));
        }
        let file: File = serde_json::from_str(text)
            .map_err(|error| (format!("this baseline is damaged: {error}"), again()))?;
        let line_of = |entry: &Entry| {
            let at = text.lines().position(|line| line.contains(&entry.fingerprint));
            at.map_or(1, |at| at as u32 + 1)
        };
        let lines = file.findings.iter().map(line_of).collect();
        Ok(Baseline { entries: file.findings, lines, location: Some(location) })
    }

    /// Hides what the baseline holds. The indices of the entries that match nothing.
    pub fn apply(&self, report: &mut Report) -> Vec<usize> {
        let known: BTreeSet<&str> = self.entries.iter().map(|entry| entry.fingerprint.as_str()).collect();
        self.hide(report, &|finding| known.contains(finding.fingerprint.as_str()));
        let found: BTreeSet<&str> =
            report.findings.iter().chain(&report.hidden).map(|it| it.fingerprint.as_str()).collect();
        let stale = |index: &usize| {
            self.entries.get(*index).is_some_and(|entry| !found.contains(entry.fingerprint.as_str()))
        };
        (0..self.entries.len()).filter(stale).collect()
    }

    /// Tries the entries that match nothing once more, with files by their former names. Those that still match
    /// nothing.
    pub fn apply_renamed(
        &self,
        report: &mut Report,
        stale: Vec<usize>,
        renamed: &BTreeMap<String, String>,
    ) -> Vec<usize> {
        let mut former = report.clone();
        former.rename(renamed);
        let all = |report: &Report| -> Vec<String> {
            report.findings.iter().chain(&report.hidden).map(|it| it.fingerprint.clone()).collect()
        };
        let names: BTreeMap<String, String> = all(report).into_iter().zip(all(&former)).collect();
        let wanted: BTreeSet<&str> =
            stale.iter().filter_map(|index| Some(self.entries.get(*index)?.fingerprint.as_str())).collect();
        self.hide(report, &|finding| {
            names.get(&finding.fingerprint).is_some_and(|name| wanted.contains(name.as_str()))
        });
        let found: BTreeSet<&str> = names.values().map(String::as_str).collect();
        stale
            .into_iter()
            .filter(|index| {
                self.entries.get(*index).is_some_and(|entry| !found.contains(entry.fingerprint.as_str()))
            })
            .collect()
    }

    fn hide(&self, report: &mut Report, wanted: &dyn Fn(&Reported) -> bool) {
        report.hide(|finding| {
            wanted(finding).then(|| Hidden { by: HiddenBy::Baseline, reason: String::new() })
        });
    }

    /// The file that a stale entry is about.
    pub fn file(&self, index: usize) -> Option<&str> {
        Some(&self.entries.get(index)?.file)
    }

    /// Reports entries of rules that ran and match nothing.
    pub fn tell_stale(&self, report: &mut Report, stale: &[usize], ran: &dyn Fn(&str) -> bool) {
        for index in stale {
            let (Some(entry), Some(line), Some(file)) =
                (self.entries.get(*index), self.lines.get(*index), &self.location)
            else {
                continue;
            };
            if !ran(&entry.rule) {
                continue;
            }
            let location = Location { line: *line, end_line: *line, ..file.clone() };
            report.findings.push(Reported {
                rule: UNUSED.into(),
                severity: Severity::Info,
                message: format!("the finding of `{}` in `{}` is gone", entry.rule, entry.file),
                help: "Write the baseline again: `--write-baseline`.".to_string(),
                label: String::new(),
                resource: None,
                path: None,
                place: None,
                related: Vec::new(),
                origin: Vec::new(),
                affected: Vec::new(),
                shape: String::new(),
                fingerprint: digest(&[UNUSED, &entry.fingerprint]),
                location,
                fix: None,
                edits: None,
                container: None,
                about: Some(entry.rule.clone()),
                hidden: None,
            });
        }
        report.sort();
    }
}
