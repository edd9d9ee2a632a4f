//! Where log lines go without a logging configuration: the console in the
//! foreground, syslog in any case.

use crate::format::formatter::Formatter;
use crate::output::stream;
use crate::plan::logging_plan::{HandlerPlan, Logger, Plan};
use crate::plan::standard_stream::StandardStream;
use crate::plan::syslog_address::{self, Address};
use crate::plan::syslog_priority;
use crate::plan::target::Target;
use crate::records::level::Level;

/// What the command line says about logging.
#[derive(Clone, Copy, Debug)]
pub struct LogOptions {
    /// Lines on standard output and standard error.
    pub console: bool,
    /// Lines in the system's log.
    pub syslog: bool,
    /// The lowest level that is logged.
    pub level: Level,
}

/// The plan that needs no file.
pub(crate) fn plan(options: LogOptions) -> Plan {
    // On a machine with systemd the journal is behind both.
    let is_journal = options.console && stream::is_journal(StandardStream::Stderr);
    let console = options.console.then(|| handler("console", "%(levelname)s: %(message)s", Target::Console));
    let syslog = options.syslog && !is_journal;
    let syslog = syslog.then(|| handler("syslog", "%(name)s %(levelname)s %(message)s", system_log()));
    of_handlers(options.level, console.into_iter().chain(syslog).collect())
}

/// Everything to standard error, which leaves standard output to a report.
pub(crate) fn standard_error(level: Level) -> Plan {
    of_handlers(level, vec![handler("console", "%(levelname)s: %(message)s", Target::Stream(StandardStream::Stderr))])
}

/// The same, but for what a logger says below WARNING.
pub(crate) fn quieter(mut plan: Plan, logger: &str) -> Plan {
    let level = Some(Level::WARNING);
    plan.loggers.push(Logger { name: logger.to_owned(), level, propagates: true, handlers: Vec::new() });
    plan
}

fn of_handlers(level: Level, handlers: Vec<HandlerPlan>) -> Plan {
    let all = (0..handlers.len()).collect();
    Plan {
        loggers: vec![Logger { name: String::new(), level: Some(level), propagates: true, handlers: all }],
        handlers,
    }
}

fn handler(name: &str, format: &'static str, target: Target) -> HandlerPlan {
    HandlerPlan { name: name.to_owned(), level: Level::NOTSET, formatter: Formatter::of(format), target }
}

fn system_log() -> Target {
    if cfg!(target_os = "linux") {
        Target::Syslog(Address::Unix(syslog_address::SYSTEM.into(), None), syslog_priority::USER)
    } else {
        Target::System
    }
}
