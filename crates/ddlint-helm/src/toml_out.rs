//! Values to TOML text, byte for byte as Helm's `toToml` prints it.
//!
//! Each table has its plain entries first and its tables behind, both in the order of their bytes; tables are
//! indented by two for each level. Deliberately absent: reading TOML (see `toml_in`).

use crate::origin::OriginId;
use crate::stack::with_room;
use crate::text::{Text, TextBuf};
use crate::value::{Data, Map, Value};
use crate::yaml_out::number;

/// Collections nested deeper than this cannot be written. Go's encoder would not end.
const DEEPEST: usize = 1000;

/// Why there is no TOML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Error {
    /// An error of the encoder, which `toToml` prints in the place of the text.
    Said(&'static str),
    /// A panic in Go, which is an error of the template.
    Panic(&'static str),
}

const NIL_ELEMENT: Error = Error::Said("toml: cannot encode array with nil element");
const NO_KEY: Error = Error::Said("toml: top-level values must be Go maps or structs");
const TOO_DEEP: Error = Error::Panic("toml: the value is nested too deeply");

/// The value as TOML.
pub(crate) fn encode(value: &Value) -> Result<Text, Error> {
    let mut encoder = Encoder { out: TextBuf::new(), path: Vec::new() };
    let value = unwrapped(value);
    match kind(&value, 0)? {
        None => return Err(Error::Panic("reflect: call of reflect.Value.Type on zero Value")),
        Some(Kind::Table) => encoder.table_body(&value, 0)?,
        Some(Kind::Tables) => return Err(NO_KEY),
        Some(Kind::Plain) => encoder.element(&value, 0)?,
    }
    Ok(encoder.out.finish())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Table,
    /// A list of tables only, with at least one.
    Tables,
}

/// An object is written as what it encodes to.
fn unwrapped(value: &Value) -> Value {
    match &value.data {
        Data::Object(object) => object.encode(),
        _ => value.clone(),
    }
}

/// What the value is in TOML; none for nil. A nil in a list is an error, however deep.
fn kind(value: &Value, depth: usize) -> Result<Option<Kind>, Error> {
    if depth > DEEPEST {
        return Err(TOO_DEEP);
    }
    Ok(Some(match &value.data {
        Data::Nil => return Ok(None),
        Data::Map(_) => Kind::Table,
        Data::List(list) => {
            let items = list.items.borrow().clone();
            let mut all_tables = !items.is_empty();
            for item in &items {
                let kind = with_room(|| kind(&unwrapped(item), depth + 1))?.ok_or(NIL_ELEMENT)?;
                all_tables &= kind == Kind::Table;
            }
            if all_tables { Kind::Tables } else { Kind::Plain }
        }
        _ => Kind::Plain,
    }))
}

struct Encoder {
    out: TextBuf,
    /// The keys that lead to the current table.
    path: Vec<Text>,
}

type Entries = Vec<(Text, Value, Option<Kind>)>;

/// The entries that are no tables, then those that are; nil is among the first.
fn entries(map: &Map, depth: usize) -> Result<(Entries, Entries), Error> {
    let (mut plain, mut tables) = (Vec::new(), Vec::new());
    let all: Vec<(Text, Value)> = map
        .entries
        .borrow()
        .iter()
        .map(|(key, entry)| (Text::new(key.to_vec(), entry.key_origin), unwrapped(&entry.value)))
        .collect();
    for (key, value) in all {
        match kind(&value, depth)? {
            found @ Some(Kind::Table | Kind::Tables) => tables.push((key, value, found)),
            found => plain.push((key, value, found)),
        }
    }
    Ok((plain, tables))
}

impl Encoder {
    fn line_end(&mut self, origin: OriginId) {
        if !self.out.is_empty() {
            self.out.push(b"\n", origin);
        }
    }

    fn indent(&mut self, levels: usize, origin: OriginId) {
        (0..levels).for_each(|_| self.out.push(b"  ", origin));
    }

    fn header(&mut self, open: &str, close: &str, origin: OriginId) {
        self.indent(self.path.len().saturating_sub(1), origin);
        self.out.push(open.as_bytes(), origin);
        for (at, key) in self.path.clone().iter().enumerate() {
            if at > 0 {
                self.out.push(b".", origin);
            }
            self.key(key);
        }
        self.out.push(close.as_bytes(), origin);
        self.line_end(origin);
    }

    fn table_body(&mut self, table: &Value, depth: usize) -> Result<(), Error> {
        let Some(map) = table.as_map() else { return Ok(()) };
        if depth > DEEPEST {
            return Err(TOO_DEEP);
        }
        let (plain, tables) = entries(map, depth)?;
        for (key, value, _) in plain.iter().filter(|(_, _, kind)| kind.is_some()) {
            self.indent(self.path.len(), table.origin);
            self.key(key);
            self.out.push(b" = ", table.origin);
            with_room(|| self.element(value, depth + 1))?;
            self.line_end(table.origin);
        }
        for (key, value, kind) in &tables {
            self.path.push(key.clone());
            match (kind, value.as_list()) {
                (Some(Kind::Tables), Some(list)) => {
                    let items = list.items.borrow().clone();
                    for item in items.iter().map(unwrapped) {
                        self.line_end(value.origin);
                        self.header("[[", "]]", value.origin);
                        with_room(|| self.table_body(&item, depth + 1))?;
                    }
                }
                _ => {
                    if self.path.len() == 1 {
                        self.line_end(value.origin);
                    }
                    self.header("[", "]", value.origin);
                    with_room(|| self.table_body(value, depth + 1))?;
                }
            }
            self.path.pop();
        }
        Ok(())
    }

    fn element(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(TOO_DEEP);
        }
        let origin = value.origin;
        match &value.data {
            Data::Nil => return Err(Error::Panic("reflect: call of reflect.Value.Interface on zero Value")),
            Data::Bool(b) => self.out.push(if *b { b"true" } else { b"false" }, origin),
            Data::Int(n) | Data::Int64(n) => self.out.push(n.to_string().as_bytes(), origin),
            Data::Float(f) => self.out.push(number::toml(*f).as_bytes(), origin),
            Data::Str(text) => self.quoted(text),
            Data::List(list) => {
                let items = list.items.borrow().clone();
                self.out.push(b"[", origin);
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.out.push(b", ", origin);
                    }
                    with_room(|| self.element(&unwrapped(item), depth + 1))?;
                }
                self.out.push(b"]", origin);
            }
            Data::Map(map) => {
                let (plain, tables) = entries(map, depth)?;
                self.out.push(b"{", origin);
                self.inline(&plain, !tables.is_empty(), origin, depth)?;
                self.inline(&tables, false, origin, depth)?;
                self.out.push(b"}", origin);
            }
            Data::Object(object) => {
                let inner = object.encode();
                with_room(|| self.element(&inner, depth + 1))?;
            }
        }
        Ok(())
    }

    /// Entries of an inline table. Nil is left out, the comma before it is not.
    fn inline(&mut self, entries: &Entries, more: bool, origin: OriginId, depth: usize) -> Result<(), Error> {
        for (at, (key, value, kind)) in entries.iter().enumerate() {
            if kind.is_none() {
                continue;
            }
            self.key(key);
            self.out.push(b" = ", origin);
            with_room(|| self.element(value, depth + 1))?;
            if more || at + 1 < entries.len() {
                self.out.push(b", ", origin);
            }
        }
        Ok(())
    }

    fn key(&mut self, key: &Text) {
        let bare = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        match !key.is_empty() && key.bytes().iter().all(bare) {
            true => self.out.push_text(key),
            false => self.quoted(key),
        }
    }

    fn quoted(&mut self, text: &Text) {
        self.out.push(b"\"", text.origin_at(0));
        let mut copied = 0;
        for (at, &byte) in text.bytes().iter().enumerate() {
            let escape = match byte {
                b'"' | b'\\' => format!("\\{}", char::from(byte)),
                0x08 => "\\b".to_owned(),
                b'\t' => "\\t".to_owned(),
                b'\n' => "\\n".to_owned(),
                0x0c => "\\f".to_owned(),
                b'\r' => "\\r".to_owned(),
                0..=0x1f | 0x7f => format!("\\u{byte:04x}"),
                _ => continue,
            };
            self.out.push_slice(text, copied, at);
            self.out.push(escape.as_bytes(), text.origin_at(at));
            copied = at + 1;
        }
        self.out.push_slice(text, copied, text.len());
        self.out.push(b"\"", text.origin_at(text.len().saturating_sub(1)));
    }
}
