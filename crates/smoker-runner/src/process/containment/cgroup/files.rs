//! The folders and files of a cgroup.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, fstat};
use nix::unistd::{Pid, UnlinkatFlags, unlinkat};

/// How deep below its own cgroup the cgroups of a run that it made as root are
/// looked at: each level takes a descriptor. What is deeper is killed with the
/// rest, and removed by nobody.
pub(super) const MAX_DEPTH: usize = 64;

pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    let folder = File::open(path)?;
    for child in children(folder.as_fd())? {
        let _ = remove(folder.as_fd(), &child, MAX_DEPTH);
    }
    fs::remove_dir(path)
}

/// Removes a cgroup with all below it. One that has processes stays.
pub(super) fn remove(parent: BorrowedFd<'_>, name: &str, depth: usize) -> io::Result<()> {
    let folder = open_folder(parent, name)?;
    if depth > 0 && fstat(&folder)?.st_nlink > 2 {
        for child in children(folder.as_fd())? {
            remove(folder.as_fd(), &child, depth - 1)?;
        }
    }
    Ok(unlinkat(parent, name, UnlinkatFlags::RemoveDir)?)
}

pub(super) fn collect_processes(folder: BorrowedFd<'_>, found: &mut Vec<Pid>, depth: usize) {
    let listed = read(folder, "cgroup.procs").unwrap_or_default();
    // 0 stands for a process that this one cannot see.
    found.extend(listed.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).map(Pid::from_raw));
    if depth > 0 && fstat(folder).is_ok_and(|status| status.st_nlink > 2) {
        for child in children(folder).unwrap_or_default() {
            if let Ok(child) = open_folder(folder, &child) {
                collect_processes(child.as_fd(), found, depth - 1);
            }
        }
    }
}

/// The names of the cgroups in a cgroup.
pub(super) fn children(folder: BorrowedFd<'_>) -> io::Result<Vec<String>> {
    let mut listing = nix::dir::Dir::openat(folder, ".", OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    let is_folder = |entry: &nix::dir::Entry| entry.file_type() == Some(nix::dir::Type::Directory);
    let entries = listing.iter().filter_map(Result::ok).filter(is_folder);
    let names = entries.filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
    Ok(names.filter(|name| name != "." && name != "..").collect())
}

pub(super) fn open_folder(parent: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
    Ok(openat(parent, name, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?)
}

pub(super) fn read(folder: BorrowedFd<'_>, file: &str) -> io::Result<String> {
    let file: File = openat(folder, file, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?.into();
    let mut text = String::new();
    (&file).read_to_string(&mut text)?;
    Ok(text)
}

pub(super) fn write(folder: BorrowedFd<'_>, file: &str, text: &str) -> io::Result<()> {
    let file: File = openat(folder, file, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?.into();
    (&file).write_all(text.as_bytes())
}
