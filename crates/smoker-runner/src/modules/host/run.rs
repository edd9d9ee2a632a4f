//! The life of one run in the host: reply, exit, deadline, cancel.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::context::RunContext;
use crate::detached;
use crate::modules::host::child::{ChildLost, WaitingChild};
use crate::modules::host::connection::{ChildEvent, ChildEvents, HostConnection};
use crate::modules::host::log;
use crate::modules::host::python_host::PythonHost;
use crate::modules::reply::ModuleReply;
use crate::process::containment::run_processes::RegisteredChild;
use crate::process::execute::{ChildEnd, until};

/// How long the reply is read once the child has ended: what it wrote is in the
/// socket, and reading it takes no time.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(100);

/// The exit status of a child whose module met its time limit and did not catch the exception.
const TIMED_OUT: i32 = 114;

/// How often a run whose child never got its job is tried again with another one.
const RETRIES: usize = 2;

/// One run of a module in the host.
pub(crate) struct HostRun<'a> {
    pub(crate) context: RunContext<'a>,
    /// What the child is known by; the job has its number.
    pub(crate) registered: &'a RegisteredChild,
    /// The job as JSON.
    pub(crate) job: &'a str,
    /// How long the module's import and constructor may take.
    pub(crate) loading: Duration,
    /// How long its `run()` may take.
    pub(crate) timeout: Duration,
    /// How many bytes the reply may have.
    pub(crate) reply_limit: usize,
}

impl HostRun<'_> {
    /// Waits until the time of the module's import and constructor is over or, once they are done, that of its `run()`.
    async fn until_overdue(&self, loaded: &Notify) {
        if timeout(self.loading, loaded.notified()).await.is_ok() {
            until(Instant::now().checked_add(self.timeout)).await;
        }
    }
}

impl PythonHost {
    /// Runs a module in a child of the host.
    ///
    /// # Errors
    ///
    /// Why no host could be had, or how it died.
    pub(crate) async fn run(&self, run: &HostRun<'_>) -> Result<ModuleReply, String> {
        let deadline = Instant::now().checked_add(run.timeout);
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_run(run, deadline).await {
                Ok(outcome) => return Ok(outcome),
                Err(ChildLost::BeforeJob(_)) if tries <= RETRIES => {}
                Err(ChildLost::BeforeJob(reason) | ChildLost::Final(reason)) => return Err(reason),
            }
        }
    }

    async fn try_run(&self, run: &HostRun<'_>, deadline: Option<Instant>) -> Result<ModuleReply, ChildLost> {
        let RunContext { plugin, cancel, trace, .. } = run.context;
        // A child that starts after the run was given up finds no job and exits.
        let child = tokio::select! {
            child = self.child() => child?,
            () = until(deadline) => return Ok(ModuleReply::without_reply(ChildEnd::TimedOut { survivors: Vec::new(), end: None, was_over: false })),
            () = cancel.cancelled() => return Ok(ModuleReply::without_reply(ChildEnd::Cancelled)),
        };
        let WaitingChild { claim, mut events, streams, connection } = child;
        enter_cgroup(run.registered, claim.pid()).await?;
        let tracebacks = plugin.tracebacks();
        let plugin = &plugin.spec().name;
        log::follow_output(plugin, streams.output, trace);
        log::follow_records(plugin, streams.log, tracebacks, trace);
        let loaded = Notify::new();
        let mut exchange = JobExchange { socket: streams.job, received: Vec::new(), loaded: &loaded };

        let end = tokio::select! {
            end = run_job(&mut exchange, &mut events, &connection, run) => RunEnd::Ended(end),
            () = run.until_overdue(&loaded) => RunEnd::TimedOut,
            () = cancel.cancelled() => RunEnd::Cancelled,
        };
        let end = match end {
            RunEnd::Ended(Some(ChildEnd::Exited(TIMED_OUT))) if exchange.reply_end().is_some() => RunEnd::TimedOut,
            end => end,
        };
        let end = classify_end(end, run, claim.pid(), &connection).await;
        // Before the host is told to reap the child, whose number can be another's then.
        match end {
            Err(_) => claim.collect_adopted(),
            Ok(_) => drop(claim),
        }
        if exchange.found_new_interpreter() {
            self.retire(&connection).await;
        }
        match end {
            Ok(end) if exchange.has_begun() || end.is_interruption() => {
                Ok(ModuleReply { reply: exchange.into_reply(), end })
            }
            Ok(end) => Err(ChildLost::BeforeJob(format!("a child of the Python host ended before its run: {end}"))),
            Err(reason) if exchange.has_begun() => Err(ChildLost::Final(reason)),
            Err(reason) => Err(ChildLost::BeforeJob(reason)),
        }
    }
}

/// Moves the waiting child into the cgroup of its run. It only waits for its job, so nothing of it is outside when the run begins.
async fn enter_cgroup(registered: &RegisteredChild, child: Pid) -> Result<(), ChildLost> {
    let Some(cgroup) = registered.cgroup.clone() else { return Ok(()) };
    let added = detached::run_blocking(move || cgroup.add(child)).await;
    let added = added.map_err(io::Error::other).and_then(|added| added);
    added.map_err(|error| ChildLost::BeforeJob(format!("a child of the Python host cannot enter its cgroup: {error}")))
}

/// Returns how the child ended; one that did not end by itself is ended with all that it started. The error is how the host died.
async fn classify_end(
    end: RunEnd,
    run: &HostRun<'_>,
    child: Pid,
    connection: &HostConnection,
) -> Result<ChildEnd, String> {
    let processes = run.context.processes;
    if let RunEnd::Ended(Some(end)) = end {
        processes.child_ended(run.registered, child);
        return Ok(end);
    }
    let survivors = run.registered.end(child, processes.reaper()).await;
    processes.note_survivors(&survivors);
    match end {
        RunEnd::TimedOut => Ok(ChildEnd::TimedOut { survivors, end: None, was_over: false }),
        RunEnd::Cancelled => Ok(ChildEnd::Cancelled),
        RunEnd::Ended(_) => Err(connection.death_reason()),
    }
}

enum RunEnd {
    /// By itself; none: the host died.
    Ended(Option<ChildEnd>),
    TimedOut,
    Cancelled,
}

/// Sends the job, reads the reply and waits for the child's end; no end when the
/// host died. Once the child is gone its socket is not waited for: a process that
/// it started may hold it open.
async fn run_job(
    exchange: &mut JobExchange<'_>,
    events: &mut ChildEvents,
    connection: &Arc<HostConnection>,
    run: &HostRun<'_>,
) -> Option<ChildEnd> {
    let exchanged = async {
        exchange.send_job(run.job).await;
        connection.prepare_spare();
        exchange.read_reply(run.reply_limit).await;
    };
    tokio::select! {
        () = exchanged => ended(events).await,
        end = ended(events) => {
            let _ = timeout(DRAIN_TIMEOUT, exchange.read_reply(run.reply_limit)).await;
            end
        }
    }
}

async fn ended(events: &mut ChildEvents) -> Option<ChildEnd> {
    loop {
        if let ChildEvent::Ended(end) = events.next().await? {
            return Some(end);
        }
    }
}

/// Job and reply of one child.
struct JobExchange<'a> {
    socket: UnixStream,
    received: Vec<u8>,
    /// Told when the module is imported and constructed.
    loaded: &'a Notify,
}

impl JobExchange<'_> {
    async fn send_job(&mut self, job: &str) {
        let job = format!("{}\n{job}", job.len());
        // A child that ended before it read its job shows that by its end.
        let _ = self.socket.write_all(job.as_bytes()).await;
    }

    /// Reads until the reply is whole, or nothing more comes, or it is larger
    /// than the child itself would let it become. May be dropped and called again.
    async fn read_reply(&mut self, limit: usize) {
        let most = limit.max(MAX_ERROR_REPLY) + MAX_HEADER;
        while self.reply_end().is_none_or(|end| end > self.received.len()) && self.received.len() <= most {
            if !matches!(self.socket.read_buf(&mut self.received).await, Ok(1..)) {
                return;
            }
            if self.received.get(1) == Some(&LOADED) {
                self.received.remove(1);
                self.loaded.notify_one();
            }
        }
    }

    /// Whether the child had its job before it ended. Otherwise another child may run it.
    fn has_begun(&self) -> bool {
        self.received.first() == Some(&b'+')
    }

    /// Whether the child found that its interpreter was replaced, and left the job to the new one.
    fn found_new_interpreter(&self) -> bool {
        self.received.first() == Some(&b'-')
    }

    /// The reply: behind the byte that says that the run has begun, its length in decimal and a newline. One that is cut is none.
    fn into_reply(mut self) -> Option<Vec<u8>> {
        let end = self.reply_end().filter(|end| *end <= self.received.len())?;
        self.received.truncate(end);
        let start = self.header_length()?;
        Some(self.received.split_off(start))
    }

    fn reply_end(&self) -> Option<usize> {
        let start = self.header_length()?;
        let length: usize = std::str::from_utf8(self.received.get(1..start - 1)?).ok()?.parse().ok()?;
        start.checked_add(length)
    }

    fn header_length(&self) -> Option<usize> {
        let head = &self.received[..self.received.len().min(MAX_HEADER)];
        head.iter().position(|byte| *byte == b'\n').map(|position| position + 1)
    }
}

/// The byte that a child sends behind the first one when its module is imported and constructed.
const LOADED: u8 = b'!';

/// An error reply that takes the place of one that is too large has fewer bytes than this.
const MAX_ERROR_REPLY: usize = 64 * 1024;

/// The byte that says that the run has begun, a length in decimal and a newline.
const MAX_HEADER: usize = 24;
