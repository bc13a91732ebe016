//! The values that templates compute with: Go's dynamic values as far as Helm can make them, with origins.
//!
//! Lists and maps are shared references, as in Go: `set`, `unset` and `merge` change what every holder sees.
//! Strings are bytes. Numbers keep Go's type, because printing and comparing depend on it.
//!
//! Deliberately absent: printing (see `fmt`), YAML and JSON (see `yaml_in`, `yaml_out`, `json`).

use crate::origin::{OriginId, OriginTable};
use crate::text::Text;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A value and where it came from. For a string the origin stands in its [`Text`]; `origin` of the value is then
/// not used.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it came from.
    pub origin: OriginId,
}

/// The kinds of value.
#[derive(Clone, Debug)]
pub enum Data {
    /// An untyped nil.
    Nil,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `int64`
    Int64(i64),
    /// `float64`
    Float(f64),
    /// `string`
    Str(Text),
    /// A slice.
    List(List),
    /// A map.
    Map(Map),
    /// Something with methods or fields of its own: `.Files`, `.Capabilities`, a semantic version, a time …
    Object(Rc<dyn Object>),
}

/// The element type of a Go slice, as far as it can be seen (`typeOf`, `deepEqual`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListKind {
    /// `[]interface {}`
    Any,
    /// `[]string`
    Strings,
    /// `[]int`
    Ints,
    /// `[]uint8` (`.Files.GetBytes`); the items are ints
    Bytes,
    /// A `[]interface {}` that is nil (`concat` of nothing, `rest` of an empty list): like an empty one but that it
    /// encodes as null
    Nil,
}

/// A shared slice.
#[derive(Clone, Debug)]
pub struct List {
    /// The items.
    pub items: Rc<RefCell<Vec<Value>>>,
    /// The element type.
    pub kind: ListKind,
}

/// The Go type of a map, as far as it can be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapKind {
    /// `map[string]interface {}`
    Any,
    /// `map[string]string` (`split`, annotations of a chart)
    Strings,
    /// `chartutil.Values` (`.Values` at the top of a chart)
    Values,
}

/// A key and a value of a map.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key came from.
    pub key_origin: OriginId,
    /// The value.
    pub value: Value,
}

/// A shared map, sorted by key bytes.
#[derive(Clone, Debug)]
pub struct Map {
    /// The entries.
    pub entries: Rc<RefCell<BTreeMap<Rc<[u8]>, Entry>>>,
    /// The type.
    pub kind: MapKind,
}

/// The Go type of a parameter.
///
/// Where `nil` is given, [`Ty::Any`], [`Ty::Map`], [`Ty::List`], [`Ty::Strings`] and [`Ty::Error`] accept it and the
/// function sees [`Data::Nil`] (for a map or slice: Go's nil map or nil slice); the others refuse it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    /// `interface {}`: any value.
    Any,
    /// `reflect.Value`: any value; only Go's own builtins have it.
    Reflect,
    /// `string`
    Str,
    /// `bool`
    Bool,
    /// `int`: an `int` value or an integer literal; no conversion from `int64` or `float64`.
    Int,
    /// `int64`: likewise.
    Int64,
    /// `float64`: a `float64` value or a number literal.
    Float,
    /// `map[string]interface {}` (also `.Values`; not `map[string]string`).
    Map,
    /// `[]interface {}` (not `[]string`).
    List,
    /// `[]string`
    Strings,
    /// `error`
    Error,
    /// Another Go type by its name, for example `sprig.certificate`; given as an [`Object`] of that
    /// [`Object::type_name`].
    Named(&'static str),
}

impl Ty {
    /// Go's name of the type, as error messages give it.
    pub fn go_name(self) -> &'static str {
        match self {
            Ty::Any => "interface {}",
            Ty::Reflect => "reflect.Value",
            Ty::Str => "string",
            Ty::Bool => "bool",
            Ty::Int => "int",
            Ty::Int64 => "int64",
            Ty::Float => "float64",
            Ty::Map => "map[string]interface {}",
            Ty::List => "[]interface {}",
            Ty::Strings => "[]string",
            Ty::Error => "error",
            Ty::Named(name) => name,
        }
    }
    /// Whether nil is a value of the type.
    pub fn can_be_nil(self) -> bool {
        matches!(self, Ty::Any | Ty::Reflect | Ty::Map | Ty::List | Ty::Strings | Ty::Error)
    }
}

/// A value with fields and methods that is neither list nor map.
pub trait Object: std::fmt::Debug {
    /// Go's type name, as `printf "%T"` gives it.
    fn type_name(&self) -> &'static str;
    /// Go's kind: `struct`, `ptr`, `slice` …
    fn kind(&self) -> &'static str {
        "struct"
    }
    /// A field, or a method called without arguments. None: there is no such field.
    fn field(&self, name: &str) -> Option<Value>;
    /// A method called with arguments. None: there is no such method; an error is the method's own.
    fn call(&self, method: &str, args: &[Value]) -> Option<Result<Value, String>> {
        let _ = args;
        self.field(method).map(Ok)
    }
    /// The parameter types of a method with arguments, and whether the last one repeats; the executor then checks
    /// the arguments before [`Object::call`] sees them. None: no such method (or one that checks for itself).
    fn params(&self, method: &str) -> Option<(&'static [Ty], bool)> {
        let _ = method;
        None
    }
    /// What `print` shows.
    fn print(&self) -> Vec<u8>;
    /// What the JSON and YAML encoders see.
    fn encode(&self) -> Value;
    /// Go's truth (a struct is always true; a map-like object when it is not empty).
    fn truth(&self) -> bool {
        true
    }
    /// For `range`, `len` and `index` over map-like and slice-like objects.
    fn as_container(&self) -> Option<Value> {
        None
    }
    /// For functions that need the concrete type.
    fn as_any(&self) -> &dyn std::any::Any;
}

impl Value {
    /// Nil without origin.
    pub const NIL: Value = Value { data: Data::Nil, origin: OriginId::NONE };

    /// A value without origin.
    pub fn plain(data: Data) -> Value {
        Value { data, origin: OriginId::NONE }
    }
    /// A string.
    pub fn string(text: Text) -> Value {
        Value::plain(Data::Str(text))
    }
    /// A string of one origin.
    pub fn str(bytes: impl AsRef<[u8]>, origin: OriginId) -> Value {
        Value::string(Text::new(bytes.as_ref().to_vec(), origin))
    }
    /// A truth value.
    pub fn bool(value: bool, origin: OriginId) -> Value {
        Value { data: Data::Bool(value), origin }
    }
    /// A `[]interface {}`.
    pub fn list(items: Vec<Value>) -> Value {
        Value::plain(Data::List(List::new(items, ListKind::Any)))
    }
    /// A `map[string]interface {}`.
    pub fn map(entries: BTreeMap<Rc<[u8]>, Entry>) -> Value {
        Value::plain(Data::Map(Map::new(entries, MapKind::Any)))
    }
    /// Go's truth: false, zero, the empty string, list and map, and nil are false.
    pub fn truth(&self) -> bool {
        match &self.data {
            Data::Nil => false,
            Data::Bool(b) => *b,
            Data::Int(i) | Data::Int64(i) => *i != 0,
            Data::Float(f) => *f != 0.0,
            Data::Str(s) => !s.is_empty(),
            Data::List(l) => !l.items.borrow().is_empty(),
            Data::Map(m) => !m.entries.borrow().is_empty(),
            Data::Object(o) => o.truth(),
        }
    }
    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self.data, Data::Nil)
    }
    /// The string, if it is one.
    pub fn as_text(&self) -> Option<&Text> {
        match &self.data {
            Data::Str(t) => Some(t),
            _ => None,
        }
    }
    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(m) => Some(m),
            _ => None,
        }
    }
    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&List> {
        match &self.data {
            Data::List(l) => Some(l),
            _ => None,
        }
    }
    /// A member of a map.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.as_map()?.get(key.as_bytes())
    }
    /// Where the value came from: for a string the union of its runs' origins, else `origin`. A container is not
    /// looked into.
    pub fn origin(&self, table: &mut OriginTable) -> OriginId {
        match &self.data {
            Data::Str(text) => text.origin(table),
            _ => self.origin,
        }
    }
    /// The union of the origins of the value and of everything in it, down to `depth` levels.
    pub fn deep_origin(&self, table: &mut OriginTable, depth: u32) -> OriginId {
        let mut sum = self.origin(table);
        let Some(depth) = depth.checked_sub(1) else { return sum };
        match &self.data {
            Data::List(list) => {
                for item in list.items.borrow().iter() {
                    let origin = item.deep_origin(table, depth);
                    sum = table.union(sum, origin);
                }
            }
            Data::Map(map) => {
                for entry in map.entries.borrow().values() {
                    sum = table.union(sum, entry.key_origin);
                    let origin = entry.value.deep_origin(table, depth);
                    sum = table.union(sum, origin);
                }
            }
            _ => {}
        }
        sum
    }
    /// The same value, marked as being there because `by` was tested. A container is shared, not copied; the mark
    /// stands on this handle of it and is passed on to what is taken out of it through this handle.
    pub fn tested(mut self, by: OriginId, table: &mut OriginTable) -> Value {
        if by.is_none() {
            return self;
        }
        match &mut self.data {
            Data::Str(text) => text.mark_tested(by, table),
            _ => self.origin = table.tested(self.origin, by),
        }
        self
    }
    /// The same value with another origin (for a string: of all its bytes).
    pub fn with_origin(mut self, origin: OriginId) -> Value {
        match &mut self.data {
            Data::Str(text) => *text = text.with_origin(origin),
            _ => self.origin = origin,
        }
        self
    }
    /// Go's type name, as `%T` gives it.
    pub fn type_name(&self) -> &'static str {
        self.data.type_name()
    }
    /// Go's kind, as `kindOf` gives it.
    pub fn kind(&self) -> &'static str {
        match &self.data {
            Data::Nil => "invalid",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int",
            Data::Int64(_) => "int64",
            Data::Float(_) => "float64",
            Data::Str(_) => "string",
            Data::List(_) => "slice",
            Data::Map(_) => "map",
            Data::Object(object) => object.kind(),
        }
    }
}

impl Data {
    /// Go's type name, as `%T` gives it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Data::Nil => "<nil>",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int",
            Data::Int64(_) => "int64",
            Data::Float(_) => "float64",
            Data::Str(_) => "string",
            Data::List(list) => match list.kind {
                ListKind::Any | ListKind::Nil => "[]interface {}",
                ListKind::Strings => "[]string",
                ListKind::Ints => "[]int",
                ListKind::Bytes => "[]uint8",
            },
            Data::Map(map) => match map.kind {
                MapKind::Any => "map[string]interface {}",
                MapKind::Strings => "map[string]string",
                MapKind::Values => "chartutil.Values",
            },
            Data::Object(object) => object.type_name(),
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // A template can nest values as deep as its steps allow; dropping them must not exhaust the stack.
        if Rc::strong_count(&self.items) == 1 {
            let items = std::mem::take(&mut *self.items.borrow_mut());
            if !items.is_empty() {
                crate::stack::with_room(|| drop(items));
            }
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if Rc::strong_count(&self.entries) == 1 {
            let entries = std::mem::take(&mut *self.entries.borrow_mut());
            if !entries.is_empty() {
                crate::stack::with_room(|| drop(entries));
            }
        }
    }
}

impl List {
    /// A new list.
    pub fn new(items: Vec<Value>, kind: ListKind) -> List {
        List { items: Rc::new(RefCell::new(items)), kind }
    }
}

impl Map {
    /// A new map.
    pub fn new(entries: BTreeMap<Rc<[u8]>, Entry>, kind: MapKind) -> Map {
        Map { entries: Rc::new(RefCell::new(entries)), kind }
    }
    /// A member.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.entries.borrow().get(key).map(|e| e.value.clone())
    }
    /// Sets a member; the key's origin is kept where the key was there.
    pub fn set(&self, key: &[u8], key_origin: OriginId, value: Value) {
        let mut entries = self.entries.borrow_mut();
        match entries.get_mut(key) {
            Some(entry) => entry.value = value,
            None => {
                entries.insert(Rc::from(key), Entry { key_origin, value });
            }
        }
    }
}
