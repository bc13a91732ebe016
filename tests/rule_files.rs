//! A bad rule file is a diagnostic that points into it: each mistake has its message, its place and, where there is
//! one, the right word.

use ddlint::rule::{Registry, RuleFileError};
use ddlint_yaml::SourceText;

const GOOD: &str = r#"id: mutable-tag
group: kubernetes
since: 0.1.0
severity: warning
summary: an image tag that moves
why: what runs is not what was reviewed
remedy: pin `{image}`
for: container
where:
  kind: main
  image: { matches: ":latest$" }
in-scope: service
exists:
  view: workload
  as: owner
  where: { name: "{workload.name}" }
report:
  at: image
  label: moves
  message: "`{name}` of `{owner.name}` runs `{image}`"
  related:
    - { view: owner, at: kind, message: "the workload" }
  fix: { safety: unsafe, replace: image, with: "{image}" }
examples:
  bad:
    - app.yaml: |
        a: b
        #  ^ mutable-tag
  good:
    - app.yaml: |
        a: b
"#;

fn load(text: &str) -> Result<Registry, Vec<RuleFileError>> {
    Registry::load(&[("rules/kubernetes/mutable-tag.yaml".to_string(), text.into())])
}

#[test]
fn the_rule_that_the_mistakes_are_made_in_is_good() {
    let registry = load(GOOD).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let rule = registry.get("mutable-tag").expect("the rule");
    assert_eq!(rule.view(), Some("container"));
    assert!(rule.fixable());
}

/// Replaces a part of the good rule, and expects a problem at a text that says so.
#[track_caller]
fn mistake(part: &str, instead: &str, at: &str, message: &str, help: &str) {
    assert!(GOOD.contains(part), "{part:?} does not stand in the rule");
    let text = GOOD.replacen(part, instead, 1);
    let errors = match load(&text) {
        Ok(_) => panic!("{instead:?} is taken"),
        Err(errors) => errors,
    };
    let shown: Vec<String> = errors.iter().map(RuleFileError::to_string).collect();
    let fits = errors.iter().any(|error| {
        error.span.slice(&text).starts_with(at)
            && error.message.contains(message)
            && error.help.as_deref().unwrap_or_default().contains(help)
    });
    assert!(fits, "no problem at {at:?} that says {message:?} ({help:?}), but:\n{}", shown.join("\n"));
    assert_eq!(errors.len(), 1, "one mistake, one message:\n{}", shown.join("\n"));
}

#[test]
fn names_are_checked_with_a_near_match() {
    mistake(
        "for: container",
        "for: contaner",
        "contaner",
        "unknown view `contaner`",
        "did you mean `container`?",
    );
    mistake(
        "  kind: main",
        "  knd: main",
        "knd",
        "unknown fact of `container`: `knd`",
        "did you mean `kind`?",
    );
    mistake("runs `{image}`", "runs `{imge}`", "{imge}", "`imge`", "did you mean `image`?");
    mistake("{owner.name}", "{owner.nme}", "{owner.nme}", "`owner.nme`", "did you mean `owner.name`?");
    mistake("  at: image", "  at: imagee", "imagee", "`imagee`", "did you mean `image`?");
    mistake("view: owner,", "view: ownr,", "ownr", "unknown relation `ownr`", "did you mean `owner`?");
    mistake("summary:", "sumary:", "sumary", "unknown key of `rule` `sumary`", "did you mean `summary`?");
    mistake("in-scope: service", "in-scope: servce", "servce", "unknown view", "`service`");
    mistake("matches:", "match:", "match", "unknown key of `operators` `match`", "`matches`");
    mistake("severity: warning", "severity: warn", "warn", "unknown severity `warn`", "`warning`");
    mistake("safety: unsafe", "safety: unsave", "unsave", "`unsave`", "`unsafe`");
    mistake("^ mutable-tag", "^ mutable-tga", "mutable-tga", "a mark names `mutable-tag`", "did you mean");
}

#[test]
fn types_of_operands_are_checked() {
    mistake("  kind: main", "  kind: true", "true", "the fact is a string, here is a boolean", "in quotes");
    mistake("  kind: main", "  env-from: \"no\"", "\"no\"", "the fact is a boolean, here is a string", "");
    mistake("  kind: main", "  ports: 80", "80", "the fact is a list", "`contains`");
    mistake("  kind: main", "  kind: { lt: 3 }", "lt", "`lt` does not go with a string", "");
    mistake(
        "  kind: main",
        "  ports: { equals: 80 }",
        "equals",
        "`equals` does not go with a list",
        "`contains`",
    );
    mistake("  kind: main", "  workload: x", "x", "the fact is a member of `workload`", "`exists`");
    mistake("  kind: main", "  kind: [main, init]", "[main, init]", "a list is no operand", "one-of");
    mistake("  kind: main", "  kind:", "", "this is no value", "`absent: true`");
    mistake("  kind: main", "  kind: { one-of: [] }", "[]", "can never hold", "");
    mistake("  kind: main", "  kind: { exists: maybe }", "maybe", "must be `true` or `false`", "");
}

#[test]
fn expressions_are_compiled_when_the_rule_is_loaded() {
    mistake("\":latest$\"", "\"(latest\"", "\"(latest\"", "no regular expression", "");
    mistake("  kind: main", "  $.image[: x", "$.image[", "`$.image[`", "");
    mistake("runs `{image}`", "runs `{image", "{image", "has no `}`", "");
    mistake("runs `{image}`", "runs image}", "}", "has no `{`", "");
    mistake("runs `{image}`\"", "runs it.\"", "\"`{name}", "without a full stop", "");
}

#[test]
fn what_can_never_fire_or_compares_everything_is_refused() {
    mistake(
        "  kind: main",
        "  name: { equals: a, one-of: [b, c] }\n  kind: main",
        "where",
        "contradict each other",
        "",
    );
    mistake(
        "  kind: main",
        "  $.ports: { count: { gt: 5, lt: 3 } }\n  $.x: { gt: 5, lt: 6 }",
        "where",
        "no number",
        "",
    );
    mistake(
        "in-scope: service",
        "in-scope: service\nabsent: { view: service, as: s }",
        "{ view",
        "can never hold",
        "",
    );
    mistake(
        "where: { name: \"{workload.name}\" }",
        "where: { name: { not: \"{workload.name}\" } }",
        "workload",
        "this compares every `container` with every `workload`",
        "join on a value",
    );
    mistake(
        "in-scope: service",
        "in-scope: { view: service, where: { name: \"{name}\" } }",
        "{ view",
        "about the scope",
        "`exists`",
    );
    mistake("  view: workload\n", "  view: workload\n  among: earlier\n", "earlier", "another view", "");
}

#[test]
fn reports_and_fixes_point_at_places() {
    mistake("replace: image", "replace: owner", "owner", "no place that a fix can change", "");
    mistake(", with: \"{image}\"", "", "image", "`replace` needs `with`", "");
    mistake(
        "replace: image",
        "delete: image, replace: image",
        "{ safety",
        "one of `replace`, `insert`, `delete`, `set` and `move`",
        "",
    );
    mistake("  message: \"`{name}` of `{owner.name}` runs `{image}`\"\n", "", "at", "needs a `message`", "");
    mistake(
        "    - { view: owner, at: kind, message: \"the workload\" }",
        "    - { view: owner, at: kind }",
        "view",
        "lacks `message`",
        "",
    );
}

#[test]
fn files_are_complete_and_have_marks() {
    mistake("why: what runs is not what was reviewed\n", "", "id", "`rule` lacks `why`", "");
    mistake("id: mutable-tag", "id: Mutable_tag", "Mutable_tag", "kebab-case", "");
    mistake(
        "        #  ^ mutable-tag\n",
        "",
        "app.yaml",
        "this bad example has no mark",
        "# ^^^^ mutable-tag",
    );
    mistake(
        "for: container",
        "check: builtin\nfor: container",
        "builtin",
        "no built-in check",
        "src/checks/mutable_tag.rs",
    );
    mistake("severity: warning", "severity: { error: { kind: main } }", "{ error", "needs `otherwise`", "");
    mistake("in-scope: service", "in-scope: service\nin-scope: workload", "in-scope", "given twice", "");
    mistake("since: 0.1.0", "since: [1]", "[1]", "`since` must be text, here is a list", "");
}

#[test]
fn an_id_has_one_meaning() {
    let files: Vec<(String, SourceText)> = ["a", "b"]
        .iter()
        .map(|folder| (format!("{folder}/mutable-tag.yaml"), SourceText::from(GOOD)))
        .collect();
    let errors = Registry::load(&files).expect_err("the same id twice");
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message.contains("is taken by a/mutable-tag.yaml"), "{}", errors[0]);
    assert_eq!(errors[0].line_column(), (1, 1));
}

#[test]
fn no_text_makes_the_compiler_fail() {
    // Every prefix, and every line taken out: nothing but problems or a rule.
    for end in (0..GOOD.len()).step_by(7).filter(|end| GOOD.is_char_boundary(*end)) {
        let _ = load(&GOOD[..end]);
    }
    let lines: Vec<&str> = GOOD.lines().collect();
    for without in 0..lines.len() {
        let rest: Vec<&str> =
            lines.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, it)| *it).collect();
        if let Err(errors) = load(&rest.join("\n")) {
            assert!(!errors.is_empty());
        }
    }
    for odd in
        ["", "[]", "a: *a", "- x", "id: [", "\u{0}", "%", "---\n---\n", "id: 3\nexamples: {bad: 3, good: {}}"]
    {
        assert!(load(odd).is_err(), "{odd:?}");
    }
}
