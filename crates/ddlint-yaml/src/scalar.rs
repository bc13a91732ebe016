//! How scalars resolve: the table of `sigs.k8s.io/yaml`, which is what Helm, kubectl and Argo CD see.
//!
//! It is YAML 1.1 as `go-yaml` v2 reads it and as it looks after the detour over JSON: `yes` and `y` are true, `017`
//! and `0o17` are 15, `1_000` is 1000, dates and `1:30` stay strings. A float without a fraction becomes an integer,
//! as it does in JSON (`5.0`, `1e3`, and `08`, which is no octal number).
//! Deliberately absent: the errors of that library (`.inf` cannot be written as JSON); the value is given anyway.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// A resolved scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `null`, `~`, or nothing written.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// A whole number that fits; also a float whose value is whole.
    Int(i64),
    /// Any other number, also one beyond 64 signed bits.
    Float(f64),
    /// Everything else.
    Str(&'a str),
}

/// What go-yaml resolves to, before the detour over JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str,
}

/// Resolves a plain scalar without a tag.
pub fn resolve_plain(text: &str) -> Scalar<'_> {
    to_scalar(resolve(text), text)
}

/// Resolves a scalar with a tag, given in its short form. A tag of one's own makes a string; so does a core tag
/// that the text does not fit, where Kubernetes reports an error.
pub(crate) fn resolve_tagged<'a>(tag: &str, text: &'a str) -> Scalar<'a> {
    let resolved = resolve(text);
    match (tag, resolved) {
        ("!!null", Raw::Null) => Scalar::Null,
        ("!!bool", Raw::Bool(value)) => Scalar::Bool(value),
        ("!!int", Raw::Int(_) | Raw::Uint(_)) | ("!!float", Raw::Int(_) | Raw::Uint(_) | Raw::Float(_)) => {
            to_scalar(resolved, text)
        }
        _ => Scalar::Str(text),
    }
}

/// The name of a plain key in JSON; `None` where sigs.k8s.io/yaml has none.
pub(crate) fn plain_key(text: &str) -> Option<Cow<'_, str>> {
    match resolve(text) {
        Raw::Str => Some(Cow::Borrowed(text)),
        Raw::Bool(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
        Raw::Int(value) => Some(Cow::Owned(value.to_string())),
        Raw::Float(value) => Some(Cow::Owned(go_float(value))),
        Raw::Null | Raw::Uint(_) => None,
    }
}

/// Whether a plain scalar can resolve to anything but a string, judged by its first letter.
pub(crate) fn may_resolve(text: impl AsRef<[u8]>) -> bool {
    let text = text.as_ref();
    let Some(first) = text.first() else { return true };
    let words: &[&[u8]] = match (first | 0x20, text.len()) {
        (b'y' | b'n', 1) => return true,
        (b'n' | b'o', 2) => &[b"no", b"on"],
        (b'y' | b'o', 3) => &[b"yes", b"off"],
        (b't' | b'n', 4) => &[b"true", b"null"],
        (b'f', 5) => &[b"false"],
        _ => &[],
    };
    may_be_number(text) || *first == b'~' || words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a plain scalar can resolve to a number, judged by its first letter.
pub(crate) fn may_be_number(text: &[u8]) -> bool {
    matches!(text, [b'0'..=b'9' | b'+' | b'-' | b'.', ..])
}

fn to_scalar(raw: Raw, text: &str) -> Scalar<'_> {
    match raw {
        Raw::Null => Scalar::Null,
        Raw::Bool(value) => Scalar::Bool(value),
        Raw::Int(value) => Scalar::Int(value),
        Raw::Uint(value) => Scalar::Float(value as f64),
        Raw::Float(value) => whole(value).map_or(Scalar::Float(value), Scalar::Int),
        Raw::Str => Scalar::Str(text),
    }
}

/// The integer that a float is, where it is one and fits.
fn whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (value.fract() == 0.0 && (-LIMIT..LIMIT).contains(&value)).then_some(value as i64)
}

fn resolve(text: &str) -> Raw {
    if !may_resolve(text) {
        return Raw::Str;
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Raw::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Raw::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Raw::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Raw::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Raw::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Raw::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if text.starts_with('.') {
        let plain = if text.contains('_') { without_separators(text) } else { Some(Cow::Borrowed(text)) };
        return plain.filter(|plain| is_float(plain)).map_or(Raw::Str, |plain| parse_float(&plain));
    }
    if !text.starts_with(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '-']) {
        return Raw::Str;
    }
    let plain: Cow<'_, str> =
        if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    match parse_int(&plain) {
        Some(raw) => raw,
        None if is_float(&plain) => parse_float(&plain),
        None => Raw::Str,
    }
}

/// The text without its `_`, where each stands between two digits.
fn without_separators(text: &str) -> Option<Cow<'_, str>> {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let separates =
        |at: usize| digit(at.checked_sub(1).and_then(|before| bytes.get(before))) && digit(bytes.get(at + 1));
    text.match_indices('_').all(|(at, _)| separates(at)).then(|| Cow::Owned(text.replace('_', "")))
}

/// Go's `strconv.ParseInt` and `ParseUint` with base 0: prefixes `0x`, `0o`, `0b` in either case, and a leading `0`
/// for octal.
fn parse_int(text: &str) -> Option<Raw> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, text.get(1..)?),
        b'+' => (false, true, text.get(1..)?),
        _ => (false, false, text),
    };
    let bytes = digits.as_bytes();
    let (radix, digits) = match (bytes.first()?, bytes.get(1).map(u8::to_ascii_lowercase)) {
        (b'0', Some(b'x')) => (16, digits.get(2..)?),
        (b'0', Some(b'o')) => (8, digits.get(2..)?),
        (b'0', Some(b'b')) => (2, digits.get(2..)?),
        (b'0', Some(_)) => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0i64.checked_sub_unsigned(magnitude).map(Raw::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Raw::Int(value)),
        Err(_) if signed => None,
        Err(_) => Some(Raw::Uint(magnitude)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(rest);
    let mut rest = rest.get(whole..).unwrap_or("");
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        if whole == 0 && length == 0 {
            return false;
        }
        rest = fraction.get(length..).unwrap_or("");
    } else if whole == 0 {
        return false;
    }
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else { return rest.is_empty() };
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    !exponent.is_empty() && digits(exponent) == exponent.len()
}

/// A number too large for a float is a string, as Go's range error makes it.
fn parse_float(text: &str) -> Raw {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Raw::Float(value),
        _ => Raw::Str,
    }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)`, with the YAML names of what is no number.
fn go_float(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    } else {
        format!("{value}")
    }
}

/// As Go reads base64: padded, and what the last letter has beyond the last byte does not count.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// What `!!binary` holds, where it is text.
pub(crate) fn decode_base64(text: &str) -> Option<String> {
    let bytes = BASE64.decode(text.replace(['\r', '\n'], "")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line: the text, and the value or the name of a key, as sigs.k8s.io/yaml 1.6.0 gives them.
    const MEASURED: &str = include_str!("../tests/data/scalars.txt");

    #[test]
    fn resolves_as_measured() {
        for line in MEASURED.lines().filter(|line| !line.starts_with('#')) {
            let (text, rest) = line.split_once(" => ").unwrap();
            let (value, key) = rest.split_once(" key ").unwrap();
            let found = match resolve_plain(text) {
                Scalar::Null => "null".to_owned(),
                Scalar::Bool(value) => value.to_string(),
                Scalar::Int(value) => value.to_string(),
                Scalar::Float(value) if value.is_finite() => format!("{value:?}"),
                Scalar::Float(_) => "error".to_owned(),
                Scalar::Str(_) => "string".to_owned(),
            };
            // The largest numbers are written in several ways; equal values are enough.
            let equal = found == value
                || matches!((found.parse::<f64>(), value.parse::<f64>()), (Ok(one), Ok(other)) if one == other);
            assert!(equal, "{text:?} is {found}, measured {value}");
            assert_eq!(plain_key(text).as_deref().unwrap_or("error"), key, "{text:?}");
        }
    }

    #[test]
    fn tags_decide() {
        assert_eq!(resolve_tagged("!!str", "1"), Scalar::Str("1"));
        assert_eq!(resolve_tagged("!!str", ""), Scalar::Str(""));
        assert_eq!(resolve_tagged("!!int", "0x10"), Scalar::Int(16));
        assert_eq!(resolve_tagged("!!int", "x"), Scalar::Str("x"));
        assert_eq!(resolve_tagged("!!float", "1"), Scalar::Int(1));
        assert_eq!(resolve_tagged("!!bool", "on"), Scalar::Bool(true));
        assert_eq!(resolve_tagged("!!null", ""), Scalar::Null);
        assert_eq!(resolve_tagged("!vault", "1"), Scalar::Str("1"));
    }

    #[test]
    fn base64() {
        assert_eq!(decode_base64("aGk=").as_deref(), Some("hi"));
        assert_eq!(decode_base64("aGkh\n").as_deref(), Some("hi!"));
        assert_eq!(decode_base64("aA==").as_deref(), Some("h"));
        assert_eq!(decode_base64("").as_deref(), Some(""));
        for wrong in ["a", "aG", "aG=", "aGk", "aG k", "=", "aGk=a"] {
            assert_eq!(decode_base64(wrong), None, "{wrong:?}");
        }
    }
}
