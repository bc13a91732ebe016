//! Two block mappings of one key made into one: lines of the later one move to the end of the first one's, level by
//! level, comments included. None where both give a key different values.

use std::collections::BTreeMap;

use ddlint_yaml::{Document, DuplicateKey, Node, Span, Style};

use crate::rule::Made;

/// Deeper mappings are not merged.
const DEEPEST: usize = 32;

/// The edits that merge what a key has the second time into what it has the first time.
pub(super) fn edits(tree: &Document, duplicate: &DuplicateKey) -> Option<Vec<Made>> {
    let (first, later) = (tree.node(duplicate.first_value), tree.node(duplicate.later_value));
    let key = tree.node(duplicate.later);
    let mapping = tree.node(duplicate.mapping);
    let name = key.key_string()?;
    if times(mapping, &name) != 2 || mapping.style() != Style::Block {
        return None;
    }
    let text = tree.text();
    let key_line = start_of_line(text, key.span().start)?;
    let margin = text.get(key_line..key.span().start as usize)?;
    let only_key = margin.trim().is_empty();
    let removed_from = comments_above(text, key_line, margin.len())?;
    let mut merge = Merge { text, inserts: BTreeMap::new() };
    // Comments right above the key go with what it has.
    let head = merge.head(text.get(removed_from..key_line)?, key, later)?;
    merge.level(first, later, head, 0)?;
    let removed_to = end_of_line(text, later.full_span().end)?;
    if !only_key || merge.inserts.keys().any(|(at, _)| *at > removed_from) {
        return None;
    }
    let target = mapping.id();
    let mut made: Vec<Made> = Vec::new();
    for ((at, _), (into, lines)) in merge.inserts {
        let span = Span { start: at as u32, end: at as u32 };
        match made.last_mut() {
            // Mappings that end together: the innermost one's lines come first.
            Some(last) if last.span == span => {
                last.text.push_str(&lines);
                last.target = into.id();
                // The mapping within it has more entries.
                last.lost = 1;
            }
            _ => made.push(Made { span, text: lines, target: into.id(), lost: 0 }),
        }
    }
    made.push(Made { span: Span { start: removed_from as u32, end: removed_to as u32 }, text: String::new(), target, lost: 1 });
    Some(made)
}

/// What goes where: by offset, the innermost mapping first.
struct Merge<'a> {
    text: &'a str,
    inserts: BTreeMap<(usize, std::cmp::Reverse<usize>), (Node<'a>, String)>,
}

impl<'a> Merge<'a> {
    /// Comments before a key and behind it, as lines of their own below it.
    fn head(&self, before: &str, key: Node<'_>, value: Node<'_>) -> Option<String> {
        let end = end_of_line(self.text, key.span().end)?;
        let rest = self.text.get(key.span().end as usize..end)?;
        let behind = rest.find('#').and_then(|at| rest.get(at..)).unwrap_or_default();
        let begin = start_of_line(self.text, value.span().start)?;
        // `key: {…}` and the like have no lines that could move.
        if begin < end {
            return None;
        }
        let margin = self.text.get(begin..value.span().start as usize)?;
        let lines = before.split_inclusive('\n').chain(Some(behind)).filter(|line| !line.trim().is_empty());
        Some(lines.map(|line| format!("{margin}{}", line.trim_start())).collect())
    }

    /// Moves the entries of `later`, with `lines` before them, into `first`.
    fn level(&mut self, first: Node<'a>, later: Node<'a>, lines: String, depth: usize) -> Option<()> {
        if !is_block(first) || !is_block(later) || depth > DEEPEST {
            return None;
        }
        if column(self.text, first)? != column(self.text, later)? {
            return None;
        }
        let mut lines = lines;
        let mut from = start_of_line(self.text, later.span().start)?;
        // Comments between the key and its first entry belong to it.
        while let Some(above) = from.checked_sub(1).and_then(|end| start_of_line(self.text, end as u32)) {
            if !self.text.get(above..from)?.trim_start().starts_with('#') {
                break;
            }
            from = above;
        }
        for (key, value) in later.entries() {
            let name = key.key_string().filter(|name| times(later, name) == 1)?;
            let to = end_of_line(self.text, value.full_span().end.max(key.span().end))?;
            let segment = self.text.get(from..to)?;
            let before = self.text.get(from..start_of_line(self.text, key.span().start)?)?;
            match first.entries().filter(|(it, _)| it.key_string().as_ref() == Some(&name)).collect::<Vec<_>>().as_slice() {
                [] => lines.push_str(segment),
                [(_, own)] if own.is_mapping() && value.is_mapping() => {
                    let head = self.head(before, key, value)?;
                    self.level(*own, value, head, depth + 1)?;
                }
                // The same again; a comment on it would be lost.
                [(_, own)]
                    if own.is_scalar()
                        && value.is_scalar()
                        && own.scalar() == value.scalar()
                        && !segment.contains('#') => {}
                _ => return None,
            }
            from = to;
        }
        if lines.trim().is_empty() {
            return Some(());
        }
        let at = end_of_line(self.text, first.full_span().end)?;
        if !self.text.get(..at)?.ends_with('\n') {
            return None;
        }
        if !lines.ends_with('\n') {
            lines.push('\n');
        }
        self.inserts.insert((at, std::cmp::Reverse(depth)), (first, lines));
        Some(())
    }
}

/// Where the comments begin that stand right above a line, at its own column.
fn comments_above(text: &str, line: usize, margin: usize) -> Option<usize> {
    let mut from = line;
    while let Some(above) = from.checked_sub(1).and_then(|end| start_of_line(text, end as u32)) {
        let before = text.get(above..from)?;
        let comment = before.trim_start();
        if !comment.starts_with('#') || before.len() - comment.len() != margin {
            break;
        }
        from = above;
    }
    Some(from)
}

fn is_block(node: Node<'_>) -> bool {
    // What an alias stands for is written elsewhere.
    let own = node.resolved().id() == node.id() && !node.entries().any(|(key, _)| key.is_merge_key());
    own && node.is_mapping() && node.style() == Style::Block && node.anchor().is_none() && node.tag().is_none()
}

fn times(mapping: Node<'_>, name: &str) -> usize {
    mapping.entries().filter(|(key, _)| key.key_string().as_deref() == Some(name)).count()
}

fn start_of_line(text: &str, offset: u32) -> Option<usize> {
    text.get(..offset as usize)?.rfind('\n').map_or(Some(0), |at| Some(at + 1))
}

fn column(text: &str, node: Node<'_>) -> Option<usize> {
    Some(node.span().start as usize - start_of_line(text, node.span().start)?)
}

fn end_of_line(text: &str, offset: u32) -> Option<usize> {
    let offset = offset as usize;
    let done = text.get(..offset)?.ends_with('\n');
    let rest = text.get(offset..)?.find('\n').map_or(text.len(), |at| offset + at + 1);
    Some(if done { offset } else { rest })
}
