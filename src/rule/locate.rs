//! From a place in a text to the node, the resource and the path that it is.
//!
//! Deliberately absent: places in rendered texts stay there; the findings room leads them back.

use ddlint_yaml::Node;

use crate::finding::ResourceName;
use crate::model::{DocId, Model, ResourceId};
use crate::source::{FileId, Origin, Place};

/// Finds nodes and resources by place.
pub struct Locator<'m> {
    model: &'m Model,
    docs: Vec<(FileId, u32, DocId)>,
    resources: Vec<(DocId, ResourceId)>,
}

impl<'m> Locator<'m> {
    /// Sorts the documents and resources of a model by place.
    pub fn new(model: &'m Model) -> Locator<'m> {
        let docs = model.docs.iter().enumerate();
        let mut docs: Vec<_> =
            docs.map(|(index, doc)| (doc.file, doc.tree.span().start, DocId(index as u32))).collect();
        docs.sort_unstable();
        let resources = model.resources.iter().enumerate();
        let mut resources: Vec<_> =
            resources.map(|(index, it)| (it.at.doc, ResourceId(index as u32))).collect();
        resources.sort_unstable();
        Locator { model, docs, resources }
    }

    /// The document that a place stands in.
    pub fn document(&self, place: Place) -> Option<DocId> {
        let after =
            self.docs.partition_point(|(file, start, _)| (*file, *start) <= (place.file, place.span.start));
        let (file, _, doc) = self.docs.get(after.checked_sub(1)?)?;
        (*file == place.file).then_some(*doc)
    }

    /// The innermost node that covers the beginning of a place.
    pub fn innermost(&self, place: Place) -> Option<(DocId, Node<'m>)> {
        let doc = self.document(place)?;
        let tree = &self.model.doc(doc).tree;
        Some((doc, tree.node(tree.node_at(place.span.start)?)))
    }

    /// The node that is exactly the place, else the innermost one at its beginning.
    pub fn exact(&self, place: Place) -> Option<(DocId, Node<'m>)> {
        let (doc, innermost) = self.innermost(place)?;
        let mut node = innermost;
        while node.span() != place.span && node.full_span() != place.span {
            match node.parent() {
                Some(parent) if parent.span().start >= place.span.start => node = parent,
                _ => return Some((doc, innermost)),
            }
        }
        Some((doc, node))
    }

    /// The place in the text that holds this one as a block string, if it is embedded.
    pub fn unembedded(&self, place: Place) -> Place {
        let mut place = place;
        while let Origin::Embedded { parent, map } = &self.model.sources.get(place.file).origin {
            place = Place { file: *parent, span: map.span(place.span) };
        }
        place
    }

    /// The resource that a place stands in and the normalized path of the place in it; without a resource the path is
    /// that of the document.
    pub fn name_and_path(
        &self,
        place: Place,
        preferred: Option<ResourceId>,
    ) -> (Option<ResourceName>, Option<String>) {
        let place = self.unembedded(place);
        let Some((doc, node)) = self.exact(place) else {
            return (preferred.map(|id| self.model.resource_name(id)), None);
        };
        let node = if node.is_key() { value_of(node).unwrap_or(node) } else { node };
        let path = self.model.doc(doc).tree.normalized_path(node.id());
        match self.resource_at(doc, place, preferred) {
            None => (None, Some(path)),
            Some(id) => {
                let resource = self.model.resource(id);
                let prefix = self.model.doc(doc).tree.normalized_path(resource.at.node);
                let inner = path.strip_prefix(&prefix).map(|rest| format!("${rest}"));
                (Some(self.model.resource_name(id)), Some(inner.unwrap_or(path)))
            }
        }
    }

    fn resource_at(&self, doc: DocId, place: Place, preferred: Option<ResourceId>) -> Option<ResourceId> {
        if preferred.is_some_and(|id| self.model.resource(id).at.doc == doc) {
            return preferred;
        }
        let from = self.resources.partition_point(|(other, _)| *other < doc);
        let of_doc = self.resources.iter().skip(from).take_while(|(other, _)| *other == doc);
        let covers = |id: &ResourceId| {
            let span = self.model.node(self.model.resource(*id).at).span();
            span.start <= place.span.start && place.span.start <= span.end
        };
        of_doc.map(|(_, id)| *id).find(covers)
    }
}

/// The value of a key.
pub(crate) fn value_of(key: Node<'_>) -> Option<Node<'_>> {
    key.parent()?.entries().find(|(its_key, _)| its_key.id() == key.id()).map(|(_, value)| value)
}

/// The key of a value, where it is an entry of a mapping.
pub(crate) fn key_of(value: Node<'_>) -> Option<Node<'_>> {
    let document = value.document();
    document.key_of(value.id()).map(|key| document.node(key))
}
