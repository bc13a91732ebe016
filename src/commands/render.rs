//! `render` and `trace`.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::configuration;
use super::{Stop, complain_of, input, print, print_with, settings, start_threads, working_directory};
use crate::cli::{RenderArgs, TraceArgs, TraceFormat};
use crate::config::shown::Shown;
use crate::filter::Overrides;
use crate::pipeline::{self, Rules};
use crate::rule::Selection;
use crate::trace;

/// `ddlint render`
pub(super) fn render(args: &RenderArgs) -> Result<u8, Stop> {
    let input = &args.input;
    start_threads(input.jobs)?;
    let directory = working_directory()?;
    let configuration = configuration::load(&input.config, &directory)?;
    let settings = settings::of_input(input, &configuration, &mut Shown::default())?;
    let mut paths = Vec::new();
    let inputs = input::inputs(input, &configuration, settings, &directory, &mut paths, false)?;
    // The process ends: its memory goes back at once, and not piece by piece.
    let _parsed = ManuallyDrop::new(Arc::clone(&inputs.settings.rendering.parsed));
    if args.manifests_only {
        let printed = ManuallyDrop::new(pipeline::manifests(inputs));
        print_with(|out| printed.write(out))?;
        return Ok(complain_of(&printed.model));
    }
    // What is selected, and how grave it is, is decided behind the pipe.
    let registry = configuration.registry();
    let (selection, overrides) = (Selection::default_of(registry), Overrides::default());
    let rules = Rules { registry, selection: &selection, overrides: &overrides };
    let printed = ManuallyDrop::new(pipeline::render(inputs, &rules));
    print_with(|out| printed.write(out))?;
    Ok(complain_of(&printed.linted.model))
}

/// `ddlint trace`
pub(super) fn trace(args: &TraceArgs) -> Result<u8, Stop> {
    start_threads(args.input.jobs)?;
    let directory = working_directory()?;
    let configuration = configuration::load(&args.input.config, &directory)?;
    let settings = settings::of_input(&args.input, &configuration, &mut Shown::default())?;
    let mut paths = Vec::new();
    let mut inputs = input::inputs(&args.input, &configuration, settings, &directory, &mut paths, false)?;
    // Nothing is asked about drift.
    inputs.settings.drift = false;
    let field = args.field.as_deref().map(ddlint_yaml::Query::parse).transpose().map_err(|error| {
        let stop = Stop::new(format!("`--field`: {} (at character {})", error.message, error.offset + 1));
        match error.help {
            Some(help) => stop.help(help),
            None => stop,
        }
    })?;
    let positions = matches!(args.format, TraceFormat::Json);
    let filter = trace::Filter { resource: args.resource.clone(), field, positions };
    let model = pipeline::read(inputs);
    let fields = trace::fields(&model, &filter);
    print(&match args.format {
        TraceFormat::Text => trace::text(&fields),
        TraceFormat::Json => trace::json(&fields),
    })?;
    Ok(complain_of(&model))
}
