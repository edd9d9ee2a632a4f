//! What was typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;

use crate::exit_code;

/// Where the configuration is unless `-c` tells.
const DEFAULT_CONFIG: &str = "/etc/smokerd/smokerd.yaml";

/// Where a logging configuration is looked for unless `--logging-conf` tells.
const DEFAULT_LOGGING_CONF: &str = "/etc/smokerd/logging.ini";

/// Runs plugins periodically or on request and serves their results over REST.
#[derive(Debug, Parser)]
#[command(
    name = "smokerd",
    version,
    infer_long_args = true,
    after_help = "Exit codes: 0 stopped as asked (with --check: no problems); 1 the start failed, the configuration has \
                  problems, or there is nothing to stop; 2 usage."
)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for one flag of the command line")]
struct Typed {
    /// Main configuration file
    #[arg(short, long, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    config: PathBuf,

    /// File for the process number of a background daemon [default: the configuration's pidfile, else /var/run/smokerd.pid]
    #[arg(short, long, value_name = "FILE")]
    pidfile: Option<PathBuf>,

    /// Logging configuration in the format of Python's logging.config
    #[arg(long, value_name = "FILE")]
    logging_conf: Option<PathBuf>,

    /// Stay in the foreground (also -fg)
    #[arg(long)]
    foreground: bool,

    /// Stop the daemon that the pidfile names and wait until it is gone
    #[arg(long, conflicts_with = "check")]
    stop: bool,

    /// Print every problem of the configuration and start nothing
    #[arg(long)]
    check: bool,

    /// Do not log to syslog
    #[arg(long)]
    no_syslog: bool,

    /// Do not log to the console
    #[arg(long)]
    no_console: bool,

    /// Log what happens (level INFO)
    #[arg(short, long)]
    verbose: bool,

    /// Log everything (level DEBUG)
    #[arg(short, long)]
    debug: bool,
}

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) order: Order,
    pub(crate) config: PathBuf,
    pub(crate) pidfile: Option<PathBuf>,
    /// A logging configuration that exists or was asked for.
    pub(crate) logging_conf: Option<PathBuf>,
    pub(crate) log_to_syslog: bool,
    pub(crate) log_to_console: bool,
    pub(crate) log_level: tracing::Level,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Serve, without leaving the terminal.
    Foreground,
    /// Serve in the background.
    Background,
    /// End a daemon.
    Stop,
    /// Look at the configuration.
    Check,
}

/// Reads the command line; help, version and usage errors are printed here and
/// give the exit code.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, u8> {
    let arguments =
        arguments.into_iter().map(|argument| if argument == "-fg" { "--foreground".into() } else { argument });
    Typed::try_parse_from(arguments).map(Options::from).map_err(|error| {
        // Neither a closed terminal nor a full disk changes what the exit code says.
        let _ = error.print();
        if error.use_stderr() { exit_code::USAGE } else { exit_code::SUCCESS }
    })
}

impl From<Typed> for Options {
    fn from(typed: Typed) -> Self {
        let order = match typed {
            Typed { check: true, .. } => Order::Check,
            Typed { stop: true, .. } => Order::Stop,
            Typed { foreground: true, .. } => Order::Foreground,
            _ => Order::Background,
        };
        let default_logging_conf = Some(PathBuf::from(DEFAULT_LOGGING_CONF)).filter(|path| path.exists());
        Self {
            order,
            config: typed.config,
            pidfile: typed.pidfile,
            logging_conf: typed.logging_conf.or(default_logging_conf),
            log_to_syslog: !typed.no_syslog,
            log_to_console: !typed.no_console && order == Order::Foreground,
            log_level: match (typed.debug, typed.verbose) {
                (true, _) => tracing::Level::DEBUG,
                (false, true) => tracing::Level::INFO,
                (false, false) => tracing::Level::WARN,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(arguments: &[&str]) -> Result<Order, u8> {
        let arguments = ["smokerd"].iter().chain(arguments).map(OsString::from);
        parse(arguments).map(|options| options.order)
    }

    #[test]
    fn the_foreground_option_has_one_dash_and_two_letters() {
        assert_eq!(order(&["-fg"]), Ok(Order::Foreground));
        assert_eq!(order(&["--fore", "-v"]), Ok(Order::Foreground));
        assert_eq!(order(&[]), Ok(Order::Background));
    }

    #[test]
    fn an_unknown_option_is_a_usage_error() {
        assert_eq!(order(&["--nonsense"]), Err(exit_code::USAGE));
        assert_eq!(order(&["--version"]), Err(exit_code::SUCCESS));
    }
}
