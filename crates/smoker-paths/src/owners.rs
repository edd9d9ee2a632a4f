//! The accounts that can change what a path leads to: those that may write the file or folder itself, and those
//! that may write one of the folders above it.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::acl::{AccessList, WRITE};

/// A file or folder on the way to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedPath {
    /// The file or folder.
    pub path: PathBuf,
    /// The number of the user that owns it.
    pub user: u32,
    /// Who may write it besides.
    pub writable: Writable,
    /// The numbers of the users who may write it besides, because its access control list names them.
    pub named_writers: Vec<u32>,
}

/// Who may write a file or folder besides its owner. In a sticky folder nobody can touch what others own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writable {
    /// No other account.
    Owner,
    /// The accounts of its group.
    Group,
    /// Everybody.
    Everybody,
}

const STICKY: u32 = 0o1000;
const BY_GROUP: u32 = 0o020;
const BY_EVERYBODY: u32 = 0o002;

/// The files and folders that decide what these paths lead to, each once: they themselves and the folders above, also those that links lead to.
/// What does not exist, or cannot be looked at, is left out.
#[must_use]
pub fn ancestors_of(paths: &[PathBuf]) -> Vec<OwnedPath> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for path in paths {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        add(&path, &mut seen, &mut found);
    }
    found
}

fn add(path: &Path, seen: &mut HashSet<PathBuf>, found: &mut Vec<OwnedPath>) {
    for step in path.ancestors() {
        if !seen.insert(step.to_owned()) {
            // The folders above it were looked at with it.
            return;
        }
        if let Ok(link) = fs::symlink_metadata(step)
            && link.is_symlink()
        {
            // One link at a time: each can be changed by its owner, and by those who write the folder that it lies in.
            found.push(OwnedPath {
                path: step.to_owned(),
                user: link.uid(),
                writable: Writable::Owner,
                named_writers: Vec::new(),
            });
            if let Ok(target) = fs::read_link(step) {
                add(&step.parent().unwrap_or(step).join(target), seen, found);
            }
            continue;
        }
        let Ok(metadata) = fs::metadata(step) else { continue };
        let (writable, named_writers) = writers(step, &metadata);
        found.push(OwnedPath { path: step.to_owned(), user: metadata.uid(), writable, named_writers });
    }
}

/// Who may write a file or folder besides its owner, and the users whom its access control list names.
fn writers(path: &Path, metadata: &Metadata) -> (Writable, Vec<u32>) {
    let mode = metadata.mode();
    if metadata.is_dir() && mode & STICKY != 0 {
        return (Writable::Owner, Vec::new());
    }
    // With a list, the bits of the group are the most that it gives to anybody.
    let list = (mode & BY_GROUP != 0).then(|| AccessList::of(path)).flatten();
    let named = list.iter().flat_map(|list| list.named_users(WRITE)).collect();
    let has_group = || list.as_ref().is_none_or(|list| list.has_group_with(WRITE));
    let writable = match mode {
        _ if mode & BY_EVERYBODY != 0 => Writable::Everybody,
        _ if mode & BY_GROUP != 0 && has_group() => Writable::Group,
        _ => Writable::Owner,
    };
    (writable, named)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_way_leads_through_every_folder_above_and_behind_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("real/inner")).expect("writable");
        fs::write(path("real/inner/file"), "").expect("writable");
        symlink(path("real/inner"), path("link")).expect("writable");
        let mode = |name: &str, mode| fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).expect("ours");
        mode("real/inner/file", 0o664);
        mode("real", 0o757);
        let found = ancestors_of(&[path("link/file"), path("link")]);
        let writable = |name: &str| found.iter().find(|step| step.path == path(name)).map(|step| step.writable);
        assert_eq!(writable("real"), Some(Writable::Everybody));
        assert_eq!(writable("real/inner"), Some(Writable::Owner));
        assert!(found.iter().any(|step| step.path == Path::new("/")));
        assert!(found.iter().all(|step| step.named_writers.is_empty()));
        mode("real", 0o1757);
        let found = ancestors_of(&[path("real/inner/file")]);
        let writable = |name: &str| found.iter().find(|step| step.path == path(name)).map(|step| step.writable);
        assert_eq!((writable("real"), writable("real/inner/file")), (Some(Writable::Owner), Some(Writable::Group)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_is_named_by_a_list_is_no_group() {
        use rustix::fs::{XattrFlags, setxattr};

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("writable");
        // The owner, the user 12345, the group, the mask, others.
        let entries = [(1_u16, 6_u16, u32::MAX), (2, 6, 12345), (4, 4, u32::MAX), (16, 6, u32::MAX), (32, 4, u32::MAX)];
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in entries {
            list.extend([tag.to_le_bytes(), permissions.to_le_bytes()].concat());
            list.extend(id.to_le_bytes());
        }
        if setxattr(&file, "system.posix_acl_access", &list, XattrFlags::empty()).is_err() {
            // The file system of temporary folders has no lists.
            return;
        }
        assert_eq!(fs::metadata(&file).expect("there").mode() & 0o777, 0o664, "it looks as if a group could write it");
        let found = ancestors_of(std::slice::from_ref(&file));
        let found = found.iter().find(|step| step.path == file).expect("it is there");
        assert_eq!((found.writable, &*found.named_writers), (Writable::Owner, &[12345][..]));
    }
}
