//! Programs of the system that know what no file says: `systemctl`, init scripts, `rpm`.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Where the system has its programs.
const FOLDERS: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// What a program printed, and its exit status; `None` when there is no such program. It ends with the run.
pub(super) fn run(name: &str, arguments: &[&str]) -> Result<Option<Printed>, String> {
    let paths = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    let path =
        if name.contains('/') { Some(Path::new(name).to_owned()) } else { paths.into_iter().find(|it| it.is_file()) };
    let Some(path) = path else { return Ok(None) };
    let mut command = Command::new(&path);
    command.args(arguments.iter().map(OsStr::new)).env("LC_ALL", "C").env("SYSTEMD_PAGER", "").stdin(Stdio::null());
    match command.output() {
        Ok(output) => Ok(Some(Printed::of(&output))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{} cannot be run: {error}", path.display())),
    }
}

/// What a program did.
#[derive(Clone, Debug)]
pub(super) struct Printed {
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// None when a signal ended it.
    pub(super) status: Option<i32>,
}

impl Printed {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        Self { stdout: text(&output.stdout), stderr: text(&output.stderr), status: output.status.code() }
    }

    /// The first line that says why it failed.
    pub(super) fn reason(&self) -> &str {
        let lines = self.stderr.lines().chain(self.stdout.lines());
        lines.map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says no reason")
    }
}
