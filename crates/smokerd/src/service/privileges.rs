//! Drops privileges, and keeps other accounts from writing to the daemon's files.

use nix::sys::stat::{Mode, umask};
use nix::unistd::{getegid, geteuid, setgid, setuid};
use smoker_config::spec::settings::DaemonSettings;
use smoker_paths::resolved_path::Owner;
use smoker_runner::process::attributes::credentials::{Credentials, give_up_capabilities};

use crate::os::sys;
use crate::service::error::StartError;

/// The account that the settings name; `None` if the daemon keeps its own.
pub(crate) fn credentials_of(settings: &DaemonSettings) -> Result<Option<Credentials>, StartError> {
    match (&settings.uid, &settings.gid) {
        (Some(user), Some(group)) => Ok(Some(Credentials::of_account(user, group)?)),
        _ => Ok(None),
    }
}

/// Makes what we create, and what plugins create unless they say otherwise,
/// writable for its owner at most; the original left it open to every account in
/// the background. A stricter mask stays. Comes before the first file.
pub(crate) fn restrict_umask() {
    let strict = Mode::S_IWGRP | Mode::S_IWOTH;
    let inherited = umask(strict);
    umask(inherited | strict);
}

/// Gives up root for good: groups, then group, then user, then capabilities
/// that a change of the user leaves; checked. Must happen before the first thread.
pub(crate) fn drop_privileges(credentials: &Credentials) -> Result<(), StartError> {
    let Credentials { uid, gid, groups, .. } = credentials;
    if geteuid() == *uid && getegid() == *gid && !geteuid().is_root() {
        return Ok(());
    }
    let failed =
        |reason: &str| StartError::Privileges { uid: uid.to_string(), gid: gid.to_string(), reason: reason.to_owned() };
    let refused = |error: nix::Error| failed(error.desc());
    // For root, setgid and setuid set real, effective and saved ids alike.
    sys::set_groups(groups).map_err(|error| failed(&error.to_string()))?;
    setgid(*gid).map_err(refused)?;
    setuid(*uid).map_err(refused)?;
    if geteuid() != *uid || getegid() != *gid || (!uid.is_root() && setuid(nix::unistd::Uid::from_raw(0)).is_ok()) {
        return Err(failed("the system did not change them for good"));
    }
    if !uid.is_root() {
        give_up_capabilities().map_err(|error| failed(&format!("capabilities stay: {error}")))?;
    }
    Ok(())
}

/// The owner of the files that are made for the account with these ids.
pub(crate) fn owner(credentials: &Credentials) -> Owner {
    (credentials.uid.as_raw(), credentials.gid.as_raw())
}
