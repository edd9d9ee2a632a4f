//! A folder that its owner alone may enter.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, fchmod, fstat, mkdirat};
use nix::unistd::{Gid, Uid, fchown, geteuid};
use smoker_paths::folder::is_new_of_root;
use smoker_paths::resolved_path::{Owner, ResolvedPath};

use crate::storage::file_error::FileError;

/// A folder of mode 0700 that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateFolder {
    path: PathBuf,
    owner: Owner,
}

impl PrivateFolder {
    /// Makes the folder, unless it is there, and those above it. What is made belongs to `owner`, which only root can choose; without one, to the
    /// account that asks. A folder that is there has to belong to that account, also when root asks: another account could add identities
    /// to it, and `owner` could not use one of root's. One of root's that is empty is given to `owner`.
    ///
    /// # Errors
    ///
    /// When it cannot be made, belongs to another account, or others may enter it.
    pub fn make(path: &Path, owner: Option<Owner>) -> Result<Self, FileError> {
        let failed = |error: &io::Error| FileError::of_system(path, "made", error);
        let place = ResolvedPath::with_folders(path, None).map_err(|error| failed(&error))?;
        let is_made = match mkdirat(place.folder(), place.name(), Mode::S_IRWXU) {
            Ok(()) => true,
            Err(Errno::EEXIST) => false,
            Err(error) => return Err(failed(&error.into())),
        };
        let folder = opened(&place).map_err(|error| failed(&error))?;
        if is_made {
            fchmod(&folder, Mode::S_IRWXU).map_err(|error| failed(&error.into()))?;
        }
        if let Some((user, group)) = owner.filter(|_| is_new(&folder)) {
            fchown(&folder, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)))
                .map_err(|error| failed(&error.into()))?;
        }
        Self::checked(path, &folder, owner, true)
    }

    /// The folder, if it is there. Root may open that of any account.
    ///
    /// # Errors
    ///
    /// As [`PrivateFolder::make`].
    pub fn open(path: &Path, owner: Option<Owner>) -> Result<Option<Self>, FileError> {
        match ResolvedPath::of(path).and_then(|place| opened(&place)) {
            Ok(folder) => Self::checked(path, &folder, owner, !geteuid().is_root()).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError::of_system(path, "opened", &error)),
        }
    }

    /// The folder as [`PrivateFolder::make`] would find it, and nothing is made; `None` when it is not there. Who is not root judges no
    /// owner, since the daemon may have another account, and has `None` for a folder that only another account may enter.
    ///
    /// # Errors
    ///
    /// Those for which [`PrivateFolder::make`] refuses what is there.
    pub fn check(path: &Path, owner: Option<Owner>) -> Result<Option<Self>, FileError> {
        let is_root = geteuid().is_root();
        match ResolvedPath::of(path).and_then(|place| opened(&place)) {
            Ok(folder) => Self::checked(path, &folder, owner, is_root && !is_new(&folder)).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && !is_root => Ok(None),
            Err(error) => Err(FileError::of_system(path, "opened", &error)),
        }
    }

    /// A folder of another account could be changed under our hands, and what others may enter keeps no key private.
    fn checked(path: &Path, folder: &OwnedFd, owner: Option<Owner>, needs_owner: bool) -> Result<Self, FileError> {
        let stat = fstat(folder).map_err(|error| FileError::of_system(path, "looked at", &error.into()))?;
        let wanted = owner.map_or_else(|| geteuid().as_raw(), |(user, _)| user);
        if needs_owner && stat.st_uid != wanted {
            return Err(FileError::new(
                path,
                format!(
                    "it belongs to the user {}, not to {wanted}; run chown -R {wanted} {}",
                    stat.st_uid,
                    path.display()
                ),
            ));
        }
        if stat.st_mode & 0o077 != 0 {
            let mode = stat.st_mode & 0o7777;
            return Err(FileError::new(
                path,
                format!("others than its owner may enter it (mode {mode:04o}); run chmod 700 {}", path.display()),
            ));
        }
        Ok(Self { path: path.to_owned(), owner: (stat.st_uid, stat.st_gid) })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The account that it belongs to.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.owner
    }
}

/// Whether root asks, and may give the folder away. One that others may enter is refused in any case.
fn is_new(folder: &OwnedFd) -> bool {
    let others = Mode::S_IRWXG | Mode::S_IRWXO;
    let is_private = || fstat(folder).is_ok_and(|stat| !Mode::from_bits_truncate(stat.st_mode).intersects(others));
    geteuid().is_root() && is_private() && is_new_of_root(folder).unwrap_or(false)
}

fn opened(place: &ResolvedPath) -> io::Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    Ok(openat(place.folder(), place.name(), flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn it_is_made_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b");
        assert_eq!(PrivateFolder::open(&path, None), Ok(None));
        assert_eq!(PrivateFolder::check(&path, None), Ok(None));
        assert!(!folder.path().join("a").exists());
        let owner = geteuid().is_root().then_some((12345, 12345));
        let made = PrivateFolder::make(&path, owner).expect("made");
        let metadata = fs::metadata(&path).expect("there");
        assert_eq!(metadata.mode() & 0o7777, 0o700);
        assert_eq!(made.owner().0, metadata.uid());
        assert_eq!(PrivateFolder::make(&path, owner), Ok(made.clone()));
        assert_eq!(PrivateFolder::open(&path, owner), Ok(Some(made)));
        if owner.is_some() {
            assert_eq!(metadata.uid(), 12345);
        }
    }

    #[test]
    fn one_of_another_account_is_refused_also_by_root() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("ours");
        if !geteuid().is_root() {
            assert!(PrivateFolder::make(Path::new("/root"), None).is_err());
            return;
        }
        fs::write(folder.path().join("key.pem"), "").expect("ours");
        let error = PrivateFolder::make(folder.path(), Some((7, 7))).expect_err("of root").to_string();
        assert!(error.contains("belongs to the user 0, not to 7; run chown -R 7 "), "{error}");
        assert_eq!(PrivateFolder::check(folder.path(), Some((7, 7))).expect_err("the same").to_string(), error);
        std::os::unix::fs::chown(folder.path(), Some(12345), None).expect("root may");
        let error = PrivateFolder::make(folder.path(), None).expect_err("of another account").to_string();
        assert!(error.contains("belongs to the user 12345, not to 0; run chown -R 0 "), "{error}");
        let error = PrivateFolder::make(folder.path(), Some((7, 7))).expect_err("of a third account").to_string();
        assert!(error.contains("belongs to the user 12345, not to 7"), "{error}");
        assert_eq!(PrivateFolder::check(folder.path(), Some((7, 7))).expect_err("the same").to_string(), error);
        PrivateFolder::check(folder.path(), Some((12345, 12345))).expect("of the daemon's account").expect("there");
        PrivateFolder::make(folder.path(), Some((12345, 12345))).expect("of the daemon's account");
        PrivateFolder::open(folder.path(), None).expect("root may look").expect("there");
    }

    #[test]
    fn an_empty_one_of_root_is_given_to_its_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        let owner = geteuid().is_root().then_some((12345, 12345));
        let path = folder.path().join("empty");
        PrivateFolder::make(&path, None).expect("ours");
        PrivateFolder::check(&path, owner).expect("to be given").expect("there");
        let given = PrivateFolder::make(&path, owner).expect("given");
        assert_eq!(given.owner().0, owner.map_or_else(|| geteuid().as_raw(), |(user, _)| user));
    }

    #[test]
    fn one_that_others_may_enter_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o750)).expect("ours");
        let error = PrivateFolder::make(folder.path(), None).expect_err("open to a group").to_string();
        assert!(error.contains("mode 0750") && error.contains("chmod 700"), "{error}");
        assert_eq!(PrivateFolder::check(folder.path(), None).expect_err("the same").to_string(), error);
    }

    #[test]
    fn a_file_is_no_folder_and_a_link_of_others_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("file"), "").expect("writable");
        assert!(PrivateFolder::make(&folder.path().join("file"), None).is_err());
        symlink(folder.path().join("none"), folder.path().join("link")).expect("writable");
        PrivateFolder::make(&folder.path().join("link"), None).expect("our own link leads on");
    }
}
