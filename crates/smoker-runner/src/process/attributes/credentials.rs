//! The user and groups that a child runs as.
//!
//! Names are looked up once, when the configuration is loaded: a directory
//! service that hangs must not hang a run.

use std::ffi::CString;
use std::io;
use std::path::Path;

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid};
use smoker_model::plugin::{AccountId, RunAs};
use thiserror::Error;

use crate::process::sys;

/// Ids for a child, ready to be set between fork and exec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Real, effective and saved user id.
    pub uid: Uid,
    /// Real, effective and saved group id.
    pub gid: Gid,
    /// Supplementary groups: those of the account, none when the id has no account.
    pub groups: Vec<Gid>,
    /// HOME, USER, LOGNAME and SHELL of the account.
    pub variables: Vec<(String, String)>,
}

/// Why an account cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// The configuration makes no sense by itself.
    #[error("{0}")]
    Unusable(String),
    /// The system does not know the user.
    #[error("unknown user '{0}': create it or correct uid")]
    UnknownUser(String),
    /// The system does not know the group.
    #[error("unknown group '{0}': create it or correct gid")]
    UnknownGroup(String),
    /// The account database cannot be read.
    #[error("cannot look up '{name}': {reason}")]
    Lookup {
        /// The user or group.
        name: String,
        /// The system's error text.
        reason: String,
    },
}

impl Credentials {
    /// Looks up the account that a plugin runs as. `None`: the daemon's own, whether
    /// because none is configured or because the daemon already has it.
    ///
    /// # Errors
    ///
    /// When the configured ids make no sense or the system does not know them.
    pub fn resolve(run_as: &RunAs) -> Result<Option<Self>, CredentialsError> {
        match run_as {
            RunAs::Daemon => Ok(None),
            RunAs::Unusable(reason) => Err(CredentialsError::Unusable(reason.clone())),
            RunAs::Account { user, group } => {
                let credentials = Self::of_account(user, group)?;
                let is_own = credentials.uid == geteuid() && credentials.gid == getegid();
                Ok(if is_own && !geteuid().is_root() { None } else { Some(credentials) })
            }
        }
    }

    /// Looks up a user and a group.
    ///
    /// # Errors
    ///
    /// When the system does not know a name.
    pub fn of_account(user: &AccountId, group: &AccountId) -> Result<Self, CredentialsError> {
        let lookup_error = |name: &AccountId, error: nix::Error| CredentialsError::Lookup {
            name: name.to_string(),
            reason: error.desc().to_owned(),
        };
        let (uid, account) = match user {
            AccountId::Number(number) => {
                let uid = Uid::from_raw(*number);
                (uid, User::from_uid(uid).map_err(|error| lookup_error(user, error))?)
            }
            AccountId::Name(name) => {
                let account = User::from_name(name).map_err(|error| lookup_error(user, error))?;
                let account = account.ok_or_else(|| CredentialsError::UnknownUser(name.clone()))?;
                (account.uid, Some(account))
            }
        };
        let gid = match group {
            AccountId::Number(number) => Gid::from_raw(*number),
            AccountId::Name(name) => {
                let found = Group::from_name(name).map_err(|error| lookup_error(group, error))?;
                found.ok_or_else(|| CredentialsError::UnknownGroup(name.clone()))?.gid
            }
        };
        let variables = variables_of(uid, account.as_ref());
        let groups = match account.and_then(|account| CString::new(account.name).ok()) {
            Some(name) => sys::groups_of(&name, gid).map_err(|error| lookup_error(user, error))?,
            None => Vec::new(),
        };
        Ok(Self { uid, gid, groups, variables })
    }

    /// The variables of the account that a plugin runs as, also when it is that
    /// of the daemon; none where no account is configured.
    pub(crate) fn variables_for(run_as: &RunAs) -> Vec<(String, String)> {
        let RunAs::Account { user, group } = run_as else { return Vec::new() };
        Self::of_account(user, group).map(|credentials| credentials.variables).unwrap_or_default()
    }
}

/// What `su` sets. An id without an account has no home, and must not have root's.
fn variables_of(uid: Uid, account: Option<&User>) -> Vec<(String, String)> {
    let text = |path: &Path, default: &str| {
        if path.as_os_str().is_empty() { default.to_owned() } else { path.to_string_lossy().into_owned() }
    };
    let (name, home, shell) = match account {
        Some(account) => (account.name.clone(), text(&account.dir, "/"), text(&account.shell, "/bin/sh")),
        None => (uid.to_string(), "/".to_owned(), "/bin/sh".to_owned()),
    };
    let variables = [("HOME", home), ("USER", name.clone()), ("LOGNAME", name), ("SHELL", shell)];
    variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// Gives up all capabilities of the calling thread and of whatever it starts.
/// A change from root to another user does most of it, but leaves inheritable
/// ones, and under some security bits all.
///
/// # Errors
///
/// When the system leaves some.
pub fn give_up_capabilities() -> io::Result<()> {
    sys::give_up_capabilities()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_named() {
        let nobody = AccountId::Number(65534);
        let unknown = AccountId::Name("no-such-account".to_owned());
        let error = Credentials::of_account(&unknown, &nobody).expect_err("an unknown user");
        assert!(error.to_string().contains("no-such-account"), "{error}");
        let error = Credentials::of_account(&nobody, &unknown).expect_err("an unknown group");
        assert!(error.to_string().contains("no-such-account"), "{error}");
    }

    #[test]
    fn an_id_without_an_account_has_no_groups() {
        let unknown = AccountId::Number(4_123_456_789);
        let credentials = Credentials::of_account(&unknown, &unknown).expect("numbers need no account");
        assert_eq!(credentials.groups, []);
    }
}
