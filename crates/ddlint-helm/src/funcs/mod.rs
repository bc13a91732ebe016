//! The functions that templates call: how one is declared, what it is given, how it is found by its name.
//!
//! Each family of functions is a module with a table `FUNCS: &[FuncDef]`; [`TABLES`] lists the tables and
//! [`lookup`] finds a name in them. A function is declared with the parameter types that its Go original has,
//! and the executor checks arguments against them as Go's reflection does, before the function runs. So a
//! function can rely on the kinds of its arguments; the accessors of [`Args`] take them out.
//!
//! Deliberately absent: `and`, `or`, `include`, `tpl`, `template` — they evaluate lazily or need the template set,
//! and live in `exec`.
//!
//! Origins are the function's own duty. By class (`../shared/helm.md` section 4):
//! structure-preserving functions build their result from slices of the argument's [`Text`] and so keep the runs;
//! mixing functions give the result [`Call::mixed`] of all arguments; selecting functions return the operand,
//! marked with [`Call::tested`] by what was looked at to choose it. A function whose result differs from render to
//! render gives it the origin [`Call::random`]; one with unspecified order [`Call::unordered`]; one that asks the
//! cluster [`Call::cluster`].

mod bridge;
mod builtins;
mod cast;
mod compare;
mod crypto;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod equal;
pub(crate) mod gostr;
mod lists;
mod math;
mod merge;
mod paths;
mod random;
mod regexes;
mod semvers;
mod serial;
mod strings;
#[cfg(test)]
mod tests;
mod time;
mod times;
mod urls;
mod words;

use crate::error::TemplateError;
use crate::exec::meter::Meter;
use crate::origin::{Leaf, OriginId, OriginTable, Place, QuickMap, Sensed};
use crate::text::Text;
pub(crate) use crate::value::Ty;
use crate::value::{Data, List, Map, Object, Value};
use crate::world::{Draw, World};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// All tables of functions. A name stands in one table only.
const TABLES: &[&[FuncDef]] = &[
    serial::FUNCS,
    strings::FUNCS,
    lists::FUNCS,
    dicts::FUNCS,
    defaults::FUNCS,
    math::FUNCS,
    regexes::FUNCS,
    semvers::FUNCS,
    times::FUNCS,
    encoding::FUNCS,
    paths::FUNCS,
    urls::FUNCS,
    random::FUNCS,
    crypto::FUNCS,
    builtins::FUNCS,
    #[cfg(test)]
    tests::FUNCS,
];

static INDEX: LazyLock<QuickMap<&'static str, &'static FuncDef>> =
    LazyLock::new(|| TABLES.iter().flat_map(|t| t.iter()).map(|f| (f.name, f)).collect());

/// The function of that name, whatever the dialect; see [`FuncDef::v4_only`].
pub(crate) fn lookup(name: &str) -> Option<&'static FuncDef> {
    INDEX.get(name).copied()
}

/// The names of all functions, in a fixed order.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().flat_map(|table| table.iter()).map(|function| function.name)
}

/// A function in Rust. The arguments were checked against the declared types.
pub(crate) type Func = fn(&mut Call<'_>, &[Value]) -> Result<Value, FuncError>;

/// What runs when a function is called.
#[derive(Clone, Copy)]
pub(crate) enum Imp {
    /// A function in Rust.
    Native(Func),
    /// `and`: evaluated lazily by the executor.
    And,
    /// `or`: likewise.
    Or,
    /// `include NAME DOT`
    Include,
    /// `tpl TEXT DOT`
    Tpl,
    /// `call FN ARGS…`: no value is a function here, so it always fails, in Go's words.
    Call,
}

/// A declared function.
#[derive(Clone, Copy)]
pub(crate) struct FuncDef {
    /// The name in templates.
    pub(crate) name: &'static str,
    /// The parameter types; for a variadic function the last one repeats, zero times or more.
    pub(crate) params: &'static [Ty],
    /// Whether the last parameter repeats.
    pub(crate) variadic: bool,
    /// What runs.
    pub(crate) imp: Imp,
    /// Whether only Helm 4 has it.
    pub(crate) v4_only: bool,
}

impl FuncDef {
    /// A function with exactly these parameters.
    pub(crate) const fn fixed(name: &'static str, params: &'static [Ty], f: Func) -> FuncDef {
        FuncDef { name, params, variadic: false, imp: Imp::Native(f), v4_only: false }
    }
    /// A function whose last parameter repeats: `variadic("join2", &[Ty::Str, Ty::Any], f)` is
    /// `func(string, ...interface{})`.
    pub(crate) const fn variadic(name: &'static str, params: &'static [Ty], f: Func) -> FuncDef {
        FuncDef { name, params, variadic: true, imp: Imp::Native(f), v4_only: false }
    }
    /// A function that only Helm 4 has.
    pub(crate) const fn v4(self) -> FuncDef {
        FuncDef { v4_only: true, ..self }
    }
    /// A function that the executor implements.
    pub(crate) const fn special(
        name: &'static str,
        params: &'static [Ty],
        variadic: bool,
        imp: Imp,
    ) -> FuncDef {
        FuncDef { name, params, variadic, imp, v4_only: false }
    }
}

/// Why a function failed.
#[derive(Debug)]
pub(crate) enum FuncError {
    /// The function's own error, also what would be a panic in Go. The template's error then reads
    /// `error calling NAME: MESSAGE`.
    Message {
        /// Go's message.
        message: String,
        /// The origin of the value to blame, where it is another one than all the arguments'.
        blame: OriginId,
    },
    /// An error with its place: from a template executed by the call, or a limit that was reached.
    Template(Box<TemplateError>),
}

impl FuncError {
    /// The function's own error.
    pub(crate) fn new(message: impl Into<String>) -> FuncError {
        FuncError::Message { message: message.into(), blame: OriginId::NONE }
    }
    /// Blames the value of this origin.
    pub(crate) fn blame(self, origin: OriginId) -> FuncError {
        match self {
            FuncError::Message { message, .. } => FuncError::Message { message, blame: origin },
            other => other,
        }
    }
}

impl From<String> for FuncError {
    fn from(message: String) -> FuncError {
        FuncError::new(message)
    }
}
impl From<&str> for FuncError {
    fn from(message: &str) -> FuncError {
        FuncError::new(message)
    }
}
impl From<Box<TemplateError>> for FuncError {
    fn from(error: Box<TemplateError>) -> FuncError {
        FuncError::Template(error)
    }
}

/// One call: who is called from where, and what of the render the function may use.
pub(crate) struct Call<'a> {
    /// The function's name, for error texts.
    pub(crate) name: &'static str,
    /// The origins of this render.
    pub(crate) origins: &'a mut OriginTable,
    /// What is left of the limits.
    pub(crate) meter: &'a mut Meter,
    /// What was tested to come here (`if`, `with`, `range` around the call). A function that changes a map
    /// (`set`, `merge` …) marks what it stores with it: `call.tested(value, call.control)`.
    pub(crate) control: OriginId,
    /// The call in the template.
    pub(crate) site: &'a Site,
    /// What is drawn and found.
    pub(crate) world: &'a World,
}

/// Where in a template something stands.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The template file (for text given to `tpl` the place of that text, where it has one).
    pub(crate) place: Place,
}

impl Call<'_> {
    /// Whether origins are recorded; where not, everything about them may be skipped.
    pub(crate) fn recording(&self) -> bool {
        self.origins.is_recording()
    }
    /// The union of the origins of all arguments, containers not looked into.
    pub(crate) fn mixed(&mut self, args: &[Value]) -> OriginId {
        args.iter().fold(OriginId::NONE, |sum, arg| {
            let origin = arg.origin(self.origins);
            self.origins.union(sum, origin)
        })
    }
    /// The union of the origins of a value and everything in it (`toJson … | sha256sum` and the like, where the
    /// structure is lost). Bounded in depth, so that a map that holds itself does no harm.
    pub(crate) fn deep_origin(&mut self, value: &Value) -> OriginId {
        if !self.recording() {
            return OriginId::NONE;
        }
        value.deep_origin(self.origins, 64)
    }
    /// The value, marked as being there because `by` was tested.
    pub(crate) fn tested(&mut self, value: Value, by: OriginId) -> Value {
        value.tested(by, self.origins)
    }
    /// A result that changes from render to render.
    pub(crate) fn random(&mut self) -> OriginId {
        let (name, place) = (self.name, &self.site.place);
        self.origins.sense(Sensed { random: true, cluster: false });
        self.origins.leaf(|| Leaf::Random { function: Arc::from(name), call: place.clone() })
    }
    /// Which of two draws a random result is.
    pub(crate) fn draw(&self) -> Draw {
        self.world.draw
    }
    /// A result whose order is not specified.
    pub(crate) fn unordered(&mut self) -> OriginId {
        let (name, place) = (self.name, &self.site.place);
        self.origins.sense(Sensed { random: true, cluster: false });
        self.origins.leaf(|| Leaf::Unordered { function: Arc::from(name), call: place.clone() })
    }
    /// A result that the cluster decides.
    pub(crate) fn cluster(&mut self) -> OriginId {
        let (name, place) = (self.name, &self.site.place);
        self.origins.sense(Sensed { random: false, cluster: true });
        self.origins.leaf(|| Leaf::Cluster { function: Arc::from(name), call: place.clone() })
    }
    /// Charges work that grows with a number in the template (`until`, `repeat`, `seq` …), before it is done:
    /// one step for each item or each few bytes made.
    pub(crate) fn charge(&mut self, steps: u64) -> Result<(), FuncError> {
        self.meter.charge(steps).map_err(FuncError::from)
    }
}

/// Takes checked arguments out. A wrong kind cannot happen where the declaration and the function agree; it is an
/// error of the template then and not a panic.
pub(crate) trait Args {
    /// The `i`th argument; nil where there is none.
    fn any(&self, i: usize) -> &Value;
    /// A `string`.
    fn text(&self, i: usize) -> Result<&Text, FuncError>;
    /// A `bool`.
    fn bool(&self, i: usize) -> Result<bool, FuncError>;
    /// An `int` or `int64`.
    fn int(&self, i: usize) -> Result<i64, FuncError>;
    /// A `float64`.
    fn float(&self, i: usize) -> Result<f64, FuncError>;
    /// A map; none for a nil map.
    fn map(&self, i: usize) -> Result<Option<&Map>, FuncError>;
    /// A slice; none for a nil slice.
    fn list(&self, i: usize) -> Result<Option<&List>, FuncError>;
    /// An object.
    fn object(&self, i: usize) -> Result<&Rc<dyn Object>, FuncError>;
}

impl Args for [Value] {
    fn any(&self, i: usize) -> &Value {
        const NIL: &Value = &Value::NIL;
        self.get(i).unwrap_or(NIL)
    }
    fn text(&self, i: usize) -> Result<&Text, FuncError> {
        match &self.any(i).data {
            Data::Str(text) => Ok(text),
            other => Err(mismatch("string", other)),
        }
    }
    fn bool(&self, i: usize) -> Result<bool, FuncError> {
        match &self.any(i).data {
            Data::Bool(b) => Ok(*b),
            other => Err(mismatch("bool", other)),
        }
    }
    fn int(&self, i: usize) -> Result<i64, FuncError> {
        match &self.any(i).data {
            Data::Int(n) | Data::Int64(n) => Ok(*n),
            other => Err(mismatch("int", other)),
        }
    }
    fn float(&self, i: usize) -> Result<f64, FuncError> {
        match &self.any(i).data {
            Data::Float(f) => Ok(*f),
            other => Err(mismatch("float64", other)),
        }
    }
    fn map(&self, i: usize) -> Result<Option<&Map>, FuncError> {
        match &self.any(i).data {
            Data::Map(map) => Ok(Some(map)),
            Data::Nil => Ok(None),
            other => Err(mismatch("map[string]interface {}", other)),
        }
    }
    fn list(&self, i: usize) -> Result<Option<&List>, FuncError> {
        match &self.any(i).data {
            Data::List(list) => Ok(Some(list)),
            Data::Nil => Ok(None),
            other => Err(mismatch("[]interface {}", other)),
        }
    }
    fn object(&self, i: usize) -> Result<&Rc<dyn Object>, FuncError> {
        match &self.any(i).data {
            Data::Object(object) => Ok(object),
            other => Err(mismatch("struct", other)),
        }
    }
}

fn mismatch(expected: &str, got: &Data) -> FuncError {
    FuncError::new(format!("wrong type for value; expected {expected}; got {}", got.type_name()))
}
