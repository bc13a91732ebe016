//! From an edit of a text to an edit of a file on the disk: texts in strings lead to the string around them, rendered
//! text to the value that it is. Every step is proved.

use ddlint_yaml::{OffsetMap, SourceText, Span, Style};

use super::edits::Made;
use super::prove;
use super::write::{self, Manner, column, line_start};
use crate::finding::Edit;
use crate::model::Model;
use crate::provenance;
use crate::rule::Locator;
use crate::source::{FileId, Origin, Place};

/// An edit of a text.
pub(crate) struct Draft {
    /// The text.
    pub(crate) file: FileId,
    /// The edit.
    pub(crate) made: Made,
    /// The new text of a whole scalar: the file that owns it may write it with other quotes.
    pub(crate) plain: Option<String>,
}

impl Made {
    /// The document with the edit, where it changes nothing but its target.
    pub(crate) fn changed(&self, document: &ddlint_yaml::Document) -> Option<SourceText> {
        prove::changed(document, self.span, &self.text, (self.target, self.lost))
    }
}

/// All texts.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(crate) model: &'a Model,
    pub(crate) locator: &'a Locator<'a>,
}

impl Texts<'_> {
    /// The edit in the file on the disk; none where that cannot be proved.
    pub(crate) fn on_disk(&self, draft: Draft) -> Option<Edit> {
        let sources = &self.model.sources;
        let Draft { mut file, mut made, plain } = draft;
        // Texts in texts in texts end somewhere.
        for _ in 0..16 {
            let place = Place { file, span: made.span };
            let doc = self.locator.document(place)?;
            let origin = &sources.get(file).origin;
            if let Origin::Rendered(rendering) = origin {
                let owner = provenance::owner(rendering, sources, place)?;
                let (_, node) = self.locator.exact(owner)?;
                let json = Manner::of(node, &sources.get(owner.file).root_path).json;
                let text = match &plain {
                    Some(plain) if node.span() == owner.span => write::restyled(node, plain, json)?,
                    _ if made.text.contains('\n') => return None,
                    _ => made.text,
                };
                (file, made) = (owner.file, Made { span: owner.span, text, target: node.id(), lost: 1 });
                continue;
            }
            let tree = &self.model.doc(doc).tree;
            let Span { start, end } = made.span;
            let new = made.changed(tree)?;
            match origin {
                Origin::Disk => return Some(self.edit(place, &made.text)),
                Origin::Excerpt { parent, offset } => {
                    // What a script holds is no YAML around it: it is as right as the part was.
                    let place =
                        Place { file: *parent, span: Span { start: start + offset, end: end + offset } };
                    let on_disk = matches!(sources.get(*parent).origin, Origin::Disk);
                    return on_disk.then(|| self.edit(place, &made.text));
                }
                Origin::Embedded { parent, map } => {
                    let inner = &sources.get(file).text;
                    let whole = format!(
                        "{}{new}{}",
                        inner.get(..tree.span().start as usize)?,
                        inner.get(tree.span().end as usize..)?
                    );
                    made = self.in_parent(inner, *parent, map, &made, &whole)?;
                    file = *parent;
                }
                Origin::Streamed(_) | Origin::Stdin | Origin::Packed | Origin::Rendered(_) => return None,
            }
        }
        None
    }

    fn edit(&self, place: Place, text: &str) -> Edit {
        let around = &self.model.sources.get(place.file).text;
        Edit { place, text: crate::fix::with_line_ends_of(around, place.span.start as usize, text) }
    }

    /// An edit of the text in a string as an edit of the text around it; the string must read as `whole` then.
    pub(crate) fn in_parent(
        &self,
        inner: &str,
        parent: FileId,
        map: &OffsetMap,
        made: &Made,
        whole: &str,
    ) -> Option<Made> {
        let outer = &self.model.sources.get(parent).text;
        // The end of a text is behind its last byte; a line begins behind its indentation.
        let behind = |offset: u32| match offset {
            0 => map.to_source(0),
            offset => map.span(Span { start: offset - 1, end: offset }).end,
        };
        let line = line_start(inner, made.span.start);
        let lines = made.span.start == line && (made.span.end as usize) < inner.len();
        let (start, end) = match lines {
            true => (map.to_source(line), map.to_source(made.span.end)),
            false => (behind(made.span.start), behind(made.span.end)),
        };
        let first = map.to_source(0);
        let begin = Place { file: parent, span: Span { start: first, end: first } };
        let (doc, scalar) = self.locator.innermost(begin)?;
        let text = match scalar.style() {
            Style::Literal => {
                let margin = " ".repeat(column(outer, map.to_source(line)));
                let text = made.text.replace('\n', &format!("\n{margin}"));
                // Lines at the very end of the string bring no line after them.
                match made.text.ends_with('\n') && !lines {
                    true => text.strip_suffix(&margin).unwrap_or(&text).to_string(),
                    false => text,
                }
            }
            _ if made.text.contains('\n') => return None,
            _ => made.text.clone(),
        };
        let tree = &self.model.doc(doc).tree;
        let changed = prove::changed(tree, Span { start, end }, &text, (scalar.id(), 1))?;
        // Ids of nodes grow as they are written: before the string everything is as it was.
        let stream = ddlint_yaml::parse(changed.clone());
        let read = stream.documents.iter().find(|it| it.root().is_some())?;
        let same = scalar.id().index() < read.node_count() && read.node(scalar.id()).text()? == whole;
        same.then_some(Made { span: Span { start, end }, text, target: scalar.id(), lost: 1 })
    }
}
