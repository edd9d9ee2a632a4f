//! What was typed, and what it leads to.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io, thread};

use clap::Parser;

use crate::runs::campaign::{Bounds, Figures};
use crate::runs::{supervisor, worker};
use crate::target::Target;
use crate::targets;

/// Feeds random input to everything in Smoker that reads what others wrote.
#[derive(Debug, Parser)]
#[command(name = "smoker-fuzz", after_help = "Without --inputs and --seconds a target runs until it is interrupted.")]
struct Options {
    /// Targets; `all` for each of them in turn
    #[arg(required_unless_present = "list")]
    targets: Vec<String>,
    /// How many inputs each target gets
    #[arg(long, value_name = "N")]
    inputs: Option<u64>,
    /// How long all targets together may take
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<f64>,
    /// Where the inputs come from; the same number gives the same inputs. Default: the time
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Try the input in this file instead
    #[arg(long, value_name = "FILE")]
    reproduce: Option<PathBuf>,
    /// List the targets
    #[arg(long)]
    list: bool,
    /// Be the process that tries inputs
    #[arg(long, hide = true, value_name = "POSITION")]
    worker: Option<PathBuf>,
}

/// Does what the command line asks for. Returns the exit code: 0 when
/// everything held, 1 when an input failed, 2 when the command line is wrong.
///
/// # Errors
///
/// What the system refused.
pub fn run() -> io::Result<u8> {
    let options = Options::parse();
    if options.list {
        for target in &targets::ALL {
            println!("{:<14} {}", target.name, target.about);
        }
        return Ok(0);
    }
    let Some(targets) = targets::named(&options.targets) else {
        eprintln!("ERROR: no such target; see --list");
        return Ok(2);
    };
    if let Some(path) = &options.reproduce {
        return reproduce(&targets, path);
    }
    let seed = options.seed.unwrap_or_else(time_as_seed);
    let workers = thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX));
    let share = u32::try_from(targets.len()).unwrap_or(u32::MAX).div_ceil(workers).max(1);
    let time = options.seconds.map(|seconds| Duration::from_secs_f64(seconds) / share);
    let bounds = Bounds { inputs: options.inputs, time };
    match &options.worker {
        Some(position) => work(targets[0], seed, bounds, position),
        None => supervise(&targets, seed, bounds, workers),
    }
}

/// How many workers share the inputs of a target that mostly waits.
const SHARES: u32 = 4;

/// A target for a worker.
#[derive(Clone, Copy)]
struct Job {
    target: &'static Target,
    seed: u64,
    bounds: Bounds,
}

impl Job {
    /// The shares of a target that mostly waits, each with inputs of its own.
    fn shares(self) -> impl Iterator<Item = Self> {
        let inputs = self.bounds.inputs.map(|inputs| inputs.div_ceil(u64::from(SHARES)));
        let bounds = Bounds { inputs, ..self.bounds };
        (0..SHARES).map(move |share| Self { seed: self.seed.wrapping_add(u64::from(share)), bounds, ..self })
    }
}

/// Runs each target in a worker of its own, as many at a time as `workers`, and beside them those that mostly wait.
fn supervise(targets: &[&'static Target], seed: u64, bounds: Bounds, workers: u32) -> io::Result<u8> {
    println!("seed {seed}\n");
    println!("| target | inputs | seconds | peak | slowest input | outcomes |");
    println!("|---|---|---|---|---|---|");
    let jobs = targets.iter().map(|&target| Job { target, seed, bounds });
    let (waiting, busy): (Vec<_>, Vec<_>) = jobs.partition(|job| targets::WAITING.contains(&job.target.name));
    let next = AtomicUsize::new(0);
    let run = |Job { target, seed, bounds }| {
        let figures = supervisor::run(target, seed, bounds)?;
        if let Some(figures) = &figures {
            println!("{}", row(target, figures));
        }
        io::Result::Ok(u8::from(figures.is_none()))
    };
    let run_busy = || {
        let mut code = 0;
        while let Some(job) = busy.get(next.fetch_add(1, Ordering::Relaxed)) {
            code = run(*job)?.max(code);
        }
        Ok::<u8, io::Error>(code)
    };
    thread::scope(|scope| {
        let waiting = waiting.into_iter().flat_map(Job::shares).map(|job| scope.spawn(move || run(job)));
        let workers: Vec<_> = waiting.chain((0..workers).map(|_| scope.spawn(run_busy))).collect();
        let mut codes = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        codes.try_fold(0, |worst: u8, code| Ok(worst.max(code?)))
    })
}

fn row(target: &Target, figures: &Figures) -> String {
    let Figures { inputs, outcomes, elapsed, memory, slowest, slowest_length } = figures;
    format!(
        "| `{}` | {inputs} | {:.0} | {} KiB | {:.1} ms ({slowest_length} bytes) | {outcomes} |",
        target.name,
        elapsed.as_secs_f64(),
        memory.div_ceil(1024),
        slowest.as_secs_f64() * 1000.0,
    )
}

fn work(target: &'static Target, seed: u64, bounds: Bounds, position: &Path) -> io::Result<u8> {
    match worker::run(target, seed, bounds, position)? {
        Ok(figures) => {
            println!("{}", serde_json::to_string(&figures).map_err(io::Error::other)?);
            Ok(0)
        }
        Err(found) => supervisor::keep(target, &found).map(|()| supervisor::FOUND),
    }
}

fn reproduce(targets: &[&'static Target], path: &Path) -> io::Result<u8> {
    let input = fs::read(path)?;
    for target in targets {
        let trial = worker::reproduce(target, input.clone())?;
        println!("{}: {:?}, {} bytes of memory", target.name, trial.time, trial.memory);
        match trial.outcome {
            Ok(word) => println!("{}: holds: {word}", target.name),
            Err(failure) => {
                println!("{}: {failure}", target.name);
                return Ok(1);
            }
        }
    }
    Ok(0)
}

/// A seed that was never there before, which is printed.
fn time_as_seed() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    time.as_secs() ^ u64::from(time.subsec_nanos())
}
