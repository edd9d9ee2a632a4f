//! The answer from the journal.

use std::io;
use std::iter::Peekable;
use std::path::Path;
use std::vec::IntoIter;

use chrono::TimeDelta;
use smoker_journal::reader::{self, NewestFirst, ReadError};
use smoker_journal::segments::content::Entry;
use smoker_model::plugin::PluginName;

use crate::results::journal::late::LateRecords;
use crate::results::journal::records::entry::JournalEntry;
use crate::results::kept::history::Sequence;
use crate::results::queries::run_query::{PastRuns, RunPage, RunQuery, StoredRun};
use crate::results::queries::segment_times::SegmentTimes;

/// Records follow each other in the order in which runs ended. Those that started at `since` or later ended later: what ended this
/// long before is not looked at, and the time between is for clocks that are set.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// The newest records, those of the journal and those that could not be written yet.
struct Newest {
    /// None when the folder cannot be listed.
    written: Option<NewestFirst>,
    /// The next one of the journal that has come too early.
    waiting: Option<Entry>,
    late: Peekable<IntoIter<Entry>>,
    is_incomplete: bool,
}

impl Iterator for Newest {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        while self.waiting.is_none() {
            match self.written.as_mut().and_then(Iterator::next) {
                Some(Ok(entry)) => self.waiting = Some(entry),
                Some(Err(error)) => {
                    log(&error);
                    self.is_incomplete = true;
                }
                None => break,
            }
        }
        let written = self.waiting.as_ref().map(Entry::sequence);
        let late = self.late.next_if(|late| written.is_none_or(|written| late.sequence() >= written));
        // One that has been written meanwhile is in both.
        if late.as_ref().map(Entry::sequence) == written || late.is_none() { self.waiting.take() } else { late }
    }
}

/// Reads a page of runs. Waits for the disk.
///
/// # Errors
///
/// When the folder cannot be listed, and nothing is known that is not in it. Where something is, and where a segment cannot be read, the page is
/// incomplete, and the log says it.
pub(crate) fn read(folder: &Path, late: &LateRecords, times: &SegmentTimes, query: &RunQuery) -> io::Result<RunPage> {
    let mut page = RunPage::default();
    let oldest = query.since.and_then(|since| since.checked_sub_signed(SLACK));
    // Before the files are listed: what is written meanwhile is in one of both.
    let late_records = late.below(query.below());
    let written = reader_or_late(reader::newest_first(folder, query.below()), &late_records)?;
    let is_incomplete = late.dropped() > 0 || written.is_none();
    let mut entries = Newest { written, waiting: None, late: late_records.into_iter().peekable(), is_incomplete };
    let mut learned = None;
    loop {
        if let (Some(oldest), None, Some(written)) = (oldest, &entries.waiting, &mut entries.written) {
            written.pass_over(|segment| times.newest_end(segment).is_some_and(|end| end < oldest));
        }
        let Some(entry) = entries.next() else {
            times.learn(&mut learned, None);
            break;
        };
        times.learn(&mut learned, entries.written.as_ref().and_then(NewestFirst::segment));
        let Some(JournalEntry::Result(result)) = JournalEntry::of(entry.tag()) else { continue };
        if let Some((_, end)) = &mut learned {
            *end = result.facts.ended().max(*end);
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
    page.is_incomplete = entries.is_incomplete;
    Ok(page)
}

/// Runs with numbers above `after`, oldest first, of which the newest that is shown is `newest`: `limit` at most, and none behind those that take `bytes`
/// together. Waits for the disk.
///
/// # Errors
///
/// Those of [`read`].
pub(crate) fn read_after(
    folder: &Path,
    late: &LateRecords,
    (after, newest): (Sequence, Sequence),
    (limit, bytes): (usize, usize),
) -> io::Result<PastRuns> {
    let mut past = PastRuns::default();
    let late = late.after(after);
    let written = reader_or_late(reader::oldest_first(folder, after), &late)?.into_iter().flatten();
    let mut written = written.filter_map(|entry| entry.inspect_err(log).ok()).peekable();
    let mut late = late.into_iter().peekable();
    // Each record has a number of its own, also the start of a run: where one is missing, a result may be missing.
    let mut last = after;
    loop {
        let next = late.next_if(|late| written.peek().is_none_or(|written| late.sequence() < written.sequence()));
        let Some(entry) = next.or_else(|| written.next()) else { break };
        let sequence = entry.sequence();
        // One that has been written meanwhile is in both.
        if sequence <= last {
            continue;
        }
        if let Some(run) = run(&entry)
            && !past.add(run, limit, bytes)
        {
            past.through = Some(last);
            return Ok(past);
        }
        let missing = last + 1..sequence;
        last = sequence;
        if !missing.is_empty() {
            past.miss(missing.start, missing.end - 1);
            // A daemon that begins may leave numbers out which nothing had.
            if !matches!(JournalEntry::of(entry.tag()), Some(JournalEntry::Begin(_) | JournalEntry::Lost(_))) {
                past.lost += missing.end - missing.start;
            }
        }
    }
    if last < newest {
        past.miss(last + 1, newest);
        past.lost += newest - last;
    }
    Ok(past)
}

/// A reader of the files; none when they cannot be listed, but something is known that is not in them.
fn reader_or_late<T>(reader: io::Result<T>, late: &[Entry]) -> io::Result<Option<T>> {
    match reader {
        Ok(reader) => Ok(Some(reader)),
        Err(error) if late.is_empty() => Err(error),
        Err(error) => {
            tracing::error!("the journal cannot be read: {error}; its results are missing");
            Ok(None)
        }
    }
}

fn run(entry: &Entry) -> Option<StoredRun> {
    let JournalEntry::Result(result) = JournalEntry::of(entry.tag())? else { return None };
    let (text, _) = result.texts(entry.payload())?;
    let (sequence, text, plugin) = (entry.sequence(), text.to_owned(), PluginName::from(result.plugin));
    Some(StoredRun { sequence, plugin, facts: result.facts, text })
}

/// A segment that cannot be read is said in the log: its results are missing in the answer.
fn log(error: &ReadError) {
    tracing::error!("journal: {error}; its results are missing");
}
