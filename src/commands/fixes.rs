//! `--fix`, `--unsafe-fixes`, `--diff`: the plan is shown, or written whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Stop, complain, print};
use crate::cli::{CheckArgs, Format};
use crate::discover::{self, Tree};
use crate::fix;
use crate::pipeline::{self, Linted, Rules};

/// Whether fixes are asked for, and can be.
pub(super) fn asked(args: &CheckArgs, stdin: bool) -> Result<bool, Stop> {
    let asked = args.fix || args.unsafe_fixes || args.diff;
    if asked && stdin {
        return Err(Stop::new("fixes need files; standard input has none")
            .help("name the paths to mend: `ddlint check . --fix`"));
    }
    if args.diff && !matches!(args.format, Format::Pretty | Format::Concise) {
        return Err(Stop::new("`--diff` shows a diff in place of the report")
            .help("leave out `--format`; the formats json and sarif hold the edits anyway"));
    }
    Ok(asked)
}

/// Shows or writes what the fixes make of the files. Whether files were written.
pub(super) fn mend(
    args: &CheckArgs,
    linted: &Linted,
    options: &discover::Options,
    rules: &Rules<'_>,
) -> Result<bool, Stop> {
    let lint = |tree: &dyn Tree| {
        pipeline::lint_tree(tree, &linted.named, options, linted.model.settings.clone(), rules)
    };
    let plan = fix::plan(&linted.report, &linted.model, &linted.disk, args.unsafe_fixes, &lint)
        .map_err(|conflict| Stop::new(conflict.message).help(conflict.help))?;
    for told in &plan.left_out {
        complain(&format!("ddlint: {told}\n"));
    }
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let what = format!("{} in {}", plural(plan.mended, "finding"), plural(plan.files.len(), "file"));
    let notes =
        || plan.notes.iter().for_each(|note| complain(&format!("note: {}\n", note.replace('\n', "\n  "))));
    if args.diff {
        print(&plan.diff(&linted.model, &|path| linted.disk.display(path)))?;
        complain(&format!("would mend {what}\n"));
        notes();
        return Ok(false);
    }
    let changes: Vec<(PathBuf, &str, &str)> = plan
        .files
        .iter()
        .filter_map(|(path, text)| {
            Some((linted.disk.root().join(path), plan.before.get(path)?.as_str(), text.as_str()))
        })
        .collect();
    write(&changes)?;
    if !args.quiet {
        complain(&format!("mended {what}\n"));
        notes();
    }
    Ok(!changes.is_empty())
}

/// Writes all files, each beside its place before any is moved there.
fn write(changes: &[(PathBuf, &str, &str)]) -> Result<(), Stop> {
    let mut ready: Vec<(PathBuf, PathBuf)> = Vec::new();
    let result = changes.iter().try_for_each(|(path, before, text)| {
        let prepared = prepare(path, before, text)?;
        ready.push(prepared);
        Ok(())
    });
    let moved = result.and_then(|()| {
        ready
            .iter()
            .try_for_each(|(from, to)| fs::rename(from, to).map_err(|error| cannot(to, &error.to_string())))
    });
    if moved.is_err() {
        for (from, _) in &ready {
            let _ = fs::remove_file(from);
        }
    }
    moved
}

fn cannot(path: &Path, why: &str) -> Stop {
    Stop::new(format!("`{}` cannot be mended: {why}", path.display()))
        .help("nothing was changed; `--diff` shows what would be")
}

/// The new content in a file beside the old one, with its permissions.
fn prepare(path: &Path, before: &str, text: &str) -> Result<(PathBuf, PathBuf), Stop> {
    // A link stays one: what it leads to is written.
    let path = fs::canonicalize(path).map_err(|error| cannot(path, &error.to_string()))?;
    let metadata = fs::metadata(&path).map_err(|error| cannot(&path, &error.to_string()))?;
    if metadata.permissions().readonly() {
        return Err(cannot(&path, "it is read-only"));
    }
    let now = fs::read(&path).map_err(|error| cannot(&path, &error.to_string()))?;
    if now != before.as_bytes() {
        return Err(cannot(&path, "it was changed while ddlint ran"));
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".ddlint-new");
    let beside = path.with_file_name(name);
    let written =
        fs::write(&beside, text).and_then(|()| fs::set_permissions(&beside, metadata.permissions()));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        cannot(&path, &error.to_string())
    })?;
    Ok((beside, path))
}
