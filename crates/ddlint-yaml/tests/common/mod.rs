//! What the suites share.

use std::path::PathBuf;

/// A line in the file that DDLINT_SUITE_LOG names, for those who want to know which suites ran.
fn log(line: &str) {
    use std::io::Write;
    let Some(path) = std::env::var_os("DDLINT_SUITE_LOG") else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| writeln!(file, "{line}")).expect("the log of the suites can be written");
}

/// The folder of shared test data, or `None`, said loudly.
#[expect(clippy::print_stdout, reason = "a test that checks nothing must say so")]
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let given = std::env::var_os("DDLINT_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let found = given.into_iter().chain([beside]).map(|folder| folder.join(what)).find(|path| path.exists());
    let verdict = if found.is_some() { "ran" } else { "skipped" };
    log(&format!("{verdict} {what}"));
    if found.is_none() {
        println!("skipped: {what} is not there (set DDLINT_SHARED to the folder that holds it)");
    }
    found
}
