//! The parsed template: nodes with byte positions, shareable between threads, free of file names.
//!
//! Variables are numbered slots of a frame, functions are looked up, literals are unquoted: nothing is searched by
//! name while executing. Positions are those that Go reports, which for `.a.b` is the second dot.
//!
//! Deliberately absent: comments (the lexer drops them), the nodes `else` and `end`.

use crate::funcs::FuncDef;
use std::fmt::{self, Display, Formatter, Write};
use std::sync::Arc;

/// A byte range of the template.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// One parsed text: its main template and what it defines.
#[derive(Debug)]
pub(crate) struct Ast {
    /// The text.
    pub(crate) source: Arc<[u8]>,
    /// The text itself as a template.
    pub(crate) main: Arc<Tree>,
    /// `define`d and `block` templates; a name stands once.
    pub(crate) defs: Vec<(Arc<str>, Arc<Tree>)>,
    /// How many literals there are: text nodes and strings, numbered for the executor's caches.
    pub(crate) literals: u32,
}

/// One template.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Size of the frame; slot 0 is `$`.
    pub(crate) slots: u32,
    /// Whether there is nothing but space and comments.
    pub(crate) empty: bool,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text { span: Span, literal: u32 },
    Action(Box<Action>),
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Template(Box<TemplateNode>),
    Break,
    Continue,
}

#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) pos: u32,
    pub(crate) pipe: Pipe,
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pos: u32,
    pub(crate) pipe: Pipe,
    pub(crate) list: Vec<Node>,
    pub(crate) otherwise: Option<Vec<Node>>,
    /// Variables from outside that are assigned in here, in whichever branch: their value depends on the
    /// condition even where the assignment was not executed.
    pub(crate) assigned: Box<[u32]>,
    /// How the text begins that it writes, if it writes any.
    pub(crate) begins: Begins,
}

/// How the text begins that nodes write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Begins {
    /// They write nothing.
    Nothing,
    /// In the line that is being written.
    Inside,
    /// With a new line.
    Line,
}

impl Begins {
    /// Of a list of nodes, as far as it can be seen without executing them.
    pub(crate) fn of(nodes: &[Node], source: &[u8]) -> Begins {
        nodes
            .iter()
            .map(|node| Begins::of_node(node, source))
            .find(|b| *b != Begins::Nothing)
            .unwrap_or(Begins::Nothing)
    }

    fn of_node(node: &Node, source: &[u8]) -> Begins {
        match node {
            Node::Text { span, .. } => {
                let text = source.get(span.start as usize..span.end as usize).unwrap_or_default();
                match text.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r')) {
                    Some(b'\n') => Begins::Line,
                    None => Begins::Nothing,
                    Some(_) => Begins::Inside,
                }
            }
            Node::Action(action) if !action.pipe.decls.is_empty() => Begins::Nothing,
            Node::Action(action) => {
                let last = action.pipe.cmds.last().and_then(|cmd| cmd.args.first());
                match last.map(|expr| &expr.kind) {
                    Some(ExprKind::Function { name, .. }) if &**name == "nindent" => Begins::Line,
                    Some(ExprKind::Function { name, .. }) if &**name == "fail" => Begins::Nothing,
                    _ => Begins::Inside,
                }
            }
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => branch.begins,
            Node::Template(_) => Begins::Inside,
            Node::Break | Node::Continue => Begins::Nothing,
        }
    }
}

#[derive(Debug)]
pub(crate) struct TemplateNode {
    pub(crate) pos: u32,
    pub(crate) name: Arc<str>,
    pub(crate) pipe: Option<Pipe>,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) pos: u32,
    /// One past the last byte.
    pub(crate) end: u32,
    pub(crate) assign: bool,
    pub(crate) decls: Vec<Decl>,
    pub(crate) cmds: Vec<Cmd>,
}

#[derive(Debug)]
pub(crate) struct Decl {
    pub(crate) name: Box<str>,
    /// None: an assignment to a variable that does not exist.
    pub(crate) slot: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Cmd {
    pub(crate) pos: u32,
    /// One past the last byte.
    pub(crate) end: u32,
    pub(crate) args: Vec<Expr>,
}

/// An operand.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) pos: u32,
    pub(crate) span: Span,
    pub(crate) kind: ExprKind,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Box<Number>),
    Str { literal: u32, text: Arc<[u8]>, quoted: Box<str> },
    Field(Box<[Box<str>]>),
    Variable { slot: u32, name: Box<str>, fields: Box<[Box<str>]> },
    Function { name: Box<str>, def: Option<&'static FuncDef> },
    Chain { base: Box<Expr>, fields: Box<[Box<str>]> },
    Pipe(Box<Pipe>),
}

/// A number constant under all the types that can represent it, as Go's ideal constants.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    pub(crate) text: Box<str>,
    pub(crate) int: Option<i64>,
    pub(crate) float: Option<f64>,
    /// The type where the context asks for none.
    pub(crate) ideal: Ideal,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ideal {
    Int(i64),
    Float(f64),
    /// Too large for an `int`.
    Overflow,
}

impl Debug for FuncDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
use std::fmt::Debug;

// What follows prints nodes as Go's error messages show them.

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{{}}}}}", self.pipe)
    }
}

impl Display for TemplateNode {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{template {}", crate::fmt::quote(self.name.as_bytes()))?;
        if let Some(pipe) = &self.pipe {
            write!(f, " {pipe}")?;
        }
        f.write_str("}}")
    }
}

impl Display for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, decl) in self.decls.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { ", " } else { "" }, decl.name)?;
        }
        if !self.decls.is_empty() {
            f.write_str(if self.assign { " = " } else { " := " })?;
        }
        for (i, cmd) in self.cmds.iter().enumerate() {
            write!(f, "{}{cmd}", if i > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl Display for Cmd {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, arg) in self.args.iter().enumerate() {
            if i > 0 {
                f.write_char(' ')?;
            }
            if let ExprKind::Pipe(pipe) = &arg.kind {
                write!(f, "({pipe})")?;
            } else {
                write!(f, "{arg}")?;
            }
        }
        Ok(())
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Dot => f.write_char('.'),
            ExprKind::Nil => f.write_str("nil"),
            ExprKind::Bool(b) => write!(f, "{b}"),
            ExprKind::Number(number) => f.write_str(&number.text),
            ExprKind::Str { quoted, .. } => f.write_str(quoted),
            ExprKind::Field(fields) => write_fields(f, fields),
            ExprKind::Variable { name, fields, .. } => {
                f.write_str(name)?;
                write_fields(f, fields)
            }
            ExprKind::Function { name, .. } => f.write_str(name),
            ExprKind::Chain { base, fields } => {
                if let ExprKind::Pipe(pipe) = &base.kind {
                    write!(f, "({pipe})")?;
                } else {
                    write!(f, "{base}")?;
                }
                write_fields(f, fields)
            }
            ExprKind::Pipe(pipe) => write!(f, "{pipe}"),
        }
    }
}

fn write_fields(f: &mut Formatter<'_>, fields: &[Box<str>]) -> fmt::Result {
    for field in fields {
        write!(f, ".{field}")?;
    }
    Ok(())
}
