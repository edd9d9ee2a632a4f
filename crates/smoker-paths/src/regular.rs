//! Files that are read, and are files: a named pipe would make its reader wait for a writer, and a device has no end.

use std::fs::File;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open as open_path};
use nix::sys::stat::{Mode, SFlag, fstat};

use crate::resolved_path::kind;

/// The kernel takes a lease back after 45 seconds (`/proc/sys/fs/lease-break-time`).
const LEASE_LIMIT: Duration = Duration::from_secs(60);

/// How often to look whether a lease was given back.
const LEASE_INTERVAL: Duration = Duration::from_millis(20);

/// Opens a file to be read. Links are followed.
///
/// # Errors
///
/// Those of the system, and when it is something else than a file.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let begun = Instant::now();
    let file = loop {
        match open_path(path, flags, Mode::empty()) {
            // A file server has a lease on it, which the kernel has asked back.
            Err(Errno::EWOULDBLOCK) if begun.elapsed() < LEASE_LIMIT => sleep(LEASE_INTERVAL),
            opened => break File::from(opened?),
        }
    };
    let what = match kind(&fstat(&file)?) {
        // Reading a folder fails in the system's own words.
        SFlag::S_IFREG | SFlag::S_IFDIR => return Ok(file),
        SFlag::S_IFIFO => "a named pipe (FIFO)",
        SFlag::S_IFSOCK => "a socket",
        _ => "a device",
    };
    Err(io::Error::other(format!("it is {what}, not a file; put a file in its place")))
}

#[cfg(test)]
mod tests {
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn only_files_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        std::fs::write(&file, "").expect("writable");
        mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
        open(&file).expect("a file");
        for (path, what) in [(pipe.as_path(), "FIFO"), (Path::new("/dev/zero"), "a device")] {
            assert!(open(path).expect_err(what).to_string().contains(what));
        }
    }
}
