//! Renders chart folders as `helm template --include-crds` prints them: for comparing with the real helm.
//!
//! `template CHART [-f FILE]… [--set A]… [--set-string A]… [--set-json A]… [--set-file A]… [--set-literal A]…
//! [--name NAME] [-n NAMESPACE] [--kube-version V] [-a API]… [--helm-dialect 3|4] [--files DIR] [--no-recording]`
//! prints one; `template --batch LIST` renders a list of lines `CHART<tab>VALUES or -<tab>OUTPUT` to `OUTPUT.out`
//! or `OUTPUT.err`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the command line")]

use ddlint_helm::HelmDialect;
use ddlint_helm::chart::{ArchiveLimits, Chart, FileData, load, load_packed};
use ddlint_helm::objects::KubeVersion;
use ddlint_helm::render::{Release, RenderRequest, render};
use ddlint_helm::template::ParseCache;
use ddlint_helm::values::{SetKind, ValuesSource};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

type Fails<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Clone)]
struct Options {
    chart: String,
    values: Vec<ValuesSource>,
    release: Release,
    kube: String,
    apis: Vec<String>,
    dialect: HelmDialect,
    files: Option<String>,
    recording: bool,
    repeat: u32,
    cache: Arc<ParseCache>,
}

fn run() -> Fails<()> {
    let mut options = Options {
        chart: String::new(),
        values: Vec::new(),
        release: Release { name: "rel".into(), namespace: "ns".into(), is_upgrade: false, revision: 1 },
        kube: "v1.34.0".into(),
        apis: Vec::new(),
        dialect: HelmDialect::V3,
        files: None,
        recording: true,
        repeat: 1,
        cache: Arc::default(),
    };
    let mut batch = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let set = match arg.as_str() {
            "--set" => Some(SetKind::Typed),
            "--set-string" => Some(SetKind::Strings),
            "--set-json" => Some(SetKind::Json),
            "--set-file" => Some(SetKind::File),
            "--set-literal" => Some(SetKind::Literal),
            _ => None,
        };
        let mut value = || args.next().ok_or(format!("{arg} wants a value"));
        match arg.as_str() {
            _ if set.is_some() => {
                let Some(kind) = set else { continue };
                let read = |name: &str| std::fs::read(name).map_err(|e| e.to_string());
                options.values.push(ValuesSource::Set {
                    kind,
                    text: value()?,
                    place: None,
                    read: Some(Arc::new(read)),
                });
            }
            "-f" | "--values" => {
                let name = value()?;
                options.values.push(values_file(&name)?);
            }
            "--name" => options.release.name = value()?,
            "-n" | "--namespace" => options.release.namespace = value()?,
            "--is-upgrade" => options.release.is_upgrade = true,
            "--kube-version" => options.kube = value()?,
            "-a" | "--api-versions" => options.apis.push(value()?),
            "--helm-dialect" if value()? == "4" => options.dialect = HelmDialect::V4,
            "--helm-dialect" => {}
            "--files" => options.files = Some(value()?),
            "--no-recording" => options.recording = false,
            "--repeat" => options.repeat = value()?.parse()?,
            "--batch" => batch = Some(value()?),
            _ => options.chart = arg,
        }
    }
    match batch {
        None => {
            let out = one(&options)?;
            print!("{out}");
            Ok(())
        }
        Some(list) => {
            for line in std::fs::read_to_string(list)?.lines() {
                let mut parts = line.split('\t');
                let (Some(chart), Some(values), Some(out)) = (parts.next(), parts.next(), parts.next())
                else {
                    continue;
                };
                let mut job = Options { chart: chart.to_string(), ..options.clone() };
                let result =
                    if values == "-" { Ok(()) } else { values_file(values).map(|v| job.values.push(v)) };
                let (good, bad) = (format!("{out}.out"), format!("{out}.err"));
                let _ = std::fs::remove_file(&good);
                let _ = std::fs::remove_file(&bad);
                match result.and_then(|()| one(&job)) {
                    Ok(text) => std::fs::write(good, text)?,
                    Err(error) => std::fs::write(bad, error.to_string())?,
                }
            }
            Ok(())
        }
    }
}

fn values_file(name: &str) -> Fails<ValuesSource> {
    Ok(ValuesSource::file(name, std::fs::read_to_string(name)?))
}

fn chart(path: &str) -> Fails<Chart> {
    let limits = ArchiveLimits::default();
    if Path::new(path).is_file() {
        return Ok(load_packed(&std::fs::read(path)?, path, &limits)?);
    }
    let mut files = BTreeMap::new();
    walk(Path::new(path), "", &mut files)?;
    Ok(load(&files, path, &limits)?)
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, FileData>) -> Fails<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), files)?;
        } else if let Ok(data) = std::fs::read(entry.path()) {
            files.insert(name, FileData::from(data));
        }
    }
    Ok(())
}

fn one(options: &Options) -> Fails<String> {
    let chart = Arc::new(chart(&options.chart)?);
    let kube = KubeVersion::parse(&options.kube, options.dialect)?;
    let mut request = RenderRequest::new(&chart, options.release.clone(), kube, options.dialect);
    request.values = &options.values;
    request.api_versions = options.apis.clone();
    request.recording = options.recording;
    request.cache = options.cache.clone();
    for _ in 1..options.repeat {
        render(&request).map_err(|e| e.message.clone())?;
    }
    let rendered = render(&request).map_err(|e| e.message.clone())?;
    if let Some(folder) = &options.files {
        for file in &rendered.files {
            let path = Path::new(folder).join(&*file.source);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, &file.text)?;
        }
    }
    Ok(rendered.to_stream())
}
