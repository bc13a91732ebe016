//! The example inputs of the catalogue: each bad file or folder gives exactly the lines that are expected, primary and
//! related, and nothing else of its rule; the good ones give nothing of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ddlint::discover::{self, Input, MemoryTree};
use ddlint::finding::Finding;
use ddlint::model::{self, Model, Settings};
use ddlint::rule::{Registry, Selection, run};

/// Lines by file and whether they are primary.
type Lines = BTreeMap<(String, bool), BTreeSet<u32>>;

/// The folder of the cases, if it is there.
fn cases() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let named = std::env::var_os("DDLINT_SHARED").map(PathBuf::from);
    let found = [Some(beside), named].into_iter().flatten().map(|shared| shared.join("cases/datadog"));
    found.into_iter().find(|folder| folder.is_dir())
}

/// A line in the file that DDLINT_SUITE_LOG names, for those who want to know which suites ran.
fn log(line: &str) {
    use std::io::Write;
    let Some(path) = std::env::var_os("DDLINT_SUITE_LOG") else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| writeln!(file, "{line}")).expect("the log of the suites can be written");
}

/// Files below a folder, with their names relative to it.
fn files(folder: &Path) -> Vec<(String, String)> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(root, &path, found);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let name =
                    path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
                found.push((name, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found
}

/// The model of files of which each is given as a path, so that a values file of any name is read as one.
fn read(files: &[(String, String)]) -> Model {
    let tree = MemoryTree::new(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let inputs: Vec<Input> = files.iter().map(|(name, _)| Input::new(name.as_str())).collect();
    model::build(discover::discover(&tree, &inputs, &discover::Options::default()), Settings::default())
}

fn findings(model: &Model, rule: &str) -> Vec<Finding> {
    let registry = Registry::embedded();
    let all = Selection::new(registry, &[], &[]).expect("the default selection");
    run(model, registry, &all).into_iter().filter(|finding| &*finding.rule == rule).collect()
}

/// What is expected: lines by (file relative to the rule's folder, primary).
fn expected(folder: &Path) -> Lines {
    let text = std::fs::read_to_string(folder.join("expect.json")).expect("expect.json is there");
    let value: serde_json::Value = serde_json::from_str(&text).expect("expect.json is JSON");
    let mut lines = Lines::new();
    for label in value["labels"].as_array().expect("labels") {
        let file = label["file"].as_str().expect("file").to_string();
        let primary = label["label"] == "primary";
        lines.entry((file, primary)).or_default().insert(label["line"].as_u64().expect("line") as u32);
    }
    lines
}

fn lines(model: &Model, findings: &[Finding]) -> Lines {
    let mut lines = Lines::new();
    for finding in findings {
        let location = model.sources.location(finding.primary);
        lines.entry((location.file, true)).or_default().insert(location.line);
        for related in &finding.related {
            let location = model.sources.location(related.place);
            lines.entry((location.file, false)).or_default().insert(location.line);
        }
    }
    lines
}

/// The files of a folder below a rule's folder, with their names relative to it.
fn input(folder: &Path, name: &str) -> Vec<(String, String)> {
    files(&folder.join(name))
}

/// The lines that a rule reports in files of `bad` that are one input.
fn found(files: &[(String, String)], rule: &str) -> Lines {
    let model = read(files);
    let found = lines(&model, &findings(&model, rule));
    found.into_iter().map(|((file, primary), lines)| ((format!("bad/{file}"), primary), lines)).collect()
}

#[test]
fn the_cases_of_the_rules_that_are_built() {
    let Some(cases) = cases() else {
        log("skipped cases/datadog");
        eprintln!(
            "skipped: the cases of the catalogue are not here (../shared/cases/datadog, or DDLINT_SHARED)"
        );
        return;
    };
    log("ran cases/datadog");
    let mut problems = Vec::new();
    let mut seen = 0;
    for rule in Registry::embedded().rules() {
        let folder = cases.join(&*rule.id);
        if !folder.is_dir() {
            continue;
        }
        seen += 1;
        let bad = input(&folder, "bad");
        let wanted = expected(&folder);
        let together = found(&bad, &rule.id);
        // Files and folders of `bad` may be inputs of their own.
        let mut apart = Lines::new();
        let entry = |name: &str| name.split('/').next().unwrap_or_default().to_string();
        let entries: BTreeSet<String> = bad.iter().map(|(name, _)| entry(name)).collect();
        for wanted in entries {
            let input: Vec<(String, String)> =
                bad.iter().filter(|(name, _)| entry(name) == wanted).cloned().collect();
            for (key, lines) in found(&input, &rule.id) {
                apart.entry(key).or_default().extend(lines);
            }
        }
        if together != wanted && apart != wanted {
            problems.push(format!(
                "{}: bad: expected {wanted:?}\n    found {together:?}\n    or {apart:?}",
                rule.id
            ));
        }
        let good = input(&folder, "good");
        // A folder is one input, a file is one too.
        let single = good.iter().filter(|(name, _)| !name.contains('/')).map(std::slice::from_ref);
        let several = good.iter().any(|(name, _)| name.contains('/') || name.ends_with(".sh"));
        for input in single.chain(several.then_some(good.as_slice())) {
            let model = read(input);
            for finding in findings(&model, &rule.id) {
                problems.push(format!("{}: good: {}", rule.id, finding.message));
            }
        }
    }
    assert!(seen > 0, "no rule has a case");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
