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
