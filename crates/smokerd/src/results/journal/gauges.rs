//! What metrics read of the journal.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How the journal is. Its threads write it, metrics read it.
#[derive(Debug, Default)]
pub(crate) struct JournalGauges {
    /// The bytes of all segments.
    bytes: AtomicU64,
    /// Records that were written since the daemon's start.
    written: AtomicU64,
    /// Records that were lost since then, while it could not be written.
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

    /// Records that were lost since the daemon's start, while it could not be written.
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

    /// Records could not be written.
    pub(super) fn fail(&self) {
        self.is_failing.store(true, Ordering::Relaxed);
    }

    /// Records can be written again, and those that could not be are, but for this many.
    pub(super) fn recover(&self, lost: u64) {
        self.lost.fetch_add(lost, Ordering::Relaxed);
        self.is_failing.store(false, Ordering::Relaxed);
    }
}
