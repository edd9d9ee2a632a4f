//! Where log lines go: every handler with the real daemon.

mod check;
mod console;
mod fileconfig;
mod files;
mod levels;
mod oracle;
mod runs;
mod secrets;
mod shown;
mod syslog;
