//! The writer under the emitter: columns, indentation, folding, escapes.
//!
//! Whether a line break is due and whether a space is due depends on what was written last; `whitespace` and
//! `indention` remember that.

use super::Flavour;
use super::scalar::{Style, is_break, is_printable};
use crate::origin::OriginId;
use crate::text::{Text, TextBuf};

/// Columns beyond which `toYaml` folds at the next space.
const WIDTH: usize = 80;

pub(super) struct Writer {
    out: TextBuf,
    column: usize,
    /// The last thing written was white space that separates.
    whitespace: bool,
    /// Only indentation and block indicators stand on the line so far.
    indention: bool,
    width: usize,
}

impl Writer {
    pub(super) fn new(flavour: Flavour) -> Writer {
        let width = match flavour {
            Flavour::V2 => WIDTH,
            Flavour::V3 => usize::MAX,
        };
        Writer { out: TextBuf::new(), column: 0, whitespace: true, indention: true, width }
    }

    /// Whether only indentation and block indicators stand on the line so far.
    pub(super) fn indention(&self) -> bool {
        self.indention
    }

    /// The text without its last newline.
    pub(super) fn finish(self) -> Text {
        // Where the last line is still open the newline that ends it would only be taken away again.
        let open = !self.indention;
        let text = self.out.finish();
        match !open && text.bytes().ends_with(b"\n") {
            true => text.slice(0, text.len() - 1),
            false => text,
        }
    }

    fn ascii(&mut self, text: &str, origin: OriginId) {
        self.out.push(text.as_bytes(), origin);
        self.column += text.len();
    }

    fn line_break(&mut self, origin: OriginId) {
        self.out.push(b"\n", origin);
        self.column = 0;
    }

    /// Goes to the column `indent`, on a new line unless this one is still free up to there.
    pub(super) fn indent(&mut self, indent: usize, origin: OriginId) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break(origin);
        }
        const SPACES: &str = "                                ";
        while self.column < indent {
            let count = (indent - self.column).min(SPACES.len());
            self.ascii(SPACES.get(..count).unwrap_or(" "), origin);
        }
        self.whitespace = true;
        self.indention = true;
    }

    /// `-`, `?` or `:` of a block collection that further indentation may follow on the same line.
    pub(super) fn block_indicator(&mut self, indicator: &str, origin: OriginId) {
        self.space(origin);
        self.ascii(indicator, origin);
        self.whitespace = false;
    }

    /// The `:` directly after a simple key.
    pub(super) fn colon(&mut self, origin: OriginId) {
        self.ascii(":", origin);
        self.whitespace = false;
        self.indention = false;
    }

    /// `[]`, `{}`, and scalars that are no strings.
    pub(super) fn word(&mut self, word: &str, origin: OriginId, around: OriginId) {
        self.space(around);
        self.ascii(word, origin);
        self.whitespace = false;
        self.indention = false;
    }

    fn space(&mut self, origin: OriginId) {
        if !self.whitespace {
            self.ascii(" ", origin);
        }
    }

    /// A string. `indent` is where its further lines begin; a simple key is never folded.
    pub(super) fn string(
        &mut self,
        text: &Text,
        style: Style,
        indent: usize,
        simple_key: bool,
        around: OriginId,
    ) {
        let Ok(content) = std::str::from_utf8(text.bytes()) else { return };
        match style {
            Style::Plain => {
                self.space(around);
                self.plain(text, content, indent, simple_key);
            }
            Style::SingleQuoted => {
                self.space(around);
                self.single_quoted(text, content, indent, simple_key);
            }
            Style::DoubleQuoted => {
                self.space(around);
                self.double_quoted(text, content, indent, simple_key);
            }
            Style::Literal => {
                self.literal(text, content, indent, around);
                return;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn plain(&mut self, text: &Text, content: &str, indent: usize, simple_key: bool) {
        if simple_key || self.column + content.len() <= self.width {
            self.out.push_text(text);
            self.column += content.chars().count();
            return;
        }
        let mut copy = Copy { text, from: 0 };
        let mut spaces = false;
        for (at, c) in content.char_indices() {
            let fold = c == ' ' && !spaces && self.column > self.width && !next_is_space(content, at);
            if fold {
                copy.until(at, &mut self.out);
                self.fold(indent, text.origin_at(at));
                copy.from = at + 1;
            } else {
                self.column += 1;
            }
            spaces = c == ' ';
        }
        copy.until(content.len(), &mut self.out);
    }

    /// A line break inside a scalar in the place of a space.
    fn fold(&mut self, indent: usize, origin: OriginId) {
        self.indention = false;
        self.indent(indent, origin);
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &Text, content: &str, indent: usize, simple_key: bool) {
        self.ascii("'", text.origin_at(0));
        let mut copy = Copy { text, from: 0 };
        let (mut spaces, mut breaks) = (false, false);
        for (at, c) in content.char_indices() {
            let inside = at > 0 && at + 1 < content.len();
            if c == ' ' {
                let wide = !simple_key && !spaces && self.column > self.width;
                if wide && inside && !next_is_space(content, at) {
                    copy.until(at, &mut self.out);
                    self.fold(indent, text.origin_at(at));
                    copy.from = at + 1;
                } else {
                    self.column += 1;
                }
                spaces = true;
                continue;
            }
            if is_break(c) {
                // Strings with a newline are never written in this style: only U+2028 and U+2029 come here.
                self.column = 0;
                self.indention = true;
                breaks = true;
                continue;
            }
            if breaks {
                copy.until(at, &mut self.out);
                self.indent(indent, text.origin_at(at));
            }
            if c == '\'' {
                copy.until(at, &mut self.out);
                self.ascii("'", text.origin_at(at));
            }
            self.column += 1;
            self.indention = false;
            (spaces, breaks) = (false, false);
        }
        copy.until(content.len(), &mut self.out);
        self.ascii("'", text.origin_at(content.len().saturating_sub(1)));
    }

    fn double_quoted(&mut self, text: &Text, content: &str, indent: usize, simple_key: bool) {
        self.ascii("\"", text.origin_at(0));
        // The emitter asks whether the *text* begins with a byte order mark where it means the character.
        let escape_all = content.starts_with('\u{feff}');
        let mut copy = Copy { text, from: 0 };
        let mut spaces = false;
        for (at, c) in content.char_indices() {
            if escape_all || !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                copy.until(at, &mut self.out);
                self.ascii(&escape(c), text.origin_at(at));
                copy.from = at + c.len_utf8();
                spaces = false;
                continue;
            }
            let inside = at > 0 && at + 1 < content.len();
            if c == ' ' && !simple_key && !spaces && self.column > self.width && inside {
                copy.until(at, &mut self.out);
                self.fold(indent, text.origin_at(at));
                if next_is_space(content, at) {
                    self.ascii("\\", text.origin_at(at));
                }
                copy.from = at + 1;
            } else {
                self.column += 1;
            }
            spaces = c == ' ';
        }
        copy.until(content.len(), &mut self.out);
        self.ascii("\"", text.origin_at(content.len().saturating_sub(1)));
    }

    fn literal(&mut self, text: &Text, content: &str, indent: usize, around: OriginId) {
        self.space(around);
        self.ascii("|", text.origin_at(0));
        if content.starts_with(|c: char| c == ' ' || is_break(c)) {
            self.ascii("2", text.origin_at(0));
        }
        let mut ends = content.chars().rev();
        let (last, last_but_one) = (ends.next(), ends.next());
        match (last.is_some_and(is_break), last_but_one) {
            (false, _) => self.ascii("-", text.origin_at(0)),
            (true, None) => self.ascii("+", text.origin_at(0)),
            (true, Some(c)) if is_break(c) => self.ascii("+", text.origin_at(0)),
            (true, Some(_)) => {}
        }
        self.line_break(text.origin_at(0));
        self.indention = true;
        self.whitespace = true;
        let mut copy = Copy { text, from: 0 };
        let mut breaks = true;
        for (at, c) in content.char_indices() {
            if is_break(c) {
                self.column = 0;
                self.indention = true;
                breaks = true;
                continue;
            }
            if breaks {
                copy.until(at, &mut self.out);
                self.indent(indent, text.origin_at(at));
            }
            self.column += 1;
            self.indention = false;
            breaks = false;
        }
        copy.until(content.len(), &mut self.out);
    }
}

/// Copies a text piece by piece, with its origins.
struct Copy<'a> {
    text: &'a Text,
    from: usize,
}

impl Copy<'_> {
    fn until(&mut self, to: usize, out: &mut TextBuf) {
        if self.from < to {
            out.push_slice(self.text, self.from, to);
            self.from = to;
        }
    }
}

fn next_is_space(content: &str, at: usize) -> bool {
    content.as_bytes().get(at + 1) == Some(&b' ')
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
