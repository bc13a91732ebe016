//! Pipelines: declarations, commands, operands.
//!
//! Deliberately absent: what stands around them (actions, branches, definitions).

use super::super::ast::{Cmd, Decl, Expr, ExprKind, Pipe, Span};
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
        let mut cmds = Vec::new();
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => {
                    self.check_pipeline(&cmds, context)?;
                    for (decl, (_, slot)) in decls.iter().zip(self.tree.vars.iter_mut().skip(declared_from)) {
                        *slot = decl.slot;
                    }
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
                    cmds.push(self.command()?);
                }
                _ => return self.unexpected(token, context),
            }
        }
    }

    /// Gives the variables of a pipeline their slots. Inside the pipeline itself a name still means the variable
    /// that had it before (`$x := default 1 $x`).
    fn declare(&mut self, names: &[Token], assign: bool) -> Vec<Decl> {
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
            self.tree.vars.push((name.into(), before.or(slot)));
            decls.push(Decl { name: text(name).into(), slot });
        }
        decls
    }

    fn variable(&self, name: &[u8]) -> Option<Option<u32>> {
        self.tree.vars.iter().rev().find(|(known, _)| **known == *name).map(|(_, slot)| *slot)
    }

    fn check_pipeline(&self, cmds: &[Cmd], context: &str) -> Parsed<()> {
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

    fn command(&mut self) -> Parsed<Cmd> {
        let pos = self.peek_non_space().start;
        let mut args: Vec<Expr> = Vec::new();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        let Some(last) = args.last() else {
            return self.fail("empty command");
        };
        Ok(Cmd { pos, end: last.span.end, args })
    }

    fn operand(&mut self) -> Parsed<Option<Expr>> {
        let Some(term) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(term));
        }
        let mut names: Vec<Box<str>> = Vec::new();
        let mut span = term.span;
        while self.peek().kind == Kind::Field {
            let token = self.next();
            names.push(field_name(self.lexer.bytes(token)));
            span.end = token.end;
        }
        let kind = match term.kind {
            ExprKind::Field(fields) => ExprKind::Field(fields.into_iter().chain(names).collect()),
            ExprKind::Variable { slot, name, .. } => ExprKind::Variable { slot, name, fields: names.into() },
            ExprKind::Bool(_)
            | ExprKind::Str { .. }
            | ExprKind::Number(_)
            | ExprKind::Nil
            | ExprKind::Dot => {
                return self.fail(format!("unexpected . after term {}", quote(term.to_string().as_bytes())));
            }
            _ => ExprKind::Chain { base: Box::new(term), fields: names.into() },
        };
        Ok(Some(Expr { pos: first.start, span, kind }))
    }

    fn term(&mut self) -> Parsed<Option<Expr>> {
        let token = self.next_non_space();
        let bytes = self.lexer.bytes(token);
        let kind = match token.kind {
            Kind::Identifier => {
                let name = text(bytes);
                ExprKind::Function { def: crate::funcs::lookup(&name), name: name.into() }
            }
            Kind::Dot => ExprKind::Dot,
            Kind::Nil => ExprKind::Nil,
            Kind::Variable => {
                let name: Box<str> = text(bytes).into();
                match self.variable(bytes) {
                    // An assignment to a variable that does not exist fails when executed, before this.
                    Some(slot) => {
                        ExprKind::Variable { slot: slot.unwrap_or(u32::MAX), name, fields: Box::default() }
                    }
                    None => return self.fail(format!("undefined variable {}", quote(bytes))),
                }
            }
            Kind::Field => ExprKind::Field(Box::new([field_name(bytes)])),
            Kind::Bool => ExprKind::Bool(bytes == b"true"),
            Kind::CharConstant => ExprKind::Number(Box::new(self.checked(number::character(bytes))?)),
            Kind::Number | Kind::Complex => ExprKind::Number(Box::new(self.checked(number::number(bytes))?)),
            Kind::LeftParen => {
                let pipe =
                    self.nested(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen))?;
                let span = Span { start: token.start, end: pipe.end + 1 };
                return Ok(Some(Expr { pos: pipe.pos, span, kind: ExprKind::Pipe(Box::new(pipe)) }));
            }
            Kind::String | Kind::RawString => {
                let Some(inner) = unquote(bytes) else { return self.fail("invalid syntax") };
                let quoted = text(bytes).into();
                ExprKind::Str { literal: self.literal(), text: inner.into(), quoted }
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(Expr { pos: token.start, span: Span { start: token.start, end: token.end }, kind }))
    }

    fn checked<T>(&self, result: Result<T, String>) -> Parsed<T> {
        result.or_else(|message| self.fail(message))
    }
}

/// A field without its dot.
fn field_name(token: &[u8]) -> Box<str> {
    text(token.get(1..).unwrap_or_default()).into()
}

/// A token's text. Nearly all is UTF-8, which is quick to see.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
