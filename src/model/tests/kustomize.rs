//! Kustomizations.

use super::*;
use crate::model::release::Deployer;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a}]}\n";

#[test]
fn patches_are_no_manifests() {
    let model = model(&[
        (
            "kustomization.yaml",
            "namespace: shop\nresources: [pod.yaml]\npatches: [{path: patch.yaml}]\npatchesStrategicMerge: [other.yaml]\n\
             configMapGenerator: [{name: x, files: [policy.yaml, key=config.yaml]}]\n",
        ),
        ("pod.yaml", POD),
        ("patch.yaml", POD),
        ("other.yaml", POD),
        ("policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\n"),
        ("config.yaml", "apiVersion: x/v1\nkind: Config\n"),
    ]);
    assert_eq!(model.resources.iter().map(|r| file_of(&model, r.at)).collect::<Vec<_>>(), ["pod.yaml"]);
    assert!(model.resources[0].kustomized);
    assert_eq!(model.resources[0].effective_namespace.as_deref(), Some("shop"));
}

#[test]
fn bases_outside_the_named_paths_are_read() {
    let tree = crate::discover::MemoryTree::new([
        ("overlays/prod/kustomization.yaml", "resources: [../../base]\n"),
        ("base/kustomization.yaml", "resources: [pod.yaml]\nnamespace: inner\n"),
        ("base/pod.yaml", POD),
        ("unrelated.yaml", POD),
    ]);
    let inputs = [discover::Input::new("overlays/prod")];
    let model = build(discover::discover(&tree, &inputs, &Default::default()), Settings::default());
    assert_eq!(model.resources.iter().map(|r| file_of(&model, r.at)).collect::<Vec<_>>(), ["base/pod.yaml"]);
    assert_eq!(model.resources[0].effective_namespace.as_deref(), Some("inner"));
}

#[test]
fn an_application_deploys_what_its_kustomization_names() {
    let app = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source: {path: overlays/prod, repoURL: r}\n  destination: {namespace: n}\n";
    let model = model(&[
        ("app.yaml", app),
        ("overlays/prod/kustomization.yaml", "resources: [../../base]\n"),
        ("overlays/prod/unlisted.yaml", &POD.replace("name: p", "name: u")),
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
    ]);
    let of = |name: &str| model.resources.iter().find(|r| r.name == name).expect(name);
    assert!(of("p").deployed_by.is_some() && of("u").deployed_by.is_none());
    assert_eq!(of("p").effective_namespace.as_deref(), Some("n"));
}

#[test]
fn helm_charts_are_releases() {
    let model = model(&[
        (
            "kustomization.yaml",
            "helmCharts:\n- name: datadog\n  repo: https://helm.datadoghq.com\n  version: 3.1.0\n  releaseName: dd\n  namespace: mon\n  \
             valuesFile: v.yaml\n  valuesInline: {datadog: {site: inline}}\n",
        ),
        ("v.yaml", "datadog: {site: file, logLevel: x}\n"),
    ]);
    let release = &model.releases[0];
    assert_eq!((release.name.as_deref(), release.namespace.as_deref()), (Some("dd"), Some("mon")));
    assert!(matches!(release.deployer, Deployer::Config(_)) && release.complete);
    assert_eq!(release.values.get(&["datadog", "site"]).and_then(Value::as_str), Some("inline"));
    assert_eq!(release.values.get(&["datadog", "logLevel"]).and_then(Value::as_str), Some("x"));
}

#[test]
fn kustomizations_that_refer_to_each_other_end() {
    let model = model(&[
        ("a/kustomization.yaml", "resources: [../b, pod.yaml]\n"),
        ("b/kustomization.yaml", "resources: [../a]\n"),
        ("a/pod.yaml", POD),
    ]);
    assert_eq!(model.resources.len(), 1);
}

#[test]
fn what_patches_may_change() {
    let base =
        |more: &str| vec![("base/kustomization.yaml".to_string(), format!("resources: [pod.yaml]\n{more}"))];
    let of = |mut files: Vec<(String, String)>| -> Vec<String> {
        files.push(("base/pod.yaml".into(), POD.into()));
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        model(&files).resources.iter().find(|r| r.name == "p").expect("p").patched.iter().cloned().collect()
    };
    assert_eq!(of(base("")), Vec::<String>::new());
    // By kind and name, or by the target's patterns.
    assert_eq!(
        of(base("patchesStrategicMerge: [\"kind: Pod\\nmetadata: {name: q}\\n\"]\n")),
        Vec::<String>::new()
    );
    assert_eq!(
        of(base(
            "patches:\n- {target: {kind: Pod, name: p.*}, patch: '[{op: add, path: /spec/dnsPolicy, value: x}]'}\n"
        )),
        ["dnsPolicy", "spec"]
    );
    // By an overlay, and by a component of it.
    let mut files = base("");
    files.push(("over/kustomization.yaml".into(), "resources: [../base]\ncomponents: [part]\n".into()));
    files
        .push(("over/part/kustomization.yaml".into(), "kind: Component\npatches: [{path: p.yaml}]\n".into()));
    files.push((
        "over/part/p.yaml".into(),
        "kind: Pod\nmetadata: {name: p}\nspec: {containers: [{env: []}]}\n".into(),
    ));
    assert_eq!(of(files), ["containers", "env", "kind", "metadata", "name", "spec"]);
    // Transformers may do anything.
    assert_eq!(of(base("transformers: [t.yaml]\n")), ["*"]);
    let replaced = "replacements:\n- source: {kind: X}\n  targets:\n  - {select: {kind: Pod}, fieldPaths: ['spec.containers.[name=a].image']}\n";
    assert_eq!(of(base(replaced)), ["", "containers", "image", "spec"]);
}
