//! Reading a time after a layout, with Go's error texts.

use super::layout::{Element, Elements, Zone, element_at};
use super::{MONTHS, Moment, WEEKDAYS, days_in_month, days_of_date, quote};

#[derive(Default)]
struct Parts {
    year: i64,
    month: Option<u32>,
    day: Option<i64>,
    year_day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
    pm: bool,
    am: bool,
    utc: bool,
    offset: Option<i32>,
    zone: String,
}

enum Fault {
    /// The text does not look like the element.
    Mismatch,
    /// It does, but the number is too large.
    Range(&'static str),
}

/// Reads a time in the local zone, which is UTC.
pub(crate) fn parse(layout: &[u8], value: &[u8]) -> Result<Moment, String> {
    let mut parts = Parts::default();
    let mut rest = value;
    let mismatch = |element: &[u8], at: &[u8]| {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(value),
            quote(layout),
            quote(at),
            quote(element)
        )
    };
    let fault = |message: &str| format!("parsing time {}{message}", quote(value));
    let mut elements = Elements(layout);
    while let Some((literal, element)) = elements.next() {
        rest = skip(rest, literal).map_err(|at| mismatch(literal, at))?;
        let Some((element, written)) = element else { break };
        match parts.read(element, rest, elements.0) {
            Ok(after) => rest = after,
            Err(Fault::Mismatch) => return Err(mismatch(written, rest)),
            Err(Fault::Range(what)) => return Err(fault(&format!(": {what} out of range"))),
        }
    }
    if !rest.is_empty() {
        return Err(fault(&format!(": extra text: {}", quote(rest))));
    }
    parts.finish().map_err(fault)
}

/// Skips literal text; a space in it stands for any number of them. The error is where it does not fit.
fn skip<'a>(mut value: &'a [u8], mut literal: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let [first, literal_rest @ ..] = literal {
        if *first == b' ' {
            if value.first().is_some_and(|b| *b != b' ') {
                return Err(value);
            }
            literal = trim_spaces(literal);
            value = trim_spaces(value);
            continue;
        }
        match value {
            [b, tail @ ..] if b == first => value = tail,
            _ => return Err(value),
        }
        literal = literal_rest;
    }
    Ok(value)
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let n = text.iter().take_while(|b| **b == b' ').count();
    text.get(n..).unwrap_or(&[])
}

/// A number of one or two digits; of exactly two when `fixed`.
fn small(text: &[u8], fixed: bool) -> Result<(u32, &[u8]), Fault> {
    match text {
        [a, b, rest @ ..] if a.is_ascii_digit() && b.is_ascii_digit() => {
            Ok((u32::from(a - b'0') * 10 + u32::from(b - b'0'), rest))
        }
        [a, rest @ ..] if a.is_ascii_digit() && !fixed => Ok((u32::from(a - b'0'), rest)),
        _ => Err(Fault::Mismatch),
    }
}

fn three(text: &[u8], fixed: bool) -> Result<(u32, &[u8]), Fault> {
    let n = text.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    if n == 0 || fixed && n != 3 {
        return Err(Fault::Mismatch);
    }
    let (digits, rest) = text.split_at(n);
    Ok((digits.iter().fold(0, |a, d| a * 10 + u32::from(d - b'0')), rest))
}

/// A signed decimal number that fills the text.
fn integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn lookup<'a>(names: &[&str], short: bool, text: &'a [u8]) -> Result<(u32, &'a [u8]), Fault> {
    for (i, name) in names.iter().enumerate() {
        let name = if short { name.get(..3).unwrap_or(name) } else { name };
        if let Some((head, rest)) = text.split_at_checked(name.len())
            && head.eq_ignore_ascii_case(name.as_bytes())
        {
            return Ok((i as u32, rest));
        }
    }
    Err(Fault::Mismatch)
}

fn limited<'a>(read: (u32, &'a [u8]), max: u32, what: &'static str) -> Result<(u32, &'a [u8]), Fault> {
    if read.0 > max { Err(Fault::Range(what)) } else { Ok(read) }
}

/// The nanoseconds of `.123`.
fn fraction(text: &[u8]) -> Result<u32, Fault> {
    match text {
        [b'.' | b',', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
            let digits = digits.get(..9).unwrap_or(digits);
            let value = digits.iter().fold(0u32, |a, d| a * 10 + u32::from(d - b'0'));
            Ok(value * 10u32.pow(9 - digits.len() as u32))
        }
        _ => Err(Fault::Mismatch),
    }
}

impl Parts {
    /// Reads one element and gives the text after it. `layout` is what follows the element.
    fn read<'a>(&mut self, element: Element, text: &'a [u8], layout: &[u8]) -> Result<&'a [u8], Fault> {
        let rest;
        match element {
            Element::Year => {
                let (digits, tail) = text.split_at_checked(2).ok_or(Fault::Mismatch)?;
                let year = integer(digits).ok_or(Fault::Mismatch)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
                rest = tail;
            }
            Element::LongYear => {
                let (digits, tail) = text.split_at_checked(4).ok_or(Fault::Mismatch)?;
                if !digits.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Fault::Mismatch);
                }
                self.year = integer(digits).ok_or(Fault::Mismatch)?;
                rest = tail;
            }
            Element::Month | Element::LongMonth => {
                let (month, tail) = lookup(&MONTHS, element == Element::Month, text)?;
                self.month = Some(month + 1);
                rest = tail;
            }
            Element::NumMonth | Element::ZeroMonth => {
                let (month, tail) = limited(small(text, element == Element::ZeroMonth)?, 12, "month")?;
                if month == 0 {
                    return Err(Fault::Range("month"));
                }
                self.month = Some(month);
                rest = tail;
            }
            Element::WeekDay => (_, rest) = lookup(&WEEKDAYS, true, text)?,
            Element::LongWeekDay => (_, rest) = lookup(&WEEKDAYS, false, text)?,
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                let text = match (element, text) {
                    (Element::UnderDay, [b' ', tail @ ..]) => tail,
                    _ => text,
                };
                let (day, tail) = small(text, element == Element::ZeroDay)?;
                self.day = Some(i64::from(day));
                rest = tail;
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                let spaces = text.iter().take(2).take_while(|b| **b == b' ').count();
                let skipped = if element == Element::UnderYearDay { spaces } else { 0 };
                let (day, tail) = three(text.get(skipped..).unwrap_or(&[]), element == Element::ZeroYearDay)?;
                self.year_day = Some(day);
                rest = tail;
            }
            Element::Hour => (self.hour, rest) = limited(small(text, false)?, 23, "hour")?,
            Element::Hour12 => (self.hour, rest) = limited(small(text, false)?, 12, "hour")?,
            Element::ZeroHour12 => (self.hour, rest) = limited(small(text, true)?, 12, "hour")?,
            Element::Minute => (self.minute, rest) = limited(small(text, false)?, 59, "minute")?,
            Element::ZeroMinute => (self.minute, rest) = limited(small(text, true)?, 59, "minute")?,
            Element::Second | Element::ZeroSecond => {
                let (second, tail) = limited(small(text, element == Element::ZeroSecond)?, 59, "second")?;
                self.second = second;
                rest = self.unasked_fraction(tail, layout)?;
            }
            Element::Pm { upper } => {
                let (mark, tail) = text.split_at_checked(2).ok_or(Fault::Mismatch)?;
                match (upper, mark) {
                    (true, b"PM") | (false, b"pm") => self.pm = true,
                    (true, b"AM") | (false, b"am") => self.am = true,
                    _ => return Err(Fault::Mismatch),
                }
                rest = tail;
            }
            Element::Zone(zone) => rest = self.numeric_zone(zone, text)?,
            Element::ZoneName => {
                if let Some(tail) = text.strip_prefix(b"UTC") {
                    self.utc = true;
                    rest = tail;
                } else {
                    let (name, tail) = text.split_at(zone_name_length(text).ok_or(Fault::Mismatch)?);
                    self.zone = String::from_utf8_lossy(name).into_owned();
                    rest = tail;
                }
            }
            Element::Fraction { digits, trim: false, .. } => {
                let (written, tail) = text.split_at_checked(digits + 1).ok_or(Fault::Mismatch)?;
                self.nanos = fraction(written)?;
                rest = tail;
            }
            Element::Fraction { trim: true, .. } => {
                let digits = text.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
                if !matches!(text.first(), Some(b'.' | b',')) || digits == 0 {
                    return Ok(text);
                }
                let (written, tail) = text.split_at(digits + 1);
                self.nanos = fraction(written)?;
                rest = tail;
            }
        }
        Ok(rest)
    }

    /// A fraction after the seconds is read even where the layout has none.
    fn unasked_fraction<'a>(&mut self, text: &'a [u8], layout: &[u8]) -> Result<&'a [u8], Fault> {
        let digits = text.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
        if !matches!(text.first(), Some(b'.' | b',')) || digits == 0 {
            return Ok(text);
        }
        let next = Elements(layout).next().and_then(|(_, element)| element);
        if matches!(next, Some((Element::Fraction { .. }, _)))
            || element_at(layout).is_some_and(|(e, _)| matches!(e, Element::Fraction { .. }))
        {
            return Ok(text);
        }
        let (written, tail) = text.split_at(digits + 1);
        self.nanos = fraction(written)?;
        Ok(tail)
    }

    fn numeric_zone<'a>(&mut self, zone: Zone, text: &'a [u8]) -> Result<&'a [u8], Fault> {
        if zone.z
            && let Some(tail) = text.strip_prefix(b"Z")
        {
            self.utc = true;
            return Ok(tail);
        }
        let (sign, mut rest) = text.split_first().ok_or(Fault::Mismatch)?;
        let mut field = |first: bool| -> Result<u32, Fault> {
            if zone.colon && !first {
                rest = rest.strip_prefix(b":").ok_or(Fault::Mismatch)?;
            }
            let (value, tail) = small(rest, true)?;
            rest = tail;
            Ok(value)
        };
        let hours = field(true)?;
        let minutes = if zone.minutes { field(false)? } else { 0 };
        let seconds = if zone.seconds { field(false)? } else { 0 };
        if hours > 24 {
            return Err(Fault::Range("time zone offset hour"));
        }
        if minutes > 60 {
            return Err(Fault::Range("time zone offset minute"));
        }
        if seconds > 60 {
            return Err(Fault::Range("time zone offset second"));
        }
        let offset = ((hours * 60 + minutes) * 60 + seconds) as i32;
        self.offset = match sign {
            b'+' => Some(offset),
            b'-' => Some(-offset),
            _ => return Err(Fault::Mismatch),
        };
        Ok(rest)
    }

    fn finish(mut self) -> Result<Moment, &'static str> {
        if self.pm && self.hour < 12 {
            self.hour += 12;
        } else if self.am && self.hour == 12 {
            self.hour = 0;
        }
        if let Some(year_day) = self.year_day {
            self.apply_year_day(year_day)?;
        }
        let month = self.month.unwrap_or(1);
        let day = self.day.unwrap_or(1);
        if day < 1 || day > i64::from(days_in_month(self.year, month)) {
            return Err(": day out of range");
        }
        let clock = i64::from(self.hour * 3600 + self.minute * 60 + self.second);
        let seconds = days_of_date(self.year, month, day as u32) * 86_400 + clock;
        if self.utc {
            return Ok(Moment::utc(seconds, self.nanos));
        }
        if let Some(offset) = self.offset {
            let at = seconds - i64::from(offset);
            if offset == 0 && matches!(self.zone.as_str(), "" | "UTC") {
                return Ok(Moment::utc(at, self.nanos));
            }
            return Ok(Moment { seconds: at, nanos: self.nanos, offset, zone: self.zone });
        }
        if !self.zone.is_empty() {
            let hours = self.zone.strip_prefix("GMT").and_then(|h| h.parse::<i32>().ok()).unwrap_or(0);
            let offset = hours.clamp(-24, 24) * 3600;
            // Go does not move the clock by it.
            return Ok(Moment { seconds, nanos: self.nanos, offset, zone: self.zone });
        }
        Ok(Moment::utc(seconds, self.nanos))
    }

    fn apply_year_day(&mut self, year_day: u32) -> Result<(), &'static str> {
        let mut left = i64::from(year_day);
        let days: u32 = (1..=12).map(|m| days_in_month(self.year, m)).sum();
        if left < 1 || left > i64::from(days) {
            return Err(": day-of-year out of range");
        }
        let mut month = 1;
        while left > i64::from(days_in_month(self.year, month)) {
            left -= i64::from(days_in_month(self.year, month));
            month += 1;
        }
        if self.month.is_some_and(|m| m != month) || self.day.is_some_and(|d| d != left) {
            return Err(": day-of-year does not match month");
        }
        self.month = Some(month);
        self.day = Some(left);
        Ok(())
    }
}

/// How long the zone name at the beginning of the text is.
fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_hours_length(rest).unwrap_or(0));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return signed_hours_length(text);
    }
    let letters = text.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
    match letters {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

fn signed_hours_length(text: &[u8]) -> Option<usize> {
    let [b'+' | b'-', rest @ ..] = text else { return None };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let hours = integer(rest.get(..digits)?)?;
    (digits > 0 && hours <= 23).then_some(digits + 1)
}
