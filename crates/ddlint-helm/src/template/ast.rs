//! The parsed template: nodes with byte positions, shareable between threads, free of file names.
//!
//! Variables are numbered slots of a frame, functions are looked up, literals are unquoted: nothing is searched by
//! name while executing. Positions are those that Go reports, which for `.a.b` is the second dot. Names and texts are
//! not copied: they are ranges of the source, which whoever reads the tree has to give.
//!
//! Deliberately absent: comments (the lexer drops them), the nodes `else` and `end`.

use crate::funcs::FuncDef;
use bytes::Bytes;
use std::borrow::Cow;
use std::fmt::{self, Debug, Display, Formatter, Write};
use std::sync::Arc;

/// A byte range of the template.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// The bytes of the range.
    pub(crate) fn bytes(self, source: &[u8]) -> &[u8] {
        source.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The bytes as text, for names: the lexer takes nothing else as a name than letters and digits.
    pub(crate) fn name(self, source: &[u8]) -> &str {
        name(self.bytes(source))
    }

    /// The first name of a range `.a.b.c`, and the range behind it.
    pub(crate) fn first_name(self, source: &[u8]) -> (&[u8], Span) {
        let bytes = self.bytes(source);
        let names = bytes.strip_prefix(b".").unwrap_or(bytes);
        let length = names.iter().position(|&byte| byte == b'.').unwrap_or(names.len());
        let start = self.end.saturating_sub((names.len() - length) as u32);
        (names.get(..length).unwrap_or_default(), Span { start, end: self.end })
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// A name as text.
pub(crate) fn name(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// One parsed text: its main template and what it defines.
#[derive(Debug)]
pub(crate) struct Ast {
    /// The text.
    pub(crate) source: Bytes,
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
    pub(crate) nodes: Box<[Node]>,
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
    pub(crate) list: Box<[Node]>,
    pub(crate) otherwise: Option<Box<[Node]>>,
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
                match span.bytes(source).iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r')) {
                    Some(b'\n') => Begins::Line,
                    None => Begins::Nothing,
                    Some(_) => Begins::Inside,
                }
            }
            Node::Action(action) if !action.pipe.decls.is_empty() => Begins::Nothing,
            Node::Action(action) => {
                let last = action.pipe.cmds.last().and_then(|cmd| cmd.args.first());
                match last.map(|expr| &expr.kind) {
                    Some(ExprKind::Function { name, .. }) if name.bytes(source) == b"nindent" => Begins::Line,
                    Some(ExprKind::Function { name, .. }) if name.bytes(source) == b"fail" => Begins::Nothing,
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
    pub(crate) decls: Box<[Decl]>,
    pub(crate) cmds: Box<[Cmd]>,
}

#[derive(Debug)]
pub(crate) struct Decl {
    pub(crate) name: Span,
    /// None: an assignment to a variable that does not exist.
    pub(crate) slot: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Cmd {
    pub(crate) pos: u32,
    /// One past the last byte.
    pub(crate) end: u32,
    pub(crate) args: Box<[Expr]>,
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
    /// Without a text of its own it is what stands between the quotes.
    Str {
        literal: u32,
        text: Option<Box<[u8]>>,
    },
    /// `.a.b`
    Field(Span),
    /// `$x`, and `.a.b` behind it.
    Variable {
        slot: u32,
        name: Span,
        fields: Span,
    },
    Function {
        name: Span,
        def: Option<&'static FuncDef>,
    },
    Chain {
        base: Box<Expr>,
        fields: Span,
    },
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

/// Prints nodes as Go's error messages show them.
pub(crate) trait Show {
    fn show(&self, source: &[u8], f: &mut Formatter<'_>) -> fmt::Result;

    /// To be printed.
    fn shown<'a>(&'a self, source: &'a [u8]) -> Shown<'a, Self> {
        Shown { node: self, source }
    }
}

/// A node with its source.
pub(crate) struct Shown<'a, T: ?Sized> {
    node: &'a T,
    source: &'a [u8],
}

impl<T: Show + ?Sized> Display for Shown<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.node.show(self.source, f)
    }
}

fn text(source: &[u8], span: Span) -> Cow<'_, str> {
    String::from_utf8_lossy(span.bytes(source))
}

impl Show for Action {
    fn show(&self, source: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{{}}}}}", self.pipe.shown(source))
    }
}

impl Show for TemplateNode {
    fn show(&self, source: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{template {}", crate::fmt::quote(self.name.as_bytes()))?;
        if let Some(pipe) = &self.pipe {
            write!(f, " {}", pipe.shown(source))?;
        }
        f.write_str("}}")
    }
}

impl Show for Pipe {
    fn show(&self, source: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
        for (i, decl) in self.decls.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { ", " } else { "" }, text(source, decl.name))?;
        }
        if !self.decls.is_empty() {
            f.write_str(if self.assign { " = " } else { " := " })?;
        }
        for (i, cmd) in self.cmds.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { " | " } else { "" }, cmd.shown(source))?;
        }
        Ok(())
    }
}

impl Show for Cmd {
    fn show(&self, source: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
        for (i, arg) in self.args.iter().enumerate() {
            if i > 0 {
                f.write_char(' ')?;
            }
            show_operand(arg, source, f)?;
        }
        Ok(())
    }
}

/// With parentheses around a pipeline.
fn show_operand(expr: &Expr, source: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
    match &expr.kind {
        ExprKind::Pipe(pipe) => write!(f, "({})", pipe.shown(source)),
        _ => expr.show(source, f),
    }
}

impl Show for Expr {
    fn show(&self, source: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Dot => f.write_char('.'),
            ExprKind::Nil => f.write_str("nil"),
            ExprKind::Bool(b) => write!(f, "{b}"),
            ExprKind::Number(number) => f.write_str(&number.text),
            ExprKind::Str { .. } => f.write_str(&text(source, self.span)),
            ExprKind::Field(fields) => f.write_str(&text(source, *fields)),
            ExprKind::Variable { name, fields, .. } => {
                f.write_str(&text(source, *name))?;
                f.write_str(&text(source, *fields))
            }
            ExprKind::Function { name, .. } => f.write_str(&text(source, *name)),
            ExprKind::Chain { base, fields } => {
                show_operand(base, source, f)?;
                f.write_str(&text(source, *fields))
            }
            ExprKind::Pipe(pipe) => pipe.show(source, f),
        }
    }
}
