//! What a layout is made of. Deliberately absent: times.

/// How a zone is written as a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Zone {
    /// `Z` stands for UTC.
    pub(super) z: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
    pub(super) colon: bool,
}

/// A part of a layout that stands for a part of a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Element {
    Year,
    LongYear,
    Month,
    LongMonth,
    NumMonth,
    ZeroMonth,
    WeekDay,
    LongWeekDay,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    Pm { upper: bool },
    Zone(Zone),
    ZoneName,
    Fraction { digits: usize, trim: bool, mark: char },
}

/// The longest first where one begins another.
const NAMES: [(&[u8], Element); 32] = [
    (b"January", Element::LongMonth),
    (b"Jan", Element::Month),
    (b"Monday", Element::LongWeekDay),
    (b"Mon", Element::WeekDay),
    (b"MST", Element::ZoneName),
    (b"01", Element::ZeroMonth),
    (b"002", Element::ZeroYearDay),
    (b"02", Element::ZeroDay),
    (b"03", Element::ZeroHour12),
    (b"04", Element::ZeroMinute),
    (b"05", Element::ZeroSecond),
    (b"06", Element::Year),
    (b"15", Element::Hour),
    (b"1", Element::NumMonth),
    (b"2006", Element::LongYear),
    (b"2", Element::Day),
    (b"__2", Element::UnderYearDay),
    (b"_2", Element::UnderDay),
    (b"3", Element::Hour12),
    (b"4", Element::Minute),
    (b"5", Element::Second),
    (b"PM", Element::Pm { upper: true }),
    (b"pm", Element::Pm { upper: false }),
    (b"-07:00:00", Element::Zone(Zone { z: false, minutes: true, seconds: true, colon: true })),
    (b"-07:00", Element::Zone(Zone { z: false, minutes: true, seconds: false, colon: true })),
    (b"-070000", Element::Zone(Zone { z: false, minutes: true, seconds: true, colon: false })),
    (b"-0700", Element::Zone(Zone { z: false, minutes: true, seconds: false, colon: false })),
    (b"-07", Element::Zone(Zone { z: false, minutes: false, seconds: false, colon: false })),
    (b"Z07:00:00", Element::Zone(Zone { z: true, minutes: true, seconds: true, colon: true })),
    (b"Z07:00", Element::Zone(Zone { z: true, minutes: true, seconds: false, colon: true })),
    (b"Z070000", Element::Zone(Zone { z: true, minutes: true, seconds: true, colon: false })),
    (b"Z0700", Element::Zone(Zone { z: true, minutes: true, seconds: false, colon: false })),
];
const SHORT_Z: (&[u8], Element) =
    (b"Z07", Element::Zone(Zone { z: true, minutes: false, seconds: false, colon: false }));

/// Splits a layout into literal text and the element after it; the last literal has none.
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = (&'a [u8], Option<(Element, &'a [u8])>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let text = self.0;
        for at in 0..text.len() {
            let (before, rest) = text.split_at(at);
            // `_2006` is an underscore and a year.
            if rest.starts_with(b"_2006") {
                continue;
            }
            if let Some((element, length)) = element_at(rest) {
                let (written, after) = rest.split_at(length);
                self.0 = after;
                return Some((before, Some((element, written))));
            }
        }
        self.0 = &[];
        Some((text, None))
    }
}

/// The element that begins here, and its length.
pub(super) fn element_at(text: &[u8]) -> Option<(Element, usize)> {
    if let Some(fraction) = fraction_at(text) {
        return Some(fraction);
    }
    for (name, element) in NAMES.iter().chain([&SHORT_Z]) {
        if !text.starts_with(name) {
            continue;
        }
        let word_goes_on = text.get(name.len()).is_some_and(u8::is_ascii_lowercase);
        if word_goes_on && matches!(element, Element::Month | Element::WeekDay) {
            continue;
        }
        return Some((*element, name.len()));
    }
    None
}

fn fraction_at(text: &[u8]) -> Option<(Element, usize)> {
    let mark = *text.first().filter(|b| matches!(b, b'.' | b','))?;
    let digit = *text.get(1).filter(|b| matches!(b, b'0' | b'9'))?;
    let digits = text.iter().skip(1).take_while(|b| **b == digit).count();
    if text.get(digits + 1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((Element::Fraction { digits, trim: digit == b'9', mark: char::from(mark) }, digits + 1))
}
