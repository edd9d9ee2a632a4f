//! A plugin that runs every second, by which the schedule is judged.
//!
//! It writes the machine's own count of seconds with what the shell has built
//! in: it needs no further process, and a step of the clock changes nothing.

use std::fs;
use std::path::PathBuf;

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;

/// A run may begin so much later than a second after the one before; the
/// machine is loaded on purpose.
pub(crate) const GAP: f64 = 3.0;

/// A configuration with the pulse.
pub(crate) fn config() -> Config {
    let command = "Command: read up rest < /proc/uptime; echo $up >> {{DIR}}/pulse\nInterval: 1\nTimeout: 30";
    Config::new().plugin("pulse", command)
}

/// Follows the pulse of a daemon.
pub(crate) struct Pulse {
    file: PathBuf,
    begin: f64,
}

impl Pulse {
    /// From its first beat on.
    pub(crate) fn of(daemon: &Daemon) -> Self {
        let _ = daemon.wait_for_file("pulse");
        Self { file: daemon.path("pulse"), begin: uptime() }
    }

    /// The longest time without a beat, up to now.
    pub(crate) fn longest_gap(&self) -> f64 {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        let beats = text.lines().filter_map(|line| line.parse::<f64>().ok()).filter(|beat| *beat >= self.begin);
        let times: Vec<f64> = std::iter::once(self.begin).chain(beats).chain([uptime()]).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }
}

fn uptime() -> f64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split(' ').next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}
