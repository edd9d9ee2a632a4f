//! Connections to the daemon that wait for the next request: to make one for each would cost more than most answers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::sleep;

/// How many wait at most. Each is one that the daemon serves.
const MAX_KEPT: usize = 16;
/// How long one waits. The daemon itself closes one that has been idle for 10 s.
const MAX_IDLE: Duration = Duration::from_secs(5);

/// The connections that wait, the one that was used last at the end.
#[derive(Debug, Default)]
pub(super) struct Kept {
    idle: Mutex<Vec<(UnixStream, Instant)>>,
    more: Notify,
}

impl Kept {
    /// A connection that the daemon has neither closed nor written to, as far as is known.
    pub(super) fn take(&self) -> Option<UnixStream> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((stream, _)) = idle.pop() {
            let read = stream.try_read(&mut [0]);
            if read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock) {
                return Some(stream);
            }
        }
        None
    }

    /// Has a connection wait whose answer was read to its end.
    pub(super) fn put(&self, stream: UnixStream) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_KEPT {
            idle.push((stream, Instant::now()));
            self.more.notify_one();
        }
    }

    /// Closes, without end, what has waited for [`MAX_IDLE`].
    pub(super) async fn close_idle(&self) {
        loop {
            self.more.notified().await;
            while self.close_old() > 0 {
                sleep(MAX_IDLE / 2).await;
            }
        }
    }

    /// How many are left.
    fn close_old(&self) -> usize {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < MAX_IDLE);
        idle.len()
    }
}
