//! The one room that knows `granit-parser`: its events, spans and limits become calls on a [`Sink`].
//!
//! The parser's API has moved fast, so nothing of it may be named elsewhere. Deliberately absent: any decision
//! about the tree; that is the sink's.

pub(crate) mod block;
mod errors;

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use crate::node::Style;
use crate::span::Span;
pub(crate) use errors::Problem;

/// Deeper nesting is a syntax error. Nothing below recurses on it, but no reader of manifests takes more.
const NESTING_LIMIT: usize = 512;

/// A key longer than YAML's 1,024 characters is odd, not wrong: JSON has no such limit.
const KEY_LIMIT: usize = 1 << 16;

/// Where a scalar's cooked text comes from.
pub(crate) enum Text<'a> {
    /// The text, which may be a slice of the source or not.
    Cooked(Cow<'a, str>),
    /// Nothing was written: an implicit null.
    Missing,
}

/// What precedes a node: the anchor's number (0: none) and the tag.
#[derive(Default)]
pub(crate) struct Properties {
    pub(crate) anchor: usize,
    /// The tag in its short form, and where it stands.
    pub(crate) tag: Option<(String, Span)>,
}

/// What receives the events of one chunk. All spans are relative to the chunk.
pub(crate) trait Sink {
    /// A document begins; `marker` is the span of its `---`.
    fn start_document(&mut self, at: u32, marker: Option<Span>);
    /// The document ends; `marker` is the span of its `...`.
    fn end_document(&mut self, marker: Option<Span>);
    fn comment(&mut self, span: Span);
    fn scalar(&mut self, span: Span, text: Text<'_>, style: Style, properties: Properties);
    /// A scalar without properties whose text is what is written in the span, between the quotes if it has any.
    fn written(&mut self, span: Span, style: Style);
    fn start_collection(&mut self, span: Span, mapping: bool, style: Style, properties: Properties);
    fn end_collection(&mut self, span: Span);
    /// An alias to the anchor with this number, or to none that exists.
    fn alias(&mut self, span: Span, anchor: Option<usize>);
    /// The name of the anchor of the latest node.
    fn anchor(&mut self, span: Span, name: &str);
    /// The document is broken; what was received of it stays.
    fn problem(&mut self, at: u32, problem: Problem);
}

/// Parses a chunk of at most 4 GiB into the sink.
pub(crate) fn run(chunk: &str, sink: &mut impl Sink) {
    let options = granit_parser::options! {
        emit_comments: true,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
        block_nesting_limit: NESTING_LIMIT,
        flow_nesting_limit: NESTING_LIMIT,
        simple_key_max_lookahead: KEY_LIMIT,
    };
    let mut parser = Parser::new_from_str_with_options(chunk, options);
    loop {
        match parser.next_event() {
            None => return,
            Some(Ok((event, span))) => forward(event, &span, sink),
            Some(Err(error)) => {
                report(&error, sink);
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return;
                }
            }
        }
    }
}

fn report(error: &ScanError, sink: &mut impl Sink) {
    let at = error.marker().byte_offset().unwrap_or(0);
    sink.problem(to_u32(at), errors::translate(error.kind()));
}

fn forward(event: Event<'_>, span: &granit_parser::Span, sink: &mut impl Sink) {
    let at = narrow(span);
    match event {
        Event::Scalar(text, style, anchor, tag) => {
            let missing = at.is_empty() && style == ScalarStyle::Plain;
            let text = if missing { Text::Missing } else { Text::Cooked(text) };
            let style = match style {
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::SingleQuoted => Style::SingleQuoted,
                ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                ScalarStyle::Literal => Style::Literal,
                ScalarStyle::Folded => Style::Folded,
            };
            sink.scalar(at, text, style, properties(anchor, tag, span));
        }
        Event::MappingStart(style, anchor, tag) => {
            sink.start_collection(at, true, structure(style), properties(anchor, tag, span));
        }
        Event::SequenceStart(style, anchor, tag) => {
            sink.start_collection(at, false, structure(style), properties(anchor, tag, span));
        }
        Event::MappingEnd | Event::SequenceEnd => sink.end_collection(at),
        Event::Alias(anchor) => sink.alias(at, Some(anchor)),
        Event::UnresolvedAlias(_) => sink.alias(at, None),
        Event::Anchor(_, name) => sink.anchor(at, &name),
        Event::Comment(..) => sink.comment(at),
        Event::DocumentStart(explicit, _) => sink.start_document(at.start, explicit.then_some(at)),
        Event::DocumentEnd => sink.end_document((!at.is_empty()).then_some(at)),
        _ => {}
    }
}

fn structure(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Block,
        StructureStyle::Flow => Style::Flow,
    }
}

fn properties(anchor: usize, tag: Option<Cow<'_, Tag>>, span: &granit_parser::Span) -> Properties {
    let tag = tag.map(|tag| {
        let full = format!("{}{}", tag.handle(), tag.suffix());
        let short = match full.strip_prefix("tag:yaml.org,2002:") {
            Some(core) => format!("!!{core}"),
            None => full,
        };
        (short, span.tag_span().as_ref().map_or_else(|| Span::empty(narrow(span).start), narrow))
    });
    Properties { anchor, tag }
}

fn narrow(span: &granit_parser::Span) -> Span {
    let start = to_u32(span.start.byte_offset().unwrap_or(0));
    let end = to_u32(span.end.byte_offset().unwrap_or(0));
    Span::new(start, end.max(start))
}

/// Offsets fit: a text beyond 4 GiB is turned away before it comes here.
fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
