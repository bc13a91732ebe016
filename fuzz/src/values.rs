//! Values out of bytes.

use ddlint_helm::origin::OriginId;
use ddlint_helm::value::{Data, Entry, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Each byte sequence is a value: a byte chooses the kind, what follows is its content.
pub(crate) fn from_bytes(data: &[u8]) -> Value {
    Reader { rest: data }.value(0)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        first
    }

    fn eight(&mut self) -> [u8; 8] {
        std::array::from_fn(|_| self.byte())
    }

    /// Up to the next 0xff, which is in no UTF-8.
    fn string(&mut self) -> Vec<u8> {
        let end = self.rest.iter().position(|&b| b == 0xff).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        let text = text.to_vec();
        self.rest = rest.get(1..).unwrap_or_default();
        text
    }

    fn value(&mut self, depth: usize) -> Value {
        let kind = self.byte();
        let count = usize::from(kind >> 3) % 8;
        match kind % 8 {
            0 => Value::NIL,
            1 => Value::plain(Data::Bool(count % 2 == 0)),
            2 => Value::plain(Data::Int(i64::from_le_bytes(self.eight()))),
            3 => Value::plain(Data::Float(f64::from_le_bytes(self.eight()))),
            6 if depth < 40 => Value::list((0..count).map(|_| self.value(depth + 1)).collect()),
            7 if depth < 40 => {
                let mut entries = BTreeMap::new();
                for _ in 0..count {
                    let key: Rc<[u8]> = self.string().into();
                    entries.insert(key, Entry { key_origin: OriginId::NONE, value: self.value(depth + 1) });
                }
                Value::map(entries)
            }
            _ => Value::str(self.string(), OriginId::NONE),
        }
    }
}

/// Whether something is in the value that JSON or the reader below changes on the way: bytes that are no UTF-8,
/// line breaks of YAML 1.1, the merge key.
pub(crate) fn is_known_to_differ(value: &Value) -> bool {
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.contains(['\u{85}', '\u{2028}', '\u{2029}']),
        Err(_) => true,
    };
    match &value.data {
        Data::Str(string) => text(string.bytes()),
        Data::List(list) => list.items.borrow().iter().any(is_known_to_differ),
        Data::Map(map) => {
            let entries = map.entries.borrow();
            entries
                .iter()
                .any(|(key, entry)| &**key == b"<<" || text(key) || is_known_to_differ(&entry.value))
        }
        _ => false,
    }
}
