//! Each format as its reader reads it.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use support::{Folder, shared};

/// Runs whose reports hold everything a format has to say: findings with fixes, origins and related places, findings
/// that are suppressed, errors with and without a place, nothing at all.
fn runs() -> Vec<(Folder, Vec<&'static str>)> {
    let failures = || Folder::copy_of("testdata/failures");
    let odd = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: \"a&<b>\", namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        \
               - name: \"a,b:c%\"\n          env:\n            - name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES\n              value: |\n                5%0,\n                6::7\n";
    let suppressed = failures();
    suppressed
        .write(".ddlint.yaml", "ignore: [{rule: duplicate-yaml-key, reason: \"they \\\"like\\\" it\"}]\n");
    let strange = Folder::repository(&[
        ("a b/ü,:%\n.yaml", odd),
        ("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {\n"),
    ]);
    let chart = Folder::repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("web/values.yaml", "errors: '500'\n"),
        (
            "web/templates/app.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          \
             env:\n            - name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES\n              value: {{ .Values.errors | quote }}\n",
        ),
    ]);
    vec![
        (failures(), vec![]),
        (suppressed, vec![]),
        (strange, vec!["nope.yaml"]),
        (chart, vec![]),
        (Folder::copy_of("testdata/repaired"), vec![]),
        (failures(), vec!["--select", "no-such-rule"]),
    ]
}

fn report(folder: &Folder, more: &[&str], format: &str) -> (i32, String) {
    let ran = folder.run(&[&["check", ".", "--format", format], more].concat());
    (ran.code, ran.out)
}

#[test]
fn sarif_is_valid_by_its_schema_and_says_what_the_report_says() {
    let schema = shared("data/conformance/sarif-schema-2.1.0.json");
    let validator = schema.map(|path| {
        let schema: Value = serde_json::from_str(&fs::read_to_string(path).expect("readable")).expect("JSON");
        jsonschema::validator_for(&schema).expect("a schema")
    });
    if validator.is_none() {
        println!("skipped: the SARIF schema is not beside the checkout; only the content is compared");
    }
    support::log_suite("sarif-schema", validator.is_some());
    for (folder, more) in runs() {
        let sarif: Value = serde_json::from_str(&report(&folder, &more, "sarif").1).expect("a document");
        if let Some(validator) = &validator {
            let problems: Vec<String> = validator
                .iter_errors(&sarif)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(problems, [""; 0]);
        }
        let json: Value = serde_json::from_str(&report(&folder, &more, "json").1).expect("a document");
        let run = &sarif["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let results = run["results"].as_array().expect("results, if only []");
        let open: Vec<&Value> =
            results.iter().filter(|it| it["suppressions"].as_array().is_some_and(Vec::is_empty)).collect();
        let findings = json["findings"].as_array().expect("findings");
        assert_eq!(open.len(), findings.len());
        assert_eq!(
            results.len() as u64 - open.len() as u64,
            json["summary"]["suppressed"].as_u64().expect("a number")
        );
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        for (result, finding) in open.iter().zip(findings) {
            assert_eq!(result["ruleId"], finding["rule"]);
            assert_eq!(
                rules[result["ruleIndex"].as_u64().expect("an index") as usize]["id"],
                finding["rule"]
            );
            assert_eq!(result["partialFingerprints"]["ddlint/v1"], finding["fingerprint"]);
            let region = &result["locations"][0]["physicalLocation"]["region"];
            assert_eq!(
                (&region["startLine"], &region["startColumn"]),
                (&finding["location"]["line"], &finding["location"]["column"])
            );
            assert_eq!(result["fixes"].is_array(), !finding["fix"].is_null());
            let related = finding["related"].as_array().map_or(0, Vec::len);
            assert_eq!(result["relatedLocations"].as_array().map_or(0, Vec::len), related);
        }
        let errors = json["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(
            run["invocations"][0]["toolExecutionNotifications"].as_array().map_or(0, Vec::len),
            errors
        );
        assert_eq!(run["invocations"][0]["executionSuccessful"], errors == 0);
    }
}

/// A command as GitHub's runner reads a line: name, properties, message.
fn command(line: &str) -> (String, BTreeMap<String, String>, String) {
    let rest = line.strip_prefix("::").unwrap_or_else(|| panic!("no command: {line}"));
    let (head, message) = rest.split_once("::").unwrap_or_else(|| panic!("no end of the command: {line}"));
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let property = |text: &str| data(&text.replace("%3A", ":").replace("%2C", ","));
    let properties = properties
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_string(), property(value)))
        .collect();
    (name.to_string(), properties, data(message))
}

#[test]
fn workflow_commands_are_read_as_they_were_meant() {
    for (folder, more) in runs() {
        let (code, text) = report(&folder, &more, "github");
        let json: Value = serde_json::from_str(&report(&folder, &more, "json").1).expect("a document");
        let commands: Vec<_> = text.lines().map(command).collect();
        let findings = json["findings"].as_array().expect("findings");
        let errors = json["errors"].as_array().map_or(0, Vec::len);
        if code == 2 && findings.is_empty() && text.is_empty() {
            continue; // A usage error stands on standard error.
        }
        assert_eq!(commands.len(), findings.len() + errors);
        for ((name, properties, message), finding) in commands.iter().zip(findings) {
            let level = match finding["severity"].as_str() {
                Some("info") => "notice",
                other => other.expect("a severity"),
            };
            assert_eq!(name, level);
            assert!(message.starts_with(finding["message"].as_str().expect("a message")), "{message}");
            assert_eq!(properties["file"], finding["location"]["file"].as_str().expect("a file"));
            assert_eq!(properties["line"], finding["location"]["line"].to_string());
            let one_line = finding["location"]["line"] == finding["location"]["end_line"];
            assert_eq!(properties.contains_key("col"), one_line, "GitHub drops columns of several lines");
        }
    }
}

#[test]
fn gitlab_reads_every_issue() {
    let schema: Value =
        serde_json::from_str(include_str!("data/gitlab-code-quality.schema.json")).expect("JSON");
    let validator = jsonschema::options()
        .with_pattern_options(jsonschema::PatternOptions::fancy_regex())
        .build(&schema)
        .expect("a schema");
    for (folder, more) in runs() {
        let (_, text) = report(&folder, &more, "gitlab");
        if text.is_empty() {
            continue;
        }
        let issues: Value = serde_json::from_str(&text).expect("a document");
        let problems: Vec<String> = validator.iter_errors(&issues).map(|error| error.to_string()).collect();
        assert_eq!(problems, [""; 0]);
        let issues = issues.as_array().expect("a list");
        let prints: BTreeSet<&str> = issues.iter().filter_map(|it| it["fingerprint"].as_str()).collect();
        assert_eq!(prints.len(), issues.len(), "GitLab drops issues with one fingerprint");
    }
}

/// Elements of a JUnit report: their attributes (`!` required), and what may stand in them, as far as ddlint uses what
/// `junit-10.xsd` of the Jenkins xUnit plugin allows.
const JUNIT: &[(&str, &[&str], &[&str])] = &[
    ("testsuites", &["name", "tests", "failures", "errors", "time"], &["testsuite"]),
    ("testsuite", &["name!", "tests!", "failures!", "errors!", "time"], &["testcase"]),
    (
        "testcase",
        &["name!", "classname!", "time"],
        &["failure", "error", "skipped", "system-out", "system-err"],
    ),
    ("failure", &["message", "type"], &[]),
    ("error", &["message", "type"], &[]),
    ("system-out", &[], &[]),
];

#[test]
fn junit_is_well_formed_and_counts_right() {
    for (folder, more) in runs() {
        let (_, text) = report(&folder, &more, "junit");
        if text.is_empty() {
            continue;
        }
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(document.root_element().has_tag_name("testsuites"));
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            let (_, attributes, children) =
                JUNIT.iter().find(|(known, _, _)| *known == name).unwrap_or_else(|| panic!("<{name}>"));
            for attribute in node.attributes() {
                let known = attributes.iter().any(|it| it.trim_end_matches('!') == attribute.name());
                assert!(known, "{name} has no {}", attribute.name());
            }
            for required in attributes.iter().filter_map(|it| it.strip_suffix('!')) {
                assert!(node.has_attribute(required), "{name} needs {required}");
            }
            for child in node.children().filter(roxmltree::Node::is_element) {
                assert!(
                    children.contains(&child.tag_name().name()),
                    "<{}> in {name}",
                    child.tag_name().name()
                );
            }
            let number = |key: &str| node.attribute(key).and_then(|text| text.parse::<usize>().ok());
            let below = |tag: &str| node.descendants().filter(|it| it.has_tag_name(tag)).count();
            if name.starts_with("testsuite") {
                assert_eq!(number("tests"), Some(below("testcase")), "{text}");
                assert_eq!(number("failures"), Some(below("failure")));
                assert_eq!(number("errors"), Some(below("error")));
            }
        }
        assert!(text.contains("<testcase"), "a run without findings is one test that passed");
    }
}

#[test]
fn markdown_is_a_table_with_diagrams_of_what_is_about_order() {
    let folder = Folder::copy_of("testdata/failures");
    let text = report(&folder, &[], "markdown").1;
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 1 + 12, "a head and a row for each finding");
    for row in rows {
        let bars = row.matches('|').count() - row.matches("\\|").count();
        assert_eq!(bars, 5, "{row}");
    }
    let diagrams: Vec<&str> =
        text.split("```mermaid\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(diagrams.len(), 2, "{text}");
    for diagram in diagrams {
        let lines: Vec<&str> = diagram.lines().map(str::trim).collect();
        assert_eq!(lines[0], "flowchart LR");
        for line in &lines[1..] {
            let node = line.split_once("[\"").is_some_and(|(name, label)| {
                name.chars().all(|c| c.is_ascii_alphanumeric())
                    && label.strip_suffix("\"]").is_some_and(|label| !label.contains('"'))
            });
            assert!(node || line.starts_with("first -->|before| later"), "{line}");
        }
        assert!(diagram.contains("the Agent comes later"));
    }
    let odd = runs().remove(2).0;
    let text = report(&odd, &[], "markdown").1;
    assert!(!text.contains("<b>"), "{text}");
}

#[test]
fn statistics_count_and_quiet_is_quiet() {
    let folder = Folder::copy_of("testdata/failures");
    let ran = folder.run(&["check", ".", "--statistics"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("    1  error    agent-host-ip-unreachable\n"), "{}", ran.out);
    assert_eq!(ran.out.lines().count(), 13, "{}", ran.out);
    assert_eq!(folder.run(&["check", ".", "--statistics", "--format", "json"]).code, 2);
    let quiet = folder.run(&["check", ".", "-q", "--format", "concise"]);
    assert_eq!(quiet.out.lines().count(), 12, "{}", quiet.out);
    assert_eq!(quiet.err, "");
    assert_eq!(Folder::copy_of("testdata/repaired").run(&["check", ".", "-q"]).out, "");
    assert_eq!(folder.run(&["check", ".", "-q", "-v"]).code, 2);
    let verbose = folder.run(&["check", ".", "-v", "--output", "report.txt"]);
    assert!(
        verbose.out.is_empty() && folder.read("report.txt").contains("Found 7 errors"),
        "{}",
        verbose.out
    );
    let plain = folder.run(&["check", "."]);
    assert!(!plain.out.contains('\u{1b}') && plain.err.is_empty(), "no colour, link or bar in a pipe");
}

#[test]
fn charts_that_are_not_rendered_fail_the_run_where_that_is_asked_for() {
    let chart = "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: db, version: 1.x.x, repository: 'https://charts.example.com'}]\n";
    let folder = Folder::repository(&[("web/Chart.yaml", chart), ("web/templates/a.yaml", "")]);
    assert_eq!(folder.check(&[]).code, 0);
    assert_eq!(folder.check(&["--fail-on-not-rendered"]).code, 1);
    assert_eq!(folder.check(&["--fail-on-not-rendered", "--exit-zero"]).code, 0);
}

#[test]
fn credentials_of_a_url_are_masked_where_a_rule_prints_it() {
    let folder = Folder::new(&[
        (
            "app.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  \
             closed: https://bob:rosebud@example.com/kubernetes/charts/stable\n  \
             open: https://example.com/kubernetes/charts/stable/releases/download/archives/index\n",
        ),
        (
            "rules/url-in-map.yaml",
            "id: url-in-map\nseverity: warning\nsummary: a URL\nwhy: none\nremedy: none\nfor: resource\n\
             select: $.data.*\nwhere: { value: { starts-with: 'https://' } }\n\
             report: { at: value, message: \"it says `{value}`\" }\nexamples:\n  bad:\n    - a.yaml: |\n        \
             apiVersion: v1\n        kind: ConfigMap\n        metadata: { name: a }\n        data:\n          \
             a: https://x\n        #    ^^^^^^^^^ url-in-map\n  good: [{ a.yaml: '' }]\n",
        ),
    ]);
    for format in ["pretty", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let ran = folder.run(&["check", "--rules", "rules", "app.yaml", "--format", format]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert!(!ran.out.contains("rosebud"), "{format}: {}", ran.out);
        assert!(
            ran.out.contains("bob:*******@example.com/kubernetes/charts/stable"),
            "{format}: {}",
            ran.out
        );
        assert!(ran.out.contains("/charts/stable/releases/download/archives/index"), "{format}: {}", ran.out);
    }
}

/// What a command writes to a terminal; none where there is no program that makes one.
#[cfg(target_os = "linux")]
fn on_a_terminal(folder: &Folder, args: &str, environment: &[(&str, &str)]) -> Option<String> {
    let command = format!("{} {args}", env!("CARGO_BIN_EXE_ddlint"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(folder.path()).env_clear();
    script.env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(std::process::Stdio::null());
    let output = script.envs(environment.iter().copied()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_a_bar_and_links_and_a_pipe_does_not() {
    let text =
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b, c: d, e: f, g: h}\n";
    let folder = Folder::repository(&[("values.yaml", "datadog:\n  site: a\n  site: b\n")]);
    let select = "check . --select duplicate-yaml-key";
    let (wipe, link) = ("\r\u{1b}[K", "\u{1b}]8;;https://");
    let able = [("TERM", "xterm-256color"), ("FORCE_HYPERLINK", "1")];
    let Some(short) = on_a_terminal(&folder, select, &able) else {
        println!("skipped: `script` is not there to make a terminal");
        return;
    };
    assert!(short.contains(link) && short.contains("docs/rules/duplicate-yaml-key.md"), "{short}");
    let plain = on_a_terminal(&folder, select, &[("TERM", "xterm")]).unwrap_or_default();
    assert!(plain.contains("\u{1b}[") && !plain.contains(link), "only where the terminal can: {plain}");
    // Only work that takes a while has a bar: more and more of it, until it does on this machine too.
    let (mut long, mut written) = (String::new(), 0);
    for more in [60, 120, 240, 480, 960] {
        for number in written..written + more {
            folder.write(&format!("{number}.yaml"), &text.repeat(200));
        }
        written += more;
        long = on_a_terminal(&folder, select, &able).unwrap_or_default();
        if long.contains(wipe) {
            break;
        }
    }
    let known = format!("of {} files and charts", written + 1);
    let bar = long.split('\r').find(|part| part.contains(&known));
    assert!(bar.is_some_and(|bar| bar.starts_with('[')), "{long}");
    let report = long.rsplit(wipe).next().unwrap_or_default();
    assert!(long.contains(wipe) && report.contains("Found 1 error"), "the bar is gone before the report");
    assert!(!report.contains("files and charts"), "{report}");
    for quiet in ["--no-progress", "2>errors"] {
        let out = on_a_terminal(&folder, &format!("{select} {quiet}"), &able).unwrap_or_default();
        assert!(!out.contains("files and charts"), "{quiet}: {out}");
    }
    assert_eq!(folder.read("errors"), "", "standard error is no terminal");
    let piped = folder.run(&["check", ".", "--select", "duplicate-yaml-key"]);
    assert_eq!(piped.err, "");
    assert!(!piped.out.contains('\u{1b}') && !piped.out.contains('\r'), "{}", piped.out);
}
