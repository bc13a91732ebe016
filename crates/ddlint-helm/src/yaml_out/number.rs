//! Numbers as Go prints them: the shortest digits that read back as the same number, in the three layouts that
//! the encoders use.
//!
//! Deliberately absent: `printf` verbs (see `fmt`).

/// Sign, shortest decimal digits, and where the point stands: the value is `0.DIGITS × 10^point`.
struct Shortest {
    negative: bool,
    digits: Vec<u8>,
    point: i32,
}

fn shortest(value: f64) -> Shortest {
    let text = crate::fmt::scientific(value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = if value == 0.0 { 0 } else { exponent + 1 };
    Shortest { negative: value.is_sign_negative(), digits, point }
}

impl Shortest {
    fn sign(&self) -> String {
        String::from(if self.negative { "-" } else { "" })
    }
    /// `ddd.ddd`
    fn plain(&self) -> String {
        let mut out = self.sign();
        let count = self.digits.len() as i32;
        let digit = |at: i32| match usize::try_from(at).ok().and_then(|at| self.digits.get(at)) {
            Some(&digit) => char::from(digit),
            None => '0',
        };
        if self.point <= 0 {
            out.push('0');
        }
        (0..self.point).for_each(|at| out.push(digit(at)));
        if count > self.point && self.digits != b"0" {
            out.push('.');
            (self.point..count).for_each(|at| out.push(digit(at)));
        }
        out
    }
    /// `d.ddde±XX` with at least `width` digits in the exponent.
    fn scientific(&self, width: usize) -> String {
        let mut out = self.sign();
        let mut digits = self.digits.iter().map(|&d| char::from(d));
        out.extend(digits.next());
        if self.digits.len() > 1 {
            out.push('.');
            out.extend(digits);
        }
        let exponent = if self.digits == b"0" { 0 } else { self.point - 1 };
        out.push_str(if exponent < 0 { "e-" } else { "e+" });
        out.push_str(&format!("{:0width$}", exponent.unsigned_abs()));
        out
    }
}

/// What `encoding/json` writes; none for what JSON has no number for.
pub(crate) fn json(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let size = value.abs();
    let number = shortest(value);
    Some(match size != 0.0 && !(1e-6..1e21).contains(&size) {
        // A negative exponent of one digit stays so here; a positive one has two digits anyway.
        true => number.scientific(1),
        false => number.plain(),
    })
}

/// What the YAML emitters write for a `float64`: `%g` with the shortest digits.
pub(crate) fn general(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let number = shortest(value);
    let exponent = number.point - 1;
    match number.digits != b"0" && !(-4..6).contains(&exponent) {
        true => number.scientific(2),
        false => number.plain(),
    }
}

/// What the TOML encoder writes: never an exponent, always a point.
pub(crate) fn toml(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        return format!("{sign}nan");
    }
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let mut text = shortest(value).plain();
    if !text.contains('.') {
        text.push_str(".0");
    }
    text
}
