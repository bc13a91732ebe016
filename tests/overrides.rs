//! `.argocd-source.yaml` and `.argocd-source-<app>.yaml` beside a chart: ArgoCD merges them into the Application's
//! source before it renders.

mod support;

use support::Folder;

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: eu}\nspec:\n  source:\n    \
    repoURL: https://git.example/r\n    path: chart\n    helm:\n      valueFiles: [eu.yaml]\n      valuesObject: {a: app, b: app}\n      \
    parameters: [{name: c, value: app}]\n  destination: {name: in-cluster, namespace: eu}\n";

const FILES: [(&str, &str); 9] = [
    ("apps/eu.yaml", APPLICATION),
    ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
    ("chart/values.yaml", "file: default\na: default\nb: default\nc: default\nd: default\n"),
    ("chart/eu.yaml", "file: eu\n"),
    ("chart/us.yaml", "file: us\n"),
    ("chart/values.schema.json", r#"{"properties": {"d": {"type": "string"}}}"#),
    (
        "chart/templates/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-map, namespace: {{ .Release.Namespace }}}\ndata:\n  \
         seen: {{ .Values.file }} {{ .Values.a }} {{ .Values.b }} {{ .Values.c }} {{ .Values.d }}\n",
    ),
    (
        "chart/templates/test.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: probe\n  annotations: {helm.sh/hook: test}\n",
    ),
    (
        "chart/crds/crd.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.example}\n",
    ),
];

/// What is rendered with these files beside the chart: the values that were seen, and everything.
fn rendered(overrides: &[(&str, &str)]) -> (String, String) {
    let folder = Folder::repository(&FILES);
    for (name, text) in overrides {
        folder.write(&format!("chart/{name}"), text);
    }
    let ran = folder.run(&["render", "."]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let seen = ran.out.lines().find_map(|line| line.trim().strip_prefix("seen: ")).unwrap_or("nothing");
    (seen.to_string(), ran.out)
}

const COMMON: &str = ".argocd-source.yaml";

const OWN: &str = ".argocd-source-eu.yaml";

#[test]
fn values_of_every_form_are_overridden() {
    let seen = |overrides: &[(&str, &str)]| rendered(overrides).0;
    assert_eq!(seen(&[]), "eu app app app default");
    for (text, expected) in [
        ("helm: {valueFiles: [us.yaml]}\n", "us app app app default"),
        ("helm: {valueFiles: null}\n", "default app app app default"),
        ("helm: {parameters: [{name: d, value: file}]}\n", "eu app app default file"),
        ("helm: {parameters: [{name: d, value: '1', forceString: true}]}\n", "eu app app default 1"),
        // An object is merged, key by key; a text stands behind the Application's object.
        ("helm: {valuesObject: {b: file, d: file}}\n", "eu app file app file"),
        ("helm: {valuesObject: null, values: 'a: file'}\n", "eu file default app default"),
        ("helm: {values: 'a: file'}\n", "eu app app app default"),
        ("helm: null\n", "default default default default default"),
        ("kustomize: {images: [a:1]}\n", "eu app app app default"),
        ("", "eu app app app default"),
    ] {
        assert_eq!(seen(&[(COMMON, text)]), expected, "{text}");
        assert_eq!(seen(&[(OWN, text)]), expected, "{text}");
        assert_eq!(
            seen(&[(".argocd-source-us.yaml", text)]),
            "eu app app app default",
            "of another Application"
        );
    }
    let common = "helm: {valuesObject: {a: common, d: common}, parameters: [{name: c, value: common}]}\n";
    let own = "helm: {valuesObject: {a: own}}\n";
    assert_eq!(seen(&[(COMMON, common), (OWN, own)]), "eu own app common common");
}

#[test]
fn what_is_left_out_and_the_names_are_overridden() {
    let (_, plain) = rendered(&[]);
    assert!(plain.contains("name: probe") && plain.contains("CustomResourceDefinition"), "{plain}");
    assert!(plain.contains("name: eu-map, namespace: eu"), "{plain}");
    for name in [COMMON, OWN] {
        let (_, out) = rendered(&[(name, "helm: {skipCrds: true}\n")]);
        assert!(out.contains("name: probe") && !out.contains("CustomResourceDefinition"), "{out}");
        let (_, out) = rendered(&[(name, "helm: {skipTests: true}\n")]);
        assert!(!out.contains("name: probe") && out.contains("CustomResourceDefinition"), "{out}");
        let (_, out) = rendered(&[(name, "helm: {releaseName: other, namespace: there}\n")]);
        assert!(out.contains("name: other-map, namespace: there"), "{out}");
    }
}

#[test]
fn the_schema_is_left_out_only_where_the_override_says_so() {
    let folder = Folder::repository(&FILES);
    folder.write("chart/eu.yaml", "file: eu\nd: 5\n");
    let refused = folder.check(&[]);
    let errors = refused.errors();
    let [(code, place, told)] = &errors[..] else { panic!("{errors:?}") };
    assert_eq!((code.as_str(), place.as_str()), ("render-failed", "chart/eu.yaml:2"), "{told}");
    folder.write("chart/.argocd-source-eu.yaml", "helm: {skipSchemaValidation: true}\n");
    let passed = folder.check(&[]);
    assert_eq!((passed.errors(), passed.code), (Vec::new(), 0), "{}", passed.out);
}

#[test]
fn a_finding_stands_in_the_override_that_gives_the_value() {
    let folder = Folder::repository(&FILES);
    folder.write(
        "chart/templates/map.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      \
        image: b\n      env: [{name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES, value: {{ .Values.d | quote }}}]\n",
    );
    for (text, line) in [
        ("helm:\n  valuesObject:\n    d: '404'\n", 3),
        ("helm:\n  parameters:\n    - name: d\n      value: '404'\n      forceString: true\n", 4),
    ] {
        folder.write("chart/.argocd-source.yaml", text);
        let ran = folder.check(&["--select", "http-error-statuses"]);
        let place = ("http-error-statuses".to_string(), "chart/.argocd-source.yaml".to_string(), line);
        assert_eq!(ran.findings(), [place], "{}", ran.out);
        let stream = folder.run(&["render", "."]);
        let piped =
            folder.run_with(&["check", "--format", "json", "--select", "http-error-statuses"], &stream.out);
        assert_eq!(piped.out, ran.out);
    }
}

#[test]
fn an_override_that_is_broken_is_one_error() {
    let folder = Folder::repository(&FILES);
    folder.write("chart/.argocd-source.yaml", "helm: [\n");
    let ran = folder.check(&[]);
    let errors: Vec<_> = ran.errors().into_iter().map(|(code, place, _)| (code, place)).collect();
    assert_eq!(errors, [("yaml-syntax".to_string(), "chart/.argocd-source.yaml:1".to_string())]);
    assert_eq!((ran.findings(), ran.code), (Vec::new(), 2));
}
