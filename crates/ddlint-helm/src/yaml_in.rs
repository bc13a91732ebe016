//! YAML to values, as `sigs.k8s.io/yaml` gives them to Helm: through JSON, so that every number is a float64 and
//! every key a string; and each value remembers where it stands.
//!
//! Only the first document counts; of several equal keys the last; merge keys take effect where they stand.
//!
//! Deliberately absent: parsing (see `ddlint-yaml`), the types of `--set` (see `strvals`).

use crate::HelmDialect;
use crate::origin::{Leaf, OriginId, OriginTable, Place};
use crate::path;
use crate::text::{Text, TextBuf};
use crate::value::{Data, List, ListKind, Map, MapKind, Value};
use ddlint_yaml::{Document, Node, NodeKind, OffsetMap, Scalar, Span, Stream, Style};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep values may be nested.
const MAX_DEPTH: usize = 1_000;

/// What is wrong with a text, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) span: Option<Span>,
}

/// The first document of a stream; none where there is nothing in it.
pub(crate) fn first_document(stream: &Stream) -> Result<Option<&Document>, Wrong> {
    let first_error = stream.errors.iter().min_by_key(|e| (e.document, e.span.start));
    let mut documents = stream.documents.iter().enumerate();
    let found = match documents.next() {
        // Comments before the first marker are no document.
        Some((0, first))
            if first.root().is_none() && first.span().start == 0 && !starts_with_marker(first) =>
        {
            documents.next()
        }
        other => other,
    };
    if let Some(error) = first_error
        && found.is_none_or(|(index, _)| error.document <= index)
    {
        return Err(Wrong { message: error.message.clone(), span: Some(error.span) });
    }
    Ok(found.map(|(_, document)| &**document))
}

fn starts_with_marker(document: &Document) -> bool {
    document.text().trim_start_matches('\u{feff}').starts_with("---")
}

/// Where the values of a document come from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// A file; its values are the user's, at this path of the parent chart's values.
    File {
        /// The name in places.
        file: &'a Arc<str>,
        /// The normalized path of the document's root.
        root: &'a str,
        /// Where the document is the content of a scalar in the file: how to get from one to the other.
        inside: Option<&'a OffsetMap>,
    },
    /// A text made by a template; each value has the origin of its bytes.
    Text(&'a Text),
}

/// The value of a node, in full.
pub(crate) fn value_of(node: Node<'_>, source: Source<'_>, table: &mut OriginTable) -> Result<Value, Wrong> {
    let path = match source {
        Source::File { root, .. } => root.to_string(),
        Source::Text(_) => String::new(),
    };
    let recording = table.is_recording();
    Reader { source, table, path, recording, count: Count::default() }.value(node, 0)
}

/// The first document of a text as a value; nil where there is none.
pub(crate) fn from_text(text: &Text, table: &mut OriginTable) -> Result<Value, String> {
    let Ok(utf8) = std::str::from_utf8(text.bytes()) else {
        return Err("yaml: invalid leading UTF-8 octet".to_string());
    };
    let stream = ddlint_yaml::parse(ddlint_yaml::SourceText::from(utf8));
    let describe = |wrong: Wrong| {
        let line = wrong
            .span
            .map(|span| 1 + text.bytes().iter().take(span.start as usize).filter(|b| **b == b'\n').count());
        match line {
            Some(line) => format!("error converting YAML to JSON: yaml: line {line}: {}", wrong.message),
            None => format!("error converting YAML to JSON: yaml: {}", wrong.message),
        }
    };
    let document = first_document(&stream).map_err(describe)?;
    match document.and_then(|d| d.root()) {
        None => Ok(Value { data: Data::Nil, origin: text.origin(table) }),
        Some(root) => value_of(root, Source::Text(text), table).map_err(describe),
    }
}

/// The values of a file: a map, empty where the file is.
pub(crate) fn values_of_stream(
    stream: &Stream,
    source: Source<'_>,
    table: &mut OriginTable,
) -> Result<Map, Wrong> {
    let root = first_document(stream)?.and_then(|d| d.root());
    match root {
        None => Ok(Map::new(BTreeMap::new(), MapKind::Any)),
        Some(root) => values_of_node(root, source, table),
    }
}

/// The values of a chart's or user's file: Helm 4 merges all documents in it, Helm 3 reads the first.
pub(crate) fn values_of_file(
    stream: &Stream,
    source: Source<'_>,
    dialect: HelmDialect,
    table: &mut OriginTable,
) -> Result<Map, Wrong> {
    let first = values_of_stream(stream, source, table)?;
    if dialect == HelmDialect::V3 {
        return Ok(first);
    }
    if let Some(error) = stream.errors.first() {
        return Err(Wrong { message: error.message.clone(), span: Some(error.span) });
    }
    let mut out = crate::coalesce::empty_map();
    for root in stream.documents.iter().filter_map(|d| d.root()) {
        out = crate::coalesce::merge_maps(&out, &values_of_node(root, source, table)?);
    }
    Ok(out)
}

/// The same, of a node.
pub(crate) fn values_of_node(
    node: Node<'_>,
    source: Source<'_>,
    table: &mut OriginTable,
) -> Result<Map, Wrong> {
    let value = value_of(node, source, table)?;
    match value.data {
        Data::Map(map) => Ok(map),
        Data::Nil => Ok(Map::new(BTreeMap::new(), MapKind::Any)),
        other => {
            let got = match other {
                Data::List(_) => "array",
                Data::Bool(_) => "bool",
                Data::Float(_) => "number",
                _ => "string",
            };
            Err(Wrong {
                message: format!(
                    "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {got} into Go value of type map[string]interface {{}}"
                ),
                span: Some(node.span()),
            })
        }
    }
}

/// Whether the whole document can be turned into JSON at all; the values are not kept.
pub(crate) fn check(node: Node<'_>) -> Result<(), Wrong> {
    let document = node.document();
    // Mostly there is nothing to follow, and nothing but a number can be wrong.
    if document.root() == Some(node) && document.is_plain_tree() && document.depth() < MAX_DEPTH {
        return document
            .nodes()
            .filter(|node| !node.is_key() && node.may_be_number())
            .try_for_each(check_number);
    }
    check_node(node, &mut Count::default(), 0)
}

/// How many nodes were read, and how many of them through aliases: a document that is nearly all aliases is
/// refused at the same node as in Go.
#[derive(Default)]
struct Count {
    nodes: u32,
    by_alias: u32,
    aliases: u32,
}

impl Count {
    fn enter(&mut self, node: Node<'_>) -> Result<(), Wrong> {
        self.nodes += 1;
        if self.aliases > 0 {
            self.by_alias += 1;
        }
        let share = f64::from(self.by_alias) / f64::from(self.nodes);
        let allowed = match self.nodes {
            0..=400_000 => 0.99,
            4_000_000.. => 0.10,
            n => 0.99 - 0.89 * (f64::from(n) - 400_000.0) / 3_600_000.0,
        };
        if self.by_alias > 100 && self.nodes > 1_000 && share > allowed {
            return Err(Wrong {
                message: "document contains excessive aliasing".to_string(),
                span: Some(node.span()),
            });
        }
        Ok(())
    }
}

fn check_node(node: Node<'_>, count: &mut Count, depth: usize) -> Result<(), Wrong> {
    count.enter(node)?;
    if node.kind() == NodeKind::Alias {
        count.aliases += 1;
        let checked = check_node_itself(node, count, depth);
        count.aliases -= 1;
        return checked;
    }
    check_node_itself(node, count, depth)
}

fn check_node_itself(node: Node<'_>, count: &mut Count, depth: usize) -> Result<(), Wrong> {
    if depth > MAX_DEPTH {
        return Err(Wrong { message: "exceeded max depth".to_string(), span: Some(node.span()) });
    }
    let target = node.resolved();
    if target.is_mapping() {
        for (key, value) in target.entries() {
            if !key.has_key_string() && !is_merge(key) {
                key_name(key)?;
            }
            check_node(value, count, depth + 1)?;
        }
    } else if target.is_sequence() {
        for item in target.items() {
            check_node(item, count, depth + 1)?;
        }
    } else {
        return check_number(node);
    }
    Ok(())
}

/// JSON has no infinity.
fn check_number(node: Node<'_>) -> Result<(), Wrong> {
    match node.scalar() {
        Some(Scalar::Float(f)) if !f.is_finite() => Err(not_json(node, f)),
        _ => Ok(()),
    }
}

fn not_json(node: Node<'_>, f: f64) -> Wrong {
    let name = if f.is_nan() {
        "NaN"
    } else if f > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    };
    Wrong { message: format!("json: unsupported value: {name}"), span: Some(node.span()) }
}

/// A plain `<<` without another tag than the merge tag.
fn is_merge(key: Node<'_>) -> bool {
    key.style() == Style::Plain && key.text() == Some("<<") && key.tag().is_none_or(|t| t.ends_with("merge"))
}

fn key_name(key: Node<'_>) -> Result<String, Wrong> {
    key.key_string().ok_or_else(|| {
        let message = if key.resolved().is_scalar() {
            "unsupported map key of type: <nil>".to_string()
        } else {
            "invalid map key: a mapping or list cannot be a key".to_string()
        };
        Wrong { message, span: Some(key.span()) }
    })
}

/// What moves the items of a list, with what was tested for the item at a place to be there.
fn moved_with(text: &Text, at: u32, moved: OriginId, table: &mut OriginTable) -> OriginId {
    let tests = table.test_of(text.origin_at(at as usize));
    table.union(moved, tests)
}

struct Reader<'a, 't> {
    source: Source<'a>,
    table: &'t mut OriginTable,
    path: String,
    recording: bool,
    count: Count,
}

impl Reader<'_, '_> {
    fn origin(&mut self, span: Span) -> OriginId {
        if !self.recording {
            return OriginId::NONE;
        }
        match self.source {
            Source::File { file, inside, .. } => {
                let span = inside.map_or(span, |map| map.span(span));
                let path = &self.path;
                self.table.leaf(|| Leaf::Value {
                    path: Arc::from(path.as_str()),
                    place: Some(Place { file: file.clone(), start: span.start, end: span.end }),
                })
            }
            Source::Text(text) => {
                let (start, end) = (span.start as usize, span.end as usize);
                origin_of_range(text, start, end, self.table)
            }
        }
    }

    fn value(&mut self, node: Node<'_>, depth: usize) -> Result<Value, Wrong> {
        self.count.enter(node)?;
        if node.kind() == NodeKind::Alias {
            self.count.aliases += 1;
            let value = self.value_itself(node, depth);
            self.count.aliases -= 1;
            return value;
        }
        self.value_itself(node, depth)
    }

    fn value_itself(&mut self, node: Node<'_>, depth: usize) -> Result<Value, Wrong> {
        if depth > MAX_DEPTH {
            return Err(Wrong { message: "exceeded max depth".to_string(), span: Some(node.span()) });
        }
        let target = node.resolved();
        let origin = match self.source {
            // The origin of a container made by a template would be the union of all its text: of no use.
            Source::Text(_) if !target.is_scalar() => OriginId::NONE,
            _ => self.origin(target.span()),
        };
        let data = if target.is_mapping() {
            let map = Map::new(BTreeMap::new(), MapKind::Any);
            self.fill(target, &map, depth)?;
            Data::Map(map)
        } else if target.is_sequence() {
            let mut items = Vec::with_capacity(target.len());
            // What is absent before the first item stood behind the key.
            let document = target.document();
            let key = document.key_of(target.id()).map(|key| document.node(key).span().end);
            let (mut moved, mut from) = (OriginId::NONE, key.unwrap_or(target.span().start));
            for (index, item) in target.items().enumerate() {
                let length = self.path.len();
                if self.recording {
                    path::push_index(&mut self.path, index);
                }
                let mut value = self.value(item, depth + 1)?;
                self.path.truncate(length);
                if let Source::Text(text) = self.source
                    && self.recording
                {
                    let begin = item.span().start;
                    let absent: Vec<OriginId> =
                        crate::text::absent_lines(text.segments(), self.table, from, begin).collect();
                    moved = absent.into_iter().fold(moved, |moved, by| self.table.union(moved, by));
                    value = value.tested(moved, self.table);
                    moved = moved_with(text, begin, moved, self.table);
                    from = begin;
                }
                items.push(value);
            }
            Data::List(List::new(items, ListKind::Any))
        } else {
            match target.scalar() {
                None | Some(Scalar::Null) => Data::Nil,
                Some(Scalar::Bool(b)) => Data::Bool(b),
                Some(Scalar::Int(i)) => Data::Float(i as f64),
                Some(Scalar::Float(f)) if !f.is_finite() => return Err(not_json(node, f)),
                Some(Scalar::Float(f)) => Data::Float(f),
                Some(Scalar::Str(s)) => Data::Str(self.text(target, s, origin)),
            }
        };
        Ok(Value { data, origin })
    }

    fn fill(&mut self, target: Node<'_>, map: &Map, depth: usize) -> Result<(), Wrong> {
        for (key, value) in target.entries() {
            if is_merge(key) {
                self.merge(value, map, depth + 1)?;
                continue;
            }
            let name = key_name(key)?;
            let length = self.path.len();
            if self.recording {
                path::push_member(&mut self.path, &name);
            }
            let key_origin = self.origin(key.resolved().span());
            let member = self.value(value, depth + 1)?;
            self.path.truncate(length);
            let mut entries = map.entries.borrow_mut();
            entries.insert(
                std::rc::Rc::from(name.as_bytes()),
                crate::value::Entry { key_origin, value: member },
            );
        }
        Ok(())
    }

    fn merge(&mut self, value: Node<'_>, map: &Map, depth: usize) -> Result<(), Wrong> {
        self.count.enter(value)?;
        let wrong = || Wrong {
            message: "map merge requires map or sequence of maps as the value".to_string(),
            span: Some(value.span()),
        };
        if depth > MAX_DEPTH {
            return Err(wrong());
        }
        let target = value.resolved();
        if target.is_mapping() {
            return self.fill(target, map, depth);
        }
        if !target.is_sequence() {
            return Err(wrong());
        }
        let items: Vec<Node<'_>> = target.items().collect();
        // The first of several wins.
        for item in items.into_iter().rev() {
            if !item.resolved().is_mapping() {
                return Err(wrong());
            }
            self.fill(item.resolved(), map, depth)?;
        }
        Ok(())
    }

    /// The text of a string scalar. Made by a template, it keeps the origin of each of its bytes.
    fn text(&mut self, node: Node<'_>, cooked: &str, origin: OriginId) -> Text {
        let Source::Text(source) = self.source else { return Text::new(cooked.as_bytes().to_vec(), origin) };
        if !self.recording {
            return Text::new(cooked.as_bytes().to_vec(), origin);
        }
        let span = node.span();
        let (start, end) = (span.start as usize, (span.end as usize).min(source.len()));
        if start >= end || one_origin(source, start, end) {
            return Text::new(cooked.as_bytes().to_vec(), origin);
        }
        let inside = if matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted) { 1 } else { 0 };
        let (from, to) = (start + inside, end.saturating_sub(inside));
        if source.bytes().get(from..to) == Some(cooked.as_bytes()) {
            return source.slice(from, to);
        }
        let map = node.offset_map();
        let mut out = TextBuf::with_capacity(cooked.len());
        for (at, c) in cooked.char_indices() {
            let offset = map.to_source(at as u32) as usize;
            let mut buffer = [0u8; 4];
            out.push(c.encode_utf8(&mut buffer).as_bytes(), source.origin_at(offset));
        }
        out.finish()
    }
}

fn one_origin(text: &Text, start: usize, end: usize) -> bool {
    let segments = text.segments();
    let at = segments.partition_point(|s| s.end as usize <= start);
    segments.get(at).is_none_or(|s| s.end as usize >= end)
}

/// The union of the origins of a range of bytes, and of what decided that something is absent in it; of an empty
/// range without any, the origin of the byte before it.
fn origin_of_range(text: &Text, start: usize, end: usize, table: &mut OriginTable) -> OriginId {
    let lines = text.bytes().get(start..end).is_some_and(|bytes| bytes.contains(&b'\n'));
    let evidence = crate::text::evidence(text.segments(), table, start as u32, end as u32, lines);
    if evidence.is_empty() && start >= end {
        return text.origin_at(start.saturating_sub(1));
    }
    evidence.into_iter().fold(OriginId::NONE, |union, (origin, _)| table.union(union, origin))
}
