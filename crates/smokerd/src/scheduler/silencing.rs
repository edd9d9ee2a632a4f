//! Silences plugins: no action follows their results until a time.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::wire::events::SilenceEvent;
use smoker_model::wire::silences::{ListedSilence, Silence};
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::os::clock_changes;
use crate::results::events::Event;
use crate::results::json_text;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::plugin_set::{ForceError, Selection};
use crate::scheduler::run::TaskContext;
use crate::scheduler::schedule::turn::Due;
use crate::silences::file::SilencesFile;
use crate::silences::table::{MAX_SILENCES, NewSilence, SilenceTable};

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
                let has_to_save = manager.silences().has_to_save();
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = sleep(BETWEEN_SAVES), if has_to_save => drop(manager.begin_save()),
                    () = manager.0.silences_changed.notified() => {}
                    () = clock.sleep_until(due) => manager.expire_silences(),
                    () = clock_changes::next(&mut clock_changes) => manager.expire_silences(),
                }
            }
        });
    }

    fn expire_silences(&self) {
        let ended = self.silences().expire(self.0.context.clock.now().wall);
        for silence in ended {
            let Silence { id, by, reason, .. } = &silence;
            tracing::info!("silence {id} of {by} has ended: {reason}");
            self.announce_silence("expired", self.listed(silence));
        }
        self.show_silences();
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
        {
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
        }
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let new = NewSilence { by, reason, until, plugins: names, filter: filter.into_iter().collect() };
        let silence = self.silences().add(new, now).ok_or(SilenceError::Full)?;
        self.silences_have_changed().await;
        let listed = self.listed(silence);
        self.announce_silence("made", listed.clone());
        Ok(listed)
    }

    /// Ends a silence before its time; none when there is no such one that the client may see.
    pub(crate) async fn end_silence(&self, id: u64, requester: &Requester) -> Option<ListedSilence> {
        self.list_silences(requester).into_iter().find(|listed| listed.silence.id == id)?;
        let listed = {
            let silence = self.silences().get(id)?.clone();
            self.listed(silence)
        };
        self.silences().end(id)?;
        self.silences_have_changed().await;
        self.announce_silence("ended", listed.clone());
        Some(listed)
    }

    /// Tells those who follow events.
    fn announce_silence(&self, change: &str, silence: ListedSilence) {
        self.state().announce(Event::Silence(Arc::new(SilenceEvent { change: change.to_owned(), silence })));
    }

    /// The silences that a client may see: those of plugins that it may see.
    pub(crate) fn list_silences(&self, requester: &Requester) -> Vec<ListedSilence> {
        let silences: Vec<_> = self.silences().all().cloned().collect();
        let visible: Option<HashSet<_>> = requester.limits.is_some().then(|| {
            let set = self.set();
            set.visible_to(requester).iter().map(|managed| managed.name().to_string()).collect()
        });
        let listed = silences.into_iter().map(|silence| self.listed(silence));
        let may_see = |listed: &ListedSilence| {
            visible.as_ref().is_none_or(|visible| {
                !listed.silenced.is_empty() && listed.silenced.iter().all(|name| visible.contains(name))
            })
        };
        listed.filter(may_see).collect()
    }

    fn listed(&self, silence: Silence) -> ListedSilence {
        let silenced = {
            let set = self.set();
            set.all().filter(|managed| managed.is_silenced_by(&silence)).map(|it| it.name().to_string()).collect()
        };
        let survives_restart = self.silences().survive_restart();
        ListedSilence { silence, silenced, survives_restart }
    }

    async fn silences_have_changed(&self) {
        self.show_silences();
        self.0.silences_changed.notify_one();
        if let Some(saving) = self.begin_save() {
            // A disk that hangs is not waited for; the watch tries again.
            let _ = timeout(LONGEST_SAVE, saving).await;
        }
    }

    /// Has the pages show which plugins are silenced.
    pub(super) fn show_silences(&self) {
        let set = self.set();
        let silences = self.silences();
        let shown = set.all().map(|managed| {
            let silence = silences.longest(|silence| managed.is_silenced_by(silence));
            (managed.name().clone(), silence.map(|silence| json_text::to_text(&silence).into()))
        });
        self.state().set_silences(shown.collect());
        self.0.silences_shown.notify_one();
    }

    /// Begins to write the silences. What cannot be written is told once and tried again.
    fn begin_save(&self) -> Option<JoinHandle<()>> {
        let (file, writing) = {
            let mut silences = self.silences();
            silences.changes += 1;
            let file = silences.file().filter(|_| silences.writers < MOST_WRITERS)?;
            silences.writers += 1;
            (file, Writing(self.clone()))
        };
        Some(tokio::task::spawn_blocking(move || {
            let manager = &writing.0;
            let taken = Cell::new(0);
            let written = file.write(|| {
                let silences = manager.silences();
                taken.set(silences.changes);
                silences.text()
            });
            let mut silences = manager.silences();
            match written {
                Err(error) if !std::mem::replace(&mut silences.is_failing, true) => {
                    tracing::error!("silences: {error}; they end with the daemon, unless they can be written later");
                }
                Err(_) => {}
                Ok(()) => {
                    silences.saved = silences.saved.max(taken.get());
                    if !silences.is_unsaved() && std::mem::take(&mut silences.is_failing) {
                        tracing::info!("silences can be written again");
                    }
                }
            }
        }))
    }

    fn silences(&self) -> MutexGuard<'_, SilenceTable> {
        self.0.silences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
