//! What a plain scalar would be read as: whether a string has to be quoted so that it stays a string.
//!
//! The rules are those of the YAML 1.1 reader that Helm uses. Deliberately absent: the values themselves; only the
//! yes or no counts here. Reading with values is `ddlint-yaml`'s.

use super::Flavour;

/// Whether the reader would take this plain text for something else than a string, or another YAML 1.1 reader
/// would (sexagesimal numbers).
pub(super) fn needs_quotes(text: &str, flavour: Flavour) -> bool {
    let Some(&first) = text.as_bytes().first() else { return true };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => is_word(text),
        b'.' => is_special_float(text) || is_go_float(text),
        b'+' | b'-' | b'0'..=b'9' => {
            is_special_float(text) || is_timestamp(text) || is_number(text, flavour) || is_sexagesimal(text)
        }
        _ => false,
    }
}

fn is_word(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "true"
            | "True"
            | "TRUE"
            | "false"
            | "False"
            | "FALSE"
            | "on"
            | "On"
            | "ON"
            | "off"
            | "Off"
            | "OFF"
            | "~"
            | "null"
            | "Null"
            | "NULL"
    )
}

fn is_special_float(text: &str) -> bool {
    matches!(
        text,
        ".nan"
            | ".NaN"
            | ".NAN"
            | ".inf"
            | ".Inf"
            | ".INF"
            | "+.inf"
            | "+.Inf"
            | "+.INF"
            | "-.inf"
            | "-.Inf"
            | "-.INF"
    )
}

fn is_number(text: &str, flavour: Flavour) -> bool {
    let without: String;
    let plain = match text.contains('_') {
        true => {
            without = text.replace('_', "");
            without.as_str()
        }
        false => text,
    };
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let negative = plain.starts_with('-');
    is_go_integer(unsigned, negative, plain.len() == unsigned.len())
        || is_yaml_float(unsigned)
        || is_prefixed(plain, "0b", "-0b", 2)
        || (flavour == Flavour::V3 && is_prefixed(plain, "0o", "-0o", 8))
}

/// Digits behind a prefix, read by a second attempt that lets a sign stand behind the prefix.
fn is_prefixed(plain: &str, prefix: &str, negative_prefix: &str, base: u32) -> bool {
    match (plain.strip_prefix(prefix), plain.strip_prefix(negative_prefix)) {
        (Some(rest), _) => {
            let digits = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            fits(digits, base, rest.starts_with('-'), digits.len() == rest.len())
        }
        (None, Some(rest)) => fits(rest, base, true, false),
        (None, None) => false,
    }
}

/// An integer as Go's base 0 reads it: `0x`, `0o`, `0b` and a leading zero choose the base.
fn is_go_integer(unsigned: &str, negative: bool, may_be_u64: bool) -> bool {
    let bytes = unsigned.as_bytes();
    let (digits, base) = match (bytes.first(), bytes.get(1), bytes.len()) {
        (Some(b'0'), Some(b'x' | b'X'), 3..) => (unsigned.get(2..), 16),
        (Some(b'0'), Some(b'o' | b'O'), 3..) => (unsigned.get(2..), 8),
        (Some(b'0'), Some(b'b' | b'B'), 3..) => (unsigned.get(2..), 2),
        (Some(b'0'), None, _) => return true,
        (Some(b'0'), _, _) => (unsigned.get(1..), 8),
        _ => (Some(unsigned), 10),
    };
    digits.is_some_and(|digits| fits(digits, base, negative, may_be_u64))
}

/// Whether it is digits only, and small enough for 64 bits.
fn fits(digits: &str, base: u32, negative: bool, may_be_u64: bool) -> bool {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return false;
    }
    match u64::from_str_radix(digits, base) {
        Err(_) => false,
        Ok(size) => may_be_u64 || size < 1 << 63 || (negative && size == 1 << 63),
    }
}

/// `.5`, `1.`, `1.5e-3`; what overflows is no number.
fn is_yaml_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let good_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let good_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    good_mantissa && good_exponent && unsigned.parse::<f64>().is_ok_and(f64::is_finite)
}

/// What Go's `ParseFloat` takes and begins with a point: digits with an optional exponent, underscores between two
/// digits.
fn is_go_float(text: &str) -> bool {
    let digit = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
    let separates = |(at, _): (usize, &str)| digit(at.checked_sub(1)) && digit(at.checked_add(1));
    text.match_indices('_').all(separates) && is_yaml_float(&text.replace('_', ""))
}

/// `190:20:30` and `1:30.5`: base 60, which this reader does not know but others do.
fn is_sexagesimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let first_good = parts.next().is_some_and(|first| {
        first.starts_with(|c: char| c.is_ascii_digit())
            && first.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    });
    let mut rest: Vec<&str> = parts.collect();
    let Some(last) = rest.pop() else { return false };
    let last = match last.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') => whole,
        Some(_) => return false,
        None => last,
    };
    let sixtieth = |part: &str| matches!(part.as_bytes(), [b'0'..=b'5', b'0'..=b'9'] | [b'0'..=b'9']);
    first_good && rest.into_iter().all(sixtieth) && sixtieth(last)
}

/// The four layouts of a time that the reader knows, as leniently as Go's time parser reads them.
pub(super) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((year, rest)) = bytes.split_at_checked(4) else { return false };
    if !year.iter().all(u8::is_ascii_digit) || rest.first() != Some(&b'-') {
        return false;
    }
    let year = year.iter().fold(0u32, |sum, d| sum * 10 + u32::from(d - b'0'));
    let mut at = Cursor(rest);
    let date = at.byte(b'-') && {
        let month = at.number();
        at.byte(b'-') && matches!((month, at.number()), (Some(m), Some(d)) if day_exists(year, m, d))
    };
    if !date {
        return false;
    }
    match at.0.first() {
        None => true,
        Some(b'T' | b't') => {
            at.0 = at.0.get(1..).unwrap_or_default();
            at.clock() && at.zone() && at.0.is_empty()
        }
        Some(b' ') => {
            while at.byte(b' ') {}
            at.clock() && at.0.is_empty()
        }
        Some(_) => false,
    }
}

fn day_exists(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn byte(&mut self, expected: u8) -> bool {
        match self.0.split_first() {
            Some((&first, rest)) if first == expected => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }
    /// One digit, or two where there are two.
    fn number(&mut self) -> Option<u32> {
        let digits = self.0.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        (digits > 0).then(|| number.iter().fold(0, |sum, d| sum * 10 + u32::from(d - b'0')))
    }
    /// Hour, minute, second, fraction.
    fn clock(&mut self) -> bool {
        let good = self.number().is_some_and(|hour| hour < 24)
            && self.byte(b':')
            && self.number().is_some_and(|minute| minute < 60)
            && self.byte(b':')
            && self.number().is_some_and(|second| second < 60);
        if good && matches!(self.0, [b'.' | b',', b'0'..=b'9', ..]) {
            let digits = self.0.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
            self.0 = self.0.get(1 + digits..).unwrap_or_default();
        }
        good
    }
    /// `Z` or `+hh:mm`; Go lets 24 and 60 pass.
    fn zone(&mut self) -> bool {
        if self.byte(b'Z') {
            return true;
        }
        match self.0 {
            [
                b'+' | b'-',
                h1 @ b'0'..=b'9',
                h2 @ b'0'..=b'9',
                b':',
                m1 @ b'0'..=b'9',
                m2 @ b'0'..=b'9',
                rest @ ..,
            ] => {
                self.0 = rest;
                (h1 - b'0') * 10 + (h2 - b'0') <= 24 && (m1 - b'0') * 10 + (m2 - b'0') <= 60
            }
            _ => false,
        }
    }
}
