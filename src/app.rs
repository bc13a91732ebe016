//! The commands: from arguments to what is printed and the exit code.
//!
//! Deliberately absent: everything about rules and files; this room only joins what the others give.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};
use ddlint_helm::HelmDialect;
use ddlint_helm::objects::KubeVersion;
use ddlint_helm::values::SetKind;

use crate::cli::{
    CheckArgs, Cli, Color, Command, FailOn, Format, InputArgs, ListFormat, TraceArgs, TraceFormat,
};
use crate::filter::Overrides;
use crate::finding::Severity;
use crate::model::{Model, Settings};
use crate::near;
use crate::pipeline::{self, Inputs, Rules};
use crate::report::{self, Report, ReportedError, RuleInfo};
use crate::rule::{self, Registry, Rule, Selection};
use crate::trace;

/// ddlint could not do its work.
const FAILED: u8 = 2;

/// A message for the user that ends the run with exit code 2.
struct Stop {
    message: String,
    help: Option<String>,
}

impl Stop {
    fn new(message: impl Into<String>) -> Stop {
        Stop { message: message.into(), help: None }
    }
    fn help(mut self, help: impl Into<String>) -> Stop {
        self.help = Some(help.into());
        self
    }
}

/// Runs ddlint with its arguments, the program's name first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    let result = with_command(args).and_then(|args| match Cli::try_parse_from(args) {
        Ok(cli) => dispatch(cli.command),
        Err(error) => {
            // Help and version are no failures, and a closed pipe is none either.
            let code = if error.use_stderr() { FAILED } else { 0 };
            let _ = error.print();
            Ok(code)
        }
    });
    ExitCode::from(result.unwrap_or_else(|stop| {
        let help = stop.help.map(|help| format!("\n  help: {help}")).unwrap_or_default();
        complain(&format!("ddlint: {}{help}\n", stop.message));
        FAILED
    }))
}

fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// `ddlint PATH…` is `ddlint render PATH…`; a word that is neither a command nor a path is an error.
fn with_command(mut args: Vec<OsString>) -> Result<Vec<OsString>, Stop> {
    let Some(first) = args.get(1) else {
        args.push("--help".into());
        return Ok(args);
    };
    let word = first.to_string_lossy().into_owned();
    let commands: Vec<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_string()).collect();
    let known = commands.contains(&word);
    let about_itself = matches!(word.as_str(), "-h" | "--help" | "-V" | "--version");
    if known || about_itself {
        return Ok(args);
    }
    if word != "-" && !word.starts_with('-') && !Path::new(first).exists() {
        let stop = Stop::new(format!("`{word}` is neither a command nor an existing path"));
        return Err(match near::nearest(&word, commands.iter().map(String::as_str)) {
            Some(command) => stop.help(format!("did you mean `ddlint {command}`?")),
            None => stop.help(format!("the commands are {}", commands.join(", "))),
        });
    }
    args.insert(1, "render".into());
    Ok(args)
}

fn dispatch(command: Command) -> Result<u8, Stop> {
    match command {
        Command::Check(args) => check(&args),
        Command::Render(args) => render(&args.input),
        Command::Trace(args) => trace(&args),
        Command::Rules(args) => rules(&args.rules, args.format),
        Command::Explain(args) => explain(&args.rules, &args.rule),
        Command::Test(args) => test(&args.dirs),
    }
}

/// Prints to standard output; a reader that has gone is no error.
fn print(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Stop::new(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

fn start_threads(jobs: Option<usize>) -> Result<(), Stop> {
    if let Some(jobs) = jobs {
        if jobs == 0 {
            return Err(Stop::new("`--jobs` is at least 1"));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
        pool.map_err(|error| Stop::new(format!("threads cannot be started: {error}")))?;
    }
    Ok(())
}

/// The built-in rules and those of the folders.
fn registry(folders: &[PathBuf]) -> Result<Registry, Stop> {
    let mut files = Vec::new();
    for folder in folders {
        let found = rule_files(folder)
            .map_err(|error| Stop::new(format!("`{}` cannot be read: {error}", folder.display())))?;
        if found.is_empty() {
            return Err(Stop::new(format!("there is no rule file in `{}`", folder.display())));
        }
        files.extend(found);
    }
    Registry::embedded().with(&files).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Stop::new(format!("rule files are wrong\n{}", lines.join("\n")))
    })
}

/// Rule files of a folder and the folders in it, sorted: name and text.
fn rule_files(folder: &Path) -> std::io::Result<Vec<(String, Arc<str>)>> {
    let mut out = Vec::new();
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            out.extend(rule_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            out.push((path.to_string_lossy().replace('\\', "/"), fs::read_to_string(&path)?.into()));
        }
    }
    Ok(out)
}

fn version(text: &str, option: &str) -> Result<(u32, u32), Stop> {
    let wrong = || Stop::new(format!("`{option}` is a version such as 1.34, not `{text}`"));
    let mut parts = text.trim_start_matches('v').split('.');
    let mut next = || parts.next().and_then(|part| part.parse::<u32>().ok());
    Ok((next().ok_or_else(wrong)?, next().ok_or_else(wrong)?))
}

/// What is read: the named paths, standard input, or the current folder.
fn inputs<'a>(
    input: &InputArgs,
    working_directory: &'a Path,
    paths: &'a mut Vec<PathBuf>,
    reads_pipe: bool,
) -> Result<Inputs<'a>, Stop> {
    let mut wants_stdin = false;
    for path in &input.paths {
        if path.as_os_str() == "-" {
            wants_stdin = true;
        } else {
            paths.push(path.clone());
        }
    }
    if input.paths.is_empty() {
        // A pipe or a redirected file is read; a terminal or nothing at all is not.
        if reads_pipe && stdin_is_given() {
            wants_stdin = true;
        } else {
            paths.push(PathBuf::from("."));
        }
    }
    let mut stdin = None;
    if wants_stdin {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Stop::new(format!("standard input cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            Stop::new("standard input is not UTF-8 text").help("ddlint reads YAML and JSON in UTF-8")
        })?;
        stdin = Some(text);
    }
    let settings = settings(input)?;
    Ok(Inputs { paths, working_directory, stdin, options: crate::discover::Options::default(), settings })
}

fn settings(input: &InputArgs) -> Result<Settings, Stop> {
    let mut settings = Settings::default();
    let rendering = &mut settings.rendering;
    rendering.dialect = match input.helm_dialect.as_deref() {
        None | Some("3") => HelmDialect::V3,
        Some("4") => HelmDialect::V4,
        Some(other) => return Err(Stop::new(format!("`--helm-dialect` is 3 or 4, not `{other}`"))),
    };
    if let Some(given) = &input.kube_version {
        rendering.kube_version = KubeVersion::parse(given, rendering.dialect)
            .map_err(|_| Stop::new(format!("`--kube-version` is a version such as 1.34, not `{given}`")))?;
        settings.kubernetes = version(given, "--kube-version")?;
    }
    rendering.api_versions = input.api_versions.clone();
    rendering.skip_crds = input.skip_crds;
    let chart = &mut settings.chart;
    chart.release_name = input.release_name.clone();
    chart.namespace = input.namespace.clone();
    for path in &input.values {
        let text = fs::read_to_string(path)
            .map_err(|error| Stop::new(format!("`--values {}` cannot be read: {error}", path.display())))?;
        chart.values.push((path.to_string_lossy().replace('\\', "/"), text.into()));
    }
    let given = [
        (SetKind::Json, &input.set_json),
        (SetKind::Typed, &input.set),
        (SetKind::Strings, &input.set_string),
        (SetKind::File, &input.set_file),
    ];
    for (kind, list) in given {
        chart.sets.extend(list.iter().map(|text| (kind, text.clone())));
    }
    let mut files = BTreeMap::new();
    for path in input
        .set_file
        .iter()
        .flat_map(|text| text.split(','))
        .filter_map(|part| Some(part.split_once('=')?.1))
    {
        let content = fs::read(path)
            .map_err(|error| Stop::new(format!("`--set-file`: `{path}` cannot be read: {error}")))?;
        files.insert(path.to_string(), content);
    }
    chart.files = Arc::new(files);
    Ok(settings)
}

/// Whether standard input is a pipe, a socket or a file: then `check` reads it.
fn stdin_is_given() -> bool {
    if std::io::stdin().is_terminal() {
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        let Ok(descriptor) = std::io::stdin().as_fd().try_clone_to_owned() else { return false };
        fs::File::from(descriptor).metadata().is_ok_and(|metadata| {
            let kind = metadata.file_type();
            kind.is_fifo() || kind.is_socket() || kind.is_file()
        })
    }
    #[cfg(not(unix))]
    true
}

fn working_directory() -> Result<PathBuf, Stop> {
    std::env::current_dir()
        .map_err(|error| Stop::new(format!("the working directory cannot be read: {error}")))
}

fn selection(registry: &Registry, select: &[String], ignore: &[String]) -> Result<Selection, Stop> {
    Selection::new(registry, select, ignore).map_err(|error| Stop {
        message: error.to_string(),
        help: error.help.or_else(|| Some("`ddlint rules` lists them".into())),
    })
}

fn overrides(registry: &Registry, given: &[String]) -> Result<Overrides, Stop> {
    let mut overrides = Overrides::default();
    for word in given {
        let parts =
            word.split_once('=').and_then(|(rule, level)| Some((rule, level.parse::<Severity>().ok()?)));
        let Some((id, severity)) = parts else {
            return Err(Stop::new(format!(
                "`--severity {word}` is not RULE=error, RULE=warning or RULE=info"
            )));
        };
        if registry.get(id).is_none() {
            let ids = registry.rules().map(|rule| rule.id.as_ref());
            let stop = Stop::new(format!("there is no rule `{id}`"));
            return Err(match near::did_you_mean(id, ids) {
                Some(help) => stop.help(help),
                None => stop.help("`ddlint rules` lists them"),
            });
        }
        overrides.severity.insert(id.to_string(), severity);
    }
    Ok(overrides)
}

fn check(args: &CheckArgs) -> Result<u8, Stop> {
    start_threads(args.input.jobs)?;
    let registry = registry(&args.input.rules)?;
    let selection = selection(&registry, &args.select, &args.ignore)?;
    let overrides = overrides(&registry, &args.severity)?;
    let directory = working_directory()?;
    let mut paths = Vec::new();
    let inputs = inputs(&args.input, &directory, &mut paths, true)?;
    let linted =
        pipeline::lint(inputs, &Rules { registry: &registry, selection: &selection, overrides: &overrides });
    let report = &linted.report;
    if args.input.verbose {
        for skipped in &linted.model.coverage.skipped {
            complain(&format!("skipped {}: {}\n", skipped.path, skipped.reason));
        }
    }
    let text = match args.format {
        Format::Pretty => {
            let style = style(args);
            let data = report::secrets::SecretData::of(&linted.model);
            let secret = |file, offset| data.contains(file, offset);
            report::pretty::render(report, &linted.model.sources, &secret, style)
        }
        Format::Concise => report::concise::render(report),
        Format::Json => report::json::render(report),
        Format::Sarif => report::sarif::render(report, &rule_infos(&registry, &selection)),
        Format::Github => report::github::render(report),
        Format::Gitlab => report::gitlab::render(report),
        Format::Junit => report::junit::render(report),
        Format::Markdown => report::markdown::render(report),
    };
    match &args.output {
        None => print(&text)?,
        Some(path) => write_whole(path, &text)?,
    }
    Ok(exit_code(report, args.fail_on, args.exit_zero))
}

/// Writes a file beside its place and moves it there, so that nothing half-written is left.
fn write_whole(path: &Path, text: &str) -> Result<(), Stop> {
    let failed = |error: std::io::Error| {
        Stop::new(format!("`{}` cannot be written: {error}", path.display()))
            .help("name a file in a folder you may write")
    };
    // A device (`/dev/stdout`) or a pipe cannot be replaced by a new file.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text).map_err(failed);
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".ddlint-new");
    let beside = path.with_file_name(name);
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(error)
    })
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
    report::pretty::Style { colour, width: width.unwrap_or(100).clamp(60, 160) }
}

fn exit_code(report: &Report, fail_on: FailOn, exit_zero: bool) -> u8 {
    let threshold = match fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    };
    let failing = threshold.is_some_and(|at| report.findings.iter().any(|finding| finding.severity >= at));
    match (report.errors.is_empty(), failing && !exit_zero) {
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
        })
        .collect()
}

fn render(input: &InputArgs) -> Result<u8, Stop> {
    start_threads(input.jobs)?;
    let registry = registry(&input.rules)?;
    let selection = selection(&registry, &["all".to_string()], &[])?;
    let overrides = Overrides::default();
    let directory = working_directory()?;
    let mut paths = Vec::new();
    let inputs = inputs(input, &directory, &mut paths, false)?;
    let rules = Rules { registry: &registry, selection: &selection, overrides: &overrides };
    let (text, linted) = pipeline::render(inputs, &rules);
    print(&text)?;
    Ok(complain_of(&linted.model))
}

fn trace(args: &TraceArgs) -> Result<u8, Stop> {
    start_threads(args.input.jobs)?;
    let directory = working_directory()?;
    let mut paths = Vec::new();
    let inputs = inputs(&args.input, &directory, &mut paths, false)?;
    let field = args.field.as_deref().map(ddlint_yaml::Query::parse).transpose().map_err(|error| {
        let stop = Stop::new(format!("`--field`: {} (at character {})", error.message, error.offset + 1));
        match error.help {
            Some(help) => stop.help(help),
            None => stop,
        }
    })?;
    let filter = trace::Filter { resource: args.resource.clone(), field };
    let model = pipeline::read(inputs);
    let fields = trace::fields(&model, &filter);
    print(&match args.format {
        TraceFormat::Text => trace::text(&fields),
        TraceFormat::Json => trace::json(&fields),
    })?;
    Ok(complain_of(&model))
}

/// Tells what could not be worked with on standard error; the exit code that follows from it.
fn complain_of(model: &Model) -> u8 {
    let mut errors: Vec<ReportedError> =
        model.errors.iter().map(|error| ReportedError::new(error, &model.sources)).collect();
    errors.dedup();
    for error in &errors {
        let place = error.location.as_ref().map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column));
        let help = error.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
        complain(&format!("ddlint: {}{}{help}\n", place.unwrap_or_default(), error.message));
    }
    if errors.is_empty() { 0 } else { FAILED }
}

fn rules(folders: &[PathBuf], format: ListFormat) -> Result<u8, Stop> {
    let registry = registry(folders)?;
    let rules: Vec<&Rule> = registry.rules().map(|rule| &**rule).collect();
    print(&match format {
        ListFormat::Text => report::rules::text(&rules),
        ListFormat::Json => report::rules::json(&rules),
        ListFormat::Markdown => rule::docs::index(&rules),
    })?;
    Ok(0)
}

fn explain(folders: &[PathBuf], id: &str) -> Result<u8, Stop> {
    let registry = registry(folders)?;
    let Some(rule) = registry.get(id) else {
        let stop = Stop::new(format!("there is no rule `{id}`"));
        return Err(match near::did_you_mean(id, registry.rules().map(|rule| rule.id.as_ref())) {
            Some(help) => stop.help(help),
            None => stop.help("`ddlint rules` lists them"),
        });
    };
    print(&rule::docs::markdown(rule))?;
    Ok(0)
}

fn test(folders: &[PathBuf]) -> Result<u8, Stop> {
    let registry = registry(folders)?;
    let own: BTreeSet<&str> = Registry::embedded().rules().map(|rule| &*rule.id).collect();
    // With folders their rules are tested, without one the built-in ones.
    let tested: Vec<_> =
        registry.rules().filter(|rule| folders.is_empty() == own.contains(&*rule.id)).collect();
    let mut out = String::new();
    let mut failed = 0;
    for rule in &tested {
        let failures = rule::examples::check(rule);
        failed += usize::from(!failures.is_empty());
        for failure in failures {
            out.push_str(&format!("{}: {}\n    {}\n", failure.rule, failure.example, failure.message));
        }
    }
    out.push_str(&format!("{} passed, {failed} failed\n", tested.len() - failed));
    print(&out)?;
    Ok(u8::from(failed > 0))
}
