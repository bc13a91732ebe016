//! Where one document ends and the next begins, found without parsing.
//!
//! A `---` in column 0 followed by a space, a tab, a line break or the end cannot stand inside any scalar (YAML
//! forbids it), so cutting there is exact. Two things move a cut: directives (`%YAML`, `%TAG`) stand before the
//! `---` of their document, and comments before the first `---` belong to the first document.
//! Deliberately absent: the end marker `...`; a chunk may hold several documents and the parser below takes them.

use std::ops::Range;

/// Cuts the text into chunks, each with one document or a few; every byte is in exactly one chunk.
pub(crate) fn chunks(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut chunks = Vec::new();
    let mut start = 0;
    for marker in markers(bytes) {
        let before = bytes.get(start..marker).unwrap_or_default();
        if !(ends_with_directives(before) || start == 0 && only_prefix(before)) {
            chunks.push(start..marker);
            start = marker;
        }
    }
    if start < bytes.len() {
        chunks.push(start..bytes.len());
    }
    chunks
}

/// The begins of all lines with a `---` that starts a document, but for the first line. Files that were joined by
/// `cat` may carry a byte order mark before it.
fn markers(bytes: &[u8]) -> Vec<usize> {
    let mut markers: Vec<usize> = memchr::memmem::find_iter(bytes, b"\n---")
        .map(|newline| newline + 1)
        .filter(|&at| is_marker(bytes, at))
        .collect();
    let plain = markers.len();
    let marked = memchr::memmem::find_iter(bytes, "\n\u{feff}---".as_bytes()).map(|newline| newline + 1);
    markers.extend(marked.filter(|&at| is_marker(bytes, at + '\u{feff}'.len_utf8())));
    if markers.len() > plain {
        markers.sort_unstable();
    }
    markers
}

/// Whether `at` is the begin of a `---` that starts a document.
fn is_marker(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 3) == Some(b"---")
        && matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// Whether there is nothing but blank lines and comments.
fn only_prefix(before: &[u8]) -> bool {
    let before = before.strip_prefix("\u{feff}".as_bytes()).unwrap_or(before);
    before.split(|&byte| byte == b'\n').all(is_prefix_line)
}

/// Whether the last lines, up to content or an end marker, hold a directive. A block scalar may end so too; then
/// two documents share a chunk, which costs a little speed and nothing else.
fn ends_with_directives(before: &[u8]) -> bool {
    before
        .rsplit(|&byte| byte == b'\n')
        .take_while(|line| is_prefix_line(line) || line.starts_with(b"%"))
        .any(|line| line.starts_with(b"%"))
}

fn is_prefix_line(line: &[u8]) -> bool {
    let rest = line.trim_ascii_start();
    rest.is_empty() || rest.starts_with(b"#")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        chunks(text).into_iter().map(|range| text.get(range).unwrap_or("?")).collect()
    }

    #[test]
    fn cuts_at_markers_only() {
        assert_eq!(cut(""), Vec::<&str>::new());
        assert_eq!(cut("a: 1\n---\nb: 2\n"), ["a: 1\n", "---\nb: 2\n"]);
        assert_eq!(
            cut("a\n--- b\n---\tc\n---d\n --- e\n---"),
            ["a\n", "--- b\n", "---\tc\n---d\n --- e\n", "---"]
        );
        assert_eq!(cut("a\r\n---\r\nb\r\n"), ["a\r\n", "---\r\nb\r\n"]);
        assert_eq!(cut("---\n---\n---\n"), ["---\n", "---\n", "---\n"]);
        assert_eq!(cut("a\n\u{feff}---\nb"), ["a\n", "\u{feff}---\nb"]);
    }

    #[test]
    fn comments_and_directives_go_with_the_document_they_precede() {
        assert_eq!(cut("# license\n\n---\na\n---\nb\n"), ["# license\n\n---\na\n", "---\nb\n"]);
        assert_eq!(cut("\u{feff}# license\n---\na\n"), ["\u{feff}# license\n---\na\n"]);
        assert_eq!(
            cut("a\n...\n%YAML 1.1\n# c\n---\nb\n---\nc"),
            ["a\n...\n%YAML 1.1\n# c\n---\nb\n", "---\nc"]
        );
    }
}
