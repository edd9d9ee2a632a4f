//! `make soak`: load and abuse, one row each: what was tried, what was
//! measured, and the bound that it is held against. Seven minutes, or about one with `SHORT=1`.
//! A missed bound is an error. `docs/reliability.md` has the table.
//!
//! # Layout
//!
//! - `verdict`: what came out of a row
//! - `length`: how long each row takes
//! - `pulse`: a plugin that runs every second, by which the schedule is judged
//! - `watch`: memory and descriptors of the daemon
//! - `place`: what a row needs of the machine
//! - `rows`: what is tried, one file for each kind

use std::env;
use std::panic;
use std::process::ExitCode;
use std::time::Instant;

use crate::length::Length;
use crate::rows::{
    clock, connections, descriptors, dev_log, disk, fairness, many_plugins, output, polling, processes, reloads,
    requests,
};
use crate::verdict::Verdict;

mod length;
mod place;
mod pulse;
mod rows;
mod verdict;
mod watch;

/// A row by its name.
type Row = (&'static str, fn(Length) -> Verdict);

const ROWS: [Row; 15] = [
    ("connections", connections::run),
    ("polling", polling::run),
    ("oversized", requests::oversized),
    ("pipelining", requests::pipelining),
    ("memory-bombs", fairness::memory_bombs),
    ("starvation", fairness::starvation),
    ("plugins", many_plugins::run),
    ("output", output::run),
    ("reloads", reloads::run),
    ("descriptors", descriptors::run),
    ("processes", processes::run),
    ("log-disk", disk::log),
    ("pid-disk", disk::pidfile),
    ("dev-log", dev_log::run),
    ("clock", clock::run),
];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if !arguments.iter().any(|word| word == "--bench") {
        println!("This program does something only when it is started by `make soak` or `cargo bench`.");
        return ExitCode::SUCCESS;
    }
    let wanted = arguments.iter().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    let length = Length::of_environment();
    let begun = Instant::now();
    let mut missed = 0;
    for (name, run) in ROWS.into_iter().filter(|(name, _)| name.contains(wanted)) {
        let row_begun = Instant::now();
        let verdict = panic::catch_unwind(|| run(length)).unwrap_or_else(|_| Verdict::broken());
        missed += u32::from(verdict.is_missed());
        println!("{name} ({} s)\n{verdict}", row_begun.elapsed().as_secs());
    }
    println!("{} s in all; {missed} rows missed a bound", begun.elapsed().as_secs());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
