//! What the daemon has set for itself and its children must not inherit.
//! The whole list of what a child inherits is in `sys/child/mod.rs`.

use std::fs;
use std::sync::{LazyLock, OnceLock};

static OPEN_FILES: OnceLock<u64> = OnceLock::new();

/// Children get this soft limit on open files, whatever the daemon raises its
/// own to: programs that use `select(2)` fail beyond 1,024, and others close
/// every possible descriptor when they start. To be called before the limit is
/// raised; the first call counts.
pub fn keep_open_files_limit(soft: u64) {
    let _ = OPEN_FILES.set(soft);
}

/// The soft limit on open files for children; none: as the daemon's.
pub(crate) fn open_files() -> Option<u64> {
    OPEN_FILES.get().copied()
}

/// Whether the daemon is protected from the kernel's OOM killer (`OOMScoreAdjust=` of its unit).
pub(crate) fn is_spared_by_oom_killer() -> bool {
    static IS_SPARED: LazyLock<bool> = LazyLock::new(|| {
        let score = fs::read_to_string("/proc/self/oom_score_adj").ok();
        score.and_then(|score| score.trim().parse::<i32>().ok()).is_some_and(|score| score < 0)
    });
    *IS_SPARED
}
