//! TOML to values, as Helm's `fromToml` reads it: integers are `int64`, each value has the origins of its bytes.
//!
//! Deliberately absent: Go's wording of errors beyond the line, and its time type; a date is the string that was
//! written.

use crate::origin::{OriginId, OriginTable};
use crate::stack::with_room;
use crate::text::Text;
use crate::value::{Data, Entry, Value};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads a table, or says why it is none.
pub(crate) fn decode(text: &Text, origins: &mut OriginTable) -> Result<Value, String> {
    let Ok(content) = std::str::from_utf8(text.bytes()) else {
        return Err("toml: invalid UTF-8 byte".to_owned());
    };
    let table = DeTable::parse(content).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = 1 + content.bytes().take(at).filter(|&b| b == b'\n').count();
        format!("toml: line {line}: {}", error.message())
    })?;
    let span = table.span();
    Reader { text, origins }.table(table.get_ref(), span)
}

struct Reader<'a> {
    text: &'a Text,
    origins: &'a mut OriginTable,
}

impl Reader<'_> {
    fn origin(&mut self, span: &Range<usize>) -> OriginId {
        match self.origins.is_recording() && span.start <= span.end && span.end <= self.text.len() {
            true => self.text.slice(span.start, span.end).origin(self.origins),
            false => OriginId::NONE,
        }
    }

    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Result<Value, String> {
        let mut entries: BTreeMap<Rc<[u8]>, Entry> = BTreeMap::new();
        for (key, value) in table {
            let key_origin = self.origin(&key.span());
            let value = with_room(|| self.value(value))?;
            entries.insert(Rc::from(key.get_ref().as_bytes()), Entry { key_origin, value });
        }
        let origin = self.text.origin_at(span.start);
        Ok(Value::map(entries).with_origin(origin))
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) -> Result<Value, String> {
        let span = value.span();
        let data = match value.get_ref() {
            DeValue::String(content) => {
                // The text between the quotes keeps its runs where nothing was escaped.
                let inner = span.start + 1..span.end.saturating_sub(1);
                return Ok(match self.text.bytes().get(inner.clone()) == Some(content.as_bytes()) {
                    true => Value::string(self.text.slice(inner.start, inner.end)),
                    false => Value::str(content.as_bytes(), self.origin(&span)),
                });
            }
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Data::Int64(number),
                Err(_) => return Err(format!("toml: {} is out of range for int64", number.as_str())),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Data::Float(number),
                Err(_) => return Err(format!("toml: {} is no float64", number.as_str())),
            },
            DeValue::Boolean(b) => Data::Bool(*b),
            DeValue::Datetime(date) => return Ok(Value::str(date.to_string(), self.origin(&span))),
            DeValue::Array(items) => {
                let items =
                    items.iter().map(|item| with_room(|| self.value(item))).collect::<Result<_, _>>()?;
                let origin = self.text.origin_at(span.start);
                return Ok(Value::list(items).with_origin(origin));
            }
            DeValue::Table(table) => return self.table(table, span),
        };
        let origin = self.origin(&span);
        Ok(Value { data, origin })
    }
}
