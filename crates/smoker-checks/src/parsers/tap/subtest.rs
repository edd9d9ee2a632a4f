//! Keeps what an indented subtest says of its failures, for the test point that sums it up.

use crate::parsers::tap::line::{self, Directive, TapLine, TestPoint};
use crate::parsers::tap::numbers::Numbers;

/// From this indentation on a line is that of a subtest; a YAML block of a test has less. A subtest whose plan or tests
/// have less, as the kernel of Linux prints them, has all that is indented.
const INDENTATION: usize = 4;

/// The subtest that is being read, if one is.
#[derive(Default)]
pub(super) struct Subtest {
    is_open: bool,
    /// What its comment calls it.
    name: String,
    /// Whether less than [`INDENTATION`] is enough.
    is_narrow: bool,
    /// The indentation of the YAML block that is being read.
    block: Option<usize>,
    /// The test point that the lines belong to passed, or is marked.
    is_good: bool,
    /// What it said of failures, a line each.
    failures: String,
    /// Its own tests, and those of the subtests inside of each other that are being read, each indented more.
    levels: Vec<TestLevel>,
}

/// The tests of one indentation, to which the rules of a whole output apply.
#[derive(Default)]
struct TestLevel {
    indentation: usize,
    numbers: Numbers,
    /// Whether there is a version line, a plan or a number: text that begins with `ok` alone is no subtest that could lack a plan.
    is_certain: bool,
    /// Whether a test failed that is not marked.
    has_failed: bool,
    /// The test whose subtest follows it up to `}`.
    opened: Option<PassedTest>,
}

/// A test inside of a subtest that says `ok`.
struct PassedTest {
    /// Whether a subtest of its own that failed makes it fail.
    counts: bool,
    text: String,
}

/// What became of a subtest.
#[derive(Default)]
pub(super) struct SubtestOutcome {
    /// What its comment calls it.
    pub(super) name: String,
    /// What it said of failures, a line each.
    pub(super) failures: String,
    /// Whether a test of its own failed that is not marked, or its plan or its numbers are wrong.
    pub(super) has_failed: bool,
}

impl Subtest {
    /// Its comment, `Subtest: NAME`, was read: indented lines are its own.
    pub(super) fn begin(&mut self, comment: &str) {
        self.is_open = true;
        comment.trim_start_matches("Subtest").trim_start_matches(':').trim().clone_into(&mut self.name);
    }

    /// The test point of it was read, and its lines follow.
    pub(super) fn open(&mut self) {
        self.end();
        self.is_open = true;
    }

    /// Ends it.
    pub(super) fn end(&mut self) -> SubtestOutcome {
        let has_failed = self.end_levels(0);
        let Self { name, failures, .. } = std::mem::take(self);
        SubtestOutcome { name, failures, has_failed }
    }

    /// Reads a line, if it is one of a subtest. `may_be_in_any_order` is what the version says of its numbers.
    pub(super) fn takes(&mut self, text: &str, may_be_in_any_order: bool) -> bool {
        let indentation = indentation(text);
        let inner = text.trim();
        let line = line::read(inner);
        let begins = matches!(line, TapLine::Test(_) | TapLine::Plan { .. } | TapLine::Version(_));
        let is_narrow = (1..INDENTATION).contains(&indentation);
        if indentation == 0 || (is_narrow && !begins && !self.is_narrow) {
            self.block = None;
            return false;
        }
        if !self.is_open && !begins {
            return false;
        }
        self.is_open = true;
        self.is_narrow |= is_narrow;
        self.block = self.block.filter(|block| indentation >= *block);
        match (line, inner) {
            (_, "---") => self.block = Some(indentation),
            (_, "...") if self.block.is_some() => self.block = None,
            (_, _) if self.block.is_some() && self.is_good => {}
            (_, inner) if self.block.is_some() => self.keep(inner),
            (TapLine::Comment(comment), _) if !comment.starts_with("Subtest") => self.keep(comment),
            (TapLine::Test(point), _) => self.take_test(&point, inner, indentation, may_be_in_any_order),
            (TapLine::Plan { tests, .. }, _) => {
                let has_failed = self.end_levels(indentation + 1);
                let level = self.level(indentation, may_be_in_any_order);
                level.numbers.plan(tests);
                level.is_certain = true;
                level.has_failed |= has_failed;
            }
            (TapLine::Version(_), _) => self.take_version(indentation, may_be_in_any_order),
            (_, "}") => self.close_opened(indentation),
            _ => {}
        }
        true
    }

    /// Begins an output of this indentation. One that is there has ended, although no test sums it up.
    fn take_version(&mut self, indentation: usize, may_be_in_any_order: bool) {
        let has_failed = self.end_levels(indentation);
        let level = self.level(indentation, may_be_in_any_order);
        (level.numbers.has_version, level.is_certain) = (true, true);
        level.has_failed = has_failed;
    }

    fn take_test(&mut self, point: &TestPoint<'_>, text: &str, indentation: usize, may_be_in_any_order: bool) {
        self.close_opened(indentation);
        let is_summed_up_bad = self.end_levels(indentation + 1);
        self.is_good = point.passed || point.directive != Directive::None;
        if !self.is_good {
            self.keep(text);
        }
        let passed = PassedTest { counts: point.directive == Directive::None && point.passed, text: text.to_owned() };
        let fails = is_summed_up_bad && self.fails(&passed);
        let is_good = self.is_good;
        let level = self.level(indentation, may_be_in_any_order);
        level.numbers.test(point.number);
        level.is_certain |= point.number.is_some();
        level.has_failed |= !is_good || fails;
        level.opened = point.opens_subtest.then_some(passed);
    }

    /// Ends the subtest that a `{` opened behind a test of this indentation.
    fn close_opened(&mut self, indentation: usize) {
        let at = self.levels.iter().position(|level| level.indentation == indentation);
        let Some((at, opened)) = at.and_then(|at| Some((at, self.levels[at].opened.take()?))) else { return };
        let fails = self.end_levels(indentation + 1) && self.fails(&opened);
        self.levels[at].has_failed |= fails;
    }

    /// Whether a test whose subtest failed fails, which is kept.
    fn fails(&mut self, test: &PassedTest) -> bool {
        if test.counts {
            self.keep(&format!("{}: ok, but its subtest failed", test.text.trim_end_matches('{').trim_end()));
        }
        test.counts
    }

    /// Ends the tests that are indented at least so far; whether they failed.
    fn end_levels(&mut self, indentation: usize) -> bool {
        let mut has_failed = false;
        while let Some(level) = self.levels.pop_if(|level| level.indentation >= indentation) {
            // What no test sums up fails what it is inside of.
            has_failed = match &level.opened {
                Some(opened) => level.has_failed | (has_failed && self.fails(opened)),
                None => level.has_failed | has_failed,
            };
            // The kernel leaves the plan out where it does not know it, but then there are tests.
            let may_lack_plan = self.is_narrow && !(level.numbers.has_version && level.numbers.is_empty());
            if level.is_certain && (level.numbers.has_plan() || !may_lack_plan) {
                for fault in level.numbers.faults() {
                    self.keep(&fault);
                    has_failed = true;
                }
            }
        }
        has_failed
    }

    /// The tests of this indentation. Those that are indented more have ended.
    fn level(&mut self, indentation: usize, may_be_in_any_order: bool) -> &mut TestLevel {
        if self.levels.last().is_none_or(|level| level.indentation < indentation) {
            let mut level = TestLevel { indentation, ..TestLevel::default() };
            level.numbers.may_be_in_any_order = may_be_in_any_order;
            self.levels.push(level);
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn keep(&mut self, text: &str) {
        if !text.is_empty() {
            self.failures += text;
            self.failures.push('\n');
        }
    }
}

/// How far a line is indented, in columns; a tab is worth four.
pub(super) fn indentation(text: &str) -> usize {
    text.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { INDENTATION } else { 1 }).sum()
}
