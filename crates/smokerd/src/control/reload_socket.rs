//! The socket by which a running daemon is asked for a reload and sends what became of it.
//!
//! It has a name and no file, so it needs no place that a daemon may write to once it has given up root, and works for a daemon
//! that has no pidfile. Names may be taken by anybody: the kernel says which process listens, and which account asks.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, Uid, geteuid};
use thiserror::Error;

use crate::os::sys;

/// Where the kernel lists sockets. Not `/proc/net`, which a `/proc` that shows processes only does not have.
const SOCKETS: &str = "/proc/self/net/unix";

/// What the names of these sockets begin with. What follows is random, and not the process id: in a container that is another
/// number than outside.
const PREFIX: &str = "smokerd-reload.";

/// How long to try a socket that takes no connection because many wait.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The pause between two tries.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// Why a daemon cannot be asked, although it may have a socket.
#[derive(Debug, Error)]
#[error("cannot reach process {pid} through its reload socket: {error}; nothing is signalled; try again")]
pub(crate) struct Unreachable {
    pid: Pid,
    error: io::Error,
}

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
pub(crate) fn connect(pid: Pid) -> Result<Option<UnixStream>, Unreachable> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match names().and_then(|names| connect_to_one(&names, pid)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < deadline => sleep(BUSY_PAUSE),
            outcome => return outcome.map_err(|error| Unreachable { pid, error }),
        }
    }
}

/// Whether a process is a daemon with such a socket.
pub(crate) fn belongs_to(pid: Pid) -> Result<bool, Unreachable> {
    connect(pid).map(|stream| stream.is_some())
}

/// The daemons with such a socket, of root or of this account.
pub(crate) fn daemons() -> Vec<Pid> {
    let of = |name: &String| {
        let (pid, account) = sys::listener(&sys::connect_abstract(name.as_bytes()).ok()?).ok()?;
        (account.is_root() || account == geteuid()).then_some(pid)
    };
    names().unwrap_or_default().iter().filter_map(of).collect()
}

/// The names of all such sockets.
fn names() -> io::Result<BTreeSet<String>> {
    let sockets = match fs::read(SOCKETS) {
        Ok(sockets) => sockets,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(io::Error::new(error.kind(), format!("cannot read {SOCKETS}: {error}"))),
    };
    let sockets = String::from_utf8_lossy(&sockets);
    let names = sockets.lines().filter_map(|line| line.rsplit(' ').next()?.strip_prefix('@'));
    Ok(names.filter(|name| name.starts_with(PREFIX) && name.is_ascii()).map(str::to_owned).collect())
}

/// Connects to the one of these sockets that is the daemon's. An error of another counts only when none is: whose that one is
/// cannot be known.
fn connect_to_one(names: &BTreeSet<String>, pid: Pid) -> io::Result<Option<UnixStream>> {
    let mut failure = None;
    for name in names {
        match sys::connect_abstract(name.as_bytes()) {
            Ok(stream) if sys::listener(&stream).is_ok_and(|listener| is_daemon(listener, pid)) => {
                return Ok(Some(stream));
            }
            Ok(_) => {}
            // It was closed in the meantime.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or(Ok(None), Err)
}

/// Whether a process that began to listen is the one with this id. Its number alone could be that of a process before it, so
/// its account has to be root's, ours, or that of the process.
fn is_daemon((listener, account): (Pid, Uid), pid: Pid) -> bool {
    let owns_process = || fs::metadata(format!("/proc/{pid}")).is_ok_and(|folder| folder.uid() == account.as_raw());
    listener == pid && (account.is_root() || account == geteuid() || owns_process())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen, socket};
    use nix::unistd::getpid;

    use super::*;

    #[test]
    fn a_socket_that_takes_no_connection_is_not_a_missing_one() {
        let [busy, free, missing] = ["busy", "free", "missing"].map(|name| format!("smokerd-test-{name}.{}", getpid()));
        let names = |names: &[&String]| names.iter().map(|name| (*name).clone()).collect();
        let full = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).expect("socket");
        bind(full.as_raw_fd(), &UnixAddr::new_abstract(busy.as_bytes()).expect("address")).expect("bound");
        listen(&full, Backlog::new(0).expect("backlog")).expect("listens");
        let _waiting: Vec<_> = std::iter::from_fn(|| sys::connect_abstract(busy.as_bytes()).ok()).take(100).collect();
        let _listener =
            UnixListener::bind_addr(&sys::abstract_address(free.as_bytes()).expect("address")).expect("bound");

        let error = connect_to_one(&names(&[&busy, &missing]), getpid()).expect_err("busy");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert!(connect_to_one(&names(&[&busy, &free]), getpid()).expect("free").is_some());
        assert!(connect_to_one(&names(&[&free, &missing]), Pid::from_raw(1)).expect("of another").is_none());
    }

    #[test]
    fn a_daemon_that_is_busy_is_asked_again_for_a_while() {
        let name = format!("{PREFIX}test.{}", getpid());
        let full = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).expect("socket");
        bind(full.as_raw_fd(), &UnixAddr::new_abstract(name.as_bytes()).expect("address")).expect("bound");
        listen(&full, Backlog::new(0).expect("backlog")).expect("listens");
        let waiting: Vec<_> = std::iter::from_fn(|| sys::connect_abstract(name.as_bytes()).ok()).take(100).collect();

        let begun = Instant::now();
        let refused = connect(getpid()).expect_err("it stays busy").to_string();
        assert!(begun.elapsed() >= BUSY_TIMEOUT && refused.ends_with("nothing is signalled; try again"), "{refused}");

        let listener = UnixListener::from(full);
        let accepting = std::thread::spawn(move || {
            sleep(3 * BUSY_PAUSE);
            listener.incoming().take(waiting.len() + 1).count()
        });
        assert!(connect(getpid()).expect("it has room again").is_some());
        accepting.join().expect("no panic");
    }

    #[test]
    fn a_number_with_the_account_of_another_is_not_the_daemon() {
        let (pid, own) = (getpid(), geteuid());
        let other = Uid::from_raw(own.as_raw() + 4711);
        assert!(is_daemon((pid, own), pid) && is_daemon((pid, Uid::from_raw(0)), pid));
        assert!(!is_daemon((pid, other), pid) && !is_daemon((Pid::from_raw(1), own), pid));
    }
}
