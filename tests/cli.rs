//! The binary as a user runs it: exit codes, the pipe, what stands in `testdata/`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn ddlint(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ddlint"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    ddlint(args).output().expect("ddlint starts")
}

fn run_with(args: &[&str], stdin: &[u8]) -> Output {
    let mut child = ddlint(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ddlint starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    let input = stdin.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&input));
    let output = child.wait_with_output().expect("ddlint ends");
    // ddlint may stop reading early; what counts is what it says.
    let _ = writer.join();
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn rules_of(report: &str) -> Vec<(String, String, u64)> {
    let json: serde_json::Value = serde_json::from_str(report).expect("the report is JSON");
    let findings = json["findings"].as_array().expect("findings");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    findings
        .iter()
        .map(|it| {
            (text(&it["rule"]), text(&it["location"]["file"]), it["location"]["line"].as_u64().unwrap_or(0))
        })
        .collect()
}

#[test]
fn the_failures_are_found_on_the_lines_to_edit() {
    let output = run(&["check", "testdata/failures", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let found = rules_of(&stdout(&output));
    let expected = [
        ("agent-host-ip-unreachable", "testdata/failures/k8s/rayne.yaml", 30),
        ("agent-service-unresolvable", "testdata/failures/k8s/traffic.yaml", 21),
        ("app-before-agent", "testdata/failures/apps/rayne.yaml", 7),
        ("app-before-agent", "testdata/failures/scripts/minikube-setup.sh", 7),
        ("argocd-token-ignore-differences", "testdata/failures/apps/datadog.yaml", 27),
        ("cluster-agent-token-regenerated", "testdata/failures/helm/values.yaml", 1),
        ("custom-agent-config-ignored", "testdata/failures/helm/values.yaml", 25),
        ("duplicate-yaml-key", "testdata/failures/helm/values.yaml", 18),
        ("http-error-statuses", "testdata/failures/k8s/rayne.yaml", 32),
        ("kpi-telemetry-drift", "testdata/failures/helm/values.yaml", 7),
        ("skip-ssl-validation", "testdata/failures/helm/values.yaml", 24),
        ("skip-ssl-validation-partial", "testdata/failures/helm/values.yaml", 23),
    ];
    for (rule, file, line) in expected {
        assert!(found.contains(&(rule.into(), file.into(), line)), "{rule} at {file}:{line} in {found:?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
}

/// Rule, severity, file, line, path and the fields named in `affected`.
fn drift_of(report: &str) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(report).expect("the report is JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    let finding = |it: &serde_json::Value| {
        let affected: Vec<String> = it["affected"]
            .as_array()
            .expect("fields")
            .iter()
            .map(|field| {
                format!(
                    "{}/{} {}",
                    text(&field["resource"]["kind"]),
                    text(&field["resource"]["name"]),
                    text(&field["path"])
                )
            })
            .collect();
        let (file, line) = (text(&it["location"]["file"]), it["location"]["line"].as_u64().unwrap_or(0));
        let (rule, severity, path) = (text(&it["rule"]), text(&it["severity"]), text(&it["path"]));
        format!("{severity} {rule} {file}:{line} {path} <- {}", affected.join(", "))
    };
    json["findings"].as_array().expect("findings").iter().map(finding).collect()
}

#[test]
fn what_drifts_is_found_where_it_is_mended() {
    let output = run(&["check", "testdata/drifting", "--format", "json"]);
    let annotation = "$['spec']['template']['metadata']['annotations']['checksum/secret']";
    let shop = "testdata/drifting/charts/shop";
    let expected = [
        format!(
            "error checksum-of-random testdata/drifting/apps/shop.yaml:16 {annotation} <- \
             Deployment/shop-shop {annotation}, Secret/shop-shop $['data']['password']"
        ),
        // What stands in an archive cannot be opened.
        format!(
            "error render-nondeterministic {shop}/Chart.yaml:9 $['data']['cookie'] <- \
             Secret/shop-queue $['data']['cookie']"
        ),
        format!(
            "warning helm-lookup-empty {shop}/templates/config.yaml:6 $['data']['mesh'] <- \
             ConfigMap/shop-shop $['data']['mesh']"
        ),
        format!(
            "error render-nondeterministic {shop}/templates/webhook.yaml:1 $['data']['ca.crt'] <- \
             ValidatingWebhookConfiguration/shop-shop $['webhooks'][0]['clientConfig']['caBundle'], \
             Secret/shop-shop-tls $['data']['ca.crt'], Secret/shop-shop-tls $['data']['tls.crt'], \
             Secret/shop-shop-tls $['data']['tls.key']"
        ),
        format!(
            "warning null-chart-default {shop}/values.yaml:9 $['data']['limit'] <- \
             ConfigMap/shop-cache $['data']['limit']"
        ),
    ];
    assert_eq!(drift_of(&stdout(&output)), expected, "{}", stdout(&output));
}

#[test]
fn the_repaired_twin_is_silent() {
    let output = run(&["check", "testdata/repaired", "--fail-on", "info"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn the_pipe_reports_what_check_reports() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut folders: Vec<String> = std::fs::read_dir(testdata)
        .expect("testdata is there")
        .map(|entry| format!("testdata/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .collect();
    folders.sort();
    assert!(folders.len() >= 3, "{folders:?}");
    for folder in folders.iter().map(String::as_str) {
        let direct = run(&["check", folder, "--format", "json"]);
        let stream = run(&[folder]);
        assert_eq!(stream.status.code(), Some(0));
        let piped = run_with(&["check", "--format", "json"], &stream.stdout);
        assert!(stdout(&direct) == stdout(&piped), "{folder}: the reports differ");
        assert_eq!(direct.status.code(), piped.status.code());
    }
}

#[test]
fn streams_of_other_renderers_are_read() {
    let twice = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  a: x\n  a: y\n";
    let helm = format!(
        "---\n# Source: web/templates/other.yaml\nkind: Other\n---\n# Source: web/templates/config.yaml\n{twice}"
    );
    let tracked = twice.replace(
        "name: web",
        "annotations:\n    argocd.argoproj.io/tracking-id: web:/ConfigMap:web/web\n  name: web",
    );
    for (stream, template) in [
        (helm, Some("web/templates/config.yaml")),
        (format!("{twice}---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n"), None),
        (format!("---\n{tracked}"), None),
    ] {
        let report = stdout(&run_with(&["check", "--format", "json"], stream.as_bytes()));
        let json: serde_json::Value = serde_json::from_str(&report).expect("the report is JSON");
        let finding = &json["findings"][0];
        assert_eq!(finding["rule"], "duplicate-yaml-key", "{report}");
        assert_eq!(finding["location"]["file"], "<stdin>");
        assert_eq!(finding["origin"][0]["file"].as_str(), template, "{report}");
        assert_eq!(finding["origin"][0]["line"].as_u64(), None, "{report}");
    }
}

#[test]
fn a_trace_leads_to_values_and_templates_and_shows_no_secret() {
    let output = run(&[
        "trace",
        "testdata/drifting",
        "--resource",
        "Deployment/shop-shop",
        "--field",
        "$.spec.replicas",
    ]);
    let text = stdout(&output);
    for part in [
        "Deployment/shop-shop",
        "spec.replicas: 3",
        "testdata/drifting/charts/shop/templates/deployment.yaml:6",
        "<- replicas (inline values)",
        "testdata/drifting/apps/shop.yaml:14:",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let json =
        stdout(&run(&["trace", "testdata/drifting", "--format", "json", "--field", "$.spec.replicas"]));
    let json: serde_json::Value = serde_json::from_str(&json).expect("the trace is JSON");
    assert_eq!(json["schema"], "ddlint-trace/1");
    let field = &json["fields"][0];
    assert_eq!(field["path"], "$['spec']['replicas']");
    assert!(field.get("location").is_none(), "a rendered field stands nowhere");
    let kinds: Vec<&str> =
        field["origin"].as_array().expect("steps").iter().filter_map(|it| it["kind"].as_str()).collect();
    assert_eq!(kinds.get(..2), Some(&["application", "template"][..]), "{field}");
    assert_eq!(
        (field["origin"][1]["line"].as_u64(), field["origin"][1]["column"].as_u64()),
        (Some(6), Some(13))
    );
    let secret = stdout(&run(&["trace", "testdata/drifting", "--resource", "Secret"]));
    assert!(secret.contains("data.password"), "{secret}");
    let value = secret.lines().find(|line| line.contains("data.password")).unwrap_or_default();
    assert!(!value.contains("cDFMMm"), "{value}");
}

#[test]
fn the_same_input_gives_the_same_bytes_with_any_number_of_threads() {
    let one = run(&["check", "testdata", "--format", "json", "--jobs", "1"]);
    let many = run(&["check", "testdata", "--format", "json", "--jobs", "4"]);
    assert_eq!(stdout(&one), stdout(&many));
}

#[test]
fn an_empty_pipe_is_never_a_silent_pass() {
    for input in [&b""[..], b"\n", b"# only a comment\n", b"just: data\n"] {
        let output = run_with(&["check"], input);
        assert_eq!(output.status.code(), Some(2), "{input:?}");
        let text = stdout(&output);
        assert!(text.contains("nothing to lint arrived on standard input"), "{text}");
        assert!(text.contains("ddlint check ."), "{text}");
    }
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let code = |args: &[&str]| run(args).status.code();
    assert_eq!(code(&["check", "testdata/failures", "--exit-zero"]), Some(0));
    assert_eq!(code(&["check", "testdata/failures", "--fail-on", "never"]), Some(0));
    assert_eq!(
        code(&["check", "testdata/failures", "--select", "http-error-statuses", "--fail-on", "error"]),
        Some(0)
    );
    assert_eq!(code(&["check", "testdata/failures", "--select", "http-error-statuses"]), Some(1));
    assert_eq!(code(&["check", "testdata/no-such-folder"]), Some(2));
    assert_eq!(code(&["check", "testdata/failures", "testdata/no-such-folder", "--exit-zero"]), Some(2));
    assert_eq!(code(&["check", "--no-such-option"]), Some(2));
    assert_eq!(code(&["check", "testdata/failures", "--select", "no-such-rule"]), Some(2));
    assert_eq!(code(&["chekc"]), Some(2));
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--version"]), Some(0));
}

#[test]
fn a_wrong_word_is_answered_with_the_right_one() {
    let output = run(&["chekc"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("did you mean `ddlint check`?"), "{text}");
    let output = run(&["explain", "agent-host-ip-unreachabel"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("agent-host-ip-unreachable"), "{text}");
    let output = run(&["check", ".", "--severity", "debug-logging=warn"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("did you mean `warning`?"), "{text}");
    let text = stdout(&run(&["check", "testdata/failure"]));
    assert!(text.contains("did you mean `testdata/failures`?"), "{text}");
    let text = stdout(&run(&["check", "testdata/failures", "no-such-folder/at/all"]));
    assert!(text.contains("paths begin in the folder that ddlint is run in"), "{text}");
}

#[test]
fn every_format_is_a_complete_document_also_with_errors() {
    let both = ["check", "testdata/failures", "testdata/no-such-folder", "--format"];
    for format in ["json", "sarif", "gitlab"] {
        let output = run(&[&both[..], &[format]].concat());
        assert_eq!(output.status.code(), Some(2));
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&stdout(&output));
        assert!(parsed.is_ok(), "{format}");
    }
    for line in stdout(&run(&[&both[..], &["github"]].concat())).lines() {
        assert!(line.starts_with("::"), "{line}");
    }
    assert!(stdout(&run(&[&both[..], &["junit"]].concat())).trim_end().ends_with("</testsuites>"));
}

#[test]
fn secrets_are_masked_in_what_is_shown() {
    let key = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
    let folder = std::env::temp_dir().join(format!("ddlint-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("values.yaml");
    let text = format!("datadog:\n  apiKey: {key}\n  apiKey: {key}\n  clusterName: x\n");
    std::fs::write(&path, text).expect("a file");
    let name = path.to_string_lossy().into_owned();
    for format in ["pretty", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let output = run(&["check", &name, "--format", format]);
        let text = stdout(&output);
        assert!(text.contains("duplicate-yaml-key"), "{format}: {text}");
        assert!(!text.contains(key), "{format}: {text}");
    }
    let trace = stdout(&run(&["trace", &name]));
    assert!(!trace.contains(key), "{trace}");
    std::fs::remove_dir_all(Path::new(&folder)).expect("the folder goes");
}

#[test]
fn a_value_beside_the_name_of_a_secret_is_masked() {
    let folder = std::env::temp_dir().join(format!("ddlint-named-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("app.yaml");
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        \
                - name: web\n          env:\n            - name: DB_PASSWORD\n              value: hunter2\n            \
                - name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES\n              value: '500'\n";
    std::fs::write(&path, text).expect("a file");
    let name = path.to_string_lossy().into_owned();
    let shown = stdout(&run(&["check", &name, "--select", "http-error-statuses"]));
    assert!(shown.contains("DD_TRACE_HTTP_SERVER_ERROR_STATUSES"), "{shown}");
    for args in [
        &["check", &name][..],
        &["check", &name, "--diff", "--unsafe-fixes"],
        &["trace", &name],
        &["query", "--view", "env", &name],
        &["query", "--view", "resource", "$..*", &name],
    ] {
        let shown = stdout(&run(args));
        assert!(!shown.contains("hunter2"), "{args:?}: {shown}");
    }
    std::fs::remove_dir_all(Path::new(&folder)).expect("the folder goes");
}

#[test]
fn the_manifests_alone_are_those_of_the_stream() {
    let without = |text: &str, comment: &str| -> String {
        text.lines().filter(|line| !line.starts_with(comment)).map(|line| format!("{line}\n")).collect()
    };
    for folder in ["testdata/failures", "testdata/drifting", "testdata/repaired"] {
        let stream = run(&["render", folder]);
        let alone = run(&["render", "--manifests-only", folder]);
        assert_eq!(stream.status.code(), alone.status.code());
        let (stream, alone) = (stdout(&stream), stdout(&alone));
        assert!(alone.contains("kind: Deployment") && !alone.contains("# ddlint: "), "{folder}: {alone}");
        assert_eq!(without(&stream, "# ddlint: "), without(&alone, "# Source: "), "{folder}");
    }
}

#[test]
fn test_hooks_are_printed_and_change_nothing_behind_the_pipe() {
    let folder = std::env::temp_dir().join(format!("ddlint-hooks-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("templates")).expect("a folder");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: probe\n  annotations: {helm.sh/hook: test}\n\
               spec:\n  hostNetwork: true\n  containers: [{name: a, image: b}]\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n";
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("templates/test.yaml", pod),
        ("templates/map.yaml", map),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    let name = folder.to_string_lossy().into_owned();
    let stream = run(&["render", &name]);
    assert!(stdout(&stream).contains("name: probe"), "{}", stdout(&stream));
    let direct = stdout(&run(&["check", &name, "--format", "json"]));
    assert_eq!(rules_of(&direct), []);
    assert!(
        direct == stdout(&run_with(&["check", "--format", "json"], &stream.stdout)),
        "the reports differ"
    );
    std::fs::remove_dir_all(Path::new(&folder)).expect("the folder goes");
}
