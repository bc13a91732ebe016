//! What the suites share.

use std::path::PathBuf;

/// The folder of shared test data, or `None`, said loudly.
#[expect(clippy::print_stdout, reason = "a test that checks nothing must say so")]
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let given = std::env::var_os("DDLINT_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let found = given.into_iter().chain([beside]).map(|folder| folder.join(what)).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: {what} is not there (set DDLINT_SHARED to the folder that holds it)");
    }
    found
}
