//! Which change causes a finding: the changed lines among those that its text came from; where there are none, as what
//! was removed leaves no text, the change without which the finding is not there.
//!
//! Deliberately absent: which findings are new.

use std::collections::{BTreeMap, BTreeSet};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::discover::{DiskTree, GitTree, OverlayTree, RestoredTree, Tree};
use crate::report::{Report, Reported, ReportedPlace};
use crate::source::{Location, Place, SourceMap};

use super::Again;

/// So many times a change is taken back to see whether a finding goes; each lints everything once more.
const MOST_TRIALS: usize = 8;

/// Changed lines of a file, from 0, and the lines that stood there before.
#[derive(Clone, Debug, PartialEq)]
struct Hunk {
    /// First of the new lines, and one past the last; the same where lines were only removed.
    new: (usize, usize),
    /// The same for the old lines.
    old: (usize, usize),
}

impl Hunk {
    /// First and last changed line, from 1; a removed line counts at both its neighbours.
    fn lines(&self) -> (u32, u32) {
        let (from, to) = self.new;
        if from == to { (from as u32, from as u32 + 1) } else { (from as u32 + 1, to as u32) }
    }
}

/// What differs from a revision.
pub(super) struct Causes<'a> {
    pub(super) tree: &'a GitTree,
    pub(super) disk: &'a DiskTree,
    /// Files that have another name in the revision.
    pub(super) renamed: &'a BTreeMap<String, String>,
    pub(super) sources: &'a SourceMap,
    pub(super) rev: &'a str,
    pub(super) again: &'a Again<'a>,
}

impl Causes<'_> {
    /// Adds to each finding the change that it comes from. `changed` are files that differ, of which each group is one
    /// change (a file with its old name).
    pub(super) fn explain(&self, findings: &mut [Reported], changed: &[BTreeSet<String>]) {
        let mut hunks: BTreeMap<String, Vec<Hunk>> = BTreeMap::new();
        let mut open = Vec::new();
        for finding in findings {
            let found = places(finding).cloned().collect::<Vec<_>>();
            let found = found.iter().find_map(|place| {
                let file = place.root_file.clone();
                let list = hunks.entry(file).or_insert_with_key(|file| self.hunks(file));
                self.changed_lines(place, list)
            });
            match found {
                Some(location) => self.tell(
                    finding,
                    location,
                    None,
                    format!("changed since `{}`, which causes this", self.rev),
                ),
                None => open.push(finding),
            }
        }
        if self.again.is_possible() {
            let mut trials = MOST_TRIALS;
            self.search(changed, open, false, &mut trials);
        }
    }

    /// The same for findings that are known to be there only with the changes.
    pub(super) fn search_all(&self, findings: Vec<&mut Reported>, changed: &[BTreeSet<String>]) {
        let mut trials = MOST_TRIALS;
        self.search(changed, findings, true, &mut trials);
    }

    /// Halves the changes until one is left. `sure`: without all of these the findings are not there.
    fn search(&self, changed: &[BTreeSet<String>], open: Vec<&mut Reported>, sure: bool, trials: &mut usize) {
        if open.is_empty() || changed.is_empty() || *trials == 0 {
            return;
        }
        let (first, second) = changed.split_at(changed.len().div_ceil(2));
        if let ([files], [], true) = (first, second, sure) {
            return self.narrow(files, open, trials);
        }
        *trials -= 1;
        let restored = RestoredTree::new(self.disk, self.tree, first.iter().flatten().cloned().collect());
        let before = self.again.lint(&restored);
        let (caused, rest) = open.into_iter().partition(|finding| !is_in(&before, finding));
        self.search(first, caused, true, trials);
        self.search(second, rest, false, trials);
    }

    /// Says which of the changes of a file causes the findings.
    fn narrow(&self, files: &BTreeSet<String>, mut caused: Vec<&mut Reported>, trials: &mut usize) {
        let now = files.iter().find_map(|file| Some((file, self.sources.by_root_path(file)?)));
        let Some((file, id)) = now else {
            for (finding, file) in caused.into_iter().zip(files.iter().cycle()) {
                let message = format!("removed since `{}`, which causes this", self.rev);
                self.tell(finding, self.beginning(file), None, message);
            }
            return;
        };
        let (old, new) = (self.old_text(file), &self.sources.get(id).text);
        let hunks = hunks(&old, new);
        if let [hunk] = hunks.as_slice() {
            return caused.into_iter().for_each(|finding| self.tell_hunk(finding, file, hunk));
        }
        for hunk in &hunks {
            if caused.is_empty() || *trials == 0 {
                break;
            }
            *trials -= 1;
            let files = [(file.to_string(), taken_back(new, &old, hunk))].into();
            let before = self.again.lint(&OverlayTree::new(self.disk, &files));
            let (found, rest): (Vec<_>, Vec<_>) =
                caused.into_iter().partition(|finding| !is_in(&before, finding));
            found.into_iter().for_each(|finding| self.tell_hunk(finding, file, hunk));
            caused = rest;
        }
        // Several changes together.
        for finding in caused {
            let message = format!("changed since `{}`, which causes this", self.rev);
            self.tell(finding, self.beginning(file), None, message);
        }
    }

    fn tell_hunk(&self, finding: &mut Reported, file: &str, hunk: &Hunk) {
        let removed = hunk.new.0 == hunk.new.1;
        let (from, to) = hunk.lines();
        // The line that took the place of removed ones; at the end of a file the line before them.
        let lines = if removed { (to, to) } else { (from, to) };
        let location = self.location_of(file, lines).or_else(|| self.location_of(file, (from, from)));
        let what = match (removed, hunk.old.1 - hunk.old.0) {
            (false, _) => "changed".to_string(),
            (true, 1) => "a line was removed here".to_string(),
            (true, count) => format!("{count} lines were removed here"),
        };
        let message = format!("{what} since `{}`, which causes this", self.rev);
        match location {
            Some((location, place)) => self.tell(finding, location, Some(place), message),
            None => self.tell(finding, self.beginning(file), None, message),
        }
    }

    fn tell(&self, finding: &mut Reported, location: Location, place: Option<Place>, message: String) {
        finding.related.push(ReportedPlace { location, place, message });
    }

    fn beginning(&self, file: &str) -> Location {
        let (line, column, end_line, end_column, offset, length) = (1, 1, 1, 1, 0, 0);
        let (file, root_file) = (self.disk.display(file), file.to_string());
        Location { file, root_file, line, column, end_line, end_column, offset, length }
    }

    /// The changed lines among those of a place.
    fn changed_lines(&self, place: &Location, hunks: &[Hunk]) -> Option<Location> {
        // A range that ends at the beginning of a line does not hold that line.
        let last = if place.end_column == 1 { place.end_line.saturating_sub(1) } else { place.end_line };
        let last = last.max(place.line);
        let (from, to) =
            hunks.iter().map(Hunk::lines).find(|(from, to)| *from <= last && place.line <= *to)?;
        let (line, end_line) = (from.max(place.line), to.min(last));
        if line == place.line && end_line == last {
            return Some(place.clone());
        }
        let (location, _) = self.location_of(&place.root_file, (line, end_line))?;
        Some(Location { file: place.file.clone(), ..location })
    }

    /// Whole lines of a file, from 1.
    fn location_of(&self, file: &str, (line, end_line): (u32, u32)) -> Option<(Location, Place)> {
        let id = self.sources.by_root_path(file)?;
        let file = self.sources.get(id);
        let start = *file.line_starts().get((line as usize).checked_sub(1)?)?;
        let end = file.line_starts().get(end_line as usize).map_or(file.text.len() as u32, |next| next - 1);
        let place = Place { file: id, span: ddlint_yaml::Span::new(start, end.max(start)) };
        Some((self.sources.location(place), place))
    }

    fn old_text(&self, path: &str) -> String {
        let old_path = self.renamed.get(path).map_or(path, String::as_str);
        let old = self.tree.read(old_path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        old.unwrap_or_default()
    }

    fn hunks(&self, path: &str) -> Vec<Hunk> {
        let Some(file) = self.sources.by_root_path(path) else { return Vec::new() };
        hunks(&self.old_text(path), &self.sources.get(file).text)
    }
}

/// Line ends are git's to convert.
fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let changed =
        |op: DiffOp| (!matches!(op, DiffOp::Equal { .. })).then(|| (op.old_range(), op.new_range()));
    capture_diff_slices(Algorithm::Myers, &old, &new)
        .into_iter()
        .filter_map(changed)
        .map(|(old, new)| Hunk { new: (new.start, new.end), old: (old.start, old.end) })
        .collect()
}

/// A text with the old lines of one change.
fn taken_back(new: &str, old: &str, hunk: &Hunk) -> String {
    let (first, last) = hunk.old;
    let old = old.lines().skip(first).take(last.saturating_sub(first));
    let lines = new.lines().take(hunk.new.0).chain(old).chain(new.lines().skip(hunk.new.1));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// All places that a finding names.
pub(super) fn places(finding: &Reported) -> impl Iterator<Item = &Location> {
    let chain = finding.origin.iter().filter_map(|step| step.location.as_ref());
    let related = finding.related.iter().map(|related| &related.location);
    std::iter::once(&finding.location).chain(chain).chain(related)
}

fn is_in(report: &Report, finding: &Reported) -> bool {
    report.findings.iter().any(|it| it.fingerprint == finding.fingerprint)
}

#[cfg(test)]
mod tests {
    use super::{hunks, taken_back};

    #[test]
    fn each_change_is_taken_back_alone() {
        let (old, new) = ("a\nb\nc\nd\n", "a\nc\nD\ne\n");
        let hunks = hunks(old, new);
        let lines: Vec<_> = hunks.iter().map(|hunk| hunk.lines()).collect();
        assert_eq!(lines, [(1, 2), (3, 4)]);
        let texts: Vec<String> = hunks.iter().map(|hunk| taken_back(new, old, hunk)).collect();
        assert_eq!(texts, ["a\nb\nc\nD\ne\n", "a\nc\nd\n"]);
    }
}
