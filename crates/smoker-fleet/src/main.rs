//! `smoker-fleet`: a page with the plugins of many hosts.
//!
//! # Layout
//!
//! - `serve`: listens, and answers requests from what is known
//! - `tls`: serves other hosts; `tokens`: who of them may see the page
//! - `rounds`: asks the hosts again and again
//! - `snapshot`: the answers of a round
//! - `pages`: the answers as a grid of hosts and plugins, as the page of a host, and as JSON

#![forbid(unsafe_code)]

mod pages;
mod rounds;
mod serve;
mod snapshot;
mod tls;
mod tokens;

use std::io::{self, Write};
use std::process::ExitCode;

use smokercli::error::ExitError;
use smokercli::fleet_page::{self, FleetCommand};
use smokercli::terminal::output;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error there is no place for the problem of writing to it.
            let _ = writeln!(io::stderr(), "ERROR: {}", error.message);
            ExitCode::from(error.code)
        }
    }
}

fn run() -> Result<(), ExitError> {
    match fleet_page::command(std::env::args_os())? {
        FleetCommand::Print(text) => output::print(&text),
        FleetCommand::Serve(page) => serve::run(&page),
    }
}
