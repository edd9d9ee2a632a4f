//! What a call of a program costs. A process of its own waits for the calls,
//! so that what the system counts for its children is theirs alone.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::again;
use crate::statistics::median;

/// The first word of the hidden mode in which this program is the stopwatch.
pub(crate) const STOPWATCH: &str = "--stopwatch";

/// Some calls of a program, one after the other.
#[derive(Debug)]
pub(crate) struct Calls {
    /// How many.
    pub(crate) times: u32,
    /// What is called.
    pub(crate) program: String,
    /// With which arguments.
    pub(crate) arguments: Vec<String>,
}

/// What a call costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// The median time in milliseconds.
    pub(crate) wall: f64,
    /// The mean time of processors, user and system, in milliseconds.
    pub(crate) processor: f64,
    /// The largest resident memory in MiB.
    pub(crate) memory: f64,
}

/// Has a process of its own take the cost.
pub(crate) fn cost(times: u32, program: &str, arguments: &[&str]) -> Result<Cost, String> {
    of(again::command(STOPWATCH)?, times, program, arguments)
}

/// As [`cost`], for a program of a user with this home.
pub(crate) fn cost_in(home: &Path, times: u32, program: &str, arguments: &[&str]) -> Result<Cost, String> {
    let mut command = again::command(STOPWATCH)?;
    command.env("HOME", home).env_remove("XDG_CONFIG_HOME");
    of(command, times, program, arguments)
}

fn of(mut command: Command, times: u32, program: &str, arguments: &[&str]) -> Result<Cost, String> {
    command.arg(times.to_string()).arg(program).args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("the stopwatch does not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = text.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    match *figures {
        [wall, processor, memory] => Ok(Cost { wall, processor, memory }),
        _ => Err(format!("the stopwatch shows {text:?}")),
    }
}

/// Prints the cost.
pub(crate) fn run(calls: &Calls) -> Result<(), String> {
    let walls: Vec<f64> = (0..calls.times).map(|_| call(calls).map(milliseconds)).collect::<Result<_, _>>()?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| format!("what was used is not known: {error}"))?;
    let processor = milliseconds(processor_time(&usage)) / f64::from(calls.times);
    println!("{} {processor} {}", median(&walls), memory(&usage));
    Ok(())
}

fn call(calls: &Calls) -> Result<Duration, String> {
    let mut command = Command::new(&calls.program);
    command.args(&calls.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let status = command.status().map_err(|error| format!("{} does not start: {error}", calls.program))?;
    let wall = begin.elapsed();
    if status.success() { Ok(wall) } else { Err(format!("{command:?}: {status}")) }
}

fn processor_time(usage: &Usage) -> Duration {
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
}

/// In MiB; macOS counts bytes, all others kibibytes.
fn memory(usage: &Usage) -> f64 {
    let unit = if cfg!(target_os = "macos") { 1 << 20 } else { 1 << 10 };
    f64::from(u32::try_from(usage.max_rss()).unwrap_or(u32::MAX)) / f64::from(unit)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
