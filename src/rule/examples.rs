//! Examples in rule files, run as tests: a bad one gives exactly its marked findings, a good one none.
//!
//! A mark is a comment line below the line it is about, `# ^^^^ rule-id` or `# ^^^^ related`, whose carets stand
//! below the bytes of the place; `#<^^` reaches back to the beginning of the line's text, for places that begin left
//! of where a caret can stand. `# ^^^^ rule-id: warning` asks for a severity too. Mark lines are taken out before
//! the files are read, so that they can stand anywhere, also in JSON and in block strings.

use std::sync::Arc;

use ddlint_yaml::{Node, Span};

use super::read::Problems;
use super::{Registry, Rule, Selection};
use crate::finding::{Finding, Severity};
use crate::model::{self, Model, Settings};
use crate::near;
use crate::source::Place;

/// The examples of a rule.
#[derive(Debug, Default)]
pub struct Examples {
    /// Each gives exactly its marked findings.
    pub bad: Vec<Example>,
    /// Each gives no finding of the rule.
    pub good: Vec<Example>,
}

/// Files that are read together.
#[derive(Debug)]
pub struct Example {
    /// The files, in order.
    pub files: Vec<ExampleFile>,
}

/// A file of an example.
#[derive(Debug)]
pub struct ExampleFile {
    /// Its name relative to the root.
    pub path: Arc<str>,
    /// As written in the rule file, marks included.
    pub written: Arc<str>,
    /// What is read.
    pub text: Arc<str>,
    /// The marks.
    pub marks: Vec<Mark>,
}

/// An expected place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The line in [`ExampleFile::text`], from 1.
    pub line: u32,
    /// First column, from 1.
    pub column: u32,
    /// One past the last column.
    pub end_column: u32,
    /// A related place, not the primary one.
    pub related: bool,
    /// The severity that is asked for.
    pub severity: Option<Severity>,
}

/// An example that does not do what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExampleFailure {
    /// The rule.
    pub rule: Arc<str>,
    /// `bad` or `good`, and its number from 1.
    pub example: String,
    /// What is different, in one or more lines.
    pub message: String,
}

impl std::fmt::Display for ExampleFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: example {}: {}", self.rule, self.example, self.message)
    }
}

/// Reads `examples`.
pub(crate) fn read(node: Node<'_>, id: &str, unmarked: bool, problems: &mut Problems) -> Examples {
    let mut examples = Examples::default();
    for (key, list) in node.entries() {
        let name = key.text().unwrap_or_default();
        let into = match name {
            "bad" => &mut examples.bad,
            "good" => &mut examples.good,
            _ => {
                problems.unknown(key.span(), "key of `examples`", name, ["bad", "good"]);
                continue;
            }
        };
        for item in list.items() {
            let mut files = Vec::new();
            for (path, text) in item.entries() {
                let (Some(path), Some(written)) = (path.text(), text.text()) else {
                    problems.add(path.span(), "an example is a mapping from file names to texts", None);
                    continue;
                };
                files.push(file(path, written, id, text, problems));
            }
            let marked = files.iter().any(|file: &ExampleFile| file.marks.iter().any(|mark| !mark.related));
            if name == "bad" && !marked && !unmarked {
                let help = Some(format!("below the line that is wrong: `# ^^^^ {id}`"));
                problems.add(item.span(), "this bad example has no mark", help);
            }
            if name == "good" && files.iter().any(|file| !file.marks.is_empty()) {
                problems.add(item.span(), "a good example has no marks", None);
            }
            into.push(Example { files });
        }
    }
    for (name, list) in [("bad", &examples.bad), ("good", &examples.good)] {
        if list.is_empty() {
            problems.add(node.span(), format!("`examples` needs at least one `{name}`"), None);
        }
    }
    examples
}

fn file(path: &str, written: &str, id: &str, node: Node<'_>, problems: &mut Problems) -> ExampleFile {
    let mut text = String::with_capacity(written.len());
    let mut marks = Vec::new();
    let (mut line, mut offset) = (0u32, 0usize);
    for raw in written.split_inclusive('\n') {
        match mark(raw) {
            None => {
                text.push_str(raw);
                line += 1;
            }
            Some(found) => {
                let start = offset + found.name_at;
                let span = Span { start: start as u32, end: (start + found.name.len()) as u32 };
                let span = node.offset_map().span(span);
                if found.name != id && found.name != "related" {
                    let help = near::did_you_mean(found.name, [id, "related"]);
                    problems.add(
                        span,
                        format!("a mark names `{id}` or `related`, not `{}`", found.name),
                        help,
                    );
                }
                if line == 0 {
                    problems.add(span, "there is no line above this mark", None);
                }
                marks.push(Mark {
                    line,
                    column: found.column,
                    end_column: found.end_column,
                    related: found.name == "related",
                    severity: found.severity,
                });
            }
        }
        offset += raw.len();
    }
    ExampleFile { path: path.into(), written: written.into(), text: text.into(), marks }
}

struct Found<'a> {
    column: u32,
    end_column: u32,
    name: &'a str,
    name_at: usize,
    severity: Option<Severity>,
}

/// The mark of a line, if it is one. `column` 0 means: from the beginning of the line's text.
fn mark(raw: &str) -> Option<Found<'_>> {
    let line = raw.trim_end();
    let hash = line.len() - line.trim_start().len();
    let rest = line.get(hash..)?.strip_prefix('#')?;
    let carets = line.find('^')?;
    let between = line.get(hash + 1..carets)?;
    let from_start = between.trim() == "<";
    if !(between.trim().is_empty() || from_start) || rest.is_empty() {
        return None;
    }
    let after = line.get(carets..)?;
    let count = after.len() - after.trim_start_matches('^').len();
    let words = after.get(count..)?;
    let name_at = carets + count + (words.len() - words.trim_start().len());
    let words = words.trim_start();
    let (name, severity) = match words.split_once(':') {
        Some((name, severity)) => (name.trim_end(), severity.trim().parse().ok()),
        None => (words, None),
    };
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return None;
    }
    let column = line.get(..carets)?.chars().count() as u32 + 1;
    let end_column = column + count as u32;
    Some(Found { column: if from_start { 0 } else { column }, end_column, name, name_at, severity })
}

/// Runs the examples of a rule.
pub fn check(rule: &Arc<Rule>) -> Vec<ExampleFailure> {
    if rule.is_tool() {
        return Vec::new();
    }
    let registry = Registry::of(rule.clone());
    let selection = Selection::everything(&registry);
    let mut failures = Vec::new();
    for (kind, list) in [("bad", &rule.examples().bad), ("good", &rule.examples().good)] {
        for (number, example) in list.iter().enumerate() {
            if let Some(message) = run(example, &registry, &selection) {
                let example = format!("{kind} {}", number + 1);
                failures.push(ExampleFailure { rule: rule.id.clone(), example, message });
            }
        }
    }
    failures
}

fn run(example: &Example, registry: &Registry, selection: &Selection) -> Option<String> {
    let files: Vec<(&str, &str)> = example.files.iter().map(|file| (&*file.path, &*file.text)).collect();
    let model = model::from_memory(&files, Settings::default());
    let mut problems: Vec<String> =
        model.errors.iter().map(|error| format!("cannot be read: {}", error.message)).collect();
    let mut findings = super::run(&model, registry, selection);
    for finding in &mut findings {
        crate::provenance::lead_back(finding, &model.sources);
    }
    let primary: Vec<Actual> = findings.iter().map(|it| actual(&model, it.primary, Some(it))).collect();
    let related: Vec<Actual> =
        findings.iter().flat_map(|it| &it.related).map(|it| actual(&model, it.place, None)).collect();
    for file in &example.files {
        for mark in &file.marks {
            let list = if mark.related { &related } else { &primary };
            let fitting = || list.iter().filter(|actual| actual.fits(&file.path, mark));
            // Of several at one place each has its own mark.
            let wanted = fitting().find(|actual| mark.severity.is_some() && actual.severity == mark.severity);
            let found = wanted.or_else(|| fitting().next());
            match (found, mark.severity) {
                (None, _) => problems.push(format!(
                    "missing: nothing {}at {}:{} columns {} to {}",
                    if mark.related { "related " } else { "" },
                    file.path,
                    mark.line,
                    mark.column.max(1),
                    mark.end_column
                )),
                (Some(actual), Some(wanted)) if actual.severity != Some(wanted) => problems.push(format!(
                    "reported as {} instead of {} at {}:{}",
                    actual.severity.map_or("nothing", Severity::as_str),
                    wanted.as_str(),
                    file.path,
                    mark.line
                )),
                _ => {}
            }
        }
    }
    let marks = |actual: &Actual, wants_related: bool| {
        let of_file = |file: &ExampleFile| {
            let fits = |mark: &&Mark| mark.related == wants_related && actual.fits(&file.path, mark);
            file.marks.iter().filter(fits).count()
        };
        example.files.iter().map(of_file).sum::<usize>()
    };
    let related_marks = example.files.iter().flat_map(|file| &file.marks).any(|mark| mark.related);
    for (index, actual) in primary.iter().enumerate() {
        let before = primary.iter().take(index).filter(|other| other.place == actual.place).count();
        if before >= marks(actual, false) {
            problems.push(format!("noisy: {}", actual.show(&model)));
        }
    }
    for actual in related.iter().filter(|actual| related_marks && marks(actual, true) == 0) {
        problems.push(format!("noisy, related: {}", actual.show(&model)));
    }
    (!problems.is_empty()).then(|| problems.join("\n    "))
}

struct Actual {
    file: String,
    line: u32,
    column: u32,
    end_column: u32,
    severity: Option<Severity>,
    message: String,
    place: Place,
    /// The column at which the line's text begins.
    text_column: u32,
}

impl Actual {
    fn fits(&self, path: &str, mark: &Mark) -> bool {
        let column = if mark.column == 0 { self.text_column } else { mark.column };
        self.file == path
            && self.line == mark.line
            && self.column == column
            && self.end_column == mark.end_column
    }

    /// The line with a mark that would fit.
    fn show(&self, model: &Model) -> String {
        let file = model.sources.get(model.sources.outermost(self.place).file);
        let line = file.text.lines().nth(self.line.saturating_sub(1) as usize).unwrap_or_default();
        let carets = "^".repeat(self.end_column.saturating_sub(self.column).max(1) as usize);
        let indent = " ".repeat(self.column.saturating_sub(1) as usize);
        let level = self.severity.map_or("related", Severity::as_str);
        format!(
            "{}:{}: {level}: {}\n        {line}\n        {indent}{carets}",
            self.file, self.line, self.message
        )
    }
}

fn actual(model: &Model, place: Place, finding: Option<&Finding>) -> Actual {
    let location = model.sources.location(place);
    let outer = model.sources.outermost(place);
    let text = &model.sources.get(outer.file).text;
    let line = text.lines().nth(location.line.saturating_sub(1) as usize).unwrap_or_default();
    // A place of several lines is marked on its first.
    let line_end = line.trim_end().chars().count() as u32 + 1;
    let end_column = if location.end_line == location.line { location.end_column } else { line_end };
    let indent = line.chars().take_while(|c| *c == ' ').count() as u32;
    Actual {
        file: model.sources.get(outer.file).root_path.clone(),
        line: location.line,
        column: location.column,
        end_column,
        severity: finding.map(|finding| finding.severity),
        message: finding.map_or_else(String::new, |finding| finding.message.clone()),
        place,
        text_column: indent + 1,
    }
}
