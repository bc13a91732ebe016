//! What a change brings: the findings that a revision does not have, each with the changed line that causes it.
//!
//! The revision is linted on its own files. Deliberately absent: reading git (`discover::git`).

mod causes;

use ddlint_yaml::SourceText;
use std::collections::{BTreeMap, BTreeSet};

use crate::discover::{
    self, DiskTree, EntryKind, GitError, GitTree, Repository, RestoredTree, Tree, file_name,
};
use crate::model::Settings;
use crate::pipeline::{self, Linted, LintedTree, Rules};
use crate::render::Program;
use crate::report::{Hidden, HiddenBy, Report, Reported};
use crate::source::{Origin, SourceMap};

use self::causes::{Causes, places};

/// More pairs of files than this are not compared: what was moved then counts as new.
const MOST_PAIRS: usize = 10_000;

/// Lints the same with other files.
struct Again<'a> {
    named: &'a [discover::Input],
    options: &'a discover::Options,
    settings: &'a Settings,
    rules: &'a Rules<'a>,
}

impl Again<'_> {
    fn run(&self, tree: &dyn Tree) -> LintedTree {
        let there = self.named.iter().filter(|input| tree.kind(&input.path).is_some());
        let named: Vec<discover::Input> = there.cloned().collect();
        pipeline::lint_tree(tree, &named, self.options, self.settings.clone(), self.rules)
    }

    fn lint(&self, tree: &dyn Tree) -> Report {
        self.run(tree).report
    }

    /// The program `helm` renders only what stands on the disk.
    fn is_possible(&self) -> bool {
        self.settings.rendering.program == Program::Builtin
    }
}

/// Hides what a revision has too. The number of inputs of the revision that could not be worked with.
pub fn hide_known(
    linted: &mut Linted,
    rev: &str,
    options: &discover::Options,
    rules: &Rules<'_>,
) -> Result<usize, GitError> {
    let Linted { model, report, disk, named, .. } = linted;
    let tree = &Repository::open(disk.root())?.tree(rev, disk)?;
    let again = &Again { named, options, settings: &model.settings, rules };
    let mut base = again.run(tree);
    let renamed = &renames(tree, disk, &model.sources);
    base.report.rename(&renamed.iter().map(|(new, old)| (old.clone(), new.clone())).collect());
    let known: BTreeSet<String> = base.report.findings.into_iter().map(|it| it.fingerprint).collect();
    report.hide(|finding| {
        let hidden = Hidden { by: HiddenBy::Revision, reason: rev.to_string() };
        known.contains(&finding.fingerprint).then_some(hidden)
    });
    let (then, now) = (on_disk(&base.model.sources), on_disk(&model.sources));
    let paths: BTreeSet<&str> = then.keys().chain(now.keys()).copied().collect();
    let changed: Vec<&str> = paths.into_iter().filter(|path| then.get(path) != now.get(path)).collect();
    let causes = Causes { tree, disk, renamed, sources: &model.sources, rev, again };
    causes.explain(&mut report.findings, &with_old_names(changed.into_iter(), renamed));
    Ok(base.report.errors.len())
}

/// Each file is one change, together with the name that it had.
fn with_old_names<'a>(
    changed: impl Iterator<Item = &'a str>,
    renamed: &BTreeMap<String, String>,
) -> Vec<BTreeSet<String>> {
    let old: BTreeSet<&str> = renamed.values().map(String::as_str).collect();
    let names = |path: &str| renamed.get(path).cloned().into_iter().chain([path.to_string()]).collect();
    changed.filter(|path| !old.contains(path)).map(names).collect()
}

/// Files on the disk (or of a revision) with their texts.
fn on_disk(sources: &SourceMap) -> BTreeMap<&str, &str> {
    let files = sources.iter().filter(|(_, file)| matches!(file.origin, Origin::Disk));
    files.map(|(_, file)| (&*file.root_path, &*file.text)).collect()
}

/// Files that are new, with the file of the revision that became them: by equal lines, as git does it.
pub(crate) fn renames(tree: &GitTree, disk: &DiskTree, sources: &SourceMap) -> BTreeMap<String, String> {
    let on_disk = sources.iter().filter(|(_, file)| matches!(file.origin, Origin::Disk));
    let new: BTreeMap<&str, &SourceText> =
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

/// Hides what the files, named relative to the root, do not cause: what neither names a place in one of them nor came
/// with their changes since a revision (of git, where it is there).
pub fn hide_elsewhere(
    linted: &mut Linted,
    files: &BTreeSet<String>,
    revs: &[String],
    options: &discover::Options,
    rules: &Rules<'_>,
) {
    let Linted { model, report, disk, named, .. } = linted;
    let mut caused: BTreeSet<String> = BTreeSet::new();
    let mut rest = false;
    for finding in &report.findings {
        if places(finding).any(|place| files.contains(&place.root_file)) {
            caused.insert(finding.fingerprint.clone());
        } else {
            rest = true;
        }
    }
    let again = &Again { named, options, settings: &model.settings, rules };
    // What was removed leaves no place: what is not there without the changes of the files came with them.
    let git = if rest && again.is_possible() { Repository::open(disk.root()).ok() } else { None };
    let tree = git.and_then(|git| revs.iter().find_map(|rev| Some((rev, git.tree(rev, disk).ok()?))));
    if let Some((rev, tree)) = &tree {
        let differs = |path: &&String| tree.read(path).ok() != disk.read(path).ok();
        let changed: BTreeSet<String> = files.iter().filter(differs).cloned().collect();
        if !changed.is_empty() {
            let renamed = &renames(tree, disk, &model.sources);
            let groups = with_old_names(changed.iter().map(String::as_str), renamed);
            let restored = RestoredTree::new(disk, tree, groups.iter().flatten().cloned().collect());
            let mut before = again.lint(&restored);
            before.rename(&renamed.iter().map(|(new, old)| (old.clone(), new.clone())).collect());
            let before: BTreeSet<String> = before.findings.into_iter().map(|it| it.fingerprint).collect();
            let causes = Causes { tree, disk, renamed, sources: &model.sources, rev, again };
            let is_new =
                |it: &&mut Reported| !caused.contains(&it.fingerprint) && !before.contains(&it.fingerprint);
            let new: Vec<&mut Reported> = report.findings.iter_mut().filter(is_new).collect();
            let also: Vec<String> = new.iter().map(|it| it.fingerprint.clone()).collect();
            causes.search_all(new, &groups);
            caused.extend(also);
        }
    }
    report.hide(|finding| {
        let hidden = Hidden { by: HiddenBy::Elsewhere, reason: String::new() };
        (!caused.contains(&finding.fingerprint)).then_some(hidden)
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
