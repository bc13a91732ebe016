//! A walk through a script in the order in which it runs: functions at their call, loops once (or once for each of a
//! few known items), every arm of a branch with a note that the others exclude it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::DEEPEST;
use super::lexer::{Part, Range, Token, Word, lex};
use super::parser::{Assignment, Command, Statement, parse, split_assignment};
use crate::discover::{file_name, join, normalize, parent};

/// Stands in a text for something that is not known.
pub(in super::super) const UNKNOWN: char = '\u{1}';
/// Begins a text that is a path from the root of the input.
pub(in super::super) const ROOT: char = '\u{2}';

/// Commands that a script may run; one with more is a loop of loops.
const MOST_COMMANDS: usize = 20_000;
/// Items of a `for` that are gone through one by one.
const MOST_ITEMS: usize = 20;
/// Bytes of a text; variables that double each other must not fill the memory.
const LONGEST: usize = 1 << 16;

/// A word after expansion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Text {
    /// With [`UNKNOWN`] and [`ROOT`].
    pub(in super::super) text: String,
    /// Where it stands in the script.
    pub(in super::super) range: Range,
}

/// The working directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) enum Cwd {
    /// Below the folder in which the script was started, which is not known.
    Start(String),
    /// From the root of the input.
    Known(String),
    /// Somewhere else.
    Unknown,
}

/// What a command reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) enum Stdin {
    /// Nothing that the script says.
    None,
    /// `< file`
    File(Text),
    /// A here-document: its bytes in the script, and whether variables in it are expanded.
    Here(Range, bool),
    /// The commands before the `|`.
    Pipe(Vec<Ran>),
}

/// A command that runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Ran {
    pub(in super::super) words: Vec<Text>,
    pub(in super::super) range: Range,
    pub(in super::super) branches: Vec<(u32, u32)>,
    pub(in super::super) cwd: Cwd,
    pub(in super::super) stdin: Stdin,
    /// It runs in a loop.
    pub(in super::super) looped: bool,
}

/// The commands of a script in the order in which they run. `path` is the script's own, from the root.
pub(in super::super) fn run(text: &str, path: &str) -> Vec<Ran> {
    let mut runner = Runner {
        text,
        path,
        fixed: None,
        state: State::default(),
        functions: BTreeMap::new(),
        out: Vec::new(),
        constructs: 0,
        depth: 0,
    };
    let statements = parse(text, 0, text.len());
    runner.statements(&statements, &Stdin::None);
    runner.out
}

#[derive(Clone)]
struct State {
    variables: BTreeMap<String, Vec<String>>,
    positional: Option<Vec<String>>,
    cwd: Cwd,
    folders: Vec<Cwd>,
    branches: Vec<(u32, u32)>,
    looped: bool,
}

impl Default for State {
    fn default() -> State {
        State {
            variables: BTreeMap::new(),
            positional: None,
            cwd: Cwd::Start(String::new()),
            folders: Vec::new(),
            branches: Vec::new(),
            looped: false,
        }
    }
}

struct Runner<'a> {
    text: &'a str,
    path: &'a str,
    /// The range of everything: the text is a word of another script.
    fixed: Option<Range>,
    state: State,
    functions: BTreeMap<String, Rc<[Statement]>>,
    out: Vec<Ran>,
    constructs: u32,
    depth: usize,
}

impl Runner<'_> {
    fn statements(&mut self, statements: &[Statement], stdin: &Stdin) {
        self.depth += 1;
        if self.depth <= DEEPEST {
            for statement in statements {
                self.statement(statement, stdin);
            }
        }
        self.depth -= 1;
    }

    fn statement(&mut self, statement: &Statement, stdin: &Stdin) {
        if self.out.len() > MOST_COMMANDS {
            return;
        }
        match statement {
            Statement::Command(command) => self.command(command, stdin),
            Statement::Pipe(stages) => {
                let mut stdin = stdin.clone();
                for stage in stages {
                    let before = self.out.len();
                    self.statement(stage, &stdin);
                    stdin = Stdin::Pipe(self.out.get(before..).unwrap_or_default().to_vec());
                }
            }
            Statement::If(arms) => {
                let construct = self.construct();
                for (arm, (condition, body)) in arms.iter().enumerate() {
                    if arm == 0 {
                        self.statements(condition, stdin);
                    }
                    self.state.branches.push((construct, arm as u32));
                    if arm > 0 {
                        self.statements(condition, stdin);
                    }
                    self.statements(body, stdin);
                    self.state.branches.pop();
                }
            }
            Statement::Case(arms) => {
                let construct = self.construct();
                for (arm, body) in arms.iter().enumerate() {
                    self.state.branches.push((construct, arm as u32));
                    self.statements(body, stdin);
                    self.state.branches.pop();
                }
            }
            Statement::While { head, body, .. } => self.in_loop(|runner| {
                runner.statements(head, stdin);
                runner.statements(body, stdin);
            }),
            Statement::For { variable, items, body } => {
                self.for_loop(variable, items.as_deref(), body, stdin)
            }
            Statement::Group(body) => self.statements(body, stdin),
            Statement::Subshell(body) => {
                let before = self.state.clone();
                self.statements(body, stdin);
                self.state = before;
            }
            Statement::Function { name, body } => {
                self.functions.insert(name.clone(), Rc::from(body.as_slice()));
            }
        }
    }

    fn construct(&mut self) -> u32 {
        self.constructs += 1;
        self.constructs
    }

    fn in_loop(&mut self, body: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.state.looped, true);
        body(self);
        self.state.looped = before;
    }

    fn for_loop(&mut self, variable: &str, items: Option<&[Word]>, body: &[Statement], stdin: &Stdin) {
        let mut values = Vec::new();
        for item in items.unwrap_or_default() {
            values.extend(self.expand(item).into_iter().map(|text| text.text));
        }
        let known = !values.is_empty()
            && values.len() <= MOST_ITEMS
            && values.iter().all(|value| !value.contains([UNKNOWN, '*', '{']));
        if !known {
            values = vec![UNKNOWN.to_string()];
        }
        self.in_loop(|runner| {
            for value in values {
                runner.state.variables.insert(variable.to_string(), vec![value]);
                runner.statements(body, stdin);
            }
        });
    }

    fn command(&mut self, command: &Command, stdin: &Stdin) {
        let assigned: Vec<(&Assignment, Vec<String>)> = command
            .assignments
            .iter()
            .map(|assignment| (assignment, self.fields(&assignment.values)))
            .collect();
        if command.words.is_empty() {
            for (assignment, values) in assigned {
                self.assign(assignment, values);
            }
            return;
        }
        if matches!(
            command.words.first().and_then(Word::keyword),
            Some("export" | "local" | "readonly" | "declare" | "typeset")
        ) {
            for word in command.words.iter().skip(1) {
                if let Some(assignment) = split_assignment(word) {
                    let values = self.fields(&assignment.values);
                    self.assign(&assignment, values);
                }
            }
            return;
        }
        let mut words = Vec::new();
        for word in &command.words {
            words.extend(self.expand(word));
        }
        if words.is_empty() {
            return;
        }
        let stdin = match (&command.stdin, command.here) {
            (_, Some((range, expands))) => Stdin::Here(range, expands),
            (Some(word), None) => self.expand(word).into_iter().next().map_or(Stdin::None, Stdin::File),
            (None, None) => stdin.clone(),
        };
        self.simple(words, command.range, stdin);
    }

    fn simple(&mut self, words: Vec<Text>, range: Range, stdin: Stdin) {
        let name = words.first().map(|word| word.text.clone()).unwrap_or_default();
        match name.as_str() {
            "cd" | "pushd" => {
                if name == "pushd" {
                    self.state.folders.push(self.state.cwd.clone());
                }
                let target = words.iter().skip(1).find(|word| !word.text.starts_with('-'));
                self.state.cwd = target.map_or(Cwd::Unknown, |target| self.folder(&target.text));
            }
            "popd" => {
                if let Some(folder) = self.state.folders.pop() {
                    self.state.cwd = folder;
                }
            }
            _ if self.functions.contains_key(&name) => self.call(&name, &words, &stdin),
            _ => {
                if let Some(inner) = nested_script(&words) {
                    self.nested(&inner, range);
                }
                let range = self.fixed.unwrap_or(range);
                self.out.push(Ran {
                    words,
                    range,
                    branches: self.state.branches.clone(),
                    cwd: self.state.cwd.clone(),
                    stdin,
                    looped: self.state.looped,
                });
            }
        }
    }

    fn call(&mut self, name: &str, words: &[Text], stdin: &Stdin) {
        let Some(body) = self.functions.get(name).cloned() else { return };
        let arguments = words.iter().skip(1).map(|word| word.text.clone()).collect();
        let before = self.state.positional.replace(arguments);
        // Recursion ends at the limit of depth.
        self.statements(&body, stdin);
        self.state.positional = before;
    }

    /// `sh -c '…'`: its commands run here; their range is the whole command's.
    fn nested(&mut self, inner: &str, range: Range) {
        if self.depth > DEEPEST / 2 {
            return;
        }
        let mut runner = Runner {
            text: inner,
            path: self.path,
            fixed: Some(self.fixed.unwrap_or(range)),
            state: self.state.clone(),
            functions: BTreeMap::new(),
            out: Vec::new(),
            constructs: self.constructs,
            depth: self.depth + 1,
        };
        let statements = parse(inner, 0, inner.len());
        runner.statements(&statements, &Stdin::None);
        self.constructs = runner.constructs;
        self.out.append(&mut runner.out);
    }

    fn assign(&mut self, assignment: &Assignment, mut values: Vec<String>) {
        let slot = self.state.variables.entry(assignment.name.clone()).or_default();
        if assignment.appends {
            if let (Some(last), [only]) = (slot.last_mut(), values.as_slice())
                && assignment.values.first().is_some_and(|word| word.quoted)
                && last.len() + only.len() < LONGEST
            {
                last.push_str(only);
                return;
            }
            slot.append(&mut values);
            slot.truncate(1000);
        } else {
            *slot = values;
        }
    }

    fn folder(&self, target: &str) -> Cwd {
        if target.contains(UNKNOWN) || target == "-" || target.starts_with(['/', '~']) {
            return Cwd::Unknown;
        }
        if let Some(path) = target.strip_prefix(ROOT) {
            return normalize(path).map_or(Cwd::Unknown, Cwd::Known);
        }
        match &self.state.cwd {
            Cwd::Known(folder) => join(folder, target).map_or(Cwd::Unknown, Cwd::Known),
            Cwd::Start(folder) if folder.is_empty() => Cwd::Start(target.to_string()),
            Cwd::Start(folder) if folder.len() < LONGEST => Cwd::Start(format!("{folder}/{target}")),
            _ => Cwd::Unknown,
        }
    }

    /// The texts of words, each one field: on the right of `=` nothing is split.
    fn fields(&mut self, words: &[Word]) -> Vec<String> {
        words
            .iter()
            .map(|word| self.expand(word).into_iter().map(|it| it.text).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// A word after expansion: none, one or several fields.
    fn expand(&mut self, word: &Word) -> Vec<Text> {
        let mut fields: Vec<String> = vec![String::new()];
        let mut any = word.quoted;
        for part in &word.parts {
            let (values, quoted) = match part {
                Part::Text(text) => (vec![text.clone()], true),
                Part::Unknown => (vec![UNKNOWN.to_string()], true),
                Part::Variable { name, operator, quoted } => (self.variable(name, operator), *quoted),
                Part::Command { range, quoted } => (vec![self.substitution(*range)], *quoted),
            };
            for (index, value) in values.iter().enumerate() {
                let mut pieces: Vec<&str> = vec![value];
                if !quoted {
                    pieces = value.split_whitespace().collect();
                }
                for (at, piece) in pieces.into_iter().enumerate() {
                    if (index > 0 || at > 0) && fields.len() < 1000 {
                        fields.push(String::new());
                    }
                    any |= !piece.is_empty();
                    if let Some(last) = fields.last_mut()
                        && last.len() + piece.len() < LONGEST
                    {
                        last.push_str(piece);
                    }
                }
            }
        }
        let range = self.fixed.unwrap_or(word.range);
        if any { fields.into_iter().map(|text| Text { text, range }).collect() } else { Vec::new() }
    }

    fn variable(&mut self, name: &str, operator: &str) -> Vec<String> {
        let own = || vec![format!("{ROOT}{}", self.path)];
        let value = match name {
            "0" => Some(own()),
            "BASH_SOURCE" => Some(own()),
            "PWD" => Some(vec![self.cwd_text()]),
            "@" | "*" => self.state.positional.clone(),
            _ => match (name.parse::<usize>(), &self.state.positional) {
                (Ok(number), Some(arguments)) => {
                    number.checked_sub(1).and_then(|at| arguments.get(at)).map(|value| vec![value.clone()])
                }
                (Ok(_), None) => None,
                (Err(_), _) => self.state.variables.get(name).cloned(),
            },
        };
        let operator = operator.strip_prefix("[0]").unwrap_or(operator);
        let unknown = || vec![UNKNOWN.to_string()];
        match operator {
            "[@]" | "[*]" => value.unwrap_or_else(unknown),
            "" => value
                .map(|values| values.into_iter().take(if name == "@" { 1000 } else { 1 }).collect())
                .unwrap_or_else(unknown),
            "%/*" | "%%/*" => {
                value.and_then(|values| Some(vec![folder_of(values.first()?)])).unwrap_or_else(unknown)
            }
            "##*/" => value
                .and_then(|values| Some(vec![file_name(values.first()?).to_string()]))
                .unwrap_or_else(unknown),
            _ => {
                let default = [":-", "-", ":=", "="].iter().find_map(|prefix| operator.strip_prefix(prefix));
                let set = value.filter(|values| values.iter().any(|value| !value.is_empty()));
                match (set, default) {
                    (Some(values), Some(_)) => values,
                    (Some(values), None) if operator.starts_with(":?") || operator.starts_with('?') => values,
                    (None, Some(default)) => vec![self.default_text(default)],
                    _ => unknown(),
                }
            }
        }
    }

    /// The default in `${X:-default}`.
    fn default_text(&mut self, default: &str) -> String {
        let mut texts = Vec::new();
        for token in lex(default, 0, default.len()) {
            if let Token::Word(word) = token {
                for part in &word.parts {
                    match part {
                        Part::Text(text) => texts.push(text.clone()),
                        Part::Variable { name, operator, .. } if operator.is_empty() => {
                            texts.extend(self.variable(name, ""));
                        }
                        _ => texts.push(UNKNOWN.to_string()),
                    }
                }
            }
        }
        texts.concat()
    }

    fn cwd_text(&self) -> String {
        match &self.state.cwd {
            Cwd::Known(folder) => format!("{ROOT}{folder}"),
            Cwd::Start(folder) if folder.is_empty() => ".".to_string(),
            Cwd::Start(folder) => folder.clone(),
            Cwd::Unknown => UNKNOWN.to_string(),
        }
    }

    /// What `$(…)` prints, for the few commands that scripts find their own place with.
    fn substitution(&mut self, range: Range) -> String {
        let unknown = UNKNOWN.to_string();
        if self.depth > DEEPEST / 2 {
            return unknown;
        }
        let before = self.state.clone();
        let start = self.out.len();
        let statements = parse(self.text, range.0, range.1);
        self.statements(&statements, &Stdin::None);
        self.state = before;
        let Some(last) = self.out.get(start..).and_then(|ran| ran.last()) else { return unknown };
        let words: Vec<&str> = last.words.iter().map(|word| word.text.as_str()).collect();
        let argument = || words.iter().skip(1).rev().find(|word| !word.starts_with('-')).copied();
        match words.first().copied().map(file_name) {
            Some("pwd") => match &last.cwd {
                Cwd::Known(folder) => format!("{ROOT}{folder}"),
                Cwd::Start(folder) if folder.is_empty() => ".".to_string(),
                Cwd::Start(folder) => folder.clone(),
                Cwd::Unknown => unknown,
            },
            Some("dirname") => argument().map_or(unknown, folder_of),
            Some("basename") if words.len() == 2 => {
                argument().map_or(unknown, |path| file_name(path).to_string())
            }
            Some("realpath" | "readlink") => argument().map_or(unknown, str::to_string),
            Some("git") if words.contains(&"--show-toplevel") => ROOT.to_string(),
            Some("echo") => words.get(1..).unwrap_or_default().join(" "),
            _ => unknown,
        }
    }
}

fn folder_of(path: &str) -> String {
    match path.strip_prefix(ROOT) {
        Some(path) => format!("{ROOT}{}", parent(path)),
        None if path.contains(UNKNOWN) && !path.contains('/') => UNKNOWN.to_string(),
        None if path.contains('/') => parent(path).to_string(),
        None => ".".to_string(),
    }
}

/// The script of `sh -c '…'`, also behind `timeout 60` and the like.
fn nested_script(words: &[Text]) -> Option<String> {
    let shell = words
        .iter()
        .take(6)
        .position(|word| matches!(file_name(&word.text), "sh" | "bash" | "zsh" | "ash"))?;
    // What runs in a pod does not deploy from here.
    if words.iter().take(shell).any(|word| matches!(word.text.as_str(), "run" | "exec" | "ssh" | "docker")) {
        return None;
    }
    let flag = words
        .get(shell + 1..)?
        .iter()
        .position(|word| word.text.starts_with('-') && word.text.ends_with('c'))?;
    let inner = words.get(shell + 2 + flag)?;
    (!inner.text.contains(UNKNOWN)).then(|| inner.text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<String> {
        run(text, "scripts/up.sh")
            .iter()
            .map(|ran| {
                let words: Vec<&str> = ran.words.iter().map(|word| word.text.as_str()).collect();
                words.join(" ").replace(UNKNOWN, "?").replace(ROOT, "//")
            })
            .collect()
    }

    #[test]
    fn quotes_continuations_comments_and_pipes() {
        let text = "#!/bin/sh\nset -e # why\nkubectl apply \\\n  -f 'a b.yaml' -n \"x\" | tee log; echo a#b && ls >out 2>&1\n";
        assert_eq!(commands(text), ["set -e", "kubectl apply -f a b.yaml -n x", "tee log", "echo a#b", "ls"]);
    }

    #[test]
    fn functions_run_where_they_are_called() {
        let text = "app() {\n  kubectl apply -f \"$1\"\n}\nfunction agent { helm install a b; }\nmain() { agent; app x.yaml; }\nmain \"$@\"\n";
        assert_eq!(commands(text), ["helm install a b", "kubectl apply -f x.yaml"]);
        assert_eq!(commands("f() { f; }\nf\n"), Vec::<String>::new());
    }

    #[test]
    fn variables_that_the_script_sets_are_known() {
        let text = "NS=dd\nREL=\"agent-${NS}\"\nARGS=(--set a=b)\nARGS+=(-f v.yaml)\nhelm install \"$REL\" x \"${ARGS[@]}\" -n ${NS:-y} $HOME ${Q:-z} $EXTRA\n";
        assert_eq!(commands(text), ["helm install agent-dd x --set a=b -f v.yaml -n dd ? z ?"]);
    }

    #[test]
    fn scripts_find_their_own_folder() {
        let text = "DIR=\"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)\"\nROOT=\"$DIR/..\"\nkubectl apply -f $ROOT/k8s\ncd \"$(git rev-parse --show-toplevel)/x\"\nkubectl apply -f y\n";
        let ran = run(text, "scripts/up.sh");
        let apply: Vec<&Ran> = ran.iter().filter(|ran| ran.words[0].text == "kubectl").collect();
        assert_eq!(apply[0].words[3].text, format!("{ROOT}scripts/../k8s"));
        assert_eq!(apply[1].cwd, Cwd::Known("x".into()));
    }

    #[test]
    fn branches_exclude_each_other() {
        let text = "a\nif x; then b; elif y; then c; else d; fi\ncase $1 in up|start) e ;; *) f ;; esac\n";
        let ran = run(text, "s.sh");
        let of = |name: &str| ran.iter().find(|ran| ran.words[0].text == name).expect(name).branches.clone();
        assert_eq!(of("a"), []);
        assert_eq!(of("x"), []);
        assert_eq!((of("b"), of("c"), of("d")), (vec![(1, 0)], vec![(1, 1)], vec![(1, 2)]));
        assert_eq!((of("e"), of("f")), (vec![(2, 0)], vec![(2, 1)]));
    }

    #[test]
    fn loops_and_here_documents() {
        let text = "for f in a b; do kubectl apply -f $f.yaml; done\nuntil curl -s x; do sleep 1; done\ncat <<EOF | kubectl apply -f -\nkind: X\nEOF\nkubectl apply -f - <<'E'\ny: $z\nE\nlast\n";
        let ran = run(text, "s.sh");
        assert_eq!(commands(text)[..2], ["kubectl apply -f a.yaml", "kubectl apply -f b.yaml"]);
        assert!(ran.iter().any(|ran| ran.words[0].text == "curl" && ran.looped));
        let heres: Vec<&str> = ran
            .iter()
            .filter_map(|ran| match &ran.stdin {
                Stdin::Here(range, _) => text.get(range.0..range.1),
                _ => None,
            })
            .collect();
        assert_eq!(heres, ["kind: X\n", "y: $z\n"]);
        assert_eq!(ran.last().map(|ran| ran.words[0].text.as_str()), Some("last"));
    }

    #[test]
    fn nonsense_ends() {
        let deep = "(".repeat(5000);
        let ifs = "if a; then ".repeat(3000);
        for text in [
            "'",
            "\"$(",
            "${",
            "<<",
            "<<EOF\n",
            "case",
            "for",
            "esac ) } done",
            "a=(",
            "f(",
            "`",
            "$((",
            "é=$é 'ü",
            ";;;",
            &deep,
            &ifs,
        ] {
            let _ = run(text, "s.sh");
        }
        assert_eq!(commands("done; b\n"), ["b"]);
        assert_eq!(commands("timeout 60 bash -c 'until curl -s x; do sleep 1; done'\n").len(), 3);
    }
}
