//! Starts children; no other file does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::LazyLock;

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access, fchown};
use tokio::net::unix::pipe;

use crate::process::attributes::credentials::Credentials;
use crate::process::attributes::environment::DAEMON_ONLY;
use crate::process::attributes::inheritance;
use crate::process::attributes::surroundings::Surroundings;
use crate::process::child::Child;
use crate::process::containment::run_processes::RegisteredChild;
use crate::process::run_id::{self, RunId};
use crate::process::starter;
use crate::process::sys::{self, ChildAccount, ChildSetup};

/// Where programs are without a `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program and what surrounds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program<'a> {
    pub(crate) path: &'a Path,
    /// What it is told to be called, when that is not its path.
    pub(crate) name: Option<&'a str>,
    pub(crate) arguments: &'a [&'a OsStr],
    /// Limits, working directory and the like, as configured.
    pub(crate) surroundings: Surroundings<'a>,
    /// Variables beside those of the daemon and of the surroundings.
    pub(crate) environment: &'a [(String, String)],
    pub(crate) credentials: Option<&'a Credentials>,
    /// Whether the daemon writes to its standard input.
    pub(crate) has_input: bool,
}

/// A program that runs, and what comes from it.
#[derive(Debug)]
pub(crate) struct ChildProcess {
    pub(crate) child: Child,
    pub(crate) registered: RegisteredChild,
}

/// Starts a program as a child of a run. Its output goes to the daemon.
///
/// # Errors
///
/// Why the program did not begin.
pub(crate) async fn spawn(program: &Program<'_>, registered: &RegisteredChild) -> io::Result<ChildProcess> {
    let (input, stdin) = if program.has_input {
        let (reader, writer) = io::pipe()?;
        (OwnedFd::from(reader), Some(pipe::Sender::from_owned_fd(writer.into())?))
    } else {
        (null(OpenOptions::new().read(true))?, None)
    };
    let mut child = start_with_output(program, input, registered).await?;
    child.stdin = stdin;
    Ok(ChildProcess { child, registered: registered.clone() })
}

/// Starts a module host, with its control socket as standard input. It belongs to no run.
///
/// # Errors
///
/// Why the interpreter did not begin.
pub(crate) async fn spawn_host(program: &Program<'_>, control: OwnedFd) -> io::Result<Child> {
    start_with_output(program, control, &RegisteredChild::helper()).await
}

/// Starts a helper that reads what the daemon writes and prints nothing. It belongs to no run.
///
/// # Errors
///
/// Why the helper did not begin.
pub(crate) async fn spawn_helper(program: &Program<'_>) -> io::Result<Child> {
    let (reader, writer) = io::pipe()?;
    let nowhere = null(OpenOptions::new().write(true))?;
    let streams = [OwnedFd::from(reader), nowhere.try_clone()?, nowhere];
    let mut child = start(program, streams, &RegisteredChild::helper()).await?;
    child.stdin = Some(pipe::Sender::from_owned_fd(writer.into())?);
    Ok(child)
}

async fn start_with_output(program: &Program<'_>, input: OwnedFd, registered: &RegisteredChild) -> io::Result<Child> {
    let (stdout, their_stdout) = io::pipe()?;
    let (stderr, their_stderr) = io::pipe()?;
    let streams = [input, their_stdout.into(), their_stderr.into()];
    if let Some(credentials) = program.credentials {
        // A pipe belongs to who made it, and `/dev/stdout` opens it once more by its owner's rights.
        for stream in &streams[1..] {
            fchown(stream, Some(credentials.uid), Some(credentials.gid))?;
        }
    }
    let mut child = start(program, streams, registered).await?;
    child.stdout = Some(pipe::Receiver::from_owned_fd(stdout.into())?);
    child.stderr = Some(pipe::Receiver::from_owned_fd(stderr.into())?);
    Ok(child)
}

async fn start(program: &Program<'_>, streams: [OwnedFd; 3], registered: &RegisteredChild) -> io::Result<Child> {
    let run = registered.run;
    let path = text(search(program.path)?.as_os_str())?;
    let name = program.name.map_or(program.path.as_os_str(), OsStr::new);
    let mut arguments = vec![text(name)?];
    for argument in program.arguments {
        arguments.push(text(argument)?);
    }
    let environment = environment(program, run)?;
    let work_dir = program.surroundings.work_dir()?;
    let settings = program.surroundings.settings;
    let account = program.credentials.map(|it| ChildAccount { uid: it.uid, gid: it.gid, groups: it.groups.clone() });
    let cgroup = registered.cgroup.as_ref().map(|cgroup| cgroup.directory().try_clone_to_owned()).transpose()?;
    let setup = ChildSetup {
        program: path,
        arguments,
        environment,
        streams,
        account,
        limits: registered.limits.resources(),
        mark: sys::mark_of(run),
        open_files: inheritance::open_files(),
        cgroup,
        work_dir,
        umask: settings.umask,
        nice: settings.nice,
        no_new_privileges: settings.no_new_privileges,
        resets_oom_score: inheritance::is_spared_by_oom_killer(),
    };
    let started = starter::start(setup).await;
    started.map(Child::of).map_err(|error| with_limit(error, registered.limits.processes))
}

/// The kernel's reason says nothing of the limit that a process met.
fn with_limit(error: io::Error, processes: Option<u64>) -> io::Error {
    match processes {
        Some(limit) if error.raw_os_error() == Some(Errno::EAGAIN as i32) => io::Error::other(format!(
            "{error}: its account has the {limit} processes and threads that MaxProcesses leaves it"
        )),
        _ => error,
    }
}

/// Where a program is: a name without a folder is searched in the folders of
/// `PATH`, never in the working directory.
fn search(program: &Path) -> io::Result<Cow<'_, Path>> {
    if program.as_os_str().as_bytes().contains(&b'/') {
        return Ok(program.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    let mut paths = std::env::split_paths(&folders).filter(|folder| folder.is_absolute()).map(|it| it.join(program));
    let found = paths.find(|path| path.is_file() && access(path, AccessFlags::X_OK).is_ok());
    found.map(Cow::Owned).ok_or_else(|| io::Error::from_raw_os_error(Errno::ENOENT as i32))
}

/// The variables of the daemon, but for those that are meant for it alone; then those of the run.
/// Of those with one name the last counts.
fn environment(program: &Program<'_>, run: RunId) -> io::Result<Vec<CString>> {
    static INHERITED: LazyLock<Vec<(OsString, CString)>> = LazyLock::new(|| {
        let variables = std::env::vars_os().filter(|(name, _)| !DAEMON_ONLY.iter().any(|other| name == other));
        variables.filter_map(|(name, value)| Some((name.clone(), variable(&name, &value).ok()?))).collect()
    });
    let run = run.to_string();
    let additional = program.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let own = program.surroundings.variables().chain(additional).chain([(run_id::VARIABLE, run.as_str())]);
    let own: BTreeMap<&str, &str> = own.collect();
    let is_replaced = |name: &OsString| name.to_str().is_some_and(|name| own.contains_key(name));
    let mut all: Vec<_> =
        INHERITED.iter().filter(|(name, _)| !is_replaced(name)).map(|(_, text)| text.clone()).collect();
    for (name, value) in &own {
        all.push(variable(OsStr::new(name), OsStr::new(value))?);
    }
    Ok(all)
}

fn variable(name: &OsStr, value: &OsStr) -> io::Result<CString> {
    let mut pair = OsString::with_capacity(name.len() + value.len() + 1);
    pair.push(name);
    pair.push("=");
    pair.push(value);
    CString::new(pair.into_vec()).map_err(|_| nul())
}

fn text(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| nul())
}

fn nul() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "nul byte found in provided data")
}

fn null(options: &OpenOptions) -> io::Result<OwnedFd> {
    options.open("/dev/null").map(|file: File| file.into())
}
