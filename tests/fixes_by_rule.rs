//! What mends what: for each rule whether the catalogue names a fix, which findings of its examples carry it and why
//! the others do not; and each fix in the shapes of files that people write, byte for byte.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::Folder;

/// What the catalogue names for a rule.
enum Named {
    /// A fix. Findings of bad examples without one: the example (from 0), how many, and why.
    Fix(&'static [(usize, usize, &'static str)]),
    /// None, and why.
    None(&'static str),
}

const RENDERED: &str = "the input is rendered text: no file of it gives the value";
const NO_SERVICE: &str = "the Agent's Service is not in the input, and neither are values or a DatadogAgent";
const SCRIPT: &str = "a line of a script: the order and the waits of a script are its author's";

/// Every built-in rule. A new rule needs a line here.
const RULES: &[(&str, Named)] = &[
    ("agent-host-ip-unreachable", Named::Fix(&[(0, 1, NO_SERVICE)])),
    ("agent-ready-before-apm", Named::Fix(&[(0, 1, SCRIPT)])),
    (
        "agent-service-unresolvable",
        Named::Fix(&[(
            3,
            1,
            "the Service is there with the right --kube-version: nothing in a file is wrong",
        )]),
    ),
    ("api-key-inline", Named::None("a key that was in a file must be revoked, which no edit does")),
    ("apm-receiver-absent", Named::Fix(&[(3, 1, RENDERED)])),
    (
        "app-before-agent",
        Named::Fix(&[
            (1, 1, SCRIPT),
            (2, 1, SCRIPT),
            (3, 1, "a PreSync hook comes before every wave"),
            (4, 1, "the waves are right; ArgoCD does not wait between Applications"),
        ]),
    ),
    ("argocd-token-ignore-differences", Named::None("the remedy is another one: a fixed token")),
    ("checksum-of-random", Named::None("what should be there instead of the random value is not known")),
    ("cluster-agent-token-regenerated", Named::Fix(&[(5, 1, RENDERED)])),
    ("cluster-agent-token-too-short", Named::None("a secret is not made by a linter")),
    (
        "custom-agent-config-ignored",
        Named::Fix(&[
            (1, 2, "the value of the chart to set instead may be meant otherwise"),
            (2, 1, "whether the configuration or the switch is the mistake is not known"),
            (3, 1, "Windows has no such mount"),
        ]),
    ),
    ("debug-logging", Named::Fix(&[(7, 1, SCRIPT)])),
    (
        "duplicate-yaml-key",
        Named::Fix(&[(1, 1, "both give the key a value"), (2, 1, "both give the key a value")]),
    ),
    ("helm-install-flags-constant", Named::None("the template has to ask for a value instead")),
    ("helm-lookup-empty", Named::None("the template has to ask for a value instead")),
    ("hostnetwork-dns-policy", Named::Fix(&[])),
    (
        "http-error-statuses",
        Named::Fix(&[(0, 5, "named for lists that leave out 5xx; what else is meant is not known")]),
    ),
    ("kpi-telemetry-drift", Named::Fix(&[(3, 1, RENDERED)])),
    (
        "loopback-without-sidecar",
        Named::Fix(&[
            (0, 1, NO_SERVICE),
            (1, 1, NO_SERVICE),
            (2, 1, "no variable is there to change; which one is meant is not known"),
            (4, 1, NO_SERVICE),
        ]),
    ),
    ("not-rendered", Named::None("ddlint's own")),
    ("null-chart-default", Named::None("which value is meant is not known")),
    ("render-nondeterministic", Named::None("what should be there instead of the random value is not known")),
    ("skip-ssl-validation", Named::None("the certificate is what has to be mended")),
    (
        "skip-ssl-validation-partial",
        Named::Fix(&[
            (1, 1, "one container verifies on purpose"),
            (3, 1, "a DaemonSet of one's own has no place that reaches all containers"),
        ]),
    ),
    ("unused-suppression", Named::None("ddlint's own")),
];

#[test]
fn every_rule_has_the_fix_that_the_catalogue_names() {
    let registry = ddlint::rule::Registry::embedded();
    let built: BTreeSet<&str> = registry.rules().map(|rule| &*rule.id).collect();
    let listed: BTreeSet<&str> = RULES.iter().map(|(id, _)| *id).collect();
    assert_eq!(built, listed, "each rule has a line in the table, and no other");
    for rule in registry.rules() {
        let named = &RULES.iter().find(|(id, _)| *id == &*rule.id).expect("listed").1;
        match named {
            Named::None(why) => assert!(!rule.fixable(), "{} has a fix although {why}", rule.id),
            Named::Fix(_) => assert!(rule.fixable(), "{} has no fix", rule.id),
        }
    }
}

#[test]
fn after_the_fixes_a_second_run_finds_none_of_the_fixed() {
    let registry = ddlint::rule::Registry::embedded();
    for rule in registry.rules() {
        let id = &*rule.id;
        let Some((_, Named::Fix(without))) = RULES.iter().find(|(known, _)| *known == id) else { continue };
        let mut with_fix = 0;
        for (at, example) in rule.examples().bad.iter().enumerate() {
            let folder = Folder::new(&[]);
            for file in &example.files {
                folder.write(&file.path, &file.text);
            }
            let found = |ran: &support::Ran| -> Vec<(String, bool)> {
                let json = ran.json();
                let findings = json["findings"].as_array().cloned().unwrap_or_default();
                let of = |it: &serde_json::Value| {
                    (it["fingerprint"].as_str().unwrap_or_default().to_string(), !it["fix"].is_null())
                };
                findings.iter().map(of).collect()
            };
            let before = found(&folder.check(&["--select", id]));
            let bare = before.iter().filter(|(_, fix)| !fix).count();
            let expected =
                without.iter().find(|(example, ..)| *example == at).map_or(0, |(_, count, _)| *count);
            assert_eq!(bare, expected, "{id}, bad example {at}: findings without a fix");
            let ran = folder.check(&["--select", id, "--unsafe-fixes"]);
            assert!(!ran.err.contains("left out"), "{id}, bad example {at}: {}", ran.err);
            let after: BTreeMap<String, bool> = found(&folder.check(&["--select", id])).into_iter().collect();
            for (fingerprint, _) in before.iter().filter(|(_, fix)| *fix) {
                with_fix += 1;
                assert!(!after.contains_key(fingerprint), "{id}, bad example {at}: still found");
            }
            assert!(after.len() <= expected, "{id}, bad example {at}: {after:?}");
        }
        assert!(with_fix > 0, "no example of {id} is mended");
    }
}

/// Files before, and each one that changes afterwards.
struct Case {
    what: &'static str,
    rules: &'static str,
    files: &'static [(&'static str, &'static str)],
    after: &'static [(&'static str, &'static str)],
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: dd, namespace: mon}\nspec:\n  selector: {app: dd}\n  ports:\n    - {port: 8126, protocol: TCP}\n";
const DAEMONSET: &str = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: dd, namespace: mon, labels: {agent.datadoghq.com/component: agent}}\nspec:\n  template:\n    metadata: {labels: {app: dd}}\n    spec:\n      containers:\n        - name: trace-agent\n          image: datadog/agent:7\n          ports: [{containerPort: 8126}]\n";
const NODE_IP: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n            - name: DD_AGENT_HOST # where\n              valueFrom:\n                fieldRef: # the node\n                  fieldPath: status.hostIP # its address\n            - {name: A, value: b}\n";
const NODE_URL: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n            - {name: HOST_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}\n            - name: DD_TRACE_AGENT_URL\n              value: 'http://$(HOST_IP):8126' # the node\n";

const CASES: &[Case] = &[
    Case {
        what: "the whole valueFrom gives way to the Service; what is said about it stays",
        rules: "agent-host-ip-unreachable",
        files: &[("app.yaml", NODE_IP), ("agent.yaml", DAEMONSET), ("service.yaml", SERVICE)],
        after: &[(
            "app.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n            - name: DD_AGENT_HOST # where\n              # the node\n              value: dd.mon.svc.cluster.local # its address\n            - {name: A, value: b}\n",
        )],
    },
    Case {
        what: "a URL keeps scheme, port and quotes",
        rules: "agent-host-ip-unreachable",
        files: &[("app.yaml", NODE_URL), ("agent.yaml", DAEMONSET), ("service.yaml", SERVICE)],
        after: &[(
            "app.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n            - {name: HOST_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}\n            - name: DD_TRACE_AGENT_URL\n              value: 'http://dd.mon.svc.cluster.local:8126' # the node\n",
        )],
    },
    Case {
        what: "without a known namespace the values open the port",
        rules: "agent-host-ip-unreachable",
        files: &[
            ("app.yaml", NODE_IP),
            (
                "values.yaml",
                "# ours\ndatadog:\n    apiKeyExistingSecret: x\n    apm: # traces\n        socketEnabled: true\nclusterAgent:\n    replicas: 1\n",
            ),
        ],
        after: &[(
            "values.yaml",
            "# ours\ndatadog:\n    apiKeyExistingSecret: x\n    apm: # traces\n        socketEnabled: true\n        portEnabled: true\nclusterAgent:\n    replicas: 1\n",
        )],
    },
    Case {
        what: "a DatadogAgent opens the port",
        rules: "agent-host-ip-unreachable",
        files: &[
            ("app.yaml", NODE_IP),
            (
                "agent.yaml",
                "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nmetadata: {name: dd}\nspec:\n  features:\n    apm:\n      # all of them\n      enabled: true\n",
            ),
        ],
        after: &[(
            "agent.yaml",
            "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nmetadata: {name: dd}\nspec:\n  features:\n    apm:\n      # all of them\n      enabled: true\n      hostPortConfig:\n        enabled: true\n",
        )],
    },
    Case {
        what: "the Agent's Application goes before the first of two that send to it",
        rules: "app-before-agent",
        files: &[
            (
                "apps/web.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: web\n  annotations: {argocd.argoproj.io/sync-wave: \"-3\"}\nspec:\n  source: {repoURL: https://github.com/acme/x, path: web, targetRevision: main}\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n",
            ),
            (
                "apps/api.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: api\n  annotations: {argocd.argoproj.io/sync-wave: \"-1\"}\nspec:\n  source: {repoURL: https://github.com/acme/x, path: api, targetRevision: main}\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n",
            ),
            (
                "apps/dd.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: dd-agent # monitoring\n  namespace: argocd\nspec:\n  source: {repoURL: https://helm.datadoghq.com, chart: datadog, targetRevision: 3.240.0}\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n",
            ),
            (
                "web/app.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, env: [{name: DD_AGENT_HOST, value: dd-agent-datadog}]}]}}}\n",
            ),
            (
                "api/app.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec: {template: {spec: {containers: [{name: api, env: [{name: DD_AGENT_HOST, value: dd-agent-datadog}]}]}}}\n",
            ),
        ],
        after: &[(
            "apps/dd.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: dd-agent # monitoring\n  namespace: argocd\n  annotations:\n    argocd.argoproj.io/sync-wave: \"-4\"\nspec:\n  source: {repoURL: https://helm.datadoghq.com, chart: datadog, targetRevision: 3.240.0}\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n",
        )],
    },
    Case {
        what: "the entry moves with its comment, and the list stays",
        rules: "skip-ssl-validation-partial",
        files: &[(
            "values.yaml",
            "datadog:\n  apiKeyExistingSecret: x\n  env:\n  - name: A\n    value: b\nagents:\n  containers:\n    agent:\n      env: # of the agent\n        # the clock is wrong\n        - name: DD_SKIP_SSL_VALIDATION\n          value: \"true\" # for now\n    traceAgent: {}\n",
        )],
        after: &[(
            "values.yaml",
            "datadog:\n  apiKeyExistingSecret: x\n  env:\n  - name: A\n    value: b\n  # the clock is wrong\n  - name: DD_SKIP_SSL_VALIDATION\n    value: \"true\" # for now\nagents:\n  containers:\n    agent:\n      env: [] # of the agent\n    traceAgent: {}\n",
        )],
    },
    Case {
        what: "an entry of a mapping moves into the mapping for all, which is made",
        rules: "skip-ssl-validation-partial",
        files: &[(
            "values.yaml",
            "datadog:\n  apiKeyExistingSecret: x\nagents:\n  containers:\n    agent:\n      envDict: # of the agent\n        DD_SKIP_SSL_VALIDATION: 'true'\n    traceAgent: {}\n",
        )],
        after: &[(
            "values.yaml",
            "datadog:\n  apiKeyExistingSecret: x\n  envDict:\n    DD_SKIP_SSL_VALIDATION: 'true'\nagents:\n  containers:\n    agent:\n      envDict: {} # of the agent\n    traceAgent: {}\n",
        )],
    },
    Case {
        what: "out of a longer mapping, and in brackets",
        rules: "skip-ssl-validation-partial",
        files: &[
            (
                "values-a.yaml",
                "datadog:\n  apiKeyExistingSecret: x\n  envDict:\n    A: b\nagents:\n  containers:\n    agent:\n      envDict:\n        DD_SKIP_SSL_VALIDATION: \"true\"\n        B: c # stays\n    traceAgent: {}\n",
            ),
            (
                "envs/b/values.yaml",
                "datadog: {apiKeyExistingSecret: x, envDict: {A: b}}\nagents: {containers: {agent: {envDict: {B: c, DD_SKIP_SSL_VALIDATION: \"true\"}}, traceAgent: {}}}\n",
            ),
        ],
        after: &[
            (
                "values-a.yaml",
                "datadog:\n  apiKeyExistingSecret: x\n  envDict:\n    A: b\n    DD_SKIP_SSL_VALIDATION: \"true\"\nagents:\n  containers:\n    agent:\n      envDict:\n        B: c # stays\n    traceAgent: {}\n",
            ),
            (
                "envs/b/values.yaml",
                "datadog: {apiKeyExistingSecret: x, envDict: {A: b, DD_SKIP_SSL_VALIDATION: \"true\"}}\nagents: {containers: {agent: {envDict: {B: c}}, traceAgent: {}}}\n",
            ),
        ],
    },
    Case {
        what: "an entry with a comment stays: the comment would be lost or left behind",
        rules: "skip-ssl-validation-partial",
        files: &[(
            "values.yaml",
            "datadog:\n  apiKeyExistingSecret: x\nagents:\n  containers:\n    agent:\n      envDict:\n        # the clock is wrong\n        DD_SKIP_SSL_VALIDATION: 'true'\n    traceAgent: {}\n",
        )],
        after: &[],
    },
    Case {
        what: "what several overlays share does not move into one of them",
        rules: "skip-ssl-validation-partial",
        files: &[
            (
                "app.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: datadog, namespace: argocd}\nspec:\n  sources:\n    - repoURL: https://helm.datadoghq.com\n      chart: datadog\n      targetRevision: 3.240.0\n      helm: {valueFiles: [$here/base.yaml, $here/prod.yaml]}\n    - {repoURL: https://github.com/acme/x, ref: here, path: other}\n  destination: {server: https://kubernetes.default.svc, namespace: datadog}\n",
            ),
            ("other/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
            (
                "base.yaml",
                "agents:\n  containers:\n    agent:\n      env:\n        - name: DD_SKIP_SSL_VALIDATION\n          value: \"true\"\n    traceAgent: {}\n",
            ),
            ("prod.yaml", "datadog:\n  apiKeyExistingSecret: x\n  env: [{name: A, value: b}]\n"),
        ],
        after: &[],
    },
    Case {
        what: "out of a longer list, into the override of a DatadogAgent",
        rules: "skip-ssl-validation-partial",
        files: &[(
            "agent.yaml",
            "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nmetadata: {name: dd}\nspec:\n  override:\n    nodeAgent:\n      containers:\n        trace-agent:\n          env:\n            - name: A\n              value: b\n            - name: DD_SKIP_SSL_VALIDATION\n              value: \"true\"\n      image: {tag: \"7\"}\n",
        )],
        after: &[(
            "agent.yaml",
            "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nmetadata: {name: dd}\nspec:\n  override:\n    nodeAgent:\n      containers:\n        trace-agent:\n          env:\n            - name: A\n              value: b\n      image: {tag: \"7\"}\n      env:\n        - name: DD_SKIP_SSL_VALIDATION\n          value: \"true\"\n",
        )],
    },
    Case {
        what: "localhost becomes the Service where the port is open there",
        rules: "loopback-without-sidecar",
        files: &[
            (
                "app.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n            - {name: DD_TRACE_AGENT_URL, value: \"http://localhost:8126\"}\n            - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"http://localhost:4317\"}\n",
            ),
            ("agent.yaml", DAEMONSET),
            ("service.yaml", SERVICE),
        ],
        after: &[(
            "app.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n            - {name: DD_TRACE_AGENT_URL, value: \"http://dd.mon.svc.cluster.local:8126\"}\n            - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"http://localhost:4317\"}\n",
        )],
    },
    Case {
        what: "the parameter that decides is the owner",
        rules: "kpi-telemetry-drift",
        files: &[(
            "app.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: datadog, namespace: argocd}\nspec:\n  source:\n    repoURL: https://helm.datadoghq.com\n    chart: datadog\n    targetRevision: 3.240.0\n    helm:\n      valuesObject: {datadog: {apiKeyExistingSecret: x}}\n      parameters:\n        - name: datadog.apm.instrumentation.skipKPITelemetry\n          value: 'false'\n  destination: {server: https://kubernetes.default.svc, namespace: datadog}\n  syncPolicy: {automated: {}}\n",
        )],
        after: &[(
            "app.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: datadog, namespace: argocd}\nspec:\n  source:\n    repoURL: https://helm.datadoghq.com\n    chart: datadog\n    targetRevision: 3.240.0\n    helm:\n      valuesObject: {datadog: {apiKeyExistingSecret: x}}\n      parameters:\n        - name: datadog.apm.instrumentation.skipKPITelemetry\n          value: 'true'\n  destination: {server: https://kubernetes.default.svc, namespace: datadog}\n  syncPolicy: {automated: {}}\n",
        )],
    },
    Case {
        what: "values behind a template, with its quotes and their own",
        rules: "debug-logging,app-before-agent",
        files: &[
            ("apps/Chart.yaml", "apiVersion: v2\nname: apps\nversion: 0.1.0\n"),
            ("apps/values.yaml", "waves: {dd: '5', web: 1} # in order\n"),
            (
                "apps/templates/a.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: datadog\n  namespace: argocd\n  annotations:\n    argocd.argoproj.io/sync-wave: {{ .Values.waves.dd | quote }}\nspec:\n  source: {repoURL: https://helm.datadoghq.com, chart: datadog, targetRevision: 3.240.0}\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: web\n  namespace: argocd\n  annotations:\n    argocd.argoproj.io/sync-wave: \"{{ .Values.waves.web }}\"\nspec:\n  source: {repoURL: https://github.com/acme/x, path: web, targetRevision: main}\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n",
            ),
            (
                "root.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: root, namespace: argocd}\nspec:\n  source: {repoURL: https://github.com/acme/x, path: apps, targetRevision: main}\n  destination: {server: https://kubernetes.default.svc, namespace: argocd}\n",
            ),
            ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
            ("web/values.yaml", "debug: true # for now\n"),
            (
                "web/templates/d.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n            - {name: DD_AGENT_HOST, value: datadog}\n            - name: DD_TRACE_DEBUG\n              value: \"{{ .Values.debug }}\"\n",
            ),
        ],
        after: &[
            ("apps/values.yaml", "waves: {dd: '0', web: 1} # in order\n"),
            ("web/values.yaml", "debug: false # for now\n"),
        ],
    },
    Case {
        what: "a here-document of a script, and a JSON file",
        rules: "hostnetwork-dns-policy",
        files: &[
            (
                "run.sh",
                "#!/bin/sh\nkubectl apply -f - <<EOF\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true # node\n  containers: [{name: a, image: a}]\nEOF\necho done\n",
            ),
            (
                "pod.json",
                "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"metadata\": {\"name\": \"b\"},\n  \"spec\": {\n    \"hostNetwork\": true,\n    \"containers\": [{\"name\": \"b\", \"image\": \"b\"}]\n  }\n}\n",
            ),
        ],
        after: &[
            (
                "run.sh",
                "#!/bin/sh\nkubectl apply -f - <<EOF\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true # node\n  dnsPolicy: ClusterFirstWithHostNet\n  containers: [{name: a, image: a}]\nEOF\necho done\n",
            ),
            (
                "pod.json",
                "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"metadata\": {\"name\": \"b\"},\n  \"spec\": {\n    \"hostNetwork\": true,\n    \"dnsPolicy\": \"ClusterFirstWithHostNet\",\n    \"containers\": [{\"name\": \"b\", \"image\": \"b\"}]\n  }\n}\n",
            ),
        ],
    },
    Case {
        what: "values of a dependency stand below its key, in the values of the umbrella chart",
        rules: "cluster-agent-token-regenerated",
        files: &[
            (
                "mon/Chart.yaml",
                "apiVersion: v2\nname: mon\nversion: 0.1.0\ndependencies:\n  - {name: datadog, version: 3.240.0, repository: https://helm.datadoghq.com, alias: dd}\n",
            ),
            ("mon/values.yaml", "dd:\n  datadog:\n    apiKeyExistingSecret: x\nother: 1\n"),
        ],
        after: &[(
            "mon/values.yaml",
            "dd:\n  datadog:\n    apiKeyExistingSecret: x\n  clusterAgent:\n    tokenExistingSecret: datadog-cluster-agent-token\nother: 1\n",
        )],
    },
    Case {
        what: "two blocks of one key become one at every level",
        rules: "duplicate-yaml-key",
        files: &[(
            "values.yaml",
            "datadog: {apiKeyExistingSecret: x}\nagents:\n  containers:\n    agent:\n      logLevel: INFO\nclusterAgent:\n  replicas: 1\n# far\n\n# below\n# two\nagents: # again\n  useHostNetwork: true\n  # for traces\n  containers:\n    traceAgent:\n      # less\n      logLevel: WARN\n",
        )],
        after: &[(
            "values.yaml",
            "datadog: {apiKeyExistingSecret: x}\nagents:\n  containers:\n    agent:\n      logLevel: INFO\n    # for traces\n    traceAgent:\n      # less\n      logLevel: WARN\n  # below\n  # two\n  # again\n  useHostNetwork: true\nclusterAgent:\n  replicas: 1\n# far\n\n",
        )],
    },
    Case {
        what: "the same in a string of a ConfigMap",
        rules: "duplicate-yaml-key",
        files: &[(
            "map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.yaml: |\n    a:\n      x: 1\n    b: 2\n    a:\n      y: 2\n  other: text\n",
        )],
        after: &[(
            "map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.yaml: |\n    a:\n      x: 1\n      y: 2\n    b: 2\n  other: text\n",
        )],
    },
];

fn mended(case: &Case, newline: &str) {
    let files: Vec<(String, String)> =
        case.files.iter().map(|(path, text)| ((*path).to_string(), text.replace('\n', newline))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = Folder::repository(&files);
    let ran = folder.check(&["--select", case.rules, "--unsafe-fixes"]);
    for (path, text) in &files {
        let after = case.after.iter().find(|(changed, _)| changed == path);
        let after = after.map_or((*text).to_string(), |(_, after)| after.replace('\n', newline));
        assert_eq!(folder.read(path), after, "{}: {path}\n{}\n{}", case.what, ran.err, ran.out);
    }
    assert!(!ran.err.contains("left out"), "{}: {}", case.what, ran.err);
}

#[test]
fn fixes_in_the_shapes_of_files() {
    CASES.iter().for_each(|case| mended(case, "\n"));
}

#[test]
fn fixes_keep_the_line_ends_of_windows() {
    CASES.iter().for_each(|case| mended(case, "\r\n"));
}
