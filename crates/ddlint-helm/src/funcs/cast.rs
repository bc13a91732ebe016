//! What sprig's number functions make of any value: the coercions of Go's `cast` library, and its formatting of
//! any value as text.
//!
//! Deliberately absent: errors. A value that has no number is zero, as in sprig.

use crate::funcs::times::{TimeNumber, time_number};
use crate::value::{Data, Value};

/// `int64`, and `int`, which is as wide here.
pub(crate) fn to_int(value: &Value) -> i64 {
    match &value.data {
        Data::Int(n) | Data::Int64(n) => *n,
        Data::Float(f) => float_to_int(*f),
        Data::Bool(b) => i64::from(*b),
        Data::Str(text) => parse_int(without_zero_decimals(text.bytes())).unwrap_or(0),
        Data::Object(object) => match time_number(object.as_ref()) {
            Some(TimeNumber::Enumerated(n)) => n,
            _ => 0,
        },
        Data::Nil | Data::List(_) | Data::Map(_) => 0,
    }
}

/// `float64`
pub(crate) fn to_float(value: &Value) -> f64 {
    match &value.data {
        Data::Float(f) => *f,
        Data::Str(text) => parse_float(text.bytes()).unwrap_or(0.0),
        _ => to_int(value) as f64,
    }
}

/// Go's conversion on x86-64: what does not fit is the smallest number.
pub(crate) fn float_to_int(f: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&f) { f as i64 } else { i64::MIN }
}

/// `1.00` without its decimals; anything else stays.
fn without_zero_decimals(text: &[u8]) -> &[u8] {
    let zeros = text.iter().rev().take_while(|b| **b == b'0').count();
    match text.len().checked_sub(zeros + 1).and_then(|at| text.split_at_checked(at)) {
        Some((head, [b'.', ..])) if zeros > 0 => head,
        _ => text,
    }
}

/// Go's `strconv.ParseInt(text, 0, 64)`: the base by the prefix, and underscores between digits.
pub(crate) fn parse_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (base, body) = match digits {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => (2, rest),
        [b'0', b'o' | b'O', rest @ ..] if !rest.is_empty() => (8, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, digits),
    };
    let prefixed = body.len() != digits.len();
    if !underscores_are_between_digits(body, prefixed) {
        return None;
    }
    let magnitude = parse_digits(body, base)?;
    sign(negative, magnitude)
}

/// Go's `strconv.ParseInt(text, base, 64)` for a base that is given.
pub(crate) fn parse_int_base(text: &[u8], base: u32) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.contains(&b'_') {
        return None;
    }
    sign(negative, parse_digits(digits, base)?)
}

fn sign(negative: bool, magnitude: u64) -> Option<i64> {
    match negative {
        true if magnitude == 1 << 63 => Some(i64::MIN),
        true => i64::try_from(magnitude).ok().map(|n| -n),
        false => i64::try_from(magnitude).ok(),
    }
}

fn parse_digits(digits: &[u8], base: u32) -> Option<u64> {
    let mut some = false;
    let mut total = 0u64;
    for digit in digits.iter().filter(|b| **b != b'_') {
        let value = char::from(*digit).to_digit(base)?;
        total = total.checked_mul(u64::from(base))?.checked_add(u64::from(value))?;
        some = true;
    }
    some.then_some(total)
}

fn underscores_are_between_digits(body: &[u8], prefixed: bool) -> bool {
    let mut after_digit = prefixed;
    let mut open = false;
    for byte in body {
        match byte {
            b'_' if !after_digit => return false,
            b'_' => (after_digit, open) = (false, true),
            _ if byte.is_ascii_hexdigit() => (after_digit, open) = (true, false),
            _ if open => return false,
            _ => after_digit = false,
        }
    }
    !open
}

/// Go's `strconv.ParseFloat`; none where it gives an error, also for what is too large.
pub(crate) fn parse_float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let lower = body.to_ascii_lowercase();
    let magnitude = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" if body.len() == text.len() => f64::NAN,
        _ if lower.starts_with("0x") => parse_hex_float(lower.get(2..)?)?,
        _ => {
            if lower.contains('_') && !underscores_are_between_digits(lower.as_bytes(), false) {
                return None;
            }
            let lower = lower.replace('_', "");
            let plain = lower.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'));
            let value = if plain { lower.parse::<f64>().ok()? } else { return None };
            if value.is_infinite() {
                return None;
            }
            value
        }
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// `1.8p3` after `0x`; the exponent is required.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if exponent_digits.is_empty() || !exponent_digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let exponent: i32 =
        exponent.parse().unwrap_or(if exponent.starts_with('-') { -100_000 } else { 100_000 });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !underscores_are_between_digits(whole.as_bytes(), true) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let mut value = 0f64;
    let mut scale = exponent;
    for digit in whole.chars().filter(|c| *c != '_') {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    for digit in fraction.chars().filter(|c| *c != '_') {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
        scale = scale.saturating_sub(4);
    }
    let result = value * 2f64.powi(scale.clamp(-2000, 2000));
    result.is_finite().then_some(result)
}
