//! `--renderer helm`: what the real binary renders is linted as what the renderer inside renders. Where there is no
//! helm these tests say so and pass; `.ci/checks/helm.sh` runs them with one.

#![expect(clippy::print_stderr, reason = "a test that skips must say so")]

mod support;

use std::path::PathBuf;
use support::{Folder, Ran, log_suite};

/// The folder of the `helm` that `HELM` names, or of the one on the PATH.
fn helm() -> Option<PathBuf> {
    let named = std::env::var_os("HELM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.into_iter().chain(std::env::split_paths(&path).map(|folder| folder.join("helm")));
    let folder = found.filter(|file| file.is_file()).find_map(|file| Some(file.parent()?.to_path_buf()));
    if folder.is_none() {
        eprintln!("skipped: there is no helm on the PATH, and HELM names none");
    }
    log_suite("helm-binary", folder.is_some());
    folder
}

struct Helm {
    folder: Folder,
    path: PathBuf,
}

impl Helm {
    fn new(files: &[(&str, &str)]) -> Option<Helm> {
        Some(Helm { path: helm()?, folder: Folder::repository(files) })
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.folder.command(args);
        command.env("PATH", &self.path).env("HOME", self.folder.path());
        command.output().expect("ddlint starts").into()
    }

    /// With the binary, and without.
    fn both(&self, args: &[&str]) -> (Ran, Ran) {
        (self.run(&[args, &["--renderer", "helm"]].concat()), self.run(args))
    }
}

const TEMPLATE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}-{{ .Chart.Name }}}\nspec:\n  \
    replicas: {{ .Values.replicas }}\n  template:\n    spec:\n      containers:\n        - name: a\n          \
    image: {{ .Values.image | quote }}\n          env:\n            - name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES\n              \
    value: {{ .Values.statuses | quote }}\n";

const HOOK: &str =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: probe\n  annotations: {helm.sh/hook: test}\n";

const CRD: &str =
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.example}\n";

/// A chart with a subchart under two names, a definition and a test.
const CHART: [(&str, &str); 10] = [
    (
        "shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - {name: web, version: 0.1.0, alias: front}\n  \
         - {name: web, version: 0.1.0, alias: back}\n",
    ),
    (
        "shop/values.yaml",
        "replicas: 1\nimage: a:1\nstatuses: '404'\nback: {statuses: '400-599', replicas: 3}\n",
    ),
    ("shop/templates/shop.yaml", TEMPLATE),
    ("shop/templates/test.yaml", HOOK),
    ("shop/crds/crd.yaml", CRD),
    ("shop/charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
    ("shop/charts/web/values.yaml", "replicas: 2\nimage: b:1\nstatuses: '403'\n"),
    ("shop/charts/web/templates/web.yaml", TEMPLATE),
    ("prod.yaml", "image: a:2\nfront: {image: 'b:2'}\n"),
    ("words.txt", "a,b: c"),
];

/// The documents of a stream, without its comments. Of a document's last line breaks Helm trims those before hooks.
fn documents(ran: &Ran) -> String {
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    ran.out
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect()
}

fn placed(ran: &Ran) -> Vec<(String, String)> {
    let wanted = |it: &(String, String, u64)| it.0 == "http-error-statuses";
    ran.findings().into_iter().filter(wanted).map(|(rule, file, _)| (rule, file)).collect()
}

#[test]
fn it_prints_and_finds_the_same_and_findings_stand_at_templates() {
    let Some(helm) = Helm::new(&CHART) else { return };
    for args in [
        &[][..],
        &["--skip-crds"],
        &["--release-name", "other", "-n", "elsewhere", "--kube-version", "1.30", "-a", "x.example/v1"],
        &[
            "--values",
            "prod.yaml",
            "--set",
            "replicas=4,front.image=b:3",
            "--set-string",
            "back.statuses=401",
        ],
        &["--set-json", "back={\"replicas\": 7}", "--set-file", "image=words.txt"],
    ] {
        let (theirs, ours) = helm.both(&[&["render", "shop"], args].concat());
        assert_eq!(documents(&theirs), documents(&ours), "{args:?}");
        assert!(ours.out.contains("kind: Deployment"), "{}", ours.out);
    }
    let (theirs, ours) = helm.both(&["check", "shop", "--format", "json"]);
    let file = |file: &str| ("http-error-statuses".to_string(), file.to_string());
    // Helm says from which template a document is, and nothing more.
    assert_eq!(placed(&ours), [file("shop/charts/web/values.yaml"), file("shop/values.yaml")]);
    assert_eq!(
        placed(&theirs),
        [file("shop/charts/web/templates/web.yaml"), file("shop/templates/shop.yaml")]
    );
    assert_eq!((theirs.code, ours.code), (1, 1));
}

#[test]
fn the_manifests_alone_are_what_helm_prints() {
    let Some(helm) = Helm::new(&CHART) else { return };
    helm.folder.write("shop/crds/two.yaml", &format!("# of two\n---\n{CRD}---\n{CRD}"));
    for args in [&[][..], &["--skip-crds"], &["--values", "prod.yaml", "--set", "replicas=4"]] {
        let alone =
            ["render", "--manifests-only", "shop", "--release-name", "rel", "--kube-version", "v1.34.0"];
        let ours = helm.run(&[&alone, args].concat());
        let crds = if args.contains(&"--skip-crds") { "--skip-crds" } else { "--include-crds" };
        let given: Vec<&str> = args.iter().copied().filter(|arg| *arg != "--skip-crds").collect();
        let mut theirs = std::process::Command::new(helm.path.join("helm"));
        theirs.args(["template", "rel", "shop", "--kube-version", "v1.34.0", crds]).args(given);
        theirs.current_dir(helm.folder.path()).env("HOME", helm.folder.path());
        let theirs: Ran = theirs.output().expect("helm starts").into();
        assert_eq!((ours.code, theirs.code), (0, 0), "{}{}", ours.err, theirs.err);
        assert_eq!(ours.out, theirs.out, "{args:?}");
    }
}

#[test]
fn applications_are_rendered_as_they_deploy() {
    let Some(helm) = Helm::new(&CHART) else { return };
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: eu}\nspec:\n  source:\n    \
        repoURL: https://git.example/r\n    path: shop\n    helm:\n      skipCrds: true\n      skipTests: true\n      \
        valueFiles: [../prod.yaml]\n      valuesObject: {replicas: 5}\n      parameters:\n        - {name: back.replicas, value: '9'}\n      fileParameters:\n        - {name: front.statuses, path: ../words.txt}\n      \
        kubeVersion: 1.31.0\n  \
        destination: {name: in-cluster, namespace: eu}\n";
    helm.folder.write("apps/eu.yaml", application);
    let (theirs, ours) = helm.both(&["render", "."]);
    let printed = documents(&theirs);
    assert_eq!(printed, documents(&ours));
    for part in ["replicas: 5", "replicas: 9", "eu-front", "a:2", "\"a,b: c\""] {
        assert!(printed.contains(part), "{part} in\n{printed}");
    }
    for part in ["CustomResourceDefinition", "probe"] {
        assert!(!printed.contains(part), "{part} in\n{printed}");
    }
    // Nulls of a merge patch, also inside lists.
    helm.folder.write(
        "shop/templates/seen.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}\ndata: {{ omit .Values \"front\" | toJson }}\n",
    );
    for patch in ["{image: null, l: [{q: null, r: 1}, null]}", "{replicas: {a: null, b: 2}, back: null}"] {
        let text = format!("helm: {{valuesObject: {patch}}}\n");
        helm.folder.write("shop/.argocd-source.yaml", &text);
        let (theirs, ours) = helm.both(&["render", "."]);
        let printed = documents(&theirs);
        assert_eq!(printed, documents(&ours), "{patch}");
        assert!(printed.contains("data: {"), "{printed}");
    }
}

#[test]
fn what_fails_is_one_error_at_its_line_in_the_words_of_the_renderer_inside() {
    let Some(helm) = Helm::new(&CHART) else { return };
    for (template, told) in [
        ("a: 1\nb: {{ .Values.image.tag }}\n", "bad/values.yaml:1:8"),
        ("a: 1\nb: {{ required \"give x\" .Values.x }}\n", "a value is required: give x"),
        ("a: 1\nb: {{ if }}\n", "does not parse"),
        ("a: 1\nb: c: d\n", "no valid YAML"),
        // Helm looks for the function before anything is executed.
        ("a: 1\n{{ if .Values.no }}{{ nosuch 1 }}{{ end }}\n", "function \"nosuch\" not defined"),
    ] {
        let files = [
            ("bad/Chart.yaml", "apiVersion: v2\nname: bad\nversion: 1.0.0\n"),
            ("bad/values.yaml", "image: hello\n"),
            ("bad/templates/a.yaml", template),
        ];
        for (name, text) in files {
            helm.folder.write(name, text);
        }
        let ran = helm.run(&["check", "bad", "shop", "--renderer", "helm", "--format", "json"]);
        let errors = ran.errors();
        let [(code, place, message)] = &errors[..] else { panic!("{errors:?}") };
        assert_eq!((code.as_str(), place.as_str()), ("render-failed", "bad/templates/a.yaml:2"), "{message}");
        assert!(message.contains(told), "{told} in {message}");
        assert_eq!((placed(&ran).len(), ran.code), (2, 2), "the other chart is unharmed");
    }
}

#[test]
fn without_the_binary_that_is_one_error_for_all_charts() {
    let folder = Folder::repository(&CHART);
    folder.write("other/Chart.yaml", "apiVersion: v2\nname: other\nversion: 1.0.0\n");
    folder.write("other/templates/a.yaml", "a: 1\n");
    let mut command = folder.command(&["check", "shop", "other", "--renderer", "helm", "--format", "json"]);
    let ran = Ran::from(command.env("PATH", folder.path()).output().expect("ddlint starts"));
    let errors = ran.errors();
    let [(code, _, told)] = &errors[..] else { panic!("{errors:?}") };
    assert_eq!((code.as_str(), ran.code), ("no-helm", 2));
    assert!(told.contains("there is none on the PATH"), "{told}");
}
