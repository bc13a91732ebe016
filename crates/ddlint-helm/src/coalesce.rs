//! Putting values together: the user's over the parent chart's over the subcharts', globals handed down, nulls
//! deleting. Each value keeps its origin.
//!
//! Two operations exist. *Coalescing* lets a null delete the default below it; *merging* keeps the null for a later
//! coalescing. Helm 4 first takes the nulls out of a chart's own defaults, and remembers a null of the user for
//! a key that the defaults do not have.
//!
//! Deliberately absent: which charts take part (see `deps`).

use crate::HelmDialect;
use crate::deps::ChartNode;
use crate::origin::OriginId;
use crate::value::{Data, Entry, List, Map, MapKind, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The key under which values are handed down.
pub(crate) const GLOBAL: &str = "global";

/// An empty map.
pub(crate) fn empty_map() -> Map {
    Map::new(BTreeMap::new(), MapKind::Any)
}

/// A copy that shares nothing.
pub(crate) fn deep_copy(value: &Value) -> Value {
    match &value.data {
        Data::Map(map) => Value { data: Data::Map(deep_copy_map(map)), origin: value.origin },
        Data::List(list) => {
            let items = list.items.borrow().iter().map(deep_copy).collect();
            Value { data: Data::List(List::new(items, list.kind)), origin: value.origin }
        }
        _ => value.clone(),
    }
}

/// A copy that shares nothing.
pub(crate) fn deep_copy_map(map: &Map) -> Map {
    let entries = map
        .entries
        .borrow()
        .iter()
        .map(|(key, entry)| {
            (key.clone(), Entry { key_origin: entry.key_origin, value: deep_copy(&entry.value) })
        })
        .collect();
    Map::new(entries, map.kind)
}

/// The later map over the earlier one, tables merged; nulls are values. Tables of `a` that are merged are
/// copied, not changed.
pub(crate) fn merge_maps(a: &Map, b: &Map) -> Map {
    let out = Map::new(a.entries.borrow().clone(), MapKind::Any);
    for (key, entry) in snapshot(b) {
        let merged = match (&entry.value.data, out.get(&key).map(|v| (v.data, v.origin))) {
            (Data::Map(over), Some((Data::Map(under), _))) => {
                Value { data: Data::Map(merge_maps(&under, over)), origin: entry.value.origin }
            }
            _ => entry.value.clone(),
        };
        insert(&out, key, Entry { key_origin: entry.key_origin, value: merged });
    }
    out
}

/// The later map as a JSON merge patch of the earlier one: nulls take keys away, also those that it brings itself.
pub(crate) fn patch_maps(a: &Map, patch: &Map) -> Map {
    let out = Map::new(a.entries.borrow().clone(), MapKind::Any);
    for (key, entry) in snapshot(patch) {
        let data = match (&entry.value.data, out.get(&key).map(|it| it.data)) {
            (Data::Nil, _) => {
                remove(&out, &key);
                continue;
            }
            (Data::Map(over), Some(Data::Map(under))) => Data::Map(patch_maps(&under, over)),
            (data, Some(Data::Map(_))) => data.clone(),
            (data, _) => new_in_patch(data),
        };
        let value = Value { data, origin: entry.value.origin };
        insert(&out, key, Entry { key_origin: entry.key_origin, value });
    }
    out
}

/// What a patch brings new: without the nulls in its mappings, those in lists included. Items that are null stay.
fn new_in_patch(data: &Data) -> Data {
    match data {
        Data::Map(map) => {
            let kept = snapshot(map).into_iter().filter(|(_, entry)| !matches!(entry.value.data, Data::Nil));
            let kept = kept.map(|(key, entry)| {
                let value = Value { data: new_in_patch(&entry.value.data), origin: entry.value.origin };
                (key, Entry { key_origin: entry.key_origin, value })
            });
            Data::Map(Map::new(kept.collect(), map.kind))
        }
        Data::List(list) => {
            let items = list.items.borrow();
            let items =
                items.iter().map(|item| Value { data: new_in_patch(&item.data), origin: item.origin });
            Data::List(List::new(items.collect(), list.kind))
        }
        data => data.clone(),
    }
}

fn snapshot(map: &Map) -> Vec<(Rc<[u8]>, Entry)> {
    map.entries.borrow().iter().map(|(k, e)| (k.clone(), e.clone())).collect()
}

fn insert(map: &Map, key: Rc<[u8]>, entry: Entry) {
    map.entries.borrow_mut().insert(key, entry);
}

fn remove(map: &Map, key: &[u8]) {
    map.entries.borrow_mut().remove(key);
}

fn joined(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") }
}

fn shown(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

/// Coalesces and merges values for one dialect, collecting Helm's warnings.
pub(crate) struct Coalescer {
    pub(crate) dialect: HelmDialect,
    pub(crate) warnings: Vec<String>,
}

impl Coalescer {
    /// The values of a chart and its subcharts under those of the user, which are not changed.
    pub(crate) fn coalesce_values(&mut self, chart: &ChartNode, values: &Map) -> Result<Map, String> {
        let out = deep_copy_map(values);
        self.coalesce(chart, &out, "", false)?;
        Ok(out)
    }

    /// The same with every null kept.
    pub(crate) fn merge_values(&mut self, chart: &ChartNode) -> Result<Map, String> {
        let out = empty_map();
        self.coalesce(chart, &out, "", true)?;
        Ok(out)
    }

    fn coalesce(&mut self, chart: &ChartNode, dest: &Map, prefix: &str, merge: bool) -> Result<(), String> {
        self.own_values(chart, dest, prefix, merge);
        for sub in &chart.charts {
            let inner = match dest.get(sub.name.as_bytes()) {
                None => {
                    let inner = empty_map();
                    let value = Value::plain(Data::Map(inner.clone()));
                    dest.set(sub.name.as_bytes(), OriginId::NONE, value);
                    inner
                }
                Some(Value { data: Data::Map(inner), .. }) => inner,
                Some(other) => {
                    let got = match &other.data {
                        Data::Str(s) => format!("%!t(string={})", s.to_str_lossy()),
                        Data::Bool(b) => b.to_string(),
                        Data::Nil => "%!t(<nil>)".to_string(),
                        Data::Float(f) => format!("%!t(float64={})", crate::fmt::float(*f)),
                        other => format!("%!t({})", other.type_name()),
                    };
                    return Err(format!("type mismatch on {}: {got}", sub.name));
                }
            };
            let sub_prefix = joined(prefix, &chart.name);
            self.globals(&inner, dest, &sub_prefix);
            self.coalesce(sub, &inner, &sub_prefix, merge)?;
        }
        Ok(())
    }

    fn globals(&mut self, dest: &Map, source: &Map, prefix: &str) {
        let to = match dest.get(GLOBAL.as_bytes()) {
            None => empty_map(),
            Some(Value { data: Data::Map(map), .. }) => map,
            Some(_) => {
                self.warnings
                    .push("warning: skipping globals because destination global is not a table.".into());
                return;
            }
        };
        let (from, origin, key_origin) = match source.entries.borrow().get(GLOBAL.as_bytes()) {
            None => (empty_map(), OriginId::NONE, OriginId::NONE),
            Some(Entry { key_origin, value: Value { data: Data::Map(map), origin } }) => {
                (map.clone(), *origin, *key_origin)
            }
            Some(_) => {
                self.warnings.push("warning: skipping globals because source global is not a table.".into());
                return;
            }
        };
        for (key, entry) in snapshot(&from) {
            let there = to.get(&key);
            if let Data::Map(table) = &entry.value.data {
                // Only the outermost level is copied, as in Helm: what is nested deeper is shared by all charts.
                let copy = Map::new(table.entries.borrow().clone(), MapKind::Any);
                match there {
                    None => {}
                    Some(Value { data: Data::Map(below), .. }) => {
                        let full = joined(prefix, &shown(&key));
                        self.tables(&copy, &below, &full, true);
                    }
                    Some(_) => {
                        self.warnings.push(format!(
                            "Conflict: cannot merge map onto non-map for {:?}. Skipping.",
                            shown(&key)
                        ));
                        continue;
                    }
                }
                let value = Value { data: Data::Map(copy), origin: entry.value.origin };
                insert(&to, key, Entry { key_origin: entry.key_origin, value });
            } else if matches!(there, Some(Value { data: Data::Map(_), .. })) {
                self.warnings.push(format!("key {} is table. Skipping", shown(&key)));
            } else {
                insert(&to, key, entry);
            }
        }
        let value = Value { data: Data::Map(to), origin };
        dest.set(GLOBAL.as_bytes(), key_origin, value);
    }

    /// The chart's own defaults under `dest`.
    fn own_values(&mut self, chart: &ChartNode, dest: &Map, prefix: &str, merge: bool) {
        let sub_prefix = joined(prefix, &chart.name);
        let defaults = deep_copy_map(&chart.values);
        let v4 = self.dialect == HelmDialect::V4;
        for (key, entry) in snapshot(&defaults) {
            let Some(there) = dest.get(&key) else {
                if v4 && !merge {
                    if entry.value.is_nil() {
                        continue;
                    }
                    if let Data::Map(table) = &entry.value.data {
                        without_nulls(table);
                    }
                }
                insert(dest, key, entry);
                continue;
            };
            match (&there.data, &entry.value.data) {
                (Data::Nil, _) if !merge => remove(dest, &key),
                (Data::Map(over), Data::Map(under)) => {
                    // What is meant for a subchart is coalesced when its turn comes.
                    let merge = merge || chart.charts.iter().any(|c| c.name.as_bytes() == &*key);
                    if v4 && !merge {
                        without_nulls(under);
                    }
                    let full = joined(&sub_prefix, &shown(&key));
                    self.tables(over, under, &full, merge);
                }
                (Data::Map(_), other) if !matches!(other, Data::Nil) => {
                    self.warnings.push(format!(
                        "warning: skipped value for {sub_prefix}.{}: Not a table.",
                        shown(&key)
                    ));
                }
                _ => {}
            }
        }
    }

    /// `source` under `dest`; tables are shared where `dest` has none.
    pub(crate) fn tables(&mut self, dest: &Map, source: &Map, prefix: &str, merge: bool) {
        let mut members = snapshot(source);
        let mut not_null = BTreeSet::new();
        if self.dialect == HelmDialect::V4 {
            not_null = members.iter().filter(|(_, e)| !e.value.is_nil()).map(|(k, _)| k.clone()).collect();
            for (key, entry) in snapshot(dest) {
                if entry.value.is_nil() {
                    match members.binary_search_by(|(k, _)| (**k).cmp(&*key)) {
                        Ok(at) => {
                            if let Some((_, member)) = members.get_mut(at) {
                                member.value = entry.value.clone();
                            }
                        }
                        Err(at) => members.insert(at, (key.clone(), entry.clone())),
                    }
                    insert(source, key, entry);
                }
            }
        }
        for (key, entry) in members {
            let Some(there) = dest.get(&key) else {
                insert(dest, key, entry);
                continue;
            };
            let may_delete = self.dialect == HelmDialect::V3 || not_null.contains(&key);
            if !merge && there.is_nil() && may_delete {
                remove(dest, &key);
                continue;
            }
            let full = joined(prefix, &shown(&key));
            match (&there.data, &entry.value.data) {
                (Data::Map(over), Data::Map(under)) => self.tables(over, under, &full, merge),
                (_, Data::Map(_)) => {
                    self.warnings.push(format!("warning: cannot overwrite table with non table for {full}"));
                }
                (Data::Map(_), other) if !matches!(other, Data::Nil) => {
                    self.warnings.push(format!(
                        "warning: destination for {full} is a table. Ignoring non-table value"
                    ));
                }
                _ => {}
            }
        }
    }
}

fn without_nulls(map: &Map) {
    map.entries.borrow_mut().retain(|_, entry| !entry.value.is_nil());
    for (_, entry) in snapshot(map) {
        if let Data::Map(inner) = &entry.value.data {
            without_nulls(inner);
        }
    }
}
