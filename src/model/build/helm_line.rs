//! `helm install|upgrade|template` lines of scripts as releases.

use super::Builder;
use super::release::{Draft, Given};
use super::script::{Line, Reading, shown};
use super::set::{self, SetKind};
use super::shell::{ROOT, Ran, Text, UNKNOWN};
use crate::model::release::{ChartRef, ClusterGiven, Deployer, LeftOut};
use crate::model::script::StepKind;

/// Flags of helm that take the next word as their value.
const HELM_VALUES: &[&str] = &[
    "-f",
    "--values",
    "--set",
    "--set-string",
    "--set-json",
    "--set-file",
    "--set-literal",
    "-n",
    "--namespace",
    "--version",
    "--repo",
    "--timeout",
    "--kube-context",
    "--kubeconfig",
    "--description",
    "--post-renderer",
    "--username",
    "--password",
    "--kube-version",
    "-a",
    "--api-versions",
    "--name-template",
    "--history-max",
    "--ca-file",
    "--cert-file",
    "--key-file",
    "--keyring",
    "--name",
    "--post-renderer-args",
    "--labels",
    "-l",
    "--burst-limit",
    "--registry-config",
    "-o",
    "--output",
    "--repository-config",
    "--repository-cache",
    "--kube-apiserver",
    "--kube-token",
    "-s",
    "--show-only",
];

/// A line of helm.
pub(super) struct HelmLine<'a> {
    pub(super) verb: &'a str,
    /// The words behind the verb.
    pub(super) words: Vec<&'a Text>,
    line: Line<'a>,
}

impl<'a> HelmLine<'a> {
    pub(super) fn read(words: &'a [Text]) -> Option<HelmLine<'a>> {
        let line = Line::read(words, HELM_VALUES);
        let (verb, rest) = line.words.split_first()?;
        // The plugin that decrypts values wraps the same commands.
        let (verb, rest) = if verb.text == "secrets" { rest.split_first()? } else { (verb, rest) };
        Some(HelmLine { verb: verb.text.as_str(), words: rest.to_vec(), line })
    }

    fn has(&self, names: &[&str]) -> bool {
        self.line.flags.iter().any(|(name, value)| {
            names.contains(name) && value.as_ref().is_none_or(|value| value.text != "false")
        })
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.has(&["--dry-run"])
    }

    fn known(&self, names: &[&str]) -> Option<String> {
        let value = self.line.values(names).last().map(|value| value.text.clone())?;
        (!value.is_empty() && !value.contains([UNKNOWN, ROOT])).then_some(value)
    }
}

impl Builder<'_> {
    pub(super) fn helm_release(
        &mut self,
        reading: &mut Reading,
        ran: &Ran,
        line: &HelmLine<'_>,
    ) -> Option<StepKind> {
        let named = line.line.values(&["--name", "--name-template"]).first().map(|text| (*text).clone());
        let (name, chart) = match (named, line.words.as_slice()) {
            (Some(name), [chart, ..]) => (Some(name), *chart),
            (None, [chart]) => (None, *chart),
            (None, [name, chart, ..]) => (Some((*name).clone()), *chart),
            _ => return None,
        };
        let wait = line.has(&["--wait", "--atomic", "--rollback-on-failure"]);
        let known_name = name
            .as_ref()
            .map(|name| name.text.clone())
            .filter(|text| !text.is_empty() && !text.contains([UNKNOWN, ROOT]));
        let chart_ref = self.chart_of(reading, ran, line, &chart.text);
        let given = self.helm_values(reading, ran, line);
        let step = reading.steps.len();
        let release = chart_ref.map(|chart| {
            self.add_release(Draft {
                chart,
                chart_at: None,
                name: known_name,
                name_at: None,
                namespace: line.known(&["-n", "--namespace"]),
                given,
                deployer: Deployer::Script(reading.id, step),
                left_out: LeftOut::default(),
                cluster: ClusterGiven::default(),
            })
        });
        Some(StepKind::Helm {
            release,
            chart: shown(&chart.text),
            name: name.map(|name| shown(&name.text)).unwrap_or_default(),
            wait,
        })
    }

    /// The chart: a folder of the input, `repository/name`, `oci://…/name`, a URL. None where its name is not known.
    fn chart_of(&self, reading: &Reading, ran: &Ran, line: &HelmLine<'_>, text: &str) -> Option<ChartRef> {
        if let Some(folder) =
            self.resolve(reading, &ran.cwd, text).into_iter().find(|path| self.is_chart(path))
        {
            return Some(ChartRef::Local(folder));
        }
        if text.contains([UNKNOWN, ROOT]) || text.starts_with(['.', '/', '~']) {
            return None;
        }
        let version = line.known(&["--version"]);
        let (repository, name) = match text.rsplit_once('/') {
            Some((repository, name)) if repository.contains("://") => (Some(repository.to_string()), name),
            Some((repository, name)) => (reading.repositories.get(repository).cloned(), name),
            None => (line.known(&["--repo"]), text),
        };
        let name = match name.strip_suffix(".tgz") {
            // name-1.2.3.tgz
            Some(name) => name.rsplit_once('-').map_or(name, |(name, _)| name),
            None => name,
        };
        (!name.is_empty()).then(|| ChartRef::Remote { repository, name: name.to_string(), version })
    }

    fn helm_values(&mut self, reading: &Reading, ran: &Ran, line: &HelmLine<'_>) -> Given {
        let mut given = Given::new();
        given.complete = !line.has(&["--reuse-values", "--reset-then-reuse-values"]);
        for value in line.line.values(&["-f", "--values"]) {
            for one in value.text.split(',') {
                let path = self.resolve(reading, &ran.cwd, one).into_iter().next();
                self.give_file(&mut given, path);
            }
        }
        // Whatever the order on the line, `--set` wins over files; among themselves helm takes JSON, values, strings,
        // files and literals in this order.
        let sets = [
            ("--set-json", SetKind::Json),
            ("--set", SetKind::Typed),
            ("--set-string", SetKind::Text),
            ("--set-file", SetKind::Unknown),
            ("--set-literal", SetKind::Text),
        ];
        for (flag, kind) in sets {
            for value in line.line.values(&[flag]) {
                let pairs = match flag {
                    "--set-json" | "--set-literal" => value
                        .text
                        .split_once('=')
                        .map(|(key, value)| (key.to_string(), value.to_string()))
                        .into_iter()
                        .collect(),
                    _ => set::assignments(&value.text),
                };
                for (key, text) in pairs {
                    if key.contains(UNKNOWN) {
                        given.complete = false;
                        continue;
                    }
                    let kind = if text.contains([UNKNOWN, ROOT]) { SetKind::Unknown } else { kind };
                    self.give_set(&mut given, &key, &text, kind, None);
                }
                // `--set "$ARGS"`: keys that nobody knows.
                given.complete &= value.text.contains('=');
            }
        }
        // `helm upgrade … $EXTRA`: flags that nobody knows.
        given.complete &= !ran.words.iter().any(|word| word.text == UNKNOWN.to_string());
        given
    }
}
