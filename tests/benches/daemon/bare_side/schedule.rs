//! The limit for punctuality: a timer for each check, which starts a shell
//! once a second and drains both of its pipes.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::bare_side::checks_loop::check;
use crate::bare_side::start::{self, Bare};
use crate::mode::BARE_SCHEDULE;
use crate::plan::{INTERVAL, Plan};
use crate::stamps;

/// How much a schedule has to do.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    /// How many checks there are.
    pub(crate) checks: u32,
    /// The named pipe that each check writes its number to.
    pub(crate) pipe: PathBuf,
}

/// A bare schedule that runs. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct BareSchedule {
    process: Bare,
    checks: u32,
}

impl BareSchedule {
    /// When each of the checks is due.
    pub(crate) fn plan(&mut self) -> io::Result<Plan> {
        let first: i64 = self.process.number()?;
        Ok(Plan::of((0..self.checks).map(|check| (check, first + micros(offset(check, self.checks))))))
    }
}

/// Starts a schedule of this number of checks.
pub(crate) fn start(checks: u32, pipe: &Path) -> io::Result<BareSchedule> {
    let process = Bare::start(&[BARE_SCHEDULE, &checks.to_string(), &pipe.display().to_string()])?;
    Ok(BareSchedule { process, checks })
}

/// The hidden mode: runs until its parent ends it.
pub(crate) fn run(size: &Size) -> Result<(), String> {
    start::end_with_parent();
    let runtime = Runtime::new().map_err(|error| format!("no runtime for the bare schedule: {error}"))?;
    runtime.block_on(keep(size));
    Ok(())
}

/// Starts all timers, says when the first is due, in microseconds since the epoch.
async fn keep(size: &Size) {
    let first = Instant::now() + INTERVAL;
    println!("{}", stamps::now() + micros(INTERVAL));
    for number in 0..size.checks {
        let line = stamps::command(number, &size.pipe);
        let mut timer = interval_at(first + offset(number, size.checks), INTERVAL);
        timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
        tokio::spawn(async move {
            loop {
                timer.tick().await;
                if let Err(error) = check(&line).await {
                    eprintln!("a check of the bare schedule failed: {error}");
                }
            }
        });
    }
    std::future::pending::<()>().await;
}

/// The checks are spread evenly over the interval.
fn offset(check: u32, checks: u32) -> Duration {
    INTERVAL * check / checks
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
