//! Parser `regex`.

use super::{Answer, input};
use crate::limits;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "regex",
    about: "parser: patterns over lines",
    check: |bytes| Answer::of("regex", bytes).outcome(),
    make: |random| {
        let parameters = random.joined(3, ", ", |random| {
            let name = random.pick(&["Ok", "Warn", "Error", "ok"]);
            let pattern = |random: &mut crate::inputs::random::Random| {
                serde_json::Value::from(random.texts(&WORDS, 8)).to_string()
            };
            let value =
                if random.one_in(3) { format!("[{}]", random.joined(3, ", ", pattern)) } else { pattern(random) };
            format!("\"{name}\": {value}")
        });
        let text = random.texts(&["a", "ab", "fail", "ok", "\n", "\n", "1", "é", " ", "\r"], 40);
        input(random, &format!("{{{parameters}}}"), &text)
    },
    words: &WORDS,
    time: limits::TIME,
};

const WORDS: [&str; 44] = [
    "a",
    "b",
    ".",
    ".*",
    "(a|b)+",
    "(a*)*",
    "(",
    ")",
    "(?:",
    "(?i)",
    "(?P<n>",
    "(?x) ",
    "[",
    "]",
    "[a-z]",
    "[^",
    "[[:alpha:]]",
    "{2}",
    "{1000}",
    "{1,}",
    "{999999}",
    "*",
    "+",
    "?",
    "|",
    "^",
    "$",
    "\\",
    "\\d",
    "\\w+",
    "\\b",
    "\\B",
    "\\p{L}",
    "\\pN",
    "\\x{10FFFF}",
    "\\u0041",
    "\\Q",
    "(?R)",
    "(?=a)",
    "\\1",
    "é",
    "\n",
    "(a{50}){50}",
    "(\\w{100}){100}",
];
