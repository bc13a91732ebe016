//! Finds `.ddlint.yaml`, reads it, and knows the rules that it may name: those of the binary, of its `rules:` and of
//! `--rules`.
//!
//! Deliberately absent: what the settings do (`settings`).

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Stop;
use super::rules::{self, rule_files};
use crate::cli::ConfigArgs;
use crate::config::{self, Config, Set, Word};
use crate::finding::InputError;
use crate::near;
use crate::rule::Registry;
use crate::source::{Origin, SourceFile, SourceMap};

/// The file's name.
pub(super) const NAME: &str = ".ddlint.yaml";

/// The configuration of a run.
pub(super) struct Configuration {
    /// The file, for places in it; empty without one.
    pub(super) sources: SourceMap,
    /// What it says.
    pub(super) config: Config,
    /// The folder of the file: what its paths are relative to.
    pub(super) folder: PathBuf,
    /// The rules that are known, where there are more than those of the binary.
    more: Option<Registry>,
}

impl Configuration {
    /// The rules that are known.
    pub(super) fn registry(&self) -> &Registry {
        self.more.as_ref().unwrap_or_else(|| Registry::embedded())
    }

    /// A path of the file, as it can be opened.
    pub(super) fn path(&self, set: &Set<String>) -> PathBuf {
        self.folder.join(&set.value)
    }

    /// The run ends because of a setting.
    pub(super) fn stop(&self, set: &Set<String>, message: String, help: Option<String>) -> Stop {
        let code = "invalid-configuration";
        let error = InputError { code, message, help, place: Some(set.place), file: None };
        Stop::of_errors(&self.sources, &[error])
    }
}

/// The git repository around a folder.
pub(super) fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| above.join(".git").exists())
}

/// Upward from the working directory to the repository root; without a repository only the working directory.
fn find(directory: &Path) -> Result<Option<PathBuf>, Stop> {
    let root = repository(directory).unwrap_or(directory);
    for folder in directory.ancestors() {
        let file = folder.join(NAME);
        if file.is_file() {
            return Ok(Some(file));
        }
        let misnamed = folder.join(".ddlint.yml");
        if misnamed.is_file() {
            let shown = shown(&misnamed, directory);
            return Err(Stop::new(format!(
                "`{shown}` would not be read: the configuration is named `{NAME}`"
            ))
            .help("rename it"));
        }
        if folder == root {
            break;
        }
    }
    Ok(None)
}

/// A path relative to the working directory where it lies below or above it, with `/`.
pub(super) fn shown(path: &Path, directory: &Path) -> String {
    let parts = |path: &Path| -> Vec<String> {
        let normal = path.components().filter(|part| !matches!(part, Component::CurDir));
        normal.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    if !path.is_absolute() {
        return parts(path).join("/");
    }
    let (to, from) = (parts(path), parts(directory));
    let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    if shared < 2 {
        return path.to_string_lossy().replace('\\', "/");
    }
    let up = from.iter().skip(shared).map(|_| "..".to_string());
    up.chain(to.into_iter().skip(shared)).collect::<Vec<_>>().join("/")
}

/// Reads the configuration of a run.
pub(super) fn load(args: &ConfigArgs, directory: &Path) -> Result<Configuration, Stop> {
    let file = match (&args.config, args.isolated) {
        (_, true) => None,
        (Some(path), false) => Some(directory.join(path)),
        (None, false) => find(directory)?,
    };
    let Some(file) = file else {
        let more = if args.rules.is_empty() { None } else { Some(rules::registry(&args.rules)?) };
        let (sources, config) = (SourceMap::default(), Config::default());
        return Ok(Configuration { sources, config, folder: directory.to_path_buf(), more });
    };
    let name = match &args.config {
        Some(path) => path.to_string_lossy().replace('\\', "/"),
        None => shown(&file, directory),
    };
    let text = fs::read_to_string(&file)
        .map_err(|error| Stop::new(format!("the configuration `{name}` cannot be read: {error}")))?;
    let folder = file.parent().unwrap_or(directory).to_path_buf();
    let root_path = match repository(&folder).and_then(|root| file.strip_prefix(root).ok()) {
        Some(path) => path.to_string_lossy().replace('\\', "/"),
        None => name.clone(),
    };
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new(name, root_path, text.into(), Origin::Disk));
    // Rules of the file's own may be named in it: they are read before the names are judged.
    let (first, _) = config::read(&sources, id, &|_, _| Ok(()));
    let mut configuration = Configuration { sources, config: first, folder, more: None };
    configuration.more = Some(registry(&configuration, &args.rules)?);
    let known = |word: &str, meaning: Word| known(configuration.registry(), word, meaning);
    let (config, errors) = config::read(&configuration.sources, id, &known);
    if !errors.is_empty() {
        return Err(Stop::of_errors(&configuration.sources, &errors));
    }
    configuration.config = config;
    Ok(configuration)
}

/// Whether a word names a rule (or what else may be selected), or which one was probably meant.
pub(super) fn known(registry: &Registry, word: &str, meaning: Word) -> Result<(), Option<String>> {
    let groups = registry.groups();
    let more = match meaning {
        Word::Rule => Vec::new(),
        Word::Selector => groups.into_iter().chain(["pedantic", "all"]).collect(),
    };
    if registry.get(word).is_some() || more.contains(&word) {
        return Ok(());
    }
    let ids = registry.rules().map(|rule| &*rule.id);
    Err(near::nearest(word, ids.chain(more)).map(str::to_string))
}

fn registry(configuration: &Configuration, more: &[PathBuf]) -> Result<Registry, Stop> {
    let mut files = Vec::new();
    for folder in &configuration.config.rules {
        let found = rule_files(&configuration.path(folder)).map_err(|error| {
            configuration.stop(folder, format!("`{}` cannot be read: {error}", folder.value), None)
        })?;
        if found.is_empty() {
            let message = format!("there is no rule file in `{}`", folder.value);
            return Err(configuration.stop(folder, message, None));
        }
        files.extend(found);
    }
    rules::registry_with(files, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_working_directory() {
        let show = |path: &str, here: &str| shown(Path::new(path), Path::new(here));
        assert_eq!(show("/home/me/repo/.ddlint.yaml", "/home/me/repo"), ".ddlint.yaml");
        assert_eq!(show("/home/me/repo/.ddlint.yaml", "/home/me/repo/a/b"), "../../.ddlint.yaml");
        assert_eq!(show("/etc/ddlint.yaml", "/home/me"), "/etc/ddlint.yaml");
        assert_eq!(show("./x.yaml", "/home/me"), "x.yaml");
    }
}
