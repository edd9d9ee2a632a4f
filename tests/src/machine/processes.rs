//! What `/proc` tells of other processes, and the strays that a test leaves.
//! Where there is no `/proc` (macOS) nothing is found.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::wait;

/// The processes, other than this one, whose environment holds `NAME=value`.
#[must_use]
pub fn with_environment(name: &str, value: &str) -> Vec<i32> {
    with_value(name, |found| found == value)
}

/// The processes, other than this one, whose environment holds the name with such a value.
fn with_value(name: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<i32> {
    let name = format!("{name}=");
    let holds = |pid: &i32| {
        let environment = wait::within(Duration::from_secs(5), || {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            (!environment.is_empty() || !is_in_exec(*pid)).then_some(environment)
        });
        let environment = environment.unwrap_or_default();
        let mut values = environment.split(|byte| *byte == 0).filter_map(|entry| entry.strip_prefix(name.as_bytes()));
        values.any(|value| std::str::from_utf8(value).is_ok_and(&is_wanted))
    };
    all().into_iter().filter(holds).filter(|pid| is_running(*pid)).collect()
}

/// Whether a process is in the middle of an exec: it has a program, but neither arguments nor an environment yet.
fn is_in_exec(pid: i32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|arguments| arguments.is_empty())
        && fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

/// The running processes, other than this one, with an argument that is exactly this text.
#[must_use]
pub fn with_argument(argument: &str) -> Vec<i32> {
    with_arguments(&[argument]).remove(argument).unwrap_or_default()
}

/// As [`with_argument`] for many texts, with one look at all processes.
#[must_use]
pub fn with_arguments<'a>(wanted: &[&'a str]) -> HashMap<&'a str, Vec<i32>> {
    let wanted: HashMap<&[u8], &'a str> = wanted.iter().map(|argument| (argument.as_bytes(), *argument)).collect();
    let mut found: HashMap<&'a str, Vec<i32>> = HashMap::new();
    for pid in all() {
        let Ok(arguments) = fs::read(format!("/proc/{pid}/cmdline")) else { continue };
        let held = arguments.split(|byte| *byte == 0).find_map(|argument| wanted.get(argument));
        if let Some(argument) = held.filter(|_| is_running(pid)) {
            found.entry(argument).or_default().push(pid);
        }
    }
    found
}

/// Ends the processes whose environment holds `NAME=value`.
pub fn kill_with_environment(name: &str, value: &str) {
    kill_all(|| with_environment(name, value));
}

/// The same for many values, with one look at all processes for all of them.
pub fn kill_with_environments(name: &str, values: &BTreeSet<String>) {
    kill_all(|| with_value(name, |found| values.contains(found)));
}

/// Ends processes. One can have forked while it was looked for, so it looks
/// again until there is none.
fn kill_all(find: impl Fn() -> Vec<i32>) {
    wait::within(Duration::from_secs(5), || {
        let found = find();
        for pid in &found {
            // It may have ended by itself since it was found.
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        found.is_empty().then_some(())
    });
}

/// Whether a process exists and is more than a zombie.
#[must_use]
pub fn is_running(pid: i32) -> bool {
    let state = status(pid).and_then(|fields| fields.get("State").cloned());
    state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}

/// Whether a process has children that have ended and that it has not collected yet.
#[must_use]
pub fn has_zombie_children(pid: i32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let is_zombie = |child: &str| {
        let fields = child.parse().ok().and_then(status);
        fields.is_some_and(|fields| fields.get("State").is_some_and(|state| state.starts_with('Z')))
    };
    children.any(|list| list.split_whitespace().any(is_zombie))
}

/// The fields of `/proc/PID/status` by name (`Uid`, `Groups`, `VmRSS`...);
/// `None` when there is no such process.
#[must_use]
pub fn status(pid: i32) -> Option<HashMap<String, String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    Some(text.lines().filter_map(field).collect())
}

/// The number of a process that has ended.
#[must_use]
pub fn unused_pid() -> i32 {
    let mut child = Command::new("true").spawn().expect("true can be started");
    let pid = child.id();
    child.wait().expect("it ends");
    i32::try_from(pid).expect("a pid")
}

/// An argument that no other process has, for processes that are to be found
/// whatever they do to their environment. `sleep` takes it for a time. Dropping
/// it kills the processes that still have it.
#[derive(Debug)]
pub struct Token(String);

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

impl Token {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self(format!("3600.{:07}{:04}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The running processes that have it.
    #[must_use]
    pub fn holders(&self) -> Vec<i32> {
        with_argument(&self.0)
    }

    /// Waits until a process has it, and returns all that do.
    #[must_use]
    pub fn wait_for_holders(&self) -> Vec<i32> {
        wait::until(&format!("a process with {}", self.0), || Some(self.holders()).filter(|pids| !pids.is_empty()))
    }

    /// Waits until no process has it.
    pub fn wait_until_free(&self) {
        wait::until_true(&format!("nobody to have {}", self.0), || self.holders().is_empty());
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        kill_all(|| self.holders());
    }
}

fn all() -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let own = i32::try_from(process::id()).unwrap_or_default();
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != own).collect()
}
