//! Parser `junit`.

use super::{Answer, input};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "junit",
    about: "parser: JUnit XML",
    check: |bytes| {
        let answer = Answer::of("junit", bytes);
        answer.check_worst();
        if let Ok(result) = &answer.result {
            let cases = result["componentResults"].as_object().map_or(0, serde_json::Map::len);
            assert!(cases > 0, "a report without tests is none: {result}");
            assert_eq!(cases, answer.fields.text(3).matches("testcase").count().min(cases), "no test out of nothing");
        }
        answer.outcome()
    },
    make: |random| {
        let text = if random.one_in(4) { random.texts(&WORDS, 24) } else { report(random) };
        input(random, "", &text)
    },
    words: &WORDS,
    time: limits::TIME,
};

fn report(random: &mut Random) -> String {
    let cases = random.joined(6, "\n", |random| {
        let name = random.texts(&ATTRIBUTES, 3);
        match random.below(3) {
            0 => format!("<testcase{name}/>"),
            1 => format!("<testcase{name}><{}{}/></testcase>", random.pick(&KINDS), random.texts(&ATTRIBUTES, 2)),
            _ => {
                let (kind, text) = (random.pick(&KINDS), random.texts(&WORDS, 4));
                format!("<testcase{name}><{kind}>{text}</{kind}></testcase>")
            }
        }
    });
    format!("{}<testsuites><testsuite>{cases}</testsuite></testsuites>", random.pick(&["", "<?xml version=\"1.0\"?>"]))
}

const KINDS: [&str; 5] = ["failure", "error", "skipped", "system-out", "x:failure"];

const ATTRIBUTES: [&str; 12] = [
    " name=\"a\"",
    " name=\"b\"",
    " classname=\"c.D\"",
    " message=\"it &lt; broke\"",
    " message=''",
    " type=\"T\"",
    " time=\"0.1\"",
    " name=\"&bad;\"",
    " name=\"&#10;&#xD800;&#x1F600;\"",
    " name",
    " =\"\"",
    " name=\"&#99999999999;\"",
];

const WORDS: [&str; 44] = [
    "<testsuites>",
    "</testsuites>",
    "<testsuite>",
    "</testsuite>",
    "<testcase>",
    "</testcase>",
    "<testcase name=\"a\"/>",
    "<testcase",
    "<failure",
    "</failure>",
    "<failure>",
    "<error/>",
    "<skipped/>",
    "/>",
    ">",
    "<",
    "&amp;",
    "&lt;",
    "&#10;",
    "&#x0;",
    "&a;",
    "&",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version=\"1.0\" encoding=\"latin1\"?>",
    "<?",
    "?>",
    "<!DOCTYPE a [<!ENTITY a \"&a;&a;\">]>",
    "<!",
    "x:",
    "xmlns:x=\"y\"",
    " name=\"a\"",
    " message=\"m\"",
    "'",
    "\"",
    "text",
    "\n",
    " ",
    "\u{feff}",
    "é",
    "</",
    "]]",
];
