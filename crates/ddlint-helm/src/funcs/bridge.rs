//! What the function families share about origins: marks that go from a container to what is taken out of it, and
//! marks that are dropped where they no longer hold.

use super::Call;
use crate::origin::{Leaf, Node, OriginId};
use crate::text::{Text, TextBuf};
use crate::value::{Data, Entry, List, Map, Value};
use std::borrow::Cow;

/// `%v` of a value.
pub(super) fn print_value(_: &mut Call<'_>, value: &Value) -> Text {
    crate::fmt::to_text(value)
}

/// Go's quoted form.
pub(super) fn go_quote(bytes: &[u8]) -> String {
    crate::fmt::quote(bytes)
}

/// An item that was taken out of a container: it is there because of whatever was tested to have the container.
pub(super) fn taken(call: &mut Call<'_>, container: &Value, item: Value) -> Value {
    let by = call.origins.test_of(container.origin);
    call.tested(item, by)
}

/// The value with what was tested around a container on everything in it, for who prints it whole: all of that is there
/// because of the same tests.
pub(super) fn handed_down<'v>(call: &mut Call<'_>, value: &'v Value) -> Cow<'v, Value> {
    let mut left = MOST_LOOKED_AT;
    if call.recording() && bears_tests(call, value, &mut left) && left > 0 {
        Cow::Owned(below(call, value.clone(), DEEPEST))
    } else {
        Cow::Borrowed(value)
    }
}

/// Nothing is handed down deeper than this; templates do not build anything like it.
const DEEPEST: usize = 64;
/// In larger values nothing is handed down: what holds itself, or the same thing again and again, never ends.
const MOST_LOOKED_AT: usize = 100_000;

/// Looks at everything, so that what is left tells whether it can be copied.
fn bears_tests(call: &mut Call<'_>, value: &Value, left: &mut usize) -> bool {
    let mut found = false;
    let mut open = vec![value.clone()];
    while let Some(value) = open.pop() {
        *left = left.saturating_sub(1);
        if *left == 0 {
            break;
        }
        match &value.data {
            Data::Map(map) => open.extend(map.entries.borrow().values().map(|entry| entry.value.clone())),
            Data::List(list) => open.extend(list.items.borrow().iter().cloned()),
            _ => continue,
        }
        found |= !call.origins.test_of(value.origin).is_none();
    }
    found
}

fn below(call: &mut Call<'_>, value: Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return value };
    let by = call.origins.test_of(value.origin);
    let data = match &value.data {
        Data::Map(map) => {
            let entries = map.entries.borrow().clone();
            let entries = entries.into_iter().map(|(key, entry)| {
                let inner = call.tested(entry.value, by);
                (key, Entry { key_origin: entry.key_origin, value: below(call, inner, depth) })
            });
            Data::Map(Map::new(entries.collect(), map.kind))
        }
        Data::List(list) => {
            let items = list.items.borrow().clone();
            let items = items.into_iter().map(|item| {
                let inner = call.tested(item, by);
                below(call, inner, depth)
            });
            Data::List(List::new(items.collect(), list.kind))
        }
        _ => return value,
    };
    Value { data, origin: value.origin }
}

/// The value with `mark` added to where it came from.
pub(super) fn marked(call: &mut Call<'_>, value: Value, mark: OriginId) -> Value {
    if mark.is_none() {
        return value;
    }
    remapped(call, value, |call, origin| call.origins.union(origin, mark))
}

/// The value after its order became known: [`Leaf::Unordered`] is dropped from where it came from.
pub(super) fn ordered(call: &mut Call<'_>, value: Value) -> Value {
    if !call.recording() {
        return value;
    }
    remapped(call, value, ordered_origin)
}

/// The origin without [`Leaf::Unordered`].
pub(super) fn ordered_origin(call: &mut Call<'_>, origin: OriginId) -> OriginId {
    without_unordered(call, origin, 32)
}

fn without_unordered(call: &mut Call<'_>, origin: OriginId, depth: u32) -> OriginId {
    let Some(depth) = depth.checked_sub(1) else { return origin };
    match call.origins.node(origin) {
        Some(node @ Node::Leaf(_)) => match call.origins.leaf_of(node) {
            Some(Leaf::Unordered { .. }) => OriginId::NONE,
            _ => origin,
        },
        Some(Node::Union(a, b)) => {
            let (left, right) = (without_unordered(call, a, depth), without_unordered(call, b, depth));
            if (left, right) == (a, b) { origin } else { call.origins.union(left, right) }
        }
        Some(Node::Tested { base, by }) => {
            let left = without_unordered(call, base, depth);
            if left == base { origin } else { call.origins.tested(left, by) }
        }
        _ => origin,
    }
}

fn remapped(
    call: &mut Call<'_>,
    value: Value,
    mut map: impl FnMut(&mut Call<'_>, OriginId) -> OriginId,
) -> Value {
    let Data::Str(text) = &value.data else {
        let origin = map(call, value.origin);
        return Value { origin, ..value };
    };
    if text.is_empty() {
        let origin = text.origin(call.origins);
        return Value::str([], map(call, origin));
    }
    let mut out = TextBuf::with_capacity(text.len());
    for (bytes, origin) in text.runs() {
        let origin = map(call, origin);
        out.push(bytes, origin);
    }
    Value::string(out.finish())
}
