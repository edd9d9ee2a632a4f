//! Parser `smoker.server.plugins.varnishparser`.

use super::{Answer, input};
use crate::limits;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "varnish",
    about: "parser: backends of Varnish",
    check: |bytes| {
        let answer = Answer::of("smoker.server.plugins.varnishparser", bytes);
        answer.check_worst();
        if let Ok(result) = &answer.result {
            let parts = result["componentResults"].as_object().expect("backends");
            assert!(!parts.is_empty());
        }
        answer.outcome()
    },
    make: |random| {
        let lead = random.pick(&[
            "",
            "Backend name   Admin    Probe    Health     Last change\n",
            "[3, [\"backend.list\", \"-j\"], 1.5, {",
        ]);
        let text = random.texts(&WORDS, 20);
        input(random, "", &format!("{lead}{text}"))
    },
    words: &WORDS,
    time: limits::TIME,
};

const WORDS: [&str; 46] = [
    "Backend www01 is Healthy\n",
    "Backend www02 is Sick\n",
    "Backend  is \n",
    "Backend a is b is c\n",
    "Current states  good:  8 threshold:  6 window:  8\n",
    "Average responsetime of good probes: 0.010631\n",
    "Average responsetime of good probes: 2\n",
    "Average responsetime of good probes: nan\n",
    "Average responsetime of good probes: 1e400\n",
    "Average responsetime of good probes: x\n",
    "boot.good      probe    4/4      healthy    Mon\n",
    "boot.bad probe 0/4 sick Mon\n",
    "boot.plain sick 0/0 sick\n",
    "boot.x healthy healthy\n",
    " Average response time of good probes: 0.001394\n",
    "  Average response time of good probes: \n",
    "Backend name Refs Admin Probe\n",
    "boot.default probe Healthy 8/8\n",
    "\"boot.good\": {",
    "\"type\": \"backend\",",
    "\"admin_health\": \"probe\",",
    "\"probe_message\": [4, 4, \"healthy\"]",
    "\"probe_message\": \"sick\"",
    "\"probe_message\": []",
    "}",
    "},",
    "}]",
    "[",
    "]",
    "{",
    ",",
    ":",
    "\"a\"",
    "1",
    "-1",
    "null",
    "4/4",
    "/",
    "9999999999999999999999/1",
    "\n",
    "\r\n",
    " ",
    "\t",
    "healthy",
    "SICK",
    "é",
];
