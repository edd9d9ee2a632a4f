//! Files that are appended to. Root opens them for the account that the daemon becomes.

use std::fs::File;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{fchown, geteuid};

use crate::resolved_path::{Owner, ResolvedPath, kind};

/// Opens a file. It is made when it is missing, and
/// so are the folders above it; what is made belongs to `owner`. A named pipe that no process reads is
/// an error and makes nobody wait.
///
/// # Errors
///
/// Those of the system, and for root what another account could have put there: a link, or a file of somebody
/// else's under a second name.
pub fn open(path: &Path, owner: Option<Owner>) -> io::Result<File> {
    let place = ResolvedPath::with_folders(path, owner)?;
    let flags = OFlag::O_WRONLY | OFlag::O_APPEND | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    loop {
        match place.open(flags | OFlag::O_CREAT | OFlag::O_EXCL, 0o666) {
            Ok(made) => {
                owner.map_or(Ok(()), |(user, group)| fchown(&made, Some(user.into()), Some(group.into())))?;
                return Ok(made);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        match place.open(flags, 0) {
            Ok(file) => {
                refuse_second_name(&place, &file, owner)?;
                return Ok(file);
            }
            // It was removed between the two.
            Err(error) if error.raw_os_error() == Some(Errno::ENOENT as i32) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes writes to an open file wait again, as programs expect of a standard stream.
///
/// # Errors
///
/// Those of the system.
pub fn set_blocking(file: &File) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(file, FcntlArg::F_GETFL)?);
    fcntl(file, FcntlArg::F_SETFL(flags - OFlag::O_NONBLOCK))?;
    Ok(())
}

/// In a folder of its own an account can give a file of root's a second name.
fn refuse_second_name(place: &ResolvedPath, file: &File, owner: Option<Owner>) -> io::Result<()> {
    let stat = fstat(file)?;
    let is_shared = kind(&stat) == SFlag::S_IFREG && stat.st_nlink > 1;
    let is_of_owner = owner.is_some_and(|(user, _)| user == stat.st_uid);
    if geteuid().is_root() && is_shared && !is_of_owner && !place.is_in_folder_of_root() {
        return Err(io::Error::other("it has further names (hard links), and others than root can write its folder"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{MetadataExt, chown};

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn a_file_is_made_once_and_then_appended_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b/log");
        for _ in 0..2 {
            open(&path, None).expect("open").write_all(b"x").expect("writable");
        }
        assert_eq!(fs::read(&path).expect("there"), b"xx");
    }

    #[test]
    fn a_pipe_without_a_reader_is_an_error_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        mkfifo(&path, Mode::S_IRWXU).expect("a pipe");
        let error = open(&path, None).expect_err("nobody reads it");
        assert_eq!(error.raw_os_error(), Some(Errno::ENXIO as i32));
    }

    #[test]
    fn root_appends_to_no_file_of_its_own_under_the_name_of_another() {
        if !geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (precious, theirs) = (folder.path().join("precious"), folder.path().join("theirs"));
        fs::create_dir(&theirs).expect("writable");
        fs::write(&precious, "root's").expect("writable");
        chown(&theirs, Some(12345), Some(12345)).expect("root may");
        fs::hard_link(&precious, theirs.join("log")).expect("root may");
        assert!(open(&theirs.join("log"), Some((12345, 12345))).is_err());
        let made = open(&theirs.join("sub/new"), Some((12345, 12345))).expect("made");
        assert_eq!(made.metadata().expect("open").uid(), 12345);
        assert_eq!(fs::metadata(theirs.join("sub")).expect("made").uid(), 12345);
    }
}
