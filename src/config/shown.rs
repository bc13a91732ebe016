//! The settings of a run with where each of them came from: `--show-config`.
//!
//! What is printed is a configuration file again, with the origins in comments.

use std::fmt::Write;

use super::Set;
use crate::source::{Place, SourceMap};

/// Where a value came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File(Place),
    /// An option of the command line.
    Option(&'static str),
}

/// A value with where it came from.
#[derive(Clone, PartialEq, Debug)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub from: From,
}

impl<T> Given<T> {
    /// The command line wins over the file, the file over the default.
    pub fn choose(option: Option<T>, name: &'static str, file: Option<Set<T>>, default: T) -> Given<T> {
        match (option, file) {
            (Some(value), _) => Given { value, from: From::Option(name) },
            (None, Some(set)) => Given { value: set.value, from: From::File(set.place) },
            (None, None) => Given { value: default, from: From::Default },
        }
    }
}

/// Settings as they are printed, in order.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    /// With its section: `helm.dialect`.
    key: String,
    /// As YAML, and where each came from.
    values: Vec<(String, From)>,
    is_list: bool,
}

/// Text as a YAML scalar: quoted where it would be something else.
fn scalar(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '/')
        && matches!(ddlint_yaml::resolve_plain(text), ddlint_yaml::Scalar::Str(_));
    if plain { text.to_string() } else { format!("'{}'", text.replace('\'', "''")) }
}

impl Shown {
    /// One value; text is quoted where YAML needs it.
    pub fn one(&mut self, key: &str, value: &str, from: From) {
        self.yaml(key, scalar(value), from);
    }

    /// A number, a boolean or other YAML as it stands.
    pub fn yaml(&mut self, key: &str, value: impl Into<String>, from: From) {
        let values = vec![(value.into(), from)];
        self.entries.push(Entry { key: key.to_string(), values, is_list: false });
    }

    /// A list, each item with its own origin.
    pub fn list<'a>(&mut self, key: &str, items: impl IntoIterator<Item = (&'a str, From)>) {
        self.items(key, items.into_iter().map(|(text, from)| (scalar(text), from)).collect());
    }

    /// An item of a list that is YAML as it stands.
    pub fn items(&mut self, key: &str, items: Vec<(String, From)>) {
        self.entries.push(Entry { key: key.to_string(), values: items, is_list: true });
    }

    /// An entry of a section whose keys are the user's.
    pub fn entry(&mut self, section: &str, key: &str, value: &str, from: From) {
        self.one(&format!("{section}.{}", scalar(key).replace('.', "\u{1}")), value, from);
    }

    /// The whole as a configuration file.
    pub fn render(&self, sources: &SourceMap) -> String {
        let mut out = String::new();
        let mut section = "";
        for Entry { key, values, is_list } in &self.entries {
            let (own, name) = key.rsplit_once('.').unwrap_or(("", key));
            // Writing to a String cannot fail.
            if own != section && !own.is_empty() {
                let _ = writeln!(out, "{own}:");
            }
            section = own;
            let indent = if own.is_empty() { "" } else { "  " };
            let name = name.replace('\u{1}', ".");
            if !is_list {
                for (value, from) in values {
                    line(&mut out, &format!("{indent}{name}: {value}"), *from, sources);
                }
            } else if values.is_empty() {
                line(&mut out, &format!("{indent}{name}: []"), From::Default, sources);
            } else {
                let _ = writeln!(out, "{indent}{name}:");
                for (value, from) in values {
                    line(&mut out, &format!("{indent}  - {value}"), *from, sources);
                }
            }
        }
        out
    }
}

fn line(out: &mut String, text: &str, from: From, sources: &SourceMap) {
    let origin = match from {
        From::Default => "default".to_string(),
        From::Option(name) => name.to_string(),
        From::File(place) => {
            let at = sources.location(place);
            format!("{}:{}", at.file, at.line)
        }
    };
    let _ = writeln!(out, "{text:<44}  # {origin}");
}
