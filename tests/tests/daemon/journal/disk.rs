//! A disk that fails under the journal of a running daemon: runs go on, and nothing is told wrong afterwards.
//!
//! The full disk is a tmpfs. EIO comes from a library that is preloaded: a device mapper would need devices of its own.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value as Json;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::skip::program;
use smoker_tests::wait;
use tempfile::TempDir;

use crate::journal::restart::segments;

/// A small file system. Dropping it unmounts it.
struct Tmpfs(TempDir);

impl Tmpfs {
    fn mount(size: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = format!("size={size},mode=755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(folder.path()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "root can mount a tmpfs");
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all room that is left, and returns the file that has it.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut filler = File::create(&path).expect("a file needs no room");
        while filler.write_all(&[0; 512]).is_ok() {}
        path
    }
}

impl Tmpfs {
    /// `ro` or `rw`. No program may have a file of it open for writing.
    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let mount = || Command::new("mount").args(["-o", &options]).arg(self.path()).output();
        let is_done = || mount().is_ok_and(|output| output.status.success());
        wait::until_true("the file system to be mounted again", is_done);
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let unmounted = || Command::new("umount").arg(self.path()).status().is_ok_and(|status| status.success());
        wait::within(Duration::from_secs(5), || unmounted().then_some(()));
    }
}

/// Plugins with short and long results, all of them OK.
fn config(state_dir: &str) -> Config {
    Config::new()
        .top(&format!("state_dir: {state_dir}"))
        .plugin("short", "Command: echo fine")
        .plugin("long", "Command: head -c 3000 /dev/zero | tr '\\0' x\nHistory: 100")
        .plugin("often", "Command: echo often\nInterval: 0.1\nSplay: 0")
}

fn kill_and_start(daemon: &mut Daemon) {
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.wait_for_exit(), -9);
    daemon.try_start().expect("it starts again");
}

/// All results of the past are good ones, but for the run that the only SIGKILL met, and each number is there once.
fn expect_good(daemon: &Daemon) {
    let page = daemon.get("/results?limit=1000").json();
    let results = page["results"].as_array().expect("a list").clone();
    let (interrupted, ended): (Vec<_>, Vec<_>) = results.iter().partition(|result| result["interrupted"] == true);
    assert!(interrupted.len() <= 1 && interrupted.iter().all(|result| result["plugin"] == "often"), "{interrupted:?}");
    for result in ended {
        assert_eq!(result["result"]["status"], "OK", "{result}");
    }
    let mut numbers: Vec<_> = results.iter().filter_map(|result| result["sequence"].as_u64()).collect();
    let count = numbers.len();
    numbers.dedup();
    assert!(count == results.len() && numbers.len() == count && numbers.is_sorted_by(|one, other| one > other));
}

/// The number of the newest result among events, and of a process of before.
fn newest(daemon: &Daemon) -> u64 {
    let mut connection = daemon.connect();
    let request = smoker_tests::http::Request::get("/events?plugin=often");
    connection.write(&request.to_bytes("a")).expect("the request is sent");
    assert_eq!(connection.read_head().expect("an answer").status, 200);
    let mut text = String::new();
    loop {
        text.push_str(&String::from_utf8_lossy(&connection.read_chunk().expect("an event")));
        let result = text.split("\n\n").find_map(|event| event.split_once("event: result\ndata: "));
        if let Some(data) = result.and_then(|(_, data)| serde_json::from_str::<Json>(data).ok()) {
            return data["sequence"].as_u64().expect("a number");
        }
    }
}

/// The numbers of the results of `long`, also of those that are not written.
fn numbers_of_long(daemon: &Daemon) -> Vec<u64> {
    let page = daemon.get("/plugins/long/results?limit=1000").json();
    page["results"].as_array().expect("a list").iter().filter_map(|run| run["sequence"].as_u64()).collect()
}

fn number(process: &str) -> u64 {
    process.rsplit('/').next().and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_full_disk_makes_no_run_a_bad_one_and_is_said_once() {
    let disk = Tmpfs::mount("512k");
    let mut daemon = Daemon::start(config(&disk.path().join("state").display().to_string()));
    let before = daemon.force(&["long", "short"]);
    let page = daemon.finish(&before);
    let filler = disk.fill();
    let mut processes = Vec::new();
    for _ in 0..10 {
        processes.push(daemon.force(&["long", "short"]));
        for (name, outcome) in daemon.finish(processes.last().expect("one")) {
            assert_eq!(outcome.status(), "OK", "{name}");
        }
    }
    assert_eq!(daemon.results("long").len(), 11, "results are kept in memory");
    let full = |log: &str| log.matches("No space left on device").count();
    let log = daemon.log();
    assert!(full(&log) == 1 && !log.contains("it works again"), "{log}");
    let newest_shown = newest(&daemon);

    // Without room still.
    kill_and_start(&mut daemon);
    expect_good(&daemon);
    assert_eq!(daemon.finish(&before), page, "what was written is as it was");
    for process in &processes {
        let status = daemon.get(process).status;
        if status == 200 {
            assert!(daemon.finish(process).iter().all(|(_, outcome)| outcome.status() == "OK"));
        } else {
            assert_eq!(status, 404, "its results are no longer there");
        }
    }
    let later = daemon.force(&["short"]);
    assert!(number(&later) > number(processes.last().expect("some")), "{later}");
    assert!(newest(&daemon) > newest_shown, "no number is given twice");

    for _ in 0..3 {
        assert_eq!(daemon.run("long").status(), "OK");
    }
    let while_full = numbers_of_long(&daemon);
    assert!(while_full.len() >= 3, "answers have what is in memory only: {while_full:?}");
    fs::remove_file(filler).expect("it is there");
    let resumed = || {
        let _ = daemon.run("long");
        Some(daemon.log()).filter(|log| log.contains("it works again"))
    };
    let log = wait::until("the journal to go on", resumed);
    assert!(!log.contains("are not in it"), "memory still has all of them: {log}");
    assert_eq!(full(&log), 2, "once by each daemon: {log}");
    let page = daemon.plugin("long")["results"].as_array().expect("a list").last().cloned();
    kill_and_start(&mut daemon);
    expect_good(&daemon);
    assert_eq!(daemon.plugin("long")["results"].as_array().expect("a list").last().cloned(), page);
    let kept = numbers_of_long(&daemon);
    assert!(while_full.iter().all(|number| kept.contains(number)), "{while_full:?} {kept:?}");
}

/// Builds a library that is loaded before the system's; none without a compiler.
fn preloaded(folder: &Path, source: &str) -> Option<String> {
    let cc = program("cc", "install with: apt-get install gcc")?;
    let (file, library) = (folder.join("preloaded.c"), folder.join("preloaded.so"));
    fs::write(&file, source).expect("writable");
    let built = Command::new(cc).args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&file).status();
    assert!(built.is_ok_and(|status| status.success()), "it builds");
    Some(library.display().to_string())
}

const EIO: &str = r#"
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int fdatasync(int fd) {
    const char *file = getenv("EIO_WHILE");
    if (file && access(file, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_fdatasync, fd);
}
"#;

#[test]
fn a_disk_that_does_not_sync_is_said_once_and_left_alone() {
    let build = tempfile::tempdir().expect("a folder");
    let Some(library) = preloaded(build.path(), EIO) else { return };
    let fails = build.path().join("fails");
    let boot = Boot::of(config("'{{DIR}}/state'")).environment("LD_PRELOAD", &library);
    let mut daemon = boot.environment("EIO_WHILE", &fails.display().to_string()).start();
    daemon.run("short").expect_ok(&["fine"]);
    fs::write(&fails, "").expect("writable");
    let log = wait::until("the failure", || Some(daemon.log()).filter(|log| log.contains("cannot sync")));
    assert!(log.contains("results may be lost when the machine stops"), "{log}");
    for _ in 0..5 {
        daemon.run("short").expect_ok(&["fine"]);
    }
    fs::remove_file(&fails).expect("it is there");
    let works = || {
        daemon.run("short").expect_ok(&["fine"]);
        Some(daemon.log()).filter(|log| log.contains("it works again"))
    };
    let log = wait::until("the journal to go on", works);
    assert_eq!(log.matches("cannot sync").count(), 1, "{log}");
    assert!((2..=5).contains(&segments(&daemon).len()), "each that failed is left alone: {:?}", segments(&daemon));
    kill_and_start(&mut daemon);
    expect_good(&daemon);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn daemons_that_can_change_nothing_give_no_number_twice() {
    let disk = Tmpfs::mount("4m");
    let mut daemon = Daemon::start(config(&disk.path().join("state").display().to_string()));
    assert_eq!(daemon.run("long").status(), "OK");
    let written = numbers_of_long(&daemon);
    let (mut results, mut processes) = (HashSet::new(), HashSet::new());
    // The second finds what the first has found, although that has shown results.
    for how in ["ro", "ro", "rw"] {
        daemon.signal(Signal::SIGKILL);
        assert_eq!(daemon.wait_for_exit(), -9);
        disk.remount(how);
        daemon.try_start().expect("it starts");
        assert!(written.iter().all(|number| numbers_of_long(&daemon).contains(number)), "what was written is shown");
        let process = daemon.force(&["long"]);
        assert_eq!(daemon.finish(&process)[0].1.status(), "OK");
        assert!(processes.insert(number(&process)), "{process} was given before: {processes:?}");
        for number in numbers_of_long(&daemon).into_iter().filter(|number| !written.contains(number)) {
            assert!(results.insert(number), "{number} was given before: {results:?}");
        }
    }
}

const HANG: &str = r#"
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int fsync(int fd) {
    const char *file = getenv("HANG_WHILE");
    while (file && access(file, F_OK) == 0) {
        usleep(10000);
    }
    return syscall(SYS_fsync, fd);
}
"#;

#[test]
fn a_start_answers_before_the_device_does() {
    let build = tempfile::tempdir().expect("a folder");
    let Some(library) = preloaded(build.path(), HANG) else { return };
    let hangs = build.path().join("hangs");
    let boot = Boot::of(config("'{{DIR}}/state'")).environment("LD_PRELOAD", &library);
    let mut daemon = boot.environment("HANG_WHILE", &hangs.display().to_string()).start();
    assert_eq!(daemon.run("long").status(), "OK");
    let before = numbers_of_long(&daemon);
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        daemon.signal(signal);
        let _ = daemon.wait_for_exit();
        fs::write(&hangs, "").expect("writable");
        daemon.try_start().expect("it starts");
        assert_eq!(numbers_of_long(&daemon), before, "what was written is shown");
        fs::remove_file(&hangs).expect("it is there");
        daemon.run("short").expect_ok(&["fine"]);
        assert!(!daemon.log().contains("results may be missing"), "{}", daemon.log());
    }
}
