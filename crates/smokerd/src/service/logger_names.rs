//! Which logger of a logging configuration each room of the daemon logs to. Documented in `docs/logging.md`.

use smoker_logging::records::logger_names::LoggerNames;

/// Start, signals, configuration.
pub(crate) const DAEMON: &str = "smokerd";

/// Plugins, their runs and results.
pub(crate) const PLUGIN_MANAGER: &str = "smokerd.pluginmanager";

/// The REST interface.
pub(crate) const REST_SERVER: &str = "smokerd.restserver";

/// Who did what: runs, reloads, refusals.
const AUDIT: &str = "smokerd.audit";

/// Modules and their loggers; the longest prefix counts.
pub(crate) static LOGGER_NAMES: LoggerNames = LoggerNames {
    program: DAEMON,
    modules: &[
        ("smokerd", DAEMON),
        ("smokerd::scheduler", PLUGIN_MANAGER),
        ("smokerd::results", PLUGIN_MANAGER),
        ("smokerd::startup::admission", PLUGIN_MANAGER),
        ("smokerd::http", REST_SERVER),
        ("smokerd::http::access::audit", AUDIT),
        ("smokerd::service::listen", REST_SERVER),
        ("smoker_runner", PLUGIN_MANAGER),
        ("smoker_checks", PLUGIN_MANAGER),
        ("smoker_logging", DAEMON),
    ],
};
