//! Shortened names of long options.
//!
//! The original accepted every unique prefix of its options, and init scripts rely on that: a prefix that
//! was unique then keeps its meaning although options have been added (`--st` is `--stop`, `--c` is `--config`).

use std::ffi::OsString;

/// The long options of the original, without dashes.
const ORIGINAL: [&str; 10] =
    ["help", "config", "pidfile", "logging-conf", "foreground", "stop", "no-syslog", "no-console", "verbose", "debug"];

/// Writes out an option of the original that is shortened; everything else stays as it is.
pub(super) fn written_out(argument: OsString) -> OsString {
    let Some(option) = argument.to_str().and_then(|text| text.strip_prefix("--")) else { return argument };
    let (name, value) = option.split_at(option.find('=').unwrap_or(option.len()));
    let mut fitting = ORIGINAL.iter().filter(|known| !name.is_empty() && known.starts_with(name));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => format!("--{only}{value}").into(),
        _ => argument,
    }
}
