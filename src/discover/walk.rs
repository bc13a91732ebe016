//! The walk: `.gitignore` and `exclude` decide which files it starts from; a chart's own files are the chart's.

use std::collections::BTreeSet;

use ddlint_helm::chart::{ArchiveLimits, load_packed};
use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{
    Discovered, EntryKind, FoundChart, FoundFile, Input, LARGEST_ARCHIVE, Options, Skipped, Tree, file_name,
    is_below, join, parent,
};
use crate::finding::InputError;

/// A tree deeper than this is a mistake (or an attack): file systems allow about 2,000 folders in a path.
const DEEPEST: usize = 256;

pub(super) fn run<'t>(tree: &'t dyn Tree, inputs: &[Input], options: &Options) -> Discovered<'t> {
    let mut walk = Walk {
        tree,
        exclude: exclude(&options.exclude),
        starts: inputs.iter().map(|input| input.path.clone()).collect(),
        files: BTreeSet::new(),
        charts: BTreeSet::new(),
        skipped: BTreeSet::new(),
        errors: Vec::new(),
    };
    for input in inputs {
        match tree.kind(&input.path) {
            Some(EntryKind::File) => walk.named_file(&input.path),
            Some(EntryKind::Folder) => walk.named_folder(&input.path),
            None => walk.error(&input.path, "there is no such file or folder".to_string(), None),
        }
    }
    // A file that was named and walked is named.
    let named: BTreeSet<String> =
        walk.files.iter().filter(|file| file.named).map(|file| file.path.clone()).collect();
    walk.files.retain(|file| file.named || !named.contains(&file.path));
    let named: BTreeSet<String> =
        walk.charts.iter().filter(|chart| chart.named).map(|chart| chart.path.clone()).collect();
    walk.charts.retain(|chart| chart.named || !named.contains(&chart.path));
    Discovered {
        tree,
        files: walk.files.into_iter().collect(),
        charts: walk.charts.into_iter().collect(),
        texts: Vec::new(),
        skipped: walk.skipped.into_iter().collect(),
        errors: walk.errors,
    }
}

fn exclude(globs: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        // A folder's name excludes what lies below it. Bad globs are the configuration's to report.
        for pattern in [glob.trim_end_matches('/').to_string(), format!("{}/**", glob.trim_end_matches('/'))]
        {
            if let Ok(glob) = Glob::new(&pattern) {
                set.add(glob);
            }
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

struct Walk<'t> {
    tree: &'t dyn Tree,
    exclude: GlobSet,
    starts: Vec<String>,
    files: BTreeSet<FoundFile>,
    charts: BTreeSet<FoundChart>,
    skipped: BTreeSet<Skipped>,
    errors: Vec<InputError>,
}

impl Walk<'_> {
    fn error(&mut self, path: &str, message: String, hint: Option<&str>) {
        let file = self.tree.display(path);
        self.errors.push(InputError {
            code: "unreadable",
            message: format!("`{file}` cannot be read: {message}"),
            help: hint.map(str::to_string),
            place: None,
            file: Some(file),
        });
    }

    fn skip(&mut self, path: String, reason: impl Into<String>) {
        self.skipped.insert(Skipped { path, reason: reason.into() });
    }

    fn named_file(&mut self, path: &str) {
        let name = file_name(path);
        if is_packed(name) {
            self.charts.insert(FoundChart { path: path.to_string(), packed: true, named: true });
        } else if let Some(chart) = self.chart_of_template(path) {
            // A template alone is no manifest: its chart is rendered.
            self.charts.insert(FoundChart { path: chart, packed: false, named: false });
        } else {
            self.files.insert(FoundFile { path: path.to_string(), named: true });
        }
    }

    /// The outermost chart whose `templates/` hold a file, or its own or its subcharts' parts.
    fn chart_of_template(&self, path: &str) -> Option<String> {
        let parts: Vec<(usize, &str)> = path.match_indices('/').collect();
        let mut folders = vec![""];
        folders.extend(parts.iter().filter_map(|(at, _)| path.get(..*at)));
        let is_of = |folder: &&&str| {
            let rest = path.strip_prefix(**folder).unwrap_or(path).trim_start_matches('/');
            let inside = rest.starts_with("templates/") || rest.starts_with("charts/");
            inside && self.tree.kind(&below(folder, "Chart.yaml")) == Some(EntryKind::File)
        };
        folders.iter().find(is_of).map(|folder| (*folder).to_string())
    }

    fn named_folder(&mut self, path: &str) {
        // Ignore files above the folder count too, up to the root.
        let mut above = Vec::new();
        let mut folder = path;
        while !folder.is_empty() {
            folder = parent(folder);
            above.push(folder.to_string());
        }
        let ignores: Vec<Ignore> = above.iter().rev().filter_map(|folder| self.ignore_file(folder)).collect();
        let named = self.tree.kind(&below(path, "Chart.yaml")) == Some(EntryKind::File);
        self.folder(path, &ignores, named, 0);
    }

    fn ignore_file(&self, folder: &str) -> Option<Ignore> {
        let bytes = self.tree.read(&below(folder, ".gitignore")).ok()?;
        let mut builder = GitignoreBuilder::new("");
        for line in String::from_utf8_lossy(&bytes).lines() {
            // A line that is no pattern is git's to complain about.
            let _ = builder.add_line(None, line);
        }
        Some(Ignore { folder: folder.to_string(), rules: builder.build().ok()? })
    }

    fn folder(&mut self, folder: &str, ignores: &[Ignore], named: bool, depth: usize) {
        let entries = match self.tree.list(folder) {
            Ok(entries) => entries,
            Err(error) => return self.error(folder, error.to_string(), error.hint()),
        };
        if depth > DEEPEST {
            let hint = "name a folder below as PATH, if there is anything to lint in it";
            return self.error(folder, format!("it lies more than {DEEPEST} folders deep"), Some(hint));
        }
        let mut ignores = ignores.to_vec();
        ignores.extend(self.ignore_file(folder));
        let is_chart =
            entries.iter().any(|entry| entry.name == "Chart.yaml" && entry.kind == EntryKind::File);
        if is_chart {
            self.charts.insert(FoundChart { path: folder.to_string(), packed: false, named });
        }
        // Who names a chart means the chart, not what else lies in its folder. The folder of a whole repository is
        // named for all that is in it.
        let is_repository = entries.iter().any(|entry| entry.name == ".git");
        if is_chart && named && !is_repository {
            let own = entries.iter().filter(|entry| {
                let name = entry.name.as_str();
                entry.kind == EntryKind::File
                    && is_candidate(name)
                    && (name == "Chart.yaml" || name.starts_with("values"))
            });
            self.files.extend(own.map(|entry| FoundFile { path: below(folder, &entry.name), named: false }));
            return;
        }
        for entry in entries {
            let path = below(folder, &entry.name);
            let is_folder = entry.kind == EntryKind::Folder;
            if self.is_left_out(&path, is_folder, &ignores) {
                continue;
            }
            if let Some(target) = &entry.link {
                // What a link leads to is read where it stands, if it stands below a named path.
                let read_itself = self.starts.iter().any(|start| is_below(target, start));
                if is_folder || read_itself {
                    if !is_folder && is_candidate(&entry.name) {
                        self.skip(path, format!("a link to `{target}`"));
                    }
                    continue;
                }
            }
            if is_folder {
                let of_chart = is_chart && matches!(entry.name.as_str(), "templates" | "charts" | "crds");
                if !of_chart && !matches!(entry.name.as_str(), ".git" | ".hg" | ".svn") {
                    self.folder(&path, &ignores, false, depth + 1);
                }
            } else if entry.name.ends_with(".tgz") {
                self.archive(path);
            } else if is_candidate(&entry.name) || self.is_script(&path, &entry.name) {
                self.files.insert(FoundFile { path, named: false });
            }
        }
    }

    /// A packed chart, or any other archive.
    fn archive(&mut self, path: String) {
        match self.tree.head(&path, LARGEST_ARCHIVE + 1) {
            Ok(bytes) if bytes.len() > LARGEST_ARCHIVE => self.skip(path, "an archive that is no chart"),
            Ok(bytes) if load_packed(&bytes, &path, &ArchiveLimits::default()).is_ok() => {
                self.charts.insert(FoundChart { path, packed: true, named: false });
            }
            Ok(_) => self.skip(path, "an archive that is no chart"),
            Err(error) => self.skip(path, error.to_string()),
        }
    }

    fn is_left_out(&self, path: &str, is_folder: bool, ignores: &[Ignore]) -> bool {
        if self.exclude.is_match(path) {
            return true;
        }
        for ignore in ignores.iter().rev() {
            let relative = path.strip_prefix(ignore.folder.as_str()).unwrap_or(path).trim_start_matches('/');
            let verdict = ignore.rules.matched(relative, is_folder);
            if !verdict.is_none() {
                return verdict.is_ignore();
            }
        }
        false
    }

    /// A script without a telling name says so in its first line.
    fn is_script(&self, path: &str, name: &str) -> bool {
        if name.trim_start_matches('.').contains('.') {
            return false;
        }
        self.tree.head(path, 128).is_ok_and(|head| has_shell_shebang(&head))
    }
}

#[derive(Clone)]
struct Ignore {
    folder: String,
    rules: Gitignore,
}

fn below(folder: &str, name: &str) -> String {
    join(folder, name).unwrap_or_default()
}

fn is_packed(name: &str) -> bool {
    name.ends_with(".tgz") || name.ends_with(".tar.gz")
}

fn is_candidate(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "yaml" | "yml" | "json" | "sh" | "bash") || name == "Kustomization"
}

/// Whether a text begins with `#!` and a shell.
pub(crate) fn has_shell_shebang(head: &[u8]) -> bool {
    let Some(line) = head.strip_prefix(b"#!") else { return false };
    let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line)
        .split_whitespace()
        .any(|word| matches!(file_name(word), "sh" | "bash" | "dash" | "ksh" | "zsh" | "ash"))
}

#[cfg(test)]
mod tests {
    use super::super::{MemoryTree, discover};
    use super::*;

    fn found(files: &[&str], contents: &[(&str, &str)], inputs: &[&str]) -> (Vec<String>, Vec<String>) {
        let plain = files.iter().map(|path| (path.to_string(), String::new()));
        let texts = contents.iter().map(|(path, text)| (path.to_string(), text.to_string()));
        let tree = MemoryTree::new(plain.chain(texts));
        let inputs: Vec<Input> = inputs.iter().map(|path| Input::new(*path)).collect();
        let found = discover(&tree, &inputs, &Options::default());
        assert!(found.errors.is_empty(), "{:?}", found.errors);
        (
            found.files.into_iter().map(|file| file.path).collect(),
            found.charts.into_iter().map(|chart| chart.path).collect(),
        )
    }

    #[test]
    fn files_of_a_chart_are_the_charts() {
        let files = [
            "x/Chart.yaml",
            "x/values.yaml",
            "x/templates/a.yaml",
            "x/charts/sub/Chart.yaml",
            "x/crds/c.yaml",
            "x/ci/a-values.yaml",
            "templates/plain.yaml",
            "packed-1.0.tgz",
            "README.md",
        ];
        let (files, charts) = found(&files, &[], &[""]);
        assert_eq!(files, ["templates/plain.yaml", "x/Chart.yaml", "x/ci/a-values.yaml", "x/values.yaml"]);
        assert_eq!(charts, ["x"], "an empty archive is no chart");
    }

    #[test]
    fn a_named_chart_is_the_chart_alone() {
        let files = ["x/Chart.yaml", "x/values.yaml", "x/templates/a.yaml", "x/overlays/a.yaml", "x/b.yaml"];
        assert_eq!(found(&files, &[], &["x"]).0, ["x/Chart.yaml", "x/values.yaml"]);
        assert_eq!(found(&files, &[], &[""]).0.len(), 4);
    }

    #[test]
    fn a_named_template_is_its_chart() {
        let files =
            ["a/Chart.yaml", "a/templates/t.yaml", "a/charts/b/Chart.yaml", "a/charts/b/templates/u.yaml"];
        let nothing: Vec<String> = Vec::new();
        assert_eq!(found(&files, &[], &["a/templates/t.yaml"]), (nothing.clone(), vec!["a".to_string()]));
        assert_eq!(found(&files, &[], &["a/charts/b/templates/u.yaml"]), (nothing, vec!["a".to_string()]));
    }

    #[test]
    fn gitignore_counts_for_the_walk_only() {
        let ignore = [(".gitignore", "out/\n*.gen.yaml\n"), ("a/.gitignore", "!keep.gen.yaml\n")];
        let files = ["out/x.yaml", "a/b.gen.yaml", "a/keep.gen.yaml", "a/c.yaml"];
        assert_eq!(found(&files, &ignore, &[""]).0, ["a/c.yaml", "a/keep.gen.yaml"]);
        assert_eq!(found(&files, &ignore, &["out"]).0, ["out/x.yaml"]);
        assert_eq!(found(&files, &ignore, &["a/b.gen.yaml"]).0, ["a/b.gen.yaml"]);
        assert_eq!(found(&files, &ignore, &["a"]).0, ["a/c.yaml", "a/keep.gen.yaml"]);
    }

    #[test]
    fn scripts_are_known_by_name_or_first_line() {
        let texts =
            [("up", "#!/usr/bin/env bash\n"), ("tool", "#!/usr/bin/python3\n"), ("a.bash", ""), ("b.py", "")];
        assert_eq!(found(&[], &texts, &[""]).0, ["a.bash", "up"]);
    }

    #[test]
    fn excluded_folders_and_missing_paths() {
        let tree = MemoryTree::new([("a/x.yaml", ""), ("b/y.yaml", "")]);
        let options = Options { exclude: vec!["a/".to_string()] };
        let discovered = discover(&tree, &[Input::new(""), Input::new("nope")], &options);
        assert_eq!(discovered.files.len(), 1);
        assert_eq!(discovered.errors.len(), 1);
        assert!(discovered.errors.iter().all(|error| error.message.contains("`nope`")));
    }
}
