//! Edits of one document: a node and what is to be done with it, as bytes and new text.
//!
//! Pure: knows trees, no rules and no files. Deliberately absent: what is written (`write`), proof (`prove`).

use ddlint_yaml::{Document, Node, NodeId, NodeKind, Span, Style};

use super::write::{Manner, Yaml, block, column, flow, line_end, line_start, next_line};
use crate::rule::locate::{key_of, value_of};

/// An edit of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Made {
    /// The bytes that go.
    pub(crate) span: Span,
    /// The text that comes.
    pub(crate) text: String,
    /// The node that may be another one afterwards.
    pub(crate) target: NodeId,
    /// How many of its children may go or change.
    pub(crate) lost: usize,
}

fn made(start: u32, end: u32, text: String, target: Node<'_>) -> Made {
    // What is only put in takes nothing away.
    Made { span: Span { start, end }, text, target: target.id(), lost: usize::from(start != end) }
}

/// Key and value, or an item twice.
pub(super) fn ends<'a>(node: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
    match node.is_key() {
        true => Some((node, value_of(node)?)),
        false => Some((key_of(node).unwrap_or(node), node)),
    }
}

pub(super) fn in_flow(node: Node<'_>) -> bool {
    std::iter::successors(node.parent(), |at| at.parent()).any(|parent| parent.style() == Style::Flow)
}

/// What else stands for the node: an edit of it would change other places too.
fn shared(node: Node<'_>) -> bool {
    node.kind() == NodeKind::Alias || node.anchor().is_some()
}

/// Puts entries into a mapping, or items into a list, behind what is there.
pub(super) fn append(node: Node<'_>, yaml: &Yaml, manner: Manner) -> Option<Made> {
    if shared(node) {
        return None;
    }
    let text = node.document().text();
    // A key that is there already would be given twice, and the last one counts.
    if let Yaml::Entries(entries) = yaml
        && (node.entries().any(|(key, _)| key.is_merge_key())
            || entries.iter().any(|(key, _)| node.get(key).is_some()))
    {
        return None;
    }
    match (node.is_mapping(), node.is_sequence(), yaml) {
        (true, _, Yaml::Entries(_)) | (_, true, Yaml::Items(_)) => {}
        // `key:` with nothing behind it.
        _ if node.is_missing() => return under(node, yaml, manner),
        _ => return None,
    }
    let last = match node.is_mapping() {
        true => node.entries().last().map(|(key, value)| value.full_span().end.max(key.full_span().end)),
        false => node.items().last().map(|item| item.full_span().end),
    };
    let first = match node.is_mapping() {
        true => node.entries().next().map(|(key, _)| key),
        false => node.items().next(),
    };
    if node.style() == Style::Flow {
        let new = flow(yaml, manner.json)?;
        let (Some(last), Some(first)) = (last, first) else {
            let at = node.span().start + 1;
            return Some(made(at, at, new, node));
        };
        let between = between(node, first);
        return Some(made(last, last, format!("{between}{new}"), node));
    }
    let indent = column(text, node.span().start);
    let at = line_end(text, last?);
    let new = block(yaml, indent, manner);
    Some(made(at, at, format!("\n{}{new}", " ".repeat(indent)), node))
}

/// What stands between two entries in brackets: those on lines of their own stay so.
fn between(collection: Node<'_>, entry: Node<'_>) -> String {
    let text = collection.document().text();
    let alone = line_start(text, collection.span().start) != line_start(text, entry.span().start);
    match alone {
        true => format!(",\n{}", " ".repeat(column(text, entry.full_span().start))),
        false => ", ".to_string(),
    }
}

/// Gives a key that has nothing behind it a value.
fn under(node: Node<'_>, yaml: &Yaml, manner: Manner) -> Option<Made> {
    let key = key_of(node)?;
    let text = node.document().text();
    let colon = key.span().end + text.get(key.span().end as usize..)?.find(':')? as u32 + 1;
    if in_flow(node) {
        let new = flow(yaml, manner.json)?;
        let new = match yaml {
            Yaml::Entries(_) => format!(" {{ {new} }}"),
            Yaml::Items(_) => format!(" [{new}]"),
            _ => format!(" {new}"),
        };
        return Some(made(colon, colon, new, node));
    }
    let below = match yaml {
        Yaml::Entries(_) => manner.step,
        Yaml::Items(_) => manner.list,
        _ => return Some(made(colon, colon, format!(" {}", block(yaml, 0, manner)), node)),
    };
    let indent = column(text, key.span().start) + below;
    let at = line_end(text, colon);
    Some(made(at, at, format!("\n{}{}", " ".repeat(indent), block(yaml, indent, manner)), node))
}

/// Puts an entry or item behind another one.
pub(super) fn after(node: Node<'_>, yaml: &Yaml, manner: Manner) -> Option<Made> {
    let (first, last) = ends(node)?;
    let parent = first.parent()?;
    let text = node.document().text();
    let end = last.full_span().end.max(first.span().end);
    if let Yaml::Entries(entries) = yaml
        && (shared(parent) || entries.iter().any(|(key, _)| parent.get(key).is_some()))
    {
        return None;
    }
    if in_flow(first) {
        let between = between(parent, first);
        return Some(made(end, end, format!("{between}{}", flow(yaml, manner.json)?), parent));
    }
    let indent = column(text, parent.span().start);
    let at = line_end(text, end);
    Some(made(at, at, format!("\n{}{}", " ".repeat(indent), block(yaml, indent, manner)), parent))
}

/// Removes an entry or item with its lines.
pub(super) fn delete(node: Node<'_>) -> Option<Made> {
    let (first, last) = ends(node)?;
    let parent = first.parent()?;
    // The last entry of a collection leaves nothing behind, which is not the same as not being there.
    if parent.len() < 2 || in_flow(first) {
        return None;
    }
    let text = node.document().text();
    let start = line_start(text, first.span().start);
    let before = text.get(start as usize..first.span().start as usize)?;
    let item = first.id() == node.id() && !node.is_key();
    if !before.chars().all(|c| c == ' ' || (item && c == '-')) {
        return None;
    }
    let end = line_end(text, last.full_span().end.max(first.span().end));
    Some(made(start, next_line(text, end), String::new(), parent))
}

/// Gives the value below keys of a mapping.
pub(super) fn set(root: Node<'_>, keys: &[String], yaml: &Yaml, manner: Manner) -> Option<Made> {
    let mut node = root;
    for (at, key) in keys.iter().enumerate() {
        if shared(node) && node.id() != root.id() {
            return None;
        }
        let own = node.entries().find(|(name, _)| name.key_string().as_deref() == Some(key));
        let Some((_, value)) = own else {
            // Keys that are not there.
            let inner = keys
                .iter()
                .skip(at)
                .rev()
                .fold(yaml.clone(), |inner, key| Yaml::Entries(vec![(key.clone(), inner)]));
            return append(node, &inner, manner);
        };
        node = value;
    }
    if shared(node) {
        return None;
    }
    match yaml {
        Yaml::Items(_) if node.is_sequence() || node.is_missing() => append(node, yaml, manner),
        Yaml::Entries(_) if node.is_mapping() => append(node, yaml, manner),
        _ if node.is_missing() => under(node, yaml, manner),
        Yaml::Str(text) if node.is_scalar() => {
            let new = super::write::restyled(node, text, manner.json)?;
            Some(made(node.span().start, node.span().end, new, node))
        }
        Yaml::Written(text)
            if node.is_scalar() && !matches!(node.style(), Style::Literal | Style::Folded) =>
        {
            Some(made(node.span().start, node.span().end, text.clone(), node))
        }
        _ => None,
    }
}

/// Takes what a place stands in out of its list or mapping: the name of that, the edit, and what is taken as it is
/// written elsewhere.
pub(super) fn take(node: Node<'_>) -> Option<(String, Made, Yaml)> {
    // The item itself, or a scalar of it: whatever lies further out is another thing.
    let in_list = |node: &Node<'_>| node.parent().is_some_and(|parent| parent.is_sequence());
    let item = Some(node).filter(in_list).or_else(|| node.parent().filter(in_list));
    let (made, taken) = match item {
        Some(item) => take_item(item)?,
        None if node.is_key() => take_entry(node)?,
        None => return None,
    };
    let collection = item.unwrap_or(node).parent()?;
    Some((key_of(collection)?.key_string()?, made, taken))
}

fn take_item(item: Node<'_>) -> Option<(Made, Yaml)> {
    let list = item.parent()?;
    let text = item.document().text();
    let slice = |start: u32, end: u32| text.get(start as usize..end as usize);
    let span = item.full_span();
    if shared(item) || shared(list) || has_lines(item, 0) {
        return None;
    }
    if list.style() == Style::Flow {
        let items: Vec<Node<'_>> = list.items().collect();
        let at = items.iter().position(|it| it.id() == item.id())?;
        let (start, end) = match (at.checked_sub(1).and_then(|at| items.get(at)), items.get(at + 1)) {
            (_, Some(next)) => (span.start, next.full_span().start),
            (Some(before), None) => (before.full_span().end, span.end),
            (None, None) => (span.start, span.end),
        };
        let line = slice(span.start, span.end)?.to_string();
        let one_line = !slice(start, end)?.contains('\n');
        let lines = Yaml::Lines { comments: Vec::new(), lines: vec![line.clone()], flow: Some(line) };
        return one_line.then(|| (made(start, end, String::new(), list), Yaml::Items(vec![lines])));
    }
    let margin = column(text, list.span().start);
    let dash = line_start(text, span.start);
    let before = slice(dash, span.start)?;
    if before.trim() != "-" {
        return None;
    }
    let end = line_end(text, span.end);
    let dedented = |line: &str, columns: usize| {
        line.get(columns.min(line.len() - line.trim_start().len())..)
            .unwrap_or_default()
            .trim_end()
            .to_string()
    };
    let inner = before.chars().count();
    let body = slice(span.start, end)?;
    let lines: Vec<String> = body
        .split('\n')
        .enumerate()
        .map(|(at, line)| if at == 0 { line.trim_end().to_string() } else { dedented(line, inner) })
        .collect();
    // Comments right above belong to the item.
    let mut comments = Vec::new();
    let mut start = dash;
    while start > 0 {
        let above = line_start(text, start - 1);
        let line = slice(above, start)?;
        let trimmed = line.trim();
        if !trimmed.starts_with('#') || line.len() - line.trim_start().len() != margin {
            break;
        }
        comments.insert(0, trimmed.to_string());
        start = above;
    }
    let mut edit = made(start, next_line(text, end), String::new(), list);
    if list.len() == 1 {
        // The list stays, with nothing in it.
        let key = key_of(list)?;
        let colon = key.span().end + text.get(key.span().end as usize..)?.find(':')? as u32 + 1;
        let head = slice(colon, line_end(text, colon))?.trim_end();
        edit = made(colon, end, format!(" []{head}"), list);
        let kept = usize::from(head.contains('#')) + comments.len();
        if comments_in(item.document(), Span { start: colon, end: span.start }).len() != kept {
            return None;
        }
    }
    let flow =
        bracketed(item).filter(|_| comments.is_empty() && comments_in(item.document(), edit.span).is_empty());
    Some((edit, Yaml::Items(vec![Yaml::Lines { comments, lines, flow }])))
}

/// An entry with a scalar value.
fn take_entry(key: Node<'_>) -> Option<(Made, Yaml)> {
    let (value, mapping) = (value_of(key)?, key.parent()?);
    let (document, text) = (key.document(), key.document().text());
    let slice = |start: u32, end: u32| text.get(start as usize..end as usize);
    let span = Span { start: key.full_span().start, end: value.full_span().end };
    let written = scalar(value)?;
    if shared(key) || shared(value) || shared(mapping) || slice(span.start, span.end)?.contains('\n') {
        return None;
    }
    let taken = Yaml::Entries(vec![(key.key_string()?, Yaml::Written(written.to_string()))]);
    let line = Span { start: line_start(text, span.start), end: line_end(text, span.end) };
    if mapping.style() == Style::Flow {
        let entries: Vec<(Node<'_>, Node<'_>)> = mapping.entries().collect();
        let at = entries.iter().position(|(other, _)| other.id() == key.id())?;
        let before = at.checked_sub(1).and_then(|at| entries.get(at));
        let (start, end) = match (before, entries.get(at + 1)) {
            (_, Some((next, _))) => (span.start, next.full_span().start),
            (Some((_, before)), None) => (before.full_span().end, span.end),
            (None, None) => (span.start, span.end),
        };
        let one_line = !slice(start, end)?.contains('\n');
        return one_line.then(|| (made(start, end, String::new(), mapping), taken));
    }
    // What a comment says about the entry would stay behind.
    let above = Span { start: line_start(text, line.start.saturating_sub(1)), end: line.start };
    if !comments_in(document, line).is_empty() || slice(above.start, above.end)?.trim_start().starts_with('#')
    {
        return None;
    }
    if mapping.len() > 1 {
        return delete(key).map(|edit| (edit, taken));
    }
    // The mapping stays, with nothing in it.
    let own = key_of(mapping)?;
    let colon = own.span().end + slice(own.span().end, span.start)?.find(':')? as u32 + 1;
    let head = slice(colon, line_end(text, colon))?.trim_end();
    let between = Span { start: colon, end: span.start };
    let alone = comments_in(document, between).len() == usize::from(head.contains('#'));
    alone.then(|| (made(colon, line.end, format!(" {{}}{head}"), mapping), taken))
}

/// A scalar as it can stand in brackets too.
fn scalar(node: Node<'_>) -> Option<&str> {
    let slice = node.full_span().slice(node.document().text());
    let fits = match node.style() {
        Style::Plain => !slice.contains(['{', '}', '[', ']', ',', '&', '*']),
        style => !matches!(style, Style::Literal | Style::Folded),
    };
    (node.is_scalar() && fits).then_some(slice)
}

/// A mapping of scalars in brackets.
fn bracketed(item: Node<'_>) -> Option<String> {
    let text = item.document().text();
    if item.style() == Style::Flow {
        return Some(item.full_span().slice(text).to_string());
    }
    let entry = |(key, value): (Node<'_>, Node<'_>)| Some(format!("{}: {}", scalar(key)?, scalar(value)?));
    Some(format!("{{ {} }}", item.entries().map(entry).collect::<Option<Vec<_>>>()?.join(", ")))
}

/// A scalar of several lines: it cannot be moved line by line.
fn has_lines(node: Node<'_>, depth: usize) -> bool {
    // An entry of an environment is no tree.
    if depth > 32 {
        return true;
    }
    match node.is_scalar() {
        true => node.full_span().slice(node.document().text()).contains('\n'),
        false => node
            .items()
            .chain(node.entries().flat_map(|(key, value)| [key, value]))
            .any(|node| has_lines(node, depth + 1)),
    }
}

/// Comments inside a span, in order.
pub(super) fn comments_in(document: &Document, span: Span) -> Vec<String> {
    let inside =
        |comment: &&ddlint_yaml::Comment| span.start <= comment.span.start && comment.span.end <= span.end;
    let text = document.text();
    document.comments().iter().filter(inside).map(|it| it.span.slice(text).trim_end().to_string()).collect()
}
