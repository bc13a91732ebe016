//! Charts and values that are wrong: one diagnostic each, at the line to look at and with the value that is to blame,
//! the exit code of the contract, and everything else as if it was not there.

mod support;

use support::Folder;

const MANIFEST: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

const VALUES: &str = "text: hello\nnumber: 1\nlist: [1]\n";

/// A chart with one finding.
const GOOD: [(&str, &str); 2] = [
    ("good/Chart.yaml", "apiVersion: v2\nname: good\nversion: 0.1.0\n"),
    (
        "good/templates/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata:\n  a: x\n  a: y\n",
    ),
];

fn good_finding() -> (String, String, u64) {
    ("duplicate-yaml-key".to_string(), "good/templates/map.yaml".to_string(), 6)
}

struct Bad<'a> {
    /// Files beside `Chart.yaml` and `values.yaml`, or in their stead.
    files: &'a [(&'a str, &'a str)],
    code: &'a str,
    /// File below the chart, and line.
    place: &'a str,
    /// Parts of message and help; the value to blame stands as `file:line:`.
    told: &'a [&'a str],
}

const TEMPLATE: &str = "templates/d.yaml";

fn bad_charts() -> Vec<Bad<'static>> {
    let failed = "render-failed";
    let bad = |files, code, place, told| Bad { files, code, place, told };
    vec![
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ if }}\n")],
            failed,
            "templates/d.yaml:2",
            &["does not parse", "mend the action"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ if .Values.a }}\n")],
            failed,
            "templates/d.yaml:3",
            &["unexpected EOF"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ $x.y }}\n")],
            failed,
            "templates/d.yaml:2",
            &["undefined variable", "$x"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ kubectlApplyAll .Values.text }}\n")],
            failed,
            "templates/d.yaml:2",
            &["there is no template function `kubectlApplyAll`", "functions of sprig and those of Helm"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ .Values.list | toYml }}\n")],
            failed,
            "templates/d.yaml:2",
            &["there is no template function `toYml`", "did you mean `toYaml`?"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ repeat 2000000000 \"x\" }}\n")],
            failed,
            "templates/d.yaml:2",
            &["the chart runs away", "look for a loop"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ include \"nosuch\" . }}\n")],
            failed,
            "templates/d.yaml:2",
            &["there is no template `nosuch`"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ .Values.x.y.z }}\n")],
            failed,
            "templates/d.yaml:2",
            &["takes `y` from something that is not set", "the value `$['x']` decides it"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ .Values.text.sub }}\n")],
            failed,
            "templates/d.yaml:2",
            &["takes `sub` from", "the value `$['text']` is given at bad/values.yaml:1:7"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ required \"give x\" .Values.x }}\n")],
            failed,
            "templates/d.yaml:2",
            &["a value is required: give x", "`$['x']`"],
        ),
        bad(
            &[
                ("templates/_h.tpl", "{{ define \"h\" }}\n{{ required \"give x\" .Values.x }}{{ end }}"),
                (TEMPLATE, "a: 1\nb: {{ include \"h\" . }}\n"),
            ],
            failed,
            "templates/d.yaml:2",
            &["give x", "raised at bad/templates/_h.tpl:2:4", "`$['x']`"],
        ),
        bad(
            &[(TEMPLATE, "{{ if eq .Values.text \"hello\" }}\n{{ fail \"say something else\" }}{{ end }}\n")],
            failed,
            "templates/d.yaml:2",
            &["refuses its values: say something else", "bad/values.yaml:1:7"],
        ),
        bad(
            &[
                (TEMPLATE, "a: 1\n"),
                (
                    "values.schema.json",
                    r#"{"required": ["absent"], "properties": {"text": {"type": "integer"}}}"#,
                ),
            ],
            failed,
            "values.yaml:1",
            &[
                "do not fit the schema of the chart `web`: `$['text']`: value is not of type \"integer\"",
                "chart `web`, `$`: \"absent\" is a required property",
            ],
        ),
        bad(
            &[(TEMPLATE, "a: 1\n"), ("values.schema.json", "{\"properties\": {")],
            failed,
            "values.schema.json:1",
            &["the values schema cannot be used"],
        ),
        bad(
            &[
                (
                    "templates/_h.tpl",
                    "{{ define \"h\" }}\n{{ include \"g\" . }}{{ end }}\n{{ define \"g\" }}{{ include \"h\" . }}{{ end }}",
                ),
                (TEMPLATE, "a: 1\nb: {{ include \"h\" . }}\n"),
            ],
            failed,
            "templates/_h.tpl:3",
            &["includes itself without end", "give that an end"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\n{{ range .Values.text }}\nb: {{ . }}\n{{ end }}\n")],
            failed,
            "templates/d.yaml:2",
            &["`.Values.text` is looped over", "bad/values.yaml:1:7"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ trunc .Values.text \"x\" }}\n")],
            failed,
            "templates/d.yaml:2",
            &["is text, where a number is needed", "bad/values.yaml:1:7"],
        ),
        bad(
            &[(TEMPLATE, "a: 1\nb: {{ .Values.text }}: {{ .Values.number }}\n")],
            failed,
            "templates/d.yaml:2",
            &["what the template writes is no valid YAML"],
        ),
        bad(
            &[("Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\nkubeVersion: '>=1.99'\n")],
            failed,
            "Chart.yaml:4",
            &["the chart wants Kubernetes >=1.99, and is rendered for v1.34.0"],
        ),
        bad(&[("values.yaml", "- a\n")], "values-not-a-mapping", "values.yaml:1", &["this is a list"]),
        bad(&[("values.yaml", "words\n")], "values-not-a-mapping", "values.yaml:1", &["this is a scalar"]),
        bad(&[("values.yaml", "a: 1\nb: [\nc: 2\n")], "yaml-syntax", "values.yaml:2", &["is not closed"]),
        bad(
            &[("Chart.yaml", "apiVersion: v2\nname: [\n")],
            "yaml-syntax",
            "Chart.yaml:2",
            &["is not closed"],
        ),
        bad(&[("Chart.yaml", "version: 0.1.0\n")], "bad-chart", "Chart.yaml:1", &["name is required"]),
        bad(&[("Chart.yaml", "")], "bad-chart", "Chart.yaml:1", &["name is required"]),
        bad(
            &[("charts/sub/values.yaml", "a: 1\n")],
            "bad-chart",
            "Chart.yaml:1",
            &["sub", "Chart.yaml file is missing"],
        ),
        bad(
            &[("charts/sub/Chart.yaml", MANIFEST), ("charts/sub/values.yaml", "a: [\n")],
            "bad-chart",
            "charts/sub/values.yaml:1",
            &["cannot load values.yaml"],
        ),
        bad(
            &[
                (
                    "Chart.yaml",
                    "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: sub, version: 0.1.0}]\n",
                ),
                ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
                ("charts/sub/values.yaml", "a: [\n"),
            ],
            "yaml-syntax",
            "charts/sub/values.yaml:1",
            &["is not closed"],
        ),
        bad(
            &[
                ("values.yaml", "sub:\n  x: 2\n"),
                ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
                ("charts/sub/templates/t.yaml", "a: {{ .Values.x.y }}\n"),
            ],
            failed,
            "charts/sub/templates/t.yaml:1",
            &["`$['sub']['x']` is given at bad/values.yaml:2:6"],
        ),
    ]
}

#[test]
fn a_bad_chart_is_one_error_and_harms_no_other() {
    for (number, bad) in bad_charts().iter().enumerate() {
        let folder = Folder::new(&GOOD);
        folder.write("bad/Chart.yaml", MANIFEST);
        folder.write("bad/values.yaml", VALUES);
        for (name, text) in bad.files {
            folder.write(&format!("bad/{name}"), text);
        }
        let ran = folder.run(&["check", "bad", "good", "--format", "json"]);
        let errors = ran.errors();
        let [(code, place, told)] = &errors[..] else { panic!("{number}: {errors:?}") };
        assert_eq!((code.as_str(), place.as_str()), (bad.code, &*format!("bad/{}", bad.place)), "{told}");
        for part in bad.told {
            assert!(told.contains(part), "{number}: {part} in {told}");
        }
        assert!(!told.contains("executing \""), "Go's words: {told}");
        assert_eq!(ran.findings(), [good_finding()], "{number}");
        assert_eq!(ran.code, 2);
        // Who wants the manifests alone is told the same.
        let (full, alone) = (["render", "bad", "good"], ["render", "bad", "good", "--manifests-only"]);
        let (full, alone) = (folder.run(&full), folder.run(&alone));
        assert_eq!((full.err, full.code), (alone.err, alone.code), "{number}");
        let summary = &ran.json()["summary"];
        assert_eq!((summary["charts"].as_u64(), summary["charts_rendered"].as_u64()), (Some(2), Some(1)));
    }
}

#[test]
fn a_function_that_nobody_calls_does_no_harm() {
    let folder = Folder::new(&GOOD);
    folder.write("good/templates/other.yaml", "{{ if .Values.no }}{{ nosuch 1 }}{{ end }}\n");
    let ran = folder.run(&["check", "good", "--format", "json"]);
    assert_eq!((ran.errors(), ran.findings()), (Vec::new(), vec![good_finding()]));
}

/// Whose defaults are not enough is only told of, unless somebody deploys or names it so.
#[test]
fn a_chart_that_needs_values_is_an_error_only_where_it_is_deployed_so() {
    let folder = Folder::repository(&GOOD);
    folder.write("needs/Chart.yaml", MANIFEST);
    folder.write("needs/templates/a.yaml", "a: {{ required \"give x\" .Values.x }}\n");
    let walked = folder.check(&[]);
    assert_eq!((walked.code, walked.errors()), (1, Vec::new()));
    assert!(walked.rules().contains(&"not-rendered".to_string()), "{}", walked.out);
    folder.write(
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: needs}\nspec:\n  source:\n    \
         repoURL: https://git.example/r\n    path: needs\n  destination: {name: in-cluster, namespace: web}\n",
    );
    let deployed = folder.check(&[]);
    assert_eq!((deployed.code, deployed.errors().len()), (2, 1));
    assert_eq!(deployed.errors()[0].1, "needs/templates/a.yaml:1");
    assert!(!deployed.rules().contains(&"not-rendered".to_string()), "{}", deployed.out);
}

fn application(name: &str, values: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  source:\n    \
         repoURL: https://git.example/r\n    path: good\n    helm:\n      valueFiles: [{values}]\n  \
         destination: {{name: in-cluster, namespace: {name}}}\n"
    )
}

#[test]
fn a_broken_values_file_is_one_error_and_the_other_applications_are_rendered() {
    for (text, code, line) in [
        ("a: 1\nb: [\n", "yaml-syntax", 2),
        ("a: 1\n b: 2\n", "yaml-syntax", 2),
        ("- a\n", "values-not-a-mapping", 1),
        ("words\n", "values-not-a-mapping", 1),
    ] {
        let folder = Folder::repository(&GOOD);
        folder.write("good/broken.yaml", text);
        folder.write("good/fine.yaml", "a: 1\n");
        folder.write("apps/broken.yaml", &application("broken", "broken.yaml"));
        folder.write("apps/fine.yaml", &application("fine", "fine.yaml"));
        let ran = folder.check(&[]);
        let errors: Vec<_> = ran.errors().into_iter().map(|(code, place, _)| (code, place)).collect();
        assert_eq!(errors, [(code.to_string(), format!("good/broken.yaml:{line}"))], "{text:?}");
        assert_eq!(ran.findings(), [good_finding()], "{text:?}");
        assert_eq!(ran.code, 2);

        // The same behind the pipe, and given on the command line.
        let stream = folder.run(&["render", "."]);
        assert_eq!(folder.run_with(&["check", "--format", "json"], &stream.out).out, ran.out, "{text:?}");
        let given = folder.run(&["check", "good", "--values", "good/broken.yaml", "--format", "json"]);
        assert_eq!((given.errors().len(), given.code), (1, 2), "{:?}", given.errors());
        assert_eq!(given.errors()[0].1, format!("good/broken.yaml:{line}"));
        assert_eq!(given.rules(), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn inline_values_that_are_broken_are_one_error_too() {
    let folder = Folder::repository(&GOOD);
    let app = application("inline", "").replace("valueFiles: []", "values: |\n        a: [\n");
    folder.write("apps/inline.yaml", &app);
    let ran = folder.check(&[]);
    let errors: Vec<_> = ran.errors().into_iter().map(|(code, place, _)| (code, place)).collect();
    assert_eq!(errors, [("yaml-syntax".to_string(), "apps/inline.yaml:10".to_string())], "{}", ran.out);
    assert_eq!(ran.findings(), []);
}

#[test]
fn what_the_command_line_gives_wrongly_is_one_error() {
    let folder = Folder::new(&GOOD);
    for (option, value, told) in [
        ("--set", "a[99999999999]=1", "99999999999"),
        ("--set", "a", "key \"a\" has no value"),
        ("--set", "a.b=1,a=2,a.c=3", "not a table"),
        ("--set", "a={b", "list must terminate"),
        ("--set-json", "a={", "--set-json"),
        ("--release-name", "Bad_Name", "`Bad_Name` is no name of a release"),
    ] {
        let ran = folder.run(&["check", "good", option, value, "--format", "json"]);
        let errors = ran.errors();
        let [(code, place, message)] = &errors[..] else { panic!("{option} {value}: {errors:?}") };
        assert_eq!((code.as_str(), place.as_str(), ran.code), ("render-failed", "good/Chart.yaml:1", 2));
        assert!(message.contains(told), "{told} in {message}");
        assert_eq!(ran.findings(), []);
    }
}

#[test]
fn what_an_application_gives_wrongly_is_an_error_at_its_line() {
    let folder = Folder::repository(&GOOD);
    folder.write("apps/fine.yaml", &application("fine", ""));
    for (name, helm, line) in [
        ("bad", "parameters: [{name: 'a[', value: x}]", 9),
        ("bad", "parameters: [{name: a, value: '{x'}, {name: a.b, value: x}]", 9),
        ("bad", "releaseName: Not_A_Name", 9),
        ("Not_A_Name", "skipCrds: true", 3),
    ] {
        folder.write("apps/bad.yaml", &application(name, "").replace("valueFiles: []", helm));
        let ran = folder.check(&[]);
        let errors = ran.errors();
        let [(code, place, _)] = &errors[..] else { panic!("{helm}: {errors:?}") };
        assert_eq!((code.as_str(), place.as_str()), ("render-failed", &*format!("apps/bad.yaml:{line}")));
        assert_eq!((ran.findings(), ran.code), (vec![good_finding()], 2), "{helm}");
    }
}

#[test]
fn each_key_that_a_template_prints_twice_is_a_finding_and_says_once_where_it_stands() {
    let folder = Folder::new(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("web/values.yaml", "names: [a, b]\none:\n  k: 1\n  l: 1\n  m: 1\ntwo:\n  k: 2\n  l: 2\n"),
        (
            "web/templates/maps.yaml",
            "{{- range .Values.names }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ . }}}\ndata:\n  \
             {{- toYaml $.Values.one | nindent 2 }}\n  {{- toYaml $.Values.two | nindent 2 }}\n{{- end }}\n",
        ),
    ]);
    let ran = folder.run(&["check", "web", "--format", "json", "--select", "duplicate-yaml-key"]);
    let json = ran.json();
    let findings = json["findings"].as_array().cloned().unwrap_or_default();
    let told: Vec<(bool, usize, usize)> = findings
        .iter()
        .zip(["k", "l"])
        .map(|(it, key)| {
            let message = it["message"].as_str().unwrap_or_default();
            let count = |name: &str| it[name].as_array().map_or(0, Vec::len);
            (message.starts_with(&format!("`{key}` is given twice")), count("affected"), count("related"))
        })
        .collect();
    assert_eq!(told, [(true, 2, 1), (true, 2, 1)], "{}", ran.out);
    assert_eq!(findings.len(), 2, "{}", ran.out);
    let stream = folder.run(&["render", "web"]);
    let piped =
        folder.run_with(&["check", "--format", "json", "--select", "duplicate-yaml-key"], &stream.out);
    assert_eq!(piped.out, ran.out);
}
