//! Joins defaults, the configuration file and the command line, and remembers where each value came from.
//!
//! Deliberately absent: reading the file (`configuration`), what the settings do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ddlint_helm::HelmDialect;
use ddlint_helm::objects::KubeVersion;
use ddlint_helm::values::SetKind;

use super::Stop;
use super::configuration::Configuration;
use super::rules::no_rule;
use crate::cli::{CheckArgs, FailOn, InputArgs};
use crate::config::Set;
use crate::config::shown::{From, Given, Shown};
use crate::filter::Overrides;
use crate::finding::Severity;
use crate::model;
use crate::near;
use crate::render::{HelmCache, Program};
use crate::rule::Selection;

/// What `check` asks of findings.
pub(super) struct Judging {
    pub(super) selection: Selection,
    pub(super) overrides: Overrides,
    /// None: never.
    pub(super) fail_on: Option<Severity>,
}

fn version(text: &str, what: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("`{what}` is a version such as 1.34, not `{text}`");
    let mut parts = text.trim_start_matches('v').split('.');
    let mut next = || parts.next().and_then(|part| part.parse::<u32>().ok());
    Ok((next().ok_or_else(wrong)?, next().ok_or_else(wrong)?))
}

fn from(file: &Set<String>) -> From {
    From::File(file.place)
}

/// Settings of what is read and how it is rendered.
pub(super) fn of_input(
    input: &InputArgs,
    configuration: &Configuration,
    shown: &mut Shown,
) -> Result<model::Settings, Stop> {
    let mut settings = model::Settings::default();
    rendering(input, configuration, shown, &mut settings)?;
    argocd(configuration, shown, &mut settings)?;
    let config = &configuration.config;
    for (url, folder) in &config.repositories {
        shown.entry("repositories", url, &folder.value, from(folder));
        settings.repositories.insert(url.clone(), folder.value.clone());
    }
    for (name, members) in &config.clusters {
        shown.list(&format!("clusters.{name}"), members.iter().map(|it| (it.value.as_str(), from(it))));
        settings.clusters.insert(name.clone(), members.iter().map(|member| member.value.clone()).collect());
    }
    shown.list("environments.testing", config.testing.iter().map(|it| (it.value.as_str(), from(it))));
    settings.testing = config.testing.iter().map(|glob| glob.value.clone()).collect();
    if let Some(service) = &config.datadog_service {
        shown.one("datadog.service", &service.value, from(service));
    }
    if let Some(namespace) = &config.datadog_namespace {
        shown.one("datadog.namespace", &namespace.value, from(namespace));
    }
    if let Some(port) = &config.datadog_apm_host_port {
        shown.yaml("datadog.apm-host-port", port.value.to_string(), From::File(port.place));
    }
    settings.datadog_service = config.datadog_service.as_ref().map(|set| set.value.clone());
    settings.datadog_namespace = config.datadog_namespace.as_ref().map(|set| set.value.clone());
    settings.datadog_apm_host_port = config.datadog_apm_host_port.as_ref().is_some_and(|set| set.value);
    if let (None, Some(set)) = (&config.datadog_service, &config.datadog_namespace) {
        let message = "`datadog.namespace` without `datadog.service` says nothing".to_string();
        return Err(configuration.stop(set, message, Some("name the Agent's Service too".to_string())));
    }
    Ok(settings)
}

fn rendering(
    input: &InputArgs,
    configuration: &Configuration,
    shown: &mut Shown,
    settings: &mut model::Settings,
) -> Result<(), Stop> {
    let config = &configuration.config;
    let dialect = match input.helm_dialect.as_deref() {
        None => None,
        Some("3") => Some(3),
        Some("4") => Some(4),
        Some(other) => return Err(Stop::new(format!("`--helm-dialect` is 3 or 4, not `{other}`"))),
    };
    let dialect = Given::choose(dialect, "--helm-dialect", config.helm_dialect.clone(), 3);
    shown.yaml("helm.dialect", dialect.value.to_string(), dialect.from);
    let rendering = &mut settings.rendering;
    rendering.dialect = if dialect.value == 4 { HelmDialect::V4 } else { HelmDialect::V3 };

    let given = Given::choose(
        input.kube_version.clone(),
        "--kube-version",
        config.helm_kube_version.clone().or(config.kubernetes_version.clone()),
        "1.34".to_string(),
    );
    // The rules judge by `kubernetes.version`, charts see `helm.kube-version`; the option means both.
    let judged = Given::choose(
        input.kube_version.clone(),
        "--kube-version",
        config.kubernetes_version.clone().or(config.helm_kube_version.clone()),
        "1.34".to_string(),
    );
    shown.one("helm.kube-version", &given.value, given.from);
    let wrong = |given: &Given<String>, message: String| match (given.from, &config) {
        (From::File(place), _) => {
            configuration.stop(&Set { value: given.value.clone(), place }, message, None)
        }
        _ => Stop::new(message),
    };
    if given.from != From::Default {
        let parsed = KubeVersion::parse(&given.value, rendering.dialect);
        let message = format!("`--kube-version` is a version such as 1.34, not `{}`", given.value);
        rendering.kube_version = parsed.map_err(|_| wrong(&given, message))?;
    }
    settings.kubernetes =
        version(&judged.value, "kubernetes.version").map_err(|message| wrong(&judged, message))?;

    let api_versions: Vec<(&str, From)> = match input.api_versions.is_empty() {
        false => input.api_versions.iter().map(|it| (it.as_str(), From::Option("--api-versions"))).collect(),
        true => config.helm_api_versions.iter().map(|it| (it.value.as_str(), from(it))).collect(),
    };
    rendering.api_versions = api_versions.iter().map(|(text, _)| (*text).to_string()).collect();
    shown.list("helm.api-versions", api_versions);
    rendering.skip_crds = input.skip_crds;
    let program = Given::choose(
        input.renderer.clone(),
        "--renderer",
        config.helm_renderer.clone(),
        "builtin".to_string(),
    );
    rendering.program = match program.value.as_str() {
        "builtin" => Program::Builtin,
        "helm" => Program::Helm,
        other => return Err(Stop::new(format!("`--renderer` is builtin or helm, not `{other}`"))),
    };
    shown.one("helm.renderer", &program.value, program.from);
    let (cache, given) = match (&input.helm_cache, &config.helm_cache) {
        (Some(folder), _) => (Some(folder.clone()), From::Option("--helm-cache")),
        (None, Some(set)) => (Some(configuration.path(set)), from(set)),
        (None, None) => (None, From::Default),
    };
    if let Some(folder) = cache {
        if !folder.is_dir() {
            let message = format!("`{}` is no folder; Helm's cache was expected there", folder.display());
            return Err(match (given, &config.helm_cache) {
                (From::File(_), Some(set)) => configuration.stop(set, message, None),
                _ => Stop::new(message),
            });
        }
        shown.one("helm.cache", &folder.to_string_lossy(), given);
        rendering.cache = Some(HelmCache::new(folder));
    }

    let values = config.helm_values.iter().map(|set| (set.value.as_str(), from(set)));
    let options = input.values.iter().filter_map(|path| Some((path.to_str()?, From::Option("--values"))));
    shown.list("helm.values", values.chain(options));
    for set in &config.helm_values {
        if let Err(error) = fs::metadata(configuration.path(set)) {
            return Err(configuration.stop(set, format!("`{}` cannot be read: {error}", set.value), None));
        }
    }
    shown.one("kubernetes.version", &judged.value, judged.from);
    chart(input, &mut settings.chart)
}

/// What the command line gives to the one chart that it names.
fn chart(input: &InputArgs, chart: &mut model::ChartOptions) -> Result<(), Stop> {
    chart.release_name = input.release_name.clone();
    chart.namespace = input.namespace.clone();
    for path in &input.values {
        let text = read_text(path)
            .map_err(|error| Stop::new(format!("`--values {}` cannot be read: {error}", path.display())))?;
        chart.values.push((path.to_string_lossy().replace('\\', "/"), text.into()));
    }
    let given = [
        (SetKind::Json, &input.set_json),
        (SetKind::Typed, &input.set),
        (SetKind::Strings, &input.set_string),
        (SetKind::File, &input.set_file),
    ];
    for (kind, list) in given {
        chart.sets.extend(list.iter().map(|text| (kind, text.clone())));
    }
    let mut files = BTreeMap::new();
    for path in input
        .set_file
        .iter()
        .flat_map(|text| text.split(','))
        .filter_map(|part| Some(part.split_once('=')?.1))
    {
        let content = fs::read(path)
            .map_err(|error| Stop::new(format!("`--set-file`: `{path}` cannot be read: {error}")))?;
        files.insert(path.to_string(), content);
    }
    chart.files = Arc::new(files);
    Ok(())
}

fn read_text(path: &Path) -> std::io::Result<String> {
    fs::read_to_string(path)
}

fn argocd(
    configuration: &Configuration,
    shown: &mut Shown,
    settings: &mut model::Settings,
) -> Result<(), Stop> {
    let config = &configuration.config;
    let given = Given::choose(None, "", config.argocd_version.clone(), "3.2".to_string());
    shown.one("argocd.version", &given.value, given.from);
    settings.argocd =
        version(&given.value, "argocd.version").map_err(|message| match &config.argocd_version {
            Some(set) => configuration.stop(set, message, None),
            None => Stop::new(message),
        })?;
    if let Some(set) = &config.argocd_tracking {
        shown.one("argocd.tracking", &set.value, from(set));
        settings.argocd_tracking = Some(set.value.clone());
    }
    if let Some(set) = &config.argocd_server_side_diff {
        shown.yaml("argocd.server-side-diff", set.value.to_string(), From::File(set.place));
        settings.argocd_server_side_diff = Some(set.value);
    }
    Ok(())
}

/// Settings that decide which findings there are and what they weigh.
pub(super) fn of_check(
    args: &CheckArgs,
    configuration: &Configuration,
    shown: &mut Shown,
) -> Result<Judging, Stop> {
    let config = &configuration.config;
    let registry = configuration.registry();
    let select: Vec<(String, From)> = match (&args.select[..], &config.select) {
        ([], Some(set)) => set.value.iter().map(|it| (it.value.clone(), from(it))).collect(),
        (words, _) => words.iter().map(|it| (it.clone(), From::Option("--select"))).collect(),
    };
    shown.list("select", select.iter().map(|(word, from)| (word.as_str(), *from)));
    let words: Vec<String> = select.into_iter().map(|(word, _)| word).collect();
    let selection = Selection::new(registry, &words, &args.ignore).map_err(|error| Stop {
        message: error.to_string(),
        help: error.help.or_else(|| Some("`ddlint rules` lists them".into())),
        errors: Vec::new(),
    })?;
    let overrides = overrides(args, configuration, shown)?;
    let option = args.fail_on.map(|fail_on| match fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    });
    let fail_on = Given::choose(option, "--fail-on", config.fail_on.clone(), Some(Severity::Warning));
    shown.one("fail-on", fail_on.value.map_or("never", Severity::as_str), fail_on.from);
    Ok(Judging { selection, overrides, fail_on: fail_on.value })
}

fn overrides(args: &CheckArgs, configuration: &Configuration, shown: &mut Shown) -> Result<Overrides, Stop> {
    let registry = configuration.registry();
    let mut given: BTreeMap<String, (Severity, From)> = BTreeMap::new();
    let id = |word: &str| registry.get(word).map(|rule| rule.id.to_string());
    for (word, set) in &configuration.config.severity {
        if let Some(id) = id(word) {
            given.insert(id, (set.value, From::File(set.place)));
        }
    }
    for word in &args.severity {
        let parts =
            word.split_once('=').and_then(|(rule, level)| Some((rule, level.parse::<Severity>().ok()?)));
        let Some((name, severity)) = parts else {
            let stop = Stop::new(format!("`--severity {word}` is not RULE=error, RULE=warning or RULE=info"));
            let level = word.split_once('=').map_or("", |(_, level)| level);
            let meant = near::did_you_mean(level, ["error", "warning", "info"]);
            let example = || "for example `--severity debug-logging=info`".to_string();
            return Err(stop.help(meant.unwrap_or_else(example)));
        };
        let id = id(name).ok_or_else(|| no_rule(registry, name))?;
        given.insert(id, (severity, From::Option("--severity")));
    }
    for (id, (severity, from)) in &given {
        shown.entry("severity", id, severity.as_str(), *from);
    }
    Ok(Overrides { severity: given.into_iter().map(|(id, (severity, _))| (id, severity)).collect() })
}

/// Shows the settings that act on files and findings without being joined with anything.
pub(super) fn show_rest(configuration: &Configuration, ignored: &[String], shown: &mut Shown) {
    let config = &configuration.config;
    if !ignored.is_empty() {
        // An option without a key of its own in the file.
        shown.list("# --ignore", ignored.iter().map(|word| (word.as_str(), From::Option("--ignore"))));
    }
    if let Some(set) = &config.baseline {
        shown.one("baseline", &set.value, from(set));
    }
    shown.list("exclude", config.exclude.iter().map(|it| (it.value.as_str(), from(it))));
    shown.list("rules", config.rules.iter().map(|it| (it.value.as_str(), from(it))));
    let entries = config.ignore.iter().map(|it| {
        let mut text = format!("{{rule: {}", it.rule.value);
        let narrowing = [
            ("resource", &it.resource),
            ("namespace", &it.namespace),
            ("container", &it.container),
            ("path", &it.path),
        ];
        for (key, value) in narrowing.iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
            text.push_str(&format!(", {key}: {}", quoted(value)));
        }
        if !it.paths.is_empty() {
            let paths: Vec<String> = it.paths.iter().map(|path| quoted(path)).collect();
            text.push_str(&format!(", paths: [{}]", paths.join(", ")));
        }
        (format!("{text}, reason: {}}}", quoted(&it.reason)), From::File(it.place))
    });
    shown.items("ignore", entries.collect());
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\'', "''"))
}
