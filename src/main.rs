//! The command line: arguments in, exit code out. The only room that prints, reads the environment and exits.

use std::process::ExitCode;

/// A render is many small pieces that live shortly; see `ARCHITECTURE.md` for what it saves.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ddlint::app::run(std::env::args_os().collect())
}
