//! Flux: `HelmRelease` resources as releases, and what Flux substitutes.
//!
//! Values, low to high: `chart.spec.valuesFiles` of a chart in the repository, `valuesFrom` in order, `values`.

use ddlint_yaml::Node;

use super::Builder;
use super::application::known;
use super::placeholder::holds_shell_variable;
use super::release::{Draft, Given};
use super::set::SetKind;
use crate::discover::{is_below, join};
use crate::model::release::{ChartRef, ClusterGiven, Deployer, LeftOut};
use crate::model::values::{Value, ValueData};
use crate::model::{At, ResourceId};

impl Builder<'_> {
    pub(super) fn flux_releases(&mut self) {
        let releases: Vec<ResourceId> = self
            .resource_ids()
            .filter(|id| {
                self.resources.get(id.0 as usize).is_some_and(|it| {
                    it.kind == "HelmRelease"
                        && (it.api_version.starts_with("helm.toolkit.fluxcd.io/")
                            || it.api_version.starts_with("helm.fluxcd.io/"))
                })
            })
            .collect();
        for id in releases {
            if let Some(draft) = self.flux_release(id) {
                self.add_release(draft);
            }
        }
    }

    pub(super) fn resource_ids(&self) -> impl Iterator<Item = ResourceId> + use<> {
        (0..self.resources.len() as u32).map(ResourceId)
    }

    fn flux_release(&mut self, id: ResourceId) -> Option<Draft> {
        let resource = self.resources.get(id.0 as usize)?;
        let (doc, root) = (resource.at.doc, self.node(resource.at)?);
        let at = |node: Node<'_>| At { doc, node: node.id() };
        let own_namespace = resource.effective_namespace.clone();
        let spec = root.get("spec")?;
        let (chart, chart_at) = self.flux_chart(spec, own_namespace.as_deref())?;
        let target = known(spec.get("targetNamespace"));
        let name = known(root.at(&["metadata", "name"]));
        let given_name = spec.get("releaseName").filter(|node| !node.is_null());
        let release_name = match (given_name, &target, &name) {
            (Some(node), _, _) => known(Some(node)),
            (None, Some(target), Some(name)) => Some(format!("{target}-{name}")),
            (None, None, name) => name.clone(),
            (None, Some(_), None) => None,
        };
        let name_at = given_name.or_else(|| root.at(&["metadata", "name"])).map(at);
        let files: Vec<String> = spec
            .at(&["chart", "spec", "valuesFiles"])
            .into_iter()
            .flat_map(|list| list.items())
            .filter_map(|item| Some(item.text()?.to_string()))
            .collect();
        let sources: Vec<At> =
            spec.get("valuesFrom").into_iter().flat_map(|list| list.items()).map(at).collect();
        let inline = spec.get("values").map(at);
        let chart_at = chart_at.map(at);
        let mut given = Given::new();
        for file in files {
            // Paths of a chart in the repository begin at the repository's root.
            let path = matches!(chart, ChartRef::Local(_)).then(|| join("", &file)).flatten();
            self.give_file(&mut given, path);
        }
        for source in sources {
            self.give_values_from(&mut given, source, own_namespace.as_deref());
        }
        if let Some(inline) = inline {
            self.give_node(&mut given, inline);
        }
        if self.is_substituted(id) {
            forget_variables(&mut given.values);
        }
        Some(Draft {
            chart,
            chart_at,
            name: release_name,
            name_at,
            namespace: target.or(own_namespace),
            given,
            deployer: Deployer::HelmRelease(id),
            left_out: LeftOut::default(),
            cluster: ClusterGiven::default(),
        })
    }

    /// The chart of `chart.spec`, of `chartRef`, or of the first HelmRelease API.
    fn flux_chart<'n>(
        &self,
        spec: Node<'n>,
        namespace: Option<&str>,
    ) -> Option<(ChartRef, Option<Node<'n>>)> {
        if let Some(chart) = spec.at(&["chart", "spec"]) {
            let node = chart.get("chart")?;
            let name = known(Some(node))?;
            let source = chart.get("sourceRef");
            let kind = source.and_then(|source| source.get("kind")).and_then(|kind| kind.text());
            if matches!(kind, Some("GitRepository" | "Bucket"))
                && let Some(path) = join("", &name).filter(|path| self.is_chart(path))
            {
                return Some((ChartRef::Local(path), Some(node)));
            }
            let repository = source.and_then(|source| self.flux_repository(source, namespace));
            let name = name.rsplit('/').next().unwrap_or_default().to_string();
            let version = known(chart.get("version"));
            return Some((ChartRef::Remote { repository, name, version }, Some(node)));
        }
        if let Some(reference) = spec.get("chartRef") {
            // An OCIRepository's URL ends in the chart's name.
            let node = reference.get("name")?;
            let repository = self.flux_repository(reference, namespace);
            let name = match &repository {
                Some(url) => url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_string(),
                None => known(Some(node))?,
            };
            return Some((ChartRef::Remote { repository, name, version: None }, Some(node)));
        }
        let node = spec.at(&["chart", "name"])?;
        let (repository, version) =
            (known(spec.at(&["chart", "repository"])), known(spec.at(&["chart", "version"])));
        Some((ChartRef::Remote { repository, name: known(Some(node))?, version }, Some(node)))
    }

    /// The URL of the source that a reference names.
    fn flux_repository(&self, reference: Node<'_>, namespace: Option<&str>) -> Option<String> {
        let text = |key: &str| reference.get(key).and_then(|node| node.text());
        let (kind, name) = (text("kind")?, text("name")?);
        let namespace = text("namespace").or(namespace);
        let found = self.resources.iter().find(|it| {
            let same = it.effective_namespace.is_none()
                || namespace.is_none()
                || it.effective_namespace.as_deref() == namespace;
            it.kind == kind
                && it.name == name
                && same
                && it.api_version.starts_with("source.toolkit.fluxcd.io/")
        })?;
        known(self.node(found.at)?.at(&["spec", "url"]))
    }

    /// `valuesFrom`: a ConfigMap of the input, or one that a kustomization generates; a Secret is not known.
    fn give_values_from(&mut self, given: &mut Given, source: At, namespace: Option<&str>) {
        let Some(node) = self.node(source) else { return };
        let text = |key: &str| node.get(key).and_then(|node| node.text()).map(str::to_string);
        let (kind, name) = (text("kind"), text("name").unwrap_or_default());
        let key = text("valuesKey").unwrap_or_else(|| "values.yaml".to_string());
        let target = text("targetPath");
        if let Some(target) = target {
            // One value, of which only the place is known.
            self.give_set(given, &target, "", SetKind::Unknown, None);
            return;
        }
        if kind.as_deref() == Some("ConfigMap") {
            if let Some(at) = self.config_map_value(&name, &key, namespace) {
                return self.give_string(given, at, true);
            }
            if let Some(path) = self.generated_value(&name, &key) {
                return self.give_file(given, Some(path));
            }
        }
        given.complete = false;
    }

    fn config_map_value(&self, name: &str, key: &str, namespace: Option<&str>) -> Option<At> {
        self.resources
            .iter()
            .filter(|it| it.kind == "ConfigMap" && it.name == name)
            .filter(|it| {
                it.effective_namespace.is_none()
                    || namespace.is_none()
                    || it.effective_namespace.as_deref() == namespace
            })
            .find_map(|it| Some(At { doc: it.at.doc, node: self.node(it.at)?.at(&["data"])?.get(key)?.id() }))
    }

    /// The file behind a key of a ConfigMap that a kustomization generates.
    fn generated_value(&self, name: &str, key: &str) -> Option<String> {
        self.kustomizations.iter().find_map(|(folder, kustomization)| {
            let root = self.loader.docs.get(kustomization.doc?.0 as usize)?.tree.root()?;
            let generators = root.get("configMapGenerator")?;
            let generator =
                generators.items().find(|it| it.get("name").and_then(|it| it.text()) == Some(name))?;
            generator.get("files")?.items().filter_map(|file| file.text()).find_map(|file| {
                let (named, path) = file.split_once('=').unwrap_or((crate::discover::file_name(file), file));
                (named == key).then(|| join(folder, path)).flatten()
            })
        })
    }

    /// What Flux Kustomizations do to the resources of their folder: `postBuild` fills variables in,
    /// `targetNamespace` moves them.
    pub(super) fn apply_flux_kustomizations(&mut self) {
        let mut folders = Vec::new();
        let mut namespaces: Vec<(String, String)> = Vec::new();
        for resource in &self.resources {
            if resource.kind != "Kustomization"
                || !resource.api_version.starts_with("kustomize.toolkit.fluxcd.io/")
            {
                continue;
            }
            let Some(spec) = self.node(resource.at).and_then(|root| root.get("spec")) else { continue };
            let Some(folder) = spec.get("path").and_then(|path| path.text()).and_then(|path| join("", path))
            else {
                continue;
            };
            if let Some(namespace) = known(spec.get("targetNamespace")) {
                namespaces.push((folder.clone(), namespace));
            }
            if spec.get("postBuild").is_some_and(|it| !it.is_null()) {
                folders.push(folder);
            }
        }
        for folder in &folders {
            for file in self.flux_files(folder) {
                self.substituted.extend(self.resources_of.get(&file).into_iter().flatten());
            }
        }
        for (folder, namespace) in namespaces {
            for file in self.flux_files(&folder) {
                for id in self.resources_of.get(&file).cloned().unwrap_or_default() {
                    if let Some(resource) = self.resources.get_mut(id.0 as usize) {
                        resource.effective_namespace = Some(namespace.clone());
                    }
                }
            }
        }
        let all: Vec<ResourceId> = self.substituted.iter().copied().collect();
        self.substitute(&all);
    }

    /// What Flux builds in a folder: its kustomization, or all that lies below it.
    fn flux_files(&self, folder: &str) -> Vec<String> {
        if self.kustomizations.contains_key(folder) {
            return self.closure(folder).into_keys().collect();
        }
        self.resources_of.keys().filter(|path| is_below(path, folder)).cloned().collect()
    }

    fn is_substituted(&self, id: ResourceId) -> bool {
        self.substituted.contains(&id)
    }
}

/// Nothing is known about values that something fills `${VAR}` in.
fn forget_variables(value: &mut Value) {
    match &mut value.data {
        ValueData::Str(text) if holds_shell_variable(text) => value.data = ValueData::Unknown,
        ValueData::List(items) => items.iter_mut().for_each(forget_variables),
        ValueData::Map(map) => map.values_mut().for_each(forget_variables),
        _ => {}
    }
}
