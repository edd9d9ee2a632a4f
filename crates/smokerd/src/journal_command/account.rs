//! The account that the journal is looked into and changed as.

use std::path::Path;

use nix::unistd::geteuid;
use smoker_model::plugin::AccountId;
use smoker_paths::resolved_path::ResolvedPath;
use smoker_runner::process::attributes::credentials::Credentials;

use crate::service::privileges;

/// Root becomes the account that the state folder belongs to, as the daemon does: that account can put links to files of root's
/// into it, and could not use files of root's there.
///
/// # Errors
///
/// When the folder cannot be looked at, or the account cannot be changed.
pub(super) fn become_owner(state_dir: &Path) -> Result<(), String> {
    let place = ResolvedPath::of(state_dir).and_then(|place| place.stat());
    let owner = place.map_err(|error| format!("state_dir {} cannot be used: {error}", state_dir.display()))?;
    if !geteuid().is_root() || owner.st_uid == 0 {
        return Ok(());
    }
    let credentials = Credentials::of_account(&AccountId::Number(owner.st_uid), &AccountId::Number(owner.st_gid));
    let credentials = credentials.map_err(|error| error.to_string())?;
    privileges::drop_privileges(&credentials).map_err(|error| error.to_string())
}
