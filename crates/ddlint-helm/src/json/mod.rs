//! JSON as Go's `encoding/json` writes and reads it.
//!
//! Written text keeps the origin of every scalar's bytes, punctuation has the origin of its collection. Read values
//! have the origins of the bytes that they were read from ([`decode`]).
//!
//! Deliberately absent: streaming, numbers other than `float64` when reading (templates never see others).

mod decode;

pub(crate) use decode::{Decoded, decode};

use crate::origin::OriginId;
use crate::stack::with_room;
use crate::text::{Text, TextBuf};
use crate::value::{Data, ListKind, Value};
use crate::yaml_out::number;
use base64::Engine as _;
use std::rc::Rc;

/// Collections nested deeper than this cannot be written; a map that holds itself is such a collection.
const DEEPEST: usize = 1000;

/// How the text is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    /// Whether `<`, `>` and `&` are escaped.
    pub(crate) html: bool,
    /// Whether each entry has a line of its own, indented by two.
    pub(crate) lines: bool,
}

impl Layout {
    /// `toJson`
    pub(crate) const COMPACT: Layout = Layout { html: true, lines: false };
    /// `toRawJson`
    pub(crate) const RAW: Layout = Layout { html: false, lines: false };
    /// `toPrettyJson`
    pub(crate) const PRETTY: Layout = Layout { html: true, lines: true };
}

/// Base64 as JSON has bytes.
pub(crate) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The value as JSON, or Go's message about why there is none.
pub(crate) fn encode(value: &Value, layout: Layout) -> Result<Text, String> {
    let mut encoder = Encoder { out: TextBuf::new(), layout, depth: 0 };
    encoder.value(value)?;
    Ok(encoder.out.finish())
}

struct Encoder {
    out: TextBuf,
    layout: Layout,
    depth: usize,
}

impl Encoder {
    fn value(&mut self, value: &Value) -> Result<(), String> {
        let origin = value.origin;
        match &value.data {
            Data::Nil => self.out.push(b"null", origin),
            Data::List(list) if list.kind == ListKind::Nil => self.out.push(b"null", origin),
            Data::Bool(true) => self.out.push(b"true", origin),
            Data::Bool(false) => self.out.push(b"false", origin),
            Data::Int(n) | Data::Int64(n) => self.out.push(n.to_string().as_bytes(), origin),
            Data::Float(f) => match number::json(*f) {
                Some(text) => self.out.push(text.as_bytes(), origin),
                None if f.is_nan() => return Err("json: unsupported value: NaN".to_owned()),
                None if *f > 0.0 => return Err("json: unsupported value: +Inf".to_owned()),
                None => return Err("json: unsupported value: -Inf".to_owned()),
            },
            Data::Str(text) => self.string(text),
            Data::List(list) if list.kind == ListKind::Bytes => {
                let byte = |item: &Value| match item.data {
                    Data::Int(n) | Data::Int64(n) => u8::try_from(n).ok(),
                    _ => None,
                };
                let bytes: Vec<u8> = list.items.borrow().iter().filter_map(byte).collect();
                self.string(&Text::new(base64(&bytes), origin));
            }
            Data::List(list) => {
                let items = list.items.borrow().clone();
                self.open("[", "[]interface {}", origin)?;
                for (at, item) in items.iter().enumerate() {
                    self.separate(at, origin);
                    with_room(|| self.value(item))?;
                }
                self.close("]", items.is_empty(), origin);
            }
            Data::Map(map) => {
                let entries: Vec<(Rc<[u8]>, OriginId, Value)> = map
                    .entries
                    .borrow()
                    .iter()
                    .map(|(k, e)| (k.clone(), e.key_origin, e.value.clone()))
                    .collect();
                self.open("{", "map[string]interface {}", origin)?;
                for (at, (key, key_origin, item)) in entries.iter().enumerate() {
                    self.separate(at, origin);
                    self.string(&Text::new(key.to_vec(), *key_origin));
                    self.out.push(if self.layout.lines { b": " } else { b":" }, origin);
                    with_room(|| self.value(item))?;
                }
                self.close("}", entries.is_empty(), origin);
            }
            Data::Object(object) => {
                let inner = object.encode();
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(cycle(object.type_name()));
                }
                with_room(|| self.value(&inner))?;
                self.depth -= 1;
            }
        }
        Ok(())
    }

    fn open(&mut self, bracket: &str, type_name: &str, origin: OriginId) -> Result<(), String> {
        self.out.push(bracket.as_bytes(), origin);
        self.depth += 1;
        if self.depth > DEEPEST { Err(cycle(type_name)) } else { Ok(()) }
    }

    fn separate(&mut self, at: usize, origin: OriginId) {
        if at > 0 {
            self.out.push(b",", origin);
        }
        self.new_line(origin);
    }

    fn close(&mut self, bracket: &str, empty: bool, origin: OriginId) {
        self.depth -= 1;
        if !empty {
            self.new_line(origin);
        }
        self.out.push(bracket.as_bytes(), origin);
    }

    fn new_line(&mut self, origin: OriginId) {
        if self.layout.lines {
            self.out.push(b"\n", origin);
            (0..self.depth).for_each(|_| self.out.push(b"  ", origin));
        }
    }

    fn string(&mut self, text: &Text) {
        self.out.push(b"\"", text.origin_at(0));
        let (mut at, mut copied) = (0, 0);
        for chunk in text.bytes().utf8_chunks() {
            for c in chunk.valid().chars() {
                if let Some(escape) = self.escape(c) {
                    self.out.push_slice(text, copied, at);
                    self.out.push(escape.as_bytes(), text.origin_at(at));
                    copied = at + c.len_utf8();
                }
                at += c.len_utf8();
            }
            for _ in chunk.invalid() {
                self.out.push_slice(text, copied, at);
                self.out.push(b"\\ufffd", text.origin_at(at));
                at += 1;
                copied = at;
            }
        }
        self.out.push_slice(text, copied, at);
        self.out.push(b"\"", text.origin_at(text.len().saturating_sub(1)));
    }

    fn escape(&self, c: char) -> Option<String> {
        match c {
            '"' | '\\' => Some(format!("\\{c}")),
            '\u{8}' => Some("\\b".to_owned()),
            '\u{c}' => Some("\\f".to_owned()),
            '\n' => Some("\\n".to_owned()),
            '\r' => Some("\\r".to_owned()),
            '\t' => Some("\\t".to_owned()),
            '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => Some(format!("\\u{:04x}", u32::from(c))),
            '<' | '>' | '&' if self.layout.html => Some(format!("\\u{:04x}", u32::from(c))),
            _ => None,
        }
    }
}

fn cycle(type_name: &str) -> String {
    format!("json: unsupported value: encountered a cycle via {type_name}")
}
