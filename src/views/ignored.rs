//! What `ignoreDifferences` of an Application covers.
//!
//! Deliberately absent: whether the sync respects it (`RespectIgnoreDifferences`).

use ddlint_yaml::Node;

use crate::model::Model;
use crate::model::application::{Application, ignores_managed};
use crate::model::resource::Resource;

/// Whether some entry covers a field, given by its normalized path. None where only an entry by field manager may: what
/// a manager other than ArgoCD owns cannot be seen here.
pub(crate) fn covers(model: &Model, app: &Application, resource: &Resource, path: &str) -> Option<bool> {
    let steps = steps(path)?;
    let mut covered = Some(false);
    for at in &app.ignore_differences {
        let entry = model.node(*at);
        if !is_about(entry, resource) {
            continue;
        }
        let named = list(entry, "jsonPointers").any(|pointer| is_above(&pointer_steps(&pointer), &steps))
            || list(entry, "jqPathExpressions")
                .any(|jq| jq_steps(&jq).is_some_and(|above| is_above(&above, &steps)));
        match ignores_managed(entry) {
            _ if named => return Some(true),
            Some(true) => return Some(true),
            Some(false) => {}
            None => covered = None,
        }
    }
    covered
}

fn list<'a>(entry: Node<'a>, key: &str) -> impl Iterator<Item = String> + use<'a> {
    entry
        .get(key)
        .into_iter()
        .flat_map(|list| list.items())
        .filter_map(|item| item.text().map(str::to_string))
}

fn is_about(entry: Node<'_>, resource: &Resource) -> bool {
    let text = |key: &str| entry.get(key).and_then(|node| node.text());
    let group = resource.api_version.split_once('/').map_or("", |(group, _)| group);
    glob(text("group").unwrap_or_default(), group)
        && glob(text("kind").unwrap_or_default(), &resource.kind)
        && text("name").is_none_or(|name| name.is_empty() || name == resource.name)
        && text("namespace").is_none_or(|namespace| {
            namespace.is_empty() || resource.effective_namespace.as_deref().is_none_or(|it| it == namespace)
        })
}

/// `*` stands for any characters; there are no others in practice.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, inner)) = parts.split_last() else { return rest.is_empty() };
    for part in inner {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

fn is_above(above: &[String], steps: &[String]) -> bool {
    above.len() <= steps.len() && above.iter().zip(steps).all(|(a, b)| a == b || a == "*")
}

fn pointer_steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// The steps of a jq path as far as it is a plain one; `[]` is any index. None for anything else.
fn jq_steps(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('.')?;
    let mut out = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inside, after) = match inner.strip_prefix('"') {
                Some(quoted) => {
                    let (key, after) = quoted.split_once('"')?;
                    (key.to_string(), after.strip_prefix(']')?)
                }
                None => {
                    let (index, after) = inner.split_once(']')?;
                    let any = index.is_empty();
                    (if any { "*".to_string() } else { index.parse::<u32>().ok()?.to_string() }, after)
                }
            };
            out.push(inside);
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (key, after) = quoted.split_once('"')?;
            out.push(key.to_string());
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return None;
            }
            out.push(key.to_string());
            rest = after;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    Some(out)
}

/// The steps of a normalized path, indices as they are written.
fn steps(path: &str) -> Option<Vec<String>> {
    let mut rest = path.strip_prefix('$')?;
    let mut out = Vec::new();
    while let Some(inner) = rest.strip_prefix('[') {
        match inner.strip_prefix('\'') {
            None => {
                let (index, after) = inner.split_once(']')?;
                out.push(index.to_string());
                rest = after;
            }
            Some(quoted) => {
                let mut key = String::new();
                let mut chars = quoted.char_indices();
                let end = loop {
                    match chars.next()? {
                        (_, '\\') => key.push(chars.next()?.1),
                        (at, '\'') => break at + 1,
                        (_, c) => key.push(c),
                    }
                };
                out.push(key);
                rest = quoted.get(end..)?.strip_prefix(']')?;
            }
        }
    }
    rest.is_empty().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_and_plain_expressions_are_read() {
        let path = "$['spec']['template']['metadata']['annotations']['checksum/secret']";
        let steps = steps(path).expect("a path");
        assert!(is_above(&pointer_steps("/spec/template/metadata/annotations/checksum~1secret"), &steps));
        assert!(is_above(&pointer_steps("/spec/template"), &steps));
        assert!(!is_above(&pointer_steps("/spec/template/metadata/labels"), &steps));
        for jq in [
            ".spec.template.metadata.annotations[\"checksum/secret\"]",
            ".spec.template.metadata.annotations.\"checksum/secret\"",
            ".spec.template.metadata",
        ] {
            assert!(is_above(&jq_steps(jq).expect(jq), &steps), "{jq}");
        }
        assert_eq!(jq_steps(".a[] | select(.x)"), None);
        assert_eq!(pointer_steps(""), Vec::<String>::new());
        assert!(glob("*", "apps") && glob("", "") && glob("*.io", "x.io") && !glob("apps/v1", "apps"));
    }
}
