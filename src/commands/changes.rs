//! What is new: the baseline, the revision compared with, the files asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::configuration::{Configuration, shown};
use super::{FAILED, Stop, complain, complain_of_errors, files, print};
use crate::cli::CheckArgs;
use crate::discover::{self, EntryKind, Repository, Tree};
use crate::filter::baseline::{self, Baseline};
use crate::pipeline::{Linted, Rules};
use crate::since;
use crate::source::Location;

/// Writes what is found now. Where something could not be read the baseline would forget it: nothing is written.
pub(super) fn write_baseline(path: &Path, linted: &Linted) -> Result<u8, Stop> {
    if !linted.report.errors.is_empty() {
        complain_of_errors(&linted.report.errors);
        complain("ddlint: no baseline is written while inputs cannot be worked with\n");
        return Ok(FAILED);
    }
    let (text, count) = baseline::write(&linted.report);
    files::write_whole(path, &text)?;
    let plural = if count == 1 { "" } else { "s" };
    print(&format!("{count} finding{plural} written to {}\n", path.display()))?;
    Ok(0)
}

/// The baseline of the command line, else that of the configuration: its path and its name.
pub(super) fn baseline(
    args: &CheckArgs,
    configuration: &Configuration,
    directory: &Path,
) -> Option<(PathBuf, String)> {
    if let Some(path) = &args.baseline {
        return Some((directory.join(path), path.to_string_lossy().replace('\\', "/")));
    }
    let path = configuration.path(configuration.config.baseline.as_ref()?);
    let name = shown(&path, directory);
    Some((path, name))
}

/// Hides what the baseline holds, and reports what it holds in vain.
pub(super) fn apply_baseline(
    path: &Path,
    name: &str,
    linted: &mut Linted,
    ran: &dyn Fn(&str) -> bool,
) -> Result<(), Stop> {
    let wrong =
        |message: String, help: String| Stop::new(format!("the baseline `{name}`: {message}")).help(help);
    let text = fs::read_to_string(path).map_err(|error| {
        let help = format!("`ddlint check . --write-baseline {name}` writes one");
        wrong(format!("it cannot be read: {error}"), help)
    })?;
    let root_file = linted.disk.below_root(path).unwrap_or_else(|| name.to_string());
    let location = Location {
        file: name.to_string(),
        root_file: root_file.clone(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        offset: 0,
        length: 0,
    };
    let baseline = Baseline::read(&text, location).map_err(|(message, help)| wrong(message, help))?;
    let mut stale = baseline.apply(&mut linted.report);
    let disk = &linted.disk;
    let gone =
        |index: &usize| baseline.file(*index).is_some_and(|file| disk.kind(file) != Some(EntryKind::File));
    if stale.iter().any(gone) {
        // The files may have other names now: git knows those of the commit that wrote the baseline.
        let tree = Repository::open(disk.root()).and_then(|git| git.tree_of_last_change(&root_file, disk));
        if let Ok(Some(tree)) = tree {
            let renamed = since::renames(&tree, disk, &linted.model.sources);
            stale = baseline.apply_renamed(&mut linted.report, stale, &renamed);
        }
    }
    if linted.whole && ran(crate::filter::suppress::UNUSED) {
        baseline.tell_stale(&mut linted.report, &stale, ran);
    }
    Ok(())
}

/// Hides what a revision has too; what to say about the revision.
pub(super) fn since(
    rev: &str,
    options: &discover::Options,
    rules: &Rules<'_>,
    linted: &mut Linted,
) -> Result<Option<String>, Stop> {
    let errors = since::hide_known(linted, rev, options, rules)
        .map_err(|error| Stop::new(format!("`--since {rev}`: {error}")).help(error.help()))?;
    let inputs = if errors == 1 { "input" } else { "inputs" };
    let gaps = format!(
        "ddlint: `{rev}` has {errors} {inputs} that cannot be worked with; what they hold counts as new\n"
    );
    Ok((errors > 0).then_some(gaps))
}

/// Hides what the files do not cause. Their changes are those since the revision that the user names, since the one that
/// pre-commit was given (`--from-ref`), else since the last commit.
pub(super) fn caused_by(
    paths: &[PathBuf],
    directory: &Path,
    since: Option<&String>,
    options: &discover::Options,
    rules: &Rules<'_>,
    linted: &mut Linted,
) {
    let directory = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_path_buf());
    let root = linted.disk.root();
    let files: BTreeSet<String> = paths
        .iter()
        .filter_map(|path| {
            // A file that was removed has no canonical path.
            let path = fs::canonicalize(path).unwrap_or_else(|_| plain(&directory.join(path)));
            Some(path.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/"))
        })
        .collect();
    let from = std::env::var("PRE_COMMIT_FROM_REF").ok().filter(|rev| !rev.is_empty());
    let revs: Vec<String> = match since {
        Some(rev) => vec![rev.clone()],
        None => from.into_iter().chain(["HEAD".to_string()]).collect(),
    };
    since::hide_elsewhere(linted, &files, &revs, options, rules);
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}
