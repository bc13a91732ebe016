//! Normalized paths (RFC 9535) into values, built key by key.
//!
//! Deliberately absent: reading paths (JSONPath belongs to `ddlint-yaml`).

use std::fmt::Write as _;

/// The path of the root.
pub(crate) const ROOT: &str = "$";

/// Appends one member name.
pub(crate) fn push_member(path: &mut String, key: &str) {
    path.push_str("['");
    for c in key.chars() {
        match c {
            '\'' => path.push_str("\\'"),
            '\\' => path.push_str("\\\\"),
            '\u{8}' => path.push_str("\\b"),
            '\u{c}' => path.push_str("\\f"),
            '\n' => path.push_str("\\n"),
            '\r' => path.push_str("\\r"),
            '\t' => path.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                let _ = write!(path, "\\u{:04x}", c as u32);
            }
            c => path.push(c),
        }
    }
    path.push_str("']");
}

/// Appends one index.
pub(crate) fn push_index(path: &mut String, index: usize) {
    let _ = write!(path, "[{index}]");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_the_rfc_says() {
        let mut path = ROOT.to_string();
        push_member(&mut path, "a'b\\c\n\u{1}ü");
        push_index(&mut path, 3);
        assert_eq!(path, "$['a\\'b\\\\c\\n\\u0001ü'][3]");
    }
}
