//! Shell scripts, read as far as it takes to see which commands run in which order with which words.
//!
//! Robust before complete: quotes, continuations, comments, here-documents, functions, branches, loops, variables
//! that the script itself sets. What is not understood is an unknown word, never an error. Deliberately absent:
//! running anything, and what the commands mean (`scripts`).

mod lexer;
mod parser;
mod run;

pub(super) use run::{Cwd, ROOT, Ran, Stdin, Text, UNKNOWN, run};

/// Scripts nest a few levels; what nests deeper is no script.
const DEEPEST: usize = 40;
