//! Access control lists of POSIX, by which Linux lets further accounts read and write a file (`acl(5)`).
//!
//! Such a file shows in place of its group's permissions what its list gives to anybody at most, so the mode alone does not tell an account
//! from a group. Lists of NFS version 4, and those of other systems, are not looked at.

use std::path::Path;

/// The permission to read.
pub const READ: u16 = 0o4;
/// The permission to write.
pub const WRITE: u16 = 0o2;
/// The permission to enter a folder.
pub const SEARCH: u16 = 0o1;

/// The list of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessList(Vec<Entry>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    tag: u16,
    permissions: u16,
    id: u32,
}

/// How the kernel gives a list (`linux/posix_acl_xattr.h`): a version, and entries of a tag, permissions and a number.
#[cfg(target_os = "linux")]
const NAME: &str = "system.posix_acl_access";
#[cfg(any(target_os = "linux", test))]
const HEADER: usize = 4;
#[cfg(any(target_os = "linux", test))]
const ENTRY: usize = 8;

/// The tags of entries (`linux/posix_acl.h`).
const USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHERS: u16 = 0x20;

impl AccessList {
    /// The list of what a path leads to. None where the mode says all.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        use rustix::fs::getxattr;
        use rustix::io::Errno;

        /// No attribute is larger.
        const LARGEST: usize = 64 * 1024;

        let mut bytes = vec![0; 1024];
        let length = match getxattr(path, NAME, bytes.as_mut_slice()) {
            Err(Errno::RANGE) => {
                bytes.resize(LARGEST, 0);
                getxattr(path, NAME, bytes.as_mut_slice())
            }
            other => other,
        };
        // There is none, or the file system has none.
        Some(Self::read(&bytes[..length.ok()?]))
    }

    /// Only Linux has these.
    #[cfg(not(target_os = "linux"))]
    #[must_use]
    pub fn of(_path: &Path) -> Option<Self> {
        None
    }

    #[cfg(any(target_os = "linux", test))]
    fn read(bytes: &[u8]) -> Self {
        let number = |entry: &[u8], at: usize| u16::from_le_bytes([entry[at], entry[at + 1]]);
        let entries = bytes.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY).map(|entry| Entry {
            tag: number(entry, 0),
            permissions: number(entry, 2),
            id: u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]),
        });
        Self(entries.collect())
    }

    /// The users beside the owner that have this permission, whom the list names.
    pub fn named_users(&self, permission: u16) -> impl Iterator<Item = u32> {
        self.granting(permission).filter(|entry| entry.tag == USER).map(|entry| entry.id)
    }

    /// Whether a group has this permission, that of the file or one that the list names.
    #[must_use]
    pub fn has_group_with(&self, permission: u16) -> bool {
        self.granting(permission).any(|entry| [OWNING_GROUP, GROUP].contains(&entry.tag))
    }

    /// Whether a user who does not own the file has these permissions. `is_in` tells whether a group is one of the user's;
    /// `group` is that of the file.
    #[must_use]
    pub fn permits(&self, user: u32, group: u32, is_in: impl Fn(u32) -> bool, permission: u16) -> bool {
        let grants = |entry: &Entry| self.granting(permission).any(|it| it == *entry);
        if let Some(entry) = self.0.iter().find(|entry| entry.tag == USER && entry.id == user) {
            return grants(entry);
        }
        let is_of_user = |entry: &&Entry| match entry.tag {
            OWNING_GROUP => is_in(group),
            GROUP => is_in(entry.id),
            _ => false,
        };
        let mut of_groups = self.0.iter().filter(is_of_user).peekable();
        if of_groups.peek().is_some() {
            return of_groups.any(grants);
        }
        self.0.iter().any(|entry| entry.tag == OTHERS && entry.permissions & permission == permission)
    }

    /// The entries for users and groups that the mask leaves these permissions.
    fn granting(&self, permission: u16) -> impl Iterator<Item = Entry> {
        let mask = self.0.iter().find(|entry| entry.tag == MASK).map_or(u16::MAX, |entry| entry.permissions);
        let granting = move |entry: &Entry| entry.permissions & mask & permission == permission;
        self.0.iter().copied().filter(granting)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// As the kernel gives it: the owner, the entries, others.
    pub(crate) fn list(entries: &[(u16, u16, u32)], others: u16) -> AccessList {
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in [&[(0x01, 6, u32::MAX)], entries, &[(OTHERS, others, u32::MAX)]].concat() {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(permissions.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        AccessList::read(&bytes)
    }

    #[test]
    fn the_mask_bounds_what_users_and_groups_have() {
        let masked =
            |mask| list(&[(USER, 6, 7), (OWNING_GROUP, 4, u32::MAX), (GROUP, 6, 9), (MASK, mask, u32::MAX)], 0);
        let writers = |list: &AccessList| list.named_users(WRITE).collect::<Vec<_>>();
        assert_eq!((writers(&masked(6)), masked(6).has_group_with(WRITE)), (vec![7], true));
        assert_eq!((writers(&masked(4)), masked(4).has_group_with(WRITE)), (vec![], false));
        assert_eq!(masked(4).named_users(READ).collect::<Vec<_>>(), [7]);
        let of_user = list(&[(USER, 6, 7), (OWNING_GROUP, 4, u32::MAX), (MASK, 6, u32::MAX)], 0);
        assert!(!of_user.has_group_with(WRITE), "the mode shows a group that can write, and none can");
    }

    #[test]
    fn a_user_counts_before_groups_and_groups_before_others() {
        let list = list(&[(USER, 0, 7), (OWNING_GROUP, 0, u32::MAX), (GROUP, 4, 9), (MASK, 7, u32::MAX)], 0);
        let permits = |user, groups: &'static [u32]| list.permits(user, 5, |group| groups.contains(&group), READ);
        assert!(!permits(7, &[9]), "the entry of the user counts");
        assert!(permits(8, &[5, 9]), "one of the groups is enough");
        assert!(!permits(8, &[5]));
        assert!(!permits(8, &[]));
    }

    #[test]
    fn bytes_that_are_no_list_name_nobody() {
        for length in 0..20 {
            assert_eq!(AccessList::read(&vec![0xff; length]).named_users(WRITE).count(), 0);
        }
    }
}
