//! Text with holes: `{fact}`, `{relation.fact}`, `{$.json.path}`, `{fact|what stands there without a value}`;
//! `{{` and `}}` are braces.

use ddlint_yaml::{Node, Span};

use super::names::Names;
use crate::rule::condition::{Piece, Source, Template};
use crate::rule::read::Problems;
use crate::views::ViewSet;

/// Compiles the text of a node.
pub(crate) fn template(node: Node<'_>, names: &Names, set: &ViewSet, problems: &mut Problems) -> Template {
    let text = node.text().unwrap_or_default();
    let map = node.offset_map();
    let place = |start: usize, end: usize| map.span(Span { start: start as u32, end: end as u32 });
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        literal.push_str(before);
        let offset = text.len() - after.len();
        if let Some(further) = after.strip_prefix("{{") {
            literal.push('{');
            rest = further;
        } else if let Some(further) = after.strip_prefix("}}") {
            literal.push('}');
            rest = further;
        } else if let Some(further) = after.strip_prefix('{') {
            let Some((hole, further)) = further.split_once('}') else {
                problems.add(
                    place(offset, text.len()),
                    "this `{` has no `}`",
                    Some("a brace is written `{{`".into()),
                );
                break;
            };
            let (name, otherwise) = match hole.split_once('|') {
                Some((name, otherwise)) => (name.trim(), Some(otherwise.into())),
                None => (hole.trim(), None),
            };
            let span = place(offset, offset + hole.len() + 2);
            if let Some((source, _)) = names.resolve(set, name, span, problems) {
                let ticked = literal.ends_with('`') && further.starts_with('`');
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal).into()));
                }
                pieces.push(Piece::Hole { source, otherwise, ticked });
            }
            rest = further;
        } else {
            let help = Some("a brace is written `}}`".to_string());
            problems.add(place(offset, offset + 1), "this `}` has no `{`", help);
            rest = after.get(1..).unwrap_or_default();
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal.into()));
    }
    Template { pieces }
}

/// A message: one line, no full stop.
pub(crate) fn message(node: Node<'_>, names: &Names, set: &ViewSet, problems: &mut Problems) -> Template {
    let text = node.text().unwrap_or_default().trim_end();
    if text.ends_with('.') && !text.ends_with("..") {
        let help = Some("one line, present tense, no full stop".to_string());
        problems.add(node.span(), "a message ends without a full stop", help);
    }
    template(node, names, set, problems)
}

impl Template {
    /// Whether the text is one hole and nothing else.
    pub(crate) fn single_hole(&self) -> Option<&Source> {
        match self.pieces.as_slice() {
            [Piece::Hole { source, otherwise: None, .. }] => Some(source),
            _ => None,
        }
    }
}
