//! What the task of a plugin does about those that it depends on, and about those that depend on it.

use smoker_model::plugin::{OnParentBad, PluginName};
use smoker_model::run_record::{RunRecord, RunState, RunTrigger, SkipReason};
use smoker_model::time::moment::Moment;

use crate::results::plugin::standing::BadParent;
use crate::scheduler::dependencies::judgement::can_run_on_demand;
use crate::scheduler::plugin_task::PluginTask;

impl PluginTask {
    /// The plugin because of which this one does not run now, and why.
    pub(crate) fn bad_parent(&self) -> Option<(BadParent, String)> {
        let rules = &self.definition.plugin.spec().rules;
        if rules.depends_on.is_empty() || rules.on_parent_bad == OnParentBad::Run {
            return None;
        }
        let bad = self.state.bad_parent(rules.depends_on.iter())?;
        let reason = bad.reason_of_day(self.context.clock.now().wall);
        Some((bad, reason))
    }

    /// Skips a run because of another plugin, and owes it.
    pub(crate) fn skip_for(&mut self, parent: BadParent, reason: String, trigger: RunTrigger, planned: Moment) {
        let name = self.name().clone();
        let text = format!("Plugin {name}: its runs are skipped: {reason}");
        if self.state.set_skipped(&name, parent, reason, self.context.clock.now().wall) {
            tracing::info!("{text}");
        }
        self.owed = Some((trigger.clone(), planned));
        let state = RunState::Skipped { reason: SkipReason::Dependency, count: 1 };
        self.state.record(RunRecord { sequence: 0, plugin: name, trigger, planned, state }, &[]);
    }

    /// A run does not take place, because it is outside of `Only`. It is recorded, so that no start of the daemon makes it.
    pub(crate) fn give_up(&self, trigger: RunTrigger, planned: Moment) {
        let state = RunState::Skipped { reason: SkipReason::OutsideOfHours, count: 1 };
        self.state.record(RunRecord { sequence: 0, plugin: self.name().clone(), trigger, planned, state }, &[]);
    }

    /// Makes up for the run that was skipped, when the plugins that this one depends on are well again.
    pub(crate) fn make_up_for_skipped(&mut self) {
        let Some((trigger, planned)) = self.owed.clone() else { return };
        match self.bad_parent() {
            Some((parent, reason)) => {
                self.state.set_skipped(self.name(), parent, reason, self.context.clock.now().wall);
            }
            None if self.is_outside_of_hours() => {
                self.owed = None;
                self.give_up(trigger, planned);
                self.state.give_up_skipped(self.name());
                tracing::info!(
                    "Plugin {}: a skipped run does not take place, because it is outside of Only",
                    self.name()
                );
            }
            None => {
                self.start_scheduled(trigger, planned);
            }
        }
    }

    /// Runs now, because it matters for another plugin how this one is. A run that goes on has perhaps not seen what is asked:
    /// who asks sees its result, and asks again.
    pub(crate) fn run_on_demand(&mut self, plugin: &PluginName) {
        let planned = self.context.clock.now();
        let may_run =
            can_run_on_demand(self.definition.plugin.spec(), planned.wall) && self.definition.schedule.is_some();
        if may_run && self.start_scheduled(RunTrigger::OnDemand(plugin.as_str().into()), planned) {
            // A run that is skipped because of another plugin has said so, and takes place later.
            if self.has_scheduled_run() {
                tracing::info!("Plugin {}: it runs now, because actions of {plugin} wait for it", self.name());
            }
            self.show_next_run();
        }
    }
}
