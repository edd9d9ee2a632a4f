//! The way of records to the writer. Sending waits for nothing, so tasks of plugins may do it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::RunRecord;
use tokio::sync::oneshot;

use crate::results::events::StartedRun;
use crate::results::processes::process::ProcessId;

/// What is to be written.
#[derive(Debug)]
pub(crate) enum Queued {
    /// A run has ended or was skipped; it is shown when it is written. These processes get its result.
    Run(RunRecord, Vec<ProcessId>),
    /// A run of this number was started; it is broadcast when it is written.
    Started(StartedRun, u64),
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
    runs: AtomicU64,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl JournalQueue {
    /// The queue of the journal in this folder.
    pub(crate) fn new(folder: PathBuf, sender: Sender<Queued>) -> Self {
        Self(Arc::new(Inner { folder, sender, runs: AtomicU64::new(0), writer: Mutex::default() }))
    }

    /// The thread that reads the other end.
    pub(super) fn set_writer(&self, writer: JoinHandle<()>) {
        *self.0.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
    }

    /// Where the journal is.
    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The number of the next run.
    pub(crate) fn number_run(&self) -> u64 {
        self.0.runs.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Returns what was to be sent when the writer has ended, as it has after a panic.
    pub(crate) fn send(&self, queued: Queued) -> Result<(), Box<Queued>> {
        self.0.sender.send(queued).map_err(|error| Box::new(error.0))
    }

    /// Returns when all that was sent before is written, or the writer has ended.
    pub(crate) async fn written(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.send(Queued::Wait(sender)).is_ok() {
            let _ = receiver.await;
        }
    }

    /// Writes and syncs all that was sent, and ends the writer. Waits for that.
    pub(crate) fn close(&self) {
        let _ = self.send(Queued::Close);
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the thread that writes the journal panicked; please report it, with the log");
        }
    }
}
