//! What the exit codes of `smokerd` mean.

/// Stopped as asked; with `--reload`: the new configuration is in effect; with `--check`: nothing is wrong with the configuration;
/// with `--genconfig`: the file is written; with `--test-plugin`: the result is OK;
/// with `--compare`: there are no differences but for numbers in messages.
pub const SUCCESS: u8 = 0;

/// The start failed or would fail, the configuration does not load, there is nothing to
/// stop or to reload, the reload was refused, or the test of a plugin could not be run to its end.
pub const FAILURE: u8 = 1;

/// The command line is not valid.
pub const USAGE: u8 = 2;

/// `--check`: the daemon would start, but the configuration has problems. Scripts that decide
/// about a start distinguish this from a configuration with which it does not.
pub const CHECK_PROBLEMS: u8 = 3;

/// `--reload`: the configuration is in effect but for what was printed, such as a plugin that is left out.
pub const RELOADED_IN_PART: u8 = 3;

/// `--genconfig`: the file is written, but a daemon leaves out a part of it, such as a broken plugin.
pub const GENERATED_IN_PART: u8 = 3;

/// `--compare`: there are differences in more than numbers.
pub const COMPARE_DIFFERENCES: u8 = 3;

/// `import`: files of plugins are written, and some lines were not taken.
pub const IMPORTED_IN_PART: u8 = 3;

/// `--journal`: something in the journal is damaged.
pub const JOURNAL_DAMAGED: u8 = 3;

/// `--test-plugin`: the result is WARN. Differs from the codes of a test
/// that did not take place.
pub const TEST_WARN: u8 = 3;

/// `--test-plugin`: the result is ERROR.
pub const TEST_ERROR: u8 = 4;
