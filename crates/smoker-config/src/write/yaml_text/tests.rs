//! What is written reads as what it was: chosen words, and any number of random trees.

use std::collections::HashSet;
use std::path::Path;

use chrono::{FixedOffset, NaiveDate, TimeZone};
use smoker_model::value::Value;

use crate::problem::ProblemLog;
use crate::write::yaml_text::document;
use crate::yaml::document::parse;
use crate::yaml::key::KeyId;
use crate::yaml::source_text::SourceText;

/// Reads a text and shows the value with its types; NaN is not equal to itself, but it looks so.
fn read(text: &str) -> String {
    let mut problems = ProblemLog::default();
    let source = SourceText::of(Path::new("x.yaml"), text).unwrap_or_else(|reason| panic!("{reason}\n{text}"));
    let node = parse(&source, &mut problems).unwrap_or_else(|fault| panic!("{}\n{text}", fault.text));
    assert!(problems.entries.is_empty(), "{:?}\n{text}", problems.entries);
    format!("{:?}", node.to_value())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn of(name: &str, value: Value) -> Value {
    Value::Map(vec![(text(name), value)])
}

#[test]
fn what_people_read_is_plain_where_it_can_be() {
    let map = |entries: &[(&str, Value)]| {
        Value::Map(entries.iter().map(|(name, value)| (text(name), value.clone())).collect())
    };
    let written = document(&map(&[
        ("bind_host", text("127.0.0.1")),
        (
            "plugins",
            map(&[("Web", map(&[("Command", text("curl -f 'http://x/?a=b' | tee /tmp/x\necho 50%% done\n"))]))]),
        ),
        (
            "List",
            Value::List(vec![
                Value::Int(1),
                map(&[("a", Value::Null), ("b", Value::Bool(true))]),
                Value::List(vec![text("no")]),
            ]),
        ),
        ("Empty", Value::Map(Vec::new())),
        ("Colon", text("it's a: b")),
        ("Bell", text("\u{7}")),
    ]));
    let expected = "\
bind_host: 127.0.0.1
plugins:
  Web:
    Command: |
      curl -f 'http://x/?a=b' | tee /tmp/x
      echo 50%% done
List:
  - 1
  - a: null
    b: true
  - - 'no'
Empty: {}
Colon: 'it''s a: b'
Bell: \"\\x07\"
";
    assert_eq!(written, expected);
}

/// Texts that some reader or other takes for something else.
const TRAPS: &[&str] = &[
    "",
    " ",
    "  x",
    "x  ",
    "~",
    "null",
    "Null",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "true",
    "True",
    "017",
    "0o17",
    "0x1F",
    "0b101",
    "08",
    "1_000",
    "1:30",
    "190:20:30",
    "1e3",
    "1.0e+3",
    "1.5",
    ".5",
    "-.5",
    ".inf",
    "-.INF",
    ".nan",
    "inf",
    "nan",
    "+12",
    "-",
    "- x",
    "-x",
    "?",
    "? x",
    ":",
    ": x",
    "x:",
    "a: b",
    "a:b",
    "#",
    "# x",
    "a #b",
    "a#b",
    "&a",
    "*a",
    "!x",
    "!!int 1",
    "|",
    ">",
    "%x",
    "@x",
    "`x`",
    "[x]",
    "{x}",
    "{}",
    "[]",
    ",",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "it's",
    "a \"b\"",
    "<<",
    "=",
    "---",
    "--- x",
    "...",
    "2024-01-02",
    "2024-1-2",
    "2024-01-02 03:04:05",
    "2024-01-02T03:04:05Z",
    "12345678901234567890123456789012345678901234567890",
    "\n",
    "\n\n",
    "x\n",
    "x\n\n\n",
    "\nx",
    " x\ny",
    "x\n y\n",
    "x\n\n y",
    "x\n \ny",
    "x \ny ",
    "x\t",
    "\tx",
    "a\tb",
    "x\n\ty",
    "x\n---\ny",
    "x\n...\n",
    "x\n# y",
    "x\r\ny",
    "x\ry",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "x\u{85}y",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{feff}x\ny",
    "\u{a0}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{1f600}",
    "Zürich – ok",
    "日本語",
    "\u{202e}x",
    "a, b",
    "a]b",
    "a: ",
    "%(Name)s",
    "50%% #1",
    "su x -c 'y; z'",
];

/// Values at random, the same for the same seed.
struct Random(fastrand::Rng);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0.usize(..limit)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// A trap, traps put together, or characters of all sorts.
    fn text(&mut self) -> String {
        match self.below(4) {
            0 => self.pick(TRAPS).to_owned(),
            1 => (0..self.below(4)).map(|_| self.pick(TRAPS)).collect(),
            2 => {
                let words: Vec<_> = (0..self.below(6)).map(|_| self.pick(TRAPS)).collect();
                words.join(self.pick(&[" ", "\n", "\n  ", ": ", " #"]))
            }
            _ => (0..self.below(12)).map(|_| self.char()).collect(),
        }
    }

    fn char(&mut self) -> char {
        const SIGNS: &str = " \n\t:#-?'\"\\|>&*!%@`{}[],=<~.0189abyYnN_/";
        match self.below(8) {
            0 => self.0.char(..),
            1 => char::from(self.0.u8(..)),
            _ => SIGNS.chars().nth(self.below(SIGNS.len())).unwrap_or('x'),
        }
    }

    /// The smallest of all cannot be read: its digits without the sign are one too many.
    fn int(&mut self) -> i128 {
        if self.0.bool() { self.0.i128(-100..100) } else { self.0.i128(-i128::MAX..) }
    }

    fn float(&mut self) -> f64 {
        const SPECIAL: [f64; 9] =
            [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0, -0.0, 1e16, 1e-7, f64::MAX, f64::MIN_POSITIVE];
        match self.below(6) {
            0 => SPECIAL[self.below(SPECIAL.len())],
            1 => f64::from(self.0.u32(..1000)),
            _ => f64::from_bits(self.0.u64(..)),
        }
    }

    fn scalar(&mut self) -> Value {
        let date = NaiveDate::from_num_days_from_ce_opt(self.0.i32(1..3_650_000));
        let date = date.expect("a day within the first 9999 years");
        let (second, micros) = (self.0.u32(..86_400), [0, 1, 500_000, 999_999][self.below(4)]);
        let moment =
            date.and_hms_micro_opt(second / 3600, second / 60 % 60, second % 60, micros).expect("a time of day");
        match self.below(12) {
            0 => Value::Null,
            1 => Value::Bool(self.0.bool()),
            2 => Value::Int(self.int()),
            3 => Value::Float(self.float()),
            4 => Value::Date(date),
            5 => Value::Moment(moment),
            6 => {
                let zone = FixedOffset::east_opt(self.0.i32(-12 * 60..12 * 60) * 60).expect("less than a day");
                Value::ZonedMoment(
                    zone.from_local_datetime(&moment).single().expect("a fixed zone has every time once"),
                )
            }
            _ => Value::Text(self.text()),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 1 } else { 3 }) {
            0 => self.scalar(),
            1 => Value::List((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
            _ => {
                let mut names = HashSet::new();
                let entries = (0..self.below(5)).map(|_| (self.scalar(), self.value(depth - 1)));
                let entries: Vec<_> = entries.collect();
                Value::Map(entries.into_iter().filter(|(name, _)| names.insert(KeyId::of(name))).collect())
            }
        }
    }
}

#[test]
fn every_trap_survives_in_every_place() {
    for trap in TRAPS {
        let places = [
            of("x", text(trap)),
            of(trap, Value::Int(1)),
            of("x", Value::List(vec![text(trap), Value::List(vec![text(trap)]), of(trap, text(trap))])),
            of("x", of(trap, of(trap, text(trap)))),
            of(&trap.repeat(300), text(&trap.repeat(300))),
        ];
        for value in places {
            assert_eq!(read(&document(&value)), format!("{value:?}"), "{}", document(&value));
        }
    }
}

#[test]
fn random_trees_survive() {
    for seed in 0..3000 {
        let value = of("x", Random(fastrand::Rng::with_seed(seed)).value(5));
        let written = document(&value);
        assert_eq!(read(&written), format!("{value:?}"), "seed {seed}:\n{written}");
        assert_eq!(written, document(&value));
    }
}
