//! What to read: from the paths a user names to a sorted list of files and charts. The only room that looks at the
//! disk (through [`Tree`]); it says what it left out and why.
//!
//! Deliberately absent: what a text means (`model` classifies by content) and loading what other files refer to.

mod disk;
mod git;
mod memory;
mod overlay;
mod restored;
mod walk;

pub use disk::DiskTree;
pub use git::{GitError, GitTree, Repository};
pub use memory::MemoryTree;
pub use overlay::OverlayTree;
pub use restored::RestoredTree;
pub(crate) use walk::has_shell_shebang;

use crate::finding::InputError;
use crate::source::SourceFile;

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// A member of a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: String,
    /// What it is; of a link, what it leads to.
    pub kind: EntryKind,
    /// It is a link: where it leads to, relative to the root.
    pub link: Option<String>,
}

/// Why something could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing of that name.
    #[error("there is no such file or folder")]
    Missing,
    /// A link, or a path with `..`, that leaves the root.
    #[error("it lies outside the root of the given paths")]
    Outside,
    /// Positions are kept in 32 bits.
    #[error("it has {0} bytes, more than the 4 GiB that ddlint can address")]
    TooLarge(u64),
    /// What the system says.
    #[error("{0}")]
    System(String),
}

impl ReadError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            ReadError::Missing => None,
            ReadError::Outside => Some("name the folder that it lies in as PATH too"),
            ReadError::TooLarge(_) => Some("split it into several files"),
            ReadError::System(_) => Some("name only files and folders that ddlint can read"),
        }
    }
}

/// A tree of files: the disk, or files in memory. Paths are relative to the root, with `/`; the root itself is the
/// empty path.
pub trait Tree: Send + Sync {
    /// What stands at a path; none where there is nothing, or only a link out of the root.
    fn kind(&self, path: &str) -> Option<EntryKind>;
    /// The members of a folder, sorted by name.
    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError>;
    /// The bytes of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;
    /// The first bytes of a file, at most `limit`.
    fn head(&self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError>;
    /// The name of a file in reports: relative to the working directory.
    fn display(&self, path: &str) -> String {
        path.to_string()
    }
    /// Where another program finds a path; none where it stands on no disk.
    fn on_disk(&self, path: &str) -> Option<std::path::PathBuf> {
        let _ = path;
        None
    }
}

/// Something that the user named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The path relative to the root.
    pub path: String,
}

impl Input {
    /// A path relative to the root.
    pub fn new(path: impl Into<String>) -> Input {
        Input { path: path.into() }
    }
}

/// What narrows a walk.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Globs of the configuration (`exclude`), relative to the root.
    pub exclude: Vec<String>,
}

/// A file to classify.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FoundFile {
    /// Relative to the root.
    pub path: String,
    /// The user named this very file.
    pub named: bool,
}

/// A packed chart that is larger cannot be within Helm's limit of what it unpacks to.
pub(crate) const LARGEST_ARCHIVE: usize = 100 << 20;

/// A chart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FoundChart {
    /// The folder that holds `Chart.yaml`, or the `.tgz`.
    pub path: String,
    /// A packed chart.
    pub packed: bool,
    /// The user named this very chart.
    pub named: bool,
}

/// A file that was found and not looked at, or looked at and found to be none of ours.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Skipped {
    /// Relative to the root.
    pub path: String,
    /// Why, in a few words.
    pub reason: String,
}

/// What was found.
pub struct Discovered<'t> {
    /// The tree, for what the files refer to.
    pub tree: &'t dyn Tree,
    /// Files to classify, sorted.
    pub files: Vec<FoundFile>,
    /// Charts, sorted. Files that belong to a chart (`templates/`, `charts/`, `crds/`) are not in `files`.
    pub charts: Vec<FoundChart>,
    /// Texts that are no files: standard input, or the parts of ddlint's own stream. Added by the caller.
    pub texts: Vec<FoundText>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// What could not be looked at.
    pub errors: Vec<InputError>,
}

/// A text that is no file.
#[derive(Debug)]
pub struct FoundText {
    /// The text with its name.
    pub file: SourceFile,
    /// Its documents, where they are known.
    pub parsed: Option<ddlint_yaml::Stream>,
}

/// Walks the named paths.
pub fn discover<'t>(tree: &'t dyn Tree, inputs: &[Input], options: &Options) -> Discovered<'t> {
    walk::run(tree, inputs, options)
}

/// Brings a path into the form that [`Tree`] uses: no `.`, no `..`, no doubled or closing `/`. None where it leaves
/// the root.
pub fn normalize(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A path below a folder; both relative to the root, `path` may hold `..`. None where it leaves the root.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if folder.is_empty() { normalize(path) } else { normalize(&format!("{folder}/{path}")) }
}

/// The folder of a path; the root's is the root.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Whether a path is the folder or lies below it.
pub fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized_inside_the_root() {
        assert_eq!(normalize("a/./b//c/../d/").as_deref(), Some("a/b/d"));
        assert_eq!(normalize(".").as_deref(), Some(""));
        assert_eq!(normalize("a/../../b"), None);
        assert_eq!(join("charts/x", "../../values.yaml").as_deref(), Some("values.yaml"));
        assert_eq!(join("", "a").as_deref(), Some("a"));
        assert!(is_below("a/b", "a") && is_below("a", "a") && is_below("a", "") && !is_below("ab", "a"));
        assert_eq!((parent("a/b/c"), parent("a"), file_name("a/b")), ("a/b", "", "b"));
    }
}
