//! What a change brings: the findings that a revision does not have, each with the changed line that causes it where
//! the origins of its text show one.
//!
//! The revision is linted on its own files. Deliberately absent: reading git (`discover::git`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::discover::{self, DiskTree, EntryKind, GitError, GitTree, Repository, Tree, file_name};
use crate::pipeline::{self, Linted, Rules};
use crate::report::{Hidden, HiddenBy, Reported, ReportedPlace};
use crate::source::{Location, Origin, SourceMap};

/// More pairs of files than this are not compared: what was moved then counts as new.
const MOST_PAIRS: usize = 10_000;

/// Hides what a revision has too. The number of inputs of the revision that could not be worked with.
pub fn hide_known(
    linted: &mut Linted,
    rev: &str,
    options: &discover::Options,
    rules: &Rules<'_>,
) -> Result<usize, GitError> {
    let disk = &linted.disk;
    let tree = Repository::open(disk.root())?.tree(rev, disk)?;
    let named: Vec<discover::Input> =
        linted.named.iter().filter(|input| tree.kind(&input.path).is_some()).cloned().collect();
    let mut base = pipeline::lint_tree(&tree, &named, options, linted.model.settings.clone(), rules);
    let renamed = renames(&tree, disk, &linted.model.sources);
    base.report.rename(&renamed.iter().map(|(new, old)| (old.clone(), new.clone())).collect());
    let known: BTreeSet<String> = base.report.findings.into_iter().map(|it| it.fingerprint).collect();
    linted.report.hide(|finding| {
        let hidden = Hidden { by: HiddenBy::Revision, reason: rev.to_string() };
        known.contains(&finding.fingerprint).then_some(hidden)
    });
    let mut changes =
        Changes { tree: &tree, renamed: &renamed, sources: &linted.model.sources, lines: BTreeMap::new() };
    for finding in &mut linted.report.findings {
        changes.explain(finding, rev);
    }
    Ok(base.report.errors.len())
}

/// Files that are new, with the file of the revision that became them: by equal lines, as git does it.
pub(crate) fn renames(tree: &GitTree, disk: &DiskTree, sources: &SourceMap) -> BTreeMap<String, String> {
    let on_disk = sources.iter().filter(|(_, file)| matches!(file.origin, Origin::Disk));
    let new: BTreeMap<&str, &Arc<str>> =
        on_disk.map(|(_, file)| (&*file.root_path, &file.text)).filter(|(path, _)| !tree.has(path)).collect();
    if new.is_empty() {
        return BTreeMap::new();
    }
    let extension = |path: &str| file_name(path).rsplit_once('.').map(|(_, it)| it.to_string());
    let wanted: BTreeSet<Option<String>> = new.keys().map(|path| extension(path)).collect();
    let gone: Vec<&str> = tree
        .paths()
        .filter(|path| wanted.contains(&extension(path)) && disk.kind(path) != Some(EntryKind::File))
        .collect();
    if gone.len().saturating_mul(new.len()) > MOST_PAIRS {
        return BTreeMap::new();
    }
    let old: Vec<(&str, String)> = gone
        .into_iter()
        .filter_map(|path| Some((path, String::from_utf8(tree.read(path).ok()?).ok()?)))
        .collect();
    let mut pairs: Vec<(usize, &str, &str)> = Vec::new();
    for (path, text) in &new {
        for (old_path, old_text) in &old {
            let likeness = likeness(old_text, text);
            if likeness >= 50 && extension(path) == extension(old_path) {
                pairs.push((likeness, path, old_path));
            }
        }
    }
    pairs.sort_by_key(|(likeness, path, old)| (std::cmp::Reverse(*likeness), *path, *old));
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (_, path, old_path) in pairs {
        if !renamed.contains_key(path) && taken.insert(old_path) {
            renamed.insert(path.to_string(), old_path.to_string());
        }
    }
    renamed
}

/// The share of lines that two texts have in common, in percent.
fn likeness(a: &str, b: &str) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in a.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let (mut common, mut lines) = (0_usize, 0_usize);
    for line in b.lines() {
        lines += 1;
        if let Some(left) = counts.get_mut(line).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    let total = a.lines().count() + lines;
    (200 * common).checked_div(total).unwrap_or(100)
}

/// The lines of files that differ from the revision.
struct Changes<'a> {
    tree: &'a GitTree,
    renamed: &'a BTreeMap<String, String>,
    sources: &'a SourceMap,
    /// By file: first and last changed line, from 1; a removed line counts at both its neighbours.
    lines: BTreeMap<String, Vec<(u32, u32)>>,
}

impl Changes<'_> {
    /// Adds the changed line that a new finding comes from.
    fn explain(&mut self, finding: &mut Reported, rev: &str) {
        let chain = finding.origin.iter().filter_map(|step| step.location.as_ref());
        let related = finding.related.iter().map(|related| &related.location);
        let places = std::iter::once(&finding.location).chain(chain).chain(related);
        let found = places.cloned().find_map(|place| self.changed(&place));
        if let Some(location) = found {
            let message = format!("changed since `{rev}`, which causes this");
            finding.related.push(ReportedPlace { location, place: None, message });
        }
    }

    /// The changed lines among those of a place.
    fn changed(&mut self, place: &Location) -> Option<Location> {
        if !self.lines.contains_key(&place.root_file) {
            let lines = self.lines_of(&place.root_file);
            self.lines.insert(place.root_file.clone(), lines);
        }
        // A range that ends at the beginning of a line does not hold that line.
        let last = if place.end_column == 1 { place.end_line.saturating_sub(1) } else { place.end_line };
        let last = last.max(place.line);
        let ranges = self.lines.get(&place.root_file)?;
        let (from, to) = ranges.iter().find(|(from, to)| *from <= last && place.line <= *to)?;
        let (line, end_line) = ((*from).max(place.line), (*to).min(last));
        if line == place.line && end_line == last {
            return Some(place.clone());
        }
        let file = self.sources.get(self.sources.by_root_path(&place.root_file)?);
        let start = *file.line_starts().get(line as usize - 1)?;
        let end = file.line_starts().get(end_line as usize).map_or(file.text.len() as u32, |next| next - 1);
        let (_, end_column) = file.line_column(end);
        let (offset, length) = (start, end.saturating_sub(start));
        Some(Location { line, column: 1, end_line, end_column, offset, length, ..place.clone() })
    }

    fn lines_of(&self, path: &str) -> Vec<(u32, u32)> {
        let Some(file) = self.sources.by_root_path(path) else { return Vec::new() };
        let new: Vec<&str> = self.sources.get(file).text.lines().collect();
        let old_path = self.renamed.get(path).map_or(path, String::as_str);
        let old = self.tree.read(old_path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let old = old.unwrap_or_default();
        // Line ends are git's to convert.
        let old: Vec<&str> = old.lines().collect();
        capture_diff_slices(Algorithm::Myers, &old, &new)
            .into_iter()
            .filter_map(|op| match op {
                DiffOp::Equal { .. } => None,
                DiffOp::Delete { new_index, .. } => Some((new_index as u32, new_index as u32 + 1)),
                DiffOp::Insert { new_index, new_len, .. } | DiffOp::Replace { new_index, new_len, .. } => {
                    Some((new_index as u32 + 1, (new_index + new_len) as u32))
                }
            })
            .collect()
    }
}

/// Hides what does not touch one of the files, named relative to the root.
pub fn hide_elsewhere(linted: &mut Linted, files: &BTreeSet<String>) {
    linted.report.hide(|finding| {
        let chain = finding.origin.iter().filter_map(|step| step.location.as_ref());
        let related = finding.related.iter().map(|related| &related.location);
        let mut places = std::iter::once(&finding.location).chain(chain).chain(related);
        let touches = places.any(|place| files.contains(&place.root_file));
        (!touches).then(|| Hidden { by: HiddenBy::Elsewhere, reason: String::new() })
    });
}

#[cfg(test)]
mod tests {
    use super::likeness;

    #[test]
    fn likeness_is_the_share_of_common_lines() {
        assert_eq!(likeness("a\nb\n", "a\nb\n"), 100);
        assert_eq!(likeness("a\nb\n", "b\nc\n"), 50);
        assert_eq!(likeness("a\na\n", "a\nc\nd\n"), 40);
        assert_eq!(likeness("", ""), 100);
    }
}
