//! Waits for the end of a command or script, within a limit.

use std::io;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How long a command, or the plugins together, may take.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// How often a running process is looked at.
const INTERVAL: Duration = Duration::from_millis(10);

/// How the process ended; `None` when it has not within the limit.
///
/// # Errors
///
/// When the system does not say.
pub(super) fn ended(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            return Ok(None);
        }
        std::thread::sleep(INTERVAL);
    }
}
