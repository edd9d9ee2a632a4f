//! The bare start with a cgroup of its own, which is made, entered, killed and removed each time, as a daemon has to do
//! without anything kept. The shell is put into it from outside: a start inside of it has no safe form.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use crate::bare_side::checks_loop::Size;
use crate::bare_side::start::{self, Bare};
use crate::mode::BARE_CGROUPS;

/// How often a cgroup is tried to be removed, whose processes are killed and not yet gone.
const REMOVALS: u32 = 10_000;

/// Where the cgroups are. Dropping it removes the folder.
#[derive(Debug)]
pub(crate) struct BareCgroups {
    folder: PathBuf,
    made: AtomicU32,
}

impl BareCgroups {
    /// Makes a folder for them below the cgroup of this process.
    pub(crate) fn create() -> io::Result<Self> {
        let missing = || io::Error::other("no cgroup v2 is mounted here");
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let own = own.lines().find_map(|line| line.strip_prefix("0::")).ok_or_else(missing)?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let mount = mounts.lines().find(|line| line.contains(" - cgroup2 ")).ok_or_else(missing)?;
        let mount = mount.split(' ').nth(4).ok_or_else(missing)?;
        let folder = Path::new(mount).join(own.trim_start_matches('/')).join(format!("bench-{}", process::id()));
        fs::create_dir(&folder)?;
        Ok(Self { folder, made: AtomicU32::new(0) })
    }

    /// One bare check: `true` by a shell, in a cgroup.
    pub(crate) fn check(&self) -> io::Result<()> {
        let cgroup = self.folder.join(self.made.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir(&cgroup)?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "true"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let shell = command.spawn()?;
        // A shell that has ended before is in no cgroup any more.
        let _ = fs::write(cgroup.join("cgroup.procs"), shell.id().to_string());
        shell.wait_with_output()?;
        fs::write(cgroup.join("cgroup.kill"), "1")?;
        let mut removed = fs::remove_dir(&cgroup);
        for _ in 0..REMOVALS {
            if removed.is_ok() {
                break;
            }
            thread::yield_now();
            removed = fs::remove_dir(&cgroup);
        }
        removed
    }
}

impl Drop for BareCgroups {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Runs the checks in a process of their own and returns how many a second it did.
pub(crate) fn checks_per_second(size: Size) -> io::Result<f64> {
    Bare::start(&[BARE_CGROUPS, &size.checks.to_string(), &size.at_a_time.to_string()])?.number()
}

/// The hidden mode: runs the checks and prints how many a second it did.
pub(crate) fn run(size: Size) -> Result<(), String> {
    start::end_with_parent();
    let per_second = run_all(size).map_err(|error| format!("the bare loop with cgroups ended: {error}"))?;
    println!("{per_second}");
    Ok(())
}

fn run_all(size: Size) -> io::Result<f64> {
    let cgroups = BareCgroups::create()?;
    let begin = Instant::now();
    let left = AtomicU32::new(size.checks);
    let take_one = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    let work = || {
        while take_one() {
            cgroups.check()?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..size.at_a_time).map(|_| scope.spawn(work)).collect();
        let ended =
            workers.into_iter().map(|worker| worker.join().map_err(|_| io::Error::other("a worker panicked"))?);
        ended.collect::<io::Result<()>>()
    })?;
    Ok(f64::from(size.checks) / begin.elapsed().as_secs_f64())
}
