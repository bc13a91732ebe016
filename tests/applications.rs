//! A chart as an Application deploys it: every form of values, what is left out, and what `.argocd-source.yaml` and
//! `.argocd-source-<app>.yaml` beside the chart put on top.

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
        // The merge patch takes the field away, and ArgoCD reads the rest over the source as it was.
        ("helm: {valueFiles: null}\n", "eu app app app default"),
        ("helm: {parameters: [{name: d, value: file}]}\n", "eu app app default file"),
        ("helm: {parameters: [{name: d, value: '1', forceString: true}]}\n", "eu app app default 1"),
        // What an item does not give is that of the one at its place before.
        ("helm: {parameters: [{name: d}]}\n", "eu app app default app"),
        ("helm: {parameters: [{value: file}]}\n", "eu app app file default"),
        ("helm: {parameters: [{name: c, value: file}, {value: file}]}\n", "eu app app file default"),
        ("helm: {parameters: []}\n", "eu app app default default"),
        // An object is merged, key by key; a text stands behind the Application's object.
        ("helm: {valuesObject: {b: file, d: file}}\n", "eu app file app file"),
        ("helm: {valuesObject: null, values: 'a: file'}\n", "eu app app app default"),
        ("helm: {values: 'a: file'}\n", "eu app app app default"),
        ("helm: null\n", "eu app app app default"),
        // In the object a null takes the key away: what lies below it counts again, it deletes no default.
        ("helm: {valuesObject: {b: null, d: null, file: null}}\n", "eu app default app default"),
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
    let common = "helm: {parameters: [{name: d}, {name: b, value: common}]}\n";
    let own = "helm: {parameters: [{name: a}, {name: d}]}\n";
    assert_eq!(seen(&[(COMMON, common), (OWN, own)]), "eu app app default common");
}

#[test]
fn nulls_of_an_override_are_those_of_a_merge_patch() {
    let folder = Folder::repository(&FILES);
    folder.write("chart/values.yaml", "m: {a: chart, b: chart}\nk: chart\n");
    folder.write(
        "chart/templates/map.yaml",
        "seen: {{ toJson .Values }}\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
    );
    let seen = |object: &str, override_: &str| {
        let own =
            if object.is_empty() { String::new() } else { format!("    helm: {{valuesObject: {object}}}\n") };
        folder.write(
            "apps/eu.yaml",
            &format!(
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: eu}}\nspec:\n  source:\n    \
                 repoURL: https://git.example/r\n    path: chart\n{own}  destination: {{name: in-cluster, namespace: eu}}\n"
            ),
        );
        folder.write("chart/.argocd-source.yaml", &format!("helm: {{valuesObject: {override_}}}\n"));
        let ran = folder.run(&["render", "."]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        let seen = ran.out.lines().find_map(|line| line.trim().strip_prefix("seen: ")).unwrap_or("nothing");
        seen.to_string()
    };
    for (object, patch, expected) in [
        // The Application's own null reaches Helm, which deletes the chart's default.
        ("{k: null, m: {b: null}}", "{x: 1}", r#"{"m":{"a":"chart"},"x":1}"#),
        (
            "{k: null, m: {b: null}}",
            "{k: null, m: {b: null}}",
            r#"{"k":"chart","m":{"a":"chart","b":"chart"}}"#,
        ),
        ("{m: {a: app}}", "{m: {a: null, b: file}}", r#"{"k":"chart","m":{"a":"chart","b":"file"}}"#),
        ("{m: {a: app}}", "{m: null}", r#"{"k":"chart","m":{"a":"chart","b":"chart"}}"#),
        (
            "",
            "{m: {a: null}, o: {p: null, l: [{q: null}, null]}}",
            r#"{"k":"chart","m":{"a":"chart","b":"chart"},"o":{"l":[{},null]}}"#,
        ),
        (
            "{l: [1]}",
            "{l: [{q: null, r: 1}]}",
            r#"{"k":"chart","l":[{"r":1}],"m":{"a":"chart","b":"chart"}}"#,
        ),
    ] {
        assert_eq!(seen(object, patch), expected, "{object} with {patch}");
    }
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

/// A chart that shows what it is given, and an Application with such a `helm` block.
fn shown(helm: &str) -> (String, support::Ran) {
    let folder = Folder::repository(&FILES);
    folder.write("chart/words.txt", "a, {b}: \"c\"");
    folder.write(
        "chart/templates/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata:\n  \
         text: |-\n    seen: {{ .Values.d | quote }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions.Has \"x.example/v1\" }}\n",
    );
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: eu}\nspec:\n  project: shop\n  source:\n    \
        repoURL: https://git.example/r\n    path: chart\n    targetRevision: v1\n    helm: HELM\n  \
        destination: {name: in-cluster, namespace: there}\n";
    folder.write("apps/eu.yaml", &application.replace("HELM", helm));
    let ran = folder.run(&["render", "."]);
    let seen = ran.out.lines().find_map(|line| line.trim().strip_prefix("seen: ")).unwrap_or("nothing");
    (seen.to_string(), ran)
}

#[test]
fn the_build_environment_is_filled_into_parameters() {
    for (value, expected) in [
        ("$ARGOCD_APP_NAME", "eu"),
        ("${ARGOCD_APP_PROJECT_NAME}.$ARGOCD_APP_NAMESPACE", "shop.there"),
        ("$ARGOCD_APP_SOURCE_PATH@$ARGOCD_APP_SOURCE_TARGET_REVISION", "chart@v1"),
        ("a$$b$NOBODY.", "a$b."),
        ("x, y", "x, y"),
    ] {
        let (seen, ran) =
            shown(&format!("{{parameters: [{{name: d, value: '{value}', forceString: true}}]}}"));
        assert_eq!(seen, format!("\"{expected}\" v1.34.0 false"), "{}", ran.out);
    }
    // Which commit it will be is not known; the name of a values file may be.
    let (seen, ran) = shown("{parameters: [{name: d, value: 'v-$ARGOCD_APP_REVISION'}]}");
    assert_eq!((seen.as_str(), ran.code), ("nothing", 0), "{}", ran.out);
    assert_eq!(shown("{valueFiles: ['$ARGOCD_APP_NAME.yaml']}").0, "\"default\" v1.34.0 false");
}

#[test]
fn files_and_the_cluster_are_given_by_the_application() {
    let (seen, ran) = shown("{fileParameters: [{name: d, path: words.txt}]}");
    assert_eq!(seen, "\"a, {b}: \\\"c\\\"\" v1.34.0 false", "{}", ran.out);
    assert_eq!(shown("{fileParameters: [{name: d, path: nothing.txt}]}").0, "nothing");
    assert_eq!(shown("{kubeVersion: 1.30.2}").0, "\"default\" v1.30.2 false");
    assert_eq!(shown("{apiVersions: [x.example/v1]}").0, "\"default\" v1.34.0 true");
}

/// What a generator, a vault or SOPS fills in is not known: no finding and no error comes of it.
#[test]
fn values_that_are_filled_in_later_are_no_errors() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n  \
        generators: [{list: {elements: [{x: '1'}]}}]\n  template:\n    metadata: {name: 'web-{{x}}'}\n    spec:\n      source:\n        \
        repoURL: https://git.example/r\n        path: chart\n        helm: HELM\n      destination: {name: in-cluster, namespace: eu}\n";
    for (helm, template, renders) in [
        ("{parameters: [{name: a, value: '{{x}}'}]}", "a: {{ .Values.a | quote }}", true),
        ("{parameters: [{name: a, value: 'v{{x}},{{ .y }}'}]}", "a: {{ .Values.a | quote }}", true),
        ("{valuesObject: {a: '{{x}}'}}", "a: {{ .Values.a | quote }}", true),
        ("{parameters: [{name: '{{x}}', value: a}]}", "a: {{ .Values.a | quote }}", false),
        // Without the value the chart cannot be rendered.
        ("{parameters: [{name: a, value: '{{x}}'}]}", "a: {{ .Values.a }}", false),
        ("{valuesObject: {a: '{{x}}'}}", "a: {{ tpl .Values.a . }}", false),
        ("{values: 'a: {{ .x }}'}", "a: {{ .Values.a }}", false),
        ("{values: 'a: \"{{x}}\"'}", "a: {{ add1 (atoi .Values.a) }}\n{{ fail .Values.a }}", false),
    ] {
        let folder = Folder::repository(&FILES);
        folder.write("apps/eu.yaml", &set.replace("HELM", helm));
        folder.write("chart/templates/map.yaml", template);
        let ran = folder.check(&[]);
        assert_eq!((ran.errors(), ran.code), (Vec::new(), 0), "{helm} {template}");
        assert_eq!(
            ran.rules().contains(&"not-rendered".to_string()),
            !renders,
            "{helm} {template}: {}",
            ran.out
        );
        let summary = &ran.json()["summary"];
        assert_eq!(summary["charts_rendered"].as_u64(), Some(u64::from(renders)), "{helm} {template}");
    }
    // Nothing fills in what an Application says.
    let folder = Folder::repository(&FILES);
    folder.write(
        "apps/eu.yaml",
        &APPLICATION.replace("valuesObject: {a: app, b: app}", "values: 'a: {{ .x }}'"),
    );
    let errors = folder.check(&[]).errors();
    let [(code, place, told)] = &errors[..] else { panic!("{errors:?}") };
    assert_eq!((code.as_str(), place.as_str()), ("render-failed", "apps/eu.yaml:10"), "{told}");
    assert!(told.starts_with("the values do not parse: ") && !told.contains('#'), "{told}");
    // A value that is there and wrong is an error all the same.
    let folder = Folder::repository(&FILES);
    folder.write("apps/eu.yaml", &set.replace("HELM", "{valuesObject: {a: plain}}"));
    folder.write("chart/templates/map.yaml", "a: {{ .Values.a.b }}");
    let ran = folder.check(&[]);
    assert_eq!((ran.errors().len(), ran.code), (1, 2), "{}", ran.out);
}

#[test]
fn what_a_block_keeps_at_its_end_is_what_helm_keeps() {
    let folder = Folder::repository(&FILES);
    folder.write(
        "chart/templates/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata:\n  a: |+\n    text\n\n",
    );
    folder.write("chart/templates/other.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: other}\n");
    for (dialect, expected) in [("3", "    text\n# ddlint"), ("4", "    text\n\n\n# ddlint")] {
        let stream = folder.run(&["render", "chart", "--skip-crds", "--helm-dialect", dialect]).out;
        assert!(stream.contains(expected), "{stream}");
    }
}

#[test]
fn applications_that_a_chart_writes_in_any_folder_deploy_their_charts_once() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: eu}\nspec:\n  source:\n    \
        repoURL: https://git.example/r\n    path: chart\n    helm: {valueFiles: [\"{{ .Values.region }}.yaml\"]}\n  \
        destination: {name: in-cluster, namespace: eu}\n";
    for folder_of in ["templates", "templates/teams/web"] {
        let folder = Folder::repository(&FILES[1..]);
        folder.write("apps/Chart.yaml", "apiVersion: v2\nname: apps\nversion: 0.1.0\n");
        folder.write("apps/values.yaml", "region: us\n");
        folder.write(&format!("apps/{folder_of}/eu.yaml"), application);
        let ran = folder.run(&["render", "."]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        let seen: Vec<&str> = ran.out.lines().filter_map(|line| line.trim().strip_prefix("seen: ")).collect();
        assert_eq!(seen, ["us default default default default"], "{folder_of}");
    }
}
