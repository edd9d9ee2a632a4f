//! A service manager that hears what a daemon tells it, as `sd_notify(3)` says.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::wait::DEADLINE;

/// A socket that messages come to.
#[derive(Debug)]
pub struct ServiceManager {
    socket: UnixDatagram,
    address: String,
    _folder: TempDir,
}

/// What a message says, by name.
pub type Message = HashMap<String, String>;

impl Default for ServiceManager {
    fn default() -> Self {
        Self::new()
    }
}

impl ServiceManager {
    /// With a socket that is a file.
    #[must_use]
    pub fn new() -> Self {
        Self::listen(|path| (SocketAddr::from_pathname(path), path.display().to_string()))
    }

    /// With a socket that has a name and no file.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn without_file() -> Self {
        use std::os::linux::net::SocketAddrExt;

        Self::listen(|path| {
            let name = path.display().to_string();
            (SocketAddr::from_abstract_name(&name), format!("@{name}"))
        })
    }

    fn listen(address_of: impl Fn(&PathBuf) -> (std::io::Result<SocketAddr>, String)) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let (socket, address) = address_of(&folder.path().join("notify"));
        let socket = UnixDatagram::bind_addr(&socket.expect("a short name")).expect("nobody else has it");
        Self { socket, address, _folder: folder }
    }

    /// What `NOTIFY_SOCKET` has to be.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The next message; fails the test when none comes.
    #[must_use]
    pub fn next(&self) -> Message {
        self.next_within(DEADLINE).expect("a message to the service manager")
    }

    /// The next message, if one comes in time.
    #[must_use]
    pub fn next_within(&self, limit: Duration) -> Option<Message> {
        let mut buffer = [0; 4096];
        self.socket.set_read_timeout(Some(limit.max(Duration::from_millis(1)))).expect("a time");
        match self.socket.recv(&mut buffer) {
            Ok(length) => Some(parse(&buffer[..length])),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("cannot hear the daemon: {error}"),
        }
    }

    /// The next message with such a line; others are passed over.
    #[must_use]
    pub fn next_with(&self, name: &str) -> Message {
        let end = Instant::now() + DEADLINE;
        while let Some(message) = self.next_within(end.saturating_duration_since(Instant::now())) {
            if message.contains_key(name) {
                return message;
            }
        }
        panic!("waited {} s in vain for {name}", DEADLINE.as_secs())
    }
}

fn parse(message: &[u8]) -> Message {
    let text = str::from_utf8(message).expect("messages are text");
    let line = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("no assignment: {line:?} in {text:?}"));
        (name.to_owned(), value.to_owned())
    };
    text.lines().map(line).collect()
}
