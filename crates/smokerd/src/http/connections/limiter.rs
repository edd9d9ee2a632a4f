//! How many connections there may be at a time. When the limit is reached, the connection that has been
//! idle longest is evicted for the next one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
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
    /// For a daemon that may have `open_files` files open: connections leave half of them to the runs.
    pub(crate) fn new(open_files: usize) -> Self {
        let active = (open_files / 4).clamp(4, limits::ACTIVE_CONNECTIONS);
        let pending = (open_files / 2).saturating_sub(limits::ACTIVE_CONNECTIONS).max(open_files / 8);
        let pending = pending.clamp(4, limits::PENDING_CONNECTIONS);
        Self { pending: ConnectionLimiter::new(pending), active: ConnectionLimiter::new(active) }
    }
}

/// Hands out permits for connections, up to a limit. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionLimiter {
    permits: Arc<Semaphore>,
    connections: Connections,
    /// Held by the next connection to get a permit. The others wait for it in the order in which they came.
    queue: Arc<Mutex<()>>,
}

/// The right of a connection to be open. Dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Permit {
    connection: ConnectionGuard,
    _permit: OwnedSemaphorePermit,
}

impl ConnectionLimiter {
    /// Allows `limit` connections at a time.
    pub(crate) fn new(limit: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(limit)), connections: Connections::new(limit), queue: Arc::default() }
    }

    /// Waits for a permit. When the limit is reached, the longest idle connection is evicted.
    pub(crate) async fn acquire(&self) -> Permit {
        let _next = self.queue.lock().await;
        loop {
            let pause =
                if self.permits.available_permits() == 0 { self.connections.evict_idle() } else { Duration::ZERO };
            tokio::select! {
                biased;
                Ok(permit) = Arc::clone(&self.permits).acquire_owned() => {
                    return Permit { connection: self.connections.register(), _permit: permit };
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
