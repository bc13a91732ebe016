//! A rule's page, from its file alone: what `ddlint explain` prints and `docs/rules/` holds.

use super::{Rule, Status};
use crate::finding::Severity;
use crate::rule::examples::Example;
use crate::views::ViewSet;

/// The page of a rule in Markdown.
pub fn markdown(rule: &Rule) -> String {
    let it = &rule.documentation;
    let mut page = format!("# {}\n\n{}.\n\n", rule.id, capital(&it.summary));
    let mut line = vec![format!("group `{}`", rule.group), format!("severity {}", it.severity)];
    let words: Vec<&str> = it.severity.split(" or ").collect();
    let other: Vec<&str> =
        it.levels.iter().map(|level| level.as_str()).filter(|it| !words.contains(it)).collect();
    if !other.is_empty() {
        line.push(format!("{} in some cases", other.join(" or ")));
    }
    line.push(match rule.status {
        Status::Stable => "on by default".to_string(),
        Status::Preview => "preview: on by default, still changing".to_string(),
        Status::Pedantic => format!("off until selected: `--select {}` or `--select pedantic`", rule.id),
    });
    if !rule.since.is_empty() {
        line.push(format!("since {}", rule.since));
    }
    if rule.fixable() {
        line.push("some findings carry a fix".to_string());
    }
    page.push_str(&format!("{}.\n", capital(&line.join("; "))));
    section(&mut page, "Why", &it.why);
    section(&mut page, "What to do", &it.remedy);
    examples(&mut page, "Bad", rule.examples().bad.first());
    examples(&mut page, "Good", rule.examples().good.first());
    if !it.not_on.is_empty() {
        page.push_str("\n## Silent on\n\n");
        for near_miss in &it.not_on {
            page.push_str(&format!("- {near_miss}\n"));
        }
    }
    if !it.references.is_empty() {
        page.push_str("\n## References\n\n");
        for reference in &it.references {
            page.push_str(&format!("- {reference}\n"));
        }
    }
    page
}

/// The list of rules in Markdown, by group.
pub fn index(rules: &[&Rule]) -> String {
    let mut page = String::from("# Rules\n");
    let mut groups: Vec<&str> = rules.iter().map(|rule| &*rule.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        page.push_str(&format!(
            "\n## {group}\n\n| rule | severity | status | fix | what is wrong |\n|--|--|--|--|--|\n"
        ));
        for rule in rules.iter().filter(|rule| *rule.group == *group) {
            let fix = if rule.fixable() { "yes" } else { "" };
            let (severity, summary) =
                (&rule.documentation.severity, rule.documentation.summary.replace('|', "\\|"));
            let status = rule.status.as_str();
            page.push_str(&format!(
                "| [{0}]({0}.md) | {severity} | {status} | {fix} | {summary} |\n",
                rule.id
            ));
        }
    }
    page
}

/// What `ddlint rules` prints of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// The id.
    pub id: String,
    /// The gravest level it gives.
    pub severity: Severity,
    /// The severity in words.
    pub severity_text: String,
    /// The group.
    pub group: String,
    /// The status.
    pub status: Status,
    /// Some findings carry a fix.
    pub fixable: bool,
    /// One line.
    pub summary: String,
}

/// The listing of a rule.
pub fn listing(rule: &Rule) -> Listing {
    Listing {
        id: rule.id.to_string(),
        severity: rule.severity(),
        severity_text: rule.documentation.severity.to_string(),
        group: rule.group.to_string(),
        status: rule.status,
        fixable: rule.fixable(),
        summary: rule.documentation.summary.to_string(),
    }
}

fn section(page: &mut String, title: &str, text: &str) {
    if !text.is_empty() {
        page.push_str(&format!("\n## {title}\n\n{text}\n"));
    }
}

fn examples(page: &mut String, title: &str, example: Option<&Example>) {
    let Some(example) = example else { return };
    page.push_str(&format!("\n## {title}\n"));
    for file in &example.files {
        let language = match file.path.rsplit('.').next() {
            Some("sh" | "bash") => "sh",
            Some("json") => "json",
            _ => "yaml",
        };
        page.push_str(&format!("\n`{}`\n\n```{language}\n{}\n```\n", file.path, file.written.trim_end()));
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The views with their facts in Markdown.
pub fn views() -> String {
    let mut page = String::from("# Views\n\nWhat rules can look at; made from the source.\n");
    for view in ViewSet::catalogue().iter() {
        page.push_str(&format!(
            "\n## {}\n\n{}.\n\n| fact | type | |\n|--|--|--|\n",
            view.name(),
            capital(view.doc())
        ));
        let cell = |text: &str| text.replace('|', "\\|");
        for fact in view.facts() {
            page.push_str(&format!("| `{}` | {} | {} |\n", fact.name, fact.kind.word(), cell(fact.doc)));
        }
        for family in view.dynamic() {
            page.push_str(&format!(
                "| `{}…` | {} | {} |\n",
                family.prefix,
                family.kind.word(),
                cell(family.doc)
            ));
        }
    }
    page
}

/// A rule file to start from, which passes its own tests.
pub fn scaffold(id: &str, group: &str) -> String {
    format!(
        r##"id: {id}
group: {group}
since: 0.1.0
status: preview
severity: warning
# One line, present tense, no full stop.
summary: a container runs an image tag that moves
why: |
  What runs tomorrow is not what was reviewed today.
remedy: Pin `{{image}}` to a version.
# Near misses on which the rule stays silent, in words.
not-on:
  - images with a digest

# The view (docs/views.md); one evaluation for each member.
for: container
where:
  image: {{ matches: ":latest$" }}
report:
  at: image
  message: "`{{name}}` runs `{{image}}`"

# A bad example gives exactly its marked findings, a good one none.
examples:
  bad:
    - pod.yaml: |
        apiVersion: v1
        kind: Pod
        metadata: {{ name: web }}
        spec:
          containers:
            - name: web
              image: nginx:latest
              #      ^^^^^^^^^^^^ {id}
  good:
    - pod.yaml: |
        apiVersion: v1
        kind: Pod
        metadata: {{ name: web }}
        spec:
          containers:
            - name: web
              image: nginx:1.29.1
"##
    )
}
