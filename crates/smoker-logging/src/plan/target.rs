//! What a handler writes to.

use std::path::PathBuf;

use crate::plan::interval::Interval;
use crate::plan::standard_stream::StandardStream;
use crate::plan::syslog_address::Address;

/// What a handler writes to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    /// Errors to standard error, the rest to standard output.
    Console,
    Stream(StandardStream),
    File(FilePlan),
    /// A syslog, with the number of the facility.
    Syslog(Address, u8),
    /// The system's log through `syslog(3)`, wherever it is.
    System,
    /// Nothing is written.
    Null,
}

/// A log file and its rotation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FilePlan {
    pub(crate) path: PathBuf,
    /// Whether it is emptied at the start (mode `w`).
    pub(crate) truncates: bool,
    /// Whether it is opened only when there is something to write.
    pub(crate) opens_late: bool,
    pub(crate) rotation: Rotation,
}

/// When a new log file is begun, and what becomes of the old one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rotation {
    None,
    /// Another program moves the file away; the daemon notices it by itself.
    Watched,
    BySize {
        max_bytes: u64,
        backups: usize,
    },
    ByTime {
        interval: Interval,
        backups: usize,
    },
}
