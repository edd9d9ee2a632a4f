//! The life of one child: output, exit, deadline, cancel.

use std::convert::Infallible;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::process::capture::Capture;
use crate::process::containment::family::Family;
use crate::process::containment::reaper::Reaper;
use crate::process::spawn::{self, Process, Program};

/// After everything was killed nobody holds the pipes any more, and what is
/// in them is read in no time; a survivor must not keep us.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Most commands say little; those that say much are read in larger bites, up
/// to half of what a pipe holds.
const FIRST_BITE: usize = 512;
const LARGEST_BITE: usize = 32 * 1024;

/// What is said of a run that the daemon's own end cut short.
pub(crate) const STOPPED: &str = "stopped together with smokerd";

/// How far a child may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    pub(crate) max_output: usize,
    /// Whether what it leaves running may stay.
    pub(crate) leave_running: bool,
}

/// What a child left.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: Capture,
    pub(crate) stderr: Capture,
    pub(crate) end: End,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled { number: i32, name: &'static str },
    /// By us, since its time was over. `survivors` could not be ended.
    TimedOut { survivors: Vec<Pid> },
    /// By us, since the daemon stops.
    Cancelled,
}

/// Runs a program until both of its output pipes are closed and it has ended,
/// or until the time is over or the run is cancelled; then everything that it
/// started is ended. What it leaves running when it ends by itself is up to
/// the family.
///
/// The program itself is reaped last: as long as it is a zombie nobody else
/// can have its number, so the group that we signal is still ours.
pub(crate) async fn execute(
    family: &Family,
    program: &Program<'_>,
    input: Option<&[u8]>,
    limits: Limits,
    cancel: &CancellationToken,
) -> io::Result<Outcome> {
    let deadline = Instant::now().checked_add(limits.timeout);
    let (reaper, run) = (family.reaper(), family.number(limits.leave_running));
    let mut process = spawn::spawn(reaper, program, run).await?;
    let mut streams = Streams::of(&mut process, limits.max_output);
    let stdin = process.child.stdin.take();

    let by_itself = async {
        let ended = async {
            streams.drain().await;
            process.child.wait().await
        };
        tokio::select! {
            status = ended => status,
            never = feed(stdin, input) => match never {},
        }
    };
    let why = tokio::select! {
        status = by_itself => {
            reaper.release(process.pid);
            family.child_ended(run, process.pid);
            return Ok(streams.into_outcome(End::from(status?)));
        }
        () = until(deadline) => Why::Timeout,
        () = cancel.cancelled() => Why::Cancel,
    };
    let survivors = end_all(reaper, process, &mut streams).await;
    let end = match why {
        Why::Timeout => End::TimedOut { survivors },
        Why::Cancel => End::Cancelled,
    };
    Ok(streams.into_outcome(end))
}

enum Why {
    Timeout,
    Cancel,
}

pub(crate) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Gives the child its input, and then nothing more to wait for: a child that
/// does not read it is free not to.
async fn feed(stdin: Option<ChildStdin>, input: Option<&[u8]>) -> Infallible {
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        // A child that closed its input without reading all of it is content.
        let _ = stdin.write_all(input).await;
    }
    std::future::pending().await
}

/// Ends the tree while its output goes on being read, then reaps the program itself.
async fn end_all(reaper: &Reaper, mut process: Process, streams: &mut Streams) -> Vec<Pid> {
    let mut ending = std::pin::pin!(process.tree.end(reaper.census(), reaper.deaths()));
    let survivors = tokio::select! {
        survivors = &mut ending => survivors,
        () = streams.drain() => ending.await,
    };
    let _ = timeout(LAST_WORDS, streams.drain()).await;
    if survivors.contains(&process.pid) {
        tracing::error!("process {} survived SIGKILL; its run is given up", process.pid);
    }
    let reaper = reaper.clone();
    let reap = async move {
        let _ = process.child.wait().await;
        reaper.release(process.pid);
    };
    // Only a process that sleeps in the kernel is waited for beyond this moment.
    tokio::spawn(reap);
    survivors
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match status.signal() {
            None => Self::Exited(status.code().unwrap_or(-1)),
            Some(number) => Self::of_signal(number),
        }
    }
}

impl Display for End {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit status {status}"),
            Self::Signalled { number, name } => write!(f, "killed by signal {number} ({name})"),
            Self::TimedOut { .. } | Self::Cancelled => f.write_str("ended by smokerd"),
        }
    }
}

impl End {
    /// Whether we ended it.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::Cancelled)
    }

    /// What to say of a run that we ended; none when it ended by itself.
    /// `over_time` is the sentence for one that took too long.
    pub(crate) fn by_us(&self, over_time: &str) -> Option<String> {
        match self {
            Self::TimedOut { survivors } => {
                let survivors = survivors.iter().map(|pid| format!("\nprocess {pid} could not be killed"));
                Some(over_time.to_owned() + &survivors.collect::<String>())
            }
            Self::Cancelled => Some(STOPPED.to_owned()),
            Self::Exited(_) | Self::Signalled { .. } => None,
        }
    }

    pub(crate) fn of_signal(number: i32) -> Self {
        let name = Signal::try_from(number).map_or("real-time signal", Signal::as_str);
        Self::Signalled { number, name }
    }
}

/// Both output streams and what they gave so far.
struct Streams {
    stdout: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
}

struct Stream<R> {
    pipe: Option<R>,
    capture: Capture,
}

impl Streams {
    fn of(process: &mut Process, max_output: usize) -> Self {
        Self {
            stdout: Stream { pipe: process.child.stdout.take(), capture: Capture::new(max_output) },
            stderr: Stream { pipe: process.child.stderr.take(), capture: Capture::new(max_output) },
        }
    }

    /// Reads both until they are closed. May be dropped and called again.
    async fn drain(&mut self) {
        tokio::join!(self.stdout.drain(), self.stderr.drain());
    }

    fn into_outcome(self, end: End) -> Outcome {
        Outcome { stdout: self.stdout.capture, stderr: self.stderr.capture, end }
    }
}

impl<R: AsyncRead + Unpin> Stream<R> {
    async fn drain(&mut self) {
        let mut bite = vec![0; FIRST_BITE];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut bite).await {
                Ok(0) | Err(_) => self.pipe = None,
                Ok(read) => {
                    self.capture.push(&bite[..read]);
                    if read == bite.len() && read < LARGEST_BITE {
                        bite.resize(read * 4, 0);
                    }
                }
            }
        }
    }
}
