//! What one input may cost.

use std::time::Duration;

/// Processor time of all threads for an input; without optimization the same work takes longer.
pub const TIME: Duration = Duration::from_secs(if matches!(env!("OPT_LEVEL").as_bytes(), b"0") { 10 } else { 1 });

/// Bytes allocated at a time, beyond what was there before.
pub const MEMORY: usize = 64 * 1024 * 1024;

/// How long a worker may stay at one input before it is killed. Much more
/// than [`TIME`], since the machine may be busy with others.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// The stack of the thread that runs the checks: that of a thread of the daemon's runtime.
pub const STACK: usize = 2 * 1024 * 1024;

/// What the worker's process may map, so that a runaway input does not take the machine's memory.
pub const ADDRESS_SPACE: u64 = 4 * 1024 * 1024 * 1024;

/// The longest input that is made.
pub const INPUT: usize = 1024 * 1024;
