//! Helmfiles: their releases, as far as they can be read without running their templates.

use ddlint_yaml::Node;

use super::Builder;
use super::application::known;
use super::classify::is_helmfile;
use super::placeholder::is_placeholder;
use super::release::{Draft, Given};
use super::set::SetKind;
use crate::discover::{join, parent};
use crate::model::release::{ChartRef, ClusterGiven, Deployer, LeftOut};
use crate::model::values::ValueAt;
use crate::model::{At, DocId};

impl Builder<'_> {
    pub(super) fn helmfile_releases(&mut self) {
        let docs: Vec<(DocId, String)> = (0..self.loader.docs.len() as u32)
            .map(DocId)
            .filter_map(|id| Some((id, self.path_of(self.loader.docs.get(id.0 as usize)?.file).to_string())))
            .filter(|(_, path)| is_helmfile(path))
            .collect();
        for (doc, path) in docs {
            let count = self.helmfile_items(doc).len();
            for index in 0..count {
                if let Some(draft) = self.helmfile_release(doc, parent(&path), index) {
                    self.add_release(draft);
                }
            }
        }
    }

    fn helmfile_items(&self, doc: DocId) -> Vec<Node<'_>> {
        let root = self.loader.docs.get(doc.0 as usize).and_then(|doc| doc.tree.root());
        root.and_then(|root| root.get("releases")).into_iter().flat_map(|list| list.items()).collect()
    }

    fn helmfile_release(&mut self, doc: DocId, folder: &str, index: usize) -> Option<Draft> {
        enum Layer {
            File(String),
            Inline(At),
            Unknown,
        }
        let items = self.helmfile_items(doc);
        let item = *items.get(index)?;
        let at = |node: Node<'_>| At { doc, node: node.id() };
        let chart_node = item.get("chart")?;
        let chart = known(Some(chart_node))?;
        let chart = match join(folder, &chart).filter(|path| self.is_chart(path)) {
            Some(path) => ChartRef::Local(path),
            None if chart.starts_with('.') => return None,
            None => {
                let (repository, name) = chart.rsplit_once('/').unwrap_or(("", &chart));
                let url = if repository.contains("://") {
                    Some(repository.to_string())
                } else {
                    self.helmfile_repository(doc, repository)
                };
                ChartRef::Remote {
                    repository: url,
                    name: name.to_string(),
                    version: known(item.get("version")),
                }
            }
        };
        let layers: Vec<Layer> = item
            .get("values")
            .into_iter()
            .flat_map(|list| list.items())
            .map(|entry| match entry.text() {
                _ if entry.is_mapping() => Layer::Inline(at(entry)),
                // A template's result is not known.
                Some(path) if !is_placeholder(path) && !path.ends_with(".gotmpl") => {
                    Layer::File(path.to_string())
                }
                _ => Layer::Unknown,
            })
            .collect();
        let secrets = item.get("secrets").is_some_and(|list| !list.is_empty());
        let inherits = item.get("inherit").is_some() || item.get("<<").is_some();
        let sets: Vec<(String, String, SetKind, ValueAt)> =
            [("set", SetKind::Typed), ("setString", SetKind::Text)]
                .iter()
                .flat_map(|(list, kind)| {
                    item.get(list).into_iter().flat_map(|list| list.items()).filter_map(move |entry| {
                        let (name, value) = (entry.get("name")?, entry.get("value")?);
                        let at = ValueAt { doc, key: Some(name.id()), value: value.id() };
                        Some((name.text()?.to_string(), value.text()?.to_string(), *kind, at))
                    })
                })
                .collect();
        let name_node = item.get("name");
        let draft = |given| Draft {
            chart,
            chart_at: Some(at(chart_node)),
            name: known(name_node),
            name_at: name_node.map(at),
            namespace: known(item.get("namespace")),
            given,
            deployer: Deployer::Config(doc),
            left_out: LeftOut::default(),
            cluster: ClusterGiven::default(),
        };
        let mut draft = draft(Given::new());
        let mut given = Given::new();
        for layer in layers {
            match layer {
                Layer::File(path) => self.give_file(&mut given, join(folder, &path)),
                Layer::Inline(at) => self.give_node(&mut given, at),
                Layer::Unknown => given.complete = false,
            }
        }
        for (key, value, kind, at) in sets {
            self.give_set(&mut given, &key, &value, kind, Some(at));
        }
        given.complete &= !secrets && !inherits;
        draft.given = given;
        Some(draft)
    }

    /// The URL of a repository that the helmfile lists.
    fn helmfile_repository(&self, doc: DocId, name: &str) -> Option<String> {
        let file = self.loader.docs.get(doc.0 as usize)?.file;
        // Repositories may stand in another document of the file.
        self.loader.docs.iter().filter(|doc| doc.file == file).filter_map(|doc| doc.tree.root()).find_map(
            |root| {
                let list = root.get("repositories")?;
                let found = list.items().find(|it| it.get("name").and_then(|it| it.text()) == Some(name))?;
                known(found.get("url"))
            },
        )
    }
}
