//! What a configuration has root read for the daemon's account, which cannot read it itself.

use std::fs;
use std::path::{Path, PathBuf};

use smoker_config::sources::{FileStatus, NamedFile};
use smoker_paths::acl::AccessList;
use smoker_paths::owners;
use smoker_paths::permission::{Account, Obstacle, Permission, Permissions};
use smoker_runner::process::attributes::credentials::Credentials;

/// Whether the daemon's account, whose name this is, could have read a file that was read before it was taken on.
pub(crate) enum Reach {
    /// It could.
    Within,
    /// It could not.
    Beyond,
    /// It could not, and can decide that the file is read: why it is refused.
    Refused(String),
}

impl Reach {
    pub(crate) fn of(file: &NamedFile, daemon: &Credentials, name: &str) -> Self {
        if is_within_reach(file, daemon) {
            return Self::Within;
        }
        let ways: Vec<PathBuf> = file.named_by.iter().chain([&file.path]).cloned().collect();
        // The owner of the file itself has put there what is read.
        let itself = file.path.canonicalize().unwrap_or_default();
        let is_theirs = |step: &owners::OwnedPath| step.user == daemon.uid.as_raw() && step.path != itself;
        let Some(theirs) = owners::ancestors_of(&ways).into_iter().find(is_theirs) else { return Self::Beyond };
        let (path, theirs) = (file.path.display(), theirs.path.display());
        Self::Refused(format!(
            "{path} cannot be read by {name}, to whom {theirs} belongs, on the way to it: chown root {theirs}, or let \
             {name} read {path}"
        ))
    }
}

/// Whether the account could read the file without root. Of the folders above, those count that its own files do not lie in.
fn is_within_reach(file: &NamedFile, daemon: &Credentials) -> bool {
    let Ok(path) = file.path.canonicalize() else { return false };
    let account = account_of(daemon);
    // As it was when it was read.
    let FileStatus { user, group, mode, .. } = file.status;
    let list = AccessList::of(&path);
    if !could(&Permissions { user, group, mode, list }, &account, Permission::Read) {
        return false;
    }
    let is_the_same =
        status_of(&path).is_some_and(|now| (now.device, now.inode) == (file.status.device, file.status.inode));
    let is_open = |folder: &Path| {
        file.named_by.iter().any(|own| own.starts_with(folder))
            || Permissions::of(folder).is_some_and(|found| could(&found, &account, Permission::Enter))
    };
    is_the_same && path.ancestors().skip(1).all(is_open)
}

/// Whether the account has this permission. An owner can give it to itself.
fn could(found: &Permissions, account: &Account, permission: Permission) -> bool {
    found.user == account.user || found.permit(account, permission)
}

/// What keeps the daemon's account from reading a file.
pub(super) fn obstacle(path: &Path, daemon: &Credentials) -> Option<Obstacle> {
    account_of(daemon).obstacle(path, Permission::Read)
}

fn account_of(daemon: &Credentials) -> Account {
    let groups = daemon.groups.iter().chain([&daemon.gid]).map(|group| group.as_raw()).collect();
    Account { user: daemon.uid.as_raw(), groups }
}

fn status_of(path: &Path) -> Option<FileStatus> {
    fs::metadata(path).ok().map(|found| FileStatus::from(&found))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use nix::unistd::{Gid, Uid, geteuid};

    use super::*;

    /// An account that nobody has.
    const OTHER: u32 = 54_321;

    fn account(uid: u32, groups: &[u32]) -> Credentials {
        let groups = groups.iter().copied().map(Gid::from_raw).collect();
        Credentials { uid: Uid::from_raw(uid), gid: Gid::from_raw(OTHER), groups, variables: Vec::new() }
    }

    #[test]
    fn an_owner_can_give_itself_what_it_lacks() {
        let found = |user| Permissions { user, group: 7, mode: 0, list: None };
        let account = account_of(&account(OTHER, &[]));
        assert!(could(&found(OTHER), &account, Permission::Read));
        assert!(!could(&found(OTHER + 1), &account, Permission::Read));
        assert_eq!(account.groups, [OTHER]);
    }

    /// This process stands for the daemon's account, to which the naming file belongs; the named file is another's.
    #[test]
    fn a_file_that_the_account_cannot_read_is_refused_where_that_account_names_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (main, secret) = (folder.path().join("main"), folder.path().join("secret"));
        fs::write(&main, "").expect("writable");
        fs::write(&secret, "").expect("writable");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("ours");
        let named = |mode| {
            let status = status_of(&secret).expect("there");
            let status = FileStatus { user: OTHER, group: OTHER + 1, mode, ..status };
            NamedFile { path: secret.clone(), named_by: vec![main.clone()], status }
        };
        let own = account(geteuid().as_raw(), &[]);
        let refusal = |file: &NamedFile, daemon: &Credentials| match Reach::of(file, daemon, "smoker") {
            Reach::Within => None,
            Reach::Beyond => Some(String::new()),
            Reach::Refused(reason) => Some(reason),
        };
        let text = refusal(&named(0o600), &own).expect("refused");
        let shown = main.display();
        assert!(text.contains(&format!("belongs, on the way to it: chown root {shown}, or let smoker read")), "{text}");
        assert_eq!(refusal(&named(0o604), &own), None);
        let nothing_of_its_own = refusal(&named(0o600), &account(OTHER + 2, &[]));
        assert_eq!(nothing_of_its_own.as_deref(), Some(""), "it is only said");
        let exchanged = named(0o604);
        let exchanged = NamedFile { status: FileStatus { inode: 0, ..exchanged.status }, ..exchanged };
        assert!(
            refusal(&exchanged, &own).is_some_and(|reason| !reason.is_empty()),
            "the path leads to another file by now"
        );
    }
}
