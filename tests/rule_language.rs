//! What each part of the rule language means, by rules made for the purpose and their own examples.

use ddlint::finding::{Finding, Safety};
use ddlint::model::{self, Model, Settings};
use ddlint::rule::{Registry, RuleFileError, Selection, examples, run};
use ddlint_yaml::SourceText;

/// A rule with the given check and examples.
fn registry(check: &str, examples: &str) -> Registry {
    let text = format!(
        "id: probe\ngroup: test\nsince: 0.1.0\nsummary: s\nwhy: w\nremedy: r\n{check}\nexamples:\n{examples}"
    );
    Registry::load(&[("probe.yaml".to_string(), text.into())]).unwrap_or_else(|errors| {
        let errors: Vec<String> = errors.iter().map(RuleFileError::to_string).collect();
        panic!("{}", errors.join("\n"))
    })
}

/// The examples of the rule must do what they say.
#[track_caller]
fn holds(check: &str, examples: &str) {
    let registry = registry(check, examples);
    let failures: Vec<String> =
        registry.rules().flat_map(examples::check).map(|failure| failure.to_string()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

const ANY: &str = "  bad: [{ a.yaml: \"a: b\\n#  ^ probe\" }]\n  good: [{ a.yaml: \"a: b\" }]\n";

fn findings(check: &str, files: &[(&str, &str)]) -> (Model, Vec<Finding>) {
    let registry = registry(check, ANY);
    let model = model::from_memory(files, Settings::default());
    assert!(model.errors.is_empty(), "{:?}", model.errors);
    let findings = run(&model, &registry, &Selection::everything(&registry));
    (model, findings)
}

#[test]
fn facts_and_paths_are_tested_and_a_match_of_select_is_the_place() {
    holds(
        "severity: warning
for: application
select: $.spec.source.targetRevision
where: { value: { one-of: [HEAD, main] } }
report: { message: \"`{value}` moves\" }",
        "  bad:
    - app.yaml: |
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: { name: a }
        spec:
          source:
            repoURL: https://example.org
            path: x
            targetRevision: HEAD
            #               ^^^^ probe: warning
  good:
    - app.yaml: |
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: { name: a }
        spec: { source: { repoURL: https://example.org, path: x, targetRevision: v1.4.2 } }
",
    );
}

#[test]
fn what_is_unknown_proves_nothing_nor_its_opposite() {
    let check = "severity: error
for: container
where: { env.DD_SITE: { not: datadoghq.eu } }
report: { at: env.DD_SITE, message: \"{name}\" }";
    holds(
        check,
        "  bad:
    - pod.yaml: |
        apiVersion: v1
        kind: Pod
        metadata: { name: a }
        spec:
          containers:
            - name: a
              env: [{ name: DD_SITE, value: datadoghq.com }]
              #                             ^^^^^^^^^^^^^ probe
  good:
    - pod.yaml: |
        apiVersion: v1
        kind: Pod
        metadata: { name: a }
        spec:
          containers:
            - name: a
              env: [{ name: DD_SITE, valueFrom: { configMapKeyRef: { name: c, key: k } } }]
            - name: b
              envFrom: [{ configMapRef: { name: c } }]
            - name: c
              env: [{ name: DD_SITE, value: \"{{ .site }}\" }]
",
    );
}

const SERVICES: &str = "apiVersion: v1
kind: Service
metadata: { name: one, namespace: ns }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: two, namespace: ns }
spec: { ports: [{ port: 81 }] }
";

fn pod(name: &str, env: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {name}, namespace: ns }}\nspec:\n  containers:\n    - name: c\n      env:\n        - {{ name: HOST, value: {env} }}\n"
    )
}

#[test]
fn relations_join_on_captured_values() {
    let check = "severity: error
for: env
where: { name: HOST }
in-scope: service
absent: { view: service, where: { name: \"{value}\" } }
report:
  at: value
  message: \"`{value}` is none of {service.name}\"
  related: [{ view: service, at: name, message: \"`{service.name}` is one\" }]";
    let (_, found) = findings(check, &[("s.yaml", SERVICES), ("p.yaml", &pod("p", "three"))]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "`three` is none of one, two");
    let related: Vec<&str> = found[0].related.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(related, ["`one` is one", "`two` is one"]);
    assert_eq!(found[0].path.as_deref(), Some("$['spec']['containers'][0]['env'][0]['value']"));
    let (_, found) = findings(check, &[("s.yaml", SERVICES), ("p.yaml", &pod("p", "two"))]);
    assert!(found.is_empty(), "the service is there");
    let (_, found) = findings(check, &[("p.yaml", &pod("p", "three"))]);
    assert!(found.is_empty(), "no service in scope");
    let unknown = SERVICES.replace("name: two", "name: \"{{ .x }}\"");
    let (_, found) = findings(check, &[("s.yaml", &unknown), ("p.yaml", &pod("p", "three"))]);
    assert!(found.is_empty(), "a service with an unknown name may be the one");
}

#[test]
fn members_of_the_own_view_are_compared_once() {
    let check = "severity: error
for: service
exists: { view: service, as: other, among: earlier, where: { ports: { any-item: { gt: 0 } }, namespace: \"{namespace}\" } }
report: { message: \"{name} after {other.name}\" }";
    let (_, found) = findings(check, &[("s.yaml", SERVICES)]);
    let messages: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["two after one"]);
}

const GROUP: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata: { name: d }
spec:
  template:
    spec:
      containers:
        - name: a
          env: [{ name: X, value: \"true\" }]
        - name: b
        - name: c
          env: [{ name: X, value: \"false\" }]
";

#[test]
fn one_setting_is_compared_across_a_group() {
    let check = "severity: error
for: workload
compare:
  across: { view: container, of: workload, where: { kind: main } }
  value: env.X
  must: be-equal
  odd: { equals: \"true\" }
report:
  at: odd.value
  message: \"on in `{odd}`, not in `{others}`\"
  related: [{ view: others, at: name, message: \"not in `{others.name}`\" }]";
    let (model, found) = findings(check, &[("d.yaml", GROUP)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "on in `a`, not in `b`, `c`");
    assert_eq!(model.sources.location(found[0].primary).line, 9);
    let related: Vec<&str> = found[0].related.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(related, ["not in `b`", "not in `c`"]);
    let all = GROUP.replace("\"false\"", "\"true\"").replace("        - name: b\n", "");
    assert!(findings(check, &[("d.yaml", &all)]).1.is_empty(), "set in all");
    let unknown =
        GROUP.replace("- name: b\n", "- name: b\n          envFrom: [{ secretRef: { name: s } }]\n");
    assert!(findings(check, &[("d.yaml", &unknown)]).1.is_empty(), "unknown in one");
    let minority = "severity: error
for: workload
compare: { across: { view: container, of: workload }, value: env.X, must: be-equal, ignore-absent: true }
report: { at: odd.value, message: \"{odd}\" }";
    let (_, found) = findings(minority, &[("d.yaml", GROUP)]);
    assert_eq!(found[0].message, "c", "of equally many the first is ordinary");
    let distinct = "severity: error
for: workload
compare: { across: { view: container, of: workload }, value: env.X, must: be-distinct }
report: { at: odd.value, message: \"{odd} like {others}\" }";
    assert!(findings(distinct, &[("d.yaml", GROUP)]).1.is_empty());
    let twice = GROUP.replace("\"false\"", "\"true\"");
    assert_eq!(findings(distinct, &[("d.yaml", &twice)]).1[0].message, "c like a");
}

const PARENT: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: NAME, annotations: { argocd.argoproj.io/sync-wave: \"WAVE\" } }
spec: { source: { repoURL: https://example.org, path: NAME }, destination: { namespace: ns } }
";

#[test]
fn order_is_that_of_a_common_sequence() {
    let check = "severity: { error: { order.in: applications }, otherwise: warning }
for: application
exists: { view: application, as: other, order: after, where: { name: late } }
report:
  at: order
  message: \"`{name}` comes before `{other.name}`\"
  related: [{ view: other, at: order, message: later }]";
    let app = |name: &str, wave: &str| PARENT.replace("NAME", name).replace("WAVE", wave);
    let files =
        |early: &str, late: &str| [("apps/a.yaml", app("early", early)), ("apps/b.yaml", app("late", late))];
    let run = |files: &[(&str, String)]| {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        findings(check, &files)
    };
    let (model, found) = run(&files("-1", "2"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity.as_str(), "error");
    let place = found[0].primary;
    assert_eq!(place.span.slice(&model.sources.get(place.file).text), "\"-1\"");
    assert_eq!(found[0].related.len(), 1);
    assert!(run(&files("2", "2")).1.is_empty(), "equal waves are no order");
    assert!(run(&files("3", "2")).1.is_empty());
    let elsewhere = [("one/a.yaml", app("early", "-1")), ("two/b.yaml", app("late", "2"))];
    assert!(run(&elsewhere).1.is_empty(), "no common parent");
}

#[test]
fn the_first_case_speaks_and_severities_go_by_weight() {
    let check = "severity: error
for: service
report: { message: other }
cases:
  - { where: { name: one }, severity: { info: { namespace: ns }, warning: { name: one }, otherwise: error }, message: \"the {name} service\" }
  - { where: { name: { not: two } } }
  - { pedantic: true }";
    let (_, found) = findings(check, &[("s.yaml", SERVICES)]);
    let shown: Vec<String> =
        found.iter().map(|it| format!("{} {}", it.severity.as_str(), it.message)).collect();
    assert_eq!(shown, ["warning the one service", "error other"]);
    let registry = registry(check, ANY);
    let model = model::from_memory(&[("s.yaml", SERVICES)], Settings::default());
    assert_eq!(run(&model, &registry, &Selection::default_of(&registry)).len(), 1, "pedantic cases are off");
}

/// The text after the fix of the only finding.
#[track_caller]
fn fixed(fix: &str, text: &str) -> Option<String> {
    let check =
        format!("severity: error\nfor: resource\nreport: {{ message: m, fix: {{ safety: safe, {fix} }} }}");
    let (model, found) = findings(&check, &[("x.yaml", text)]);
    assert_eq!(found.len(), 1);
    let fix = found[0].fix.clone()?;
    assert_eq!(fix.safety, Safety::Safe);
    let mut out = text.to_string();
    for edit in fix.edits.iter().rev() {
        assert_eq!(model.sources.get(edit.place.file).root_path, "x.yaml");
        out.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
    }
    Some(out)
}

#[test]
fn fixes_edit_block_and_flow_collections() {
    let head = "apiVersion: v1\nkind: Thing\nmetadata: {name: t}\n";
    let text = |rest: &str| format!("{head}{rest}");
    let is = |fix: &str, before: &str, after: &str| {
        assert_eq!(fixed(fix, &text(before)).as_deref(), Some(text(after).as_str()), "{fix}");
    };
    is("replace: $.spec.a, with: 2", "spec:\n  a: 1\n", "spec:\n  a: 2\n");
    is("replace: $.spec.a, with: '{{x|y}}'", "spec:\n  a: 1\n", "spec:\n  a: \"{x|y}\"\n");
    is("replace: $.spec.a, with: 'a:1,2'", "spec:\n  a: b:1 # c\n", "spec:\n  a: a:1,2 # c\n");
    is("replace: $.spec.a, with: 'a:1,2'", "spec: {a: b}\n", "spec: {a: \"a:1,2\"}\n");
    is("replace: $.spec.a, with: 'a # b'", "spec:\n  a: b\n", "spec:\n  a: \"a # b\"\n");
    is("replace: $.spec.a, with: \"it's\"", "spec:\n  a: 'b'\n", "spec:\n  a: 'it''s'\n");
    is("replace: $.spec.a, with: true", "spec:\n  a: 'b'\n", "spec:\n  a: true\n");
    is(
        "replace: { entry-of: $.spec.a }, with: { b: \"1\", c: { d: e } }",
        "spec:\n  a: 1 # why\n",
        "spec:\n  b: \"1\"\n  c:\n    d: e # why\n",
    );
    is("insert: { b: true }, into: $.spec", "spec:\n  a: 1\n", "spec:\n  a: 1\n  b: true\n");
    is("insert: { b: true }, into: $.spec", "spec: {a: 1}\n", "spec: {a: 1, b: true}\n");
    is("insert: { b: true }, into: $.spec", "spec: {}\n", "spec: {b: true}\n");
    is("insert: { b: true }, into: $.spec", "spec:\nother: 1\n", "spec:\n  b: true\nother: 1\n");
    is(
        "insert: { b: x y }, after: $.spec.a",
        "spec:\n  a:\n    - 1\n  z: 1\n",
        "spec:\n  a:\n    - 1\n  b: \"x y\"\n  z: 1\n",
    );
    is("insert: [n], into: $.spec", "spec:\n- m\n", "spec:\n- m\n- n\n");
    is("insert: [n], into: $.spec", "spec: [m]\n", "spec: [m, n]\n");
    is("set: spec.a.b, in: $, to: 1", "spec:\n  a:\n", "spec:\n  a:\n    b: 1\n");
    is("set: spec.a.b, in: $, to: {c: x}", "spec: {}\n", "spec: {a: { b: { c: x } }}\n");
    is("set: [spec, a.b/c], in: $, to: 'true'", "spec:\n  a: 1\n", "spec:\n  a: 1\n  a.b/c: \"true\"\n");
    is(
        "set: spec.l, in: $, to: [n]",
        "spec:\n    k: {}\n    l:\n    - m # first\n",
        "spec:\n    k: {}\n    l:\n    - m # first\n    - n\n",
    );
    is(
        "changes: [{ delete: $.spec.a }, { set: spec.c.d, in: $, to: 1 }]",
        "spec:\n  a: 1\n  b: 2\n",
        "spec:\n  b: 2\n  c:\n    d: 1\n",
    );
    is(
        "move: \"$.spec.l[1]\", below: spec.m, in: $",
        "spec:\n  l: [a, {name: b}]\n  m:\n  - name: c\n",
        "spec:\n  l: [a]\n  m:\n  - name: c\n  - {name: b}\n",
    );
    is("delete: $.spec.a", "spec:\n  a: 1 # gone\n  b: 2\n", "spec:\n  b: 2\n");
    is("delete: \"$.spec[0]\"", "spec:\n  - a: 1\n    b: 2\n  - c\n", "spec:\n  - c\n");
}

#[test]
fn a_fix_is_offered_only_where_it_is_certain() {
    let text = "apiVersion: v1\nkind: Thing\nmetadata: {name: t}\nspec:\n  a: 1\n";
    assert_eq!(fixed("replace: $.spec.a, with: '{$.spec.nothing}'", text), None, "no value");
    assert_eq!(fixed("replace: { entry-of: $.spec.a }, with: '['", text), None, "no YAML");
    let with = |rest: &str| format!("apiVersion: v1\nkind: Thing\nmetadata: {{name: t}}\n{rest}");
    let none = |fix: &str, rest: &str| assert_eq!(fixed(fix, &with(rest)), None, "{fix} in {rest}");
    none("replace: $.spec.a, with: b", "spec:\n  a: &x 1\n  b: *x\n");
    none("insert: { b: 1 }, into: $.spec", "spec:\n  a: 1\n  b: 2\n");
    none("insert: { b: 1 }, into: $.spec", "base: &x {a: 1}\nspec: *x\n");
    none("insert: { b: 1 }, into: $.spec", "base: &x {a: 1}\nspec:\n  <<: *x\n  c: 1\n");
    // What is kept at the end of a block string would be another text.
    none("insert: { b: 1 }, into: $.spec", "spec:\n  a: |+\n    x\n\n\nother: 1\n");
    none("set: spec.a.b, in: $, to: 1", "spec:\n  a: 1\n");
    none("set: spec.a, in: $, to: 1", "spec:\n  a: [1]\n");
    none("move: \"$.spec.l[0]\", below: spec.m, in: $", "spec:\n  l:\n    - name: |\n        x\n  m: []\n");
    none("move: $.spec.l, below: spec.m, in: $", "spec:\n  l: 1\n  m: []\n");
    none("move: \"$.spec.l[0]\", below: spec.m, in: $", "spec:\n  l:\n    - {name: a}\n  m: [{name: a}]\n");
    assert_eq!(fixed("delete: $.spec.a", text), None, "the only entry");
    assert_eq!(fixed("delete: $.spec.nothing", text), None, "no place");
}

#[test]
fn findings_at_one_place_are_one() {
    // The same file through two overlays' scopes, and two members at one place.
    let check =
        "severity: error\nfor: env\nwhere: { name: HOST }\nreport: { at: container.workload, message: m }";
    let two = pod("p", "x") + "        - { name: HOST, value: y }\n";
    let (_, found) = findings(check, &[("p.yaml", &two)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].affected.len(), 1);
}

#[test]
fn selection_is_that_of_the_contract() {
    let rule = |id: &str, group: &str, status: &str| -> (String, SourceText) {
        let text = format!(
            "id: {id}\ngroup: {group}\nstatus: {status}\nsince: 0.1.0\nseverity: info\nsummary: s\nwhy: w\nremedy: r\nfor: service\nreport: {{ message: m }}\nexamples:\n{}",
            ANY.replace("probe", id)
        );
        (format!("{id}.yaml"), text.into())
    };
    let files = [rule("one", "g", "stable"), rule("two", "g", "pedantic"), rule("three", "h", "preview")];
    let registry = Registry::load(&files).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let names = |select: &[&str], ignore: &[&str]| {
        let words = |list: &[&str]| list.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        let selection = Selection::new(&registry, &words(select), &words(ignore));
        selection.map(|it| {
            let on = registry.rules().filter(|rule| it.contains(&registry, &rule.id));
            on.map(|rule| rule.id.to_string()).collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(names(&[], &[]).as_deref(), Ok("one three"));
    assert_eq!(names(&["g"], &[]).as_deref(), Ok("one"));
    assert_eq!(names(&["two"], &[]).as_deref(), Ok("two"));
    assert_eq!(names(&["pedantic"], &[]).as_deref(), Ok("two"));
    assert_eq!(names(&["all, pedantic"], &["h"]).as_deref(), Ok("one two"));
    assert_eq!(names(&["g,two"], &["two"]).as_deref(), Ok("one"));
    assert_eq!(names(&["two"], &["g"]).as_deref(), Ok(""));
    assert_eq!(names(&[], &["one"]).as_deref(), Ok("three"));
    let error = names(&["thre"], &[]).expect_err("no such rule");
    assert_eq!(error.help.as_deref(), Some("did you mean `three`?"));
}

#[test]
fn a_key_given_twice_is_merged() {
    let registry = Registry::of(Registry::embedded().get("duplicate-yaml-key").expect("the rule").clone());
    let fixed = |text: &str| {
        let model = model::from_memory(&[("values.yaml", text)], Settings::default());
        let found = run(&model, &registry, &Selection::everything(&registry));
        let fix = found.first().and_then(|finding| finding.fix.clone())?;
        let mut out = text.to_string();
        for edit in fix.edits.iter().rev() {
            out.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
        }
        Some(out)
    };
    let head = "datadog: {site: a}\nclusterAgent: {}\n";
    let twice = format!("{head}agents:\n  a: 1 # one\nother: 2\nagents: # again\n  # of b\n  b:\n    - 2");
    let once = format!("{head}agents:\n  a: 1 # one\n  # again\n  # of b\n  b:\n    - 2\nother: 2\n");
    assert_eq!(fixed(&twice).as_deref(), Some(once.as_str()));
    assert_eq!(
        fixed(&format!("{head}agents:\n  a: 1\nagents:\n  a: 2\n")),
        None,
        "they contradict each other"
    );
    assert_eq!(fixed(&format!("{head}agents: {{a: 1}}\nagents:\n  b: 2\n")), None, "flow");
    assert_eq!(fixed(&format!("{head}agents:\n  a: 1\nagents:\n    b: 2\n")), None, "other columns");
}

#[test]
fn a_rule_yields_to_one_that_reports_the_same_place() {
    let rule = |id: &str, more: &str| -> (String, SourceText) {
        let text = format!(
            "id: {id}\ngroup: g\nsince: 0.1.0\nseverity: info\nsummary: s\nwhy: w\nremedy: r\n{more}\nexamples:\n{}",
            ANY.replace("probe", id)
        );
        (format!("{id}.yaml"), text.into())
    };
    let special = rule("special", "for: service\nwhere: { name: one }\nreport: { message: m }");
    let general = rule("general", "yields-to: [special]\nfor: service\nreport: { message: m }");
    let registry = Registry::load(&[special, general]).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let model = model::from_memory(&[("s.yaml", SERVICES)], Settings::default());
    let reported = |select: &[String]| {
        let selection = Selection::new(&registry, select, &[]).expect("known names");
        let found = run(&model, &registry, &selection).into_iter();
        found.map(|it| it.rule.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(reported(&[]), ["special", "general"]);
    assert_eq!(reported(&["general".to_string()]), ["general", "general"]);
}

#[test]
fn members_and_selections_can_be_looked_at() {
    use ddlint::views::{FactValue, ViewSet, query};
    let model = model::from_memory(&[("d.yaml", GROUP), ("s.yaml", SERVICES)], Settings::default());
    let views = ViewSet::build(&model);
    let containers = query::members(&model, views.get("container").expect("the view"));
    assert_eq!(containers.len(), 3);
    assert_eq!(containers[1].facts[0].0, "name");
    assert_eq!(containers[1].facts[0].1.as_str(), Some("b"));
    assert_eq!(containers[1].resource.as_ref().map(|it| it.name.as_str()), Some("d"));
    let ports = ddlint_yaml::Query::parse("$.spec.ports[*].port").expect("a JSONPath");
    let ports = query::select(&model, views.get("service").expect("the view"), &ports);
    let values: Vec<&FactValue> = ports.iter().map(|it| &it.fact.value).collect();
    assert_eq!(values, [&FactValue::Int(80), &FactValue::Int(81)]);
    assert_eq!(ports[0].path, "$['spec']['ports'][0]['port']");
}

#[test]
fn relations_join_on_what_is_simply_written() {
    let check = "severity: warning
for: workload
where: { replicas: { exists: true } }
exists:
  view: resource
  as: scaler
  where:
    kind: HorizontalPodAutoscaler
    $.spec.scaleTargetRef.name: \"{name}\"
    $.spec.scaleTargetRef.kind: \"{kind}\"
report:
  at: replicas
  message: \"`{scaler.name}` scales {kind} `{name}` with `{containers}`\"
  related: [{ view: scaler, at: $.spec.scaleTargetRef, message: here }]";
    let app = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  template: { spec: { containers: [{ name: a }, { name: b }] } }
";
    let scaler = "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: hpa }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }
";
    let (_, found) = findings(check, &[("a.yaml", app), ("h.yaml", scaler)]);
    let messages: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["`hpa` scales Deployment `web` with `a`, `b`"]);
    assert_eq!(found[0].related.len(), 1);
    let other = scaler.replace("name: web", "name: other");
    assert!(findings(check, &[("a.yaml", app), ("h.yaml", &other)]).1.is_empty());
}

/// Who comes before whom, in words: `web before db in application`.
fn orders(files: &[(&str, &str)]) -> Vec<String> {
    let check = "severity: info
for: resource
where: { kind: { one-of: [Deployment, Job] } }
exists: { view: resource, as: other, order: after, where: { kind: { one-of: [Deployment, Job] } } }
report: { at: $.kind, message: \"{name} before {other.name} in {order.in}\" }";
    findings(check, files).1.into_iter().map(|it| it.message).collect()
}

fn deployment(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  annotations: {{ {annotations} }}\nspec: {{ template: {{ spec: {{ containers: [{{ name: c }}] }} }} }}\n"
    )
}

#[test]
fn resources_of_an_application_are_ordered_by_phase_and_wave() {
    let app = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop }
spec:
  source: { repoURL: https://example.org/repo.git, path: shop }
  destination: { namespace: shop, server: https://kubernetes.default.svc }
";
    let run = |web: &str, db: &str| {
        let (web, db) = (deployment("web", web), deployment("db", db));
        orders(&[("apps/shop.yaml", app), ("shop/web.yaml", &web), ("shop/db.yaml", &db)])
    };
    let wave = |wave: &str| format!("argocd.argoproj.io/sync-wave: \"{wave}\"");
    assert_eq!(run(&wave("-1"), ""), ["web before db in application"]);
    assert_eq!(run(&wave("1"), ""), ["db before web in application"]);
    assert_eq!(run(&wave("0"), ""), [""; 0], "wave 0 is where everything is");
    assert_eq!(run(&wave("first"), ""), [""; 0], "a bad wave counts as 0");
    let hook = "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/sync-wave: \"9\"";
    assert_eq!(run(hook, ""), ["web before db in application"], "phases come before waves");
    assert_eq!(run("helm.sh/hook: post-install", ""), ["db before web in application"]);
    assert_eq!(run("argocd.argoproj.io/hook: Skip", ""), [""; 0]);
}

#[test]
fn lines_of_a_script_are_an_order_unless_they_exclude_each_other() {
    let (web, db) = (deployment("web", ""), deployment("db", ""));
    let run = |script: &str| orders(&[("deploy.sh", script), ("web.yaml", &web), ("db.yaml", &db)]);
    assert_eq!(
        run("#!/bin/sh\nkubectl apply -f web.yaml\nkubectl apply -f db.yaml\n"),
        ["web before db in script"]
    );
    let exclusive = "#!/bin/sh\nif [ \"$1\" = a ]; then\n  kubectl apply -f web.yaml\nelse\n  kubectl apply -f db.yaml\nfi\n";
    assert_eq!(run(exclusive), [""; 0]);
    assert_eq!(orders(&[("web.yaml", &web), ("db.yaml", &db)]), [""; 0], "files alone have no order");
}
