//! Instants, and how the wire writes them.
//!
//! # Layout
//!
//! - `moment`: an instant by the wall clock and the monotonic clock
//! - `timestamp`: local time as the wire writes it
//! - `local_zone`: the machine's time zone, followed when its file is replaced

pub mod local_zone;
pub mod moment;
pub mod timestamp;
