//! `make bench`: one table of figures of the daemon with their limits beside
//! them. It asserts nothing; `docs/benchmarks.md` explains each measure.
//!
//! # Layout
//!
//! - `mode`: what the command line asks for, the hidden modes included
//! - `measures`: runs those that are wanted, and prints their table
//! - `measure`: the measures
//! - `bare_side`: the limits that they are held against, each in a process of its own
//! - `boot`: the daemon, configured for a measure
//! - `client`: HTTP over one kept connection; `load`: several of them, as fast as they can
//! - `forced`: forced runs of many plugins, from the request to all results served
//! - `stamps`: when the commands of a schedule really began
//! - `plan`: when they should have
//! - `usage`: memory and processor time
//! - `pairs`: ours and the limit by turns; `statistics`: what many figures say in one
//! - `table`: the figures as text

use std::process::ExitCode;

use crate::bare_side::{cgroups, checks_loop, schedule, server};
use crate::measure::{
    built_in, checks, ending, forced_result, get_plugins, journal, lateness, listeners, memory, metrics, module_run,
    page,
};
use crate::mode::Mode;
use crate::table::Table;

mod bare_side;
mod boot;
mod client;
mod forced;
mod load;
mod measure;
mod measures;
mod mode;
mod pairs;
mod plan;
mod stamps;
mod statistics;
mod table;
mod usage;

fn main() -> ExitCode {
    let done = match Mode::of_command_line() {
        Mode::Measure(wanted) => measure(&wanted),
        Mode::BareServer(page) => server::run(&page),
        Mode::BareLoop(size) => checks_loop::run(size),
        Mode::BareCgroups(size) => cgroups::run(size),
        Mode::BareSchedule(size) => schedule::run(&size),
        Mode::Nothing => {
            measures::run_none();
            Ok(())
        }
    };
    measures::exit_code(done)
}

/// Fills in the rows of one measure.
type Measure = fn(&boot::Program, &mut Table);

/// All measures, or those whose name holds the wanted word.
fn measure(wanted: &str) -> Result<(), String> {
    let daemon = &boot::release_daemon()?;
    let measures: [(&str, Measure); 12] = [
        ("get", get_plugins::measure),
        ("checks", checks::measure),
        ("built-in", built_in::measure),
        ("forced", forced_result::measure),
        ("module", module_run::measure),
        ("lateness", lateness::measure),
        ("ending", ending::measure),
        ("memory", memory::measure),
        ("journal", journal::measure),
        ("listeners", listeners::measure),
        ("metrics", metrics::measure),
        ("page", page::measure),
    ];
    let measures = measures.map(|(name, measure)| (name, move |table: &mut Table| measure(daemon, table)));
    measures::run(measures, wanted);
    Ok(())
}
