//! A plugin that runs every second, by which the schedule is judged.
//!
//! It writes the machine's own count of seconds with what the shell has built
//! in: it needs no further process, and a step of the clock changes nothing.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;

/// What the shell is told to do.
const BEAT: &str = "read up rest < /proc/uptime; echo $up";

/// A run may begin so much later than a second after the one before.
const GAP: f64 = 3.0;

/// A configuration with the pulse.
pub(crate) fn config() -> Config {
    Config::new().plugin("pulse", &format!("Command: {BEAT} >> {{{{DIR}}}}/pulse\nInterval: 1\nTimeout: 30"))
}

/// Follows the pulse of a daemon, beside one of our own: what else the machine
/// does meets both.
pub(crate) struct Pulse {
    file: PathBuf,
    begin: f64,
    own: Arc<Own>,
}

#[derive(Default)]
struct Own {
    is_over: AtomicBool,
    beats: Mutex<Vec<f64>>,
}

impl Pulse {
    /// From its first beat on.
    pub(crate) fn of(daemon: &Daemon) -> Self {
        let _ = daemon.wait_for_file("pulse");
        let own = Arc::new(Own::default());
        thread::spawn({
            let own = Arc::clone(&own);
            move || own.beat()
        });
        Self { file: daemon.path("pulse"), begin: uptime(), own }
    }

    /// The longest time without a beat, up to now.
    pub(crate) fn longest_gap(&self) -> f64 {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        self.longest_between(text.lines().filter_map(|line| line.parse::<f64>().ok()))
    }

    /// How many seconds the machine itself is late.
    pub(crate) fn lateness(&self) -> f64 {
        let beats = self.own.beats.lock().unwrap_or_else(PoisonError::into_inner);
        (self.longest_between(beats.iter().copied()) - 1.0).max(0.0)
    }

    /// What the longest gap may be.
    pub(crate) fn bound(&self) -> f64 {
        GAP + 2.0 * self.lateness()
    }

    fn longest_between(&self, beats: impl Iterator<Item = f64>) -> f64 {
        let beats = beats.filter(|beat| *beat >= self.begin);
        let times: Vec<f64> = std::iter::once(self.begin).chain(beats).chain([uptime()]).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.own.is_over.store(true, Ordering::Relaxed);
    }
}

impl Own {
    /// Does each second what the plugin does, with nothing around it.
    fn beat(&self) {
        let mut due = Instant::now();
        while !self.is_over.load(Ordering::Relaxed) {
            let mut shell = Command::new("/bin/sh");
            let said = shell.args(["-c", BEAT]).stdin(Stdio::null()).output().map(|output| output.stdout);
            let beat: Option<f64> = said.ok().and_then(|said| String::from_utf8_lossy(&said).trim().parse().ok());
            self.beats.lock().unwrap_or_else(PoisonError::into_inner).extend(beat);
            due = (due + Duration::from_secs(1)).max(Instant::now());
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
}

fn uptime() -> f64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split(' ').next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}
