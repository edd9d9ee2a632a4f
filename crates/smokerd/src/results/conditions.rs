//! What the state knows of whether a plugin runs, and whether its results count: silences, plugins that it depends on,
//! attempts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};
use smoker_model::plugin::{ActionRules, PluginName};
use smoker_model::run_record::RunTrigger;
use smoker_model::status::Status;

use crate::results::events::Event;
use crate::results::kept::history::Sequence;
use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::freshness::{Freshness, PostponedActions};
use crate::results::plugin::hard_state::{HardState, HardStateTracker};
use crate::results::plugin::held_back::HeldBack;
use crate::results::plugin::standing::{Attempt, BadParent, SkippedSince};
use crate::results::plugin_entry::{PluginEntry, PluginNow};
use crate::results::store::SharedState;

/// How many of the newest results are looked through for one of a status.
const LOOKED_AT: usize = 20;

/// What decides whether actions are told of a plugin.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each may hold calls by itself")]
pub(crate) struct ToldState {
    pub(crate) hard: Option<HardState>,
    /// The newest result, while actions that follow each result wait.
    pub(crate) postponed: Option<PostponedActions>,
    pub(crate) is_flapping: bool,
    pub(crate) is_silenced: bool,
    /// Whether a run of it was skipped because of another plugin, and none has come since: what its results say is as old as that.
    pub(crate) is_held_back: bool,
    /// Whether its newest run checked nothing, because of maintenance.
    pub(crate) is_maintenance: bool,
}

impl ToldState {
    /// What an action with these rules follows, where there is something.
    pub(crate) fn followed_by(&self, rules: &ActionRules) -> Option<&HardState> {
        let postponed = || self.postponed.as_ref().map(|postponed| &postponed.result);
        if rules.is_deferred() { self.hard.as_ref() } else { postponed() }
    }
}

/// What is known of a plugin that others depend on.
#[derive(Clone, Debug)]
pub(crate) struct ParentState {
    /// Why others do not run because of it; none when they do.
    pub(crate) bad: Option<String>,
    /// The number of the newest record when the run of its newest result started; 0 when that is not known.
    pub(crate) seen: Sequence,
    /// Whether its newest run checked nothing, because of maintenance.
    pub(crate) is_maintenance: bool,
    /// The number of the result since which others may be well again; 0 when it was never bad.
    pub(crate) recovered: Sequence,
}

impl SharedState {
    /// Changes which plugins are under a silence, with the silence as JSON: of all that are configured.
    pub(crate) fn set_silences(&self, silences: Vec<(PluginName, Option<Arc<str>>)>) {
        let mut state = self.lock();
        for (name, silence) in silences {
            if let Some(entry) = state.plugins.get_mut(&name).filter(|entry| entry.silence != silence) {
                entry.silence = silence;
                state.revision += 1;
            }
        }
    }

    /// What is known of a plugin now, beside its results.
    pub(crate) fn plugin_now(&self, plugin: &PluginName) -> Option<PluginNow> {
        self.lock().plugins.get(plugin).map(PluginEntry::now)
    }

    /// The first of these plugins that is bad, and why others do not run because of it.
    pub(crate) fn bad_parent<'a>(&self, mut parents: impl Iterator<Item = &'a PluginName>) -> Option<BadParent> {
        let state = self.lock();
        parents.find_map(|name| state.plugins.get(name)?.as_bad_parent(name))
    }

    /// What is known of plugins that others depend on.
    pub(crate) fn parent_states<'a>(
        &self,
        names: impl Iterator<Item = &'a PluginName>,
        now: DateTime<Utc>,
    ) -> Vec<ParentState> {
        let state = self.lock();
        let of = |name: &PluginName| {
            let entry = state.plugins.get(name);
            let Freshness { seen, is_maintenance, recovered, .. } =
                entry.map(|entry| entry.freshness).unwrap_or_default();
            let bad = entry.and_then(|entry| entry.as_bad_parent(name)).map(|bad| bad.reason_of_day(now));
            ParentState { bad, seen, is_maintenance, recovered }
        };
        names.map(of).collect()
    }

    /// The number of the first of the newest results of a plugin, when they have this status; none when they have another one.
    pub(crate) fn first_with_status(&self, plugin: &PluginName, status: Status) -> Option<Sequence> {
        let state = self.lock();
        let entry = state.plugins.get(plugin)?;
        (entry.last_status == Some(status)).then_some(entry.freshness.first)
    }

    /// Whether the newest run of a plugin checked nothing, because of maintenance.
    pub(crate) fn is_in_maintenance(&self, plugin: &PluginName) -> bool {
        self.lock().plugins.get(plugin).is_some_and(|entry| entry.freshness.is_maintenance)
    }

    /// Shows that scheduled runs of a plugin are skipped because of another one. Returns whether they were not before.
    pub(crate) fn set_skipped(
        &self,
        plugin: &PluginName,
        parent: BadParent,
        reason: String,
        now: DateTime<Utc>,
    ) -> bool {
        let mut state = self.lock();
        let Some(entry) = state.plugins.get_mut(plugin) else { return false };
        let since = entry.skipped.as_ref().map(|skipped| skipped.since);
        let skipped = Some(SkippedSince { since: since.unwrap_or(now), parent, reason });
        if entry.skipped != skipped {
            entry.skipped = skipped;
            state.revision += 1;
        }
        since.is_none()
    }

    /// Shows that they are not skipped any more. Returns whether they were.
    pub(crate) fn clear_skipped(&self, plugin: &PluginName) -> bool {
        let mut state = self.lock();
        let entry = state.plugins.get_mut(plugin).filter(|entry| entry.skipped.is_some());
        let was_skipped = entry.is_some();
        if let Some(entry) = entry {
            entry.skipped = None;
            entry.freshness.note_skipped();
        }
        state.revision += u64::from(was_skipped);
        was_skipped
    }

    /// The run that a plugin owes: it was skipped because of another one.
    pub(crate) fn held_back(&self, plugin: &PluginName) -> Option<HeldBack> {
        self.lock().plugins.get(plugin)?.held_back.clone()
    }

    /// Whether a plugin that has followed others before has not followed the newest OK of one, because the daemon ended.
    pub(crate) fn has_not_followed(&self, plugin: &PluginName, leader: &PluginName) -> bool {
        let newest_ok = self.newest_ok(leader);
        let state = self.lock();
        let Some(entry) = state.plugins.get(plugin).filter(|entry| entry.held_back.is_none()) else { return false };
        entry.newest_after.is_some_and(|after| newest_ok.is_some_and(|newest| newest > after))
    }

    /// Why and when the newest run of a plugin that no client requested was to start, when the end of the daemon has ended it and
    /// it was not made again since.
    pub(crate) fn interrupted(&self, plugin: &PluginName) -> Option<(RunTrigger, DateTime<Utc>)> {
        self.lock().plugins.get(plugin)?.interrupted.owed()
    }

    /// The skipped run of a plugin does not take place any more, so nothing waits for it.
    pub(crate) fn give_up_skipped(&self, plugin: &PluginName) {
        self.clear_skipped(plugin);
        if let Some(entry) = self.lock().plugins.get_mut(plugin) {
            entry.held_back = None;
        }
        // No record says so to those that depend on the plugin, or wait to tell of it.
        self.announce(Event::GivenUp(plugin.clone()));
    }

    /// How many bad results in a row a plugin has had that no client requested.
    pub(crate) fn bad_in_a_row(&self, plugin: &PluginName) -> u32 {
        self.lock().plugins.get(plugin).and_then(|entry| entry.attempt).map_or(0, Attempt::bad)
    }

    /// Whether the newest result of a plugin that counts as an attempt is soft.
    pub(crate) fn is_soft(&self, plugin: &PluginName) -> bool {
        self.lock().plugins.get(plugin).and_then(|entry| entry.attempt).is_some_and(|attempt| attempt.is_soft)
    }

    /// The number of a plugin's newest result that counts, if that is OK.
    pub(crate) fn newest_ok(&self, plugin: &PluginName) -> Option<Sequence> {
        let state = self.lock();
        let hard = state.plugins.get(plugin)?.hard.state()?;
        (hard.status == Status::Ok).then_some(hard.sequence)
    }

    /// Takes back when a plugin became bad, where it was by all of its results that are kept.
    pub(crate) fn begin_bad_spell(&self, plugin: &PluginName, since: DateTime<Utc>) {
        if let Some(entry) = self.lock().plugins.get_mut(plugin) {
            entry.hard.begin_at(since);
        }
    }

    /// Forgets what was told of a plugin: its next result is the first.
    pub(crate) fn forget_told_state(&self, plugin: &PluginName) {
        if let Some(entry) = self.lock().plugins.get_mut(plugin) {
            (entry.hard, entry.postponed) = (HardStateTracker::default(), None);
        }
    }

    /// The plugins that are about to be configured again, with results of before.
    pub(crate) fn returning(&self) -> Vec<PluginName> {
        self.lock().returning()
    }

    /// What decides whether actions are told of a plugin.
    pub(crate) fn told_state(&self, plugin: &PluginName) -> Option<ToldState> {
        let state = self.lock();
        let entry = state.plugins.get(plugin)?;
        let (hard, is_flapping) = (entry.hard.state().cloned(), entry.is_flapping);
        let (is_silenced, is_held_back) = (entry.silence.is_some(), entry.held_back.is_some());
        let postponed = entry.postponed.clone();
        let is_maintenance = entry.freshness.is_maintenance;
        Some(ToldState { hard, postponed, is_flapping, is_silenced, is_held_back, is_maintenance })
    }

    /// The text of a plugin's newest result with this status, among those that are kept.
    pub(crate) fn newest_with_status(&self, plugin: &PluginName, status: Status) -> Option<String> {
        let kept: Vec<_> = self.lock().plugins.get(plugin)?.history.iter().cloned().collect();
        let begin = format!("{{\"status\": \"{status}\"");
        kept.iter().rev().take(LOOKED_AT).map(PackedText::unpack).find(|text| text.starts_with(&begin))
    }

    /// The status of a plugin's newest result, and since when it has it.
    pub(crate) fn last_status(&self, plugin: &PluginName) -> Option<(Status, DateTime<Utc>)> {
        let state = self.lock();
        let entry = state.plugins.get(plugin)?;
        Some((entry.last_status?, entry.status_since?))
    }

    /// The status of each plugin as it counts: null without a result, `skipped` for one that does not run because of another one.
    pub(crate) fn statuses(&self) -> Map<String, Json> {
        let state = self.lock();
        let of = |entry: &PluginEntry| match (&entry.skipped, entry.hard.state()) {
            (Some(_), _) => Json::from("skipped"),
            (None, Some(hard)) => Json::from(hard.status.as_str()),
            (None, None) => entry.last_status.map_or(Json::Null, |status| Json::from(status.as_str())),
        };
        state.plugins.named().map(|(name, entry)| (name.to_string(), of(entry))).collect()
    }

    /// Whether a plugin is under a silence.
    pub(crate) fn is_silenced(&self, plugin: &PluginName) -> bool {
        self.lock().plugins.get(plugin).is_some_and(|entry| entry.silence.is_some())
    }
}
