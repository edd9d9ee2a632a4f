//! How many answers are read from the journal at a time. Each has whole segments in memory, and one that looks for what is rare reads all files.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many reads of the journal there are at a time.
pub(crate) const JOURNAL_READS: usize = 4;

/// How many of them are those of clients that listen: as many as connect again at once must not keep requests from theirs.
pub(crate) const LISTENER_READS: usize = 2;

/// How long a request waits for its turn to read the journal.
pub(crate) const TURN_WAIT: Duration = Duration::from_secs(3);

/// The turns of those who read the journal. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct JournalReads {
    all: Arc<Semaphore>,
    listeners: Arc<Semaphore>,
}

/// Why nothing was read for a request.
#[derive(Debug)]
pub(crate) enum NotRead {
    /// Others read all the time that the request has waited for its turn.
    Busy,
    /// The journal cannot be read.
    Failed(io::Error),
}

impl Default for JournalReads {
    fn default() -> Self {
        let [all, listeners] = [JOURNAL_READS, LISTENER_READS].map(|count| Arc::new(Semaphore::new(count)));
        Self { all, listeners }
    }
}

impl JournalReads {
    /// Reads for a request, which waits for its turn no longer than [`TURN_WAIT`].
    ///
    /// # Errors
    ///
    /// See [`NotRead`].
    pub(crate) async fn for_request<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, NotRead> {
        let turn = self.turn_within(TURN_WAIT).await.ok_or(NotRead::Busy)?;
        read_in_thread(turn, read).await.map_err(NotRead::Failed)
    }

    /// Reads for a client that listens, which waits for its turn as long as that takes.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub(crate) async fn for_listener<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let place = Arc::clone(&self.listeners).acquire_owned().await.map_err(io::Error::other)?;
        let turn = Arc::clone(&self.all).acquire_owned().await.map_err(io::Error::other)?;
        let read = move || {
            let _place = place;
            read()
        };
        read_in_thread(turn, read).await
    }

    /// Reads for a reload, which does not wait for clients that listen.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub(crate) async fn for_reload<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let turn = Arc::clone(&self.all).acquire_owned().await.map_err(io::Error::other)?;
        read_in_thread(turn, read).await
    }

    async fn turn_within(&self, wait: Duration) -> Option<OwnedSemaphorePermit> {
        timeout(wait, Arc::clone(&self.all).acquire_owned()).await.ok()?.ok()
    }
}

/// Keeps the turn as long as the thread reads, also when the client is gone before.
async fn read_in_thread<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let read = move || {
        let _turn = turn;
        read()
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_request_gives_up_while_others_read_the_journal_and_a_listener_waits() {
        let reads = JournalReads::default();
        let (finish, finished) = mpsc::channel::<()>();
        let (started, mut is_started) = tokio::sync::mpsc::unbounded_channel();
        let blocked = move || {
            started.send(()).map_err(io::Error::other)?;
            finished.recv().map_err(io::Error::other)
        };
        let first = tokio::spawn({
            let reads = reads.clone();
            async move { reads.for_request(blocked).await }
        });
        is_started.recv().await.expect("it reads");
        // Its client is gone, and its thread still reads.
        first.abort();
        let others: Vec<_> = (1..JOURNAL_READS).map(|_| reads.all.try_acquire().expect("a turn")).collect();
        assert!(matches!(reads.for_request(|| Ok(())).await, Err(NotRead::Busy)));
        let listener = tokio::spawn({
            let reads = reads.clone();
            async move { reads.for_listener(|| Ok("read")).await.ok() }
        });
        finish.send(()).expect("it waits");
        assert_eq!(listener.await.expect("no panic"), Some("read"));
        drop(others);
    }

    #[tokio::test]
    async fn clients_that_listen_leave_turns_to_requests() {
        let reads = JournalReads::default();
        let (finish, finished) = mpsc::channel::<()>();
        let finished = Arc::new(std::sync::Mutex::new(finished));
        let listeners: Vec<_> = (0..100)
            .map(|_| {
                let (reads, finished) = (reads.clone(), Arc::clone(&finished));
                let read = move || {
                    let _ = finished.lock().map(|finished| finished.recv());
                    Ok(())
                };
                tokio::spawn(async move { reads.for_listener(read).await })
            })
            .collect();
        while reads.listeners.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(reads.for_request(|| Ok("read")).await, Ok("read")), "it need not wait for a hundred others");
        drop(finish);
        for listener in listeners {
            listener.await.expect("no panic").expect("it has read");
        }
    }
}
