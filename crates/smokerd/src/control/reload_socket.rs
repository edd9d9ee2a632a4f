//! The socket by which a running daemon is asked for a reload and sends what became of it.
//!
//! It has a name and no file, so it needs no place that a daemon may write to once it has given up root, and works for a daemon
//! that has no pidfile. Names may be taken by anybody: the kernel says which process listens, and which account asks.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};

use nix::unistd::Pid;

use crate::os::sys;

/// Where the kernel lists sockets. Not `/proc/net`, which a `/proc` that shows processes only does not have.
const SOCKETS: &str = "/proc/self/net/unix";

/// What the names of these sockets begin with. What follows is random, and not the process id: in a container that is another
/// number than outside.
const PREFIX: &str = "smokerd-reload.";

/// Listens for requests to this process.
pub(crate) fn listen() -> io::Result<UnixListener> {
    // The standard library seeds it from the system's source of randomness.
    let random = RandomState::new().build_hasher().finish();
    let name = format!("{PREFIX}{random:016x}");
    let listener = UnixListener::bind_addr(&sys::abstract_address(name.as_bytes())?)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Connects to the daemon with this process id. `None` when it has no such socket, as a daemon of an older version, or when
/// the socket cannot be seen from here.
pub(crate) fn connect(pid: Pid) -> Option<UnixStream> {
    let sockets = std::fs::read(SOCKETS).ok()?;
    let sockets = String::from_utf8_lossy(&sockets);
    let names = sockets.lines().filter_map(|line| line.rsplit(' ').next()?.strip_prefix('@'));
    names.filter(|name| name.starts_with(PREFIX)).find_map(|name| {
        let stream = sys::connect_abstract(name.as_bytes()).ok()?;
        (sys::peer_pid(&stream).ok()? == pid).then_some(stream)
    })
}

/// Whether a process is a daemon with such a socket.
pub(crate) fn belongs_to(pid: Pid) -> bool {
    connect(pid).is_some()
}
