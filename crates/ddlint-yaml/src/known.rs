//! Documents that are known, put together to another text: it is read without parsing them again.
//!
//! The tape of a document says nothing about what stands around it, so it is copied and moved. Deliberately absent:
//! documents whose end depends on what follows them; these are parsed.

use std::sync::Arc;

use crate::document::{Comment, Document};
use crate::node::Style;
use crate::parse::{self, Stream};
use crate::span::Span;
use crate::split;
use crate::tape::{Finished, Property};

/// A document whose text (that of its span) stands in another text too.
#[derive(Clone, Copy, Debug)]
pub struct Known<'d> {
    /// The document.
    pub document: &'d Document,
    /// Where its text begins in the other text.
    pub at: u32,
}

/// Reads a text that known documents were put together to, each behind a `---` line and with nothing but comments and
/// blank lines behind it. `known` is in the order of the text. The result is that of [`parse`](crate::parse); what is
/// not as it should be is parsed.
pub fn parse_known(text: Arc<str>, known: &[Known<'_>]) -> Stream {
    let chunks = split::chunks(&text);
    if u32::try_from(text.len()).is_err() {
        return parse::parse(text);
    }
    let mut rest = known;
    let mut parts: Vec<Result<Document, Span>> = Vec::with_capacity(chunks.len());
    for range in chunks {
        let chunk = Span::new(range.start as u32, range.end as u32);
        let count = rest.iter().take_while(|known| known.at <= chunk.end).count();
        let (inside, behind) = rest.split_at(count);
        rest = behind;
        let moved = match inside {
            [known] => moved(&text, chunk, known),
            _ => None,
        };
        parts.push(moved.ok_or(chunk));
    }
    parse::joined(text, parts)
}

/// The document in its new place; none where it has to be parsed.
fn moved(text: &Arc<str>, chunk: Span, known: &Known<'_>) -> Option<Document> {
    let (old, tape) = (known.document.text(), known.document.tape());
    let body = tape.span.slice(old);
    let at = known.at;
    let behind = at.checked_add(body.len() as u32).filter(|&behind| behind <= chunk.end)?;
    let (head, tail) = (Span::new(chunk.start, at), Span::new(behind, chunk.end));
    let begins = head.slice(text).strip_suffix("---\n")?;
    let ends = body.ends_with('\n') || tail.slice(text).starts_with('\n');
    if tape.partial
        || !ends
        || Span::new(at, behind).slice(text) != body
        || !tape.slots.first().is_some_and(|root| root.is_collection())
        || !tape.slots.iter().all(|slot| tape.span.start <= slot.start && slot.end <= tape.span.end)
        || ends_with_open_block(tape, old, body)
        || memchr::memmem::find(body.as_bytes(), b"\n...").is_some()
    {
        return None;
    }
    let mut comments = Vec::new();
    add_comments(begins, head.start, &mut comments)?;
    let shift = |span: Span| Span::new(span.start - tape.span.start + at, span.end - tape.span.start + at);
    let inside = tape.comments.iter().filter(|comment| comment.span.start >= tape.span.start);
    comments.extend(inside.map(|comment| Comment { span: shift(comment.span), ..*comment }));
    add_comments(tail.slice(text), tail.start, &mut comments)?;
    let slots = tape.slots.iter().map(|slot| {
        let mut slot = *slot;
        let span = shift(slot.span());
        (slot.start, slot.end) = (span.start, span.end);
        slot
    });
    let properties = tape.properties.iter().map(|property| Property {
        tag_span: if property.tag.is_some() { shift(property.tag_span) } else { property.tag_span },
        anchor_span: if property.anchor.is_some() {
            shift(property.anchor_span)
        } else {
            property.anchor_span
        },
        ..property.clone()
    });
    let finished = Finished {
        span: Span::new(at, chunk.end),
        slots: slots.collect(),
        cooked: tape.cooked.clone(),
        cooked_ends: tape.cooked_ends.clone(),
        comments: comments.into(),
        properties: properties.collect(),
        partial: false,
        aliases: tape.aliases,
        merges: tape.merges,
    };
    Some(Document::moved(Arc::clone(text), finished, known.document))
}

/// Whether the last scalar is a block whose text depends on what follows: all blank lines belong to it, or its last
/// line break is missing.
fn ends_with_open_block(tape: &Finished, text: &str, body: &str) -> bool {
    let Some(last) = tape.slots.last() else { return true };
    if !matches!(last.style, Style::Literal | Style::Folded) {
        return false;
    }
    // Its header stands before the text; an unlikely `+` in the key before it does no harm.
    let line = text.get(..last.start as usize).unwrap_or_default().trim_end().rsplit('\n').next();
    !body.ends_with('\n') || line.is_none_or(|header| header.contains('+'))
}

/// The comments of lines that hold nothing else; none where one does.
fn add_comments(lines: &str, begin: u32, out: &mut Vec<Comment>) -> Option<()> {
    let mut at = begin;
    for line in lines.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        if content.starts_with('#') && !content.contains('\r') {
            out.push(Comment { span: Span::new(at, at + content.len() as u32), own_line: true });
        } else if !content.is_empty() {
            return None;
        }
        at += line.len() as u32;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stream: &Stream) -> String {
        let documents: Vec<String> = stream.documents.iter().map(|document| document.shown()).collect();
        format!("{}\n{:?}", documents.join("\n"), stream.errors)
    }

    /// Puts the documents of these texts together and reads that in both ways; gives how many were not parsed.
    fn put_together(texts: &[&str], extra: &str) -> usize {
        let streams: Vec<Stream> = texts.iter().map(|text| parse::parse(Arc::from(*text))).collect();
        let mut text = String::from("# head\n");
        let mut known = Vec::new();
        for document in streams.iter().flat_map(|stream| &stream.documents) {
            text.push_str("# before\n---\n");
            known.push(Known { document, at: text.len() as u32 });
            let body = document.span().slice(document.text());
            text.push_str(body);
            if !body.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(extra);
        }
        text.push_str("# end\n");
        let text: Arc<str> = text.into();
        let read = parse_known(Arc::clone(&text), &known);
        let parsed = parse::parse(Arc::clone(&text));
        assert_eq!(shown(&read), shown(&parsed), "of {text:?}");
        let ranges: Vec<Span> =
            split::chunks(&text).into_iter().map(|it| Span::new(it.start as u32, it.end as u32)).collect();
        let moves = |known: &&Known<'_>| {
            let chunk = ranges.iter().find(|chunk| chunk.start <= known.at && known.at <= chunk.end);
            chunk.is_some_and(|chunk| moved(&text, *chunk, known).is_some())
        };
        known.iter().filter(moves).count()
    }

    #[test]
    fn known_documents_are_what_they_would_be_parsed_to() {
        let plain = [
            "a: 1\n",
            "# first\n---\n# second\na: &x [1, 'b', \"c\\n\"] # third\nb: *x\nc: !!str 1\n",
            "a:\n  b:\n  c: |\n    x\n\n    y\nd:\n",
            "a: |-\n  x\n  y\n",
            "größe: \"ü\\u00fc\"\nb: {c: d}\n\n\n",
            "- a\n- b: c\n  d: one\n    two\n",
            "a: >\n  x\n  y\n\n",
        ];
        for extra in ["", "\n", "\n# more\n\n"] {
            for text in plain {
                assert_eq!(put_together(&[text], extra), 1, "{text:?}");
            }
            assert_eq!(put_together(&plain, extra), plain.len());
        }
    }

    #[test]
    fn what_depends_on_its_end_and_what_is_broken_is_parsed() {
        let odd = [
            "a: |+\n  x\n\n",
            "a: |\n  x",
            "scalar\n",
            "--- |\nat the margin\n",
            "a: [1\n",
            "a: 1\n...\nb: 2\n",
            "# nothing\n",
            "a: 1\n--- b\n",
            "a: 1\r\nb: 2\r\n",
        ];
        for text in odd {
            for extra in ["", "\n", "\n# more\n\n"] {
                put_together(&[text, "a: 1\n", text], extra);
            }
        }
    }
}
