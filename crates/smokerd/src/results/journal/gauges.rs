//! What metrics read of the journal.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How the journal is. Its threads write it, metrics read it.
#[derive(Debug, Default)]
pub(crate) struct JournalGauges {
    /// The bytes of all segments.
    bytes: AtomicU64,
    /// Records that were written since the daemon's start.
    written: AtomicU64,
    /// Records that could not be written since then.
    lost: AtomicU64,
    /// Whether records are missing since it could be written last.
    is_failing: AtomicBool,
}

impl JournalGauges {
    /// The bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Records that were written since the daemon's start.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Records that could not be written since the daemon's start.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Whether records are missing since it could be written last.
    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    pub(super) fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// This many records were written.
    pub(super) fn add_written(&self, records: usize) {
        self.written.fetch_add(records as u64, Ordering::Relaxed);
    }

    /// This many records could not be written.
    pub(super) fn fail(&self, lost: usize) {
        self.lost.fetch_add(lost as u64, Ordering::Relaxed);
        self.is_failing.store(true, Ordering::Relaxed);
    }

    /// Records can be written again.
    pub(super) fn recover(&self) {
        self.is_failing.store(false, Ordering::Relaxed);
    }
}
