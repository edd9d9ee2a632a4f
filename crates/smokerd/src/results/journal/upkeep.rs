//! The thread that syncs what was written, and keeps the bound on the size. It may wait for the disk: nobody waits for it.

use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use smoker_config::spec::settings::Durability;
use smoker_journal::maintenance::Maintenance;

use crate::results::journal::faults::Faults;
use crate::results::store::SharedState;

/// How long records that were written are not synced at most, beside the time that a sync takes.
const SYNC_DELAY: Duration = Duration::from_millis(100);

/// Works until the writer ends. The channel says that something was written.
pub(super) fn run(mut maintenance: Maintenance, written: &Receiver<()>, state: &SharedState, durability: Durability) {
    let mut sync_faults = Faults::new("results may be lost when the machine stops");
    let mut size_faults = Faults::new("the journal grows beyond history_disk");
    let mut kept_before = false;
    while written.recv().is_ok() {
        // What comes meanwhile is synced, too.
        thread::sleep(SYNC_DELAY);
        while written.try_recv().is_ok() {}
        if durability == Durability::Batch {
            sync(&maintenance, &mut sync_faults);
        }
        if maintenance.is_too_large() {
            let kept = state.kept_records();
            match maintenance.compact(|entry| kept.has(entry)) {
                Ok(done) => {
                    size_faults.succeeded();
                    if done.kept_dropped > 0 && !std::mem::replace(&mut kept_before, true) {
                        tracing::warn!(
                            "the results that History and HistoryFailures keep take more than half of history_disk: the \
                             oldest of them are dropped; raise history_disk, or lower these"
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
