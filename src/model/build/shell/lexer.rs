//! Words and operators of a shell script, with their bytes.

/// Byte range in the script.
pub(super) type Range = (usize, usize);

/// A piece of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// Text as it is.
    Text(String),
    /// `$X`, `${X…}`: the name and what follows it in the braces.
    Variable { name: String, operator: String, quoted: bool },
    /// `$(…)` and backticks: the bytes between.
    Command { range: Range, quoted: bool },
    /// `$((…))`, `<(…)` and the like.
    Unknown,
}

/// A word.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Word {
    pub(super) range: Range,
    pub(super) parts: Vec<Part>,
    /// Some of it stood in quotes: it is no keyword and no assignment.
    pub(super) quoted: bool,
}

impl Word {
    /// The text of a word without anything to expand.
    pub(super) fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text of a word that may be a keyword.
    pub(super) fn keyword(&self) -> Option<&str> {
        if self.quoted { None } else { self.plain() }
    }
}

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Word(Word),
    /// `;`, `&`, `&&`, `||`, a line's end.
    Separator(&'static str),
    /// `|`, `|&`
    Pipe,
    /// `;;` and its variants
    ArmEnd,
    Open(usize),
    Close,
    /// A redirection; its target is the next word.
    Redirect(&'static str),
    /// The body of a here-document, and whether variables in it are expanded. Follows its delimiter.
    HereDocument {
        range: Range,
        expands: bool,
    },
}

/// Cuts the bytes from `start` to `end` into tokens.
pub(super) fn lex(text: &str, start: usize, end: usize) -> Vec<Token> {
    let mut lexer = Lexer { text, at: start, end, out: Vec::new(), pending: Vec::new() };
    while lexer.at < end {
        lexer.token();
    }
    lexer.bodies();
    lexer.out
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    out: Vec<Token>,
    /// Here-documents whose bodies begin at the next line: delimiter, quoted, tabs stripped, place in `out`.
    pending: Vec<(String, bool, bool, usize)>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn token(&mut self) {
        // Longer operators first.
        const SEPARATORS: [&str; 5] = ["&&", "||", ";", "&", "\n"];
        const REDIRECTS: [&str; 10] = ["&>>", "&>", ">>", ">&", "<&", "<>", ">|", "<<<", ">", "<"];
        match self.peek() {
            None => self.at = self.end,
            Some(' ' | '\t' | '\r') => self.at += 1,
            Some('\\') if self.rest().starts_with("\\\n") => self.at += 2,
            Some('\\') if self.rest().starts_with("\\\r\n") => self.at += 3,
            Some('#') => {
                let length = self.rest().find('\n').unwrap_or(self.rest().len());
                self.at += length;
            }
            Some('\n') => {
                self.at += 1;
                self.out.push(Token::Separator("\n"));
                self.bodies();
            }
            Some(';') if self.rest().starts_with(";;") => {
                self.at += 2;
                let _ = self.eat("&");
                self.out.push(Token::ArmEnd);
            }
            Some('(') => {
                self.out.push(Token::Open(self.at));
                self.at += 1;
            }
            Some(')') => {
                self.at += 1;
                self.out.push(Token::Close);
            }
            Some('<') if self.rest().starts_with("<<") && !self.rest().starts_with("<<<") => {
                self.at += 2;
                let strips = self.eat("-");
                self.here_document(strips);
            }
            Some('<' | '>') if self.rest().starts_with("<(") || self.rest().starts_with(">(") => {
                let start = self.at;
                self.at += 1;
                self.parenthesized();
                let range = (start, self.at);
                self.out.push(Token::Word(Word { range, parts: vec![Part::Unknown], quoted: true }));
            }
            Some(_) => {
                if let Some(operator) = REDIRECTS.iter().find(|operator| self.rest().starts_with(**operator))
                {
                    self.at += operator.len();
                    self.out.push(Token::Redirect(operator));
                } else if self.eat("|&") {
                    self.out.push(Token::Pipe);
                } else if let Some(operator) =
                    SEPARATORS.iter().find(|operator| self.rest().starts_with(**operator))
                {
                    self.at += operator.len();
                    self.out.push(Token::Separator(operator));
                } else if self.eat("|") {
                    self.out.push(Token::Pipe);
                } else {
                    let word = self.word();
                    // `2>`: the digit belongs to the redirection.
                    let is_number =
                        word.plain().is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
                    if !(is_number && self.rest().starts_with(['<', '>'])) {
                        self.out.push(Token::Word(word));
                    }
                }
            }
        }
    }

    fn here_document(&mut self, strips: bool) {
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
        let word = self.word();
        let delimiter: String = word
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Variable { name, .. } => name.as_str(),
                _ => "",
            })
            .collect();
        self.pending.push((delimiter, word.quoted, strips, self.out.len()));
        self.out.push(Token::HereDocument { range: (self.at, self.at), expands: !word.quoted });
    }

    /// Reads the bodies of the here-documents that the last line began.
    fn bodies(&mut self) {
        for (delimiter, _, strips, index) in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut body_end = self.end;
            while self.at < self.end {
                let length = self.rest().find('\n').map_or(self.rest().len(), |at| at + 1);
                let line = self.rest().get(..length).unwrap_or_default().trim_end_matches(['\n', '\r']);
                let line = if strips { line.trim_start_matches('\t') } else { line };
                let is_last = line == delimiter;
                let line_start = self.at;
                self.at += length.max(1);
                if is_last {
                    body_end = line_start;
                    break;
                }
            }
            self.at = self.at.min(self.end);
            if let Some(Token::HereDocument { range, .. }) = self.out.get_mut(index) {
                *range = (start.min(body_end), body_end);
            }
        }
    }

    fn word(&mut self) -> Word {
        let start = self.at;
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut quoted = false;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | ')' => break,
                // `a=(1 2)` and `f()` are the parser's.
                '(' => break,
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') | None => {}
                        Some('\r') => {
                            let _ = self.eat("\n");
                        }
                        Some(c) => {
                            text.push(c);
                            quoted = true;
                        }
                    }
                }
                '\'' => {
                    self.at += 1;
                    quoted = true;
                    while let Some(c) = self.next() {
                        if c == '\'' {
                            break;
                        }
                        text.push(c);
                    }
                }
                '"' => {
                    self.at += 1;
                    quoted = true;
                    self.double_quoted(&mut parts, &mut text);
                }
                '$' => self.dollar(&mut parts, &mut text, false),
                '`' => self.backticks(&mut parts, &mut text, false),
                _ => {
                    self.at += c.len_utf8();
                    text.push(c);
                }
            }
        }
        if self.at == start {
            // A character that begins no word: never stand still.
            self.next();
        }
        if !text.is_empty() || parts.is_empty() {
            parts.push(Part::Text(text));
        }
        Word { range: (start, self.at), parts, quoted }
    }

    fn double_quoted(&mut self, parts: &mut Vec<Part>, text: &mut String) {
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') | None => {}
                        Some(c @ ('"' | '\\' | '$' | '`')) => text.push(c),
                        Some(c) => {
                            text.push('\\');
                            text.push(c);
                        }
                    }
                }
                '$' => self.dollar(parts, text, true),
                '`' => self.backticks(parts, text, true),
                _ => {
                    self.at += c.len_utf8();
                    text.push(c);
                }
            }
        }
    }

    fn dollar(&mut self, parts: &mut Vec<Part>, text: &mut String, quoted: bool) {
        self.at += 1;
        let part = match self.peek() {
            Some('(') if self.rest().starts_with("((") => {
                self.parenthesized();
                Part::Unknown
            }
            Some('(') => {
                let start = self.at + 1;
                self.parenthesized();
                let end = self.at.saturating_sub(1).max(start);
                Part::Command { range: (start, end), quoted }
            }
            Some('{') => {
                self.at += 1;
                self.braces(quoted)
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let length = self.rest().find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let name =
                    self.rest().get(..length.unwrap_or(self.rest().len())).unwrap_or_default().to_string();
                self.at += name.len();
                Part::Variable { name, operator: String::new(), quoted }
            }
            Some(c @ ('0'..='9' | '@' | '*' | '#' | '?' | '!' | '$' | '-')) => {
                self.at += 1;
                Part::Variable { name: c.to_string(), operator: String::new(), quoted }
            }
            // `$'…'` is a quoted string, `$"…"` too.
            Some('\'') => return,
            _ => {
                text.push('$');
                return;
            }
        };
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(text)));
        }
        parts.push(part);
    }

    fn braces(&mut self, quoted: bool) -> Part {
        let start = self.at;
        let mut depth = 1_usize;
        while let Some(c) = self.next() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                '\\' => {
                    self.next();
                }
                '\'' if !quoted => self.skip_to('\''),
                '"' if !quoted => self.skip_to('"'),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let inner = self.text.get(start..self.at.saturating_sub(1).max(start)).unwrap_or_default();
        let length = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, operator) = inner.split_at(length);
        if name.is_empty() {
            // `${#x}`, `${!x}`, `${@}`
            let name = inner.chars().next().filter(|_| inner.chars().count() == 1).map(String::from);
            return name.map_or(Part::Unknown, |name| Part::Variable {
                name,
                operator: String::new(),
                quoted,
            });
        }
        Part::Variable { name: name.to_string(), operator: operator.to_string(), quoted }
    }

    fn backticks(&mut self, parts: &mut Vec<Part>, text: &mut String, quoted: bool) {
        self.at += 1;
        let start = self.at;
        let length = self.rest().find('`').unwrap_or(self.rest().len());
        let range = (start, start + length);
        self.at = (start + length + 1).min(self.end);
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(text)));
        }
        parts.push(Part::Command { range, quoted });
    }

    fn skip_to(&mut self, quote: char) {
        while let Some(c) = self.next() {
            match c {
                '\\' if quote == '"' => {
                    self.next();
                }
                c if c == quote => return,
                _ => {}
            }
        }
    }

    /// Skips from a `(` to behind its `)`, minding quotes and comments.
    fn parenthesized(&mut self) {
        let mut depth = 0_usize;
        let mut before = ' ';
        while let Some(c) = self.next() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                '\\' => {
                    self.next();
                }
                '\'' => self.skip_to('\''),
                '"' => self.skip_quoted(),
                '#' if before.is_whitespace() => {
                    let length = self.rest().find('\n').unwrap_or(self.rest().len());
                    self.at += length;
                }
                _ => {}
            }
            before = c;
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips a double-quoted string in which `$(…)` may hold quotes of its own.
    fn skip_quoted(&mut self) {
        let mut depth = 0_usize;
        while let Some(c) = self.next() {
            match c {
                '\\' => {
                    self.next();
                }
                '$' if self.rest().starts_with('(') => {
                    depth += 1;
                    self.at += 1;
                }
                ')' if depth > 0 => depth -= 1,
                '"' if depth > 0 => self.skip_to('"'),
                '"' => return,
                _ => {}
            }
        }
    }
}
