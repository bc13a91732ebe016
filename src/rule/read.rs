//! Reading a rule file with a span for everything: unknown keys, wrong types and missing fields are problems that
//! point into the file.
//!
//! Deliberately absent: serde. Its messages for files that people write are poor, and it forgets where things stand.

use std::sync::Arc;

use ddlint_yaml::{Node, SourceText, Span};

use super::schema::{Field, Kind, Shape};
use crate::near;

/// What is wrong with a rule file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleFileError {
    /// The file, as it was given.
    pub path: String,
    /// Its text.
    pub text: SourceText,
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong, one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl RuleFileError {
    /// Line and column, from 1, in characters.
    pub fn line_column(&self) -> (usize, usize) {
        let before = self.text.get(..self.span.start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

impl std::fmt::Display for RuleFileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}: {}", self.path, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RuleFileError {}

/// The problems of one rule file.
pub(crate) struct Problems {
    path: String,
    text: SourceText,
    pub(crate) list: Vec<RuleFileError>,
}

impl Problems {
    pub(crate) fn new(path: &str, text: &SourceText) -> Problems {
        Problems { path: path.to_string(), text: text.clone(), list: Vec::new() }
    }

    /// Adds a problem.
    pub(crate) fn add(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        let error = RuleFileError {
            path: self.path.clone(),
            text: self.text.clone(),
            span,
            message: message.into(),
            help,
        };
        if !self.list.contains(&error) {
            self.list.push(error);
        }
    }

    /// Adds a problem about a name that is none of the candidates.
    pub(crate) fn unknown<'n>(
        &mut self,
        span: Span,
        what: &str,
        name: &str,
        candidates: impl IntoIterator<Item = &'n str>,
    ) {
        let candidates: Vec<&str> = candidates.into_iter().collect();
        let help = near::did_you_mean(name, candidates.iter().copied()).or_else(|| {
            let few = candidates.len() <= 24;
            few.then(|| format!("known: {}", candidates.join(", ")))
        });
        self.add(span, format!("unknown {what} `{name}`"), help);
    }
}

/// A text with its place.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<'a> {
    pub(crate) text: &'a str,
    pub(crate) node: Node<'a>,
}

impl Spanned<'_> {
    pub(crate) fn span(&self) -> Span {
        self.node.span()
    }
}

/// A mapping of known shape.
pub(crate) struct Fields<'a> {
    pub(crate) node: Node<'a>,
    list: Vec<(&'static Field, Node<'a>, Node<'a>)>,
}

fn kind_word(node: Node<'_>) -> &'static str {
    match () {
        () if node.is_mapping() => "a mapping",
        () if node.is_sequence() => "a list",
        () if node.is_null() => "nothing",
        () => "a single value",
    }
}

impl<'a> Fields<'a> {
    /// Reads a mapping; problems are added for what does not fit its shape.
    pub(crate) fn read(node: Node<'a>, shape: &'static Shape, problems: &mut Problems) -> Fields<'a> {
        let mut list: Vec<(&'static Field, Node<'a>, Node<'a>)> = Vec::new();
        let mut meant: Vec<&str> = Vec::new();
        if !node.is_mapping() {
            let message = format!("`{}` must be a mapping, here is {}", shape.name, kind_word(node));
            problems.add(node.span(), message, None);
            return Fields { node, list };
        }
        for (key, value) in node.entries() {
            let name = key.text().unwrap_or_default();
            match shape.field(name) {
                None => {
                    let what = format!("key of `{}`", shape.name);
                    problems.unknown(key.span(), &what, name, shape.fields.iter().map(|field| field.name));
                    meant.extend(near::nearest(name, shape.fields.iter().map(|field| field.name)));
                }
                Some(field) if list.iter().any(|(known, ..)| known.name == field.name) => {
                    problems.add(key.span(), format!("`{name}` is given twice"), None);
                }
                Some(field) => {
                    check_kind(field, value, problems);
                    list.push((field, key, value));
                }
            }
        }
        for field in shape.fields.iter().filter(|field| field.required) {
            // A misspelt key is one mistake, not two.
            if !list.iter().any(|(known, ..)| known.name == field.name) && !meant.contains(&field.name) {
                let first = node.entries().next().map_or(node.span(), |(key, _)| key.span());
                let message = format!("`{}` lacks `{}`", shape.name, field.name);
                problems.add(first, message, Some(field.doc.to_string()));
            }
        }
        Fields { node, list }
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'a>> {
        self.list.iter().find(|(field, ..)| field.name == name).map(|(_, _, value)| *value)
    }

    /// The key of a field.
    pub(crate) fn key(&self, name: &str) -> Option<Node<'a>> {
        self.list.iter().find(|(field, ..)| field.name == name).map(|(_, key, _)| *key)
    }

    /// The text of a field.
    pub(crate) fn text(&self, name: &str) -> Option<Spanned<'a>> {
        let node = self.get(name)?;
        node.text().map(|text| Spanned { text, node })
    }

    /// The truth of a field; false where it is not given.
    pub(crate) fn truth(&self, name: &str) -> bool {
        self.get(name).and_then(Node::as_bool).unwrap_or(false)
    }

    /// The texts of a field.
    pub(crate) fn texts(&self, name: &str) -> Vec<Arc<str>> {
        let items = self.get(name).into_iter().flat_map(Node::items);
        items.filter_map(Node::text).map(|text| Arc::from(text.trim_end())).collect()
    }
}

fn check_kind(field: &Field, value: Node<'_>, problems: &mut Problems) {
    let wanted = match field.kind {
        Kind::Line | Kind::Text if !value.is_scalar() || value.is_null() => "text",
        Kind::Line if value.text().is_some_and(|text| text.trim_end().contains('\n')) => "one line of text",
        Kind::Texts if !value.is_sequence() || value.items().any(|item| !item.is_scalar()) => {
            "a list of texts"
        }
        Kind::Bool if value.as_bool().is_none() => "`true` or `false`",
        Kind::Shape(_) if !value.is_mapping() => "a mapping",
        Kind::Shapes(_) if !value.is_sequence() => "a list of mappings",
        Kind::OneOrMore(_) if value.is_scalar() => "a mapping or a list of mappings",
        Kind::Keys if value.is_mapping() || value.is_null() => {
            "keys with dots between them, or a list of keys"
        }
        Kind::Examples if !value.is_mapping() => "a mapping with `bad` and `good`",
        Kind::Word(words) => {
            let text = value.text().unwrap_or_default();
            if !words.contains(&text) {
                problems.unknown(
                    value.span(),
                    &format!("value of `{}`:", field.name),
                    text,
                    words.iter().copied(),
                );
            }
            return;
        }
        _ => return,
    };
    problems.add(
        value.span(),
        format!("`{}` must be {wanted}, here is {}", field.name, kind_word(value)),
        None,
    );
}
