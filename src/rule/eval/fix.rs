//! Edits of files. A fix is offered only where it is certain: every placeholder has one value, the place is in a file
//! on the disk, and the document is still YAML afterwards.

use std::sync::Arc;

use ddlint_yaml::{Node, Span, Style};

use super::frame::{Eval, Focus, Frame};
use crate::finding::{Edit, Fix, Safety};
use crate::provenance;
use crate::rule::condition::{At, Change, Content, FixPlan};
use crate::rule::locate::{key_of, value_of};
use crate::source::{Origin, Place};

/// The largest document that is parsed again to prove a fix.
const LARGEST: usize = 4 << 20;

impl Eval<'_> {
    /// The edits of a fix, if it can be offered.
    pub(super) fn fix(&self, plan: &FixPlan, frame: &Frame<'_>) -> Option<Fix> {
        let edit = match &plan.change {
            Change::Replace(at, content) => self.replace(at, content, frame)?,
            Change::Into(at, content) => self.insert_into(at, content, frame)?,
            Change::After(at, content) => self.insert_after(at, content, frame)?,
            Change::Delete(at) => self.delete(at, frame)?,
        };
        let rendered =
            matches!(self.scope.run.model.sources.get(edit.place.file).origin, Origin::Rendered(_));
        let edit = self.on_disk(edit)?;
        if !self.still_yaml(&edit) {
            return None;
        }
        let description = self.text(&plan.description, frame, Focus::All).0;
        // A value of a chart may be printed elsewhere too.
        let safety = if rendered { Safety::Unsafe } else { plan.safety };
        Some(Fix { safety, description, edits: vec![edit] })
    }

    fn place_of(&self, at: &At, frame: &Frame<'_>) -> Option<Place> {
        self.places_at(at, frame, Focus::All).first().copied()
    }

    fn source_text(&self, place: Place) -> &Arc<str> {
        &self.scope.run.model.sources.get(place.file).text
    }

    fn replace(&self, at: &At, content: &Content, frame: &Frame<'_>) -> Option<Edit> {
        let place = self.place_of(at, frame)?;
        let flow = self.scope.run.locator.innermost(place).is_some_and(|(_, node)| in_flow(node));
        let indent = column(self.source_text(place), place.span.start);
        Some(Edit { place, text: self.write(content, indent, flow, frame)? })
    }

    fn insert_into(&self, at: &At, content: &Content, frame: &Frame<'_>) -> Option<Edit> {
        let place = self.place_of(at, frame)?;
        let (_, node) = self.scope.run.locator.exact(place)?;
        let node = if node.is_key() { value_of(node)? } else { node };
        // A key that is there already would be given twice, and the last one counts.
        if let Content::Entries(entries) = content
            && entries.iter().any(|(key, _)| node.get(key).is_some())
        {
            return None;
        }
        let insert = |offset: u32, text: String| {
            let span = Span { start: offset, end: offset };
            Some(Edit { place: Place { file: place.file, span }, text })
        };
        if node.style() == Style::Flow {
            let text = self.write(content, 0, true, frame)?;
            let comma = if node.is_empty() { "" } else { ", " };
            return insert(node.span().start + 1, format!("{text}{comma}"));
        }
        let source = self.source_text(place);
        if node.is_mapping() || node.is_sequence() {
            let start = node.span().start;
            let indent = column(source, start);
            let text = self.write(content, indent, false, frame)?;
            return insert(start, format!("{text}\n{}", " ".repeat(indent)));
        }
        if node.is_missing() {
            // `key:` with nothing behind it: the entries become its value.
            let key = key_of(node)?;
            let indent = column(source, key.span().start) + 2;
            let text = self.write(content, indent, false, frame)?;
            let colon = source.get(key.span().end as usize..)?.find(':')? as u32 + key.span().end + 1;
            return insert(colon, format!("\n{}{text}", " ".repeat(indent)));
        }
        None
    }

    fn insert_after(&self, at: &At, content: &Content, frame: &Frame<'_>) -> Option<Edit> {
        let place = self.place_of(at, frame)?;
        let (_, node) = self.scope.run.locator.exact(place)?;
        let (first, last) = match () {
            () if node.is_key() => (node, value_of(node)?),
            () => (key_of(node).unwrap_or(node), node),
        };
        let source = self.source_text(place);
        let end = last.full_span().end.max(first.span().end);
        let insert = |offset: u32, text: String| {
            let span = Span { start: offset, end: offset };
            Some(Edit { place: Place { file: place.file, span }, text })
        };
        if in_flow(first) {
            let text = self.write(content, 0, true, frame)?;
            return insert(end, format!(", {text}"));
        }
        let indent = match () {
            () if matches!(content, Content::Items(_)) => column(source, first.parent()?.span().start),
            () => column(source, first.span().start),
        };
        let text = self.write(content, indent, false, frame)?;
        insert(line_end(source, end), format!("\n{}{text}", " ".repeat(indent)))
    }

    fn delete(&self, at: &At, frame: &Frame<'_>) -> Option<Edit> {
        let place = self.place_of(at, frame)?;
        let (_, node) = self.scope.run.locator.exact(place)?;
        let (first, last) = match () {
            () if node.is_key() => (node, value_of(node)?),
            () => (key_of(node).unwrap_or(node), node),
        };
        // The last entry of a collection leaves nothing behind, which is not the same as not being there.
        if first.parent().is_none_or(|parent| parent.len() < 2) || in_flow(first) {
            return None;
        }
        let source = self.source_text(place);
        let start = line_start(source, first.span().start);
        let before = source.get(start as usize..first.span().start as usize)?;
        let item = first.id() == node.id() && !node.is_key();
        let only_indent = before.chars().all(|c| c == ' ' || (item && c == '-'));
        if !only_indent {
            return None;
        }
        let end = line_end(source, last.full_span().end.max(first.span().end));
        let rest = source.get(end as usize..)?;
        let newline = ["\r\n", "\n"].into_iter().find(|newline| rest.starts_with(newline));
        let end = end + newline.map_or(0, str::len) as u32;
        Some(Edit { place: Place { file: place.file, span: Span { start, end } }, text: String::new() })
    }

    /// The edit in the file on the disk; text in block strings can be replaced within its line only.
    fn on_disk(&self, edit: Edit) -> Option<Edit> {
        let run = self.scope.run;
        match &run.model.sources.get(edit.place.file).origin {
            Origin::Disk => Some(edit),
            Origin::Embedded { .. } | Origin::Excerpt { .. } | Origin::Streamed { .. } => {
                let old = edit.place.span.slice(self.source_text(edit.place)).to_string();
                let place = run.model.sources.outermost(edit.place);
                let outer = run.model.sources.get(place.file);
                let same =
                    place.span.slice(&outer.text) == old && !old.contains('\n') && !edit.text.contains('\n');
                (same && matches!(outer.origin, Origin::Disk)).then_some(Edit { place, text: edit.text })
            }
            Origin::Rendered(rendering) => {
                let owner = provenance::owner(rendering, &run.model.sources, edit.place)?;
                let one_line = !edit.text.contains('\n');
                one_line.then_some(Edit { place: owner, text: edit.text })
            }
            Origin::Stdin | Origin::Packed => None,
        }
    }

    fn still_yaml(&self, edit: &Edit) -> bool {
        let Some(doc) = self.scope.run.locator.document(edit.place) else { return true };
        let span = self.scope.run.model.doc(doc).tree.span();
        let source = self.source_text(edit.place);
        let (start, end) = (edit.place.span.start, edit.place.span.end);
        if span.start > start || end > span.end || (span.end - span.start) as usize > LARGEST {
            return false;
        }
        let slice = |from: u32, to: u32| source.get(from as usize..to as usize);
        let (Some(before), Some(after)) = (slice(span.start, start), slice(end, span.end)) else {
            return false;
        };
        let stream = ddlint_yaml::parse(Arc::from(format!("{before}{}{after}", edit.text)));
        stream.errors.is_empty() && stream.documents.iter().filter(|it| it.root().is_some()).count() == 1
    }

    /// Writes content; lines after the first are indented.
    fn write(&self, content: &Content, indent: usize, flow: bool, frame: &Frame<'_>) -> Option<String> {
        let newline = format!("\n{}", " ".repeat(indent));
        Some(match content {
            Content::Text(template) => {
                let text = self.exact_text(template, frame)?;
                text.trim_end().replace('\n', &newline)
            }
            Content::Scalar(template) => scalar(&self.exact_text(template, frame)?),
            Content::Bare(text) => text.to_string(),
            Content::Entries(entries) => {
                let mut lines = Vec::new();
                for (key, value) in entries {
                    let key = scalar(key);
                    let block = matches!(value, Content::Entries(_) | Content::Items(_));
                    let value = match (flow, block) {
                        (true, true) => {
                            let open = matches!(value, Content::Entries(_));
                            let inner = self.write(value, 0, true, frame)?;
                            if open { format!(" {{{inner}}}") } else { format!(" [{inner}]") }
                        }
                        (false, true) => {
                            let inner = self.write(value, indent + 2, false, frame)?;
                            format!("{newline}  {inner}")
                        }
                        _ => format!(" {}", self.write(value, indent, flow, frame)?),
                    };
                    lines.push(format!("{key}:{value}"));
                }
                lines.join(if flow { ", " } else { &newline })
            }
            Content::Items(items) => {
                let mut lines = Vec::new();
                for item in items {
                    let text = self.write(item, indent + 2, flow, frame)?;
                    let nested = matches!(item, Content::Entries(_));
                    lines.push(match (flow, nested) {
                        (true, true) => format!("{{{text}}}"),
                        (true, false) => text,
                        (false, _) => format!("- {text}"),
                    });
                }
                lines.join(if flow { ", " } else { &newline })
            }
        })
    }

    fn exact_text(&self, template: &crate::rule::condition::Template, frame: &Frame<'_>) -> Option<String> {
        let (text, exact) = self.text(template, frame, Focus::All);
        exact.then_some(text)
    }
}

/// A string as a YAML scalar: quoted where it would be something else.
fn scalar(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '.' || c == '_')
        && matches!(ddlint_yaml::resolve_plain(text), ddlint_yaml::Scalar::Str(_));
    if plain {
        return text.to_string();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn in_flow(node: Node<'_>) -> bool {
    let mut at = node.parent();
    while let Some(parent) = at {
        if parent.style() == Style::Flow {
            return true;
        }
        at = parent.parent();
    }
    false
}

fn line_start(text: &str, offset: u32) -> u32 {
    text.get(..offset as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at as u32 + 1)
}

fn line_end(text: &str, offset: u32) -> u32 {
    // The end of a block scalar is the beginning of the next line.
    let offset = match text.get(..offset as usize) {
        Some(before) if before.ends_with("\r\n") => offset.saturating_sub(2),
        Some(before) if before.ends_with('\n') => offset.saturating_sub(1),
        _ => offset,
    };
    let rest = text.get(offset as usize..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    offset + line.strip_suffix('\r').unwrap_or(line).len() as u32
}

/// The column of an offset, from 0.
fn column(text: &str, offset: u32) -> usize {
    let start = line_start(text, offset);
    text.get(start as usize..offset as usize).map_or(0, |before| before.chars().count())
}
