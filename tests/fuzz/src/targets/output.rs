//! What a command printed becomes findings, and these a result on the wire.
//!
//! Parts: the exit status; `MaxOutput`; standard error; standard output.

use serde_json::Value as Json;
use smoker_model::messages::{Level, MAX_MESSAGES};
use smoker_model::notation::python_text;
use smoker_model::result::Findings;
use smoker_model::status::Status;
use smoker_model::time::moment::Moment;
use smoker_model::value::Value;
use smoker_model::wire::result::ComponentShape;
use smoker_runner::output::findings_of;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::shape::shape;

pub(crate) const TARGET: Target = Target {
    name: "output",
    about: "what commands print, JSON and other",
    check,
    make: |random| {
        let printed = if random.one_in(8) { random.texts(&WORDS, 30) } else { result(random) };
        let limit = random.pick(&["", "", "0", "1", "7", "100"]);
        joined(&[&random.number(), limit, &random.word(), &printed])
    },
    words: &WORDS,
    time: limits::TIME,
};

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let exit_status = fields.text(0).parse().unwrap_or(0);
    let max_output = fields.text(1).parse().unwrap_or(1 << 20);
    let findings = findings_of(&fields.rest(3).join(&0x1e), fields.bytes(2), exit_status, max_output);
    assert_ne!(findings.status, Status::Unknown, "no result is UNKNOWN");
    let result = findings.clone().into_result(Moment::now(), true);
    let wire = serde_json::to_value(result.on_wire(ComponentShape::Plain)).expect("a result is JSON");
    let Json::Object(object) = wire.clone() else { panic!("a result is an object: {wire}") };
    assert_eq!(object["forced"], Json::Bool(true));
    let read = Findings::parse(object).expect("what was told is a result");
    if !may_be_cut(&wire) {
        // Who is at fault is for the log only.
        let findings = Findings { is_fault: read.is_fault, ..findings.clone() };
        assert_eq!(read, findings, "what was told reads back as it is");
    }
    serde_json::to_value(result.on_wire(ComponentShape::List)).expect("a result is JSON");
    let _ = python_text::str(&Value::from(wire.clone()));
    let error = findings.messages.iter().flat_map(|messages| messages.level(Level::Error)).next().unwrap_or_default();
    let own = ["Invalid JSON structure", "Missing status"].iter().any(|own| error.starts_with(own));
    if own { error.to_owned() } else { shape(&wire) }
}

/// Whether there are as many messages in one place as a result may have: of more the middle is left out.
fn may_be_cut(wire: &Json) -> bool {
    match wire {
        Json::Array(list) => list.len() >= MAX_MESSAGES || list.iter().any(may_be_cut),
        Json::Object(object) => object.values().any(may_be_cut),
        _ => false,
    }
}

fn result(random: &mut Random) -> String {
    let mut members = vec![format!("\"status\": {}", status(random))];
    for (name, rarity) in [("messages", 2), ("componentResults", 3), ("action", 4), ("other", 8)] {
        if random.one_in(rarity) {
            let value = match name {
                "messages" => messages(random),
                "componentResults" => {
                    format!("{{{}}}", random.joined(4, ",", |random| format!("{}: {}", text(random), part(random))))
                }
                "action" => part(random),
                _ => random.texts(&WORDS, 4),
            };
            members.push(format!("\"{name}\": {value}"));
        }
    }
    format!("{{{}}}", members.join(", "))
}

fn part(random: &mut Random) -> String {
    let more = random.pick(&["", ", \"more\": NaN", ", \"name\": 1", ", \"status\": \"OK\""]);
    format!("{{\"status\": {}, \"messages\": {}{more}}}", status(random), messages(random))
}

fn messages(random: &mut Random) -> String {
    if random.one_in(4) {
        return random.pick(&["null", "{}", "[]", "1", "\"a\"", "{\"info\": null}", "{\"info\": []}"]).to_owned();
    }
    let mut list = |name: &str| format!("\"{name}\": [{}]", random.joined(3, ", ", text));
    format!("{{{}, {}, {}}}", list("info"), list("error"), list("warn"))
}

fn status(random: &mut Random) -> String {
    let word = random.pick(&["OK", "OK", "WARN", "ERROR", "UNKNOWN", "ok", ""]);
    if random.one_in(12) { random.pick(&["null", "1", "[]", "{}"]).to_owned() } else { format!("\"{word}\"") }
}

/// A text in JSON, seldom one that is not valid.
pub(crate) fn text(random: &mut Random) -> String {
    if random.one_in(8) {
        return format!(
            "\"{}\"",
            random.texts(&["\\u0000", "\\ud800", "\\ud83d\\ude00", "\\n", "\\", "\"", "\u{1b}", "\\/"], 4)
        );
    }
    Json::from(random.word()).to_string()
}

const WORDS: [&str; 42] = [
    "{",
    "}",
    "[",
    "]",
    "[]",
    "{}",
    ",",
    ":",
    "\"",
    "\\",
    "\"status\"",
    "\"OK\"",
    "\"WARN\"",
    "\"ERROR\"",
    "\"messages\"",
    "\"info\"",
    "\"error\"",
    "\"warn\"",
    "\"componentResults\"",
    "\"action\"",
    "\"name\"",
    "null",
    "true",
    "false",
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "0",
    "1e999",
    "1E-400",
    "\\u0000",
    "\\ud83d",
    "\\ude00",
    "\u{feff}",
    "\u{1c}",
    "\n",
    "\r\n",
    " ",
    "\t",
    "{\"status\": \"OK\"}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];
