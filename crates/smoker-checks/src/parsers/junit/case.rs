//! A test of a report.

use smoker_model::messages::{Level, Messages};
use smoker_model::status::Status;

use crate::components::{level_of, worse};

/// Of a test's output that many lines are shown, its last ones.
const SHOWN_LINES: usize = 20;

/// A `testcase` as far as it has been read.
#[derive(Default)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) notes: Vec<Note>,
    /// What stands in `system-out` and `system-err`.
    pub(super) output: String,
    /// Whether an attribute says that it failed.
    pub(super) is_marked_failed: bool,
    /// The attributes that are not understood, as `status="unclear"`.
    pub(super) not_understood: Vec<String>,
    /// Whether the attribute `status` says that it did not run.
    pub(super) has_not_run: bool,
}

/// A `failure`, an `error`, a `warning` or a `skipped`.
pub(super) struct Note {
    pub(super) kind: NoteKind,
    /// The attribute `message`, else `type`.
    pub(super) headline: Option<String>,
    /// Whether its `type` is `todo`, the mark of a test that may fail, as `node --test` writes it.
    pub(super) is_todo: bool,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoteKind {
    Failure,
    Warning,
    Skipped,
    /// A failure that is none any more, as the test passed when it ran again.
    Flaky,
    /// A failure when it ran again, beside the `failure` of its first run.
    Rerun,
}

impl NoteKind {
    pub(super) fn of(element: &[u8]) -> Option<Self> {
        match &*element.to_ascii_lowercase() {
            b"warning" => Some(Self::Warning),
            b"skipped" => Some(Self::Skipped),
            b"flakyfailure" | b"flakyerror" => Some(Self::Flaky),
            b"rerunfailure" | b"rerunerror" => Some(Self::Rerun),
            b"failed" | b"fail" | b"errored" | b"broken" | b"aborted" | b"fault" | b"incomplete" | b"blocked"
            | b"crashed" | b"crash" | b"timeout" | b"timedout" | b"abort" | b"killed" | b"panic" | b"undefined" => {
                Some(Self::Failure)
            }
            other if [&b"failure"[..], b"error", b"exception"].iter().any(|end| other.ends_with(end)) => {
                Some(Self::Failure)
            }
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
        let is_to_do = self.is_to_do();
        let has_failure = self.notes.iter().any(|note| note.kind == NoteKind::Failure);
        let of_note = |note: &Note| match note.kind {
            NoteKind::Failure if is_to_do => Status::Ok,
            NoteKind::Failure => Status::Error,
            NoteKind::Warning => Status::Warn,
            NoteKind::Skipped if self.could_not_run(note) => Status::Error,
            // Without a `failure` nothing else says that the test failed in the end.
            NoteKind::Rerun if !is_to_do && !has_failure => Status::Error,
            NoteKind::Skipped | NoteKind::Flaky | NoteKind::Rerun => Status::Ok,
        };
        let is_marked = self.is_marked_failed || !self.not_understood.is_empty();
        let marked = if is_marked { Status::Error } else { Status::Ok };
        self.notes.iter().map(of_note).fold(marked, worse)
    }

    /// Whether a test is called skipped that could not run: `CTest` does so when its program or what it depends on is
    /// missing. What was skipped on purpose has a reason that begins with `SKIP_`.
    fn could_not_run(&self, note: &Note) -> bool {
        let reason = note.headline.as_deref().unwrap_or_default();
        self.has_not_run && note.kind == NoteKind::Skipped && !reason.is_empty() && !reason.starts_with("SKIP_")
    }

    /// Whether it is marked as one that may fail.
    fn is_to_do(&self) -> bool {
        self.notes.iter().any(|note| note.kind == NoteKind::Skipped && note.is_todo)
    }

    /// Whether it is bad and neither its elements nor its output say why.
    pub(super) fn has_no_reason(&self) -> bool {
        self.status() != Status::Ok && self.notes.iter().all(|note| note.shown().is_empty()) && self.output.is_empty()
    }

    pub(super) fn messages(&self) -> Messages {
        let mut messages = Messages::new();
        let is_to_do = self.is_to_do();
        for note in &self.notes {
            let text = note.shown();
            match (note.kind, text.is_empty()) {
                (NoteKind::Failure, _) if is_to_do => {
                    messages.add(Level::Info, &format!("failed, but is marked as to do: {text}"));
                }
                (NoteKind::Failure, false) => messages.add(Level::Error, &text),
                (NoteKind::Warning, false) => messages.add(Level::Warn, &text),
                (NoteKind::Warning, true) => messages.add(Level::Warn, "warning"),
                (NoteKind::Skipped, _) if self.could_not_run(note) => {
                    messages.add(Level::Error, &format!("could not run: {text}"));
                }
                (NoteKind::Flaky | NoteKind::Rerun, _) => {
                    messages.add(Level::Info, &format!("failed in another run: {text}"));
                }
                (NoteKind::Skipped, true) => messages.add(Level::Info, "skipped"),
                (NoteKind::Skipped, false) => messages.add(Level::Info, &format!("skipped: {text}")),
                (NoteKind::Failure, true) => {}
            }
        }
        for attribute in &self.not_understood {
            messages.add(Level::Error, &format!("{attribute} is not understood"));
        }
        let status = self.status();
        // The text of an element is the reason in full; without it the output has it.
        let is_reason = |note: &Note| !matches!(note.kind, NoteKind::Skipped | NoteKind::Flaky | NoteKind::Rerun);
        let has_text = self.notes.iter().any(|note| is_reason(note) && !note.text.trim().is_empty());
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
