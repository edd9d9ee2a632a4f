//! Parser `json`.

use super::{Answer, input};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::output;

pub(super) const TARGET: Target = Target {
    name: "json",
    about: "parser: values in JSON and their bounds",
    check: |bytes| {
        let answer = Answer::of("json", bytes);
        answer.check_worst();
        answer.outcome()
    },
    make: |random| {
        let parameters = format!("{{{}}}", random.joined(5, ", ", parameter));
        let text = value(random, 3);
        input(random, &parameters, &text)
    },
    words: &WORDS,
    time: limits::TIME,
};

fn parameter(random: &mut Random) -> String {
    match random.below(5) {
        0 | 1 => format!("\"JsonStatus\": {}", path(random)),
        2 => format!("\"{}\": {}", random.pick(&["JsonOk", "JsonWarn", "Other"]), value(random, 1)),
        3 => format!("\"JsonMessage\": {}", path(random)),
        _ => format!(
            "\"JsonValues\": {{{}}}",
            random.joined(3, ", ", |random| format!("{}: {}", output::text(random), rule(random)))
        ),
    }
}

fn rule(random: &mut Random) -> String {
    let mut bound = |name: &str| format!("\"{name}\": \"{}\"", random.pick(&BOUNDS));
    let (warn, error) = (bound("Warn"), bound("Error"));
    match random.below(6) {
        0 => path(random),
        1 => value(random, 1),
        _ => format!("{{\"Path\": {}, {warn}, {error}}}", path(random)),
    }
}

fn path(random: &mut Random) -> String {
    match random.below(6) {
        0 => value(random, 1),
        1 => format!(
            "[{}]",
            random.joined(4, ", ", |random| random.pick(&["\"a\"", "0", "\"a.b\"", "\"status\""]).to_owned())
        ),
        _ => format!(
            "\"{}\"",
            random.joined(3, ".", |random| random.pick(&["a", "b", "0", "1", "status", ""]).to_owned())
        ),
    }
}

const BOUNDS: [&str; 12] = ["10", "10:", "~:10", "10:20", "@10:20", "20:10", "nan", "inf:", "1e999", "", ":", "-5:-1"];

fn value(random: &mut Random, depth: usize) -> String {
    let Some(less) = depth.checked_sub(1) else {
        return random
            .pick(&["1", "-1.5", "\"OK\"", "null", "true", "1e308", "\"\"", "18446744073709551616"])
            .to_owned();
    };
    match random.below(4) {
        0 => value(random, 0),
        1 => format!("[{}]", random.joined(4, ", ", |random| value(random, less))),
        2 => output::text(random),
        _ => format!(
            "{{{}}}",
            random.joined(4, ", ", |random| {
                let name = random.pick(&["\"a\"", "\"b\"", "\"status\"", "\"0\"", "\"\"", "\"a.b\""]);
                format!("{name}: {}", value(random, less))
            })
        ),
    }
}

const WORDS: [&str; 44] = [
    "a",
    "b",
    "a.b",
    "a.0",
    "\"JsonStatus\": \"a\"",
    "\"JsonOk\"",
    "\"JsonWarn\"",
    "\"JsonMessage\"",
    "\"JsonValues\": {",
    "..",
    ".",
    "10",
    "10:",
    "~:10",
    "10:20",
    "@10:20",
    "20:10",
    "nan",
    "inf:",
    "1e999",
    "\"a\"",
    "\"b\"",
    "\"status\"",
    "\"OK\"",
    ":",
    ",",
    "{",
    "}",
    "[",
    "]",
    "null",
    "true",
    "1",
    "-1",
    "0.1",
    "\"Path\"",
    "\"Warn\"",
    "\"Error\"",
    "\"Critical\"",
    "\"Components\"",
    "%(a)s",
    "%s",
    "\n",
    "\\u0000",
];
