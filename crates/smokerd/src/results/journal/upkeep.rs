//! The thread that syncs what was written, and keeps the bound on the size. It may wait for the disk: nobody waits for it.

use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use smoker_config::spec::settings::Durability;
use smoker_journal::maintenance::{Compacted, Maintenance};

use crate::results::journal::faults::Faults;
use crate::results::journal::keep::PROCESSES;
use crate::results::store::SharedState;

/// How long records that were written are not synced at most, beside the time that a sync takes.
const SYNC_DELAY: Duration = Duration::from_millis(100);

/// Works until the writer ends. The channel says that something was written.
pub(super) fn run(mut maintenance: Maintenance, written: &Receiver<()>, state: &SharedState, durability: Durability) {
    let mut sync_faults = Faults::new("results may be lost when the machine stops");
    let mut size_faults = Faults::new("the journal grows beyond history_disk");
    let mut read_faults = Faults::new("it is passed over when the journal is compacted");
    let (mut results_before, mut processes_before) = (false, false);
    while written.recv().is_ok() {
        // What comes meanwhile is synced, too.
        thread::sleep(SYNC_DELAY);
        while written.try_recv().is_ok() {}
        if durability == Durability::Batch {
            sync(&maintenance, &mut sync_faults);
        }
        if maintenance.is_too_large() {
            let kept = state.kept_records();
            match maintenance.compact(|entry| kept.rank(entry)) {
                Ok(Compacted { kept_dropped, unreadable, .. }) => {
                    size_faults.succeeded();
                    if let Some((path, error)) = unreadable.first() {
                        read_faults.failed(&format_args!("cannot read {}: {error}", path.display()));
                    }
                    if kept_dropped.is_some_and(|(_, least)| least < PROCESSES)
                        && !std::mem::replace(&mut results_before, true)
                    {
                        tracing::warn!(
                            "the results that History and HistoryFailures keep take more than half of history_disk: the \
                             oldest of them are dropped; raise history_disk, or lower these"
                        );
                    }
                    if kept_dropped.is_some_and(|(most, _)| most == PROCESSES)
                        && !std::mem::replace(&mut processes_before, true)
                    {
                        tracing::info!(
                            "the pages of forced runs take much of history_disk: the oldest are not kept over a restart"
                        );
                    }
                }
                Err(error) => size_faults.failed(&error),
            }
            if let Some(gauges) = state.journal_gauges() {
                gauges.set_bytes(maintenance.size());
            }
        }
    }
    // Also without durability: it is once.
    match maintenance.sync().map(|_| maintenance.declare_synced()) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => sync_faults.failed(&error),
        Err(error) => sync_faults.failed(&error),
    }
}

fn sync(maintenance: &Maintenance, faults: &mut Faults) {
    match maintenance.sync() {
        Ok(true) => faults.succeeded(),
        Ok(false) => {}
        Err(error) => faults.failed(&error),
    }
}
