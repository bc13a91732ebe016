//! The command line: arguments in, exit code out. The only room that prints, reads the environment and exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    ddlint::app::run(std::env::args_os().collect())
}
