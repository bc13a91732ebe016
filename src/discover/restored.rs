//! A tree of which some files are as they were in another tree: what a change would be without them.

use std::collections::BTreeSet;

use super::{Entry, EntryKind, ReadError, Tree, is_below, normalize};

/// The tree of now, with some files as `then` has them: with their old content, gone, or there again. It has the names
/// of now.
pub struct RestoredTree<'t> {
    now: &'t dyn Tree,
    then: &'t dyn Tree,
    files: BTreeSet<String>,
}

impl<'t> RestoredTree<'t> {
    /// The tree with these files, relative to the root, as they were.
    pub fn new(now: &'t dyn Tree, then: &'t dyn Tree, files: BTreeSet<String>) -> RestoredTree<'t> {
        RestoredTree { now, then, files }
    }

    /// The tree that has a path, and the path in its proper form.
    fn of(&self, path: &str) -> Result<(&'t dyn Tree, String), ReadError> {
        let path = normalize(path).ok_or(ReadError::Outside)?;
        Ok((if self.files.contains(&path) { self.then } else { self.now }, path))
    }

    /// Files that are there again, below a folder.
    fn restored<'s>(&'s self, folder: &'s str) -> impl Iterator<Item = &'s str> {
        let below = self.files.iter().map(String::as_str).filter(move |path| is_below(path, folder));
        below.filter(|path| self.then.kind(path) == Some(EntryKind::File))
    }
}

impl Tree for RestoredTree<'_> {
    fn kind(&self, path: &str) -> Option<EntryKind> {
        let path = normalize(path)?;
        if self.files.contains(&path) {
            return self.then.kind(&path);
        }
        // A folder may have gone with its last file.
        self.now.kind(&path).or_else(|| self.restored(&path).next().map(|_| EntryKind::Folder))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        let folder = normalize(folder).ok_or(ReadError::Outside)?;
        let below =
            |name: &str| if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        let mut entries = match self.now.list(&folder) {
            Ok(entries) => entries,
            Err(ReadError::Missing) if self.kind(&folder) == Some(EntryKind::Folder) => Vec::new(),
            Err(error) => return Err(error),
        };
        entries.retain(|entry| !self.files.contains(&below(&entry.name)));
        for path in self.restored(&folder) {
            let rest = path.get(folder.len()..).unwrap_or_default().trim_start_matches('/');
            let (name, kind) = match rest.split_once('/') {
                Some((name, _)) => (name, EntryKind::Folder),
                None => (rest, EntryKind::File),
            };
            if !entries.iter().any(|entry| entry.name == name) {
                entries.push(Entry { name: name.to_string(), kind, link: None });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let (tree, path) = self.of(path)?;
        tree.read(&path)
    }

    fn head(&self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
        let (tree, path) = self.of(path)?;
        tree.head(&path, limit)
    }

    fn display(&self, path: &str) -> String {
        self.now.display(path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryTree;
    use super::*;

    fn tree(files: &[(&str, &str)]) -> MemoryTree {
        MemoryTree::new(files.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())))
    }

    #[test]
    fn named_files_are_as_they_were_and_others_as_they_are() {
        let now = tree(&[("a.yaml", "new"), ("b.yaml", "new"), ("d/added.yaml", "new")]);
        let then = tree(&[("a.yaml", "old"), ("b.yaml", "old"), ("gone/deep/c.yaml", "old")]);
        let files = ["a.yaml", "d/added.yaml", "gone/deep/c.yaml"].map(str::to_string);
        let restored = RestoredTree::new(&now, &then, files.into());
        let text = |path: &str| restored.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(text("./a.yaml").as_deref(), Ok("old"));
        assert_eq!(text("b.yaml").as_deref(), Ok("new"));
        assert_eq!(text("gone/deep/c.yaml").as_deref(), Ok("old"));
        assert_eq!((restored.kind("d/added.yaml"), restored.kind("d")), (None, Some(EntryKind::Folder)));
        assert_eq!(restored.kind("gone/deep"), Some(EntryKind::Folder));
        let names = |folder: &str| restored.list(folder).map(|it| it.into_iter().map(|it| it.name).collect());
        let wanted = |names: &[&str]| Ok(names.iter().map(|name| name.to_string()).collect::<Vec<_>>());
        assert_eq!(names(""), wanted(&["a.yaml", "b.yaml", "d", "gone"]));
        assert_eq!(names("d"), wanted(&[]));
        assert_eq!(names("gone"), wanted(&["deep"]));
        assert_eq!(names("gone/deep"), wanted(&["c.yaml"]));
        assert_eq!(names("nowhere"), Err(ReadError::Missing));
        assert_eq!(restored.head("a.yaml", 2), Ok(b"ol".to_vec()));
    }
}
