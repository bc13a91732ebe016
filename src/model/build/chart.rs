//! `Chart.yaml` and what lies beside it.

use ddlint_yaml::{Node, Stream};

use super::Builder;
use crate::discover::{EntryKind, join};
use crate::model::{At, DocId, DocKind};

/// A chart folder.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// `name`
    pub(super) name: String,
    /// `dependencies`, from `Chart.yaml` or `requirements.yaml`.
    pub(super) dependencies: Vec<Dependency>,
    /// The document of its `values.yaml`.
    pub(super) values: Option<DocId>,
    /// Its `values.yaml` could be read, or there is none.
    pub(super) values_known: bool,
}

/// An entry of `dependencies`.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// The key of its values: the alias, else the name.
    pub(super) key: String,
    pub(super) version: Option<String>,
    pub(super) repository: Option<String>,
    /// Paths of values that switch it on or off; the first that is there decides.
    pub(super) conditions: Vec<String>,
    pub(super) tags: Vec<String>,
    /// The `name` scalar.
    pub(super) at: At,
    /// The folder of the chart, where it is at hand.
    pub(super) folder: Option<String>,
}

impl Builder<'_> {
    /// Looks into a chart folder; none where there is no chart.
    pub(super) fn chart(&mut self, folder: &str) -> Option<Chart> {
        if let Some(known) = self.chart_infos.get(folder) {
            return known.clone();
        }
        let chart = self.read_chart(folder);
        self.chart_infos.insert(folder.to_string(), chart.clone());
        chart
    }

    pub(super) fn is_chart(&self, folder: &str) -> bool {
        join(folder, "Chart.yaml").is_some_and(|path| self.is_file(&path))
    }

    fn read_chart(&mut self, folder: &str) -> Option<Chart> {
        let path = join(folder, "Chart.yaml").filter(|path| self.is_file(path))?;
        let doc = self.load_config(&path)?;
        let (name, mut dependencies) = {
            let root = self.loader.docs.get(doc.0 as usize)?.tree.root()?;
            let name = root.get("name").and_then(|node| node.text()).unwrap_or_default().to_string();
            (name, dependencies(doc, root))
        };
        let requirements = join(folder, "requirements.yaml").filter(|path| self.is_file(path));
        if let Some(path) = requirements.filter(|_| dependencies.is_empty())
            && let Some(doc) = self.load_config(&path)
            && let Some(root) = self.loader.docs.get(doc.0 as usize).and_then(|doc| doc.tree.root())
        {
            dependencies = self::dependencies(doc, root);
        }
        for dependency in &mut dependencies {
            dependency.folder = self.dependency_folder(folder, dependency);
        }
        let path = join(folder, "values.yaml").filter(|path| self.is_file(path));
        let loaded = self.renderer.loaded(folder);
        let parsed = loaded.as_ref().and_then(|chart| chart.values.as_ref()).map(|values| &*values.stream);
        let values = path.as_ref().and_then(|path| self.load_known_values(path, parsed));
        let values_known =
            path.is_none_or(|path| self.loader.get(&path).is_some_and(|it| it.syntax_errors.is_empty()));
        Some(Chart { name, dependencies, values, values_known })
    }

    fn load_config(&mut self, path: &str) -> Option<DocId> {
        let docs = self.loader.load_used(path, DocKind::Config)?.docs.clone();
        self.first_with_root(&docs)
    }

    /// The document of a values file that something uses: the first one, as Helm reads it.
    pub(super) fn load_values(&mut self, path: &str) -> Option<DocId> {
        self.load_known_values(path, None)
    }

    fn load_known_values(&mut self, path: &str, known: Option<&Stream>) -> Option<DocId> {
        let docs = self.loader.load_known(path, DocKind::Values, known)?.docs.clone();
        for doc in &docs {
            if let Some(doc) = self.loader.docs.get_mut(doc.0 as usize)
                && doc.kind != DocKind::Manifest
            {
                doc.kind = DocKind::Values;
            }
        }
        self.first_with_root(&docs)
    }

    fn first_with_root(&self, docs: &[DocId]) -> Option<DocId> {
        docs.iter()
            .copied()
            .find(|id| self.loader.docs.get(id.0 as usize).is_some_and(|doc| doc.tree.root().is_some()))
    }

    fn dependency_folder(&self, folder: &str, dependency: &Dependency) -> Option<String> {
        if let Some(path) = dependency.repository.as_deref().and_then(|url| url.strip_prefix("file://")) {
            return join(folder, path).filter(|path| self.is_chart(path));
        }
        // A vendored chart's folder may have any name; its own is the usual one.
        let charts = join(folder, "charts")?;
        let usual = join(&charts, &dependency.name)?;
        if self.is_chart(&usual) {
            return Some(usual);
        }
        let members = self.loader.tree.list(&charts).unwrap_or_default();
        let folders = members.into_iter().filter(|entry| entry.kind == EntryKind::Folder);
        folders
            .filter(|entry| {
                entry.name.strip_prefix(dependency.name.as_str()).is_some_and(|rest| rest.starts_with('-'))
            })
            .filter_map(|entry| join(&charts, &entry.name))
            .find(|path| self.is_chart(path))
    }
}

fn dependencies(doc: DocId, root: Node<'_>) -> Vec<Dependency> {
    let list = root.get("dependencies").into_iter().flat_map(|list| list.items());
    list.filter_map(|item| {
        let text = |key: &str| item.get(key).and_then(|node| node.text()).filter(|text| !text.is_empty());
        let at = item.get("name")?;
        let name = text("name")?.to_string();
        Some(Dependency {
            key: text("alias").unwrap_or(&name).to_string(),
            version: text("version").map(str::to_string),
            repository: text("repository").map(str::to_string),
            conditions: text("condition")
                .into_iter()
                .flat_map(|all| all.split(','))
                .map(|it| it.trim().to_string())
                .collect(),
            tags: item
                .get("tags")
                .into_iter()
                .flat_map(|list| list.items())
                .filter_map(|tag| Some(tag.text()?.to_string()))
                .collect(),
            at: At { doc, node: at.id() },
            folder: None,
            name,
        })
    })
    .collect()
}
