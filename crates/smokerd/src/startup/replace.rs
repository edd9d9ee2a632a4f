//! Replaces a file atomically: a reader sees the old content or the new one,
//! also when this process is killed or the disk is full.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// The mode of a file that did not exist: parameters may be passwords, so others may not read it.
const NEW_FILE_MODE: u32 = 0o640;

/// The bits of a mode that are permissions.
const PERMISSIONS: u32 = 0o7777;

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

/// Replaces what is at a place. A file keeps its mode and owner; a device or pipe is written to.
pub(crate) fn replace(place: &Path, content: &[u8]) -> io::Result<()> {
    let old = match fs::metadata(place) {
        Ok(old) if old.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(old) if !old.is_file() => return OpenOptions::new().write(true).open(place)?.write_all(content),
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if old.is_some() && fs::read(place).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let folder = place.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(place.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    // The temporary file is readable by its owner only, until everything is written.
    let mut new = tempfile::Builder::new().prefix(&prefix).suffix(".new").tempfile_in(folder)?;
    new.write_all(content)?;
    match &old {
        Some(old) => copy_owner_and_mode(new.as_file(), old)?,
        None => new.as_file().set_permissions(Permissions::from_mode(NEW_FILE_MODE))?,
    }
    new.as_file().sync_all()?;
    new.persist(place).map_err(|error| error.error)?;
    // A crash of the machine must not bring the old name back after we reported that it is written.
    File::open(folder)?.sync_all()
}

fn copy_owner_and_mode(new: &File, old: &Metadata) -> io::Result<()> {
    let own = new.metadata()?;
    if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid()))
            .map_err(|error| io::Error::new(error.kind(), format!("its owner can't be kept ({error})")))?;
    }
    new.set_permissions(Permissions::from_mode(old.mode() & PERMISSIONS))
}
