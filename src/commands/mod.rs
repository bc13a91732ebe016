//! The commands: from arguments to what is printed and the exit code.
//!
//! Deliberately absent: everything about rules and files; these rooms only join what the others give.

mod bar;
mod changes;
mod check;
mod configuration;
mod files;
mod fixes;
mod input;
mod query;
mod render;
mod rules;
mod scaffold;
mod settings;

use std::io::Write;
use std::path::PathBuf;

use crate::cli::{Command, Format};
use crate::finding::InputError;
use crate::model::Model;
use crate::report::{self, Report, ReportedError, concise};
use crate::source::SourceMap;

/// ddlint could not do its work.
pub(crate) const FAILED: u8 = 2;

/// A message for the user that ends the run with exit code 2.
pub(crate) struct Stop {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// What is wrong in files, with places; then there is no message.
    pub(crate) errors: Vec<ReportedError>,
}

impl Stop {
    pub(crate) fn new(message: impl Into<String>) -> Stop {
        Stop { message: message.into(), help: None, errors: Vec::new() }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Stop {
        self.help = Some(help.into());
        self
    }

    /// What is wrong in a file that decides about the run.
    pub(crate) fn of_errors(sources: &SourceMap, errors: &[InputError]) -> Stop {
        let errors = errors.iter().map(|error| ReportedError::new(error, sources)).collect();
        Stop { message: String::new(), help: None, errors }
    }

    /// The same as a report, for formats that are complete documents.
    pub(crate) fn report(&self) -> Report {
        let mut report = Report { errors: self.errors.clone(), ..Report::default() };
        if report.errors.is_empty() {
            report.errors.push(ReportedError {
                code: "usage".to_string(),
                message: self.message.clone(),
                help: self.help.clone(),
                location: None,
                place: None,
            });
        }
        report
    }
}

/// Runs a command; the exit code.
pub(crate) fn run(command: Command) -> Result<u8, Stop> {
    match command {
        Command::Check(args) => check::check(&args),
        Command::Render(args) => render::render(&args),
        Command::Trace(args) => render::trace(&args),
        Command::Rules(args) => rules::rules(&args),
        Command::Explain(args) => rules::explain(&args),
        Command::Test(args) => rules::test(&args.dirs),
        Command::New(args) => rules::new(&args),
        Command::Query(args) => query::query(&args),
        Command::Init(args) => scaffold::init(&args),
        Command::Schema(args) => scaffold::schema(args.format),
        Command::Completions(args) => scaffold::completions(args.shell),
        Command::Man => scaffold::man(),
    }
}

/// Prints the report of a run of `check` that did not begin.
pub(crate) fn publish_failure(format: Format, stop: &Stop) {
    let _ = print(&match format {
        Format::Sarif => report::sarif::render(&stop.report(), &[]),
        _ => report::json::render(&stop.report(), false),
    });
}

/// Says on standard error why the run ends.
pub(crate) fn complain_of_stop(stop: &Stop) {
    if !stop.errors.is_empty() {
        return complain_of_errors(&stop.errors);
    }
    let help = stop.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
    complain(&format!("ddlint: {}{help}\n", stop.message));
}

fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints to standard output; a reader that has gone is no error.
fn print(text: &str) -> Result<(), Stop> {
    print_with(|out| out.write_all(text.as_bytes()))
}

/// Prints what is written piece by piece.
fn print_with(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Stop> {
    // Standard output alone would write each line.
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
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

fn working_directory() -> Result<PathBuf, Stop> {
    std::env::current_dir()
        .map_err(|error| Stop::new(format!("the working directory cannot be read: {error}")))
}

/// Tells what could not be worked with on standard error; the exit code that follows from it.
fn complain_of(model: &Model) -> u8 {
    let mut errors: Vec<ReportedError> =
        model.errors.iter().map(|error| ReportedError::new(error, &model.sources)).collect();
    errors.dedup();
    complain_of_errors(&errors);
    if errors.is_empty() { 0 } else { FAILED }
}

fn complain_of_errors(errors: &[ReportedError]) {
    for error in errors {
        complain(&format!("ddlint: {}", concise::error_line(error)));
    }
}
