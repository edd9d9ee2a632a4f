//! Whether a standard stream leads to systemd's journal, which reads the level
//! of a line from a prefix.

use std::env;
use std::os::fd::AsFd;
use std::sync::LazyLock;

use nix::sys::stat::fstat;

use crate::plan::syslog_priority;
use crate::records::level::Level;

/// Device and inode of the stream that systemd connected (`systemd.exec(5)`).
static STREAM: LazyLock<Option<String>> = LazyLock::new(|| env::var("JOURNAL_STREAM").ok());

/// Whether the stream is the one that systemd connected. The variable alone
/// says nothing: every process that a service starts inherits it.
pub(crate) fn is_behind(stream: impl AsFd) -> bool {
    let Some(connected) = STREAM.as_ref() else { return false };
    fstat(stream).is_ok_and(|stat| *connected == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// What the journal reads a line's level from (`sd-daemon(3)`).
pub(crate) fn prefix(level: Level) -> String {
    format!("<{}>", syslog_priority::severity(level))
}
