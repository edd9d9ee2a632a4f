//! The measures of a benchmark: which of them the command line asks for, and the table that they fill in.

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use crate::table::Table;
use crate::usage;

/// The arguments that cargo, or the program itself, has given.
pub(crate) fn arguments() -> Vec<String> {
    env::args().skip(1).collect()
}

/// The word that the names of the wanted measures hold, empty for all of them. `None` for a program that is built and
/// started as a test (`cargo test --all-targets`), where there is nothing to measure.
pub(crate) fn wanted(words: &[&str]) -> Option<String> {
    let is_bench = words.contains(&"--bench");
    let wanted = words.iter().find(|word| !word.starts_with('-'));
    is_bench.then(|| wanted.map_or_else(String::new, |word| (*word).to_owned()))
}

/// Runs the measures whose names hold the wanted word, and prints their table.
pub(crate) fn run<M: Fn(&mut Table)>(measures: impl IntoIterator<Item = (&'static str, M)>, wanted: &str) {
    let (begin, load) = (Instant::now(), usage::load());
    let mut table = Table::default();
    for (name, measure) in measures.into_iter().filter(|(name, _)| name.contains(wanted)) {
        eprintln!("{:>4} s  {name} ...", begin.elapsed().as_secs());
        measure(&mut table);
    }
    println!("{table}");
    let (cores, system) = (usage::cores(), env::consts::OS);
    println!("{cores} cores, {system}; load before the start: {load}; {} s in all", begin.elapsed().as_secs());
}

/// Says that the program was started for nothing.
pub(crate) fn run_none() {
    println!("This program measures only when it is started by `make bench` or `cargo bench`.");
}

/// The exit code of the program, after the reason when it failed.
pub(crate) fn exit_code(done: Result<(), String>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("ERROR: {reason}");
            ExitCode::FAILURE
        }
    }
}
