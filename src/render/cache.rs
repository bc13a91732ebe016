//! Helm's repository cache: archives `name-version.tgz` in one folder, where dependencies that are not vendored may
//! lie.
//!
//! Deliberately absent: guessing. An archive counts where its name and its version are those that are asked for.

use std::fs;
use std::path::{Path, PathBuf};

use ddlint_helm::chart::{ArchiveLimits, Chart, load_packed, newest_in_range};

/// A folder of packed charts.
#[derive(Clone, Debug)]
pub struct HelmCache {
    folder: PathBuf,
}

/// Larger files are no charts.
const ARCHIVE: u64 = 100 * 1024 * 1024;

impl HelmCache {
    /// The cache in a folder that the user named.
    pub fn new(folder: impl Into<PathBuf>) -> HelmCache {
        HelmCache { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The chart in the newest archive of that name whose version lies in the range; its file's name is put behind
    /// `below` in the names of its files. Where there is such an archive and it is of no use, why that is so.
    pub(crate) fn find(&self, name: &str, range: &str, below: &str) -> Option<Result<Chart, String>> {
        let mut found: Vec<(String, PathBuf)> = fs::read_dir(&self.folder)
            .ok()?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let file = entry.file_name().into_string().ok()?;
                let version = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".tgz")?;
                Some((version.to_string(), entry.path()))
            })
            .collect();
        found.sort();
        let newest = newest_in_range(range, found.iter().map(|(version, _)| version.as_str()))?;
        let (_, path) = found.get(newest)?;
        let chart = open(path, name, below);
        Some(chart.map_err(|why| format!("`{}` cannot be used: {why}", path.display())))
    }
}

fn open(path: &Path, name: &str, below: &str) -> Result<Chart, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > ARCHIVE {
        return Err(format!("it is larger than {} MiB", ARCHIVE >> 20));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
    let chart = load_packed(&bytes, &format!("{below}/{file}"), &ArchiveLimits::default());
    let chart = chart.map_err(|error| error.message.to_string())?;
    match chart.metadata.name == name {
        true => Ok(chart),
        false => Err(format!("it holds the chart `{}`", chart.metadata.name)),
    }
}
