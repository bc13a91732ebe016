//! Where a value of a release is given, or would be: the mapping of the file that owns it, for edits.
//!
//! A value that nobody gives goes where the nearest key above it stands, else into what is given last: the values
//! file, the inline values; an Application or HelmRelease without any gets them.

use super::release::{ChartRef, Deployer, Release, ValuesInput};
use super::values::{ValueAt, ValueData};
use super::{At, DocId, Model, ReleaseId};

/// Charts in charts in charts.
const DEEPEST: usize = 16;

/// Where a value is changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// Below a mapping, by these keys.
    Below(At, Vec<String>),
    /// In a scalar that is text: the value of an Application's parameter.
    Parameter(At),
}

impl Model {
    /// The values file of a local chart, where it is not the only one that gives values to the release: a person has
    /// others to edit.
    pub(crate) fn chart_defaults(&self, release: &Release) -> Option<DocId> {
        let ChartRef::Local(folder) = &release.chart else { return None };
        let is_own = |id: &&DocId| {
            let path = &self.sources.get(self.doc(**id).file).root_path;
            path.strip_prefix(folder.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|name| name == "values.yaml")
        };
        let own = (0..self.docs.len() as u32).map(DocId).find(|id| is_own(&id))?;
        let others = release.parent.is_some() || release.layers.iter().any(|layer| *layer != own);
        others.then_some(own)
    }

    /// Where the value at a path of a release's values is given, or would be.
    pub(crate) fn value_owner(&self, id: ReleaseId, path: &[&str]) -> Option<Owner> {
        let release = self.release(id);
        let defaults = self.chart_defaults(release);
        let whole: Vec<String> =
            release.values_root.iter().cloned().chain(path.iter().map(|key| (*key).to_string())).collect();
        for depth in (1..=path.len()).rev() {
            let Some(value) = release.values.get(path.get(..depth)?) else { continue };
            if matches!(value.data, ValueData::Unknown) {
                return None;
            }
            let Some(at) = value.at else {
                // From a command line: no file gives it, and none would win.
                if depth == path.len() { return None } else { continue }
            };
            if Some(at.doc) == defaults {
                continue;
            }
            let given = release.values_root.len() + depth;
            if let Some(root) = self.climbed(at, whole.get(..given)?) {
                return Some(Owner::Below(root, whole));
            }
            let text = self.node(at.key_at()).text().unwrap_or_default();
            if depth == path.len() {
                let parameter = text == path.join(".") || text == whole.join(".");
                return parameter.then(|| Owner::Parameter(at.value_at()));
            }
        }
        let mut top = release;
        for _ in 0..DEEPEST {
            let Some(parent) = top.parent else { break };
            top = self.release(parent);
        }
        let given = top.inputs.iter().rev().find_map(|input| match input {
            ValuesInput::Doc(doc) if Some(*doc) != defaults => {
                Some(At { doc: *doc, node: self.doc(*doc).tree.root()?.id() })
            }
            ValuesInput::Node(at) | ValuesInput::Patch { at, .. } => Some(*at),
            _ => None,
        });
        let own = || {
            let doc = top.layers.iter().rev().find(|doc| Some(**doc) != defaults)?;
            let chart = matches!(top.chart, ChartRef::Local(_)) && top.inputs.is_empty();
            chart.then_some(At { doc: *doc, node: self.doc(*doc).tree.root()?.id() })
        };
        if let Some(root) = given.or_else(own) {
            return Some(Owner::Below(root, whole));
        }
        self.without_values(top, whole)
    }

    /// The mapping from which the keys lead to a value; none where it is not written so.
    fn climbed(&self, at: ValueAt, keys: &[String]) -> Option<At> {
        let value = self.node(at.value_at());
        let root = keys.iter().try_fold(value, |node, _| node.parent())?;
        let names: Vec<&str> = keys.iter().map(String::as_str).collect();
        let leads = root.at(&names).is_some_and(|found| found.id() == value.id());
        leads.then_some(At { doc: at.doc, node: root.id() })
    }

    /// Inline values for a release that has no values at all.
    fn without_values(&self, top: &Release, path: Vec<String>) -> Option<Owner> {
        match top.deployer {
            Deployer::Application(_) => {
                let chart = top.chart_at?;
                let source = self.node(chart).parent()?;
                // `valuesObject` makes ArgoCD ignore `values`, whatever is in it.
                let taken = source.at(&["helm", "values"]).is_some_and(|values| !values.is_null());
                let keys = ["helm", "valuesObject"].into_iter().map(str::to_string).chain(path).collect();
                (!taken).then(|| Owner::Below(At { doc: chart.doc, node: source.id() }, keys))
            }
            Deployer::HelmRelease(resource) => {
                let at = self.resource(resource).at;
                let spec = self.node(at).get("spec")?;
                let keys = std::iter::once("values".to_string()).chain(path).collect();
                Some(Owner::Below(At { doc: at.doc, node: spec.id() }, keys))
            }
            Deployer::Script(..) | Deployer::Config(_) | Deployer::Nobody => None,
        }
    }
}
