//! Parser `tap`.

use super::{Answer, input};
use crate::limits;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "tap",
    about: "parser: Test Anything Protocol",
    check: |bytes| {
        let answer = Answer::of("tap", bytes);
        answer.check_worst();
        let is_failed = |line: &str| line == "not ok" || (line.starts_with("not ok ") && !line.contains('#'));
        if answer.fields.text(3).lines().any(is_failed) {
            assert_ne!(answer.status(), Some("OK"), "a failed test is never good: {:?}", answer.result);
        }
        answer.outcome()
    },
    make: |random| {
        let text = random.texts(&WORDS, 24);
        input(random, "", &text)
    },
    words: &WORDS,
    time: limits::TIME,
};

const WORDS: [&str; 40] = [
    "TAP version 13\n",
    "TAP version 14\n",
    "1..3\n",
    "1..0 # SKIP why\n",
    "1..99999999999\n",
    "1..0\n",
    "ok 1\n",
    "ok 2 - two\n",
    "not ok 3 - three\n",
    "not ok\n",
    "ok\n",
    "ok 18446744073709551616\n",
    "ok 1 # skip\n",
    "not ok 2 # TODO later\n",
    "ok 3 # \\# a\n",
    "not ok 4 \\# TODO\n",
    "Bail out! why\n",
    "Bail out!\n",
    "# note\n",
    "  ---\n",
    "  message: 'a'\n",
    "  severity: fail\n",
    "  ...\n",
    "---\n",
    "...\n",
    "    ok 1 - inner\n",
    "    1..1\n",
    "# Subtest: inner\n",
    "pragma +strict\n",
    " ",
    "ok",
    "not ok ",
    "1",
    "-",
    "#",
    "TODO",
    "SKIP",
    "\n",
    "\r\n",
    "\t",
];
