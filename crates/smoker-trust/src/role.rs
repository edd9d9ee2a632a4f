//! What one may do.

use std::fmt;
use std::str::FromStr;

/// A role. Each may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Pages and events, with secrets masked.
    Read,
    /// Forced runs, too.
    Run,
    /// Secrets, reloads and silences, too.
    Admin,
}

/// All roles with their names.
pub const ROLES: [(&str, Role); 3] = [("read", Role::Read), ("run", Role::Run), ("admin", Role::Admin)];

/// A name that no role has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role; the roles are {1}")]
pub struct RoleError(String, &'static str);

impl Role {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Admin => "admin",
        }
    }
}

/// The role of requests that come over loopback without an identity (`local_role`); `None` for `none`, so that they get no answer.
///
/// # Errors
///
/// When it is neither a role nor `none`.
pub fn local_role(text: &str) -> Result<Option<Role>, RoleError> {
    if text == "none" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| RoleError(text.to_owned(), "read, run and admin, or none"))
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let found = ROLES.iter().find(|(name, _)| *name == text).map(|(_, role)| *role);
        found.ok_or_else(|| RoleError(text.to_owned(), "read, run and admin"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_ones_before_it_may() {
        for (at, (name, role)) in ROLES.iter().enumerate() {
            assert_eq!((role.name(), name.parse()), (*name, Ok(*role)));
            assert!(ROLES[..at].iter().all(|(_, lesser)| lesser < role));
        }
    }

    #[test]
    fn none_is_a_local_role_alone() {
        assert_eq!(local_role("none"), Ok(None));
        assert_eq!(local_role("run"), Ok(Some(Role::Run)));
        let error = |text: &str| (text.parse::<Role>().expect_err("no role"), local_role(text).expect_err("no role"));
        assert_eq!(
            "none".parse::<Role>().expect_err("no role").to_string(),
            "\"none\" is not a role; the roles are read, run and admin"
        );
        assert!(error("root").1.to_string().ends_with("read, run and admin, or none"));
    }
}
