//! Waits for a condition, never for a length of time.

use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that normally takes milliseconds:
/// generous, because a loaded machine is slow and a passing test never waits so long.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Pauses between two looks: the longer a wait has lasted, the longer they are, since looks of many tests at a time
/// take the processor from what they wait for.
const PAUSES: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_millis(100);

/// Which part of the time that a wait has lasted the next pause takes.
const PART: u32 = 16;

/// Looks until there is something to see, at most `limit`; `None` when there
/// was nothing. It looks at least once, also with a limit of zero.
pub fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let (begun, end) = (Instant::now(), Instant::now() + limit);
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::sleep((begun.elapsed() / PART).clamp(*PAUSES.start(), *PAUSES.end()).min(left));
    }
}

/// Looks until there is something to see and fails the test, naming `what`,
/// when [`DEADLINE`] has passed.
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(DEADLINE, look).unwrap_or_else(|| panic!("waited {} s in vain for {what}", DEADLINE.as_secs()))
}

/// Looks until a condition holds and fails the test, naming `what`, when
/// [`DEADLINE`] has passed.
pub fn until_true(what: &str, mut holds: impl FnMut() -> bool) {
    until(what, || holds().then_some(()));
}
