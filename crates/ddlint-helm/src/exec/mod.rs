//! Executing parsed templates, as Go's text/template and Helm's engine do.
//!
//! The [`Engine`] is generic over a [`Recorder`]: with [`NoRecording`] everything about origins compiles to
//! nothing, which is what the cost of recording is measured against.
//!
//! Deliberately absent: which files are executed with which values (see the chart's render), what the functions
//! do (see [`crate::funcs`]).

mod eval;
mod fail;
mod field;
pub mod meter;
#[cfg(test)]
mod origin_tests;
#[cfg(test)]
mod tests;
mod walk;

use crate::HelmDialect;
use crate::error::{ErrorKind, TemplateError};
use crate::funcs::FuncError;
use crate::origin::{OriginId, OriginTable, QuickMap};
use crate::set::{Template, TemplateSet};
use crate::template::ast::{Cmd, Expr, Node, Pipe};
use crate::text::{Text, TextBuf};
use crate::value::Value;
use crate::world::World;
use meter::{Limits, Meter};
use std::marker::PhantomData;
use std::sync::Arc;

/// Whether origins are recorded, decided at compile time.
pub trait Recorder {
    /// Whether they are.
    const ON: bool;
}

/// Origins are recorded.
#[derive(Clone, Copy, Debug)]
pub struct Recording;
/// Origins are not recorded.
#[derive(Clone, Copy, Debug)]
pub struct NoRecording;

impl Recorder for Recording {
    const ON: bool = true;
}
impl Recorder for NoRecording {
    const ON: bool = false;
}

/// Helm lets a template include itself this often.
const MAX_INCLUDES: u32 = 1_000;

type Fails<T> = Result<T, Box<TemplateError>>;

/// A value, and whether Go's static type of the place it was taken from is `interface {}`: then a nil in it is a
/// nil *of* something, and error messages name the interface.
#[derive(Clone, Debug)]
struct Ev {
    value: Value,
    iface: bool,
}

impl Ev {
    fn concrete(value: Value) -> Ev {
        Ev { value, iface: false }
    }
}

/// The node that is being executed, as Go keeps it for error messages.
#[derive(Clone, Copy)]
enum At<'t> {
    Start,
    Node(&'t Node),
    Pipe(&'t Pipe),
    Cmd(&'t Cmd),
    Expr(&'t Expr),
}

/// One execution of one template.
struct Frame<'t> {
    template: &'t Template,
    slots: Vec<Option<Ev>>,
    at: At<'t>,
}

impl<'t> Frame<'t> {
    /// The text that the nodes being executed are ranges of.
    fn source(&self) -> &'t [u8] {
        &self.template.unit.source
    }
}

/// Executes the templates of one render.
pub(crate) struct Engine<R: Recorder> {
    set: TemplateSet,
    origins: OriginTable,
    meter: Meter,
    dialect: HelmDialect,
    /// How often each template is being included.
    included: QuickMap<Arc<str>, u32>,
    depth: u32,
    /// What was tested for text to be written here, since the innermost include.
    control: OriginId,
    /// What was tested to be here at all.
    full_control: OriginId,
    /// What was tested since the innermost include began, whatever it decided.
    decided: OriginId,
    /// Arguments of the calls that are being prepared.
    stack: Vec<Value>,
    world: World,
    recorder: PhantomData<R>,
}

impl<R: Recorder> Engine<R> {
    /// An engine for one render. The origins are those that the values were built with.
    pub(crate) fn new(set: TemplateSet, origins: OriginTable, dialect: HelmDialect, limits: Limits) -> Self {
        Engine {
            set,
            origins,
            meter: Meter::new(limits),
            dialect,
            included: QuickMap::default(),
            depth: 0,
            control: OriginId::NONE,
            full_control: OriginId::NONE,
            decided: OriginId::NONE,
            stack: Vec::new(),
            world: World::default(),
            recorder: PhantomData,
        }
    }

    /// The same engine with other answers.
    pub(crate) fn in_world(self, world: World) -> Self {
        Engine { world, ..self }
    }

    /// Executes a template. `<no value>` is removed from what it wrote, as Helm does.
    pub(crate) fn execute(&mut self, name: &str, dot: Value) -> Fails<Text> {
        let Some(template) = self.set.get(name).cloned() else {
            return Err(Box::new(TemplateError {
                kind: ErrorKind::Execute,
                message: no_template(name),
                reason: no_template(name),
                frames: Vec::new(),
                blame: OriginId::NONE,
            }));
        };
        self.control = OriginId::NONE;
        self.full_control = OriginId::NONE;
        self.depth = 0;
        self.included.clear();
        self.stack.clear();
        // Of a large file most is text that is written as it stands.
        let room = template.unit.source.len();
        let text =
            self.capture_in(TextBuf::with_capacity(if room > 4096 { room } else { 0 }), &template, dot)?;
        Ok(without_no_value(text))
    }

    /// The origins made so far.
    pub(crate) fn origins(&mut self) -> &mut OriginTable {
        &mut self.origins
    }

    /// The origins.
    pub(crate) fn into_origins(self) -> OriginTable {
        self.origins
    }

    /// Executes a template into a text of its own. What was tested around it is applied by whoever prints the
    /// text; if it is empty, it remembers what was tested in it.
    fn capture(&mut self, template: &Template, dot: Value) -> Fails<Text> {
        self.capture_in(TextBuf::new(), template, dot)
    }

    fn capture_in(&mut self, mut out: TextBuf, template: &Template, dot: Value) -> Fails<Text> {
        let outer = (self.control, self.decided);
        if R::ON {
            self.control = OriginId::NONE;
            self.decided = OriginId::NONE;
        }
        let result = self.run(template, Ev::concrete(dot), &mut out);
        let decided = self.decided;
        if R::ON {
            (self.control, self.decided) = outer;
        }
        result?;
        if R::ON && !decided.is_none() && is_blank(out.bytes()) {
            if out.is_empty() {
                let origin = self.origins.tested(OriginId::NONE, decided);
                return Ok(Text::new(Vec::new(), origin));
            }
            return Ok(out.finish().tested(decided, &mut self.origins));
        }
        Ok(out.finish())
    }

    /// Executes a template, writing to `out`.
    fn run(&mut self, template: &Template, dot: Ev, out: &mut TextBuf) -> Fails<()> {
        let mut slots = vec![None; template.tree.slots as usize];
        if let Some(first) = slots.first_mut() {
            *first = Some(dot.clone());
        }
        let mut frame = Frame { template, slots, at: At::Start };
        self.depth += 1;
        let result = crate::stack::with_room(|| self.walk(&mut frame, &dot, &template.tree.nodes, out));
        self.depth -= 1;
        result.map(|_| ())
    }

    /// `include NAME DOT`
    fn include(&mut self, name: &Text, dot: Value) -> Result<Value, FuncError> {
        let name = name.to_str_lossy();
        let Some(template) = self.set.get(&name).cloned() else {
            return Err(FuncError::new(no_template(&name)));
        };
        if self.depth >= self.meter.limits().depth {
            return Err(TemplateError::limit(format!("more than {} templates open", self.depth)).into());
        }
        let count = self.included.entry(Arc::clone(&template.name)).or_default();
        if *count > MAX_INCLUDES {
            return Err(FuncError::new(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            )));
        }
        *count += 1;
        let result = self.capture(&template, dot);
        if let Some(count) = self.included.get_mut(&template.name) {
            *count -= 1;
        }
        Ok(Value::string(result?))
    }

    /// `tpl TEXT DOT`
    fn tpl(&mut self, text: &Text, dot: Value) -> Result<Value, FuncError> {
        if memchr::memmem::find(text.bytes(), b"{{").is_none() {
            return Ok(Value::string(without_no_value(text.clone())));
        }
        if self.depth >= self.meter.limits().depth {
            return Err(TemplateError::limit(format!("more than {} templates open", self.depth)).into());
        }
        self.meter.charge(text.len() as u64 / 16)?;
        let quoted = |text: &Text| crate::fmt::quote(text.bytes());
        let (set, template) = match self.set.with_text(text) {
            Ok(parsed) => parsed,
            Err(mut error) => {
                error.message = format!("cannot parse template {}: {}", quoted(text), error.message);
                if R::ON {
                    error.blame = text.origin(&mut self.origins);
                }
                return Err(error.into());
            }
        };
        let outer = std::mem::replace(&mut self.set, set);
        let result = self.capture(&template, dot);
        self.set = outer;
        match result {
            Ok(text) => Ok(Value::string(without_no_value(text))),
            Err(mut error) => {
                if error.kind != ErrorKind::UnknownFunction {
                    error.message = format!(
                        "error during tpl function execution for {}: {}",
                        quoted(text),
                        error.message
                    );
                }
                Err(error.into())
            }
        }
    }
}

fn no_template(name: &str) -> String {
    format!("template: no template {} associated with template \"gotpl\"", crate::fmt::quote(name.as_bytes()))
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// Removes what Go prints for nil, as Helm does with each file and each result of `tpl`.
fn without_no_value(text: Text) -> Text {
    const NO_VALUE: &[u8] = b"<no value>";
    if memchr::memmem::find(text.bytes(), NO_VALUE).is_none() {
        return text;
    }
    let mut out = TextBuf::with_capacity(text.len());
    let mut from = 0;
    for at in memchr::memmem::find_iter(text.bytes(), NO_VALUE) {
        out.push_slice(&text, from, at);
        out.mark(text.origin_at(at));
        from = at + NO_VALUE.len();
    }
    out.push_slice(&text, from, text.len());
    out.finish()
}
