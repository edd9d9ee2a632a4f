//! Matchers of built-in checks, by `Check: value`: what the configuration says against any value.
//!
//! Parts: the matcher as JSON; the value as JSON.

use serde_json::{Map, Value as Json, json};
use smoker_checks::catalogue;
use smoker_checks::verify::verify;
use smoker_model::plugin::module::ModuleKind;
use smoker_model::result::Findings;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::shape::shape;

pub(crate) const TARGET: Target = Target {
    name: "matchers",
    about: "matchers of built-in checks",
    check,
    make: |random| joined(&[&matcher(random, 3), &value(random, 3)]),
    words: WORDS,
    time: limits::TIME,
};

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let parsed = |at| serde_json::from_slice::<Json>(fields.bytes(at)).unwrap_or_default();
    let parameters = json!({"Matches": parsed(0), "Value": parsed(1)});
    let layer: &Map<String, Json> = parameters.as_object().expect("an object");
    let spec = catalogue::find(ModuleKind::Check, "value").expect("a check");
    let faults = verify(spec, &[layer], |_| false);
    let request = json!({
        "kind": "check", "module": "value", "plugin": "p", "forced": false, "timeout": 10.0, "parameters": parameters,
        "result": null, "stdout": "", "stderr": "", "exit_status": null,
    });
    match catalogue::answer(request) {
        Ok(Json::Object(object)) => {
            assert!(faults.is_empty(), "--check refuses what a run takes: {faults:?}");
            Findings::parse(object.clone()).expect("an answer is a valid result");
            shape(&Json::Object(object))
        }
        Ok(other) => panic!("an answer is an object: {other}"),
        Err(reason) => {
            assert!(!faults.is_empty(), "--check takes what a run refuses: {reason}");
            "refused".to_owned()
        }
    }
}

fn matcher(random: &mut Random, depth: usize) -> String {
    let text = |random: &mut Random| Json::from(random.texts(WORDS, 4)).to_string();
    if depth == 0 || random.one_in(3) {
        return text(random);
    }
    let key = random.pick(&KEYS);
    let inner = match key {
        "And" | "Or" | "Elements" | "Only" => {
            format!("[{}]", random.joined(3, ", ", |random| matcher(random, depth - 1)))
        }
        "Json" => format!("{{{}: {}}}", text(random), matcher(random, depth - 1)),
        "Not" | "Element" | "Key" => matcher(random, depth - 1),
        _ => text(random),
    };
    format!("{{\"{key}\": {inner}}}")
}

fn value(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.one_in(3) {
        return random.pick(&["\"a\"", "\"1.2.3\"", "5", "-0.5", "true", "null", "\"a\\nb\"", "[]", "{}"]).to_owned();
    }
    let inner = random.joined(3, ", ", |random| value(random, depth - 1));
    if random.one_in(2) { format!("[{inner}]") } else { format!("{{\"a\": [{inner}], \"b\": {{}}}}") }
}

const KEYS: [&str; 14] = [
    "Equals", "Contains", "Matches", "Number", "Len", "Semver", "Json", "Element", "Elements", "Only", "Key", "Not",
    "And", "Or",
];

const WORDS: &[&str] = &[
    "a",
    "b",
    "/a/",
    "/(a|b)+$/",
    "/(/",
    "/(?i)A/",
    ">= 3",
    "< 5",
    "== 1",
    "1..3",
    "outside 1..3",
    "~:5",
    "never",
    "^1.2",
    ">=1, <2",
    "*",
    "$",
    "$.a",
    "$.a[0]",
    "$..b",
    "$[?@.a > 1]",
    "$.a[*]",
    "[",
    "]",
    "1.2.3",
    "5",
    "and",
    "or",
    " ",
    "\n",
];
