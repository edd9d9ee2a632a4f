//! Whether the account of the daemon can enter the folders above `state_dir`.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, geteuid, getgrouplist};
use smoker_paths::resolved_path::Owner;

/// Why a daemon of `owner`, which root starts, could not use the folder. Without root this is skipped: the daemon may be started by
/// another account.
pub(super) fn obstacle(path: &Path, owner: Option<Owner>) -> Option<String> {
    let owner = owner.filter(|(user, _)| *user != 0 && geteuid().is_root())?;
    for_account(path, owner)
}

/// Root makes the folder for the account, which has to get there later.
fn for_account(path: &Path, owner: Owner) -> Option<String> {
    let closed = path.ancestors().skip(1).filter(|above| is_closed_to(above, owner)).last()?;
    let (path, closed, name) = (path.display(), closed.display(), name_of(owner.0));
    Some(format!(
        "{path}: {name} may not enter {closed}, so the daemon keeps nothing there; chmod o+x {closed}, or choose another folder"
    ))
}

/// Whether an account may not enter a folder that is there, by its mode.
fn is_closed_to(folder: &Path, (user, group): Owner) -> bool {
    let Ok(found) = fs::metadata(folder) else { return false };
    let allowed = if found.uid() == user {
        0o100
    } else if found.gid() == group || groups_of(user, group).contains(&Gid::from_raw(found.gid())) {
        0o010
    } else {
        0o001
    };
    found.is_dir() && found.mode() & allowed == 0
}

fn groups_of(user: u32, group: u32) -> Vec<Gid> {
    let name = User::from_uid(Uid::from_raw(user)).ok().flatten().and_then(|user| CString::new(user.name).ok());
    name.and_then(|name| getgrouplist(&name, Gid::from_raw(group)).ok()).unwrap_or_default()
}

fn name_of(user: u32) -> String {
    User::from_uid(Uid::from_raw(user)).ok().flatten().map_or_else(|| user.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_that_the_account_cannot_reach_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let closed = folder.path().join("closed");
        fs::create_dir(&closed).expect("a folder");
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
        set(folder.path(), 0o711);
        let state = closed.join("a/state");
        let owner = Some((12345, 12345));
        let is_root = geteuid().is_root();
        for (mode, is_told) in [(0o700, is_root), (0o600, is_root), (0o711, false)] {
            set(&closed, mode);
            let told = obstacle(&state, owner);
            assert_eq!(told.is_some(), is_told, "{mode:o}: {told:?}");
            if let Some(told) = told {
                assert!(
                    told.contains("may not enter") && told.contains(&closed.display().to_string()),
                    "{mode:o}: {told}"
                );
            }
        }
        set(&closed, 0o700);
        // What belongs to the account may be closed to all others.
        if is_root {
            std::os::unix::fs::chown(&closed, Some(12345), Some(12345)).expect("root may");
            assert_eq!((obstacle(&state, owner), obstacle(&state, None)), (None, None));
        }
    }
}
