//! Parser `smoker.plugins.jmxparser`.

use super::{Answer, input};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::output;

pub(super) const TARGET: Target = Target {
    name: "jmx",
    about: "parser: self-tests over JMX",
    check: |bytes| Answer::of("smoker.plugins.jmxparser", bytes).outcome(),
    make: |random| {
        let result = value(random, 3);
        let text = match random.below(4) {
            0 => result,
            1 => format!("{{\"mbean\": \"m\", \"operation\": \"o\", \"error\": {result}}}"),
            2 => serde_json::Value::from(result).to_string(),
            _ => format!("{{\"mbean\": \"m\", \"operation\": \"o\", \"result\": {result}}}"),
        };
        input(random, "", &text)
    },
    words: &WORDS,
    time: limits::TIME,
};

fn value(random: &mut Random, depth: usize) -> String {
    let Some(less) = depth.checked_sub(1) else {
        return random
            .pick(&[
                "0",
                "1",
                "-0.0",
                "1e999",
                "true",
                "false",
                "null",
                "\"ok\"",
                "\"[WARNING] slow\"",
                "\"down\"",
                "\"\"",
            ])
            .to_owned();
    };
    match random.below(5) {
        0 => value(random, 0),
        1 => format!("[{}]", random.joined(4, ", ", |random| value(random, less))),
        2 => output::text(random),
        3 => format!(
            "{{\"status\": {}, \"{}\": {}}}",
            value(random, 0),
            random.pick(&["message", "messages"]),
            value(random, less)
        ),
        _ => format!(
            "{{{}}}",
            random.joined(4, ", ", |random| format!("{}: {}", output::text(random), value(random, less)))
        ),
    }
}

const WORDS: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"mbean\": \"m\", ",
    "\"operation\"",
    "\"result\"",
    "\"error\"",
    "\"status\"",
    "\"message\"",
    "\"messages\"",
    "\"info\"",
    "\"OK\"",
    "\"UP\"",
    "\"degraded\"",
    "\"a\"",
    "\"\\\"{}\\\"\"",
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "1e999",
    "\\u0000",
    "\"",
    "\n",
    "{\"status\": \"OK\", \"messages\": null}",
];
