//! How many processes and threads an account has. The kernel compares that with `RLIMIT_NPROC`, but tells nobody.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::detached;
use crate::process::sys;

/// A limit as large as the default need not be exact.
const COARSE_LIMIT: u64 = 1000;

/// The age of a count that will do for such a limit: to count means to look at every process of the host.
const MAX_AGE: Duration = Duration::from_secs(10);

/// The newest count of each account, and when it was begun.
static COUNTS: LazyLock<Mutex<HashMap<u32, (Instant, u64)>>> = LazyLock::new(Mutex::default);

/// Held while processes are counted: runs that begin meanwhile share the next count, so that no more than one is on its way.
static COUNTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// How many processes and threads the account has, for a limit of `limit` further ones.
pub(crate) async fn count(uid: u32, limit: u64) -> u64 {
    let now = Instant::now();
    let oldest = if limit >= COARSE_LIMIT { now.checked_sub(MAX_AGE).unwrap_or(now) } else { now };
    if let Some(count) = known(uid, oldest) {
        return count;
    }
    let _counting = COUNTING.lock().await;
    if let Some(count) = known(uid, oldest) {
        return count;
    }
    let begun = Instant::now();
    // Without a further thread this one has to do.
    let count = detached::run_blocking(move || sys::threads_of(uid)).await.unwrap_or_else(|_| sys::threads_of(uid));
    counts().insert(uid, (begun, count));
    count
}

/// A count that was begun no earlier.
fn known(uid: u32, oldest: Instant) -> Option<u64> {
    counts().get(&uid).filter(|(begun, _)| *begun >= oldest).map(|(_, count)| *count)
}

fn counts() -> MutexGuard<'static, HashMap<u32, (Instant, u64)>> {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use nix::unistd::getuid;

    use super::*;

    #[tokio::test]
    async fn threads_count() {
        let own = getuid().as_raw();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let waits = thread::spawn(move || stopped.recv());
        assert!(count(own, 1).await >= 2);
        drop(stop);
        assert!(waits.join().expect("it ends").is_err());
        assert_eq!(count(4_123_456_789, 1).await, 0);
    }

    #[tokio::test]
    async fn runs_that_begin_together_share_a_count_that_was_begun_after_them() {
        let account = 4_123_456_788;
        let asked = Instant::now();
        counts().insert(account, (asked, 17));
        assert_eq!(known(account, asked), Some(17));
        assert_eq!(count(account, COARSE_LIMIT).await, 17);
        assert_eq!(count(account, COARSE_LIMIT - 1).await, 0, "it was begun before");
    }
}
