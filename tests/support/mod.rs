//! A folder of its own for a test, in which the binary and git run without anything of the environment around.

#![allow(dead_code, reason = "each test program uses its part")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder that goes when the test ends.
pub(crate) struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// Rule, file and line of each finding.
    pub(crate) fn findings(&self) -> Vec<(String, String, u64)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let json = self.json();
        let findings = json["findings"].as_array().cloned().unwrap_or_default();
        let place =
            |it: &Value| (text(&it["location"]["file"]), it["location"]["line"].as_u64().unwrap_or(0));
        findings.iter().map(|it| (text(&it["rule"]), place(it).0, place(it).1)).collect()
    }

    /// Each error: code, file and line of its place, message and help.
    pub(crate) fn errors(&self) -> Vec<(String, String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let json = self.json();
        let told = |it: &Value| match it["help"].as_str() {
            Some(help) => format!("{}; {help}", text(&it["message"])),
            None => text(&it["message"]),
        };
        let place = |it: &Value| format!("{}:{}", text(&it["location"]["file"]), it["location"]["line"]);
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|it| (text(&it["code"]), place(it), told(it))).collect()
    }

    pub(crate) fn rules(&self) -> Vec<String> {
        self.findings().into_iter().map(|(rule, _, _)| rule).collect()
    }
}

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Folder {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ddlint-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        let folder = Folder(fs::canonicalize(path).expect("there"));
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    /// The same as a git repository with one commit.
    pub(crate) fn repository(files: &[(&str, &str)]) -> Folder {
        let folder = Folder::new(files);
        folder.git(&["init", "-q", "-b", "main"]);
        folder.commit("first");
        folder
    }

    /// A repository with a copy of a folder of this project, at its place.
    pub(crate) fn copy_of(below_root: &str) -> Folder {
        let folder = Folder::new(&[]);
        fs::create_dir_all(folder.0.join(below_root)).expect("a folder");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(below_root), &folder.0.join(below_root));
        folder.git(&["init", "-q"]);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(&self.0)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.0)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_in("", args)
    }

    fn command_in(&self, below: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ddlint"));
        command.args(args).current_dir(self.0.join(below)).env_clear().stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().expect("ddlint starts"))
    }

    pub(crate) fn run_in(&self, below: &str, args: &[&str]) -> Ran {
        Ran::from(self.command_in(below, args).output().expect("ddlint starts"))
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("ddlint starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        let input = stdin.to_string();
        let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
        let output = child.wait_with_output().expect("ddlint ends");
        let _ = writer.join();
        Ran::from(output)
    }

    /// `check . --format json` with more arguments.
    pub(crate) fn check(&self, args: &[&str]) -> Ran {
        self.run(&[&["check", ".", "--format", "json"], args].concat())
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The material beside the checkout, if it is there.
pub(crate) fn shared(below: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let named = std::env::var_os("DDLINT_SHARED").map(PathBuf::from);
    let path = named.unwrap_or(beside).join(below);
    path.exists().then_some(path)
}

/// Notes whether a suite that needs something from outside ran, where CI asks for it.
pub(crate) fn log_suite(name: &str, ran: bool) {
    let Some(log) = std::env::var_os("DDLINT_SUITE_LOG") else { return };
    let line = if ran { format!("ran {name}\n") } else { format!("skipped {name}: it is not there\n") };
    if let Ok(mut file) = fs::OpenOptions::new().create(true).append(true).open(log) {
        let _ = file.write_all(line.as_bytes());
    }
}
