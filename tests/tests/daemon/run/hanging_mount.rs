//! A file system that has stopped answering costs a plugin its time, and nobody else anything.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;
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
    frozen.thaw();
    assert_eq!(daemon.run("mounts").status(), "OK");
}
