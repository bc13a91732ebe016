//! What is read: the named paths, standard input, or the current folder.
//!
//! Deliberately absent: what the texts mean, and the settings (`settings`).

use std::fs;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use super::Stop;
use super::configuration::Configuration;
use crate::cli::InputArgs;
use crate::discover;
use crate::model::Settings;
use crate::pipeline::Inputs;

/// The inputs of a run.
pub(super) fn inputs<'a>(
    input: &InputArgs,
    configuration: &Configuration,
    settings: Settings,
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
    if paths.is_empty() && !wants_stdin {
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
    let exclude = configuration.config.exclude.iter().map(|glob| glob.value.clone()).collect();
    let shared_values = configuration.config.helm_values.iter().map(|set| configuration.path(set)).collect();
    let options = discover::Options { exclude };
    Ok(Inputs { paths, working_directory, stdin, options, settings, shared_values })
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
