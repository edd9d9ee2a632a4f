//! What handlers write to.
//!
//! # Layout
//!
//! - `sink`: what all destinations have in common
//! - `stream`: standard streams; `journal`: whether systemd's journal reads them
//! - `file`: log files and their rotation
//! - `syslog`: syslogs, here and on other hosts
//! - `descriptor`: writing with a time limit

pub(crate) mod descriptor;
pub(crate) mod file;
mod journal;
pub(crate) mod sink;
pub(crate) mod stream;
pub(crate) mod syslog;
