//! Runs one child to its end: output, exit, deadline, cancel.

use std::convert::Infallible;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use smoker_model::run_end::RunEnd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::process::capture::Capture;
use crate::process::children;
use crate::process::containment::orphans::Reaper;
use crate::process::containment::run_processes::RunProcesses;
use crate::process::spawn::{self, ChildProcess, Program};
use crate::process::starter::hanging_process;
use crate::process::sys;

/// How long output is read once everything was killed: no process holds the
/// pipes any more, and what is in them is read in no time. A process that
/// survived must not delay the run.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(100);

/// Most commands print little; the output of others is read in larger pieces,
/// up to half of what a pipe holds.
const FIRST_READ: usize = 512;
const LARGEST_READ: usize = 32 * 1024;

/// The message of a run that the end of the daemon cut short.
pub(crate) const STOPPED: &str = "stopped together with smokerd";

/// How far a child may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChildLimits {
    pub(crate) timeout: Duration,
    pub(crate) max_output: usize,
    /// Whether what it leaves running may stay.
    pub(crate) leave_running: bool,
}

/// What a child left.
#[derive(Debug)]
pub(crate) struct ChildOutcome {
    pub(crate) stdout: Capture,
    pub(crate) stderr: Capture,
    pub(crate) end: ChildEnd,
}

impl ChildOutcome {
    /// Of a child whose start the end of the daemon cut short.
    fn of_unstarted(max_output: usize) -> Self {
        Self { stdout: Capture::new(max_output), stderr: Capture::new(max_output), end: ChildEnd::Cancelled }
    }
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChildEnd {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled { number: i32, name: &'static str },
    /// By us, since its time was over. `survivors` could not be ended. `end` is how the child itself ended, where that is
    /// known; with `was_over` it had ended before, and only its output was waited for.
    TimedOut { survivors: Vec<Pid>, end: Option<RunEnd>, was_over: bool },
    /// By us, since the daemon stops.
    Cancelled,
}

/// Runs a program until both of its output pipes are closed and it has ended,
/// or until the time is over or the run is cancelled; then everything that it
/// started is ended. What it leaves running when it ends by itself is for
/// [`RunProcesses`] to end.
///
/// The program itself is reaped last: as long as it is a zombie no other
/// process can have its number, so the group that we signal is still ours.
pub(crate) async fn execute(
    processes: &RunProcesses,
    program: &Program<'_>,
    input: Option<&[u8]>,
    limits: ChildLimits,
    cancel: &CancellationToken,
) -> io::Result<ChildOutcome> {
    let deadline = Instant::now().checked_add(limits.timeout);
    let reaper = processes.reaper();
    let registered = processes.register_child(limits.leave_running, program.surroundings.group_limits()).await;
    let started = tokio::select! {
        started = spawn::spawn(program, &registered) => started,
        // A start can hang.
        () = cancel.cancelled() => return Ok(ChildOutcome::of_unstarted(limits.max_output)),
    };
    let mut process = started.inspect_err(|error| processes.note_survivors(hanging_process(error).as_slice()))?;
    let mut streams = OutputStreams::of(&mut process, limits.max_output);
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
    let reason = tokio::select! {
        status = by_itself => {
            children::release(process.child.pid);
            processes.child_ended(&registered, process.child.pid);
            return Ok(streams.into_outcome(ChildEnd::from(status?)));
        }
        () = until(deadline) => StopReason::Timeout,
        () = cancel.cancelled() => StopReason::Cancel,
    };
    let was_over = !sys::is_alive(process.child.pid);
    let (survivors, end) = terminate_all(reaper, process, &mut streams).await;
    processes.note_survivors(&survivors);
    let end = match reason {
        StopReason::Timeout => ChildEnd::TimedOut { survivors, end, was_over },
        StopReason::Cancel => ChildEnd::Cancelled,
    };
    Ok(streams.into_outcome(end))
}

enum StopReason {
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
async fn feed(stdin: Option<pipe::Sender>, input: Option<&[u8]>) -> Infallible {
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        // A child may close its input before it has read all of it.
        let _ = stdin.write_all(input).await;
    }
    std::future::pending().await
}

/// Ends the tree while its output goes on being read, then reaps the program itself. Returns the processes that could
/// not be ended, and how the program ended.
async fn terminate_all(
    reaper: &Reaper,
    mut process: ChildProcess,
    streams: &mut OutputStreams,
) -> (Vec<Pid>, Option<RunEnd>) {
    let mut ending = std::pin::pin!(process.registered.end(process.child.pid, reaper));
    let survivors = tokio::select! {
        survivors = &mut ending => survivors,
        () = streams.drain() => ending.await,
    };
    let _ = timeout(DRAIN_TIMEOUT, streams.drain()).await;
    let survived = survivors.contains(&process.child.pid);
    if survived {
        tracing::error!("process {} survived SIGKILL; its run is given up", process.child.pid);
    }
    let reap = async move {
        let status = process.child.wait().await;
        children::release(process.child.pid);
        status
    };
    // Only a process that sleeps in the kernel is waited for beyond this moment.
    let reap = tokio::spawn(reap);
    let status = if survived { None } else { timeout(DRAIN_TIMEOUT, reap).await.ok() };
    (survivors, status.and_then(Result::ok).and_then(Result::ok).and_then(|status| ChildEnd::from(status).run_end()))
}

impl From<ExitStatus> for ChildEnd {
    fn from(status: ExitStatus) -> Self {
        match status.signal() {
            None => Self::Exited(status.code().unwrap_or(-1)),
            Some(number) => Self::of_signal(number),
        }
    }
}

impl Display for ChildEnd {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit status {status}"),
            Self::Signalled { number, name } => write!(f, "killed by signal {number} ({name})"),
            Self::TimedOut { .. } | Self::Cancelled => f.write_str("ended by smokerd"),
        }
    }
}

impl ChildEnd {
    /// How the child ended, as its result shows it; none where that is not known.
    pub(crate) fn run_end(&self) -> Option<RunEnd> {
        match self {
            Self::Exited(status) => Some(RunEnd::Exited(*status)),
            Self::Signalled { number, .. } => Some(RunEnd::Signalled(*number)),
            Self::TimedOut { end, .. } => *end,
            Self::Cancelled => None,
        }
    }

    /// Whether smokerd ended it.
    pub(crate) fn is_interruption(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::Cancelled)
    }

    /// The message for a child that smokerd ended; none when it ended by itself.
    /// `timeout_message` is the one for a child that took too long.
    pub(crate) fn interruption(&self, timeout_message: &str) -> Option<String> {
        match self {
            Self::TimedOut { survivors, .. } => {
                let survivors = survivors.iter().map(|pid| format!("\nprocess {pid} could not be killed"));
                Some(timeout_message.to_owned() + &survivors.collect::<String>())
            }
            Self::Cancelled => Some(STOPPED.to_owned()),
            Self::Exited(_) | Self::Signalled { .. } => None,
        }
    }

    /// Why a run took too long although its command had ended; none for any other run.
    pub(crate) fn held_output(&self) -> Option<String> {
        let Self::TimedOut { end: Some(end), was_over: true, .. } = self else { return None };
        Some(format!(
            "the command itself had ended ({end}), but a process that it left in the background held its output open: \
             redirect that process's output, such as with > /dev/null 2>&1"
        ))
    }

    pub(crate) fn of_signal(number: i32) -> Self {
        let name = Signal::try_from(number).map_or("real-time signal", Signal::as_str);
        Self::Signalled { number, name }
    }
}

/// Both output streams and what they gave so far.
struct OutputStreams {
    stdout: OutputStream<pipe::Receiver>,
    stderr: OutputStream<pipe::Receiver>,
}

struct OutputStream<R> {
    pipe: Option<R>,
    capture: Capture,
}

impl OutputStreams {
    fn of(process: &mut ChildProcess, max_output: usize) -> Self {
        Self {
            stdout: OutputStream { pipe: process.child.stdout.take(), capture: Capture::new(max_output) },
            stderr: OutputStream { pipe: process.child.stderr.take(), capture: Capture::new(max_output) },
        }
    }

    /// Reads both until they are closed. May be dropped and called again.
    async fn drain(&mut self) {
        tokio::join!(self.stdout.drain(), self.stderr.drain());
    }

    fn into_outcome(self, end: ChildEnd) -> ChildOutcome {
        ChildOutcome { stdout: self.stdout.capture, stderr: self.stderr.capture, end }
    }
}

impl<R: AsyncRead + Unpin> OutputStream<R> {
    async fn drain(&mut self) {
        let mut buffer = vec![0; FIRST_READ];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut buffer).await {
                Ok(0) | Err(_) => self.pipe = None,
                Ok(read) => {
                    self.capture.push(&buffer[..read]);
                    if read == buffer.len() && read < LARGEST_READ {
                        buffer.resize(read * 4, 0);
                    }
                }
            }
        }
    }
}
