//! The Go program beside the target, where there is one: a line in, a line out.

use crate::notation::note;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ddlint_helm::text::Text;
use ddlint_helm::value::Value;
use serde_json::Value as Json;
use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

struct Go {
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

thread_local! {
    static GO: RefCell<Option<Go>> = RefCell::new(start());
}

fn start() -> Option<Go> {
    let program = std::env::var_os("DDLINT_ENCODERS")?;
    let mut command = Command::new(program);
    let mut child = command.arg("flush").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let (input, output) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
    Some(Go { _child: child, input, output })
}

/// Compares with Go, where there is one. Go's own order of keys can depend on chance: then several answers count.
pub(crate) fn compare(value: &Value, ours: &[(&str, &Text)]) {
    GO.with_borrow_mut(|go| {
        let Some(go) = go else { return };
        for attempt in 0..40 {
            writeln!(go.input, "{}", note(value)).expect("the Go program reads");
            let mut line = String::new();
            go.output.read_line(&mut line).expect("the Go program answers");
            let answer: Json = serde_json::from_str(&line).expect("JSON");
            let theirs = |name: &str| STANDARD.decode(answer[name].as_str().expect("text")).expect("base64");
            let Some((name, text)) = ours.iter().find(|(name, text)| theirs(name) != text.bytes()) else {
                return;
            };
            if attempt == 39 {
                let theirs = theirs(name);
                panic!(
                    "{}\n{name}: ours {:?}\nGo's {:?}",
                    note(value),
                    text.to_str_lossy(),
                    String::from_utf8_lossy(&theirs)
                );
            }
        }
    });
}
