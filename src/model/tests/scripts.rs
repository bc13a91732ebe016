//! Scripts: what they deploy, in which order.

use super::*;
use crate::model::release::Deployer;
use crate::model::script::{Script, StepKind};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: rayne}\nspec: {containers: [{name: a}]}\n";

fn kinds(model: &Model, script: &Script) -> Vec<String> {
    let step = |step: &script::Step| match &step.kind {
        StepKind::Apply { files, resources } => {
            let names: Vec<&str> = resources.iter().map(|id| model.resource(*id).name.as_str()).collect();
            format!("apply {} {}", files.join(","), names.join(","))
        }
        StepKind::Helm { chart, name, wait, release } => {
            let release = release.map(|id| &model.release(id).chart_name);
            format!("helm {name} {chart} {wait} {release:?}")
        }
        StepKind::Restart(what) => format!("restart {what}"),
        StepKind::Wait(_) => "wait".to_string(),
        StepKind::Contact(what) => format!("contact {what}"),
        StepKind::SetEnv(what) => format!("env {what}"),
    };
    script.steps.iter().map(step).collect()
}

#[test]
fn the_order_of_a_setup_script() {
    let script = "#!/usr/bin/env bash\nkubectl apply -f rayne/deployment.yaml   # why\n\
                  helm upgrade --install datadog-agent datadog/datadog -f values.yaml -n dd --wait\n\
                  kubectl wait --for=condition=ready pod -l app=x --timeout=180s\n\
                  until kubectl run curl-test --rm -i --image=curlimages/curl -- curl -sf http://datadog-agent:8126/info; do sleep 3; done\n\
                  kubectl rollout restart deployment/rayne\nkubectl set env daemonset/datadog-agent DD_LOG_LEVEL=debug -c trace-agent\n";
    let model = model(&[
        ("setup.sh", script),
        ("rayne/deployment.yaml", POD),
        ("values.yaml", "datadog: {site: x}\n"),
    ]);
    let script = &model.scripts[0];
    assert_eq!(
        kinds(&model, script),
        [
            "apply rayne/deployment.yaml rayne",
            "helm datadog-agent datadog/datadog true Some(\"datadog\")",
            "wait",
            "contact kubectl run curl-test --rm -i --image=curlimages/curl -- curl -sf http://datadog-agent:8126/info",
            "restart deployment/rayne",
            "env kubectl set env daemonset/datadog-agent DD_LOG_LEVEL=debug -c trace-agent",
        ]
    );
    let place = script.steps[0].place;
    let text = place.span.slice(&model.sources.get(place.file).text);
    assert_eq!(text, "kubectl apply -f rayne/deployment.yaml");
    assert_eq!(model.releases.len(), 1, "the values file belongs to the script's release");
    let release = &model.releases[0];
    assert_eq!((release.name.as_deref(), release.namespace.as_deref()), (Some("datadog-agent"), Some("dd")));
    assert!(matches!(release.deployer, Deployer::Script(_, 1)) && release.complete);
}

#[test]
fn set_wins_over_files_and_variables_are_unknown() {
    let script = "helm repo add dd https://helm.datadoghq.com\n\
                  helm upgrade dd dd/datadog --set datadog.apiKey=\"$KEY\" --set datadog.site=b,agents.enabled=true -f values.yaml --version 3.1.0\n\
                  helm install other dd/datadog -f nope.yaml\n";
    let model = model(&[("s.sh", script), ("values.yaml", "datadog: {site: a, apiKey: x}\n")]);
    let release = &model.releases[0];
    assert_eq!(release.values.get(&["datadog", "site"]).and_then(Value::as_str), Some("b"));
    assert_eq!(release.values.get(&["datadog", "apiKey"]).map(|v| &v.data), Some(&ValueData::Unknown));
    assert!(release.complete && !model.releases[1].complete);
    assert_eq!(
        release.chart,
        ChartRef::Remote {
            repository: Some("https://helm.datadoghq.com".into()),
            name: "datadog".into(),
            version: Some("3.1.0".into())
        }
    );
}

#[test]
fn paths_after_cd_then_beside_the_script_then_from_the_root() {
    let script = "cd ..\nkubectl apply -f k8s/\n(cd sub && kubectl apply -f b.yaml)\nkubectl apply -f c.yaml -n shop\n\
                  kubectl apply -k kust\nkustomize build kust | kubectl apply -f -\n\
                  kubectl apply -f https://x/y.yaml\nkubectl apply --dry-run=client -f c.yaml\nkubectl delete -f c.yaml\n";
    let named = |name: &str| POD.replace("rayne", name);
    let model = model(&[
        ("scripts/up.sh", script),
        ("k8s/a.yaml", &named("a")),
        ("sub/b.yaml", &named("b")),
        ("scripts/c.yaml", &named("c")),
        ("kust/kustomization.yaml", "resources: [d.yaml]\n"),
        ("kust/d.yaml", &named("d")),
    ]);
    assert_eq!(
        kinds(&model, &model.scripts[0]),
        [
            "apply k8s a",
            "apply sub/b.yaml b",
            "apply scripts/c.yaml c",
            "apply kust d",
            "apply kust d",
            "apply  "
        ]
    );
    let c = model.resources.iter().find(|r| r.name == "c").expect("c");
    assert_eq!(c.effective_namespace.as_deref(), Some("shop"));
}

#[test]
fn here_documents_are_manifests_in_the_script() {
    let script = "cat <<'EOF' | kubectl apply -f -\napiVersion: v1\nkind: Service\nmetadata:\n  name: inline\nEOF\n\
                  kubectl apply -f - <<EOF\napiVersion: v1\nkind: Service\nmetadata: {name: $X}\nEOF\n";
    let model = model(&[("s.sh", script)]);
    assert_eq!(model.resources.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["inline"]);
    let at = model.resources[0].at;
    assert!(text_at(&model, at).starts_with("apiVersion: v1\nkind: Service"));
    assert_eq!(kinds(&model, &model.scripts[0]), ["apply  inline", "apply  "]);
}

#[test]
fn what_envsubst_fills_in_is_unknown() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, env: [{name: A, value: \"${X}\"}, {name: B, value: b}]}]}\n";
    let model = model(&[("s.sh", "envsubst < p.yaml | kubectl apply -f -\n"), ("p.yaml", pod)]);
    let env = &model.resources[0].workload.as_ref().expect("a workload").containers[0].env;
    assert_eq!(env.get("A").map(|e| &e.source), Some(&EnvSource::Unknown));
    assert_eq!(env.literal("B"), Some("b"));
    assert_eq!(kinds(&model, &model.scripts[0]), ["apply p.yaml p"]);
}

#[test]
fn a_script_that_deploys_nothing_is_skipped() {
    let model = model(&[("s.sh", "kubectl get pods\nhelm list\n"), ("t.sh", "echo hi\n")]);
    assert!(model.scripts.is_empty());
    assert_eq!(model.coverage.skipped.len(), 2);
}
