//! Reading: files become texts in the source map and documents in the model, each file once.
//!
//! A file that cannot be read or parsed never hides another; whether it is an error or merely skipped is decided at
//! the end, when it is known what refers to it (contract section 2).

use std::collections::{BTreeMap, BTreeSet};

use ddlint_yaml::{SourceText, Span, Stream, SyntaxError};
use rayon::prelude::*;

use super::classify::{is_wanted, judge};
use crate::discover::{ReadError, Skipped, Tree};
use crate::finding::InputError;
use crate::model::{Doc, DocId, DocKind};
use crate::progress;
use crate::source::{FileId, Origin, Place, SourceFile, SourceMap};

/// A file that was read and parsed.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) file: FileId,
    pub(super) docs: Vec<DocId>,
    pub(super) syntax_errors: Vec<SyntaxError>,
}

/// What a file is found to be.
pub(super) enum Judgement {
    /// One kind for each document.
    Keep(Vec<DocKind>),
    /// None of ours, and why.
    Foreign(String),
}

/// What reading a file gave.
enum Read {
    Parsed(SourceText, Stream, Vec<DocKind>),
    Foreign(String),
    Failed(Failure),
}

/// Why a file has no text.
#[derive(Clone, Debug)]
enum Failure {
    Unreadable(ReadError),
    /// Zero bytes among the first ones and no byte order mark.
    Binary,
    /// UTF-16 or UTF-32; whether it holds the words of a manifest.
    Utf16 {
        manifest: bool,
    },
    /// The first byte that is no UTF-8.
    NotUtf8 {
        offset: usize,
        manifest: bool,
    },
}

/// Texts and documents, in the order in which they were asked for.
pub(super) struct Loader<'t> {
    pub(super) tree: &'t dyn Tree,
    pub(super) sources: SourceMap,
    pub(super) docs: Vec<Doc>,
    pub(super) skipped: BTreeSet<Skipped>,
    pub(super) errors: Vec<InputError>,
    files: BTreeMap<String, Option<Loaded>>,
    failures: BTreeMap<String, Failure>,
    /// Files that were looked at and are none of ours, unless something uses them.
    foreign: BTreeSet<String>,
    /// Files that the user named.
    named: BTreeSet<String>,
    /// Files that a chart, an Application or a kustomization uses.
    used: BTreeSet<String>,
    /// Folders of charts: what lies in them and does not parse is theirs, unless it is used.
    pub(super) chart_folders: BTreeSet<String>,
}

impl<'t> Loader<'t> {
    pub(super) fn new(tree: &'t dyn Tree) -> Loader<'t> {
        Loader {
            tree,
            sources: SourceMap::default(),
            docs: Vec::new(),
            skipped: BTreeSet::new(),
            errors: Vec::new(),
            files: BTreeMap::new(),
            failures: BTreeMap::new(),
            foreign: BTreeSet::new(),
            named: BTreeSet::new(),
            used: BTreeSet::new(),
            chart_folders: BTreeSet::new(),
        }
    }

    pub(super) fn is_named(&self, path: &str) -> bool {
        self.named.contains(path)
    }

    pub(super) fn name(&mut self, path: &str) {
        self.named.insert(path.to_string());
    }

    pub(super) fn get(&self, path: &str) -> Option<&Loaded> {
        self.files.get(path)?.as_ref()
    }

    /// Reads, parses and classifies files in parallel. Files that were read before are left as they are.
    pub(super) fn load_all(&mut self, paths: &[String]) {
        let all_named = self.named.clone();
        let paths: Vec<String> = paths.iter().filter(|path| !self.foreign.contains(*path)).cloned().collect();
        self.load_with(&paths, |path, text| {
            let named = all_named.contains(path);
            if !named && let Err(reason) = is_wanted(path, &text) {
                return Read::Foreign(reason.to_string());
            }
            let stream = parse(text.clone());
            match judge(path, named, &stream) {
                Judgement::Keep(kinds) => Read::Parsed(text, stream, kinds),
                Judgement::Foreign(reason) => Read::Foreign(reason),
            }
        });
    }

    fn load_with(&mut self, paths: &[String], read: impl Fn(&str, SourceText) -> Read + Sync) {
        let fresh: Vec<&String> = paths.iter().filter(|path| !self.files.contains_key(*path)).collect();
        let tree = self.tree;
        progress::expect(fresh.len());
        // Files are handed out one by one: a large one among the last would keep one thread alone for long.
        let results: Vec<(String, Read)> = fresh
            .par_iter()
            .with_max_len(1)
            .map(|path| {
                let result = decode(tree, path).map_or_else(Read::Failed, |text| read(path, text));
                progress::step();
                (path.to_string(), result)
            })
            .collect();
        for (path, result) in results {
            let loaded = match result {
                Read::Parsed(text, stream, kinds) => {
                    let file = self.sources.add(SourceFile::new(
                        self.tree.display(&path),
                        &*path,
                        text,
                        Origin::Disk,
                    ));
                    Some(self.add_stream(file, stream, kinds))
                }
                Read::Foreign(reason) => {
                    self.skip(&path, reason);
                    self.foreign.insert(path);
                    continue;
                }
                Read::Failed(failure) => {
                    self.failures.insert(path.clone(), failure);
                    None
                }
            };
            self.files.insert(path, loaded);
        }
    }

    /// Reads a file that a chart, an Application or a kustomization uses: if it cannot be used, that is an error.
    pub(super) fn load_used(&mut self, path: &str, kind: DocKind) -> Option<&Loaded> {
        self.load_known(path, kind, None)
    }

    /// The same for a file that may have been parsed already.
    pub(super) fn load_known(
        &mut self,
        path: &str,
        kind: DocKind,
        known: Option<&Stream>,
    ) -> Option<&Loaded> {
        self.used.insert(path.to_string());
        self.load_with(&[path.to_string()], |_, text| {
            let known = known.filter(|known| known.documents.first().is_some_and(|it| *it.text() == text));
            let stream = known.cloned().unwrap_or_else(|| parse(text.clone()));
            let text = stream.documents.first().map_or(text, |document| document.text().clone());
            let kinds = vec![kind; stream.documents.len()];
            Read::Parsed(text, stream, kinds)
        });
        self.skipped.retain(|skipped| skipped.path != path);
        self.get(path)
    }

    /// A text that is no file of its own: standard input, a part of a stream, YAML inside a string.
    pub(super) fn add_text(&mut self, source: SourceFile, kind: impl Fn(&Stream) -> Vec<DocKind>) -> Loaded {
        let stream = parse(source.text.clone());
        self.add_parsed(source, stream, kind)
    }

    /// The same, parsed before.
    pub(super) fn add_parsed(
        &mut self,
        source: SourceFile,
        stream: Stream,
        kind: impl Fn(&Stream) -> Vec<DocKind>,
    ) -> Loaded {
        let kinds = kind(&stream);
        let file = self.sources.add(source);
        self.add_stream(file, stream, kinds)
    }

    /// A script: its text only.
    pub(super) fn load_script(&mut self, path: &str, wanted: impl Fn(&str) -> bool) -> Option<FileId> {
        match decode(self.tree, path) {
            Ok(text) if wanted(&text) => {
                Some(self.sources.add(SourceFile::new(self.tree.display(path), path, text, Origin::Disk)))
            }
            Ok(_) => {
                self.skip(path, "a script without `kubectl apply` or `helm install|upgrade`");
                None
            }
            Err(failure) => {
                self.failures.insert(path.to_string(), failure);
                self.files.insert(path.to_string(), None);
                None
            }
        }
    }

    fn add_stream(&mut self, file: FileId, stream: Stream, kinds: Vec<DocKind>) -> Loaded {
        let mut docs = Vec::with_capacity(stream.documents.len());
        for (tree, kind) in stream.documents.into_iter().zip(kinds) {
            docs.push(DocId(self.docs.len() as u32));
            self.docs.push(Doc { file, tree, kind });
        }
        Loaded { file, docs, syntax_errors: stream.errors }
    }

    pub(super) fn skip(&mut self, path: &str, reason: impl Into<String>) {
        self.skipped.insert(Skipped { path: path.to_string(), reason: reason.into() });
    }

    /// Decides which files that could not be read or parsed are errors.
    pub(super) fn settle(&mut self) {
        let failures = std::mem::take(&mut self.failures);
        for (path, failure) in &failures {
            let wanted = self.named.contains(path) || self.used.contains(path);
            match self.failure(path, failure, wanted) {
                Ok(error) => self.errors.push(error),
                Err(reason) => self.skip(path, reason),
            }
        }
        let files = std::mem::take(&mut self.files);
        for (path, loaded) in &files {
            let Some(loaded) = loaded else { continue };
            let Some(first) = loaded.syntax_errors.first() else { continue };
            let text = &self.sources.get(loaded.file).text;
            let of_chart = self.chart_folders.iter().any(|folder| crate::discover::is_below(path, folder));
            let is_error = self.named.contains(path)
                || self.used.contains(path)
                || (holds_manifest_words(text) && !of_chart);
            if is_error {
                for error in &loaded.syntax_errors {
                    self.errors.push(syntax_error(loaded.file, error));
                }
            } else {
                let (line, _) = self.sources.get(loaded.file).line_column(first.span.start);
                self.skip(path, format!("not valid YAML: line {line}: {}", first.message));
            }
        }
        self.files = files;
    }

    fn failure(&self, path: &str, failure: &Failure, wanted: bool) -> Result<InputError, &'static str> {
        let file = self.tree.display(path);
        let error = |code, message: String, help: Option<&str>| InputError {
            code,
            message,
            help: help.map(str::to_string),
            place: None,
            file: Some(file.clone()),
        };
        match failure {
            Failure::Unreadable(cause) => {
                Ok(error("unreadable", format!("`{file}` cannot be read: {cause}"), cause.hint()))
            }
            Failure::Binary if wanted => Ok(error(
                "not-text",
                format!("`{file}` is a binary file, no YAML or JSON"),
                Some("name manifests, values files, charts or folders that hold them"),
            )),
            Failure::Binary => Err("a binary file"),
            Failure::Utf16 { manifest } if wanted || *manifest => Ok(error(
                "not-utf8",
                format!("`{file}` is UTF-16, which Kubernetes tools do not read reliably"),
                Some("save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`"),
            )),
            Failure::Utf16 { .. } => Err("UTF-16 text"),
            Failure::NotUtf8 { offset, manifest } if wanted || *manifest => Ok(error(
                "not-utf8",
                format!("`{file}` is not UTF-8: byte {offset} belongs to no character"),
                Some("save it as UTF-8"),
            )),
            Failure::NotUtf8 { .. } => Err("text that is not UTF-8"),
        }
    }
}

/// A syntax error as the report wants it.
pub(super) fn syntax_error(file: FileId, error: &SyntaxError) -> InputError {
    InputError {
        code: "yaml-syntax",
        message: error.message.clone(),
        help: error.help.clone(),
        place: Some(Place { file, span: Span { start: error.span.start, end: error.span.end } }),
        file: None,
    }
}

/// ArgoCD's own test of a file that does not parse: does it look like a manifest?
pub(super) fn holds_manifest_words(text: &str) -> bool {
    ["apiVersion:", "kind:", "metadata:"].iter().all(|word| text.contains(word))
}

pub(super) fn parse(text: SourceText) -> Stream {
    // Threads only pay where there is much to do; small files are parsed in parallel with each other.
    let threads = text.len() > 1 << 20;
    ddlint_yaml::parse_with(text, &ddlint_yaml::ParseOptions { threads })
}

fn decode(tree: &dyn Tree, path: &str) -> Result<SourceText, Failure> {
    let bytes = tree.read(path).map_err(Failure::Unreadable)?;
    match String::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => {
            Err(unreadable_text(text.as_bytes(), text.find('\0').unwrap_or(0)))
        }
        Ok(text) => Ok(text.into()),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            Err(unreadable_text(error.as_bytes(), offset))
        }
    }
}

fn unreadable_text(bytes: &[u8], offset: usize) -> Failure {
    let squeezed = || -> String {
        bytes.iter().filter(|&&byte| byte != 0 && byte.is_ascii()).map(|&byte| byte as char).collect()
    };
    let head = bytes.get(..bytes.len().min(64)).unwrap_or_default();
    let zeros_apart =
        head.len() >= 4 && head.chunks_exact(2).all(|pair| matches!(pair, [0, low] | [low, 0] if *low != 0));
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) || zeros_apart {
        return Failure::Utf16 { manifest: holds_manifest_words(&squeezed()) };
    }
    if bytes.contains(&0) {
        return Failure::Binary;
    }
    Failure::NotUtf8 { offset, manifest: holds_manifest_words(&squeezed()) }
}
