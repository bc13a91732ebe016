//! The patterns of `.Files.Glob`: `*` and `?` do not cross a slash, `**` does, `[a-z]`, `[!a]`, `{a,b}`, `\`.
//!
//! Deliberately absent: other separators than the slash.

/// How many alternatives the braces of one pattern may multiply to.
const MAX_ALTERNATIVES: usize = 1024;

/// A pattern ready to match.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    alternatives: Vec<Vec<Piece>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Star,
    SuperStar,
    Any,
    Literal(char),
    Class { negate: bool, chars: Vec<char>, range: Option<(char, char)> },
}

impl Glob {
    /// Reads a pattern; none where it is malformed.
    pub(crate) fn parse(pattern: &str) -> Option<Glob> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let alternatives = sequence(&chars, &mut at, 0)?;
        (at == chars.len()).then_some(Glob { alternatives })
    }

    /// The pattern that matches everything.
    pub(crate) fn everything() -> Glob {
        Glob { alternatives: vec![vec![Piece::SuperStar]] }
    }

    /// Whether the whole name matches.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        self.alternatives.iter().any(|pieces| match_pieces(pieces, &name))
    }
}

/// A run of pieces up to the end, or inside braces up to a comma or the closing brace (which are left).
fn sequence(chars: &[char], at: &mut usize, depth: usize) -> Option<Vec<Vec<Piece>>> {
    let mut out: Vec<Vec<Piece>> = vec![Vec::new()];
    while let Some(&c) = chars.get(*at) {
        let pieces = match c {
            ',' | '}' if depth > 0 => break,
            '{' => {
                *at += 1;
                braces(chars, at, depth + 1)?
            }
            '*' => {
                *at += 1;
                let mut piece = Piece::Star;
                while chars.get(*at) == Some(&'*') {
                    *at += 1;
                    piece = Piece::SuperStar;
                }
                vec![vec![piece]]
            }
            '?' => {
                *at += 1;
                vec![vec![Piece::Any]]
            }
            '[' => {
                *at += 1;
                vec![vec![class(chars, at)?]]
            }
            '\\' => {
                let literal = *chars.get(*at + 1)?;
                *at += 2;
                vec![vec![Piece::Literal(literal)]]
            }
            c => {
                *at += 1;
                vec![vec![Piece::Literal(c)]]
            }
        };
        if out.len() * pieces.len() > MAX_ALTERNATIVES {
            return None;
        }
        out = match pieces.as_slice() {
            [one] => {
                out.iter_mut().for_each(|run| run.extend(one.iter().cloned()));
                out
            }
            many => out
                .iter()
                .flat_map(|run| many.iter().map(|next| run.iter().chain(next).cloned().collect()))
                .collect(),
        };
    }
    Some(out)
}

fn braces(chars: &[char], at: &mut usize, depth: usize) -> Option<Vec<Vec<Piece>>> {
    if depth > 16 {
        return None;
    }
    let mut out = Vec::new();
    loop {
        out.extend(sequence(chars, at, depth)?);
        let end = *chars.get(*at)?;
        *at += 1;
        if end == '}' {
            return Some(out);
        }
    }
}

fn class(chars: &[char], at: &mut usize) -> Option<Piece> {
    let negate = chars.get(*at) == Some(&'!');
    if negate {
        *at += 1;
    }
    if let (Some(&low), Some('-'), Some(&high), Some(']')) =
        (chars.get(*at), chars.get(*at + 1), chars.get(*at + 2), chars.get(*at + 3))
    {
        *at += 4;
        return (low <= high).then_some(Piece::Class { negate, chars: Vec::new(), range: Some((low, high)) });
    }
    let mut list = Vec::new();
    loop {
        match *chars.get(*at)? {
            ']' if !list.is_empty() => {
                *at += 1;
                return Some(Piece::Class { negate, chars: list, range: None });
            }
            '\\' => {
                list.push(*chars.get(*at + 1)?);
                *at += 2;
            }
            c => {
                list.push(c);
                *at += 1;
            }
        }
    }
}

/// The positions reachable after each piece; no backtracking, so time is pattern times name.
fn match_pieces(pieces: &[Piece], name: &[char]) -> bool {
    let mut reach = vec![false; name.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    for piece in pieces {
        let mut next = vec![false; name.len() + 1];
        match piece {
            Piece::Star | Piece::SuperStar => {
                let mut open = false;
                for (i, slot) in next.iter_mut().enumerate() {
                    let crosses = i > 0 && name.get(i - 1) == Some(&'/') && *piece == Piece::Star;
                    open = (open && !crosses) || reach.get(i).copied().unwrap_or(false);
                    *slot = open;
                }
            }
            single => {
                for (i, c) in name.iter().enumerate() {
                    if reach.get(i).copied().unwrap_or(false)
                        && accepts(single, *c)
                        && let Some(slot) = next.get_mut(i + 1)
                    {
                        *slot = true;
                    }
                }
            }
        }
        reach = next;
    }
    reach.last().copied().unwrap_or(false)
}

fn accepts(piece: &Piece, c: char) -> bool {
    match piece {
        Piece::Star | Piece::SuperStar => false,
        Piece::Any => c != '/',
        Piece::Literal(l) => *l == c,
        Piece::Class { negate, chars, range } => {
            (chars.contains(&c) || range.is_some_and(|(low, high)| low <= c && c <= high)) != *negate
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("files/*", "files/a.txt", true),
            ("files/*", "files/a/b.txt", false),
            ("files/**", "files/a/b.txt", true),
            ("**.yaml", "a/b.yaml", true),
            ("**/x", "a/b/x", true),
            ("*.{yaml,yml}", "a.yml", true),
            ("*.{yaml,yml}", "a.json", false),
            ("{a,b/{c,d}}/x", "b/d/x", true),
            ("[a-c]?", "bz", true),
            ("[!a-c]?", "bz", false),
            ("[ab]", "b", true),
            ("\\*", "*", true),
            ("", "a", false),
            ("a?b", "a/b", false),
        ] {
            assert_eq!(Glob::parse(pattern).expect(pattern).matches(name), expected, "{pattern} {name}");
        }
        for pattern in ["{a", "[a", "\\", "}{"] {
            assert!(Glob::parse(pattern).is_none(), "{pattern}");
        }
        assert!(Glob::everything().matches("a/b"));
    }
}
