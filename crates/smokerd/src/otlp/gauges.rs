//! What metrics say of the export.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Data points.
    Metrics,
    /// Results, as log records.
    Logs,
}

/// What was sent since the daemon's start. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct OtlpGauges(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    is_used: AtomicBool,
    metrics: SignalGauges,
    logs: SignalGauges,
    lost: AtomicU64,
}

/// The same for one signal.
#[derive(Debug, Default)]
pub(crate) struct SignalGauges {
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Signal {
    /// Both, in the order in which they are shown.
    pub(crate) const ALL: [Self; 2] = [Self::Metrics, Self::Logs];

    /// The word for it, also in the path of requests.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// What its requests consist of.
    pub(super) fn items(self) -> &'static str {
        match self {
            Self::Metrics => "data points",
            Self::Logs => "results",
        }
    }
}

impl OtlpGauges {
    /// Whether there was a collector since the daemon's start.
    pub(crate) fn is_used(&self) -> bool {
        self.0.is_used.load(Ordering::Relaxed)
    }

    /// There is a collector.
    pub(super) fn set_used(&self) {
        self.0.is_used.store(true, Ordering::Relaxed);
    }

    /// The counts of a signal.
    pub(crate) fn of(&self, signal: Signal) -> &SignalGauges {
        match signal {
            Signal::Metrics => &self.0.metrics,
            Signal::Logs => &self.0.logs,
        }
    }

    /// Records that were not kept any more when their results were to be sent.
    pub(crate) fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    pub(super) fn add_lost(&self, records: u64) {
        self.0.lost.fetch_add(records, Ordering::Relaxed);
    }
}

impl SignalGauges {
    /// Items that the collector has taken.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Requests that did not succeed.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Items that the collector has refused.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn add_sent(&self, items: u64) {
        self.sent.fetch_add(items, Ordering::Relaxed);
    }

    pub(super) fn add_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_dropped(&self, items: u64) {
        self.dropped.fetch_add(items, Ordering::Relaxed);
    }
}
