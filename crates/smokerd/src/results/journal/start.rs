//! Opens the journal, and starts the two threads of it.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use smoker_config::spec::settings::Durability;
use smoker_journal::open::{OpenError, Opened, Options, open};
use smoker_model::plugin::PluginSpec;
use smoker_model::result::Findings;
use smoker_model::run_record::{FinishedRun, ResultText, RunRecord, RunState, RunTrigger};
use smoker_model::time::moment::Moment;

use crate::results::journal::queue::JournalQueue;
use crate::results::journal::restore::{InterruptedRun, Restored, Restoring};
use crate::results::journal::upkeep;
use crate::results::journal::writer::Writer;
use crate::results::json_text;
use crate::results::kept::history::Sequence;
use crate::results::processes::process::ProcessId;
use crate::results::store::SharedState;

/// The folder of the journal in `state_dir`.
pub(crate) const FOLDER: &str = "results";

/// How often a journal is opened that another process has open, and how long is waited between: the process that was killed
/// just now may not be gone.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The numbers that are left out behind a record that was not finished: clients may have seen numbers that were lost with it.
const LOST_NUMBERS: u64 = 100_000;

/// What the result of a run says that the end of the daemon has ended.
const INTERRUPTED: &str = "interrupted: smokerd ended before the run did";

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
    let (opened, restored) = match try_open(&folder, settings.max_size, plugins) {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!("journal: {error}; results are kept in memory only, until the next start");
            return SharedState::new();
        }
    };
    report(&opened);
    let Opened { journal, maintenance, survey, .. } = opened;
    let newest = survey.newest.unwrap_or(0);
    let is_torn = survey.torn.is_some() || !survey.damage.is_empty();
    let sequence = if is_torn { newest + LOST_NUMBERS } else { newest };
    let (sender, queue) = mpsc::channel();
    let sender = JournalQueue::new(folder, sender);
    let state = SharedState::with_journal(sender.clone());
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
    let mut writer = Writer { journal, queue, state: state.clone(), sequence, durability, upkeep, upkeep_thread };
    let begin = writer.begin(restored.last_process);
    restore(&state, restored, begin);
    match thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run()) {
        Ok(thread) => sender.set_writer(thread),
        Err(error) => return without_thread(&error),
    }
    state
}

fn without_thread(error: &std::io::Error) -> SharedState {
    tracing::error!("journal: cannot start a thread for it: {error}; results are kept in memory only");
    SharedState::new()
}

fn try_open<'a>(
    folder: &Path,
    max_size: u64,
    plugins: &(impl Iterator<Item = &'a PluginSpec> + Clone),
) -> Result<(Opened, Restored), OpenError> {
    let mut tries = 1;
    loop {
        let mut restoring = Restoring::new(plugins.clone());
        match open(Options::new(folder, max_size), |entry| restoring.read(&entry)) {
            Ok(opened) => return Ok((opened, restoring.finish())),
            Err(OpenError::Locked(_)) if tries < TRIES => thread::sleep(BETWEEN_TRIES),
            Err(error) => return Err(error),
        }
        tries += 1;
    }
}

/// What an operator has to know of the journal as it was found.
fn report(opened: &Opened) {
    let survey = &opened.survey;
    tracing::info!("journal: {} records in {} segments, {} bytes", survey.records, survey.segments, survey.bytes);
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
    for path in &opened.kept {
        tracing::error!(
            "journal: {} keeps what is damaged; remove it when nobody wants to look into it",
            path.display()
        );
    }
    for (path, error) in &survey.unreadable {
        tracing::error!("journal: cannot read {}: {error}; its results are missing", path.display());
    }
}

/// Puts what was read into the state, and records what had not ended.
fn restore(state: &SharedState, restored: Restored, begin: Sequence) {
    let mut interrupted = restored.interrupted.clone();
    let waiting = state.restore(restored, begin);
    // All processes that wait for a plugin get the one result.
    for (plugin, processes) in waiting {
        let at = interrupted.iter().position(|run| run.is_forced && run.plugin == plugin);
        if let Some(run) = at.map(|at| interrupted.swap_remove(at)) {
            record(state, &run, INTERRUPTED, &processes);
        } else {
            let run = InterruptedRun { plugin, started: Moment::now().wall, is_forced: true };
            record(state, &run, "not run: smokerd ended before the run could start", &processes);
        }
    }
    for run in interrupted {
        record(state, &run, INTERRUPTED, &[]);
    }
}

fn record(state: &SharedState, run: &InterruptedRun, text: &str, processes: &[ProcessId]) {
    let now = Moment::now();
    let started = Moment { wall: run.started, ..now };
    let result = Findings::error(text).into_result(started, run.is_forced);
    let text = ResultText::of(&result, |result| json_text::to_text(result));
    let trigger =
        if run.is_forced { RunTrigger::Request { requester: None, identity: None } } else { RunTrigger::Schedule };
    let run_state =
        FinishedRun { started, ended: now, attempt: 1, generation: 0, run: 0, is_interrupted: true, result, text };
    let record = RunRecord {
        sequence: 0,
        plugin: run.plugin.clone(),
        trigger,
        planned: started,
        state: RunState::Finished(Box::new(run_state)),
    };
    state.record(record, processes);
}
