//! Why no file can be made at a path, in words.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

/// Folders whose files the kernel makes.
const OF_THE_KERNEL: [&str; 2] = ["/proc", "/sys"];

/// What keeps everybody from making a file at this path; none where nothing is known. A folder that is missing is no reason.
pub(crate) fn obstacle(path: &Path) -> Option<String> {
    if fs::symlink_metadata(path).is_ok() {
        return None;
    }
    let above = above(path)?;
    let shown = above.display();
    if !above.is_dir() {
        return Some(format!("{shown} is no folder"));
    }
    let real = above.canonicalize().unwrap_or(above.clone());
    if let Some(kernel) = OF_THE_KERNEL.iter().find(|folder| real.starts_with(folder)) {
        return Some(format!("the kernel makes the files of {kernel}, and nobody else can make one there"));
    }
    (access(&above, AccessFlags::W_OK) == Err(Errno::EROFS))
        .then(|| format!("{shown} cannot be written: it is mounted read-only"))
}

/// The error of making a file at this path, with the reason in words.
pub(crate) fn explained(path: &Path, error: io::Error) -> io::Error {
    match obstacle(path) {
        Some(reason) => io::Error::new(error.kind(), format!("{error}: {reason}")),
        None => error,
    }
}

/// The nearest folder above that is there.
fn above(path: &Path) -> Option<PathBuf> {
    let above =
        path.ancestors().skip(1).find(|above| above.as_os_str().is_empty() || fs::symlink_metadata(above).is_ok())?;
    Some(if above.as_os_str().is_empty() { PathBuf::from(".") } else { above.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_made_is_said_in_words() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("writable");
        let words = |path: &Path| obstacle(path).unwrap_or_default();
        assert!(words(&file.join("x")).ends_with("file is no folder"));
        for path in ["/proc/foo/x", "/proc/x", "/sys/deep/er/x"] {
            assert!(words(Path::new(path)).contains("the kernel makes the files of /"), "{path}");
        }
        for path in [
            &file,
            &folder.path().join("new"),
            &folder.path().join("new/deep"),
            Path::new("new"),
            Path::new("/dev/null"),
        ] {
            assert_eq!(obstacle(path), None, "{}", path.display());
        }
    }
}
