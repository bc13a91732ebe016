//! Findings to bytes: the formats of `ddlint check`.
//!
//! A [`Report`] holds everything a format may show, already in lines and columns, sorted. Deliberately absent:
//! severities and what is hidden (`filter`), exit codes (`main`).

pub mod carry;
pub mod concise;
pub mod excerpt;
pub mod github;
pub mod gitlab;
pub mod identity;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod pretty;
pub mod rules;
pub mod sarif;
pub mod secrets;
mod urls;

use std::sync::Arc;

use sha2::{Digest, Sha256};

use self::identity::Identity;
use crate::finding::{Affected, Finding, Fix, InputError, ResourceName, Safety, Severity};
use crate::source::{Location, Place, SourceMap};

/// A finding with its places in lines and columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The severity after overrides.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// What the primary place shows; may be empty.
    pub label: String,
    /// The resource in what would be deployed.
    pub resource: Option<ResourceName>,
    /// The field in the resource, or in the file.
    pub path: Option<String>,
    /// The place to edit.
    pub location: Location,
    /// The same place in the source map, for excerpts; none where the text is not at hand (a stream).
    pub place: Option<Place>,
    /// Other places with what is there.
    pub related: Vec<ReportedPlace>,
    /// The chain from the place to the field.
    pub origin: Vec<ReportedOrigin>,
    /// All fields that the cause changes.
    pub affected: Vec<Affected>,
    /// What makes it the same finding apart from the file; empty for what arrives in a stream.
    pub shape: String,
    /// Stable across moves of the line.
    pub fingerprint: String,
    /// How to mend it; none where the edits would show a secret.
    pub fix: Option<ReportedFix>,
    /// The same for applying it: edits in the source map.
    pub edits: Option<Fix>,
    /// The container that the field belongs to.
    pub container: Option<String>,
    /// The rule that a finding about a suppression is about.
    pub about: Option<String>,
    /// Why it is not reported.
    pub hidden: Option<Hidden>,
}

/// Why a finding is not reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hidden {
    /// Who decided.
    pub by: HiddenBy,
    /// The reason given; may be empty.
    pub reason: String,
}

/// Who decided that a finding is not reported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HiddenBy {
    /// A comment beside it, or an annotation of the resource.
    Comment,
    /// An entry of the configuration.
    Configuration,
    /// The baseline holds it.
    Baseline,
    /// The revision that this one is compared with has it too.
    Revision,
    /// The files asked for do not cause it.
    Elsewhere,
}

/// A related place.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedPlace {
    /// Where.
    pub location: Location,
    /// The same place in the source map.
    pub place: Option<Place>,
    /// What is there.
    pub message: String,
}

/// A step of the origin chain.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedOrigin {
    /// See [`crate::finding::OriginStep::kind`].
    pub kind: String,
    /// Where; none for a value from the command line.
    pub location: Option<Location>,
    /// The path in the values.
    pub path: Option<String>,
    /// The value only decided a condition.
    pub tested: bool,
}

impl ReportedOrigin {
    /// A template of which only the name is known.
    pub(crate) fn template(name: &str) -> ReportedOrigin {
        let (file, root_file) = (name.to_string(), name.to_string());
        let (line, column, end_line, end_column, offset, length) = (0, 0, 0, 0, 0, 0);
        let location = Some(Location { file, root_file, line, column, end_line, end_column, offset, length });
        ReportedOrigin { kind: "template".to_string(), location, path: None, tested: false }
    }
}

/// A fix with its edits in files.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedFix {
    /// Whether the meaning is kept.
    pub safety: Safety,
    /// What the edits do.
    pub description: String,
    /// File, offset, length, new text.
    pub edits: Vec<(String, u32, u32, String)>,
}

/// Something that could not be worked with.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedError {
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where: at least the file, where there is one.
    pub location: Option<Location>,
    /// The same place in the source map.
    pub place: Option<Place>,
}

/// What a format says about a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleInfo {
    /// The rule's id.
    pub id: String,
    /// The rule's group.
    pub group: String,
    /// The severity that it has where nothing else is decided.
    pub severity: Severity,
    /// One line.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// Its whole page, in Markdown.
    pub page: String,
    /// It is about what is deployed before what.
    pub about_order: bool,
}

/// The page of a rule on the web.
pub fn page_of(rule: &str) -> String {
    format!("{}/blob/main/docs/rules/{rule}.md", env!("CARGO_PKG_REPOSITORY"))
}

/// How much was covered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Findings of severity error.
    pub error: usize,
    /// Findings of severity warning.
    pub warning: usize,
    /// Findings of severity info.
    pub info: usize,
    /// Findings that a person suppressed.
    pub suppressed: usize,
    /// Findings that the baseline holds.
    pub baselined: usize,
    /// Findings that the revision compared with has too.
    pub known: usize,
    /// Findings that the files asked for do not cause.
    pub elsewhere: usize,
    /// Files that were linted.
    pub inputs: usize,
    /// Documents in them.
    pub documents: usize,
    /// Files that are not ours to judge.
    pub skipped: usize,
    /// Charts that were found.
    pub charts: usize,
    /// Charts that were rendered.
    pub charts_rendered: usize,
}

/// Everything a format may show.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Findings, sorted by file, offset, rule.
    pub findings: Vec<Reported>,
    /// Findings that are not reported, in the same order, each with the reason.
    pub hidden: Vec<Reported>,
    /// Errors, sorted by file and offset.
    pub errors: Vec<ReportedError>,
    /// Counts.
    pub summary: Summary,
}

impl Reported {
    /// A finding in lines and columns.
    pub fn new(finding: &Finding, sources: &SourceMap, identity: &Identity<'_>) -> Reported {
        let place = sources.outermost(finding.primary);
        let location = sources.location(place);
        let related = finding
            .related
            .iter()
            .map(|related| {
                let place = sources.outermost(related.place);
                ReportedPlace {
                    location: sources.location(place),
                    place: Some(place),
                    message: secrets::mask_message(&related.message),
                }
            })
            .collect();
        let origin = finding
            .origin
            .iter()
            .map(|step| ReportedOrigin {
                kind: step.kind.to_string(),
                location: step.place.map(|place| sources.location(place)),
                path: step.path.clone(),
                tested: step.tested,
            })
            .collect();
        let shows_secret = |text: &str| text.lines().any(|line| secrets::mask_line(line, false) != line);
        let fix = finding.fix.as_ref().filter(|fix| !fix.edits.iter().any(|edit| shows_secret(&edit.text)));
        let fix = fix.map(|fix| ReportedFix {
            safety: fix.safety,
            description: fix.description.clone(),
            edits: fix
                .edits
                .iter()
                .map(|edit| {
                    let location = sources.location(edit.place);
                    (location.file, location.offset, location.length, edit.text.clone())
                })
                .collect(),
        });
        let shape = identity.shape(finding);
        let mut affected = finding.affected.clone();
        affected.sort();
        affected.dedup();
        Reported {
            rule: finding.rule.clone(),
            severity: finding.severity,
            message: secrets::mask_message(&finding.message),
            help: secrets::mask_message(&finding.help),
            label: secrets::mask_message(&finding.label),
            resource: finding.resource.clone(),
            path: finding.path.clone(),
            fingerprint: digest(&[&shape, sources.root_path(place)]),
            shape,
            location,
            place: Some(place),
            related,
            origin,
            affected,
            fix,
            edits: finding.fix.clone(),
            container: identity.container(finding),
            about: None,
            hidden: None,
        }
    }
}

impl ReportedError {
    /// An error in lines and columns.
    pub fn new(error: &InputError, sources: &SourceMap) -> ReportedError {
        let place = error.place.map(|place| sources.outermost(place));
        let whole_file = || {
            error.file.as_ref().map(|file| Location {
                file: file.clone(),
                root_file: file.clone(),
                line: 1,
                column: 1,
                end_line: 1,
                end_column: 1,
                offset: 0,
                length: 0,
            })
        };
        ReportedError {
            code: error.code.to_string(),
            message: secrets::mask_message(&error.message),
            help: error.help.as_deref().map(secrets::mask_message),
            location: place.map(|place| sources.location(place)).or_else(whole_file),
            place,
        }
    }
}

/// 128 bits of SHA-256 over the parts, in hexadecimal digits.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize()[..16])
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn by_place(a: &Reported, b: &Reported) -> std::cmp::Ordering {
    let key = |it: &Reported| (it.location.offset, it.rule.clone(), it.location.length);
    (&a.location.file, key(a), &a.path, &a.message).cmp(&(&b.location.file, key(b), &b.path, &b.message))
}

impl Report {
    /// Sorts, counts, makes equal fingerprints distinct by their order, and sets aside what is hidden.
    pub fn finish(&mut self) {
        self.findings.sort_by(by_place);
        // What is hidden counts too: who suppresses one of two equal findings must not rename the other.
        number_fingerprints(self.findings.iter_mut().collect());
        self.sort();
    }

    /// Sets aside what is hidden, sorts findings by file, offset, rule and errors by file and offset, and counts.
    pub fn sort(&mut self) {
        let (hidden, findings): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.findings).into_iter().partition(|finding| finding.hidden.is_some());
        self.findings = findings;
        self.hidden.extend(hidden);
        self.findings.sort_by(by_place);
        self.hidden.sort_by(by_place);
        let key = |error: &ReportedError| {
            error.location.as_ref().map(|location| (location.file.clone(), location.offset))
        };
        self.errors.sort_by(|a, b| (key(a), &a.code, &a.message).cmp(&(key(b), &b.code, &b.message)));
        self.errors.dedup();
        let count = |severity| self.findings.iter().filter(|f| f.severity == severity).count();
        self.summary.error = count(Severity::Error);
        self.summary.warning = count(Severity::Warning);
        self.summary.info = count(Severity::Info);
        let by = |wanted: &[HiddenBy]| {
            let is_wanted =
                |it: &&Reported| it.hidden.as_ref().is_some_and(|hidden| wanted.contains(&hidden.by));
            self.hidden.iter().filter(is_wanted).count()
        };
        self.summary.suppressed = by(&[HiddenBy::Comment, HiddenBy::Configuration]);
        self.summary.baselined = by(&[HiddenBy::Baseline]);
        self.summary.known = by(&[HiddenBy::Revision]);
        self.summary.elsewhere = by(&[HiddenBy::Elsewhere]);
    }

    /// Gives findings in these files the fingerprints that they have under other names.
    pub fn rename(&mut self, renamed: &std::collections::BTreeMap<String, String>) {
        if renamed.is_empty() {
            return;
        }
        let mut all: Vec<&mut Reported> = self.findings.iter_mut().chain(&mut self.hidden).collect();
        all.sort_by(|a, b| by_place(a, b));
        for finding in all.iter_mut().filter(|it| !it.shape.is_empty()) {
            let file = &finding.location.root_file;
            let file = renamed.get(file).unwrap_or(file);
            finding.fingerprint = digest(&[&finding.shape, file]);
        }
        number_fingerprints(all);
    }

    /// Hides the findings for which there is a reason.
    pub fn hide(&mut self, reason: impl Fn(&Reported) -> Option<Hidden>) {
        for finding in &mut self.findings {
            finding.hidden = reason(finding);
        }
        self.sort();
    }
}

/// The second and later findings with one fingerprint get a number of their own, by order in the file.
fn number_fingerprints(findings: Vec<&mut Reported>) {
    let mut seen: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for finding in findings {
        if finding.shape.is_empty() {
            continue;
        }
        let times = seen.entry(finding.fingerprint.clone()).or_default();
        *times += 1;
        if *times > 1 {
            finding.fingerprint = digest(&[&finding.fingerprint, &times.to_string()]);
        }
    }
}
