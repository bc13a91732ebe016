//! The texts that ddlint works on, each behind a [`FileId`]: after this room a file is a number, not a path.
//!
//! Not every text is a file on the disk: YAML inside a block string of another file, and what a chart renders to,
//! are texts of their own whose places lead back to what a person can open (see [`Origin`]).
//!
//! Deliberately absent: deciding what to read (`discover`) and what a text means (`model`).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use ddlint_yaml::{OffsetMap, SourceText, Span};

/// A text in the [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// A byte range of a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The text.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

/// How a text came to be.
#[derive(Debug)]
pub enum Origin {
    /// A file on the disk.
    Disk,
    /// A file in a packed chart: a person cannot open it.
    Packed,
    /// Standard input that is not ddlint's own stream.
    Stdin,
    /// The content of a block string of another text; offsets lead back through the map.
    Embedded {
        /// The text that holds the string.
        parent: FileId,
        /// From offsets in this text to offsets in the parent.
        map: OffsetMap,
    },
    /// A part of another text, byte for byte: a here-document of a script.
    Excerpt {
        /// The text that holds the part.
        parent: FileId,
        /// Its first byte there.
        offset: u32,
    },
    /// A stream that `ddlint render` wrote; its documents stood in files that may not be at hand.
    Streamed(Vec<Run>),
    /// What a template of a chart rendered to.
    Rendered(Arc<Rendering>),
}

/// A run of bytes of a stream and where it stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// First byte in the stream.
    pub start: u32,
    /// One past the last byte in the stream.
    pub end: u32,
    /// The file's name as in reports.
    pub file: String,
    /// The file's name relative to the root.
    pub root_path: String,
    /// First byte in the file.
    pub offset: u32,
    /// Line of the first byte in the file, from 1.
    pub line: u32,
    /// Column of the first byte in the file, from 1.
    pub column: u32,
}

impl Run {
    /// Line and column in the file of an offset in the stream's text. They are counted from the run's begin: a stream
    /// is long, and few places of it are told.
    fn line_column(&self, text: &str, offset: u32) -> (u32, u32) {
        let end = (offset as usize).min(text.len());
        let passed = text.as_bytes().get(self.start as usize..end).unwrap_or_default();
        match memchr::memrchr(b'\n', passed) {
            None => (self.line, self.column + characters(passed)),
            Some(last) => {
                let lines = memchr::memchr_iter(b'\n', passed).count() as u32;
                (self.line + lines, characters(passed.get(last + 1..).unwrap_or_default()) + 1)
            }
        }
    }
}

/// Where the bytes of a rendered text came from.
#[derive(Debug)]
pub struct Rendering {
    /// Runs of bytes with one origin, in order.
    pub segments: Vec<ddlint_helm::text::Segment>,
    /// What the origins mean; shared by all texts of one render.
    pub table: Arc<ddlint_helm::origin::OriginTable>,
    /// The texts behind the names that the origins use.
    pub files: Arc<BTreeMap<Arc<str>, FileId>>,
    /// The template's name as helm prints it after `# Source:`.
    pub template: Arc<str>,
    /// The template's text.
    pub template_file: Option<FileId>,
    /// What a person can open in its stead, where the template is packed: the dependency in `Chart.yaml`, who deploys
    /// the chart, or the archive.
    pub outside: Option<Place>,
    /// The release that was rendered.
    pub release: crate::model::ReleaseId,
}

/// One text.
#[derive(Debug)]
pub struct SourceFile {
    /// The name in reports: relative to the working directory, with `/`; `<stdin>` for standard input.
    pub path: String,
    /// The name relative to the root (the git repository), with `/`.
    pub root_path: String,
    /// The text. A file that is not UTF-8 never gets here.
    pub text: SourceText,
    /// How it came to be.
    pub origin: Origin,
    lines: OnceLock<Vec<u32>>,
}

/// A place as a person and a report see it: in a file that can be opened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Location {
    /// The name of the file as in reports.
    pub file: String,
    /// The name of the file relative to the root.
    pub root_file: String,
    /// First line, from 1.
    pub line: u32,
    /// First column, from 1, in Unicode characters.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
    /// First byte.
    pub offset: u32,
    /// Bytes.
    pub length: u32,
}

impl SourceFile {
    /// A text with its names.
    pub fn new(
        path: impl Into<String>,
        root_path: impl Into<String>,
        text: SourceText,
        origin: Origin,
    ) -> Self {
        SourceFile { path: path.into(), root_path: root_path.into(), text, origin, lines: OnceLock::new() }
    }

    /// The offsets at which lines begin. Made on first use: most files have no finding.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(newlines.map(|at| at as u32 + 1)).collect()
        })
    }

    /// Line and column (from 1, in Unicode characters) of a byte offset. An offset past the end is the end.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).min(self.text.len());
        let before = self.text.as_bytes().get(start..end).unwrap_or_default();
        (line as u32, characters(before) + 1)
    }
}

/// All texts of a run.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    by_root_path: BTreeMap<String, FileId>,
}

impl SourceMap {
    /// Adds a text. Texts that are no files of their own cannot be found by path.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(self.files.len() as u32);
        if matches!(file.origin, Origin::Disk | Origin::Packed) {
            self.by_root_path.entry(file.root_path.clone()).or_insert(id);
        }
        self.files.push(file);
        id
    }

    /// The text behind an id.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file of that name relative to the root, if it was read.
    pub fn by_root_path(&self, root_path: &str) -> Option<FileId> {
        self.by_root_path.get(root_path).copied()
    }

    /// All files whose name relative to the root begins with `prefix`, sorted.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, FileId)> {
        self.by_root_path
            .range(prefix.to_string()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, id)| (path.as_str(), *id))
    }

    /// Every text with its id.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }

    /// Follows embedded texts and excerpts to the place in the text that holds them. A place in a rendered or streamed text
    /// stays: only the findings room knows which of a rendering's origins to point at, and the file behind a stream
    /// may not be at hand.
    pub fn outermost(&self, place: Place) -> Place {
        let mut place = place;
        loop {
            place = match &self.get(place.file).origin {
                Origin::Embedded { parent, map } => Place { file: *parent, span: map.span(place.span) },
                Origin::Excerpt { parent, offset } => {
                    let span = Span { start: place.span.start + offset, end: place.span.end + offset };
                    Place { file: *parent, span }
                }
                Origin::Disk | Origin::Packed | Origin::Stdin | Origin::Streamed(_) | Origin::Rendered(_) => {
                    return place;
                }
            };
        }
    }

    /// The run of a stream that a place stands in.
    pub fn run(&self, place: Place) -> Option<&Run> {
        let Origin::Streamed(runs) = &self.get(place.file).origin else { return None };
        let at = runs.partition_point(|run| run.start <= place.span.start).checked_sub(1)?;
        runs.get(at).filter(|run| place.span.start <= run.end)
    }

    /// Whether a person can open the text that a place stands in.
    pub fn can_be_opened(&self, place: Place) -> bool {
        !matches!(self.get(self.outermost(place).file).origin, Origin::Packed)
    }

    /// The name relative to the root of the file that a place stands in.
    pub fn root_path(&self, place: Place) -> &str {
        match self.run(place) {
            Some(run) => &run.root_path,
            None => &self.get(place.file).root_path,
        }
    }

    /// For where many places begin, asked in the order in which they stand.
    pub fn begins(&self) -> Begins<'_> {
        Begins { sources: self, last: None }
    }

    /// The place in lines and columns of the file that a person can open.
    pub fn location(&self, place: Place) -> Location {
        let place = self.outermost(place);
        let file = self.get(place.file);
        let Span { start, end } = place.span;
        let run = self.run(place);
        let line_column = |offset: u32| match run {
            Some(run) => run.line_column(&file.text, offset),
            None => file.line_column(offset),
        };
        let (line, column) = line_column(start);
        let (end_line, end_column) = line_column(end.max(start));
        let (path, root_path, offset) = match run {
            Some(run) => (&run.file, &run.root_path, run.offset + (start - run.start)),
            None => (&file.path, &file.root_path, start),
        };
        Location {
            file: path.clone(),
            root_file: root_path.clone(),
            line,
            column,
            end_line,
            end_column,
            offset,
            length: end.saturating_sub(start),
        }
    }
}

/// Where places begin: the lines of a text are counted from one to the next.
#[derive(Debug)]
pub struct Begins<'m> {
    sources: &'m SourceMap,
    /// The text, an offset in it, its line, and where that line begins.
    last: Option<(FileId, u32, u32, u32)>,
}

impl Begins<'_> {
    /// Where a place begins in the file that a person can open, as [`SourceMap::location`] of it without its length.
    pub fn of(&mut self, place: Place) -> Location {
        let place = self.sources.outermost(place);
        let at = place.span.start;
        let file = self.sources.get(place.file);
        if matches!(file.origin, Origin::Streamed(_)) || at as usize > file.text.len() {
            return self.sources.location(Place { span: Span { start: at, end: at }, ..place });
        }
        let before = self.last.filter(|(known, offset, ..)| *known == place.file && *offset <= at);
        let (_, from, mut line, mut begin) = before.unwrap_or((place.file, 0, 1, 0));
        let passed = file.text.as_bytes().get(from as usize..at as usize).unwrap_or_default();
        if let Some(last) = memchr::memrchr(b'\n', passed) {
            line += memchr::memchr_iter(b'\n', passed).count() as u32;
            begin = from + last as u32 + 1;
        }
        self.last = Some((place.file, at, line, begin));
        let in_line = file.text.as_bytes().get(begin as usize..at as usize).unwrap_or_default();
        let column = characters(in_line) + 1;
        Location {
            file: file.path.clone(),
            root_file: file.root_path.clone(),
            line,
            column,
            end_line: line,
            end_column: column,
            offset: at,
            length: 0,
        }
    }
}

/// Characters are counted by their first bytes, so that an end inside a character does no harm.
fn characters(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place of a stream is told as the same place of the file that the run is a copy of.
    #[test]
    fn a_run_counts_as_its_file_does() {
        let file = "a: é\n\nb:\n  - ü\u{2028}x\n\n";
        for head in ["", "# head\n", "# é "] {
            for from in file.char_indices().map(|(at, _)| at) {
                let text = format!("{head}{}", &file[from..]);
                let own = SourceFile::new("a", "a", file.into(), Origin::Disk);
                let (line, column) = own.line_column(from as u32);
                let start = head.len() as u32;
                let (end, offset) = (text.len() as u32, from as u32);
                let (path, root_path) = ("a".to_string(), "a".to_string());
                let run = Run { start, end, file: path, root_path, offset, line, column };
                for at in (from..=file.len()).filter(|at| file.is_char_boundary(*at)) {
                    let there = run.line_column(&text, start + (at - from) as u32);
                    assert_eq!(there, own.line_column(at as u32), "{text:?} at {at}");
                }
            }
        }
    }
}
