//! Pipelines: declarations, commands, operands.
//!
//! Deliberately absent: what stands around them (actions, branches, definitions).

use super::super::ast::{Cmd, Decl, Expr, ExprKind, Pipe, Show, Span};
use super::super::lex::{Kind, Token};
use super::super::number;
use super::{Parsed, Parser};
use crate::fmt::{quote, unquote};
use std::borrow::Cow;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let pos = self.peek_non_space().start;
        // A declared variable exists only after its pipeline was evaluated, but Go's parser knows it at once.
        let mut names: Vec<Token> = Vec::new();
        let mut assign = false;
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                break;
            }
            self.next();
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    assign = next.kind == Kind::Assign;
                    self.next_non_space();
                    names.push(variable);
                }
                Kind::Char if self.lexer.bytes(next) == b"," => {
                    self.next_non_space();
                    names.push(variable);
                    if context == "range" && names.len() < 2 {
                        match self.peek_non_space().kind {
                            Kind::Variable | Kind::RightDelim | Kind::RightParen => continue,
                            _ => return self.fail("range can only initialize variables"),
                        }
                    }
                    return self.fail(format!("too many declarations in {context}"));
                }
                _ if after.kind == Kind::Space => {
                    self.tree.token[1] = after;
                    self.tree.token[2] = variable;
                    self.tree.peeked = 3;
                }
                _ => {
                    self.tree.token[1] = variable;
                    self.tree.peeked = 2;
                }
            }
            break;
        }
        let declared_from = self.tree.vars.len();
        let decls = self.declare(&names, assign);
        let first = self.cmds.len();
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => {
                    self.check_pipeline(first, context)?;
                    for (decl, (_, slot)) in decls.iter().zip(self.tree.vars.iter_mut().skip(declared_from)) {
                        *slot = decl.slot;
                    }
                    let cmds = self.cmds.split_off(first).into_boxed_slice();
                    return Ok(Pipe { pos, end: token.start, assign, decls, cmds });
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    self.command()?;
                }
                _ => return self.unexpected(token, context),
            }
        }
    }

    /// Gives the variables of a pipeline their slots. Inside the pipeline itself a name still means the variable
    /// that had it before (`$x := default 1 $x`).
    fn declare(&mut self, names: &[Token], assign: bool) -> Box<[Decl]> {
        let mut decls = Vec::new();
        for token in names {
            let name = self.lexer.bytes(*token);
            let slot = if assign {
                let slot = self.variable(name).flatten();
                self.tree.assigned.extend(slot);
                slot
            } else {
                self.tree.slots += 1;
                Some(self.tree.slots - 1)
            };
            let before = self.variable(name).flatten();
            self.tree.vars.push((name, before.or(slot)));
            decls.push(Decl { name: Span { start: token.start, end: token.end }, slot });
        }
        decls.into()
    }

    fn variable(&self, name: &[u8]) -> Option<Option<u32>> {
        self.tree.vars.iter().rev().find(|(known, _)| *known == name).map(|(_, slot)| *slot)
    }

    fn check_pipeline(&self, first: usize, context: &str) -> Parsed<()> {
        let cmds = self.cmds.get(first..).unwrap_or_default();
        if cmds.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (i, cmd) in cmds.iter().enumerate().skip(1) {
            if let Some(
                ExprKind::Bool(_)
                | ExprKind::Dot
                | ExprKind::Nil
                | ExprKind::Number(_)
                | ExprKind::Str { .. },
            ) = cmd.args.first().map(|arg| &arg.kind)
            {
                return self.fail(format!("non executable command in pipeline stage {}", i + 1));
            }
        }
        Ok(())
    }

    /// Reads a command, to those of the pipeline.
    fn command(&mut self) -> Parsed<()> {
        let pos = self.peek_non_space().start;
        let first = self.exprs.len();
        loop {
            self.peek_non_space();
            self.operand()?;
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        let args = self.exprs.split_off(first).into_boxed_slice();
        match args.last() {
            Some(last) => {
                self.cmds.push(Cmd { pos, end: last.span.end, args });
                Ok(())
            }
            None => self.fail("empty command"),
        }
    }

    /// Reads an operand, if there is one, to those of the command.
    fn operand(&mut self) -> Parsed<()> {
        if !self.term()? {
            return Ok(());
        }
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(());
        }
        let mut end = first.end;
        while self.peek().kind == Kind::Field {
            end = self.next().end;
        }
        // They stand side by side.
        let fields = Span { start: first.start, end };
        let Some(mut term) = self.exprs.pop() else { return Ok(()) };
        match &mut term.kind {
            ExprKind::Field(before) => before.end = end,
            ExprKind::Variable { fields: none, .. } => *none = fields,
            ExprKind::Bool(_)
            | ExprKind::Str { .. }
            | ExprKind::Number(_)
            | ExprKind::Nil
            | ExprKind::Dot => {
                let term = term.shown(self.lexer.input()).to_string();
                return self.fail(format!("unexpected . after term {}", quote(term.as_bytes())));
            }
            _ => {
                let span = term.span;
                let kind = ExprKind::Chain { base: Box::new(term), fields };
                term = Expr { pos: first.start, span, kind };
            }
        }
        (term.pos, term.span.end) = (first.start, end);
        self.exprs.push(term);
        Ok(())
    }

    /// Reads a term to the operands of the command, and says whether there is one.
    fn term(&mut self) -> Parsed<bool> {
        let token = self.next_non_space();
        let bytes = self.lexer.bytes(token);
        let span = Span { start: token.start, end: token.end };
        let kind = match token.kind {
            Kind::Identifier => {
                let name = span.name(self.lexer.input());
                ExprKind::Function { def: crate::funcs::lookup(name), name: span }
            }
            Kind::Dot => ExprKind::Dot,
            Kind::Nil => ExprKind::Nil,
            Kind::Variable => {
                match self.variable(bytes) {
                    // An assignment to a variable that does not exist fails when executed, before this.
                    Some(slot) => {
                        let slot = slot.unwrap_or(u32::MAX);
                        ExprKind::Variable { slot, name: span, fields: Span::default() }
                    }
                    None => return self.fail_at(token, format!("undefined variable {}", quote(bytes))),
                }
            }
            Kind::Field => ExprKind::Field(span),
            Kind::Bool => ExprKind::Bool(bytes == b"true"),
            Kind::CharConstant => ExprKind::Number(Box::new(self.checked(number::character(bytes))?)),
            Kind::Number | Kind::Complex => ExprKind::Number(Box::new(self.checked(number::number(bytes))?)),
            Kind::LeftParen => {
                let pipe =
                    self.nested(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen))?;
                let span = Span { start: token.start, end: pipe.end + 1 };
                self.exprs.push(Expr { pos: pipe.pos, span, kind: ExprKind::Pipe(Box::new(pipe)) });
                return Ok(true);
            }
            Kind::String | Kind::RawString => {
                let Some(inner) = unquote(bytes) else { return self.fail("invalid syntax") };
                let text = match inner {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(text) => Some(text.into_boxed_slice()),
                };
                ExprKind::Str { literal: self.literal(), text }
            }
            _ => {
                self.backup();
                return Ok(false);
            }
        };
        self.exprs.push(Expr { pos: token.start, span, kind });
        Ok(true)
    }

    fn checked<T>(&self, result: Result<T, String>) -> Parsed<T> {
        result.or_else(|message| self.fail(message))
    }
}
