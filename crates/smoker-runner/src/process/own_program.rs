//! The path of the program that runs this code, to start it once more.

use std::io;
use std::path::{Path, PathBuf};

/// The path for this process itself. Linux finds the program even when its file was replaced by
/// another version or deleted.
pub(crate) fn for_this_process() -> io::Result<PathBuf> {
    let link = Path::new("/proc/self/exe");
    if link.exists() { Ok(link.to_owned()) } else { std::env::current_exe() }
}

/// The path for a process of another user, which may not follow the link of
/// [`for_this_process`].
pub(crate) fn for_other_users() -> String {
    let program = std::env::current_exe().ok().filter(|path| path.exists());
    let by_number = || format!("/proc/{}/exe", std::process::id());
    program.map_or_else(by_number, |path| path.to_string_lossy().into_owned())
}
