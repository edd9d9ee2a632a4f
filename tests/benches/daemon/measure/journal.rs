//! What the journal costs: in checks a second, in bytes, in processor time, and at a start.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{Duration, Instant};

use smoker_journal::open::{Opened, Options, open};
use smoker_journal::reader;
use smoker_journal::segments::content::Entry;
use smoker_tests::config::Config;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::boot::{self, Daemon, Program};
use crate::forced;
use crate::pairs::{FEW, MANY, Pairs};
use crate::table::{Goal, Row, Table};
use crate::usage;

/// The checks of one sample.
const CHECKS: u32 = 2000;

const BEAT: Duration = Duration::from_millis(5);

/// The plugins whose results a start reads.
const SCHEDULED: u32 = 500;

/// How long checks go on for the processor time of the journal.
const MINUTE: Duration = Duration::from_secs(60);

/// The results of which the processor time is told, for each second.
const RESULTS_PER_SECOND: f64 = 2000.0;

/// The results that a start reads.
const KEPT: u64 = 100_000;

/// The folder of the journal in a sandbox.
const FOLDER: &str = "state/results";

const STATE: &str = "state_dir: '{{DIR}}/state'";

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let pairs = checks(program);
    table.add(Row::of_pairs(
        "checks of `true` with a journal (batch); without",
        "checks/s",
        Goal::AtLeast(0.97),
        pairs,
    ));
    let daemon = with_results(program);
    let bytes = daemon.as_ref().map_err(Clone::clone).and_then(bytes);
    let (all, json) = bytes.map_or_else(|reason| (Err(reason.clone()), Err(reason)), |(all, json)| (Ok(all), Ok(json)));
    table.add(Row::of_pairs("  bytes of a record in its file; of what it holds", "bytes", Goal::AtMost(1.2), all));
    table.add(Row::of_pairs("  bytes of the file for a run; of its result's JSON", "bytes", Goal::None, json));
    let pairs = daemon.as_ref().map_err(Clone::clone).and_then(|daemon| writes(&daemon.path(FOLDER)));
    table.add(Row::of_pairs("  1000 records written and synced; bare write, fdatasync", "ms", Goal::None, pairs));
    let busy = busy(program);
    table.add(Row::alone(
        "  processor time at 2000 results/s, for a minute",
        "% of a core",
        Goal::Under(5.0, "%"),
        busy,
    ));
    let start = scheduled(program).and_then(|daemon| starts(program, &daemon.path(FOLDER)));
    let reopened = start.as_ref().map(|pairs| pairs.ours() - pairs.limit()).map_err(Clone::clone);
    table.add(Row::of_pairs("start with 100000 results in the journal; with none", "ms", Goal::None, start));
    table.add(Row::alone("  the difference", "ms", Goal::Under(50.0, "ms"), reopened));
}

fn config(top: &str, plugins: u32) -> Config {
    let top = format!("nr_concurrent_plugins: {}\n{top}", 2 * usage::cores());
    boot::plugins(&top, "Timeout: 60", plugins, |_| "Command: 'true'".to_owned())
}

fn checks(program: &Program) -> Result<Pairs, String> {
    let with = program.start(&config(STATE, CHECKS))?;
    let without = program.start(&config("", CHECKS))?;
    let request = forced::request(CHECKS);
    // A connection would be idle for too long while the other side has its turn.
    let rate = |daemon: &Daemon| {
        let time = forced::run(&mut daemon.connect()?, &request, BEAT)?;
        Ok(f64::from(CHECKS) / time.as_secs_f64())
    };
    // Once each, so that neither has its first results in what is measured.
    rate(&with)?;
    rate(&without)?;
    Pairs::measure(MANY, || rate(&with), || rate(&without))
}

/// A daemon that has written results.
fn with_results(program: &Program) -> Result<Daemon, String> {
    let daemon = program.start(&config(STATE, CHECKS))?;
    forced::run(&mut daemon.connect()?, &forced::request(CHECKS), BEAT)?;
    Ok(daemon)
}

/// A daemon whose schedule has written results: those of forced runs would all be of one process, whose page a start has to make.
fn scheduled(program: &Program) -> Result<Daemon, String> {
    let plugins = boot::plugins(STATE, "Interval: 1\nSplay: 1", SCHEDULED, |_| "Command: 'true'".to_owned());
    let daemon = program.start(&plugins)?;
    let folder = daemon.path(FOLDER);
    let has_written = || entries(&folder).is_ok_and(|entries| entries.len() > 2 * CHECKS as usize);
    wait::within(Duration::from_secs(60), || has_written().then_some(())).ok_or("the schedule has written nothing")?;
    Ok(daemon)
}

fn entries(folder: &Path) -> Result<Vec<Entry>, String> {
    let entries = reader::oldest_first(folder, 0).map_err(|error| format!("no journal: {error}"))?;
    entries.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// The bytes of a record beside those of its tag and payload; and those of a run beside its JSON.
#[expect(clippy::cast_precision_loss, reason = "sizes of files are far below 2^52")]
fn bytes(daemon: &Daemon) -> Result<(Pairs, Pairs), String> {
    let folder = daemon.path(FOLDER);
    let files = fs::read_dir(&folder).map_err(|error| error.to_string())?;
    let size: u64 = files.filter_map(|file| file.ok()?.metadata().ok()).map(|file| file.len()).sum();
    let entries = entries(&folder)?;
    let held: usize = entries.iter().map(|entry| entry.tag().len() + entry.payload().len()).sum();
    let json: usize = entries.iter().map(|entry| entry.payload().len()).filter(|length| *length > 0).sum();
    let each = |bytes: f64, count: f64| bytes / count;
    let (size, count, runs) = (size as f64, entries.len() as f64, f64::from(CHECKS));
    let of_records = Pairs::measure(1, || Ok(each(size, count)), || Ok(each(held as f64, count)))?;
    let of_runs = Pairs::measure(1, || Ok(each(size, runs)), || Ok(each(json as f64, runs)))?;
    Ok((of_records, of_runs))
}

/// A thousand records at once, as the journal writes them and as the same bytes alone.
fn writes(folder: &Path) -> Result<Pairs, String> {
    let entries: Vec<_> = entries(folder)?.into_iter().take(1000).collect();
    let place = Sandbox::new();
    let opened = open(Options::new(&place.path("own"), 1 << 30), drop).map_err(|error| error.to_string())?;
    let Opened { mut journal, .. } = opened;
    let failed = |error: io::Error| error.to_string();
    let mut bare = File::create(place.path("bare")).map_err(failed)?;
    let size: usize = entries.iter().map(|entry| 24 + entry.tag().len() + entry.payload().len()).sum();
    let content = vec![b'x'; size];
    let mut sequence = 0;
    let ours = || {
        let begin = Instant::now();
        for entry in &entries {
            sequence += 1;
            journal.push(sequence, entry.tag(), &[entry.payload()]).map_err(|error| error.to_string())?;
        }
        journal.write().map_err(|error| error.to_string())?;
        journal.sync().map_err(|error| error.to_string())?;
        Ok(begin.elapsed().as_secs_f64() * 1000.0)
    };
    let limit = || {
        let begin = Instant::now();
        bare.write_all(&content).and_then(|()| bare.sync_data()).map_err(failed)?;
        Ok(begin.elapsed().as_secs_f64() * 1000.0)
    };
    Pairs::measure(MANY, ours, limit)
}

/// What the journal's threads take of a core for each second of [`RESULTS_PER_SECOND`], in percent.
fn busy(program: &Program) -> Result<f64, String> {
    let daemon = program.start(&config(STATE, CHECKS))?;
    let mut client = daemon.connect()?;
    let request = forced::request(CHECKS);
    forced::run(&mut client, &request, BEAT)?;
    let before = usage::of_threads(daemon.pid(), "journal")?;
    let begin = Instant::now();
    let mut results = 0;
    while begin.elapsed() < MINUTE {
        forced::run(&mut client, &request, BEAT)?;
        results += CHECKS;
    }
    let busy = usage::of_threads(daemon.pid(), "journal")?.saturating_sub(before);
    Ok(100.0 * busy.as_secs_f64() / f64::from(results) * RESULTS_PER_SECOND)
}

/// From the start of the program until it answers, in milliseconds.
fn starts(program: &Program, folder: &Path) -> Result<Pairs, String> {
    let some: Vec<_> = entries(folder)?;
    let place = Sandbox::new();
    let many = place.path("many");
    let Opened { mut journal, maintenance, .. } =
        open(Options::new(&many, 1 << 30), drop).map_err(|error| error.to_string())?;
    let mut sequence = 0;
    while sequence < KEPT {
        for entry in some.iter().filter(|entry| !entry.payload().is_empty()) {
            sequence += 1;
            journal.push(sequence, entry.tag(), &[entry.payload()]).map_err(|error| error.to_string())?;
        }
        journal.write().map_err(|error| error.to_string())?;
    }
    maintenance.sync().map_err(|error| error.to_string())?;
    drop((journal, maintenance));
    let start = |results: Option<&Path>| {
        let sandbox = Sandbox::new();
        if let Some(results) = results {
            let folder = sandbox.path(FOLDER);
            private_folder(&sandbox.path("state")).map_err(|error| error.to_string())?;
            copy(results, &folder)?;
        }
        let begin = Instant::now();
        let daemon = program.start_in(sandbox, &config(STATE, 100))?;
        // Connections are taken before that by the system.
        daemon.connect()?.get("/plugins").map_err(|error| error.to_string())?;
        let time = begin.elapsed().as_secs_f64() * 1000.0;
        drop(daemon);
        Ok(time)
    };
    Pairs::measure(FEW, || start(Some(&many)), || start(None))
}

fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: io::Error| error.to_string();
    private_folder(to).map_err(failed)?;
    for file in fs::read_dir(from).map_err(failed)? {
        let (file, copy) = file.map(|file| (file.path(), to.join(file.file_name()))).map_err(failed)?;
        fs::copy(file, &copy).map_err(failed)?;
        // The device has what a daemon finds at its start: a sync of the daemon's own must not wait for this copy.
        File::open(copy).and_then(|copy| copy.sync_all()).map_err(failed)?;
    }
    Ok(())
}
