//! Times as Go has them: a moment with a zone, and the layouts that are written as the reference time
//! `Mon Jan 2 15:04:05 MST 2006`.
//!
//! Deliberately absent: the clock. `now` is [`Moment::PLACEHOLDER`] wherever it is asked for, and the local zone
//! is UTC, so that a chart renders to the same bytes on every machine.

pub(crate) mod duration;
mod layout;
mod parse;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use layout::{Element, Zone};
use std::sync::LazyLock;

pub(crate) use parse::parse;

/// A moment and the zone it is shown in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    /// Seconds since 1970 in UTC.
    pub(crate) seconds: i64,
    /// Nanoseconds after `seconds`.
    pub(crate) nanos: u32,
    /// The zone's distance from UTC in seconds, to the east.
    pub(crate) offset: i32,
    /// The zone's abbreviation; empty for one that was only given as a number.
    pub(crate) zone: String,
}

/// The parts of a moment in its zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// 1 to 12
    pub(crate) month: u32,
    /// 1 to 31
    pub(crate) day: u32,
    /// 1 to 366
    pub(crate) year_day: u32,
    /// 0 is Sunday.
    pub(crate) weekday: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
}

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

impl Moment {
    /// What `now` gives: the beginning of 2026 in UTC.
    pub(crate) const PLACEHOLDER_SECONDS: i64 = 1_767_225_600;
    /// Year 1 in UTC, Go's zero time.
    pub(crate) const ZERO_SECONDS: i64 = -62_135_596_800;

    /// A moment in UTC.
    pub(crate) fn utc(seconds: i64, nanos: u32) -> Moment {
        Moment { seconds, nanos, offset: 0, zone: "UTC".to_owned() }
    }
    /// Go's zero time.
    pub(crate) fn zero() -> Moment {
        Moment::utc(Moment::ZERO_SECONDS, 0)
    }
    /// Whether it is Go's zero time.
    pub(crate) fn is_zero(&self) -> bool {
        self.seconds == Moment::ZERO_SECONDS && self.nanos == 0
    }
    /// The same moment in another zone; an unknown one counts as UTC.
    pub(crate) fn in_zone(&self, name: &str) -> Moment {
        let utc = Moment::utc(self.seconds, self.nanos);
        if matches!(name, "" | "UTC" | "Local") {
            return utc;
        }
        let Ok(zone) = ZONES.get(name) else { return utc };
        if zone == TimeZone::UTC {
            return utc;
        }
        // Outside of the library's years the nearest one has the same rules.
        let clamped = self.seconds.clamp(-377_705_023_201 + 86_400, 253_402_207_200 - 86_400);
        let Ok(stamp) = jiff::Timestamp::from_second(clamped) else { return utc };
        let info = zone.to_offset_info(stamp);
        Moment { offset: info.offset().seconds(), zone: info.abbreviation().to_owned(), ..utc }
    }
    /// Later by so many nanoseconds.
    pub(crate) fn add(&self, nanoseconds: i64) -> Moment {
        let sum = i64::from(self.nanos) + nanoseconds.rem_euclid(1_000_000_000);
        let seconds = self
            .seconds
            .wrapping_add(nanoseconds.div_euclid(1_000_000_000))
            .wrapping_add(sum.div_euclid(1_000_000_000));
        Moment { seconds, nanos: sum.rem_euclid(1_000_000_000) as u32, ..self.clone() }
    }
    /// Nanoseconds from `other` to here, saturating.
    pub(crate) fn since(&self, other: &Moment) -> i64 {
        let seconds = i128::from(self.seconds) - i128::from(other.seconds);
        let nanos = seconds * 1_000_000_000 + i128::from(self.nanos) - i128::from(other.nanos);
        nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }
    /// The parts in the moment's zone.
    pub(crate) fn civil(&self) -> Civil {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400) as u32);
        let (year, month, day) = date_of_days(days);
        let year_day = (days - days_of_date(year, 1, 1) + 1) as u32;
        let weekday = (days + 4).rem_euclid(7) as u32;
        Civil {
            year,
            month,
            day,
            year_day,
            weekday,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }
    /// The moment with so many years, months and days added to its date.
    pub(crate) fn add_date(&self, years: i64, months: i64, days: i64) -> Moment {
        let c = self.civil();
        let limit = |n: i64| n.clamp(-1_000_000_000, 1_000_000_000);
        let month = i64::from(c.month) - 1 + limit(months);
        let year = c.year + limit(years) + month.div_euclid(12);
        let day = days_of_date(year, month.rem_euclid(12) as u32 + 1, 1) + i64::from(c.day) - 1 + limit(days);
        let time = i64::from(c.hour * 3600 + c.minute * 60 + c.second) - i64::from(self.offset);
        Moment { seconds: day.saturating_mul(86_400).saturating_add(time), ..self.clone() }
    }
    /// What Go prints for a time.
    pub(crate) fn print(&self) -> String {
        String::from_utf8_lossy(&self.format(b"2006-01-02 15:04:05.999999999 -0700 MST")).into_owned()
    }
    /// RFC 3339 with nanoseconds, as the JSON encoder writes it.
    pub(crate) fn rfc3339(&self) -> String {
        String::from_utf8_lossy(&self.format(b"2006-01-02T15:04:05.999999999Z07:00")).into_owned()
    }
    /// The text of the moment after a layout.
    pub(crate) fn format(&self, layout: &[u8]) -> Vec<u8> {
        let civil = self.civil();
        let mut out = Vec::with_capacity(layout.len() + 8);
        for (literal, element) in layout::Elements(layout) {
            out.extend_from_slice(literal);
            if let Some((element, _)) = element {
                self.write(&civil, element, &mut out);
            }
        }
        out
    }

    fn write(&self, c: &Civil, element: Element, out: &mut Vec<u8>) {
        let twelve = |hour: u32| if hour.is_multiple_of(12) { 12 } else { hour % 12 };
        let month = MONTHS.get(c.month as usize - 1).copied().unwrap_or("");
        let weekday = WEEKDAYS.get(c.weekday as usize).copied().unwrap_or("");
        let text = match element {
            Element::Year => format!("{:02}", c.year.rem_euclid(100)),
            Element::LongYear if c.year < 0 => format!("-{:04}", -c.year),
            Element::LongYear => format!("{:04}", c.year),
            Element::Month => month.get(..3).unwrap_or("").to_owned(),
            Element::LongMonth => month.to_owned(),
            Element::NumMonth => c.month.to_string(),
            Element::ZeroMonth => format!("{:02}", c.month),
            Element::WeekDay => weekday.get(..3).unwrap_or("").to_owned(),
            Element::LongWeekDay => weekday.to_owned(),
            Element::Day => c.day.to_string(),
            Element::UnderDay => format!("{:2}", c.day),
            Element::ZeroDay => format!("{:02}", c.day),
            Element::UnderYearDay => format!("{:3}", c.year_day),
            Element::ZeroYearDay => format!("{:03}", c.year_day),
            Element::Hour => format!("{:02}", c.hour),
            Element::Hour12 => twelve(c.hour).to_string(),
            Element::ZeroHour12 => format!("{:02}", twelve(c.hour)),
            Element::Minute => c.minute.to_string(),
            Element::ZeroMinute => format!("{:02}", c.minute),
            Element::Second => c.second.to_string(),
            Element::ZeroSecond => format!("{:02}", c.second),
            Element::Pm { upper: true } => if c.hour >= 12 { "PM" } else { "AM" }.to_owned(),
            Element::Pm { upper: false } => if c.hour >= 12 { "pm" } else { "am" }.to_owned(),
            Element::Zone(zone) => self.zone_text(zone),
            Element::ZoneName if !self.zone.is_empty() => self.zone.clone(),
            Element::ZoneName => {
                self.zone_text(Zone { z: false, colon: false, seconds: false, minutes: true })
            }
            Element::Fraction { digits, trim, mark } => self.fraction(digits, trim, mark),
        };
        out.extend_from_slice(text.as_bytes());
    }

    fn zone_text(&self, zone: Zone) -> String {
        if zone.z && self.offset == 0 {
            return "Z".to_owned();
        }
        let minutes = self.offset / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let colon = if zone.colon { ":" } else { "" };
        let mut out = format!("{sign}{:02}", minutes.abs() / 60);
        if zone.minutes {
            out.push_str(&format!("{colon}{:02}", minutes.abs() % 60));
        }
        if zone.seconds {
            out.push_str(&format!("{colon}{:02}", self.offset.abs() % 60));
        }
        out
    }

    fn fraction(&self, digits: usize, trim: bool, mark: char) -> String {
        let all = format!("{:09}", self.nanos);
        let digits =
            all.get(..digits.min(9)).unwrap_or("").to_owned() + &"0".repeat(digits.saturating_sub(9));
        let digits = if trim { digits.trim_end_matches('0') } else { &digits };
        if trim && digits.is_empty() { String::new() } else { format!("{mark}{digits}") }
    }
}

/// How Go's time package quotes what it could not read: every byte that is not printable ASCII as `\x..`.
pub(super) fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'~' | 0x7f => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
pub(crate) fn days_of_date(year: i64, month: u32, day: u32) -> i64 {
    // Years that begin in March make the leap day the last one.
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day counted from 1970-01-01.
fn date_of_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (era * 400 + years + i64::from(month <= 2), month, day)
}

/// How many days a month has.
pub(crate) fn days_in_month(year: i64, month: u32) -> u32 {
    let next = if month == 12 { days_of_date(year + 1, 1, 1) } else { days_of_date(year, month + 1, 1) };
    (next - days_of_date(year, month, 1)) as u32
}
