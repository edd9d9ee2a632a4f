//! Programs of the system that know what no file says: `systemctl`, init scripts, `rpm`.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// Where the system has its programs.
const FOLDERS: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// How long a program that has ended is read, when something that it left behind has its output open.
const LAST_READ: Duration = Duration::from_millis(200);

/// What a program printed, and its exit status; `None` when there is no such program. It ends with the run.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Result<Option<Printed>, String> {
    let Some((path, mut command)) = command(name, arguments) else { return Ok(None) };
    match command.output() {
        Ok(output) => Ok(Some(Printed::of(&output.stdout, &output.stderr, output.status))),
        Err(error) => none_or(&error, &path),
    }
}

/// As [`run`], for a program that may leave a service behind which keeps its output open: nobody waits for that one. All that it
/// printed is in `stdout`.
pub(crate) fn run_starter(name: &str, arguments: &[&str]) -> Result<Option<Printed>, String> {
    let Some((path, mut command)) = command(name, arguments) else { return Ok(None) };
    let failed = |error: io::Error| format!("{} cannot be run: {error}", path.display());
    let (mut reader, writer) = io::pipe().map_err(failed)?;
    command.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return none_or(&error, &path),
    };
    // It has the writing ends of the pipe, which would keep it open.
    drop(command);
    let (sender, printed) = channel();
    thread::spawn(move || {
        let mut part = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut part) {
            if sender.send(part[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    let status = child.wait().map_err(failed)?;
    let (mut text, end) = (Vec::new(), Instant::now() + LAST_READ);
    while let Ok(part) = printed.recv_timeout(end.saturating_duration_since(Instant::now())) {
        text.extend(part);
    }
    Ok(Some(Printed::of(&text, &[], status)))
}

/// The program's path, and the command; none when there is no such program.
fn command(name: &str, arguments: &[&str]) -> Option<(PathBuf, Command)> {
    let mut paths = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    let path = if name.contains('/') { Path::new(name).to_owned() } else { paths.find(|it| it.is_file())? };
    let mut command = Command::new(&path);
    command.args(arguments.iter().map(OsStr::new)).env("LC_ALL", "C").env("SYSTEMD_PAGER", "").stdin(Stdio::null());
    Some((path, command))
}

fn none_or(error: &io::Error, path: &Path) -> Result<Option<Printed>, String> {
    match error.kind() {
        ErrorKind::NotFound => Ok(None),
        _ => Err(format!("{} cannot be run: {error}", path.display())),
    }
}

/// What a program did.
#[derive(Clone, Debug)]
pub(crate) struct Printed {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// None when a signal ended it.
    pub(crate) status: Option<i32>,
}

impl Printed {
    fn of(stdout: &[u8], stderr: &[u8], status: ExitStatus) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        Self { stdout: text(stdout), stderr: text(stderr), status: status.code() }
    }

    /// The first line that says why it failed.
    pub(crate) fn reason(&self) -> &str {
        let lines = self.stderr.lines().chain(self.stdout.lines());
        lines.map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says no reason")
    }
}
