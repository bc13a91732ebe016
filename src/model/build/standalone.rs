//! Values files that nothing refers to, known by their content (contract section 2).

use super::Builder;
use super::classify::{datadog_values_root, is_values_name};
use super::release::{Draft, Given};
use crate::model::release::{ChartRef, Deployer};
use crate::model::{At, DocId, DocKind};

impl Builder<'_> {
    /// A release for each values file that nothing refers to.
    pub(super) fn standalone_values(&mut self) {
        let found: Vec<(DocId, String)> = (0..self.loader.docs.len() as u32)
            .map(DocId)
            .filter(|id| self.is_standalone(*id))
            .filter_map(|id| Some((id, self.loader.docs.get(id.0 as usize).map(|doc| doc.file)?)))
            .map(|(id, file)| (id, self.loader.sources.get(file).root_path.clone()))
            .collect();
        for (doc, path) in found {
            self.standalone(doc, &path);
        }
    }

    fn is_standalone(&self, id: DocId) -> bool {
        let Some(doc) = self.loader.docs.get(id.0 as usize) else { return false };
        let embedded =
            matches!(self.loader.sources.get(doc.file).origin, crate::source::Origin::Embedded { .. });
        doc.kind == DocKind::Values
            && !embedded
            && !self.releases.iter().any(|release| release.layers.contains(&id))
    }

    fn standalone(&mut self, id: DocId, path: &str) {
        let by_name = is_values_name(path) || self.loader.is_named(path);
        let Some(root) = self.loader.docs.get(id.0 as usize).and_then(|doc| doc.tree.root()) else { return };
        let Some((start, below)) = datadog_values_root(root, by_name) else { return };
        let at = At { doc: id, node: start.id() };
        let mut given = Given::new();
        self.give_node(&mut given, at);
        given.complete &= self.loader.docs.get(id.0 as usize).is_some_and(|doc| !doc.tree.is_partial());
        let chart = ChartRef::Remote { repository: None, name: "datadog".to_string(), version: None };
        let draft = Draft {
            chart,
            chart_at: None,
            name: None,
            name_at: None,
            namespace: None,
            given,
            deployer: Deployer::Nobody,
        };
        self.add_release(draft);
        if let Some(release) = self.releases.last_mut() {
            release.values_root = below.iter().map(|key| (*key).to_string()).collect();
        }
    }
}
