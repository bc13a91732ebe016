//! The walk over a value: collections, keys, and which text a scalar has.

use super::scalar::{Style, shape};
use super::through_json::{self, Failed};
use super::write::Writer;
use super::{DEEPEST, Flavour, number, order};
use crate::origin::OriginId;
use crate::stack::with_room;
use crate::text::Text;
use crate::value::{Data, List, ListKind, Map, Value};
use std::collections::BTreeMap;

/// A key longer than this, in bytes, is written behind a `?`.
const LONGEST_SIMPLE_KEY: usize = 128;

pub(super) fn emit(value: &Value, flavour: Flavour) -> Result<Text, Failed> {
    let mut emitter = Emitter { writer: Writer::new(flavour), flavour, depth: 0 };
    emitter.node(value, Position { indent: None, in_mapping: false, around: OriginId::NONE })?;
    Ok(emitter.writer.finish())
}

struct Emitter {
    writer: Writer,
    flavour: Flavour,
    depth: usize,
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Position {
    /// The indentation of the collection around; none at the top.
    indent: Option<usize>,
    /// Whether it is the value of a mapping's entry.
    in_mapping: bool,
    /// The origin of the collection around.
    around: OriginId,
}

impl Position {
    fn deeper(self) -> usize {
        self.indent.map_or(0, |indent| indent + 2)
    }
    fn scalar_indent(self) -> usize {
        self.indent.map_or(2, |indent| indent + 2)
    }
}

impl Emitter {
    fn node(&mut self, value: &Value, at: Position) -> Result<(), Failed> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Failed);
        }
        let word = |emitter: &mut Emitter, word: &str| emitter.writer.word(word, value.origin, at.around);
        match &value.data {
            Data::Nil => word(self, "null"),
            Data::Bool(b) => word(self, if *b { "true" } else { "false" }),
            Data::Int(n) | Data::Int64(n) => word(self, &n.to_string()),
            Data::Float(f) => match self.flavour {
                Flavour::V2 => word(self, &through_json::float(*f)?),
                Flavour::V3 => word(self, &number::general(*f)),
            },
            Data::Str(text) => {
                let scalar = self.scalar(text)?;
                self.write_scalar(&scalar, at, false);
            }
            Data::List(list) => self.list(list, value.origin, at)?,
            Data::Map(map) => self.map(map, value.origin, at)?,
            Data::Object(object) => {
                let inner = object.encode();
                with_room(|| self.node(&inner, at))?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn list(&mut self, list: &List, origin: OriginId, at: Position) -> Result<(), Failed> {
        if list.kind == ListKind::Bytes && self.flavour == Flavour::V2 {
            // JSON has bytes in base64.
            let bytes: Vec<u8> = list.items.borrow().iter().filter_map(as_byte).collect();
            let text = Text::new(crate::json::base64(&bytes), origin);
            let scalar = self.scalar(&text)?;
            self.write_scalar(&scalar, at, false);
            return Ok(());
        }
        if list.kind == ListKind::Nil && self.flavour == Flavour::V2 {
            self.writer.word("null", origin, at.around);
            return Ok(());
        }
        // Encoding an object could come back to the list; nothing may stay borrowed meanwhile.
        let items = list.items.borrow().clone();
        if items.is_empty() {
            self.writer.word("[]", origin, at.around);
            return Ok(());
        }
        // Dashes stand below the key that they belong to; only go-yaml v3 moves them in.
        let indent = match at.indent {
            Some(indent) if self.flavour == Flavour::V2 && at.in_mapping && !self.writer.indention() => {
                indent
            }
            _ => at.deeper(),
        };
        for item in &items {
            self.writer.indent(indent, origin);
            self.writer.block_indicator("-", origin);
            let inside = Position { indent: Some(indent), in_mapping: false, around: origin };
            with_room(|| self.node(item, inside))?;
        }
        Ok(())
    }

    fn map(&mut self, map: &Map, origin: OriginId, at: Position) -> Result<(), Failed> {
        let mut entries = Vec::new();
        for (key, entry) in map.entries.borrow().iter() {
            let scalar = self.key(&Text::new(key.to_vec(), entry.key_origin))?;
            entries.push((scalar, entry.value.clone()));
        }
        if entries.is_empty() {
            self.writer.word("{}", origin, at.around);
            return Ok(());
        }
        if entries.iter().any(|(key, _)| key.replaced) {
            // Keys that were different bytes may be the same characters now; the last one stays.
            let unique: BTreeMap<Vec<u8>, (Scalar, Value)> =
                entries.into_iter().map(|entry| (entry.0.text.bytes().to_vec(), entry)).collect();
            entries = unique.into_values().collect();
        }
        let flavour = self.flavour;
        let entries = order::sort(entries, &|(a, _): &(Scalar, Value), (b, _): &(Scalar, Value)| {
            order::before(flavour, a.sort_key(), b.sort_key())
        });
        let indent = at.deeper();
        let inside = Position { indent: Some(indent), in_mapping: true, around: origin };
        for (key, value) in &entries {
            self.writer.indent(indent, origin);
            let tag = if key.unencoded.is_some() { BINARY.len() } else { 0 };
            if !key.multiline && key.text.len() + tag <= LONGEST_SIMPLE_KEY {
                self.write_scalar(key, inside, true);
                self.writer.colon(origin);
            } else {
                self.writer.block_indicator("?", origin);
                self.write_scalar(key, inside, false);
                self.writer.indent(indent, origin);
                self.writer.block_indicator(":", origin);
            }
            with_room(|| self.node(value, inside))?;
        }
        Ok(())
    }

    fn scalar(&self, text: &Text) -> Result<Scalar, Failed> {
        Ok(match self.flavour {
            Flavour::V2 => Scalar::of(through_json::string(text)?, self.flavour),
            Flavour::V3 => Scalar::of_bytes(text),
        })
    }

    fn key(&self, text: &Text) -> Result<Scalar, Failed> {
        Ok(match self.flavour {
            Flavour::V2 => {
                let cooked = through_json::key(text)?;
                let replaced = cooked.bytes() != text.bytes();
                Scalar { replaced, ..Scalar::of(cooked, self.flavour) }
            }
            Flavour::V3 => Scalar::of_bytes(text),
        })
    }

    fn write_scalar(&mut self, scalar: &Scalar, at: Position, simple_key: bool) {
        if scalar.unencoded.is_some() {
            self.writer.word(BINARY, scalar.text.origin_at(0), at.around);
        }
        // A literal block is no simple key.
        let style = match scalar.style {
            Style::Literal if simple_key => Style::DoubleQuoted,
            style => style,
        };
        self.writer.string(&scalar.text, style, at.scalar_indent(), simple_key, at.around);
    }
}

const BINARY: &str = "!!binary";

/// A string ready to be written.
struct Scalar {
    text: Text,
    style: Style,
    multiline: bool,
    /// What it is where `text` is its base64 and needs the tag that says so; U+FFFD stands for broken bytes.
    unencoded: Option<Text>,
    /// Whether the bytes are not those of the value.
    replaced: bool,
}

impl Scalar {
    fn of(text: Text, flavour: Flavour) -> Scalar {
        let shape = shape(&String::from_utf8_lossy(text.bytes()), flavour);
        Scalar { text, style: shape.style, multiline: shape.multiline, unencoded: None, replaced: false }
    }

    /// Without the detour over JSON, bytes that are no UTF-8 are written in base64, in lines of 70.
    fn of_bytes(text: &Text) -> Scalar {
        if std::str::from_utf8(text.bytes()).is_ok() {
            return Scalar::of(text.clone(), Flavour::V3);
        }
        let encoded = crate::json::base64(text.bytes());
        let mut lines = String::with_capacity(encoded.len() + encoded.len() / 70 + 1);
        let many = encoded.len() / 70 + 1 > 1;
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at_checked(70).unwrap_or((rest, ""));
            lines.push_str(line);
            if many {
                lines.push('\n');
            }
            rest = after;
        }
        let multiline = lines.contains('\n');
        let style = if multiline { Style::Literal } else { Style::Plain };
        let unencoded = Some(through_json::valid(text));
        Scalar { text: Text::new(lines, text.origin_at(0)), style, multiline, unencoded, replaced: false }
    }

    /// Keys are sorted by what they are, not by their base64.
    fn sort_key(&self) -> &str {
        let text = self.unencoded.as_ref().unwrap_or(&self.text);
        std::str::from_utf8(text.bytes()).unwrap_or_default()
    }
}

fn as_byte(value: &Value) -> Option<u8> {
    match value.data {
        Data::Int(n) | Data::Int64(n) => u8::try_from(n).ok(),
        _ => None,
    }
}
