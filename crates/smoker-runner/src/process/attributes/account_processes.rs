//! How many processes and threads an account has. The kernel compares that with `RLIMIT_NPROC`, but tells nobody.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::process::sys;

/// A limit as large as the default need not be exact.
const COARSE_LIMIT: u64 = 1000;

/// The age of a count that will do for such a limit: to count means to look at every process of the host.
const MAX_AGE: Duration = Duration::from_secs(10);

/// How many processes and threads the account has, for a limit of `limit` further ones.
pub(crate) fn count(uid: u32, limit: u64) -> u64 {
    static COUNTS: LazyLock<Mutex<HashMap<u32, (Instant, u64)>>> = LazyLock::new(Mutex::default);
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    if limit >= COARSE_LIMIT
        && let Some((counted_at, count)) = counts.get(&uid)
        && counted_at.elapsed() < MAX_AGE
    {
        return *count;
    }
    let count = sys::threads_of(uid);
    counts.insert(uid, (Instant::now(), count));
    count
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use nix::unistd::getuid;

    use super::*;

    #[test]
    fn threads_count() {
        let own = getuid().as_raw();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let waits = thread::spawn(move || stopped.recv());
        assert!(count(own, 1) >= 2);
        drop(stop);
        assert!(waits.join().expect("it ends").is_err());
        assert_eq!(count(4_123_456_789, 1), 0);
    }
}
