//! The life of one run in the host: reply, exit, deadline, cancel.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::execute::{End, until};
use crate::host::ModuleHost;
use crate::host::connection::{Event, Forked};
use crate::host::log;
use crate::process::RunId;
use crate::protocol::ModuleReply;
use crate::witness::Witness;

/// What a child wrote before it ended is in the socket; reading it takes no time.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How often a run whose child was not even started is tried again with another host.
const RETRIES: usize = 2;

/// One run that is asked for.
pub(crate) struct HostRun<'a> {
    /// The plugin's name, for the log.
    pub(crate) plugin: &'a str,
    /// The job as JSON.
    pub(crate) job: &'a str,
    pub(crate) timeout: Duration,
    /// How many bytes the reply may have.
    pub(crate) reply_limit: usize,
    /// Who notes what the module prints, in place of the log.
    pub(crate) witness: Option<&'a Witness>,
}

/// Why there is no outcome.
enum Lost {
    /// The host died before it started the child: another one can be asked.
    BeforeStart(String),
    /// No module could be run, or the host died under it.
    ForGood(String),
}

impl ModuleHost {
    /// Runs a module in a child of the host.
    ///
    /// # Errors
    ///
    /// Why no host could be had, or how it died.
    pub(crate) async fn run(&self, run: &HostRun<'_>, cancel: &CancellationToken) -> Result<ModuleReply, String> {
        let deadline = Instant::now().checked_add(run.timeout);
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_run(run, deadline, cancel).await {
                Ok(outcome) => return Ok(outcome),
                Err(Lost::BeforeStart(_)) if tries <= RETRIES => {}
                Err(Lost::BeforeStart(reason) | Lost::ForGood(reason)) => return Err(reason),
            }
        }
    }

    async fn try_run(
        &self,
        run: &HostRun<'_>,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> Result<ModuleReply, Lost> {
        let run_id = RunId::new();
        let starting = async {
            let connection = self.connection().await.map_err(Lost::ForGood)?;
            let pipes = Pipes::new().map_err(|error| Lost::ForGood(format!("can't run a module: {error}")))?;
            let mut forked = connection.fork(run_id.as_str(), pipes.theirs);
            match forked.next().await {
                Some(Event::Started(pid)) => Ok((forked, pid, pipes.ours)),
                Some(Event::Failed(reason)) => Err(Lost::ForGood(format!("the Python host can't fork: {reason}"))),
                Some(Event::Ended(_)) | None => Err(Lost::BeforeStart(forked.death())),
            }
        };
        // A child that starts when nobody waits for it any more finds no job and ends.
        let (mut forked, pid, ours) = tokio::select! {
            started = starting => started?,
            () = until(deadline) => return Ok(ModuleReply::without_reply(End::TimedOut { survivors: Vec::new() })),
            () = cancel.cancelled() => return Ok(ModuleReply::without_reply(End::Cancelled)),
        };
        let reaper = &self.0.reaper;
        reaper.claim(pid);
        log::follow_output(run.plugin, ours.output, run.witness);
        log::follow_records(run.plugin, ours.log, run.witness);
        let mut exchange = Exchange { socket: ours.job, received: Vec::new() };

        let why = tokio::select! {
            end = finish(&mut exchange, &mut forked, run) => Why::Ended(end),
            () = until(deadline) => Why::TimedOut,
            () = cancel.cancelled() => Why::Cancelled,
        };
        let end = match why {
            Why::Ended(Some(end)) => Ok(end),
            ended_by_us_or_host => {
                let survivors = run_id.tree(pid).end(reaper.census(), reaper.deaths()).await;
                match ended_by_us_or_host {
                    Why::TimedOut => Ok(End::TimedOut { survivors }),
                    Why::Cancelled => Ok(End::Cancelled),
                    Why::Ended(_) => Err(Lost::ForGood(forked.death())),
                }
            }
        };
        match end {
            Err(_) => reaper.collect_adopted(pid),
            Ok(_) => reaper.release(pid),
        }
        Ok(ModuleReply { reply: exchange.into_reply(), end: end? })
    }
}

enum Why {
    /// By itself; none: the host died.
    Ended(Option<End>),
    TimedOut,
    Cancelled,
}

/// Gives the job, takes the reply and waits for the child's end; no end when
/// the host died. Once the child is gone nobody waits for its socket to be
/// closed: what it started may hold it.
async fn finish(exchange: &mut Exchange, forked: &mut Forked, run: &HostRun<'_>) -> Option<End> {
    tokio::select! {
        () = exchange.talk(run) => ended(forked).await,
        end = ended(forked) => {
            let _ = timeout(LAST_WORDS, exchange.read(run.reply_limit)).await;
            end
        }
    }
}

async fn ended(forked: &mut Forked) -> Option<End> {
    loop {
        if let Event::Ended(end) = forked.next().await? {
            return Some(end);
        }
    }
}

/// The conversation with a child.
struct Exchange {
    socket: UnixStream,
    received: Vec<u8>,
}

impl Exchange {
    async fn talk(&mut self, run: &HostRun<'_>) {
        let job = format!("{}\n{}", run.job.len(), run.job);
        // A child that ended before it read its job says so by its end.
        let _ = self.socket.write_all(job.as_bytes()).await;
        self.read(run.reply_limit).await;
    }

    /// Reads until the reply is whole, or nothing more comes, or it is larger
    /// than the child itself would let it become. May be dropped and called again.
    async fn read(&mut self, limit: usize) {
        let most = limit.max(MOST_EXCUSE) + LONGEST_HEADER;
        while self.reply_end().is_none_or(|end| end > self.received.len()) && self.received.len() <= most {
            if !matches!(self.socket.read_buf(&mut self.received).await, Ok(1..)) {
                return;
            }
        }
    }

    /// The reply: behind its length in decimal and a newline. One that is cut is none.
    fn into_reply(mut self) -> Option<Vec<u8>> {
        let end = self.reply_end().filter(|end| *end <= self.received.len())?;
        self.received.truncate(end);
        let start = self.header_length()?;
        Some(self.received.split_off(start))
    }

    fn reply_end(&self) -> Option<usize> {
        let start = self.header_length()?;
        let length: usize = std::str::from_utf8(&self.received[..start - 1]).ok()?.parse().ok()?;
        start.checked_add(length)
    }

    fn header_length(&self) -> Option<usize> {
        let head = &self.received[..self.received.len().min(LONGEST_HEADER)];
        head.iter().position(|byte| *byte == b'\n').map(|position| position + 1)
    }
}

/// An error reply that takes the place of one that is too large has fewer bytes than this.
const MOST_EXCUSE: usize = 64 * 1024;

/// A length in decimal and a newline.
const LONGEST_HEADER: usize = 24;

struct Pipes {
    ours: Ours,
    theirs: [OwnedFd; 3],
}

struct Ours {
    job: UnixStream,
    output: OwnedFd,
    log: OwnedFd,
}

impl Pipes {
    fn new() -> io::Result<Self> {
        let (job, their_job) = StdUnixStream::pair()?;
        job.set_nonblocking(true)?;
        let (output, their_output) = io::pipe()?;
        let (log, their_log) = io::pipe()?;
        let ours = Ours { job: UnixStream::from_std(job)?, output: output.into(), log: log.into() };
        Ok(Self { ours, theirs: [their_job.into(), their_output.into(), their_log.into()] })
    }
}
