//! Time limits on a command line.

use std::time::Duration;

/// Reads a time limit in seconds, fractions allowed.
///
/// # Errors
///
/// When it is not a number above zero.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, String> {
    let invalid = || "has to be a number of seconds above 0".to_owned();
    let seconds = text.parse::<f64>().map_err(|_| invalid())?;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero()).ok_or_else(invalid)
}
