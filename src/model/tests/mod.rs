//! The model of small repositories in memory.

use super::env::EnvSource;
use super::release::ChartRef;
use super::resource::ContainerKind;
use super::values::{Value, ValueData};
use super::*;

mod bad_input;
mod kustomize;
mod releases;
mod scopes;
mod scripts;

pub(super) fn model(files: &[(&str, &str)]) -> Model {
    let model = from_memory(files, Settings::default());
    assert!(model.errors.is_empty(), "{:?}", model.errors);
    model
}

/// The text at a place, in the file a person can open.
pub(super) fn text_at(model: &Model, at: At) -> String {
    let place = model.sources.outermost(model.place(at));
    place.span.slice(&model.sources.get(place.file).text).to_string()
}

pub(super) fn file_of(model: &Model, at: At) -> String {
    model.sources.get(model.doc(at.doc).file).path.clone()
}

mod resources {
    use super::*;

    #[test]
    fn lists_are_unpacked_and_unknown_kinds_are_kept() {
        let model = model(&[(
            "a.yaml",
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: s, namespace: n}}\n\
             - {apiVersion: x.io/v1, kind: Thing, metadata: {name: t}}\n---\napiVersion: v1\nkind: ConfigMapList\nitems:\n\
             - {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n",
        )]);
        let names: Vec<&str> = model.resources.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["s", "t", "c"]);
        assert_eq!(model.resources[0].namespace.as_deref(), Some("n"));
        assert_eq!(model.coverage.documents, 2);
    }

    #[test]
    fn every_kind_with_a_pod_is_a_workload() {
        let pod = "{containers: [{name: a, image: x}]}";
        for (kind, spec) in [
            ("Deployment", format!("{{template: {{spec: {pod}}}}}")),
            ("Rollout", format!("{{template: {{spec: {pod}}}}}")),
            ("Job", format!("{{template: {{spec: {pod}}}}}")),
            ("CronJob", format!("{{jobTemplate: {{spec: {{template: {{spec: {pod}}}}}}}}}")),
            ("Pod", pod.to_string()),
        ] {
            let text = format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n");
            let model = model(&[("a.yaml", &text)]);
            let workload = model.resources[0].workload.as_ref();
            assert_eq!(workload.map(|w| w.containers.len()), Some(1), "{kind}");
        }
        let model = model(&[("a.yaml", "apiVersion: v1\nkind: Service\nspec: {selector: {a: b}}\n")]);
        assert!(model.resources[0].workload.is_none());
    }

    #[test]
    fn containers_ports_and_sidecars() {
        let model = model(&[(
            "a.yaml",
            "apiVersion: v1\nkind: Pod\nspec:\n  initContainers:\n  - {name: i}\n  - {name: s, restartPolicy: Always}\n  \
             containers:\n  - name: m\n    ports: [{containerPort: 80, hostPort: 8080}, {containerPort: 53, protocol: UDP, name: dns}]\n",
        )]);
        let workload = model.resources[0].workload.as_ref().expect("a workload");
        let kinds: Vec<ContainerKind> = workload.containers.iter().map(|c| c.kind).collect();
        assert_eq!(kinds, [ContainerKind::Init, ContainerKind::Sidecar, ContainerKind::Main]);
        let ports = &workload.containers[2].ports;
        assert_eq!(
            (ports[0].container_port, ports[0].host_port, ports[0].protocol.as_str()),
            (Some(80), Some(8080), "TCP")
        );
        assert_eq!((ports[1].name.as_deref(), ports[1].protocol.as_str()), (Some("dns"), "UDP"));
    }

    #[test]
    fn variables_are_expanded_as_the_kubelet_does() {
        let model = model(&[(
            "a.yaml",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: m\n    envFrom: [{secretRef: {name: x}}]\n    env:\n\
             \x20   - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}\n\
             \x20   - {name: PORT, value: \"8126\"}\n\
             \x20   - {name: URL, value: \"http://$(HOST):$(PORT)/$$(X)/$(LATER)\"}\n\
             \x20   - {name: LATER, value: a}\n\
             \x20   - {name: KEY, valueFrom: {secretKeyRef: {name: s, key: k}}}\n\
             \x20   - {name: T, value: \"<path:kv/x#y>\"}\n\
             \x20   - {name: PORT, value: \"\"}\n",
        )]);
        let env = &model.resources[0].workload.as_ref().expect("a workload").containers[0].env;
        assert!(env.from_unknown);
        let url = env.get("URL").expect("URL");
        assert_eq!(env.literal("URL"), Some("http://$(HOST):8126/$(X)/$(LATER)"));
        assert_eq!(url.refers_to, [0, 1]);
        assert_eq!(env.entries[0].source, EnvSource::Field("status.hostIP".into()));
        assert_eq!(env.entries[0].value_at.map(|at| text_at(&model, at)).as_deref(), Some("status.hostIP"));
        assert_eq!(env.get("KEY").map(|e| e.source.clone()), Some(EnvSource::Secret("s".into(), "k".into())));
        assert_eq!(env.get("T").map(|e| e.source.clone()), Some(EnvSource::Unknown));
        assert_eq!(env.literal("PORT"), None, "the later entry wins, and empty is unset");
    }
}

mod applications {
    use super::*;

    const APP: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: dd\n  namespace: argocd\nspec:\n";

    #[test]
    fn values_of_every_form_merge_in_order() {
        let app = format!(
            "{APP}  destination: {{server: https://kubernetes.default.svc, namespace: monitoring}}\n  sources:\n  \
             - repoURL: https://helm.datadoghq.com\n    chart: datadog\n    targetRevision: 3.240.0\n    helm:\n      \
             valueFiles: [$values/dd/values.yaml, $values/dd/prod.yaml]\n      values: |\n        datadog:\n          site: inline\n          \
             tags: [x]\n      parameters:\n      - {{name: datadog.logLevel, value: debug}}\n      - {{name: agents.enabled, value: \"true\"}}\n  \
             - repoURL: https://git/acme\n    ref: values\n"
        );
        let model = model(&[
            ("apps/dd.yaml", &app),
            ("dd/values.yaml", "datadog: {site: a, apiKey: k, logLevel: info}\nagents: {x: 1}\n"),
            ("dd/prod.yaml", "datadog: {site: b}\n"),
        ]);
        assert_eq!(model.releases.len(), 1);
        let release = &model.releases[0];
        assert_eq!((release.name.as_deref(), release.namespace.as_deref()), (Some("dd"), Some("monitoring")));
        assert!(matches!(&release.chart, ChartRef::Remote { name, .. } if name == "datadog"));
        assert!(release.complete);
        let site = release.values.get(&["datadog", "site"]).expect("site");
        assert_eq!(site.as_str(), Some("inline"));
        let at = site.at.expect("a place");
        assert_eq!(
            (file_of(&model, at.value_at()), text_at(&model, at.value_at())),
            ("apps/dd.yaml".into(), "inline".into())
        );
        assert_eq!(
            site.shadowed.iter().map(|at| file_of(&model, at.value_at())).collect::<Vec<_>>(),
            ["dd/prod.yaml", "dd/values.yaml"]
        );
        assert_eq!(release.values.get(&["datadog", "logLevel"]).and_then(Value::as_str), Some("debug"));
        assert_eq!(release.values.get(&["agents", "enabled"]).and_then(Value::as_bool), Some(true));
        assert_eq!(release.values.get(&["datadog", "apiKey"]).and_then(Value::as_str), Some("k"));
    }

    #[test]
    fn values_object_makes_values_ignored() {
        let app = format!(
            "{APP}  source:\n    chart: datadog\n    repoURL: r\n    helm:\n      values: 'datadog: {{site: a}}'\n      valuesObject: {{datadog: {{logLevel: x}}}}\n"
        );
        let model = model(&[("a.yaml", &app)]);
        let values = &model.releases[0].values;
        assert!(values.get(&["datadog", "site"]).is_none());
        assert_eq!(values.get(&["datadog", "logLevel"]).and_then(Value::as_str), Some("x"));
    }

    #[test]
    fn what_is_missing_or_elsewhere_makes_values_incomplete() {
        let app = |files: &str| {
            format!(
                "{APP}  source:\n    path: charts/x\n    repoURL: https://git/acme\n    helm: {{valueFiles: [{files}]}}\n"
            )
        };
        let chart = [
            ("charts/x/Chart.yaml", "name: x\nversion: 1.0.0\napiVersion: v2\n"),
            ("charts/x/prod.yaml", "a: 1\n"),
        ];
        let with =
            |files: &str| from_memory(&[("app.yaml", &app(files)), chart[0], chart[1]], Settings::default());
        assert!(with("prod.yaml").releases[0].complete);
        assert!(with("/charts/x/prod.yaml").releases[0].complete);
        assert!(with("'*.yaml'").releases[0].complete);
        let missing = with("nope.yaml");
        assert!(!missing.releases[0].complete && missing.errors.is_empty());
        assert_eq!(
            missing.releases[0].missing_files.iter().map(|at| text_at(&missing, *at)).collect::<Vec<_>>(),
            ["nope.yaml"]
        );
        assert!(!with("https://x/y.yaml").releases[0].complete);
        let outside = with("../../../x.yaml");
        assert_eq!(outside.errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["outside-root"]);
        assert!(outside.errors[0].place.is_some());
    }

    #[test]
    fn local_sources_deploy_what_lies_in_them() {
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: rayne}\nspec: {template: {spec: {containers: []}}}\n";
        let app = format!(
            "{APP}  source: {{path: rayne, repoURL: https://git/acme}}\n  destination: {{namespace: shop}}\n"
        );
        let elsewhere = app
            .replace("acme", "other")
            .replace("name: dd", "name: other")
            .replace("path: rayne", "path: nope");
        let root = app.replace("path: rayne", "path: apps").replace("name: dd", "name: root");
        let model = model(&[
            ("apps/a.yaml", &app),
            ("apps/b.yaml", &elsewhere),
            ("root.yaml", &root),
            ("rayne/d.yaml", deployment),
            ("rayne/deep/e.yaml", deployment),
        ]);
        let find =
            |path: &str| model.resources.iter().find(|r| file_of(&model, r.at) == path).expect("a resource");
        assert_eq!(find("rayne/d.yaml").effective_namespace.as_deref(), Some("shop"));
        assert!(find("rayne/deep/e.yaml").deployed_by.is_none(), "recurse is off");
        let names = |id: Option<AppId>| id.and_then(|id| model.application(id).name.clone());
        assert_eq!(names(find("rayne/d.yaml").deployed_by).as_deref(), Some("dd"));
        let child =
            model.applications.iter().find(|app| app.name.as_deref() == Some("dd")).expect("the child");
        assert_eq!(names(child.parent).as_deref(), Some("root"));
        let other = model.applications.iter().find(|app| app.name.as_deref() == Some("other")).expect("it");
        assert!(other.sources[0].local_path.is_none());
    }

    #[test]
    fn a_set_is_a_template() {
        let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  goTemplate: true\n  template:\n    \
                   metadata: {name: '{{.name}}-dd', annotations: {argocd.argoproj.io/sync-wave: '-5'}}\n    spec:\n      \
                   source: {chart: datadog, repoURL: r, helm: {values: 'datadog: {site: {{ .site }}}'}}\n      \
                   syncPolicy: {automated: {selfHeal: true}}\n";
        let model = model(&[("a.yaml", set)]);
        let app = &model.applications[0];
        assert!(app.from_set && app.automated && app.self_heal && app.name.is_none());
        assert_eq!((app.wave, app.wave_at.map(|at| text_at(&model, at)).as_deref()), (-5, Some("'-5'")));
        let site = model.releases[0].values.get(&["datadog", "site"]).expect("site");
        assert_eq!(site.data, ValueData::Unknown);
    }

    #[test]
    fn an_application_without_spec_is_an_application() {
        let model = model(&[(
            "a.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\n",
        )]);
        assert_eq!(model.applications.len(), 1);
        assert!(model.applications[0].sources.is_empty() && !model.applications[0].automated);
    }
}
