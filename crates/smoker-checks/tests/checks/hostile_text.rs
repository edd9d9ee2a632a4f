//! A parser answers to any output of a command, without a panic and in bounded time.

use serde_json::{Value as Json, json};

use crate::service::fixture;

/// Each parser with its parameters and texts that it understands.
fn corpus() -> Vec<(&'static str, Json, Vec<String>)> {
    let file = |name: &str| std::fs::read_to_string(fixture(name)).expect("a fixture");
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let varnish = vec![
        "Backend www01 is Healthy\nCurrent states  good:  8\nAverage responsetime of good probes: 0.010631\n"
            .to_owned(),
        file("varnish/7.1-backend.list.txt"),
        file("varnish/7.1-backend.list-p.txt"),
        file("varnish/7.1-backend.list-j-p.txt"),
    ];
    let json_rules = json!({"JsonStatus": "a.0.b", "JsonMessage": "a", "JsonValues": {"n": {"Path": "n", "Warn": "1:2", "Error": "@3:4"}}});
    vec![
        ("smoker.server.plugins.varnishparser", json!({}), varnish),
        (
            "nagios",
            json!({}),
            texts(&["DISK OK - free | /=2643MB;5948;5958;0;5968\nlong | b=1\nc=2", "|", "a|b|c\n|\n"]),
        ),
        (
            "tap",
            json!({}),
            texts(&[
                "TAP version 14\n1..3\nok 1 - a # SKIP b\nnot ok 2\n  ---\n  x: y\n  ...\nok 3 # TODO",
                "Bail out!\n1..0 # skip",
            ]),
        ),
        (
            "junit",
            json!({}),
            texts(&[
                r#"<a><testcase name="x&#10;" classname='y'><failure message="&lt;">t&amp;<![CDATA[z]]></failure></testcase></a>"#,
            ]),
        ),
        ("json", json_rules, texts(&[r#"{"a": [{"b": "ok"}], "n": 1.5}"#, r#"{"n": "2", "a": [{"b": null}]}"#])),
        ("regex", json!({"Ok": "^a+$", "Warn": ["(a|b)*c"], "Error": "\\d{3,}"}), texts(&["aaa\nabc\n123", ""])),
        (
            "smoker.plugins.jmxparser",
            json!({}),
            texts(&[
                r#"{"mbean": "m", "result": {"a": [1, "ok"], "b": {"status": "OK", "messages": {}}}}"#,
                "\"[1, 2]\"",
            ]),
        ),
    ]
}

/// A small generator of the xorshift family, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).expect("small")).expect("small")
    }
}

/// Deletes, doubles, replaces or inserts a few pieces of a text.
fn spoil(text: &str, random: &mut Random) -> String {
    const PIECES: [&[u8]; 14] = [
        b"",
        b"\0",
        b"\xff",
        b"\n",
        b" ",
        b"|",
        b"#",
        b"\"",
        b"<",
        b"&#x110000;",
        b"999999999999999999999",
        b"-",
        b"\xc3\xa9",
        b"\xe2\x80\xa8",
    ];
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(6) {
        let start = random.below(bytes.len() + 1);
        let end = (start + random.below(9)).min(bytes.len());
        let piece = match random.below(3) {
            0 => bytes[start..end].repeat(2),
            1 => vec![u8::try_from(random.below(256)).expect("a byte")],
            _ => PIECES[random.below(PIECES.len())].to_vec(),
        };
        bytes.splice(start..end, piece);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn check(parser: &str, parameters: &Json, text: &str, exit_status: Option<i32>) {
    let request = json!({
        "kind": "parser", "module": parser, "plugin": "p", "forced": false, "timeout": 1.0, "parameters": parameters,
        "result": null, "stdout": text, "stderr": text, "exit_status": exit_status,
    });
    match smoker_checks::catalogue::answer(request) {
        Ok(answer) => {
            assert!(["OK", "WARN", "ERROR"].contains(&answer["status"].as_str().expect("a status")), "{answer}");
        }
        Err(reason) => assert!(!reason.is_empty(), "{text:?}"),
    }
}

#[test]
fn spoiled_texts_do_no_harm() {
    let mut random = Random(0x5eed_0000_0000_0001);
    for (parser, parameters, texts) in corpus() {
        for text in texts {
            check(parser, &parameters, &text, Some(0));
            for _ in 0..700 {
                let spoiled = spoil(&text, &mut random);
                check(parser, &parameters, &spoiled, [None, Some(0), Some(1), Some(255)][random.below(4)]);
            }
        }
    }
}

#[test]
fn long_and_deep_texts_do_no_harm() {
    let repeated = [
        "[",
        "{\"a\":",
        "<a>",
        "ok same\n",
        "Backend a is Healthy\nAverage responsetime of good probes: 1\n",
        "a|",
        "not ok # TODO\n",
        "&amp;",
        "\\",
    ];
    for (parser, parameters, _) in corpus() {
        for text in repeated {
            check(parser, &parameters, &text.repeat(3_000), Some(1));
        }
        let report = format!("<a>{}</a>", "<testcase name='same'/>".repeat(3_000));
        check(parser, &parameters, &report, Some(0));
    }
}
