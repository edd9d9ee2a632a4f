//! What each open connection is doing. When the limit on connections is reached and another client
//! connects, the connection that has been idle longest is evicted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::http::connections::streams::{StreamPermit, Streams};
use crate::http::limits;
use crate::results::requester::ClientAddress;

/// A connection may be idle for this long before it can be evicted: clients that reconnect as soon as
/// they are evicted must not keep the daemon busy with evictions.
pub(crate) const MIN_IDLE_BEFORE_EVICTION: Duration = Duration::from_millis(250);

/// All open connections. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    start: Instant,
    last_id: AtomicU64,
    /// One permit for each connection that may be open.
    permits: Arc<Semaphore>,
    /// One permit for each request that may wait.
    waits: Arc<Semaphore>,
    /// Responses that are streams.
    streams: Arc<Streams>,
    open: Mutex<HashMap<u64, Arc<OpenConnection>>>,
}

/// What is known of one connection.
#[derive(Debug, Default)]
struct OpenConnection {
    /// When it last became idle, in milliseconds since [`Shared::start`].
    idle_since: AtomicU64,
    /// Requests whose responses have not been sent completely.
    requests: AtomicU32,
    /// Whether bytes of a response wait for the client to read.
    is_writing: AtomicBool,
    evicted: CancellationToken,
    /// Cancelled when it is to be closed in the middle of a response.
    aborted: CancellationToken,
    /// Whether a request waits, for the end of a process or as the reader of a stream.
    is_waiting: AtomicBool,
    /// Whether it has had a stream, and so does not count among the open ones any more.
    is_uncounted: AtomicBool,
    /// Notified when the client closes its side while a request waits.
    input_ended: Notify,
}

/// An open connection. Dropping the guard removes it from [`Connections`].
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    id: u64,
    connection: Arc<OpenConnection>,
    connections: Connections,
}

/// Through this a connection reports what it is doing. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionActivity {
    connection: Arc<OpenConnection>,
    connections: Connections,
}

/// A request whose response has not been sent completely. Its connection is busy until this is dropped.
#[derive(Debug)]
pub(crate) struct ActiveRequest(ConnectionActivity);

/// Why a response ends before its end.
#[derive(Debug, Error)]
#[error("the client reads slowly, and the page is out of date and takes memory")]
pub(crate) struct PageEvicted;

/// A request that waits. Further requests may wait when this is dropped.
#[derive(Debug)]
pub(crate) struct WaitingRequest {
    activity: ConnectionActivity,
    _wait: Option<OwnedSemaphorePermit>,
    _stream: Option<StreamPermit>,
}

impl Connections {
    /// No connection is open. Up to `limit` ones will be, and `streams` more that have streams.
    pub(crate) fn new(limit: usize, streams: usize) -> Self {
        let permits = |count| Arc::new(Semaphore::new(count));
        Self(Arc::new(Shared {
            start: Instant::now(),
            last_id: AtomicU64::new(0),
            permits: permits(limit),
            waits: permits((limit / 4).clamp(1, limits::WAITING_REQUESTS)),
            streams: Arc::new(Streams::new(streams)),
            open: Mutex::default(),
        }))
    }

    /// How many connections are open.
    pub(crate) fn count(&self) -> usize {
        self.open().len()
    }

    /// How many responses are streams.
    pub(crate) fn streams(&self) -> usize {
        self.0.streams.count()
    }

    /// One permit for each connection that may be open.
    pub(crate) fn permits(&self) -> &Arc<Semaphore> {
        &self.0.permits
    }

    /// Registers a connection that is idle until its first request.
    pub(crate) fn register(&self) -> ConnectionGuard {
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed);
        let idle_since = AtomicU64::new(self.now());
        let connection = Arc::new(OpenConnection { idle_since, ..OpenConnection::default() });
        self.open().insert(id, Arc::clone(&connection));
        ConnectionGuard { id, connection, connections: self.clone() }
    }

    /// Evicts the connection that has been idle longest, if that is at least [`MIN_IDLE_BEFORE_EVICTION`].
    /// Returns after what time the next call can evict another one.
    pub(crate) fn evict_idle(&self) -> Duration {
        let open = self.open();
        let idle = open.values().filter(|connection| connection.is_idle() && !connection.evicted.is_cancelled());
        let Some(longest) = idle.min_by_key(|connection| connection.idle_since.load(Ordering::Relaxed)) else {
            return MIN_IDLE_BEFORE_EVICTION;
        };
        let idle_for = Duration::from_millis(self.now().saturating_sub(longest.idle_since.load(Ordering::Relaxed)));
        if let Some(rest) = MIN_IDLE_BEFORE_EVICTION.checked_sub(idle_for).filter(|rest| !rest.is_zero()) {
            return rest;
        }
        longest.evicted.cancel();
        MIN_IDLE_BEFORE_EVICTION
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<OpenConnection>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnection {
    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.is_writing.load(Ordering::Relaxed)
    }
}

impl ConnectionGuard {
    /// The handle through which the connection reports what it is doing.
    pub(crate) fn activity(&self) -> ConnectionActivity {
        ConnectionActivity { connection: Arc::clone(&self.connection), connections: self.connections.clone() }
    }

    /// Whether its permit has been given to another connection.
    pub(crate) fn is_uncounted(&self) -> bool {
        self.connection.is_uncounted.load(Ordering::Relaxed)
    }

    /// Whether it waits for a request, or for the rest of one.
    pub(crate) fn is_idle(&self) -> bool {
        self.connection.is_idle()
    }

    /// Returns when the connection has been evicted in favour of another client's.
    pub(crate) async fn evicted(&self) {
        self.connection.evicted.cancelled().await;
    }

    /// Returns when the connection is to be closed in the middle of a response.
    pub(crate) async fn aborted(&self) {
        self.connection.aborted.cancelled().await;
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.connections.open().remove(&self.id);
    }
}

impl ConnectionActivity {
    /// Has the connection closed at once, whatever is being sent.
    pub(crate) fn abort(&self) {
        self.connection.aborted.cancel();
    }

    /// Makes the connection busy until the returned value is dropped.
    pub(crate) fn begin_request(&self) -> ActiveRequest {
        self.connection.requests.fetch_add(1, Ordering::Relaxed);
        ActiveRequest(self.clone())
    }

    /// Lets a request of the connection wait. None when too many wait already.
    pub(crate) fn begin_wait(&self) -> Option<WaitingRequest> {
        let permit = Arc::clone(&self.connections.0.waits).try_acquire_owned().ok()?;
        self.connection.is_waiting.store(true, Ordering::Relaxed);
        Some(WaitingRequest { activity: self.clone(), _wait: Some(permit), _stream: None })
    }

    /// Lets the response to a request of this client be a stream, which waits for what happens. Its connection no longer counts among
    /// those that are served. None when there are too many streams already, or too many of the client.
    pub(crate) fn begin_stream(&self, client: ClientAddress) -> Option<WaitingRequest> {
        let place = self.connections.0.streams.begin(client)?;
        self.connection.is_waiting.store(true, Ordering::Relaxed);
        if !self.connection.is_uncounted.swap(true, Ordering::Relaxed) {
            self.connections.0.permits.add_permits(1);
        }
        Some(WaitingRequest { activity: self.clone(), _wait: None, _stream: Some(place) })
    }

    /// Whether a request of the connection waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.connection.is_waiting.load(Ordering::Relaxed)
    }

    /// Reports that the client has closed its side of the connection: it sends nothing more, and may be gone.
    pub(crate) fn report_input_end(&self) {
        self.connection.input_ended.notify_one();
    }

    /// Reports whether bytes of a response wait for the client to read.
    pub(crate) fn set_writing(&self, is_writing: bool) {
        self.connection.is_writing.store(is_writing, Ordering::Relaxed);
    }
}

impl WaitingRequest {
    /// Returns when the client has closed its side of the connection.
    pub(crate) async fn input_ended(&self) {
        self.activity.connection.input_ended.notified().await;
    }
}

impl Drop for WaitingRequest {
    fn drop(&mut self) {
        self.activity.connection.is_waiting.store(false, Ordering::Relaxed);
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        let ConnectionActivity { connection, connections } = &self.0;
        connection.idle_since.store(connections.now(), Ordering::Relaxed);
        connection.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_idle_connection_is_evicted_and_a_busy_one_is_not() {
        let connections = Connections::new(4, 1);
        let [first, second, third] = [connections.register(), connections.register(), connections.register()];
        let is_evicted = |guard: &ConnectionGuard| guard.connection.evicted.is_cancelled();
        assert!(connections.evict_idle() <= MIN_IDLE_BEFORE_EVICTION);
        assert_eq!([&first, &second, &third].map(is_evicted), [false; 3], "none has been idle for long enough");
        tokio::time::sleep(MIN_IDLE_BEFORE_EVICTION).await;
        let request = first.activity().begin_request();
        second.activity().set_writing(true);
        connections.evict_idle();
        assert_eq!([&first, &second, &third].map(is_evicted), [false, false, true]);
        drop(request);
        second.activity().set_writing(false);
        connections.evict_idle();
        assert_eq!([&first, &second].map(is_evicted), [false, true], "the first is idle only since its response");
        drop((second, third));
        assert_eq!(connections.open().len(), 1);
    }
}
