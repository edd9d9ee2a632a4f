//! Replaces a file atomically: a reader sees the old content or the new one,
//! also when this process is killed or the disk is full.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::stat::{SFlag, mode_t};
use smoker_paths::resolved_path::{self, ResolvedPath};
use smoker_paths::{append, replace};

/// The mode of a file that did not exist: parameters may be passwords, so others may not read it.
const NEW_FILE_MODE: mode_t = 0o640;

/// The bits of a mode that are permissions.
const PERMISSIONS: mode_t = 0o7777;

/// Where a file really is: its folder without links, and the file that a link stands for.
pub(crate) fn place_of(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Ok(place) => return Ok(place),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    if fs::metadata(path).is_ok() {
        // Such as a pipe behind /dev/stdout: it has no path of its own.
        return Ok(path.to_owned());
    }
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it is a link to a file that does not exist"));
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(folder.canonicalize()?.join(name))
}

/// Replaces what is at a path. A file keeps its mode and owner; a device or pipe is written to. While the process is root, no
/// link of another account leads it elsewhere.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let place = ResolvedPath::of(path)?;
    let old = match place.stat() {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return replace::replace(&place, content, NEW_FILE_MODE, None);
        }
        Err(error) => return Err(error),
    };
    match resolved_path::kind(&old) {
        SFlag::S_IFREG if !place.is_descriptor() => {}
        SFlag::S_IFDIR => return Err(io::ErrorKind::IsADirectory.into()),
        _ => {
            // A pipe that no process reads is an error.
            let mut file = place.open(OFlag::O_WRONLY | OFlag::O_APPEND | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, 0)?;
            append::set_blocking(&file)?;
            return file.write_all(content);
        }
    }
    let mut there = Vec::new();
    let read = place.open(OFlag::O_RDONLY | OFlag::O_NONBLOCK, 0).and_then(|mut file| file.read_to_end(&mut there));
    if read.is_ok() && there == content {
        return Ok(());
    }
    let owner = Some((old.st_uid, old.st_gid));
    replace::replace(&place, content, old.st_mode & PERMISSIONS, owner)
}
