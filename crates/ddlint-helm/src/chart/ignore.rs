//! `.helmignore`: which files of a chart folder are not part of the chart.
//!
//! The rules are Go's `filepath.Match` with Helm's additions: a pattern without slash looks at the last name only,
//! a trailing slash wants a folder, and a `!` rule ignores everything that it does *not* match. `**` is refused.
//!
//! Deliberately absent: git's rules; they are others.

use std::collections::BTreeMap;

/// The name of the file.
pub(crate) const FILE: &str = ".helmignore";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Subject {
    /// The whole path.
    Path,
    /// The last name of the path.
    Name,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: Option<Vec<Piece>>,
    subject: Subject,
    negate: bool,
    only_folders: bool,
}

/// The rules of one chart folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

impl Rules {
    /// Reads the file; Helm's own rule about dot files in `templates/` follows the others.
    pub(crate) fn parse(text: &str) -> Result<Rules, String> {
        let mut rules = Rules::default();
        for line in text.trim_start_matches('\u{feff}').lines() {
            rules.add(line)?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err("double-star (**) syntax is not supported".to_string());
        }
        matches(line, "abc")?;
        let (negate, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (only_folders, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let subject = if line.contains('/') { Subject::Path } else { Subject::Name };
        // What is left of a pattern that can be read may be one that cannot; it matches nothing.
        let pattern = pieces(line.strip_prefix('/').unwrap_or(line)).ok();
        self.rules.push(Rule { pattern, subject, negate, only_folders });
        Ok(())
    }

    fn ignores_itself(&self, path: &str, folder: bool) -> bool {
        let letters: Vec<char> = path.chars().collect();
        let name = letters.rsplit(|c| *c == '/').next().unwrap_or(&letters);
        for rule in &self.rules {
            let subject = match rule.subject {
                Subject::Path => &letters,
                Subject::Name => name,
            };
            let matches = || rule.pattern.as_ref().is_some_and(|pattern| match_pieces(pattern, subject));
            let wrong_kind = rule.only_folders && !folder;
            if rule.negate {
                if wrong_kind || !matches() {
                    return true;
                }
            } else if !wrong_kind && matches() {
                return true;
            }
        }
        false
    }

    /// Whether the file, or a folder that it is in, is ignored. `folders` keeps the answers for folders.
    pub(crate) fn ignores(&self, path: &str, folders: &mut BTreeMap<String, bool>) -> bool {
        for (at, _) in path.match_indices('/') {
            let folder = &path[..at];
            let ignored = match folders.get(folder) {
                Some(&known) => known,
                None => {
                    let ignored = self.ignores_itself(folder, true);
                    folders.insert(folder.to_string(), ignored);
                    ignored
                }
            };
            if ignored {
                return true;
            }
        }
        self.ignores_itself(path, false)
    }
}

/// Go's `filepath.Match`: `*` and `?` do not cross a slash, `[a-z]` and `[^a-z]` are classes, a backslash takes
/// the next character as it is. A bad pattern is an error also where the beginning does not match.
pub(crate) fn matches(pattern: &str, name: &str) -> Result<bool, String> {
    let pattern: Vec<Piece> = pieces(pattern)?;
    let name: Vec<char> = name.chars().collect();
    Ok(match_pieces(&pattern, &name))
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Star,
    Any,
    Literal(char),
    Class { negate: bool, ranges: Vec<(char, char)> },
}

fn pieces(pattern: &str) -> Result<Vec<Piece>, String> {
    let bad = || "syntax error in pattern".to_string();
    let mut out = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => {
                if out.last() != Some(&Piece::Star) {
                    out.push(Piece::Star);
                }
            }
            '?' => out.push(Piece::Any),
            '\\' => out.push(Piece::Literal(chars.next().ok_or_else(bad)?)),
            '[' => {
                let negate = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                loop {
                    if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
                        break;
                    }
                    let low = class_char(&mut chars).ok_or_else(bad)?;
                    let high = match chars.next_if_eq(&'-') {
                        Some(_) => class_char(&mut chars).ok_or_else(bad)?,
                        None => low,
                    };
                    ranges.push((low, high));
                }
                out.push(Piece::Class { negate, ranges });
            }
            c => out.push(Piece::Literal(c)),
        }
    }
    Ok(out)
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        c => Some(c),
    }
}

/// Greedy matching with one place to come back to, which is enough because stars are alike.
fn match_pieces(pattern: &[Piece], name: &[char]) -> bool {
    // Most patterns end in a letter, and most names in another.
    if matches!(pattern.last(), Some(Piece::Literal(letter)) if name.last() != Some(letter)) {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let step = match (pattern.get(p), name.get(n)) {
            (None, None) => return true,
            (Some(Piece::Star), _) => {
                back = Some((p, n));
                p += 1;
                continue;
            }
            (Some(Piece::Any), Some(c)) => *c != '/',
            (Some(Piece::Literal(l)), Some(c)) => l == c,
            (Some(Piece::Class { negate, ranges }), Some(c)) => {
                *c != '/' && ranges.iter().any(|(low, high)| low <= c && c <= high) != *negate
            }
            _ => false,
        };
        if step {
            p += 1;
            n += 1;
            continue;
        }
        match back {
            Some((star, at)) if name.get(at).is_some_and(|c| *c != '/') => {
                back = Some((star, at + 1));
                p = star + 1;
                n = at + 1;
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &str, path: &str) -> bool {
        Rules::parse(rules).expect("rules").ignores(path, &mut BTreeMap::new())
    }

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("a[^b-d]c", "aec", true),
            ("a[b-d]c", "acc", true),
            ("a\\*b", "a*b", true),
            ("a???b", "a/c/b", false),
            ("*x", "xxx", true),
        ] {
            assert_eq!(matches(pattern, name), Ok(expected), "{pattern} {name}");
        }
        for pattern in ["[", "[a", "[]a]", "[a-]", "[-x]", "a[", "\\"] {
            assert!(matches(pattern, "a").is_err(), "{pattern}");
        }
    }

    #[test]
    fn names_paths_and_folders() {
        assert!(ignored("*.bak", "templates/a.bak"));
        assert!(!ignored("/*.bak", "templates/a.bak"));
        assert!(ignored("/*.bak", "a.bak"));
        assert!(ignored("ci/", "ci/values.yaml"));
        assert!(!ignored("ci/", "ci"));
        assert!(ignored("docs", "a/docs/x.md"));
        assert!(!ignored("docs/x", "a/docs/x"));
        assert!(ignored("", "templates/.hidden"));
        assert!(!ignored("", ".hidden"));
        assert!(ignored("# no\n  .git  \n", ".git/config"));
    }

    #[test]
    fn negation_ignores_what_it_does_not_match() {
        assert!(ignored("!*.yaml", "a.txt"));
        assert!(!ignored("!*.yaml", "a.yaml"));
        assert!(Rules::parse("a/**").is_err());
    }
}
