//! The commands about rules, and where rules come from.

use ddlint_yaml::SourceText;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Stop, configuration, files, print, working_directory};
use crate::cli::{ExplainArgs, ListFormat, NewArgs, RulesArgs};
use crate::near;
use crate::report;
use crate::rule::{self, Registry, Rule};

/// The built-in rules and those of the folders.
pub(super) fn registry(folders: &[PathBuf]) -> Result<Registry, Stop> {
    registry_with(Vec::new(), folders)
}

/// The built-in rules, those of the files, and those of the folders.
pub(super) fn registry_with(
    mut files: Vec<(String, SourceText)>,
    folders: &[PathBuf],
) -> Result<Registry, Stop> {
    for folder in folders {
        let found = rule_files(folder)
            .map_err(|error| Stop::new(format!("`{}` cannot be read: {error}", folder.display())))?;
        if found.is_empty() {
            return Err(Stop::new(format!("there is no rule file in `{}`", folder.display())));
        }
        files.extend(found);
    }
    Registry::embedded().with(&files).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Stop::new(format!("rule files are wrong\n{}", lines.join("\n")))
    })
}

/// There is no rule of that id; which one was probably meant.
pub(super) fn no_rule(registry: &Registry, id: &str) -> Stop {
    let stop = Stop::new(format!("there is no rule `{id}`"));
    match near::did_you_mean(id, registry.rules().map(|rule| rule.id.as_ref())) {
        Some(help) => stop.help(help),
        None => stop.help("`ddlint rules` lists them"),
    }
}

/// Rule files of a folder and the folders in it, sorted: name and text.
pub(super) fn rule_files(folder: &Path) -> std::io::Result<Vec<(String, SourceText)>> {
    let mut out = Vec::new();
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            out.extend(rule_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            out.push((path.to_string_lossy().replace('\\', "/"), fs::read_to_string(&path)?.into()));
        }
    }
    Ok(out)
}

/// `ddlint rules`
pub(super) fn rules(args: &RulesArgs) -> Result<u8, Stop> {
    let configuration = configuration::load(&args.config, &working_directory()?)?;
    let registry = configuration.registry();
    let rules: Vec<&Rule> = registry.rules().map(|rule| &**rule).collect();
    print(&match args.format {
        ListFormat::Text => report::rules::text(&rules),
        ListFormat::Json => report::rules::json(&rules),
        ListFormat::Markdown => rule::docs::index(&rules),
    })?;
    Ok(0)
}

/// `ddlint explain`
pub(super) fn explain(args: &ExplainArgs) -> Result<u8, Stop> {
    let configuration = configuration::load(&args.config, &working_directory()?)?;
    let registry = configuration.registry();
    let rule = registry.get(&args.rule).ok_or_else(|| no_rule(registry, &args.rule))?;
    print(&rule::docs::markdown(rule))?;
    Ok(0)
}

/// `ddlint new`: never overwrites.
pub(super) fn new(args: &NewArgs) -> Result<u8, Stop> {
    let directory = working_directory()?;
    let configuration = configuration::load(&args.config, &directory)?;
    let id = &args.id;
    let kebab = id
        .split('-')
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    if !kebab || !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(Stop::new(format!("`{id}` is no rule id"))
            .help("an id is kebab-case and names the problem: `mutable-image-tag`"));
    }
    if let Some(known) = configuration.registry().get(id) {
        return Err(Stop::new(format!("there is a rule `{id}` already, in {}", known.path))
            .help("one id, one meaning: choose another"));
    }
    let folder = match (&args.dir, configuration.config.rules.first()) {
        (Some(folder), _) => folder.clone(),
        (None, Some(set)) => configuration.path(set),
        (None, None) => PathBuf::from("."),
    };
    let path = folder.join(format!("{id}.yaml"));
    let shown = configuration::shown(&path, &directory);
    if path.exists() {
        return Err(Stop::new(format!("`{shown}` exists already, and is left as it is")));
    }
    fs::create_dir_all(&folder)
        .map_err(|error| Stop::new(format!("`{}` cannot be made: {error}", folder.display())))?;
    files::write_whole(&path, &rule::docs::scaffold(id, "local"))?;
    let folder = configuration::shown(&folder, &directory);
    let folder = if folder.is_empty() { "." } else { &folder };
    print(&format!("wrote {shown}; `ddlint test {folder}` runs its examples\n"))?;
    Ok(0)
}

/// `ddlint test`
pub(super) fn test(folders: &[PathBuf]) -> Result<u8, Stop> {
    let registry = registry(folders)?;
    let own: BTreeSet<&str> = Registry::embedded().rules().map(|rule| &*rule.id).collect();
    // With folders their rules are tested, without one the built-in ones.
    let tested: Vec<_> =
        registry.rules().filter(|rule| folders.is_empty() == own.contains(&*rule.id)).collect();
    let mut out = String::new();
    let mut failed = 0;
    for rule in &tested {
        let failures = rule::examples::check(rule);
        failed += usize::from(!failures.is_empty());
        for failure in failures {
            out.push_str(&format!("{}: {}\n    {}\n", failure.rule, failure.example, failure.message));
        }
    }
    out.push_str(&format!("{} passed, {failed} failed\n", tested.len() - failed));
    print(&out)?;
    Ok(u8::from(failed > 0))
}
