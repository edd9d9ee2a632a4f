//! Files that are read, and are files: a named pipe would make its reader wait for a writer, and a device has no end.

use std::fs::File;
use std::io;
use std::path::Path;

use nix::fcntl::{OFlag, open as open_path};
use nix::sys::stat::{Mode, SFlag, fstat};

use crate::place::kind;

/// Opens a file to be read. Links are followed.
///
/// # Errors
///
/// Those of the system, and when it is something else than a file.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let file = File::from(open_path(path, flags, Mode::empty())?);
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
