//! Suppressions in every kind of file, and what is told about those that hide nothing.

mod support;

use support::{Folder, Ran};

const SECRET: &str = "  apiKeyExistingSecret: x\n";

fn counts(ran: &Ran) -> (usize, u64) {
    (ran.findings().len(), ran.json()["summary"]["suppressed"].as_u64().unwrap_or(0))
}

#[test]
fn comments_in_values_files() {
    let found = |text: &str| {
        let folder = Folder::repository(&[("values.yaml", text)]);
        let ran = folder.check(&["--select", "debug-logging,unused-suppression"]);
        (ran.rules(), ran.json()["summary"]["suppressed"].as_u64().unwrap_or(0))
    };
    let plain = format!("datadog:\n  logLevel: debug\n{SECRET}");
    assert_eq!(found(&plain), (vec!["debug-logging".into()], 0));
    let at_the_end =
        format!("datadog:\n  logLevel: debug # ddlint: ignore[debug-logging] for a week\n{SECRET}");
    assert_eq!(found(&at_the_end), (vec![], 1));
    let above = format!(
        "datadog:\n  # ddlint: ignore[debug-logging] for a week\n  # (see the ticket)\n  logLevel: debug\n{SECRET}"
    );
    assert_eq!(found(&above), (vec![], 1));
    let file = String::from(
        "# ddlint: ignore-file[debug-logging] a lab\ndatadog:\n  apiKeyExistingSecret: x\n\n  logLevel: debug\n",
    );
    assert_eq!(found(&file), (vec![], 1));
    let crlf = at_the_end.replace('\n', "\r\n");
    assert_eq!(found(&crlf), (vec![], 1));
    // Another line, another rule, a string that only looks like a comment.
    let below = format!("datadog:\n  logLevel: debug\n  # ddlint: ignore[debug-logging] late\n{SECRET}");
    assert_eq!(found(&below).0, ["debug-logging", "unused-suppression"]);
    let other = format!("datadog:\n  logLevel: debug # ddlint: ignore[duplicate-yaml-key]\n{SECRET}");
    assert_eq!(found(&other), (vec!["debug-logging".into()], 0), "the other rule did not run");
    let text = format!(
        "datadog:\n  clusterName: '# ddlint: ignore-file[debug-logging]'\n  logLevel: debug\n{SECRET}"
    );
    assert_eq!(found(&text), (vec!["debug-logging".into()], 0));
}

#[test]
fn comments_and_annotations_of_manifests_also_through_the_pipe() {
    let pod = |annotations: &str, comment: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations: {{{annotations}}}\nspec:\n  template:\n    spec:\n      \
             containers:\n        - name: web\n          image: web:1\n          env:\n            {comment}\n            \
             - {{name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES, value: \"500\"}}\n"
        )
    };
    let select = ["check", "--format", "json", "--select", "http-error-statuses,unused-suppression"];
    let both = |text: &str| {
        let folder = Folder::repository(&[("app.yaml", text)]);
        let direct = folder.run(&[&select[..], &["."]].concat());
        let piped = folder.run_with(&select, &folder.run(&["render", "."]).out);
        assert_eq!(direct.out, piped.out);
        // A stream that another program passed on has lost the comments; the annotation is still there.
        (direct.rules(), direct.json()["summary"]["suppressed"].as_u64().unwrap_or(0))
    };
    assert_eq!(both(&pod("", "")), (vec!["http-error-statuses".into()], 0));
    assert_eq!(both(&pod("", "# ddlint: ignore[http-error-statuses] only these")), (vec![], 1));
    let annotation = "ddlint.dev/ignore: \"debug-logging, http-error-statuses\"";
    assert_eq!(both(&pod(annotation, "")), (vec![], 1));
    let idle = "ddlint.dev/ignore: http-error-statuses";
    let (rules, _) = both(&pod(idle, "# ddlint: ignore[http-error-statuses]"));
    assert_eq!(rules, [""; 0], "both hide it, none is idle");
    let folder = Folder::repository(&[("app.yaml", &pod(idle, "").replace("\"500\"", "\"400-599\""))]);
    assert_eq!(folder.run(&[&select[..], &["."]].concat()).rules(), ["unused-suppression"]);
    assert_eq!(folder.run_with(&select, &folder.run(&["render", "."]).out).rules(), ["unused-suppression"]);
    let narrow = ["check", "--format", "json", "--select", "debug-logging,unused-suppression"];
    assert_eq!(
        folder.run_with(&narrow, &folder.run(&["render", "."]).out).rules(),
        [""; 0],
        "that rule did not run"
    );
}

fn chart(value: &str, template: &str) -> Folder {
    Folder::repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("web/values.yaml", value),
        ("web/templates/app.yaml", template),
    ])
}

#[test]
fn comments_in_chart_templates_and_the_values_they_print() {
    let template = |comment: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n        \
             - name: web\n          image: web:1\n          env:\n            - name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES\n{comment}              \
             value: {{{{ .Values.statuses | quote }}}}\n"
        )
    };
    let select = ["--select", "http-error-statuses,unused-suppression"];
    let plain = chart("statuses: \"500\"\n", &template("")).check(&select);
    assert_eq!(plain.findings(), [("http-error-statuses".into(), "web/values.yaml".into(), 1)]);
    let value = chart("statuses: \"500\" # ddlint: ignore[http-error-statuses] legacy\n", &template(""));
    assert_eq!(counts(&value.check(&select)), (0, 1));
    for comment in [
        "              {{- /* ddlint: ignore[http-error-statuses] legacy */}}\n",
        "              # ddlint: ignore[http-error-statuses] legacy\n",
    ] {
        let folder = chart("statuses: \"500\"\n", &template(comment));
        let direct = folder.check(&select);
        assert_eq!(counts(&direct), (0, 1), "{comment}");
        let stream = folder.run(&["render", "."]).out;
        assert_eq!(
            folder.run_with(&[&["check", "--format", "json"][..], &select].concat(), &stream).out,
            direct.out
        );
        let idle = chart("statuses: \"400-599\"\n", &template(comment)).check(&select);
        assert_eq!(idle.findings(), [("unused-suppression".into(), "web/templates/app.yaml".into(), 13)]);
    }
    let annotated = template("").replace(
        "  name: web\nspec",
        "  name: web\n  annotations: {ddlint.dev/ignore: http-error-statuses}\nspec",
    );
    assert_eq!(counts(&chart("statuses: \"500\"\n", &annotated).check(&select)), (0, 1));
    let idle = chart("statuses: \"400-599\"\n", &annotated).check(&select);
    assert_eq!(idle.findings(), [("unused-suppression".into(), "web/templates/app.yaml".into(), 5)]);
}

#[test]
fn comments_in_scripts() {
    let script = |comment: &str| {
        format!(
            "#!/bin/sh\nkubectl apply -f app.yaml{comment}\nhelm install datadog datadog/datadog --set datadog.logLevel=debug\n"
        )
    };
    let app = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        \
               - name: web\n          env:\n            - {name: DD_AGENT_HOST, value: datadog}\n";
    let found = |comment: &str| {
        let folder = Folder::repository(&[("up.sh", &script(comment)), ("app.yaml", app)]);
        let ran = folder.check(&["--select", "app-before-agent,unused-suppression"]);
        (ran.rules(), ran.json()["summary"]["suppressed"].as_u64().unwrap_or(0))
    };
    assert_eq!(found(""), (vec!["app-before-agent".into()], 0));
    assert_eq!(found(" # ddlint: ignore[app-before-agent] it retries"), (vec![], 1));
}

#[test]
fn a_suppression_that_names_no_rule_or_an_unknown_one_is_an_error() {
    for (comment, wanted, column) in [
        ("# ddlint: ignore[debug-loging] x", "did you mean `debug-logging`?", 20),
        ("# ddlint: ignore", "ddlint: ignore[rule-id] reason", 5),
        ("# ddlint: ignore[] x", "names no rule", 5),
        ("# ddlint: ignore-file debug-logging", "ddlint: ignore-file[rule-id] reason", 5),
    ] {
        let text = format!("datadog:\n  {comment}\n  logLevel: debug\n{SECRET}");
        let folder = Folder::repository(&[("values.yaml", &text)]);
        let ran = folder.check(&[]);
        assert_eq!(ran.code, 2, "{comment}");
        let error = &ran.json()["errors"][0];
        assert!(error.to_string().contains(wanted), "{comment}: {error}");
        assert_eq!(error["location"]["line"], 2);
        assert_eq!(error["location"]["column"], column, "{comment}");
        assert!(ran.rules().contains(&"debug-logging".into()), "the rest is linted: {}", ran.out);
        let piped = folder.run_with(&["check", "--format", "json"], &folder.run(&["render", "."]).out);
        assert_eq!(piped.json()["errors"], ran.json()["errors"]);
    }
}

#[test]
fn entries_of_the_configuration_are_exact_and_accountable() {
    let pod = |name: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    spec:\n      containers:\n        \
             - name: main\n          env: [{{name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES, value: \"500\"}}]\n        \
             - name: side\n          env: [{{name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES, value: \"500\"}}]\n"
        )
    };
    let folder = Folder::repository(&[("a/web.yaml", &pod("web")), ("b/api.yaml", &pod("api"))]);
    let found = |entry: &str| {
        folder.write(".ddlint.yaml", &format!("select: [http-error-statuses, unused-suppression]\nignore:\n  - {{rule: http-error-statuses, reason: legacy{entry}}}\n"));
        let ran = folder.check(&[]);
        (counts(&ran), ran)
    };
    assert_eq!(found("").0, (0, 4));
    assert_eq!(found(", paths: [a]").0, (2, 2));
    assert_eq!(found(", paths: ['**/api.yaml']").0, (2, 2));
    assert_eq!(found(", resource: Deployment/web").0, (2, 2));
    assert_eq!(found(", container: side").0, (2, 2));
    assert_eq!(found(", namespace: shop, container: side, resource: Deployment/api").0, (3, 1));
    assert_eq!(found(", path: \"$['spec']['template']['spec']['containers'][0]\"").0, (2, 2));
    let (count, ran) = found(", namespace: other");
    assert_eq!(count, (5, 0));
    let idle = ("unused-suppression".to_string(), ".ddlint.yaml".to_string(), 3);
    assert!(ran.findings().contains(&idle), "{}", ran.out);
    // Through the pipe the configuration acts behind it.
    let (_, direct) = found(", container: side");
    let piped = folder.run_with(&["check", "--format", "json"], &folder.run(&["render", "."]).out);
    assert_eq!(piped.out, direct.out);
    // Who lints a part of the repository learns nothing about entries for the rest.
    found(", paths: [b]");
    assert_eq!(folder.run(&["check", "a", "--format", "json"]).rules().len(), 2);
    let shown = folder.run(&["check", ".", "--show-suppressed", "--format", "concise"]);
    assert!(shown.out.contains("b/api.yaml:9:"), "{}", shown.out);
    assert!(shown.out.contains("(ignored by the configuration: legacy)"), "{}", shown.out);
    let json = folder.check(&["--show-suppressed"]).json();
    assert_eq!(json["suppressed"][0]["reason"], "legacy");
    let sarif = folder.run(&["check", ".", "--format", "sarif"]).json();
    let results = sarif["runs"][0]["results"].as_array().cloned().unwrap_or_default();
    let external = results.iter().filter(|it| it["suppressions"][0]["justification"] == "legacy").count();
    assert_eq!((results.len(), external), (4, 2));
}

#[test]
fn the_severity_of_an_idle_suppression_falls_where_only_a_part_is_read() {
    let text = format!("datadog:\n  logLevel: info # ddlint: ignore[debug-logging] old\n{SECRET}");
    let folder = Folder::repository(&[("values.yaml", &text), ("other.yaml", "")]);
    assert_eq!(folder.check(&["--select", "ddlint"]).rules(), [""; 0], "the rule did not run");
    let whole = folder.check(&["--select", "ddlint,debug-logging"]);
    assert_eq!(whole.json()["findings"][0]["severity"], "warning");
    let select = "debug-logging,unused-suppression";
    let part = folder.run(&["check", "values.yaml", "--format", "json", "--select", select]);
    assert_eq!((part.json()["findings"][0]["severity"].as_str(), part.code), (Some("info"), 0));
    let meta =
        text.replace("old", "old\n  # ddlint: ignore-file[unused-suppression] kept for the next incident");
    folder.write("values.yaml", &meta);
    assert_eq!(counts(&folder.check(&["--select", select])), (0, 1));
}
