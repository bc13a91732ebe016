//! `fmt.Sprintf`: verbs, flags, widths, precisions, argument indexes, and Go's notes about wrong ones.
//!
//! Deliberately absent: `%p`, `%b` of floats, and the Go syntax (`%#v`) of objects.

use super::float::{self, Style};
use super::quote::quote_with;
use super::{MAX_BYTES, MAX_DEPTH, byte_items, first_origin};
use crate::origin::OriginId;
use crate::template::decode;
use crate::text::{Text, TextBuf};
use crate::value::{Data, ListKind, Value};

/// Go refuses larger widths and precisions.
const MAX_WIDTH: i64 = 1_000_000;

#[derive(Clone, Copy, Default)]
struct Flags {
    width: Option<usize>,
    precision: Option<usize>,
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    plus_v: bool,
    sharp_v: bool,
}

struct Printer<'a> {
    out: TextBuf,
    flags: Flags,
    /// Origin of the verb that is being executed.
    verb_origin: OriginId,
    args: &'a [Value],
    next: usize,
    reordered: bool,
    good_index: bool,
    after_index: bool,
}

/// `fmt.Sprintf`
pub(crate) fn sprintf(format: &Text, args: &[Value]) -> Text {
    let mut printer = Printer {
        out: TextBuf::with_capacity(format.len() + 16 * args.len()),
        flags: Flags::default(),
        verb_origin: OriginId::NONE,
        args,
        next: 0,
        reordered: false,
        good_index: true,
        after_index: false,
    };
    printer.run(format);
    let out = printer.out;
    if out.is_empty()
        && let Some(arg) = args.first()
    {
        return Text::new(Vec::new(), first_origin(arg));
    }
    out.finish()
}

impl Printer<'_> {
    fn run(&mut self, format: &Text) {
        let bytes = format.bytes();
        let mut at = 0;
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let literal = memchr::memchr(b'%', rest).unwrap_or(rest.len());
            self.out.push_slice(format, at, at + literal);
            at += literal;
            if at >= bytes.len() {
                break;
            }
            self.verb_origin = format.origin_at(at);
            at = self.verb(bytes, at + 1);
        }
        if !self.reordered && self.next < self.args.len() {
            self.flags = Flags::default();
            self.push(b"%!(EXTRA ");
            for (i, arg) in self.args.iter().enumerate().skip(self.next) {
                if i > self.next {
                    self.push(b", ");
                }
                if arg.is_nil() {
                    self.push(b"<nil>");
                } else {
                    self.push(arg.type_name().as_bytes());
                    self.push(b"=");
                    self.arg(arg, 'v', 0);
                }
            }
            self.push(b")");
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.out.push(bytes, self.verb_origin);
    }

    /// Executes the verb whose `%` stands before `at`; gives where it ends.
    fn verb(&mut self, format: &[u8], mut at: usize) -> usize {
        self.flags = Flags::default();
        self.good_index = true;
        self.after_index = false;
        loop {
            match format.get(at) {
                Some(b'#') => self.flags.sharp = true,
                Some(b'0') => self.flags.zero = true,
                Some(b'+') => self.flags.plus = true,
                Some(b'-') => self.flags.minus = true,
                Some(b' ') => self.flags.space = true,
                _ => break,
            }
            at += 1;
        }
        at = self.index(format, at);
        if format.get(at) == Some(&b'*') {
            at += 1;
            match self.number_argument() {
                Some(width) => {
                    self.flags.minus |= width < 0;
                    self.flags.width = Some(width.unsigned_abs() as usize);
                }
                None => self.push(b"%!(BADWIDTH)"),
            }
            self.after_index = false;
        } else {
            let (width, end) = number(format, at);
            at = end;
            self.flags.width = width;
            if self.after_index && width.is_some() {
                self.good_index = false;
            }
        }
        if format.get(at) == Some(&b'.') {
            at += 1;
            if self.after_index {
                self.good_index = false;
            }
            at = self.index(format, at);
            if format.get(at) == Some(&b'*') {
                at += 1;
                match self.number_argument() {
                    Some(precision) => self.flags.precision = usize::try_from(precision).ok(),
                    None => self.push(b"%!(BADPREC)"),
                }
                if self.flags.precision.is_none() {
                    self.push_bad_precision_if_negative();
                }
                self.after_index = false;
            } else {
                let (precision, end) = number(format, at);
                at = end;
                self.flags.precision = Some(precision.unwrap_or(0));
            }
        }
        if !self.after_index {
            at = self.index(format, at);
        }
        let Some((verb, width)) = decode(format.get(at..).unwrap_or_default()) else {
            self.push(b"%!(NOVERB)");
            return at;
        };
        at += width;
        if verb == '%' {
            self.push(b"%");
        } else if !self.good_index {
            self.note(verb, b"(BADINDEX)");
        } else if let Some(arg) = self.args.get(self.next) {
            self.next += 1;
            if verb == 'v' {
                self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
                self.flags.plus_v = std::mem::take(&mut self.flags.plus);
            }
            self.arg(arg, verb, 0);
        } else {
            self.note(verb, b"(MISSING)");
        }
        at
    }

    /// Go writes `%!(BADPREC)` for a negative precision argument as well; `number_argument` has consumed it.
    fn push_bad_precision_if_negative(&mut self) {
        let given = self.next.checked_sub(1).and_then(|i| self.args.get(i));
        if let Some(Data::Int(n) | Data::Int64(n)) = given.map(|v| &v.data)
            && *n < 0
            && *n >= -MAX_WIDTH
        {
            self.push(b"%!(BADPREC)");
        }
    }

    fn note(&mut self, verb: char, what: &[u8]) {
        self.push(b"%!");
        self.push(verb.encode_utf8(&mut [0; 4]).as_bytes());
        self.push(what);
    }

    /// An explicit argument index, `[3]`.
    fn index(&mut self, format: &[u8], at: usize) -> usize {
        if format.get(at) != Some(&b'[') {
            return at;
        }
        self.reordered = true;
        let rest = format.get(at..).unwrap_or_default();
        let Some(close) = memchr::memchr(b']', rest) else {
            self.good_index = false;
            return at + 1;
        };
        let (index, end) = number(format, at + 1);
        self.after_index = true;
        match index.and_then(|i| i.checked_sub(1)) {
            Some(i) if end == at + close && i < self.args.len() => self.next = i,
            _ => {
                self.good_index = false;
                self.after_index = false;
            }
        }
        at + close + 1
    }

    fn number_argument(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        match arg.data {
            Data::Int(n) | Data::Int64(n) if (-MAX_WIDTH..=MAX_WIDTH).contains(&n) => Some(n),
            _ => None,
        }
    }

    fn arg(&mut self, arg: &Value, verb: char, depth: u32) {
        let origin = if arg.origin.is_none() { self.verb_origin } else { arg.origin };
        if verb == 'T' && depth == 0 {
            return self.padded(arg.type_name().as_bytes(), origin);
        }
        match &arg.data {
            Data::Nil if depth > 0 && !self.flags.sharp_v => self.out.push(b"<nil>", origin),
            Data::Nil if depth > 0 => self.out.push(b"interface {}(nil)", origin),
            Data::Nil if verb == 'v' => self.padded(b"<nil>", origin),
            Data::Bool(b) if matches!(verb, 't' | 'v') => {
                self.padded(if *b { b"true" } else { b"false" }, origin)
            }
            Data::Int(n) | Data::Int64(n) => self.integer(arg, *n, verb, origin),
            Data::Float(f) => self.float(arg, *f, verb, origin),
            Data::Str(text) => self.string(arg, text, verb),
            Data::Object(object) => match verb {
                'v' | 's' => self.padded(&object.print(), origin),
                'q' => {
                    let quoted = quote_with(&object.print(), '"', self.flags.plus);
                    self.padded(quoted.as_bytes(), origin)
                }
                _ => self.bad_verb(arg, verb),
            },
            Data::List(list) if list.kind == ListKind::Bytes && matches!(verb, 's' | 'q' | 'x' | 'X') => {
                let bytes = byte_items(arg).unwrap_or_default();
                let text = Text::new(bytes, origin);
                self.string(arg, &text, verb);
            }
            Data::List(_) | Data::Map(_) if depth > MAX_DEPTH || self.out.len() > MAX_BYTES => {
                self.out.push(b"...", origin)
            }
            Data::List(_) | Data::Map(_) => crate::stack::with_room(|| self.container(arg, verb, depth)),
            Data::Nil | Data::Bool(_) => self.bad_verb(arg, verb),
        }
    }

    fn container(&mut self, arg: &Value, verb: char, depth: u32) {
        let origin = if arg.origin.is_none() { self.verb_origin } else { arg.origin };
        let go_syntax = self.flags.sharp_v;
        let separator: &[u8] = if go_syntax { b", " } else { b" " };
        let (open, close): (&[u8], &[u8]) = if go_syntax { (b"{", b"}") } else { (b"[", b"]") };
        if go_syntax {
            self.out.push(arg.type_name().as_bytes(), origin);
        }
        match &arg.data {
            Data::List(list) => {
                self.out.push(open, origin);
                for (i, item) in list.items.borrow().iter().enumerate() {
                    if i > 0 {
                        self.out.push(separator, origin);
                    }
                    self.arg(item, verb, depth + 1);
                }
                self.out.push(close, origin);
            }
            Data::Map(map) => {
                if !go_syntax {
                    self.out.push(b"map", origin);
                }
                self.out.push(open, origin);
                for (i, (key, entry)) in map.entries.borrow().iter().enumerate() {
                    if i > 0 {
                        self.out.push(separator, origin);
                    }
                    let key_origin = if entry.key_origin.is_none() { origin } else { entry.key_origin };
                    let key = Value::str(key, key_origin);
                    self.arg(&key, verb, depth + 1);
                    self.out.push(b":", origin);
                    self.arg(&entry.value, verb, depth + 1);
                }
                self.out.push(close, origin);
            }
            _ => {}
        }
    }

    fn bad_verb(&mut self, arg: &Value, verb: char) {
        let origin = if arg.origin.is_none() { self.verb_origin } else { arg.origin };
        self.out.push(b"%!", origin);
        self.out.push(verb.encode_utf8(&mut [0; 4]).as_bytes(), origin);
        self.out.push(b"(", origin);
        if arg.is_nil() {
            self.out.push(b"<nil>", origin);
        } else {
            self.out.push(arg.type_name().as_bytes(), origin);
            self.out.push(b"=", origin);
            self.arg(arg, 'v', 0);
        }
        self.out.push(b")", origin);
    }

    /// Pads to the width, counted in characters.
    fn padded(&mut self, bytes: &[u8], origin: OriginId) {
        self.padded_with(count(bytes), |out| out.push(bytes, origin));
    }

    fn padded_with(&mut self, characters: usize, write: impl FnOnce(&mut TextBuf)) {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(characters);
        let zero = self.flags.zero && !self.flags.minus;
        let padding = vec![if zero { b'0' } else { b' ' }; missing];
        if !self.flags.minus {
            self.push(&padding);
        }
        write(&mut self.out);
        if self.flags.minus {
            self.push(&padding);
        }
    }

    fn string(&mut self, arg: &Value, text: &Text, verb: char) {
        match verb {
            'v' if self.flags.sharp_v => {
                let quoted = quote_with(text.bytes(), '"', false);
                self.padded(quoted.as_bytes(), first_origin_of(text))
            }
            'v' | 's' => {
                let end = self.truncated(text.bytes());
                let characters = count(text.bytes().get(..end).unwrap_or_default());
                self.padded_with(characters, |out| out.push_slice(text, 0, end));
            }
            'q' => {
                let end = self.truncated(text.bytes());
                let bytes = text.bytes().get(..end).unwrap_or_default();
                let raw = self.flags.sharp && !bytes.contains(&b'`') && can_backquote(bytes);
                if raw {
                    let quoted = [b"`", bytes, b"`"].concat();
                    return self.padded(&quoted, first_origin_of(text));
                }
                let quoted = quote_with(bytes, '"', self.flags.plus);
                // Where nothing was escaped the runs stay exact inside the quotes.
                if quoted.len() == bytes.len() + 2 {
                    self.padded_with(count(quoted.as_bytes()), |out| {
                        out.push(b"\"", first_origin_of(text));
                        out.push_slice(text, 0, end);
                        out.push(b"\"", last_origin_of(text));
                    });
                } else {
                    self.padded(quoted.as_bytes(), first_origin_of(text));
                }
            }
            'x' | 'X' => {
                let length = text.len().min(self.flags.precision.unwrap_or(usize::MAX));
                let mut hex = String::new();
                for (i, b) in text.bytes().iter().take(length).enumerate() {
                    if self.flags.space && i > 0 {
                        hex.push(' ');
                    }
                    if self.flags.sharp && (self.flags.space || i == 0) {
                        hex.push_str(if verb == 'x' { "0x" } else { "0X" });
                    }
                    hex.push_str(&if verb == 'x' { format!("{b:02x}") } else { format!("{b:02X}") });
                }
                self.padded(hex.as_bytes(), first_origin_of(text));
            }
            _ => self.bad_verb(arg, verb),
        }
    }

    /// How many bytes the precision leaves of a string.
    fn truncated(&self, bytes: &[u8]) -> usize {
        let Some(precision) = self.flags.precision else { return bytes.len() };
        let mut at = 0;
        for _ in 0..precision {
            match decode(bytes.get(at..).unwrap_or_default()) {
                Some((_, width)) => at += width,
                None => break,
            }
        }
        at
    }

    fn integer(&mut self, arg: &Value, n: i64, verb: char, origin: OriginId) {
        let digits = match verb {
            'v' | 'd' => n.unsigned_abs().to_string(),
            'b' => format!("{:b}", n.unsigned_abs()),
            'o' | 'O' => format!("{:o}", n.unsigned_abs()),
            'x' => format!("{:x}", n.unsigned_abs()),
            'X' => format!("{:X}", n.unsigned_abs()),
            'c' => {
                let c = u32::try_from(n).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
                return self.padded(c.encode_utf8(&mut [0; 4]).as_bytes(), origin);
            }
            'q' => {
                let c = u32::try_from(n).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
                let quoted = quote_with(c.encode_utf8(&mut [0; 4]).as_bytes(), '\'', self.flags.plus);
                return self.padded(quoted.as_bytes(), origin);
            }
            'U' => {
                let digits = self.flags.precision.unwrap_or(0).clamp(4, 100);
                let mut shown = format!("U+{:0digits$X}", n as u64);
                let c = u32::try_from(n).ok().and_then(char::from_u32).filter(|c| super::is_print(*c));
                if let Some(c) = c.filter(|_| self.flags.sharp) {
                    shown.push_str(&format!(" '{c}'"));
                }
                let zero = std::mem::take(&mut self.flags.zero);
                self.padded(shown.as_bytes(), origin);
                self.flags.zero = zero;
                return;
            }
            _ => return self.bad_verb(arg, verb),
        };
        let plus = self.flags.plus;
        let signed = n < 0 || plus || self.flags.space;
        let mut wanted = 0;
        if let Some(precision) = self.flags.precision {
            wanted = precision;
            if precision == 0 && n == 0 {
                let zero = std::mem::take(&mut self.flags.zero);
                self.padded(b"", origin);
                self.flags.zero = zero;
                return;
            }
        } else if self.flags.zero && !self.flags.minus {
            wanted = self.flags.width.unwrap_or(0).saturating_sub(usize::from(signed));
        }
        let mut shown = String::new();
        if n < 0 {
            shown.push('-');
        } else if plus {
            shown.push('+');
        } else if self.flags.space {
            shown.push(' ');
        }
        let padded = "0".repeat(wanted.saturating_sub(digits.len())) + &digits;
        if self.flags.sharp {
            match verb {
                'b' => shown.push_str("0b"),
                'o' if !padded.starts_with('0') => shown.push('0'),
                'x' => shown.push_str("0x"),
                'X' => shown.push_str("0X"),
                _ => {}
            }
        }
        if verb == 'O' {
            shown.push_str("0o");
        }
        shown.push_str(&padded);
        let zero = std::mem::take(&mut self.flags.zero);
        self.padded(shown.as_bytes(), origin);
        self.flags.zero = zero;
    }

    fn float(&mut self, arg: &Value, f: f64, verb: char, origin: OriginId) {
        let (style, default) = match verb {
            'v' | 'g' | 'G' => (Style::G, None),
            'e' | 'E' => (Style::E, Some(6)),
            'f' | 'F' => (Style::F, Some(6)),
            _ => return self.bad_verb(arg, verb),
        };
        let mut shown = float::format(f, style, self.flags.precision.or(default));
        if verb == 'G' || verb == 'E' {
            shown = shown.replace('e', "E");
        }
        let special = !f.is_finite();
        if !shown.starts_with(['+', '-']) {
            shown.insert(0, '+');
        }
        if self.flags.space && shown.starts_with('+') && !self.flags.plus {
            shown.replace_range(..1, " ");
        }
        let zero = self.flags.zero;
        if special {
            self.flags.zero = false;
            if f.is_nan() && !self.flags.space && !self.flags.plus {
                shown.remove(0);
            }
        }
        let keep_sign = self.flags.plus || !shown.starts_with('+');
        if special && f > 0.0 && !self.flags.plus && !self.flags.space {
            // `%v` of infinity keeps its sign.
            self.padded(shown.as_bytes(), origin);
        } else if keep_sign {
            let width = self.flags.width.unwrap_or(0);
            if self.flags.zero && !self.flags.minus && width > shown.len() && !special {
                let (sign, rest) = shown.split_at(1);
                let padded = format!("{sign}{}{rest}", "0".repeat(width - shown.len()));
                self.out.push(padded.as_bytes(), origin);
            } else {
                self.padded(shown.as_bytes(), origin);
            }
        } else {
            self.padded(shown.get(1..).unwrap_or_default().as_bytes(), origin);
        }
        self.flags.zero = zero;
    }
}

fn first_origin_of(text: &Text) -> OriginId {
    text.segments().first().map_or(OriginId::NONE, |s| s.origin)
}

fn last_origin_of(text: &Text) -> OriginId {
    text.segments().last().map_or(OriginId::NONE, |s| s.origin)
}

/// Go's `utf8.RuneCount`.
fn count(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    let (mut rest, mut n) = (bytes, 0);
    while let Some((_, width)) = decode(rest) {
        rest = rest.get(width..).unwrap_or_default();
        n += 1;
    }
    n
}

/// Go's `strconv.CanBackquote`.
fn can_backquote(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| text.chars().all(|c| (c >= ' ' || c == '\t') && c != '\u{7f}' && c != '\u{feff}'))
}

/// A decimal number at `at`, and where it ends. A number that is too large is none, as in Go.
fn number(format: &[u8], mut at: usize) -> (Option<usize>, usize) {
    let mut number: Option<i64> = None;
    while let Some(digit) = format.get(at).filter(|b| b.is_ascii_digit()) {
        let value = number.unwrap_or(0) * 10 + i64::from(digit - b'0');
        at += 1;
        if value > MAX_WIDTH {
            return (None, at);
        }
        number = Some(value);
    }
    (number.and_then(|n| usize::try_from(n).ok()), at)
}
