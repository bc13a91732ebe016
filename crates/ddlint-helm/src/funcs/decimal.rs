//! Decimal numbers of any length, for sprig's `addf`, `divf` and their like: exact sums and products of what the
//! shortest text of a float says, and quotients to sixteen places.
//!
//! Deliberately absent: everything else that decimals can do.

use num_bigint::{BigInt, Sign};
use num_traits::{Signed, ToPrimitive, Zero};

/// `value × 10^exponent`
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    value: BigInt,
    exponent: i32,
}

/// Places after the point that a quotient has.
const PLACES: i32 = 16;

fn ten_to(n: u32) -> BigInt {
    BigInt::from(10).pow(n)
}

impl Decimal {
    /// The number that the shortest text of the float says.
    pub(super) fn from_float(f: f64) -> Result<Decimal, String> {
        if !f.is_finite() {
            let name = if f.is_nan() {
                "NaN"
            } else if f > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(format!("Cannot create a Decimal from {name}"));
        }
        let text = format!("{f:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
        let decimals = mantissa.split_once('.').map_or(0, |(_, d)| d.len()) as i32;
        let value = BigInt::parse_bytes(digits.as_bytes(), 10).unwrap_or_default();
        let exponent = exponent.parse::<i32>().unwrap_or(0) - decimals;
        Ok(Decimal { value, exponent: if f == 0.0 { 0 } else { exponent } })
    }

    /// How much work it is to calculate with.
    pub(super) fn size(&self) -> u64 {
        self.value.bits()
    }

    /// Both with one exponent.
    fn aligned(&self, other: &Decimal) -> (BigInt, BigInt, i32) {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |d: &Decimal| &d.value * ten_to((d.exponent - exponent).unsigned_abs());
        (scaled(self), scaled(other), exponent)
    }

    pub(super) fn add(&self, other: &Decimal) -> Decimal {
        let (a, b, exponent) = self.aligned(other);
        Decimal { value: a + b, exponent }
    }

    pub(super) fn sub(&self, other: &Decimal) -> Decimal {
        let (a, b, exponent) = self.aligned(other);
        Decimal { value: a - b, exponent }
    }

    pub(super) fn mul(&self, other: &Decimal) -> Decimal {
        Decimal { value: &self.value * &other.value, exponent: self.exponent.saturating_add(other.exponent) }
    }

    /// The quotient rounded to sixteen places, halves away from zero.
    pub(super) fn div(&self, other: &Decimal) -> Result<Decimal, String> {
        if other.value.is_zero() {
            return Err("decimal division by 0".to_owned());
        }
        let shift = self.exponent.saturating_sub(other.exponent).saturating_add(PLACES);
        let power = ten_to(shift.unsigned_abs());
        let (numerator, denominator) = match shift >= 0 {
            true => (&self.value * power, other.value.clone()),
            false => (self.value.clone(), &other.value * power),
        };
        let quotient = &numerator / &denominator;
        let rest = (&numerator % &denominator).abs();
        let value = if rest * 2 < denominator.abs() {
            quotient
        } else if (numerator.sign() == Sign::Minus) != (denominator.sign() == Sign::Minus) {
            quotient - 1
        } else {
            quotient + 1
        };
        Ok(Decimal { value, exponent: -PLACES })
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        if self.value.is_zero() {
            return 0.0;
        }
        format!("{}e{}", self.value, self.exponent)
            .parse()
            .unwrap_or_else(|_| self.value.to_f64().unwrap_or(f64::NAN))
    }
}
