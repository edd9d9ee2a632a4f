//! `smoker-bridge`: connects a daemon to NATS, so that a fleet is reached where hosts only dial out, and its results are in one place.
//!
//! # Layout
//!
//! - `cli`: the command line
//! - `settings`: what the command line and the file say together; `options`: what both have
//! - `serve`: the bridge from its start to its end
//! - `sink`: takes results out of the stream
//! - `requests`: answers requests; `presence`: says that the host is there; `results`: publishes results
//! - `daemon`: asks the daemon over its socket
//! - `head`: the head of a request, and answers of the bridge itself
//! - `connection`: the connection to NATS; `identity`: the certificate that the server knows this host by
//! - `failure`: why the program ends

#![forbid(unsafe_code)]

mod cli;
mod connection;
mod daemon;
mod failure;
pub mod head;
mod identity;
mod options;
mod presence;
mod requests;
mod results;
mod serve;
mod settings;
mod sink;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use smoker_logging::log;
use smoker_paths::standard_streams;

use crate::cli::Command;
use crate::failure::Failure;

/// Runs the program with these arguments, its name first, and returns its exit code.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let ended = run_command(arguments);
    log::finish();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Without standard error there is no place for the problem of writing to it.
            let _ = writeln!(io::stderr(), "ERROR: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn run_command(arguments: impl Iterator<Item = OsString>) -> Result<(), Failure> {
    match cli::command(arguments)? {
        Command::Print(text) => standard_streams::check_output()
            .and_then(|()| io::stdout().write_all(text.as_bytes()))
            .map_err(|error| Failure::new(format!("cannot write to standard output: {error}"))),
        Command::Check(settings) => identity::check(&settings),
        Command::Bridge(settings) => serve::bridge(settings),
        Command::Streams(settings, keep) => serve::make_streams(&settings, &keep),
        Command::Sink(settings, target) => serve::sink(&settings, target),
    }
}
