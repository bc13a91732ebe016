//! Documents that read the same wherever their text stands: nobody has to parse a copy of it.
//!
//! Deliberately absent: saying what the others are elsewhere; their text has to be parsed there.

use crate::document::Document;
use crate::node::Style;

impl Document {
    /// Whether the text of its span is this document, place by place, wherever it stands behind a `---` line and
    /// before a line that is a comment or the end; but for comments that stand outside of its span. It is not where
    /// its root begins outside, where its last scalar takes what follows, and where it is broken or holds nothing.
    pub fn reads_alike_elsewhere(&self) -> bool {
        let (tape, text) = (self.tape(), self.text());
        let body = tape.span.slice(text);
        let inside = |start: u32, end: u32| tape.span.start <= start && end <= tape.span.end;
        !tape.partial
            && tape.slots.len() > 1
            && tape.slots.first().is_some_and(|root| root.is_collection())
            && tape.slots.iter().all(|slot| inside(slot.start, slot.end))
            && !self.ends_with_open_block(body)
            && memchr::memmem::find(body.as_bytes(), b"\n...").is_none()
    }

    /// Whether the last scalar is a block whose text depends on what follows: all blank lines belong to it, or its
    /// last line break is missing.
    fn ends_with_open_block(&self, body: &str) -> bool {
        let Some(last) = self.tape().slots.last() else { return true };
        if !matches!(last.style, Style::Literal | Style::Folded) {
            return false;
        }
        // Its header stands before the text; an unlikely `+` in the key before it does no harm.
        let before = self.text().get(..last.start as usize).unwrap_or_default();
        let line = before.trim_end().rsplit('\n').next();
        !body.ends_with('\n') || line.is_none_or(|header| header.contains('+'))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Comment, Document, Span, parse};

    /// What a document holds, with places from the begin of its text.
    fn shown(document: &Document, begin: u32) -> Vec<String> {
        let moved = |span: Span| (span.start.wrapping_sub(begin), span.end.wrapping_sub(begin));
        let nodes = document.nodes().map(|node| {
            let (kind, style, tag) = (node.kind(), node.style(), node.tag());
            format!(
                "{kind:?} {style:?} {:?} {tag:?} {:?} {:?}",
                moved(node.span()),
                node.text(),
                node.scalar()
            )
        });
        let inside = |it: &&Comment| it.span.start >= begin;
        let comments = document
            .comments()
            .iter()
            .filter(inside)
            .map(|it| format!("{:?} {}", moved(it.span), it.own_line));
        nodes.chain(comments).collect()
    }

    /// For each document of a text whether it reads alike elsewhere; where it says so, it does.
    fn elsewhere(text: &str) -> Vec<bool> {
        let documents = parse(text.into()).documents;
        let one = |document: &std::sync::Arc<Document>| {
            if !document.reads_alike_elsewhere() {
                return false;
            }
            let span = document.span();
            let body = span.slice(document.text());
            let end = if body.ends_with('\n') { "" } else { "\n" };
            for before in ["---\n", "# head\n---\n", "a: |+\n  x\n\n# before\n---\n"] {
                for behind in ["", "\n", "# end\n", "\n# before\n---\nb: 1\n", "# end\n---\n- c\n"] {
                    let stream = parse(format!("{before}{body}{end}{behind}").into());
                    let begin = before.len() as u32;
                    let copy =
                        stream.documents.iter().find(|it| it.span().start == begin).expect("it is there");
                    let mut there = shown(copy, begin);
                    // Comments of what stands around it come first and last.
                    let here = shown(document, span.start);
                    let own = |it: &String| here.contains(it) || !it.starts_with('(');
                    there.retain(own);
                    assert_eq!(there, here, "{body:?} between {before:?} and {behind:?}");
                    assert_eq!(copy.duplicate_keys().len(), document.duplicate_keys().len(), "{body:?}");
                }
            }
            true
        };
        documents.iter().map(one).collect()
    }

    #[test]
    fn ordinary_documents_read_alike_elsewhere() {
        let plain = [
            "a: 1\n",
            "a: &x [1, 'b', \"c\\n\"] # third\nb: *x\nc: !!str 1\na: 2\n",
            "a:\n  b:\n  c: |\n    x\n\n    y\nd:\n",
            "a: |-\n  x\n  y\n",
            "größe: \"ü\\u00fc\"\nb: {c: d}\n\n\n",
            "- a\n- b: c\n  d: one\n    two\n",
            "a: >\n  x\n  y\n\n",
            "a: 1\r\nb: 2\r\n",
            "# of its own\na: 1\n# behind\n",
            "a: 1",
        ];
        for text in plain {
            assert_eq!(elsewhere(text), [true], "{text:?}");
        }
        assert_eq!(elsewhere("# outside\n---\na: 1\n"), [true]);
        assert_eq!(elsewhere("--- {a: 1}\n"), [true]);
        assert_eq!(elsewhere(&plain.join("\n---\n")), vec![true; plain.len()]);
    }

    #[test]
    fn what_depends_on_what_stands_around_it_does_not() {
        let odd = [
            "a: |+\n  x\n\n",
            "a: |\n  x",
            "scalar\n",
            "--- |\nat the margin\n",
            "a: [1\n",
            "{}\n",
            "# nothing\n",
        ];
        for text in odd {
            assert_eq!(elsewhere(text).first(), Some(&false), "{text:?}");
        }
        assert_eq!(elsewhere("a: 1\n...\nb: 2\n").first(), Some(&true), "it ends before the dots");
    }
}
