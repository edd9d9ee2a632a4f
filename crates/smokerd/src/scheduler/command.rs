//! What the manager sends to a plugin's task.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_model::plugin::{MissedRuns, Parameters, PluginName, Trigger};
use smoker_model::run_record::RunTrigger;
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;
use smoker_runner::prepared::PreparedPlugin;
use tokio::sync::mpsc;

use crate::results::plugin::next_run::ConfigGeneration;
use crate::results::processes::process::ProcessId;
use crate::results::requester::Requester;
use crate::scheduler::schedule::plan::Schedule;
use crate::scheduler::schedule::turn::Due;

/// A plugin as one configuration defines it, with its schedule.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) plugin: Arc<PreparedPlugin>,
    pub(crate) generation: ConfigGeneration,
    pub(super) schedule: Option<Schedule>,
}

/// What the manager sends to a task.
#[derive(Debug)]
pub(crate) enum Command {
    /// Run the plugin for this process, which this client requests, with these values for its parameters.
    Run(ProcessId, Arc<Requester>, Option<Arc<Parameters>>),
    /// Change to another definition. Boxed, since a channel has room for dozens
    /// of commands, and there are thousands of channels.
    Reconfigure(Box<Definition>),
    /// Start no more scheduled runs; end when the last run has. The task drops the
    /// sender then: until it has, the plugin may come back to this task.
    Drain(mpsc::UnboundedSender<Command>),
    /// A plugin that this one depends on has a result.
    ParentChanged,
    /// This plugin, after which this one runs, has ended OK.
    Follow(PluginName),
    /// Run the plugin now, unless a run goes on: whether this other one counts depends on how it is.
    RunOnDemand(PluginName),
    /// A job has reported to the plugin, by this client: make a result of it.
    Reported(Arc<Requester>),
    /// Show that the task is alive, by dropping the sender.
    Ping(mpsc::Sender<()>),
}

impl Definition {
    /// A plugin whose schedule starts at `now`, or goes on from its last scheduled run.
    pub(crate) fn of(plugin: PreparedPlugin, now: Moment, last: Option<DateTime<Utc>>) -> Self {
        let schedule = Schedule::of(plugin.spec(), now, last);
        Self { plugin: Arc::new(plugin), generation: 0, schedule }
    }

    /// A run that the end of the daemon has ended, too, when it is to be made again at once: with `Missed: once`, within
    /// `Only`, and unless its schedule has a run now anyway.
    pub(super) fn made_again(
        &self,
        (trigger, planned): (RunTrigger, DateTime<Utc>),
        now: Moment,
    ) -> Option<(RunTrigger, Moment)> {
        let (spec, schedule) = (self.plugin.spec(), self.schedule.as_ref());
        let is_wanted =
            spec.rules.missed == MissedRuns::Once && spec.rules.only.as_ref().is_none_or(|only| only.has(now.wall));
        let passed = (now.wall - planned).to_std().unwrap_or_default();
        let is_due_anyway = match (&spec.trigger, schedule.map(Schedule::due)) {
            (Some(Trigger::Every { interval, .. }), _) => passed >= *interval,
            (_, Some(Due::Wall(due))) => due <= now.wall,
            _ => false,
        };
        (is_wanted && !is_due_anyway).then_some((trigger, now.past(planned)))
    }

    /// Whether it has runs with this trigger. `had_schedule`: whether the definition before had one.
    pub(super) fn has_runs(&self, trigger: &RunTrigger, had_schedule: bool) -> bool {
        let rules = &self.plugin.spec().rules;
        match trigger {
            RunTrigger::Schedule | RunTrigger::OnDemand(_) => self.schedule.is_some(),
            RunTrigger::Retry => rules.retries.is_some() && (self.schedule.is_some() || !had_schedule),
            RunTrigger::After(leader) => rules.after.iter().any(|name| name.as_str() == &**leader),
            RunTrigger::Report { .. } | RunTrigger::Request { .. } => true,
        }
    }

    /// When its next scheduled run is due, by the wall clock as it is set at `now`; none behind the year 9999.
    pub(crate) fn next_run(&mut self, now: Moment) -> Option<Timestamp> {
        self.schedule.as_mut()?.shown(now).filter(Timestamp::has_form)
    }
}
