//! What a record of the journal says, and its bytes.
//!
//! The tag has what the daemon has to know of a record without looking at its payload: its kind, the plugin, the facts of a
//! run, the processes that get its result. The payload has the texts.

use smoker_journal::record::MAX_SEQUENCE;
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState, RunTrigger, SkipReason};

use crate::results::kept::encoding::{Fields, put_number, put_signed, put_text};
use crate::results::kept::facts::RunFacts;
use crate::results::processes::process::ProcessId;

const RESULT: u8 = 1;
const SKIPPED: u8 = 2;
const STARTED: u8 = 3;
const PROCESS: u8 = 4;
const BEGIN: u8 = 5;
const END: u8 = 6;
const PLAN: u8 = 7;
const LOST: u8 = 8;

/// Why runs were skipped.
const OVERLAP: u8 = 0;
const MISSED: u8 = 1;
const DEPENDENCY: u8 = 2;
const OUTSIDE_OF_HOURS: u8 = 3;

/// What starts and skipped runs have at their ends, where neither the schedule nor a client is the cause.
const RETRY: u8 = 1;
const AFTER: u8 = 2;
const REPORT: u8 = 3;
const ON_DEMAND: u8 = 4;

/// What a record says.
#[derive(Debug, PartialEq)]
pub(crate) enum JournalEntry<'a> {
    /// A run has a result; the payload has its texts.
    Result(ResultEntry<'a>),
    /// Planned runs were skipped.
    Skipped(SkippedEntry<'a>),
    /// A run was started.
    Started(StartedEntry<'a>),
    /// A client requested runs, and may have proved who it is; the payload has the names of the plugins.
    Process(ProcessId, Option<&'a str>),
    /// The daemon has started. The number of the newest process that there was.
    Begin(ProcessId),
    /// The daemon has stopped, and all its runs have ended before.
    End,
    /// A plugin that has never run was planned as if a scheduled run had been to start at a time, in microseconds since 1970.
    Plan(&'a str, i64),
    /// Records before this one could not be written, so a run or a process of before may have ended although there is no result of it.
    /// The number of the newest process that there was.
    Lost(ProcessId),
}

/// The result of a run.
#[derive(Debug, PartialEq)]
pub(crate) struct ResultEntry<'a> {
    pub(crate) plugin: &'a str,
    pub(crate) facts: RunFacts,
    /// The number of the run since the start of its daemon.
    pub(crate) run: u64,
    /// The bytes of the first text, which has component results as a list. The other one is behind it, and none is there when both are the same.
    pub(crate) listed: usize,
    /// The processes that get the result.
    pub(crate) waiting: Vec<ProcessId>,
}

/// Runs that were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SkippedEntry<'a> {
    pub(crate) plugin: &'a str,
    /// When the last of them was to start, in microseconds since 1970.
    pub(crate) planned: i64,
    /// Why they were skipped; none for a reason that this version does not know.
    pub(crate) reason: Option<SkipReason>,
    /// Why they were to take place. An older version noted it where the reason is another plugin, and has the schedule for all else.
    pub(crate) cause: StartCause<'a>,
}

/// The start of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartedEntry<'a> {
    pub(crate) plugin: &'a str,
    pub(crate) run: u64,
    /// Microseconds since 1970.
    pub(crate) started: i64,
    /// When it was to start, in microseconds since 1970; when it started, where an older version did not note it.
    pub(crate) planned: i64,
    pub(crate) cause: StartCause<'a>,
    /// The generation of its configuration; 0 where an older version did not note it.
    pub(crate) generation: u64,
}

/// Why a run was started. An older version noted requests, and has the schedule for everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartCause<'a> {
    /// The plugin's schedule.
    Schedule,
    /// Its last result was soft.
    Retry,
    /// A run of this other plugin has ended OK.
    After(&'a str),
    /// Whether this other plugin counts depends on how this one is.
    OnDemand(&'a str),
    /// A job has reported to the plugin.
    Report,
    /// A client's request.
    Request,
}

impl<'a> From<&'a RunTrigger> for StartCause<'a> {
    fn from(trigger: &'a RunTrigger) -> Self {
        match trigger {
            RunTrigger::Schedule => Self::Schedule,
            RunTrigger::Retry => Self::Retry,
            RunTrigger::After(plugin) => Self::After(plugin),
            RunTrigger::OnDemand(plugin) => Self::OnDemand(plugin),
            RunTrigger::Report { .. } => Self::Report,
            RunTrigger::Request { .. } => Self::Request,
        }
    }
}

impl From<StartCause<'_>> for RunTrigger {
    fn from(cause: StartCause<'_>) -> Self {
        match cause {
            StartCause::Schedule => Self::Schedule,
            StartCause::Retry => Self::Retry,
            StartCause::After(plugin) => Self::After(plugin.into()),
            StartCause::OnDemand(plugin) => Self::OnDemand(plugin.into()),
            StartCause::Report => Self::Report { requester: None, identity: None },
            StartCause::Request => Self::Request { requester: None, identity: None },
        }
    }
}

impl<'a> JournalEntry<'a> {
    /// Reads a tag; none of a kind that this version does not know.
    pub(crate) fn of(tag: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::of(tag);
        Some(match fields.byte()? {
            RESULT => {
                let plugin = fields.text()?;
                let run = fields.number()?;
                let facts = RunFacts::decode(&mut fields)?;
                let listed = fields.number()?.try_into().ok()?;
                let waiting = (0..fields.number()?).map(|_| fields.number()).collect::<Option<_>>()?;
                Self::Result(ResultEntry { plugin, facts, run, listed, waiting })
            }
            SKIPPED => Self::Skipped(skipped(&mut fields)?),
            STARTED => Self::Started(start(&mut fields)?),
            PROCESS => {
                Self::Process(process(&mut fields)?, if fields.byte()? != 0 { Some(fields.text()?) } else { None })
            }
            BEGIN => Self::Begin(process(&mut fields)?),
            END => Self::End,
            PLAN => Self::Plan(fields.text()?, fields.signed()?),
            LOST => Self::Lost(process(&mut fields)?),
            _ => return None,
        })
    }
}

fn skipped<'a>(fields: &mut Fields<'a>) -> Option<SkippedEntry<'a>> {
    let (plugin, planned) = (fields.text()?, fields.signed()?);
    fields.number()?;
    let reason = match fields.byte()? {
        OVERLAP => Some(SkipReason::Overlap),
        MISSED => Some(SkipReason::Missed),
        DEPENDENCY => Some(SkipReason::Dependency),
        OUTSIDE_OF_HOURS => Some(SkipReason::OutsideOfHours),
        _ => None,
    };
    Some(SkippedEntry { plugin, planned, reason, cause: cause(fields)? })
}

/// What [`put_cause`] has put; an older version has put nothing.
fn cause<'a>(fields: &mut Fields<'a>) -> Option<StartCause<'a>> {
    Some(match fields.byte() {
        Some(RETRY) => StartCause::Retry,
        Some(AFTER) => StartCause::After(fields.text()?),
        Some(REPORT) => StartCause::Report,
        Some(ON_DEMAND) => StartCause::OnDemand(fields.text()?),
        _ => StartCause::Schedule,
    })
}

fn put_cause(tag: &mut Vec<u8>, cause: StartCause<'_>) {
    match cause {
        StartCause::Schedule | StartCause::Request => {}
        StartCause::Retry => tag.push(RETRY),
        StartCause::After(plugin) => {
            tag.push(AFTER);
            put_text(tag, plugin);
        }
        StartCause::OnDemand(plugin) => {
            tag.push(ON_DEMAND);
            put_text(tag, plugin);
        }
        StartCause::Report => tag.push(REPORT),
    }
}

fn start<'a>(fields: &mut Fields<'a>) -> Option<StartedEntry<'a>> {
    let (plugin, run, started) = (fields.text()?, fields.number()?, fields.signed()?);
    let is_forced = fields.byte()? != 0;
    let generation = fields.number().unwrap_or(0);
    let planned = fields.signed().and_then(|lag| started.checked_sub(lag)).unwrap_or(started);
    let cause = if is_forced { StartCause::Request } else { cause(fields)? };
    Some(StartedEntry { plugin, run, started, planned, cause, generation })
}

/// The number of a process. A larger one was given by nobody: numbers have to go on behind it.
fn process(fields: &mut Fields<'_>) -> Option<ProcessId> {
    fields.number().filter(|id| *id <= MAX_SEQUENCE)
}

impl ResultEntry<'_> {
    /// Both texts of the result: with component results as a list, and as a mapping.
    pub(crate) fn texts<'a>(&self, payload: &'a [u8]) -> Option<(&'a str, &'a str)> {
        let (listed, mapped) = payload.split_at_checked(self.listed)?;
        let (listed, mapped) = (std::str::from_utf8(listed).ok()?, std::str::from_utf8(mapped).ok()?);
        Some((listed, if mapped.is_empty() { listed } else { mapped }))
    }
}

/// The tag of a run that has ended or was skipped.
pub(crate) fn tag_of_run(tag: &mut Vec<u8>, record: &RunRecord, waiting: &[ProcessId]) {
    match &record.state {
        RunState::Finished(run) => {
            tag.push(RESULT);
            put_text(tag, record.plugin.as_str());
            put_number(tag, run.run);
            if let Some(facts) = RunFacts::of(record) {
                facts.encode(tag);
            }
            put_number(tag, run.text.listed.len() as u64);
            put_number(tag, waiting.len() as u64);
            for process in waiting {
                put_number(tag, *process);
            }
        }
        RunState::Skipped { reason, count } => {
            tag.push(SKIPPED);
            put_text(tag, record.plugin.as_str());
            put_signed(tag, record.planned.wall.timestamp_micros());
            put_number(tag, *count);
            tag.push(match reason {
                SkipReason::Overlap => OVERLAP,
                SkipReason::Missed => MISSED,
                SkipReason::Dependency => DEPENDENCY,
                SkipReason::OutsideOfHours => OUTSIDE_OF_HOURS,
            });
            put_cause(tag, (&record.trigger).into());
        }
    }
}

/// The payload of a run's record, in parts.
pub(crate) fn payload_of_run(record: &RunRecord) -> [&[u8]; 2] {
    match &record.state {
        RunState::Finished(run) if run.text.is_one() => [run.text.listed.as_bytes(), &[]],
        RunState::Finished(run) => [run.text.listed.as_bytes(), run.text.mapped.as_bytes()],
        RunState::Skipped { .. } => [&[], &[]],
    }
}

/// The tag of the start of a run.
pub(crate) fn tag_of_start(tag: &mut Vec<u8>, start: StartedEntry<'_>) {
    tag.push(STARTED);
    put_text(tag, start.plugin);
    put_number(tag, start.run);
    put_signed(tag, start.started);
    tag.push(u8::from(start.cause == StartCause::Request));
    put_number(tag, start.generation);
    put_signed(tag, start.started.saturating_sub(start.planned));
    put_cause(tag, start.cause);
}

/// The tag of a process.
pub(crate) fn tag_of_process(tag: &mut Vec<u8>, id: ProcessId, triggered_by: Option<&str>) {
    tag.push(PROCESS);
    put_number(tag, id);
    tag.push(u8::from(triggered_by.is_some()));
    if let Some(name) = triggered_by {
        put_text(tag, name);
    }
}

/// The payload of a process: the names of its plugins, in the order of the request.
pub(crate) fn payload_of_process(plugins: &[PluginName]) -> Vec<u8> {
    let mut payload = Vec::new();
    for plugin in plugins {
        put_text(&mut payload, plugin.as_str());
    }
    payload
}

/// The plugins in the payload of a process.
pub(crate) fn plugins_of_process(payload: &[u8]) -> Vec<PluginName> {
    let mut fields = Fields::of(payload);
    std::iter::from_fn(|| fields.text().map(PluginName::from)).collect()
}

/// The tag of a start of the daemon.
pub(crate) fn tag_of_begin(tag: &mut Vec<u8>, last_process: ProcessId) {
    tag.push(BEGIN);
    put_number(tag, last_process);
}

/// The tag of a stop of the daemon.
pub(crate) fn tag_of_end(tag: &mut Vec<u8>) {
    tag.push(END);
}

/// The tag that stands for records that could not be written.
pub(crate) fn tag_of_lost(tag: &mut Vec<u8>, last_process: ProcessId) {
    tag.push(LOST);
    put_number(tag, last_process);
}

/// The tag of the first plan of a plugin.
pub(crate) fn tag_of_plan(tag: &mut Vec<u8>, plugin: &str, from: i64) {
    tag.push(PLAN);
    put_text(tag, plugin);
    put_signed(tag, from);
}

#[cfg(test)]
mod tests;
