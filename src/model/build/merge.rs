//! Values from nodes, and one layer over another as Helm merges them: mappings merge, everything else replaces,
//! `null` deletes what lies below.

use std::collections::BTreeMap;
use std::sync::Arc;

use ddlint_yaml::{Node, Scalar};

use super::placeholder::is_placeholder;
use crate::model::DocId;
use crate::model::values::{Value, ValueAt, ValueData};

/// Deeper values are no values file but an attack; what lies below is unknown.
const DEEPEST: usize = 200;
/// Aliases of aliases can stand for more nodes than there is memory.
const MOST_NODES: usize = 300_000;

/// The value of a node. `key` is its key, where it has one.
pub(super) fn value_of(doc: DocId, key: Option<Node<'_>>, node: Node<'_>) -> Value {
    Reader { doc, left: MOST_NODES }.read(key, node, 0)
}

struct Reader {
    doc: DocId,
    left: usize,
}

impl Reader {
    fn read(&mut self, key: Option<Node<'_>>, node: Node<'_>, depth: usize) -> Value {
        self.left = self.left.saturating_sub(1);
        let at = ValueAt { doc: self.doc, key: key.map(|key| key.id()), value: node.id() };
        let data =
            if self.left == 0 || depth > DEEPEST { ValueData::Unknown } else { self.data(node, depth) };
        Value { data, at: Some(at), shadowed: Vec::new() }
    }

    fn data(&mut self, node: Node<'_>, depth: usize) -> ValueData {
        if node.is_mapping() {
            // An unquoted `{{ x }}` parses as a mapping with a mapping as its key.
            if node.entries().any(|(key, _)| key.is_mapping()) {
                return ValueData::Unknown;
            }
            let mut map = BTreeMap::new();
            for (name, key, value) in node.effective_entries() {
                map.insert(Arc::from(name), self.read(Some(key), value, depth + 1));
            }
            return ValueData::Map(map);
        }
        if node.is_sequence() {
            return ValueData::List(node.items().map(|item| self.read(None, item, depth + 1)).collect());
        }
        match node.scalar() {
            Some(Scalar::Null) => ValueData::Null,
            Some(Scalar::Bool(b)) => ValueData::Bool(b),
            Some(Scalar::Int(n)) => ValueData::Number(n as f64),
            Some(Scalar::Float(n)) => ValueData::Number(n),
            Some(Scalar::Str(text)) => text_data(text),
            None => ValueData::Unknown,
        }
    }
}

/// A string, or nothing known where it holds a placeholder.
pub(super) fn text_data(text: &str) -> ValueData {
    if is_placeholder(text) { ValueData::Unknown } else { ValueData::Str(Arc::from(text)) }
}

/// An empty mapping that nobody wrote.
pub(super) fn empty() -> Value {
    Value { data: ValueData::Map(BTreeMap::new()), at: None, shadowed: Vec::new() }
}

/// Puts `over` on `base`. A `null` stays as a value: only a chart's defaults tell what it deletes, see [`coalesce`].
pub(super) fn merge(base: &mut Value, over: Value) {
    let lost: Vec<ValueAt> = base.at.into_iter().chain(base.shadowed.iter().copied()).collect();
    let keeps = |shadowed: Vec<ValueAt>| shadowed.into_iter().chain(lost).collect();
    match (&mut base.data, over.data) {
        (ValueData::Map(below), ValueData::Map(above)) => {
            for (key, value) in above {
                match below.get_mut(&key) {
                    Some(found) => merge(found, value),
                    None => {
                        below.insert(key, value);
                    }
                }
            }
            base.shadowed = keeps(over.shadowed);
            base.at = over.at;
        }
        (_, data) => *base = Value { data, at: over.at, shadowed: keeps(over.shadowed) },
    }
}

/// Puts `over` on `base` as a JSON merge patch: a `null` takes the key away.
pub(super) fn patch(base: &mut Value, mut over: Value) {
    let ValueData::Map(below) = &mut base.data else {
        without_nulls(&mut over);
        return merge(base, over);
    };
    let ValueData::Map(above) = over.data else { return merge(base, over) };
    for (key, mut value) in above {
        if value.data == ValueData::Null {
            below.remove(&key);
            continue;
        }
        match below.get_mut(&key) {
            Some(found) => patch(found, value),
            None => {
                without_nulls(&mut value);
                below.insert(key, value);
            }
        }
    }
    let lost = base.at.take();
    base.at = over.at;
    base.shadowed = over.shadowed.into_iter().chain(lost).chain(std::mem::take(&mut base.shadowed)).collect();
}

fn without_nulls(value: &mut Value) {
    match &mut value.data {
        ValueData::Map(map) => {
            map.retain(|_, value| value.data != ValueData::Null);
            map.values_mut().for_each(without_nulls);
        }
        ValueData::List(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// The values given to a chart over its own defaults: `null` deletes the default and disappears, except below the
/// keys of dependencies, whose defaults are not here.
pub(super) fn coalesce(defaults: Value, given: Value, dependencies: &[&str]) -> Value {
    let mut merged = defaults;
    merge(&mut merged, given);
    drop_nulls(&mut merged, dependencies);
    merged
}

fn drop_nulls(value: &mut Value, except: &[&str]) {
    if let ValueData::Map(map) = &mut value.data {
        map.retain(|_, value| value.data != ValueData::Null);
        for (_, value) in map.iter_mut().filter(|(key, _)| !except.contains(&&***key)) {
            drop_nulls(value, &[]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(doc: u32, text: &str) -> Value {
        let stream = ddlint_yaml::parse(ddlint_yaml::SourceText::from(text));
        let tree = &stream.documents[0];
        value_of(DocId(doc), None, tree.root().expect("a root"))
    }

    #[test]
    fn mappings_merge_lists_replace_and_the_last_one_wins() {
        let mut values = read(0, "a: {x: 1, w: 2}\nlist: [1, 2]\nb: text\n");
        merge(&mut values, read(1, "a: {w: 3}\nlist: [9]\nb: {c: true}\n"));
        assert_eq!(values.get(&["a", "x"]).map(|v| &v.data), Some(&ValueData::Number(1.0)));
        let w = values.get(&["a", "w"]).expect("a.w");
        assert_eq!(w.data, ValueData::Number(3.0));
        assert_eq!(w.at.map(|at| at.doc), Some(DocId(1)));
        assert_eq!(w.shadowed.iter().map(|at| at.doc).collect::<Vec<_>>(), [DocId(0)]);
        assert_eq!(values.get(&["list"]).map(|v| v.items().len()), Some(1));
        assert_eq!(values.get(&["b", "c"]).and_then(Value::as_bool), Some(true));
    }

    #[test]
    fn null_deletes_a_default_and_stays_without_one() {
        let mut given = read(1, "a: {x: 1}\nb: 2\n");
        merge(&mut given, read(2, "a: null\nc: null\n"));
        assert_eq!(given.get(&["a"]).map(|v| &v.data), Some(&ValueData::Null));
        let all = coalesce(read(0, "a: {x: 1, z: 5}\nc: 7\nd: 8\n"), given, &[]);
        assert!(all.get(&["a"]).is_none() && all.get(&["c"]).is_none());
        assert_eq!(all.get(&["d"]).map(|v| &v.data), Some(&ValueData::Number(8.0)));
    }

    #[test]
    fn placeholders_are_unknown() {
        let values = read(0, "a: ENC[AES256_GCM,x]\nb: {{ .x }}\nc: ${X}\nd: <path:a#b>\n");
        for key in ["a", "b", "d"] {
            assert_eq!(values.get(&[key]).map(|v| &v.data), Some(&ValueData::Unknown), "{key}");
        }
        assert_eq!(values.get(&["c"]).and_then(Value::as_str), Some("${X}"));
    }
}
