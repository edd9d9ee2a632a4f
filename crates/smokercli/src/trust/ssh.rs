//! Runs a command on hosts over SSH, as the user's own configuration of ssh says.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::cli::trust_args::Ssh;
use crate::trust::targets::Target;
use smoker_model::notation::shell_word::quoted;

/// How often a command that runs is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// How long after its end what a command has written is waited for, where something that it has started keeps its streams open.
const REST: Duration = Duration::from_secs(1);

/// What is kept of each stream of a command.
const MAX_OUTPUT: u64 = 1 << 20;

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
    let destination = format!("{user}@{}", target.typed);
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
            let path = match code {
                NOT_FOUND => "name its path there by --smokerd or --smokercli, or ",
                _ if last.contains("Can't read config f") => "name the file there by --smokerd 'smokerd -c FILE', or ",
                _ => "",
            };
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
    let (stdin, input) = (child.stdin.take(), input.to_vec());
    // A command that ends without reading leaves a broken pipe, which its exit code explains.
    thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
    let (stdout, stderr) = (Output::of(child.stdout.take()), Output::of(child.stderr.take()));
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
    let end = Instant::now() + REST;
    Ok((status, stdout.text_until(end), stderr.text_until(end)))
}

/// What a stream has given so far. It is read on a thread that nobody waits for: what ssh has started may live on, and keep the stream open.
struct Output {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Output {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let read = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut stream = stream.map(|stream| stream.take(MAX_OUTPUT));
            let mut piece = [0; 4096];
            // What was read before an error is shown.
            while let Some(Ok(count @ 1..)) = stream.as_mut().map(|stream| stream.read(&mut piece)) {
                read.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&piece[..count]);
            }
        });
        Self { bytes, reader }
    }

    /// All of it, or what there is at this time.
    fn text_until(self, end: Instant) -> String {
        while !self.reader.is_finished() && Instant::now() < end {
            thread::sleep(INTERVAL);
        }
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_leaves_behind_holds_up_nobody() {
        for (script, limit, expected) in [
            ("echo out; echo err >&2; sleep 30 & exit 3", Duration::from_secs(20), Some(3)),
            ("echo out; echo err >&2; sleep 30 & wait", Duration::from_millis(500), None),
        ] {
            let mut command_line = Command::new("sh");
            command_line.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let begun = Instant::now();
            let ended = finish(command_line.spawn().expect("sh"), limit, b"input").expect("waited for");
            assert_eq!(ended, (expected, "out\n".to_owned(), "err\n".to_owned()));
            assert!(begun.elapsed() < Duration::from_secs(10), "{script}");
        }
    }
}
