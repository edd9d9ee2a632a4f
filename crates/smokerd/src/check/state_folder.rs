//! Whether the account of the daemon can enter the folders above `state_dir`.

use std::ffi::CString;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, geteuid};
use smoker_paths::permission::Account;
use smoker_paths::resolved_path::Owner;

use crate::os::sys;

/// Why a daemon of `owner`, which root starts, could not use the folder. Without root this is skipped: the daemon may be started by
/// another account.
pub(super) fn obstacle(path: &Path, owner: Option<Owner>) -> Option<String> {
    let owner = owner.filter(|(user, _)| *user != 0 && geteuid().is_root())?;
    for_account(path, owner)
}

/// Root makes the folder for the account, which has to get there later.
fn for_account(path: &Path, owner: Owner) -> Option<String> {
    let closed = account_of(owner).obstacle_above(path)?;
    let name = name_of(owner.0);
    let (path, cure, closed) = (path.display(), closed.cure(&name), closed.path.display());
    Some(format!(
        "{path}: {name} may not enter {closed}, so the daemon keeps nothing there; {cure}, or choose another folder"
    ))
}

fn account_of((user, group): Owner) -> Account {
    let name = User::from_uid(Uid::from_raw(user)).ok().flatten().and_then(|user| CString::new(user.name).ok());
    let further = name.and_then(|name| sys::groups_of(&name, Gid::from_raw(group)).ok()).unwrap_or_default();
    Account { user, groups: further.into_iter().map(Gid::as_raw).chain([group]).collect() }
}

fn name_of(user: u32) -> String {
    User::from_uid(Uid::from_raw(user)).ok().flatten().map_or_else(|| user.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use std::fs;
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
