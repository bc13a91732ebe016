//! One release rendered in several ways: its values are put together once, its templates looked up once.
//!
//! Deliberately absent: origins (nothing is recorded), and what sets a value so that other charts take part: that is a
//! render of its own.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Kept, Prepared, Render, RenderRequest, Rendered, check_request, fit_schemas, prepare};
use crate::chart::Chart;
use crate::coalesce::{GLOBAL, empty_map};
use crate::exec::NoRecording;
use crate::failure::RenderError;
use crate::origin::{OriginId, OriginTable, QuickMap};
use crate::set::TemplateSet;
use crate::value::{Data, List, Map, Value};
use crate::values;

/// What a value is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetTo {
    /// A text.
    Text(&'static str),
    /// A truth value.
    Bool(bool),
}

/// The values and templates of a release.
pub struct Session {
    prepared: Prepared,
    templates: RefCell<Option<TemplateSet>>,
    /// The keys of each condition that decides about a chart, without those of the chart that has it.
    conditions: Vec<Vec<String>>,
}

impl Session {
    /// Puts the values of a request together. They are not compared with schemas here.
    pub fn new(request: &RenderRequest<'_>) -> Result<Session, Box<RenderError>> {
        check_request(request)?;
        let mut table = OriginTable::new(false);
        let request = RenderRequest { skip_schema: true, recording: false, ..request.clone() };
        let prepared = values::merged(request.values, request.dialect, &mut table)
            .and_then(|user| prepare(&request, &user, &mut table));
        match prepared {
            Ok(prepared) => Ok(Session::of(Kept { prepared, templates: None }, request.chart)),
            Err(failure) => Err(RenderError::new(failure, table)),
        }
    }

    /// Of values that were put together; they have no origins.
    pub(super) fn of(kept: Kept, chart: &Chart) -> Session {
        let Kept { prepared, templates } = kept;
        let mut conditions = Vec::new();
        conditions_of(chart, &mut conditions);
        Session { prepared, templates: RefCell::new(templates), conditions }
    }

    /// Renders with one value set, or as it is. None where the value may decide which charts take part, or stands in
    /// the stead of a mapping: then it has to be given to a render of its own.
    ///
    /// The request is that of [`Session::new`] in everything that values depend on: chart, values and dialect.
    pub fn render(
        &self,
        request: &RenderRequest<'_>,
        set: Option<(&[String], SetTo)>,
    ) -> Option<Result<Rendered, Box<RenderError>>> {
        if set.is_some_and(|(steps, _)| self.decides(steps)) {
            return None;
        }
        let values = without_origins(&self.prepared.values);
        if let Some((steps, to)) = set {
            put(&values, steps, to)?;
        }
        let mut table = OriginTable::new(false);
        if !request.skip_schema
            && let Err(failure) = fit_schemas(&self.prepared.root, &values, &request.cache, &mut table)
        {
            return Some(Err(RenderError::new(failure, table)));
        }
        let templates = &mut *self.templates.borrow_mut();
        Some(Render::<NoRecording>::execute(request, table, &self.prepared, &values, templates))
    }

    /// Whether a value may decide about a chart, or is handed down to others.
    fn decides(&self, steps: &[String]) -> bool {
        let begins = |condition: &Vec<String>| {
            (1..=condition.len()).any(|count| steps.ends_with(condition.get(..count).unwrap_or_default()))
        };
        steps.first().is_none_or(|first| first == "tags")
            || steps.iter().any(|step| step == GLOBAL)
            || self.conditions.iter().any(begins)
    }
}

fn conditions_of(chart: &Chart, out: &mut Vec<Vec<String>>) {
    for dependency in chart.metadata.dependencies.iter().flatten() {
        let conditions = dependency.condition.split(',').map(str::trim).filter(|it| !it.is_empty());
        out.extend(conditions.map(|condition| condition.split('.').map(str::to_string).collect()));
    }
    for inner in &chart.charts {
        conditions_of(inner, out);
    }
}

/// Sets a value below mappings; none where something else is in the way.
fn put(values: &Map, steps: &[String], to: SetTo) -> Option<()> {
    let (last, above) = steps.split_last()?;
    let mut map = values.clone();
    for step in above {
        let inner = match map.get(step.as_bytes()) {
            None => {
                let inner = empty_map();
                map.set(step.as_bytes(), OriginId::NONE, Value::plain(Data::Map(inner.clone())));
                inner
            }
            Some(Value { data: Data::Map(inner), .. }) => inner,
            Some(_) => return None,
        };
        map = inner;
    }
    if map.get(last.as_bytes()).is_some_and(|value| matches!(value.data, Data::Map(_))) {
        return None;
    }
    let value = match to {
        SetTo::Text(text) => Value::str(text, OriginId::NONE),
        SetTo::Bool(on) => Value::bool(on, OriginId::NONE),
    };
    map.set(last.as_bytes(), OriginId::NONE, value);
    Some(())
}

/// A copy of values: their origins stand in the table of another render.
pub(super) fn without_origins(values: &Map) -> Map {
    copy(values, 1, &mut QuickMap::default())
}

/// What was copied of what somebody else holds too, by its address.
type Copied = QuickMap<usize, Value>;

/// A copy without origins in which what was shared is shared again: a chart's values are a part of its parent's.
/// What has more than so many `holders` is shared.
fn copy(map: &Map, holders: usize, known: &mut Copied) -> Map {
    let shared = Rc::strong_count(&map.entries) > holders;
    let at = Rc::as_ptr(&map.entries).addr();
    if shared && let Some(Value { data: Data::Map(same), .. }) = known.get(&at) {
        return Map { entries: same.entries.clone(), kind: map.kind };
    }
    let mut entries = map.entries.borrow().clone();
    for entry in entries.values_mut() {
        entry.key_origin = OriginId::NONE;
        copy_value(&mut entry.value, known);
    }
    let made = Map::new(entries, map.kind);
    if shared {
        known.insert(at, Value::plain(Data::Map(made.clone())));
    }
    made
}

/// Makes a value a copy of itself.
fn copy_value(value: &mut Value, known: &mut Copied) {
    value.origin = OriginId::NONE;
    match &mut value.data {
        // The value itself is a second holder, until it is a copy.
        Data::Map(map) => *map = copy(map, 2, known),
        Data::List(list) => {
            let shared = Rc::strong_count(&list.items) > 2;
            let at = Rc::as_ptr(&list.items).addr();
            if shared && let Some(Value { data: Data::List(same), .. }) = known.get(&at) {
                *list = List { items: same.items.clone(), kind: list.kind };
                return;
            }
            let mut items = list.items.borrow().clone();
            items.iter_mut().for_each(|item| copy_value(item, known));
            let made = List::new(items, list.kind);
            if shared {
                known.insert(at, Value::plain(Data::List(made.clone())));
            }
            *list = made;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HelmDialect;
    use crate::chart::{FileData, load};
    use crate::objects::KubeVersion;
    use crate::render::{Release, render};
    use crate::values::{SetKind, ValuesSource};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn chart() -> Arc<Chart> {
        let files: BTreeMap<String, FileData> = [
            (
                "Chart.yaml",
                "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies:\n  - {name: db, version: 0.1.0, condition: db.enabled}\n",
            ),
            ("values.yaml", "name: a\nauth: {}\nglobal: {region: eu}\ndb:\n  enabled: true\n  auth: {user: x}\n"),
            (
                "templates/a.yaml",
                "a: {{ .Values | toYaml | nindent 2 }}\n{{- $_ := set .Values \"name\" \"changed\" }}\nb: {{ .Values.name }}\n",
            ),
            ("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n"),
            ("charts/db/values.yaml", "port: 1\nauth: {}\n"),
            (
                "charts/db/templates/b.yaml",
                "c: {{ .Values | toYaml | nindent 2 }}\n{{- $_ := set .Values.auth \"user\" \"y\" }}\n",
            ),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_string(), FileData::from(text)))
        .collect();
        Arc::new(load(&files, "web", &crate::chart::ArchiveLimits::default()).expect("a chart"))
    }

    fn request(chart: &Arc<Chart>) -> RenderRequest<'_> {
        let release = Release { name: "rel".into(), namespace: "ns".into(), is_upgrade: false, revision: 1 };
        let kube = KubeVersion::parse("v1.34.0", HelmDialect::V3).expect("a version");
        let mut request = RenderRequest::new(chart, release, kube, HelmDialect::V3);
        request.recording = false;
        request
    }

    #[test]
    fn a_session_renders_what_a_render_of_its_own_does() {
        let chart = chart();
        let request = request(&chart);
        let session = Session::new(&request).expect("values");
        let alone = |set: Option<String>| {
            let values: Vec<ValuesSource> =
                set.into_iter().map(|set| ValuesSource::set(SetKind::Typed, set)).collect();
            let request = RenderRequest { values: &values, ..request.clone() };
            render(&request).expect("it renders").to_stream()
        };
        // Templates change values: the next render begins afresh.
        for _ in 0..2 {
            let rendered = session.render(&request, None).expect("nothing is set").expect("it renders");
            assert_eq!(rendered.to_stream(), alone(None));
        }
        for path in ["name", "auth.password", "db.port", "db.auth.user", "new.below.it"] {
            let steps: Vec<String> = path.split('.').map(str::to_string).collect();
            for (to, text) in [(SetTo::Text("word"), "word"), (SetTo::Bool(true), "true")] {
                let rendered = session.render(&request, Some((&steps, to))).expect(path).expect("it renders");
                assert_eq!(rendered.to_stream(), alone(Some(format!("{path}={text}"))), "{path}");
            }
        }
        for path in ["db.enabled", "global.region", "tags.x", "db", "auth", "name.x"] {
            let steps: Vec<String> = path.split('.').map(str::to_string).collect();
            assert!(session.render(&request, Some((&steps, SetTo::Bool(false)))).is_none(), "{path}");
        }
    }
}
