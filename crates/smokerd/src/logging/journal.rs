//! Whether a standard stream leads to systemd's journal, which reads the level
//! of a line from a prefix.

use std::os::fd::AsFd;

use nix::sys::stat::fstat;

use crate::logging::level::Level;
use crate::logging::syslog::priority;

/// `systemd.exec(5)`: device and inode of the stream that systemd connected.
const VARIABLE: &str = "JOURNAL_STREAM";

/// Whether the stream is the one that systemd connected. The variable alone
/// says nothing: it is inherited by whoever is started by us.
pub(super) fn is_behind(stream: impl AsFd) -> bool {
    let Ok(variable) = std::env::var(VARIABLE) else { return false };
    fstat(stream).is_ok_and(|stat| variable == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// What the journal reads a line's level from (`sd-daemon(3)`).
pub(super) fn prefix(level: Level) -> String {
    format!("<{}>", priority::severity(level))
}
