//! `--set` and its siblings: one argument of assignments, written into a map of values.
//!
//! The grammar is Helm's: `a.b=1,c[0]=x,d={1,2}`; a backslash takes the next character as it is; `null` is a
//! null, whole numbers without leading zero are `int64`, `true` and `false` are bools, all else is a string.
//!
//! Deliberately absent: reading files for `--set-file` (the caller lends a reader), the order of the arguments
//! (see `render`).

use crate::origin::{Leaf, OriginId, OriginTable, Place};
use crate::path;
use crate::text::Text;
use crate::value::{Data, List, ListKind, Map, MapKind, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest index that may be set.
const MAX_INDEX: i64 = 65_536;
/// How many names may be nested with dots.
const MAX_NESTED_NAMES: usize = 30;
/// How many indices may follow each other; Helm knows no bound, but its stack can grow.
const MAX_NESTED_INDICES: usize = 200;

/// Reads the file that a `--set-file` assignment names.
pub(crate) type FileReader<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// How the right side of an assignment is read.
#[derive(Clone, Copy)]
pub(crate) enum Mode<'a> {
    /// `--set`
    Typed,
    /// `--set-string`
    Strings,
    /// `--set-json`
    Json,
    /// `--set-file`
    File(FileReader<'a>),
    /// `--set-literal`
    Literal,
}

enum Stop {
    /// The text is used up.
    Eof,
    Error(String),
}

type Step = Result<(), Stop>;

/// Writes the assignments of `text` into `into`. `place` is where the argument itself stands, if it stands in a
/// file (an Application's parameter).
pub(crate) fn parse_into(
    text: &str,
    mode: Mode<'_>,
    into: &Map,
    place: Option<&Place>,
    table: &mut OriginTable,
) -> Result<(), String> {
    let mut parser = Parser { rest: text, mode, place, table, path: path::ROOT.to_string(), indices: 0 };
    loop {
        match parser.key(into, 0) {
            Ok(()) => {}
            Err(Stop::Eof) => return Ok(()),
            Err(Stop::Error(message)) => return Err(message),
        }
    }
}

struct Parser<'a, 't> {
    rest: &'a str,
    mode: Mode<'a>,
    place: Option<&'a Place>,
    table: &'t mut OriginTable,
    path: String,
    indices: usize,
}

fn fail<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(message.into()))
}

impl Parser<'_, '_> {
    fn literal(&self) -> bool {
        matches!(self.mode, Mode::Literal)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// Everything up to one of the characters of `stop`, which is used up; none where the text ends first.
    fn until(&mut self, stop: &str) -> (String, Option<char>) {
        let mut out = String::new();
        while let Some(c) = self.next() {
            if stop.contains(c) {
                return (out, Some(c));
            }
            if c == '\\' && !self.literal() {
                match self.next() {
                    Some(next) => out.push(next),
                    None => return (out, None),
                }
            } else {
                out.push(c);
            }
        }
        (out, None)
    }

    fn origin(&mut self) -> OriginId {
        let (path, place) = (&self.path, self.place);
        self.table.leaf(|| match place {
            Some(place) => Leaf::Value { path: Arc::from(path.as_str()), place: Some(place.clone()) },
            None => Leaf::Set { path: Arc::from(path.as_str()) },
        })
    }

    fn set(&mut self, data: &Map, key: &str, value: Value) {
        if !key.is_empty() {
            let origin = self.origin();
            data.set(key.as_bytes(), origin, value);
        }
    }

    fn key(&mut self, data: &Map, level: usize) -> Step {
        let (key, last) = self.until(if self.literal() { "=[." } else { "=[,." });
        let Some(last) = last else {
            return if key.is_empty() { Err(Stop::Eof) } else { fail(format!("key {key:?} has no value")) };
        };
        let depth = self.path.len();
        path::push_member(&mut self.path, &key);
        let step = match last {
            '[' => self.key_with_index(data, &key, level),
            '=' => self.assign(data, &key),
            '.' => self.key_in_map(data, &key, level + 1),
            _ => {
                self.set(data, &key, Value::str("", OriginId::NONE));
                fail(format!("key {key:?} has no value (cannot end with ,)"))
            }
        };
        self.path.truncate(depth);
        step
    }

    fn assign(&mut self, data: &Map, key: &str) -> Step {
        let (value, ended) = self.value()?;
        self.set(data, key, value);
        if ended { Err(Stop::Eof) } else { Ok(()) }
    }

    /// The value after `=`, and whether the text ended where one should stand.
    fn value(&mut self) -> Result<(Value, bool), Stop> {
        let origin = self.origin();
        if self.literal() {
            let all = std::mem::take(&mut self.rest);
            return Ok((Value::str(all, origin), false));
        }
        if matches!(self.mode, Mode::Json) {
            return self.json().map(|value| (value, false));
        }
        if self.rest.is_empty() {
            return Ok((Value::str("", origin), true));
        }
        if let Some(rest) = self.rest.strip_prefix('{') {
            self.rest = rest;
            return self.list().map(|value| (value, false));
        }
        let (text, _) = self.until(",");
        self.typed(&text, origin).map(|value| (value, false))
    }

    fn list(&mut self) -> Result<Value, Stop> {
        let mut items = Vec::new();
        loop {
            let (text, last) = self.until(",}");
            let Some(last) = last else { return fail("list must terminate with '}'") };
            let depth = self.path.len();
            path::push_index(&mut self.path, items.len());
            let origin = self.origin();
            self.path.truncate(depth);
            items.push(self.typed(&text, origin)?);
            if last == '}' {
                if let Some(rest) = self.rest.strip_prefix(',') {
                    self.rest = rest;
                }
                let origin = self.origin();
                return Ok(Value { origin, ..Value::list(items) });
            }
        }
    }

    fn typed(&mut self, text: &str, origin: OriginId) -> Result<Value, Stop> {
        match self.mode {
            Mode::File(read) => match read(text) {
                Ok(bytes) => Ok(Value::string(Text::new(bytes, origin))),
                Err(message) => fail(message),
            },
            Mode::Strings => Ok(Value::str(text, origin)),
            _ => Ok(typed(text, origin)),
        }
    }

    /// Skips blanks and one comma; true where no value stands before them.
    fn empty_value(&mut self) -> bool {
        loop {
            match self.rest.chars().next() {
                None => return true,
                Some(',') => {
                    self.next();
                    return true;
                }
                Some(c) if c.is_whitespace() => {
                    self.next();
                }
                Some(_) => return false,
            }
        }
    }

    fn json(&mut self) -> Result<Value, Stop> {
        if self.empty_value() {
            let origin = self.origin();
            return Ok(Value { data: Data::Nil, origin });
        }
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<serde_json::Value>();
        let parsed = match stream.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => return fail(error.to_string()),
            None => return Err(Stop::Eof),
        };
        let used = stream.byte_offset();
        self.rest = self.rest.get(used..).unwrap_or("");
        let value = from_json(&parsed, &mut self.path, self.place, self.table);
        self.empty_value();
        Ok(value)
    }

    fn key_in_map(&mut self, data: &Map, key: &str, level: usize) -> Step {
        if level > MAX_NESTED_NAMES {
            return fail(format!(
                "value name nested level is greater than maximum supported nested level of {MAX_NESTED_NAMES}"
            ));
        }
        let inner = match data.get(key.as_bytes()) {
            None => Map::new(BTreeMap::new(), MapKind::Any),
            Some(Value { data: Data::Map(map), .. }) => map,
            Some(other) => {
                return fail(format!(
                    "unable to parse key: `{key}` is {}, not a table",
                    other.data.type_name()
                ));
            }
        };
        let step = self.key(&inner, level);
        let empty = inner.entries.borrow().is_empty();
        if step.is_ok() && empty {
            return fail(format!("key map {key:?} has no value"));
        }
        if !empty {
            let origin = self.origin();
            let value = Value { data: Data::Map(inner), origin };
            self.set(data, key, value);
        }
        step
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until("]");
        if last.is_none() {
            return fail("error parsing index: EOF");
        }
        match text.parse::<i64>() {
            Ok(index) => Ok(index),
            Err(_) => fail(format!("error parsing index: strconv.Atoi: parsing {text:?}: invalid syntax")),
        }
    }

    fn key_with_index(&mut self, data: &Map, key: &str, level: usize) -> Step {
        let index = self.index()?;
        let mut list = match data.get(key.as_bytes()) {
            None => Vec::new(),
            Some(Value { data: Data::List(list), .. }) => list.items.borrow().clone(),
            Some(other) => {
                return fail(format!(
                    "unable to parse key: `{key}` is {}, not a list",
                    other.data.type_name()
                ));
            }
        };
        let step = self.item(&mut list, index, level);
        let origin = self.origin();
        let value = Value { data: Data::List(List::new(list, ListKind::Any)), origin };
        self.set(data, key, value);
        step
    }

    fn item(&mut self, list: &mut Vec<Value>, index: i64, level: usize) -> Step {
        if index < 0 {
            return fail(format!("negative {index} index not allowed"));
        }
        let (text, last) = self.until("[.=");
        if !text.is_empty() {
            return fail(format!("unexpected data at end of array index: {text:?}"));
        }
        let Some(last) = last else { return Err(Stop::Eof) };
        if index > MAX_INDEX {
            return fail(format!("index of {index} is greater than maximum supported index of {MAX_INDEX}"));
        }
        let at = index as usize;
        let depth = self.path.len();
        path::push_index(&mut self.path, at);
        let step = match last {
            '=' => match self.value() {
                Ok((value, _)) => {
                    set_index(list, at, value);
                    Ok(())
                }
                Err(stop) => Err(stop),
            },
            '[' => self.item_in_list(list, at, level),
            _ => self.item_in_map(list, at, level),
        };
        self.path.truncate(depth);
        step
    }

    fn item_in_list(&mut self, list: &mut Vec<Value>, at: usize, level: usize) -> Step {
        let index = self.index()?;
        self.indices += 1;
        if self.indices > MAX_NESTED_INDICES {
            return fail("too many nested indices");
        }
        let mut inner = match list.get(at).map(|v| &v.data) {
            None | Some(Data::Nil) => Vec::new(),
            Some(Data::List(inner)) => inner.items.borrow().clone(),
            Some(_) => return fail("unable to parse key: an index into something that is not a list"),
        };
        let step = self.item(&mut inner, index, level);
        self.indices -= 1;
        step?;
        let origin = self.origin();
        set_index(list, at, Value { data: Data::List(List::new(inner, ListKind::Any)), origin });
        Ok(())
    }

    fn item_in_map(&mut self, list: &mut Vec<Value>, at: usize, level: usize) -> Step {
        let inner = match list.get(at) {
            Some(Value { data: Data::Map(map), .. }) => map.clone(),
            _ => Map::new(BTreeMap::new(), MapKind::Any),
        };
        self.key(&inner, level)?;
        let origin = self.origin();
        set_index(list, at, Value { data: Data::Map(inner), origin });
        Ok(())
    }
}

fn set_index(list: &mut Vec<Value>, at: usize, value: Value) {
    if list.len() <= at {
        list.resize(at + 1, Value::NIL);
    }
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

fn typed(text: &str, origin: OriginId) -> Value {
    let data = if text.eq_ignore_ascii_case("true") {
        Data::Bool(true)
    } else if text.eq_ignore_ascii_case("false") {
        Data::Bool(false)
    } else if text.eq_ignore_ascii_case("null") {
        Data::Nil
    } else if text == "0" {
        Data::Int64(0)
    } else if let Some(number) = text.parse::<i64>().ok().filter(|_| !text.starts_with('0')) {
        Data::Int64(number)
    } else {
        Data::Str(Text::new(text.as_bytes().to_vec(), origin))
    };
    Value { data, origin }
}

fn from_json(
    json: &serde_json::Value,
    at: &mut String,
    place: Option<&Place>,
    table: &mut OriginTable,
) -> Value {
    let origin = table.leaf(|| match place {
        Some(place) => Leaf::Value { path: Arc::from(at.as_str()), place: Some(place.clone()) },
        None => Leaf::Set { path: Arc::from(at.as_str()) },
    });
    let data = match json {
        serde_json::Value::Null => Data::Nil,
        serde_json::Value::Bool(b) => Data::Bool(*b),
        serde_json::Value::Number(n) => Data::Float(n.as_f64().unwrap_or(0.0)),
        serde_json::Value::String(s) => Data::Str(Text::new(s.as_bytes().to_vec(), origin)),
        serde_json::Value::Array(items) => {
            let mut out = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let depth = at.len();
                path::push_index(at, index);
                out.push(from_json(item, at, place, table));
                at.truncate(depth);
            }
            Data::List(List::new(out, ListKind::Any))
        }
        serde_json::Value::Object(members) => {
            let map = Map::new(BTreeMap::new(), MapKind::Any);
            for (key, member) in members {
                let depth = at.len();
                path::push_member(at, key);
                let value = from_json(member, at, place, table);
                let key_origin = value.origin;
                map.set(key.as_bytes(), key_origin, value);
                at.truncate(depth);
            }
            Data::Map(map)
        }
    };
    Value { data, origin }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::show;

    fn parse(mode: Mode<'_>, arguments: &[&str]) -> Result<String, String> {
        let map = Map::new(BTreeMap::new(), MapKind::Any);
        let mut table = OriginTable::new(true);
        for text in arguments {
            parse_into(text, mode, &map, None, &mut table)?;
        }
        Ok(show(&Value::plain(Data::Map(map))))
    }

    #[test]
    fn values_are_typed_as_helm_types_them() {
        assert_eq!(
            parse(Mode::Typed, &["a=1,b=true,c=007,d=0,e=1.5,f=null,g=TRUE,h=-3,i="]).as_deref(),
            Ok(r#"{"a":i1,"b":true,"c":"007","d":i0,"e":"1.5","f":null,"g":true,"h":i-3,"i":""}"#)
        );
        assert_eq!(parse(Mode::Strings, &["a=1,b=true"]).as_deref(), Ok(r#"{"a":"1","b":"true"}"#));
    }

    #[test]
    fn escapes_lists_and_indices() {
        assert_eq!(parse(Mode::Typed, &[r"a\.b=x\,y"]).as_deref(), Ok(r#"{"a.b":"x,y"}"#));
        assert_eq!(
            parse(Mode::Typed, &["a={1,x,null},b={}"]).as_deref(),
            Ok(r#"{"a":[i1,"x",null],"b":[""]}"#)
        );
        assert_eq!(parse(Mode::Typed, &["a[1].b=x", "a[0]=y"]).as_deref(), Ok(r#"{"a":["y",{"b":"x"}]}"#));
        assert_eq!(parse(Mode::Typed, &["a[0][1]=2"]).as_deref(), Ok(r#"{"a":[[null,i2]]}"#));
        assert_eq!(parse(Mode::Typed, &["a[0]"]).as_deref(), Ok(r#"{"a":[]}"#));
        assert_eq!(parse(Mode::Literal, &["a.b={x,y},c=1"]).as_deref(), Ok(r#"{"a":{"b":"{x,y},c=1"}}"#));
    }

    #[test]
    fn json_values() {
        assert_eq!(
            parse(Mode::Json, &[r#"a={"x":[1,"y"]},b=2,c="#]).as_deref(),
            Ok(r#"{"a":{"x":[1,"y"]},"b":2,"c":null}"#)
        );
    }

    #[test]
    fn mistakes_are_errors_and_never_panics() {
        for (text, word) in [
            ("a", "has no value"),
            ("a,b=1", "cannot end with ,"),
            ("a[x]=1", "invalid syntax"),
            ("a[-1]=1", "negative"),
            ("a[99999]=1", "greater than"),
            ("a[0]x=1", "unexpected data"),
            ("a={1", "must terminate"),
            ("a=1,a.b=2", "not a table"),
            ("a=1,a[0]=2", "not a list"),
        ] {
            let error = parse(Mode::Typed, &[text]).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn files_are_read_by_the_caller() {
        let read = |name: &str| {
            if name == "x.txt" { Ok(b"hello\n".to_vec()) } else { Err("no such file".to_string()) }
        };
        assert_eq!(parse(Mode::File(&read), &["a.b=x.txt"]).as_deref(), Ok("{\"a\":{\"b\":\"hello\\n\"}}"));
        assert!(parse(Mode::File(&read), &["a=y"]).is_err());
    }
}
