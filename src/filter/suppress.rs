//! Suppressions that a person wrote: comments in YAML, scripts and templates, and the annotation
//! `ddlint.dev/ignore` on a resource (contract section 7). Each counts what it hides, so that one that hides nothing
//! can be told.
//!
//! Deliberately absent: the baseline, and entries of the configuration (`filter`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ddlint_yaml::Span;
use regex::Regex;

use crate::finding::{Finding, InputError, ResourceName};
use crate::model::Model;
use crate::source::{FileId, Origin, Place};

/// What a suppression covers.
#[derive(Clone, Debug, PartialEq)]
enum Reach {
    /// Findings on these lines of a file (from 1).
    Lines(FileId, Vec<u32>),
    /// Findings in the file.
    File(FileId),
    /// Findings about a resource.
    Resource(ResourceName),
}

/// One rule suppressed at one place.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The rule's id.
    pub rule: String,
    /// The reason given; may be empty.
    pub reason: String,
    /// The rule's id in the comment or annotation.
    pub place: Place,
    /// The resource whose annotation it is.
    pub resource: Option<ResourceName>,
    reach: Reach,
    /// Findings that it hides.
    pub hidden: usize,
}

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests below")]
static COMMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:#|/\*)\s*ddlint:\s*ignore(?P<file>-file)?\[(?P<rules>[^\]\n]*)\](?P<reason>[^\n]*)")
        .unwrap()
});

/// The annotation's key.
pub const ANNOTATION: &str = "ddlint.dev/ignore";

/// All suppressions of a model, and the words in them that name no rule.
pub fn collect(
    model: &Model,
    known_rule: &dyn Fn(&str) -> Result<(), Option<String>>,
) -> (Vec<Suppression>, Vec<InputError>) {
    let mut out = Vec::new();
    // Comments of YAML texts, so that a string that looks like a suppression is none.
    let mut comments: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    for doc in &model.docs {
        let spans = comments.entry(doc.file).or_default();
        spans.extend(doc.tree.comments().iter().map(|comment| comment.span));
    }
    for (file, source) in model.sources.iter() {
        if matches!(source.origin, Origin::Rendered(_)) || !source.text.contains("ddlint:") {
            continue;
        }
        let in_comment = |offset: u32| match comments.get(&file) {
            Some(spans) => spans.iter().any(|span| span.start <= offset && offset < span.end),
            None => true,
        };
        for found in COMMENT.captures_iter(&source.text) {
            let (Some(whole), Some(rules)) = (found.get(0), found.name("rules")) else { continue };
            if !in_comment(whole.start() as u32) {
                continue;
            }
            let reason = found.name("reason").map_or("", |reason| reason.as_str());
            let reason = reason.split("*/").next().unwrap_or_default().trim().to_string();
            let reach = if found.name("file").is_some() {
                Reach::File(file)
            } else {
                Reach::Lines(
                    file,
                    lines_of(&source.text, whole.start(), source.line_column(whole.start() as u32).0),
                )
            };
            for (rule, start) in words(rules.as_str(), rules.start()) {
                let span = Span { start: start as u32, end: (start + rule.len()) as u32 };
                let (rule, reason, reach) = (rule.to_string(), reason.clone(), reach.clone());
                let place = Place { file, span };
                out.push(Suppression { rule, reason, place, resource: None, reach, hidden: 0 });
            }
        }
    }
    annotations(model, &mut out);
    let mut errors = Vec::new();
    out.retain(|suppression| match known_rule(&suppression.rule) {
        Ok(()) => true,
        Err(meant) => {
            errors.push(InputError {
                code: "unknown-rule",
                message: format!("there is no rule `{}` to ignore", suppression.rule),
                help: Some(match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "`ddlint rules` lists them".to_string(),
                }),
                place: Some(suppression.place),
                file: None,
            });
            false
        }
    });
    (out, errors)
}

fn words(list: &str, start: usize) -> impl Iterator<Item = (&str, usize)> {
    let mut at = start;
    list.split(',').filter_map(move |word| {
        let begin = at + (word.len() - word.trim_start().len());
        at += word.len() + 1;
        let word = word.trim();
        (!word.is_empty()).then_some((word, begin))
    })
}

/// The line of the comment; where it stands alone on it, also the next line that is no comment.
fn lines_of(text: &str, offset: usize, line: u32) -> Vec<u32> {
    let begin = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let before = text.get(begin..offset).unwrap_or_default();
    let alone = before.trim().is_empty() || before.trim().trim_end_matches('-') == "{{";
    let mut lines = vec![line];
    if alone {
        let rest = text.get(offset..).unwrap_or_default().lines().skip(1);
        let comment = |line: &str| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#') || (line.starts_with("{{") && line.contains("/*"))
        };
        if let Some(next) = rest.map(comment).position(|is_comment| !is_comment) {
            lines.push(line + 1 + next as u32);
        }
    }
    lines
}

fn annotations(model: &Model, out: &mut Vec<Suppression>) {
    for resource in &model.resources {
        let root = model.node(resource.at);
        let Some(node) = root.at(&["metadata", "annotations", ANNOTATION]) else { continue };
        let Some(text) = node.text() else { continue };
        let file = model.doc(resource.at.doc).file;
        for (rule, _) in words(text, 0) {
            out.push(Suppression {
                rule: rule.to_string(),
                reason: String::new(),
                place: Place { file, span: node.span() },
                resource: Some(resource.report_name()),
                reach: Reach::Resource(resource.report_name()),
                hidden: 0,
            });
        }
    }
}

impl Suppression {
    fn covers(&self, finding: &Finding, place: Place, line: u32) -> bool {
        if self.rule != *finding.rule {
            return false;
        }
        match &self.reach {
            Reach::Lines(file, lines) => *file == place.file && lines.contains(&line),
            Reach::File(file) => *file == place.file,
            Reach::Resource(name) => finding.resource.as_ref() == Some(name),
        }
    }
}

/// Splits findings into those that stay and those that are hidden, each of these with the reason; counts at the
/// suppressions what they hide.
pub fn apply(
    model: &Model,
    suppressions: &mut [Suppression],
    findings: Vec<Finding>,
) -> (Vec<Finding>, Vec<(Finding, String)>) {
    let mut kept = Vec::new();
    let mut hidden = Vec::new();
    for finding in findings {
        // A comment may stand in the text of a block string or in the file around it.
        let outer = model.sources.outermost(finding.primary);
        let places = [finding.primary, outer];
        let mut reason = None;
        for suppression in suppressions.iter_mut() {
            let covers = places.iter().any(|place| {
                let line = model.sources.get(place.file).line_column(place.span.start).0;
                suppression.covers(&finding, *place, line)
            });
            if covers {
                suppression.hidden += 1;
                reason.get_or_insert_with(|| suppression.reason.clone());
            }
        }
        match reason {
            Some(reason) => hidden.push((finding, reason)),
            None => kept.push(finding),
        }
    }
    (kept, hidden)
}

#[cfg(test)]
mod tests {
    use super::{lines_of, words};

    #[test]
    fn a_comment_covers_its_line_and_alone_on_it_the_next_one() {
        let text = "a: 1 # ddlint: ignore[x]\n# ddlint: ignore[y]\n# more\n\nb: 2\n";
        assert_eq!(lines_of(text, 5, 1), vec![1]);
        assert_eq!(lines_of(text, text.find("# ddlint: ignore[y]").expect("there"), 2), vec![2, 5]);
        assert_eq!(lines_of("{{- /* ddlint: ignore[y] */}}\nkind: x\n", 4, 1), vec![1, 2]);
    }

    #[test]
    fn the_words_of_a_list_know_where_they_stand() {
        assert_eq!(words("a, bc ,", 10).collect::<Vec<_>>(), vec![("a", 10), ("bc", 13)]);
    }
}
