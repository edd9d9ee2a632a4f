//! The thread that watches the writer: while the disk hangs, results are shown all the same, and what waits stays bounded.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::results::journal::desk::{Desk, Patience};

/// How long a write may take before results are shown without it.
const STUCK_TIME: Duration = Duration::from_secs(5);

/// The bytes of results that wait for the journal at most, beside those of a second.
pub(crate) const WAITING_BYTES: usize = 64 << 20;

/// How long after its begin a write is looked at.
const DELAY: Duration = Duration::from_secs(1);

/// Starts it. What is returned is told of each write that begins; the thread ends when that is gone.
///
/// # Errors
///
/// When there is no thread.
pub(super) fn start(desk: Arc<Desk>) -> std::io::Result<SyncSender<()>> {
    let (began, begun) = sync_channel(1);
    let patience = Patience { time: STUCK_TIME, bytes: WAITING_BYTES };
    thread::Builder::new().name("journal-watch".to_owned()).spawn(move || run(&desk, &begun, patience, DELAY))?;
    Ok(began)
}

fn run(desk: &Desk, begun: &Receiver<()>, patience: Patience, delay: Duration) {
    while begun.recv().is_ok() {
        // One thread wakes up once in this time while there are writes, and not at all while there are none.
        loop {
            thread::sleep(delay);
            if !desk.is_writing() {
                break;
            }
            desk.pass_over(patience);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::channel;
    use std::sync::{Condvar, Mutex};
    use std::time::Instant;

    use chrono::{TimeDelta, Utc};
    use smoker_config::spec::settings::Durability;
    use smoker_journal::disk::{Disk, FileSystem, SegmentFile};
    use smoker_journal::open::{Opened, Options, open};
    use smoker_journal::reader;
    use smoker_journal::record::MAX_BODY;
    use smoker_journal::segments::content::Entry;
    use smoker_model::plugin::PluginName;
    use smoker_model::run_record::RunState;
    use smoker_model::status::Status;

    use super::*;
    use crate::results::events::{Event, Received};
    use crate::results::journal::group_commit::WriteRate;
    use crate::results::journal::queue::JournalQueue;
    use crate::results::journal::records::entry::JournalEntry;
    use crate::results::journal::writer::Writer;
    use crate::results::kept::packed_text::PackedText;
    use crate::results::queries::run_query::RunQuery;
    use crate::results::samples;
    use crate::results::store::SharedState;

    /// A disk that takes nothing while it hangs, and counts what is written.
    #[derive(Clone, Debug, Default)]
    struct HangingDisk(Arc<(Mutex<bool>, Condvar, AtomicU32)>);

    #[derive(Debug)]
    struct HangingFile(Arc<dyn SegmentFile>, HangingDisk);

    impl HangingDisk {
        fn set_hanging(&self, is_hanging: bool) {
            *self.0.0.lock().expect("no panic") = is_hanging;
            self.0.1.notify_all();
        }
    }

    impl Disk for HangingDisk {
        fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
            Ok(Arc::new(HangingFile(FileSystem.create(path)?, self.clone())))
        }

        fn open(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
            FileSystem.open(path)
        }

        fn sync_folder(&self, path: &Path) -> io::Result<()> {
            FileSystem.sync_folder(path)
        }
    }

    impl SegmentFile for HangingFile {
        fn append(&self, bytes: &[u8]) -> io::Result<usize> {
            let HangingDisk(gate) = &self.1;
            drop(gate.1.wait_while(gate.0.lock().expect("no panic"), |is_hanging| *is_hanging).expect("no panic"));
            gate.2.fetch_add(1, Ordering::Relaxed);
            self.0.append(bytes)
        }

        fn sync(&self) -> io::Result<()> {
            self.0.sync()
        }

        fn truncate(&self, length: u64) -> io::Result<()> {
            self.0.truncate(length)
        }

        fn is_at(&self, path: &Path) -> bool {
            self.0.is_at(path)
        }

        fn content(&self) -> io::Result<Vec<u8>> {
            self.0.content()
        }
    }

    fn until(what: &str, mut condition: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !condition() {
            assert!(Instant::now() < deadline, "{what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The state of a journal on this disk, whose writes are taken for stuck after a tenth of a second.
    fn state_on(disk: &HangingDisk, folder: &Path) -> SharedState {
        state_with(disk, folder, Duration::from_millis(100))
    }

    /// The same after another time.
    fn state_with(disk: &HangingDisk, folder: &Path, stuck: Duration) -> SharedState {
        let options = Options { disk: Arc::new(disk.clone()), ..Options::new(folder, 1 << 30) };
        let Opened { journal, .. } = open(options, drop).expect("a journal");
        let (sender, received) = channel();
        let queue = JournalQueue::new(folder.to_owned(), sender);
        let state = SharedState::with_journal(queue.clone());
        let desk = Arc::new(Desk::new(received, &queue, state.clone(), (0, 0)));
        let (watch, begun) = sync_channel(1);
        let watched = Arc::clone(&desk);
        let patience = Patience { time: stuck, bytes: usize::MAX };
        thread::spawn(move || run(&watched, &begun, patience, Duration::from_millis(20)));
        let (upkeep, _) = sync_channel(1);
        let (ends, ended) = channel();
        let (durability, upkeep_thread) = (Durability::Batch, thread::spawn(|| ()));
        let gauges = Arc::clone(queue.gauges());
        let (flush, rate) = (queue.flush_signal(), WriteRate::new());
        let mut writer =
            Writer { journal, desk, gauges, durability, flush, rate, watch, upkeep, upkeep_thread, _ended: ends };
        assert_eq!(writer.begin(true), 1);
        queue.set_writer(thread::spawn(move || writer.run()), ended);
        state
    }

    #[tokio::test]
    async fn results_are_shown_in_their_order_while_the_disk_hangs() {
        let (disk, folder) = (HangingDisk::default(), tempfile::tempdir().expect("a folder"));
        let state = state_on(&disk, folder.path());
        let plugin = PluginName::from("a");
        state.replace_plugins(vec![samples::plugin(&plugin, 1000)], usize::MAX);
        let client = std::net::IpAddr::from([127, 0, 0, 1]).into();
        let mut events = state.subscribe();
        let shown = || {
            let (_, results) = state.plugin(&plugin).expect("configured");
            results.iter().map(PackedText::unpack).collect::<Vec<_>>()
        };
        let record = |number: u32| state.record(samples::finished(&plugin, &number.to_string()), &[]);
        (0..3).for_each(record);
        state.written().await;
        disk.set_hanging(true);
        for number in 3..200 {
            record(number);
            thread::sleep(Duration::from_millis(1));
        }
        let process = state.add_process(std::slice::from_ref(&plugin), client, None).expect("a process");
        until("all are shown", || shown().len() == 200);
        state.written().await;
        let queried = state.runs(RunQuery { limit: 1000, ..RunQuery::default() }).await.expect("readable");
        let texts: Vec<_> = queried.runs.iter().rev().map(|run| run.text.clone()).collect();
        // What is being written is in neither, and what came later is in memory.
        assert!(texts.len() > 150 && texts.ends_with(&["199".to_owned()]), "{texts:?}");
        let past = state.runs_after((0, state.newest_sequence()), (1000, usize::MAX)).await.expect("readable");
        let of_past: Vec<_> = past.runs.iter().map(|run| run.text.clone()).collect();
        assert_eq!((of_past, past.missing.is_some()), (texts.clone(), texts.len() < 200));
        disk.set_hanging(false);
        // The disk is looked at a second after it failed first.
        let entries = || -> Vec<_> {
            let all = reader::oldest_first(folder.path(), 0).expect("a folder");
            all.map(|entry| entry.expect("readable")).collect()
        };
        let mut last = 200;
        until("the journal has what it lacked", || {
            record(last);
            last += 1;
            let is_process = |entry: &Entry| matches!(JournalEntry::of(entry.tag()), Some(JournalEntry::Process(id, _)) if id == process);
            entries().iter().any(is_process)
        });
        state.written().await;
        let numbers: Vec<_> = (0..last).map(|number| number.to_string()).collect();
        assert_eq!(shown(), numbers, "each once, in its order");
        let mut newest = 0;
        for _ in 0..last {
            let Received::Event(Event::Record { record, .. }) = events.next().await else { panic!("lost one") };
            assert!(record.sequence > newest, "{} after {newest}", record.sequence);
            newest = record.sequence;
        }
        state.close();
        assert!(entries().is_sorted_by(|one, other| one.sequence() < other.sequence()));
        let results =
            entries().iter().filter(|it| matches!(JournalEntry::of(it.tag()), Some(JournalEntry::Result(_)))).count();
        assert_eq!(results, numbers.len(), "those that came while it hung have been written, too");
        assert!(folder.path().join("complete").exists(), "and that is noted");
    }

    #[tokio::test]
    async fn results_that_come_fast_share_their_writes() {
        let (disk, folder) = (HangingDisk::default(), tempfile::tempdir().expect("a folder"));
        let begin = Instant::now();
        let state = state_with(&disk, folder.path(), Duration::from_secs(3600));
        for number in 0..1000 {
            state.record(samples::finished(&"a".into(), &number.to_string()), &[]);
            thread::sleep(Duration::from_micros(200));
        }
        state.written().await;
        let writes = disk.0.2.load(Ordering::Relaxed);
        // That of the start, a few at once, one each 10 ms, and that for which somebody waited.
        let due = begin.elapsed().as_millis() / 10 + 15;
        assert!(u128::from(writes) <= due, "{writes} writes, {due} were due");
        let page = state.runs(RunQuery { limit: 1000, ..RunQuery::default() }).await.expect("readable");
        assert_eq!(page.runs.len(), 1000);
        state.close();
    }

    #[tokio::test]
    async fn a_result_that_is_too_large_is_there_after_a_restart_all_the_same() {
        let (disk, folder) = (HangingDisk::default(), tempfile::tempdir().expect("a folder"));
        let state = state_on(&disk, folder.path());
        state.record(samples::finished(&"a".into(), &"x".repeat(MAX_BODY)), &[]);
        state.written().await;
        let page = state.runs(RunQuery { limit: 10, ..RunQuery::default() }).await.expect("readable");
        assert_eq!((page.runs.len(), page.runs[0].facts.status, page.is_incomplete), (1, Status::Error, false));
        assert!(page.runs[0].text.contains("is too large for the journal"), "{}", page.runs[0].text);
        state.close();
    }

    /// As in the results of five hours in which the clock of the machine was behind.
    #[tokio::test]
    async fn runs_are_found_also_behind_many_that_a_wrong_clock_has_dated_back() {
        let (disk, folder) = (HangingDisk::default(), tempfile::tempdir().expect("a folder"));
        let state = state_on(&disk, folder.path());
        let at = |hours_ago: i64| {
            let mut record = samples::finished(&"a".into(), "{}");
            let RunState::Finished(run) = &mut record.state else { panic!("it has finished") };
            run.started.wall -= TimeDelta::hours(hours_ago);
            run.ended.wall = run.started.wall;
            state.record(record, &[]);
        };
        (0..5).for_each(|_| at(0));
        (0..2000).for_each(|_| at(5));
        at(0);
        state.written().await;
        let since = Some(Utc::now() - TimeDelta::hours(2));
        for _ in 0..2 {
            let page = state.runs(RunQuery { since, limit: 1000, ..RunQuery::default() }).await.expect("readable");
            assert_eq!(page.runs.len(), 6);
        }
        state.close();
    }

    #[tokio::test]
    async fn a_stop_waits_for_a_disk_that_hangs_only_so_long() {
        let (disk, folder) = (HangingDisk::default(), tempfile::tempdir().expect("a folder"));
        let state = state_on(&disk, folder.path());
        disk.set_hanging(true);
        state.record(samples::finished(&"a".into(), "{}"), &[]);
        let begin = Instant::now();
        state.close();
        assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
        disk.set_hanging(false);
    }
}
