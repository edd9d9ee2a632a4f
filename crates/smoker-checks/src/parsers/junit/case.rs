//! A test of a report.

use smoker_model::messages::{Level, Messages};
use smoker_model::status::Status;

use crate::components::{level_of, worse};

/// Of a test's output that many lines are shown, its last ones.
const SHOWN_LINES: usize = 20;

/// Values of the attributes `status` and `result` that say that a test failed.
const FAILED: [&str; 8] = ["fail", "failed", "failure", "error", "errored", "broken", "timeout", "timedout"];

/// A `testcase` as far as it has been read.
#[derive(Default)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) notes: Vec<Note>,
    /// What stands in `system-out` and `system-err`.
    pub(super) output: String,
    /// Whether an attribute says that it failed.
    pub(super) is_marked_failed: bool,
}

/// A `failure`, an `error`, a `warning` or a `skipped`.
pub(super) struct Note {
    pub(super) kind: NoteKind,
    /// The attribute `message`, else `type`.
    pub(super) headline: Option<String>,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoteKind {
    Failure,
    Warning,
    Skipped,
}

impl NoteKind {
    pub(super) fn of(element: &[u8]) -> Option<Self> {
        match element {
            b"failure" | b"error" => Some(Self::Failure),
            b"warning" => Some(Self::Warning),
            b"skipped" => Some(Self::Skipped),
            _ => None,
        }
    }
}

impl Note {
    pub(super) fn shown(&self) -> String {
        let text = format!("{}\n{}", self.headline.as_deref().unwrap_or_default(), self.text);
        text.trim().to_owned()
    }
}

impl Case {
    pub(super) fn status(&self) -> Status {
        let of_note = |note: &Note| match note.kind {
            NoteKind::Failure => Status::Error,
            NoteKind::Warning => Status::Warn,
            NoteKind::Skipped => Status::Ok,
        };
        let marked = if self.is_marked_failed { Status::Error } else { Status::Ok };
        self.notes.iter().map(of_note).fold(marked, worse)
    }

    /// Whether it is bad and neither its elements nor its output say why.
    pub(super) fn has_no_reason(&self) -> bool {
        self.status() != Status::Ok && self.notes.iter().all(|note| note.shown().is_empty()) && self.output.is_empty()
    }

    pub(super) fn messages(&self) -> Messages {
        let mut messages = Messages::new();
        for note in &self.notes {
            let text = note.shown();
            match (note.kind, text.is_empty()) {
                (NoteKind::Failure, false) => messages.add(Level::Error, &text),
                (NoteKind::Warning, false) => messages.add(Level::Warn, &text),
                (NoteKind::Warning, true) => messages.add(Level::Warn, "warning"),
                (NoteKind::Skipped, true) => messages.add(Level::Info, "skipped"),
                (NoteKind::Skipped, false) => messages.add(Level::Info, &format!("skipped: {text}")),
                (NoteKind::Failure, true) => {}
            }
        }
        let status = self.status();
        // The text of an element is the reason in full; without it the output has it.
        let has_text = self.notes.iter().any(|note| note.kind != NoteKind::Skipped && !note.text.trim().is_empty());
        if status != Status::Ok && !has_text {
            add_output(&mut messages, level_of(status), &self.output);
        }
        if status == Status::Error && messages.level(Level::Error).next().is_none() {
            messages.add(Level::Error, "failed");
        }
        messages
    }
}

/// Adds the last lines of an output.
pub(super) fn add_output(messages: &mut Messages, level: Level, output: &str) {
    let lines: Vec<_> = output.trim().lines().collect();
    let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    if shown.len() < lines.len() {
        messages.add(level, &format!("the last {SHOWN_LINES} of {} lines of output:", lines.len()));
    }
    for line in shown {
        messages.add(level, line);
    }
}

/// Whether a value of `status` or `result` says that a test failed.
pub(super) fn says_failed(value: &str) -> bool {
    FAILED.contains(&value.trim().to_lowercase().as_str())
}
