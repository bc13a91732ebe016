//! Joins the rooms: from inputs to a report, and from inputs to a stream.
//!
//! Deliberately absent: arguments, printing, exit codes (`app`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::discover::{self, Discovered, DiskTree, MemoryTree, Tree};
use crate::filter::Overrides;
use crate::finding::{Finding, InputError, Severity};
use crate::model::{DocKind, Model, NotRendered, Settings, build};
use crate::provenance;
use crate::report::{Report, Reported, ReportedError, Summary};
use crate::rule::{Registry, Selection, run};
use crate::source::{Origin, SourceFile};
use crate::stream::{self, Carried, DocumentOut};

/// What is linted.
pub struct Inputs<'a> {
    /// Paths that the user named, relative to the working directory.
    pub paths: &'a [PathBuf],
    /// The working directory.
    pub working_directory: &'a Path,
    /// The text of standard input, where it is one of the inputs.
    pub stdin: Option<String>,
    /// What narrows a walk.
    pub options: discover::Options,
    /// Settings that facts depend on.
    pub settings: Settings,
    /// Values files of the configuration for charts that nobody deploys, on the disk.
    pub shared_values: Vec<PathBuf>,
}

/// What is run, and how findings are treated.
pub struct Rules<'a> {
    /// The rules.
    pub registry: &'a Registry,
    /// Those that run.
    pub selection: &'a Selection,
    /// Severities that the user gave.
    pub overrides: &'a Overrides,
}

/// A model with its report.
pub struct Linted {
    /// Everything that was read.
    pub model: Model,
    /// What was found.
    pub report: Report,
}

/// Reads and lints.
pub fn lint(inputs: Inputs<'_>, rules: &Rules<'_>) -> Linted {
    with_inputs(inputs, |discovered, settings, carried| finish(discovered, settings, carried, rules))
}

/// Reads without linting.
pub fn read(inputs: Inputs<'_>) -> Model {
    with_inputs(inputs, |discovered, settings, _| build(discovered, settings))
}

fn with_inputs<T>(
    mut inputs: Inputs<'_>,
    then: impl FnOnce(Discovered<'_>, Settings, Option<Carried>) -> T,
) -> T {
    // What arrives on standard input alone has nothing to do with the files around.
    let nothing = MemoryTree::default();
    let (tree, named, missing) = DiskTree::open(inputs.paths, inputs.working_directory);
    for path in &inputs.shared_values {
        inputs.settings.chart.shared_values.extend(tree.below_root(path));
    }
    let tree: &dyn Tree = if inputs.paths.is_empty() { &nothing } else { &tree };
    let mut discovered = discover::discover(tree, &named, &inputs.options);
    discovered.errors.extend(missing);
    if !inputs.paths.is_empty() {
        one_chart(&mut discovered, &inputs.settings);
    }
    let carried = inputs.stdin.and_then(|text| add_stdin(&mut discovered, text));
    then(discovered, inputs.settings, carried)
}

/// Lints what stands in a tree of files.
pub fn lint_tree(
    tree: &dyn Tree,
    inputs: &[discover::Input],
    settings: Settings,
    rules: &Rules<'_>,
) -> Linted {
    finish(discover::discover(tree, inputs, &discover::Options::default()), settings, None, rules)
}

/// Values and a name on the command line are meant for one chart.
fn one_chart(discovered: &mut Discovered<'_>, settings: &Settings) {
    let charts = discovered.charts.len();
    if settings.chart.is_for_one_chart() && charts != 1 {
        discovered.errors.push(InputError {
            code: "not-one-chart",
            message: format!(
                "`--values`, `--set…` and `--release-name` are for one chart, and the input has {charts}"
            ),
            help: Some("name the chart's folder as PATH".to_string()),
            place: None,
            file: None,
        });
    }
}

fn add_stdin(discovered: &mut Discovered<'_>, text: String) -> Option<Carried> {
    let name = "<stdin>";
    let text: Arc<str> = text.into();
    let (origin, carried) = match stream::read(&text) {
        Ok(None) => (Origin::Stdin, None),
        Ok(Some(carried)) => (Origin::Streamed(carried.runs.clone()), Some(carried)),
        Err((_, message)) => {
            let help = Some("run `ddlint render` and `ddlint check` of the same version".to_string());
            let file = Some(name.to_string());
            discovered.errors.push(InputError { code: "bad-stream", message, help, place: None, file });
            return None;
        }
    };
    discovered.texts.push(SourceFile::new(name, name, text, origin));
    carried
}

fn finish(
    discovered: Discovered<'_>,
    settings: Settings,
    carried: Option<Carried>,
    rules: &Rules<'_>,
) -> Linted {
    let from_stdin = !discovered.texts.is_empty();
    let mut model = build(discovered, settings);
    if from_stdin && carried.is_none() && !model.docs.iter().any(|doc| doc.kind == DocKind::Manifest) {
        model.errors.push(InputError {
            code: "nothing-to-lint",
            message: "nothing to lint arrived on standard input".to_string(),
            help: Some("to lint this folder: `ddlint check .`".to_string()),
            place: None,
            file: None,
        });
    }
    let report = report(&model, carried, rules);
    Linted { model, report }
}

fn report(model: &Model, carried: Option<Carried>, rules: &Rules<'_>) -> Report {
    let mut findings = run(model, rules.registry, rules.selection);
    for finding in &mut findings {
        provenance::lead_back(finding, &model.sources);
    }
    findings.extend(not_rendered(model, rules));
    rules.overrides.apply(&mut findings);
    let mut report = Report {
        findings: findings.iter().map(|finding| Reported::new(finding, &model.sources)).collect(),
        errors: model.errors.iter().map(|error| ReportedError::new(error, &model.sources)).collect(),
        summary: summary(model),
    };
    report.finish();
    if let Some(carried) = carried {
        merge(&mut report, carried, rules);
    }
    report
}

/// A finding for each chart that could not be rendered.
fn not_rendered(model: &Model, rules: &Rules<'_>) -> Vec<Finding> {
    let id = "not-rendered";
    if !rules.selection.contains(rules.registry, id) {
        return Vec::new();
    }
    let finding = |it: &NotRendered| Finding {
        rule: id.into(),
        severity: Severity::Info,
        message: format!("the chart is not rendered: {}", it.reason),
        help: it.help.clone().unwrap_or_else(|| "its values are linted all the same".to_string()),
        resource: None,
        path: None,
        primary: it.place,
        label: String::new(),
        related: Vec::new(),
        origin: Vec::new(),
        affected: Vec::new(),
        fix: None,
    };
    model.not_rendered.iter().map(finding).collect()
}

/// What the stream's comments say is added to what its documents show.
fn merge(report: &mut Report, carried: Carried, rules: &Rules<'_>) {
    let silent: BTreeSet<&String> = carried.silent.iter().collect();
    report.findings.retain(|finding| !silent.contains(&finding.fingerprint));
    let known: BTreeSet<String> = report.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    for mut finding in carried.findings {
        let selected = rules.selection.contains(rules.registry, &finding.rule);
        if selected && !known.contains(&finding.fingerprint) {
            if let Some(severity) = rules.overrides.severity.get(&*finding.rule) {
                finding.severity = *severity;
            }
            report.findings.push(finding);
        }
    }
    report.errors.extend(carried.errors);
    let counts = carried.counts;
    report.summary = Summary {
        inputs: counts.inputs,
        documents: counts.documents,
        skipped: counts.skipped,
        charts: counts.charts,
        charts_rendered: counts.charts_rendered,
        ..report.summary
    };
    report.sort();
}

fn summary(model: &Model) -> Summary {
    let coverage = &model.coverage;
    Summary {
        inputs: coverage.inputs,
        documents: coverage.documents,
        skipped: coverage.skipped.len(),
        charts: coverage.charts.len(),
        charts_rendered: coverage.charts.iter().filter(|chart| chart.rendered).count(),
        ..Summary::default()
    }
}

/// The stream of everything that would be deployed, and the errors that stand in it too.
pub fn render(inputs: Inputs<'_>, rules: &Rules<'_>) -> (String, Linted) {
    let settings = inputs.settings.clone();
    let linted = lint(inputs, rules);
    let documents = documents(&linted.model);
    // What the documents alone show decides what has to travel in comments, so that both ways report the same.
    let alone = stream::write(&documents, &[], &[], &Report::default());
    let nothing = MemoryTree::default();
    let mut discovered = discover::discover(&nothing, &[], &discover::Options::default());
    let seen = add_stdin(&mut discovered, alone);
    let alone = finish(discovered, settings, seen, rules).report;
    let by_fingerprint = |report: &'_ Report| -> BTreeMap<String, Reported> {
        report.findings.iter().map(|finding| (finding.fingerprint.clone(), finding.clone())).collect()
    };
    let (whole, parts) = (by_fingerprint(&linted.report), by_fingerprint(&alone));
    let same = |a: &Reported, b: Option<&Reported>| {
        b.is_some_and(|b| {
            let places = |it: &Reported| it.related.iter().map(|r| r.location.clone()).collect::<Vec<_>>();
            a.severity == b.severity && a.location == b.location && a.help == b.help && places(a) == places(b)
        })
    };
    let carried: Vec<&Reported> =
        whole.values().filter(|finding| !same(finding, parts.get(&finding.fingerprint))).collect();
    let silent: Vec<String> = (parts.values())
        .filter(|finding| !same(finding, whole.get(&finding.fingerprint)))
        .map(|finding| finding.fingerprint.clone())
        .collect();
    let text = stream::write(&documents, &carried, &silent, &linted.report);
    (text, linted)
}

fn documents(model: &Model) -> Vec<DocumentOut<'_>> {
    let mut out = Vec::new();
    // Test hooks are printed though they are never deployed: what they alone would show is told to be silent.
    let printed = |kind| matches!(kind, DocKind::Manifest | DocKind::TestHook);
    for doc in model.docs.iter().filter(|doc| printed(doc.kind)) {
        let file = model.sources.get(doc.file);
        if matches!(file.origin, Origin::Embedded { .. }) {
            continue;
        }
        let span = doc.tree.span();
        let text = file.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let at = model.sources.location(crate::source::Place { file: doc.file, span });
        out.push(DocumentOut {
            text,
            file: at.file,
            root_path: at.root_file,
            offset: at.offset,
            line: at.line,
            column: at.column,
        });
    }
    out
}
