//! Stands beside a run and notes what it shows.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::evidence::{Evidence, Exit, Printed};
use crate::process::capture::Capture;
use crate::process::execute::{End, Outcome};

/// What a module printed is read in no time once it has ended. What it left
/// running can hold the stream for ever and is not waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Notes what a run shows. Cheap to clone; all clones note the same.
#[derive(Clone, Debug, Default)]
pub struct Witness(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    evidence: Evidence,
    readers: Vec<JoinHandle<()>>,
}

impl Witness {
    /// Nothing was run because this path exists.
    pub(crate) fn saw_lock(&self, path: &str) {
        self.note(|notes| notes.evidence.maintenance_lock = Some(path.to_owned()));
    }

    /// A command was made.
    pub(crate) fn saw_line(&self, line: &str) {
        self.note(|notes| notes.evidence.command = Some(line.to_owned()));
    }

    /// A command ended.
    pub(crate) fn saw_outcome(&self, outcome: &Outcome) {
        self.note(|notes| {
            notes.evidence.stdout = Printed::from(&outcome.stdout);
            notes.evidence.stderr = Printed::from(&outcome.stderr);
            notes.evidence.exit = Some(Exit::from(&outcome.end));
        });
    }

    /// A module or a parser printed a line.
    pub(crate) fn saw_printed(&self, line: &str) {
        self.note(|notes| {
            notes.evidence.printed.push_str(line);
            notes.evidence.printed.push('\n');
        });
    }

    /// A module gave something that is no result.
    pub(crate) fn saw_invalid(&self, invalid: &Json) {
        self.note(|notes| notes.evidence.invalid = Some(invalid.clone()));
    }

    /// Somebody reads what a module prints.
    pub(crate) fn saw_reader(&self, reader: JoinHandle<()>) {
        self.note(|notes| notes.readers.push(reader));
    }

    /// The run ended after this time.
    pub(crate) fn saw_end(&self, took: Duration) {
        self.note(|notes| notes.evidence.took = took);
    }

    /// All that was noted, once the last output of modules was read. To be
    /// asked when the run is dropped.
    pub async fn evidence(&self) -> Evidence {
        let deadline = Instant::now() + LAST_WORDS;
        for reader in self.note(|notes| mem::take(&mut notes.readers)) {
            // A reader that is not done by then reads what was left running.
            let _ = timeout_at(deadline, reader).await;
        }
        self.note(|notes| notes.evidence.clone())
    }

    fn note<T>(&self, change: impl FnOnce(&mut Notes) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<&Capture> for Printed {
    fn from(capture: &Capture) -> Self {
        Self { text: capture.text().into_owned(), cut: capture.cut() }
    }
}

impl From<&End> for Exit {
    fn from(end: &End) -> Self {
        match end {
            End::Exited(status) => Self::Status(*status),
            End::Signalled { number, name } => Self::Signal { number: *number, name },
            End::TimedOut { .. } => Self::Timeout,
            End::Cancelled => Self::Cancelled,
        }
    }
}
