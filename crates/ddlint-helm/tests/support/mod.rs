//! Values for the encoders: how they are noted as JSON, and a generator of unpleasant ones.

#![allow(dead_code, unused_imports, reason = "each test uses its part")]

mod notation;

use ddlint_helm::origin::OriginId;
use ddlint_helm::value::{Data, Entry, Value};
pub(crate) use notation::{note, note_bytes, read, read_bytes, value_of};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A small generator of numbers; the same seed gives the same values on every machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Below `n`.
    pub(crate) fn roll(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    /// Any value, nested at most `depth` deep.
    pub(crate) fn value(&mut self, depth: usize) -> Value {
        match self.roll(if depth == 0 { 8 } else { 14 }) {
            0 => Value::NIL,
            1 => Value::plain(Data::Bool(self.roll(2) == 0)),
            2 => Value::plain(Data::Int(self.int())),
            3 => Value::plain(Data::Float(self.float())),
            4..8 => Value::str(self.string(), OriginId::NONE),
            8..11 => {
                let count = self.roll(5);
                Value::list((0..count).map(|_| self.value(depth - 1)).collect())
            }
            _ => {
                let count = self.roll(6);
                let mut entries = BTreeMap::new();
                for _ in 0..count {
                    let key: Rc<[u8]> = self.key().into();
                    entries.insert(key, Entry { key_origin: OriginId::NONE, value: self.value(depth - 1) });
                }
                Value::map(entries)
            }
        }
    }

    fn int(&mut self) -> i64 {
        match self.roll(4) {
            0 => self.roll(200) as i64 - 100,
            1 => 10i64.pow(self.roll(19) as u32),
            2 => self.pick(&[i64::MIN, i64::MAX, 0, -1, 80, 8080, 443]),
            _ => self.next() as i64,
        }
    }

    fn float(&mut self) -> f64 {
        let small = self.roll(20_000) as f64 - 10_000.0;
        match self.roll(8) {
            // The notation has one NaN only.
            0 => Some(f64::from_bits(self.next())).filter(|f| !f.is_nan()).unwrap_or(f64::NAN),
            1 => small,
            2 => small / 100.0,
            3 => small * 10f64.powi(self.roll(44) as i32 - 22),
            4 => 10f64.powi(self.roll(60) as i32 - 30),
            5 => self.next() as f64,
            6 => self.pick(&[
                0.0,
                -0.0,
                1e6,
                1e20,
                1e21,
                1e-6,
                1e-7,
                123_456.7,
                1_234_567.8,
                9.007199254740993e15,
            ]),
            _ => self.pick(&[
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::MAX,
                f64::MIN_POSITIVE,
                5e-324,
                0.1,
            ]),
        }
    }

    fn key(&mut self) -> Vec<u8> {
        match self.roll(5) {
            0 => self.string(),
            1 => {
                format!("{}{}", self.pick(&["a", "b", "a-", "_", "x0", "A", ""]), self.roll(120)).into_bytes()
            }
            2 => format!("k{:03}{}", self.roll(12), self.pick(&["", "a", "0", "-"])).into_bytes(),
            _ => self.pick(NAMES).as_bytes().to_vec(),
        }
    }

    pub(crate) fn string(&mut self) -> Vec<u8> {
        match self.roll(10) {
            0 => self.pick(WORDS).as_bytes().to_vec(),
            1 => self.numeric(),
            2 => self.sentence(),
            3 => self.lines(),
            4 => self.pick(NAMES).as_bytes().to_vec(),
            5 => {
                let mut text = self.pick(WORDS).as_bytes().to_vec();
                text.extend(self.pick(PIECES).as_bytes());
                text
            }
            6 => {
                let mut text = self.pick(PIECES).as_bytes().to_vec();
                text.extend(self.string());
                text
            }
            7 => {
                let count = self.roll(40);
                let mut text = self.pieces(count);
                if self.roll(20) == 0 {
                    let at = self.roll(text.len() + 1);
                    text.insert(at, self.pick(&[0x80, 0xff, 0xc3, 0xe2, 0xf0, 0xed]));
                }
                text
            }
            _ => {
                let count = self.roll(6);
                self.pieces(count)
            }
        }
    }

    fn pieces(&mut self, count: usize) -> Vec<u8> {
        (0..count).flat_map(|_| self.pick(PIECES).bytes()).collect()
    }

    /// Digits and what may stand between them.
    fn numeric(&mut self) -> Vec<u8> {
        let count = 1 + self.roll(12);
        let start = self.pick(&[
            "",
            "",
            "-",
            "+",
            "0x",
            "0o",
            "0b",
            "-0b",
            "-0o",
            ".",
            "2001-",
            "1999-12-",
            "2024-02-29T",
        ]);
        let mut text = start.as_bytes().to_vec();
        for _ in 0..count {
            let piece = self.pick(&[
                "0", "1", "2", "5", "9", "12", "59", "60", "7", "3", "_", ".", ":", "-", "e", "E", "+", "e5",
                "T", "t", "Z", " ", ",", "+02:00", "a", "f", "08", "23:59:5", "1:2:3",
            ]);
            text.extend(piece.as_bytes());
        }
        text
    }

    /// Words with spaces between them, often long enough to be folded.
    fn sentence(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..self.roll(40) {
            for _ in 0..1 + self.roll(9) {
                text.extend(self.pick(LETTERS).as_bytes());
            }
            text.extend(
                self.pick(&[" ", " ", " ", " ", " ", "  ", "   ", "", ": ", " #", "\u{2028}"]).as_bytes(),
            );
        }
        if self.roll(2) == 0 {
            text.insert(0, self.pick(b"'\"#-?:*&!@%|>[{ 1y"));
        }
        if self.roll(40) == 0 {
            text.extend(std::iter::repeat_n(b'x', 980 + self.roll(60)));
        }
        text
    }

    /// Lines with indentation.
    fn lines(&mut self) -> Vec<u8> {
        let mut text = self.pick(&["", "", "", "\n", "  ", " \n"]).as_bytes().to_vec();
        for _ in 0..1 + self.roll(5) {
            text.extend(self.pick(&["", "", "  ", "    ", "\t", "- "]).as_bytes());
            text.extend(match self.roll(4) {
                0 => self.sentence(),
                1 => self.pick(PIECES).as_bytes().to_vec(),
                _ => self.pick(NAMES).as_bytes().to_vec(),
            });
            text.extend(
                self.pick(&["\n", "\n", "\n", "\n", "\n\n", " \n", "\r\n", "\u{2028}", "\n\n\n"]).as_bytes(),
            );
        }
        if self.roll(2) == 0 {
            text.pop();
        }
        text
    }
}

const LETTERS: &[&str] =
    &["a", "b", "e", "n", "o", "s", "t", "é", "ß", "日", "1", "0", "-", ".", "/", ",", "'", "\""];

const NAMES: &[&str] = &[
    "name",
    "image",
    "tag",
    "app.kubernetes.io/name",
    "helm.sh/chart",
    "checksum/config",
    "ports",
    "a1",
    "a10",
    "a2",
    "a01",
    "Zeta",
    "_x",
    "x-y",
    "x.y",
    "1.2.3",
    "v1.27.3",
    "10.0.0.0/8",
    "/etc/config",
    "http://x.y/z?q=1&r=<2>",
    "*.log",
    "key: value",
    "a#b",
    "a #b",
    "host:80",
    "{{ x }}",
    "[a]",
    "{a: b}",
    "100m",
    "1Gi",
    "5s",
    "é1",
    "日本",
    "ñ2",
    "٣x",
    "Ⅷ",
    "ͅz",
];

const WORDS: &[&str] = &[
    "",
    "y",
    "Y",
    "n",
    "N",
    "yes",
    "Yes",
    "YES",
    "no",
    "No",
    "NO",
    "on",
    "On",
    "ON",
    "off",
    "Off",
    "OFF",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "FALSE",
    "null",
    "Null",
    "NULL",
    "~",
    ".inf",
    "-.inf",
    "+.inf",
    ".nan",
    ".NaN",
    ".INF",
    "<<",
    "=",
    "-",
    "--",
    "---",
    "...",
    "--- a",
    "?",
    ":",
    "? a",
    ": a",
    "-a",
    "?a",
    ":a",
    "yEs",
    "tRue",
    "nUll",
    "0",
    "00",
    "08",
    "0777",
    "0o17",
    "0b11",
    "0x1F",
    "1_000",
    "1e3",
    "1.",
    ".5",
    "+1",
    "-0",
    "1:30",
    "190:20:30",
    "1:30.5",
    "1:60",
    "2001-12-14",
    "2001-1-1",
    "2001-02-30",
    "2001-12-14T21:59:43Z",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10",
    "2001-12-14 21:59:43.10 -5",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "1e400",
    "1e-400",
    ".5e400",
    "0x",
    "0b",
    "0b-1",
    "0o-7",
    "._1",
    ".1_0",
    ".",
    "+",
    "!!str",
    "&a",
    "*a",
    "|",
    ">",
    "@x",
    "`x`",
    "%x",
    "#x",
    "a#",
    "\u{feff}",
    "\u{feff}abc",
    "\u{85}",
    "a\u{85}b",
    "a \u{85} b",
    "\u{85}---",
    "\u{85}--- ",
    "a\u{85}...\u{85}",
    "\u{7f}",
    "\u{80}",
    "\u{fffe}",
    "\u{fffd}",
    "\u{a0}",
    "😀",
    "a😀b",
];

const PIECES: &[&str] = &[
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\r",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{a0}",
    "\u{feff}",
    "\u{0}",
    "\u{1}",
    "\u{7}",
    "\u{8}",
    "\u{b}",
    "\u{c}",
    "\u{1b}",
    "\u{1f}",
    "\u{e000}",
    "\u{fffd}",
    "é",
    "日",
    "😀",
    "a",
    "b",
    "Z",
    "0",
    "1",
    "9",
    ":",
    ": ",
    " #",
    "#",
    "- ",
    "-",
    "?",
    "? ",
    ",",
    "[",
    "]",
    "{",
    "}",
    "&",
    "*",
    "!",
    "|",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    "\\",
    "/",
    "<",
    "=",
    "~",
    "...",
    "---",
    "--- ",
    "word",
    "word word",
    "  indented",
    "the quick brown fox jumps over the lazy dog and on and on",
];
