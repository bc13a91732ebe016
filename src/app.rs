//! The arguments: which command is meant, and what becomes of one that failed.
//!
//! Deliberately absent: what the commands do (`commands`).

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::{Cli, Format};
use crate::commands::{self, FAILED, Stop};
use crate::near;

/// Runs ddlint with its arguments, the program's name first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    let wanted = program_format(&args);
    let result = with_command(args).and_then(|args| match Cli::try_parse_from(args) {
        Ok(cli) => commands::run(cli.command),
        Err(error) => {
            // Help and version are no failures, and a closed pipe is none either.
            let code = if error.use_stderr() { FAILED } else { 0 };
            let _ = error.print();
            if let (FAILED, Some(format)) = (code, wanted) {
                // What reads the report gets a whole one, whatever was wrong.
                let text = error.to_string();
                let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                commands::publish_failure(format, &Stop::new(message));
            }
            Ok(code)
        }
    });
    ExitCode::from(result.unwrap_or_else(|stop| {
        commands::complain_of_stop(&stop);
        FAILED
    }))
}

/// The format of `check` in arguments that may be wrong otherwise, if programs read it.
fn program_format(args: &[OsString]) -> Option<Format> {
    if args.get(1)? != "check" {
        return None;
    }
    let words: Vec<String> = args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let behind = words.windows(2).filter_map(|pair| match pair {
        [option, value] if option == "--format" || option == "-f" => Some(value.as_str()),
        _ => None,
    });
    let joined = words.iter().filter_map(|word| word.strip_prefix("--format=").or(word.strip_prefix("-f")));
    behind.chain(joined).find_map(|word| match word {
        "json" => Some(Format::Json),
        "sarif" => Some(Format::Sarif),
        _ => None,
    })
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
