//! A file takes the place of another in one step: a reader sees the old one or the new one, also when the
//! writer is killed or the disk is full.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::fcntl::{OFlag, openat, renameat};
use nix::sys::stat::{Mode, fchmod, fstat, mode_t};
use nix::unistd::fchown;

use crate::resolved_path::{Owner, ResolvedPath};

/// How many names are tried for the new file.
const MAX_ATTEMPTS: u32 = 100;

/// Puts a file with this content in a place; it belongs to `owner`, else to the account that writes. What had the name,
/// a link too, is gone.
///
/// # Errors
///
/// Those of the system; what was there is then unchanged.
pub fn replace(place: &ResolvedPath, content: &[u8], mode: mode_t, owner: Option<Owner>) -> io::Result<()> {
    let (new, mut file) = new_file(place)?;
    let filled = fill(&mut file, content, mode, owner)
        .and_then(|()| Ok(renameat(place.folder(), new.name(), place.folder(), place.name())?));
    if let Err(error) = filled {
        // What is left over is named after the file, and hidden.
        let _ = new.remove();
        return Err(error);
    }
    // A crash of the machine must not bring the old name back after we said that it is written.
    let folder = openat(place.folder(), ".", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty());
    // A folder that we may not list cannot be synchronized.
    folder.map_or(Ok(()), |folder| File::from(folder).sync_all())
}

/// A file beside the place that is ours alone until everything is written.
fn new_file(place: &ResolvedPath) -> io::Result<(ResolvedPath, File)> {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.subsec_nanos());
    for attempt in 0..MAX_ATTEMPTS {
        let mut name = OsString::from(".");
        name.push(place.name());
        name.push(format!(".{}-{}.new", std::process::id(), started.wrapping_add(attempt)));
        let new = place.beside(&name)?;
        match new.open(OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY, 0o600) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return Ok((new, opened?)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn fill(file: &mut File, content: &[u8], mode: mode_t, owner: Option<Owner>) -> io::Result<()> {
    file.write_all(content)?;
    let made = fstat(&*file)?;
    if let Some((user, group)) = owner.filter(|owner| *owner != (made.st_uid, made.st_gid)) {
        fchown(&*file, Some(user.into()), Some(group.into()))
            .map_err(|error| io::Error::other(format!("its owner cannot be kept ({error})")))?;
    }
    fchmod(&*file, Mode::from_bits_truncate(mode))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_new_file_takes_the_name_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, target) = (folder.path().join("file"), folder.path().join("target"));
        fs::write(&target, "kept").expect("writable");
        let place = ResolvedPath::of(&path).expect("a place");
        // What comes in the name's place after it was looked at is not followed.
        symlink(&target, &path).expect("writable");
        replace(&place, b"new", 0o644, None).expect("replaced");
        assert_eq!(
            (fs::read(&path).expect("there"), fs::read(&target).expect("there")),
            (b"new".into(), b"kept".into())
        );
        assert_eq!(fs::symlink_metadata(&path).expect("there").permissions().mode() & 0o7777, 0o644);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    }
}
