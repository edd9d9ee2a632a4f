//! Silences plugins: no action follows their results until a time.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::wire::events::SilenceEvent;
use smoker_model::wire::silences::{ListedSilence, Silence};
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::os::clock_changes;
use crate::results::events::Event;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::plugin_set::{ForceError, PluginSet, Selection};
use crate::scheduler::run::TaskContext;
use crate::scheduler::schedule::turn::Due;
use crate::silences::file::SilencesFile;
use crate::silences::table::{MAX_SILENCES, MatchedSilence, NewSilence, SilenceTable};

/// How long the answer to who makes or ends a silence waits until that is written.
const LONGEST_SAVE: Duration = Duration::from_secs(5);

/// How long after silences could not be written it is tried again.
const BETWEEN_SAVES: Duration = Duration::from_secs(5);

/// How many writes may wait for a disk that hangs.
const MOST_WRITERS: usize = 4;

/// A write of the silences that goes on. At its end, however that comes, the watch looks whether another one is needed.
struct Writing(PluginManager);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.silences().writers -= 1;
        self.0.0.silences_changed.notify_one();
    }
}

/// Whether a client may see a silence: all plugins that it silences.
fn may_see(set: &PluginSet, matched: &MatchedSilence, requester: &Requester) -> bool {
    let silenced = &matched.silenced;
    requester.limits.is_none() || (!silenced.is_empty() && silenced.iter().all(|name| set.may_see(name, requester)))
}

/// Why nothing is silenced.
#[derive(Debug, Error)]
pub(crate) enum SilenceError {
    #[error(transparent)]
    NoPlugin(#[from] ForceError),
    #[error(
        "there are {MAX_SILENCES} silences already, or they are too long together; end one (GET /silences lists them)"
    )]
    Full,
}

impl PluginManager {
    /// Takes over the silences of a file, which has them from now on.
    pub(crate) fn keep_silences_in(&self, file: SilencesFile) {
        *self.silences() = SilenceTable::from_file(file, self.0.context.clock.now().wall);
    }

    /// Ends silences when their time has come, until the daemon stops. Has to be called within the runtime.
    pub(crate) fn watch_silences(&self) {
        let manager = self.clone();
        tokio::spawn(async move {
            let TaskContext { clock, shutdown, .. } = &manager.0.context;
            let mut clock_changes = clock.changes();
            loop {
                let due = manager.silences().next_end().map_or(Due::Never, Due::Wall);
                let (has_to_save, is_failing) = {
                    let silences = manager.silences();
                    (silences.has_to_save(), silences.is_failing)
                };
                let pause = if is_failing { BETWEEN_SAVES } else { Duration::ZERO };
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = sleep(pause), if has_to_save => drop(manager.begin_save()),
                    () = manager.0.silences_changed.notified() => {}
                    () = clock.sleep_until(due) => manager.expire_silences(),
                    () = clock_changes::next(&mut clock_changes) => manager.expire_silences(),
                }
            }
        });
    }

    fn expire_silences(&self) {
        {
            let set = self.set();
            let mut silences = self.silences();
            let ended = silences.expire(self.0.context.clock.now().wall);
            self.show_silences(&set, &silences);
            for matched in ended {
                let Silence { id, by, reason, .. } = &*matched.silence;
                tracing::info!("silence {id} of {by} has ended: {reason}");
                self.announce_silence("expired", matched, &silences);
            }
        }
        // Nobody waits for it, and a disk that hangs keeps no other one from ending.
        drop(self.begin_save());
    }

    /// Silences plugins until a time: those of the selection, all when it has none.
    pub(crate) async fn silence(
        &self,
        selection: Selection,
        until: DateTime<Utc>,
        reason: String,
        by: String,
        requester: &Requester,
    ) -> Result<ListedSilence, SilenceError> {
        let now = self.0.context.clock.now().wall;
        let Selection { mut names, mut filter, .. } = selection;
        let matched = {
            let set = self.set();
            let is_of_all = names.is_empty() && filter.is_empty();
            if !is_of_all || requester.limits.is_some() {
                let selected = if is_of_all {
                    set.visible_to(requester)
                } else {
                    set.select(
                        &Selection { names: names.clone(), filter: filter.clone(), parameters: Vec::new() },
                        requester,
                    )?
                };
                if requester.limits.is_some() {
                    if selected.is_empty() {
                        // Without any name it would be a silence of all plugins.
                        return Err(ForceError::NoMatch.into());
                    }
                    // A plugin that comes to match later may be one that the client may not see.
                    names = selected.iter().map(|managed| managed.name().to_string()).collect();
                    filter.clear();
                }
            }
            let mut seen = HashSet::new();
            names.retain(|name| seen.insert(name.clone()));
            let new = NewSilence { by, reason, until, plugins: names, filter: filter.into_iter().collect() };
            let mut silences = self.silences();
            let matched = silences.add(new, |silence| set.silenced_by(silence), now).ok_or(SilenceError::Full)?;
            self.show_silences(&set, &silences);
            // Before anybody else sees it, and so can end it.
            self.announce_silence("made", matched.clone(), &silences);
            matched
        };
        self.save_silences(matched.change).await;
        Ok(self.listed(matched))
    }

    /// Ends a silence before its time; none when there is no such one that the client may see.
    pub(crate) async fn end_silence(&self, id: u64, requester: &Requester) -> Option<ListedSilence> {
        let (listed, change) = {
            let set = self.set();
            let mut silences = self.silences();
            let matched = silences.get(id).filter(|matched| may_see(&set, matched, requester))?;
            let storage = silences.storage(matched.change);
            silences.end(id)?;
            self.show_silences(&set, &silences);
            self.announce_silence("ended", matched.clone(), &silences);
            (matched.listed(storage), silences.changes)
        };
        self.save_silences(change).await;
        Some(listed)
    }

    /// Tells those who follow events. Called as long as nobody else can change the silences, so that events have the order of the changes.
    fn announce_silence(&self, change: &str, matched: MatchedSilence, silences: &SilenceTable) {
        let storage = silences.storage(matched.change);
        let silence = matched.listed(storage);
        self.state().announce(Event::Silence(Arc::new(SilenceEvent { change: change.to_owned(), silence })));
    }

    /// The silences that a client may see: those of plugins that it may see. There may be a mebibyte of names: call it on a thread that may
    /// take its time.
    pub(crate) fn list_silences(&self, requester: &Requester) -> Vec<ListedSilence> {
        let visible: Option<HashSet<_>> = requester.limits.is_some().then(|| {
            let set = self.set();
            set.visible_to(requester).iter().map(|managed| managed.name().clone()).collect()
        });
        let may_see = |matched: &MatchedSilence| {
            let is_visible = |visible: &HashSet<_>| {
                !matched.silenced.is_empty() && matched.silenced.iter().all(|it| visible.contains(it))
            };
            visible.as_ref().is_none_or(is_visible)
        };
        let matched: Vec<_> = {
            let silences = self.silences();
            silences.all().map(|matched| (matched.clone(), silences.storage(matched.change))).collect()
        };
        let matched = matched.into_iter().filter(|(matched, _)| may_see(matched));
        matched.map(|(matched, storage)| matched.listed(storage)).collect()
    }

    /// One of them.
    pub(crate) fn listed_silence(&self, id: u64, requester: &Requester) -> Option<ListedSilence> {
        let matched = self.silences().get(id)?;
        may_see(&self.set(), &matched, requester).then(|| self.listed(matched))
    }

    fn listed(&self, matched: MatchedSilence) -> ListedSilence {
        let storage = self.silences().storage(matched.change);
        matched.listed(storage)
    }

    /// Waits until a change is written, or cannot be. A disk that hangs is not waited for; the watch tries again.
    async fn save_silences(&self, change: u64) {
        self.0.silences_changed.notify_one();
        if self.silences().file().is_none() {
            return;
        }
        let mut tried = self.0.silences_tried.subscribe();
        drop(self.begin_save());
        let _ = timeout(LONGEST_SAVE, tried.wait_for(|tried| *tried >= change)).await;
    }

    /// Has pages show which plugins are silenced, of those that are configured now.
    pub(super) fn match_silences(&self) {
        let set = self.set();
        let mut silences = self.silences();
        silences.match_again(|silence| set.silenced_by(silence));
        self.show_silences(&set, &silences);
    }

    fn show_silences(&self, set: &PluginSet, silences: &SilenceTable) {
        let names: Vec<_> = set.all().map(|managed| managed.name().clone()).collect();
        let mut shown = silences.shown(names.len());
        let of = |name: PluginName| {
            let silence = shown.remove(&name);
            (name, silence)
        };
        self.state().set_silences(names.into_iter().map(of).collect());
        self.0.silences_shown.notify_one();
    }

    /// Begins to write the silences, where the file does not have all of them. What cannot be written is told once and tried again.
    fn begin_save(&self) -> Option<JoinHandle<()>> {
        let (file, writing, begun) = {
            let mut silences = self.silences();
            let may_begin = silences.is_unsaved() && silences.writers < MOST_WRITERS;
            let file = silences.file().filter(|_| may_begin)?;
            silences.writers += 1;
            (file, Writing(self.clone()), silences.changes)
        };
        Some(tokio::task::spawn_blocking(move || {
            let manager = &writing.0;
            let taken = Cell::new(begun);
            let written = file.write(|| {
                let silences = manager.silences();
                taken.set(silences.changes);
                silences.text()
            });
            manager.saved_silences(taken.get(), written);
        }))
    }

    /// Notes that a write of the silences as they were behind this change has ended.
    fn saved_silences(&self, change: u64, written: Result<(), String>) {
        let mut silences = self.silences();
        match written {
            Err(error) if !std::mem::replace(&mut silences.is_failing, true) => {
                tracing::error!("silences: {error}; they end with the daemon, unless they can be written later");
            }
            Err(_) => {}
            Ok(()) => {
                silences.saved = silences.saved.max(change);
                if std::mem::take(&mut silences.is_failing) {
                    tracing::info!("silences can be written again");
                }
            }
        }
        self.0.silences_tried.send_modify(|tried| *tried = change.max(*tried));
    }

    fn silences(&self) -> MutexGuard<'_, SilenceTable> {
        self.0.silences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
