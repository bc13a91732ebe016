//! Masks secrets in the source lines that a report shows (contract section 8).
//!
//! It works on text, line by line, so that it also holds in broken YAML, scripts and comments: too much masked is
//! a blemish, too little is a leak. Deliberately absent: finding secrets for their own sake (that is a rule).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ddlint_yaml::{Node, Span};
use regex::Regex;

use crate::model::Model;
use crate::source::{FileId, Origin, Place};

// A pattern that does not compile would be a bug found by every test of this module.
#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by the tests below")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

/// `key: value` and `key=value` where the key names a secret. References to Secrets (`existingSecret`,
/// `secretName`, `tokenSecretName` …) are no secrets.
static KEYED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?P<key>[\w.\-/]*(?:api[-_]?key|app(?:lication)?[-_]?key|passw(?:or)?d|passphrase|token|secret[-_]?key|private[-_]?key|client[-_]?secret|auth[-_]?key|credentials?)\d*["']?)(?P<sep>\s*(?:[:=]|,\s*value:)\s*)(?P<value>"[^"]*"|'[^']*'|[^\s,}\]#"'&|>{\[][^\s,}\]]*)"#,
    )
});
/// Long runs of hexadecimal or base64 letters: keys, tokens, digests of secrets.
static OPAQUE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:ddapp_|ddapi_)?(?:[0-9a-fA-F]{32,64}|[A-Za-z0-9+/]{40,}={0,2})"));
/// A text that may hold the name of a secret beside its value.
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)name:[^\n]*(?:key|passw|passphrase|token|secret|credential)"));
/// Keys that hold the name of a Secret, not its content.
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)(existing|secretname|secretref|keyref|name$)"));

/// The line with the secret parts replaced by `*`, character for character, so that columns stay. `in_secret` says
/// that the whole line stands in the data of a Secret: then every value is masked.
pub fn mask_line(line: &str, in_secret: bool) -> String {
    let mut hidden: Vec<(usize, usize)> = Vec::new();
    for found in KEYED.captures_iter(line) {
        if let (Some(key), Some(value)) = (found.name("key"), found.name("value")) {
            let word = value.as_str().trim_matches(['"', '\'']);
            let harmless = word.is_empty() || matches!(word, "true" | "false" | "null" | "~" | "{}" | "[]");
            if !harmless && !REFERENCE.is_match(key.as_str().trim_end_matches(['"', '\''])) {
                hidden.push((value.start(), value.end()));
            }
        }
    }
    hidden.extend(OPAQUE.find_iter(line).map(|found| (found.start(), found.end())));
    if in_secret {
        match line.split_once(": ") {
            Some((key, _)) => hidden.push((key.len() + 2, line.len())),
            None if !line.trim_end().ends_with(':') => {
                hidden.push((line.len() - line.trim_start().len(), line.len()));
            }
            None => {}
        }
    }
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

/// Whether what a name stands for is a secret.
pub fn names_secret(name: &str) -> bool {
    // Asked as a line, such a name hides any value.
    mask_line(&format!("{name}: x"), false).ends_with('*')
}

/// Where the data of Secrets stands.
#[derive(Clone, Debug, Default)]
pub struct SecretData(BTreeMap<FileId, Vec<Span>>);

impl SecretData {
    /// The `data` and `stringData` of every Secret, in the files that hold them.
    pub fn of(model: &Model) -> SecretData {
        let mut places = SecretData::default();
        for resource in model.resources.iter().filter(|resource| resource.kind == "Secret") {
            let node = model.node(resource.at);
            for data in ["data", "stringData"].iter().filter_map(|key| node.get(key)) {
                let place = Place { file: model.doc(resource.at.doc).file, span: data.span() };
                let place = model.sources.outermost(place);
                // From the beginning of the line, as that is what is asked.
                let starts = model.sources.get(place.file).line_starts();
                let line = starts.partition_point(|&start| start <= place.span.start).saturating_sub(1);
                let start = starts.get(line).copied().unwrap_or(place.span.start);
                places.0.entry(place.file).or_default().push(Span { start, end: place.span.end });
            }
        }
        places.add_named_values(model);
        places
    }

    /// The `value` beside a `name` that names a secret, on a line of its own: an environment variable, a parameter.
    fn add_named_values(&mut self, model: &Model) {
        let rendered = |file| matches!(model.sources.get(file).origin, Origin::Rendered(_));
        for doc in model.docs.iter().filter(|doc| !rendered(doc.file)) {
            if !NAMED.is_match(&model.sources.get(doc.file).text) {
                continue;
            }
            for node in doc.tree.nodes().filter(|node| node.is_mapping()) {
                let name = node.get("name").and_then(Node::as_str).unwrap_or_default();
                let Some(value) = node.get("value").filter(|value| value.is_scalar()) else { continue };
                if names_secret(name) {
                    let place = model.sources.outermost(Place { file: doc.file, span: value.full_span() });
                    let starts = model.sources.get(place.file).line_starts();
                    let line = starts.partition_point(|&start| start <= place.span.start).saturating_sub(1);
                    let start = starts.get(line).copied().unwrap_or(place.span.start);
                    self.0.entry(place.file).or_default().push(Span { start, end: place.span.end });
                }
            }
        }
    }

    /// Whether a line that begins at this offset stands in such data.
    pub fn contains(&self, file: FileId, offset: u32) -> bool {
        self.0
            .get(&file)
            .is_some_and(|spans| spans.iter().any(|span| span.start <= offset && offset < span.end))
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
