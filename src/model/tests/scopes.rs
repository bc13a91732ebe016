//! Who meets whom.

use super::*;

fn pod(name: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: []}}\n")
}

fn app(name: &str, path: &str, destination: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  source: {{path: {path}, repoURL: r}}\n  destination: {{{destination}}}\n"
    )
}

/// Scopes with the names of their pods.
fn scopes(model: &Model) -> Vec<(String, Vec<String>)> {
    let pods = |scope: &Scope| {
        let all = scope.resources.iter().map(|id| model.resource(*id)).filter(|r| r.kind == "Pod");
        all.map(|r| r.name.clone()).collect()
    };
    model.scopes.iter().map(|scope| (scope.name.clone(), pods(scope))).collect()
}

fn expect(files: &[(&str, String)], wanted: &[(&str, &[&str])]) -> Model {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let model = model(&files);
    let wanted: Vec<(String, Vec<String>)> = wanted
        .iter()
        .map(|(name, pods)| (name.to_string(), pods.iter().map(ToString::to_string).collect()))
        .collect();
    assert_eq!(scopes(&model), wanted);
    model
}

#[test]
fn without_applications_everything_is_one_scope() {
    let files =
        [("a.yaml", pod("a")), ("deep/b.yaml", pod("b")), ("values.yaml", "datadog: {apm: {}}".into())];
    let model = expect(&files, &[("", &["a", "b"])]);
    assert_eq!(model.scopes[0].releases.len(), 1);
}

#[test]
fn sibling_overlays_are_not_mixed_and_share_their_base() {
    let kustomization = |extra: &str| format!("resources: [../../base{extra}]\n");
    expect(
        &[
            ("base/kustomization.yaml", "resources: [b.yaml]\n".into()),
            ("base/b.yaml", pod("b")),
            ("other/kustomization.yaml", "resources: [o.yaml]\n".into()),
            ("other/o.yaml", pod("o")),
            ("overlays/prod/kustomization.yaml", kustomization(", p.yaml, ../../other")),
            ("overlays/prod/p.yaml", pod("p")),
            ("overlays/staging/kustomization.yaml", kustomization(", s.yaml")),
            ("overlays/staging/s.yaml", pod("s")),
            ("common.yaml", pod("c")),
        ],
        &[("prod", &["b", "c", "o", "p"]), ("staging", &["b", "c", "s"])],
    );
}

#[test]
fn one_overlay_alone_is_no_sibling() {
    expect(&[("overlays/prod/a.yaml", pod("a")), ("base/b.yaml", pod("b"))], &[("", &["b", "a"])]);
}

#[test]
fn destinations_tell_clusters_apart() {
    expect(
        &[
            ("apps/a.yaml", app("a", "wa", "server: https://kubernetes.default.svc")),
            ("apps/b.yaml", app("b", "wb", "name: in-cluster")),
            ("apps/c.yaml", app("c", "wc", "server: https://other:6443")),
            ("wa/x.yaml", pod("a")),
            ("wb/x.yaml", pod("b")),
            ("wc/x.yaml", pod("c")),
            ("nobody/x.yaml", pod("n")),
        ],
        &[("https://other:6443", &["c"]), ("in-cluster", &["a", "b"]), ("", &["n"])],
    );
}

#[test]
fn what_nobody_deploys_joins_the_only_cluster() {
    let model = expect(
        &[("apps/a.yaml", app("a", "wa", "namespace: x")), ("wa/x.yaml", pod("a")), ("plain.yaml", pod("p"))],
        &[("in-cluster", &["p", "a"])],
    );
    assert_eq!(model.scopes[0].applications.len(), 1);
    assert_eq!(model.resource(model.scopes[0].resources[0]).kind, "Application");
}

#[test]
fn each_cluster_with_its_own_argocd() {
    let own = "server: https://kubernetes.default.svc";
    expect(
        &[
            ("clusters/eu/a.yaml", app("a", "eu", own)),
            ("clusters/us/b.yaml", app("b", "us", own)),
            ("shared/c.yaml", app("c", "both", own)),
            ("eu/x.yaml", pod("eu")),
            ("us/x.yaml", pod("us")),
            ("both/x.yaml", pod("both")),
        ],
        &[("eu (in-cluster)", &["both", "eu"]), ("us (in-cluster)", &["both", "us"])],
    );
}

#[test]
fn views_list_a_shared_base_in_each_scope() {
    let files = [
        ("base/kustomization.yaml", "resources: [b.yaml]\n".to_string()),
        ("base/b.yaml", pod("b")),
        ("envs/prod/kustomization.yaml", "resources: [../../base]\n".into()),
        ("envs/dev/kustomization.yaml", "resources: [../../base]\n".into()),
    ];
    let model = expect(&files, &[("dev", &["b"]), ("prod", &["b"])]);
    let views = crate::views::ViewSet::build(&model);
    let workloads = views.get("workload").expect("the view");
    assert_eq!((workloads.len(ScopeId(0)), workloads.len(ScopeId(1))), (1, 1));
}

#[test]
fn what_a_chart_renders_is_where_its_release_is() {
    let chart = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let own = "server: https://kubernetes.default.svc";
    let model = expect(
        &[
            ("apps/root.yaml", app("root", "root", own)),
            ("root/Chart.yaml", chart("root")),
            ("root/templates/child.yaml", app("child", "child", own)),
            ("child/Chart.yaml", chart("child")),
            ("child/templates/pod.yaml", pod("deployed")),
            ("nobody/Chart.yaml", chart("nobody")),
            ("nobody/templates/pod.yaml", pod("alone")),
            ("plain.yaml", pod("plain")),
        ],
        &[("in-cluster", &["plain", "deployed"]), ("", &["alone"])],
    );
    let child = model.applications.iter().find(|app| app.name.as_deref() == Some("child")).expect("child");
    let parent = child.parent.and_then(|id| model.application(id).name.clone());
    assert_eq!(parent.as_deref(), Some("root"));
    assert_eq!(
        model.releases.iter().map(|r| r.chart_name.as_str()).collect::<Vec<_>>(),
        ["root", "child", "nobody"]
    );
}

#[test]
fn a_chart_of_applications_that_nobody_deploys() {
    let chart = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let own = "server: https://kubernetes.default.svc";
    let model = expect(
        &[
            ("child/Chart.yaml", chart("child")),
            ("child/templates/pod.yaml", pod("deployed")),
            ("root/Chart.yaml", chart("root")),
            ("root/templates/child.yaml", app("child", "child", own)),
        ],
        &[("", &[]), ("", &["deployed"])],
    );
    // The child is deployed by the Application, and not once more by itself.
    let releases: Vec<_> =
        model.releases.iter().map(|r| (r.chart_name.as_str(), r.name.as_deref())).collect();
    assert_eq!(releases, [("root", None), ("child", Some("child"))]);
}
