//! Silences plugins: no action follows their results until a time.

use std::collections::HashSet;
use std::sync::{Arc, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use smoker_model::wire::events::SilenceEvent;
use smoker_model::wire::silences::{ListedSilence, Silence};
use thiserror::Error;

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

/// Why nothing is silenced.
#[derive(Debug, Error)]
pub(crate) enum SilenceError {
    #[error(transparent)]
    NoPlugin(#[from] ForceError),
    #[error("there are {MAX_SILENCES} silences already, or so many names in them; end one")]
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
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = manager.0.silences_changed.notified() => {}
                    () = clock.sleep_until(due) => manager.expire_silences().await,
                    () = clock_changes::next(&mut clock_changes) => manager.expire_silences().await,
                }
            }
        });
    }

    async fn expire_silences(&self) {
        let ended = self.silences().expire(self.0.context.clock.now().wall);
        for silence in ended {
            let Silence { id, by, reason, .. } = &silence;
            tracing::info!("silence {id} of {by} has ended: {reason}");
            self.announce_silence("expired", self.listed(silence));
        }
        self.show_silences();
        self.save_silences().await;
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
        let survives_restart = self.silences().survives_restart();
        ListedSilence { silence, silenced, survives_restart }
    }

    async fn silences_have_changed(&self) {
        self.show_silences();
        self.0.silences_changed.notify_one();
        self.save_silences().await;
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

    async fn save_silences(&self) {
        let Some(file) = self.silences().file() else { return };
        let manager = self.clone();
        let all = move || manager.silences().all().cloned().collect();
        let written = tokio::task::spawn_blocking(move || file.write(all)).await;
        if let Ok(Err(error)) = written {
            tracing::error!("silences: {error}; they end with the daemon");
        }
    }

    fn silences(&self) -> MutexGuard<'_, SilenceTable> {
        self.0.silences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
