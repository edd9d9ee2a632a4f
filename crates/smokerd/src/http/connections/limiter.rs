//! How many connections there may be at a time. When the limit is reached, the connection that has been
//! idle longest is evicted for the next one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit};
use tokio::time::sleep;

use crate::http::connections::activity::{ConnectionGuard, Connections};
use crate::http::limits;

/// The two limits on connections. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionLimits {
    /// Idle connections (no request received yet), each of which costs little.
    pub(crate) pending: ConnectionLimiter,
    /// Connections that are served.
    pub(crate) active: ConnectionLimiter,
}

impl ConnectionLimits {
    /// For a daemon that may have `open_files` files open: connections leave some half of them to the runs.
    pub(crate) fn new(open_files: usize) -> Self {
        let active = (open_files / 4).clamp(4, limits::ACTIVE_CONNECTIONS);
        let streams = (open_files / 8).clamp(2, limits::LISTENERS);
        let pending = (open_files / 2).saturating_sub(limits::ACTIVE_CONNECTIONS + streams).max(open_files / 8);
        let pending = pending.clamp(4, limits::PENDING_CONNECTIONS);
        Self { pending: ConnectionLimiter::new(pending, 0), active: ConnectionLimiter::new(active, streams) }
    }
}

/// Hands out permits for connections, up to a limit. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionLimiter {
    connections: Connections,
    /// Held by the next connection to get a permit. The others wait for it in the order in which they came.
    queue: Arc<Mutex<()>>,
}

/// The right of a connection to be open. Dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Permit {
    connection: ConnectionGuard,
    permit: Option<OwnedSemaphorePermit>,
}

impl ConnectionLimiter {
    /// Allows `limit` connections at a time, and `streams` more that have streams.
    pub(crate) fn new(limit: usize, streams: usize) -> Self {
        Self { connections: Connections::new(limit, streams), queue: Arc::default() }
    }

    /// How many connections have a permit.
    pub(crate) fn in_use(&self) -> usize {
        self.connections.count()
    }

    /// How many connections have streams.
    pub(crate) fn streams(&self) -> usize {
        self.connections.streams()
    }

    /// Waits for a permit. When the limit is reached, the longest idle connection is evicted.
    pub(crate) async fn acquire(&self) -> Permit {
        let _next = self.queue.lock().await;
        let permits = self.connections.permits();
        loop {
            let pause = if permits.available_permits() == 0 { self.connections.evict_idle() } else { Duration::ZERO };
            tokio::select! {
                biased;
                Ok(permit) = Arc::clone(permits).acquire_owned() => {
                    return Permit { connection: self.connections.register(), permit: Some(permit) };
                }
                () = sleep(pause) => {}
            }
        }
    }
}

impl Permit {
    /// The connection that has the permit.
    pub(crate) fn connection(&self) -> &ConnectionGuard {
        &self.connection
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take().filter(|_| self.connection.is_uncounted()) {
            // Another connection has had it since this one began its stream.
            permit.forget();
        }
    }
}
