//! Semantic versions and version ranges as the Go library of Masterminds (v3.4) reads them: loosely (`v1`, `1.2`),
//! with `^ ~ - || x *` in ranges, and with releases only unless a range names a pre-release.
//!
//! Used by the template functions `semver` and `semverCompare` and for the versions of dependencies.
//! Deliberately absent: the reasons why a version does not match (only the answer is needed).

use regex_lite::Regex;
use std::cmp::Ordering;
use std::sync::LazyLock;

/// A parsed version; `original` is the text it was read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Version {
    pub(crate) major: u64,
    pub(crate) minor: u64,
    pub(crate) patch: u64,
    pub(crate) prerelease: String,
    pub(crate) metadata: String,
    pub(crate) original: String,
}

/// `-pre.release` and `+meta.data`, as three groups each with the inner ones (kept for the positions).
const SUFFIX: &str = r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?";
/// One component of a version in a range. The bar belongs to it: `1|2` is read as a version and refused later.
const PART: &str = r"[0-9|xX*]+";
const SPACE: &str = r"[\t\n\f\r ]";
const OPERATOR: &str = r"(?:!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?";

static VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?{SUFFIX}$")).ok());

fn range_version() -> String {
    format!(r"v?({PART})(?:\.({PART}))?(?:\.({PART}))?{SUFFIX}")
}

fn range_version_flat() -> String {
    let suffix = SUFFIX.replace("([", "(?:[");
    format!(r"v?{PART}(?:\.{PART})?(?:\.{PART})?{suffix}")
}

static ONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!("^{SPACE}*({OPERATOR}){SPACE}*({}){SPACE}*$", range_version())).ok()
});
static HYPHEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let version = range_version_flat();
    Regex::new(&format!("{SPACE}*({version}){SPACE}+-{SPACE}+({version}){SPACE}*")).ok()
});
static FIND: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("{OPERATOR}{SPACE}*{}", range_version_flat())).ok());
static GROUP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let one = format!("{SPACE}*{OPERATOR}{SPACE}*{}{SPACE}*", range_version_flat());
    let next = format!("{OPERATOR}{SPACE}*{}{SPACE}*", range_version_flat());
    Regex::new(&format!("^{one}(?:(?:{SPACE}+|,{SPACE}*){next})*$")).ok()
});

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        format!(
            "error parsing version segment: strconv.ParseUint: parsing {}: value out of range",
            quote_ascii(text)
        )
    })
}

fn quote_ascii(text: &str) -> String {
    format!("\"{text}\"")
}

impl Version {
    /// Reads a version loosely: a leading `v`, missing components and leading zeros are accepted.
    pub(crate) fn parse(text: &str) -> Result<Version, String> {
        let invalid = || "invalid semantic version".to_owned();
        let captures = VERSION.as_ref().and_then(|r| r.captures(text)).ok_or_else(invalid)?;
        let group = |i: usize| captures.get(i).map_or("", |m| m.as_str());
        let part = |i: usize| if group(i).is_empty() { Ok(0) } else { number(group(i)) };
        let version = Version {
            major: part(1)?,
            minor: part(2)?,
            patch: part(3)?,
            prerelease: group(4).to_owned(),
            metadata: group(5).to_owned(),
            original: text.to_owned(),
        };
        let zero_led = |p: &str| p.len() > 1 && p.starts_with('0') && p.bytes().all(|b| b.is_ascii_digit());
        if version.prerelease.split('.').any(zero_led) {
            return Err("version segment starts with 0".to_owned());
        }
        Ok(version)
    }

    /// Precedence; build metadata does not count.
    pub(crate) fn compare(&self, other: &Version) -> Ordering {
        (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch)).then_with(
            || match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_prereleases(&self.prerelease, &other.prerelease),
            },
        )
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let (l, r) = (left.next(), right.next());
        let order = match (l, r) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(l), Some(r)) => compare_identifiers(l, r),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers order by value and before words; words by bytes. A number that does not fit in 64 bits is a word.
fn compare_identifiers(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        _ if a == b => Ordering::Equal,
        (Ok(x), Ok(y)) if x > y => Ordering::Greater,
        (Ok(_), Ok(_)) => Ordering::Less,
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

#[derive(Clone, Debug)]
struct Comparator {
    operator: Operator,
    version: Version,
    /// Some component was a wildcard or missing.
    open: bool,
    /// It was the minor one.
    open_minor: bool,
    /// It was the patch.
    open_patch: bool,
}

/// A version range: alternatives of conjunctions.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    alternatives: Vec<Vec<Comparator>>,
}

impl Constraint {
    /// Reads a range.
    pub(crate) fn parse(text: &str) -> Result<Constraint, String> {
        let text = expand_hyphens(text);
        let mut alternatives = Vec::new();
        for part in text.split("||") {
            if !GROUP.as_ref().is_some_and(|r| r.is_match(part)) {
                return Err(format!("improper constraint: {part}"));
            }
            let found = FIND.as_ref().into_iter().flat_map(|r| r.find_iter(part));
            alternatives.push(found.map(|m| Comparator::parse(m.as_str())).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(Constraint { alternatives })
    }

    /// Whether the version lies in the range. A pre-release only does in an alternative that names one.
    pub(crate) fn matches(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| {
            let allowed =
                version.prerelease.is_empty() || all.iter().any(|c| !c.version.prerelease.is_empty());
            allowed && all.iter().all(|c| c.matches(version))
        })
    }
}

/// `1 - 3` means `>= 1, <= 3`.
fn expand_hyphens(text: &str) -> String {
    let mut out = text.to_owned();
    // Mostly a hyphen begins a pre-release.
    if !text.as_bytes().windows(2).any(|pair| matches!(pair, [blank, b'-'] if blank.is_ascii_whitespace())) {
        return out;
    }
    for found in HYPHEN.as_ref().into_iter().flat_map(|r| r.captures_iter(text)) {
        if let (Some(all), Some(low), Some(high)) = (found.get(0), found.get(1), found.get(2)) {
            out = out.replacen(all.as_str(), &format!(">= {}, <= {} ", low.as_str(), high.as_str()), 1);
        }
    }
    out
}

impl Comparator {
    fn parse(text: &str) -> Result<Comparator, String> {
        let captures =
            ONE.as_ref().and_then(|r| r.captures(text)).ok_or(format!("improper constraint: {text}"))?;
        let group = |i: usize| captures.get(i).map_or("", |m| m.as_str());
        let wild = |i: usize| matches!(group(i), "" | "x" | "X" | "*");
        let operator = match group(1) {
            "!=" => Operator::NotEqual,
            ">" => Operator::Greater,
            "<" => Operator::Less,
            ">=" | "=>" => Operator::GreaterEqual,
            "<=" | "=<" => Operator::LessEqual,
            "~" | "~>" => Operator::Tilde,
            "^" => Operator::Caret,
            _ => Operator::Equal,
        };
        let suffix = if group(6).is_empty() { String::new() } else { format!("-{}", group(6)) };
        let (plain, open_minor, open_patch) = match (wild(3), wild(4), wild(5)) {
            (true, _, _) => (format!("0.0.0{suffix}"), false, false),
            (_, true, _) => (format!("{}.0.0{suffix}", group(3)), true, false),
            (_, _, true) => (format!("{}.{}.0{suffix}", group(3), group(4)), false, true),
            _ => (group(2).to_owned(), false, false),
        };
        let version = Version::parse(&plain).map_err(|_| "constraint parser error".to_owned())?;
        Ok(Comparator {
            operator,
            version,
            open: wild(3) || open_minor || open_patch,
            open_minor,
            open_patch,
        })
    }

    fn matches(&self, v: &Version) -> bool {
        let con = &self.version;
        let order = v.compare(con);
        match self.operator {
            Operator::Equal if self.open => self.tilde(v),
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => self.differs(v),
            Operator::Greater if !self.open || v.major != con.major => {
                order.is_gt() && (!self.open || v.major > con.major)
            }
            Operator::Greater if self.open_minor => false,
            Operator::Greater if self.open_patch => v.minor > con.minor,
            Operator::Greater => order.is_gt(),
            Operator::Less => order.is_lt(),
            Operator::GreaterEqual => order.is_ge(),
            Operator::LessEqual if !self.open => order.is_le(),
            Operator::LessEqual => {
                v.major < con.major || v.major == con.major && (self.open_minor || v.minor <= con.minor)
            }
            Operator::Tilde => self.tilde(v),
            Operator::Caret => self.caret(v),
        }
    }

    fn differs(&self, v: &Version) -> bool {
        let con = &self.version;
        if !self.open {
            return v.compare(con).is_ne();
        }
        if v.major != con.major {
            return true;
        }
        if self.open_minor {
            return false;
        }
        if v.minor != con.minor {
            return true;
        }
        if self.open_patch {
            return compare_prereleases(&v.prerelease, &con.prerelease).is_ne();
        }
        v.patch != con.patch || v.compare(con).is_ne()
    }

    fn tilde(&self, v: &Version) -> bool {
        let con = &self.version;
        if v.compare(con).is_lt() {
            return false;
        }
        let anything = (con.major, con.minor, con.patch) == (0, 0, 0) && !self.open_minor && !self.open_patch;
        anything || v.major == con.major && (self.open_minor || v.minor == con.minor)
    }

    fn caret(&self, v: &Version) -> bool {
        let con = &self.version;
        if v.compare(con).is_lt() || v.major != con.major {
            return false;
        }
        if con.major > 0 || self.open_minor {
            return true;
        }
        if v.minor != con.minor {
            return false;
        }
        con.minor > 0 || self.open_patch || v.patch == con.patch
    }
}
