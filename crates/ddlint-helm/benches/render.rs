//! A render with and without recording of origins, with templates parsed before and not, in CPU time.
//!
//! `cargo bench -p ddlint-helm --bench render -- CHART…` takes chart folders; without any, a chart made here is used:
//! many objects out of `include`, `toYaml`, `tpl` and `range`, as charts in the wild write them.

#![expect(clippy::print_stdout, reason = "a bench has to print")]

#[path = "../../ddlint-yaml/benches/cpu/mod.rs"]
mod cpu;

use cpu::cpu_time;
use ddlint_helm::HelmDialect;
use ddlint_helm::chart::{ArchiveLimits, Chart, FileData, load};
use ddlint_helm::objects::KubeVersion;
use ddlint_helm::render::{Release, RenderRequest, render};
use ddlint_helm::template::ParseCache;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Files = BTreeMap<String, FileData>;
type Fails<T> = Result<T, Box<dyn std::error::Error>>;

/// Rounds of each measurement; the best one counts.
const ROUNDS: usize = 5;
/// Renders in a round: CPU time is counted in steps of several milliseconds.
const TIMES: usize = 20;

const HELPERS: &str = r#"
{{- define "c.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "c.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
{{- define "c.value" -}}
{{- if kindIs "string" .value }}{{ tpl .value .context }}{{ else }}{{ tpl (toYaml .value) .context }}{{ end -}}
{{- end -}}
"#;

const TEMPLATE: &str = r#"
{{- range $name, $app := .Values.apps }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "c.name" $ }}-{{ $name }}
  labels: {{- include "c.labels" $ | nindent 4 }}
  annotations:
    checksum/config: {{ toYaml $app.config | sha256sum }}
spec:
  replicas: {{ $app.replicas | default 1 }}
  template:
    metadata:
      labels: {{- include "c.labels" $ | nindent 8 }}
    spec:
      containers:
        - name: {{ $name }}
          image: "{{ $app.image.repository }}:{{ $app.image.tag | default $.Chart.AppVersion }}"
          {{- if $app.resources }}
          resources: {{- toYaml $app.resources | nindent 12 }}
          {{- end }}
          env:
            {{- range $app.env }}
            - name: {{ .name }}
              value: {{ include "c.value" (dict "value" .value "context" $) | quote }}
            {{- end }}
{{- end }}
"#;

fn made() -> Files {
    let mut values = String::from("labels: {team: core, tier: web}\napps:\n");
    for app in 0..120 {
        values += &format!(
            "  app{app}:\n    replicas: {app}\n    image: {{repository: docker.io/library/app{app}, tag: 1.{app}.0}}\n    \
             resources: {{limits: {{cpu: 100m, memory: 128Mi}}, requests: {{cpu: 50m, memory: 64Mi}}}}\n    \
             config: {{a: 1, b: [x, y, z], c: {{d: some text, e: true}}}}\n    env:\n"
        );
        for variable in 0..8 {
            values +=
                &format!("      - {{name: V{variable}, value: '{{{{ .Release.Name }}}}-{variable}'}}\n");
        }
    }
    let file = |name: &str, text: &str| (name.to_owned(), FileData::from(text));
    [
        file("Chart.yaml", "apiVersion: v2\nname: made\nversion: 1.0.0\nappVersion: 2.0.0\n"),
        file("values.yaml", &values),
        file("templates/_helpers.tpl", HELPERS),
        file("templates/apps.yaml", TEMPLATE),
    ]
    .into_iter()
    .collect()
}

fn walk(folder: &Path, prefix: &str, files: &mut Files) -> Fails<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, FileData::from(std::fs::read(entry.path())?));
        }
    }
    Ok(())
}

fn best(mut work: impl FnMut() -> Fails<()>) -> Fails<f64> {
    let mut least = Duration::MAX;
    for _ in 0..ROUNDS {
        let begin = cpu_time();
        for _ in 0..TIMES {
            work()?;
        }
        least = least.min(cpu_time() - begin);
    }
    Ok(least.as_secs_f64() * 1e3 / TIMES as f64)
}

fn measure(name: &str, files: &Files) -> Fails<()> {
    let limits = ArchiveLimits::default();
    let chart: Arc<Chart> = Arc::new(load(files, name, &limits)?);
    let loading = best(|| load(files, name, &limits).map(drop).map_err(Into::into))?;
    let release = Release { name: "rel".into(), namespace: "ns".into(), is_upgrade: false, revision: 1 };
    let kube = KubeVersion::parse("v1.34.0", HelmDialect::V3)?;
    let mut request = RenderRequest::new(&chart, release, kube, HelmDialect::V3);
    request.keep_values = false;
    request.keep_files = false;
    let mut size = 0;
    let mut once = |recording: bool, cache: Option<&Arc<ParseCache>>| -> Fails<f64> {
        best(|| {
            request.recording = recording;
            request.cache = cache.cloned().unwrap_or_default();
            let rendered = render(&request).map_err(|error| error.message.clone())?;
            size = rendered.documents.iter().map(|document| document.text.len()).sum();
            Ok(())
        })
    };
    let shared = Arc::default();
    let (recorded, plain) = (once(true, Some(&shared))?, once(false, Some(&shared))?);
    let unparsed = once(true, None)?;
    println!(
        "{name}: {size} bytes; load {loading:.2} ms; render {recorded:.2} ms recording, {plain:.2} ms not (ratio {:.2}); \
         {unparsed:.2} ms with templates parsed anew",
        recorded / plain
    );
    Ok(())
}

fn main() -> Fails<()> {
    let folders: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if folders.is_empty() {
        return measure("made", &made());
    }
    for folder in folders {
        let mut files = Files::new();
        walk(Path::new(&folder), "", &mut files)?;
        let name = Path::new(&folder)
            .file_name()
            .map_or_else(|| folder.clone(), |n| n.to_string_lossy().into_owned());
        if let Err(error) = measure(&name, &files) {
            println!("{name}: {error}");
        }
    }
    Ok(())
}
