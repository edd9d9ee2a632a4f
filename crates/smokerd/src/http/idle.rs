//! Which connections wait for a request. When all places are taken and
//! somebody else asks for one, the connection that has waited longest gives up its own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// So long everybody may wait: those who come again at once when they are sent
/// away must not keep us busy with them.
const RESPITE: Duration = Duration::from_millis(250);

/// All open connections. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    began: Instant,
    last_id: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Activity>>>,
}

/// What one connection does.
#[derive(Debug, Default)]
struct Activity {
    /// When it last began to wait, in milliseconds since the first connection could come.
    since: AtomicU64,
    /// Requests that are being answered.
    requests: AtomicU32,
    /// Whether an answer waits for its reader.
    is_writing: AtomicBool,
    sent_away: CancellationToken,
}

/// An open connection. Dropping it takes it off the list.
#[derive(Debug)]
pub(crate) struct Member {
    id: u64,
    activity: Arc<Activity>,
    connections: Connections,
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Busy(Doings);

/// How a connection tells what it does. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Doings {
    activity: Arc<Activity>,
    connections: Connections,
}

impl Connections {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared { began: Instant::now(), last_id: AtomicU64::new(0), open: Mutex::default() }))
    }

    /// Lists a connection that waits for its first request.
    pub(crate) fn enter(&self) -> Member {
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed);
        let activity = Arc::new(Activity { since: AtomicU64::new(self.now()), ..Activity::default() });
        self.open().insert(id, Arc::clone(&activity));
        Member { id, activity, connections: self.clone() }
    }

    /// Sends the connection away that has waited longest, if it has for some
    /// time. Gives how long there is nothing more to be done.
    pub(crate) fn make_room(&self) -> Duration {
        let open = self.open();
        let waiting = open.values().filter(|activity| activity.waits() && !activity.sent_away.is_cancelled());
        let Some(longest) = waiting.min_by_key(|activity| activity.since.load(Ordering::Relaxed)) else {
            return RESPITE;
        };
        let waited = Duration::from_millis(self.now().saturating_sub(longest.since.load(Ordering::Relaxed)));
        if let Some(rest) = RESPITE.checked_sub(waited).filter(|rest| !rest.is_zero()) {
            return rest;
        }
        longest.sent_away.cancel();
        RESPITE
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Activity {
    fn waits(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.is_writing.load(Ordering::Relaxed)
    }
}

impl Member {
    /// Tells what it does.
    pub(crate) fn doings(&self) -> Doings {
        Doings { activity: Arc::clone(&self.activity), connections: self.connections.clone() }
    }

    /// Whether it waits for a request, or for more of one.
    pub(crate) fn waits(&self) -> bool {
        self.activity.waits()
    }

    /// Returns when somebody else needs the place.
    pub(crate) async fn sent_away(&self) {
        self.activity.sent_away.cancelled().await;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.connections.open().remove(&self.id);
    }
}

impl Doings {
    /// A request is answered as long as what this gives lives.
    pub(crate) fn answer(&self) -> Busy {
        self.activity.requests.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }

    /// Whether an answer waits for its reader.
    pub(crate) fn set_writing(&self, is_writing: bool) {
        self.activity.is_writing.store(is_writing, Ordering::Relaxed);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Doings { activity, connections } = &self.0;
        activity.since.store(connections.now(), Ordering::Relaxed);
        activity.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_longest_goes_and_who_is_busy_stays() {
        let connections = Connections::new();
        let [first, second, third] = [connections.enter(), connections.enter(), connections.enter()];
        let is_sent_away = |member: &Member| member.activity.sent_away.is_cancelled();
        assert!(connections.make_room() <= RESPITE);
        assert_eq!([&first, &second, &third].map(is_sent_away), [false; 3], "nobody has waited for some time");
        tokio::time::sleep(RESPITE).await;
        let answering = first.doings().answer();
        second.doings().set_writing(true);
        connections.make_room();
        assert_eq!([&first, &second, &third].map(is_sent_away), [false, false, true]);
        drop(answering);
        second.doings().set_writing(false);
        connections.make_room();
        assert_eq!([&first, &second].map(is_sent_away), [false, true], "the first waits only since its answer");
        drop((second, third));
        assert_eq!(connections.open().len(), 1);
    }
}
