//! A set of named templates, as `{{ include }}` and `{{ template }}` see it.
//!
//! Deliberately absent: in which order a chart's files are parsed (the later definition wins, so it matters), and
//! which of them are executed.

use crate::error::{ErrorKind, Frame, TemplateError};
use crate::origin::{Leaf, OriginId, OriginTable, Place, QuickMap};
use crate::template::ast::Tree;
use crate::template::{ParseCache, Parsed};
use crate::text::Text;
use crate::value::Value;
use bytes::Bytes;
use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use std::sync::Arc;

/// A parsed text under its name, with what executing it computes once.
#[derive(Debug)]
pub(crate) struct Unit {
    /// The file's name, or `gotpl` for text given to `tpl`.
    pub(crate) name: Arc<str>,
    /// The text.
    pub(crate) source: Bytes,
    /// The text with its origins, where it is no file.
    pub(crate) text: Option<Text>,
    /// By literal number; none before one is asked for, as few templates are executed again.
    literals: RefCell<Vec<Literal>>,
    /// How many there are.
    count: usize,
}

/// A literal of a template in this render.
#[derive(Debug, Default, Clone)]
struct Literal {
    value: Option<Value>,
    /// End and origin of each line of a text node.
    lines: Option<Rc<[(u32, OriginId)]>>,
    /// The same under the control origin it was last written under.
    control: OriginId,
    tested: Option<Rc<[(u32, OriginId)]>>,
}

/// A template: its tree and the text it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) name: Arc<str>,
    pub(crate) tree: Arc<Tree>,
    pub(crate) unit: Rc<Unit>,
}

/// Named templates. Cloning shares them.
#[derive(Clone, Debug)]
pub(crate) struct TemplateSet {
    cache: Arc<ParseCache>,
    names: Rc<Names>,
}

/// Definitions over those of the set that was cloned for `tpl`.
#[derive(Debug, Default)]
struct Names {
    known: QuickMap<Arc<str>, Template>,
    under: Option<Rc<Names>>,
}

impl TemplateSet {
    /// No template yet.
    pub(crate) fn new(cache: Arc<ParseCache>) -> TemplateSet {
        TemplateSet { cache, names: Rc::default() }
    }

    /// Parses a file and takes over the templates it defines, and itself under its own name.
    pub(crate) fn parse(&mut self, name: &str, source: &Bytes) -> Result<(), Box<TemplateError>> {
        self.add(Arc::from(name), self.cache.parse(source, Some(source)), None).map(|_| ())
    }

    /// The same templates for another render: nothing of this one is known.
    pub(crate) fn anew(&self) -> TemplateSet {
        let mut units: QuickMap<usize, Rc<Unit>> = QuickMap::default();
        let known = self.names.known.iter().map(|(name, template)| {
            let unit = units.entry(Rc::as_ptr(&template.unit).addr()).or_insert_with(|| {
                let Unit { name, source, text, count, .. } = &*template.unit;
                let (name, source, text) = (Arc::clone(name), source.clone(), text.clone());
                Rc::new(Unit { name, source, text, literals: RefCell::default(), count: *count })
            });
            (Arc::clone(name), Template { unit: Rc::clone(unit), ..template.clone() })
        });
        let names = Names { known: known.collect(), under: None };
        TemplateSet { cache: Arc::clone(&self.cache), names: Rc::new(names) }
    }

    /// Whether there is a template of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The template of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Template> {
        let mut names = Some(&self.names);
        while let Some(level) = names {
            if let Some(template) = level.known.get(name) {
                return Some(template);
            }
            names = level.under.as_ref();
        }
        None
    }

    /// The set that `tpl` executes a text in, and the text as a template: what it defines is seen only there.
    pub(crate) fn with_text(&self, text: &Text) -> Result<(TemplateSet, Template), Box<TemplateError>> {
        let mut set = self.clone();
        let parsed = set.cache.parse(text.bytes(), None);
        let template = set.add(Arc::from("gotpl"), parsed, Some(text.clone()))?;
        Ok((set, template))
    }

    fn add(
        &mut self,
        name: Arc<str>,
        parsed: Parsed,
        text: Option<Text>,
    ) -> Result<Template, Box<TemplateError>> {
        let ast = match &*parsed {
            Ok(ast) => ast,
            Err(error) => {
                let reason = error.message(&name);
                let place = Place { file: Arc::clone(&name), start: error.offset, end: error.offset };
                let (line, column) = (error.line, 0);
                return Err(Box::new(TemplateError {
                    kind: ErrorKind::Parse,
                    message: format!("template: {name}:{line}: {reason}"),
                    reason,
                    frames: vec![Frame { template: name.to_string(), place, line, column }],
                    blame: OriginId::NONE,
                }));
            }
        };
        let unit = Rc::new(Unit {
            name: Arc::clone(&name),
            source: ast.source.clone(),
            literals: RefCell::default(),
            count: ast.literals as usize,
            text,
        });
        let nested = unit.text.is_some();
        let main = Template { name: Arc::clone(&name), tree: Arc::clone(&ast.main), unit: Rc::clone(&unit) };
        if nested && ast.defs.is_empty() {
            return Ok(main);
        }
        for (name, tree) in &ast.defs {
            let template =
                Template { name: Arc::clone(name), tree: Arc::clone(tree), unit: Rc::clone(&unit) };
            self.define(template, nested);
        }
        self.define(main.clone(), nested);
        Ok(main)
    }

    fn define(&mut self, template: Template, nested: bool) {
        if template.tree.empty && self.has(&template.name) {
            return;
        }
        if nested && Rc::strong_count(&self.names) > 1 {
            self.names = Rc::new(Names { known: QuickMap::default(), under: Some(Rc::clone(&self.names)) });
        }
        match Rc::get_mut(&mut self.names) {
            Some(names) => {
                names.known.insert(Arc::clone(&template.name), template);
            }
            None => {
                let known = QuickMap::from_iter([(Arc::clone(&template.name), template)]);
                self.names = Rc::new(Names { known, under: Some(Rc::clone(&self.names)) });
            }
        }
    }
}

impl Unit {
    /// The place of a range of the text. For text given to `tpl` it is the place that text came from, if that
    /// is one.
    pub(crate) fn place(&self, start: u32, end: u32, origins: &OriginTable) -> Place {
        let own = Place { file: Arc::clone(&self.name), start, end };
        let Some(text) = &self.text else { return own };
        let leaves = origins.resolve(text.origin_at(start as usize)).printed;
        leaves
            .into_iter()
            .find_map(|leaf| match leaf {
                Leaf::Template(place) | Leaf::Value { place: Some(place), .. } => Some(place),
                Leaf::Random { call, .. } | Leaf::Unordered { call, .. } => Some(call),
                _ => None,
            })
            .unwrap_or(own)
    }

    /// The origin of a literal inside an action.
    pub(crate) fn literal_origin(&self, start: u32, end: u32, origins: &mut OriginTable) -> OriginId {
        match &self.text {
            Some(text) => text.slice(start as usize, end as usize).origin(origins),
            None => origins.template(&self.name, start, end),
        }
    }

    fn literals(&self) -> RefMut<'_, Vec<Literal>> {
        let mut literals = self.literals.borrow_mut();
        if literals.is_empty() {
            literals.resize_with(self.count, Literal::default);
        }
        literals
    }

    /// A literal's value, made once.
    pub(crate) fn literal(&self, number: u32, make: impl FnOnce() -> Value) -> Value {
        let mut literals = self.literals();
        match literals.get_mut(number as usize) {
            Some(literal) => literal.value.get_or_insert_with(make).clone(),
            None => make(),
        }
    }

    /// The lines of a text node (ends counted in the source) with their origins under a control origin.
    pub(crate) fn lines(
        &self,
        number: u32,
        start: u32,
        end: u32,
        control: OriginId,
        origins: &mut OriginTable,
    ) -> Rc<[(u32, OriginId)]> {
        let mut literals = self.literals();
        let Some(literal) = literals.get_mut(number as usize) else { return Rc::default() };
        let lines = literal
            .lines
            .get_or_insert_with(|| origins.lines(&self.name, split_lines(&self.source, start, end)).into());
        if control.is_none() {
            return Rc::clone(lines);
        }
        if literal.control != control || literal.tested.is_none() {
            literal.control = control;
            literal.tested = Some(origins.tested_lines(lines, control).into());
        }
        literal.tested.clone().unwrap_or_default()
    }
}

/// The lines of a range, newlines included.
fn split_lines(source: &[u8], start: u32, end: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
    let mut at = start;
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let rest = source.get(at as usize..end as usize)?;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |i| i + 1);
        let from = at;
        at += length as u32;
        Some((from, at))
    })
}
