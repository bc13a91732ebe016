//! Masks secrets in the source lines that a report shows (contract section 8).
//!
//! It works on text, line by line, so that it also holds in broken YAML, scripts and comments: too much masked is
//! a blemish, too little is a leak. Deliberately absent: finding secrets for their own sake (that is a rule).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use ddlint_yaml::{Node, Span};
use regex::Regex;

use super::urls::{self, Ranges};
use crate::model::{At, DocId, Model};
use crate::source::{FileId, Origin, Place};

/// A constant pattern. One that does not compile would be a bug found by every test that masks anything.
#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by the tests below")]
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

/// `key: value` and `key=value` where the key names a secret. References to Secrets (`existingSecret`,
/// `secretName`, `tokenSecretName` …) are no secrets. Letters are ASCII's: all scripts' take long to compile.
static KEYED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?P<key>[0-9A-Za-z_.\-/]*(?:api[-_]?key|app(?:lication)?[-_]?key|passw(?:or)?d|passphrase|token|secret[-_]?key|private[-_]?key|client[-_]?secret|auth[-_]?key|credentials?)[0-9]*["']?)(?P<sep>\s*(?:[:=]|,\s*value:)\s*)(?P<value>"[^"]*"|'[^']*'|[^\s,}\]#"'&|>{\[][^\s,}\]]*)"#,
    )
});
/// Long runs of hexadecimal or base64 letters: keys, tokens, digests of secrets.
static OPAQUE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u:\b)(?:ddapp_|ddapi_)?(?:[0-9a-fA-F]{32,64}|[A-Za-z0-9+/]{40,}={0,2})"));
/// What stands behind the name of a host.
static PORT: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^:[0-9]{1,5}(?:[/?#\s"'`,)\]}]|$)"#));
/// A text that may hold the name of a secret beside its value.
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)name:[^\n]*(?:key|passw|passphrase|token|secret|credential)"));
/// Keys that hold the name of a Secret, not its content.
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)(existing|secretname|secretref|keyref|name$)"));

/// The line with the secret parts replaced by `*`, character for character, so that columns stay. `in_secret` says
/// that the whole line stands in the data of a Secret: then every value is masked.
pub fn mask_line(line: &str, in_secret: bool) -> String {
    let (addresses, mut hidden) = opaque(line);
    let in_address = |at: usize| addresses.iter().any(|&(start, end)| (start..end).contains(&at));
    for found in KEYED.captures_iter(line) {
        if let (Some(key), Some(value)) = (found.name("key"), found.name("value")) {
            // A host may have such a name, and a port.
            if in_address(key.end()) && PORT.is_match(line.get(key.end()..).unwrap_or_default()) {
                continue;
            }
            let word = value.as_str().trim_matches(['"', '\'']);
            let harmless = word.is_empty() || matches!(word, "true" | "false" | "null" | "~" | "{}" | "[]");
            if !harmless && !REFERENCE.is_match(key.as_str().trim_end_matches(['"', '\''])) {
                hidden.push((value.start(), value.end()));
            }
        }
    }
    if in_secret {
        match line.split_once(": ") {
            Some((key, _)) => hidden.push((key.len() + 2, line.len())),
            None if !line.trim_end().ends_with(':') => {
                hidden.push((line.len() - line.trim_start().len(), line.len()));
            }
            None => {}
        }
    }
    masked(line, &hidden)
}

/// A sentence of a report in the same way. What stands behind the name of a key in it are words.
pub fn mask_message(text: &str) -> String {
    masked(text, &opaque(text).1)
}

/// The URLs of a line, and the parts of it that look like secrets.
fn opaque(line: &str) -> (Ranges, Ranges) {
    let (addresses, mut hidden) = urls::urls(line);
    let unreadable = OPAQUE.find_iter(line).filter(|found| {
        let in_address = addresses.iter().any(|&(start, end)| (start..end).contains(&found.start()));
        let digest = line.get(..found.start()).is_some_and(|before| before.ends_with("@sha256:"));
        !in_address && !digest && !is_path(found.as_str())
    });
    hidden.extend(unreadable.map(|found| (found.start(), found.end())));
    (addresses, hidden)
}

fn masked(line: &str, hidden: &[(usize, usize)]) -> String {
    if hidden.is_empty() {
        return line.to_string();
    }
    line.char_indices()
        .map(|(at, c)| {
            let inside = hidden.iter().any(|&(start, end)| (start..end).contains(&at));
            if inside && !c.is_whitespace() && !matches!(c, '"' | '\'') { '*' } else { c }
        })
        .collect()
}

/// Letters with slashes between them are base64 or a path; a path consists of words.
fn is_path(text: &str) -> bool {
    text.contains('/') && text.split(['/', '+', '=']).filter(|part| part.len() >= 8).all(urls::is_wordy)
}

/// Whether what a name stands for is a secret.
pub fn names_secret(name: &str) -> bool {
    // Asked as a line, such a name hides any value.
    mask_line(&format!("{name}: x"), false).ends_with('*')
}

/// Where the data of Secrets stands, and the values beside names of secrets. A document is looked at when a line of it
/// is asked about: a report shows few.
#[derive(Debug)]
pub struct SecretData<'m> {
    model: &'m Model,
    /// Documents by the file that they stand in, texts in texts included.
    documents: BTreeMap<FileId, Vec<DocId>>,
    secrets: BTreeMap<DocId, Vec<At>>,
    known: RefCell<BTreeMap<DocId, Vec<Span>>>,
}

impl<'m> SecretData<'m> {
    /// The `data` and `stringData` of every Secret, and the `value` beside a `name` that names a secret, on a line of
    /// its own: an environment variable, a parameter.
    pub fn of(model: &'m Model) -> SecretData<'m> {
        let mut documents: BTreeMap<FileId, Vec<DocId>> = BTreeMap::new();
        for (index, doc) in model.docs.iter().enumerate() {
            let file = model.sources.outermost(Place { file: doc.file, span: Span::default() }).file;
            documents.entry(file).or_default().push(DocId(index as u32));
        }
        let mut secrets: BTreeMap<DocId, Vec<At>> = BTreeMap::new();
        for resource in model.resources.iter().filter(|resource| resource.kind == "Secret") {
            secrets.entry(resource.at.doc).or_default().push(resource.at);
        }
        SecretData { model, documents, secrets, known: RefCell::default() }
    }

    /// Whether a line that begins at this offset stands in such data.
    pub fn contains(&self, file: FileId, offset: u32) -> bool {
        let mut known = self.known.borrow_mut();
        let may_hold = |id: &&DocId| {
            let doc = self.model.doc(**id);
            // A text in a text has offsets of its own.
            doc.file != file || doc.tree.span().start <= offset && offset <= doc.tree.span().end
        };
        self.documents.get(&file).into_iter().flatten().filter(may_hold).any(|id| {
            let spans = known.entry(*id).or_insert_with(|| self.spans(*id));
            spans.iter().any(|span| span.start <= offset && offset < span.end)
        })
    }

    fn spans(&self, id: DocId) -> Vec<Span> {
        let mut out = Vec::new();
        for at in self.secrets.get(&id).into_iter().flatten() {
            let node = self.model.node(*at);
            let data = ["data", "stringData"].into_iter().filter_map(|key| node.get(key));
            out.extend(data.map(|data| self.lines_of(id, data.span())));
        }
        let doc = self.model.doc(id);
        let file = self.model.sources.get(doc.file);
        let span = doc.tree.span();
        let text = file.text.get(span.start as usize..span.end as usize).unwrap_or(&file.text);
        if matches!(file.origin, Origin::Rendered(_)) || !NAMED.is_match(text) {
            return out;
        }
        for node in doc.tree.nodes().filter(|node| node.is_mapping()) {
            let Some(value) = node.get("value").filter(|value| value.is_scalar()) else { continue };
            if node.get("name").and_then(Node::as_str).is_some_and(names_secret) {
                out.push(self.lines_of(id, value.full_span()));
            }
        }
        out
    }

    /// From the beginning of the line, as that is what is asked.
    fn lines_of(&self, id: DocId, span: Span) -> Span {
        let place = self.model.sources.outermost(Place { file: self.model.doc(id).file, span });
        let starts = self.model.sources.get(place.file).line_starts();
        let line = starts.partition_point(|&start| start <= place.span.start).saturating_sub(1);
        Span { start: starts.get(line).copied().unwrap_or(place.span.start), end: place.span.end }
    }
}

#[cfg(test)]
mod tests {
    use super::mask_line;

    #[test]
    fn values_of_secret_keys_are_masked_and_references_are_not() {
        let cases = [
            ("  apiKey: 0123abcd", "  apiKey: ********"),
            ("  token: \"abc\"  # why", "  token: \"***\"  # why"),
            ("- {name: DD_API_KEY, value: abc}", "- {name: DD_API_KEY, value: ***}"),
            ("helm install x --set datadog.apiKey=abc", "helm install x --set datadog.apiKey=***"),
            ("  apiKeyExistingSecret: dd", "  apiKeyExistingSecret: dd"),
            ("  tokenExistingSecret: dd", "  tokenExistingSecret: dd"),
            ("  token: \"\"", "  token: \"\""),
            ("  automountServiceAccountToken: false", "  automountServiceAccountToken: false"),
            ("  x: 0123456789abcdef0123456789abcdef", "  x: ********************************"),
        ];
        for (line, masked) in cases {
            assert_eq!(mask_line(line, false), masked);
        }
        assert_eq!(mask_line("  user: bob", true), "  user: ***");
        assert_eq!(mask_line("data:", true), "data:");
    }
}
