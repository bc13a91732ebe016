//! Fixes: chosen so that none overlaps another, tried on a copy of the files in memory, linted again, and only then
//! given out as new texts of files.
//!
//! A fix that does not mend its finding, or breaks a file, is left out and told. Fixes of one place are tried one after
//! the other; where they disagree there is no plan at all. Bytes outside the edits stay as they
//! are; inserted lines end as the lines around them do. Deliberately absent: making edits (`rule::eval::fix`) and
//! writing files (`commands`).

use std::collections::{BTreeMap, BTreeSet};

use similar::{ChangeTag, TextDiff};

use crate::discover::{EntryKind, OverlayTree, Tree};
use crate::finding::{Edit, Safety};
use crate::model::Model;
use crate::pipeline::LintedTree;
use crate::report::secrets::{SecretData, mask_line};
use crate::report::{Report, Reported};
use crate::source::{FileId, Origin, SourceMap};

/// Fixes that make room for each other come to an end long before.
const MOST_PASSES: usize = 64;

/// What the fixes make of the files.
pub struct Plan {
    /// New texts, by path relative to the root.
    pub files: BTreeMap<String, String>,
    /// Texts before.
    pub before: BTreeMap<String, String>,
    /// How many findings are mended.
    pub mended: usize,
    /// Fixes that were left out, and why.
    pub left_out: Vec<String>,
    /// What a person has to do besides.
    pub notes: Vec<String>,
    /// What was read of the new texts, for masking.
    model: Option<Model>,
}

/// An edit in a file: first byte, one past the last, new text.
type Splice = (usize, usize, String);

/// Two fixes that cannot both be applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// What disagrees, one line.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Conflict {
    fn of(one: &Told, other: &Told, why: &str) -> Conflict {
        let Told { rule, at, .. } = one;
        let (what, its) = (one.what(), other.what());
        let message = match at == &other.at {
            true => format!("two fixes disagree at {at}: {what} and {its}{why}"),
            false => format!("two fixes disagree: {what} at {at} and {its} at {}{why}", other.at),
        };
        let choose = match rule == &other.rule {
            true => format!("mend one of them by hand, or leave the rule out: `--ignore {rule}`"),
            false => format!(
                "mend one of them by hand, or leave one out: `--ignore {rule}` or `--ignore {}`",
                other.rule
            ),
        };
        Conflict { message, help: format!("nothing was changed; {choose}") }
    }
}

/// A finding whose fix is planned, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
    rule: String,
    at: String,
    description: String,
}

impl Told {
    fn of(finding: &Reported) -> Told {
        let at = &finding.location;
        Told {
            rule: finding.rule.to_string(),
            at: format!("{}:{}:{}", at.file, at.line, at.column),
            description: finding.edits.as_ref().map(|fix| fix.description.clone()).unwrap_or_default(),
        }
    }

    fn what(&self) -> String {
        match self.description.is_empty() {
            true => format!("that of `{}`", self.rule),
            false => format!("that of `{}` ({})", self.rule, self.description),
        }
    }
}

/// How a round ended without a plan.
enum Ended {
    /// Another fix was refused: try again without it.
    Again,
    /// Two fixes disagree.
    Conflict(Conflict),
}

/// Plans the fixes of a report's findings. `lint` reads a tree as the report was made.
pub fn plan(
    report: &Report,
    model: &Model,
    tree: &dyn Tree,
    unsafe_too: bool,
    lint: &dyn Fn(&dyn Tree) -> LintedTree,
) -> Result<Plan, Conflict> {
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    // Each round that ends early refuses at least one fix more.
    loop {
        match attempt(report, model, tree, unsafe_too, lint, &mut refused) {
            Ok(mut plan) => {
                plan.left_out = refused.into_values().collect();
                return Ok(plan);
            }
            Err(Ended::Again) => continue,
            Err(Ended::Conflict(conflict)) => return Err(conflict),
        }
    }
}

fn attempt(
    report: &Report,
    model: &Model,
    tree: &dyn Tree,
    unsafe_too: bool,
    lint: &dyn Fn(&dyn Tree) -> LintedTree,
    refused: &mut BTreeMap<String, String>,
) -> Result<Plan, Ended> {
    let wanted: BTreeSet<&str> = report.findings.iter().map(|it| it.fingerprint.as_str()).collect();
    let known = errors(report);
    let mut before: BTreeMap<String, String> = BTreeMap::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut last: Option<LintedTree> = None;
    let mut mended: BTreeMap<String, Told> = BTreeMap::new();
    let mut waiting: BTreeMap<String, (Told, Told)> = BTreeMap::new();
    let mut notes: Vec<String> = Vec::new();
    for pass in 0..=MOST_PASSES {
        let (findings, sources) = match &last {
            Some(linted) => (&linted.report.findings, &linted.model.sources),
            None => (&report.findings, &model.sources),
        };
        let fixable = findings.iter().filter(|it| {
            let safe = it.edits.as_ref().is_some_and(|fix| unsafe_too || fix.safety == Safety::Safe);
            safe && wanted.contains(it.fingerprint.as_str()) && !refused.contains_key(&it.fingerprint)
        });
        let Choice { chosen, splices, clashes } = choose(fixable, sources, tree);
        for (later, first, same_bytes) in clashes {
            let told = (Told::of(first), Told::of(later));
            if same_bytes {
                return Err(Ended::Conflict(Conflict::of(&told.0, &told.1, "")));
            }
            waiting.insert(later.fingerprint.clone(), told);
        }
        if chosen.is_empty() {
            break;
        }
        for (path, list) in splices {
            let Some(file) = sources.by_root_path(&path) else { continue };
            let text = sources.get(file).text.to_string();
            files.insert(path.clone(), spliced(&text, list));
            before.entry(path).or_insert(text);
        }
        let linted = lint(&OverlayTree::new(tree, &files));
        let broken: Vec<String> = linted
            .report
            .errors
            .iter()
            .filter(|it| !known.contains(&error_key(it)))
            .map(|it| it.message.clone())
            .collect();
        let left: BTreeSet<&str> = linted.report.findings.iter().map(|it| it.fingerprint.as_str()).collect();
        let undone = mended.iter().find(|(fingerprint, _)| left.contains(fingerprint.as_str()));
        if let (Some((_, undone)), Some(by)) = (undone, chosen.first()) {
            let conflict = Conflict::of(undone, &Told::of(by), " undo each other");
            return Err(Ended::Conflict(conflict));
        }
        let mut again = false;
        for finding in &chosen {
            if let Some(message) = broken.first() {
                refuse(
                    refused,
                    finding,
                    &format!("with it `{}` could not be read: {message}", finding.location.file),
                );
                again = true;
            } else if left.contains(finding.fingerprint.as_str()) {
                refuse(refused, finding, "the finding is still there with it");
                again = true;
            } else {
                mended.insert(finding.fingerprint.clone(), Told::of(finding));
                let note = finding.edits.as_ref().map(|fix| fix.note.clone()).unwrap_or_default();
                if !note.is_empty() && !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        if again || pass == MOST_PASSES {
            // Fixes that make new findings of each other have come to no end; what is left waits for another run.
            if again {
                return Err(Ended::Again);
            }
            last = Some(linted);
            waiting.clear();
            break;
        }
        last = Some(linted);
    }
    // What had to wait, and is neither gone nor mended, was made impossible by what came before it.
    let findings = last.as_ref().map_or(&report.findings, |linted| &linted.report.findings);
    let stuck = findings.iter().find(|it| {
        let fingerprint = it.fingerprint.as_str();
        waiting.contains_key(fingerprint) && !refused.contains_key(fingerprint)
    });
    if let Some((first, later)) = stuck.and_then(|it| waiting.get(&it.fingerprint)) {
        return Err(Ended::Conflict(Conflict::of(first, later, "")));
    }
    let mended = mended.len();
    let model = last.map(|linted| linted.model);
    Ok(Plan { files, before, mended, left_out: Vec::new(), notes, model })
}

fn refuse(refused: &mut BTreeMap<String, String>, finding: &Reported, why: &str) {
    let at = &finding.location;
    let told =
        format!("{}:{}:{}: the fix of `{}` is left out: {why}", at.file, at.line, at.column, finding.rule);
    refused.insert(finding.fingerprint.clone(), told);
}

fn error_key(error: &crate::report::ReportedError) -> (String, Option<String>) {
    // Lines move when something is inserted above.
    (error.code.clone(), error.location.as_ref().map(|at| at.root_file.clone()))
}

fn errors(report: &Report) -> BTreeSet<(String, Option<String>)> {
    report.errors.iter().map(error_key).collect()
}

/// Fixes that are applied together.
struct Choice<'r> {
    chosen: Vec<&'r Reported>,
    /// Their edits by file.
    splices: BTreeMap<String, Vec<Splice>>,
    /// Fixes that have to wait, each with the one before it and whether both give the same bytes different texts.
    clashes: Vec<(&'r Reported, &'r Reported, bool)>,
}

/// Fixes in the order of their findings, as far as none overlaps one before it.
fn choose<'r>(
    fixable: impl Iterator<Item = &'r Reported>,
    sources: &SourceMap,
    tree: &dyn Tree,
) -> Choice<'r> {
    let mut taken: BTreeMap<String, Vec<(Splice, usize)>> = BTreeMap::new();
    let mut chosen: Vec<&Reported> = Vec::new();
    let mut clashes = Vec::new();
    for finding in fixable {
        let Some(fix) = &finding.edits else { continue };
        let Some(edits) =
            fix.edits.iter().map(|edit| splice(edit, sources, tree)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let touching = |(path, (start, end, text)): &(String, Splice)| {
            let others = taken.get(path)?;
            others.iter().find_map(|(other, by)| {
                let both_replace = start != end && other.0 != other.1;
                let touch = *end == other.0 || other.1 == *start;
                // What is inserted at the edge of another edit has no certain order.
                let apart = *end < other.0 || other.1 < *start || (both_replace && touch);
                // The same edit twice is one.
                let clash = !apart && (other.0, other.1, &other.2) != (*start, *end, text);
                let same_bytes = both_replace && (other.0, other.1) == (*start, *end);
                clash.then_some((*by, same_bytes))
            })
        };
        let found: Vec<(usize, bool)> = edits.iter().filter_map(touching).collect();
        if let Some((by, same_bytes)) = found.iter().max_by_key(|(_, same_bytes)| *same_bytes) {
            clashes.extend(chosen.get(*by).map(|first| (finding, *first, *same_bytes)));
            continue;
        }
        for (path, splice) in edits {
            let list = taken.entry(path).or_default();
            if !list.iter().any(|(known, _)| *known == splice) {
                list.push((splice, chosen.len()));
            }
        }
        chosen.push(finding);
    }
    let splices = taken.into_iter();
    let splices = splices.map(|(path, list)| (path, list.into_iter().map(|(splice, _)| splice).collect()));
    Choice { chosen, splices: splices.collect(), clashes }
}

/// An edit of a file on the disk; none for texts that are no files of the tree.
fn splice(edit: &Edit, sources: &SourceMap, tree: &dyn Tree) -> Option<(String, Splice)> {
    let file = sources.get(edit.place.file);
    let is_file = matches!(file.origin, Origin::Disk)
        && sources.by_root_path(&file.root_path).is_some()
        && tree.kind(&file.root_path) == Some(EntryKind::File);
    let (start, end) = (edit.place.span.start as usize, edit.place.span.end as usize);
    file.text.get(start..end)?;
    let text = with_line_ends_of(&file.text, start, &edit.text);
    is_file.then(|| (file.root_path.clone(), (start, end, text)))
}

/// Inserted text with the line ends that the file has at that place.
pub(crate) fn with_line_ends_of(text: &str, at: usize, inserted: &str) -> String {
    let after = text.get(at..).and_then(|rest| Some(at + rest.find('\n')?));
    let newline = after.or_else(|| text.get(..at)?.rfind('\n'));
    let crlf =
        newline.is_some_and(|newline| text.get(..newline).is_some_and(|before| before.ends_with('\r')));
    let plain = inserted.replace("\r\n", "\n");
    if crlf { plain.replace('\n', "\r\n") } else { plain }
}

fn spliced(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end, new) in splices {
        out.push_str(text.get(at..start).unwrap_or_default());
        out.push_str(&new);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

impl Plan {
    /// The changes as a unified diff, with secrets masked.
    pub fn diff(&self, model: &Model, display: &dyn Fn(&str) -> String) -> String {
        let (old_data, new_data) = (SecretData::of(model), self.model.as_ref().map(SecretData::of));
        let mut out = String::new();
        for (path, new) in &self.files {
            let Some(old) = self.before.get(path) else { continue };
            let name = display(path);
            out.push_str(&format!("--- {name}\n+++ {name}\n"));
            let secret = |model: &Model, data: &SecretData, line: usize| {
                let file: Option<FileId> = model.sources.by_root_path(path);
                file.is_some_and(|file| {
                    let start = model.sources.get(file).line_starts().get(line);
                    start.is_some_and(|start| data.contains(file, *start))
                })
            };
            let old_secret = |line: usize| secret(model, &old_data, line);
            let new_secret = |line: usize| match (&self.model, &new_data) {
                (Some(model), Some(data)) => secret(model, data, line),
                _ => false,
            };
            hunks(old, new, &old_secret, &new_secret, &mut out);
        }
        out
    }
}

fn hunks(
    old: &str,
    new: &str,
    old_secret: &dyn Fn(usize) -> bool,
    new_secret: &dyn Fn(usize) -> bool,
    out: &mut String,
) {
    let diff = TextDiff::from_lines(old, new);
    for group in diff.grouped_ops(3) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let (old_range, new_range) =
            (first.old_range().start..last.old_range().end, first.new_range().start..last.new_range().end);
        let range = |range: &std::ops::Range<usize>| match range.len() {
            0 => format!("{},0", range.start),
            1 => format!("{}", range.start + 1),
            length => format!("{},{length}", range.start + 1),
        };
        out.push_str(&format!("@@ -{} +{} @@\n", range(&old_range), range(&new_range)));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, secret) = match change.tag() {
                ChangeTag::Equal => (' ', change.old_index().is_some_and(old_secret)),
                ChangeTag::Delete => ('-', change.old_index().is_some_and(old_secret)),
                ChangeTag::Insert => ('+', change.new_index().is_some_and(new_secret)),
            };
            let line = change.value().trim_end_matches(['\n', '\r']);
            out.push_str(&format!("{sign}{}\n", mask_line(line, secret)));
            if change.missing_newline() {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{spliced, with_line_ends_of};

    #[test]
    fn splices_leave_the_rest_as_it_is() {
        let edits = vec![(4, 4, "x".to_string()), (0, 1, String::new()), (2, 3, "ß".to_string())];
        assert_eq!(spliced("abcd\r\n", edits), "bßdx\r\n");
    }

    #[test]
    fn inserted_lines_end_as_their_neighbours_do() {
        assert_eq!(with_line_ends_of("a\r\nb\r\n", 1, "\nx"), "\r\nx");
        assert_eq!(with_line_ends_of("a\nb\n", 1, "\nx\r\ny"), "\nx\ny");
        assert_eq!(with_line_ends_of("a\r\nb", 4, "\nx"), "\r\nx");
        assert_eq!(with_line_ends_of("", 0, "x\n"), "x\n");
    }
}
