use serde_json::{Value as Json, json};

use crate::test_request::parser;

use super::*;

fn read(text: &str, exit_status: Option<i32>) -> (Status, Json, Json) {
    let findings = run(&parser(text, exit_status, json!({}))).expect("findings");
    let components = findings.component_results.map_or(Json::Null, |all| Json::Object(all.as_json().clone()));
    let messages = findings.messages.map_or(Json::Null, |all| Json::Object(all.as_json().clone()));
    (findings.status, components, messages)
}

#[test]
fn every_kind_of_test_point_has_its_status() {
    let text = "TAP version 14\n1..7\nok 1 - opens # all well\nnot ok 2 closes\n# late\nok\n\
                ok 4 opens # SKIP no door\nnot ok 5 - flies # TODO wings\nok 6 sings # todo\nnot ok 7 - block\n  \
                ---\n  message: broken\n  at: 3\n  ...\n";
    let (status, components, messages) = read(text, Some(0));
    assert_eq!((status, messages), (Status::Error, Json::Null));
    let shown: Vec<_> = components
        .as_object()
        .expect("components")
        .iter()
        .map(|(name, component)| {
            let texts: Vec<_> = ["info", "warn", "error"]
                .iter()
                .filter_map(|level| component["messages"][level].as_array())
                .flatten()
                .collect();
            format!("{name}: {} {}", component["status"].as_str().expect("text"), json!(texts))
        })
        .collect();
    let expected = [
        "opens # all well: OK []",
        "closes: ERROR [\"not ok\",\"late\"]",
        "test 3: OK []",
        "opens: OK [\"skipped: no door\"]",
        "flies: OK [\"to do: wings\"]",
        "sings: WARN [\"works, but is marked as to do:\"]",
        "block: ERROR [\"not ok\",\"message: broken\",\"at: 3\"]",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn the_plan_the_exit_status_and_a_bail_out_count() {
    let errors = |text, exit_status| read(text, exit_status).2["error"].clone();
    assert_eq!(errors("1..3\nok 1\nok 2", Some(0)), json!(["Planned 3 tests, but 2 ran"]));
    assert_eq!(errors("ok 1", Some(0)), json!(["The plan (such as 1..3) is missing"]));
    assert_eq!(errors("1..1\nok 1", Some(2)), json!(["The tests ended with exit status 2"]));
    assert_eq!(errors("1..1\nok 1", None), json!(["The tests were ended by a signal"]));
    assert_eq!(errors("1..9\nok 1\nBail out! No database", Some(0)), json!(["Bail out! No database"]));
    assert_eq!(errors("1..1\nok 1\nbail out! No disk", Some(0)), json!(["Bail out! No disk"]));
    let (status, components, messages) = read("1..0 # SKIP nothing to do here", Some(0));
    assert_eq!((status, components), (Status::Ok, Json::Null));
    assert_eq!(messages["info"], json!(["skipped: nothing to do here"]));
}

#[test]
fn a_word_that_begins_as_a_directive_is_none() {
    let text = "1..3\nnot ok 1 - sources in C# skipping nothing\nnot ok 2 - GET /#todos answers\nnot ok 3 - tickets # todolist is empty";
    let (_, components, _) = read(text, Some(0));
    let statuses: Vec<_> = components.as_object().expect("components").values().map(|part| &part["status"]).collect();
    assert_eq!(statuses, ["ERROR"; 3]);
}

#[test]
fn an_escaped_hash_begins_no_directive_and_one_behind_an_escaped_backslash_does() {
    for (description, status) in [
        (r"a \\# TODO later", "OK"),
        (r"a \\# skip", "OK"),
        (r"a \\\\# TODO later", "OK"),
        (r"a # todo hash \# character", "OK"),
        (r"a \# TODO later", "ERROR"),
        (r"a \\\# TODO later", "ERROR"),
        (r"a# TODO later", "ERROR"),
    ] {
        let (_, components, _) = read(&format!("1..1\nnot ok 1 - {description}"), Some(0));
        let part = components.as_object().and_then(|all| all.values().next()).expect("a component").clone();
        assert_eq!(part["status"], status, "{description}");
    }
}

#[test]
fn a_byte_order_mark_and_a_subtest_that_bails_out_are_understood() {
    assert_eq!(read("\u{feff}1..1\nok 1 - a", Some(0)).0, Status::Ok);
    let (status, _, messages) = read("1..2\nok 1 - first\n    Bail out! database is gone", Some(0));
    assert_eq!((status, &messages["error"]), (Status::Error, &json!(["Bail out! database is gone"])));
}

#[test]
fn an_open_block_swallows_no_test() {
    let block = "1..2\nok 1\n  ---\n  output: |\n    not ok 1 - quoted\n  ...\nok 2 - behind";
    assert_eq!(read(block, Some(0)).1["behind"]["messages"]["info"], json!([]));
    let (status, components, _) = read("1..2\nok 1\n  ---\n  message: a\nnot ok 2\n", Some(0));
    assert_eq!((status, components["test 2"]["status"].as_str()), (Status::Error, Some("ERROR")));
}

#[test]
fn equal_names_and_subtests_do_not_get_lost() {
    let text = "1..2\n# Subtest: inner\n    not ok 1 - deep\n    1..1\nok 1 - same\nok 2 - same";
    let (status, components, _) = read(text, Some(0));
    assert_eq!(status, Status::Error);
    let names: Vec<_> = components.as_object().expect("components").keys().collect();
    assert_eq!(names, ["same", "same (2)"]);
    let errors = json!(["ok, but its subtest failed", "not ok 1 - deep"]);
    assert_eq!((&components["same"]["messages"]["error"], &components["same (2)"]["status"]), (&errors, &json!("OK")));
}

#[test]
fn a_subtest_counts_by_its_own_tests_that_are_not_marked() {
    let marked_inside = "1..1\n# Subtest: a\n    # Subtest: b\n        not ok 1 - deep\n        1..1\n    not ok 1 - b # TODO\n    1..1\nok 1 - a";
    let marked_outside = "1..1\nok 1 - a { # TODO later\n    not ok 1 - b\n    1..1\n}";
    assert_eq!((read(marked_inside, Some(0)).0, read(marked_outside, Some(0)).0), (Status::Ok, Status::Warn));
    let buffered = "1..1\nok 1 - a {\n    ok 1 - b\n    not ok 2 - c\n    1..2\n}";
    assert_eq!(read(buffered, Some(0)).0, Status::Error);
    let passing = "1..1\n# Subtest: a\n    ok 1 - b\n      ---\n      duration_ms: 1\n      ...\n    1..1\nok 1 - a";
    assert_eq!(read(passing, Some(0)).1["a"]["messages"]["info"], json!([]));
}

#[test]
fn subtests_of_any_depth_have_the_rules_of_the_whole() {
    let errors = |text: &str| {
        let (status, components, messages) = read(text, Some(0));
        let part = components.as_object().and_then(|all| all.values().next()).expect("a component");
        let errors = part["messages"]["error"].as_array().expect("a list").clone();
        assert_eq!(
            (status, messages),
            (if errors.is_empty() { Status::Ok } else { Status::Error }, Json::Null),
            "{text}"
        );
        errors
    };
    let bad = |lines: &[&'static str]| [&["ok, but its subtest failed"], lines].concat();
    let deep = "1..1\n        not ok 1 - deep\n        1..1\n    ok 1 - mid\n    1..1\nok 1 - top";
    assert_eq!(errors(deep), bad(&["not ok 1 - deep", "ok 1 - mid: ok, but its subtest failed"]));
    assert!(errors(&deep.replace("not ok", "ok")).is_empty());
    let buffered = "1..1\nok 1 - top {\n    ok 1 - mid {\n        not ok 1 - deep\n        1..1\n    }\n    1..1\n}";
    assert_eq!(errors(buffered), bad(&["not ok 1 - deep", "ok 1 - mid: ok, but its subtest failed"]));
    assert!(errors(&buffered.replace("not ok", "ok")).is_empty());
    let marked = buffered.replace("mid {", "mid { # TODO later");
    assert_eq!(read(&marked, Some(0)).0, Status::Ok);
    for (subtest, fault) in [
        ("    1..3\n    ok 1 - a\n", "Planned 3 tests, but 1 ran"),
        ("    1..2\n    ok 1\n    ok 1\n", "Test numbers that are there twice: 1"),
        ("    1..2\n    ok 2\n    ok 1\n", "Test numbers that are out of order: 1"),
        ("    ok 1 - a\n", "The plan (such as 1..3) is missing"),
        ("# Subtest: sub\n    1..1\n    ok 1 - a\n    1..1\n", "There is more than one plan"),
        ("\t1..2\n\tok 1 - a\n", "Planned 2 tests, but 1 ran"),
        ("  KTAP version 1\n  1..2\n  ok 1 a\n", "Planned 2 tests, but 1 ran"),
    ] {
        assert_eq!(errors(&format!("1..1\n{subtest}ok 1 - sub")), bad(&[fault]), "{subtest}");
    }
    let cut = errors("1..1\n        1..2\n        ok 1 - a\n    ok 1 - mid\n    1..1\nok 1 - top");
    assert_eq!(cut, bad(&["Planned 2 tests, but 1 ran", "ok 1 - mid: ok, but its subtest failed"]));
    let unsummed = errors("1..1\n        not ok 1 - a\n        1..1\n    1..0\nok 1 - top");
    assert_eq!(unsummed, bad(&["not ok 1 - a"]));
    for good in [
        "1..1\n  KTAP version 1\n  # Subtest: sub\n  ok 1 a\n  ok 2 b\nok 1 sub",
        "TAP version 14\n1..1\n    1..2\n    ok 2\n    ok 1\nok 1 - sub",
        "1..1\n    1..0 # SKIP no net\nok 1 - sub",
        "1..1\n    ok then\nok 1 - sub",
    ] {
        assert!(errors(good).is_empty(), "{good}");
    }
    let ktap = "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 a\n  # b: boom\n  not ok 2 b\nnot ok 1 suite";
    assert_eq!(errors(ktap), ["not ok", "b: boom", "not ok 2 b"]);
    assert_eq!(errors(&ktap.replace("not ok 1", "ok 1"))[0], "ok, but its subtest failed");
}

#[test]
fn lines_that_are_no_tap_are_reasons() {
    let mocha = "ok 1 a\nnot ok 2 b\n  1 == 2\n      at here\nok 3 c\n1..3";
    let (_, components, messages) = read(mocha, Some(0));
    assert_eq!(components["b"]["messages"]["error"], json!(["not ok", "1 == 2", "at here"]));
    assert_eq!(messages, Json::Null);
    let crash = "loading\n1..2\nok 1 a\nSegmentation fault\n";
    assert_eq!(read(crash, Some(139)).2["info"], json!(["loading", "Segmentation fault"]));
    assert_eq!(read("loading\n1..1\nok 1 a", Some(0)).2, Json::Null);
    assert_eq!(read("1..1\n  ---\n    not ok 9\n  ...\nok 1 a", Some(0)).0, Status::Ok);
}

#[test]
fn a_plan_without_tests_is_green_with_a_reason_only() {
    let (status, _, messages) = read("TAP version 13\n1..0\n# tests 0", Some(0));
    assert_eq!(
        (status, &messages["warn"]),
        (Status::Warn, &json!(["No test ran: the plan is 1..0, without a reason"]))
    );
}

#[test]
fn the_files_of_prove_are_told_apart() {
    let passed = "t/a.t .. \n1..2\nok 1 - one\nok 2 - two\nok\nt/b.t .. \nok 1 - one\n1..1\nok       24 ms ( 0.00 usr)\n\
                  t/c.t .. \n1..0 # SKIP no net\nskipped: no net\nAll tests successful.\nFiles=3, Tests=3\nResult: PASS\n";
    let (status, components, messages) = read(passed, Some(0));
    let names: Vec<_> = components.as_object().expect("components").keys().map(String::as_str).collect();
    assert_eq!((status, names), (Status::Ok, vec!["t/a.t: one", "t/a.t: two", "t/b.t: one"]));
    assert_eq!(messages["info"], json!(["t/c.t: skipped: no net"]));
    let failed = "t/a.t .. \n1..2\nok 1 - one\nDubious, test returned 2 (wstat 512, 0x200)\nFailed 1/2 subtests \n\
                  t/b.t .. \n1..1\nnot ok 1 - one\nFailed 1/1 subtests \nResult: FAIL\n";
    let (status, components, messages) = read(failed, Some(0));
    assert_eq!((status, &components["t/b.t: one"]["status"]), (Status::Error, &json!("ERROR")));
    let errors = json!([
        "t/a.t: Dubious, test returned 2 (wstat 512, 0x200)",
        "t/a.t: Failed 1/2 subtests",
        "t/a.t: Planned 2 tests, but 1 ran",
        "t/b.t: Failed 1/1 subtests",
        "Result: FAIL",
    ]);
    assert_eq!(messages["error"], errors);
    let cut = "t/a.t .. \n1..1\nok 1 - one\nok\nt/b.t .. \n1..2\nok 1 - one\n";
    let missing = "The result of prove is missing: its output is cut off";
    assert_eq!(read(cut, Some(0)).2["error"], json!(["t/b.t: Planned 2 tests, but 1 ran", missing]));
    let reason = run(&parser("t/a.t .. ok\nResult: PASS", Some(0), json!({}))).expect_err("no TAP");
    assert!(reason.ends_with("`prove` prints it with `-v`"), "{reason}");
}

#[test]
fn text_without_tap_is_refused() {
    let reason = run(&parser("hello\nokay\nnot okay", Some(0), json!({}))).expect_err("no TAP");
    assert!(reason.starts_with("the output holds no TAP"), "{reason}");
}

#[test]
fn numbers_and_plans_in_the_wrong_place_are_errors() {
    let errors = |text| read(text, Some(0)).2["error"].clone();
    assert_eq!(
        errors("1..3\nok 1 - a\nok 3 - c\nok 4 - d"),
        json!(["Test numbers that the plan 1..3 does not have: 4", "Test numbers that are missing: 2"])
    );
    assert_eq!(errors("1..2\nok 1\nok 1"), json!(["Test numbers that are there twice: 1"]));
    assert_eq!(errors("1..2\nok 2\nok 1"), json!(["Test numbers that are out of order: 1"]));
    assert_eq!(errors("TAP version 14\n1..2\nok 2\nok 1"), Json::Null);
    assert_eq!(
        errors("ok 1\n1..2\nok 2"),
        json!(["The plan 1..2 is between the tests: it belongs before or after all of them"])
    );
    assert_eq!(errors("1..1\nok 1\n1..1"), json!(["There is more than one plan"]));
    assert_eq!(errors("ok 1\nok\n1..2"), Json::Null);
    assert!(errors("1..1\nok 99999999999999999999").to_string().contains("the plan 1..1 does not have"));
}

#[test]
fn outputs_may_follow_each_other() {
    for text in [
        "1..1\nok 1 - a\n1..2\nok 1 - b\nok 2 - c",
        "TAP version 13\n1..1\nok 1 - a\nTAP version 13\nok 1 - b\nok 2 - c\n1..2",
        "# a.t\nok 1 - a\n1..1\n# b.t\nok 1 - b\nok 2 - c\n1..2",
        "1..1\nok - a\n1..2\nok - b\nok - c",
    ] {
        let (status, components, messages) = read(text, Some(0));
        let names: Vec<_> = components.as_object().expect("components").keys().map(String::as_str).collect();
        assert_eq!((status, names), (Status::Ok, vec!["a", "b", "c"]), "{text}: {messages}");
    }
    let errors = |text| read(text, Some(0)).2["error"].clone();
    assert_eq!(errors("1..1\nok 1\n1..3\nok 1\nok 2"), json!(["Planned 3 tests, but 2 ran"]));
    assert_eq!(errors("1..2\nok 1\nTAP version 13\n1..1\nok 1"), json!(["Planned 2 tests, but 1 ran"]));
    assert_eq!(errors("1..1\nok 1\nTAP version 13\n"), json!(["The plan (such as 1..3) is missing"]));
    let failed = "TAP version 13\n1..1\nnot ok 1 - a\nTAP version 13\n1..1\nok 1 - b";
    assert_eq!(read(failed, Some(0)).0, Status::Error);
}

#[test]
fn a_failed_test_that_cannot_be_read_is_an_error() {
    // As bats writes a failure that the plan does not count.
    let text = |line: &str| format!("1..1\nok 1 one\n{line}\n# (from function `teardown_file')\n");
    for line in ["not  ok 2 a", "not\tok 2 a", "not\u{a0}ok 2 a", "Not OK: a", "...not ok 2 a", "not ok"] {
        let (status, _, messages) = read(&text(line), Some(0));
        assert_eq!(status, Status::Error, "{line}: {messages}");
    }
    let (status, components, _) = read(&text("running a\rnot ok 2 a"), Some(0));
    assert_eq!((status, &components["a"]["status"]), (Status::Error, &json!("ERROR")));
    for line in ["is this not okay?", "not oklahoma", "ok?", "50%\r100%"] {
        assert_eq!(read(&text(line), Some(0)).0, Status::Ok, "{line}");
    }
}

#[test]
fn subtests_of_the_kernel_count_although_they_are_indented_less() {
    let ktap = |inner: &str, outer: &str| {
        format!(
            "KTAP version 1\n1..1\n  KTAP version 1\n  # Subtest: inner\n  1..2\n  # why: expected 1\n  {inner} 1 deep\n  \
             ok 2 other\n# inner: done\n{outer} 1 inner\n"
        )
    };
    assert_eq!(read(&ktap("ok", "ok"), Some(0)).0, Status::Ok);
    let (status, components, _) = read(&ktap("not ok", "ok"), Some(0));
    let errors = &components["inner"]["messages"]["error"];
    assert_eq!((status, &errors[0]), (Status::Error, &json!("ok, but its subtest failed")));
    assert!(errors.to_string().contains("not ok 1 deep"), "{errors}");
    assert_eq!(read(&ktap("not ok", "not ok"), Some(0)).0, Status::Error);
}

#[test]
fn strict_output_has_no_other_lines() {
    let strict = "TAP version 14\npragma +strict\n1..1\nok 1 - a\ngarbage\n\n";
    let error = json!(["No TAP, which `pragma +strict` forbids: garbage"]);
    assert_eq!(read(strict, Some(0)).2["error"], error);
    assert_eq!(read(&strict.replace("garbage", "pragma -strict\ngarbage"), Some(0)).0, Status::Ok);
    assert_eq!(read("pragma +bail\n1..1\nok 1", Some(0)).0, Status::Ok);
}

#[test]
fn names_have_neither_times_nor_escapes() {
    let text = "TAP version 13\nok 1 - a.js # time=12.345ms\nok 2 - \\#general # time=3ms\nok 3 - b # SKIP no door # time=1ms\n\
                ok 4 c in 12ms\n1..4\n# time=20ms";
    let (status, components, messages) = read(text, Some(0));
    let names: Vec<_> = components.as_object().expect("components").keys().collect();
    assert_eq!(status, Status::Ok);
    assert_eq!(names, ["a.js", "#general", "b", "c"]);
    assert_eq!(components["b"]["messages"]["info"], json!(["skipped: no door", "took 1ms"]));
    assert_eq!(
        (&components["c"]["messages"]["info"], &messages["info"]),
        (&json!(["took 12ms"]), &json!(["time=20ms"]))
    );
}

#[test]
fn a_test_has_what_its_subtest_says_of_failures() {
    let text = "1..3\nok 1 - before\n# Subtest: inner\n    ok 1 - good\n    not ok 2 - deep\n      ---\n      got: 500\n      ...\n    # at line 7\n    \
                1..2\nnot ok 2 - inner\nok 3 - behind";
    let (_, components, _) = read(text, Some(0));
    let errors = json!(["not ok", "not ok 2 - deep", "got: 500", "at line 7"]);
    assert_eq!(components["inner"]["messages"]["error"], errors);
    assert_eq!(components["before"]["messages"], components["behind"]["messages"]);
    let buffered = "1..2\nnot ok 1 - outer # time=5ms {\n    not ok 1 - deep\n    1..1\n}\nok 2 - behind";
    let (_, components, _) = read(buffered, Some(0));
    assert_eq!(components["outer"]["messages"]["error"], json!(["not ok", "not ok 1 - deep"]));
    let (status, _, messages) = read("1..1\nok 1\n    not ok 1 - deep", Some(0));
    assert_eq!((status, messages["error"][1].as_str()), (Status::Error, Some("not ok 1 - deep")));
}

#[test]
fn what_a_runner_counts_is_among_its_tests() {
    let node = "TAP version 13\n# Subtest: a\nok 1 - a\n1..1\n# tests 2\n# pass 1\n# fail 1\n";
    let (status, _, messages) = read(node, Some(0));
    assert_eq!(status, Status::Error);
    assert_eq!(messages["error"], json!(["The runner counts failed tests (1), and none of these failed"]));
    let kernel = "KTAP version 1\n1..1\nok 1 s\n# Totals: pass:0 fail:1 xfail:0 xpass:0 skip:0 error:0\n";
    assert_eq!(read(kernel, Some(0)).0, Status::Error);
    assert_eq!(read(&node.replace("fail 1", "fail 0"), Some(0)).0, Status::Ok);
    // A test that is to do may be counted or not.
    assert_eq!(read("1..1\nnot ok 1 # TODO x\n# fail 1\n", Some(0)).0, Status::Ok);
    let (_, components, messages) = read("1..1\nnot ok 1 a\n# fail 1\n", Some(1));
    assert_eq!(components["a"]["messages"]["error"], json!(["not ok", "fail 1"]));
    assert_eq!(messages["error"], json!(["The tests ended with exit status 1"]));
}

#[test]
fn a_subtest_in_brackets_has_an_end() {
    let text = "TAP version 14\n1..1\nok 1 - a {\n    1..1\n    ok 1 - b\n";
    let (status, components, _) = read(text, Some(0));
    assert_eq!(
        (status, &components["a"]["messages"]["error"][0]),
        (Status::Error, &json!("ok, but its subtest has no end"))
    );
    assert_eq!(read(&format!("{text}}}\n"), Some(0)).0, Status::Ok);
}
