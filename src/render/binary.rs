//! `--renderer helm`: the real binary renders, and what it prints is read like the stream of another renderer.
//!
//! The binary is called only where the user chose it. What it prints says of each document from which template it is
//! and nothing more, so findings point at templates. Deliberately absent: plugins, repositories, anything but
//! `helm template`.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ddlint_helm::chart::Chart;
use ddlint_helm::manifest::{Hook, HookEvent, RenderedDocument};
use ddlint_helm::origin::{Leaf, OriginId, OriginTable, Place};
use ddlint_helm::render::{Rendered, RenderedChart};
use ddlint_helm::text::Segment;
use ddlint_helm::values::{SetKind, ValuesSource, merged_json};
use ddlint_yaml::{Node, Scalar, Span};
use regex::Regex;
use serde_json::Value as Json;

use super::{Job, Options, Problem};

/// The program's name on the PATH.
const HELM: &str = "helm";

/// A folder for values files that is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Scratch> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("ddlint-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Renders a chart that stands at `path` on the disk.
pub(super) fn render(
    job: &Job,
    path: &Path,
    chart: &Arc<Chart>,
    options: &Options,
) -> Result<Rendered, Problem> {
    let failed = |message: String| Problem::Binary(message, None, None);
    let scratch = Scratch::new().map_err(|error| failed(format!("no folder for values: {error}")))?;
    let mut command = Command::new(HELM);
    command.args(["template", &job.name]).arg(path).args(["--namespace", &job.namespace]);
    let version = job.kube_version.as_ref().unwrap_or(&options.kube_version.version);
    command.args(["--kube-version", version]);
    command.args(job.api_versions(options).iter().flat_map(|version| ["--api-versions", version]));
    command.arg(if options.skip_crds || job.skip_crds { "--skip-crds" } else { "--include-crds" });
    if job.skip_schema {
        command.arg("--skip-schema-validation");
    }
    let written = |file: &Path, values: &Json| {
        let written = fs::write(file, values.to_string());
        written.map_err(|error| failed(format!("values cannot be written: {error}")))
    };
    // The last values file, and what it holds: a patch changes it.
    let (mut last, mut inside): (Option<PathBuf>, Vec<ValuesSource>) = (None, Vec::new());
    for (number, source) in job.values.iter().enumerate() {
        let json = match source {
            // Of an Application: its file has no name here.
            ValuesSource::Set { kind: SetKind::File, text, place: Some(_), read: Some(read) } => {
                let (key, name) = text.split_once('=').unwrap_or((text, ""));
                let file = scratch.0.join(format!("{number}.txt"));
                let written =
                    read(name).and_then(|bytes| fs::write(&file, bytes).map_err(|it| it.to_string()));
                written.map_err(|error| failed(format!("values cannot be written: {error}")))?;
                command.arg("--set-file").arg(format!("{key}={}", file.display()));
                continue;
            }
            ValuesSource::Set { kind, text, .. } => {
                command.arg(option(*kind)).arg(text);
                continue;
            }
            ValuesSource::Node { document, node, .. } => embedded(document.node(*node)),
            ValuesSource::Patch { alone, .. } => {
                if *alone {
                    (last, inside) = (None, Vec::new());
                }
                inside.push(source.clone());
                let values = merged_json(&inside, options.dialect).map_err(Problem::Render)?;
                if let Some(file) = &last {
                    written(file, &values)?;
                    continue;
                }
                values
            }
            ValuesSource::File { stream, .. } => {
                stream.documents.first().and_then(|it| it.root()).map_or(Json::Null, |root| json(root, 0))
            }
        };
        let file = scratch.0.join(format!("{number}.yaml"));
        written(&file, &json)?;
        command.arg("--values").arg(&file);
        last = Some(file);
        if !matches!(source, ValuesSource::Patch { .. }) {
            inside = vec![source.clone()];
        }
    }
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Problem::NoBinary,
        _ => failed(format!("`helm` cannot be run: {error}")),
    })?;
    if !output.status.success() {
        return Err(failure(&String::from_utf8_lossy(&output.stderr), job, chart));
    }
    match String::from_utf8(output.stdout) {
        Ok(text) => Ok(documents(&text, job, chart)),
        Err(_) => Err(failed("what `helm template` printed is not UTF-8".to_string())),
    }
}

fn option(kind: SetKind) -> &'static str {
    match kind {
        SetKind::Json => "--set-json",
        SetKind::Typed => "--set",
        SetKind::Strings => "--set-string",
        SetKind::File => "--set-file",
        SetKind::Literal => "--set-literal",
    }
}

/// Values inside another document: a mapping, or YAML in a string.
fn embedded(node: Node<'_>) -> Json {
    match node.as_str() {
        Some(text) => {
            let stream = ddlint_yaml::parse(ddlint_yaml::SourceText::from(text));
            stream.documents.first().and_then(|it| it.root()).map_or(Json::Null, |root| json(root, 0))
        }
        None => json(node, 0),
    }
}

/// A node as JSON, which is YAML that everybody reads alike.
fn json(node: Node<'_>, depth: usize) -> Json {
    if depth > 500 {
        return Json::Null;
    }
    if node.is_mapping() {
        let entries = node.effective_entries().into_iter();
        return entries.map(|(name, _, value)| (name, json(value, depth + 1))).collect();
    }
    if node.is_sequence() {
        return node.items().map(|item| json(item, depth + 1)).collect();
    }
    match node.scalar() {
        None | Some(Scalar::Null) => Json::Null,
        Some(Scalar::Bool(value)) => Json::from(value),
        Some(Scalar::Int(value)) => Json::from(value),
        Some(Scalar::Float(value)) => Json::from(value),
        Some(Scalar::Str(text)) => Json::from(text),
    }
}

/// What helm says, with the template's line where it names one.
fn failure(stderr: &str, job: &Job, chart: &Arc<Chart>) -> Problem {
    let lines = stderr.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("Use --debug"));
    let message = lines.skip_while(|line| !line.starts_with("Error: ")).collect::<Vec<_>>().join("\n");
    let message = message.strip_prefix("Error: ").unwrap_or(stderr.trim()).to_string();
    let places = Regex::new(r"([\w./-]+/templates/[\w./-]+)(?::(\d+))?");
    let place = places.ok().and_then(|places| {
        let found = places.captures_iter(&message).last()?;
        let file = file_of(found.get(1)?.as_str(), job, chart);
        let text = all_templates(chart).remove(&*file)?;
        let Some(line) = found.get(2) else { return Some((file, Span { start: 0, end: 0 })) };
        let line: usize = line.as_str().parse().ok()?;
        let start =
            text.split_inclusive(|byte| *byte == b'\n').take(line - 1).map(<[u8]>::len).sum::<usize>();
        let length = text.get(start..)?.split(|byte| *byte == b'\n').next()?.len();
        Some((file, Span { start: start as u32, end: (start + length) as u32 }))
    });
    let message = shortened(&message);
    match place {
        Some((file, span)) => Problem::Binary(message, Some(file.to_string()), Some(span)),
        None => Problem::Binary(message, None, None),
    }
}

/// Of templates that call each other helm names each call: what it begins and ends with is enough.
fn shortened(message: &str) -> String {
    const ENDS: usize = 200;
    let end = message.char_indices().nth(ENDS).map_or(message.len(), |(at, _)| at);
    let start = message.char_indices().nth_back(ENDS).map_or(0, |(at, _)| at);
    if start <= end {
        return message.to_string();
    }
    format!("{} … {}", message.get(..end).unwrap_or_default(), message.get(start..).unwrap_or_default())
}

/// The templates of a chart and of the charts in it, by the name of the file.
fn all_templates(chart: &Chart) -> BTreeMap<&str, &[u8]> {
    let mut found: BTreeMap<&str, &[u8]> =
        chart.templates.iter().map(|template| (&*template.file, &*template.data)).collect();
    for inner in &chart.charts {
        found.extend(all_templates(inner));
    }
    found
}

/// The file behind the name that helm gives a template: `chart/templates/x.yaml`.
fn file_of(source: &str, job: &Job, chart: &Chart) -> Arc<str> {
    let below = source.split_once('/').map_or(source, |(_, below)| below);
    named(chart, below).unwrap_or_else(|| {
        crate::discover::join(&job.chart, below).unwrap_or_else(|| below.to_string()).into()
    })
}

/// The same, where `charts/` are followed by the names that the charts in it go by, which may be aliases.
fn named(chart: &Chart, below: &str) -> Option<Arc<str>> {
    if let Some((name, rest)) = below.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
        let mut names = vec![name];
        let declared = chart.metadata.dependencies.iter().flatten();
        names.extend(declared.filter(|it| it.alias == name).map(|it| it.name.as_str()));
        let inner = chart.charts.iter().filter(|inner| names.contains(&inner.metadata.name.as_str()));
        return inner.filter_map(|inner| named(inner, rest)).next();
    }
    let mut files = chart.templates.iter().chain(&chart.files);
    files.find(|file| &*file.name == below).map(|file| file.file.clone())
}

/// The documents of helm's stream, each with the template that it names.
fn documents(text: &str, job: &Job, chart: &Arc<Chart>) -> Rendered {
    const SOURCE: &str = "# Source: ";
    let mut origins = OriginTable::new(true);
    let mut found = Vec::new();
    let mut source = "";
    for piece in pieces(text) {
        let body = match piece.strip_prefix(SOURCE).and_then(|rest| rest.split_once('\n')) {
            Some((name, body)) => {
                source = name.trim();
                body
            }
            None => piece,
        };
        if body.trim().is_empty() {
            continue;
        }
        let file = file_of(source, job, chart);
        // The line break that Helm prints behind each document.
        let text: ddlint_yaml::SourceText = body.strip_suffix('\n').unwrap_or(body).into();
        let place = Place { file: file.clone(), start: 0, end: 0 };
        let origin = origins.leaf(|| Leaf::Template(place));
        let stream = ddlint_yaml::parse(text.clone());
        let root = stream.documents.first().and_then(|document| document.root());
        let kind = root.and_then(|root| root.get("kind")?.as_str()).unwrap_or_default().to_string();
        let hook = root.and_then(|root| root.at(&["metadata", "annotations"])?.get("helm.sh/hook")?.text());
        let test = hook.is_some_and(|names| names.split(',').any(|name| name.trim().starts_with("test")));
        found.push(RenderedDocument {
            source: source.into(),
            file,
            segments: vec![Segment { end: text.len() as u32, origin }],
            crd: source.contains("/crds/"),
            hook: test.then(|| Hook { events: vec![HookEvent::Test], weight: 0 }),
            kind,
            stream: Some(Arc::new(stream)),
            text,
        });
    }
    let mut charts = Vec::new();
    taking_part(chart, &chart.metadata.name, &mut charts);
    Rendered {
        documents: found,
        files: Vec::new(),
        sensed: BTreeMap::new(),
        origins,
        values: None,
        charts,
        warnings: Vec::new(),
        skipped_schema_references: Vec::new(),
    }
}

/// The texts between lines of dashes.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            pieces.push(text.get(start..at).unwrap_or_default());
            start = at + line.len();
        }
        at += line.len();
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

fn taking_part(chart: &Arc<Chart>, path: &str, out: &mut Vec<RenderedChart>) {
    out.push(RenderedChart { path: path.into(), chart: chart.clone(), enabled_by: OriginId::NONE });
    for inner in &chart.charts {
        taking_part(inner, &format!("{path}/charts/{}", inner.metadata.name), out);
    }
}
