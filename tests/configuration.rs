//! `.ddlint.yaml` as a user writes it: what it decides, what is told about mistakes in it.

mod support;

use support::Folder;

/// Two findings of different rules.
const TWICE: &str =
    "datadog:\n  logLevel: debug\n  clusterName: a\n  clusterName: b\n  apiKeyExistingSecret: x\n";

#[test]
fn the_nearest_file_up_to_the_repository_root_is_found() {
    let folder = Folder::repository(&[
        (".ddlint.yaml", "select: [duplicate-yaml-key]\n"),
        ("a/b/values.yaml", TWICE),
        ("c/.ddlint.yaml", "select: [debug-logging]\n"),
        ("c/values.yaml", TWICE),
    ]);
    let rules = |below: &str, args: &[&str]| {
        folder.run_in(below, &[&["check", ".", "--format", "json"], args].concat()).rules()
    };
    assert_eq!(rules("a/b", &[]), ["duplicate-yaml-key"]);
    assert_eq!(rules("c", &[]), ["debug-logging"]);
    assert_eq!(rules("a/b", &["--config", "../../c/.ddlint.yaml"]), ["debug-logging"]);
    let alone = rules("a/b", &["--isolated"]);
    assert!(
        alone.contains(&"duplicate-yaml-key".into()) && alone.contains(&"debug-logging".into()),
        "{alone:?}"
    );
}

#[test]
fn a_file_outside_of_the_repository_is_not_read() {
    let folder = Folder::new(&[(".ddlint.yaml", "select: [debug-logging]\n"), ("repo/values.yaml", TWICE)]);
    std::fs::create_dir(folder.path().join("repo/.git")).expect("a folder");
    let ran = folder.run_in("repo", &["check", ".", "--format", "json"]);
    assert!(ran.rules().contains(&"duplicate-yaml-key".into()), "{}", ran.out);
}

#[test]
fn the_command_line_wins_over_the_file_and_the_file_over_the_default() {
    let folder = Folder::repository(&[
        (".ddlint.yaml", "fail-on: error\nseverity: {debug-logging: info, duplicate-yaml-key: info}\n"),
        ("values.yaml", TWICE),
    ]);
    assert_eq!(folder.check(&[]).code, 0);
    assert_eq!(folder.check(&["--fail-on", "info"]).code, 1);
    assert_eq!(folder.check(&["--severity", "debug-logging=error"]).code, 1);
    assert_eq!(folder.check(&["--isolated"]).code, 1);
    let chosen = folder.check(&["--select", "debug-logging"]);
    assert_eq!(chosen.rules(), ["debug-logging"]);
    assert_eq!(chosen.json()["findings"][0]["severity"], "info");
}

#[test]
fn mistakes_are_told_with_place_and_hint_and_nothing_is_linted() {
    let folder = Folder::repository(&[
        (
            ".ddlint.yaml",
            "fail-on: warning\nselct: [all]\nseverity: {duplicate-yaml-kye: info}\nexclude: ['a[']\n",
        ),
        ("values.yaml", TWICE),
    ]);
    let ran = folder.run(&["check", "."]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(".ddlint.yaml:2:1: "), "{}", ran.err);
    assert!(ran.err.contains("there is no setting `selct`"), "{}", ran.err);
    assert!(ran.err.contains("did you mean `select`?"), "{}", ran.err);
    assert!(ran.err.contains(".ddlint.yaml:3:12: "), "{}", ran.err);
    assert!(ran.err.contains("did you mean `duplicate-yaml-key`?"), "{}", ran.err);
    assert!(ran.err.contains(".ddlint.yaml:4:11: "), "{}", ran.err);
    let json = folder.check(&[]);
    assert_eq!(json.code, 2);
    assert_eq!(json.json()["errors"].as_array().map(Vec::len), Some(3));
    assert_eq!(json.json()["errors"][0]["location"]["line"], 2);
    let sarif = folder.run(&["check", ".", "--format", "sarif"]);
    assert_eq!(sarif.json()["runs"][0]["invocations"][0]["executionSuccessful"], false);
    // A usage error too leaves a whole document.
    let usage = folder.check(&["--isolated", "--select", "no-such-rule"]);
    assert_eq!((usage.code, usage.json()["errors"][0]["code"].as_str()), (2, Some("usage")));
    for command in ["render", "trace", "rules"] {
        assert_eq!(folder.run(&[command]).code, 2, "{command}");
    }
}

#[test]
fn a_file_of_the_wrong_name_is_not_ignored_in_silence() {
    let folder = Folder::repository(&[(".ddlint.yml", "select: [all]\n")]);
    let ran = folder.run(&["check", "."]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(".ddlint.yaml"), "{}", ran.err);
    let missing = folder.run(&["check", ".", "--config", "nope.yaml"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("nope.yaml"), "{}", missing.err);
}

#[test]
fn the_settings_are_shown_with_their_origin_and_can_be_read_again() {
    let text = "fail-on: error\nexclude: [vendor/**]\nhelm: {kube-version: 1.30}\n\
                repositories: {'https://git.example.com/x.git': deploy}\nclusters: {eu: [clusters/eu]}\n\
                ignore: [{rule: debug-logging, reason: \"it's wanted\", resource: Deployment/web}]\n";
    let folder = Folder::repository(&[(".ddlint.yaml", text)]);
    let shown = folder.run(&["check", "--show-config", "--severity", "debug-logging=info"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    let line = |start: &str| {
        let line = shown.out.lines().find(|line| line.trim_start().starts_with(start));
        line.unwrap_or_else(|| panic!("no {start} in {}", shown.out)).to_string()
    };
    assert!(line("fail-on: error").ends_with("# .ddlint.yaml:1"), "{}", shown.out);
    assert!(line("dialect: 3").ends_with("# default"), "{}", shown.out);
    assert!(line("kube-version: '1.30'").ends_with("# .ddlint.yaml:3"), "{}", shown.out);
    assert!(line("debug-logging: info").ends_with("# --severity"), "{}", shown.out);
    // What is printed is a configuration that says the same.
    folder.write(".ddlint.yaml", &shown.out);
    let again = folder.run(&["check", "--show-config"]);
    assert_eq!(again.code, 0, "{}\n{}", again.err, shown.out);
    let values = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split("  #").next().unwrap_or_default().trim_end().to_string()).collect()
    };
    assert_eq!(values(&shown.out), values(&again.out));
}

#[test]
fn excluded_files_and_rules_of_the_repository() {
    let rule = "id: mutable-tag\ngroup: kubernetes\nsince: 0.1.0\nseverity: warning\nsummary: an image tag that moves\n\
                why: what runs is not what was reviewed\nremedy: pin it\nfor: container\n\
                where: { image: { matches: \":latest$\" } }\nreport: { at: image, message: \"`{image}` moves\" }\n\
                examples:\n  bad:\n    - pod.yaml: |\n        apiVersion: v1\n        kind: Pod\n        metadata: {name: a}\n        \
                spec:\n          containers:\n            - {name: a, image: \"b:latest\"}\n            #                  ^^^^^^^^^^ mutable-tag\n  \
                good:\n    - pod.yaml: |\n        apiVersion: v1\n        kind: Pod\n        metadata: {name: a}\n        \
                spec: {containers: [{name: a, image: \"b:1\"}]}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"b:latest\"}]}\n";
    let folder = Folder::repository(&[
        (".ddlint.yaml", "rules: [lint/rules]\nexclude: [vendor/]\nselect: [mutable-tag]\n"),
        ("lint/rules/mutable-tag.yaml", rule),
        ("pod.yaml", pod),
        ("vendor/pod.yaml", pod),
    ]);
    let tested = folder.run(&["test", "lint/rules"]);
    assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
    assert_eq!(folder.check(&[]).findings(), [("mutable-tag".into(), "pod.yaml".into(), 4)]);
    assert!(folder.run(&["explain", "mutable-tag"]).out.contains("image tag that moves"));
    assert_eq!(folder.run(&["check", "vendor/pod.yaml"]).code, 1, "who names a file wants it read");
    folder.write(".ddlint.yaml", "rules: [lint/nothing]\n");
    let ran = folder.run(&["check", "."]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(".ddlint.yaml:1:9"), "{}", ran.err);
}

#[test]
fn settings_reach_the_rooms_in_which_they_act() {
    // Where debug logging is allowed.
    let folder = Folder::repository(&[("envs/lab/values.yaml", TWICE)]);
    let debug =
        |folder: &Folder| folder.check(&["--select", "debug-logging", "--fail-on", "info"]).rules().len();
    let before = debug(&folder);
    folder.write(".ddlint.yaml", "environments: {testing: [\"envs/lab/**\"]}\n");
    assert_eq!((before, debug(&folder)), (1, 0));

    // An Agent that is installed elsewhere.
    let app = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      \
               containers:\n        - name: web\n          image: web:1\n          env:\n            - {name: DD_AGENT_HOST, value: datadog-agent.monitoring}\n";
    let folder = Folder::repository(&[("app.yaml", app)]);
    assert_eq!(folder.check(&[]).rules(), [""; 0]);
    folder.write(".ddlint.yaml", "datadog: {service: dd-agent, namespace: monitoring}\n");
    assert_eq!(folder.check(&[]).rules(), ["agent-service-unresolvable"], "another name is not resolved");
    folder.write(".ddlint.yaml", "datadog: {namespace: monitoring}\n");
    assert_eq!(folder.check(&[]).code, 2);

    // The version that charts see, the values they get.
    let folder = Folder::repository(&[
        (".ddlint.yaml", "helm: {kube-version: 1.29, values: [shared.yaml], api-versions: [x.io/v1]}\n"),
        ("shared.yaml", "name: from-shared\n"),
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("web/values.yaml", "name: own\n"),
        (
            "web/templates/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata:\n  name: {{ .Values.name }}\n  \
             version: {{ .Capabilities.KubeVersion }}\n  has: {{ .Capabilities.APIVersions.Has \"x.io/v1\" | quote }}\n",
        ),
    ]);
    let stream = folder.run(&["render", "web"]).out;
    assert!(stream.contains("name: from-shared"), "{stream}");
    assert!(stream.contains("version: v1.29"), "{stream}");
    assert!(stream.contains("has: \"true\""), "{stream}");
    let other = folder.run(&["render", "web", "--kube-version", "1.31", "--set", "name=given"]).out;
    assert!(other.contains("version: v1.31") && other.contains("name: given"), "{other}");
}

#[test]
fn repositories_and_clusters_of_the_configuration() {
    let app = |name: &str, url: &str, server: &str, path: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  \
             project: default\n  source: {{repoURL: '{url}', path: {path}, targetRevision: v1}}\n  \
             destination: {{server: '{server}', namespace: shop}}\n"
        )
    };
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      \
               containers:\n        - name: web\n          image: web:1\n          env:\n            - {name: DD_AGENT_HOST, value: datadog.datadog.svc.cluster.local}\n";
    let agent = "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nmetadata: {name: datadog, namespace: datadog}\nspec: {}\n";
    let files = [
        ("apps/web.yaml", app("web", "https://git.example.com/a.git", "https://one.example.com", "web")),
        (
            "apps/agent.yaml",
            app("agent", "https://git.example.com/a.git", "https://two.example.com", "agent"),
        ),
        ("web/web.yaml", web.to_string()),
        ("agent/agent.yaml", agent.to_string()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let folder = Folder::repository(&files);
    let found = |folder: &Folder| folder.check(&["--select", "agent-service-unresolvable"]).rules();
    assert_eq!(found(&folder), [""; 0], "two clusters have nothing to do with each other");
    folder.write(".ddlint.yaml", "clusters: {one: ['https://one.example.com', 'https://two.example.com']}\n");
    assert_eq!(found(&folder), ["agent-service-unresolvable"], "one cluster in which the Service is missing");
}

#[test]
fn what_argocd_is_said_to_do_is_a_fact_of_its_applications() {
    let app = |name: &str, annotations: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {name}\n  annotations: {{{annotations}}}\nspec:\n  \
             source: {{repoURL: https://git.example.com/a.git, path: x, targetRevision: v1}}\n  \
             destination: {{server: https://kubernetes.default.svc, namespace: shop}}\n"
        )
    };
    let own = "argocd.argoproj.io/compare-options: 'IncludeMutationWebhook=true, ServerSideDiff=false'";
    let folder = Folder::repository(&[("a.yaml", &app("one", "")), ("b.yaml", &app("two", own))]);
    let facts = || {
        let out = folder.run(&["query", "--view", "application"]).out;
        let asked = |line: &&str| line.contains("server-side-diff:") || line.contains("tracking:");
        out.lines().filter(asked).map(|line| line.trim().to_string()).collect::<Vec<_>>()
    };
    let switched_off = "server-side-diff: false  (b.yaml:5:53)";
    let shows = |one: &str, tracking: &str| {
        let tracking = format!("tracking: {tracking}");
        vec![format!("server-side-diff: {one}"), tracking.clone(), switched_off.to_string(), tracking]
    };
    assert_eq!(facts(), shows("false", "annotation"));
    // What the input shows of ArgoCD itself.
    let map = |name: &str, data: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n")
    };
    folder.write("cm.yaml", &map("argocd-cm", "application.resourceTrackingMethod: annotation+label"));
    folder.write("params.yaml", &map("argocd-cmd-params-cm", "controller.diff.server.side: 'true'"));
    assert_eq!(facts(), shows("true  (params.yaml:4:37)", "annotation+label  (cm.yaml:4:44)"));
    // What the user says wins.
    folder.write(".ddlint.yaml", "argocd: {version: 2.14, tracking: label, server-side-diff: false}\n");
    assert_eq!(facts(), shows("false", "label"));
    let shown = folder.run(&["check", ".", "--show-config"]).out;
    for line in ["  tracking: label", "  server-side-diff: false"] {
        let found = shown.lines().find(|it| it.starts_with(line));
        assert!(found.is_some_and(|it| it.ends_with("# .ddlint.yaml:1")), "{shown}");
    }
    // The default is that of the version.
    std::fs::remove_file(folder.path().join("cm.yaml")).expect("goes");
    folder.write(".ddlint.yaml", "argocd: {version: 2.14}\n");
    assert_eq!(facts(), shows("true  (params.yaml:4:37)", "label"));
    folder.write(".ddlint.yaml", "argocd: {tracking: labels}\n");
    let wrong = folder.check(&[]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("did you mean `label`"), "{}", wrong.err);
}
