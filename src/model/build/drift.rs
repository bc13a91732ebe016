//! Drift that was found in a render, in the terms of the model: files that can be opened, resources.
//!
//! Deliberately absent: finding it (`crate::drift`).

use std::collections::BTreeMap;
use std::sync::Arc;

use ddlint_helm::origin;
use ddlint_yaml::{SourceText, Span};

use super::Builder;
use crate::discover::join;
use crate::drift::{FieldAt, Found};
use crate::model::drift::{Call, Drift, Key};
use crate::model::release::Deployer;
use crate::model::values::ValueData;
use crate::model::{At, ReleaseId, ResourceId};
use crate::source::{FileId, Place};

type Files = BTreeMap<Arc<str>, FileId>;

impl Builder<'_> {
    /// Adds a cause. `documents` are the texts of the render and their first resources.
    pub(super) fn add_drift(
        &mut self,
        id: ReleaseId,
        folder: &str,
        found: Found,
        documents: &[(FileId, Option<ResourceId>)],
        files: &Files,
    ) {
        let field = |at: &FieldAt| documents.get(at.document).map(|it| Place { file: it.0, span: at.span });
        let fields: Vec<Place> = found.fields.iter().filter_map(field).collect();
        let pods: Vec<Place> = found.pods.iter().filter_map(field).collect();
        let first = found.pods.first().or(found.fields.first());
        let resource = first.and_then(|at| documents.get(at.document)?.1);
        let calls: Vec<Call> =
            found.calls.iter().map(|call| self.call(&call.place, &call.function, files)).collect();
        let keys: Vec<Key> = (found.keys.iter())
            .map(|key| Key {
                path: crate::trace::dotted(&key.path),
                place: key.place.as_ref().and_then(|place| self.open_place(place, files)),
                set_to: key.set_to,
            })
            .collect();
        let key = || keys.first().map(|key| key.path.clone());
        let own = |at: Option<Place>| at.map(|at| (at, None));
        let at = own(keys.iter().find_map(|key| key.place))
            .or_else(|| Some((self.above(id, &key()?)?, key())))
            .or_else(|| own(calls.iter().find_map(|call| call.place)))
            .or_else(|| {
                let call = found.calls.first()?;
                let at = self.outside(id, folder, &call.place.file, &call.place.file)?;
                Some((at, key().or_else(|| calls.first().map(|call| call.template.clone()))))
            })
            .or_else(|| own(fields.first().copied()));
        let Some((at, apart)) = at else { return };
        let drift = Drift {
            kind: found.kind,
            release: id,
            calls,
            keys,
            at,
            apart,
            fields,
            pods,
            resource,
            hooks_only: found.hooks_only,
        };
        self.drift.push(drift);
    }

    fn call(&self, place: &origin::Place, function: &str, files: &Files) -> Call {
        let there = files.get(&place.file).map(|file| {
            let span = Span { start: place.start, end: place.end };
            self.loader.sources.outermost(Place { file: *file, span })
        });
        let template = match there {
            Some(there) => {
                let at = self.loader.sources.location(there);
                format!("{}:{}", at.file, at.line)
            }
            None => place.file.to_string(),
        };
        let place = there.filter(|there| self.loader.sources.can_be_opened(*there));
        Call { function: function.to_string(), place, template }
    }

    /// A place of a chart's or values file, if a person can open and edit it: the defaults of a dependency are not
    /// the place to edit.
    fn open_place(&self, place: &origin::Place, files: &Files) -> Option<Place> {
        let file = *files.get(&place.file)?;
        let at = Place { file, span: Span { start: place.start, end: place.end } };
        let at = self.loader.sources.outermost(at);
        let vendored = self.loader.sources.get(at.file).root_path.contains("/charts/")
            && self.loader.sources.get(at.file).root_path.ends_with("/values.yaml")
            && self.in_vendored_chart(&self.loader.sources.get(at.file).root_path);
        (!vendored && self.loader.sources.can_be_opened(at)).then_some(at)
    }

    /// Whether a values file is that of a chart in another chart's `charts/`.
    fn in_vendored_chart(&self, path: &str) -> bool {
        let parent = path.rsplit_once("/charts/").map(|(parent, _)| parent);
        parent.and_then(|parent| join(parent, "Chart.yaml")).is_some_and(|chart| self.is_file(&chart))
    }

    /// The nearest mapping above a key that nothing gives, in the values that somebody wrote.
    fn above(&self, id: ReleaseId, path: &str) -> Option<Place> {
        let release = self.releases.get(id.0 as usize)?;
        let mut value = &release.values;
        let mut nearest = None;
        for step in path.split('.') {
            let ValueData::Map(map) = &value.data else { break };
            let Some(below) = map.get(step) else { break };
            value = below;
            nearest = value.at.or(nearest);
        }
        let at = nearest?.key_at();
        let doc = self.loader.docs.get(at.doc.0 as usize)?;
        let place = Place { file: doc.file, span: doc.tree.node(at.node).span() };
        let place = self.loader.sources.outermost(place);
        let path = &self.loader.sources.get(place.file).root_path;
        (self.loader.sources.can_be_opened(place) && !self.in_vendored_chart(path)).then_some(place)
    }

    /// What a person can open in the stead of a file of a packed chart: the dependency in `Chart.yaml`, who deploys
    /// the chart, or the archive itself. None for files that can be opened.
    pub(super) fn outside(
        &mut self,
        id: ReleaseId,
        folder: &str,
        file: &str,
        template: &str,
    ) -> Option<Place> {
        if self.is_file(file) {
            return None;
        }
        if let Some(archive) = file.strip_prefix(folder).filter(|_| !self.is_file(folder)) {
            // `/charts/NAME-1.0.0.tgz/…`, maybe below the charts of a chart that is a folder.
            let archive = archive.split_inclusive(".tgz").next().unwrap_or_default();
            let parent = archive.rsplit_once("/charts/").map_or("", |(parent, _)| parent);
            let chart = join(folder, parent.trim_start_matches('/'))?;
            let names: Vec<&str> =
                template.split("/charts/").skip(1).filter_map(|it| it.split('/').next()).collect();
            let name = names.get(parent.matches("/charts/").count()).copied().unwrap_or_default();
            let packed = archive.rsplit('/').next().unwrap_or_default();
            for manifest in ["Chart.yaml", "requirements.yaml"] {
                let Some(path) = join(&chart, manifest).filter(|path| self.is_file(path)) else { continue };
                let place = self.place_of(&path, None)?;
                if let Some(span) = dependency(&self.loader.sources.get(place.file).text, name, packed) {
                    return Some(Place { file: place.file, span });
                }
            }
            return join(&chart, "Chart.yaml").and_then(|path| self.place_of(&path, None));
        }
        let release = self.releases.get(id.0 as usize)?;
        if let (Some(At { doc, node }), false) =
            (release.chart_at, matches!(release.deployer, Deployer::Nobody))
        {
            let doc = self.loader.docs.get(doc.0 as usize)?;
            return Some(Place { file: doc.file, span: doc.tree.node(node).span() });
        }
        self.place_of(folder, None)
    }
}

/// The entry of a dependency, by its alias or name, or by the name of its archive.
fn dependency(text: &SourceText, name: &str, packed: &str) -> Option<Span> {
    let stream = ddlint_yaml::parse(text.clone());
    let entries = stream.documents.first()?.root()?.get("dependencies")?;
    let field = |entry: ddlint_yaml::Node<'_>, key: &str| {
        entry.get(key).and_then(|node| node.text().map(str::to_string))
    };
    let by_name = entries.items().find(|entry| {
        field(*entry, "alias").as_deref() == Some(name) || field(*entry, "name").as_deref() == Some(name)
    });
    let by_archive = || {
        entries.items().find(|entry| {
            field(*entry, "name")
                .is_some_and(|name| packed.strip_prefix(&name).is_some_and(|rest| rest.starts_with('-')))
        })
    };
    let entry = by_name.or_else(by_archive)?;
    Some(entry.get("name").unwrap_or(entry).span())
}
