//! What of the daemon's state survives its end: the records of the journal, and who writes and reads them.
//!
//! # Layout
//!
//! - `start`: opens the journal, and starts its threads
//! - `writer`: the thread that writes records, and then has them shown
//! - `group_commit`: when it writes: what comes fast is one write
//! - `late`: records that could not be written when they came
//! - `desk`: what the writer shares with those who watch it
//! - `watch`: the thread that has results shown while the disk hangs
//! - `upkeep`: the thread that syncs what was written, and keeps the bound on the size
//! - `restore`: what comes back at the start
//! - `interrupted`: the results of runs that had not ended when the daemon did
//! - `keep`: which records stay when the journal is full
//! - `queue`: the way of records to the writer
//! - `gauges`: what metrics read of the journal
//! - `faults`: what the log says of a journal that cannot be written
//! - `records`: what records say, and their bytes

pub(crate) mod gauges;
pub(crate) mod group_commit;
pub(crate) mod keep;
pub(crate) mod late;
pub(crate) mod queue;
pub(crate) mod records;
pub(crate) mod restore;
pub(crate) mod start;

mod desk;
mod faults;
mod interrupted;
mod upkeep;
mod watch;
mod writer;
