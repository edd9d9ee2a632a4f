//! The answer from the journal.

use std::io;
use std::path::Path;

use chrono::TimeDelta;
use smoker_journal::content::Entry;
use smoker_journal::reader::{self, ReadError};
use smoker_model::plugin::PluginName;

use crate::results::journal::entry::JournalEntry;
use crate::results::kept::history::Sequence;
use crate::results::queries::run_query::{PastRuns, RunPage, RunQuery, StoredRun};

/// Records follow each other in the order in which runs ended. Those that started before `since` may have ended later, and
/// clocks are set: nothing is looked for behind this many runs in a row that ended this long before `since`.
const SLACK: TimeDelta = TimeDelta::hours(1);
const OLD_IN_A_ROW: u32 = 1000;

/// Reads a page of runs. Waits for the disk.
///
/// # Errors
///
/// When the folder cannot be listed. A segment that cannot be read is passed over, which is logged.
pub(crate) fn read(folder: &Path, query: &RunQuery) -> io::Result<RunPage> {
    let mut page = RunPage::default();
    let oldest = query.since.and_then(|since| since.checked_sub_signed(SLACK));
    let mut old = 0;
    for entry in reader::newest_first(folder, query.below())? {
        let Some(entry) = or_log(entry) else { continue };
        let Some(JournalEntry::Result(result)) = JournalEntry::of(entry.tag()) else { continue };
        old = if oldest.is_some_and(|oldest| result.facts.ended() < oldest) { old + 1 } else { 0 };
        if old > OLD_IN_A_ROW {
            break;
        }
        if !query.concerns(result.plugin) || !query.admits(&result.facts) {
            continue;
        }
        let Some((text, _)) = result.texts(entry.payload()) else { continue };
        let (sequence, text, plugin) = (entry.sequence(), text.to_owned(), PluginName::from(result.plugin));
        if !page.add(query, StoredRun { sequence, plugin, facts: result.facts, text }) {
            break;
        }
    }
    Ok(page)
}

/// Runs with numbers above this one, oldest first: `limit` at most, and none behind those that take
/// [`PAGE_BYTES`](crate::results::queries::run_query::PAGE_BYTES) together. Waits for the disk.
///
/// # Errors
///
/// Those of [`read`].
pub(crate) fn read_after(folder: &Path, after: Sequence, limit: usize) -> io::Result<PastRuns> {
    let mut past = PastRuns::default();
    // Each record has a number of its own, also the start of a run: where one is missing, a result may be missing.
    let mut newest = after;
    for entry in reader::oldest_first(folder, after)? {
        let Some(entry) = or_log(entry) else { continue };
        let sequence = entry.sequence();
        let missing = newest + 1..sequence;
        newest = sequence;
        if let Some(run) = run(&entry)
            && !past.add(run, limit)
        {
            break;
        }
        if !missing.is_empty() {
            past.miss(missing.start, missing.end - 1);
        }
    }
    Ok(past)
}

fn run(entry: &Entry) -> Option<StoredRun> {
    let JournalEntry::Result(result) = JournalEntry::of(entry.tag())? else { return None };
    let (text, _) = result.texts(entry.payload())?;
    let (sequence, text, plugin) = (entry.sequence(), text.to_owned(), PluginName::from(result.plugin));
    Some(StoredRun { sequence, plugin, facts: result.facts, text })
}

/// A segment that cannot be read is said in the log: its results are missing in the answer.
fn or_log(entry: Result<Entry, ReadError>) -> Option<Entry> {
    entry.inspect_err(|error| tracing::error!("journal: {error}; its results are missing")).ok()
}
