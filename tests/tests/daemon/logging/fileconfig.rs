//! A daemon with a logging configuration.

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;

/// A logging configuration with one handler, `file` of the root, whose lines
/// are `<LEVEL> logger: message`.
pub(crate) fn one_handler(handler: &str) -> String {
    format!(
        "[loggers]\nkeys=root\n\n[handlers]\nkeys=it\n\n[formatters]\nkeys=plain\n\n\
         [logger_root]\nlevel=INFO\nhandlers=it\n\n[handler_it]\nformatter=plain\n{handler}\n\n\
         [formatter_plain]\nformat=<%(levelname)s> %(name)s: %(message)s\n"
    )
}

/// A daemon to be started with a logging configuration.
pub(crate) fn boot(config: Config, ini: &str) -> Boot {
    Boot::of(config.file("logging.ini", ini)).argument("--logging-conf").argument("{{DIR}}/logging.ini")
}

/// What stands on the console beside the note that -v, with which all daemons
/// of tests are started, does not count.
pub(crate) fn told(daemon: &Daemon) -> String {
    let lines = daemon.console();
    lines.lines().filter(|line| !line.starts_with("NOTE: ")).collect::<Vec<_>>().join("\n")
}

/// A daemon that says hello and logs by one handler.
pub(crate) fn with_handler(handler: &str) -> Daemon {
    boot(hello(), &one_handler(handler)).start()
}
