//! The template language: text to a tree, once per content.
//!
//! Deliberately absent: file names. One text may be many templates (each chart of a repository vendors the same
//! helpers); who executes it knows under which name.

pub(crate) mod ast;
mod lex;
mod number;
mod parse;

pub(crate) use lex::decode;

use crate::manifest::ReadManifest;
use crate::origin::{PairHasher, QuickMap};
use crate::schema::Schema;
use ast::Ast;
use bytes::Bytes;
use ddlint_yaml::SourceText;
use std::hash::Hasher;
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
pub(crate) type Parsed = Arc<Result<Ast, ParseError>>;

/// Texts with one hash, each with what it parses to.
type Known = Vec<(Bytes, Parsed)>;

/// Written documents with one hash, each as it was read.
type Manifests = Vec<(SourceText, ReadManifest)>;

/// Values schemas with one hash.
type Schemas = Vec<(Arc<[u8]>, Arc<Result<Schema, String>>)>;

/// Parsed templates, values schemas, and written documents, by content; shared by all renders of a process. A chart that is rendered
/// again with other values mostly writes the same documents again.
#[derive(Debug, Default)]
pub struct ParseCache {
    manifests: Mutex<QuickMap<u64, Manifests>>,
    known: Mutex<QuickMap<u64, Known>>,
    schemas: Mutex<QuickMap<u64, Schemas>>,
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = PairHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

impl ParseCache {
    /// A document that templates wrote.
    pub(crate) fn manifest(&self, text: SourceText) -> ReadManifest {
        let hash = hash(text.as_bytes());
        let find = |known: &Manifests| known.iter().find(|(it, _)| *it == text).map(|(_, read)| read.clone());
        let known = self.manifests.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).and_then(find);
        if let Some(read) = known {
            return read;
        }
        let read = crate::manifest::read(text.clone());
        let mut known = self.manifests.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(hash).or_default().push((text.clone(), read.clone()));
        read
    }

    /// A values schema, or what is wrong with it.
    pub(crate) fn schema(&self, text: &[u8]) -> Arc<Result<Schema, String>> {
        let hash = hash(text);
        let find = |known: &Schemas| known.iter().find(|(it, _)| **it == *text).map(|(_, it)| Arc::clone(it));
        let known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).and_then(find);
        if let Some(schema) = known {
            return schema;
        }
        let schema = Arc::new(Schema::read(text));
        let mut known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(hash).or_default().push((text.into(), Arc::clone(&schema)));
        schema
    }

    /// The tree of a text; `shared` is the same text, where it is one that can be kept.
    pub(crate) fn parse(&self, source: &[u8], shared: Option<&Bytes>) -> Parsed {
        let hash = hash(source);
        let find = |known: &Known| {
            known.iter().find(|(text, _)| **text == *source).map(|(_, parsed)| Arc::clone(parsed))
        };
        // A panic while the lock is held cannot leave the map half-changed.
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).and_then(find);
        if let Some(parsed) = known {
            return parsed;
        }
        let text = shared.cloned().unwrap_or_else(|| Bytes::copy_from_slice(source));
        let parsed = Arc::new(parse::parse(text.clone()));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let same = known.entry(hash).or_default();
        if let Some(parsed) = find(same) {
            return parsed;
        }
        same.push((text, Arc::clone(&parsed)));
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Go tells the line of the last token that it read; the place is that of the name.
    #[test]
    fn an_undefined_variable_is_marked_where_it_stands() {
        for (text, at, line) in
            [("a: {{ $x.y }}", 6, 1), ("{{ if $x\n}}{{ end }}", 6, 2), ("\n{{ 1 | f $y }}", 10, 2)]
        {
            let parsed = ParseCache::default().parse(text.as_bytes(), None);
            let Err(error) = &*parsed else { panic!("{text} parses") };
            assert!(error.message.starts_with("undefined variable"), "{}", error.message);
            assert_eq!((error.offset, error.line), (at, line), "{text:?}");
        }
    }
}
