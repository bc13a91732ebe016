//! Template text to tokens, on demand: Go's text/template lexer, trim markers applied.
//!
//! Deliberately absent: other delimiters than `{{` and `}}` (Helm has no others), comments as tokens.

use crate::fmt::quote;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    fn is_keyword(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Block | Break | Continue | Dot | Define | Else | End | If | Nil | Range | Template | With
        )
    }
}

/// A token: its bytes are `start..end` of the input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Line of its first byte, from 1.
    pub(super) line: u32,
}

impl Token {
    pub(super) const NONE: Token = Token { kind: Kind::Eof, start: 0, end: 0, line: 0 };
}

/// The ASCII letters, digits and the underscore.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

/// The scanner.
pub(super) struct Lexer<'a> {
    input: &'a [u8],
    pos: usize,
    start: usize,
    line: u32,
    start_line: u32,
    inside_action: bool,
    paren_depth: u32,
    error: Option<String>,
}

/// A step that gave a token, or one after which scanning goes on as text.
type Step = Option<Token>;

impl<'a> Lexer<'a> {
    pub(super) fn new(input: &'a [u8]) -> Lexer<'a> {
        Lexer {
            input,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
            paren_depth: 0,
            error: None,
        }
    }

    /// The whole text.
    pub(super) fn input(&self) -> &'a [u8] {
        self.input
    }

    /// The token's bytes.
    pub(super) fn bytes(&self, token: Token) -> &'a [u8] {
        self.input.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The token as Go's error messages show it.
    pub(super) fn describe(&self, token: Token) -> String {
        let value = self.bytes(token);
        match token.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => self.error.clone().unwrap_or_default(),
            kind if kind.is_keyword() => format!("<{}>", String::from_utf8_lossy(value)),
            _ => {
                let text = String::from_utf8_lossy(value);
                if value.len() > 10 {
                    let head: String = text.chars().take(10).collect();
                    format!("{}...", quote(head.as_bytes()))
                } else {
                    quote(value)
                }
            }
        }
    }

    /// The next token. After an error or the end it gives the same again.
    pub(super) fn next(&mut self) -> Token {
        if self.error.is_some() {
            return self.error_token();
        }
        loop {
            let step = if self.inside_action { self.inside() } else { self.text() };
            if let Some(token) = step {
                return token;
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.pos..).unwrap_or_default()
    }

    fn token(&mut self, kind: Kind) -> Token {
        let token = Token { kind, start: self.start as u32, end: self.pos as u32, line: self.start_line };
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    fn emit(&mut self, kind: Kind) -> Step {
        Some(self.token(kind))
    }

    fn fail(&mut self, message: String) -> Step {
        self.error = Some(message);
        Some(self.error_token())
    }

    /// What could not be read: from the begin of the token to where its reading stopped.
    fn error_token(&self) -> Token {
        Token { kind: Kind::Error, start: self.start as u32, end: self.pos as u32, line: self.start_line }
    }

    /// Moves on by bytes that are skipped or emitted, counting lines.
    fn advance_to(&mut self, pos: usize) {
        let passed = self.input.get(self.pos..pos).unwrap_or_default();
        let lines = match passed.len() {
            // A marker, a few spaces.
            0..=16 => passed.iter().filter(|&&byte| byte == b'\n').count(),
            _ => memchr::memchr_iter(b'\n', passed).count(),
        };
        self.line += lines as u32;
        self.pos = pos;
    }

    fn ignore(&mut self) {
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn peek_char(&self) -> Option<char> {
        decode(self.rest()).map(|(c, _)| c)
    }

    fn next_char(&mut self) -> Option<char> {
        let (c, width) = decode(self.rest())?;
        self.line += u32::from(c == '\n');
        self.pos += width;
        Some(c)
    }

    fn text(&mut self) -> Step {
        let Some(x) = left_delim(self.rest()) else {
            self.advance_to(self.input.len());
            return self.emit(if self.pos > self.start { Kind::Text } else { Kind::Eof });
        };
        if x > 0 {
            let delim = self.pos + x;
            let mut end = delim;
            if has_left_trim(self.input.get(delim + 2..).unwrap_or_default()) {
                while end > self.pos && is_space(self.input.get(end - 1).copied()) {
                    end -= 1;
                }
            }
            self.advance_to(end);
            let token = self.token(Kind::Text);
            self.advance_to(delim);
            self.ignore();
            if token.end > token.start {
                return Some(token);
            }
        }
        self.left_delim()
    }

    fn left_delim(&mut self) -> Step {
        self.advance_to(self.pos + 2);
        let marker = if has_left_trim(self.rest()) { 2 } else { 0 };
        if matches!(self.input.get(self.pos + marker..), Some([b'/', b'*', ..])) {
            self.advance_to(self.pos + marker);
            self.ignore();
            return self.comment();
        }
        let token = self.token(Kind::LeftDelim);
        self.inside_action = true;
        self.advance_to(self.pos + marker);
        self.ignore();
        self.paren_depth = 0;
        Some(token)
    }

    fn comment(&mut self) -> Step {
        let Some(x) = memchr::memmem::find(self.rest().get(2..).unwrap_or_default(), b"*/") else {
            return self.fail("unclosed comment".to_owned());
        };
        let end = self.pos + 2 + x + 2;
        let Some(trim) = right_delim(self.input.get(end..).unwrap_or_default()) else {
            return self.fail("comment ends before closing delimiter".to_owned());
        };
        self.advance_to(end + if trim { 4 } else { 2 });
        if trim {
            self.skip_spaces();
        }
        self.ignore();
        None
    }

    fn skip_spaces(&mut self) {
        let mut end = self.pos;
        while is_space(self.input.get(end).copied()) {
            end += 1;
        }
        self.advance_to(end);
    }

    fn right(&mut self, trim: bool) -> Step {
        if trim {
            self.advance_to(self.pos + 2);
            self.ignore();
        }
        self.advance_to(self.pos + 2);
        let token = self.token(Kind::RightDelim);
        if trim {
            self.skip_spaces();
            self.ignore();
        }
        self.inside_action = false;
        Some(token)
    }

    fn inside(&mut self) -> Step {
        let first = self.input.get(self.pos).copied();
        if is_space(first) || first == Some(b'}') {
            if let Some(trim) = right_delim(self.rest()) {
                if self.paren_depth == 0 {
                    return self.right(trim);
                }
                return self.fail("unclosed left paren".to_owned());
            }
            if first != Some(b'}') {
                return self.space();
            }
        }
        let before = self.pos;
        let Some(c) = self.next_char() else {
            return self.fail("unclosed action".to_owned());
        };
        match c {
            'a'..='z' | 'A'..='Z' | '_' => self.identifier(),
            '=' => self.emit(Kind::Assign),
            ':' => {
                if self.next_char() != Some('=') {
                    return self.fail("expected :=".to_owned());
                }
                self.emit(Kind::Declare)
            }
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted(b'\'', Kind::CharConstant, "unterminated character constant"),
            '`' => match memchr::memchr(b'`', self.rest()) {
                Some(x) => {
                    self.advance_to(self.pos + x + 1);
                    self.emit(Kind::RawString)
                }
                None => self.fail("unterminated raw quoted string".to_owned()),
            },
            '$' => self.field_or_variable(Kind::Variable),
            '.' if self.rest().first().is_some_and(|b| !b.is_ascii_digit()) => {
                self.field_or_variable(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.pos = before;
                self.number()
            }
            '(' => {
                self.paren_depth += 1;
                self.emit(Kind::LeftParen)
            }
            ')' => match self.paren_depth.checked_sub(1) {
                Some(depth) => {
                    self.paren_depth = depth;
                    self.emit(Kind::RightParen)
                }
                None => self.fail("unexpected right paren".to_owned()),
            },
            c if is_alphanumeric(c) => self.identifier(),
            c if c.is_ascii_graphic() => self.emit(Kind::Char),
            c => self.fail(format!("unrecognized character in action: {}", rune(c))),
        }
    }

    fn space(&mut self) -> Step {
        let first = self.pos;
        // Mostly it is one.
        if let [b' ', next, ..] = self.rest()
            && !is_space(Some(*next))
            && *next != b'-'
        {
            self.pos += 1;
            return self.emit(Kind::Space);
        }
        let mut end = self.pos;
        while is_space(self.input.get(end).copied()) {
            end += 1;
        }
        // The last space may belong to a trim marker.
        if right_delim(self.input.get(end - 1..).unwrap_or_default()) == Some(true) {
            end -= 1;
            if end == first {
                return self.right(true);
            }
        }
        self.advance_to(end);
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Step {
        self.absorb_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match self.input.get(self.start..self.pos).unwrap_or_default() {
            b"block" => Kind::Block,
            b"break" => Kind::Break,
            b"continue" => Kind::Continue,
            b"define" => Kind::Define,
            b"else" => Kind::Else,
            b"end" => Kind::End,
            b"if" => Kind::If,
            b"range" => Kind::Range,
            b"nil" => Kind::Nil,
            b"template" => Kind::Template,
            b"with" => Kind::With,
            b"true" | b"false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    fn field_or_variable(&mut self, kind: Kind) -> Step {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { Kind::Variable } else { Kind::Dot });
        }
        self.absorb_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    fn absorb_alphanumeric(&mut self) {
        let rest = self.rest();
        self.pos += rest.iter().position(|&byte| !WORD[usize::from(byte)]).unwrap_or(rest.len());
        while self.input.get(self.pos).is_some_and(|byte| !byte.is_ascii() || WORD[usize::from(*byte)]) {
            let Some((c, width)) = decode(self.rest()) else { break };
            if !is_alphanumeric(c) {
                break;
            }
            self.pos += width;
        }
    }

    fn bad_character(&mut self) -> Step {
        let c = self.peek_char().map_or_else(|| "U+FFFFFFFFFFFFFFFF".to_owned(), rune);
        self.fail(format!("bad character {c}"))
    }

    fn at_terminator(&self) -> bool {
        match self.rest().first() {
            None => true,
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(_) => matches!(self.rest(), [b'}', b'}', ..]),
        }
    }

    fn quoted(&mut self, quote: u8, kind: Kind, unterminated: &str) -> Step {
        let mut at = self.pos;
        loop {
            match self.input.get(at).copied() {
                None | Some(b'\n') => return self.fail(unterminated.to_owned()),
                Some(b'\\') => {
                    if matches!(self.input.get(at + 1), None | Some(b'\n')) {
                        return self.fail(unterminated.to_owned());
                    }
                    at += 2;
                }
                Some(b) if b == quote => break,
                Some(_) => at += 1,
            }
        }
        self.pos = at + 1;
        self.emit(kind)
    }

    fn number(&mut self) -> Step {
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.rest().first(), Some(b'+' | b'-')) {
            if !self.scan_number() || self.input.get(self.pos - 1) != Some(&b'i') {
                return self.bad_number();
            }
            return self.emit(Kind::Complex);
        }
        self.emit(Kind::Number)
    }

    fn bad_number(&mut self) -> Step {
        let text = quote(self.input.get(self.start..self.pos).unwrap_or_default());
        self.fail(format!("bad number syntax: {text}"))
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let found = self.rest().first().is_some_and(|b| valid.contains(b));
        if found {
            self.pos += 1;
        }
        found
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        while self.accept(digits) {}
        if self.accept(b".") {
            while self.accept(digits) {}
        }
        if digits.len() == 11 && self.accept(b"eE") || digits.len() == 23 && self.accept(b"pP") {
            self.accept(b"+-");
            while self.accept(b"0123456789_") {}
        }
        self.accept(b"i");
        match decode(self.rest()) {
            Some((c, width)) if is_alphanumeric(c) => {
                self.pos += width;
                false
            }
            _ => true,
        }
    }
}

/// The first character; an invalid byte is U+FFFD of width 1, as in Go.
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((first as char, 1));
    }
    let window = bytes.get(..bytes.len().min(4)).unwrap_or_default();
    let valid = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => {
            std::str::from_utf8(window.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
    };
    Some(valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8())))
}

fn is_space(b: Option<u8>) -> bool {
    matches!(b, Some(b' ' | b'\t' | b'\r' | b'\n'))
}

fn is_alphanumeric(c: char) -> bool {
    if c.is_ascii() {
        return c == '_' || c.is_ascii_alphanumeric();
    }
    matches!(c.general_category_group(), GeneralCategoryGroup::Letter)
        || c.general_category() == GeneralCategory::DecimalNumber
}

fn has_left_trim(rest: &[u8]) -> bool {
    rest.first() == Some(&b'-') && is_space(rest.get(1).copied())
}

/// Whether the closing delimiter stands here, and whether with a trim marker.
fn right_delim(rest: &[u8]) -> Option<bool> {
    match rest {
        [space, b'-', b'}', b'}', ..] if is_space(Some(*space)) => Some(true),
        [b'}', b'}', ..] => Some(false),
        _ => None,
    }
}

/// Where the next opening delimiter stands.
fn left_delim(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'{', text).find(|at| text.get(at + 1) == Some(&b'{'))
}

/// Go's `%#U`.
fn rune(c: char) -> String {
    let printable = crate::fmt::is_print(c);
    let code = c as u32;
    if printable { format!("U+{code:04X} '{c}'") } else { format!("U+{code:04X}") }
}
