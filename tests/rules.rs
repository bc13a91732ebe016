//! Every rule file: it loads, it is complete, its examples do what they say, and the folders agree with each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ddlint::rule::{Registry, RuleFileError, examples};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn load() -> Registry {
    let files: Vec<(String, ddlint_yaml::SourceText)> =
        Registry::embedded_files().map(|(path, text)| (path.to_string(), text.into())).collect();
    Registry::load(&files).unwrap_or_else(|errors| {
        let errors: Vec<String> = errors.iter().map(RuleFileError::to_string).collect();
        panic!("rule files with problems:\n{}", errors.join("\n"))
    })
}

fn files_below(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, extension, into);
        } else if path.extension().is_some_and(|it| it == extension) {
            into.push(path);
        }
    }
}

#[test]
fn every_rule_file_loads_and_is_embedded() {
    let registry = load();
    assert_eq!(registry.rules().len(), Registry::embedded().rules().len());
    let mut files = Vec::new();
    files_below(&root().join("rules"), "yaml", &mut files);
    let on_disk: BTreeSet<String> = files
        .iter()
        .map(|file| file.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/"))
        .collect();
    let embedded: BTreeSet<String> = Registry::embedded_files().map(|(path, _)| path.to_string()).collect();
    assert_eq!(on_disk, embedded);
}

#[test]
fn every_example_does_what_it_says() {
    let failures: Vec<String> =
        load().rules().flat_map(examples::check).map(|failure| failure.to_string()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_rule_is_documented_and_stands_in_the_folder_of_its_group() {
    let mut problems = Vec::new();
    for rule in load().rules() {
        let expected = format!("rules/{}/{}.yaml", rule.group, rule.id);
        if *rule.path != *expected {
            problems.push(format!("{} stands in {}, not in {expected}", rule.id, rule.path));
        }
        for other in rule.yields_to.iter().filter(|other| Registry::embedded().get(other).is_none()) {
            problems.push(format!("{} yields to {other}, which is no rule", rule.id));
        }
        if rule.since.is_empty() {
            problems.push(format!("{} does not say since when", rule.id));
        }
        let it = &rule.documentation;
        if it.why.len() < 20 || it.remedy.is_empty() || it.summary.is_empty() {
            problems.push(format!("{} lacks why, remedy or summary", rule.id));
        }
        for word in ["no-", "check-", "ensure-", "require-", "must-"] {
            if rule.id.starts_with(word) {
                problems.push(format!("{} names the cure; a rule names the problem", rule.id));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_builtin_has_a_function_and_every_function_a_file_and_a_rule() {
    let registry = load();
    let rules: BTreeSet<String> =
        registry.rules().filter(|rule| rule.is_builtin()).map(|rule| rule.id.replace('-', "_")).collect();
    let functions: BTreeSet<String> = ddlint::checks::names().map(str::to_string).collect();
    let mut files = Vec::new();
    files_below(&root().join("src/checks"), "rs", &mut files);
    let files: BTreeSet<String> = files
        .iter()
        .filter(|file| file.parent().is_some_and(|folder| folder.ends_with("checks")))
        .filter_map(|file| file.file_stem().map(|stem| stem.to_string_lossy().to_string()))
        .filter(|stem| stem != "mod")
        .collect();
    assert_eq!(rules, functions, "rules with `check: builtin` and functions");
    assert_eq!(functions, files, "functions and files of src/checks");
}
