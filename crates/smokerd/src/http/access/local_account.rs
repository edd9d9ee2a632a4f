//! An account of this machine, at the other end of the Unix socket.

use std::ffi::CString;

use nix::unistd::{Gid, Group, Uid, User};

use crate::os::sys;

/// The group whose members are administrators, where it exists.
const ADMINISTRATORS: &str = "smoker";

/// An account, as it was when it connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocalAccount {
    pub(crate) uid: u32,
    /// Its group; it may have further ones.
    pub(crate) gid: u32,
}

impl LocalAccount {
    /// Whether it is root, or in the group of the administrators. Asks the system's lists of accounts, which may take long.
    pub(crate) fn is_administrator(self) -> bool {
        if self.uid == 0 {
            return true;
        }
        let Ok(Some(group)) = Group::from_name(ADMINISTRATORS) else { return false };
        self.gid == group.gid.as_raw() || self.groups().contains(&group.gid)
    }

    fn groups(self) -> Vec<Gid> {
        let Ok(Some(user)) = User::from_uid(Uid::from_raw(self.uid)) else { return Vec::new() };
        let Ok(name) = CString::new(user.name) else { return Vec::new() };
        sys::groups_of(&name, user.gid).unwrap_or_default()
    }
}
