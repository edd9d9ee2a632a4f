//! The folders and files of a cgroup.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, fstat};
use nix::unistd::{Pid, UnlinkatFlags, unlinkat};

/// How many cgroups of a run, which it made as root, are looked at.
const MAX_SEEN: usize = 100_000;

pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    let folder = File::open(path)?;
    for child in children(folder.as_fd())? {
        let _ = remove(folder.as_fd(), &child);
    }
    fs::remove_dir(path)
}

/// Removes a cgroup with all below it. One that has processes stays.
pub(super) fn remove(parent: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    let folder = open_folder(parent, name)?;
    walk(folder.as_fd(), |_| {}, |parent, name| drop(remove_empty(parent, name)))?;
    remove_empty(parent, name)
}

fn remove_empty(parent: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    Ok(unlinkat(parent, name, UnlinkatFlags::RemoveDir)?)
}

/// The processes of a cgroup and of all below it.
pub(super) fn processes(folder: BorrowedFd<'_>) -> Vec<Pid> {
    let mut found = Vec::new();
    let collect = |folder: BorrowedFd<'_>| {
        let listed = read(folder, "cgroup.procs").unwrap_or_default();
        // 0 stands for a process that this one cannot see.
        found.extend(listed.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).map(Pid::from_raw));
    };
    // What could be seen counts.
    let _ = walk(folder, collect, |_, _| {});
    found
}

/// Goes through a cgroup and all below it, however deep, with a few descriptors. `enter` gets each of them; `leave` gets
/// the parent and the name of each but the first, when all below it are done.
fn walk(
    top: BorrowedFd<'_>,
    mut enter: impl FnMut(BorrowedFd<'_>),
    mut leave: impl FnMut(BorrowedFd<'_>, &str),
) -> io::Result<()> {
    enter(top);
    if !has_child(top) {
        return Ok(());
    }
    let mut here = open_folder(top, ".")?;
    // The way from the top to here, and of each cgroup on it those below that are still to be seen.
    let mut names = Vec::new();
    let mut left = vec![children(top)?];
    for _ in 0..MAX_SEEN {
        if let Some(name) = left.last_mut().and_then(Vec::pop) {
            // One that is gone meanwhile needs nothing.
            let Ok(child) = open_folder(here.as_fd(), &name) else { continue };
            enter(child.as_fd());
            left.push(if has_child(child.as_fd()) { children(child.as_fd())? } else { Vec::new() });
            names.push(name);
            here = child;
        } else {
            left.pop();
            let Some(name) = names.pop() else { break };
            here = open_folder(here.as_fd(), "..")?;
            leave(here.as_fd(), &name);
        }
    }
    Ok(())
}

/// The number of links of a folder is two and one for each folder in it.
pub(super) fn has_child(folder: BorrowedFd<'_>) -> bool {
    fstat(folder).is_ok_and(|status| status.st_nlink > 2)
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
