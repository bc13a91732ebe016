//! YAML as text, in the style around it: block or flow, the indentation and the quotes of the document.
//!
//! Deliberately absent: what is written (`edits`), and whether the result is right (`prove`).

use ddlint_yaml::{Node, Scalar, Style, resolve_plain};

/// What is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Yaml {
    /// Entries of a mapping.
    Entries(Vec<(String, Yaml)>),
    /// Items of a list.
    Items(Vec<Yaml>),
    /// A scalar as it stands in the file.
    Written(String),
    /// A string, quoted where it must be.
    Str(String),
    /// Lines that stand behind the `-` of an item, without its indentation; comments may stand before them. `flow` is
    /// the same in brackets, where nothing is lost with it.
    Lines { comments: Vec<String>, lines: Vec<String>, flow: Option<String> },
}

/// How a document is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Manner {
    /// Columns of one level.
    pub(super) step: usize,
    /// Columns of a list below its key.
    pub(super) list: usize,
    /// It is JSON: every string has quotes.
    pub(super) json: bool,
}

impl Manner {
    /// How the document of a node is written: as its first nested mapping and its first list are.
    pub(super) fn of(node: Node<'_>, file: &str) -> Manner {
        let document = node.document();
        let text = document.text();
        let below = |child: Node<'_>| {
            let key = document.key_of(child.id()).map(|key| document.node(key))?;
            let (own, above) = (column(text, child.span().start), column(text, key.span().start));
            (child.style() == Style::Block).then(|| own.checked_sub(above)).flatten()
        };
        // Enough to see the manner of a file of any size.
        let look = || document.nodes().take(2_000);
        let step =
            look().filter(|node| node.is_mapping()).filter_map(below).find(|step| (1..=8).contains(step));
        let list = look().filter(|node| node.is_sequence()).filter_map(below).find(|step| *step <= 8);
        let step = step.unwrap_or(2);
        Manner { step, list: list.unwrap_or(step), json: file.ends_with(".json") }
    }
}

/// Block style; lines after the first are indented to the column.
pub(super) fn block(yaml: &Yaml, indent: usize, manner: Manner) -> String {
    let newline = format!("\n{}", " ".repeat(indent));
    match yaml {
        Yaml::Written(text) => text.clone(),
        Yaml::Str(text) => string(text, manner.json),
        Yaml::Lines { comments, lines, .. } => {
            let all: Vec<&str> = comments.iter().chain(lines).map(String::as_str).collect();
            all.join(&newline)
        }
        Yaml::Entries(entries) => {
            let lines = entries.iter().map(|(key, value)| {
                let key = string(key, manner.json);
                match value {
                    Yaml::Entries(_) => {
                        let inner = indent + manner.step;
                        format!("{key}:\n{}{}", " ".repeat(inner), block(value, inner, manner))
                    }
                    Yaml::Items(_) => {
                        let inner = indent + manner.list;
                        format!("{key}:\n{}{}", " ".repeat(inner), block(value, inner, manner))
                    }
                    _ => format!("{key}: {}", block(value, indent, manner)),
                }
            });
            lines.collect::<Vec<_>>().join(&newline)
        }
        Yaml::Items(items) => {
            let lines = items.iter().map(|item| match item {
                Yaml::Lines { comments, lines, .. } => {
                    let comments = comments.iter().map(|comment| format!("{comment}{newline}"));
                    let rest = lines.join(&format!("{newline}  "));
                    format!("{}- {rest}", comments.collect::<String>())
                }
                item => format!("- {}", block(item, indent + 2, manner)),
            });
            lines.collect::<Vec<_>>().join(&newline)
        }
    }
}

/// Flow style, without the brackets around it; none for what has no flow style.
pub(super) fn flow(yaml: &Yaml, json: bool) -> Option<String> {
    let value = |yaml: &Yaml| {
        let inner = flow(yaml, json)?;
        Some(match yaml {
            Yaml::Entries(_) if json => format!("{{{inner}}}"),
            Yaml::Entries(_) => format!("{{ {inner} }}"),
            Yaml::Items(_) => format!("[{inner}]"),
            _ => inner,
        })
    };
    Some(match yaml {
        Yaml::Written(text) => text.clone(),
        // A comma or a bracket would end a plain scalar here, and no such scalar is written plain.
        Yaml::Str(text) => string(text, json),
        Yaml::Lines { flow, .. } => flow.clone()?,
        Yaml::Entries(entries) => {
            let entry = |(key, it): &(String, Yaml)| Some(format!("{}: {}", string(key, json), value(it)?));
            entries.iter().map(entry).collect::<Option<Vec<_>>>()?.join(", ")
        }
        Yaml::Items(items) => items.iter().map(value).collect::<Option<Vec<_>>>()?.join(", "),
    })
}

/// A text in place of a scalar, in the quotes that it has; none where its style has no place for it.
pub(super) fn restyled(old: Node<'_>, text: &str, json: bool) -> Option<String> {
    if old.anchor().is_some() || old.tag().is_some() || !old.is_scalar() {
        return None;
    }
    let plain_same = |scalar: &Scalar<'_>| {
        matches!(
            (old.scalar(), scalar),
            (Some(Scalar::Bool(_)), Scalar::Bool(_))
                | (Some(Scalar::Int(_) | Scalar::Float(_)), Scalar::Int(_) | Scalar::Float(_))
        )
    };
    Some(match old.style() {
        Style::DoubleQuoted => quoted(text),
        Style::SingleQuoted if !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Style::SingleQuoted => quoted(text),
        Style::Plain if plain_same(&resolve_plain(text)) => text.to_string(),
        Style::Plain if !json && stays_plain(text, super::edits::in_flow(old)) => text.to_string(),
        Style::Plain => string(text, json),
        _ => return None,
    })
}

/// The text is the same text without quotes.
fn stays_plain(text: &str, flow: bool) -> bool {
    let stream = ddlint_yaml::parse(text.into());
    let root = stream.documents.first().and_then(|document| document.root());
    let same = root.is_some_and(|root| {
        let string = matches!(root.scalar(), Some(Scalar::Str(read)) if read == text);
        string && root.style() == Style::Plain && root.tag().is_none() && root.anchor().is_none()
    });
    let one_line = !text.contains('\n') && stream.errors.is_empty();
    one_line && same && !(flow && text.contains([',', '[', ']', '{', '}']))
}

/// A string as a YAML scalar: quoted where it would be something else.
pub(super) fn string(text: &str, json: bool) -> String {
    let plain = !json
        && !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '.' || c == '_')
        && matches!(resolve_plain(text), Scalar::Str(_));
    if plain { text.to_string() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The column of an offset, from 0; a byte order mark is no column.
pub(super) fn column(text: &str, offset: u32) -> usize {
    let start = line_start(text, offset);
    let before = text.get(start as usize..offset as usize).unwrap_or_default();
    before.trim_start_matches('\u{feff}').chars().count()
}

/// The first byte of the line.
pub(super) fn line_start(text: &str, offset: u32) -> u32 {
    text.get(..offset as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at as u32 + 1)
}

/// The last byte of the line, without its line break.
pub(super) fn line_end(text: &str, offset: u32) -> u32 {
    // The end of a block scalar is the beginning of the next line.
    let offset = match text.get(..offset as usize) {
        Some(before) if before.ends_with("\r\n") => offset.saturating_sub(2),
        Some(before) if before.ends_with('\n') => offset.saturating_sub(1),
        _ => offset,
    };
    let rest = text.get(offset as usize..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    offset + line.strip_suffix('\r').unwrap_or(line).len() as u32
}

/// Behind the line break of the line that ends there.
pub(super) fn next_line(text: &str, end: u32) -> u32 {
    let rest = text.get(end as usize..).unwrap_or_default();
    let newline = ["\r\n", "\n"].into_iter().find(|newline| rest.starts_with(newline));
    end + newline.map_or(0, str::len) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(list: &[(&str, Yaml)]) -> Yaml {
        Yaml::Entries(list.iter().map(|(key, value)| ((*key).to_string(), value.clone())).collect())
    }

    #[test]
    fn block_and_flow() {
        let bare = |text: &str| Yaml::Written(text.to_string());
        let yaml = entries(&[
            ("a", entries(&[("b.c/d", bare("true")), ("e", Yaml::Str("true".into()))])),
            ("l", Yaml::Items(vec![entries(&[("x", bare("1")), ("w", bare("2"))]), Yaml::Str("z".into())])),
        ]);
        let manner = Manner { step: 4, list: 0, json: false };
        let text = block(&yaml, 2, manner);
        assert_eq!(text, "a:\n      b.c/d: true\n      e: \"true\"\n  l:\n  - x: 1\n    w: 2\n  - z");
        assert_eq!(
            flow(&yaml, false).as_deref(),
            Some("a: { b.c/d: true, e: \"true\" }, l: [{ x: 1, w: 2 }, z]")
        );
        assert_eq!(
            flow(&yaml, true).as_deref(),
            Some(r#""a": {"b.c/d": true, "e": "true"}, "l": [{"x": 1, "w": 2}, "z"]"#)
        );
    }

    #[test]
    fn the_quotes_of_a_scalar_stay() {
        let stream = ddlint_yaml::parse("[a, 'b', \"c\", 1, true, &x d]".into());
        let root = stream.documents[0].root().expect("a root");
        let written: Vec<Option<String>> = root.items().map(|item| restyled(item, "it's 1", false)).collect();
        let some = |text: &str| Some(text.to_string());
        let (plain, double) = (some("it's 1"), some("\"it's 1\""));
        assert_eq!(written, [plain.clone(), some("'it''s 1'"), double, plain.clone(), plain, None]);
        let written: Vec<Option<String>> =
            root.items().take(1).map(|item| restyled(item, "a, b", false)).collect();
        assert_eq!(written, [some("\"a, b\"")]);
        let written: Vec<Option<String>> =
            root.items().take(5).map(|item| restyled(item, "false", false)).collect();
        assert_eq!(
            written,
            [some("\"false\""), some("'false'"), some("\"false\""), some("\"false\""), some("false")]
        );
    }
}
