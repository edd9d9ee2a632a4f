//! The shells under test.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// All but the first are left out where they are not installed.
const SHELLS: [&[&str]; 5] = [&["/bin/sh"], &["bash"], &["dash"], &["bash", "--posix"], &["busybox", "sh"]];

/// `show` prints what it receives, ended by NUL; `pass` hands it through a pipe.
pub(crate) const PRELUDE: &str = "show() { printf '%s\\0' \"$1\"; }; pass() { printf '%s' \"$1\"; }\n";

/// What a value would make if it were code: a file of this name.
pub(crate) const CANARY: &str = "PWNED";

/// The system's own shell, and the others that are installed.
pub(crate) fn shells() -> Vec<&'static [&'static str]> {
    let system = std::fs::canonicalize("/bin/sh").expect("/bin/sh must be there");
    let wanted = |shell: &&&[&str]| !system.ends_with(shell[0]) && run(shell, "exit 0", Path::new("/")).is_some();
    let mut shells: Vec<_> = SHELLS[1..].iter().filter(wanted).copied().collect();
    shells.insert(0, SHELLS[0]);
    shells
}

/// Runs a script in a folder; `None` when there is no such shell.
pub(crate) fn run(shell: &[&str], script: &str, folder: &Path) -> Option<Output> {
    let (program, arguments) = shell.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).arg("-c").arg(script).current_dir(folder).stdin(Stdio::null());
    command.output().ok()
}
