//! Files that are appended to. Root opens them for the account that the daemon becomes.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown, fchown};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

/// A user and a group.
pub type Owner = (u32, u32);

/// Opens a file, with these flags besides. It is made when it is missing, and
/// so are the folders above it; what is made belongs to `owner`.
///
/// # Errors
///
/// Those of the system, and for a symbolic link that another account than root owns.
pub fn open(path: &Path, owner: Option<Owner>, flags: OFlag) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        make_folder(folder, owner)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).custom_flags(flags.bits());
    if let Ok(made) = options.clone().create_new(true).open(path) {
        owner.map_or(Ok(()), |(user, group)| fchown(&made, Some(user), Some(group)))?;
        return Ok(made);
    }
    refuse_link_of_others(path, owner)?;
    options.create(true).open(path)
}

fn make_folder(folder: &Path, owner: Option<Owner>) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => owner.map_or(Ok(()), |(user, group)| chown(folder, Some(user), Some(group))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(folder.parent().ok_or(error)?, owner)?;
            make_folder(folder, owner)
        }
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// While the process is root and will change to another account, what that other
/// may have put in place of the file must not lead us to a file of root's.
fn refuse_link_of_others(path: &Path, owner: Option<Owner>) -> io::Result<()> {
    let is_root_for_now = owner.is_some_and(|(user, _)| user != 0) && geteuid().is_root();
    let is_theirs = |metadata: fs::Metadata| metadata.is_symlink() && metadata.uid() != 0;
    if is_root_for_now && fs::symlink_metadata(path).is_ok_and(is_theirs) {
        return Err(io::Error::other("it is a symbolic link that does not belong to root"));
    }
    Ok(())
}
