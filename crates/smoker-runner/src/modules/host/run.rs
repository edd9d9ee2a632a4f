//! The life of one run in the host: reply, exit, deadline, cancel.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout};

use crate::context::RunContext;
use crate::modules::host::ModuleHost;
use crate::modules::host::child::{Child, Lost};
use crate::modules::host::connection::{Connection, Event, Forked};
use crate::modules::host::log;
use crate::modules::reply::ModuleReply;
use crate::process::containment::run_id::RunId;
use crate::process::containment::tree::Tree;
use crate::process::execute::{End, until};

/// What a child wrote before it ended is in the socket; reading it takes no time.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How often a run whose child never got its job is tried again with another one.
const RETRIES: usize = 2;

/// One run that is asked for.
pub(crate) struct HostRun<'a> {
    pub(crate) context: RunContext<'a>,
    /// The number that the job has.
    pub(crate) run_id: RunId,
    /// The job as JSON.
    pub(crate) job: &'a str,
    pub(crate) timeout: Duration,
    /// How many bytes the reply may have.
    pub(crate) reply_limit: usize,
}

impl ModuleHost {
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
                Err(Lost::BeforeStart(_)) if tries <= RETRIES => {}
                Err(Lost::BeforeStart(reason) | Lost::ForGood(reason)) => return Err(reason),
            }
        }
    }

    async fn try_run(&self, run: &HostRun<'_>, deadline: Option<Instant>) -> Result<ModuleReply, Lost> {
        let RunContext { plugin, family, cancel, witness, .. } = run.context;
        // A child that starts when nobody waits for it any more finds no job and ends.
        let child = tokio::select! {
            child = self.child() => child?,
            () = until(deadline) => return Ok(ModuleReply::without_reply(End::TimedOut { survivors: Vec::new() })),
            () = cancel.cancelled() => return Ok(ModuleReply::without_reply(End::Cancelled)),
        };
        let Child { claim, mut forked, streams, connection } = child;
        let reaper = &self.0.reaper;
        let plugin = plugin.spec().name.as_str();
        log::follow_output(plugin, streams.output, witness);
        log::follow_records(plugin, streams.log, witness);
        let mut exchange = Exchange { socket: streams.job, received: Vec::new() };

        let why = tokio::select! {
            end = finish(&mut exchange, &mut forked, &connection, run) => Why::Ended(end),
            () = until(deadline) => Why::TimedOut,
            () = cancel.cancelled() => Why::Cancelled,
        };
        let end = match why {
            Why::Ended(Some(end)) => {
                family.child_ended(run.run_id, claim.pid());
                Ok(end)
            }
            ended_by_us_or_host => {
                let survivors = Tree::of_child(run.run_id, claim.pid()).end(reaper.census(), reaper.deaths()).await;
                match ended_by_us_or_host {
                    Why::TimedOut => Ok(End::TimedOut { survivors }),
                    Why::Cancelled => Ok(End::Cancelled),
                    Why::Ended(_) => Err(connection.obituary()),
                }
            }
        };
        // Before the host is told to reap the child, whose number can be another's then.
        match end {
            Err(_) => claim.collect_adopted(),
            Ok(_) => drop(claim),
        }
        if exchange.found_another_interpreter() {
            self.retire(&connection).await;
        }
        match end {
            Ok(end) if exchange.has_begun() || end.is_ours() => Ok(ModuleReply { reply: exchange.into_reply(), end }),
            Ok(end) => Err(Lost::BeforeStart(format!("a child of the Python host ended before its run: {end}"))),
            Err(reason) if exchange.has_begun() => Err(Lost::ForGood(reason)),
            Err(reason) => Err(Lost::BeforeStart(reason)),
        }
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
async fn finish(
    exchange: &mut Exchange,
    forked: &mut Forked,
    connection: &Arc<Connection>,
    run: &HostRun<'_>,
) -> Option<End> {
    let talk = async {
        exchange.give(run.job).await;
        connection.prepare_spare();
        exchange.read(run.reply_limit).await;
    };
    tokio::select! {
        () = talk => ended(forked).await,
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
    async fn give(&mut self, job: &str) {
        let job = format!("{}\n{job}", job.len());
        // A child that ended before it read its job says so by its end.
        let _ = self.socket.write_all(job.as_bytes()).await;
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

    /// Whether the child had its job before it ended; another one may run it otherwise.
    fn has_begun(&self) -> bool {
        self.received.first() == Some(&b'+')
    }

    /// Whether the child left its job to the interpreter that took the place of its own.
    fn found_another_interpreter(&self) -> bool {
        self.received.first() == Some(&b'-')
    }

    /// The reply: behind the sign that the run has begun, its length in decimal and a newline. One that is cut is none.
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
        let head = &self.received[..self.received.len().min(LONGEST_HEADER)];
        head.iter().position(|byte| *byte == b'\n').map(|position| position + 1)
    }
}

/// An error reply that takes the place of one that is too large has fewer bytes than this.
const MOST_EXCUSE: usize = 64 * 1024;

/// A sign that the run has begun, a length in decimal and a newline.
const LONGEST_HEADER: usize = 24;
