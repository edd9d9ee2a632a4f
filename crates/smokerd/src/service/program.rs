//! Whether another process is this program, and what it was started with.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use nix::unistd::Pid;

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
    let Ok(own) = fs::read_link("/proc/self/exe") else { return true };
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|other| without_mark(&own) == without_mark(&other))
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
