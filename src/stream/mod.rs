//! The stream that `ddlint render` writes and `ddlint check` reads back (contract section 5).
//!
//! A stream is plain YAML: any other tool may read it. What only ddlint understands stands in comments of the form
//! `# ddlint: WORD JSON`, one line each:
//!
//! | word | where | what |
//! |---|---|---|
//! | `stream` | first line | the version of this form |
//! | `document` | before each document | the file it stands in (as reported, and relative to the root), byte offset, line, column |
//! | `finding` | at the end | a finding that the documents alone do not show: of values files, scripts, Applications' charts |
//! | `silent` | at the end | the fingerprint of a finding that the documents alone would show and the whole input does not |
//! | `error` | at the end | an input that could not be worked with |
//! | `counts` | at the end | files, documents, charts that were covered |
//!
//! So `check` behind the pipe reports what `check` reports without it, and still lints documents that another program
//! changed in between. Nothing in these comments repeats a value.
//!
//! Deliberately absent: rendering, linting.

mod read;
mod source_comment;
mod write;

pub use read::{Carried, read};
pub use source_comment::template_of;
pub use write::{DocumentOut, begin, behind, end};

/// The version of the form.
pub const VERSION: u32 = 1;
/// What every comment of ddlint's begins with.
pub(crate) const PREFIX: &str = "# ddlint: ";
