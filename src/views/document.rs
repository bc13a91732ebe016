//! The views `document` and `values-file`: texts as they were read. Documents have no scope of their own: they stand
//! in the first one, so that a rule sees each once.

use super::{ByScope, DynamicSpec, Fact, FactSpec, FactType, View, facts, raw};
use crate::model::{At, DocId, DocKind, Model, ResourceId, ScopeId};
use crate::source::Place;

const FACTS: &[FactSpec] = &[
    FactSpec { name: "kind", kind: FactType::Str, doc: "`manifest`, `values`, `config` or `other`" },
    FactSpec { name: "file", kind: FactType::Str, doc: "the file, relative to the root" },
    FactSpec { name: "root", kind: FactType::Node, doc: "the document's root; absent in an empty document" },
];

const KEYS: &[DynamicSpec] = &[DynamicSpec {
    prefix: "key.",
    doc: "the value below dotted keys of the document, for example `key.metadata.name`",
    kind: FactType::Any,
}];

/// Every document.
pub(super) struct Documents(ByScope<DocId>);

impl Documents {
    pub(super) fn build(model: &Model) -> Self {
        let all = (0..model.docs.len()).map(|index| (ScopeId(0), DocId(index as u32)));
        Documents(ByScope::new(model, all))
    }
}

/// Every document that holds values of a chart.
pub(super) struct ValuesFiles(ByScope<DocId>);

impl ValuesFiles {
    pub(super) fn build(model: &Model) -> Self {
        let values = model.docs.iter().enumerate().filter(|(_, doc)| doc.kind == DocKind::Values);
        ValuesFiles(ByScope::new(model, values.map(|(index, _)| (ScopeId(0), DocId(index as u32)))))
    }
}

fn root(model: &Model, doc: DocId) -> Option<At> {
    model.doc(doc).tree.root().map(|node| raw::at(doc, node.id()))
}

fn document_fact(model: &Model, doc: DocId, fact: usize) -> Fact {
    let it = model.doc(doc);
    match fact {
        0 => {
            let kind = match it.kind {
                DocKind::Manifest => "manifest",
                DocKind::Values => "values",
                DocKind::Config => "config",
                DocKind::TestHook => "test-hook",
                DocKind::Other => "other",
            };
            Fact::str(kind, None)
        }
        1 => Fact::str(&model.sources.get(it.file).root_path, None),
        _ => facts::node(model, root(model, doc)),
    }
}

fn document_key(model: &Model, doc: DocId, keys: &str) -> Fact {
    let Some(root) = root(model, doc) else { return Fact::ABSENT };
    let keys: Vec<&str> = keys.split('.').collect();
    raw::below(model, root, &keys)
}

fn document_place(model: &Model, doc: DocId) -> Place {
    let it = model.doc(doc);
    let span = it.tree.root().and_then(|root| root.entries().next().map(|(key, _)| key.span()));
    Place { file: it.file, span: span.unwrap_or_else(|| it.tree.span()) }
}

fn document_resource(model: &Model, doc: DocId) -> Option<ResourceId> {
    let index = model.resources.iter().position(|resource| resource.at.doc == doc)?;
    Some(ResourceId(index as u32))
}

macro_rules! document_view {
    ($type:ty, $name:literal, $doc:literal) => {
        impl View for $type {
            fn name(&self) -> &'static str {
                $name
            }
            fn doc(&self) -> &'static str {
                $doc
            }
            fn facts(&self) -> &'static [FactSpec] {
                FACTS
            }
            fn dynamic(&self) -> &'static [DynamicSpec] {
                KEYS
            }
            fn len(&self, scope: ScopeId) -> usize {
                self.0.len(scope)
            }
            fn fact(&self, model: &Model, scope: ScopeId, member: u32, fact: usize) -> Fact {
                self.0.get(scope, member).map_or(Fact::ABSENT, |doc| document_fact(model, *doc, fact))
            }
            fn dynamic_fact(&self, model: &Model, scope: ScopeId, member: u32, _: usize, rest: &str) -> Fact {
                self.0.get(scope, member).map_or(Fact::ABSENT, |doc| document_key(model, *doc, rest))
            }
            fn node(&self, model: &Model, scope: ScopeId, member: u32) -> Option<At> {
                root(model, *self.0.get(scope, member)?)
            }
            fn place(&self, model: &Model, scope: ScopeId, member: u32) -> Option<Place> {
                self.0.get(scope, member).map(|doc| document_place(model, *doc))
            }
            fn resource(&self, model: &Model, scope: ScopeId, member: u32) -> Option<ResourceId> {
                document_resource(model, *self.0.get(scope, member)?)
            }
        }
    };
}
document_view!(Documents, "document", "every YAML or JSON document that was read, in its file");
document_view!(ValuesFiles, "values-file", "every document that holds values of a chart, before merging");
