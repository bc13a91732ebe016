//! The template language: text to a tree, once per content.
//!
//! Deliberately absent: file names. One text may be many templates (each chart of a repository vendors the same
//! helpers); who executes it knows under which name.

pub(crate) mod ast;
mod lex;
mod number;
mod parse;

pub(crate) use lex::decode;

use ast::Ast;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a text is no template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ParseError {
    /// Go's message without its prefix; [`ParseError::NAME`] stands for the template's name.
    message: String,
    /// The line, from 1.
    pub(crate) line: u32,
    /// First byte of the token where the parser gave up.
    pub(crate) offset: u32,
}

impl ParseError {
    const NAME: &str = "\u{1}";

    /// Go's message without its prefix.
    pub(crate) fn message(&self, name: &str) -> String {
        self.message.replace(Self::NAME, name)
    }
}

/// What a text parses to.
type Parsed = Arc<Result<Ast, ParseError>>;

/// Parsed templates by content, shared by all renders of a process.
#[derive(Debug, Default)]
pub struct ParseCache {
    known: Mutex<HashMap<Arc<[u8]>, Parsed>>,
}

impl ParseCache {
    /// The tree of a text.
    pub(crate) fn parse(&self, source: &[u8]) -> Parsed {
        // A panic while the lock is held cannot leave the map half-changed.
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned();
        if let Some(parsed) = known {
            return parsed;
        }
        let source: Arc<[u8]> = source.into();
        let parsed = Arc::new(parse::parse(Arc::clone(&source)));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(source).or_insert(parsed))
    }
}
