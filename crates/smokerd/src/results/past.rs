//! The runs of the past that the state has, in the journal or in memory.

use std::io;

use crate::results::kept::history::Sequence;
use crate::results::queries::journal_reads::NotRead;
use crate::results::queries::run_query::{PastRuns, RunPage, RunQuery};
use crate::results::queries::{in_journal, in_memory};
use crate::results::store::SharedState;

impl SharedState {
    /// The number of the newest record that is shown.
    pub(crate) fn newest_sequence(&self) -> Sequence {
        self.lock().sequence
    }

    /// Runs of the past, newest first: those in the journal, without one those that are kept.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or too many others read it.
    pub(crate) async fn runs(&self, query: RunQuery) -> Result<RunPage, NotRead> {
        let Some(journal) = &self.journal else { return Ok(self.kept_runs(query)) };
        let (folder, late, times) = (journal.folder().to_owned(), journal.late().clone(), self.times.clone());
        self.reads.for_request(move || in_journal::read(&folder, &late, &times, &query)).await
    }

    /// Runs with numbers above `after`, oldest first, where `newest` is that of the newest record that is shown: up to `limit`, fewer when their texts
    /// take `bytes`, but one at least if there is any. Without a journal those that are kept. Waits while too many others read.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) async fn runs_after(
        &self,
        (after, newest): (Sequence, Sequence),
        (limit, bytes): (usize, usize),
    ) -> io::Result<PastRuns> {
        let Some(journal) = &self.journal else { return Ok(self.kept_runs_after(after, limit, bytes)) };
        let (folder, late) = (journal.folder().to_owned(), journal.late().clone());
        let read = move || in_journal::read_after(&folder, &late, (after, newest), (limit, bytes));
        self.reads.for_listener(read).await
    }

    fn kept_runs_after(&self, after: Sequence, limit: usize, bytes: usize) -> PastRuns {
        let (found, dropped) = {
            let state = self.lock();
            (in_memory::oldest(state.histories(), after), state.dropped())
        };
        let mut past = PastRuns::default();
        if dropped > after {
            past.miss(after + 1, dropped);
        }
        let query = RunQuery::default();
        for run in found.iter().filter_map(|found| found.unpack(&query)) {
            if !past.add(run, limit, bytes) {
                past.through = past.runs.last().map(|run| run.sequence);
                break;
            }
        }
        let end = past.through.unwrap_or(dropped).min(dropped);
        if end > after {
            let kept = past.runs.iter().filter(|run| run.sequence <= end).count() as u64;
            past.lost = (end - after).saturating_sub(kept);
        }
        past
    }

    fn kept_runs(&self, mut query: RunQuery) -> RunPage {
        let mut page = RunPage::default();
        loop {
            let found = in_memory::newest(self.lock().histories(), &query);
            for run in found.results.iter().filter_map(|found| found.unpack(&query)) {
                if !page.add(&query, run) {
                    return page;
                }
            }
            let Some(next) = found.next else { return page };
            query.before = Some(next);
        }
    }
}
