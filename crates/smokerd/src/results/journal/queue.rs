//! The way of records to the writer. Sending waits for nothing, so tasks of plugins may do it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState};
use tokio::sync::oneshot;

use crate::results::events::StartedRun;
use crate::results::journal::gauges::JournalGauges;
use crate::results::journal::group_commit::{FlushSignal, MAX_GATHERED, Urgency};
use crate::results::journal::late::LateRecords;
use crate::results::plugin::next_run::ConfigGeneration;
use crate::results::processes::process::ProcessId;

/// How long the stop of the daemon waits for the disk.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// What is to be written.
#[derive(Debug)]
pub(crate) enum Queued {
    /// A run has ended or was skipped; it is shown when it is written. These processes get its result.
    Run(RunRecord, Vec<ProcessId>),
    /// A run of this number was started, with this generation of its configuration; it is broadcast when it is written.
    Started(StartedRun, u64, ConfigGeneration),
    /// A client requested runs, and may have proved who it is.
    Process(ProcessId, Vec<PluginName>, Option<Arc<str>>),
    /// A plugin that has never run is planned from this time on.
    Plan(PluginName, DateTime<Utc>),
    /// Somebody waits until all before this is written.
    Wait(oneshot::Sender<()>),
    /// The daemon stops; nothing comes behind this.
    Close,
}

/// The sending end. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct JournalQueue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    sender: Sender<Queued>,
    waiting: WaitingBytes,
    flush: Arc<FlushSignal>,
    runs: AtomicU64,
    gauges: Arc<JournalGauges>,
    late: LateRecords,
    writer: Mutex<Option<WriterThread>>,
}

#[derive(Debug)]
struct WriterThread {
    thread: JoinHandle<()>,
    /// Disconnected when the thread is about to end.
    ended: Receiver<()>,
}

/// The memory of what has been sent and not been received, in bytes. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitingBytes(Arc<AtomicUsize>);

impl WaitingBytes {
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, queued: &Queued) {
        self.0.fetch_add(queued.size(), Ordering::Relaxed);
    }

    pub(super) fn subtract(&self, queued: &Queued) {
        self.0.fetch_sub(queued.size(), Ordering::Relaxed);
    }
}

impl Queued {
    fn urgency(&self) -> Urgency {
        match self {
            Self::Started(..) | Self::Process(..) | Self::Plan(..) => Urgency::Low,
            Self::Run(..) => Urgency::Normal,
            Self::Wait(_) | Self::Close => Urgency::High,
        }
    }

    fn size(&self) -> usize {
        let beside = match self {
            Self::Run(record, waiting) => {
                let texts = match &record.state {
                    RunState::Finished(run) => run.text.size(),
                    RunState::Skipped { .. } => 0,
                };
                texts + size_of_val(&**waiting)
            }
            Self::Process(_, plugins, _) => size_of_val(&**plugins),
            Self::Started(..) | Self::Plan(..) | Self::Wait(_) | Self::Close => 0,
        };
        size_of::<Self>() + beside
    }
}

impl JournalQueue {
    /// The queue of the journal in this folder.
    pub(crate) fn new(folder: PathBuf, sender: Sender<Queued>) -> Self {
        let (waiting, runs, writer) = (WaitingBytes::default(), AtomicU64::new(0), Mutex::default());
        let (flush, gauges, late) = (Arc::default(), Arc::default(), LateRecords::default());
        Self(Arc::new(Inner { folder, sender, waiting, flush, runs, gauges, late, writer }))
    }

    /// What waits in it.
    pub(super) fn waiting(&self) -> WaitingBytes {
        self.0.waiting.clone()
    }

    /// What ends a pause of the writer.
    pub(super) fn flush_signal(&self) -> Arc<FlushSignal> {
        Arc::clone(&self.0.flush)
    }

    /// The thread that reads the other end; `ended` is disconnected when it is about to end.
    pub(super) fn set_writer(&self, thread: JoinHandle<()>, ended: Receiver<()>) {
        *self.0.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(WriterThread { thread, ended });
    }

    /// Where the journal is.
    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// What metrics read of the journal.
    pub(crate) fn gauges(&self) -> &Arc<JournalGauges> {
        &self.0.gauges
    }

    /// The records that could not be written when they came.
    pub(crate) fn late(&self) -> &LateRecords {
        &self.0.late
    }

    /// The number of the next run.
    pub(crate) fn number_run(&self) -> u64 {
        self.0.runs.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Returns what was to be sent when the writer has ended, as it has after a panic.
    pub(crate) fn send(&self, queued: Queued) -> Result<(), Box<Queued>> {
        let urgency = queued.urgency();
        self.send_urgent(queued, urgency)
    }

    /// The same for what is to be written sooner than others of its kind.
    pub(crate) fn send_urgent(&self, queued: Queued, urgency: Urgency) -> Result<(), Box<Queued>> {
        self.0.waiting.add(&queued);
        self.0.sender.send(queued).map_err(|error| Box::new(error.0))?;
        let is_much = self.0.waiting.bytes() > MAX_GATHERED;
        self.0.flush.raise(if is_much { Urgency::High } else { urgency });
        Ok(())
    }

    /// Returns when all that was sent before is written, or the writer has ended.
    pub(crate) async fn written(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.send(Queued::Wait(sender)).is_ok() {
            let _ = receiver.await;
        }
    }

    /// Writes and syncs all that was sent, and ends the writer. Waits for that, up to [`CLOSE_LIMIT`].
    pub(crate) fn close(&self) {
        let _ = self.send(Queued::Close);
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(WriterThread { thread, ended }) = writer else { return };
        if ended.recv_timeout(CLOSE_LIMIT) == Err(RecvTimeoutError::Timeout) {
            let seconds = CLOSE_LIMIT.as_secs();
            tracing::error!("journal: the disk has not answered for {seconds} s; the newest results are not in it");
        } else if thread.join().is_err() {
            tracing::error!("the thread that writes the journal panicked; please report it, with the log");
        }
    }
}
