//! The replay, tested against a daemon that is deliberately wrong.

use std::path::{Path, PathBuf};

use smoker_tests::replay::run::{Launch, replay};
use smoker_tests::replay::verdict::Verdict;

fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/replay").join(case)
}

fn replay_with(case: &str, fault: &str) -> Verdict {
    let mut launch = Launch::of(env!("CARGO_BIN_EXE_fake_smokerd").into());
    launch.environment.push(("FAKE_FAULT".to_owned(), fault.to_owned()));
    replay(&folder(case), &launch).expect("the fixtures are readable")
}

/// Fails unless a daemon with this fault fails the case with exactly these differences.
#[track_caller]
fn expect_fail(case: &str, fault: &str, differences: &[&str]) {
    match replay_with(case, fault) {
        Verdict::Fail(found) => assert_eq!(found.lines(), differences, "{case} with {fault}"),
        Verdict::Pass => panic!("{case} passed although the daemon has the fault {fault:?}"),
    }
}

#[test]
fn a_right_daemon_passes() {
    for case in ["answers", "ending", "background", "quirk"] {
        assert_eq!(replay_with(case, "none"), Verdict::Pass, "{case}");
    }
}

#[test]
fn a_member_too_few_or_too_many_fails() {
    let item = "[1] GET /processes/1/items/0";
    expect_fail("answers", "missing key", &[&format!("{item}/result: missing (expected null)")]);
    expect_fail("answers", "extra key", &[&format!("{item}/colour: unexpected \"red\"")]);
}

#[test]
fn a_list_in_another_order_fails() {
    let item = "[1] GET /processes/1/items";
    expect_fail(
        "answers",
        "list order",
        &[
            &format!("{item}/0/name: expected \"first\", got \"second\""),
            &format!("{item}/0/Interval: expected 1, got 2"),
            &format!("{item}/0/forced: expected true, got false"),
            &format!("{item}/0/result: expected null, got {{}}"),
            &format!("{item}/1/name: expected \"second\", got \"first\""),
            &format!("{item}/1/Interval: expected 2, got 1"),
            &format!("{item}/1/forced: expected false, got true"),
            &format!("{item}/1/result: expected {{}}, got null"),
        ],
    );
    let rest = r#"[{"name":"first","Interval":1,"forced":true,"result":null}]"#;
    expect_fail("answers", "short list", &[&format!("{item}: expected 2 items, got 1: {rest}")]);
}

#[test]
fn another_value_fails() {
    let answer = "[1] GET /processes/1";
    expect_fail("answers", "true for 1", &[&format!("{answer}/items/0/Interval: expected 1, got true")]);
    expect_fail("answers", "no time", &[&format!("{answer}/lastRun: expected \"<time:past>\", got \"yesterday\"")]);
    let past = format!("{answer}/nextRun: expected \"<time:future>\", got \"2020-01-01T00:00:00\"");
    expect_fail("answers", "past", &[&past]);
}

#[test]
fn another_kind_of_answer_fails() {
    let html = "[1] GET /processes/1: expected content type \"application/json\", got \"text/html\"";
    let Verdict::Fail(found) = replay_with("answers", "content type") else { panic!("a wrong content type passed") };
    assert_eq!(found.lines()[0], html);
    let Verdict::Fail(found) = replay_with("answers", "status") else { panic!("a wrong status passed") };
    assert!(found.lines()[0].starts_with("[1] GET /processes/1: expected status 200, got 201 {"));
    let broken = "[1] GET /processes/1: expected JSON, got text \"{\\\"items\\\": [NaN]}\"";
    expect_fail("answers", "broken JSON", &[broken]);
    expect_fail("answers", "body for none", &["[2] OPTIONS /processes: expected an empty body, got \"x\""]);
}

#[test]
fn another_header_fails() {
    let location = "[0] POST /processes: header Location missing (expected /processes/1)";
    expect_fail("answers", "missing header", &[location]);
    let allow = "[2] OPTIONS /processes: header Allow: expected GET, HEAD, POST, got GET, HEAD";
    expect_fail("answers", "allow", &[allow]);
}

#[test]
fn a_daemon_that_ends_in_the_middle_fails() {
    let Verdict::Fail(found) = replay_with("answers", "hangs up") else { panic!("no answer passed") };
    assert!(found.lines()[0].starts_with("[0] POST /processes: expected status 202, got "), "{found:?}");
    let Verdict::Fail(found) = replay_with("answers", "no start") else { panic!("no daemon passed") };
    let reason = "start: the daemon did not open its port: \"ERROR: no plugin likes to be loaded\\n\"";
    assert_eq!(found.lines(), [reason]);
}

#[test]
fn a_wrong_end_fails() {
    expect_fail("ending", "exit code", &["[1] expect_exit: expected 0, got 3"]);
    expect_fail("ending", "silent", &["[1] expect_exit: stderr lacks \"Shutting down\", it has \"\""]);
    expect_fail("ending", "pidfile left", &["[3] pidfile: expected false, got true"]);
    let Verdict::Fail(found) = replay_with("ending", "runs on") else { panic!("a daemon that runs on passed") };
    assert_eq!(found.lines()[0], "[1] expect_exit: expected 0, got \"still running\"");
}

#[test]
fn a_daemon_that_survives_its_stop_fails() {
    expect_fail("background", "survives", &["[4] wait_closed: expected true, got false"]);
    let Verdict::Fail(found) = replay_with("background", "no start") else { panic!("no daemon passed") };
    assert_eq!(found.lines(), ["[0] command exit: expected 0, got 1"]);
}

#[test]
fn the_original_behaviour_of_a_quirk_fails() {
    let line = "[0] GET /quirk: expected status 400, got 500 {\"message\":\"Internal Server Error\"}";
    expect_fail("quirk", "original", &[line]);
}
