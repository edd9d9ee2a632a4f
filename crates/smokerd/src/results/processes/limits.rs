//! How many processes there may be, how long they are kept, and why a request is refused.

use std::time::Duration;

use thiserror::Error;

/// How many finished processes are kept beside those that no client has read yet; running ones always are.
pub(crate) const KEPT_PROCESSES: usize = 1000;

/// How many unfinished runs all processes together may have; a process has one for each plugin, however often
/// the request names it. Finished runs count towards `history_memory`.
pub(crate) const AWAITED_RUNS: usize = 250_000;

/// How many unfinished runs the processes of one client address may have.
pub(crate) const AWAITED_RUNS_OF_CLIENT: usize = 50_000;

/// How many entries the page of a process has beyond one for each plugin: plugins that the request names again.
pub(crate) const REPEATED_ENTRIES: usize = 100;

/// How long a finished process is kept at least, unless a client reads it before.
pub(crate) const UNREAD_TIME: Duration = Duration::from_secs(60);

/// The bytes of finished processes within [`UNREAD_TIME`] that no client has read; beyond it no request is taken.
pub(crate) const UNREAD_MEMORY: usize = 64 << 20;

/// The same for the processes of one client address. Beyond it no request of that client is taken; what it has
/// more than this does not count in [`UNREAD_MEMORY`], so that it cannot keep others from their requests.
pub(crate) const UNREAD_MEMORY_OF_CLIENT: usize = 16 << 20;

/// Why a request is not taken at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum ProcessesFull {
    #[error("{AWAITED_RUNS} runs are awaited already, which is the limit; try again when some have ended")]
    Awaited,
    #[error("{AWAITED_RUNS_OF_CLIENT} runs are awaited by this client already; ask again when some are done")]
    AwaitedByClient,
    #[error(
        "finished processes that nobody has read take {UNREAD_MEMORY} bytes already; read yours, or ask again in a minute"
    )]
    Unread,
    #[error(
        "finished processes that this client has not read take {UNREAD_MEMORY_OF_CLIENT} bytes already; read them, or \
         ask again in a minute"
    )]
    UnreadByClient,
}
