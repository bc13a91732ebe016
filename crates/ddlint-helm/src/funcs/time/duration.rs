//! Durations as Go writes and reads them: `1h2m3.5s`. A duration is a number of nanoseconds.

use super::quote;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The text of a duration.
pub(crate) fn print(nanoseconds: i64) -> String {
    let size = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let fraction = |unit: u64| {
        let width = unit.ilog10() as usize;
        let digits = format!("{:0width$}", size % unit);
        let digits = if unit == 1 { "" } else { digits.trim_end_matches('0') };
        if digits.is_empty() { String::new() } else { format!(".{digits}") }
    };
    match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{size}ns"),
        1_000..1_000_000 => format!("{sign}{}{}\u{b5}s", size / 1_000, fraction(1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}{}ms", size / 1_000_000, fraction(1_000_000)),
        _ => {
            let seconds = size / 1_000_000_000;
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            let mut out = sign.to_owned();
            if hours > 0 {
                out.push_str(&format!("{hours}h"));
            }
            if seconds >= 60 {
                out.push_str(&format!("{minutes}m"));
            }
            out.push_str(&format!("{}{}s", seconds % 60, fraction(1_000_000_000)));
            out
        }
    }
}

/// Reads a duration; the error is Go's.
pub(crate) fn parse(text: &[u8]) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let limit = 1u64 << 63;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after_fraction) = match after {
            [b'.', tail @ ..] => digits(tail),
            _ => (&[][..], after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let unit_length = after_fraction.iter().take_while(|b| **b != b'.' && !b.is_ascii_digit()).count();
        let (unit, tail) = after_fraction.split_at(unit_length);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote(text)));
        }
        let Some((_, size)) = UNITS.iter().find(|(name, _)| name.as_bytes() == unit) else {
            return Err(format!("time: unknown unit {} in duration {}", quote(unit), quote(text)));
        };
        let mut value = number(whole).filter(|n| *n <= limit / size).ok_or_else(invalid)? * size;
        if !fraction.is_empty() {
            // Only as many digits as fit count, as in Go.
            let (mut sum, mut scale) = (0u64, 1f64);
            for digit in fraction {
                let next = sum.checked_mul(10).and_then(|s| s.checked_add(u64::from(digit - b'0')));
                match next.filter(|n| *n <= limit) {
                    Some(next) => (sum, scale) = (next, scale * 10.0),
                    None => break,
                }
            }
            value += (sum as f64 * (*size as f64 / scale)) as u64;
        }
        total = total.checked_add(value).filter(|t| *t <= limit).ok_or_else(invalid)?;
        rest = tail;
    }
    match (negative, total == limit) {
        (true, true) => Ok(i64::MIN),
        (false, true) => Err(invalid()),
        (true, false) => Ok(-(total as i64)),
        (false, false) => Ok(total as i64),
    }
}

/// To the nearest multiple, halves away from zero.
pub(crate) fn round(nanoseconds: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return nanoseconds;
    }
    let rest = nanoseconds % unit;
    let down = nanoseconds - rest;
    if rest.unsigned_abs() * 2 < unit.unsigned_abs() {
        return down;
    }
    let away = if nanoseconds < 0 { down.checked_sub(unit) } else { down.checked_add(unit) };
    away.unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count())
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |n, d| n.checked_mul(10)?.checked_add(u64::from(d - b'0')))
}
