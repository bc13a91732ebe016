//! Joins the rooms: from inputs to a report, and from inputs to a stream.
//!
//! Deliberately absent: arguments, exit codes (`app`).

mod printed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ddlint_yaml::SourceText;
use rayon::prelude::*;

use crate::discover::{self, Discovered, DiskTree, FoundText, MemoryTree, Tree};
use crate::filter::{Overrides, suppress};
use crate::finding::{Finding, InputError, Severity};
use crate::model::{DocKind, Model, NotRendered, Settings, build};
use crate::near;
use crate::provenance;
use crate::report::identity::Identity;
use crate::report::{Hidden, HiddenBy, Report, Reported, ReportedError, ReportedOrigin, Summary};
use crate::rule::{Registry, Selection, merge_led_back, run};
use crate::source::{Origin, Place, SourceFile};
use crate::stream::{self, Carried};

pub use printed::{Manifests, Printed, manifests, render};

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

impl Rules<'_> {
    /// Whether a rule runs.
    fn ran(&self, id: &str) -> bool {
        self.selection.contains(self.registry, id)
    }
}

/// A model with its report.
pub struct Linted {
    /// Everything that was read.
    pub model: Model,
    /// What was found.
    pub report: Report,
    /// Everything below the root was read.
    pub whole: bool,
    /// The disk below the root.
    pub disk: DiskTree,
    /// What the user named, relative to the root.
    pub named: Vec<discover::Input>,
}

/// Reads and lints.
pub fn lint(inputs: Inputs<'_>, rules: &Rules<'_>) -> Linted {
    with_inputs(inputs, |read, disk, named| {
        let whole = read.whole;
        let (model, report) = finish(read, rules);
        Linted { model, report, whole, disk: disk.clone(), named: named.to_vec() }
    })
}

/// Reads without linting.
pub fn read(inputs: Inputs<'_>) -> Model {
    with_inputs(inputs, |read, _, _| build(read.discovered, read.settings))
}

/// What was discovered, before it is understood.
struct Read<'t> {
    discovered: Discovered<'t>,
    settings: Settings,
    /// What a stream of ddlint's own says beside its documents.
    carried: Option<Carried>,
    /// Everything below the root is read.
    whole: bool,
}

fn with_inputs<T>(
    mut inputs: Inputs<'_>,
    then: impl FnOnce(Read<'_>, &DiskTree, &[discover::Input]) -> T,
) -> T {
    // What arrives on standard input alone has nothing to do with the files around.
    let nothing = MemoryTree::default();
    let (disk, named, missing) = DiskTree::open(inputs.paths, inputs.working_directory);
    for path in &inputs.shared_values {
        inputs.settings.chart.shared_values.extend(disk.below_root(path));
    }
    let tree: &dyn Tree = if inputs.paths.is_empty() { &nothing } else { &disk };
    let mut discovered = discover::discover(tree, &named, &inputs.options);
    discovered.errors.extend(missing);
    if !inputs.paths.is_empty() {
        one_chart(&mut discovered, &inputs.settings);
    }
    let carried = inputs.stdin.and_then(|text| add_stdin(&mut discovered, text.into()));
    let whole = named.iter().any(|input| input.path.is_empty());
    then(Read { discovered, settings: inputs.settings, carried, whole }, &disk, &named)
}

/// A tree of files that was linted.
pub struct LintedTree {
    /// Everything that was read.
    pub model: Model,
    /// What was found.
    pub report: Report,
}

/// Lints what stands in a tree of files.
pub fn lint_tree(
    tree: &dyn Tree,
    inputs: &[discover::Input],
    options: &discover::Options,
    settings: Settings,
    rules: &Rules<'_>,
) -> LintedTree {
    let whole = inputs.iter().any(|input| input.path.is_empty());
    let discovered = discover::discover(tree, inputs, options);
    let (model, report) = finish(Read { discovered, settings, carried: None, whole }, rules);
    LintedTree { model, report }
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

/// The name of standard input.
const STDIN: &str = "<stdin>";

fn add_stdin(discovered: &mut Discovered<'_>, text: SourceText) -> Option<Carried> {
    let name = STDIN;
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
    discovered.texts.push(FoundText { file: SourceFile::new(name, name, text, origin), parsed: None });
    carried
}

fn finish(read: Read<'_>, rules: &Rules<'_>) -> (Model, Report) {
    let Read { discovered, mut settings, carried, whole } = read;
    // A chart is rendered again and again to see what drifts: only for rules that ask.
    settings.drift &= rules.registry.rules().any(|rule| rule.reads_drift() && rules.ran(&rule.id));
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
    let report = report(&model, whole, carried, rules);
    (model, report)
}

fn report(model: &Model, whole: bool, carried: Option<Carried>, rules: &Rules<'_>) -> Report {
    let mut findings: Vec<(Finding, Option<Place>)> = Vec::new();
    for mut finding in run(model, rules.registry, rules.selection) {
        let printed = match &model.sources.get(finding.primary.file).origin {
            Origin::Rendered(it) => provenance::template_place(it, &model.sources, finding.primary.span),
            _ => None,
        };
        provenance::lead_back(&mut finding, &model.sources);
        provenance::add_shadowed(&mut finding, model);
        if finding.label.is_empty()
            && let Some(template) = named_template(model, &finding)
        {
            finding.label = format!("rendered from {template}");
        }
        findings.push((finding, printed));
    }
    let mut findings = merge_led_back(model, findings);
    findings.extend(not_rendered(model, rules).into_iter().map(|finding| (finding, None)));
    let known = |word: &str| match rules.registry.get(word) {
        Some(rule) => Ok(rule.id.to_string()),
        None => Err(near::nearest(word, rules.registry.rules().map(|rule| &*rule.id)).map(str::to_string)),
    };
    let (mut suppressions, wrong) = suppress::collect(model, &known);
    let mut hidden = suppress::apply(model, &mut suppressions, &findings);
    let mut about = vec![None; findings.len()];
    if rules.ran(suppress::UNUSED) {
        // Where only a part was read, the other side of a relation may be missing.
        let severity = if whole { Severity::Warning } else { Severity::Info };
        let unused = suppress::unused(&suppressions, &|id| rules.ran(id), severity);
        let (unused, rule): (Vec<_>, Vec<String>) =
            unused.into_iter().map(|(finding, rule)| ((finding, None), rule)).unzip();
        hidden.extend(suppress::apply(model, &mut suppressions, &unused));
        about.extend(rule.into_iter().map(Some));
        findings.extend(unused);
    }
    let mut findings: Vec<Finding> = findings.into_iter().map(|(finding, _)| finding).collect();
    rules.overrides.apply(&mut findings);
    let identity = Identity::new(model, &findings);
    let mut reported: Vec<Reported> = (findings.par_iter().with_max_len(1))
        .map(|finding| {
            let mut it = Reported::new(finding, &model.sources, &identity);
            if it.origin.is_empty() {
                it.origin.extend(named_template(model, finding).map(ReportedOrigin::template));
            }
            it
        })
        .collect();
    for ((it, hidden), about) in reported.iter_mut().zip(hidden).zip(about) {
        it.hidden = hidden.map(|reason| Hidden { by: HiddenBy::Comment, reason });
        it.about = about;
    }
    let mut report = Report {
        findings: reported,
        hidden: Vec::new(),
        errors: model
            .errors
            .iter()
            .chain(&wrong)
            .map(|error| ReportedError::new(error, &model.sources))
            .collect(),
        summary: summary(model),
    };
    report.finish();
    if let Some(carried) = carried {
        merge(&mut report, carried, rules);
    }
    report
}

/// The template that helm names above the document of a finding.
fn named_template<'m>(model: &'m Model, finding: &Finding) -> Option<&'m str> {
    let file = model.sources.get(finding.primary.file);
    match file.origin {
        Origin::Stdin | Origin::Disk => stream::template_of(&file.text, finding.primary.span.start),
        _ => None,
    }
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
        about: None,
        label: String::new(),
        apart: String::new(),
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
    report.hidden.retain(|finding| !silent.contains(&finding.fingerprint));
    for mut finding in carried.findings {
        // The same but for its fix, which only who has the file can offer.
        let mut all = report.findings.iter_mut().chain(&mut report.hidden);
        if let Some(known) = all.find(|known| known.fingerprint == finding.fingerprint) {
            known.fix = finding.fix;
            continue;
        }
        let selected = rules.ran(&finding.rule) && finding.about.as_deref().is_none_or(|id| rules.ran(id));
        if selected {
            if let Some(severity) = rules.overrides.severity.get(&*finding.rule) {
                finding.severity = *severity;
            }
            report.findings.push(finding);
        }
    }
    // What is wrong inside a document is seen again here.
    let seen = |error: &ReportedError| {
        report
            .errors
            .iter()
            .any(|it| (&it.code, &it.message, &it.location) == (&error.code, &error.message, &error.location))
    };
    let errors: Vec<ReportedError> = carried.errors.into_iter().filter(|error| !seen(error)).collect();
    report.errors.extend(errors);
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
