//! Runs a target on one input and measures it.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use peak_alloc::PeakAlloc;

use crate::target::Target;
use crate::{limits, panics};

/// What one input cost and gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Processor time of all threads.
    pub time: Duration,
    /// The most bytes that were allocated at a time, beyond those from before.
    pub memory: usize,
    /// The target's word for it, or why it failed.
    pub outcome: Result<String, Failure>,
}

/// Why an input failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It panicked, or something did not hold.
    #[error("{0}")]
    Panic(String),
    /// It took longer than the target's time.
    #[error("it took {0:?} of processor time")]
    Slow(Duration),
    /// It took more than [`limits::MEMORY`].
    #[error("it took {} MiB of memory", .0 >> 20)]
    Large(usize),
    /// The process died of it or had to be killed.
    #[error("{0}")]
    Fatal(String),
}

impl Failure {
    /// Whether this is the same trouble, so that an input may be made smaller.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            // The place of a panic is in its first line.
            (Self::Panic(one), Self::Panic(other)) => one.lines().next() == other.lines().next(),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Trial {
    /// Runs a target on one input. Memory is measured in programs whose
    /// allocator is [`PeakAlloc`].
    #[must_use]
    pub fn run(target: &Target, input: &[u8]) -> Self {
        let before = PeakAlloc.current_usage();
        PeakAlloc.reset_peak_usage();
        let start = processor_time();
        let outcome = panics::caught(|| (target.check)(input));
        let time = processor_time().saturating_sub(start);
        let memory = PeakAlloc.peak_usage().saturating_sub(before);
        let outcome = match outcome {
            Err(text) => Err(Failure::Panic(text)),
            Ok(_) if memory > limits::MEMORY => Err(Failure::Large(memory)),
            Ok(_) if time > target.time => Err(Failure::Slow(time)),
            Ok(word) => Ok(word),
        };
        Self { time, memory, outcome }
    }
}

/// The processor time of this process so far.
pub(crate) fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}
