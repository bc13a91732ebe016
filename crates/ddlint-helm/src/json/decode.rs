//! Reading JSON as Go's `encoding/json` reads it into an `interface {}`, with its error texts.

use crate::origin::{OriginId, OriginTable};
use crate::stack::with_room;
use crate::text::{Text, TextBuf};
use crate::value::{Data, Entry, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Collections nested deeper than this are refused. Go refuses them ten times deeper down.
const DEEPEST: usize = 1000;

/// What was read.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The value; where a number was out of range nil stands in its place.
    pub(crate) value: Value,
    /// Go's message about the first such number.
    pub(crate) error: Option<String>,
}

/// Reads one value, or gives Go's message about the first thing that is no JSON.
pub(crate) fn decode(text: &Text, origins: &mut OriginTable) -> Result<Decoded, String> {
    let mut decoder = Decoder { text, bytes: text.bytes(), at: 0, depth: 0, error: None, origins };
    let value = decoder.value()?;
    decoder.blanks();
    if let Some(&byte) = decoder.bytes.get(decoder.at) {
        return Err(invalid(byte, "after top-level value"));
    }
    Ok(Decoded { value, error: decoder.error })
}

struct Decoder<'a> {
    text: &'a Text,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    error: Option<String>,
    origins: &'a mut OriginTable,
}

fn invalid(byte: u8, context: &str) -> String {
    // A byte is shown as the character of that number.
    let shown = match byte {
        b'\'' => "\\'".to_owned(),
        b'"' => "\"".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0x07 => "\\a".to_owned(),
        0x08 => "\\b".to_owned(),
        0x0c => "\\f".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        0x0b => "\\v".to_owned(),
        0x00..=0x1f | 0x7f => format!("\\x{byte:02x}"),
        0x80..=0xa0 | 0xad => format!("\\u{byte:04x}"),
        _ => char::from(byte).to_string(),
    };
    format!("invalid character '{shown}' {context}")
}

impl Decoder<'_> {
    fn blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The next byte, which has to be there.
    fn peek(&self) -> Result<u8, String> {
        self.bytes.get(self.at).copied().ok_or_else(|| "unexpected end of JSON input".to_owned())
    }

    /// The next byte inside a token; Go puts a space at the end of the text, and complains about that.
    fn peek_inside(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(b' ')
    }

    fn peek_solid(&mut self) -> Result<u8, String> {
        self.blanks();
        self.peek()
    }

    fn origin(&mut self, start: usize, end: usize) -> OriginId {
        self.text.slice(start, end).origin(self.origins)
    }

    fn value(&mut self) -> Result<Value, String> {
        let first = self.peek_solid()?;
        let start = self.at;
        let data = match first {
            b'{' => return self.nested(Decoder::object),
            b'[' => return self.nested(Decoder::array),
            b'"' => return Ok(Value::string(self.string()?)),
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.literal("true", Data::Bool(true))?,
            b'f' => self.literal("false", Data::Bool(false))?,
            b'n' => self.literal("null", Data::Nil)?,
            other => return Err(invalid(other, "looking for beginning of value")),
        };
        let origin = self.origin(start, self.at);
        Ok(Value { data, origin })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("exceeded max depth".to_owned());
        }
        let origin = self.text.origin_at(self.at);
        self.at += 1;
        let value = with_room(|| read(self))?;
        self.at += 1;
        self.depth -= 1;
        Ok(Value { origin, ..value })
    }

    fn object(&mut self) -> Result<Value, String> {
        let mut entries: BTreeMap<Rc<[u8]>, Entry> = BTreeMap::new();
        if self.peek_solid()? == b'}' {
            return Ok(Value::map(entries));
        }
        loop {
            match self.peek_solid()? {
                b'"' => {}
                other => return Err(invalid(other, "looking for beginning of object key string")),
            }
            let key = self.string()?;
            match self.peek_solid()? {
                b':' => self.at += 1,
                other => return Err(invalid(other, "after object key")),
            }
            let value = self.value()?;
            let key_origin = key.origin(self.origins);
            entries.insert(Rc::from(key.bytes()), Entry { key_origin, value });
            match self.peek_solid()? {
                b',' => self.at += 1,
                b'}' => return Ok(Value::map(entries)),
                other => return Err(invalid(other, "after object key:value pair")),
            }
        }
    }

    fn array(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        if self.peek_solid()? == b']' {
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value()?);
            match self.peek_solid()? {
                b',' => self.at += 1,
                b']' => return Ok(Value::list(items)),
                other => return Err(invalid(other, "after array element")),
            }
        }
    }

    fn literal(&mut self, word: &'static str, data: Data) -> Result<Data, String> {
        for expected in word.chars() {
            let byte = self.peek_inside();
            if char::from(byte) != expected {
                return Err(invalid(byte, &format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(data)
    }

    fn digits(&mut self, context: &str) -> Result<(), String> {
        let first = self.peek_inside();
        if !first.is_ascii_digit() {
            return Err(invalid(first, context));
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Data, String> {
        let start = self.at;
        if self.peek_inside() == b'-' {
            self.at += 1;
        }
        match self.peek_inside() {
            b'0' => self.at += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = String::from_utf8_lossy(self.bytes.get(start..self.at).unwrap_or_default());
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Data::Float(number)),
            _ => {
                let message = format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.error.get_or_insert(message);
                Ok(Data::Nil)
            }
        }
    }

    /// A string; the opening quote was seen.
    fn string(&mut self) -> Result<Text, String> {
        self.at += 1;
        let start = self.at;
        let mut copied = start;
        let mut out = TextBuf::new();
        loop {
            let byte = self.peek()?;
            match byte {
                b'"' => break,
                b'\\' => {
                    let at = self.at;
                    out.push_slice(self.text, copied, at);
                    let c = self.escape()?;
                    let mut buffer = [0; 4];
                    out.push(c.encode_utf8(&mut buffer).as_bytes(), self.text.origin_at(at));
                    copied = self.at;
                }
                0..=0x1f => return Err(invalid(byte, "in string literal")),
                _ => self.at += 1,
            }
        }
        let text = match copied == start {
            true => self.text.slice(start, self.at),
            false => {
                out.push_slice(self.text, copied, self.at);
                out.finish()
            }
        };
        self.at += 1;
        Ok(crate::yaml_out::through_json::valid(&text))
    }

    fn escape(&mut self) -> Result<char, String> {
        self.at += 1;
        let byte = self.peek_inside();
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return Ok(char::from_u32(high).unwrap_or('\u{fffd}'));
                }
                // The other half of a pair; where something else follows it is read on its own.
                let back = self.at;
                if self.bytes.get(self.at) == Some(&b'\\') && self.bytes.get(self.at + 1) == Some(&b'u') {
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
                    }
                    self.at = back;
                }
                '\u{fffd}'
            }
            other => return Err(invalid(other, "in string escape code")),
        })
    }

    fn hex(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.peek_inside();
            let digit = char::from(byte).to_digit(16);
            code = code * 16 + digit.ok_or_else(|| invalid(byte, "in \\u hexadecimal character escape"))?;
            self.at += 1;
        }
        Ok(code)
    }
}
