//! What an account may do with a file or folder, by owner, mode and access control list, and the command that lets it.
//!
//! All that is said of an account which this process is not comes from here. What this process itself may do, the kernel says.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::acl::{AccessList, READ, SEARCH};

/// What is done with a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// A file is read.
    Read,
    /// A folder is passed through.
    Enter,
    /// A file is read and run, as a script is.
    Run,
}

impl Permission {
    fn bits(self) -> u16 {
        match self {
            Self::Read => READ,
            Self::Enter => SEARCH,
            Self::Run => READ | SEARCH,
        }
    }

    /// As `chmod` and `setfacl` have it.
    fn letters(self) -> &'static str {
        match self {
            Self::Read => "r",
            Self::Enter => "x",
            Self::Run => "rx",
        }
    }
}

/// A user, and all groups that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The number of the user.
    pub user: u32,
    /// The numbers of its groups, the first one included.
    pub groups: Vec<u32>,
}

/// Who may do what with a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// The number of the user that owns it.
    pub user: u32,
    /// The number of its group.
    pub group: u32,
    /// Its type and its permission bits.
    pub mode: u32,
    /// Its access control list. Beside it the bits of the group say nothing of the group.
    pub list: Option<AccessList>,
}

/// What keeps an account from a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// A folder above that the account may not enter, or the file or folder itself.
    pub path: PathBuf,
    /// Whether an access control list decides, as it does for all but the owner.
    pub has_list: bool,
    permission: Permission,
    class: char,
}

impl Permissions {
    /// Those of what a path leads to; none where there is nothing, or where it cannot be looked at.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|found| Self::from_metadata(path, &found))
    }

    fn from_metadata(path: &Path, found: &Metadata) -> Self {
        Self { user: found.uid(), group: found.gid(), mode: found.mode(), list: AccessList::of(path) }
    }

    /// Whether the account may do this by the permissions of the file, which root needs none of.
    #[must_use]
    pub fn permit(&self, account: &Account, permission: Permission) -> bool {
        let bits = permission.bits();
        let is_in = |group: u32| account.groups.contains(&group);
        match &self.list {
            Some(list) if account.user != self.user => list.permits(account.user, self.group, is_in, bits),
            _ => {
                let (_, shift) = self.class_of(account);
                self.mode >> shift & u32::from(bits) == u32::from(bits)
            }
        }
    }

    /// The class of accounts whose bits of the mode count for this one, and where in the mode they are.
    fn class_of(&self, account: &Account) -> (char, u32) {
        match account {
            Account { user, .. } if *user == self.user => ('u', 6),
            Account { groups, .. } if groups.contains(&self.group) => ('g', 3),
            Account { .. } => ('o', 0),
        }
    }
}

impl Account {
    /// The topmost folder above a path that the account may not enter.
    #[must_use]
    pub fn obstacle_above(&self, path: &Path) -> Option<Obstacle> {
        let above = path.ancestors().skip(1).filter(|above| above.is_dir());
        above.filter_map(|above| self.obstacle_at(above, Permission::Enter)).last()
    }

    /// What keeps the account from a file or folder: the topmost folder above that it may not enter, else the thing itself.
    #[must_use]
    pub fn obstacle(&self, path: &Path, permission: Permission) -> Option<Obstacle> {
        self.obstacle_above(path).or_else(|| self.obstacle_at(path, permission))
    }

    fn obstacle_at(&self, path: &Path, permission: Permission) -> Option<Obstacle> {
        let found = Permissions::of(path).filter(|found| !found.permit(self, permission))?;
        let (class, _) = found.class_of(self);
        Some(Obstacle { path: path.to_owned(), has_list: found.list.is_some() && class != 'u', permission, class })
    }
}

impl Obstacle {
    /// The command that lets the account of this name through. Where there is a list `chmod` may change what the list gives to
    /// anybody at most, and not what it gives to this account.
    #[must_use]
    pub fn cure(&self, name: &str) -> String {
        let (path, letters) = (self.path.display(), self.permission.letters());
        if self.has_list {
            return format!("setfacl -m u:{name}:{letters} {path}");
        }
        format!("chmod {}+{letters} {path}", self.class)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::acl::tests::list;

    /// Nobody has these.
    const USER: u32 = 54_321;
    const GROUP: u32 = 54_322;

    fn account(groups: &[u32]) -> Account {
        Account { user: USER, groups: groups.to_vec() }
    }

    fn permissions(user: u32, mode: u32, list: Option<AccessList>) -> Permissions {
        Permissions { user, group: GROUP, mode, list }
    }

    #[test]
    fn the_mode_counts_by_owner_group_or_others_and_never_by_two_of_them() {
        for (user, mode, groups, reads, enters) in [
            (USER, 0o400, &[][..], true, false),
            (USER, 0o077, &[GROUP], false, false),
            (1, 0o750, &[GROUP], true, true),
            (1, 0o705, &[GROUP], false, false),
            (1, 0o705, &[], true, true),
            (1, 0o770, &[], false, false),
        ] {
            let found = permissions(user, mode, None);
            let permits = |permission| found.permit(&account(groups), permission);
            assert_eq!((permits(Permission::Read), permits(Permission::Enter)), (reads, enters), "{mode:o} {groups:?}");
            assert_eq!(permits(Permission::Run), reads && enters, "{mode:o} {groups:?}");
        }
    }

    #[test]
    fn a_list_counts_in_place_of_the_bits_of_the_group() {
        // As a mode this says that the group may enter; the list says that another user may.
        let other = list(&[(2, 1, 7), (4, 0, u32::MAX), (16, 1, u32::MAX)], 0);
        assert!(!permissions(1, 0o710, Some(other)).permit(&account(&[GROUP]), Permission::Enter));
        let named = list(&[(2, 1, USER), (4, 0, u32::MAX), (16, 1, u32::MAX)], 0);
        assert!(permissions(1, 0o710, Some(named.clone())).permit(&account(&[]), Permission::Enter));
        assert!(
            permissions(USER, 0o110, Some(named)).permit(&account(&[]), Permission::Enter),
            "the owner has its bits"
        );
        // Everybody may enter, but for one.
        let refused = list(&[(2, 0, USER), (4, 1, u32::MAX), (16, 1, u32::MAX)], 1);
        assert!(!permissions(1, 0o711, Some(refused.clone())).permit(&account(&[GROUP]), Permission::Enter));
        let other = Account { user: 7, groups: Vec::new() };
        assert!(permissions(1, 0o711, Some(refused)).permit(&other, Permission::Enter));
    }

    #[test]
    fn the_topmost_obstacle_is_told_with_the_command_that_helps() {
        let folder = tempfile::tempdir().expect("a folder");
        let closed = folder.path().join("closed");
        fs::create_dir_all(closed.join("inner")).expect("writable");
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
        set(folder.path(), 0o711);
        set(&closed, 0o700);
        set(&closed.join("inner"), 0o700);
        let path = closed.join("inner/file");
        let obstacle = account(&[]).obstacle(&path, Permission::Read).expect("closed");
        let shown = closed.display();
        assert_eq!((obstacle.path.as_path(), obstacle.cure("x")), (closed.as_path(), format!("chmod o+x {shown}")));
        let of_group = Obstacle { class: 'g', ..obstacle.clone() };
        assert_eq!(of_group.cure("x"), format!("chmod g+x {shown}"));
        let of_list = Obstacle { has_list: true, permission: Permission::Run, ..obstacle };
        assert_eq!(of_list.cure("smoker"), format!("setfacl -m u:smoker:rx {shown}"));
        set(&closed, 0o711);
        set(&closed.join("inner"), 0o711);
        assert_eq!(account(&[]).obstacle(&path, Permission::Read), None, "there is no file");
        fs::write(&path, "").expect("writable");
        set(&path, 0o600);
        assert_eq!(account(&[]).obstacle(&path, Permission::Read).map(|it| it.path), Some(path));
    }
}
