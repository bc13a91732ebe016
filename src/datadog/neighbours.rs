//! The resources of a scope by what related facts ask for: kind and name, the pods that a Service selects, the pods of
//! installations. It is read once, so that a scope with thousands of resources costs no more for each of them.
//!
//! Deliberately absent: what follows from a neighbour.

use std::collections::{BTreeMap, HashMap};

use ddlint_yaml::Node;
use rayon::prelude::*;

use crate::model::env::EnvSource;
use crate::model::resource::{Resource, Workload};
use crate::model::{Model, ResourceId, Scope};
use crate::source::Place;

use super::containers::{Effective, config_map_skip_ssl};
use super::from_manifests::is_cluster_agent;
use super::pods::{below, is_agent_pod};

/// A word that may tell an environment: what it is, the word, where it stands.
pub(crate) type Word = (&'static str, String, Option<Place>);

/// The resources of a scope, by what is asked for.
pub(crate) struct Neighbours<'m> {
    model: &'m Model,
    /// The scope itself.
    pub(crate) scope: &'m Scope,
    /// By kind, then by name.
    named: HashMap<&'m str, HashMap<&'m str, Vec<ResourceId>>>,
    /// Services by their namespace and the first label that they select.
    selecting: HashMap<(&'m str, String, &'m str), Vec<ResourceId>>,
    /// Certificate verification in ConfigMaps with the Agent's configuration.
    skip_ssl: BTreeMap<ResourceId, Effective>,
    cluster_agents: BTreeMap<&'m str, Vec<ResourceId>>,
    /// Words in the environment of installations' pods, by namespace, each once.
    words: BTreeMap<&'m str, Vec<Word>>,
}

/// What one resource is to others.
struct Looked<'m> {
    /// The first label that a Service selects.
    selected: Option<(String, &'m str)>,
    skip_ssl: Option<Effective>,
    cluster_agent: bool,
    agent_pod: bool,
}

impl<'m> Looked<'m> {
    fn at(model: &'m Model, id: ResourceId) -> Looked<'m> {
        let resource = model.resource(id);
        let selector = || below(model, resource.at, &["spec", "selector"]);
        let first = |selector: Node<'m>| {
            let (key, _, value) = selector.effective_entries().into_iter().next()?;
            Some((key, value.text()?))
        };
        let workload = resource.workload.as_ref();
        Looked {
            selected: (resource.kind == "Service").then(selector).flatten().and_then(first),
            skip_ssl: (resource.kind == "ConfigMap").then(|| config_map_skip_ssl(model, resource)).flatten(),
            cluster_agent: workload.is_some() && is_cluster_agent(model, resource),
            agent_pod: workload.is_some_and(|workload| is_agent_pod(model, resource, workload)),
        }
    }
}

impl<'m> Neighbours<'m> {
    /// Reads a scope.
    pub(crate) fn new(model: &'m Model, scope: &'m Scope) -> Neighbours<'m> {
        let mut found = Neighbours {
            model,
            scope,
            named: HashMap::new(),
            selecting: HashMap::new(),
            skip_ssl: BTreeMap::new(),
            cluster_agents: BTreeMap::new(),
            words: BTreeMap::new(),
        };
        let looked_at: Vec<Looked<'m>> =
            scope.resources.par_iter().map(|id| Looked::at(model, *id)).collect();
        for (&id, looked) in scope.resources.iter().zip(looked_at) {
            let resource = model.resource(id);
            let namespace = key_of(resource.effective_namespace.as_deref());
            found.named.entry(&resource.kind).or_default().entry(&resource.name).or_default().push(id);
            if let Some((key, value)) = looked.selected {
                found.selecting.entry((namespace, key, value)).or_default().push(id);
            }
            found.skip_ssl.extend(looked.skip_ssl.map(|it| (id, it)));
            if looked.cluster_agent {
                found.cluster_agents.entry(namespace).or_default().push(id);
            }
            if let Some(workload) = resource.workload.as_ref().filter(|_| looked.agent_pod) {
                add_words(model, workload, found.words.entry(namespace).or_default());
            }
        }
        found
    }

    /// The resources of a kind with a name, in any namespace.
    pub(crate) fn named(&self, kind: &str, name: &str) -> &[ResourceId] {
        self.named.get(kind).and_then(|names| names.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The resource of a kind with a name in a namespace; of several the last.
    pub(crate) fn last(
        &self,
        kind: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> Option<(ResourceId, &'m Resource)> {
        let all = self.named(kind, name).iter().map(|id| (*id, self.model.resource(*id)));
        all.rev().find(|(_, resource)| resource.effective_namespace.as_deref() == namespace)
    }

    /// Whether a ConfigMap of the scope says anything about the verification of certificates.
    pub(crate) fn any_skip_ssl(&self) -> bool {
        !self.skip_ssl.is_empty()
    }

    /// Certificate verification, as the Agent's configuration in a ConfigMap has it.
    pub(crate) fn skip_ssl(&self, map: ResourceId) -> Option<&Effective> {
        self.skip_ssl.get(&map)
    }

    /// Cluster agents in a namespace.
    pub(crate) fn cluster_agents(&self, namespace: Option<&str>) -> &[ResourceId] {
        self.cluster_agents.get(key_of(namespace)).map_or(&[], Vec::as_slice)
    }

    /// Services in the namespace of a workload that may select its pods; each is to be looked at.
    pub(crate) fn services_of(&self, resource: &Resource, workload: &Workload) -> Vec<ResourceId> {
        let labels = workload.pod_metadata.and_then(|at| below(self.model, at, &["labels"]));
        let entries = labels.map(|labels| labels.effective_entries()).unwrap_or_default();
        let namespace = key_of(resource.effective_namespace.as_deref());
        let mut found: Vec<ResourceId> = entries
            .into_iter()
            .filter_map(|(key, _, value)| self.selecting.get(&(namespace, key, value.text()?)))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Words in the environment of installations' pods in a namespace.
    pub(crate) fn words(&self, namespace: Option<&str>) -> &[Word] {
        self.words.get(key_of(namespace)).map_or(&[], Vec::as_slice)
    }
}

/// No namespace is one of its own.
fn key_of(namespace: Option<&str>) -> &str {
    namespace.unwrap_or_default()
}

fn add_words(model: &Model, workload: &Workload, words: &mut Vec<Word>) {
    let mut add = |what: &'static str, word: &str, place: Option<Place>| {
        if !words.iter().any(|known| known.0 == what && known.1 == word) {
            words.push((what, word.to_string(), place));
        }
    };
    for entry in workload.containers.iter().flat_map(|container| &container.env.entries) {
        let EnvSource::Literal { expanded, .. } = &entry.source else { continue };
        let place = entry.value_at.map(|at| model.place(at));
        match entry.name.as_str() {
            "DD_CLUSTER_NAME" => add("the cluster's name", expanded, place),
            "DD_ENV" => add("`DD_ENV`", expanded, place),
            "DD_TAGS" => {
                for word in expanded.split([' ', ',']).filter_map(|tag| tag.strip_prefix("env:")) {
                    add("the tag `env`", word, place);
                }
            }
            _ => {}
        }
    }
}
