//! Whether this host has had an identity: without one it stays authenticated, once it was. That is noted in the state folder and, for a host whose
//! configuration does not set `access`, beside it: the folder may be missing at a start, as when its file system is not mounted.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use nix::fcntl::OFlag;
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_paths::resolved_path::ResolvedPath;
use smoker_trust::storage::file_error::FileError;
use smoker_trust::storage::text_file;

/// The name of the file in the state folder; that beside it has the folder's name before it, as in `/var/lib/smokerd.authenticated`.
const FILE: &str = "authenticated";

/// Whether it has had one, as far as that was noted.
pub(crate) fn exists(state_dir: &Path) -> bool {
    is_within(state_dir) || is_beside(state_dir)
}

fn is_within(state_dir: &Path) -> bool {
    is_there(&state_dir.join(FILE))
}

fn is_beside(state_dir: &Path) -> bool {
    beside(state_dir).is_some_and(|path| is_there(&path))
}

/// Anything in its place counts, and what cannot be looked at: a host is not opened because of an error.
fn is_there(path: &Path) -> bool {
    !fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// The file beside the folder; none for a root folder.
fn beside(state_dir: &Path) -> Option<PathBuf> {
    let mut name = state_dir.file_name()?.to_owned();
    name.push(".");
    name.push(FILE);
    Some(state_dir.with_file_name(name))
}

/// Notes in the folder that it has one.
///
/// # Errors
///
/// When the file cannot be written.
pub(crate) fn make(state_dir: &Path) -> Result<(), FileError> {
    let since = since();
    text_file::edit(&state_dir.join(FILE), |old| Ok((if old.is_empty() { since } else { old.to_owned() }, ())))
}

/// Notes it beside the folder, too, where nothing else says how the host is.
///
/// # Errors
///
/// When the file cannot be written: what that means, and what helps.
pub(crate) fn make_beside(settings: &AccessSettings) -> Result<(), String> {
    let folder = settings.state_dir.as_deref().filter(|_| settings.mode.is_none());
    let Some((folder, path)) = folder.and_then(|folder| Some((folder, beside(folder)?))) else { return Ok(()) };
    match write_new(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(format!(
            "{}: {error}; so this host would be open again if {} were missing at a start. Write `access: authenticated` into the \
             configuration",
            path.display(),
            folder.display()
        )),
        _ => Ok(()),
    }
}

fn write_new(path: &Path) -> io::Result<()> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
    ResolvedPath::of_name(path)?.open(flags, 0o644)?.write_all(since().as_bytes())
}

fn since() -> String {
    format!("since {}\n", Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// What a start finds, while it may still write beside the folder: the note that is missing there is made.
///
/// # Errors
///
/// What an administrator has to know.
pub(crate) fn complete(settings: &AccessSettings) -> Result<(), String> {
    let Some(folder) = &settings.state_dir else { return Ok(()) };
    match (is_within(folder), is_beside(folder)) {
        (true, false) => make_beside(settings),
        (false, true) => Err(format!(
            "state_dir {} has none of the identities that this host had, and the key is a new one: see whether its file system is mounted, or \
             restore it. Other hosts are answered only when they prove who they are; to begin from scratch, add identities (smokerd \
             --authorize)",
            folder.display()
        )),
        (true, true) | (false, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use smoker_config::spec::settings::access_settings::Access;

    use super::*;

    #[test]
    fn a_folder_that_is_empty_at_a_start_opens_no_host_that_was_authenticated() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("state");
        let settings = |mode| AccessSettings { state_dir: Some(folder.clone()), mode, ..AccessSettings::default() };
        let make_folder = || {
            fs::create_dir(&folder).expect("writable");
            fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("ours");
        };
        make_folder();
        assert_eq!((exists(&folder), complete(&settings(None))), (false, Ok(())));
        make(&folder).expect("writable");
        // Where the configuration says it, it is noted nowhere else.
        assert_eq!(complete(&settings(Some(Access::Authenticated))), Ok(()));
        assert!(exists(&folder) && !is_beside(&folder));
        assert_eq!(complete(&settings(None)), Ok(()));
        fs::rename(&folder, parent.path().join("away")).expect("ours");
        assert!(exists(&folder), "the folder is away");
        make_folder();
        assert!(exists(&folder), "the folder is a new one");
        let told = complete(&settings(None)).expect_err("to be told");
        assert!(told.contains("is mounted"), "{told}");
        assert_eq!(make_beside(&settings(None)), Ok(()));
        let nowhere = AccessSettings { state_dir: Some("/proc/state".into()), ..AccessSettings::default() };
        let told = make_beside(&nowhere).expect_err("nothing can be made there");
        assert!(told.contains("/proc/state.authenticated") && told.contains("access: authenticated"), "{told}");
    }
}
