//! Files in memory: examples of rules, tests, and the files of a git revision.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, EntryKind, ReadError, Tree, normalize};

/// A tree of files in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryTree {
    /// A tree of the files. A path that leaves the root is left out.
    pub fn new<P: AsRef<str>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> MemoryTree {
        let named = |(path, bytes): (P, B)| Some((normalize(path.as_ref())?, bytes.into()));
        MemoryTree { files: files.into_iter().filter_map(named).collect() }
    }

    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.files
            .range(prefix.to_string()..)
            .map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(prefix))
    }
}

fn prefix(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

impl Tree for MemoryTree {
    fn kind(&self, path: &str) -> Option<EntryKind> {
        if self.files.contains_key(path) {
            return Some(EntryKind::File);
        }
        (path.is_empty() || self.below(&prefix(path)).next().is_some()).then_some(EntryKind::Folder)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        if self.kind(folder) != Some(EntryKind::Folder) {
            return Err(ReadError::Missing);
        }
        let prefix = prefix(folder);
        let mut names = BTreeSet::new();
        for path in self.below(&prefix) {
            let rest = path.strip_prefix(prefix.as_str()).unwrap_or_default();
            names.insert(match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            });
        }
        let entry = |(name, folder): (&str, bool)| Entry {
            name: name.to_string(),
            kind: if folder { EntryKind::Folder } else { EntryKind::File },
            link: None,
        };
        Ok(names.into_iter().map(entry).collect())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.files.get(path).cloned().ok_or(ReadError::Missing)
    }

    fn head(&self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
        let bytes = self.files.get(path).ok_or(ReadError::Missing)?;
        Ok(bytes.iter().take(limit).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_what_holds_files() {
        let tree = MemoryTree::new([("a/b.yaml", "x"), ("a/c/d.yaml", "y"), ("./e.yaml", "z"), ("../f", "")]);
        assert_eq!(tree.kind(""), Some(EntryKind::Folder));
        assert_eq!(tree.kind("a/c"), Some(EntryKind::Folder));
        assert_eq!(tree.kind("a/b.yaml"), Some(EntryKind::File));
        assert_eq!(tree.kind("f"), None);
        let names = |folder| -> Vec<String> {
            tree.list(folder).unwrap_or_default().into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names(""), ["a", "e.yaml"]);
        assert_eq!(names("a"), ["b.yaml", "c"]);
        assert_eq!(tree.list("nope"), Err(ReadError::Missing));
        assert_eq!(tree.head("a/b.yaml", 10).as_deref(), Ok(b"x".as_slice()));
    }
}
