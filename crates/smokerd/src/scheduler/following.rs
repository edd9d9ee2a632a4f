//! Tells plugins what became of those that they depend on (`DependsOn`), or that they follow (`After`).

use std::collections::HashMap;

use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState};
use smoker_model::status::Status;

use crate::results::events::{Event, Received, Subscription};
use crate::scheduler::manager::PluginManager;
use crate::scheduler::plugin_task::Command;

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
        loop {
            match events.next().await {
                Received::Event(Event::Record { record, .. }) => self.tell(&record),
                Received::Event(Event::Started(_) | Event::Reloaded(_) | Event::Silence(_)) => {}
                // What was lost may have been about any of them.
                Received::Lagged(_) => {
                    let set = self.set();
                    let all: Vec<_> = set.relations.dependents.values().flatten().cloned().collect();
                    set.send(&all, || Command::ParentChanged);
                }
            }
        }
    }

    fn tell(&self, record: &RunRecord) {
        let set = self.set();
        let of = |names: &HashMap<PluginName, Vec<PluginName>>| names.get(&record.plugin).cloned().unwrap_or_default();
        match &record.state {
            RunState::Finished(run) if !run.is_interrupted => {
                set.send(&of(&set.relations.dependents), || Command::ParentChanged);
                if run.result.status == Status::Ok {
                    set.send(&of(&set.relations.followers), || Command::Follow(record.plugin.clone()));
                }
            }
            RunState::Finished(_) | RunState::Skipped { .. } => {}
        }
    }
}
