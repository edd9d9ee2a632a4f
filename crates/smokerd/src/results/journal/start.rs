//! Opens the journal, and starts its threads.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use chrono::Utc;
use smoker_config::spec::settings::Durability;
use smoker_journal::completeness::Completeness;
use smoker_journal::open::{Locked, Opened, Options, open};
use smoker_journal::survey::OutOfOrder;
use smoker_model::counted::counted;
use smoker_model::plugin::PluginSpec;

use crate::results::journal::desk::Desk;
use crate::results::journal::group_commit::WriteRate;
use crate::results::journal::queue::JournalQueue;
use crate::results::journal::restore::Restoring;
use crate::results::journal::writer::Writer;
use crate::results::journal::{interrupted, upkeep, watch};
use crate::results::kept::history::Sequence;
use crate::results::store::SharedState;

/// The folder of the journal in `state_dir`.
pub(crate) const FOLDER: &str = "results";

/// How often a journal is opened that another process has open, and how long is waited between: the process that was killed
/// just now may not be gone.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The numbers that are left out, of records and of processes, where clients may have seen some that the journal does not have.
const LOST_NUMBERS: u64 = 100_000;

/// Where the journal is, and what it promises.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalSettings<'a> {
    pub(crate) state_dir: &'a Path,
    pub(crate) durability: Durability,
    /// The bytes that it may take.
    pub(crate) max_size: u64,
}

/// A state with what the journal has of these plugins; without the journal when it cannot be opened, which is logged.
pub(crate) fn start<'a>(
    settings: JournalSettings<'_>,
    plugins: &(impl Iterator<Item = &'a PluginSpec> + Clone),
) -> SharedState {
    let folder = settings.state_dir.join(FOLDER);
    let (opened, restoring) = match try_open(&folder, settings.max_size, plugins) {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!("journal: {error}; results are kept in memory only, until the next start");
            return SharedState::new();
        }
    };
    report(&opened);
    let Opened { journal, maintenance, survey, completeness, newest: mut sequence, is_unchangeable, fault, .. } =
        opened;
    let hides_segments = fault.as_ref().is_some_and(|it| it.hides_segments);
    // Another daemon may have been here whose records are not, and of whom nothing could be noted.
    let is_unknown = completeness == Completeness::Copied || hides_segments || is_unchangeable;
    let is_certain = !is_unknown && completeness != Completeness::Incomplete && survey.is_sound();
    let mut restored = restoring.finish(is_certain);
    let may_lack_numbers = !is_certain || completeness == Completeness::Unsynced;
    if may_lack_numbers {
        restored.last_process = restored.last_process.saturating_add(LOST_NUMBERS);
    }
    if is_unchangeable {
        restored.last_process = restored.last_process.max(number_of_now());
    }
    if is_unknown {
        sequence = sequence.saturating_add(LOST_NUMBERS).max(number_of_now());
        tracing::warn!(
            "journal: it is a copy, not all of it can be seen, or nothing of it can be changed, so newer records may have had its next numbers: they go on at {sequence}"
        );
    } else if may_lack_numbers || survey.torn.is_some() {
        sequence = sequence.saturating_add(LOST_NUMBERS);
        tracing::info!("journal: the newest records may be missing: numbers go on {LOST_NUMBERS} further");
    }
    if !is_certain {
        tracing::warn!(
            "journal: results may be missing: a run that has none is not recorded as interrupted, and its process counts as \
             one whose results are no longer kept"
        );
    }
    let (sender, queue) = mpsc::channel();
    let sender = JournalQueue::new(folder, sender);
    sender.gauges().set_bytes(journal.size());
    let state = SharedState::with_journal(sender.clone());
    let desk = Arc::new(Desk::new(queue, &sender, state.clone(), (sequence, restored.last_process)));
    let durability = settings.durability;
    let (upkeep, written) = mpsc::sync_channel(1);
    let upkeep_state = state.clone();
    let upkeep_thread = thread::Builder::new()
        .name("journal-upkeep".to_owned())
        .spawn(move || upkeep::run(maintenance, &written, &upkeep_state, durability));
    let upkeep_thread = match upkeep_thread {
        Ok(thread) => thread,
        Err(error) => return without_thread(&error),
    };
    let watch = match watch::start(Arc::clone(&desk)) {
        Ok(watch) => watch,
        Err(error) => return without_thread(&error),
    };
    let (ends, ended) = mpsc::channel();
    let gauges = Arc::clone(sender.gauges());
    let (flush, rate) = (sender.flush_signal(), WriteRate::new());
    let mut writer =
        Writer { journal, desk, gauges, durability, flush, rate, watch, upkeep, upkeep_thread, _ended: ends };
    let begin = writer.begin(is_certain);
    interrupted::restore(&state, restored, begin);
    match thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run()) {
        Ok(thread) => sender.set_writer(thread, ended),
        Err(error) => return without_thread(&error),
    }
    state
}

/// A number that no daemon with fewer than a thousand records, or processes, a second has given yet.
fn number_of_now() -> Sequence {
    Sequence::try_from(Utc::now().timestamp_millis()).unwrap_or(0)
}

fn without_thread(error: &std::io::Error) -> SharedState {
    tracing::error!("journal: cannot start a thread for it: {error}; results are kept in memory only");
    SharedState::new()
}

fn try_open<'a>(
    folder: &Path,
    max_size: u64,
    plugins: &(impl Iterator<Item = &'a PluginSpec> + Clone),
) -> Result<(Opened, Restoring), Locked> {
    let mut tries = 1;
    loop {
        let mut restoring = Restoring::new(plugins.clone());
        match open(Options::new(folder, max_size), |entry| restoring.read(&entry)) {
            Ok(opened) => return Ok((opened, restoring)),
            Err(Locked(_)) if tries < TRIES => thread::sleep(BETWEEN_TRIES),
            Err(error) => return Err(error),
        }
        tries += 1;
    }
}

/// What an operator has to know of the journal as it was found.
fn report(opened: &Opened) {
    let survey = &opened.survey;
    let (records, segments) = (counted(survey.records, "record"), counted(survey.segments, "segment"));
    tracing::info!("journal: {records} in {segments}, {}", counted(survey.bytes, "byte"));
    if let Some(torn) = &survey.torn {
        let (path, length) = (torn.path.display(), torn.length);
        tracing::info!("journal: {length} bytes of a record that was not finished are cut off the end of {path}");
    }
    for damage in &survey.damage {
        let (path, offset, length) = (damage.path.display(), damage.offset, damage.length);
        tracing::error!(
            "journal: {path} is damaged: {length} bytes from byte {offset} on are no records and are passed over"
        );
    }
    for OutOfOrder { path, records } in &survey.out_of_order {
        tracing::error!(
            "journal: {} has {records} records whose numbers lie among those of other files, or that others have in another state: they are \
             passed over. Is it a copy? Then remove it",
            path.display()
        );
    }
    for path in &survey.empty {
        tracing::error!("journal: {} is empty: what it had is lost; remove it", path.display());
    }
    for path in &opened.kept {
        tracing::error!(
            "journal: {} keeps what is damaged; smokerd --journal repair, while the daemon is stopped, takes the damage out of the \
             journal",
            path.display()
        );
    }
    for (path, error) in &survey.unreadable {
        tracing::error!("journal: cannot read {}: {error}; its results are missing", path.display());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use super::*;
    use crate::results::journal::gauges::JournalGauges;
    use crate::results::queries::run_query::RunQuery;
    use crate::results::samples;

    #[tokio::test]
    async fn a_journal_that_cannot_be_used_at_the_start_is_used_when_it_can_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("place");
        fs::write(&place, "no folder").expect("writable");
        let state_dir = place.join("state");
        let settings = JournalSettings { state_dir: &state_dir, durability: Durability::Batch, max_size: 1 << 20 };
        let state = start(settings, &std::iter::empty());
        let plugin = "a".into();
        let recorded = |number: u64| state.record(samples::finished(&plugin, &number.to_string()), &[]);
        (0..10).for_each(recorded);
        state.written().await;
        let texts = async || {
            let page = state.runs(RunQuery { limit: 1000, ..RunQuery::default() }).await.expect("readable");
            (page.runs.iter().rev().map(|run| run.text.clone()).collect::<Vec<_>>(), page.is_incomplete)
        };
        let expected = |count: u64| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(texts().await, (expected(10), true));
        fs::remove_file(&place).expect("writable");
        let (mut count, deadline) = (10, Instant::now() + Duration::from_secs(20));
        while state.journal_gauges().is_some_and(JournalGauges::is_failing) {
            assert!(Instant::now() < deadline, "it is never used");
            recorded(count);
            count += 1;
            thread::sleep(Duration::from_millis(10));
        }
        state.written().await;
        assert_eq!(texts().await, (expected(count), false));
        state.close();
        // Another daemon has all of them.
        let state = start(settings, &std::iter::empty());
        let page = state.runs(RunQuery { limit: 1000, ..RunQuery::default() }).await.expect("readable");
        assert_eq!(page.runs.len() as u64, count);
        state.close();
    }
}
