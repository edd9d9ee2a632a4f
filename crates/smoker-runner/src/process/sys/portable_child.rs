//! The start of a child where there is no `clone(2)`: by the standard library's fork.
//!
//! The closure for `pre_exec` runs in a forked copy of a process with many
//! threads, so it makes system calls and nothing else: no allocation, no lock,
//! no formatting.

#![expect(unsafe_code, reason = "pre_exec and the calls in it have no safe form; each block states why it is sound")]

use std::ffi::{CStr, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::ptr;

use libc::c_int;
use nix::unistd::Pid;

use crate::process::sys::child_setup::{ChildSetup, LimitedResource, PendingFork, StartError};

/// Signals are numbered from 1 to this.
const LAST_SIGNAL: c_int = 31;

/// Starts a program. Returns when the program has begun. The number of its process is not known before.
///
/// # Errors
///
/// The system's reason.
pub(crate) fn start(setup: &ChildSetup, fork: &PendingFork) -> Result<Pid, StartError> {
    if fork.is_refused() {
        return Err(StartError { process: None, error: io::ErrorKind::Interrupted.into() });
    }
    spawn(setup).map_err(|error| StartError { process: None, error })
}

fn spawn(setup: &ChildSetup) -> io::Result<Pid> {
    let os = |text: &CStr| OsStr::from_bytes(text.to_bytes()).to_owned();
    let mut command = Command::new(os(&setup.program));
    let mut arguments = setup.arguments.iter().map(|text| os(text));
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    command.args(arguments).env_clear();
    for variable in &setup.environment {
        let bytes = variable.to_bytes();
        if let Some(at) = bytes.iter().position(|byte| *byte == b'=') {
            command.env(OsStr::from_bytes(&bytes[..at]), OsStr::from_bytes(&bytes[at + 1..]));
        }
    }
    let [stdin, stdout, stderr] = &setup.streams;
    command.stdin(Stdio::from(stdin.try_clone()?));
    command.stdout(Stdio::from(stdout.try_clone()?));
    command.stderr(Stdio::from(stderr.try_clone()?));
    let prepare = preparation(setup);
    // SAFETY: the closure makes only async-signal-safe system calls and
    // neither allocates nor locks; its captures were made before the fork.
    unsafe { command.pre_exec(prepare) };
    let child = command.spawn()?;
    Ok(Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX)))
}

fn preparation(setup: &ChildSetup) -> impl FnMut() -> io::Result<()> + Send + Sync + 'static {
    let ids = setup.account.as_ref().map(|account| {
        let groups: Vec<libc::gid_t> = account.groups.iter().map(|gid| gid.as_raw()).collect();
        (account.uid.as_raw(), account.gid.as_raw(), groups)
    });
    let mut limits = setup.limits.clone();
    limits.extend(setup.open_files.map(|soft| (libc::RLIMIT_NOFILE as LimitedResource, soft)));
    let (umask, nice) = (setup.umask, setup.nice);
    let work_dir = setup.work_dir.clone();
    move || {
        // SAFETY: the calls take plain numbers, or pointers into the closure's own captures.
        unsafe {
            check(libc::setsid())?;
            for (resource, limit) in &limits {
                let mut value = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
                check(libc::getrlimit(*resource as _, &raw mut value))?;
                value.rlim_cur = (*limit as libc::rlim_t).min(value.rlim_max);
                check(libc::setrlimit(*resource as _, &raw const value))?;
            }
            if let Some(nice) = nice {
                check(libc::setpriority(libc::PRIO_PROCESS, 0, nice))?;
            }
            if let Some((uid, gid, groups)) = &ids {
                check(libc::setgroups(groups.len() as _, groups.as_ptr()))?;
                // Without `setresuid` a call by root sets all three ids.
                check(libc::setgid(*gid))?;
                check(libc::setuid(*uid))?;
                if *uid != 0 && libc::setuid(0) == 0 {
                    return Err(io::Error::from_raw_os_error(libc::EPERM));
                }
            }
            if let Some(umask) = umask {
                libc::umask(umask as libc::mode_t);
            }
            if let Some(folder) = &work_dir {
                check(libc::chdir(folder.as_ptr()))?;
            }
            for signal in 1..=LAST_SIGNAL {
                libc::signal(signal, libc::SIG_DFL);
            }
            let mut none = MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigemptyset(none.as_mut_ptr());
            check(libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut()))
        }
    }
}

fn check(returned: c_int) -> io::Result<()> {
    if returned == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Capabilities are Linux's.
pub(crate) fn give_up_capabilities() -> io::Result<()> {
    Ok(())
}
