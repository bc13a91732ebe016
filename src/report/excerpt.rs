//! The lines around places, cut out of a large text for drawing: windows of a few lines, secrets masked, long lines
//! clipped around what they show.
//!
//! miette reads a whole text from its beginning for each label and cannot draw columns past 65,535; an excerpt
//! holds only the windows, in offsets of its own. Deliberately absent: colours and layout.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::secrets::mask_line;
use crate::source::SourceFile;
use ddlint_yaml::Span;

/// Lines longer than this (in characters) are clipped.
const CLIP: usize = 160;
/// Characters kept before what a clipped line shows.
const BEFORE: usize = 40;
/// Lines shown before and after a place.
const CONTEXT: usize = 1;

#[derive(Debug)]
struct Line {
    /// Number from 0.
    number: usize,
    /// Where the line begins in the source file.
    source_start: usize,
    /// Where the shown text begins in the excerpt.
    start: usize,
    /// One past its end in the excerpt, without the line break.
    end: usize,
    /// Offset in the source line (in bytes) at which the shown text begins.
    skipped: usize,
    /// Bytes of an ellipsis at the beginning of the shown text.
    lead: usize,
    /// Whether the line before it is in the excerpt too.
    follows: bool,
}

/// Windows of one file, drawn as one source.
#[derive(Debug)]
pub struct Excerpt {
    name: String,
    shift: i64,
    text: String,
    lines: Vec<Line>,
}

impl Excerpt {
    /// The windows around `spans` of a file, shown under a name and with line numbers shifted (for a stream, whose
    /// documents stood in other files). `secret` says whether a line (by its offset) stands in a Secret's data.
    pub fn new(
        file: &SourceFile,
        shown_as: (&str, i64),
        spans: &[Span],
        secret: &dyn Fn(u32) -> bool,
    ) -> Excerpt {
        let (name, shift) = shown_as;
        let starts = file.line_starts();
        let line_of = |offset: u32| starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let mut wanted: std::collections::BTreeMap<usize, Option<usize>> = std::collections::BTreeMap::new();
        for span in spans {
            let first = line_of(span.start);
            // A span over many lines is shown by its first lines only.
            let last = line_of(span.end.saturating_sub(1).max(span.start)).min(first + 3);
            for number in first.saturating_sub(CONTEXT)..=(last + CONTEXT).min(starts.len() - 1) {
                wanted.entry(number).or_insert(None);
            }
            let offset = span.start as usize - starts[first] as usize;
            wanted.insert(first, Some(wanted.get(&first).copied().flatten().unwrap_or(offset).min(offset)));
        }
        let mut excerpt = Excerpt { name: name.to_string(), shift, text: String::new(), lines: Vec::new() };
        for (number, shown) in wanted {
            let source_start = starts[number] as usize;
            let source_end = starts.get(number + 1).map_or(file.text.len(), |&next| next as usize);
            let raw =
                file.text.get(source_start..source_end).unwrap_or_default().trim_end_matches(['\n', '\r']);
            let masked = mask_line(raw, secret(source_start as u32));
            excerpt.push(number, source_start, &masked, raw, shown.unwrap_or(0));
        }
        excerpt
    }

    fn push(&mut self, number: usize, source_start: usize, masked: &str, raw: &str, shown: usize) {
        let follows = self.lines.last().is_some_and(|line| line.number + 1 == number);
        let start = self.text.len();
        let (mut skipped, mut lead) = (0, 0);
        // Masking keeps the number of characters, not of bytes: offsets are only mapped where nothing was masked
        // or all is ASCII, and are otherwise recounted by characters.
        let same_bytes = masked.len() == raw.len();
        let shown = if same_bytes { shown } else { char_offset_to_bytes(masked, raw, shown) };
        if masked.chars().count() <= CLIP {
            self.text.push_str(masked);
        } else {
            let shown_chars = masked.get(..shown).map_or(0, |before| before.chars().count());
            let first = shown_chars.saturating_sub(BEFORE);
            skipped = masked.char_indices().nth(first).map_or(0, |(at, _)| at);
            if first > 0 {
                lead = '…'.len_utf8();
                self.text.push('…');
            }
            let rest = masked.get(skipped..).unwrap_or_default();
            let cut = rest.char_indices().nth(CLIP).map_or(rest.len(), |(at, _)| at);
            self.text.push_str(rest.get(..cut).unwrap_or_default());
            if cut < rest.len() {
                self.text.push('…');
            }
        }
        let end = self.text.len();
        self.text.push('\n');
        self.lines.push(Line { number, source_start, start, end, skipped, lead, follows });
    }

    /// A span of the file in offsets of the excerpt, cut to one line's shown part.
    pub fn span(&self, span: Span) -> SourceSpan {
        let at = self.lines.partition_point(|line| line.source_start <= span.start as usize);
        let Some(line) = at.checked_sub(1).and_then(|at| self.lines.get(at)) else {
            return (0, 0).into();
        };
        let into = |offset: usize| {
            let within = offset.saturating_sub(line.source_start).saturating_sub(line.skipped) + line.lead;
            let mut at = (line.start + within).min(line.end);
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (into(span.start as usize), into(span.end as usize));
        (start, end.saturating_sub(start)).into()
    }
}

fn char_offset_to_bytes(masked: &str, raw: &str, offset: usize) -> usize {
    let chars = raw.get(..offset).map_or(0, |before| before.chars().count());
    masked.char_indices().nth(chars).map_or(masked.len(), |(at, _)| at)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let find = |offset: usize| self.lines.partition_point(|line| line.start <= offset).checked_sub(1);
        let first = find(span.offset()).ok_or(MietteError::OutOfBounds)?;
        let end = span.offset() + span.len().saturating_sub(1);
        let last = find(end).ok_or(MietteError::OutOfBounds)?.max(first);
        // A span over two windows is two pictures.
        if (first + 1..=last).any(|at| !self.lines[at].follows) {
            return Err(MietteError::OutOfBounds);
        }
        let (mut from, mut to) = (first, last);
        for _ in 0..before {
            if self.lines[from].follows && from > 0 {
                from -= 1;
            }
        }
        for _ in 0..after {
            if self.lines.get(to + 1).is_some_and(|line| line.follows) {
                to += 1;
            }
        }
        let (start, stop) = (self.lines[from].start, self.lines[to].end);
        // Without context the contents begin at the span itself: that is where the header takes its column from.
        let (start, column) = if before == 0 && from == first {
            let line = &self.lines[first];
            let within = span.offset() - line.start;
            let chars = self.text.get(line.start..span.offset()).map_or(within, |text| text.chars().count());
            (span.offset(), chars + line.skipped - usize::from(line.lead > 0))
        } else {
            (start, 0)
        };
        let stop = stop.max(start);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[start..stop],
            (start, stop - start).into(),
            usize::try_from(self.lines[from].number as i64 + self.shift).unwrap_or(0),
            column,
            to - from + 1,
        )))
    }
}
