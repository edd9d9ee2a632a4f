//! Runs a command of the user.

use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::{Duration, Instant};

/// How often a command that runs is looked at.
const INTERVAL: Duration = Duration::from_millis(20);
/// How long a command may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
/// How long the next piece of what is left in the pipe may take to be read after the end, and all of it: a process that the command
/// leaves behind may keep it open, and go on printing.
const NEXT_OF_REST: Duration = Duration::from_millis(200);
const REST: Duration = Duration::from_secs(1);
/// How many pieces of output wait to be taken, and how many are taken at most before the command is looked at again.
const PIECES: usize = 256;
/// How many bytes of the end of its output are kept.
const KEPT_OUTPUT: usize = 64 << 10;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) milliseconds: u64,
    /// Why it failed; none when it has not.
    pub(super) failure: Option<String>,
    /// The end of what it printed on both streams.
    pub(super) output: String,
}

/// Runs a command in a process group of its own, so that Ctrl-C does not cut it short, and without standard input. After the
/// limit, or when `is_cut_short`, its group gets SIGTERM and then SIGKILL.
pub(super) fn run(command: &str, limit: Duration, is_cut_short: &AtomicBool) -> Ended {
    let begun = Instant::now();
    let mut output = Output::default();
    let failure = match begin(command, &mut output) {
        Ok(mut child) => finish(&mut child, limit, is_cut_short, &mut output),
        Err(error) => Err(error),
    };
    let failure = failure.unwrap_or_else(|error| Some(format!("it cannot be run: {error}")));
    Ended { milliseconds: milliseconds(begun.elapsed()), failure, output: output.text() }
}

/// As records have durations.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn begin(command: &str, output: &mut Output) -> io::Result<Child> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let (sender, chunks) = mpsc::sync_channel(PIECES);
    if let Some(stream) = child.stdout.take() {
        follow(stream, sender.clone());
    }
    if let Some(stream) = child.stderr.take() {
        follow(stream, sender);
    }
    output.chunks = Some(chunks);
    Ok(child)
}

/// Reads until the last process that has the stream open has ended.
fn follow(mut stream: impl Read + Send + 'static, sender: SyncSender<Vec<u8>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
}

/// Waits for the end. Returns why the command failed.
fn finish(
    child: &mut Child,
    limit: Duration,
    is_cut_short: &AtomicBool,
    output: &mut Output,
) -> io::Result<Option<String>> {
    let begun = Instant::now();
    let status = loop {
        output.take();
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let is_late = begun.elapsed() >= limit;
        if is_late || is_cut_short.load(Ordering::Relaxed) {
            terminate(child, output)?;
            let why = if is_late {
                format!("it took more than {} s", limit.as_secs_f64())
            } else {
                "a signal cut it short".to_owned()
            };
            return Ok(Some(format!("{why}, and was ended")));
        }
        std::thread::sleep(INTERVAL);
    };
    output.take_rest();
    Ok(failure(status))
}

fn failure(status: ExitStatus) -> Option<String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exit status {code}")),
        (None, Some(signal)) => Some(format!("killed by signal {signal}")),
        (None, None) => Some(status.to_string()),
    }
}

fn terminate(child: &mut Child, output: &mut Output) -> io::Result<()> {
    signal_group(child.id(), "TERM");
    let begun = Instant::now();
    while begun.elapsed() < GRACE {
        output.take();
        if child.try_wait()?.is_some() {
            break;
        }
        std::thread::sleep(INTERVAL);
    }
    // The command itself may have ended while others of its group have not.
    signal_group(child.id(), "KILL");
    child.kill()?;
    child.wait()?;
    output.take_rest();
    Ok(())
}

/// The shell sends it, since the system's own call is not safe code. A group that is gone needs no signal.
fn signal_group(group: u32, signal: &str) {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &format!("kill -s {signal} -- -{group}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _ = shell.status();
}

/// The end of what a command prints.
#[derive(Debug, Default)]
struct Output {
    chunks: Option<Receiver<Vec<u8>>>,
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Output {
    fn take(&mut self) {
        for _ in 0..PIECES {
            let Some(chunk) = self.chunks.as_ref().and_then(|chunks| chunks.try_recv().ok()) else { return };
            self.add(&chunk);
        }
    }

    fn take_rest(&mut self) {
        let end = Instant::now() + REST;
        while Instant::now() < end {
            let Some(chunk) = self.chunks.as_ref().and_then(|chunks| chunks.recv_timeout(NEXT_OF_REST).ok()) else {
                return;
            };
            self.add(&chunk);
        }
    }

    fn add(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
        if self.bytes.len() > 2 * KEPT_OUTPUT {
            self.bytes.drain(..self.bytes.len() - KEPT_OUTPUT);
            self.is_cut = true;
        }
    }

    fn text(mut self) -> String {
        let start = self.bytes.len().saturating_sub(KEPT_OUTPUT);
        self.is_cut |= start > 0;
        let text = String::from_utf8_lossy(&self.bytes[start..]).into_owned();
        if self.is_cut { format!("[the beginning is cut]\n{text}") } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &str, limit: Duration) -> Ended {
        run(command, limit, &AtomicBool::new(false))
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_end_of_a_command_is_told() {
        for (command, failure, output) in [
            ("echo a; echo b >&2", None, "a"),
            ("echo no >&2; exit 3", Some("exit status 3"), "no"),
            ("kill -9 $$", Some("killed by signal 9"), ""),
            ("nosuchprogram", Some("exit status 127"), "not found"),
            ("read line || echo nothing to read", None, "nothing to read"),
        ] {
            let ended = of(command, LONG);
            assert_eq!(ended.failure.as_deref(), failure, "{command}: {ended:?}");
            assert!(ended.output.contains(output), "{command}: {ended:?}");
        }
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_all_of_its_processes() {
        let begun = Instant::now();
        let ended = of("trap '' TERM; echo before; sleep 600 & sleep 600; sleep 600", Duration::from_millis(300));
        assert!(ended.failure.as_deref().is_some_and(|why| why.contains("0.3 s")), "{ended:?}");
        assert!(ended.output.starts_with("before"), "{ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(20));
        let cut_short = run("sleep 600", LONG, &AtomicBool::new(true));
        assert!(cut_short.failure.is_some_and(|why| why.contains("signal")));
    }

    #[test]
    fn a_process_that_is_left_behind_is_not_waited_for() {
        let begun = Instant::now();
        assert_eq!(of("sleep 20 & echo done", LONG).output, "done\n");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_process_that_is_left_behind_and_goes_on_printing_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let stop = folder.path().join("stop");
        let of_left = |print: &str, then: &str, limit| {
            let stop = stop.display();
            of(&format!("(until [ -e {stop} ]; do {print}; done) & {then}"), limit)
        };
        let fast = "echo x; echo x; echo x; echo x";
        for print in ["echo x; sleep 0.01", fast] {
            let ended = of_left(print, "echo done", LONG);
            assert_eq!(ended.failure, None, "{ended:?}");
        }
        // The limit counts while somebody prints without a pause.
        let ended = of_left(fast, "wait", Duration::from_millis(300));
        assert!(ended.failure.as_deref().is_some_and(|why| why.contains("0.3 s")), "{ended:?}");
        std::fs::write(stop, "").expect("written");
    }

    #[test]
    fn the_end_of_a_long_output_is_kept() {
        let ended = of("i=0; while [ $i -lt 40000 ]; do echo line $i; i=$((i+1)); done", LONG);
        assert!(
            ended.output.ends_with("line 39999\n") && ended.output.starts_with("[the beginning"),
            "{}",
            ended.output.len()
        );
        assert!(ended.output.len() <= KEPT_OUTPUT + 100);
    }
}
