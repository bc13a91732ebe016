//! `init`, `schema`, `completions`, `man`: what helps to begin.

mod support;

use serde_json::Value;
use support::Folder;

fn validator(folder: &Folder, of: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&folder.run(&["schema", of]).out).expect("a schema is JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn problems(validator: &jsonschema::Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn init_writes_a_configuration_in_which_everything_can_be_switched_on() {
    let folder = Folder::repository(&[("below/x.yaml", "")]);
    let ran = folder.run_in("below", &["init"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "wrote ../.ddlint.yaml\n"), "{}", ran.err);
    let text = folder.read(".ddlint.yaml");
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "all is off");
    assert_eq!(folder.run(&["check", "--show-config"]).code, 0);
    let again = folder.run(&["init"]);
    assert_eq!(again.code, 2, "never overwrites");
    assert_eq!(folder.read(".ddlint.yaml"), text);
    // Uncommented, what it shows is right; what has no effect yet says so.
    let mut on = String::new();
    for line in text.lines() {
        let bare = line.strip_prefix("# ").or(line.strip_prefix("#")).unwrap_or(line);
        let is_setting = bare.trim_start().split_once(':').is_some_and(|(key, _)| {
            !key.contains(' ') && !key.contains('`') && bare.chars().next().is_some_and(|c| c != '#')
        });
        let known_later = ["renderer", "cache", "tracking", "server-side-diff", "values:"];
        if is_setting && !known_later.iter().any(|word| bare.trim_start().starts_with(word)) {
            on.push_str(bare);
            on.push('\n');
        }
    }
    assert!(on.lines().count() > 18, "{on}");
    folder.write(".ddlint.yaml", &on.replace("rules: [lint/rules]", "rules: []"));
    let ran = folder.run(&["check", "--show-config"]);
    assert_eq!(ran.code, 0, "{}\n{on}", ran.err);
}

#[test]
fn the_hook_is_added_to_what_is_there() {
    let cases = [
        (
            "repos:\n  - repo: https://example.com/a\n    rev: v1\n    hooks:\n      - id: x\n",
            "\n  - repo: https://github.com/ddlint",
        ),
        (
            "repos:\n- repo: https://example.com/a\n  rev: v1\n  hooks: [{id: x}]\n# the end\n",
            "\n- repo: https://github.com/ddlint",
        ),
        ("repos:\r\n- repo: local\r\n  hooks: [{id: x}]\r\n", "\r\n- repo: https://github.com/ddlint"),
        (
            "default_stages: [commit]\nrepos:\n  - repo: local\n    hooks: []\nfail_fast: true",
            "\n  - repo: https://github.com/ddlint",
        ),
    ];
    for (before, wanted) in cases {
        let folder = Folder::repository(&[(".pre-commit-config.yaml", before)]);
        let ran = folder.run(&["init", "--pre-commit"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let after = folder.read(".pre-commit-config.yaml");
        assert!(after.contains(wanted), "{after}");
        for line in before.lines() {
            assert!(after.contains(line), "{line} is lost in {after}");
        }
        let again = folder.run(&["init", "--pre-commit"]);
        assert!(again.code == 0 && again.out.contains("already"), "{}{}", again.out, again.err);
        assert_eq!(folder.read(".pre-commit-config.yaml"), after);
    }
    let fresh = Folder::repository(&[]);
    assert_eq!(fresh.run(&["init", "--pre-commit"]).code, 0);
    assert!(
        fresh.exists(".ddlint.yaml")
            && fresh.read(".pre-commit-config.yaml").starts_with("repos:\n  - repo:")
    );
    for odd in ["repos: [{repo: local, hooks: []}]\n", "repos: []\n", "a: b\n", "repos: [\n"] {
        let folder = Folder::repository(&[(".pre-commit-config.yaml", odd)]);
        let ran = folder.run(&["init", "--pre-commit"]);
        assert_eq!(ran.code, 2, "{odd}");
        assert!(ran.err.contains("add it below `repos:`"), "{}", ran.err);
        assert!(!folder.exists(".ddlint.yaml"), "nothing half-done");
        assert_eq!(folder.read(".pre-commit-config.yaml"), odd);
    }
}

#[test]
fn the_schemas_hold_for_what_they_describe() {
    let folder = Folder::copy_of("testdata/failures");
    let config = validator(&folder, "config");
    let good = serde_json::json!({
        "select": ["all"], "severity": {"debug-logging": "info"}, "fail-on": "never", "helm": {"dialect": 3, "kube-version": 1.3},
        "ignore": [{"rule": "debug-logging", "reason": "x", "paths": "a/**"}], "clusters": {"a": ["b"]},
    });
    assert_eq!(problems(&config, &good), [""; 0]);
    for bad in [
        serde_json::json!({"selct": []}),
        serde_json::json!({"ignore": [{"rule": "debug-logging"}]}),
        serde_json::json!({"helm": {"dialect": 5}}),
        serde_json::json!({"severity": {"x": "warn"}}),
    ] {
        assert!(!problems(&config, &bad).is_empty(), "{bad}");
    }
    assert!(folder.run(&["schema", "rule"]).out.contains("\"ddlint rule\""));
    let report = validator(&folder, "report");
    for args in [
        &["check", ".", "--format", "json", "--show-suppressed"][..],
        &["check", ".", "nope", "--format", "json"],
    ] {
        let json = folder.run(args).json();
        assert!(json["findings"].as_array().is_some_and(|list| !list.is_empty()));
        assert_eq!(problems(&report, &json), [""; 0]);
    }
    let mut wrong = folder.check(&[]).json();
    wrong["findings"][0]["location"]["line"] = serde_json::json!(0);
    assert!(!problems(&report, &wrong).is_empty());
}

#[test]
fn completions_and_the_man_page_know_every_command_and_option() {
    let folder = Folder::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = folder.run(&["completions", shell]);
        assert_eq!(ran.code, 0);
        for word in ["explain", "caused-by", "write-baseline"] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    let man = folder.run(&["man"]).out;
    assert!(man.starts_with(".ie") || man.contains(".TH ddlint 1"), "{}", man.get(..200).unwrap_or_default());
    for word in ["DDLINT CHECK", "caused\\-by", "DDLINT TRACE", "Exit codes"] {
        assert!(man.contains(word), "{word}");
    }
    assert_eq!(folder.run(&["completions", "nushel"]).code, 2);
}

#[test]
fn a_new_rule_passes_its_tests_and_overwrites_nothing() {
    let folder = Folder::repository(&[]);
    let ran = folder.run(&["new", "here"]);
    assert_eq!(ran.out, "wrote here.yaml; `ddlint test .` runs its examples\n");
    assert_eq!(folder.run(&["test", "."]).code, 0);
    let ran = folder.run(&["new", "mutable-image-tag", "lint"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(folder.run(&["test", "lint"]).code, 0);
    let text = folder.read("lint/mutable-image-tag.yaml");
    assert_eq!(folder.run(&["new", "mutable-image-tag", "lint"]).code, 2);
    assert_eq!(folder.read("lint/mutable-image-tag.yaml"), text);
    folder.write(".ddlint.yaml", "rules: [lint]\n");
    assert!(folder.run(&["new", "mutable-image-tag"]).err.contains("already"));
    assert_eq!(folder.run(&["new", "another-thing"]).code, 0);
    assert!(folder.exists("lint/another-thing.yaml"), "beside the other rules");
    for bad in ["Mutable", "a--b", "-a", "1x", "duplicate-yaml-key"] {
        assert_eq!(folder.run(&["new", "--", bad]).code, 2, "{bad}");
    }
}

#[test]
fn query_shows_members_and_what_a_path_selects_without_secrets() {
    let key = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{user: bob, pin: \"4711\"}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n    - name: web\n      image: web:1\n      env: [{{name: DD_API_KEY, value: {key}}}]\n"
    );
    let folder = Folder::repository(&[("a.yaml", &secret)]);
    let ran = folder.run(&["query", "--view", "container", "."]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("a.yaml:11:") && ran.out.contains("Pod/web"), "{}", ran.out);
    assert!(ran.out.contains("  image: web:1  (a.yaml:12:14)\n"), "{}", ran.out);
    let images = folder.run(&["query", "--view", "resource", "$.spec.containers[*].image", "."]);
    assert_eq!(images.out, "a.yaml:12:14 spec.containers[0].image: web:1\n");
    let all = folder.run(&["query", "--view", "resource", "$..*", "."]).out;
    assert!(!all.contains("bob") && !all.contains("4711") && !all.contains(key), "{all}");
    for view in ["resource", "env", "document", "container", "workload"] {
        let out = folder.run(&["query", "--view", view]).out;
        assert!(!out.contains(key) && !out.contains("4711"), "{view}: {out}");
    }
    let wrong = folder.run(&["query", "--view", "contaner"]);
    assert!(wrong.code == 2 && wrong.err.contains("did you mean `container`?"), "{}", wrong.err);
    assert_eq!(folder.run(&["query", "--view", "resource", "$.["]).code, 2);
}
