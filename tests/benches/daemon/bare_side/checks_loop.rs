//! The limit for checks: a loop that starts `sh -c true`, drains both pipes
//! and waits for the end, and does nothing else.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use tokio::process::Command;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::bare_side::start::{self, Bare};
use crate::mode::BARE_LOOP;

/// How much a loop has to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// How many checks to run.
    pub(crate) checks: u32,
    /// How many of them at a time.
    pub(crate) at_a_time: u32,
}

/// Runs the checks in a process of their own and returns how many a second it did.
pub(crate) fn checks_per_second(size: Size) -> io::Result<f64> {
    Bare::start(&[BARE_LOOP, &size.checks.to_string(), &size.at_a_time.to_string()])?.number()
}

/// The hidden mode: runs the checks and prints how many a second it did.
pub(crate) fn run(size: Size) -> Result<(), String> {
    start::end_with_parent();
    let ran = Runtime::new().and_then(|runtime| runtime.block_on(run_all(size)));
    let per_second = ran.map_err(|error| format!("the bare loop ended: {error}"))?;
    println!("{per_second}");
    Ok(())
}

async fn run_all(size: Size) -> io::Result<f64> {
    let begin = Instant::now();
    let left = Arc::new(AtomicU32::new(size.checks));
    let mut workers = JoinSet::new();
    for _ in 0..size.at_a_time {
        workers.spawn(work(Arc::clone(&left)));
    }
    while let Some(worked) = workers.join_next().await {
        worked.map_err(io::Error::other)??;
    }
    Ok(f64::from(size.checks) / begin.elapsed().as_secs_f64())
}

async fn work(left: Arc<AtomicU32>) -> io::Result<()> {
    let take_one = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    while take_one().is_ok() {
        check("true").await?;
    }
    Ok(())
}

/// One bare check: a shell with this line, both of its pipes read to their end.
pub(crate) async fn check(line: &str) -> io::Result<()> {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().await.map(drop)
}
