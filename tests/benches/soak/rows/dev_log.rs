//! `/dev/log` goes away and comes back.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::wait;

use crate::length::Length;
use crate::place;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;

/// A `/dev` of our own, with what programs expect there.
const DEV: &str = "d=\"$0\" && cp -a /dev/null /dev/zero /dev/urandom /dev/random /dev/tty \"$d\" && \
                   ln -s /proc/self/fd \"$d/fd\" && mount --bind \"$d\" /dev && exec \"$@\"";

pub(crate) fn run(length: Length) -> Verdict {
    if !place::is_root() {
        return Verdict::not_run("needs root and unshare, for a /dev of its own");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let open = || {
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a limit");
        socket
    };
    let mut syslog = open();
    let shown = folder.path().display().to_string();
    let config: Config = pulse::config().plugin("echo", "Command: echo fine");
    let boot = Boot::of(config).with_syslog().through(&["unshare", "--mount", "sh", "-c", DEV, &shown]);
    let daemon = boot.start();
    let pulse = Pulse::of(&daemon);
    let mut rounds_heard = u32::from(hears(&syslog, &daemon));
    let rounds = length.pick(5, 1);
    let mut right = 0;
    for _ in 0..rounds {
        drop(syslog);
        fs::remove_file(&path).expect("a socket to remove");
        for _ in 0..20 {
            right += u32::from(daemon.run("echo").status() == "OK");
        }
        syslog = open();
        rounds_heard += u32::from(hears(&syslog, &daemon));
    }
    Verdict::of(format!("/dev/log removed and made again {rounds} times, 20 forced runs without it each time"))
        .is("heard again after each return", rounds_heard, rounds + 1, rounds_heard == rounds + 1)
        .is("right results meanwhile", right, 20 * rounds, right == 20 * rounds)
        .schedule(&pulse)
}

/// Whether a run is told of within some time.
fn hears(syslog: &UnixDatagram, daemon: &Daemon) -> bool {
    wait::within(Duration::from_secs(20), || {
        let _ = daemon.run("echo");
        let mut line = [0; 4096];
        let length = syslog.recv(&mut line).ok()?;
        String::from_utf8_lossy(&line[..length]).contains("echo").then_some(())
    })
    .is_some()
}
