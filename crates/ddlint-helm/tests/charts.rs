//! The charts in `tests/charts` against what the real helm made of them, byte for byte (`oracle/record.sh` records).

use ddlint_helm::HelmDialect;
use ddlint_helm::chart::{ArchiveLimits, FileData, load};
use ddlint_helm::objects::KubeVersion;
use ddlint_helm::render::{Release, RenderRequest, Rendered, render};
use ddlint_helm::values::{SetKind, ValuesSource};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts")
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, FileData>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, FileData::from(std::fs::read(entry.path()).expect("a file")));
        }
    }
}

/// Renders one case; an error is Helm's message.
fn run(chart: &Path, args: &str, dialect: HelmDialect, recording: bool) -> Result<Rendered, String> {
    let mut files = BTreeMap::new();
    walk(&chart.join("chart"), "", &mut files);
    let loaded = Arc::new(load(&files, "chart", &ArchiveLimits::default()).map_err(|e| e.message)?);
    let release = Release { name: "rel".into(), namespace: "ns".into(), is_upgrade: false, revision: 1 };
    let kube = KubeVersion::parse("v1.34.0", dialect).expect("a version");
    let mut request = RenderRequest::new(&loaded, release, kube, dialect);
    request.recording = recording;
    let mut values = Vec::new();
    let mut lines = args.lines();
    while let Some(option) = lines.next() {
        if option == "--is-upgrade" {
            request.release.is_upgrade = true;
            continue;
        }
        let value = lines.next().expect("the option's value").to_string();
        let kind = match option {
            "--values" => {
                let text = std::fs::read_to_string(chart.join(&value)).expect("a values file");
                values.push(ValuesSource::file(value, text));
                continue;
            }
            "--kube-version" => {
                request.kube_version = KubeVersion::parse(&value, dialect).expect("a version");
                continue;
            }
            "-a" => {
                request.api_versions.push(value);
                continue;
            }
            "--set" => SetKind::Typed,
            "--set-string" => SetKind::Strings,
            "--set-json" => SetKind::Json,
            "--set-literal" => SetKind::Literal,
            "--set-file" => SetKind::File,
            other => panic!("unknown option {other}"),
        };
        let folder = chart.to_path_buf();
        let read = move |name: &str| std::fs::read(folder.join(name)).map_err(|e| e.to_string());
        values.push(ValuesSource::Set { kind, text: value, place: None, read: Some(Arc::new(read)) });
    }
    request.values = &values;
    render(&request).map_err(|e| e.message.clone())
}

fn cases() -> Vec<(PathBuf, String, String)> {
    let mut out = Vec::new();
    for chart in std::fs::read_dir(folder()).expect("tests/charts") {
        let chart = chart.expect("an entry").path();
        for case in std::fs::read_dir(chart.join("cases")).expect("cases") {
            let path = case.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            out.push((chart.clone(), name, std::fs::read_to_string(path).expect("a case")));
        }
    }
    out.sort();
    out
}

/// Whether our message says what Helm's says: the same, where Helm's is not another library's.
fn same_error(ours: &str, helm: &str) -> bool {
    let helm = helm.trim().trim_start_matches("Error: ");
    if helm.starts_with("YAML parse error") || helm.starts_with("values don't meet") {
        let beginning =
            |text: &str| text.lines().next().and_then(|l| l.split(": ").next()).map(str::to_owned);
        return beginning(ours) == beginning(helm);
    }
    ours == helm
}

#[test]
fn charts_render_as_helm_renders_them() {
    let cases = cases();
    assert!(cases.len() >= 30, "only {} cases found", cases.len());
    let mut wrong = Vec::new();
    for (chart, name, args) in &cases {
        for (dialect, suffix) in [(HelmDialect::V3, ""), (HelmDialect::V4, ".v4")] {
            let expected = |kind| chart.join("expected").join(format!("{name}{suffix}.{kind}"));
            let what = format!("{}/{name}{suffix}", chart.file_name().expect("a name").to_string_lossy());
            match (run(chart, args, dialect, true), std::fs::read_to_string(expected("yaml"))) {
                (Ok(rendered), Ok(truth)) => {
                    if rendered.to_stream() != truth {
                        wrong.push(format!(
                            "{what}: differs\n--- helm\n{truth}\n--- ours\n{}",
                            rendered.to_stream()
                        ));
                    }
                }
                (Ok(_), Err(_)) => wrong.push(format!("{what}: helm refuses it, we do not")),
                (Err(message), Ok(_)) => wrong.push(format!("{what}: {message}")),
                (Err(message), Err(_)) => {
                    let truth = std::fs::read_to_string(expected("err")).expect("a recorded error");
                    // Helm 4 words errors its own way.
                    if dialect == HelmDialect::V3 && !same_error(&message, &truth) {
                        wrong.push(format!("{what}: another error\n helm: {truth} ours: {message}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), 2 * cases.len(), wrong.join("\n\n"));
}

#[test]
fn recording_changes_no_byte_and_covers_all() {
    for (chart, name, args) in &cases() {
        let with = run(chart, args, HelmDialect::V3, true);
        let without = run(chart, args, HelmDialect::V3, false);
        match (with, without) {
            (Ok(with), Ok(without)) => {
                assert_eq!(with.to_stream(), without.to_stream(), "{chart:?} {name}");
                for document in &with.documents {
                    let end = document.segments.last().map_or(0, |s| s.end as usize);
                    assert_eq!(end, document.text.len(), "{chart:?} {name} {}", document.source);
                    let unknown: usize = document
                        .segments
                        .iter()
                        .scan(0, |from, s| Some((s.end - std::mem::replace(from, s.end), s.origin)))
                        .filter(|(_, origin)| with.origins.resolve(*origin).printed.is_empty())
                        .map(|(length, _)| length as usize)
                        .sum();
                    // What comes from `.Template` is not recorded.
                    assert!(
                        unknown <= 90 || unknown * 2 <= end,
                        "{chart:?} {name} {}: {unknown} of {end}",
                        document.source
                    );
                }
                assert!(without.documents.iter().all(|d| d.segments.iter().all(|s| s.origin.is_none())));
            }
            (Err(with), Err(without)) => assert_eq!(with, without),
            _ => panic!("{chart:?} {name}: recording decides whether it fails"),
        }
    }
}
