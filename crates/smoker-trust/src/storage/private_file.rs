//! Files with a secret: mode 0600, made once.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::{Gid, Uid, fchown, geteuid, linkat};
use ring::rand::{SecureRandom, SystemRandom};
use smoker_paths::resolved_path::ResolvedPath;

use crate::storage::file_error::FileError;
use crate::storage::private_folder::PrivateFolder;
use crate::storage::regular_file::{self, MAX_BYTES};

/// Reads a secret of a folder; `None` when it is not there.
///
/// # Errors
///
/// When it is no file, belongs to another account than the folder, or others may read it.
pub fn read(folder: &PrivateFolder, name: &str) -> Result<Option<Vec<u8>>, FileError> {
    let path = folder.path().join(name);
    let failed = |error: &io::Error| FileError::of_system(&path, "read", error);
    let place = ResolvedPath::of(&path).map_err(|error| failed(&error))?;
    let Some(file) = regular_file::open(&path, &place)? else { return Ok(None) };
    let (owner, mode) = (file.stat.st_uid, file.mode());
    let shown = path.display();
    if ![folder.owner().0, 0, geteuid().as_raw()].contains(&owner) {
        return Err(FileError::new(
            &path,
            format!("it belongs to the user {owner}; run chown {} {shown}", folder.owner().0),
        ));
    }
    if mode & 0o077 != 0 {
        return Err(FileError::new(
            &path,
            format!("others than its owner may read it (mode {mode:04o}); run chmod 600 {shown}"),
        ));
    }
    file.read(&path, MAX_BYTES).map(Some)
}

/// Makes a secret, whole or not at all, unless it is there. Returns whether it was made: of two that begin at the same time one makes it, and the other
/// finds it.
///
/// # Errors
///
/// When it cannot be made.
pub fn make(folder: &PrivateFolder, name: &str, content: &[u8]) -> Result<bool, FileError> {
    let path = folder.path().join(name);
    make_in(folder, name, content).map_err(|error| FileError::of_system(&path, "made", &error))
}

fn make_in(folder: &PrivateFolder, name: &str, content: &[u8]) -> io::Result<bool> {
    let mut random = [0; 8];
    SystemRandom::new().fill(&mut random).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    let new: PathBuf = folder.path().join(format!(".{name}.{:016x}.new", u64::from_ne_bytes(random)));
    let new = ResolvedPath::of(&new)?;
    let mut file = new.open(OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY, 0o600)?;
    let made = fill(&mut file, content, folder).and_then(|()| {
        match linkat(new.folder(), new.name(), new.folder(), name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(nix::errno::Errno::EEXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    });
    // The secret is there; a second name that stays behind is no reason to say that it is not.
    let _ = new.remove();
    made
}

fn fill(file: &mut File, content: &[u8], folder: &PrivateFolder) -> io::Result<()> {
    fchmod(&*file, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let (user, group) = folder.owner();
    if geteuid().is_root() {
        fchown(&*file, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)))?;
    }
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_first_one_stays_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let private = PrivateFolder::make(&folder.path().join("p"), None).expect("made");
        assert_eq!(read(&private, "key"), Ok(None));
        assert_eq!(make(&private, "key", b"first"), Ok(true));
        assert_eq!(make(&private, "key", b"second"), Ok(false));
        assert_eq!(read(&private, "key"), Ok(Some(b"first".to_vec())));
        assert_eq!(fs::read_dir(private.path()).expect("a folder").count(), 1);
        let mode = fs::metadata(private.path().join("key")).expect("there").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }

    #[test]
    fn of_many_that_begin_at_once_one_makes_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let private = PrivateFolder::make(&folder.path().join("p"), None).expect("made");
        let made = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| make(&private, "key", b"x").expect("made"))).collect();
            makers.into_iter().map(|maker| maker.join().expect("no panic")).filter(|made| *made).count()
        });
        assert_eq!(made, 1);
    }

    #[test]
    fn what_others_may_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let private = PrivateFolder::make(&folder.path().join("p"), None).expect("made");
        let path = private.path().join("key");
        fs::write(&path, "x").expect("writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("ours");
        let error = read(&private, "key").expect_err("readable by a group").to_string();
        assert!(error.contains("mode 0640") && error.contains("chmod 600"), "{error}");
        fs::remove_file(&path).expect("ours");
        fs::create_dir(&path).expect("ours");
        assert!(read(&private, "key").expect_err("a folder").reason.contains("no regular file"));
    }
}
