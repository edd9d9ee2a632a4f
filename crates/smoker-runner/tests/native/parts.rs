//! The real parts: found, started, waited for and ended.

use std::env;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

/// How long a part may take to do what a test waits for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where distributions put programs that are not on every user's path.
const FURTHER_FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/lib/nagios/plugins", "/usr/lib64/nagios/plugins"];

/// A program, or `None` after a loud line about what to install.
pub(crate) fn program(name: &str, install: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(FURTHER_FOLDERS.map(PathBuf::from));
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        skip(&format!("no test with a real {name}"), install);
    }
    found
}

/// Says loudly that something was not tested. With `TESTS_SKIP_NOTHING` it is
/// an error; the file that `TESTS_SKIPPED_FILE` names gets the line, too.
pub(crate) fn skip(what: &str, remedy: &str) {
    let line = format!("SKIPPED: {what}; {remedy}\n");
    assert!(env::var_os("TESTS_SKIP_NOTHING").is_none(), "{line}");
    // Not `eprintln`, which the test harness keeps to itself when a test passes.
    std::io::stderr().write_all(line.as_bytes()).expect("standard error");
    if let Some(list) = env::var_os("TESTS_SKIPPED_FILE") {
        let mut list =
            std::fs::OpenOptions::new().append(true).create(true).open(list).expect("the list of what was skipped");
        list.write_all(line.as_bytes()).expect("a line in the list");
    }
}

/// A running part, ended when it is dropped.
pub(crate) struct Part(Child);

impl Part {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("a part that starts"))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that nothing listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Waits until the condition gives something.
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until something listens on the port.
pub(crate) fn wait_for_port(port: u16) {
    wait_for(&format!("port {port}"), || TcpStream::connect(("127.0.0.1", port)).ok());
}

/// A file under `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
