//! A file system that has stopped answering costs a plugin its time, and nobody else anything.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::skip::{program, skip};
use smoker_tests::wait;
use tempfile::TempDir;

/// An ext4 whose writers wait, as those of a file server that is gone. Dropping it lets them go on.
struct Frozen(TempDir);

impl Frozen {
    fn new() -> Option<Self> {
        let [mkfs, fsfreeze] = [("mkfs.ext4", "e2fsprogs"), ("fsfreeze", "util-linux")]
            .map(|(name, package)| program(name, &format!("install with: apt-get install {package}")));
        let (mkfs, fsfreeze) = (mkfs?, fsfreeze?);
        let frozen = Self(tempfile::tempdir().expect("a folder"));
        std::fs::create_dir(frozen.point()).expect("a mount point");
        let image = frozen.0.path().join("image");
        std::fs::File::create(&image).and_then(|file| file.set_len(8 << 20)).expect("an image");
        assert!(ran(Command::new(mkfs).arg("-q").arg(&image)), "no file system");
        let is_mounted =
            geteuid().is_root() && ran(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(frozen.point()));
        if !is_mounted {
            skip("no test of a file system that hangs", "run the tests as root where loop devices are");
            return None;
        }
        assert!(ran(Command::new(fsfreeze).arg("-f").arg(frozen.point())), "it does not freeze");
        Some(frozen)
    }

    fn point(&self) -> PathBuf {
        self.0.path().join("mount")
    }

    fn thaw(&self) {
        assert!(ran(Command::new("fsfreeze").arg("-u").arg(self.point())), "it does not thaw");
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let point = self.point();
        // Where nothing is mounted both fail, and nothing is lost.
        ran(Command::new("fsfreeze").arg("-u").arg(&point));
        let is_gone = || !is_mounted(&point) || ran(Command::new("umount").arg(&point));
        wait::within(Duration::from_secs(5), || is_gone().then_some(()));
    }
}

fn is_mounted(point: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    mounts.lines().any(|line| line.split(' ').nth(1) == point.to_str())
}

fn ran(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_mount_that_hangs_costs_the_timeout_of_its_plugin() {
    let Some(frozen) = Frozen::new() else { return };
    let mounts = format!("Module: smoker.server.plugins.fsmount\nTimeout: 1\nMounts: [{}]", frozen.point().display());
    let config = Config::new().plugin("mounts", &mounts).plugin("other", "Command: echo fine");
    let daemon = Daemon::start(config);
    let begin = Instant::now();
    let stuck = daemon.force(&["mounts"]);
    daemon.run("other").expect_ok(&["fine"]);
    let (_, outcome) = daemon.finish(&stuck).pop().expect("a result");
    assert_eq!(outcome.error()[0], "Plugin execution exceeded timeout 1 seconds");
    assert!(begin.elapsed() < Duration::from_secs(12), "it took {:?}", begin.elapsed());
    let left = daemon.processes().len();
    for _ in 0..3 {
        let outcome = daemon.run("mounts");
        let error = outcome.expect_error();
        assert!(error.contains("Not run: an earlier run left "), "{error}");
    }
    assert!(daemon.processes().len() <= left, "no run has added a process that hangs");
    daemon.run("other").expect_ok(&["fine"]);
    frozen.thaw();
    wait::until_true("the plugin runs again", || daemon.run("mounts").status() == "OK");
}

#[test]
fn an_action_that_hangs_adds_no_process_without_end() {
    let Some(frozen) = Frozen::new() else { return };
    let hangs = format!("Command: echo x > {}/file\nTimeout: 0.2", frozen.point().display());
    let config = Config::new().plugin("bad", "Command: exit 1\nAction: hangs").action("hangs", &hangs);
    let daemon = Boot::of(config).grace(Duration::from_millis(100)).start();
    let mut ran = 0;
    wait::until_true("an action that does not run", || {
        let action = daemon.run("bad").action().expect("it is due each time").expect_error();
        ran += 1;
        action.contains("Not run: earlier runs of the plugin and its actions left 4 processes or more")
    });
    assert!(ran <= 5, "it ran {ran} times");
    frozen.thaw();
    wait::until_true("the plugin runs again", || !daemon.run("bad").expect_error().contains("Not run"));
}

/// Mounts a file system at its first argument that never answers, and becomes the others.
const NEVER_ANSWERS: &str = "import ctypes, os, sys\n\
    device = os.open('/dev/fuse', os.O_RDWR)\n\
    os.set_inheritable(device, True)\n\
    os.makedirs(sys.argv[1])\n\
    options = 'fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other' % device\n\
    libc = ctypes.CDLL(None, use_errno=True)\n\
    if libc.mount(b'never', sys.argv[1].encode(), b'fuse', 0, options.encode()):\n\
    \x20   sys.exit('no mount: ' + os.strerror(ctypes.get_errno()))\n\
    os.execvp(sys.argv[2], sys.argv[2:])\n";

/// A mount namespace of its own, so that the mount goes with the last process of the daemon.
const WITH_IT: [&str; 6] = ["unshare", "--mount", "--propagation=private", "python3", "-I", "{{DIR}}/never_answers.py"];

fn can_mount_what_never_answers() -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let (script, point) = (folder.path().join("never_answers.py"), folder.path().join("hanging"));
    std::fs::write(&script, NEVER_ANSWERS).expect("writable");
    let can = ran(Command::new(WITH_IT[0]).args(&WITH_IT[1..5]).arg(script).arg(point).arg("true"));
    if !can {
        skip("no test of starts that hang", "run the tests as root where /dev/fuse and mount namespaces can be used");
    }
    can
}

/// More than there are threads that start children as a rule, and more than the daemon has threads that serve.
const HANGING: [&str; 6] = ["hangs1", "hangs2", "hangs3", "hangs4", "hangs5", "hangs6"];

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn starts_that_hang_keep_no_other_run_from_starting() {
    if !can_mount_what_never_answers() {
        return;
    }
    // The process has its account by then, so that any other process of that account could have stopped it there as well.
    let hangs = "Command: echo began\nWorkDir: {{DIR}}/hanging\nuid: 12345\ngid: 12345";
    let config = Config::new().file("never_answers.py", NEVER_ANSWERS).plugin("other", "Command: echo fine");
    let config = HANGING.iter().fold(config, |config, name| config.plugin(name, hangs));
    let through = [&WITH_IT[..], &["{{DIR}}/hanging"]].concat();
    let daemon = Boot::of(config).through(&through).start();
    let begin = Instant::now();
    let stuck = daemon.force(&HANGING);
    for _ in 0..5 {
        daemon.run("other").expect_ok(&["fine"]);
    }
    assert_eq!(daemon.get(&stuck).status, 202, "the others hang meanwhile");
    assert!(begin.elapsed() < Duration::from_secs(8), "it took {:?}", begin.elapsed());
    for (name, outcome) in daemon.finish(&stuck) {
        let error = outcome.expect_error();
        assert!(error.contains("its program had not begun after 10 s"), "{name}: {error}");
    }
    daemon.run("other").expect_ok(&["fine"]);
    wait::until_true("nothing is left of them", || daemon.processes().len() <= 2);
}

/// As many as may hang at a time.
const MOST_HANGING: usize = 64;

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn as_many_starts_as_may_hang_are_told_and_given_up() {
    if !can_mount_what_never_answers() {
        return;
    }
    let names: Vec<_> = (0..MOST_HANGING).map(|number| format!("hangs{number}")).collect();
    let hangs = "Command: echo began\nWorkDir: {{DIR}}/hanging\nuid: 12346\ngid: 12346";
    let config = Config::new().top("nr_concurrent_plugins: 200").file("never_answers.py", NEVER_ANSWERS);
    let config = config.plugin("other", "Command: echo fine");
    let config = names.iter().fold(config, |config, name| config.plugin(name, hangs));
    let through = [&WITH_IT[..], &["{{DIR}}/hanging"]].concat();
    let daemon = Boot::of(config).through(&through).start();
    let stuck = daemon.force(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let told = wait::until("a run that is not started", || {
        let outcome = daemon.run("other");
        (outcome.status() != "OK").then(|| outcome.expect_error())
    });
    assert!(told.contains("the starts of 64 other processes hang; see the errors of other plugins for why"), "{told}");
    let given_up = daemon.finish(&stuck).into_iter().map(|(_, outcome)| outcome.expect_error());
    let hung = given_up.filter(|error| error.contains("its program had not begun after 10 s")).count();
    assert!(hung > MOST_HANGING / 2, "{hung} have hung");
    wait::until_true("runs start again", || daemon.run("other").status() == "OK");
    wait::until_true("nothing is left of them", || daemon.processes().len() <= 2);
}
