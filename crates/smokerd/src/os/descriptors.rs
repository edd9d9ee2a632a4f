//! How many files the daemon may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Enough for all connections and some thousands of runs at a time, each of
/// which holds two pipes and its process; few enough for programs that close
/// every possible descriptor when they start, which inherit it.
const TARGET_LIMIT: u64 = 16 * 1024;

/// Raises the soft limit, which is 1024 on many systems, as far as the hard one
/// allows. Returns how many files may be open.
pub(crate) fn raise_limit() -> usize {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft >= TARGET_LIMIT { Ok(()) } else { setrlimit(Resource::RLIMIT_NOFILE, TARGET_LIMIT.min(hard), hard) }
    });
    if let Err(error) = raised {
        tracing::warn!("can't raise the limit on open files ({error}): many runs at a time may fail");
    }
    getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| usize::try_from(soft).unwrap_or(usize::MAX))
}
