//! `ddlint trace`: for each field of what would be deployed, where its text came from (contract section 4a).
//!
//! Deliberately absent: recording (`ddlint-helm`) and reading origins (`provenance`).

use std::fmt::Write;
use std::rc::Rc;

use ddlint_helm::origin::OriginId;
use ddlint_yaml::{Node, Query};
use serde::Serialize;

use crate::finding::{OriginStep, ResourceName};
use crate::model::{Model, ResourceId};
use crate::provenance;
use crate::report::secrets;
use crate::source::{Location, Origin, Place, Rendering};

/// What narrows a trace.
#[derive(Debug, Default)]
pub struct Filter {
    /// `Kind/name`, or `Kind`.
    pub resource: Option<String>,
    /// A JSONPath into the resource.
    pub field: Option<Query>,
    /// Whether what only decides which resource or which item of a list it is counts too.
    pub positions: bool,
}

/// A field and where it came from.
#[derive(Clone, Debug)]
pub struct Field {
    /// The resource.
    pub resource: ResourceName,
    /// Its normalized path.
    pub path: String,
    /// Where it stands, for documents that were not rendered.
    pub location: Option<Location>,
    /// The text; none for what belongs to a Secret or looks like a secret.
    pub value: Option<String>,
    /// The chain.
    pub origin: Vec<(OriginStep, Option<Location>)>,
}

/// The fields of all resources, in input order.
pub fn fields(model: &Model, filter: &Filter) -> Vec<Field> {
    let mut out = Vec::new();
    for id in (0..model.resources.len() as u32).map(ResourceId) {
        let resource = model.resource(id);
        let matches = filter.resource.as_ref().is_none_or(|wanted| match wanted.split_once('/') {
            Some((kind, name)) => kind.eq_ignore_ascii_case(&resource.kind) && name == resource.name,
            None => wanted.eq_ignore_ascii_case(&resource.kind),
        });
        if matches {
            resource_fields(model, id, filter, &mut out);
        }
    }
    out
}

fn resource_fields(model: &Model, id: ResourceId, filter: &Filter, out: &mut Vec<Field>) {
    let resource = model.resource(id);
    let root = model.node(resource.at);
    let above = root.document().normalized_path(root.id());
    let selected: Vec<Node<'_>> = match &filter.field {
        Some(query) => query.select(root).into_iter().map(|found| found.value).collect(),
        None => vec![root],
    };
    let file = model.doc(resource.at.doc).file;
    let secret = resource.kind == "Secret";
    let rendering = match &model.sources.get(file).origin {
        Origin::Rendered(rendering) if filter.positions => Some(&**rendering),
        _ => None,
    };
    // A resource is another one under another name.
    let name = ["kind", "metadata"].iter().filter_map(|key| root.get(key));
    let name = name.filter_map(|node| if node.is_mapping() { node.get("name") } else { Some(node) });
    let identity = rendering.map_or_else(Vec::new, |rendering| {
        let names = name.flat_map(|node| provenance::origins_of(rendering, node.span()));
        names.collect::<Vec<_>>()
    });
    let identity = Rc::new(identity);
    for start in selected {
        let around =
            rendering.map_or_else(Rc::default, |rendering| around(rendering, root, start, &identity));
        let mut stack = vec![(start, around)];
        while let Some((node, around)) = stack.pop() {
            let node = node.resolved();
            let children = children(rendering, node, &around);
            if !children.is_empty() {
                stack.extend(children.into_iter().rev());
                continue;
            }
            let whole = root.document().normalized_path(node.id());
            let path = whole.strip_prefix(above.as_str()).map_or(whole.clone(), |below| format!("${below}"));
            let place = Place { file, span: node.span() };
            let named = node.parent().and_then(|parent| parent.get("name")).and_then(Node::as_str);
            let hidden = secret && (path.starts_with("$['data']") || path.starts_with("$['stringData']"))
                || (last_key(&path) == "value" && named.is_some_and(secrets::names_secret));
            let text = node.text().unwrap_or(if node.is_mapping() { "{}" } else { "[]" });
            let shown = secrets::mask_line(&format!("{}: {text}", last_key(&path)), hidden);
            let value = shown.split_once(": ").map(|(_, value)| value.to_string());
            let (origin, location) = match &model.sources.get(file).origin {
                Origin::Rendered(rendering) => {
                    (provenance::chain_with(rendering, &model.sources, place, &around), None)
                }
                _ => {
                    let place = Some(model.sources.outermost(place));
                    let step = OriginStep { kind: "literal", place, path: None, tested: false };
                    (vec![step], Some(model.sources.location(Place { file, span: node.span() })))
                }
            };
            let origin = origin
                .into_iter()
                .map(|step| {
                    let location = step.place.map(|place| model.sources.location(place));
                    (step, location)
                })
                .collect();
            out.push(Field { resource: resource.report_name(), path, location, value, origin });
        }
    }
}

/// The children of a node, each with what decided about it without standing in it.
fn children<'a>(
    rendering: Option<&Rendering>,
    node: Node<'a>,
    around: &Rc<Vec<OriginId>>,
) -> Vec<(Node<'a>, Rc<Vec<OriginId>>)> {
    if node.is_mapping() {
        return node.entries().map(|(_, value)| (value, around.clone())).collect();
    }
    let Some(rendering) = rendering else {
        return node.items().map(|item| (item, around.clone())).collect();
    };
    let mut moved = around.clone();
    // Items that are absent before the first one stood behind the key.
    let key = node.document().key_of(node.id()).map(|key| node.document().node(key).span().end);
    let mut from = key.unwrap_or(node.span().start);
    let mut out = Vec::with_capacity(node.len());
    for item in node.items() {
        let mut more = Vec::new();
        provenance::moved_by(rendering, from, item.span().start, &mut more);
        if more.iter().any(|origin| !moved.contains(origin)) {
            let known = Rc::make_mut(&mut moved);
            more.retain(|origin| !known.contains(origin));
            known.extend(more);
        }
        out.push((item, moved.clone()));
        from = item.full_span().end;
    }
    out
}

/// What decided about a node without standing in it, from the root downward.
fn around(
    rendering: &Rendering,
    root: Node<'_>,
    start: Node<'_>,
    identity: &Rc<Vec<OriginId>>,
) -> Rc<Vec<OriginId>> {
    let mut path = vec![start];
    while let Some(node) = path.last().filter(|node| node.id() != root.id()).and_then(|node| node.parent()) {
        path.push(node);
    }
    let mut around = identity.clone();
    while let Some(node) = path.pop() {
        let Some(next) = path.last() else { break };
        let below = children(Some(rendering), node, &around);
        if let Some((_, its)) = below.into_iter().find(|(child, _)| child.id() == next.id()) {
            around = its;
        }
    }
    around
}

fn last_key(path: &str) -> &str {
    path.rsplit("['").next().and_then(|rest| rest.split("']").next()).unwrap_or_default()
}

#[derive(Serialize)]
struct JsonTrace<'a> {
    schema: &'static str,
    fields: Vec<JsonField<'a>>,
}

#[derive(Serialize)]
struct JsonField<'a> {
    resource: JsonResource<'a>,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<JsonLocation<'a>>,
    origin: Vec<JsonStep<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonResource<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
struct JsonLocation<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    offset: u32,
    length: u32,
}

#[derive(Serialize)]
struct JsonStep<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tested: bool,
}

/// `--format json`
pub fn json(fields: &[Field]) -> String {
    let fields = fields
        .iter()
        .map(|field| JsonField {
            resource: JsonResource {
                api_version: &field.resource.api_version,
                kind: &field.resource.kind,
                namespace: field.resource.namespace.as_deref(),
                name: &field.resource.name,
            },
            path: &field.path,
            location: field.location.as_ref().map(|at| JsonLocation {
                file: &at.file,
                line: at.line,
                column: at.column,
                end_line: at.end_line,
                end_column: at.end_column,
                offset: at.offset,
                length: at.length,
            }),
            origin: field
                .origin
                .iter()
                .map(|(step, at)| JsonStep {
                    kind: step.kind,
                    file: at.as_ref().map(|at| at.file.as_str()),
                    line: at.as_ref().map(|at| at.line),
                    column: at.as_ref().map(|at| at.column),
                    path: step.path.as_deref(),
                    tested: step.tested,
                })
                .collect(),
        })
        .collect();
    let trace = JsonTrace { schema: "ddlint-trace/1", fields };
    let mut text = serde_json::to_string_pretty(&trace).unwrap_or_default();
    text.push('\n');
    text
}

/// `--format text`: a block a resource, a line a field, beside or below it where it came from.
pub fn text(fields: &[Field]) -> String {
    let mut out = String::new();
    let mut from = 0;
    while let Some(first) = fields.get(from) {
        let to = fields.iter().skip(from).take_while(|field| field.resource == first.resource).count() + from;
        let block = fields.get(from..to).unwrap_or_default();
        if from > 0 {
            out.push('\n');
        }
        resource_text(&first.resource, block, &mut out);
        from = to;
    }
    out
}

/// One resource: what stands in the text of a manifest or a template is told at the right, values below the field.
fn resource_text(resource: &ResourceName, fields: &[Field], out: &mut String) {
    const WIDEST: usize = 56;
    let namespace = resource.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}/{}{namespace}", resource.kind, resource.name);
    let heads: Vec<String> = fields.iter().map(head).collect();
    let width =
        heads.iter().map(|head| head.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    for (field, head) in fields.iter().zip(&heads) {
        let from_values = |step: &OriginStep| step.tested || !matches!(step.kind, "template" | "literal");
        let place = field.origin.iter().find(|(step, _)| matches!(step.kind, "template" | "literal"));
        let place = place.and_then(|(_, at)| at.as_ref()).map(|at| format!("{}:{}", at.file, at.line));
        let _ = writeln!(out, "{}", format!("{head:width$}  {}", place.unwrap_or_default()).trim_end());
        let steps = field.origin.iter().filter(|(step, _)| from_values(step) && !only_literal(step));
        for (step, at) in steps {
            let place = at.as_ref().map(|at| format!("{}:{}:{}", at.file, at.line, at.column));
            let what = match (&step.path, step.kind) {
                (Some(path), "release") => format!(".Release.{path}"),
                (Some(path), "chart") => format!(".Chart.{path}"),
                (Some(path), "capabilities") => path.clone(),
                (Some(path), _) => dotted(path),
                (None, kind) => kind.to_string(),
            };
            let whose = match step.kind {
                "application" => " (inline values)",
                "set" => " (--set)",
                "random" => " (drawn anew at every render)",
                "values" if at.is_none() => " (given nowhere)",
                _ => "",
            };
            let how = if step.tested { "if" } else { "<-" };
            let what = format!("{what}{whose}");
            let _ = writeln!(
                out,
                "{}",
                format!("      {how} {what:40}  {}", place.unwrap_or_default()).trim_end()
            );
        }
    }
}

/// A literal of a template that was only compared with says nothing to a reader.
fn only_literal(step: &OriginStep) -> bool {
    step.tested && matches!(step.kind, "template" | "literal")
}

/// The field and its value, cut to a line.
fn head(field: &Field) -> String {
    const LONGEST: usize = 60;
    let path = dotted(&field.path);
    let Some(value) = &field.value else { return format!("  {path}: (not shown)") };
    let first: String = value.lines().next().unwrap_or_default().chars().take(LONGEST).collect();
    let cut = if first.len() < value.len() { "…" } else { "" };
    format!("  {path}: {first}{cut}")
}

/// A normalized path as people write it: `spec.template.spec.containers[0].image`.
pub fn dotted(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while let Some(inner) = rest.strip_prefix('[') {
        if let Some(quoted) = inner.strip_prefix('\'')
            && let Some(end) = quoted.find("']")
        {
            let key = &quoted[..end];
            let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            if !plain || key.is_empty() {
                out.push_str(&format!("['{key}']"));
            } else {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(key);
            }
            rest = &quoted[end + 2..];
        } else if let Some(end) = inner.find(']') {
            out.push_str(&format!("[{}]", &inner[..end]));
            rest = &inner[end + 1..];
        } else {
            break;
        }
    }
    if rest.is_empty() { out } else { path.to_string() }
}
