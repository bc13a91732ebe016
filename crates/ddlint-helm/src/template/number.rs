//! Number and character constants: Go's syntax, and under which types a constant can be used.
//!
//! Deliberately absent: complex numbers. Go's template language has them, no chart does; here they are a syntax
//! error.

use super::ast::{Ideal, Number};
use crate::fmt::{Unit, quote, unquote_char};

/// A character constant with its marks, `'x'`.
pub(super) fn character(text: &[u8]) -> Result<Number, String> {
    let inside = text.get(1..).unwrap_or_default();
    let (unit, tail) = unquote_char(inside, b'\'').ok_or("invalid syntax")?;
    if tail != b"'" {
        return Err(format!("malformed character constant: {}", String::from_utf8_lossy(text)));
    }
    let code = match unit {
        Unit::Byte(b) => u32::from(b),
        Unit::Char(c) => c as u32,
    };
    Ok(Number {
        text: String::from_utf8_lossy(text).into(),
        int: Some(i64::from(code)),
        float: Some(f64::from(code)),
        ideal: Ideal::Int(i64::from(code)),
    })
}

/// A number constant.
pub(super) fn number(bytes: &[u8]) -> Result<Number, String> {
    // Nearly all: a few digits.
    if let [b'1'..=b'9', ..] | [b'0'] = bytes
        && bytes.len() <= 15
        && bytes.iter().all(u8::is_ascii_digit)
    {
        let int = bytes.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        let text = String::from_utf8_lossy(bytes).into();
        return Ok(Number { text, int: Some(int), float: Some(int as f64), ideal: Ideal::Int(int) });
    }
    let text = String::from_utf8_lossy(bytes).into_owned();
    let uint = parse_uint(&text);
    let int = parse_int(&text);
    let looks_float = text.contains(['.', 'e', 'E', 'p', 'P']);
    if int.is_some() || uint.is_some() {
        let float = int.map(|i| i as f64).or(uint.map(|u| u as f64));
        // `0xe` has an `e` and is an integer all the same.
        let ideal = int.map_or(Ideal::Overflow, Ideal::Int);
        return Ok(Number { text: text.into(), int, float, ideal });
    }
    let Some(float) = parse_float(&text) else {
        return Err(format!("illegal number syntax: {}", quote(bytes)));
    };
    if !looks_float {
        return Err(format!("integer overflow: {}", quote(bytes)));
    }
    let whole = float.fract() == 0.0 && float.abs() < 9.3e18;
    let int = (whole && (float as i64) as f64 == float).then_some(float as i64);
    Ok(Number { text: text.into(), int, float: Some(float), ideal: Ideal::Float(float) })
}

/// `strconv.ParseUint(text, 0, 64)`
fn parse_uint(text: &str) -> Option<u64> {
    if !underscores_separate_digits(text) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits.replace('_', ""), radix).ok()
}

/// `strconv.ParseInt(text, 0, 64)`
fn parse_int(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) if !rest.starts_with('+') => 0i64.checked_sub_unsigned(parse_uint(rest)?),
        _ => i64::try_from(parse_uint(text.strip_prefix('+').unwrap_or(text))?).ok(),
    }
}

/// `strconv.ParseFloat(text, 64)`; an overflow is no number.
fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if text.len() - unsigned.len() > 1 {
        return None;
    }
    let negative = text.starts_with('-');
    let lower = unsigned.to_ascii_lowercase();
    let float = if let Some(hex) = lower.strip_prefix("0x") {
        if !underscores_separate_digits(&lower) {
            return None;
        }
        hex_float(&hex.replace('_', ""))?
    } else {
        let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-' | b'_');
        if !lower.bytes().all(plain) || !underscores_separate_digits(&lower) {
            return None;
        }
        lower.replace('_', "").parse::<f64>().ok()?
    };
    float.is_finite().then_some(if negative { -float } else { float })
}

/// `1.8p-2` in hexadecimal; the exponent is required.
fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 13 {
        return None;
    }
    let mantissa = u64::from_str_radix(&digits, 16).ok()? as f64;
    let exponent: i32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let shift = exponent.checked_sub(4 * fraction.len() as i32)?.clamp(-2000, 2000);
    Some(mantissa * 2f64.powi(shift / 2) * 2f64.powi(shift - shift / 2))
}

/// Go: underscores must stand between digits, or between a base prefix and a digit.
fn underscores_separate_digits(text: &str) -> bool {
    if !text.contains('_') {
        return true;
    }
    let body = text.strip_prefix(['+', '-']).unwrap_or(text).to_ascii_lowercase();
    let (mut last_is_digit, body, hex) = match body.get(..2) {
        Some(prefix @ ("0x" | "0b" | "0o")) => (true, &body[2..], prefix == "0x"),
        _ => (false, body.as_str(), false),
    };
    let mut last_underscore = false;
    for b in body.bytes() {
        let digit = b.is_ascii_digit() || hex && b.is_ascii_hexdigit();
        match b {
            b'_' if !last_is_digit => return false,
            b'_' => {
                last_is_digit = false;
                last_underscore = true;
            }
            _ if !digit && last_underscore => return false,
            _ => {
                last_is_digit = digit;
                last_underscore = false;
            }
        }
    }
    !last_underscore
}
