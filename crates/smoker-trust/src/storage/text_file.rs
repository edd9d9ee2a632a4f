//! Small texts that several commands edit and the daemon reads: each edit takes the place of the old text in one step.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, fstat};
use nix::unistd::geteuid;
use smoker_paths::replace::replace;
use smoker_paths::resolved_path::ResolvedPath;

use crate::storage::file_error::FileError;
use crate::storage::regular_file;

/// How large a text may be, in bytes. Known hosts, silences and notifications have a line for each host, silence or action: there may be many.
const MAX_BYTES: u64 = 64 << 20;

/// How long another command's edit is waited for.
const LOCK_LIMIT: Duration = Duration::from_secs(5);
const LOCK_INTERVAL: Duration = Duration::from_millis(10);

/// Reads a text; `None` when there is none.
///
/// # Errors
///
/// When it is no file, too large or not UTF-8.
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    let place = match ResolvedPath::of(path) {
        Ok(place) => place,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::of_system(path, "read", &error)),
    };
    read_place(path, &place)
}

fn read_place(path: &Path, place: &ResolvedPath) -> Result<Option<String>, FileError> {
    let Some(file) = regular_file::open(path, place)? else { return Ok(None) };
    let mode = file.mode();
    if mode & 0o022 != 0 {
        let shown = path.display();
        return Err(FileError::new(
            path,
            format!("others than its owner may write it (mode {mode:04o}); run chmod 600 {shown}"),
        ));
    }
    check_owner(path, &file.stat)?;
    let content = file.read(path, MAX_BYTES)?;
    let text = String::from_utf8(content)
        .map_err(|_| FileError::new(path, "it is not text in UTF-8; correct it or remove it"))?;
    // Some editors write a byte order mark, which is no part of the first line.
    Ok(Some(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }))
}

/// Refuses what another account than root, this one and, for root, that of the folder could change: a link may lead to such a file, and so may
/// a further name of it.
fn check_owner(path: &Path, stat: &FileStat) -> Result<(), FileError> {
    let (user, shown) = (stat.st_uid, path.display());
    let is_root = geteuid().is_root();
    // The folder that is named, which a link does not change.
    let folder = path.parent().filter(|_| is_root).and_then(|folder| fs::metadata(folder).ok()).map(|data| data.uid());
    let owner = folder.unwrap_or(geteuid().as_raw());
    if user != 0 && user != geteuid().as_raw() && user != owner {
        let reason = format!(
            "it, or what the link leads to, belongs to the user {user}, who could change it; run chown {owner} {shown}, or put a file of \
             your own in its place"
        );
        return Err(FileError::new(path, reason));
    }
    if is_root && owner != 0 && stat.st_nlink > 1 {
        return Err(FileError::new(path, "it has further names (hard links); remove it, and write it again"));
    }
    Ok(())
}

/// Edits a text of mode 0600; one that is not there is empty. It goes on belonging to the owner of its folder. Returns what `edit` returns beside the new text; nothing is written when the text stays the same.
///
/// # Errors
///
/// When it cannot be read or written, or `edit` fails.
pub fn edit<T>(path: &Path, edit: impl FnOnce(&str) -> Result<(String, T), FileError>) -> Result<T, FileError> {
    let failed = |error: &io::Error| FileError::of_system(path, "written", error);
    let place = ResolvedPath::of(path).map_err(|error| failed(&error))?;
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let folder = openat(place.folder(), ".", flags, Mode::empty()).map_err(|error| failed(&error.into()))?;
    let stat = fstat(&folder).map_err(|error| failed(&error.into()))?;
    let _lock = locked(folder.into()).map_err(|error| failed(&error))?;
    let old = read_place(path, &place)?.unwrap_or_default();
    let (new, returned) = edit(&old)?;
    if new != old {
        let owner = geteuid().is_root().then_some((stat.st_uid, stat.st_gid));
        replace(&place, new.as_bytes(), 0o600, owner).map_err(|error| failed(&error))?;
    }
    Ok(returned)
}

/// Locks a folder against other edits, with a limit: an account that may open the folder could keep the lock.
fn locked(folder: File) -> io::Result<Flock<File>> {
    let begun = Instant::now();
    let mut folder = folder;
    loop {
        match Flock::lock(folder, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(lock),
            Err((back, Errno::EWOULDBLOCK)) if begun.elapsed() < LOCK_LIMIT => {
                folder = back;
                sleep(LOCK_INTERVAL);
            }
            Err((_, Errno::EWOULDBLOCK)) => {
                return Err(io::Error::other("another command has been editing it for more than 5 s"));
            }
            Err((_, error)) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn edits_of_several_commands_are_all_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("text");
        assert_eq!(read(&path), Ok(None));
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || edit(path, |old| Ok((format!("{old}{number}\n"), ()))).expect("edited"));
            }
        });
        assert_eq!(read(&path).expect("text").expect("there").lines().count(), 8);
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o7777, 0o600);
        let refused = edit(&path, |_| Err::<(String, ()), _>(FileError::new(&path, "no")));
        assert!(refused.is_err() && read(&path).expect("text").is_some());
    }

    #[test]
    fn what_others_may_write_and_what_is_no_text_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("text");
        fs::write(&path, [0xff]).expect("writable");
        assert!(read(&path).expect_err("no text").reason.contains("UTF-8"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("ours");
        assert!(read(&path).expect_err("writable by all").reason.contains("chmod 600"));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("text");
        fs::write(&path, "\u{feff}first\n").expect("writable");
        assert_eq!(read(&path).expect("text").as_deref(), Some("first\n"));
        edit(&path, |old| Ok((format!("{old}second\n"), ()))).expect("edited");
        assert_eq!(fs::read_to_string(&path).expect("text"), "first\nsecond\n");
    }

    #[test]
    fn what_another_account_could_change_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (own, foreign) = (folder.path().join("own"), folder.path().join("foreign"));
        fs::write(&own, "x").expect("writable");
        let mut stat = nix::sys::stat::stat(&own).expect("there");
        assert_eq!(check_owner(&own, &stat), Ok(()));
        stat.st_uid = 65_534;
        let error = check_owner(&own, &stat).expect_err("another's").reason;
        assert!(error.contains("65534") && error.contains("chown"), "{error}");
        // Root alone can make what is refused, and links to it.
        if geteuid().is_root() {
            let link = folder.path().join("link");
            fs::write(&foreign, "x").expect("writable");
            std::os::unix::fs::chown(&foreign, Some(65_534), None).expect("root may");
            std::os::unix::fs::symlink(&foreign, &link).expect("a link");
            assert!(read(&foreign).is_err() && read(&link).is_err());
            assert!(edit(&link, |old| Ok((format!("{old}y"), ()))).is_err());
        }
    }
}
