//! The disk below one root. Links are followed as long as they stay below it.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::{Entry, EntryKind, Input, ReadError, Tree, normalize};
use crate::finding::InputError;
use crate::near;

/// The files below a folder of the disk.
#[derive(Clone, Debug)]
pub struct DiskTree {
    /// Canonical.
    root: PathBuf,
    /// From the working directory to the root where the root is not above it: `..` and folders.
    to_root: Vec<String>,
    /// The folders from the root down to the working directory.
    from_root: Vec<String>,
    /// Where folders lie once links are followed. To follow them takes a system call for each part of a path.
    folders: Arc<RwLock<HashMap<String, Arc<Path>>>>,
}

/// Positions in a text are 32 bits wide.
const LARGEST: u64 = u32::MAX as u64 - 1;

impl DiskTree {
    /// The tree that holds the paths a user named, relative to the working directory: the git repository around
    /// them, else the paths themselves. Paths that do not exist are errors and leave the others untouched.
    pub fn open(paths: &[PathBuf], working_directory: &Path) -> (DiskTree, Vec<Input>, Vec<InputError>) {
        let mut errors = Vec::new();
        let mut found = Vec::new();
        for path in paths {
            match fs::canonicalize(working_directory.join(path)) {
                Ok(canonical) => found.push(canonical),
                Err(error) => errors.push(missing(path, &error)),
            }
        }
        let here = fs::canonicalize(working_directory).unwrap_or_else(|_| working_directory.to_path_buf());
        let root =
            found.iter().map(|path| root_of(path)).reduce(|a, b| common(&a, &b)).unwrap_or(here.clone());
        let tree = DiskTree::with(root, &here);
        let inputs = found.iter().filter_map(|path| tree.inside(path)).map(Input::new).collect();
        (tree, inputs, errors)
    }

    /// The tree below one folder, whatever lies around it.
    pub fn below(root: &Path, working_directory: &Path) -> Result<DiskTree, ReadError> {
        let root = fs::canonicalize(root).map_err(|error| system(&error))?;
        let here = fs::canonicalize(working_directory).map_err(|error| system(&error))?;
        Ok(DiskTree::with(root, &here))
    }

    fn with(root: PathBuf, here: &Path) -> DiskTree {
        let below = here.starts_with(&root);
        let to_root = if below { Vec::new() } else { relative(here, &root) };
        let from_root = if below { relative(&root, here) } else { Vec::new() };
        DiskTree { root, to_root, from_root, folders: Arc::default() }
    }

    /// The root on the disk.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file or folder of the disk, relative to the root; none where it is not there or lies outside.
    pub fn below_root(&self, path: &Path) -> Option<String> {
        self.inside(&fs::canonicalize(path).ok()?)
    }

    /// A canonical path of the disk, relative to the root.
    fn inside(&self, canonical: &Path) -> Option<String> {
        slashes(canonical.strip_prefix(&self.root).ok()?)
    }

    /// Where a path leads once links are followed, and what is there.
    fn resolve(&self, path: &str) -> Result<(PathBuf, fs::Metadata), ReadError> {
        let path = normalize(path).ok_or(ReadError::Outside)?;
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let joined = if name.is_empty() { self.root.clone() } else { self.folder(folder)?.join(name) };
        let metadata = fs::symlink_metadata(&joined).map_err(|error| system(&error))?;
        if !metadata.is_symlink() {
            return Ok((joined, metadata));
        }
        let target = self.followed(&joined)?;
        let metadata = fs::metadata(&target).map_err(|error| system(&error))?;
        Ok((target, metadata))
    }

    fn folder(&self, path: &str) -> Result<Arc<Path>, ReadError> {
        if let Some(known) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(Arc::clone(known));
        }
        // The folder above is known mostly: only the last part may still be a link.
        let folder: Arc<Path> = match path.rsplit_once('/').unwrap_or(("", path)) {
            (_, "") => Arc::from(&*self.root),
            (above, name) => {
                let here = self.folder(above)?.join(name);
                let link = fs::symlink_metadata(&here).map_err(|error| system(&error))?.is_symlink();
                if link { self.followed(&here)?.into() } else { here.into() }
            }
        };
        let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        folders.insert(path.to_string(), Arc::clone(&folder));
        Ok(folder)
    }

    fn followed(&self, path: &Path) -> Result<PathBuf, ReadError> {
        let canonical = fs::canonicalize(path).map_err(|error| system(&error))?;
        if canonical.starts_with(&self.root) { Ok(canonical) } else { Err(ReadError::Outside) }
    }

    fn open_file(&self, path: &str) -> Result<(fs::File, u64), ReadError> {
        let (canonical, metadata) = self.resolve(path)?;
        // A pipe or a device would block for ever.
        if !metadata.is_file() {
            return Err(ReadError::System("it is not a regular file".to_string()));
        }
        let file = fs::File::open(&canonical).map_err(|error| system(&error))?;
        Ok((file, metadata.len()))
    }
}

impl Tree for DiskTree {
    fn on_disk(&self, path: &str) -> Option<PathBuf> {
        Some(self.resolve(path).ok()?.0)
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let (_, metadata) = self.resolve(path).ok()?;
        if metadata.is_dir() {
            Some(EntryKind::Folder)
        } else {
            metadata.is_file().then_some(EntryKind::File)
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        let (canonical, _) = self.resolve(folder)?;
        let mut entries = Vec::new();
        for entry in fs::read_dir(&canonical).map_err(|error| system(&error))? {
            let entry = entry.map_err(|error| system(&error))?;
            let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else { continue };
            if kind.is_symlink() {
                let Some(target) = fs::canonicalize(entry.path()).ok() else { continue };
                let (Some(inside), Ok(metadata)) = (self.inside(&target), fs::metadata(&target)) else {
                    continue;
                };
                let kind = if metadata.is_dir() { EntryKind::Folder } else { EntryKind::File };
                entries.push(Entry { name, kind, link: Some(inside) });
            } else if kind.is_dir() {
                entries.push(Entry { name, kind: EntryKind::Folder, link: None });
            } else if kind.is_file() {
                entries.push(Entry { name, kind: EntryKind::File, link: None });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let (file, length) = self.open_file(path)?;
        if length > LARGEST {
            return Err(ReadError::TooLarge(length));
        }
        let mut bytes = Vec::with_capacity(length as usize);
        // What is written to the file from now on is not read; where no length is told, its end has to be looked for.
        let most = if length == 0 { LARGEST + 1 } else { length };
        file.take(most).read_to_end(&mut bytes).map_err(|error| system(&error))?;
        if bytes.len() as u64 > LARGEST { Err(ReadError::TooLarge(bytes.len() as u64)) } else { Ok(bytes) }
    }

    fn head(&self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
        let (file, _) = self.open_file(path)?;
        let mut bytes = Vec::new();
        file.take(limit as u64).read_to_end(&mut bytes).map_err(|error| system(&error))?;
        Ok(bytes)
    }

    fn display(&self, path: &str) -> String {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let shared = parts.iter().zip(&self.from_root).take_while(|(a, b)| **a == b.as_str()).count();
        let up = self.from_root.iter().skip(shared).map(|_| "..");
        let to_root = self.to_root.iter().map(String::as_str);
        let shown: Vec<&str> = to_root.chain(up).chain(parts.iter().skip(shared).copied()).collect();
        if shown.is_empty() { ".".to_string() } else { shown.join("/") }
    }
}

fn missing(path: &Path, error: &std::io::Error) -> InputError {
    let name = path.to_string_lossy().into_owned();
    let error = system(error);
    let help = match error {
        ReadError::Missing => {
            Some(meant(path).unwrap_or_else(|| "paths begin in the folder that ddlint is run in".to_string()))
        }
        _ => error.hint().map(str::to_string),
    };
    InputError {
        code: "unreadable",
        message: format!("`{name}` cannot be read: {error}"),
        help,
        place: None,
        file: Some(name),
    }
}

/// What lies beside a path that is not there, where its name is alike.
fn meant(path: &Path) -> Option<String> {
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).ok()?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let near = near::nearest(name, names.iter().map(String::as_str))?;
    Some(format!("did you mean `{}`?", path.with_file_name(near).display()))
}

fn system(error: &std::io::Error) -> ReadError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ReadError::Missing,
        std::io::ErrorKind::PermissionDenied => ReadError::System("permission denied".to_string()),
        _ => ReadError::System(error.to_string()),
    }
}

/// The git repository around a path, else its folder.
fn root_of(path: &Path) -> PathBuf {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    // `.git` is a file in worktrees and submodules.
    let repository = folder.ancestors().find(|above| above.join(".git").exists());
    repository.unwrap_or(folder).to_path_buf()
}

fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

fn slashes(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    Some(parts?.join("/"))
}

/// The way from one canonical folder to another.
fn relative(from: &Path, to: &Path) -> Vec<String> {
    let shared = common(from, to).components().count();
    let up = from.components().skip(shared).map(|_| "..".to_string());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_the_working_directory() {
        let tree = |root: &str, here: &str| DiskTree::with(PathBuf::from(root), Path::new(here));
        assert_eq!(tree("/repo", "/repo").display("a/b.yaml"), "a/b.yaml");
        assert_eq!(tree("/repo", "/repo/a").display("a/b.yaml"), "b.yaml");
        assert_eq!(tree("/repo", "/repo/a/c").display("a/b.yaml"), "../b.yaml");
        assert_eq!(tree("/repo", "/repo/a").display("a"), ".");
        assert_eq!(tree("/x/repo", "/x").display("a.yaml"), "repo/a.yaml");
        assert_eq!(tree("/x/repo", "/x/other").display("a.yaml"), "../repo/a.yaml");
    }
}
