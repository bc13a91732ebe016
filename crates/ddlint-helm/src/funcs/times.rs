//! The functions on dates and durations, and the objects behind them.
//!
//! The present is a fixed moment with the origin of a random function; the local zone is UTC.

use super::gostr::trim_space;
use super::strings::mixed_text;
use super::time::{MONTHS, Moment, WEEKDAYS, duration, parse};
use super::{Args, Call, FuncDef, FuncError, Ty, cast};
use crate::origin::OriginId;
use crate::value::{Data, Object, Value};
use std::rc::Rc;

type Out = Result<Value, FuncError>;

const TIME: Ty = Ty::Named("time.Time");

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("now", &[], now),
    FuncDef::fixed("date", &[Ty::Str, Ty::Any], date),
    FuncDef::fixed("dateInZone", &[Ty::Str, Ty::Any, Ty::Str], date_in_zone),
    FuncDef::fixed("date_in_zone", &[Ty::Str, Ty::Any, Ty::Str], date_in_zone),
    FuncDef::fixed("htmlDate", &[Ty::Any], html_date),
    FuncDef::fixed("htmlDateInZone", &[Ty::Any, Ty::Str], html_date_in_zone),
    FuncDef::fixed("dateModify", &[Ty::Str, TIME], date_modify),
    FuncDef::fixed("date_modify", &[Ty::Str, TIME], date_modify),
    FuncDef::fixed("mustDateModify", &[Ty::Str, TIME], must_date_modify),
    FuncDef::fixed("must_date_modify", &[Ty::Str, TIME], must_date_modify),
    FuncDef::fixed("toDate", &[Ty::Str, Ty::Str], to_date),
    FuncDef::fixed("mustToDate", &[Ty::Str, Ty::Str], must_to_date),
    FuncDef::fixed("ago", &[Ty::Any], ago),
    FuncDef::fixed("duration", &[Ty::Any], seconds_as_duration),
    FuncDef::fixed("durationRound", &[Ty::Any], duration_round),
    FuncDef::fixed("unixEpoch", &[TIME], unix_epoch),
    FuncDef::fixed("mustToDuration", &[Ty::Any], must_to_duration).v4(),
    FuncDef::fixed("durationNanoseconds", &[Ty::Any], duration_integer).v4(),
    FuncDef::fixed("durationMicroseconds", &[Ty::Any], duration_integer).v4(),
    FuncDef::fixed("durationMilliseconds", &[Ty::Any], duration_integer).v4(),
    FuncDef::fixed("durationSeconds", &[Ty::Any], duration_float).v4(),
    FuncDef::fixed("durationMinutes", &[Ty::Any], duration_float).v4(),
    FuncDef::fixed("durationHours", &[Ty::Any], duration_float).v4(),
    FuncDef::fixed("durationDays", &[Ty::Any], duration_float).v4(),
    FuncDef::fixed("durationWeeks", &[Ty::Any], duration_float).v4(),
    FuncDef::fixed("durationRoundTo", &[Ty::Any, Ty::Any], duration_round_to).v4(),
    FuncDef::fixed("durationTruncateTo", &[Ty::Any, Ty::Any], duration_truncate_to).v4(),
];

/// A `time.Time` with its methods.
#[derive(Debug)]
pub(super) struct TimeObject {
    pub(super) moment: Moment,
    origin: OriginId,
}

/// A `time.Duration`, `time.Month` or `time.Weekday`: a number with a name.
#[derive(Debug)]
pub(super) struct NumberObject {
    number: TimeNumber,
    origin: OriginId,
}

/// The number behind such an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TimeNumber {
    /// Nanoseconds.
    Duration(i64),
    /// A month or a weekday; the coercion to numbers knows these, but no durations.
    Enumerated(i64),
    /// The same, a weekday.
    Weekday(i64),
}

/// The number behind an object of this module.
pub(super) fn time_number(object: &dyn Object) -> Option<TimeNumber> {
    object.as_any().downcast_ref::<NumberObject>().map(|o| match o.number {
        TimeNumber::Weekday(n) => TimeNumber::Enumerated(n),
        number => number,
    })
}

/// A time value.
pub(crate) fn time_value(moment: Moment, origin: OriginId) -> Value {
    Value { data: Data::Object(Rc::new(TimeObject { moment, origin })), origin }
}

fn number_value(number: TimeNumber, origin: OriginId) -> Value {
    Value { data: Data::Object(Rc::new(NumberObject { number, origin })), origin }
}

impl Object for NumberObject {
    fn type_name(&self) -> &'static str {
        match self.number {
            TimeNumber::Duration(_) => "time.Duration",
            TimeNumber::Enumerated(_) => "time.Month",
            TimeNumber::Weekday(_) => "time.Weekday",
        }
    }
    fn kind(&self) -> &'static str {
        if matches!(self.number, TimeNumber::Duration(_)) { "int64" } else { "int" }
    }
    fn field(&self, name: &str) -> Option<Value> {
        let origin = self.origin;
        let TimeNumber::Duration(n) = self.number else {
            return (name == "String").then(|| Value::str(self.print(), origin));
        };
        let float = |f: f64| Value { data: Data::Float(f), origin };
        let long = |n: i64| Value { data: Data::Int64(n), origin };
        Some(match name {
            "String" => Value::str(self.print(), origin),
            "Nanoseconds" => long(n),
            "Microseconds" => long(n / 1_000),
            "Milliseconds" => long(n / 1_000_000),
            "Seconds" => float(in_units(n, 1_000_000_000)),
            "Minutes" => float(in_units(n, 60_000_000_000)),
            "Hours" => float(in_units(n, 3_600_000_000_000)),
            "Abs" => number_value(TimeNumber::Duration(n.saturating_abs()), origin),
            _ => return None,
        })
    }
    fn print(&self) -> Vec<u8> {
        match self.number {
            TimeNumber::Duration(n) => duration::print(n),
            TimeNumber::Enumerated(n) => named(&MONTHS, n - 1, "Month", n),
            TimeNumber::Weekday(n) => named(&WEEKDAYS, n, "Weekday", n),
        }
        .into_bytes()
    }
    fn encode(&self) -> Value {
        let (TimeNumber::Duration(n) | TimeNumber::Enumerated(n) | TimeNumber::Weekday(n)) = self.number;
        Value { data: Data::Int64(n), origin: self.origin }
    }
    fn truth(&self) -> bool {
        !matches!(self.number, TimeNumber::Duration(0) | TimeNumber::Enumerated(0) | TimeNumber::Weekday(0))
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn named(names: &[&str], index: i64, kind: &str, n: i64) -> String {
    let name = usize::try_from(index).ok().and_then(|i| names.get(i));
    name.map_or_else(|| format!("%!{kind}({n})"), |name| (*name).to_owned())
}

/// Whole units and the rest apart, as Go does, so that the last digit agrees.
fn in_units(n: i64, unit: i64) -> f64 {
    (n / unit) as f64 + (n % unit) as f64 / unit as f64
}

impl TimeObject {
    fn other(args: &[Value]) -> Option<&Moment> {
        let [Value { data: Data::Object(object), .. }] = args else { return None };
        object.as_any().downcast_ref::<TimeObject>().map(|t| &t.moment)
    }

    fn duration(value: &Value) -> Option<i64> {
        match &value.data {
            Data::Int(n) | Data::Int64(n) => Some(*n),
            Data::Object(object) => match time_number(object.as_ref()) {
                Some(TimeNumber::Duration(n)) => Some(n),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Object for TimeObject {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }
    fn field(&self, name: &str) -> Option<Value> {
        let (m, origin) = (&self.moment, self.origin);
        let c = m.civil();
        let int = |n: i64| Value { data: Data::Int(n), origin };
        let long = |n: i64| Value { data: Data::Int64(n), origin };
        let nanos = m.seconds.wrapping_mul(1_000_000_000).wrapping_add(i64::from(m.nanos));
        Some(match name {
            "Year" => int(c.year),
            "Month" => number_value(TimeNumber::Enumerated(i64::from(c.month)), origin),
            "Day" => int(i64::from(c.day)),
            "Hour" => int(i64::from(c.hour)),
            "Minute" => int(i64::from(c.minute)),
            "Second" => int(i64::from(c.second)),
            "Nanosecond" => int(i64::from(m.nanos)),
            "YearDay" => int(i64::from(c.year_day)),
            "Weekday" => number_value(TimeNumber::Weekday(i64::from(c.weekday)), origin),
            "Unix" => long(m.seconds),
            "UnixNano" => long(nanos),
            "UnixMicro" => long(m.seconds.wrapping_mul(1_000_000).wrapping_add(i64::from(m.nanos / 1_000))),
            "UnixMilli" => long(m.seconds.wrapping_mul(1_000).wrapping_add(i64::from(m.nanos / 1_000_000))),
            "UTC" | "Local" => time_value(Moment::utc(m.seconds, m.nanos), origin),
            "IsZero" => Value::bool(m.is_zero(), origin),
            "String" => Value::str(m.print(), origin),
            _ => return None,
        })
    }
    fn call(&self, method: &str, args: &[Value]) -> Option<Result<Value, String>> {
        if args.is_empty() {
            return self.field(method).map(Ok);
        }
        let (m, origin) = (&self.moment, self.origin);
        let int = |i: usize| match args.any(i).data {
            Data::Int(n) | Data::Int64(n) => Some(n),
            _ => None,
        };
        Some(Ok(match method {
            "Format" => Value::str(m.format(args.any(0).as_text()?.bytes()), origin),
            "Add" => time_value(m.add(TimeObject::duration(args.any(0))?), origin),
            "AddDate" => time_value(m.add_date(int(0)?, int(1)?, int(2)?), origin),
            "Sub" => number_value(TimeNumber::Duration(m.since(TimeObject::other(args)?)), origin),
            "Before" => Value::bool(m.since(TimeObject::other(args)?) < 0, origin),
            "After" => Value::bool(m.since(TimeObject::other(args)?) > 0, origin),
            "Equal" => Value::bool(m.since(TimeObject::other(args)?) == 0, origin),
            _ => return None,
        }))
    }
    fn print(&self) -> Vec<u8> {
        self.moment.print().into_bytes()
    }
    fn encode(&self) -> Value {
        Value::str(self.moment.rfc3339(), self.origin)
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn now(call: &mut Call<'_>, _: &[Value]) -> Out {
    let origin = call.random();
    Ok(time_value(present(call), origin))
}

/// What time it is.
fn present(call: &Call<'_>) -> Moment {
    // From a Thursday in January to a Tuesday in August of the next year, at another time of the day: whatever is
    // printed of a clock moves on.
    let later = call.draw().pick(0, 50_678_055);
    Moment::utc(Moment::PLACEHOLDER_SECONDS + later, 0)
}

/// The moment that sprig sees in a value, and whether it took the present because it saw none.
fn moment_of(value: &Value) -> Option<Moment> {
    match &value.data {
        Data::Int(n) | Data::Int64(n) => Some(Moment::utc(*n, 0)),
        Data::Object(object) => object.as_any().downcast_ref::<TimeObject>().map(|t| t.moment.clone()),
        _ => None,
    }
}

fn moment(object: &Rc<dyn Object>) -> Result<&Moment, FuncError> {
    match object.as_any().downcast_ref::<TimeObject>() {
        Some(time) => Ok(&time.moment),
        None => Err(FuncError::new("wrong type for value; expected time.Time")),
    }
}

fn formatted(call: &mut Call<'_>, layout: &[u8], value: &Value, zone: &[u8], args: &[Value]) -> Out {
    let found = moment_of(value);
    let mut origin = call.mixed(args);
    if found.is_none() {
        let random = call.random();
        origin = call.origins.union(origin, random);
    }
    let moment = found.unwrap_or_else(|| present(call)).in_zone(&String::from_utf8_lossy(zone));
    Ok(Value::str(moment.format(layout), origin))
}

const HTML: &[u8] = b"2006-01-02";

fn date(call: &mut Call<'_>, args: &[Value]) -> Out {
    formatted(call, args.text(0)?.bytes(), args.any(1), b"Local", args)
}
fn date_in_zone(call: &mut Call<'_>, args: &[Value]) -> Out {
    formatted(call, args.text(0)?.bytes(), args.any(1), args.text(2)?.bytes(), args)
}
fn html_date(call: &mut Call<'_>, args: &[Value]) -> Out {
    formatted(call, HTML, args.any(0), b"Local", args)
}
fn html_date_in_zone(call: &mut Call<'_>, args: &[Value]) -> Out {
    formatted(call, HTML, args.any(0), args.text(1)?.bytes(), args)
}

fn date_modify(call: &mut Call<'_>, args: &[Value]) -> Out {
    match duration::parse(args.text(0)?.bytes()) {
        Ok(by) => shifted(call, args, by),
        Err(_) => Ok(args.any(1).clone()),
    }
}

fn must_date_modify(call: &mut Call<'_>, args: &[Value]) -> Out {
    let by = duration::parse(args.text(0)?.bytes())?;
    shifted(call, args, by)
}

fn shifted(call: &mut Call<'_>, args: &[Value], by: i64) -> Out {
    let moved = moment(args.object(1)?)?.add(by);
    let origin = call.mixed(args);
    Ok(time_value(moved, origin))
}

fn to_date(call: &mut Call<'_>, args: &[Value]) -> Out {
    let read = parse(args.text(0)?.bytes(), args.text(1)?.bytes()).unwrap_or_else(|_| Moment::zero());
    let origin = call.mixed(args);
    Ok(time_value(read, origin))
}

fn must_to_date(call: &mut Call<'_>, args: &[Value]) -> Out {
    let read = parse(args.text(0)?.bytes(), args.text(1)?.bytes())?;
    let origin = call.mixed(args);
    Ok(time_value(read, origin))
}

/// How long ago something is changes with every render.
fn ago(call: &mut Call<'_>, args: &[Value]) -> Out {
    let then = moment_of(args.any(0)).unwrap_or_else(|| present(call));
    let passed = duration::round(present(call).since(&then), 1_000_000_000);
    let (origin, random) = (call.mixed(args), call.random());
    let origin = call.origins.union(origin, random);
    Ok(Value::str(duration::print(passed), origin))
}

/// Go's `ParseInt` in base ten, without its error: too large a number is the largest one.
fn clamped_number(text: &[u8]) -> i64 {
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    match cast::parse_int_base(text, 10) {
        Some(n) => n,
        None if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) => 0,
        None if text.starts_with(b"-") => i64::MIN,
        None => i64::MAX,
    }
}

fn seconds_as_duration(call: &mut Call<'_>, args: &[Value]) -> Out {
    let seconds = match &args.any(0).data {
        Data::Str(text) => clamped_number(text.bytes()),
        Data::Int64(n) => *n,
        _ => 0,
    };
    Ok(mixed_text(call, args, duration::print(seconds.wrapping_mul(1_000_000_000)).into_bytes()))
}

fn duration_round(call: &mut Call<'_>, args: &[Value]) -> Out {
    let mut origin = call.mixed(args);
    let nanos = match &args.any(0).data {
        Data::Str(text) => duration::parse(text.bytes()).unwrap_or(0),
        Data::Int64(n) => *n,
        Data::Object(object) => match object.as_any().downcast_ref::<TimeObject>() {
            Some(time) => {
                let random = call.random();
                origin = call.origins.union(origin, random);
                present(call).since(&time.moment)
            }
            None => 0,
        },
        _ => 0,
    };
    const HOUR: u64 = 3_600_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (HOUR * 24 * 365, "y"),
        (HOUR * 24 * 30, "mo"),
        (HOUR * 24, "d"),
        (HOUR, "h"),
        (HOUR / 60, "m"),
        (HOUR / 3600, "s"),
    ];
    let size = nanos.unsigned_abs();
    let text = match UNITS.iter().find(|(unit, _)| size > *unit) {
        Some((unit, name)) => format!("{}{name}", size / unit),
        None => "0s".to_owned(),
    };
    Ok(Value::str(text, origin))
}

fn unix_epoch(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = moment(args.object(0)?)?.seconds.to_string();
    Ok(mixed_text(call, args, text.into_bytes()))
}

/// What Helm 4 takes for a duration: one, its text, or a number of seconds.
fn as_duration(value: &Value) -> Result<i64, String> {
    match &value.data {
        Data::Str(text) => {
            let trimmed = text.bytes().get(trim_space(text.bytes())).unwrap_or(&[]);
            if trimmed.is_empty() {
                return Err("empty duration".to_owned());
            }
            match (duration::parse(trimmed), cast::parse_float(trimmed)) {
                (Ok(nanos), _) => Ok(nanos),
                (_, Some(seconds)) => float_seconds(seconds),
                _ => Err(format!("could not parse duration {}", super::bridge::go_quote(text.bytes()))),
            }
        }
        Data::Nil => Err("invalid duration".to_owned()),
        Data::Int(n) | Data::Int64(n) => {
            n.checked_mul(1_000_000_000).ok_or_else(|| format!("duration seconds overflow: {n}"))
        }
        Data::Float(f) => float_seconds(*f),
        Data::Object(object) => match time_number(object.as_ref()) {
            Some(TimeNumber::Duration(n)) => Ok(n),
            Some(TimeNumber::Enumerated(n) | TimeNumber::Weekday(n)) => Ok(n * 1_000_000_000),
            None => Err(format!("unsupported duration type {}", value.type_name())),
        },
        _ => Err(format!("unsupported duration type {}", value.type_name())),
    }
}

fn float_seconds(seconds: f64) -> Result<i64, String> {
    let shown = || crate::fmt::float(seconds);
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", shown()));
    }
    if seconds.abs() > i64::MAX as f64 / 1e9 {
        return Err(format!("duration seconds overflow: {}", shown()));
    }
    Ok(cast::float_to_int(seconds * 1e9))
}

fn must_to_duration(call: &mut Call<'_>, args: &[Value]) -> Out {
    let nanos = as_duration(args.any(0))?;
    let origin = call.mixed(args);
    Ok(number_value(TimeNumber::Duration(nanos), origin))
}

fn duration_integer(call: &mut Call<'_>, args: &[Value]) -> Out {
    let unit = match call.name {
        "durationMilliseconds" => 1_000_000,
        "durationMicroseconds" => 1_000,
        _ => 1,
    };
    let origin = call.mixed(args);
    Ok(Value { data: Data::Int64(as_duration(args.any(0)).unwrap_or(0) / unit), origin })
}

fn duration_float(call: &mut Call<'_>, args: &[Value]) -> Out {
    let nanos = as_duration(args.any(0)).unwrap_or(0);
    let hours = || in_units(nanos, 3_600_000_000_000);
    let result = match call.name {
        "durationMinutes" => in_units(nanos, 60_000_000_000),
        "durationHours" => hours(),
        "durationDays" => hours() / 24.0,
        "durationWeeks" => hours() / 24.0 / 7.0,
        _ => in_units(nanos, 1_000_000_000),
    };
    let origin = call.mixed(args);
    Ok(Value { data: Data::Float(result), origin })
}

fn in_multiples(call: &mut Call<'_>, args: &[Value], cut: fn(i64, i64) -> i64) -> Out {
    let origin = call.mixed(args);
    let nanos = match (as_duration(args.any(0)), as_duration(args.any(1))) {
        (Err(_), _) => 0,
        (Ok(nanos), Err(_)) => nanos,
        (Ok(nanos), Ok(unit)) => cut(nanos, unit),
    };
    Ok(number_value(TimeNumber::Duration(nanos), origin))
}

fn duration_round_to(call: &mut Call<'_>, args: &[Value]) -> Out {
    in_multiples(call, args, duration::round)
}

fn duration_truncate_to(call: &mut Call<'_>, args: &[Value]) -> Out {
    in_multiples(call, args, |nanos, unit| if unit <= 0 { nanos } else { nanos - nanos % unit })
}
