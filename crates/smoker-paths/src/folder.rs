//! What is in a folder that is open.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use nix::dir::Dir;
use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, fstat};

/// The names in a folder, without `.` and `..`.
pub(crate) fn names_in(folder: &OwnedFd) -> io::Result<Vec<OsString>> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut names = Vec::new();
    for entry in Dir::openat(folder, ".", flags, Mode::empty())? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Whether root has the folder and nothing is in it, as when root has made it just now: only then root may give it away.
///
/// # Errors
///
/// Those of the system.
pub fn is_new_of_root(folder: &OwnedFd) -> io::Result<bool> {
    Ok(fstat(folder)?.st_uid == 0 && names_in(folder)?.is_empty())
}
