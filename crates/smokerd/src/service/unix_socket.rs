//! The Unix socket that clients of this machine may use. It is made before root is given up, since its folder is often root's.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, UnixAddr, connect, listen, socket};
use nix::sys::stat::{FileStat, Mode, SFlag, umask};
use smoker_paths::resolved_path::{ResolvedPath, kind};

use crate::service::error::StartError;
use crate::service::place;

/// Everybody may connect: who it is, the kernel says, and what they may do, the configuration.
const NOT_EXECUTABLE: Mode = Mode::S_IXUSR.union(Mode::S_IXGRP).union(Mode::S_IXOTH);

/// A socket in the file system that this process listens on.
#[derive(Debug)]
pub(crate) struct UnixSocket {
    listener: UnixListener,
    file: SocketFile,
}

/// The file of a socket.
#[derive(Debug)]
pub(crate) struct SocketFile {
    place: ResolvedPath,
    /// Device and inode.
    made: (u64, u64, i64, i64),
}

impl UnixSocket {
    /// Makes the socket. The file that a daemon has left which no longer listens is replaced. Has to be called while this process
    /// has one thread.
    ///
    /// # Errors
    ///
    /// When a process listens there, when something else than a socket has the name, and those of the system.
    pub(crate) fn bind(path: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::Socket { path: path.to_owned(), source: place::explained(path, source) };
        let place = ResolvedPath::of_name(path).map_err(failed)?;
        let address = address_of(&place, path);
        match place.stat() {
            Ok(stat) if kind(&stat) != SFlag::S_IFSOCK => {
                return Err(failed(io::Error::other("there is something else than a socket: remove it")));
            }
            Ok(_) if is_served(&address).map_err(failed)? => {
                return Err(StartError::SocketInUse { path: path.to_owned() });
            }
            Ok(_) => place.remove().map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let before = umask(NOT_EXECUTABLE);
        let bound = UnixListener::bind(&address);
        umask(before);
        let listener = bound.map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        listen(&listener, Backlog::MAXCONN).map_err(|error| failed(error.into()))?;
        let made = place.stat().map(identity_of).map_err(failed)?;
        Ok(Self { listener, file: SocketFile { place, made } })
    }

    /// The socket, and its file, which outlives it.
    pub(crate) fn into_parts(self) -> (UnixListener, SocketFile) {
        (self.listener, self.file)
    }
}

impl SocketFile {
    /// Removes the file, unless another daemon has replaced it. An account that may not leaves it; the next start replaces it.
    pub(crate) fn remove(&self) {
        if self.place.stat().map(identity_of).is_ok_and(|now| now == self.made) {
            let _ = self.place.remove();
        }
    }
}

#[expect(clippy::unnecessary_cast, reason = "the types differ between systems")]
/// A number of an inode alone is given to the next file.
fn identity_of(stat: FileStat) -> (u64, u64, i64, i64) {
    (stat.st_dev as u64, stat.st_ino as u64, stat.st_mtime as i64, stat.st_mtime_nsec as i64)
}

/// A name for the place that leads through the open folder, so that nobody can exchange a folder above it meanwhile.
fn address_of(place: &ResolvedPath, path: &Path) -> PathBuf {
    let folder = Path::new("/proc/self/fd").join(place.folder().as_raw_fd().to_string());
    if folder.exists() { folder.join(place.name()) } else { path.to_owned() }
}

/// Whether a process listens.
fn is_served(address: &Path) -> io::Result<bool> {
    let socket = socket(AddressFamily::Unix, SockType::Stream, SockFlag::empty(), None)?;
    fcntl(&socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    match connect(socket.as_raw_fd(), &UnixAddr::new(address)?) {
        // The queue of clients that wait is full.
        Ok(()) | Err(Errno::EAGAIN) => Ok(true),
        Err(Errno::ECONNREFUSED | Errno::ENOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_socket_without_a_listener_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sock");
        let first = UnixSocket::bind(&path).expect("bound");
        let metadata = fs::symlink_metadata(&path).expect("there");
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.mode() & 0o777, 0o666);
        UnixStream::connect(&path).expect("it listens");
        assert!(matches!(UnixSocket::bind(&path), Err(StartError::SocketInUse { .. })));
        let (listener, old) = first.into_parts();
        drop(listener);
        let (_listener, new) = UnixSocket::bind(&path).expect("nobody listens any more").into_parts();
        old.remove();
        UnixStream::connect(&path).expect("the file is another daemon's now");
        new.remove();
        assert!(!path.exists());
        fs::write(&path, "precious").expect("writable");
        let error = UnixSocket::bind(&path).expect_err("a file").to_string();
        assert!(error.contains("something else than a socket"), "{error}");
        assert_eq!(fs::read(&path).expect("there"), b"precious");
    }
}
