//! A path, followed component by component: an open folder and a name in it.
//!
//! While the process is root, no other account decides where a path leads. A symbolic link counts only when
//! root owns it and root alone can write the folder that it lies in, as with `/var/run`. Folders are opened one by one
//! and never again by their path, so a folder that is swapped meanwhile changes nothing.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, readlinkat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat, mode_t};
use nix::unistd::{UnlinkatFlags, fchown, geteuid, unlinkat};

use crate::folder::{is_new_of_root, names_in};

/// A user and a group.
pub type Owner = (u32, u32);

/// As many links as Linux follows in one path.
const MAX_LINKS: usize = 40;

/// How a folder on the way is opened: without the right to list it where that is possible.
#[cfg(target_os = "linux")]
const FOLDER: OFlag = OFlag::O_PATH.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);
#[cfg(not(target_os = "linux"))]
const FOLDER: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_CLOEXEC);

/// What becomes of a path whose folders are missing.
#[derive(Clone, Copy, Debug)]
enum MissingFolders {
    Fail,
    Make(Option<Owner>),
}

/// What becomes of a link that is the last name of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastLink {
    /// It is followed; one of another account is refused.
    Follow,
    /// It is followed; one of another account is the place itself.
    FollowOwn,
    /// It is the place itself.
    Keep,
}

/// Where a path leads: a folder that is open, and a name in it that is no link, or that only the
/// system itself can follow.
#[derive(Debug)]
pub struct ResolvedPath {
    folder: OwnedFd,
    name: OsString,
    /// Whether the name is a link of `/proc`, which has no path that could be followed.
    is_magic: bool,
}

impl ResolvedPath {
    /// Follows a path.
    ///
    /// # Errors
    ///
    /// Those of the system, and for root a link that another account could have put there.
    pub fn of(path: &Path) -> io::Result<Self> {
        Self::follow(path, MissingFolders::Fail, LastLink::Follow)
    }

    /// As [`ResolvedPath::of`]; folders that are missing are made, for this account.
    ///
    /// # Errors
    ///
    /// As [`ResolvedPath::of`].
    pub fn with_folders(path: &Path, owner: Option<Owner>) -> io::Result<Self> {
        Self::follow(path, MissingFolders::Make(owner), LastLink::Follow)
    }

    /// As [`ResolvedPath::of`], for a name that is going to be replaced or removed: a link of another account is then the place
    /// itself, which no open follows.
    ///
    /// # Errors
    ///
    /// As [`ResolvedPath::of`], for the folders on the way.
    pub fn of_name(path: &Path) -> io::Result<Self> {
        Self::follow(path, MissingFolders::Fail, LastLink::FollowOwn)
    }

    /// As [`ResolvedPath::of`], for a name that is going to be renamed: a link is the place itself.
    ///
    /// # Errors
    ///
    /// As [`ResolvedPath::of`], for the folders on the way.
    pub fn of_entry(path: &Path) -> io::Result<Self> {
        Self::follow(path, MissingFolders::Fail, LastLink::Keep)
    }

    fn follow(path: &Path, missing: MissingFolders, last_link: LastLink) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let mut left: VecDeque<OsString> = names(&path).collect();
        let mut folder = open("/", FOLDER, Mode::empty())?;
        let mut links = 0;
        loop {
            let name = left.pop_front().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
            let is_last = left.is_empty();
            match fstatat(&folder, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) {
                Ok(stat) if kind(&stat) == SFlag::S_IFLNK => {
                    if is_last && last_link == LastLink::Keep {
                        return Ok(Self { folder, name, is_magic: false });
                    }
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::ELOOP.into());
                    }
                    if let Err(refused) = refuse_link_of_others(&folder, &stat) {
                        let is_kept = is_last && last_link == LastLink::FollowOwn;
                        return if is_kept { Ok(Self { folder, name, is_magic: false }) } else { Err(refused) };
                    }
                    if is_on_proc(&folder) {
                        if is_last {
                            return Ok(Self { folder, name, is_magic: true });
                        }
                        folder = openat(&folder, name.as_os_str(), FOLDER, Mode::empty())?;
                        continue;
                    }
                    let target = readlinkat(&folder, name.as_os_str())?;
                    if Path::new(&target).is_absolute() {
                        folder = open("/", FOLDER, Mode::empty())?;
                    }
                    for name in names(Path::new(&target)).collect::<Vec<_>>().into_iter().rev() {
                        left.push_front(name);
                    }
                }
                Ok(_) if is_last && name != ".." => return Ok(Self { folder, name, is_magic: false }),
                Err(Errno::ENOENT) if is_last => return Ok(Self { folder, name, is_magic: false }),
                Ok(_) => folder = openat(&folder, name.as_os_str(), FOLDER | OFlag::O_NOFOLLOW, Mode::empty())?,
                Err(error) => match (error, missing) {
                    (Errno::ENOENT, MissingFolders::Make(owner)) => folder = made_folder(&folder, &name, owner)?,
                    _ => return Err(error.into()),
                },
            }
        }
    }

    /// Opens what is there, or makes a file with this mode when the flags say so.
    ///
    /// # Errors
    ///
    /// Those of the system; `ELOOP` when a link has come meanwhile.
    pub fn open(&self, flags: OFlag, mode: mode_t) -> io::Result<File> {
        let follow = if self.is_magic { OFlag::empty() } else { OFlag::O_NOFOLLOW };
        let mode = Mode::from_bits_truncate(mode);
        Ok(openat(&self.folder, self.name(), flags | follow | OFlag::O_CLOEXEC, mode)?.into())
    }

    /// What the name is, links not followed.
    ///
    /// # Errors
    ///
    /// Those of the system; `NotFound` when nothing has this name.
    pub fn stat(&self) -> io::Result<FileStat> {
        let follow = if self.is_magic { AtFlags::empty() } else { AtFlags::AT_SYMLINK_NOFOLLOW };
        Ok(fstatat(&self.folder, self.name(), follow)?)
    }

    /// Whether this file still has this name.
    #[must_use]
    pub fn holds(&self, file: &File) -> bool {
        let identity = |stat: FileStat| (stat.st_dev, stat.st_ino);
        self.stat().map(identity).ok() == fstat(file).map(identity).ok()
    }

    /// Removes the name.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn remove(&self) -> io::Result<()> {
        Ok(unlinkat(&self.folder, self.name(), UnlinkatFlags::NoRemoveDir)?)
    }

    /// Gives the entry another name in the same folder; what had that name is gone.
    ///
    /// # Errors
    ///
    /// Those of the system; `NotFound` when nothing has this name.
    pub fn rename(&self, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.folder, self.name(), &self.folder, to)?)
    }

    /// The names of all that is in the folder.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn names_in_folder(&self) -> io::Result<Vec<OsString>> {
        names_in(&self.folder)
    }

    /// Another name in the same folder.
    ///
    /// # Errors
    ///
    /// When there can be no further descriptor.
    pub fn beside(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self { folder: self.folder.try_clone()?, name: name.to_owned(), is_magic: false })
    }

    /// Whether it is a descriptor that is open already, such as `/dev/stdout`, so that there is no name to be replaced.
    #[must_use]
    pub fn is_descriptor(&self) -> bool {
        self.is_magic
    }

    /// The name in the folder.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Whether only root can change which file has the name.
    #[must_use]
    pub fn is_in_folder_of_root(&self) -> bool {
        fstat(&self.folder).is_ok_and(|folder| is_of_root_alone(&folder))
    }
}

/// The names that a path is made of. `.` is none.
fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

/// What kind of file this is.
#[must_use]
pub fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT
}

fn is_of_root_alone(folder: &FileStat) -> bool {
    folder.st_uid == 0 && !Mode::from_bits_truncate(folder.st_mode).intersects(Mode::S_IWGRP | Mode::S_IWOTH)
}

fn refuse_link_of_others(folder: &OwnedFd, link: &FileStat) -> io::Result<()> {
    if !geteuid().is_root() || (link.st_uid == 0 && is_of_root_alone(&fstat(folder)?)) {
        return Ok(());
    }
    let reason = if link.st_uid == 0 {
        "a symbolic link on its way lies in a folder that others than root can write"
    } else {
        "it is a symbolic link that does not belong to root, or lies behind one"
    };
    Err(io::Error::other(reason))
}

/// Makes a folder and opens it. What is chowned is the folder that is open, and only one that is root's and empty: the
/// account may have put another folder of root's in its place.
fn made_folder(parent: &OwnedFd, name: &OsStr, owner: Option<Owner>) -> io::Result<OwnedFd> {
    match mkdirat(parent, name, Mode::from_bits_truncate(0o777)) {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let folder = openat(parent, name, flags, Mode::empty())?;
    if let Some((user, group)) = owner.filter(|_| geteuid().is_root())
        && is_new_of_root(&folder)?
    {
        fchown(&folder, Some(user.into()), Some(group.into()))?;
    }
    Ok(folder)
}

#[cfg(target_os = "linux")]
fn is_on_proc(folder: &OwnedFd) -> bool {
    use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};

    fstatfs(folder).is_ok_and(|system| system.filesystem_type() == PROC_SUPER_MAGIC)
}

/// Only Linux has links without a path.
#[cfg(not(target_os = "linux"))]
fn is_on_proc(_: &OwnedFd) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};

    use super::*;

    #[test]
    fn links_lead_on_and_folders_are_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("real")).expect("writable");
        symlink("real/../real", path("link")).expect("writable");
        let place = ResolvedPath::with_folders(&path("link/below/file"), None).expect("followed");
        place.open(OFlag::O_CREAT | OFlag::O_WRONLY, 0o600).expect("made");
        assert!(path("real/below/file").is_file());
        assert!(ResolvedPath::of(&path("none/file")).is_err(), "nothing is made unless asked for");
        symlink(path("loop"), path("loop")).expect("writable");
        assert_eq!(ResolvedPath::of(&path("loop")).expect_err("a loop").raw_os_error(), Some(Errno::ELOOP as i32));
    }

    #[test]
    fn an_entry_is_renamed_in_the_folder_that_was_opened_and_a_link_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("logs")).expect("writable");
        fs::write(path("target"), "kept").expect("writable");
        symlink(path("target"), path("logs/link")).expect("writable");
        let entry = ResolvedPath::of_entry(&path("logs/link")).expect("a link");
        // The folder is swapped for another after it was opened.
        fs::rename(path("logs"), path("before")).expect("ours");
        fs::create_dir(path("logs")).expect("writable");
        fs::write(path("logs/link"), "of another folder").expect("writable");
        entry.rename(OsStr::new("moved")).expect("renamed");
        assert_eq!(entry.names_in_folder().expect("listed"), ["moved"]);
        assert!(fs::symlink_metadata(path("before/moved")).expect("there").is_symlink());
        assert_eq!(fs::read_to_string(path("target")).expect("there"), "kept");
        assert_eq!(fs::read_dir(path("logs")).expect("a folder").count(), 1, "nothing came to the other folder");
    }

    #[test]
    fn only_an_empty_folder_is_given_away() {
        if !geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let parent = OwnedFd::from(File::open(folder.path()).expect("a folder"));
        for (name, owner) in [("empty", 12345), ("filled", 0)] {
            fs::create_dir(folder.path().join(name)).expect("writable");
            if owner == 0 {
                fs::write(folder.path().join(name).join("secret"), "").expect("writable");
            }
            // As if another account had been faster than the making of the folder.
            let made = made_folder(&parent, OsStr::new(name), Some((12345, 12345))).expect("opened");
            assert_eq!(fstat(&made).expect("open").st_uid, owner, "{name}");
        }
    }

    #[test]
    fn the_standard_streams_have_a_path() {
        for path in ["/dev/null", "/dev/stdin"] {
            ResolvedPath::of(Path::new(path)).and_then(|place| place.open(OFlag::O_RDONLY, 0)).expect(path);
        }
    }

    #[test]
    fn root_follows_only_links_that_root_alone_can_put_there() {
        if !geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["target", "theirs"] {
            fs::create_dir(path(name)).expect("writable");
        }
        symlink(path("target"), path("link")).expect("writable");
        assert!(ResolvedPath::of(&path("link/file")).is_ok());
        lchown(path("link"), Some(12345), Some(12345)).expect("root may");
        assert!(ResolvedPath::of(&path("link/file")).is_err(), "a link that another account owns");
        symlink(path("target"), path("theirs/link")).expect("writable");
        assert!(ResolvedPath::of(&path("theirs/link/file")).is_ok());
        fs::set_permissions(path("theirs"), fs::Permissions::from_mode(0o777)).expect("ours");
        assert!(ResolvedPath::of(&path("theirs/link/file")).is_err(), "a folder that everybody can write");
        fs::set_permissions(path("theirs"), fs::Permissions::from_mode(0o755)).expect("ours");
        chown(path("theirs"), Some(12345), None).expect("root may");
        assert!(ResolvedPath::of(&path("theirs/link")).is_err(), "a folder that another account owns");
    }
}
