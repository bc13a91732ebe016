//! Statements: which commands stand in which branch, loop, function.

use super::DEEPEST;
use super::lexer::{Range, Token, Word, lex};

/// A simple command.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Command {
    /// `X=y` before the words.
    pub(super) assignments: Vec<Assignment>,
    pub(super) words: Vec<Word>,
    /// `< file`
    pub(super) stdin: Option<Word>,
    /// The body of a here-document, and whether variables in it are expanded.
    pub(super) here: Option<(Range, bool)>,
    pub(super) range: Range,
}

/// `X=y`, `X=(a b)`
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) values: Vec<Word>,
    pub(super) appends: bool,
}

/// A statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Statement {
    Command(Command),
    Pipe(Vec<Statement>),
    /// Condition and body of each arm; the last one's condition is empty for `else`.
    If(Vec<(Vec<Statement>, Vec<Statement>)>),
    Case(Vec<Vec<Statement>>),
    /// `while`, `until`: head and body. The range covers head and body.
    While {
        head: Vec<Statement>,
        body: Vec<Statement>,
        range: Range,
    },
    For {
        variable: String,
        items: Option<Vec<Word>>,
        body: Vec<Statement>,
    },
    Group(Vec<Statement>),
    Subshell(Vec<Statement>),
    Function {
        name: String,
        body: Vec<Statement>,
    },
}

/// The statements between two bytes of a script.
pub(super) fn parse(text: &str, start: usize, end: usize) -> Vec<Statement> {
    let tokens = lex(text, start, end);
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let mut out = Vec::new();
    while parser.at < parser.tokens.len() {
        let before = parser.at;
        out.extend(parser.list(&[]));
        if parser.at == before {
            // A word that closes nothing: go on behind it.
            parser.at += 1;
        }
    }
    out
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn keyword(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => word.keyword(),
            _ => None,
        }
    }

    fn take(&mut self, keyword: &str) -> bool {
        let found = self.keyword() == Some(keyword);
        if found {
            self.at += 1;
        }
        found
    }

    fn skip_lines(&mut self) {
        while matches!(self.peek(), Some(Token::Separator("\n" | ";"))) {
            self.at += 1;
        }
    }

    /// Statements up to one of the closing words, or a closing parenthesis, or the end of a `case` arm.
    fn list(&mut self, closing: &[&str]) -> Vec<Statement> {
        const CLOSING: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];
        let mut out = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token::Close | Token::ArmEnd) => return out,
                Some(Token::Separator(_) | Token::Pipe | Token::HereDocument { .. }) => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            if self.keyword().is_some_and(|word| closing.contains(&word) || CLOSING.contains(&word)) {
                return out;
            }
            let before = self.at;
            out.extend(self.pipeline());
            if self.at == before {
                self.at += 1;
            }
        }
    }

    fn pipeline(&mut self) -> Option<Statement> {
        while self.take("!") {}
        let mut stages = vec![self.statement()?];
        while self.peek() == Some(&Token::Pipe) {
            self.at += 1;
            self.skip_lines();
            stages.extend(self.statement());
        }
        if stages.len() == 1 { stages.pop() } else { Some(Statement::Pipe(stages)) }
    }

    fn statement(&mut self) -> Option<Statement> {
        self.depth += 1;
        let statement = if self.depth > DEEPEST {
            self.at = self.tokens.len();
            None
        } else {
            self.compound()
        };
        self.depth -= 1;
        statement
    }

    fn compound(&mut self) -> Option<Statement> {
        if let Some(Token::Open(_)) = self.peek() {
            self.at += 1;
            let body = self.list(&[]);
            if self.peek() == Some(&Token::Close) {
                self.at += 1;
            }
            self.redirections();
            return Some(Statement::Subshell(body));
        }
        let start = self.range_here().0;
        let statement = match self.keyword() {
            Some("if") => self.if_statement(),
            Some("case") => self.case(),
            Some("while" | "until") => {
                self.at += 1;
                let head = self.list(&["do"]);
                let body = self.do_block();
                let end = self.range_before().1;
                Statement::While { head, body, range: (start, end) }
            }
            Some("for" | "select") => self.for_loop(),
            Some("{") => {
                self.at += 1;
                let body = self.list(&["}"]);
                self.take("}");
                Statement::Group(body)
            }
            Some("function") => {
                self.at += 1;
                let name = self.keyword().unwrap_or_default().to_string();
                self.at += 1;
                self.function(name)
            }
            _ => return self.command(),
        };
        self.redirections();
        Some(statement)
    }

    fn range_here(&self) -> Range {
        match self.peek() {
            Some(Token::Word(word)) => word.range,
            _ => (0, 0),
        }
    }

    fn range_before(&self) -> Range {
        match self.at.checked_sub(1).and_then(|at| self.tokens.get(at)) {
            Some(Token::Word(word)) => word.range,
            _ => (0, 0),
        }
    }

    /// `> file` behind a compound statement.
    fn redirections(&mut self) {
        while let Some(Token::Redirect(_) | Token::HereDocument { .. }) = self.peek() {
            if matches!(self.peek(), Some(Token::Redirect(_))) {
                self.at += 1;
            }
            self.at += 1;
        }
    }

    fn if_statement(&mut self) -> Statement {
        let mut arms = Vec::new();
        self.at += 1;
        loop {
            let condition = self.list(&["then"]);
            self.take("then");
            arms.push((condition, self.list(&["elif", "else", "fi"])));
            if self.take("elif") {
                continue;
            }
            if self.take("else") {
                arms.push((Vec::new(), self.list(&["fi"])));
            }
            self.take("fi");
            return Statement::If(arms);
        }
    }

    fn case(&mut self) -> Statement {
        self.at += 2;
        self.skip_lines();
        self.take("in");
        let mut arms = Vec::new();
        loop {
            self.skip_lines();
            if self.peek().is_none() || self.take("esac") {
                return Statement::Case(arms);
            }
            // The pattern: words and bars up to `)`.
            let before = self.at;
            while !matches!(self.peek(), None | Some(Token::Close)) {
                self.at += 1;
            }
            self.at += 1;
            let body = self.list(&["esac"]);
            arms.push(body);
            if self.peek() == Some(&Token::ArmEnd) {
                self.at += 1;
            }
            if self.at == before {
                self.at += 1;
            }
        }
    }

    fn do_block(&mut self) -> Vec<Statement> {
        self.skip_lines();
        self.take("do");
        let body = self.list(&["done"]);
        self.take("done");
        body
    }

    fn for_loop(&mut self) -> Statement {
        self.at += 1;
        if let Some(Token::Open(_)) = self.peek() {
            // for ((i = 0; i < 3; i++))
            while !matches!(self.peek(), None | Some(Token::Close)) {
                self.at += 1;
            }
            while self.peek() == Some(&Token::Close) {
                self.at += 1;
            }
            return Statement::For { variable: String::new(), items: None, body: self.do_block() };
        }
        let variable = self.keyword().unwrap_or_default().to_string();
        self.at += 1;
        self.skip_lines();
        let mut items = None;
        if self.take("in") {
            let mut words = Vec::new();
            while let Some(Token::Word(word)) = self.peek() {
                words.push(word.clone());
                self.at += 1;
            }
            items = Some(words);
        }
        Statement::For { variable, items, body: self.do_block() }
    }

    fn function(&mut self, name: String) -> Statement {
        if let Some(Token::Open(_)) = self.peek() {
            self.at += 1;
            if self.peek() == Some(&Token::Close) {
                self.at += 1;
            }
        }
        self.skip_lines();
        let body = self.statement().into_iter().collect();
        Statement::Function { name, body }
    }

    fn command(&mut self) -> Option<Statement> {
        let mut command = Command::default();
        let begin = self.at;
        loop {
            match self.peek() {
                Some(Token::Word(word)) => {
                    let word = word.clone();
                    self.at += 1;
                    if command.words.is_empty() {
                        if let Some(assignment) = self.assignment(&word) {
                            command.assignments.push(assignment);
                            self.cover(&mut command.range, word.range);
                            continue;
                        }
                        if let (Some(Token::Open(_)), Some(Token::Close), Some(name)) =
                            (self.peek(), self.tokens.get(self.at + 1), word.keyword())
                        {
                            let name = name.to_string();
                            return Some(self.function(name));
                        }
                    }
                    self.cover(&mut command.range, word.range);
                    command.words.push(word);
                }
                Some(Token::Redirect(operator)) => {
                    let reads = *operator == "<";
                    self.at += 1;
                    if let Some(Token::Word(word)) = self.peek() {
                        let word = word.clone();
                        self.at += 1;
                        if reads {
                            command.stdin = Some(word);
                        }
                    }
                }
                Some(Token::HereDocument { range, expands }) => {
                    command.here = Some((*range, *expands));
                    self.at += 1;
                }
                // `a(` that is no function: skip to its end.
                Some(Token::Open(_)) if self.at > begin => {
                    while !matches!(self.peek(), None | Some(Token::Close | Token::Separator("\n"))) {
                        self.at += 1;
                    }
                    if self.peek() == Some(&Token::Close) {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        (self.at > begin).then_some(Statement::Command(command))
    }

    fn cover(&self, range: &mut Range, word: Range) {
        *range = if *range == (0, 0) { word } else { (range.0.min(word.0), range.1.max(word.1)) };
    }

    /// `X=y`, `X+=y`, `X=(a b)`; the last needs the tokens that follow.
    fn assignment(&mut self, word: &Word) -> Option<Assignment> {
        let mut assignment = split_assignment(word)?;
        if let Some(Token::Open(at)) = self.peek()
            && *at == word.range.1
        {
            self.at += 1;
            assignment.values.clear();
            loop {
                match self.peek() {
                    Some(Token::Word(item)) => assignment.values.push(item.clone()),
                    None | Some(Token::Close) => {
                        self.at += 1;
                        break;
                    }
                    _ => {}
                }
                self.at += 1;
            }
        }
        Some(assignment)
    }
}

/// `X=y` as a word.
pub(super) fn split_assignment(word: &Word) -> Option<Assignment> {
    use super::lexer::Part;
    let (Some(Part::Text(first)), rest) = (word.parts.first(), word.parts.get(1..).unwrap_or_default())
    else {
        return None;
    };
    let (name, value) = first.split_once('=')?;
    let (name, appends) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return None;
    }
    let mut parts = vec![Part::Text(value.to_string())];
    parts.extend(rest.iter().cloned());
    let range = (word.range.0 + first.len() - value.len(), word.range.1);
    let value = Word { range, parts, quoted: true };
    Some(Assignment { name: name.to_string(), values: vec![value], appends })
}
