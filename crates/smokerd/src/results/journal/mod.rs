//! What of the daemon's state survives its end: the records of the journal, and who writes and reads them.
//!
//! # Layout
//!
//! - `start`: opens the journal, and starts its threads
//! - `writer`: the thread that writes records, and then has them shown
//! - `late`: records that could not be written when they came
//! - `shortened`: a result that is too large for the journal
//! - `desk`: what the writer shares with those who watch it
//! - `watch`: the thread that has results shown while the disk hangs
//! - `upkeep`: the thread that syncs what was written, and keeps the bound on the size
//! - `restore`: what comes back at the start
//! - `keep`: which records stay when the journal is full
//! - `queue`: the way of records to the writer
//! - `gauges`: what metrics read of the journal
//! - `faults`: what the log says of a journal that cannot be written
//! - `encoded`: what is queued, as a record
//! - `entry`: what a record of the journal says, and its bytes

pub(crate) mod entry;
pub(crate) mod gauges;
pub(crate) mod keep;
pub(crate) mod late;
pub(crate) mod queue;
pub(crate) mod restore;
pub(crate) mod start;

mod desk;
mod encoded;
mod faults;
mod interrupted;
mod shortened;
mod upkeep;
mod watch;
mod writer;
