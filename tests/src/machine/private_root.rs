//! A copy of this machine's file system that a test may change: what it writes
//! goes to a layer above, in namespaces of its own, and is gone with it.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::{self, Output};
use crate::machine::skip::{program, skip};
use crate::started::Started;
use crate::wait;

/// Puts the layers together. The shared folder stands at `/shared`, devices
/// and settings of the kernel are out of reach, and nothing but the loopback
/// device is there to speak to.
const SET_UP: &str = r#"
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$PLACE"
mkdir "$PLACE/upper" "$PLACE/work" "$PLACE/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$PLACE/upper,workdir=$PLACE/work" "$PLACE/root"
cd "$PLACE/root"
mkdir -p shared
mount --bind "$SHARED" shared
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs dev
for node in null zero full random urandom tty; do
    : > "dev/$node"
    mount --bind "/dev/$node" "dev/$node"
done
mkdir dev/shm
ip link set lo up || ifconfig lo up || busybox ifconfig lo up
# Services may be started here, whatever the machine's own policy is.
printf '#!/bin/sh\nexit 104\n' > usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d
"#;

/// The first process is there for daemons that have ended, too: a shell waits for any child.
const SHELL: &str = "exec chroot . sh -c 'touch /run/ready; sleep 3600 & wait'";

/// Of the machine's services none is started.
const SYSTEMD: &str = r"
rm -rf lib/systemd/system/*.wants etc/systemd/system/*.wants
printf '[Unit]\nDefaultDependencies=no\n' > etc/systemd/system/nothing.target
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
touch run/ready
container=private exec chroot . /lib/systemd/systemd --unit=nothing.target --log-target=console --show-status=no
";

/// The copy. Dropping it ends everything that runs in it.
#[derive(Debug)]
pub struct PrivateRoot {
    /// Ends first.
    _started: Started,
    /// The first process inside, as the machine knows it.
    init: String,
    _place: tempfile::TempDir,
}

impl PrivateRoot {
    /// A new one that sees `shared` as `/shared`; `None`, told loudly, where
    /// that is not possible.
    #[must_use]
    pub fn new(shared: &Path) -> Option<Self> {
        Self::with_first_process(SHELL, shared)
    }

    /// As [`Self::new`], with systemd as the first process.
    #[must_use]
    pub fn booted(shared: &Path) -> Option<Self> {
        program("systemctl", "apt-get install systemd")?;
        let machine = Self::with_first_process(SYSTEMD, shared)?;
        let answers = || (machine.sh("systemctl list-units").code == 0).then_some(());
        wait::within(wait::DEADLINE * 3, answers).expect("systemd answers");
        Some(machine)
    }

    fn with_first_process(first: &str, shared: &Path) -> Option<Self> {
        let unshare = program("unshare", "apt-get install util-linux")?;
        let place = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(unshare);
        command.args(["--mount", "--net", "--pid", "--cgroup", "--ipc", "--uts", "--fork", "--kill-child"]);
        command.args(["sh", "-c", &format!("{SET_UP}{first}")]);
        command.env("PLACE", place.path()).env("SHARED", shared).stdin(Stdio::null());
        command.process_group(0);
        let mut started = Started::spawn(&mut command).expect("unshare can be started");
        let children = format!("/proc/{0}/task/{0}/children", started.pid());
        let init = wait::until("the copy of this machine to be ready or refused", || {
            let init = std::fs::read_to_string(&children).unwrap_or_default().trim().to_owned();
            let is_ready = Path::new("/proc").join(&init).join("root/run/ready").exists() && !init.is_empty();
            (is_ready || !started.is_running()).then_some(init)
        });
        if !started.is_running() {
            skip(
                "no package is installed into a copy of this machine",
                "allow mount namespaces and overlay file systems",
            );
            return None;
        }
        Some(Self { _started: started, init, _place: place })
    }

    /// Runs a line of shell in it.
    #[must_use]
    pub fn sh(&self, line: &str) -> Output {
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--net", "--pid", "--ipc", "--uts", "--root", "--wd", "--target", &self.init]);
        command.args(["sh", "-c", line]).env("LC_ALL", "C.UTF-8").env("DEBIAN_FRONTEND", "noninteractive");
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
        command.process_group(0);
        cli::run_within(&mut command, wait::DEADLINE * 10)
    }

    /// Runs a line that has to end with 0; returns both streams.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "often it is enough that the line succeeds")]
    pub fn succeed(&self, line: &str) -> String {
        let output = self.sh(line);
        assert_eq!(output.code, 0, "{line}\n{}", output.text());
        output.text()
    }
}
