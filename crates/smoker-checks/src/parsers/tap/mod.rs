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
//! - `counts`: what a runner counts at the end
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

mod counts;
mod line;
mod numbers;
mod prove;
mod subtest;
mod timing;
mod unread;

use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::ModuleRequest;
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
    Spec::parser("tap", "reads the Test Anything Protocol", "a component for each test", &[IGNORE_EXIT])
}

/// Reads the output. It has no parameters.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let mut stream = TapStream::default();
    let mut block = false;
    for text in request.stdout.trim_start_matches('\u{feff}').lines().map(line::behind_progress) {
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
                TapLine::Other => stream.close_subtest(),
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
    /// Whether its subtest follows it, up to a line `}`.
    opens_subtest: bool,
    /// Whether that line has come.
    has_end: bool,
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
    /// How many failed tests comments count.
    counted_failures: u64,
    /// How many tests were `not ok`.
    failures: u64,
}

impl TapStream {
    fn take(&mut self, line: TapLine<'_>) {
        if let TapLine::Comment(text) = line {
            self.counted_failures += counts::failed(text);
        }
        match line {
            TapLine::Version(version) => {
                if self.numbers.have_begun() {
                    self.end_file();
                    self.ended += 1;
                }
                self.numbers.has_version = true;
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
                self.failures += u64::from(!point.passed);
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
            TapLine::Comment(text) if text.starts_with("Subtest") => self.subtest.begin(text),
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
        let SubtestOutcome { name, failures: unsummed, .. } = self.subtest.end();
        if !unsummed.is_empty() {
            let name = if name.is_empty() { "A subtest".to_owned() } else { format!("The subtest {name}") };
            let text = format!("{name} has no test point that sums it up:\n{}", unsummed.trim_end());
            self.messages.add(Level::Error, &self.of_file(&text));
        }
        let numbers = std::mem::take(&mut self.numbers);
        if self.has_bailed_out || !(numbers.have_begun() || self.file.is_some()) {
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
        if line::looks_failed(line) {
            // As one beyond the plan would be: `1..1` and `ok 1` say nothing of it.
            self.messages
                .add(Level::Error, &format!("This seems to be a failed test, and cannot be read: {}", line.trim()));
        } else if self.is_strict && !line.trim().is_empty() {
            self.messages.add(Level::Error, &format!("No TAP, which `pragma +strict` forbids: {}", line.trim()));
        } else if self.current.as_ref().is_some_and(|test| test.status == Status::Error) {
            self.explain(line.trim());
        } else {
            self.unread.add(line);
        }
    }

    /// The line `}` behind a subtest was read.
    fn close_subtest(&mut self) {
        if let Some(test) = &mut self.current {
            test.has_end = true;
        }
    }

    /// Puts the current test among the components.
    fn close(&mut self) {
        let Some(mut test) = self.current.take() else {
            return;
        };
        if test.opens_subtest {
            test.sum_up(&self.subtest.end());
            if !test.has_end && test.counts && test.status == Status::Ok {
                test.status = Status::Error;
                test.remark = Some("ok, but its subtest has no end".to_owned());
            }
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
        if self.counted_failures > 0 && self.failures == 0 && of_components != Status::Error {
            let text = format!("The runner counts failed tests ({}), and none of these failed", self.counted_failures);
            self.messages.add(Level::Error, &text);
        }
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
    Test { name, status, remark, time, comments, opens_subtest: point.opens_subtest, has_end: false, counts }
}

#[cfg(test)]
mod tests;
