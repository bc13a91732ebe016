//! What ships ddlint names one version, and names things that exist.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_package_has_the_same_version() {
    let version = env!("CARGO_PKG_VERSION");
    for (file, wanted) in [
        ("pyproject.toml", format!("version = \"{version}\"")),
        ("pyproject.toml", format!("ddlint=={version}")),
        ("packaging/wheel/pyproject.toml", format!("version = \"{version}\"")),
        ("action.yml", format!("default: {version}")),
        ("packaging/gitlab/ddlint.gitlab-ci.yml", format!("ddlint/ddlint:{version}")),
        ("docs/ci.md", format!("ddlint/ddlint@v{version}")),
        ("CHANGELOG.md", format!("## {version}")),
    ] {
        assert!(read(file).contains(&wanted), "{file} does not say `{wanted}`");
    }
}

#[test]
fn the_action_passes_inputs_through_the_environment_only() {
    let action = read("action.yml");
    for line in action.lines().filter(|line| line.trim_start().starts_with("run:")) {
        assert!(!line.contains("${{"), "an input in a script is code: {line}");
    }
    let scripts = action.lines().filter_map(|line| line.split("$ACTION_PATH/").nth(1)?.split('"').next());
    let scripts: Vec<&str> = scripts.collect();
    assert_eq!(scripts.len(), 3);
    for script in scripts {
        assert!(read(script).starts_with("#!/usr/bin/env bash\n"), "{script}");
    }
}

#[test]
fn links_of_the_documentation_lead_somewhere() {
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/usage.md",
        "docs/configuration.md",
        "docs/ci.md",
        "docs/comparison.md",
    ] {
        let text = read(page);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let folder = folder.parent().expect("a folder");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains("://") {
                assert!(folder.join(file).exists(), "{page} links to {target}");
            }
        }
    }
}
