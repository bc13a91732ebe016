//! `--fix`, `--unsafe-fixes`, `--diff` on files as people write them.

mod support;

use proptest::prelude::*;
use support::Folder;

const POD: &str = "# head\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      \
    hostNetwork: true   # wanted\n      containers:\n        - name: web\n          env:\n            - {name: DD_AGENT_HOST, value: 'datadog'} # the agent\n";
const AGENT: &str = "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nmetadata: {name: datadog, namespace: datadog}\nspec: {}\n";

fn folder() -> Folder {
    Folder::repository(&[("app.yaml", POD), ("agent.yaml", AGENT)])
}

#[test]
fn safe_fixes_are_applied_and_a_second_run_finds_nothing_of_them() {
    let folder = folder();
    let select = ["--select", "hostnetwork-dns-policy,agent-service-unresolvable"];
    let before = folder.check(&select).rules();
    assert!(before.contains(&"hostnetwork-dns-policy".into()), "{before:?}");
    let ran = folder.check(&[&select[..], &["--fix"]].concat());
    assert!(ran.err.contains("mended"), "{}", ran.err);
    let after = folder.read("app.yaml");
    assert!(after.contains("dnsPolicy: ClusterFirstWithHostNet"), "{after}");
    for kept in ["# head", "hostNetwork: true   # wanted", "# the agent"] {
        assert!(after.contains(kept), "{kept} is lost in {after}");
    }
    assert!(!ran.rules().contains(&"hostnetwork-dns-policy".into()), "the report is that of the new files");
    let again = folder.check(&[&select[..], &["--fix"]].concat());
    assert!(again.err.contains("mended 0 findings in 0 files"), "{}", again.err);
    assert_eq!(folder.read("app.yaml"), after);
    let leftovers = folder.git(&["status", "--porcelain"]);
    assert_eq!(leftovers, " M app.yaml\n");
}

#[test]
fn unsafe_fixes_wait_until_they_are_asked_for() {
    let text = "datadog:\n  apiKeyExistingSecret: x\n  clusterName: c\n";
    let folder = Folder::repository(&[("values.yaml", text)]);
    let select = ["--select", "cluster-agent-token-regenerated"];
    let ran = folder.check(&[&select[..], &["--fix"]].concat());
    assert_eq!((ran.code, ran.rules().len(), folder.read("values.yaml").as_str()), (1, 1, text));
    let with_agent = format!("{text}clusterAgent:\n  # one is enough\n  replicas: 1\n");
    folder.write("values.yaml", &with_agent);
    let ran = folder.check(&[&select[..], &["--unsafe-fixes"]].concat());
    assert_eq!((ran.code, ran.rules().len()), (0, 0), "{}", ran.err);
    let after = folder.read("values.yaml");
    assert!(after.contains("tokenExistingSecret: datadog-cluster-agent-token"), "{after}");
    assert!(after.contains("  # one is enough\n"), "{after}");
}

#[test]
fn a_key_that_is_there_already_is_not_given_twice() {
    let text = "datadog:\n  apiKeyExistingSecret: x\nclusterAgent:\n  tokenExistingSecret: \"\" # later\n";
    let folder = Folder::repository(&[("values.yaml", text)]);
    let select = ["--select", "cluster-agent-token-regenerated"];
    assert_eq!(folder.check(&select).rules().len(), 1);
    let ran = folder.check(&[&select[..], &["--unsafe-fixes"]].concat());
    assert!(ran.err.contains("mended 1 finding"), "{}", ran.err);
    let mended = text.replace("\"\"", "\"datadog-cluster-agent-token\"");
    assert_eq!(folder.read("values.yaml"), mended);
    assert!(ran.err.contains("kubectl create secret generic datadog-cluster-agent-token"), "{}", ran.err);
}

#[test]
fn the_diff_changes_nothing_and_hides_secrets() {
    let key = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
    let text = format!(
        "datadog:\n  apiKeyExistingSecret: x\n  logLevel: debug\nclusterAgent:\n  token: {key}\n  replicas: 1\nclusterAgent:\n  metricsProvider: {{enabled: false}}\n"
    );
    let folder = Folder::repository(&[("values.yaml", &text)]);
    let ran = folder.run(&["check", ".", "--diff"]);
    assert_eq!(folder.read("values.yaml"), text);
    assert!(ran.out.starts_with("--- values.yaml\n+++ values.yaml\n@@ "), "{}", ran.out);
    assert!(ran.out.contains("-  logLevel: debug\n"), "{}", ran.out);
    assert!(ran.out.contains("   token: ****"), "{}", ran.out);
    assert!(!ran.out.contains(key) && !ran.err.contains(key), "{}", ran.out);
    assert_eq!(ran.code, 1);
    for format in ["json", "sarif"] {
        assert!(!folder.run(&["check", ".", "--format", format]).out.contains(key), "{format}");
    }
    assert_eq!(folder.run(&["check", ".", "--diff", "--format", "json"]).code, 2);
}

#[test]
fn a_moved_secret_is_in_no_report_and_is_mended_all_the_same() {
    let key = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
    let text =
        format!("datadog:\n  clusterName: a\n  site: x\ndatadog:\n  apiKey: {key}\n  logLevel: info\n");
    let folder = Folder::repository(&[("values.yaml", &text)]);
    let select = ["--select", "duplicate-yaml-key"];
    let ran = folder.check(&select);
    assert_eq!(ran.rules(), ["duplicate-yaml-key"]);
    assert!(!ran.out.contains(key), "{}", ran.out);
    for format in ["sarif", "pretty", "gitlab", "markdown"] {
        assert!(!folder.run(&[&["check", ".", "--format", format][..], &select].concat()).out.contains(key));
    }
    let stream = folder.run(&["render", "."]).out;
    assert!(!stream.lines().any(|line| line.starts_with("# ddlint:") && line.contains(key)), "{stream}");
    let ran = folder.check(&[&select[..], &["--fix"]].concat());
    assert_eq!((ran.code, ran.rules().len()), (0, 0), "{}", ran.err);
    assert_eq!(
        folder.read("values.yaml"),
        format!("datadog:\n  clusterName: a\n  site: x\n  apiKey: {key}\n  logLevel: info\n")
    );
}

#[test]
fn line_ends_byte_order_mark_and_missing_last_newline_stay() {
    let crlf = format!("\u{feff}{}", POD.replace('\n', "\r\n"));
    for text in [crlf.clone(), crlf.trim_end().to_string(), POD.trim_end().to_string()] {
        let folder = Folder::repository(&[("app.yaml", &text), ("agent.yaml", AGENT)]);
        folder.check(&["--select", "hostnetwork-dns-policy", "--fix"]);
        let after = folder.read("app.yaml");
        assert_ne!(after, text);
        let line = after.split_inclusive('\n').find(|line| line.contains("dnsPolicy")).expect("inserted");
        let newline = if text.contains('\r') { "\r\n" } else { "\n" };
        assert!(line.ends_with(newline), "{line:?}");
        assert_eq!(after.replace(line, ""), text, "everything else is as it was");
        assert_eq!(folder.check(&["--select", "hostnetwork-dns-policy"]).rules(), [""; 0]);
    }
}

#[test]
fn a_value_is_mended_in_the_file_that_owns_it() {
    let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n        \
                    - name: web\n          env:\n            - name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES\n              value: {{ .Values.errors | quote }}\n";
    let folder = Folder::repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("web/values.yaml", "other: 1\nerrors: '400-499' # only ours\n"),
        ("web/templates/app.yaml", template),
    ]);
    let select = ["--select", "http-error-statuses"];
    assert_eq!(folder.check(&select).rules().len(), 1);
    folder.check(&[&select[..], &["--fix"]].concat());
    assert!(folder.read("web/values.yaml").contains("'400-499'"), "a value may be printed elsewhere too");
    let ran = folder.check(&[&select[..], &["--unsafe-fixes"]].concat());
    assert_eq!(ran.rules(), [""; 0], "{}", ran.err);
    assert_eq!(folder.read("web/values.yaml"), "other: 1\nerrors: '400-499,500-599' # only ours\n");
    assert_eq!(folder.read("web/templates/app.yaml"), template);
}

#[test]
fn what_is_suppressed_or_known_is_not_mended() {
    let text = POD.replace(
        "hostNetwork: true   # wanted",
        "hostNetwork: true # ddlint: ignore[hostnetwork-dns-policy] x",
    );
    let folder = Folder::repository(&[("app.yaml", &text), ("agent.yaml", AGENT)]);
    let select = ["--select", "hostnetwork-dns-policy", "--fix"];
    folder.check(&select);
    assert_eq!(folder.read("app.yaml"), text);
    folder.write("app.yaml", POD);
    folder.commit("known");
    folder.check(&[&select[..], &["--since", "HEAD"]].concat());
    assert_eq!(folder.read("app.yaml"), POD);
}

#[test]
fn files_that_cannot_be_written_are_told_and_nothing_is_half_written() {
    let folder = Folder::repository(&[("a.yaml", POD), ("b.yaml", POD), ("agent.yaml", AGENT)]);
    folder.write("b.yaml", &POD.replace("name: web,", "name: api,"));
    let path = folder.path().join("b.yaml");
    let mut permissions = std::fs::metadata(&path).expect("there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).expect("set");
    let ran = folder.check(&["--select", "hostnetwork-dns-policy", "--fix"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("b.yaml") && ran.err.contains("read-only"), "{}", ran.err);
    assert_eq!(folder.read("a.yaml"), POD, "the other file is left alone too");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 4, "no file is left beside");
    let piped = folder.run_with(&["check", "--fix"], POD);
    assert_eq!(piped.code, 2);
    assert!(piped.err.contains("standard input"), "{}", piped.err);
}

#[test]
fn an_executable_stays_one_and_a_link_too() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::repository(&[("real/app.yaml", POD), ("agent.yaml", AGENT)]);
    let real = folder.path().join("real/app.yaml");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o750)).expect("set");
    std::os::unix::fs::symlink("real/app.yaml", folder.path().join("app.yaml")).expect("a link");
    let ran = folder.check(&["--select", "hostnetwork-dns-policy", "--fix"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(std::fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o750);
    assert!(folder.path().join("app.yaml").is_symlink());
}

/// A rule of one's own that wants `replicas` to be something else.
fn replicas_rule(id: &str, when: &str, with: &str) -> String {
    format!(
        "id: {id}\nseverity: warning\nsummary: another number of replicas\nwhy: for a test\nremedy: change it\n\
         for: workload\nselect: $.spec.replicas\nwhere: {{ value: {when} }}\n\
         report:\n  message: \"{{value}} replicas\"\n  fix: {{ safety: safe, description: \"set it to {with}\", replace: value, with: {with} }}\n\
         examples:\n  bad:\n    - a.yaml: |\n        a: 1\n        #  ^ {id}\n  good:\n    - a.yaml: 'a: 1'\n"
    )
}

const REPLICAS: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1 # few\n  \
    template: {spec: {containers: [{name: web, image: 'web:1'}]}}\n";

fn two_rules(one: (&str, &str), other: (&str, &str)) -> Folder {
    Folder::repository(&[
        ("app.yaml", REPLICAS),
        ("other.yaml", POD),
        ("agent.yaml", AGENT),
        ("own/replicas-a.yaml", &replicas_rule("replicas-a", one.0, one.1)),
        ("own/replicas-b.yaml", &replicas_rule("replicas-b", other.0, other.1)),
    ])
}

const OWN: [&str; 4] = ["--rules", "own", "--select", "replicas-a,replicas-b,hostnetwork-dns-policy"];

#[test]
fn two_fixes_of_one_place_that_disagree_change_nothing() {
    // The same bytes, two texts.
    let folder = two_rules(("1", "2"), ("1", "3"));
    for form in ["--fix", "--diff"] {
        let ran = folder.run(&[&["check", ".", form][..], &OWN].concat());
        assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
        let error = "two fixes disagree at app.yaml:5:13: that of `replicas-a` (set it to 2) and that of `replicas-b` (set it to 3)";
        assert!(ran.err.contains(error), "{}", ran.err);
        assert!(
            ran.err.contains("nothing was changed") && ran.err.contains("--ignore replicas-b"),
            "{}",
            ran.err
        );
        assert_eq!((folder.read("app.yaml").as_str(), folder.read("other.yaml").as_str()), (REPLICAS, POD));
        assert_eq!(folder.git(&["status", "--porcelain"]), "");
    }
    // The hint leads on.
    let ran = folder.check(&[&OWN[..], &["--ignore", "replicas-b", "--fix"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(folder.read("app.yaml").contains("replicas: 2 # few"), "{}", folder.read("app.yaml"));
    assert!(folder.read("other.yaml").contains("dnsPolicy"));
}

/// A rule of one's own about the containers of a Deployment that has no `minReadySeconds`.
fn seconds_rule(fix: &str) -> String {
    replicas_rule("replicas-b", "1", "3")
        .replace(
            "select: $.spec.replicas\nwhere: { value: 1 }",
            "where: { $.spec.minReadySeconds: { absent: true } }",
        )
        .replace(
            "message: \"{value} replicas\"",
            "at: $.spec.template.spec.containers\n  message: \"no seconds\"",
        )
        .replace("replace: value, with: 3", fix)
}

#[test]
fn fixes_that_undo_each_other_or_leave_no_room_change_nothing() {
    for (one, other, told) in [
        (
            "replace: value, with: 2",
            "replace: { entry-of: $.spec.replicas }, with: { replicas: 1, minReadySeconds: 5 }",
            "undo each other",
        ),
        ("delete: value", "insert: { minReadySeconds: 5 }, after: $.spec.replicas", "two fixes disagree"),
    ] {
        let folder = two_rules(("1", "2"), ("1", "3"));
        folder.write(
            "own/replicas-a.yaml",
            &replicas_rule("replicas-a", "1", "2").replace("replace: value, with: 2", one),
        );
        folder.write("own/replicas-b.yaml", &seconds_rule(other));
        assert_eq!(folder.check(&OWN).rules().len(), 4);
        let ran = folder.check(&[&OWN[..], &["--fix"]].concat());
        assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains(told) && ran.err.contains("`replicas-b`"), "{}", ran.err);
        assert_eq!((folder.read("app.yaml").as_str(), folder.read("other.yaml").as_str()), (REPLICAS, POD));
    }
}

#[test]
fn the_same_edit_of_two_rules_is_one_edit() {
    let folder = two_rules(("1", "2"), ("{ lt: 2 }", "2"));
    let ran = folder.check(&[&OWN[..], &["--fix"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("mended 3 findings in 2 files"), "{}", ran.err);
    assert_eq!(folder.read("app.yaml"), REPLICAS.replace("replicas: 1", "replicas: 2"));
}

#[test]
fn fixes_beside_each_other_are_applied_one_after_the_other() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: datadog, namespace: argocd}\nspec:\n  \
        source:\n    repoURL: https://helm.datadoghq.com\n    chart: datadog\n    targetRevision: 3.240.0\n    helm:\n      \
        values: |\n        datadog:\n          apiKeyExistingSecret: x # ours\n\n        # below\n  \
        destination: {server: https://kubernetes.default.svc, namespace: datadog}\n  syncPolicy: {automated: {}}\n";
    let folder = Folder::repository(&[("application.yaml", application)]);
    let ran = folder.check(&["--unsafe-fixes"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let expected = application.replace(
        "          apiKeyExistingSecret: x # ours\n",
        "          apiKeyExistingSecret: x # ours\n          apm:\n            instrumentation:\n              skipKPITelemetry: true\n        \
         clusterAgent:\n          tokenExistingSecret: datadog-cluster-agent-token\n",
    );
    assert_eq!(folder.read("application.yaml"), expected);
}

/// Every example of every rule, as files.
fn examples() -> Vec<Vec<(String, String)>> {
    let registry = ddlint::rule::Registry::embedded();
    let examples = registry.rules().flat_map(|rule| rule.examples().bad.iter().chain(&rule.examples().good));
    examples
        .map(|example| {
            example.files.iter().map(|file| (file.path.to_string(), file.text.to_string())).collect()
        })
        .collect()
}

/// Whether a text came from another by the edits alone: the bytes between the edits are all there, in order.
fn untouched_bytes_stay(before: &str, after: &str, edits: &[(usize, usize, String)]) -> bool {
    let mut edits = edits.to_vec();
    edits.sort();
    edits.dedup();
    let (mut at, mut rest) = (0, after);
    for (start, end, text) in edits {
        let kept = &before[at..start];
        let Some(next) = rest.strip_prefix(kept).and_then(|rest| rest.strip_prefix(text.as_str())) else {
            return false;
        };
        (at, rest) = (end, next);
    }
    rest == &before[at..]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any fix on any example, with other line ends and more lines above and below, changes its edits only.
    #[test]
    fn a_fix_leaves_every_other_byte_as_it_was(
        which in any::<prop::sample::Index>(),
        crlf in any::<bool>(),
        above in "(# [a-zß]{0,8}\n){0,3}",
        last_newline in any::<bool>(),
    ) {
        let examples = examples();
        let files = which.get(&examples);
        let folder = Folder::new(&[]);
        let written = |text: &str| {
            let mut text = format!("{above}{text}");
            if !last_newline {
                text.truncate(text.trim_end().len());
            }
            if crlf { text.replace('\n', "\r\n") } else { text }
        };
        for (path, text) in files {
            folder.write(path, &written(text));
        }
        let report = folder.check(&["--select", "all,pedantic"]);
        let before: Vec<(String, String)> = files.iter().map(|(path, _)| (path.clone(), folder.read(path))).collect();
        let json = report.json();
        // One finding at a time, so that the report's own edits are what is compared.
        for finding in json["findings"].as_array().cloned().unwrap_or_default() {
            let fix = &finding["fix"];
            if fix.is_null() {
                continue;
            }
            for (path, text) in &before {
                folder.write(path, text);
            }
            let rule = finding["rule"].as_str().unwrap_or_default();
            let of_rule = json["findings"].as_array().map_or(0, |all| all.iter().filter(|it| it["rule"] == finding["rule"]).count());
            let ran = folder.check(&["--select", rule, "--unsafe-fixes"]);
            if of_rule > 1 || ran.err.contains("left out") {
                continue;
            }
            for (path, text) in &before {
                let edits: Vec<(usize, usize, String)> = fix["edits"].as_array().cloned().unwrap_or_default().iter()
                    .filter(|edit| edit["file"] == path.as_str())
                    .map(|edit| {
                        let number = |key: &str| edit[key].as_u64().unwrap_or(0) as usize;
                        let new = edit["text"].as_str().unwrap_or_default().replace("\r\n", "\n");
                        // A file of one line without an end does not tell its line ends.
                        let new = if text.contains("\r\n") { new.replace('\n', "\r\n") } else { new };
                        (number("offset"), number("offset") + number("length"), new)
                    })
                    .collect();
                let after = folder.read(path);
                prop_assert!(untouched_bytes_stay(text, &after, &edits), "{rule} {path}: {text:?} -> {after:?} by {edits:?}");
            }
            prop_assert!(!ran.rules().iter().any(|it| it == rule), "{rule} is still found: {}", ran.out);
        }
    }
}
