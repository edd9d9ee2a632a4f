//! Looks for maintenance locks before calls are made: a run sees a lock only when it takes place, and a lock tells nobody that it is there, or gone.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_runner::check;
use smoker_runner::prepared::PreparedPlugin;
use tokio::time::Instant;

/// How long the looks of a call may take together. On a file server that is gone they never end.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// How long after a lock was there it is looked for again, unless its plugin has a result before.
const AGAIN: Duration = Duration::from_secs(15);

/// The plugins whose locks were there when calls about them were to be made, and when these are looked for again.
#[derive(Debug, Default)]
pub(crate) struct LockedPlugins(HashMap<PluginName, DateTime<Utc>>);

impl LockedPlugins {
    /// Notes that the lock of a plugin is there.
    pub(crate) fn add(&mut self, plugin: PluginName, now: DateTime<Utc>) {
        self.0.insert(plugin, now + AGAIN);
    }

    /// Notes that a plugin has a result: its lock is looked for again.
    pub(crate) fn remove(&mut self, plugin: &PluginName) {
        self.0.remove(plugin);
    }

    /// Until when calls about a plugin are held because of its lock; none when they are not.
    pub(crate) fn until(&self, plugin: &PluginName, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A later time is one of before the clock was set back.
        self.0.get(plugin).copied().filter(|until| *until > now && *until <= now + AGAIN)
    }
}

/// Those of the plugins whose lock is there. One that cannot be looked for holds no call: somebody has to hear of it.
pub(crate) async fn locked(plugins: &[Arc<PreparedPlugin>]) -> HashSet<PluginName> {
    let end = Instant::now() + LONGEST_LOOK;
    let mut seen = HashMap::<&Path, bool>::new();
    let mut locked = HashSet::new();
    for plugin in plugins {
        let spec = plugin.spec();
        let Some(lock) = &spec.maintenance_lock else { continue };
        let is_there = if let Some(is_there) = seen.get(lock.as_path()) {
            *is_there
        } else {
            let limit = end.saturating_duration_since(Instant::now());
            let is_there = check::is_locked(plugin, limit).await;
            seen.insert(lock, is_there);
            is_there
        };
        if is_there {
            locked.insert(spec.name.clone());
        }
    }
    locked
}
