//! Log lines to the system's log.

use std::path::Path;

use syslog_tracing::{Facility, Options, Syslog};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::logging::line::Line;

/// Where `syslog(3)` writes to on Linux; macOS has no such file and needs none.
const SOCKET: &str = "/dev/log";

/// # Errors
///
/// What to tell the operator when there is no system log: `syslog(3)` itself
/// would lose every line in silence.
pub(super) fn layer<S>() -> Result<impl Layer<S>, String>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    if cfg!(target_os = "linux") && !Path::new(SOCKET).exists() {
        return Err(format!(
            "no system log at {SOCKET}: nothing is logged to it; start a syslog daemon or use --no-syslog"
        ));
    }
    let syslog = Syslog::new(c"smokerd", Options::LOG_PID, Facility::User).ok_or("the system log is already in use")?;
    Ok(tracing_subscriber::fmt::layer()
        .event_format(Line { separator: " ", keeps_line_ends: false })
        .with_writer(syslog)
        .log_internal_errors(false))
}
