//! Which charts of the tree take part, under which names, and what they hand to their parents: conditions, tags,
//! aliases, import-values.
//!
//! Works on a mutable tree for one render; the loaded [`Chart`]s stay as they are.
//!
//! Deliberately absent: fetching what is missing.

use crate::chart::{Chart, Dependency, ImportValue};
use crate::coalesce::{Coalescer, deep_copy_map, empty_map};
use crate::origin::{OriginId, OriginTable};
use crate::path;
use crate::semver::{Constraint, Version};
use crate::value::{Data, Map, Value};
use crate::yaml_in::{self, Source};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// A declared dependency while it is being decided. Copies of one chart under several aliases share it, so that
/// a renaming done for the first copy is seen by the second, as in Helm 3.
pub(crate) type Declared = Rc<RefCell<Dependency>>;

/// A chart of the tree of one render.
#[derive(Clone, Debug)]
pub(crate) struct ChartNode {
    pub(crate) chart: Arc<Chart>,
    /// Its name in this tree: the alias, where it has one.
    pub(crate) name: String,
    /// Its values, first its own file's.
    pub(crate) values: Map,
    pub(crate) declared: Option<Vec<Declared>>,
    pub(crate) charts: Vec<ChartNode>,
    /// The values that decided that it takes part.
    pub(crate) enabled_by: OriginId,
    /// The normalized path of its values in the parent chart's.
    pub(crate) root: String,
    /// Which of Helm's objects it is: a copy of a chart holds the charts that the chart itself holds.
    object: Object,
    /// The path of the parent that the object names, where that is another one than holds it here.
    home: Option<String>,
}

/// A loaded chart, and the number of its copy; the chart itself has none.
type Object = (usize, u32);

impl ChartNode {
    /// The path of names as Helm builds it, of a chart in the chart with the given path.
    pub(crate) fn path_in(&self, parent: &str) -> String {
        format!("{}/charts/{}", self.home.as_deref().unwrap_or(parent), self.name)
    }
}

/// A values file that cannot be used: which chart file, what is wrong.
#[derive(Clone, Debug)]
pub(crate) struct WrongValues {
    pub(crate) file: Arc<str>,
    pub(crate) wrong: yaml_in::Wrong,
}

/// The tree of charts with the values of each.
pub(crate) struct Tree<'t> {
    pub(crate) table: &'t mut OriginTable,
    pub(crate) coalescer: Coalescer,
    shared: BTreeMap<usize, Option<Vec<Declared>>>,
    /// The parent that each object names, which is the last one that took it in, and the object's own name.
    parents: BTreeMap<Object, (Object, String)>,
    copies: u32,
}

/// Why the tree cannot be made.
#[derive(Clone, Debug)]
pub(crate) enum TreeError {
    Values(WrongValues),
    /// Helm's words.
    Coalesce(String),
}

impl From<String> for TreeError {
    fn from(message: String) -> TreeError {
        TreeError::Coalesce(message)
    }
}

impl<'t> Tree<'t> {
    pub(crate) fn new(table: &'t mut OriginTable, coalescer: Coalescer) -> Tree<'t> {
        Tree { table, coalescer, shared: BTreeMap::new(), parents: BTreeMap::new(), copies: 0 }
    }

    /// The chart and everything in it, before anything is decided.
    pub(crate) fn root(&mut self, chart: &Arc<Chart>) -> Result<ChartNode, TreeError> {
        let name = chart.metadata.name.clone();
        let node = self.node(chart, name, path::ROOT.to_string(), false)?;
        self.adopt(&node);
        Ok(node)
    }

    /// Each chart's parent is at first the one that it was loaded with.
    fn adopt(&mut self, node: &ChartNode) {
        for chart in &node.charts {
            self.parents.insert(chart.object, (node.object, chart.name.clone()));
            self.adopt(chart);
        }
    }

    /// A chart as a dependency. Helm 4 copies the charts in it too, but not those in them.
    fn copied(&mut self, mut node: ChartNode) -> ChartNode {
        self.copies += 1;
        node.object.1 = self.copies;
        if self.coalescer.dialect == crate::HelmDialect::V4 {
            for chart in &mut node.charts {
                self.copies += 1;
                chart.object.1 = self.copies;
                self.parents.insert(chart.object, (node.object, chart.name.clone()));
            }
        }
        node
    }

    fn path_of(&self, object: Object, root: &str) -> String {
        match self.parents.get(&object) {
            Some((parent, name)) => format!("{}/charts/{name}", self.path_of(*parent, root)),
            None => root.to_string(),
        }
    }

    /// `alone`: what it declares is shared with no other copy.
    fn node(
        &mut self,
        chart: &Arc<Chart>,
        name: String,
        root: String,
        alone: bool,
    ) -> Result<ChartNode, TreeError> {
        let values = match &chart.values {
            None => empty_map(),
            Some(file) => {
                let source = Source::File { file: &file.file, root: &root, inside: None };
                yaml_in::values_of_file(&file.stream, source, self.coalescer.dialect, self.table)
                    .map_err(|wrong| TreeError::Values(WrongValues { file: file.file.clone(), wrong }))?
            }
        };
        let id = Arc::as_ptr(chart) as usize;
        let alone = alone && self.coalescer.dialect == crate::HelmDialect::V4;
        let known = if alone { None } else { self.shared.get(&id).cloned() };
        let declared = known.unwrap_or_else(|| {
            let fresh = |d: &Dependency| Rc::new(RefCell::new(d.clone()));
            let made = chart.metadata.dependencies.as_ref().map(|list| list.iter().map(fresh).collect());
            if !alone {
                self.shared.insert(id, Option::clone(&made));
            }
            made
        });
        let mut charts = Vec::with_capacity(chart.charts.len());
        for inner in &chart.charts {
            let name = inner.metadata.name.clone();
            let mut inner_root = root.clone();
            path::push_member(&mut inner_root, &name);
            charts.push(self.node(inner, name, inner_root, false)?);
        }
        Ok(ChartNode {
            chart: chart.clone(),
            name,
            values,
            declared,
            charts,
            enabled_by: OriginId::NONE,
            root,
            object: (id, 0),
            home: None,
        })
    }

    /// Decides which charts take part, from the values of the user.
    pub(crate) fn process(&mut self, root: &mut ChartNode, values: &Map) -> Result<(), TreeError> {
        self.enable(root, values, "")?;
        let name = root.name.clone();
        self.settle(root, &name, &name);
        self.import(root)
    }

    fn settle(&self, node: &mut ChartNode, path: &str, root: &str) {
        for chart in &mut node.charts {
            let parent = self.parents.get(&chart.object).map(|(parent, _)| self.path_of(*parent, root));
            chart.home = parent.filter(|parent| parent != path);
            let path = chart.path_in(path);
            self.settle(chart, &path, root);
        }
    }

    fn enable(&mut self, node: &mut ChartNode, values: &Map, prefix: &str) -> Result<(), TreeError> {
        let Some(declared) = node.declared.clone() else { return Ok(()) };
        let existing = std::mem::take(&mut node.charts);
        let fits = |chart: &ChartNode, dep: &Dependency| {
            chart.name == dep.name && in_range(&dep.version, &chart.chart.metadata.version)
        };
        let mut charts: Vec<ChartNode> = Vec::new();
        for chart in &existing {
            if !declared.iter().any(|dep| fits(chart, &dep.borrow())) {
                charts.push(chart.clone());
            }
        }
        for dep in &declared {
            let found = existing.iter().find(|chart| fits(chart, &dep.borrow()));
            let alias = dep.borrow().alias.clone();
            match found {
                Some(chart) if alias.is_empty() || alias == chart.name => {
                    charts.push(self.copied(chart.clone()));
                }
                Some(chart) => {
                    let mut root = node.root.clone();
                    path::push_member(&mut root, &alias);
                    let node = self.node(&chart.chart, alias.clone(), root, true)?;
                    charts.push(self.copied(node));
                }
                None => {}
            }
            if !alias.is_empty() {
                dep.borrow_mut().name = alias;
            }
        }
        node.charts = charts;
        for chart in &node.charts {
            self.parents.insert(chart.object, (node.object, chart.name.clone()));
        }
        for dep in &declared {
            dep.borrow_mut().enabled = true;
        }
        let coalesced = self.coalescer.coalesce_values(node, values)?;
        let mut decided_by = self.by_tags(&declared, &coalesced);
        self.by_conditions(&declared, &coalesced, prefix, &mut decided_by);
        let off: BTreeSet<String> =
            declared.iter().filter(|d| !d.borrow().enabled).map(|d| d.borrow().name.clone()).collect();
        node.charts.retain(|chart| !off.contains(&chart.name));
        node.declared = Some(declared.into_iter().filter(|d| !off.contains(&d.borrow().name)).collect());
        for chart in &mut node.charts {
            if let Some(origin) = decided_by.get(&chart.name) {
                chart.enabled_by = self.table.union(node.enabled_by, *origin);
            } else {
                chart.enabled_by = node.enabled_by;
            }
            let inner = format!("{prefix}{}.", chart.name);
            self.enable(chart, &coalesced, &inner)?;
        }
        Ok(())
    }

    fn by_tags(&mut self, declared: &[Declared], values: &Map) -> BTreeMap<String, OriginId> {
        let mut decided_by = BTreeMap::new();
        let Some(Value { data: Data::Map(tags), .. }) = values.get(b"tags") else { return decided_by };
        for dep in declared {
            let mut dep = dep.borrow_mut();
            let (mut on, mut off) = (false, false);
            for tag in &dep.tags {
                match tags.get(tag.as_bytes()) {
                    None => {}
                    Some(Value { data: Data::Bool(flag), origin }) => {
                        if flag {
                            on = true;
                        } else {
                            off = true;
                        }
                        let slot = decided_by.entry(dep.name.clone()).or_insert(OriginId::NONE);
                        *slot = self.table.union(*slot, origin);
                    }
                    Some(_) => self
                        .coalescer
                        .warnings
                        .push(format!("Warning: Tag '{tag}' for chart {} returned non-bool value", dep.name)),
                }
            }
            dep.enabled = on || !off;
        }
        decided_by
    }

    fn by_conditions(
        &mut self,
        declared: &[Declared],
        values: &Map,
        prefix: &str,
        decided_by: &mut BTreeMap<String, OriginId>,
    ) {
        for dep in declared {
            let mut dep = dep.borrow_mut();
            let conditions = dep.condition.trim().to_string();
            for condition in conditions.split(',').filter(|c| !c.is_empty()) {
                match leaf(values, &format!("{prefix}{condition}")) {
                    None => {}
                    Some(Value { data: Data::Bool(flag), origin }) => {
                        dep.enabled = flag;
                        decided_by.insert(dep.name.clone(), origin);
                        break;
                    }
                    Some(_) => self.coalescer.warnings.push(format!(
                        "Warning: Condition path '{condition}' for chart {} returned non-bool value",
                        dep.name
                    )),
                }
            }
        }
    }

    fn import(&mut self, node: &mut ChartNode) -> Result<(), TreeError> {
        for chart in &mut node.charts {
            self.import(chart)?;
        }
        let Some(declared) = node.declared.clone() else { return Ok(()) };
        let values = self.coalescer.merge_values(node)?;
        let imported = empty_map();
        for dep in &declared {
            let dep = dep.borrow();
            for import in &dep.import_values {
                let (child, parent) = match import {
                    ImportValue::Table { child, parent } => (child.clone(), parent.as_str()),
                    ImportValue::Export(name) => (format!("exports.{name}"), "."),
                };
                let Some(found) = table(&values, &format!("{}.{child}", dep.name)) else {
                    self.coalescer.warnings.push(format!(
                        "Warning: ImportValues missing table from chart {}: {child:?} is not a table",
                        dep.name
                    ));
                    continue;
                };
                let placed = at_path(parent, found);
                self.coalescer.tables(&imported, &placed, "", true);
            }
        }
        let values = deep_copy_map(&values);
        self.coalescer.tables(&values, &imported, "", true);
        node.values = values;
        Ok(())
    }
}

/// Whether the version lies in the range; false where either is malformed.
pub(crate) fn in_range(range: &str, version: &str) -> bool {
    // Mostly a version is asked for, and is there.
    if range == version {
        return Version::parse(version).is_ok();
    }
    match (Constraint::parse(range), Version::parse(version)) {
        (Ok(range), Ok(version)) => range.matches(&version),
        _ => false,
    }
}

/// Of several versions the place of the newest one that lies in the range; none where the range says nothing.
pub fn newest_in_range<'a>(range: &str, versions: impl Iterator<Item = &'a str>) -> Option<usize> {
    let range = Constraint::parse(Some(range.trim()).filter(|range| !range.is_empty())?).ok()?;
    let fitting = versions.enumerate().filter_map(|(place, text)| {
        let version = Version::parse(text).ok()?;
        range.matches(&version).then_some((place, version))
    });
    fitting.max_by(|(_, one), (_, other)| one.compare(other)).map(|(place, _)| place)
}

/// The table at a path of names with dots.
fn table(values: &Map, path: &str) -> Option<Map> {
    path.split('.').try_fold(values.clone(), |map, name| match map.get(name.as_bytes())?.data {
        Data::Map(inner) => Some(inner),
        _ => None,
    })
}

/// What stands at a path of names with dots, if it is no table.
fn leaf(values: &Map, path: &str) -> Option<Value> {
    let (map, name) = match path.rsplit_once('.') {
        Some((before, name)) => (table(values, before)?, name),
        None => (values.clone(), path),
    };
    map.get(name.as_bytes()).filter(|v| v.as_map().is_none())
}

/// The table, put at a path of names with dots.
fn at_path(path: &str, inner: Map) -> Map {
    if path == "." {
        return inner;
    }
    path.split('.').rev().fold(inner, |map, name| {
        let outer = empty_map();
        outer.set(name.as_bytes(), OriginId::NONE, Value::plain(Data::Map(map)));
        outer
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not asked of a range because it is the version itself, the range would say.
    #[test]
    fn a_version_is_in_its_own_range() {
        for text in [
            "1.2.3",
            "v1.2.3",
            "1.2",
            "1",
            "0",
            "1.2.3-beta.1",
            "1.2.3+b",
            "1.x",
            "",
            "01.2.3",
            "1.2.3-01",
            "a",
        ] {
            let version = Version::parse(text);
            let asked =
                Constraint::parse(text).is_ok_and(|range| version.as_ref().is_ok_and(|it| range.matches(it)));
            assert_eq!(in_range(text, text), asked, "{text}");
        }
    }
}
