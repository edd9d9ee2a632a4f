//! What is known of a run beside the text of its result: why and when it took place, and how it ended.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::run_end::RunEnd;
use smoker_model::run_record::{RunRecord, RunState, RunTrigger};
use smoker_model::status::Status;

use crate::results::kept::encoding::{Fields, put_number, put_signed, put_text};

const EXITED: u8 = 1;
const SIGNALLED: u8 = 2;
const INTERRUPTED: u8 = 4;
const FORCED: u8 = 8;
const HAS_REQUESTER: u8 = 16;
const HAS_IDENTITY: u8 = 32;
const ON_DEMAND: u8 = 64;
const POSTPONED: u8 = 128;

/// What the byte of the status also has.
const RETRY: u8 = 4;
const AFTER: u8 = 8;
const SOFT: u8 = 16;
const MAINTENANCE: u8 = 32;
const REPORT: u8 = 64;
const GIVEN_VALUES: u8 = 128;

/// What is known of a run beside the text of its result.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "facts of a run that have nothing to do with each other")]
pub(crate) struct RunFacts {
    pub(crate) status: Status,
    /// Why it took place.
    pub(crate) trigger: RunTrigger,
    /// When it was to start.
    pub(crate) planned: DateTime<Utc>,
    /// When it started.
    pub(crate) started: DateTime<Utc>,
    /// How long it took, its actions included.
    pub(crate) duration: Duration,
    /// How its process ended, where it had one.
    pub(crate) end: Option<RunEnd>,
    /// Which attempt it was, from 1.
    pub(crate) attempt: u32,
    /// Whether the result is bad, but not as often in a row as the plugin's `Retries` wants it.
    pub(crate) is_soft: bool,
    /// The number of the reload whose configuration it had; 1 is the start.
    pub(crate) generation: u64,
    /// Whether the end of the daemon ended it, too.
    pub(crate) is_interrupted: bool,
    /// Whether nothing was checked, because of maintenance.
    pub(crate) is_maintenance: bool,
    /// Whether a client gave values for its parameters.
    pub(crate) has_given_values: bool,
    /// Whether actions that follow each result have not followed this one.
    pub(crate) has_postponed_actions: bool,
}

impl RunFacts {
    /// Those of a run with a result.
    pub(crate) fn of(record: &RunRecord) -> Option<Self> {
        let RunState::Finished(run) = &record.state else { return None };
        Some(Self {
            status: run.result.status,
            trigger: record.trigger.clone(),
            planned: record.planned.wall,
            started: run.started.wall,
            duration: run.duration(),
            end: run.result.end,
            attempt: run.attempt,
            is_soft: run.is_soft,
            generation: run.generation,
            is_interrupted: run.is_interrupted,
            is_maintenance: run.is_maintenance,
            has_given_values: run.has_given_values,
            has_postponed_actions: run.has_postponed_actions,
        })
    }

    /// See [`FinishedRun::counts`](smoker_model::run_record::FinishedRun::counts).
    pub(crate) fn counts(&self) -> bool {
        !self.is_interrupted && !self.has_given_values
    }

    /// When it ended.
    pub(crate) fn ended(&self) -> DateTime<Utc> {
        let duration = TimeDelta::from_std(self.duration).unwrap_or(TimeDelta::MAX);
        self.started.checked_add_signed(duration).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Appends them as bytes.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let (requester, identity) = match &self.trigger {
            RunTrigger::Schedule | RunTrigger::Retry => (None, None),
            RunTrigger::After(plugin) | RunTrigger::OnDemand(plugin) => (Some(&**plugin), None),
            RunTrigger::Request { requester, identity } | RunTrigger::Report { requester, identity } => {
                (requester.as_deref(), identity.as_deref())
            }
        };
        let flags = [
            (EXITED, matches!(self.end, Some(RunEnd::Exited(_)))),
            (SIGNALLED, matches!(self.end, Some(RunEnd::Signalled(_)))),
            (INTERRUPTED, self.is_interrupted),
            (FORCED, self.trigger.is_request()),
            (HAS_REQUESTER, requester.is_some()),
            (HAS_IDENTITY, identity.is_some()),
            (ON_DEMAND, matches!(self.trigger, RunTrigger::OnDemand(_))),
            (POSTPONED, self.has_postponed_actions),
        ];
        bytes.push(flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag).sum());
        let status = match self.status {
            Status::Ok => 0,
            Status::Warn => 1,
            Status::Error | Status::Unknown => 2,
        };
        let trigger = match self.trigger {
            RunTrigger::Retry => RETRY,
            RunTrigger::After(_) => AFTER,
            RunTrigger::Report { .. } => REPORT,
            RunTrigger::Schedule | RunTrigger::OnDemand(_) | RunTrigger::Request { .. } => 0,
        };
        let flag = |flag: u8, is_set: bool| if is_set { flag } else { 0 };
        let given_values = flag(GIVEN_VALUES, self.has_given_values);
        bytes.push(status | trigger | flag(SOFT, self.is_soft) | flag(MAINTENANCE, self.is_maintenance) | given_values);
        put_signed(bytes, self.started.timestamp_micros());
        put_signed(bytes, (self.started - self.planned).num_microseconds().unwrap_or(0));
        put_number(bytes, u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX));
        if let Some(RunEnd::Exited(number) | RunEnd::Signalled(number)) = self.end {
            put_signed(bytes, number.into());
        }
        put_number(bytes, self.attempt.into());
        put_number(bytes, self.generation);
        for name in requester.into_iter().chain(identity) {
            put_text(bytes, name);
        }
    }

    /// Reads what `encode` has written.
    pub(crate) fn decode(fields: &mut Fields<'_>) -> Option<Self> {
        let flags = fields.byte()?;
        let has = |flag| flags & flag != 0;
        let byte = fields.byte()?;
        let (is_retry, is_after, is_soft) = (byte & RETRY != 0, byte & AFTER != 0, byte & SOFT != 0);
        let (is_maintenance, is_report) = (byte & MAINTENANCE != 0, byte & REPORT != 0);
        let has_given_values = byte & GIVEN_VALUES != 0;
        let status = match byte & !(RETRY | AFTER | SOFT | MAINTENANCE | REPORT | GIVEN_VALUES) {
            0 => Status::Ok,
            1 => Status::Warn,
            2 => Status::Error,
            _ => return None,
        };
        let started = DateTime::from_timestamp_micros(fields.signed()?)?;
        let planned = started.checked_sub_signed(TimeDelta::microseconds(fields.signed()?))?;
        let duration = Duration::from_micros(fields.number()?);
        let end = match (has(EXITED), has(SIGNALLED)) {
            (true, _) => Some(RunEnd::Exited(fields.signed()?.try_into().ok()?)),
            (_, true) => Some(RunEnd::Signalled(fields.signed()?.try_into().ok()?)),
            _ => None,
        };
        let attempt = fields.number()?.try_into().ok()?;
        let generation = fields.number()?;
        let requester = if has(HAS_REQUESTER) { Some(Arc::<str>::from(fields.text()?)) } else { None };
        let identity = if has(HAS_IDENTITY) { Some(Arc::from(fields.text()?)) } else { None };
        let trigger = match requester {
            requester if has(FORCED) => RunTrigger::Request { requester, identity },
            requester if is_report => RunTrigger::Report { requester, identity },
            Some(plugin) if is_after => RunTrigger::After(plugin),
            Some(plugin) if has(ON_DEMAND) => RunTrigger::OnDemand(plugin),
            _ if is_retry => RunTrigger::Retry,
            _ => RunTrigger::Schedule,
        };
        let (is_interrupted, has_postponed_actions) = (has(INTERRUPTED), has(POSTPONED));
        Some(Self {
            status,
            trigger,
            planned,
            started,
            duration,
            end,
            attempt,
            is_soft,
            generation,
            is_interrupted,
            is_maintenance,
            has_given_values,
            has_postponed_actions,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_and_are_short() {
        let now = DateTime::from_timestamp_micros(1_764_500_000_123_456).expect("a time");
        let scheduled = RunFacts {
            status: Status::Ok,
            trigger: RunTrigger::Schedule,
            planned: now - TimeDelta::milliseconds(2),
            started: now,
            duration: Duration::from_micros(1500),
            end: Some(RunEnd::Exited(0)),
            attempt: 1,
            is_soft: false,
            generation: 1,
            is_interrupted: false,
            is_maintenance: false,
            has_given_values: false,
            has_postponed_actions: false,
        };
        let retry = RunFacts {
            status: Status::Warn,
            trigger: RunTrigger::Retry,
            attempt: 2,
            is_soft: true,
            ..scheduled.clone()
        };
        let trigger = RunTrigger::After("Backup".into());
        let after = RunFacts { trigger, is_maintenance: true, ..scheduled.clone() };
        let forced = RunFacts {
            status: Status::Error,
            trigger: RunTrigger::Request { requester: Some("127.0.0.1:4242".into()), identity: Some("root".into()) },
            planned: now + TimeDelta::hours(1),
            end: Some(RunEnd::Signalled(9)),
            is_interrupted: true,
            has_given_values: true,
            ..scheduled.clone()
        };
        let trigger = RunTrigger::Report { requester: Some("local".into()), identity: None };
        let report = RunFacts { trigger, ..scheduled.clone() };
        let trigger = RunTrigger::OnDemand("App".into());
        let on_demand = RunFacts { trigger, has_postponed_actions: true, ..scheduled.clone() };
        for facts in [scheduled, retry, after, report, on_demand, forced] {
            let mut bytes = Vec::new();
            facts.encode(&mut bytes);
            assert_eq!(RunFacts::decode(&mut Fields::of(&bytes)), Some(facts));
            assert!(bytes.len() < 60, "{}", bytes.len());
            for length in 0..bytes.len() {
                assert_eq!(RunFacts::decode(&mut Fields::of(&bytes[..length])), None);
            }
        }
    }
}
