//! Parser `nagios`.

use super::{Answer, input};
use crate::limits;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "nagios",
    about: "parser: output of monitoring plugins",
    check: |bytes| {
        let answer = Answer::of("nagios", bytes);
        let expected: &[_] = match answer.exit_status {
            // A text that says otherwise is a warning.
            Some(0) => &["OK", "WARN"],
            Some(1) => &["WARN"],
            _ => &["ERROR"],
        };
        assert!(answer.status().is_some_and(|status| expected.contains(&status)), "the exit status decides");
        let result = answer.result.as_ref().expect("it never fails");
        let count = |level: &str| result["messages"][level].as_array().map_or(0, Vec::len);
        assert!(count("info") + count("warn") + count("error") > 0, "it never says nothing");
        answer.outcome()
    },
    make: |random| {
        let text = random.texts(&WORDS, 20);
        input(random, "", &text)
    },
    words: &WORDS,
    time: limits::TIME,
};

const WORDS: [&str; 20] = [
    "DISK OK",
    "CRITICAL - ",
    "free space: /",
    "|",
    " | ",
    "/=2643MB;5948;5958;0;5968",
    "'a b'=1s;;;;",
    "time=0.1s",
    "\n",
    "\n",
    "\r\n",
    ";",
    "=",
    "1e5",
    "%",
    "\t",
    "\\n",
    "U",
    "@10:20",
    "load1=-nan;~:;",
];
