//! Releases by Flux, helmfile, chart folders and values files.

use super::*;
use crate::model::release::{Deployer, Release};

fn site(release: &Release) -> Option<&str> {
    release.values.get(&["datadog", "site"]).and_then(Value::as_str)
}

#[test]
fn a_helm_release_of_flux() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: dd, namespace: flux}\nspec:\n  \
                   targetNamespace: mon\n  chart: {spec: {chart: datadog, version: 3.1.0, sourceRef: {kind: HelmRepository, name: repo}}}\n  \
                   valuesFrom:\n  - {kind: ConfigMap, name: cm}\n  - {kind: ConfigMap, name: gen, valuesKey: v.yaml}\n  \
                   values: {datadog: {logLevel: x}}\n";
    let files = [
        ("r.yaml", release),
        (
            "repo.yaml",
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: repo, namespace: flux}\nspec: {url: https://helm}\n",
        ),
        (
            "cm.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm, namespace: flux}\ndata:\n  values.yaml: |\n    datadog:\n      site: a\n      logLevel: y\n",
        ),
        ("kustomization.yaml", "configMapGenerator: [{name: gen, files: [v.yaml=values/v.yaml]}]\n"),
        ("values/v.yaml", "datadog: {site: b}\n"),
    ];
    let model = model(&files);
    let release = &model.releases[0];
    assert_eq!((release.name.as_deref(), release.namespace.as_deref()), (Some("mon-dd"), Some("mon")));
    assert!(
        matches!(&release.chart, ChartRef::Remote { repository: Some(url), .. } if url == "https://helm")
    );
    assert!(matches!(release.deployer, Deployer::HelmRelease(_)) && release.complete);
    assert_eq!(site(release), Some("b"));
    assert_eq!(release.values.get(&["datadog", "logLevel"]).and_then(Value::as_str), Some("x"));
    let secret = files[0].1.replace("kind: ConfigMap, name: cm", "kind: Secret, name: s");
    assert!(!super::model(&[("r.yaml", &secret)]).releases[0].complete);
}

#[test]
fn what_flux_substitutes_is_unknown() {
    let model = model(&[
        (
            "flux.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\nspec: {path: ./apps, postBuild: {substituteFrom: []}}\n",
        ),
        (
            "apps/r.yaml",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: dd}\nspec: {chart: {spec: {chart: datadog}}, values: {datadog: {site: '${SITE}', logLevel: x}}}\n",
        ),
    ]);
    let values = &model.releases[0].values;
    assert_eq!(values.get(&["datadog", "site"]).map(|v| &v.data), Some(&ValueData::Unknown));
    assert_eq!(values.get(&["datadog", "logLevel"]).and_then(Value::as_str), Some("x"));
}

#[test]
fn a_helmfile() {
    let model = model(&[
        (
            "helmfile.yaml",
            "repositories: [{name: dd, url: https://helm}]\nreleases:\n- name: agent\n  namespace: mon\n  chart: dd/datadog\n  version: 3.1.0\n  values:\n  - v.yaml\n  - datadog: {site: inline}\n  set: [{name: datadog.logLevel, value: debug}]\n- name: other\n  chart: dd/x\n  values: [v.yaml.gotmpl]\n",
        ),
        ("v.yaml", "datadog: {site: a, logLevel: b}\n"),
    ]);
    let release = &model.releases[0];
    assert_eq!(
        (release.name.as_deref(), release.namespace.as_deref(), site(release)),
        (Some("agent"), Some("mon"), Some("inline"))
    );
    assert_eq!(release.values.get(&["datadog", "logLevel"]).and_then(Value::as_str), Some("debug"));
    assert!(release.complete && !model.releases[1].complete);
}

#[test]
fn a_chart_that_nobody_deploys_is_taken_with_each_values_file() {
    let model = model(&[
        ("x/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"),
        ("x/values.yaml", "a: 1\nb: 2\n"),
        ("x/values-prod.yaml", "a: 2\n"),
        ("x/ci/ha-values.yaml", "a: 3\nb: null\n"),
        ("x/templates/t.yaml", "{{- /* no YAML by itself */ -}}\n"),
        ("pod.yaml", "apiVersion: v1\nkind: Pod\n"),
    ]);
    let a: Vec<_> = model.releases.iter().map(|r| r.values.get(&["a"]).map(|v| v.data.clone())).collect();
    assert_eq!(a, [1.0, 2.0, 3.0].map(|n| Some(ValueData::Number(n))));
    assert!(model.releases[2].values.get(&["b"]).is_none());
    let scopes: std::collections::BTreeSet<_> = model.releases.iter().map(|r| r.scope).collect();
    assert_eq!(scopes.len(), 3, "each is a scope of its own");
    assert!(!scopes.contains(&model.resources[0].scope));
    assert_eq!(model.coverage.charts.len(), 1);
}

#[test]
fn an_umbrella_chart_gives_its_dependency_a_release() {
    let model = model(&[
        (
            "u/Chart.yaml",
            "apiVersion: v2\nname: u\nversion: 1.0.0\ndependencies:\n- {name: datadog, alias: dd, version: 3.x, repository: https://helm}\n\
             - {name: idle, condition: idle.enabled}\n- {name: own, repository: file://../own}\n",
        ),
        (
            "u/values.yaml",
            "dd: {datadog: {site: base, logLevel: x}}\nidle: {enabled: false}\nown: {k: 2}\nglobal: {g: 1}\n",
        ),
        ("own/Chart.yaml", "apiVersion: v2\nname: own\nversion: 1.0.0\n"),
        ("own/values.yaml", "k: 1\nl: 1\n"),
        (
            "app.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {path: u, repoURL: r, helm: {valuesObject: {dd: {datadog: {site: prod, apm: null}}}}}}\n",
        ),
    ]);
    let names: Vec<&str> = model.releases.iter().map(|r| r.chart_name.as_str()).collect();
    assert_eq!(names, ["u", "datadog", "own"], "what an Application deploys is not taken by itself");
    let dd = &model.releases[1];
    assert_eq!((dd.values_root.as_slice(), dd.name.as_deref()), (["dd".to_string()].as_slice(), Some("a")));
    assert_eq!(site(dd), Some("prod"));
    let values = &dd.values;
    assert_eq!(
        values.get(&["datadog", "apm"]).map(|v| &v.data),
        Some(&ValueData::Null),
        "it deletes a default that is elsewhere"
    );
    assert_eq!(values.get(&["global", "g"]).map(|v| &v.data), Some(&ValueData::Number(1.0)));
    assert_eq!(dd.chart_at.map(|at| text_at(&model, at)).as_deref(), Some("datadog"));
    let shadowed = &values.get(&["datadog", "site"]).expect("site").shadowed;
    assert_eq!(
        shadowed.iter().map(|at| file_of(&model, at.value_at())).collect::<Vec<_>>(),
        ["u/values.yaml"]
    );
    let own = &model.releases[2];
    assert_eq!(own.values.get(&["k"]).map(|v| &v.data), Some(&ValueData::Number(2.0)));
    assert_eq!(own.values.get(&["l"]).map(|v| &v.data), Some(&ValueData::Number(1.0)));
}

#[test]
fn values_files_side_by_side_are_overlays() {
    let model = model(&[
        ("values.yaml", "datadog: {site: base, logLevel: x}\n"),
        ("values-prod.yaml", "datadog: {site: prod}\n"),
        ("values-staging.yaml", "datadog: {site: staging}\n"),
        ("app.yaml", "apiVersion: v1\nkind: Pod\n"),
    ]);
    assert_eq!(model.releases.len(), 3);
    let base = model.releases.iter().find(|r| site(r) == Some("base")).expect("the base");
    assert!(!base.complete && model.scope(base.scope).resources.is_empty());
    let names: Vec<&str> = model.scopes.iter().map(|scope| scope.name.as_str()).collect();
    assert_eq!(names, ["prod", "staging", ""]);
    for scope in &model.scopes[..2] {
        assert_eq!((scope.resources.len(), scope.releases.len()), (1, 1));
        let release = model.release(scope.releases[0]);
        assert_eq!((site(release), release.complete), (Some(scope.name.as_str()), true));
        assert!(release.values.get(&["datadog", "logLevel"]).is_some());
    }
}

#[test]
fn a_values_file_that_is_a_list_is_an_error_where_it_is_used() {
    let chart = ("x/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n");
    let model = from_memory(&[chart, ("x/values.yaml", "- a\n- b\n")], Settings::default());
    assert_eq!(model.errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["values-not-a-mapping"]);
    assert!(super::model(&[("values.yaml", "- datadog\n")]).releases.is_empty());
}

#[test]
fn values_of_other_names_are_alone_and_one_overlay_is_what_is_deployed() {
    let pod = ("app.yaml", "apiVersion: v1\nkind: Pod\n");
    let base = ("values.yaml", "datadog: {site: base}\n");
    let several = model(&[
        pod,
        base,
        ("values-ha.yaml", "datadog: {site: ha}\n"),
        ("values-x.yaml", "datadog: {site: x}\n"),
    ]);
    let with_pod = several.scopes.iter().filter(|scope| !scope.resources.is_empty());
    assert_eq!(with_pod.map(|scope| scope.releases.len()).collect::<Vec<_>>(), [0]);
    let one = model(&[pod, base, ("values-prod.yaml", "datadog: {site: prod}\n")]);
    let scope = one.scopes.iter().find(|scope| !scope.resources.is_empty()).expect("the pod's scope");
    assert_eq!(scope.releases.iter().map(|id| site(one.release(*id))).collect::<Vec<_>>(), [Some("prod")]);
}

#[test]
fn flux_moves_resources_to_its_namespace() {
    let model = model(&[
        (
            "flux.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\nspec: {path: ./apps/x, targetNamespace: shop}\n",
        ),
        ("apps/x/p.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"),
        ("apps/y/q.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\n"),
    ]);
    let of = |name: &str| {
        model.resources.iter().find(|r| r.name == name).and_then(|r| r.effective_namespace.clone())
    };
    assert_eq!((of("p").as_deref(), of("q")), (Some("shop"), None));
}
