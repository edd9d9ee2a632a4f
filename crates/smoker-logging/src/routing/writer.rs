//! The thread of one handler: takes records from the queue, writes them, and
//! tries again after a failure.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use smoker_model::counted::{counted, is_or_are};

use crate::format::formatter::Formatter;
use crate::output::sink::Sink;
use crate::records::level::Level;
use crate::records::record::Record;
use crate::routing::queue::{Queue, Task, Waiting, Woken};

/// The pauses between tries grow from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Reports what is wrong with one log in the other logs.
pub(crate) type Complain = dyn Fn(Level, String) + Send + Sync;

/// Everything that a handler's thread works with.
pub(crate) struct Writer {
    pub(crate) name: String,
    /// The logger of what is said about this log in itself.
    pub(crate) program: &'static str,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) formatter: Formatter,
    pub(crate) queue: Arc<Queue>,
    pub(crate) complain: Box<Complain>,
    /// The reasons that were reported since the last success.
    pub(crate) failures: Vec<String>,
    /// Whether there is nothing to write to, which was reported.
    pub(crate) is_absent: bool,
    /// The last complaint about something else, reported once.
    pub(crate) complaint: Option<String>,
}

/// Whether a record got through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    Done,
    /// No later attempt can succeed.
    GivenUp,
}

impl Writer {
    /// Gets the sink ready.
    pub(crate) fn open(&mut self) {
        if let Err(error) = self.sink.open() {
            self.failed(&error);
        }
    }

    /// Writes until the queue is closed.
    pub(crate) fn run(mut self) {
        let undelivered = loop {
            match self.queue.next() {
                Task::Reopen => self.reopen(),
                Task::Write(waiting) if self.write(&waiting) == Delivery::Done => {}
                Task::Write(_) => break 1,
                Task::End(dropped) => break u64::from(self.write_gap(dropped) == Delivery::GivenUp),
            }
        };
        let left = self.queue.end() + undelivered;
        if left > 0 && !self.is_absent {
            (self.complain)(
                Level::ERROR,
                format!("log handler {}: {} {} lost", self.name, counted(left, "line"), is_or_are(left)),
            );
        }
    }

    fn write(&mut self, waiting: &Waiting) -> Delivery {
        match self.write_gap(waiting.dropped) {
            Delivery::Done => self.deliver(&waiting.record),
            Delivery::GivenUp => Delivery::GivenUp,
        }
    }

    /// Says in this log that lines are missing.
    fn write_gap(&mut self, dropped: u64) -> Delivery {
        if dropped == 0 {
            return Delivery::Done;
        }
        let text = format!("{} {} missing here: this log was too slow", counted(dropped, "line"), is_or_are(dropped));
        self.deliver(&Record::new(Level::WARNING, self.program.into(), text))
    }

    /// Tries until it succeeds, or until the daemon ends.
    fn deliver(&mut self, record: &Record) -> Delivery {
        let text = self.formatter.format(record);
        let mut pause = FIRST_PAUSE;
        let mut is_last = false;
        loop {
            let written = self.sink.write(&text, record);
            if let Some(complaint) = self.sink.take_complaint().filter(|new| self.complaint.as_ref() != Some(new)) {
                (self.complain)(Level::ERROR, format!("log handler {}: {complaint}", self.name));
                self.complaint = Some(complaint);
            }
            let Err(error) = written else {
                self.succeeded();
                return Delivery::Done;
            };
            self.failed(&error);
            if is_last || self.sink.cannot_recover(&error) {
                return Delivery::GivenUp;
            }
            match self.queue.pause(pause) {
                Woken::InTime => pause = (2 * pause).min(LONGEST_PAUSE),
                Woken::ToReopen => self.reopen(),
                Woken::ToClose => is_last = true,
            }
        }
    }

    fn reopen(&mut self) {
        self.queue.take_reopen();
        self.complaint = None;
        if let Err(error) = self.sink.reopen() {
            let (name, destination) = (&self.name, self.sink.destination());
            (self.complain)(
                Level::ERROR,
                format!(
                    "log handler {name} cannot reopen {destination}: {error}; it goes on with the one that is open"
                ),
            );
        }
    }

    /// Reports a failure once, and again only for another reason.
    fn failed(&mut self, error: &io::Error) {
        if let Some(advice) = self.sink.absence(error) {
            return self.absent(advice);
        }
        let reason = error.to_string();
        if self.failures.contains(&reason) {
            return;
        }
        let (name, destination) = (&self.name, self.sink.destination());
        let what_now =
            if self.sink.cannot_recover(error) { "nothing more is logged there" } else { "will go on trying" };
        (self.complain)(
            Level::ERROR,
            format!("log handler {name} cannot write to {destination}: {reason}; {what_now}"),
        );
        self.failures.push(reason);
    }

    /// Reports once, at the start or later, that there is nothing to write to.
    fn absent(&mut self, advice: &str) {
        if !std::mem::replace(&mut self.is_absent, true) {
            (self.complain)(Level::WARNING, format!("log handler {}: {advice}", self.name));
        }
    }

    fn succeeded(&mut self) {
        let was_absent = std::mem::take(&mut self.is_absent);
        if !std::mem::take(&mut self.failures).is_empty() || was_absent {
            (self.complain)(Level::WARNING, format!("log handler {} can write again", self.name));
        }
    }
}
