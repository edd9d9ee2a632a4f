//! What is queued, as a record.

use smoker_journal::record::{TooLarge, encode};
use smoker_model::run_record::RunRecord;

use crate::results::events::StartedRun;
use crate::results::journal::queue::Queued;
use crate::results::journal::records::entry::{
    StartedEntry, payload_of_process, payload_of_run, tag_of_lost, tag_of_plan, tag_of_process, tag_of_run,
    tag_of_start,
};
use crate::results::journal::records::shortened::shortened;
use crate::results::kept::history::Sequence;
use crate::results::processes::process::ProcessId;

/// Gives tag and payload of what is queued to `push`. When that is too large, a shorter result takes its place. What is no record gives none.
pub(in crate::results::journal) fn put(
    queued: &Queued,
    last_process: ProcessId,
    push: &mut impl FnMut(&[u8], &[&[u8]]) -> Result<(), TooLarge>,
) {
    let mut tag = Vec::new();
    let pushed = match queued {
        Queued::Run(record, waiting) => put_run(record, waiting, push),
        Queued::Started(StartedRun { plugin, started, planned, trigger }, run, generation) => {
            let (run, generation, cause) = (*run, *generation, trigger.into());
            let (started, planned) = (started.timestamp_micros(), planned.timestamp_micros());
            let plugin = plugin.as_str();
            tag_of_start(&mut tag, StartedEntry { plugin, run, started, planned, cause, generation });
            push(&tag, &[])
        }
        Queued::Process(id, plugins, triggered_by) => {
            tag_of_process(&mut tag, *id, triggered_by.as_deref());
            push(&tag, &[&payload_of_process(plugins)])
        }
        Queued::Plan(plugin, from) => {
            tag_of_plan(&mut tag, plugin.as_str(), from.timestamp_micros());
            push(&tag, &[])
        }
        Queued::Wait(_) | Queued::Close => return,
    };
    let Err(error) = pushed else { return };
    if let Queued::Run(record, waiting) = queued {
        let short = shortened(record);
        // The numbers of the processes that wait for it may be too much for a record by themselves.
        let pushed = put_run(&short, waiting, push).or_else(|_| put_run(&short, &[], push));
        if pushed.is_ok() {
            tracing::warn!("journal: {error}; most of the text of the result of plugin {} is not in it", record.plugin);
            return;
        }
    }
    tracing::error!("journal: {error}; it is kept in memory only");
    // In its place, so that a run whose result is missing does not look like one that had none.
    let mut lost = Vec::new();
    tag_of_lost(&mut lost, last_process);
    let _ = push(&lost, &[]);
}

/// The record of what is queued; empty when that is none.
pub(in crate::results::journal) fn encoded(sequence: Sequence, queued: &Queued, last_process: ProcessId) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(queued, last_process, &mut |tag, payload| encode(&mut bytes, sequence, tag, payload));
    bytes
}

fn put_run(
    record: &RunRecord,
    waiting: &[ProcessId],
    push: &mut impl FnMut(&[u8], &[&[u8]]) -> Result<(), TooLarge>,
) -> Result<(), TooLarge> {
    let mut tag = Vec::new();
    tag_of_run(&mut tag, record, waiting);
    push(&tag, &payload_of_run(record))
}
