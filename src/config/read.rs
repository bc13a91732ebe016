//! Reads `.ddlint.yaml`.

use std::collections::BTreeMap;

use ddlint_yaml::{Node, Scalar};

use super::{Config, Ignore, KEYS, Known, Set, Word};
use crate::finding::{InputError, Severity};
use crate::near;
use crate::source::{FileId, Place, SourceMap};

struct Reader<'a> {
    file: FileId,
    errors: Vec<InputError>,
    known: &'a Known<'a>,
}

/// The configuration in a file, and what is wrong with it. `known` says whether a word names a rule (or what else may
/// be selected), or which word was probably meant.
pub fn read(sources: &SourceMap, file: FileId, known: &Known<'_>) -> (Config, Vec<InputError>) {
    let stream = ddlint_yaml::parse(sources.get(file).text.clone());
    let mut reader = Reader { file, errors: Vec::new(), known };
    for error in &stream.errors {
        reader.errors.push(InputError {
            code: "invalid-configuration",
            message: error.message.clone(),
            help: error.help.clone(),
            place: Some(Place { file, span: error.span }),
            file: None,
        });
    }
    let mut documents = stream
        .documents
        .iter()
        .filter(|document| !document.is_partial())
        .filter_map(|document| document.root());
    let config = match documents.next() {
        Some(root) if root.is_mapping() => reader.config(root),
        Some(root) if !root.is_null() => {
            reader.error(root, "the configuration is a mapping of settings", None);
            Config::default()
        }
        _ => Config::default(),
    };
    if let Some(second) = documents.next() {
        reader.error(second, "the configuration is one document; this is a second one", None);
    }
    (config, reader.errors)
}

impl Reader<'_> {
    fn place(&self, node: Node<'_>) -> Place {
        Place { file: self.file, span: node.span() }
    }

    fn error(&mut self, node: Node<'_>, message: impl Into<String>, help: Option<String>) {
        let place = Some(self.place(node));
        let code = "invalid-configuration";
        self.errors.push(InputError { code, message: message.into(), help, place, file: None });
    }

    /// The entries of a mapping whose keys are known; others are errors.
    fn fields<'n>(&mut self, node: Node<'n>, section: &str) -> BTreeMap<String, Node<'n>> {
        let mut out = BTreeMap::new();
        if !node.is_mapping() {
            if !node.is_null() {
                self.error(node, format!("`{}` is a mapping", section.trim_end_matches("[]")), None);
            }
            return out;
        }
        let known = KEYS.iter().find(|(name, _)| *name == section).map_or(&[][..], |(_, keys)| keys);
        for (key, value) in node.entries() {
            let name = key.key_string().unwrap_or_default();
            if !known.iter().any(|(known, _)| *known == name) {
                let within = if section.is_empty() { String::new() } else { format!(" in `{section}`") };
                let help =
                    near::did_you_mean(&name, known.iter().map(|(known, _)| *known)).unwrap_or_else(|| {
                        let all: Vec<&str> = known.iter().map(|(known, _)| *known).collect();
                        format!("the settings{within} are {}", all.join(", "))
                    });
                self.error(key, format!("there is no setting `{name}`{within}"), Some(help));
            } else if out.insert(name.clone(), value).is_some() {
                self.error(key, format!("`{name}` stands twice"), None);
            }
        }
        out
    }

    fn set<T>(&self, node: Node<'_>, value: T) -> Set<T> {
        Set { value, place: self.place(node) }
    }

    fn string(&mut self, node: Option<&Node<'_>>, what: &str) -> Option<Set<String>> {
        let node = *node?;
        match (node.scalar(), node.text()) {
            (Some(Scalar::Null), _) => None,
            // A version such as 1.34 is a number to YAML and means its text.
            (Some(Scalar::Str(_) | Scalar::Int(_) | Scalar::Float(_)), Some(text)) => {
                Some(self.set(node, text.to_string()))
            }
            _ => {
                self.error(node, format!("`{what}` is a string"), None);
                None
            }
        }
    }

    fn boolean(&mut self, node: Option<&Node<'_>>, what: &str) -> Option<Set<bool>> {
        let node = *node?;
        match node.scalar() {
            Some(Scalar::Bool(value)) => Some(self.set(node, value)),
            Some(Scalar::Null) => None,
            _ => {
                self.error(node, format!("`{what}` is true or false"), None);
                None
            }
        }
    }

    fn strings(&mut self, node: Option<&Node<'_>>, what: &str) -> Vec<Set<String>> {
        let Some(&node) = node else { return Vec::new() };
        if node.is_sequence() {
            let items: Vec<Node<'_>> = node.items().collect();
            items.iter().filter_map(|item| self.string(Some(item), what)).collect()
        } else if node.is_null() {
            Vec::new()
        } else if node.is_scalar() {
            self.string(Some(&node), what).into_iter().collect()
        } else {
            self.error(node, format!("`{what}` is a list of strings"), None);
            Vec::new()
        }
    }

    fn one_of(&mut self, node: Option<&Node<'_>>, what: &str, words: &[&str]) -> Option<Set<String>> {
        let found = self.string(node, what)?;
        if words.contains(&found.value.as_str()) {
            return Some(found);
        }
        let help = near::did_you_mean(&found.value, words.iter().copied());
        self.error(*node?, format!("`{what}` is one of {}", words.join(", ")), help);
        None
    }

    fn rule(&mut self, node: Node<'_>, name: &str, word: Word) {
        if let Err(meant) = (self.known)(name, word) {
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`ddlint rules` lists the rules and their groups".to_string(),
            };
            let what = if word == Word::Rule { "rule" } else { "rule and no group" };
            self.error(node, format!("there is no {what} `{name}`"), Some(help));
        }
    }

    fn globs(&mut self, globs: &[Set<String>]) {
        for glob in globs {
            if let Err(error) = globset::Glob::new(&glob.value) {
                let (place, code) = (Some(glob.place), "invalid-configuration");
                let message = format!("this is no glob: {}", error.kind());
                self.errors.push(InputError { code, message, help: None, place, file: None });
            }
        }
    }

    fn config(&mut self, root: Node<'_>) -> Config {
        let mut config = Config::default();
        let top = self.fields(root, "");
        if let Some(&node) = top.get("select").filter(|node| !node.is_null()) {
            let list = self.strings(Some(&node), "select");
            let nodes: Vec<Node<'_>> = if node.is_sequence() { node.items().collect() } else { vec![node] };
            for (item, word) in nodes.iter().zip(&list) {
                self.rule(*item, &word.value, Word::Selector);
            }
            config.select = Some(self.set(node, list));
        }
        if let Some(&node) = top.get("severity") {
            if node.is_mapping() {
                for (key, value) in node.entries() {
                    let name = key.key_string().unwrap_or_default();
                    self.rule(key, &name, Word::Rule);
                    let level = self.one_of(Some(&value), "severity", &["error", "warning", "info"]);
                    if let Some(severity) = level.and_then(|level| level.value.parse::<Severity>().ok()) {
                        let set = self.set(value, severity);
                        config.severity.insert(name, set);
                    }
                }
            } else if !node.is_null() {
                self.error(node, "`severity` is a mapping of rules to error, warning or info", None);
            }
        }
        config.exclude = self.strings(top.get("exclude"), "exclude");
        self.globs(&config.exclude);
        if let Some(&node) = top.get("ignore") {
            if node.is_sequence() {
                let items: Vec<Node<'_>> = node.items().collect();
                config.ignore = items.into_iter().filter_map(|item| self.ignore(item)).collect();
            } else if !node.is_null() {
                self.error(node, "`ignore` is a list of `{rule, reason, …}`", None);
            }
        }
        config.rules = self.strings(top.get("rules"), "rules");
        config.fail_on = self
            .one_of(top.get("fail-on"), "fail-on", &["error", "warning", "info", "never"])
            .map(|word| Set { value: word.value.parse().ok(), place: word.place });
        config.baseline = self.string(top.get("baseline"), "baseline");
        if let Some(&node) = top.get("helm") {
            let helm = self.fields(node, "helm");
            config.helm_dialect = self
                .one_of(helm.get("dialect"), "dialect", &["3", "4"])
                .and_then(|word| Some(Set { value: word.value.parse().ok()?, place: word.place }));
            config.helm_kube_version = self.string(helm.get("kube-version"), "kube-version");
            config.helm_api_versions = self.strings(helm.get("api-versions"), "api-versions");
            config.helm_values = self.strings(helm.get("values"), "values");
            config.helm_renderer = self.one_of(helm.get("renderer"), "renderer", &["builtin", "helm"]);
            config.helm_cache = self.string(helm.get("cache"), "cache");
        }
        if let Some(&node) = top.get("argocd") {
            let argocd = self.fields(node, "argocd");
            config.argocd_version = self.string(argocd.get("version"), "version");
            let words = ["annotation", "label", "annotation+label"];
            config.argocd_tracking = self.one_of(argocd.get("tracking"), "tracking", &words);
            config.argocd_server_side_diff = self.boolean(argocd.get("server-side-diff"), "server-side-diff");
        }
        if let Some(&node) = top.get("kubernetes") {
            let kubernetes = self.fields(node, "kubernetes");
            config.kubernetes_version = self.string(kubernetes.get("version"), "version");
        }
        if let Some(&node) = top.get("repositories") {
            if node.is_mapping() {
                for (key, value) in node.entries() {
                    if let Some(folder) = self.string(Some(&value), "repositories") {
                        config.repositories.insert(key.key_string().unwrap_or_default(), folder);
                    }
                }
            } else if !node.is_null() {
                self.error(node, "`repositories` is a mapping of URLs to folders", None);
            }
        }
        if let Some(&node) = top.get("clusters") {
            if node.is_mapping() {
                for (key, value) in node.entries() {
                    let members = self.strings(Some(&value), "clusters");
                    config.clusters.insert(key.key_string().unwrap_or_default(), members);
                }
            } else if !node.is_null() {
                self.error(
                    node,
                    "`clusters` is a mapping of names to lists of folders or destinations",
                    None,
                );
            }
        }
        if let Some(&node) = top.get("environments") {
            let environments = self.fields(node, "environments");
            config.testing = self.strings(environments.get("testing"), "testing");
            self.globs(&config.testing);
        }
        if let Some(&node) = top.get("datadog") {
            let datadog = self.fields(node, "datadog");
            config.datadog_service = self.string(datadog.get("service"), "service");
            config.datadog_namespace = self.string(datadog.get("namespace"), "namespace");
            config.datadog_apm_host_port = self.boolean(datadog.get("apm-host-port"), "apm-host-port");
        }
        config
    }

    fn ignore(&mut self, node: Node<'_>) -> Option<Ignore> {
        let fields = self.fields(node, "ignore[]");
        let rule = self.string(fields.get("rule"), "rule");
        let reason = self.string(fields.get("reason"), "reason");
        let (Some(rule), Some(reason)) = (rule, reason) else {
            if node.is_mapping() {
                self.error(node, "an entry of `ignore` needs `rule` and `reason`", None);
            }
            return None;
        };
        if let Some(&at) = fields.get("rule") {
            self.rule(at, &rule.value, Word::Rule);
        }
        if reason.value.trim().is_empty() {
            self.error(node, "a `reason` says why the finding is accepted; this one is empty", None);
        }
        let resource = self.string(fields.get("resource"), "resource");
        if let (Some(set), Some(&at)) = (&resource, fields.get("resource"))
            && !set.value.split_once('/').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty())
        {
            self.error(at, "`resource` is `Kind/name`", Some("for example `Deployment/web`".to_string()));
        }
        let paths = self.strings(fields.get("paths"), "paths");
        self.globs(&paths);
        let text = |set: Option<Set<String>>| set.map(|set| set.value);
        Some(Ignore {
            rule,
            reason: reason.value,
            paths: paths.into_iter().map(|set| set.value).collect(),
            resource: text(resource),
            namespace: text(self.string(fields.get("namespace"), "namespace")),
            container: text(self.string(fields.get("container"), "container")),
            path: text(self.string(fields.get("path"), "path")),
            place: self.place(node),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Origin, SourceFile};

    fn check(text: &str) -> (Config, Vec<String>) {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new(".ddlint.yaml", ".ddlint.yaml", text.into(), Origin::Disk));
        let known = |word: &str, _: Word| match word {
            "duplicate-yaml-key" | "datadog" => Ok(()),
            _ => Err(near::nearest(word, ["duplicate-yaml-key"]).map(str::to_string)),
        };
        let (config, errors) = read(&sources, file, &known);
        let errors = errors
            .iter()
            .map(|error| {
                let at = sources.location(error.place.expect("every error of the configuration has a place"));
                let help = error.help.as_deref().unwrap_or_default();
                format!("{}:{} {} {help}", at.line, at.column, error.message)
            })
            .collect();
        (config, errors)
    }

    #[test]
    fn a_whole_configuration_is_read() {
        let (config, errors) = check(
            "select: [datadog]\nseverity: {duplicate-yaml-key: info}\nexclude: ['vendor/**']\n\
             ignore:\n  - {rule: duplicate-yaml-key, reason: generated, paths: [a.yaml], resource: Secret/x}\n\
             fail-on: never\nhelm: {dialect: 4, kube-version: 1.30}\ndatadog: {service: dd, apm-host-port: true}\n",
        );
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(config.helm_kube_version.expect("given").value, "1.30");
        assert_eq!(config.helm_dialect.expect("given").value, 4);
        assert_eq!(config.fail_on.expect("given").value, None);
        assert_eq!(config.ignore[0].resource.as_deref(), Some("Secret/x"));
        assert_eq!(config.severity["duplicate-yaml-key"].value, Severity::Info);
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_the_nearest_right_word() {
        let (_, errors) = check(
            "selct: []\nseverity: {duplicate-yaml-kye: warn}\nignore: [{rule: duplicate-yaml-key}]\nhelm: 3\n",
        );
        assert_eq!(errors[0], "1:1 there is no setting `selct` did you mean `select`?");
        assert_eq!(
            errors[1],
            "2:12 there is no rule `duplicate-yaml-kye` did you mean `duplicate-yaml-key`?"
        );
        assert!(errors[2].starts_with("2:32 `severity` is one of error, warning, info"), "{errors:?}");
        assert!(errors[3].starts_with("3:10 an entry of `ignore` needs `rule` and `reason`"), "{errors:?}");
        assert!(errors[4].starts_with("4:7 `helm` is a mapping"), "{errors:?}");
        let (_, errors) = check("a: [\n");
        assert_eq!(errors.len(), 1);
    }
}
