//! What the function families share about origins: marks that go from a container to what is taken out of it, and
//! marks that are dropped where they no longer hold.

use super::Call;
use crate::origin::{Leaf, Node, OriginId};
use crate::text::{Text, TextBuf};
use crate::value::{Data, Value};

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
    match call.origins.node(origin).cloned() {
        Some(Node::Leaf(Leaf::Unordered { .. })) => OriginId::NONE,
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
