//! From the text of a rule file to a rule that can run: everything that could go wrong goes wrong here, with a place
//! in the file. A rule that loads cannot fail while it runs.

mod conditions;
mod names;
mod never;
mod relations;
mod report;
mod template;

use std::sync::OnceLock;

use ddlint_yaml::{Node, SourceText, Span};

use self::names::Names;
use super::condition::{Case, Compare, Cond, Declared, Relation, Template};
use super::examples;
use super::read::{Fields, Problems, RuleFileError};
use super::schema::{CASE, REPORT, RULE};
use super::{Check, Documentation, Rule, Status};
use crate::checks;
use crate::finding::Severity;
use crate::views::ViewSet;

/// What is compiled for one rule.
pub(super) struct Compiler<'p> {
    set: &'static ViewSet,
    problems: &'p mut Problems,
    relations: Vec<Relation>,
    compares: Vec<Compare>,
    /// The conditions being compiled use values of the member outside.
    captures: bool,
}

/// Compiles a rule file.
pub(super) fn compile(path: &str, text: &SourceText) -> Result<Rule, Vec<RuleFileError>> {
    compile_with(path, text, |node, id, tool, problems| {
        OnceLock::from(examples::read(node, id, tool, problems))
    })
}

/// Compiles a rule file of the binary, but for its examples, which are most of it and which a check never looks at.
/// They stand at its end, as a test proves.
pub(super) fn compile_embedded(path: &str, text: &str) -> Result<Rule, Vec<RuleFileError>> {
    let rest = text.find(EXAMPLES).unwrap_or(text.len());
    let text = format!("{}\nexamples: {{}}\n", text.get(..rest).unwrap_or_default());
    compile_with(path, &text.into(), |_, _, _, _| OnceLock::new())
}

/// What the examples of an embedded rule begin with.
pub(super) const EXAMPLES: &str = "\nexamples:\n";

/// Reads the examples of a rule: their node, the rule's id, whether it is another room's.
type ReadExamples = fn(Node<'_>, &str, bool, &mut Problems) -> OnceLock<examples::Examples>;

fn compile_with(path: &str, text: &SourceText, read: ReadExamples) -> Result<Rule, Vec<RuleFileError>> {
    let mut problems = Problems::new(path, text);
    let stream = ddlint_yaml::parse(text.clone());
    for error in &stream.errors {
        problems.add(error.span, error.message.clone(), error.help.clone());
    }
    if !problems.list.is_empty() {
        return Err(problems.list);
    }
    let mut roots = stream.documents.iter().filter_map(|document| document.root());
    let rule = match (roots.next(), roots.next()) {
        (Some(root), None) => rule(root, path, &mut problems, read),
        (Some(_), Some(second)) => {
            problems.add(second.span(), "a rule file holds one rule", None);
            None
        }
        (None, _) => {
            problems.add(Span { start: 0, end: 0 }, "this rule file is empty", None);
            None
        }
    };
    match rule {
        Some(rule) if problems.list.is_empty() => Ok(rule),
        _ => Err(problems.list),
    }
}

fn rule(root: Node<'_>, path: &str, problems: &mut Problems, read: ReadExamples) -> Option<Rule> {
    let fields = Fields::read(root, &RULE, problems);
    let id = fields.text("id")?;
    if id.text.is_empty() || !id.text.split('-').all(|word| !word.is_empty() && word.chars().all(is_id_char))
    {
        problems.add(id.span(), "an id is kebab-case: small letters and digits with hyphens", None);
        return None;
    }
    let stem = path.rsplit(['/', '\\']).next().and_then(|name| name.rsplit_once('.')).map(|(stem, _)| stem);
    if stem.is_some_and(|stem| stem != id.text) {
        problems.add(id.span(), format!("the file of rule `{}` is named `{}.yaml`", id.text, id.text), None);
    }
    let summary = fields.text("summary")?;
    if summary.text.trim_end().ends_with('.') {
        problems.add(summary.span(), "a summary ends without a full stop", None);
    }
    let severity_node = fields.get("severity")?;
    let remedy = fields.get("remedy")?;
    let tool_only = fields.text("check").filter(|check| check.text == "tool");
    let check = match &fields.text("check") {
        Some(kind) => {
            let check = builtin_check(id.text, kind.text, kind.node, severity_node, problems);
            for declared in
                ["for", "select", "where", "in-scope", "exists", "absent", "compare", "cases", "report"]
            {
                if let (Some(key), true) = (fields.key(declared), check.is_some()) {
                    let message = format!("`{declared}` has no effect beside `check: {}`", kind.text);
                    problems.add(key.span(), message, None);
                }
            }
            check
        }
        None => declared(&fields, severity_node, remedy, problems).map(|it| Check::Declared(Box::new(it))),
    };
    let examples = fields.get("examples").map(|node| read(node, id.text, tool_only.is_some(), problems));
    let prose = |name: &str| fields.text(name).map_or("", |it| it.text).trim_end();
    let cases = fields.get("cases").into_iter().flat_map(Node::items);
    let case_severities: Vec<Node<'_>> = cases.filter_map(|case| case.get("severity")).collect();
    let documentation = Documentation {
        summary: summary.text.trim_end().into(),
        why: prose("why").into(),
        remedy: plain_remedy(prose("remedy")).into(),
        references: fields.texts("references"),
        not_on: fields.texts("not-on"),
        severity: severity_words(severity_node).into(),
        level: gravest(levels(severity_node, &[])),
        levels: levels(severity_node, &case_severities),
    };
    Some(Rule {
        id: id.text.into(),
        group: fields.text("group").map_or("local", |it| it.text).into(),
        aliases: fields.texts("aliases"),
        yields_to: fields.texts("yields-to"),
        status: match fields.text("status").map_or("stable", |it| it.text) {
            "preview" => Status::Preview,
            "pedantic" => Status::Pedantic,
            _ => Status::Stable,
        },
        since: prose("since").into(),
        documentation,
        path: path.into(),
        check: check?,
        examples: examples?,
    })
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn builtin_check(
    id: &str,
    kind: &str,
    node: Node<'_>,
    severity: Node<'_>,
    problems: &mut Problems,
) -> Option<Check> {
    let level: Option<Severity> = severity.text().and_then(|text| text.parse().ok());
    let Some(level) = level else {
        let help = Some("the function decides which findings have another level".to_string());
        problems.add(severity.span(), "a built-in check has one level: error, warning or info", help);
        return None;
    };
    if kind == "tool" {
        return Some(Check::Tool);
    }
    match checks::function(id) {
        Some(function) => Some(Check::Builtin(level, function)),
        None => {
            let help = Some(format!("expected a function `check` in src/checks/{}.rs", id.replace('-', "_")));
            problems.add(node.span(), format!("there is no built-in check for `{id}`"), help);
            None
        }
    }
}

fn declared(
    fields: &Fields<'_>,
    severity: Node<'_>,
    remedy: Node<'_>,
    problems: &mut Problems,
) -> Option<Declared> {
    let Some(for_view) = fields.text("for") else {
        let help = Some("`for: VIEW`, or `check: builtin`".to_string());
        problems.add(fields.node.span(), "this rule looks at nothing", help);
        return None;
    };
    let mut compiler = Compiler {
        set: ViewSet::catalogue(),
        problems,
        relations: Vec::new(),
        compares: Vec::new(),
        captures: false,
    };
    let view = compiler.view(&for_view)?;
    let select =
        fields.text("select").and_then(|text| names::query(text.text, text.span(), compiler.problems));
    let mut names = Names { view, selected: fields.get("select").is_some(), ..Names::default() };
    let when = compiler.clause(fields, &mut names);
    let span = fields.key("where").map_or(for_view.span(), Node::span);
    never::check(&when, span, compiler.problems);
    let report = match fields.get("report") {
        Some(report) => Fields::read(report, &REPORT, compiler.problems),
        None => {
            let key = fields.key("for").map_or(for_view.span(), Node::span);
            compiler.problems.add(key, "this rule says nothing", Some("it needs `report`".into()));
            return None;
        }
    };
    let mut cases = Vec::new();
    match fields.get("cases") {
        None => cases.push(compiler.case(None, &report, severity, remedy, &names)),
        Some(list) => {
            let mut always = false;
            for item in list.items() {
                if always {
                    let message = "this case is never reached: the one before it has no conditions";
                    compiler.problems.add(item.span(), message, None);
                }
                let case = Fields::read(item, &CASE, compiler.problems);
                let mut names = names.clone();
                let compiled = compiler.case_of(&case, &report, severity, remedy, &mut names);
                always |= !compiled.pedantic && matches!(&compiled.when, Cond::All(all) if all.is_empty());
                cases.push(compiled);
            }
        }
    }
    let gate = never::gate(&when);
    let Compiler { relations, compares, .. } = compiler;
    Some(Declared { view, select, gate, when, cases, relations, compares })
}

impl Compiler<'_> {
    /// Compiles `in-scope`, `where`, `exists`, `absent` and `compare`, and adds the names they bring in.
    fn clause(&mut self, fields: &Fields<'_>, names: &mut Names) -> Cond {
        let mut all = Vec::new();
        let mut bound: Vec<(u8, usize, Node<'_>)> = Vec::new();
        let mut scope_views = Vec::new();
        // The order is that of evaluation: what is cheap and most often false comes first.
        for (rank, key) in [(1, "in-scope"), (3, "where"), (0, "exists"), (2, "absent")] {
            let Some(node) = fields.get(key) else { continue };
            if key == "where" {
                let own = names.clone();
                all.push(self.conditions(node, &own, &own));
                continue;
            }
            for index in self.relations(node, names, key == "in-scope") {
                let cond = Cond::Related(index);
                if key == "absent" {
                    self.check_absent(index, &scope_views, node);
                    all.push(Cond::Not(Box::new(cond)));
                } else {
                    scope_views.extend(self.relations.get(index).map(|relation| relation.view));
                    all.push(cond);
                }
                bound.push((rank, index, node));
            }
        }
        // The most telling relation gives a name its meaning: those that exist before those in scope.
        bound.sort_by_key(|(rank, index, _)| (*rank, *index));
        for (_, index, node) in bound {
            self.bind(names, &[index], Some(node));
        }
        if let Some(node) = fields.get("compare")
            && let Some((compare, view)) = self.compare(node, names)
        {
            all.push(Cond::Differs(compare));
            names.compare = Some((compare, view));
        }
        Cond::All(all)
    }

    /// A relation without conditions cannot be absent where the same view must be in scope.
    fn check_absent(&mut self, index: usize, scope_views: &[usize], node: Node<'_>) {
        let Some(relation) = self.relations.get(index) else { return };
        let empty = matches!(&relation.when, Cond::All(all) if all.is_empty());
        if empty && relation.via.is_none() && relation.after.is_none() && scope_views.contains(&relation.view)
        {
            let message = "this can never hold: the view must have a member in scope, and must not have any";
            self.problems.add(node.span(), message, None);
        }
    }

    fn case_of(
        &mut self,
        case: &Fields<'_>,
        report: &Fields<'_>,
        severity: Node<'_>,
        remedy: Node<'_>,
        names: &mut Names,
    ) -> Case {
        let when = self.clause(case, names);
        never::check(&when, case.node.span(), self.problems);
        let severity = case.get("severity").unwrap_or(severity);
        Case { when, ..self.case(Some(case), report, severity, remedy, names) }
    }

    fn case(
        &mut self,
        case: Option<&Fields<'_>>,
        report: &Fields<'_>,
        severity: Node<'_>,
        remedy: Node<'_>,
        names: &Names,
    ) -> Case {
        let get = |name: &str| case.and_then(|case| case.get(name)).or_else(|| report.get(name));
        let message = match get("message") {
            Some(node) => self.words(Some(node), names, true),
            None => {
                let span = case.map_or(report.node.span(), |case| case.node.span());
                self.problems.add(span, "a finding needs a `message`", None);
                Template::default()
            }
        };
        Case {
            pedantic: case.is_some_and(|case| case.truth("pedantic")),
            when: Cond::All(Vec::new()),
            severity: self.severity(severity, names),
            at: get("at").map(|at| self.at(at, names)).unwrap_or_default(),
            affects: get("affects").map(|at| self.at(at, names)).unwrap_or_default(),
            label: self.words(get("label"), names, true),
            apart: get("apart").and_then(|apart| self.fact_named(apart, names)),
            message,
            help: self.words(Some(get("help").unwrap_or(remedy)), names, false),
            related: get("related").map(|related| self.related(related, names)).unwrap_or_default(),
            fixes: get("fix").map(|fix| self.fixes(fix, names)).unwrap_or_default(),
        }
    }
}

/// The remedy as documentation shows it: `{fact}` is a thing to fill in.
fn plain_remedy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('{') {
            out.push('{');
            rest = after;
        } else if let Some((hole, after)) = after.split_once('}') {
            let name = hole.split('|').next_back().unwrap_or(hole);
            out.push('<');
            out.push_str(name);
            out.push('>');
            rest = after;
        } else {
            rest = after;
        }
    }
    out.push_str(rest);
    out.replace("}}", "}")
}

/// The severity in words: `error`, or `error or warning`.
fn severity_words(node: Node<'_>) -> String {
    if !node.is_mapping() {
        return node.text().unwrap_or_default().to_string();
    }
    let mut words: Vec<&str> = Vec::new();
    for (key, value) in node.entries() {
        let word = match key.text() {
            Some("otherwise") => value.text(),
            other => other,
        };
        words.extend(word.filter(|word| !words.contains(word)));
    }
    words.join(" or ")
}

/// Every level of some severities, gravest first.
fn levels(severity: Node<'_>, more: &[Node<'_>]) -> Vec<Severity> {
    let all = std::iter::once(severity).chain(more.iter().copied()).map(severity_words);
    let mut levels: Vec<Severity> = all
        .flat_map(|words| words.split(" or ").filter_map(|word| word.parse().ok()).collect::<Vec<_>>())
        .collect();
    levels.sort_by(|a: &Severity, b| b.cmp(a));
    levels.dedup();
    levels
}

fn gravest(levels: Vec<Severity>) -> Severity {
    levels.first().copied().unwrap_or(Severity::Warning)
}
