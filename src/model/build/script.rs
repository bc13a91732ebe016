//! What the commands of shell scripts deploy, wait for and contact.

use std::collections::BTreeMap;
use std::sync::Arc;

use ddlint_yaml::{SourceText, Span};

use super::Builder;
use super::helm_line::HelmLine;
use super::placeholder::holds_shell_variable;
use super::shell::{Cwd, ROOT, Ran, Stdin, Text, UNKNOWN, run};
use crate::discover::{EntryKind, file_name, join, normalize, parent};
use crate::model::env::EnvSource;
use crate::model::script::{Script, Step, StepKind};
use crate::model::{ResourceId, ScriptId};
use crate::source::{FileId, Origin, Place, SourceFile};

/// The script whose steps are read.
pub(super) struct Reading {
    pub(super) id: ScriptId,
    pub(super) file: FileId,
    /// The folder of the script.
    pub(super) folder: String,
    pub(super) text: SourceText,
    /// `helm repo add NAME URL`
    pub(super) repositories: BTreeMap<String, String>,
    pub(super) steps: Vec<Step>,
}

impl Builder<'_> {
    pub(super) fn read_scripts(&mut self) {
        let found = std::mem::take(&mut self.found);
        let scripts: Vec<_> = found.iter().filter(|file| self.is_script(file)).collect();
        for file in scripts {
            let wanted = |text: &str| ["kubectl", "helm", "oc "].iter().any(|word| text.contains(word));
            if let Some(id) = self.loader.load_script(&file.path, wanted) {
                self.read_script(&file.path, id);
            }
        }
        self.found = found;
    }

    fn read_script(&mut self, path: &str, file: FileId) {
        let text = self.loader.sources.get(file).text.clone();
        let mut reading = Reading {
            id: ScriptId(self.scripts.len() as u32),
            file,
            folder: parent(path).to_string(),
            repositories: BTreeMap::new(),
            steps: Vec::new(),
            text,
        };
        let commands = run(&reading.text.clone(), path);
        for ran in &commands {
            self.read_command(&mut reading, ran);
        }
        let deploys = reading.steps.iter().any(|step| {
            matches!(
                step.kind,
                StepKind::Apply { .. } | StepKind::Helm { .. } | StepKind::SetEnv(_) | StepKind::Restart(_)
            )
        });
        if deploys {
            self.scripts.push(Script { file, steps: reading.steps });
        } else {
            self.loader.skip(path, "a script without `kubectl apply` or `helm install|upgrade`");
        }
    }

    fn read_command(&mut self, reading: &mut Reading, ran: &Ran) {
        let words = without_prefixes(&ran.words);
        let Some(program) = words.first().map(|word| file_name(&word.text)) else { return };
        let kind = match program {
            "kubectl" | "oc" | "kubecolor" => self.kubectl(reading, ran, words),
            "helm" | "helm3" => self.helm(reading, ran, words),
            "curl" | "wget" | "nc" | "ncat" | "telnet" | "grpcurl" => {
                Some(StepKind::Contact(reading.words(ran)))
            }
            "argocd" if words.iter().any(|word| word.text == "wait") => {
                Some(StepKind::Wait(reading.words(ran)))
            }
            _ if ran.words.iter().any(|word| word.text.contains("/dev/tcp/")) => {
                Some(StepKind::Contact(reading.words(ran)))
            }
            _ => None,
        };
        if let Some(kind) = kind {
            reading.push(ran, kind);
        }
    }

    fn kubectl(&mut self, reading: &mut Reading, ran: &Ran, words: &[Text]) -> Option<StepKind> {
        let line = Line::read(words, KUBECTL_VALUES);
        let verbs: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
        match verbs.as_slice() {
            ["apply" | "create" | "replace", rest @ ..] => {
                let dry = line.flags.iter().any(|(name, value)| {
                    *name == "--dry-run"
                        && !value.as_ref().is_some_and(|value| value.text == "none" || value.text == "false")
                });
                let about_files = !line.values(&["-f", "--filename", "-k", "--kustomize"]).is_empty();
                let plain = rest.is_empty()
                    || matches!(rest.first(), Some(&("view-last-applied" | "set-last-applied")));
                (!dry && about_files && plain).then(|| self.apply(reading, ran, &line))
            }
            ["rollout", "restart", target @ ..] => {
                let target = match target {
                    [kind, name, ..] if !kind.contains('/') => format!("{kind}/{name}"),
                    [first, ..] => (*first).to_string(),
                    [] => return None,
                };
                Some(StepKind::Restart(shown(&target)))
            }
            ["rollout", "status", ..] | ["wait", ..] => Some(StepKind::Wait(reading.words(ran))),
            ["set", "env", ..] => Some(StepKind::SetEnv(reading.words(ran))),
            ["get" | "describe", ..] if ran.looped => Some(StepKind::Wait(reading.words(ran))),
            ["run" | "exec" | "debug", ..] if contacts(&ran.words) => {
                Some(StepKind::Contact(reading.words(ran)))
            }
            _ => None,
        }
    }

    fn apply(&mut self, reading: &mut Reading, ran: &Ran, line: &Line<'_>) -> StepKind {
        let recursive = line.flags.iter().any(|(name, _)| matches!(*name, "-R" | "--recursive"));
        let (mut files, mut resources) = (Vec::new(), Vec::new());
        for value in line.values(&["-f", "--filename"]) {
            for one in value.text.split(',') {
                if one == "-" {
                    self.apply_stdin(reading, ran, &ran.stdin, &mut files, &mut resources);
                } else {
                    self.apply_path(reading, &ran.cwd, one, recursive, &mut files, &mut resources);
                }
            }
        }
        for value in line.values(&["-k", "--kustomize"]) {
            self.apply_kustomization(reading, &ran.cwd, &value.text, &mut files, &mut resources);
        }
        let namespace = line.values(&["-n", "--namespace"]).first().map(|text| text.text.clone());
        if let Some(namespace) = namespace.filter(|text| !text.is_empty() && !text.contains([UNKNOWN, ROOT]))
        {
            for id in &resources {
                if let Some(resource) = self.resources.get_mut(id.0 as usize) {
                    resource.effective_namespace.get_or_insert_with(|| namespace.clone());
                }
            }
        }
        StepKind::Apply { files, resources }
    }

    fn apply_path(
        &mut self,
        reading: &Reading,
        cwd: &Cwd,
        text: &str,
        recursive: bool,
        files: &mut Vec<String>,
        resources: &mut Vec<ResourceId>,
    ) {
        for path in self.resolve(reading, cwd, text) {
            let mut found = Vec::new();
            match self.loader.tree.kind(&path) {
                Some(EntryKind::File) => found.push(path.clone()),
                Some(EntryKind::Folder) => {
                    self.walk(&path, if recursive { 0 } else { 64 }, &mut |file| {
                        if [".yaml", ".yml", ".json"].iter().any(|it| file.ends_with(it)) {
                            found.push(file.to_string());
                        }
                    });
                }
                None => {}
            }
            files.push(path);
            self.take_resources(&found, resources);
        }
    }

    fn take_resources(&mut self, files: &[String], resources: &mut Vec<ResourceId>) {
        self.ingest(files);
        for file in files {
            for id in self.resources_of.get(file).into_iter().flatten() {
                if !resources.contains(id) {
                    resources.push(*id);
                }
            }
        }
    }

    fn apply_kustomization(
        &mut self,
        reading: &Reading,
        cwd: &Cwd,
        text: &str,
        files: &mut Vec<String>,
        resources: &mut Vec<ResourceId>,
    ) {
        for path in self.resolve(reading, cwd, text) {
            if let Some(file) = self.kustomization_file(&path) {
                self.ingest(&[file]);
                let found: Vec<String> = self.closure(&path).into_keys().collect();
                self.take_resources(&found, resources);
                files.push(path);
            }
        }
    }

    /// `kubectl apply -f -`: what the pipe brings.
    fn apply_stdin(
        &mut self,
        reading: &mut Reading,
        ran: &Ran,
        stdin: &Stdin,
        files: &mut Vec<String>,
        resources: &mut Vec<ResourceId>,
    ) {
        match stdin {
            Stdin::None => {}
            Stdin::File(text) => self.apply_path(reading, &ran.cwd, &text.text, false, files, resources),
            Stdin::Here(range, expands) => resources.extend(self.here_document(reading, *range, *expands)),
            Stdin::Pipe(stages) => {
                let before = resources.len();
                let mut substitutes = false;
                for stage in stages {
                    let words = without_prefixes(&stage.words);
                    let program = words.first().map(|word| file_name(&word.text)).unwrap_or_default();
                    let verb = words.get(1).map(|word| word.text.as_str()).unwrap_or_default();
                    match (program, verb) {
                        ("kustomize", "build") | ("kubectl" | "oc", "kustomize") => {
                            let folder = words.iter().skip(2).find(|word| !word.text.starts_with('-'));
                            let folder = folder.map_or(".", |word| word.text.as_str());
                            self.apply_kustomization(reading, &stage.cwd, folder, files, resources);
                        }
                        ("helm" | "helm3", "template") => {
                            if let Some(kind) = self.helm_template(reading, stage, words) {
                                reading.push(stage, kind);
                            }
                        }
                        ("curl" | "wget" | "kubectl" | "oc", _) => {}
                        _ => {
                            substitutes |= matches!(program, "envsubst" | "sed" | "perl" | "yq" | "awk");
                            for word in words.iter().skip(1).filter(|word| looks_like_manifest(&word.text)) {
                                self.apply_path(reading, &stage.cwd, &word.text, false, files, resources);
                            }
                        }
                    }
                    match &stage.stdin {
                        Stdin::Pipe(_) => {}
                        other => self.apply_stdin(reading, stage, &other.clone(), files, resources),
                    }
                }
                // `cat x | envsubst | kubectl apply -f -`: the first stages come through the last one's stdin.
                if let Some(Stdin::Pipe(_)) = stages.last().map(|stage| &stage.stdin)
                    && let Some(last) = stages.last()
                {
                    self.apply_stdin(reading, last, &last.stdin.clone(), files, resources);
                }
                if substitutes {
                    let changed: Vec<ResourceId> = resources.iter().skip(before).copied().collect();
                    self.substitute(&changed);
                }
            }
        }
    }

    /// Something puts values in for `${VAR}`: nothing is known about the variables that hold one.
    pub(super) fn substitute(&mut self, ids: &[ResourceId]) {
        for id in ids {
            let Some(resource) = self.resources.get_mut(id.0 as usize) else { continue };
            let containers = resource.workload.iter_mut().flat_map(|workload| &mut workload.containers);
            for entry in containers.flat_map(|container| &mut container.env.entries) {
                if matches!(&entry.source, EnvSource::Literal { written, .. } if holds_shell_variable(written))
                {
                    entry.source = EnvSource::Unknown;
                }
            }
        }
    }

    /// Manifests in the script itself. With variables of the shell in them the text is not what is applied.
    fn here_document(&mut self, reading: &Reading, range: (usize, usize), expands: bool) -> Vec<ResourceId> {
        let Some(text) = reading.text.get(range.0..range.1) else { return Vec::new() };
        if expands && text.contains(['$', '`']) {
            return Vec::new();
        }
        let around = self.loader.sources.get(reading.file);
        let source = SourceFile::new(
            around.path.clone(),
            around.root_path.clone(),
            text.into(),
            Origin::Excerpt { parent: reading.file, offset: range.0 as u32 },
        );
        let loaded = self.loader.add_text(source, |stream| {
            let root = |tree: &Arc<ddlint_yaml::Document>| {
                tree.root().is_some_and(|root| super::resource::identity(root).is_some())
            };
            let kind = |tree| {
                if root(tree) { crate::model::DocKind::Manifest } else { crate::model::DocKind::Other }
            };
            stream.documents.iter().map(kind).collect()
        });
        self.add_resources(self.unpacked(&loaded.docs))
    }

    /// The files and folders of the input that a path of a script may mean, the most likely reading only: after the
    /// `cd` that the script does, else from the script's folder, else from the root.
    pub(super) fn resolve(&self, reading: &Reading, cwd: &Cwd, text: &str) -> Vec<String> {
        if text.contains(UNKNOWN) || text.contains("://") || text.starts_with(['/', '~']) || text.is_empty() {
            return Vec::new();
        }
        let folder = reading.folder.as_str();
        let candidates: Vec<Option<String>> = match text.strip_prefix(ROOT) {
            Some(path) => vec![normalize(path.trim_start_matches('/'))],
            None => {
                let mut all = match cwd {
                    Cwd::Known(known) => vec![join(known, text)],
                    Cwd::Start(below) if !below.is_empty() => {
                        let path = format!("{below}/{text}");
                        vec![join(folder, &path), join("", &path)]
                    }
                    Cwd::Start(_) | Cwd::Unknown => Vec::new(),
                };
                all.extend([join(folder, text), join("", text)]);
                all
            }
        };
        for path in candidates.into_iter().flatten() {
            if path.contains(['*', '?', '[']) {
                let found = self.glob(&path);
                if !found.is_empty() {
                    return found;
                }
            } else if self.loader.tree.kind(&path).is_some() {
                return vec![path];
            }
        }
        Vec::new()
    }

    fn helm(&mut self, reading: &mut Reading, ran: &Ran, words: &[Text]) -> Option<StepKind> {
        let line = HelmLine::read(words)?;
        if line.verb == "repo" {
            if let [action, name, url, ..] = line.words.as_slice()
                && action.text == "add"
            {
                reading.repositories.insert(name.text.clone(), url.text.clone());
            }
            return None;
        }
        if !matches!(line.verb, "install" | "upgrade") || line.is_dry_run() {
            return None;
        }
        self.helm_release(reading, ran, &line)
    }

    fn helm_template(&mut self, reading: &mut Reading, ran: &Ran, words: &[Text]) -> Option<StepKind> {
        let line = HelmLine::read(words)?;
        self.helm_release(reading, ran, &line)
    }
}

impl Reading {
    fn push(&mut self, ran: &Ran, kind: StepKind) {
        let span = Span { start: ran.range.0 as u32, end: ran.range.1 as u32 };
        self.steps.push(Step {
            place: Place { file: self.file, span },
            kind,
            branches: ran.branches.clone(),
        });
    }

    /// The words of a command for a reader: what is not known as it is written.
    fn words(&self, ran: &Ran) -> String {
        let word = |word: &Text| {
            if word.text.contains(UNKNOWN) {
                self.text.get(word.range.0..word.range.1).unwrap_or_default().to_string()
            } else {
                word.text.replace(ROOT, "")
            }
        };
        ran.words.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

/// A text without the marks of expansion.
pub(super) fn shown(text: &str) -> String {
    text.replace([UNKNOWN, ROOT], "")
}

fn looks_like_manifest(text: &str) -> bool {
    [".yaml", ".yml", ".json", ".tmpl", ".tpl"].iter().any(|extension| text.ends_with(extension))
}

/// Whether a command that runs in a pod contacts something.
fn contacts(words: &[Text]) -> bool {
    const TOOLS: [&str; 5] = ["curl", "wget", "nc", "ncat", "/dev/tcp/"];
    words.iter().skip(2).filter(|word| !word.text.starts_with("--image")).any(|word| {
        word.text
            .split([' ', ';', '|', '&', '(', '\n'])
            .any(|piece| TOOLS.contains(&file_name(piece)) || piece.contains("/dev/tcp/"))
    })
}

/// The words of a command behind `sudo`, `env X=y`, `timeout 5`, `minikube kubectl --` and the like.
pub(super) fn without_prefixes(words: &[Text]) -> &[Text] {
    let mut rest = words;
    while let Some((first, behind)) = rest.split_first() {
        rest = match file_name(&first.text) {
            "sudo" | "command" | "exec" | "time" | "nohup" | "eval" | "env" | "xargs" | "retry"
            | "stdbuf" => skip_options(behind),
            "timeout" => skip_options(behind).split_first().map_or(&[], |(_, rest)| rest),
            "minikube" | "microk8s" | "k3s" => {
                let next =
                    behind.iter().position(|word| matches!(word.text.as_str(), "kubectl" | "helm" | "helm3"));
                let Some(inner) = next.and_then(|at| behind.get(at..)) else { return rest };
                return inner;
            }
            _ => return rest,
        };
    }
    rest
}

fn skip_options(words: &[Text]) -> &[Text] {
    let is_option =
        |word: &Text| word.text.starts_with('-') || (word.text.contains('=') && !word.text.starts_with(ROOT));
    let count = words.iter().take_while(|word| is_option(word)).count();
    words.get(count..).unwrap_or_default()
}

/// Flags of kubectl that take the next word as their value.
const KUBECTL_VALUES: &[&str] = &[
    "-n",
    "--namespace",
    "--context",
    "--kubeconfig",
    "--cluster",
    "--user",
    "-s",
    "--server",
    "--token",
    "--as",
    "-l",
    "--selector",
    "-o",
    "--output",
    "--timeout",
    "--field-manager",
    "-c",
    "--container",
    "--for",
    "-f",
    "--filename",
    "-k",
    "--kustomize",
    "--request-timeout",
    "--image",
    "--cache-dir",
    "--field-selector",
    "-v",
    "--as-group",
    "-e",
    "--env",
];

/// A command line: positional words and flags.
pub(super) struct Line<'a> {
    pub(super) words: Vec<&'a Text>,
    pub(super) flags: Vec<(&'a str, Option<Text>)>,
}

impl<'a> Line<'a> {
    /// Reads what follows the program's name. `with_value`: flags whose value is the next word.
    pub(super) fn read(words: &'a [Text], with_value: &[&str]) -> Line<'a> {
        let mut line = Line { words: Vec::new(), flags: Vec::new() };
        let mut rest = words.iter().skip(1);
        while let Some(word) = rest.next() {
            let text = word.text.as_str();
            if text == "--" {
                line.words.extend(rest.by_ref());
            } else if !text.starts_with('-') || text == "-" {
                line.words.push(word);
            } else if let Some((name, value)) = text.split_once('=') {
                line.flags.push((name, Some(Text { text: value.to_string(), range: word.range })));
            } else if with_value.contains(&text) {
                line.flags.push((text, rest.next().cloned()));
            } else if let Some((flag, value)) = short_flag(text).filter(|(flag, _)| with_value.contains(flag))
            {
                // -nshop
                line.flags.push((flag, Some(Text { text: value.to_string(), range: word.range })));
            } else {
                line.flags.push((text, None));
            }
        }
        line
    }

    /// The values of flags, in order.
    pub(super) fn values(&self, names: &[&str]) -> Vec<&Text> {
        self.flags
            .iter()
            .filter(|(name, _)| names.contains(name))
            .filter_map(|(_, value)| value.as_ref())
            .collect()
    }
}

fn short_flag(text: &str) -> Option<(&str, &str)> {
    let is_short = !text.starts_with("--") && text.is_char_boundary(2) && text.len() > 2;
    is_short.then(|| text.split_at(2))
}
