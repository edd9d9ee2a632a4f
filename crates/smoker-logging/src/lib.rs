//! Where log lines go.
//!
//! An event becomes a record, in which secrets and control characters are replaced; the
//! router hands it to the queues of the handlers that it is for; each handler
//! has a thread that formats and writes its records. So no log can make the
//! daemon wait.
//!
//! # Layout
//!
//! - `log`: the log of this process: start, reopen, finish
//! - `panic_hook`: panics are logged, too
//! - `setup`: from the command line and a `logging.ini` to running handlers
//! - `fileconfig`: a `logging.ini` becomes a plan
//! - `ini`: the syntax of such files
//! - `routing`: events become records and reach the handlers' threads
//! - `output`: files, streams and syslogs that handlers write to
//! - `plan`: loggers, handlers and their targets, as data
//! - `format`: a record becomes text
//! - `secrets`: values that no log may show
//! - `records`: a record, its level and its logger
//!
//! A room imports from those below it.

#![forbid(unsafe_code)]

pub mod fileconfig;
mod format;
mod ini;
pub mod log;
mod output;
mod panic_hook;
pub mod plan;
pub mod records;
mod routing;
pub mod secrets;
pub mod setup;
