//! `check`: lint, then report.
//!
//! Deliberately absent: how findings are treated (`filter`, `pipeline`) and drawn (`report`).

use std::io::IsTerminal;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::bar::Bar;
use super::configuration::{self, Configuration};
use super::{
    FAILED, Stop, changes, complain, files, fixes, input, print, settings, start_threads, working_directory,
};
use crate::cli::{CheckArgs, Color, Format};
use crate::config::{self, shown::Shown};
use crate::filter::{configured, suppress};
use crate::finding::Severity;
use crate::model::Model;
use crate::pipeline::{self, Rules};
use crate::report::{self, Report, RuleInfo};
use crate::rule::{self, Registry, Selection};

/// `ddlint check`
pub(super) fn check(args: &CheckArgs) -> Result<u8, Stop> {
    run(args, true).inspect_err(|stop| {
        // What reads the report gets a whole one also when nothing was linted.
        if matches!(args.format, Format::Json | Format::Sarif) && !args.show_config {
            let text = document(args, &stop.report(), &Model::default(), Vec::new);
            let _ = publish(args, &text);
        }
    })
}

/// Lints and reports; `may_mend` is off where files were mended and what is left is reported.
fn run(args: &CheckArgs, may_mend: bool) -> Result<u8, Stop> {
    if may_mend {
        start_threads(args.input.jobs)?;
    }
    let directory = working_directory()?;
    let configuration = configuration::load(&args.input.config, &directory)?;
    if args.statistics && !matches!(args.format, Format::Pretty | Format::Concise) {
        return Err(Stop::new("`--statistics` is for people; other formats hold every finding")
            .help("leave out `--format` or `--statistics`"));
    }
    let mut shown = Shown::default();
    let judging = settings::of_check(args, &configuration, &mut shown)?;
    settings::show_rest(&configuration, &args.ignore, &mut shown);
    let model_settings = settings::of_input(&args.input, &configuration, &mut shown)?;
    if args.show_config {
        print(&shown.render(&configuration.sources))?;
        return Ok(0);
    }
    let mut paths = Vec::new();
    // Hooks put names of files at the end, behind options of the user.
    let mut input_args = args.input.clone();
    let causes = args.caused_by.as_ref().map(|files| match files.as_slice() {
        [] => std::mem::take(&mut input_args.paths),
        files => files.to_vec(),
    });
    if causes.as_ref().is_some_and(Vec::is_empty) {
        return Err(Stop::new("`--caused-by` needs the names of files"));
    }
    if causes.is_some() && input_args.paths.is_empty() {
        // What a file causes can stand anywhere.
        paths.push(configuration::repository(&directory).unwrap_or(&directory).to_path_buf());
    }
    let inputs = input::inputs(&input_args, &configuration, model_settings, &directory, &mut paths, true)?;
    if inputs.stdin.is_some() && args.since.is_some() {
        return Err(Stop::new("`--since` compares files with a git revision; standard input has none")
            .help("name the paths to lint: `ddlint check . --since REV`"));
    }
    let mends = fixes::asked(args, inputs.stdin.is_some())? && may_mend;
    let options = inputs.options.clone();
    let registry = configuration.registry();
    let rules = Rules { registry, selection: &judging.selection, overrides: &judging.overrides };
    let bar = Bar::start(!args.no_progress && !args.quiet);
    // The process is over soon: what was read is not taken down piece by piece.
    let _parsed = ManuallyDrop::new(Arc::clone(&inputs.settings.rendering.parsed));
    let mut linted = ManuallyDrop::new(pipeline::lint(inputs, &rules));
    let ran = |id: &str| judging.selection.contains(registry, id);
    let unused = judging.overrides.severity.get(suppress::UNUSED).copied().unwrap_or(Severity::Warning);
    let unused = (linted.whole && ran(suppress::UNUSED)).then_some(unused);
    configured::apply(&mut linted.report, &ignores(&configuration), &ran, unused);
    if let Some(path) = &args.write_baseline {
        drop(bar);
        return changes::write_baseline(path, &linted);
    }
    if let Some((path, name)) = changes::baseline(args, &configuration, &directory) {
        changes::apply_baseline(&path, &name, &mut linted, &ran)?;
    }
    let gaps = match &args.since {
        Some(rev) => changes::since(rev, &options, &rules, &mut linted)?,
        None => None,
    };
    if let Some(files) = &causes {
        changes::caused_by(files, &directory, args.since.as_ref(), &options, &rules, &mut linted);
    }
    drop(bar);
    if let Some(gaps) = gaps {
        complain(&gaps);
    }
    if mends {
        if fixes::mend(args, &linted, &options, &rules)? {
            return run(args, false);
        }
        if args.diff {
            return Ok(exit_code(&linted.report, judging.fail_on, args));
        }
    }
    if args.input.verbose {
        for skipped in &linted.model.coverage.skipped {
            complain(&format!("skipped {}: {}\n", skipped.path, skipped.reason));
        }
    }
    let report = &linted.report;
    let code = exit_code(report, judging.fail_on, args);
    if args.statistics {
        publish(args, &report::concise::statistics(report, args.quiet))?;
    } else {
        let infos = || rule_infos(registry, &judging.selection);
        publish(args, &document(args, report, &linted.model, infos))?;
    }
    Ok(code)
}

/// The entries of `ignore`.
fn ignores(configuration: &Configuration) -> Vec<configured::Entry> {
    let Configuration { config, sources, .. } = configuration;
    let entry = |entry: &config::Ignore| {
        let rule = configuration.registry().get(&entry.rule.value).map(|rule| rule.id.to_string());
        let rule = rule.unwrap_or_else(|| entry.rule.value.clone());
        configured::Entry::new(entry, rule, sources.location(entry.rule.place))
    };
    config.ignore.iter().map(entry).collect()
}

/// The report in the format that is asked for.
fn document(
    args: &CheckArgs,
    report: &Report,
    model: &Model,
    infos: impl FnOnce() -> Vec<RuleInfo>,
) -> String {
    match args.format {
        Format::Pretty => {
            let data = report::secrets::SecretData::of(model);
            let secret = |file, offset| data.contains(file, offset);
            report::pretty::render(report, &model.sources, &secret, style(args))
        }
        Format::Concise => report::concise::render(report, args.show_suppressed, args.quiet),
        Format::Json => report::json::render(report, args.show_suppressed),
        Format::Sarif => report::sarif::render(report, &infos()),
        Format::Github => report::github::render(report),
        Format::Gitlab => report::gitlab::render(report),
        Format::Junit => report::junit::render(report),
        Format::Markdown => report::markdown::render(report, &infos()),
    }
}

fn publish(args: &CheckArgs, text: &str) -> Result<(), Stop> {
    match &args.output {
        None => print(text),
        Some(path) => files::write_whole(path, text),
    }
}

fn style(args: &CheckArgs) -> report::pretty::Style {
    let terminal = args.output.is_none() && std::io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = match args.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && !no_color,
    };
    let width =
        if terminal { terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)) } else { None };
    report::pretty::Style {
        colour,
        width: width.unwrap_or(100).clamp(60, 160),
        links: terminal && colour && supports_hyperlinks::supports_hyperlinks(),
        suppressed: args.show_suppressed,
        quiet: args.quiet,
    }
}

fn exit_code(report: &Report, fail_on: Option<Severity>, args: &CheckArgs) -> u8 {
    let failing = fail_on.is_some_and(|at| report.findings.iter().any(|finding| finding.severity >= at));
    let not_rendered = args.fail_on_not_rendered && report.summary.charts > report.summary.charts_rendered;
    match (report.errors.is_empty(), (failing || not_rendered) && !args.exit_zero) {
        (false, _) => FAILED,
        (true, true) => 1,
        (true, false) => 0,
    }
}

fn rule_infos(registry: &Registry, selection: &Selection) -> Vec<RuleInfo> {
    (registry.rules())
        .filter(|rule| selection.contains(registry, &rule.id))
        .map(|rule| RuleInfo {
            id: rule.id.to_string(),
            group: rule.group.to_string(),
            severity: rule.severity(),
            summary: rule.documentation.summary.to_string(),
            why: rule.documentation.why.to_string(),
            page: rule::docs::markdown(rule),
            about_order: rule.is_about_order(),
        })
        .collect()
}
