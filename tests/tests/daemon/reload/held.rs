//! A file that cannot be read for a while, as on a file server that does not answer.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use smoker_tests::config::{Config, hello};
use smoker_tests::daemon::Daemon;

/// A file on which a program has a lease, so that the kernel lets nobody open it until that program gives the lease back, or 45
/// seconds are over. So a read of a file server hangs.
pub(crate) struct Held {
    holder: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// Tells when it has the lease and when somebody wants to open the file; goes on until it is told to.
const HOLDER: &str = "
import fcntl, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
held = open(sys.argv[1])
fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
signal.sigwait([signal.SIGIO])
print('asked', flush=True)
sys.stdin.readline()
";

impl Held {
    /// Takes the lease on a file of a configuration, and returns the configuration that includes it.
    pub(crate) fn new(daemon: &Daemon) -> (Self, Config) {
        let file = daemon.path("held");
        fs::write(&file, "1\n").expect("writable");
        let mut command = Command::new("python3");
        command.args(["-c", HOLDER]).arg(&file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().expect("python3");
        let lines = BufReader::new(holder.stdout.take().expect("piped")).lines();
        let mut held = Self { holder, lines };
        held.expect("held");
        (held, hello().top("x-more: !include {{DIR}}/held"))
    }

    fn expect(&mut self, line: &str) {
        assert_eq!(self.lines.next().and_then(Result::ok).as_deref(), Some(line));
    }

    /// Waits until the daemon reads the file.
    pub(crate) fn wait_for_reader(&mut self) {
        self.expect("asked");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
