//! The files of a git revision, read from the object database: nothing is checked out, nothing is written.
//!
//! Deliberately absent: submodules (their files are not in the repository), and what changed (`since`).

use std::collections::BTreeMap;
use std::path::Path;

use gix::ObjectId;
use gix::objs::tree::EntryKind as GitKind;

use super::{DiskTree, Entry, EntryKind, ReadError, Tree, join, normalize, parent};

/// Why a revision cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GitError {
    /// The root is no git repository.
    #[error("`{0}` is no git repository")]
    NoRepository(String),
    /// The repository does not have the revision.
    #[error("there is no revision `{rev}` in this repository")]
    NoRevision {
        /// As it was given.
        rev: String,
        /// The repository holds a part of its history only.
        shallow: bool,
    },
    /// The object database lacks something, or is damaged.
    #[error("the git repository cannot be read: {0}")]
    Damaged(String),
}

impl GitError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            GitError::NoRepository(_) => {
                "a revision to compare with needs the repository that has it".to_string()
            }
            GitError::NoRevision { rev, shallow: true } => format!(
                "this clone is shallow and lacks it: `git fetch --depth=1 origin {rev}` brings it (in a GitHub \
                 workflow: `fetch-depth: 0`)"
            ),
            GitError::NoRevision { .. } => "`git rev-parse REV` tells whether git knows it".to_string(),
            GitError::Damaged(_) => {
                "a partial clone lacks contents of files: clone without `--filter`, or run `git fetch --refetch`"
                    .to_string()
            }
        }
    }
}

fn damaged(error: impl std::fmt::Display) -> GitError {
    GitError::Damaged(error.to_string())
}

/// A git repository.
pub struct Repository {
    repository: gix::ThreadSafeRepository,
}

/// Folders deeper than this are an attack on the stack.
const DEEPEST: usize = 256;

impl Repository {
    /// The repository whose working tree begins at a folder.
    pub fn open(root: &Path) -> Result<Repository, GitError> {
        let missing = || GitError::NoRepository(root.to_string_lossy().into_owned());
        if !root.join(".git").exists() {
            return Err(missing());
        }
        let repository = gix::open(root).map_err(|_| missing())?;
        Ok(Repository { repository: repository.into_sync() })
    }

    /// The files of a revision. `disk` gives them the names that they have in reports.
    pub fn tree(&self, rev: &str, disk: &DiskTree) -> Result<GitTree, GitError> {
        let repository = self.repository.to_thread_local();
        let shallow = repository.is_shallow().unwrap_or(false);
        let missing = |_| GitError::NoRevision { rev: rev.to_string(), shallow };
        let id = repository.rev_parse_single(rev).map_err(missing)?;
        let tree = id.object().map_err(missing)?.peel_to_tree().map_err(missing)?;
        self.files(&repository, tree.id, disk)
    }

    /// The files of the last commit that changed a file; none where no commit has it.
    pub fn tree_of_last_change(&self, path: &str, disk: &DiskTree) -> Result<Option<GitTree>, GitError> {
        let repository = self.repository.to_thread_local();
        let Ok(head) = repository.head_commit() else { return Ok(None) };
        let mut last: Option<(ObjectId, ObjectId)> = None;
        for step in head.ancestors().first_parent_only().all().map_err(damaged)? {
            // A shallow clone ends here.
            let Ok(step) = step else { break };
            let Ok(tree) = step.object().map_err(damaged).and_then(|it| it.tree().map_err(damaged)) else {
                break;
            };
            let entry = tree.lookup_entry_by_path(path).map_err(damaged)?.map(|entry| entry.object_id());
            match (entry, last) {
                (Some(entry), None) => last = Some((entry, tree.id)),
                (Some(entry), Some((known, _))) if entry == known => last = Some((entry, tree.id)),
                _ => break,
            }
        }
        last.map(|(_, tree)| self.files(&repository, tree, disk)).transpose()
    }

    fn files(
        &self,
        repository: &gix::Repository,
        tree: ObjectId,
        disk: &DiskTree,
    ) -> Result<GitTree, GitError> {
        let mut files = BTreeMap::new();
        let mut links = BTreeMap::new();
        let mut open = vec![(String::new(), tree, 0_usize)];
        while let Some((folder, id, depth)) = open.pop() {
            let tree = repository.find_object(id).map_err(damaged)?.try_into_tree().map_err(damaged)?;
            for entry in tree.iter() {
                let entry = entry.map_err(damaged)?;
                let Ok(name) = std::str::from_utf8(entry.filename()) else { continue };
                let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
                match entry.mode().kind() {
                    GitKind::Tree if depth < DEEPEST => open.push((path, entry.object_id(), depth + 1)),
                    GitKind::Blob | GitKind::BlobExecutable => {
                        files.insert(path, entry.object_id());
                    }
                    GitKind::Link => {
                        let blob = repository.find_object(entry.object_id()).map_err(damaged)?;
                        let target = String::from_utf8_lossy(&blob.data).into_owned();
                        if let Some(target) =
                            join(parent(&path), &target).filter(|_| !target.starts_with('/'))
                        {
                            links.insert(path, target);
                        }
                    }
                    GitKind::Tree | GitKind::Commit => {}
                }
            }
        }
        let repository = self.repository.clone();
        Ok(GitTree { repository, files, links, disk: disk.clone() })
    }
}

/// The files of one revision.
pub struct GitTree {
    repository: gix::ThreadSafeRepository,
    files: BTreeMap<String, ObjectId>,
    /// Where links lead to, relative to the root.
    links: BTreeMap<String, String>,
    /// For the names in reports.
    disk: DiskTree,
}

impl GitTree {
    /// The path behind the links in a path.
    fn resolve(&self, path: &str) -> Option<String> {
        let mut path = normalize(path)?;
        // A chain of links that is longer goes round in a circle.
        for _ in 0..32 {
            let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            let link = ends.filter_map(|end| Some((end, self.links.get(path.get(..end)?)?))).next();
            let Some((end, target)) = link else { return Some(path) };
            path = join(target, path.get(end..)?.trim_start_matches('/'))?;
        }
        None
    }

    fn is_folder(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        let begins = |found: Option<&String>| found.is_some_and(|it| it.starts_with(&prefix));
        let from = prefix.clone()..;
        path.is_empty()
            || begins(self.files.range(from.clone()).map(|(path, _)| path).next())
            || begins(self.links.range(from).map(|(path, _)| path).next())
    }

    /// Every file that is no link, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether a path is a file of the revision.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }
}

impl Tree for GitTree {
    fn kind(&self, path: &str) -> Option<EntryKind> {
        let path = self.resolve(path)?;
        if self.files.contains_key(&path) {
            return Some(EntryKind::File);
        }
        self.is_folder(&path).then_some(EntryKind::Folder)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        let folder = self.resolve(folder).ok_or(ReadError::Outside)?;
        if !self.is_folder(&folder) {
            return Err(ReadError::Missing);
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        let below = |path: &str| path.strip_prefix(&prefix).map(str::to_string);
        for rest in self.files.range(prefix.clone()..).map_while(|(path, _)| below(path)) {
            let (name, kind) = match rest.split_once('/') {
                Some((name, _)) => (name, EntryKind::Folder),
                None => (rest.as_str(), EntryKind::File),
            };
            let entry = || Entry { name: name.to_string(), kind, link: None };
            entries.entry(name.to_string()).or_insert_with(entry);
        }
        for (path, rest) in
            self.links.range(prefix.clone()..).map_while(|(path, _)| Some((path, below(path)?)))
        {
            match rest.split_once('/') {
                Some((name, _)) => {
                    let entry = || Entry { name: name.to_string(), kind: EntryKind::Folder, link: None };
                    entries.entry(name.to_string()).or_insert_with(entry);
                }
                None => {
                    let target = self.resolve(path);
                    if let (Some(target), Some(kind)) = (target, self.kind(path)) {
                        entries.insert(rest.clone(), Entry { name: rest, kind, link: Some(target) });
                    }
                }
            }
        }
        Ok(entries.into_values().collect())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let path = self.resolve(path).ok_or(ReadError::Outside)?;
        let id = self.files.get(&path).ok_or(ReadError::Missing)?;
        let repository = self.repository.to_thread_local();
        let object = repository.find_object(*id).map_err(|error| ReadError::System(error.to_string()))?;
        let bytes = object.detach().data;
        // Positions in a text are 32 bits wide.
        if bytes.len() as u64 >= u64::from(u32::MAX) {
            Err(ReadError::TooLarge(bytes.len() as u64))
        } else {
            Ok(bytes)
        }
    }

    fn head(&self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = self.read(path)?;
        bytes.truncate(limit);
        Ok(bytes)
    }

    fn display(&self, path: &str) -> String {
        self.disk.display(path)
    }
}
