//! Whether this host has had an identity: without one it stays authenticated, once it was.

use std::path::Path;

use chrono::{SecondsFormat, Utc};
use smoker_trust::storage::file_error::FileError;
use smoker_trust::storage::text_file;

/// The name of the file in the state folder.
const FILE: &str = "authenticated";

/// Whether it has had one, as far as that was noted.
pub(crate) fn exists(state_dir: &Path) -> bool {
    state_dir.join(FILE).exists()
}

/// Notes that it has one.
///
/// # Errors
///
/// When the file cannot be written.
pub(crate) fn make(state_dir: &Path) -> Result<(), FileError> {
    let since = format!("since {}\n", Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true));
    text_file::edit(&state_dir.join(FILE), |old| Ok((if old.is_empty() { since } else { old.to_owned() }, ())))
}
