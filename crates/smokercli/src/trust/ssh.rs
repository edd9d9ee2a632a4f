//! Runs a command on hosts over SSH, as the user's own configuration of ssh says.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::trust_args::Ssh;
use crate::trust::targets::Target;

/// How often a command that runs is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// What is kept of each stream of a command.
const MAX_OUTPUT: u64 = 1 << 20;

/// Does something for each host, several at a time, and returns what came of each in the order of the hosts.
pub(super) fn for_each<T: Send>(targets: &[Target], parallel: usize, work: impl Fn(&Target) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..parallel.clamp(1, targets.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(target) = targets.get(at) else { return };
                    let outcome = work(target);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A word of a command line for the shell on the host.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What a command on a host has printed.
#[derive(Debug)]
pub(super) struct Printed {
    /// On standard output.
    pub(super) stdout: String,
    /// On standard error, with what ssh itself has said.
    pub(super) stderr: String,
}

impl Printed {
    /// What the command has to say beside that it has succeeded.
    pub(super) fn notes(&self) -> impl Iterator<Item = &str> {
        self.stderr.lines().filter_map(|line| NOTES.iter().find_map(|begin| line.strip_prefix(begin)))
    }
}

/// What lines begin with by which smokerd says more than what was asked for.
const NOTES: [&str; 2] = ["NOTE: ", "WARNING: "];

/// What a shell says by its exit code of a command that is not there.
const NOT_FOUND: i32 = 127;

/// Runs a command on a host and returns what it prints.
///
/// # Errors
///
/// When ssh or the command fails, with the last line that either wrote.
pub(super) fn run(options: &Ssh, target: &Target, command: &str, input: &[u8]) -> Result<Printed, String> {
    let user = options.user.as_deref().unwrap_or("root");
    let destination = format!("{user}@{}", target.bare_host());
    let sudo = if options.sudo { "sudo -n " } else { "" };
    let child = Command::new("ssh")
        .args(["-o", "ConnectTimeout=10", "--", &destination, &format!("{sudo}{command}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child
        .map_err(|error| format!("ssh cannot be started ({error}); install it, or use trust key and trust scan"))?;
    let (status, stdout, stderr) = finish(child, options.timeout, input).map_err(|error| error.to_string())?;
    match status {
        Some(0) => Ok(Printed { stdout, stderr }),
        Some(code) => {
            let last = stderr.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing");
            let who = if code == 255 { "ssh" } else { "the command" };
            let path = if code == NOT_FOUND { "name its path there by --smokerd or --smokercli, or " } else { "" };
            Err(format!(
                "{who} failed with the exit code {code}: {last}; {path}try ssh {destination} {}",
                quoted(command)
            ))
        }
        None => Err(format!(
            "it was ended after {} s; try ssh {destination}, or give it more --timeout",
            options.timeout.as_secs()
        )),
    }
}

/// Waits for the end, within a limit. The exit code is `None` when the limit was reached or a signal ended it.
fn finish(mut child: Child, limit: Duration, input: &[u8]) -> io::Result<(Option<i32>, String, String)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        // A command that ends without reading leaves a broken pipe, which its exit code explains.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        let out = scope.spawn(move || stdout.map(text).unwrap_or_default());
        let err = scope.spawn(move || stderr.map(text).unwrap_or_default());
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status.code();
            }
            if begun.elapsed() >= limit {
                child.kill()?;
                child.wait()?;
                break None;
            }
            thread::sleep(INTERVAL);
        };
        Ok((status, out.join().unwrap_or_default(), err.join().unwrap_or_default()))
    })
}

fn text(stream: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read before an error is shown.
    let _ = stream.take(MAX_OUTPUT).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_its_turn_and_its_place() {
        let targets: Vec<_> = (1..=50).map(|port| Target { host: "h".to_owned(), port }).collect();
        let ports = for_each(&targets, 7, |target| target.port);
        assert_eq!(ports, (1..=50).collect::<Vec<_>>());
        assert!(for_each(&[], 7, |target| target.port).is_empty());
    }

    #[test]
    fn a_word_reaches_the_shell_whole() {
        let word = "it's \"$HOME\" `id` \\";
        let output = Command::new("sh").args(["-c", &format!("printf %s {}", quoted(word))]).output().expect("sh");
        assert_eq!(String::from_utf8_lossy(&output.stdout), word);
    }
}
