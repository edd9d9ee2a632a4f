//! Whether another process is this program, and what it was started with.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use nix::unistd::Pid;

/// Where the kernel shows processes.
const PROCESSES: &str = "/proc";

/// What the kernel puts behind the path of a program whose file was replaced, as an upgrade does.
const DELETED: &str = " (deleted)";

/// How a process was started.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// The words of its command line, the program's name first.
    pub(crate) arguments: Vec<OsString>,
    /// The folder that its relative paths start at.
    pub(crate) working: PathBuf,
}

/// Whether a process runs this program. Where there is no `/proc`, nothing speaks against it.
pub(crate) fn is_ours(pid: Pid) -> bool {
    runs_this_program(Path::new(PROCESSES), pid).unwrap_or(true)
}

/// Whether a process runs this program. Where there is no `/proc`, none is known to.
pub(crate) fn is_known_as_ours(pid: Pid) -> bool {
    runs_this_program(Path::new(PROCESSES), pid).unwrap_or(false)
}

/// `None` where processes are not shown.
fn runs_this_program(processes: &Path, pid: Pid) -> Option<bool> {
    let own = fs::read_link(processes.join("self/exe")).ok()?;
    let other = fs::read_link(processes.join(format!("{pid}/exe")));
    Some(other.is_ok_and(|other| without_mark(&own) == without_mark(&other)))
}

/// Whether this account may not know which program a process runs.
pub(crate) fn is_hidden(pid: Pid) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

fn without_mark(program: &Path) -> String {
    let text = program.to_string_lossy();
    text.strip_suffix(DELETED).unwrap_or(&text).to_owned()
}

/// How a process was started; `None` when it has ended, or when we may not know.
pub(crate) fn invocation(pid: Pid) -> Option<Invocation> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = line.strip_suffix(b"\0").unwrap_or(&line).split(|byte| *byte == 0);
    let arguments = words.map(|word| OsString::from_vec(word.to_vec())).collect();
    let working = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    Some(Invocation { arguments, working })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use nix::unistd::getpid;

    use super::*;

    #[test]
    fn no_process_is_known_as_ours_where_none_is_shown() {
        let folder = tempfile::tempdir().expect("folder");
        assert_eq!(runs_this_program(folder.path(), getpid()), None);
        assert!(is_known_as_ours(getpid()) && is_ours(getpid()));
        assert!(!is_known_as_ours(Pid::from_raw(1)) && !is_ours(Pid::from_raw(1)));
    }
}
