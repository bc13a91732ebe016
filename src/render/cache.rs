//! Helm's repository cache: archives `name-version.tgz` in one folder, where dependencies that are not vendored may
//! lie.
//!
//! Deliberately absent: guessing. An archive counts where its name and its version are those that are asked for.

use std::fs;
use std::path::{Path, PathBuf};

use ddlint_helm::chart::newest_in_range;

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

    /// The newest archive of a chart whose version lies in the range: its file's name and its bytes.
    pub(super) fn find(&self, name: &str, range: &str) -> Option<(String, Vec<u8>)> {
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
        if fs::metadata(path).ok()?.len() > ARCHIVE {
            return None;
        }
        Some((path.file_name()?.to_str()?.to_string(), fs::read(path).ok()?))
    }
}
