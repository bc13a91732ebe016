//! Tokens to the tree: Go's text/template grammar with its error messages.
//!
//! A function that does not exist is not an error here; calling it is one (see `exec`).
//! Deliberately absent: recovery after an error. Go reports the first one and so do we.

mod pipes;

use super::ParseError;
use super::ast::{Action, Ast, Begins, Branch, Cmd, Expr, Node, Span, TemplateNode, Tree};
use super::lex::{Kind, Lexer, Token};
use crate::fmt::{quote, unquote};
use bytes::Bytes;
use std::sync::Arc;

/// How deep parentheses and blocks may be nested. Go allows ten thousand parentheses and any number of blocks;
/// no chart comes near either.
const MAX_NESTING: u32 = 1_000;

/// Errors are boxed: what is passed from hand to hand for each word of a template is small.
type Parsed<T> = Result<T, Box<ParseError>>;

/// Parses a whole text.
pub(super) fn parse(source: Bytes) -> Result<Ast, ParseError> {
    parse_boxed(source).map_err(|error| *error)
}

fn parse_boxed(source: Bytes) -> Parsed<Ast> {
    let bytes = source.clone();
    let mut parser = Parser {
        lexer: Lexer::new(&bytes),
        tree: Open::new(),
        defs: Vec::new(),
        literals: 0,
        nesting: 0,
        nodes: Vec::new(),
        cmds: Vec::new(),
        exprs: Vec::new(),
    };
    let main = parser.top()?;
    let main = parser.close(main);
    let (defs, literals) = (parser.defs, parser.literals);
    Ok(Ast { source, main: Arc::new(main), defs, literals })
}

/// A template that is being parsed.
struct Open<'a> {
    /// Tokens that were looked at and put back; the first one is the latest from the lexer.
    token: [Token; 3],
    peeked: usize,
    /// Variables in scope, innermost last.
    vars: Vec<(&'a [u8], Option<u32>)>,
    slots: u32,
    /// Slots assigned to so far.
    assigned: Vec<u32>,
    action_line: u32,
    range_depth: u32,
}

impl<'a> Open<'a> {
    fn new() -> Open<'a> {
        Open {
            token: [Token::NONE; 3],
            peeked: 0,
            vars: vec![(b"$", Some(0))],
            slots: 1,
            assigned: Vec::new(),
            action_line: 0,
            range_depth: 0,
        }
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    tree: Open<'a>,
    defs: Vec<(Arc<str>, Arc<Tree>)>,
    literals: u32,
    nesting: u32,
    /// What belongs to the lists that are open, the innermost last: each list takes its own when it ends.
    nodes: Vec<Node>,
    cmds: Vec<Cmd>,
    exprs: Vec<Expr>,
}

/// What ends a list of nodes.
enum End {
    End,
    Else,
}

impl End {
    fn shown(&self) -> &'static str {
        match self {
            End::End => "{{end}}",
            End::Else => "{{else}}",
        }
    }
}

enum Item {
    Node(Node),
    End(End),
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Token {
        if self.tree.peeked > 0 {
            self.tree.peeked -= 1;
        } else {
            self.tree.token[0] = self.lexer.next();
        }
        self.tree.token.get(self.tree.peeked).copied().unwrap_or(Token::NONE)
    }

    fn backup(&mut self) {
        self.tree.peeked += 1;
    }

    fn peek(&mut self) -> Token {
        let token = self.next();
        self.backup();
        token
    }

    fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        self.fail_at(self.tree.token[0], message)
    }

    /// What is wrong stands at a token; Go tells the line of the last one that was read.
    fn fail_at<T>(&self, token: Token, message: impl Into<String>) -> Parsed<T> {
        let (line, offset) = (self.tree.token[0].line, token.start);
        Err(Box::new(ParseError { message: message.into(), line, offset }))
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Parsed<T> {
        let shown = self.lexer.describe(token);
        if token.kind != Kind::Error {
            return self.fail(format!("unexpected {shown} in {context}"));
        }
        if self.tree.action_line != 0 && self.tree.action_line != token.line {
            let what = if shown.ends_with(" action") { "" } else { " in action" };
            let line = self.tree.action_line;
            return self.fail(format!("{shown}{what} started at {}:{line}", ParseError::NAME));
        }
        self.fail(shown)
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token> {
        let token = self.next_non_space();
        if token.kind != kind { self.unexpected(token, context) } else { Ok(token) }
    }

    fn literal(&mut self) -> u32 {
        self.literals += 1;
        self.literals - 1
    }

    /// The tree of the nodes, with the frame of the template that is open.
    fn close(&self, nodes: Box<[Node]>) -> Tree {
        let source = self.lexer.input();
        let empty = nodes.iter().all(|node| match node {
            Node::Text { span, .. } => is_blank(span.bytes(source)),
            _ => false,
        });
        Tree { nodes, slots: self.tree.slots, empty }
    }

    fn top(&mut self) -> Parsed<Box<[Node]>> {
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                if self.next_non_space().kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.tree.token[1] = delim;
                self.tree.peeked = 2;
            }
            match self.text_or_action()? {
                Item::Node(node) => self.nodes.push(node),
                Item::End(end) => return self.fail(format!("unexpected {}", end.shown())),
            }
        }
        Ok(self.nodes.drain(..).collect())
    }

    fn definition(&mut self) -> Parsed<()> {
        let outer = std::mem::replace(&mut self.tree, Open::new());
        let token = self.next_non_space();
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, "define clause");
        }
        let name = self.unquoted(token)?;
        self.expect(Kind::RightDelim, "define clause")?;
        self.body(name, "define clause")?;
        self.tree = outer;
        Ok(())
    }

    fn body(&mut self, name: Arc<str>, context: &str) -> Parsed<()> {
        let (nodes, end) = self.item_list()?;
        if !matches!(end, End::End) {
            return self.fail(format!("unexpected {} in {context}", end.shown()));
        }
        let tree = Arc::new(self.close(nodes));
        match self.defs.iter().position(|(known, _)| *known == name) {
            None => self.defs.push((name, tree)),
            Some(at) if self.defs[at].1.empty => self.defs[at].1 = tree,
            Some(_) if tree.empty => {}
            Some(_) => {
                let name = quote(name.as_bytes());
                return self.fail(format!("template: multiple definition of template {name}"));
            }
        }
        Ok(())
    }

    fn unquoted(&mut self, token: Token) -> Parsed<Arc<str>> {
        match unquote(self.lexer.bytes(token)) {
            Some(name) => Ok(String::from_utf8_lossy(&name).into()),
            None => self.fail("invalid syntax"),
        }
    }

    fn item_list(&mut self) -> Parsed<(Box<[Node]>, End)> {
        let first = self.nodes.len();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => self.nodes.push(node),
                Item::End(end) => return Ok((self.nodes.split_off(first).into_boxed_slice(), end)),
            }
        }
        self.fail("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => {
                let literal = self.literal();
                Ok(Item::Node(Node::Text { span: Span { start: token.start, end: token.end }, literal }))
            }
            Kind::LeftDelim => {
                self.tree.action_line = token.line;
                let item = self.action();
                if item.is_ok() {
                    self.tree.action_line = 0;
                }
                item
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break | Kind::Continue => {
                let word = if token.kind == Kind::Break { "break" } else { "continue" };
                let after = self.next_non_space();
                if after.kind != Kind::RightDelim {
                    return self.unexpected(after, &format!("{{{{{word}}}}}"));
                }
                if self.tree.range_depth == 0 {
                    return self.fail(format!("{{{{{word}}}}} outside {{{{range}}}}"));
                }
                if token.kind == Kind::Break { Node::Break } else { Node::Continue }
            }
            Kind::Else => {
                let after = self.peek_non_space();
                if !matches!(after.kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Item::End(End::Else));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::End(End::End));
            }
            Kind::If | Kind::With | Kind::Range => self.control(token.kind)?,
            Kind::Template => self.template()?,
            _ => {
                self.backup();
                let pos = self.peek().start;
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                Node::Action(Box::new(Action { pos, pipe }))
            }
        };
        Ok(Item::Node(node))
    }

    /// Counts one more level of nesting around `inside`, on a stack that is large enough.
    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            return self.fail("max expression depth exceeded");
        }
        self.nesting += 1;
        let result = crate::stack::with_room(|| inside(self));
        self.nesting -= 1;
        result
    }

    fn control(&mut self, kind: Kind) -> Parsed<Node> {
        self.nested(|parser| {
            let vars = parser.tree.vars.len();
            let branch = parser.branch(kind);
            parser.tree.vars.truncate(vars);
            let branch = Box::new(branch?);
            Ok(match kind {
                Kind::If => Node::If(branch),
                Kind::With => Node::With(branch),
                _ => Node::Range(branch),
            })
        })
    }

    fn branch(&mut self, kind: Kind) -> Parsed<Branch> {
        let outer_slots = self.tree.slots;
        let assigned_from = self.tree.assigned.len();
        let context = match kind {
            Kind::If => "if",
            Kind::With => "with",
            _ => "range",
        };
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let in_range = u32::from(kind == Kind::Range);
        self.tree.range_depth += in_range;
        let declared = self.tree.vars.len();
        let (list, end) = self.item_list()?;
        self.tree.range_depth -= in_range;
        self.forget_values(declared);
        let otherwise = match end {
            End::End => None,
            // `{{else if …}}` is `{{else}}{{if …}}…{{end}}` with one `{{end}}` for both.
            End::Else if kind != Kind::Range && self.peek().kind == kind => {
                self.next();
                Some([self.control(kind)?].into())
            }
            End::Else => {
                let (list, end) = self.item_list()?;
                if !matches!(end, End::End) {
                    return self.fail(format!("expected end; found {}", end.shown()));
                }
                Some(list)
            }
        };
        let mut assigned: Vec<u32> = self.tree.assigned.get(assigned_from..).unwrap_or_default().to_vec();
        assigned.retain(|slot| *slot < outer_slots);
        assigned.sort_unstable();
        assigned.dedup();
        let source = self.lexer.input();
        let begins = match (Begins::of(&list, source), &otherwise) {
            (Begins::Nothing, Some(otherwise)) => Begins::of(otherwise, source),
            (begins, _) => begins,
        };
        Ok(Branch { pos: pipe.pos, pipe, list, otherwise, assigned: assigned.into(), begins })
    }

    /// The variables declared from `first` on keep their names, as Go's parser keeps them for the other branch, but
    /// there they mean what the names meant before, if anything.
    fn forget_values(&mut self, first: usize) {
        let first = first.min(self.tree.vars.len());
        let (before, declared) = self.tree.vars.split_at_mut(first);
        for (name, slot) in declared {
            *slot = before.iter().rev().find(|(known, _)| known == name).and_then(|(_, slot)| *slot);
        }
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let outer = std::mem::replace(&mut self.tree, Open::new());
        self.nested(|parser| parser.body(Arc::clone(&name), CONTEXT))?;
        self.tree = outer;
        Ok(Node::Template(Box::new(TemplateNode { pos: token.start, name, pipe: Some(pipe) })))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = if self.next_non_space().kind == Kind::RightDelim {
            None
        } else {
            self.backup();
            Some(self.pipeline(CONTEXT, Kind::RightDelim)?)
        };
        Ok(Node::Template(Box::new(TemplateNode { pos: token.start, name, pipe })))
    }

    fn template_name(&mut self, token: Token, context: &str) -> Parsed<Arc<str>> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquoted(token),
            _ => self.unexpected(token, context),
        }
    }
}

/// Go's `len(bytes.TrimSpace(text)) == 0`.
fn is_blank(text: &[u8]) -> bool {
    match std::str::from_utf8(text) {
        Ok(text) => text.chars().all(char::is_whitespace),
        Err(_) => false,
    }
}
