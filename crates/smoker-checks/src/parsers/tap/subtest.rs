//! Keeps what an indented subtest says of its failures, for the test point that sums it up.

use crate::parsers::tap::line::{self, Directive, TapLine};

/// From this indentation on a line is that of a subtest; a YAML block of a test has less. A subtest whose plan or tests
/// have less, as the kernel of Linux prints them, has all that is indented.
const INDENTATION: usize = 4;

/// The subtest that is being read, if one is.
#[derive(Default)]
pub(super) struct Subtest {
    is_open: bool,
    /// Whether less than [`INDENTATION`] is enough.
    is_narrow: bool,
    /// The indentation of the YAML block that is being read.
    block: Option<usize>,
    /// The test point that the lines belong to passed, or is marked.
    is_good: bool,
    outcome: SubtestOutcome,
    /// The smallest indentation of test points: those of the subtest itself, not of one inside of it.
    level: usize,
    failed_level: usize,
}

/// What became of a subtest.
#[derive(Default)]
pub(super) struct SubtestOutcome {
    /// What it said of failures, a line each.
    pub(super) failures: String,
    /// Whether a test of its own failed that is not marked.
    pub(super) has_failed: bool,
}

impl Subtest {
    /// Its comment was read: indented lines are its own.
    pub(super) fn begin(&mut self) {
        self.is_open = true;
    }

    /// The test point of it was read, and its lines follow.
    pub(super) fn open(&mut self) {
        self.end();
        self.is_open = true;
    }

    /// Ends it.
    pub(super) fn end(&mut self) -> SubtestOutcome {
        let ended = std::mem::take(self);
        let has_failed = ended.failed_level > 0 && ended.failed_level == ended.level;
        SubtestOutcome { has_failed, ..ended.outcome }
    }

    /// Reads a line, if it is one of a subtest.
    pub(super) fn takes(&mut self, text: &str) -> bool {
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
            (TapLine::Test(point), _) => {
                self.is_good = point.passed || point.directive != Directive::None;
                let smaller = |known: usize| if known == 0 { indentation } else { known.min(indentation) };
                self.level = smaller(self.level);
                if !self.is_good {
                    self.failed_level = smaller(self.failed_level);
                    self.keep(inner);
                }
            }
            _ => {}
        }
        true
    }

    fn keep(&mut self, text: &str) {
        if !text.is_empty() {
            self.outcome.failures += text;
            self.outcome.failures.push('\n');
        }
    }
}

/// How far a line is indented, in columns; a tab is worth four.
pub(super) fn indentation(text: &str) -> usize {
    text.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { INDENTATION } else { 1 }).sum()
}
