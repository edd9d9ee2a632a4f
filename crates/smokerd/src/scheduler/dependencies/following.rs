//! Tells plugins what became of those that they depend on (`DependsOn`), or that they follow (`After`).

use std::collections::HashMap;

use smoker_model::plugin::{MissedRuns, PluginName};
use smoker_model::run_record::{RunRecord, RunState};
use smoker_model::status::Status;

use crate::results::events::{Event, Received, Subscription};
use crate::results::kept::history::Sequence;
use crate::scheduler::command::Command;
use crate::scheduler::manager::PluginManager;

/// The newest result of each plugin that others have followed (`After`).
type Followed = HashMap<PluginName, Sequence>;

impl PluginManager {
    /// Tells plugins until the daemon stops. Has to be called within the runtime.
    pub(crate) fn watch_relations(&self) {
        let (manager, events) = (self.clone(), self.subscribe());
        tokio::spawn(async move {
            let stop = manager.clone();
            tokio::select! {
                () = stop.stopping() => {}
                () = manager.follow(events) => {}
            }
        });
    }

    async fn follow(&self, mut events: Subscription) {
        let mut followed = Followed::default();
        self.note_leaders(&mut followed);
        self.follow_again();
        loop {
            match events.next().await {
                Received::Event(Event::Record { record, .. }) => self.tell(&record, &mut followed),
                Received::Event(Event::Reloaded(_)) => self.note_leaders(&mut followed),
                Received::Event(Event::GivenUp(plugin)) => self.tell_dependents(&plugin),
                Received::Event(Event::Started(_) | Event::Silence(_)) => {}
                // What was lost may have been about any of them.
                Received::Lagged(_) => self.catch_up(&mut followed),
            }
        }
    }

    /// A plugin is not skipped any more, although no run of it has taken place.
    fn tell_dependents(&self, plugin: &PluginName) {
        let set = self.set();
        let dependents = set.relations.dependents.get(plugin).map(Vec::as_slice).unwrap_or_default();
        set.send(dependents, || Command::ParentChanged);
    }

    fn tell(&self, record: &RunRecord, followed: &mut Followed) {
        let set = self.set();
        let of = |names: &HashMap<PluginName, Vec<PluginName>>| names.get(&record.plugin).cloned().unwrap_or_default();
        match &record.state {
            RunState::Finished(run) if !run.is_interrupted => {
                set.send(&of(&set.relations.dependents), || Command::ParentChanged);
                let followers = of(&set.relations.followers);
                if run.result.status == Status::Ok && !followers.is_empty() {
                    followed.insert(record.plugin.clone(), record.sequence);
                    set.send(&followers, || Command::Follow(record.plugin.clone()));
                }
            }
            RunState::Finished(_) | RunState::Skipped { .. } => {}
        }
    }

    /// What plugins that others follow have ended with before they were followed counts as followed.
    fn note_leaders(&self, followed: &mut Followed) {
        let set = self.set();
        followed.retain(|leader, _| set.relations.followers.contains_key(leader));
        for leader in set.relations.followers.keys() {
            followed.entry(leader.clone()).or_insert_with(|| self.state().newest_ok(leader).unwrap_or_default());
        }
    }

    /// Has plugins follow what the daemon before this one had no time to, where `Missed` says so.
    fn follow_again(&self) {
        let set = self.set();
        for (leader, followers) in &set.relations.followers {
            let is_missed = |name: &&PluginName| {
                let plugin = set.prepared_of(name);
                plugin.is_some_and(|plugin| plugin.spec().rules.missed == MissedRuns::Once)
                    && self.state().has_not_followed(name, leader)
            };
            let missed: Vec<_> = followers.iter().filter(is_missed).cloned().collect();
            set.send(&missed, || Command::Follow(leader.clone()));
        }
    }

    fn catch_up(&self, followed: &mut Followed) {
        let set = self.set();
        set.send_to_dependents();
        for (leader, followers) in &set.relations.followers {
            let newest = self.state().newest_ok(leader).unwrap_or_default();
            let last = followed.entry(leader.clone()).or_default();
            if newest > *last {
                *last = newest;
                set.send(followers, || Command::Follow(leader.clone()));
            }
        }
    }
}
