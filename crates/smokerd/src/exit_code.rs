//! What the exit codes of `smokerd` mean.

/// Stopped as asked; with `--check`: nothing is wrong with the configuration;
/// with `--genconfig`: the file is written; with `--test-plugin`: the result is OK.
pub const SUCCESS: u8 = 0;

/// The start failed, or the configuration does not load, or there is nothing to
/// stop, or the plugin could not be tried or not to its end.
pub const FAILURE: u8 = 1;

/// The command line makes no sense.
pub const USAGE: u8 = 2;

/// `--check`: the configuration loads, but something is wrong with it. Scripts
/// that decide about a start need to tell this from one that does not load.
pub const CHECK_PROBLEMS: u8 = 3;

/// `--test-plugin`: the result is WARN. No number that also tells of a test
/// that did not take place.
pub const TEST_WARN: u8 = 3;

/// `--test-plugin`: the result is ERROR.
pub const TEST_ERROR: u8 = 4;
