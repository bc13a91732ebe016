//! From rendered files to documents: splitting, hooks, the order of installation.
//!
//! Deliberately absent: what hooks mean for ArgoCD, applying anything.

use crate::HelmDialect;
use crate::chart::scalar_text;
use crate::origin::{Leaf, OriginId, OriginTable, Place};
use crate::template::ParseCache;
use crate::text::{Segment, Text};
use crate::yaml_in;
use ddlint_yaml::{Document, Node, SourceText, Stream};
use memchr::memmem;
use std::sync::Arc;

/// When a hook runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HookEvent {
    /// `pre-install`
    PreInstall,
    /// `post-install`
    PostInstall,
    /// `pre-delete`
    PreDelete,
    /// `post-delete`
    PostDelete,
    /// `pre-upgrade`
    PreUpgrade,
    /// `post-upgrade`
    PostUpgrade,
    /// `pre-rollback`
    PreRollback,
    /// `post-rollback`
    PostRollback,
    /// `test` and the older `test-success`
    Test,
}

impl HookEvent {
    fn parse(name: &str) -> Option<HookEvent> {
        Some(match name {
            "pre-install" => HookEvent::PreInstall,
            "post-install" => HookEvent::PostInstall,
            "pre-delete" => HookEvent::PreDelete,
            "post-delete" => HookEvent::PostDelete,
            "pre-upgrade" => HookEvent::PreUpgrade,
            "post-upgrade" => HookEvent::PostUpgrade,
            "pre-rollback" => HookEvent::PreRollback,
            "post-rollback" => HookEvent::PostRollback,
            "test" | "test-success" => HookEvent::Test,
            _ => return None,
        })
    }
}

/// A document that Helm runs at certain events instead of installing it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hook {
    /// When it runs.
    pub events: Vec<HookEvent>,
    /// Lighter hooks run first.
    pub weight: i64,
}

impl Hook {
    /// Whether it is (also) a test.
    pub fn is_test(&self) -> bool {
        self.events.contains(&HookEvent::Test)
    }
}

/// One document of the output. The origin of each byte is found by its segment.
#[derive(Clone, Debug)]
pub struct RenderedDocument {
    /// The template as Helm names it in `# Source:`, for example `chart/charts/sub/templates/a.yaml`.
    pub source: Arc<str>,
    /// The file it was rendered from, by the name under which it was given.
    pub file: Arc<str>,
    /// The text, without the line of dashes and without the `# Source:` comment.
    pub text: SourceText,
    /// Runs of bytes of one origin.
    pub segments: Vec<Segment>,
    /// The text, parsed; none where nobody has parsed it yet (`crds/`).
    pub stream: Option<Arc<Stream>>,
    /// `kind`, empty where there is none.
    pub kind: String,
    /// Set where it is a hook.
    pub hook: Option<Hook>,
    /// Whether it comes from `crds/`, unrendered.
    pub crd: bool,
}

impl RenderedDocument {
    /// The origins behind a range of the text and how many bytes each has; see [`crate::text::evidence`]. `lines`
    /// is for ranges that are made of lines, like block scalars.
    pub fn evidence(&self, origins: &OriginTable, start: u32, end: u32, lines: bool) -> Vec<(OriginId, u32)> {
        crate::text::evidence(&self.segments, origins, start, end, lines)
    }
    /// The origin of the byte at `offset`.
    pub fn origin_at(&self, offset: usize) -> OriginId {
        let at = self.segments.partition_point(|s| s.end as usize <= offset);
        self.segments.get(at).or(self.segments.last()).map_or(OriginId::NONE, |s| s.origin)
    }
}

/// A file as it came out of its template.
pub(crate) struct RenderedText {
    pub(crate) source: Arc<str>,
    pub(crate) file: Arc<str>,
    pub(crate) text: Text,
}

/// A rendered file whose YAML cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BadManifest {
    pub(crate) source: Arc<str>,
    pub(crate) message: String,
    /// Bytes of the rendered file.
    pub(crate) at: Option<(usize, usize)>,
    pub(crate) place: Option<Place>,
    pub(crate) origin: OriginId,
}

/// The documents in the order in which `helm template` prints them: resources, then hooks. What has an unknown hook
/// is left out, with a warning.
pub(crate) fn documents(
    files: &[RenderedText],
    dialect: HelmDialect,
    cache: &ParseCache,
    table: &mut OriginTable,
    warnings: &mut Vec<String>,
) -> Result<Vec<RenderedDocument>, BadManifest> {
    let mut sorted: Vec<&RenderedText> = files.iter().collect();
    sorted.sort_by(|a, b| a.source.cmp(&b.source));
    let (mut resources, mut hooks) = (Vec::new(), Vec::new());
    for file in sorted {
        if file.source.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
            continue;
        }
        for (start, end) in split(file.text.bytes(), dialect) {
            let Some(document) = document(file, start, end, cache, table, warnings)? else { continue };
            if document.hook.is_some() { hooks.push(document) } else { resources.push(document) }
        }
    }
    for list in [&mut resources, &mut hooks] {
        list.sort_by_cached_key(|document| {
            let (at, name) = order(&document.kind, dialect);
            (at, name.to_string())
        });
    }
    resources.append(&mut hooks);
    Ok(resources)
}

fn document(
    file: &RenderedText,
    start: usize,
    end: usize,
    cache: &ParseCache,
    table: &mut OriginTable,
    warnings: &mut Vec<String>,
) -> Result<Option<RenderedDocument>, BadManifest> {
    let (bytes, mut segments) = file.text.slice(start, end).into_parts();
    segments.shrink_to_fit();
    let bad = |message: String, at: Option<(usize, usize)>| BadManifest {
        source: file.source.clone(),
        message: format!("YAML parse error on {}: {message}", file.source),
        at: at.map(|(from, to)| (start + from, start + to)),
        place: None,
        origin: at.map_or(OriginId::NONE, |(from, _)| file.text.origin_at(start + from)),
    };
    let utf8: SourceText = match String::from_utf8(bytes) {
        Ok(utf8) => utf8.into(),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let message = "error converting YAML to JSON: yaml: invalid leading UTF-8 octet".to_string();
            return Err(bad(message, Some((at, at + 1))));
        }
    };
    let ReadManifest { stream, head } = cache.manifest(utf8.clone());
    let head = match head {
        Ok(head) => head,
        Err(wrong) => {
            let at = wrong.span.map(|s| (s.start as usize, s.end as usize));
            let line = at.map(|(from, _)| 1 + utf8.bytes().take(from).filter(|b| *b == b'\n').count());
            let message = match line {
                _ if wrong.message.starts_with("error ") => wrong.message,
                Some(line) => format!("error converting YAML to JSON: yaml: line {line}: {}", wrong.message),
                None => format!("error converting YAML to JSON: yaml: {}", wrong.message),
            };
            return Err(bad(message, at));
        }
    };
    let hook = match head.hook {
        None => None,
        Some(names) => match hook_events(&names) {
            Some(events) => Some(Hook { events, weight: head.weight }),
            None => {
                warnings.push(format!("info: skipping unknown hook: {names:?}"));
                return Ok(None);
            }
        },
    };
    // Whether a hook is there at all is decided by the values that its annotation is made of.
    if let Some(span) = head.hook_span {
        let behind = crate::text::evidence(&segments, table, span.start, span.end, false);
        let by = behind.into_iter().fold(OriginId::NONE, |by, (origin, _)| {
            let printed = table.resolve(origin).printed;
            let given = printed.iter().any(|leaf| matches!(leaf, Leaf::Value { .. } | Leaf::Set { .. }));
            if given { table.union(by, origin) } else { by }
        });
        segments = file.text.slice(start, end).tested(by, table).into_parts().1;
    }
    Ok(Some(RenderedDocument {
        source: file.source.clone(),
        file: file.file.clone(),
        text: utf8,
        segments,
        stream: Some(stream),
        kind: head.kind,
        hook,
        crd: false,
    }))
}

/// A document, parsed, and what Helm reads of it; the same for the same text.
#[derive(Clone, Debug)]
pub(crate) struct ReadManifest {
    stream: Arc<Stream>,
    head: Result<Head, yaml_in::Wrong>,
}

/// Reads a document.
pub(crate) fn read(text: SourceText) -> ReadManifest {
    let stream = Arc::new(ddlint_yaml::parse(text));
    let head = yaml_in::first_document(&stream).and_then(|d| match d.and_then(Document::root) {
        None => Ok(Head::default()),
        Some(root) => {
            yaml_in::check(root)?;
            head(root)
        }
    });
    ReadManifest { stream, head }
}

fn hook_events(names: &str) -> Option<Vec<HookEvent>> {
    names.split(',').map(|name| HookEvent::parse(&name.trim().to_lowercase())).collect()
}

#[derive(Clone, Debug, Default)]
struct Head {
    kind: String,
    hook: Option<String>,
    /// Where the hook's annotation stands in the document.
    hook_span: Option<ddlint_yaml::Span>,
    weight: i64,
}

/// The few fields that Helm reads, with the type errors that its decoder finds.
fn head(root: Node<'_>) -> Result<Head, yaml_in::Wrong> {
    let unfit = |node: Node<'_>, field: &str, wanted: &str| {
        let got = if node.is_mapping() {
            "object"
        } else if node.is_sequence() {
            "array"
        } else {
            match node.scalar() {
                Some(ddlint_yaml::Scalar::Bool(_)) => "bool",
                Some(ddlint_yaml::Scalar::Int(_) | ddlint_yaml::Scalar::Float(_)) => "number",
                _ => "string",
            }
        };
        yaml_in::Wrong {
            message: format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {got} into Go {field} of type {wanted}"
            ),
            span: Some(node.span()),
        }
    };
    let mut out = Head::default();
    if root.is_null() {
        return Ok(out);
    }
    if !root.is_mapping() {
        return Err(unfit(root, "value", "releaseutil.SimpleHead"));
    }
    let text = |node: Node<'_>, name: &str| -> Result<Option<String>, yaml_in::Wrong> {
        match member(node, name) {
            None => Ok(None),
            Some(value) if value.resolved().is_scalar() => Ok(scalar_text(value)),
            Some(value) => Err(unfit(value, &format!("struct field SimpleHead.{name}"), "string")),
        }
    };
    text(root, "apiVersion")?;
    out.kind = text(root, "kind")?.unwrap_or_default();
    let Some(metadata) = member(root, "metadata").filter(|m| !m.is_null()) else { return Ok(out) };
    if !metadata.resolved().is_mapping() {
        return Err(unfit(metadata, "struct field SimpleHead.metadata", "struct"));
    }
    text(metadata, "name")?;
    let Some(notes) = member(metadata, "annotations").filter(|a| !a.is_null()) else { return Ok(out) };
    const NOTES: &str = "struct field .metadata.annotations";
    if !notes.resolved().is_mapping() {
        return Err(unfit(notes, NOTES, "map[string]string"));
    }
    for (key, _, value) in notes.effective_entries() {
        if !value.resolved().is_scalar() {
            return Err(unfit(value, NOTES, "string"));
        }
        match key.as_str() {
            "helm.sh/hook" => {
                out.hook = Some(scalar_text(value).unwrap_or_default());
                out.hook_span = Some(value.resolved().span());
            }
            "helm.sh/hook-weight" => {
                out.weight = scalar_text(value).and_then(|text| text.parse().ok()).unwrap_or(0);
            }
            _ => {}
        }
    }
    Ok(out)
}

/// A member by its name, exact first, then whatever the case, as Go's JSON decoder finds it.
fn member<'a>(node: Node<'a>, name: &str) -> Option<Node<'a>> {
    node.get(name).or_else(|| {
        let mut entries = node.entries();
        entries.find(|(key, _)| key.as_str().is_some_and(|k| k.eq_ignore_ascii_case(name))).map(|(_, v)| v)
    })
}

const ORDER_V3: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];
/// Helm 4 installs these last.
const ORDER_V4_MORE: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// The place of a kind in the order of installation; unknown kinds come last, by name.
fn order(kind: &str, dialect: HelmDialect) -> (usize, &str) {
    let more: &[&str] = if dialect == HelmDialect::V4 { ORDER_V4_MORE } else { &[] };
    match ORDER_V3.iter().chain(more).position(|k| *k == kind) {
        Some(at) => (at, ""),
        None => (usize::MAX, kind),
    }
}

/// Go's `\s`.
fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// How many bytes of white space, as `strings.TrimSpace` sees it, stand at the front.
fn leading_space(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|r| !r.is_empty()) {
        at += match rest {
            [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => 1,
            [0xc2, 0x85 | 0xa0, ..] => 2,
            [0xe1, 0x9a, 0x80, ..] | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..] => 3,
            [0xe2, 0x81, 0x9f, ..] | [0xe3, 0x80, 0x80, ..] => 3,
            _ => break,
        };
    }
    at
}

/// The end of the bytes without the white space there.
fn trimmed_end(bytes: &[u8]) -> usize {
    let mut end = bytes.len();
    loop {
        let kept = bytes.get(..end).unwrap_or(bytes);
        let cut = match kept {
            [.., b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c] => 1,
            [.., 0xc2, 0x85 | 0xa0] => 2,
            [.., 0xe1, 0x9a, 0x80] | [.., 0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf] => 3,
            [.., 0xe2, 0x81, 0x9f] | [.., 0xe3, 0x80, 0x80] => 3,
            _ => return end,
        };
        end -= cut;
    }
}

/// The ranges of the documents in a rendered file.
fn split(bytes: &[u8], dialect: HelmDialect) -> Vec<(usize, usize)> {
    let start = leading_space(bytes);
    let end = match dialect {
        HelmDialect::V3 => trimmed_end(bytes).max(start),
        HelmDialect::V4 => bytes.len(),
    };
    let mut pieces = Vec::new();
    let mut from = start;
    for (cut, resume) in separators(bytes, start, end, dialect) {
        pieces.push((from, cut));
        from = resume;
    }
    pieces.push((from, end));
    let trim = |(from, to): (usize, usize)| {
        let piece = bytes.get(from..to).unwrap_or(&[]);
        let inner_end = from + trimmed_end(piece);
        let inner_start = (from + leading_space(piece)).min(inner_end);
        (inner_start < inner_end).then_some(match dialect {
            HelmDialect::V3 => (inner_start, inner_end),
            HelmDialect::V4 => (inner_start, to),
        })
    };
    pieces.into_iter().filter_map(trim).collect()
}

/// The separators as `(first byte, first byte after)`. Helm 3 takes `---` at the start of any line, with all white
/// space before and after it; Helm 4 takes blanks after it only.
fn separators(bytes: &[u8], start: usize, end: usize, dialect: HelmDialect) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut at = start;
    let mut done = start;
    while at < end {
        let rest = bytes.get(at..end).unwrap_or_default();
        let dashes =
            if rest.starts_with(b"---") { Some(0) } else { memmem::find(rest, b"\n---").map(|n| n + 1) };
        let Some(line_start) = dashes.map(|n| at + n) else { break };
        let line = bytes.get(line_start..end).unwrap_or_default();
        at = memchr::memchr(b'\n', line).map_or(end, |n| line_start + n) + 1;
        if line_start < done {
            continue;
        }
        let blank = |b: u8| if dialect == HelmDialect::V3 { is_blank(b) } else { b == b' ' || b == b'\t' };
        let mut resume = line_start + 3;
        while resume < end && bytes.get(resume).copied().is_some_and(blank) {
            resume += 1;
        }
        let mut cut = line_start;
        if dialect == HelmDialect::V3 {
            // The newline before the dashes belongs to the separator; where the one before took it, there is none.
            if line_start > start && line_start <= done {
                continue;
            }
            while cut > done && bytes.get(cut - 1).copied().is_some_and(is_blank) {
                cut -= 1;
            }
        }
        out.push((cut, resume));
        done = resume;
        if resume > at {
            // The white space after it may reach over lines; go on at the line that follows.
            at = bytes
                .get(resume..end)
                .and_then(|b| b.iter().position(|b| *b == b'\n'))
                .map_or(end, |n| resume + n + 1);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, dialect: HelmDialect) -> Vec<&str> {
        split(text.as_bytes(), dialect).into_iter().map(|(from, to)| &text[from..to]).collect()
    }

    #[test]
    fn splitting_as_helm_3() {
        let v3 = HelmDialect::V3;
        assert_eq!(pieces("a: 1\n---\nb: 2\n", v3), ["a: 1", "b: 2"]);
        assert_eq!(pieces("\n---\n\na: 1\n\n\n--- # x\nb: 2", v3), ["a: 1", "# x\nb: 2"]);
        assert_eq!(pieces("a\n---b\n", v3), ["a", "b"]);
        assert_eq!(pieces("a\n---\n---\nb", v3), ["a", "---\nb"]);
        assert_eq!(pieces("a\n --- \nb", v3), ["a\n --- \nb"]);
        assert_eq!(pieces("---\n# only\n", v3), ["# only"]);
        assert_eq!(pieces(" \n \n", v3), [""; 0]);
        assert_eq!(pieces("a\r\n---\r\nb", v3), ["a", "b"]);
        assert_eq!(pieces("x\n---\n\n\n---\ny", v3), ["x", "---\ny"]);
    }

    #[test]
    fn splitting_as_helm_4() {
        let v4 = HelmDialect::V4;
        assert_eq!(pieces("a: 1\n\n---\nb: 2\n\n", v4), ["a: 1\n\n", "b: 2\n\n"]);
        assert_eq!(pieces("a\n---b\n---\n---\nc", v4), ["a\n", "b\n", "c"]);
    }

    #[test]
    fn kinds_are_sorted_and_unknown_ones_last() {
        let mut kinds = ["Foo", "Deployment", "", "Bar", "Namespace", "MutatingWebhookConfiguration"];
        kinds.sort_by_key(|k| order(k, HelmDialect::V3));
        assert_eq!(kinds, ["Namespace", "Deployment", "", "Bar", "Foo", "MutatingWebhookConfiguration"]);
        kinds.sort_by_key(|k| order(k, HelmDialect::V4));
        assert_eq!(kinds, ["Namespace", "Deployment", "MutatingWebhookConfiguration", "", "Bar", "Foo"]);
    }
}
