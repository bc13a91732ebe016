//! `query`: the members of a view with their facts, or what a JSONPath selects from them, and where. It is how a rule
//! is written, and how a fact is debugged.
//!
//! Values of Secrets and of keys that name secrets are masked.

use std::fmt::Write;

use ddlint_yaml::Query;

use super::configuration;
use super::{Stop, complain_of, input, print, settings, start_threads, working_directory};
use crate::cli::QueryArgs;
use crate::config::shown::Shown;
use crate::model::Model;
use crate::near;
use crate::pipeline;
use crate::provenance;
use crate::report::secrets::{SecretData, mask_line};
use crate::source::{Origin, Place};
use crate::trace::dotted;
use crate::views::query::{members, select};
use crate::views::{Fact, FactValue, View, ViewSet};

/// `ddlint query`
pub(super) fn query(args: &QueryArgs) -> Result<u8, Stop> {
    start_threads(args.input.jobs)?;
    if ViewSet::catalogue().get(&args.view).is_none() {
        let stop = Stop::new(format!("there is no view `{}`", args.view));
        let names = ViewSet::catalogue().iter().map(View::name);
        let known: Vec<&str> = names.collect();
        return Err(match near::did_you_mean(&args.view, known.iter().copied()) {
            Some(help) => stop.help(help),
            None => stop.help(format!("the views are {}", known.join(", "))),
        });
    }
    // A JSONPath is known by its `$`; everything else is a path.
    let mut input_args = args.input.clone();
    let first = input_args.paths.first().map(|path| path.to_string_lossy().into_owned());
    let path = first.filter(|text| text.starts_with('$'));
    if path.is_some() {
        input_args.paths.remove(0);
    }
    let path = path.map(|text| Query::parse(&text)).transpose().map_err(|error| {
        let stop = Stop::new(format!("JSONPath: {} (at character {})", error.message, error.offset + 1));
        match error.help {
            Some(help) => stop.help(help),
            None => stop,
        }
    })?;
    let directory = working_directory()?;
    let configuration = configuration::load(&input_args.config, &directory)?;
    let settings = settings::of_input(&input_args, &configuration, &mut Shown::default())?;
    let mut paths = Vec::new();
    let inputs = input::inputs(&input_args, &configuration, settings, &directory, &mut paths, false)?;
    let model = pipeline::read(inputs);
    let views = ViewSet::build(&model);
    let Some(view) = views.get(&args.view) else { return Ok(complain_of(&model)) };
    let shown = Shower { model: &model, secrets: SecretData::of(&model) };
    print(&match &path {
        Some(path) => shown.selected(view, path),
        None => shown.members(view),
    })?;
    Ok(complain_of(&model))
}

struct Shower<'m> {
    model: &'m Model,
    secrets: SecretData<'m>,
}

impl Shower<'_> {
    fn members(&self, view: &dyn View) -> String {
        let mut out = String::new();
        for member in members(self.model, view) {
            let resource = member.resource.map(|it| format!("{}/{}", it.kind, it.name)).unwrap_or_default();
            let scope = self.model.scopes.get(member.scope.0 as usize).map_or("", |scope| &scope.name);
            let scope = if scope.is_empty() { String::new() } else { format!(" in {scope}") };
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{} {resource}{scope}", self.at(member.place));
            for (name, fact) in &member.facts {
                let value = self.value(name, fact);
                if !value.is_empty() {
                    let _ = writeln!(out, "  {name}: {value}{}", self.behind(fact.place));
                }
            }
        }
        out
    }

    fn selected(&self, view: &dyn View, path: &Query) -> String {
        let mut out = String::new();
        for found in select(self.model, view, path) {
            let name = dotted(&found.path);
            let value = self.value(&name, &found.fact);
            let _ = writeln!(out, "{} {name}: {value}", self.at(Some(found.place)));
        }
        out
    }

    /// The place that a person can open.
    fn at(&self, place: Option<Place>) -> String {
        let Some(place) = place else { return "-".to_string() };
        let sources = &self.model.sources;
        let place = match &sources.get(place.file).origin {
            Origin::Rendered(rendering) => provenance::edit_place(rendering, sources, place).unwrap_or(place),
            _ => place,
        };
        let at = sources.location(place);
        format!("{}:{}:{}", at.file, at.line, at.column)
    }

    fn behind(&self, place: Option<Place>) -> String {
        place.map(|place| format!("  ({})", self.at(Some(place)))).unwrap_or_default()
    }

    /// A value as text: masked where its name, its place or its look says that it is a secret.
    fn value(&self, name: &str, fact: &Fact) -> String {
        let text = match &fact.value {
            FactValue::Absent => return String::new(),
            FactValue::Unknown => "?".to_string(),
            FactValue::Node(_) => "(there)".to_string(),
            FactValue::Member(view, member) => format!("{view} {member}"),
            value => value.print(),
        };
        let in_secret = fact.place.is_some_and(|place| {
            let outer = self.model.sources.outermost(place);
            let file = self.model.sources.get(outer.file);
            let (line, _) = file.line_column(outer.span.start);
            let start = file.line_starts().get(line as usize - 1).copied().unwrap_or(outer.span.start);
            // In a list of names and values on one line the line itself tells it.
            let text =
                file.text.get(start as usize..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            let masked = mask_line(text, false);
            let at = (outer.span.start - start) as usize;
            let hidden = masked.len() == text.len()
                && masked.get(at..at + 1).is_some_and(|it| it == "*")
                && text.get(at..at + 1) != Some("*");
            hidden || self.secrets.contains(outer.file, outer.span.start)
        });
        let text: Vec<&str> = text.lines().collect();
        let line = format!("{}: {}", name.rsplit('.').next().unwrap_or(name), text.join(" "));
        let masked = mask_line(&line, in_secret);
        masked.split_once(": ").map(|(_, value)| value.to_string()).unwrap_or_default()
    }
}
