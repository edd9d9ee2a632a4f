//! A report that was cut off anywhere is not OK.

use serde_json::{Value as Json, json};

use crate::request;

const TAP: &str = "TAP version 13\n1..4\nok 1 - a # time=3ms\n# Subtest: b\n    ok 1 - c\n    1..1\nok 2 - b\n  ---\n  at: 1\n  ...\n\
                   ok 3 # SKIP no door\nRESULT 4 - d\n";
const TAP_PLAN_LAST: &str = "ok 1 - a\nRESULT 2 - d\n# said\n1..2\n# tests 2\n";
const PROVE: &str =
    "t/a.t .. \n1..1\nok 1 - a\nok\nt/b.t .. \n1..1\nRESULT 1 - d\nok\nFiles=2, Tests=2\nResult: PASS\n";
const JUNIT: &str = "<?xml version=\"1.0\"?>\n<testsuites><testsuite name=\"s\" tests=\"2\"><testcase name=\"a\"/>\
                     <testcase name=\"d\">RESULT</testcase></testsuite></testsuites>\n";
const VARNISH: &str = "[2, [\"backend.list\", \"-j\"], 1.5, {\"boot.a\": {\"admin_health\": \"probe\", \"probe_message\": [5, 5, \"healthy\"]},\
                       \"boot.d\": {\"admin_health\": \"probe\", \"probe_message\": [0, 5, \"RESULT\"]}}]";
const VALUES: &str = "{\"mbean\": \"m\", \"result\": {\"a\": true, \"d\": \"RESULT\"}, \"status\": \"RESULT\"}\n";

/// A parser, its parameters, a report, and the words for RESULT in a good and in a bad one.
type Report = (&'static str, Json, &'static str, [&'static str; 2]);

fn reports() -> Vec<Report> {
    let tap = ["ok", "not ok"];
    vec![
        ("tap", json!({}), TAP, tap),
        ("tap", json!({}), TAP_PLAN_LAST, tap),
        ("tap", json!({}), PROVE, tap),
        ("junit", json!({}), JUNIT, ["", "<failure message=\"why\">at line 1</failure>"]),
        ("smoker.server.plugins.varnishparser", json!({}), VARNISH, ["healthy", "sick"]),
        ("smoker.plugins.jmxparser", json!({}), VALUES, ["ok", "no disk"]),
        ("json", json!({"JsonStatus": "status"}), VALUES, ["ok", "no disk"]),
    ]
}

fn is_ok(parser: &str, parameters: &Json, text: &str) -> bool {
    let answer = request::parser(parser, text, Some(0), parameters);
    answer.is_ok_and(|answer| answer["status"] == "OK")
}

#[test]
fn a_report_that_was_cut_off_anywhere_is_not_ok() {
    for (parser, parameters, report, [good, bad]) in reports() {
        let (good, bad) = (report.replace("RESULT", good), report.replace("RESULT", bad));
        assert!(is_ok(parser, &parameters, &good), "{good}");
        for end in 0..=bad.len() {
            assert!(!is_ok(parser, &parameters, &bad[..end]), "{parser}: {}", &bad[..end]);
        }
        // Comments behind the last test, and blanks, say nothing.
        let whole = good.trim_end().trim_end_matches("\n# tests 2").len();
        // A number may stand where its first digits do.
        let is_shorter_number = |end: usize| good[..end].ends_with(|c: char| c.is_ascii_digit());
        for end in (0..whole).filter(|end| parser != "tap" || !is_shorter_number(*end)) {
            // The last description of TAP may be shorter, and so may a comment.
            let is_last_line = parser == "tap" && !good[end..whole].contains('\n');
            assert!(is_last_line || !is_ok(parser, &parameters, &good[..end]), "{parser}: {}", &good[..end]);
        }
    }
}

#[test]
fn of_two_reports_the_bad_one_counts_wherever_it_was_cut_off() {
    let (good, bad) = (JUNIT.replace("RESULT", ""), JUNIT.replace("RESULT", "<failure/>"));
    for second in [&*bad, bad.trim_start_matches("<?xml version=\"1.0\"?>\n")] {
        for end in 1..=second.len() {
            assert!(!is_ok("junit", &json!({}), &format!("{good}{}", &second[..end])), "{}", &second[..end]);
        }
    }
}

#[test]
fn marks_and_line_ends_of_other_systems_change_nothing() {
    for (parser, parameters, report, [good, bad]) in reports() {
        for (word, is_good) in [(good, true), (bad, false)] {
            let report = report.replace("RESULT", word);
            for text in [format!("\u{feff}{report}"), report.replace('\n', "\r\n"), format!("\n\n{report}\n \n")] {
                assert_eq!(is_ok(parser, &parameters, &text), is_good, "{parser}: {text}");
            }
        }
    }
}

/// The status, and the errors and warnings of the whole and of its components.
fn outcome(parser: &str, text: &str) -> (String, String) {
    match request::parser(parser, text, Some(0), &json!({})) {
        Ok(answer) => (answer["status"].as_str().unwrap_or_default().to_owned(), answer.to_string()),
        Err(reason) => ("ERROR".to_owned(), reason),
    }
}

#[test]
fn an_output_that_died_behind_its_version_line_is_an_error_wherever_it_is() {
    let [good, dead] = ["1..1\nok 1 - b\n", "# Segmentation fault\n"];
    for version in ["TAP version 13\n", "TAP version 14\n", "KTAP version 1\n"] {
        let outputs = |parts: &[&str]| parts.iter().flat_map(|part| [version, *part]).collect::<String>();
        let subtest = |lines: &[&str]| {
            format!("1..1\n{}ok 1 - a\n", outputs(lines).replace("TAP", "    TAP").replace("K    ", "    K"))
        };
        for text in [
            outputs(&[dead, good]),
            outputs(&["", good]),
            outputs(&[good, dead, good]),
            outputs(&[good, dead]),
            outputs(&[&subtest(&[""])]),
            outputs(&[&subtest(&["", "    1..1\n    ok 1 - b\n"])]),
            outputs(&[&subtest(&["    1..1\n    ok 1 - b\n", ""])]),
        ] {
            let (status, told) = outcome("tap", &text);
            assert!(status == "ERROR" && told.contains("The plan (such as 1..3) is missing"), "{text}: {told}");
        }
        for text in [outputs(&[good, good]), outputs(&[&subtest(&["    1..1\n    ok 1 - b\n"])])] {
            let (status, told) = outcome("tap", &text);
            assert!(status == "OK", "{text}: {told}");
        }
    }
    let (_, told) = outcome("tap", "1..1\nok 1\n# Subtest: inner\n    not ok 1 - deep");
    assert!(told.contains(r#""The subtest inner has no test point that sums it up:","not ok 1 - deep""#), "{told}");
    assert!(!told.contains(r#""""#), "an empty message: {told}");
}

#[test]
fn a_report_of_junit_is_whole_or_not_ok() {
    let declaration = "<?xml version=\"1.0\"?>\n";
    let good = "<testsuite name=\"s\" tests=\"1\"><testcase name=\"a\"/></testsuite>\n";
    let other = "<coverage><line/></coverage>\n";
    for (text, expected) in [
        (format!("{declaration}{declaration}{good}"), "cut off at its beginning"),
        (format!("{declaration}Segmentation fault\n{declaration}{good}"), "cut off at its beginning"),
        (format!("{declaration}{good}{declaration}<!-- {declaration}{good}"), "cut off at its beginning"),
        (format!("{declaration}<testsui\n{declaration}{good}"), "cut off at its beginning"),
        (format!("<testsui\n{good}"), "cut off at its beginning"),
        (
            format!("<!DOCTYPE t [<!ENTITY f \"<failure/>\">]>{}", good.replace("/></", ">&f;</testcase></")),
            "the entity &f;",
        ),
        (good.replace("/></", "><system-out>&f;</system-out></testcase></"), "the entity &f;"),
    ] {
        let (status, told) = outcome("junit", &text);
        assert!(status == "ERROR" && told.contains(expected), "{text}: {told}");
    }
    let (status, told) = outcome("junit", &good.replace("tests=\"1\"", "tests=\"5\" skipped=\"1\""));
    assert!(status == "WARN" && told.contains("s counts 4 tests, but holds 1"), "{told}");
    let flaky = "<flakyFailure message=\"late\"/>";
    for text in [
        format!("{declaration}{other}{declaration}{good}"),
        format!("{declaration}<!-- a --><?pi?>\n{good}"),
        good.replace("tests=\"1\"", "tests=\"3\" skipped=\"1\" disabled=\"1\""),
        good.replace("tests=\"1\"", "tests=\"7\" hostname=\"tbd\""),
        format!("<testsuites tests=\"2\">{good}{good}</testsuites>"),
        good.replace("tests", "failures").replace("/></", &format!(">{flaky}</testcase></")),
        format!("<testsuites failures=\"1\">{}</testsuites>", good.replace("/></", &format!(">{flaky}</testcase></"))),
    ] {
        let (status, told) = outcome("junit", &text);
        assert!(status == "OK", "{text}: {told}");
    }
    let (status, told) = outcome(
        "junit",
        &good.replace("tests=\"1\"", "failures=\"2\"").replace("/></", &format!(">{flaky}</testcase></")),
    );
    assert!(status == "ERROR" && told.contains("s counts 2 failures and errors, its tests show 0"), "{told}");
}
