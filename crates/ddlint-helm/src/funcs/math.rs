//! The functions on numbers. Everything is coerced first, as sprig does; integers wrap around.
//!
//! Deliberately absent: random numbers (`random`).

use super::bridge::print_value;
use super::decimal::Decimal;
use super::{Args, Call, FuncDef, FuncError, Ty, cast};
use crate::value::{Data, Value};

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("atoi", &[Ty::Str], atoi),
    FuncDef::fixed("int64", &[Ty::Any], int64),
    FuncDef::fixed("int", &[Ty::Any], int),
    FuncDef::fixed("float64", &[Ty::Any], float64),
    FuncDef::fixed("toDecimal", &[Ty::Any], to_decimal),
    FuncDef::fixed("add1", &[Ty::Any], add1),
    FuncDef::variadic("add", &[Ty::Any], add),
    FuncDef::fixed("sub", &[Ty::Any, Ty::Any], sub),
    FuncDef::fixed("div", &[Ty::Any, Ty::Any], div),
    FuncDef::fixed("mod", &[Ty::Any, Ty::Any], modulo),
    FuncDef::variadic("mul", &[Ty::Any, Ty::Any], mul),
    FuncDef::fixed("add1f", &[Ty::Any], add1f),
    FuncDef::variadic("addf", &[Ty::Any], addf),
    FuncDef::variadic("subf", &[Ty::Any, Ty::Any], subf),
    FuncDef::variadic("divf", &[Ty::Any, Ty::Any], divf),
    FuncDef::variadic("mulf", &[Ty::Any, Ty::Any], mulf),
    FuncDef::variadic("max", &[Ty::Any, Ty::Any], max),
    FuncDef::variadic("biggest", &[Ty::Any, Ty::Any], max),
    FuncDef::variadic("min", &[Ty::Any, Ty::Any], min),
    FuncDef::variadic("maxf", &[Ty::Any, Ty::Any], maxf),
    FuncDef::variadic("minf", &[Ty::Any, Ty::Any], minf),
    FuncDef::fixed("floor", &[Ty::Any], floor),
    FuncDef::fixed("ceil", &[Ty::Any], ceil),
    FuncDef::variadic("round", &[Ty::Any, Ty::Int, Ty::Float], round),
];

fn long(call: &mut Call<'_>, args: &[Value], n: i64) -> Out {
    Ok(Value { data: Data::Int64(n), origin: call.mixed(args) })
}

fn short(call: &mut Call<'_>, args: &[Value], n: i64) -> Out {
    Ok(Value { data: Data::Int(n), origin: call.mixed(args) })
}

fn double(call: &mut Call<'_>, args: &[Value], f: f64) -> Out {
    Ok(Value { data: Data::Float(f), origin: call.mixed(args) })
}

fn n(args: &[Value], i: usize) -> i64 {
    cast::to_int(args.any(i))
}

/// Go's `Atoi`, without its error: too large a number is the largest one.
fn atoi(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(0)?.bytes();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let valid = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = match cast::parse_int_base(text, 10) {
        Some(number) => number,
        None if valid && negative => i64::MIN,
        None if valid => i64::MAX,
        None => 0,
    };
    short(call, args, number)
}

fn int64(call: &mut Call<'_>, args: &[Value]) -> Out {
    long(call, args, n(args, 0))
}
fn int(call: &mut Call<'_>, args: &[Value]) -> Out {
    short(call, args, n(args, 0))
}
fn float64(call: &mut Call<'_>, args: &[Value]) -> Out {
    double(call, args, cast::to_float(args.any(0)))
}

/// An octal number, as file modes are written.
fn to_decimal(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = print_value(call, args.any(0));
    long(call, args, cast::parse_int_base(text.bytes(), 8).unwrap_or(0))
}

fn add1(call: &mut Call<'_>, args: &[Value]) -> Out {
    long(call, args, n(args, 0).wrapping_add(1))
}
fn add(call: &mut Call<'_>, args: &[Value]) -> Out {
    long(call, args, args.iter().fold(0i64, |sum, v| sum.wrapping_add(cast::to_int(v))))
}
fn sub(call: &mut Call<'_>, args: &[Value]) -> Out {
    long(call, args, n(args, 0).wrapping_sub(n(args, 1)))
}
fn mul(call: &mut Call<'_>, args: &[Value]) -> Out {
    let product = args.iter().skip(1).fold(n(args, 0), |p, v| p.wrapping_mul(cast::to_int(v)));
    long(call, args, product)
}

const DIVIDED_BY_ZERO: &str = "runtime error: integer divide by zero";

fn div(call: &mut Call<'_>, args: &[Value]) -> Out {
    match n(args, 1) {
        0 => Err(DIVIDED_BY_ZERO.into()),
        by => long(call, args, n(args, 0).wrapping_div(by)),
    }
}
fn modulo(call: &mut Call<'_>, args: &[Value]) -> Out {
    match n(args, 1) {
        0 => Err(DIVIDED_BY_ZERO.into()),
        by => long(call, args, n(args, 0).wrapping_rem(by)),
    }
}

/// Folds the arguments as decimal numbers, so that `0.1 + 0.2` is `0.3`.
fn decimals(
    call: &mut Call<'_>,
    args: &[Value],
    first: f64,
    rest: &[f64],
    fold: fn(&Decimal, &Decimal) -> Result<Decimal, String>,
) -> Out {
    let mut sum = Decimal::from_float(first)?;
    for f in rest {
        call.charge(1 + sum.size() / 64)?;
        sum = fold(&sum, &Decimal::from_float(*f)?)?;
    }
    let result = sum.to_float();
    double(call, args, result)
}

fn floats(args: &[Value]) -> Vec<f64> {
    args.iter().map(cast::to_float).collect()
}

fn add1f(call: &mut Call<'_>, args: &[Value]) -> Out {
    decimals(call, args, cast::to_float(args.any(0)), &[1.0], |a, b| Ok(a.add(b)))
}
fn addf(call: &mut Call<'_>, args: &[Value]) -> Out {
    decimals(call, args, 0.0, &floats(args), |a, b| Ok(a.add(b)))
}
fn subf(call: &mut Call<'_>, args: &[Value]) -> Out {
    let all = floats(args);
    decimals(call, args, cast::to_float(args.any(0)), all.get(1..).unwrap_or(&[]), |a, b| Ok(a.sub(b)))
}
fn mulf(call: &mut Call<'_>, args: &[Value]) -> Out {
    let all = floats(args);
    decimals(call, args, cast::to_float(args.any(0)), all.get(1..).unwrap_or(&[]), |a, b| Ok(a.mul(b)))
}
fn divf(call: &mut Call<'_>, args: &[Value]) -> Out {
    let all = floats(args);
    decimals(call, args, cast::to_float(args.any(0)), all.get(1..).unwrap_or(&[]), Decimal::div)
}

fn max(call: &mut Call<'_>, args: &[Value]) -> Out {
    long(call, args, args.iter().map(cast::to_int).max().unwrap_or(0))
}
fn min(call: &mut Call<'_>, args: &[Value]) -> Out {
    long(call, args, args.iter().map(cast::to_int).min().unwrap_or(0))
}

/// Go's `math.Max` and `math.Min`: infinity wins over what is no number, that over everything else, and zeros have
/// signs.
fn extreme(a: f64, b: f64, winner: f64) -> f64 {
    let greater = winner > 0.0;
    if a == winner || b == winner {
        winner
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() == greater { b } else { a }
    } else if (a > b) == greater {
        a
    } else {
        b
    }
}

fn maxf(call: &mut Call<'_>, args: &[Value]) -> Out {
    let all = floats(args);
    let first = all.first().copied().unwrap_or(0.0);
    double(call, args, all.iter().skip(1).fold(first, |a, b| extreme(a, *b, f64::INFINITY)))
}
fn minf(call: &mut Call<'_>, args: &[Value]) -> Out {
    let all = floats(args);
    let first = all.first().copied().unwrap_or(0.0);
    double(call, args, all.iter().skip(1).fold(first, |a, b| extreme(a, *b, f64::NEG_INFINITY)))
}

fn floor(call: &mut Call<'_>, args: &[Value]) -> Out {
    double(call, args, cast::to_float(args.any(0)).floor())
}
fn ceil(call: &mut Call<'_>, args: &[Value]) -> Out {
    double(call, args, cast::to_float(args.any(0)).ceil())
}

/// Rounds up from the third argument on, which is a half where it is missing. A negative number's part after the
/// point is negative, so it is always rounded down.
fn round(call: &mut Call<'_>, args: &[Value]) -> Out {
    let on = if args.len() > 2 { args.float(2)? } else { 0.5 };
    let power = 10f64.powf(args.int(1)? as f64);
    let shifted = power * cast::to_float(args.any(0));
    let rounded = if shifted.fract() >= on { shifted.ceil() } else { shifted.floor() };
    double(call, args, rounded / power)
}
