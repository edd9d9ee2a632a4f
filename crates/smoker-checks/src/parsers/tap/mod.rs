//! Parser `tap`: the Test Anything Protocol, versions 12 to 14
//! (<https://testanything.org/tap-version-14-specification.html>).
//!
//! # Layout
//!
//! - `line`: reads one line of the protocol
//! - `timing`: times behind descriptions
//! - `numbers`: judges the numbers of the tests and the plan
//! - `subtest`: keeps what an indented subtest says of its failures
//! - `prove`: what `prove -v` prints around the TAP of each file
//! - `unread`: the lines that are no TAP
//!
//! Each test is a component. `not ok` is an ERROR, unless it is marked TODO;
//! skipped tests are OK; a TODO that works is a WARN, since its mark should
//! go. Comments and YAML blocks behind a test are its messages. Indented
//! subtests count through the test point that sums them up, which has what they
//! said of failures among its messages; one that passes although its subtest failed is an ERROR. Outputs may follow each
//! other: a version line, or a test 1 behind a complete plan, begins the next one. Lines that are no
//! TAP are a message of the test that failed before them, else, when the whole is an ERROR, its last ones are messages.
//! A missing or wrong plan, one between the
//! tests, numbers that are out of order, missing or there twice, `Bail out!` and
//! an exit status other than 0 are errors of the whole.

mod line;
mod numbers;
mod prove;
mod subtest;
mod timing;
mod unread;

use smoker_model::messages::{Level, Messages};
use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::{BoundedComponents, level_of, worse};
use crate::parsers::tap::line::{Directive, TapLine, TestPoint};
use crate::parsers::tap::numbers::Numbers;
use crate::parsers::tap::prove::ProveLine;
use crate::parsers::tap::subtest::{Subtest, SubtestOutcome, indentation};
use crate::parsers::tap::unread::Unread;
use crate::spec::{IGNORE_EXIT, Spec};

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "tap",
        kind: ModuleKind::Parser,
        meaning: "reads the Test Anything Protocol",
        output: "a component for each test",
        parameters: &[IGNORE_EXIT],
        needs_child: false,
        is_original: false,
    }
}

/// Reads the output. It has no parameters.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let mut stream = TapStream::default();
    let mut block = false;
    for text in request.stdout.trim_start_matches('\u{feff}').lines() {
        // A YAML block belongs to the test before it, up to its closing dots, at the latest up to a line that is
        // not indented: a block that is never closed must not swallow tests.
        block &= indentation(text) > 0 || text.trim().is_empty();
        if !block && stream.subtest.takes(text, stream.numbers.may_be_in_any_order) {
            // A subtest gives up for all.
            if let Some(reason) = line::bail_out(text.trim()) {
                stream.take(TapLine::BailOut(reason));
            }
            continue;
        }
        if !block && stream.takes_from_prove(text) {
            continue;
        }
        match text.trim() {
            "---" if text.starts_with(' ') => block = true,
            "..." if block => block = false,
            inside if block => stream.explain(inside),
            inside if line::bail_out(inside).is_some() => stream.take(line::read(inside)),
            _ => match line::read(text) {
                TapLine::Other if text != "}" => stream.keep_unread(text),
                line => stream.take(line),
            },
        }
    }
    stream.finish(request)
}

/// A test with what was said of it.
struct Test {
    name: String,
    status: Status,
    remark: Option<String>,
    /// How long it took, as it was printed.
    time: Option<String>,
    /// A line each.
    comments: String,
    /// Whether its subtest follows it.
    opens_subtest: bool,
    /// Whether a subtest that failed makes it fail: it is neither skipped nor to do.
    counts: bool,
}

/// The lines read so far.
#[derive(Default)]
struct TapStream {
    components: BoundedComponents,
    messages: Messages,
    numbers: Numbers,
    subtest: Subtest,
    has_bailed_out: bool,
    /// Whether the plan is 1..0 with a reason.
    is_skipped: bool,
    current: Option<Test>,
    /// The file whose TAP follows, in the output of `prove -v`.
    file: Option<String>,
    unread: Unread,
    /// A plan behind a complete output: that of the next one, or one too many.
    next_plan: Option<usize>,
    /// Whether a line that is no TAP is an error.
    is_strict: bool,
    /// How many outputs have ended that another one follows.
    ended: usize,
}

impl TapStream {
    fn take(&mut self, line: TapLine<'_>) {
        match line {
            TapLine::Version(version) => {
                if !self.numbers.is_empty() {
                    self.end_file();
                    self.ended += 1;
                }
                self.numbers.may_be_in_any_order = version.parse::<u32>().is_ok_and(|version| version >= 14);
            }
            TapLine::Plan { tests, .. } if self.is_complete() && self.next_plan.is_none() => {
                self.close();
                self.next_plan = Some(tests);
            }
            TapLine::Plan { tests, reason } => {
                self.numbers.plan(tests);
                if self.numbers.seen() > 0 {
                    // What is said behind the last test and the plan is said of the whole.
                    self.close();
                }
                if let (0, Some(reason)) = (tests, reason) {
                    self.is_skipped = true;
                    self.messages.add(Level::Info, &self.of_file(&format!("skipped: {reason}")));
                }
            }
            TapLine::Strict(is_strict) => self.is_strict = is_strict,
            TapLine::Test(point) => {
                self.close();
                self.begin_next(point.number);
                let number = self.numbers.test(point.number);
                let mut test = test(&point, number);
                if point.opens_subtest {
                    self.subtest.open();
                } else {
                    test.sum_up(&self.subtest.end());
                }
                self.current = Some(test);
            }
            TapLine::Comment(text) if text.starts_with("Subtest") => self.subtest.begin(),
            TapLine::Comment(text) if self.current.is_none() => self.messages.add(Level::Info, text),
            TapLine::Comment(text) => self.explain(text),
            TapLine::BailOut(reason) => {
                self.has_bailed_out = true;
                self.messages.add(Level::Error, format!("Bail out! {reason}").trim());
            }
            TapLine::Other => {}
        }
    }

    /// Whether an output of at least one test is complete.
    fn is_complete(&self) -> bool {
        self.numbers.seen() > 0 && self.numbers.is_complete()
    }

    /// Behind a complete output a test 1 begins another one, and one without a number does behind a plan.
    fn begin_next(&mut self, number: Option<usize>) {
        let begins = number == Some(1) || (number.is_none() && self.next_plan.is_some());
        let plan = self.next_plan.take();
        if begins && self.is_complete() {
            self.end_file();
            self.ended += 1;
        }
        if let Some(tests) = plan {
            self.numbers.plan(tests);
        }
    }

    /// Takes a line that `prove` added, if it is one.
    fn takes_from_prove(&mut self, line: &str) -> bool {
        let is_between_files = self.numbers.is_empty() || self.file.is_some();
        match prove::read(line) {
            Some(ProveLine::File(name)) if is_between_files => {
                self.end_file();
                self.file = Some(name.to_owned());
            }
            Some(ProveLine::Passed) if self.file.is_some() && self.numbers.is_complete() => {}
            Some(ProveLine::Failed(text)) if self.file.is_some() => {
                self.close();
                self.messages.add(Level::Error, &self.of_file(text));
            }
            _ => return false,
        }
        true
    }

    /// A text with the file before it, when there are several.
    fn of_file(&self, text: &str) -> String {
        self.file.as_ref().map_or_else(|| text.to_owned(), |file| format!("{file}: {text}"))
    }

    /// Judges the tests of a file, or of the whole output when it is one.
    fn end_file(&mut self) {
        self.close();
        if let Some(tests) = self.next_plan.take() {
            self.numbers.plan(tests);
        }
        let SubtestOutcome { failures: unsummed, .. } = self.subtest.end();
        if !unsummed.is_empty() {
            let text = self.of_file(&format!("A subtest has no test point that sums it up:\n{unsummed}"));
            self.messages.add(Level::Error, &text);
        }
        let numbers = std::mem::take(&mut self.numbers);
        if self.has_bailed_out || (numbers.is_empty() && self.file.is_none() && self.ended == 0) {
            return;
        }
        if numbers.is_without_tests() && !self.is_skipped {
            self.messages.add(Level::Warn, &self.of_file("No test ran: the plan is 1..0, without a reason"));
        }
        self.is_skipped = false;
        for fault in numbers.faults() {
            self.messages.add(Level::Error, &self.of_file(&fault));
        }
    }

    fn explain(&mut self, text: &str) {
        if let Some(test) = self.current.as_mut().filter(|_| !text.trim().is_empty()) {
            test.comments += text;
            test.comments.push('\n');
        }
    }

    /// Keeps a line that is no TAP: some tools print the reason of a failure so.
    fn keep_unread(&mut self, line: &str) {
        if self.is_strict && !line.trim().is_empty() {
            self.messages.add(Level::Error, &format!("No TAP, which `pragma +strict` forbids: {}", line.trim()));
        } else if self.current.as_ref().is_some_and(|test| test.status == Status::Error) {
            self.explain(line.trim());
        } else {
            self.unread.add(line);
        }
    }

    /// Puts the current test among the components.
    fn close(&mut self) {
        let Some(mut test) = self.current.take() else {
            return;
        };
        if test.opens_subtest {
            test.sum_up(&self.subtest.end());
        }
        let mut messages = Messages::new();
        messages.add(level_of(test.status), test.remark.as_deref().unwrap_or_default());
        messages.add(level_of(test.status), test.comments.trim_end());
        messages.add(Level::Info, &test.time.map(|time| format!("took {time}")).unwrap_or_default());
        self.components.add_new(&self.of_file(&test.name), test.status, &messages);
    }

    fn finish(mut self, request: &ModuleRequest) -> Result<Findings, String> {
        if self.numbers.is_empty() && !self.has_bailed_out && self.file.is_none() && self.ended == 0 {
            let advice = if prove::result(&request.stdout).is_some() { "; `prove` prints it with `-v`" } else { "" };
            return Err(format!("the output holds no TAP: neither a plan such as 1..3 nor a test point{advice}"));
        }
        self.end_file();
        match prove::result(&request.stdout) {
            _ if self.file.is_none() => {}
            Some("FAIL") => self.messages.add(Level::Error, "Result: FAIL"),
            Some(_) => {}
            None => self.messages.add(Level::Error, "The result of prove is missing: its output is cut off"),
        }
        match request.exit_status {
            Some(0) => {}
            Some(status) => self.messages.add(Level::Error, &format!("The tests ended with exit status {status}")),
            None => self.messages.add(Level::Error, "The tests were ended by a signal"),
        }
        let of_components = self.components.status().unwrap_or(Status::Ok);
        let components = self.components.finish(&mut self.messages);
        let has = |level| self.messages.level(level).next().is_some();
        let of_messages = match (has(Level::Error), has(Level::Warn)) {
            (true, _) => Status::Error,
            (false, true) => Status::Warn,
            (false, false) => Status::Ok,
        };
        let status = worse(of_components, of_messages);
        if status == Status::Error {
            self.unread.show(&mut self.messages);
        }
        let mut findings = Findings::new(status, self.messages);
        findings.component_results = Some(components).filter(|components| !components.as_json().is_empty());
        Ok(findings)
    }
}

impl Test {
    /// Takes over what its subtest said of failures.
    fn sum_up(&mut self, subtest: &SubtestOutcome) {
        if self.counts && subtest.has_failed && self.status == Status::Ok {
            self.status = Status::Error;
            self.remark = Some("ok, but its subtest failed".to_owned());
        }
        self.comments += &subtest.failures;
    }
}

fn test(point: &TestPoint<'_>, number: usize) -> Test {
    let (status, remark) = match (&point.directive, point.passed) {
        (Directive::None, true) => (Status::Ok, None),
        (Directive::None, false) => (Status::Error, Some("not ok".to_owned())),
        (Directive::Skip(reason), _) => (Status::Ok, Some(format!("skipped: {reason}"))),
        (Directive::Todo(reason), false) => (Status::Ok, Some(format!("to do: {reason}"))),
        (Directive::Todo(reason), true) => (Status::Warn, Some(format!("works, but is marked as to do: {reason}"))),
    };
    let name = if point.description.is_empty() { format!("test {number}") } else { point.description.to_string() };
    let time = point.time.map(str::to_owned);
    let (comments, counts) = (String::new(), point.directive == Directive::None);
    Test { name, status, remark, time, comments, opens_subtest: point.opens_subtest, counts }
}

#[cfg(test)]
mod tests {
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
        let statuses: Vec<_> =
            components.as_object().expect("components").values().map(|part| &part["status"]).collect();
        assert_eq!(statuses, ["ERROR"; 3]);
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
        assert_eq!(
            (&components["same"]["messages"]["error"], &components["same (2)"]["status"]),
            (&errors, &json!("OK"))
        );
    }

    #[test]
    fn a_subtest_counts_by_its_own_tests_that_are_not_marked() {
        let marked_inside = "1..1\n# Subtest: a\n    # Subtest: b\n        not ok 1 - deep\n        1..1\n    not ok 1 - b # TODO\n    1..1\nok 1 - a";
        let marked_outside = "1..1\nok 1 - a { # TODO later\n    not ok 1 - b\n    1..1\n}";
        assert_eq!((read(marked_inside, Some(0)).0, read(marked_outside, Some(0)).0), (Status::Ok, Status::Warn));
        let buffered = "1..1\nok 1 - a {\n    ok 1 - b\n    not ok 2 - c\n    1..2\n}";
        assert_eq!(read(buffered, Some(0)).0, Status::Error);
        let passing =
            "1..1\n# Subtest: a\n    ok 1 - b\n      ---\n      duration_ms: 1\n      ...\n    1..1\nok 1 - a";
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
        let buffered =
            "1..1\nok 1 - top {\n    ok 1 - mid {\n        not ok 1 - deep\n        1..1\n    }\n    1..1\n}";
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
        let ktap =
            "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 a\n  # b: boom\n  not ok 2 b\nnot ok 1 suite";
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
}
