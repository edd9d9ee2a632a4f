//! What the exit codes of `smokerd` mean.

/// Stopped as asked; with `--check`: nothing is wrong with the configuration.
pub const SUCCESS: u8 = 0;

/// The start failed, or the configuration has problems, or there is nothing to stop.
pub const FAILURE: u8 = 1;

/// The command line makes no sense.
pub const USAGE: u8 = 2;
