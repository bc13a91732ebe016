//! A tree of which some files have another content: what a fix would make of it, before it is written.

use std::collections::BTreeMap;

use super::{Entry, EntryKind, ReadError, Tree, normalize};

/// A tree below, and files in place of some of its own. It has the same names.
pub struct OverlayTree<'t> {
    below: &'t dyn Tree,
    files: &'t BTreeMap<String, String>,
}

impl<'t> OverlayTree<'t> {
    /// The tree with other contents of these files.
    pub fn new(below: &'t dyn Tree, files: &'t BTreeMap<String, String>) -> OverlayTree<'t> {
        OverlayTree { below, files }
    }

    fn own(&self, path: &str) -> Option<&[u8]> {
        self.files.get(&normalize(path)?).map(String::as_bytes)
    }
}

impl Tree for OverlayTree<'_> {
    fn kind(&self, path: &str) -> Option<EntryKind> {
        self.below.kind(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        self.below.list(folder)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.own(path).map_or_else(|| self.below.read(path), |bytes| Ok(bytes.to_vec()))
    }

    fn head(&self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
        match self.own(path) {
            Some(bytes) => Ok(bytes.get(..limit.min(bytes.len())).unwrap_or_default().to_vec()),
            None => self.below.head(path, limit),
        }
    }

    fn display(&self, path: &str) -> String {
        self.below.display(path)
    }
}
