//! Becoming the configured user.

use nix::unistd::{getegid, geteuid, setgid, setgroups, setuid};
use smoker_config::DaemonSettings;
use smoker_runner::credentials::Credentials;

use crate::error::StartError;

/// Whom the settings ask for; none: stay who we are.
pub(crate) fn wanted(settings: &DaemonSettings) -> Result<Option<Credentials>, StartError> {
    match (&settings.uid, &settings.gid) {
        (Some(user), Some(group)) => Ok(Some(Credentials::of_account(user, group)?)),
        _ => Ok(None),
    }
}

/// Gives up root for good: groups, then group, then user; checked. Must happen
/// before the first thread.
pub(crate) fn take_on(credentials: &Credentials) -> Result<(), StartError> {
    let Credentials { uid, gid, groups } = credentials;
    if geteuid() == *uid && getegid() == *gid && !geteuid().is_root() {
        return Ok(());
    }
    let failed =
        |reason: &str| StartError::Privileges { uid: uid.to_string(), gid: gid.to_string(), reason: reason.to_owned() };
    let refused = |error: nix::Error| failed(error.desc());
    // For root, setgid and setuid set real, effective and saved ids alike.
    setgroups(groups).map_err(refused)?;
    setgid(*gid).map_err(refused)?;
    setuid(*uid).map_err(refused)?;
    if geteuid() != *uid || getegid() != *gid || (!uid.is_root() && setuid(nix::unistd::Uid::from_raw(0)).is_ok()) {
        return Err(failed("the system did not change them for good"));
    }
    Ok(())
}
