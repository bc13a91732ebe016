//! YAML text to a span-carrying tree, with JSONPath (RFC 9535) over it.
//!
//! [`parse`] cuts a text at its `---` lines, runs `granit-parser` over each part and writes the events on a tape of
//! small nodes, one per document. A [`Node`] is a place on a tape: it knows its byte span, its style, its text as
//! written, and its value as `sigs.k8s.io/yaml` resolves it, which is what Helm, kubectl and Argo CD see. Aliases
//! and merge keys stay as written and are followed, with a limit, by those who ask.
//!
//! Deliberately absent: anything about Kubernetes or Helm beyond the way they resolve scalars, and any I/O.
//!
//! # Where this parser and Go's differ
//!
//! Refused here, taken by Go: content behind the value of a document (`{a: 1}}`, or a line that is indented less than
//! the first one), which Go drops without a word; `"x"#` with no space before the comment, and a comment between a
//! key and its colon; a block scalar whose header stands in column 0 below its key.
//!
//! Taken here, refused by Go: `"\/"`; `%YAML 1.2`; keys that are collections (`? [a]`, and with them `{{ x }}`,
//! see [`Node::is_template`]); null keys; entries without a key (`: a`); tabs between a `-` and its item; keys of more
//! than 1,024 characters; `.inf` and `.nan` as values.

mod apart;
mod builder;
mod document;
mod events;
mod jsonpath;
mod keys;
mod node;
mod offset_map;
mod parse;
mod path;
mod repair;
mod scalar;
mod span;
mod split;
mod syntax;
mod tape;

pub use document::{Comment, Document};
pub use jsonpath::{Match, Query, QueryError};
pub use keys::DuplicateKey;
pub use node::{Children, Node, NodeId, NodeKind, Style};
pub use offset_map::OffsetMap;
pub use parse::{ParseOptions, Stream, parse, parse_with};
pub use scalar::{Scalar, resolve_plain};
pub use span::Span;
pub use syntax::SyntaxError;

/// The text that documents were read from, shared: made of a `String` without copying it, and copied without copying
/// its bytes.
pub type SourceText = bytestring::ByteString;
