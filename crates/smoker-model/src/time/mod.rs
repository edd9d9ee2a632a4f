//! Instants and durations, and how they are written.
//!
//! # Layout
//!
//! - `moment`: an instant by the wall clock and the monotonic clock
//! - `timestamp`: local time as the wire writes it
//! - `local_zone`: the machine's time zone, followed when its file is replaced
//! - `duration`: durations as people write them
//! - `backoff`: waits before something that failed is tried again
//! - `waits`: how long is waited before something is asked again

pub mod backoff;
pub mod duration;
pub mod local_zone;
pub mod moment;
pub mod timestamp;
pub mod waits;
