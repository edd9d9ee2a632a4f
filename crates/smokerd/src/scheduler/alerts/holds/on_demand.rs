//! Plugins that run because calls wait for their results, each once for all that wait.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::plugin::{PluginName, PluginSpec, Trigger};
use smoker_model::run_record::{RunRecord, RunState, RunTrigger, SkipReason};

use crate::results::kept::history::Sequence;

/// How long a run may wait for its slot, or for the run before it to end, beside its `Timeout`, before nobody waits for it.
const LONGEST_START: Duration = Duration::from_secs(60);

/// How much of a `Timeout` is waited for.
const LONGEST_RUN: Duration = Duration::from_secs(600);

/// Those that were asked to run.
#[derive(Debug, Default)]
pub(crate) struct OnDemandRuns(HashMap<PluginName, OnDemandRun>);

#[derive(Debug)]
struct OnDemandRun {
    /// The number of the record that it is to have seen.
    behind: Sequence,
    /// Until when it is waited for; when it has ended, until when the next run of the schedule is.
    until: DateTime<Utc>,
    /// The time between two runs of the plugin's schedule.
    interval: Duration,
    is_answered: bool,
}

impl OnDemandRuns {
    /// Notes that a plugin is asked to run, so that it sees what had happened when there was this record. Returns false where it was asked
    /// before: a run that has not shown what calls wait for is not followed by another one, its schedule has the next one.
    pub(crate) fn ask(&mut self, spec: &PluginSpec, behind: Sequence, now: DateTime<Utc>) -> bool {
        let was_asked = |before: &OnDemandRun| !before.is_answered || behind <= before.behind;
        if self.0.get(&spec.name).is_some_and(was_asked) {
            return false;
        }
        let until = after(now, spec.invocation.timeout.duration.min(LONGEST_RUN) + LONGEST_START);
        let interval = match &spec.trigger {
            Some(Trigger::Every { interval, .. }) => *interval,
            Some(Trigger::Calendar { .. }) | None => Duration::ZERO,
        };
        self.0.insert(spec.name.clone(), OnDemandRun { behind, until, interval, is_answered: false });
        true
    }

    /// Until when the first result of these is waited for.
    pub(crate) fn first_end(&self, names: &[PluginName]) -> Option<DateTime<Utc>> {
        names.iter().filter_map(|name| self.0.get(name)).map(|run| run.until).min()
    }

    /// Whether a plugin was asked to see this record, and nobody waits for that any more.
    pub(crate) fn is_given_up(&self, name: &PluginName, behind: Sequence, now: DateTime<Utc>) -> bool {
        let is_asked = |run: &OnDemandRun| !run.is_answered || behind <= run.behind;
        self.0.get(name).is_some_and(|run| is_asked(run) && run.until <= now)
    }

    /// Takes what became of a run. One that says nothing of what it checks leaves everybody waiting, and one that began before it was asked
    /// for is followed by another one.
    pub(crate) fn note(&mut self, record: &RunRecord, now: DateTime<Utc>) {
        let Some(asked) = self.0.get_mut(&record.plugin).filter(|asked| !asked.is_answered) else { return };
        let is_answer = match &record.state {
            RunState::Finished(run) if !run.counts() => return,
            RunState::Finished(run) => {
                let is_newer = run.started_behind == 0 || run.started_behind >= asked.behind;
                is_newer && matches!(record.trigger, RunTrigger::OnDemand(_))
            }
            RunState::Skipped { reason, .. } if *reason != SkipReason::Dependency => return,
            RunState::Skipped { .. } => false,
        };
        if is_answer {
            (asked.is_answered, asked.until) = (true, after(now, asked.interval));
        } else {
            self.0.remove(&record.plugin);
        }
    }

    /// Forgets those whose results may have been lost, so that they are asked again.
    pub(crate) fn forget_unanswered(&mut self) {
        self.0.retain(|_, run| run.is_answered);
    }

    /// Forgets all of them, so that they are asked again.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

fn after(time: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let after = TimeDelta::from_std(wait).ok().and_then(|wait| time.checked_add_signed(wait));
    after.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples;

    const MINUTE: TimeDelta = TimeDelta::minutes(1);

    fn spec() -> PluginSpec {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = "templates: {BasePlugin: {}}\nplugins: {a: {Command: x, Interval: 1h, Timeout: 60}}\n";
        std::fs::write(file.path(), text).expect("writable");
        smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0)
    }

    fn result(trigger: RunTrigger, started_behind: Sequence) -> RunRecord {
        let mut record = samples::finished(&"a".into(), "{}");
        let RunState::Finished(run) = &mut record.state else { panic!("{record:?}") };
        run.started_behind = started_behind;
        RunRecord { trigger, ..record }
    }

    #[test]
    fn a_run_that_shows_nothing_new_is_not_asked_for_again() {
        let (spec, now) = (spec(), Utc::now());
        let (mut runs, name) = (OnDemandRuns::default(), PluginName::from("a"));
        let on_demand = || RunTrigger::OnDemand("b".into());
        assert!(runs.ask(&spec, 10, now) && !runs.ask(&spec, 10, now) && !runs.ask(&spec, 12, now));
        // 0: its task panicked.
        runs.note(&result(on_demand(), 0), now);
        assert!(!runs.ask(&spec, 10, now + MINUTE));
        assert!(!runs.is_given_up(&name, 10, now + MINUTE * 59), "its schedule has a run");
        assert!(runs.is_given_up(&name, 10, now + MINUTE * 60));
        assert_eq!(runs.first_end(std::slice::from_ref(&name)), Some(now + MINUTE * 60));
        runs.forget_unanswered();
        assert!(!runs.ask(&spec, 10, now + MINUTE * 61), "what waits for it is told");

        // Something else has happened since.
        assert!(!runs.is_given_up(&name, 11, now + MINUTE * 60) && runs.ask(&spec, 11, now + MINUTE));
        assert!(!runs.is_given_up(&name, 12, now + MINUTE * 2) && runs.is_given_up(&name, 12, now + MINUTE * 3));
    }

    #[test]
    fn a_run_that_went_on_before_is_no_answer() {
        let (spec, now, on_demand) = (spec(), Utc::now(), || RunTrigger::OnDemand("b".into()));
        for (record, is_asked_again) in
            [(result(RunTrigger::Schedule, 12), true), (result(on_demand(), 9), true), (result(on_demand(), 10), false)]
        {
            let mut runs = OnDemandRuns::default();
            assert!(runs.ask(&spec, 10, now));
            runs.note(&record, now);
            assert_eq!(runs.ask(&spec, 10, now), is_asked_again, "{record:?}");
        }
        let mut runs = OnDemandRuns::default();
        assert!(runs.ask(&spec, 10, now));
        runs.forget_unanswered();
        assert!(runs.ask(&spec, 10, now), "its result may have been lost");
    }
}
