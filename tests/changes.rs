//! Only what is new: the baseline, `--since`, `--caused-by`.

mod support;

use support::{Folder, Ran};

fn pod(name: &str, containers: &[(&str, &str)]) -> String {
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    spec:\n      containers:\n"
    );
    for (container, statuses) in containers {
        text.push_str(&format!(
            "        - name: {container}\n          env:\n            - {{name: OTHER, value: x}}\n            \
             - {{name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES, value: \"{statuses}\"}}\n"
        ));
    }
    text
}

const SELECT: [&str; 2] = ["--select", "http-error-statuses,unused-suppression,agent-host-ip-unreachable"];

fn check(folder: &Folder, args: &[&str]) -> Ran {
    folder.check(&[&SELECT[..], args].concat())
}

fn summary(ran: &Ran, key: &str) -> u64 {
    ran.json()["summary"][key].as_u64().unwrap_or_default()
}

#[test]
fn the_baseline_holds_what_was_there_and_nothing_else() {
    let folder = Folder::repository(&[("a.yaml", &pod("web", &[("one", "500"), ("two", "500")]))]);
    let written = check(&folder, &["--write-baseline", "old.json"]);
    assert_eq!((written.code, written.out.as_str()), (0, "2 findings written to old.json\n"));
    let quiet = check(&folder, &["--baseline", "old.json"]);
    assert_eq!((quiet.code, quiet.rules().len(), summary(&quiet, "baselined")), (0, 0, 2));
    // Lines move, list members change places, another container comes first.
    let moved =
        format!("# a comment\n\n{}", pod("web", &[("zero", "400-599"), ("two", "500"), ("one", "500")]));
    folder.write("a.yaml", &moved);
    let quiet = check(&folder, &["--baseline", "old.json"]);
    assert_eq!((quiet.rules().len(), summary(&quiet, "baselined")), (0, 2), "{}", quiet.out);
    // One more is new.
    folder.write("a.yaml", &pod("web", &[("one", "500"), ("two", "500"), ("three", "500")]));
    let new = check(&folder, &["--baseline", "old.json"]);
    assert_eq!((new.code, new.rules().len(), summary(&new, "baselined")), (1, 1, 2));
    assert_eq!(new.findings()[0].2, 19);
    // From the configuration, relative to its folder.
    folder.write(".ddlint.yaml", "baseline: old.json\n");
    assert_eq!(check(&folder, &[]).rules().len(), 1);
    std::fs::create_dir(folder.path().join("below")).expect("a folder");
    assert_eq!(
        folder.run_in("below", &[&["check", "..", "--format", "json"][..], &SELECT].concat()).rules().len(),
        1
    );
    // Behind the pipe.
    let stream = folder.run(&["render", "."]).out;
    let piped = folder.run_with(&[&["check", "--format", "json"][..], &SELECT].concat(), &stream);
    assert_eq!(piped.findings(), new.findings());
}

#[test]
fn stale_entries_are_told_and_pruned() {
    let folder = Folder::repository(&[
        ("a.yaml", &pod("web", &[("one", "500")])),
        ("b.yaml", &pod("api", &[("one", "500")])),
    ]);
    check(&folder, &["--write-baseline", "old.json"]);
    let both = folder.read("old.json");
    folder.write("b.yaml", &pod("api", &[("one", "400-599")]));
    let ran = check(&folder, &["--baseline", "old.json"]);
    assert_eq!((ran.code, ran.findings()), (0, vec![("unused-suppression".into(), "old.json".into(), 5)]));
    assert!(ran.out.contains("`b.yaml` is gone"), "{}", ran.out);
    check(&folder, &["--baseline", "old.json", "--write-baseline", "old.json"]);
    let pruned = folder.read("old.json");
    assert!(both.contains("b.yaml") && !pruned.contains("b.yaml") && pruned.contains("a.yaml"), "{pruned}");
    assert_eq!(check(&folder, &["--baseline", "old.json"]).rules(), [""; 0]);
    // A part of the repository says nothing about the rest of the baseline.
    let part = [&["check", "b.yaml", "--format", "json", "--baseline", "old.json"][..], &SELECT].concat();
    assert_eq!(folder.run(&part).rules(), [""; 0]);
}

#[test]
fn a_renamed_file_keeps_its_baseline_where_git_knows_it() {
    let folder = Folder::repository(&[("a.yaml", &pod("web", &[("one", "500"), ("two", "500")]))]);
    check(&folder, &["--write-baseline", "old.json"]);
    folder.commit("baseline");
    folder.git(&["mv", "a.yaml", "renamed.yaml"]);
    let text = folder.read("renamed.yaml");
    folder.write("renamed.yaml", &format!("# moved\n{text}"));
    let quiet = check(&folder, &["--baseline", "old.json"]);
    assert_eq!((quiet.rules(), summary(&quiet, "baselined")), (vec![], 2), "{}", quiet.out);
    folder.commit("renamed");
    folder.write("other.yaml", "");
    folder.commit("later");
    assert_eq!(check(&folder, &["--baseline", "old.json"]).rules(), [""; 0]);
    // Without git another name is another file.
    std::fs::remove_dir_all(folder.path().join(".git")).expect("goes");
    assert_eq!(check(&folder, &["--baseline", "old.json"]).rules().len(), 4);
}

#[test]
fn bad_baselines_are_told() {
    let folder = Folder::repository(&[("a.yaml", &pod("web", &[("one", "500")]))]);
    let cases = [
        ("{\"schema\": \"ddlint-baseline/2\", \"findings\": []}", "`ddlint-baseline/2`"),
        ("{\"schema\": \"ddlint-baseline/1\", \"findings\": [1]}", "damaged"),
        ("nothing", "no baseline"),
    ];
    for (text, wanted) in cases {
        folder.write("old.json", text);
        let ran = check(&folder, &["--baseline", "old.json"]);
        assert_eq!(ran.code, 2, "{text}");
        assert!(ran.err.contains(wanted) && ran.err.contains("--write-baseline"), "{}", ran.err);
        assert_eq!(ran.json()["errors"].as_array().map(Vec::len), Some(1));
    }
    let missing = check(&folder, &["--baseline", "nope.json"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("nope.json"), "{}", missing.err);
    folder.write("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {\n");
    assert_eq!(check(&folder, &["--write-baseline", "new.json"]).code, 2);
    assert!(!folder.exists("new.json"), "a baseline with gaps is none");
    std::fs::remove_file(folder.path().join("broken.yaml")).expect("goes");
    let ran = check(&folder, &["--write-baseline", "no/such/folder/new.json"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn no_secret_reaches_the_baseline() {
    let key = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
    let folder = Folder::repository(&[(
        "values.yaml",
        &format!("datadog:\n  apiKey: {key}\n  logLevel: debug\n  logLevel: debug\n"),
    )]);
    let ran = folder.run(&["check", ".", "--write-baseline", "old.json"]);
    assert_eq!(ran.code, 0);
    let text = folder.read("old.json");
    assert!(text.contains("api-key-inline") && !text.contains(key), "{text}");
}

const APP: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        \
    - name: web\n          env:\n            - name: DD_AGENT_HOST\n              valueFrom: {fieldRef: {fieldPath: status.hostIP}}\n            \
    - {name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES, value: \"400-599\"}\n";

fn values(port: &str) -> String {
    format!("datadog:\n  apiKeyExistingSecret: x\n  apm:\n{port}    socketEnabled: true\n")
}

#[test]
fn a_change_of_values_reports_what_it_causes_in_other_files() {
    let folder = Folder::repository(&[
        ("helm/values.yaml", &values("    portEnabled: true\n")),
        ("k8s/app.yaml", APP),
        ("k8s/old.yaml", &pod("old", &[("one", "500")])),
    ]);
    assert_eq!(check(&folder, &[]).rules(), ["http-error-statuses"]);
    assert_eq!(check(&folder, &["--since", "HEAD"]).rules(), [""; 0]);
    folder.write("helm/values.yaml", &values("    portEnabled: false\n"));
    let ran = check(&folder, &["--since", "HEAD"]);
    assert_eq!(ran.findings(), [("agent-host-ip-unreachable".into(), "k8s/app.yaml".into(), 11)]);
    let related = ran.json()["findings"][0]["related"].to_string();
    assert!(related.contains("changed since `HEAD`"), "{related}");
    let cause = ran.json()["findings"][0]["related"].as_array().cloned().unwrap_or_default();
    let cause = cause.iter().find(|it| it["message"].to_string().contains("changed since")).expect("there");
    assert_eq!(
        (cause["file"].as_str(), cause["line"].as_u64()),
        (Some("helm/values.yaml"), Some(4)),
        "{cause}"
    );
    // A removed line counts at its neighbours.
    folder.write("helm/values.yaml", &values(""));
    let ran = check(&folder, &["--since", "main"]);
    assert_eq!(ran.rules(), ["agent-host-ip-unreachable"]);
    assert!(ran.out.contains("changed since `main`"), "{}", ran.out);
    // Committed or not makes no difference to the base.
    folder.commit("second");
    assert_eq!(check(&folder, &["--since", "HEAD~1"]).rules(), ["agent-host-ip-unreachable"]);
    assert_eq!(check(&folder, &["--since", "HEAD"]).rules(), [""; 0]);
    let pretty = folder.run(&["check", ".", "--since", "HEAD~1", "--select", "all"]);
    assert!(pretty.out.contains("known to the base revision"), "{}", pretty.out);
    assert_eq!(folder.git(&["status", "--porcelain"]), "", "nothing is checked out or written");
}

const AGENT: &str =
    "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nmetadata: {name: datadog}\nspec: {}\n";

/// What a finding says about the change that causes it: file, line, message.
fn causes(ran: &Ran) -> Vec<(String, u64, String)> {
    let text = |it: &serde_json::Value| it.as_str().unwrap_or_default().to_string();
    let findings = ran.json()["findings"].as_array().cloned().unwrap_or_default();
    let related = findings.iter().flat_map(|it| it["related"].as_array().cloned().unwrap_or_default());
    let causes =
        related.filter(|it| it["message"].as_str().is_some_and(|it| it.contains("which causes this")));
    causes.map(|it| (text(&it["file"]), it["line"].as_u64().unwrap_or(0), text(&it["message"]))).collect()
}

#[test]
fn what_was_removed_causes_what_is_found_because_it_is_absent() {
    let silent = "clusterAgent:\n  replicas: 2\n";
    let open = "apm:\n    portEnabled: true\n";
    let before = format!(
        "datadog:\n  apiKeyExistingSecret: x\n  {open}  site: datadoghq.eu\n  logLevel: INFO\n{silent}"
    );
    let after = before.replace(&format!("  {open}"), "");
    let folder = Folder::repository(&[
        ("helm/values.yaml", &before),
        ("k8s/app.yaml", APP),
        ("k8s/other.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"),
    ]);
    assert_eq!(check(&folder, &[]).rules(), [""; 0]);
    folder.write("helm/values.yaml", &after);
    let ran = check(&folder, &["--since", "HEAD"]);
    assert_eq!(ran.rules(), ["agent-host-ip-unreachable"]);
    let removed = |line: u64| {
        let message = "2 lines were removed here since `HEAD`, which causes this";
        [("helm/values.yaml".to_string(), line, message.to_string())]
    };
    assert_eq!(causes(&ran), removed(3), "{}", ran.out);
    // Of several changes the one without which it is not there.
    folder.write("k8s/other.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\n");
    folder.write("helm/values.yaml", &after.replace("INFO", "WARN").replace("replicas: 2", "replicas: 3"));
    let ran = check(&folder, &["--since", "HEAD"]);
    assert_eq!(causes(&ran), removed(3), "{}", ran.out);
    let caused = |files: &[&str]| {
        folder.run(&[&["check", "--format", "json"][..], &SELECT, &["--caused-by"], files].concat())
    };
    assert_eq!(caused(&["helm/values.yaml"]).rules(), ["agent-host-ip-unreachable"]);
    assert_eq!(caused(&["k8s/other.yaml"]).rules(), [""; 0]);
    // The file itself is gone; another Agent is there, which was silent beside it.
    folder.commit("without");
    folder.write("helm/values.yaml", &before);
    folder.write("k8s/agent.yaml", AGENT);
    folder.commit("with");
    assert_eq!(check(&folder, &[]).rules(), [""; 0]);
    std::fs::remove_file(folder.path().join("helm/values.yaml")).expect("goes");
    let gone = |rev: &str| {
        [("helm/values.yaml".to_string(), 1, format!("removed since `{rev}`, which causes this"))]
    };
    let ran = caused(&["helm/values.yaml"]);
    assert_eq!((ran.rules(), causes(&ran)), (vec!["agent-host-ip-unreachable".into()], gone("HEAD").into()));
    assert_eq!(causes(&check(&folder, &["--since", "HEAD"])), gone("HEAD"));
    assert_eq!(caused(&["k8s/other.yaml"]).rules(), [""; 0]);
    // What is committed is compared with the revision that pre-commit was given, or the user names.
    folder.commit("gone");
    assert_eq!(caused(&["helm/values.yaml"]).rules(), [""; 0]);
    let args = [&["check", "--format", "json"][..], &SELECT, &["--caused-by", "helm/values.yaml"]].concat();
    let mut command = folder.command(&args);
    command.env("PRE_COMMIT_FROM_REF", "HEAD~1");
    let ran = Ran::from(command.output().expect("it starts"));
    assert_eq!(causes(&ran), gone("HEAD~1"));
    assert_eq!(caused(&["helm/values.yaml", "--since", "HEAD~1"]).rules(), ["agent-host-ip-unreachable"]);
    // Without git only what names a place in the files is theirs.
    std::fs::remove_dir_all(folder.path().join(".git")).expect("goes");
    assert_eq!(caused(&["helm/values.yaml"]).rules(), [""; 0]);
}

#[test]
fn moved_and_renamed_files_are_not_new_and_a_second_of_two_is() {
    let folder = Folder::repository(&[("a.yaml", &pod("web", &[("one", "500")])), ("link.yaml", "")]);
    folder.git(&["mv", "a.yaml", "deep.yaml"]);
    assert_eq!(check(&folder, &["--since", "HEAD"]).rules(), [""; 0]);
    folder.write("deep.yaml", &format!("# first\n{}", pod("web", &[("one", "500")])));
    assert_eq!(check(&folder, &["--since", "HEAD"]).rules(), [""; 0]);
    folder.write("deep.yaml", &pod("web", &[("one", "500"), ("two", "500")]));
    assert_eq!(check(&folder, &["--since", "HEAD"]).rules().len(), 1);
    // A suppression that is taken away lets its finding be new.
    folder.write(
        "deep.yaml",
        &format!("# ddlint: ignore-file[http-error-statuses] old\n{}", pod("web", &[("one", "500")])),
    );
    folder.commit("suppressed");
    folder.write("deep.yaml", &pod("web", &[("one", "500")]));
    assert_eq!(check(&folder, &["--since", "HEAD"]).rules().len(), 1);
}

#[test]
fn revisions_that_cannot_be_read_are_told() {
    let folder = Folder::repository(&[("a.yaml", &pod("web", &[("one", "500")]))]);
    let wrong = check(&folder, &["--since", "no-such-branch"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("there is no revision `no-such-branch`"), "{}", wrong.err);
    assert_eq!(wrong.json()["errors"].as_array().map(Vec::len), Some(1));
    folder.commit("second");
    let url = format!("file://{}", folder.path().display());
    let shallow = Folder::new(&[]);
    shallow.git(&["clone", "-q", "--depth", "1", &url, "clone"]);
    let args = ["check", ".", "--since", "HEAD~1"];
    let ran = shallow.run_in("clone", &args);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("shallow") && ran.err.contains("git fetch --depth=1"), "{}", ran.err);
    let none = Folder::new(&[("a.yaml", &pod("web", &[("one", "500")]))]);
    let ran = none.run(&args);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no git repository"), "{}", ran.err);
    let piped = folder.run_with(&["check", "--since", "HEAD"], &pod("web", &[("one", "500")]));
    assert_eq!(piped.code, 2);
    assert!(piped.err.contains("standard input"), "{}", piped.err);
    // A revision that was broken itself does not stop the run.
    let broken = Folder::repository(&[("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {\n")]);
    broken.write("a.yaml", &pod("web", &[("one", "500")]));
    let ran = check(&broken, &["--since", "HEAD"]);
    assert_eq!((ran.code, ran.rules().len()), (1, 1));
    assert!(ran.err.contains("counts as new"), "{}", ran.err);
}

#[test]
fn a_worktree_and_a_linked_file_are_read_too() {
    let folder = Folder::repository(&[("base/app.yaml", &pod("web", &[("one", "500")]))]);
    std::os::unix::fs::symlink("base", folder.path().join("linked")).expect("a link");
    folder.commit("link");
    folder.git(&["worktree", "add", "-q", "wt"]);
    let ran =
        folder.run_in("wt", &[&["check", ".", "--format", "json", "--since", "HEAD"][..], &SELECT].concat());
    assert_eq!((ran.code, ran.rules().len()), (0, 0), "{}", ran.err);
    assert_eq!(
        folder
            .run_in(
                "wt",
                &[&["check", "linked", "--format", "json", "--since", "HEAD"][..], &SELECT].concat()
            )
            .code,
        0
    );
}

#[test]
fn what_named_files_cause_is_reported_wherever_it_stands() {
    let folder = Folder::repository(&[
        ("helm/values.yaml", &values("    portEnabled: false\n")),
        ("k8s/app.yaml", APP),
        ("k8s/old.yaml", &pod("old", &[("one", "500")])),
    ]);
    let caused = |below: &str, files: &[&str]| {
        folder.run_in(below, &[&["check", "--format", "json"][..], &SELECT, &["--caused-by"], files].concat())
    };
    assert_eq!(caused("", &["helm/values.yaml"]).rules(), ["agent-host-ip-unreachable"]);
    assert_eq!(caused("", &["k8s/app.yaml"]).rules(), ["agent-host-ip-unreachable"]);
    assert_eq!(caused("", &["k8s/old.yaml", "README.md"]).rules(), ["http-error-statuses"]);
    assert_eq!(caused("", &["README.md"]).code, 0);
    // As pre-commit calls it: options of the user between the hook's own and the names of files.
    let hook = [
        "check",
        "--caused-by",
        "--select",
        "agent-host-ip-unreachable",
        "--format",
        "json",
        "helm/values.yaml",
    ];
    assert_eq!(folder.run(&hook).rules(), ["agent-host-ip-unreachable"]);
    assert_eq!(folder.run(&["check", "--caused-by"]).code, 2);
    assert_eq!(
        caused("helm", &["values.yaml"]).rules(),
        ["agent-host-ip-unreachable"],
        "the whole repository is read"
    );
}
