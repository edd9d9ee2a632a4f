//! Programs that an account may not run, found without running them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::process::attributes::credentials::Credentials;
use crate::process::attributes::surroundings::Surroundings;
use crate::process::containment::orphans::Reaper;
use crate::process::containment::run_processes::RunProcesses;
use crate::process::execute::{ChildEnd, ChildLimits, execute};
use crate::process::spawn::Program;

/// Prints each program that may not be run with a NUL behind it. A script also has to be read, by its interpreter.
const SCRIPT: &str = r#"for path; do
  case $path in
    r*) test -r "${path#?}" ;;
    b*) test -x "${path#?}" && test -r "${path#?}" ;;
    *) test -x "${path#?}" ;;
  esac || printf '%s\0' "$path"
done"#;

const LIMITS: ChildLimits =
    ChildLimits { timeout: Duration::from_secs(10), max_output: 1024 * 1024, leave_running: false };

/// What an account does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The kernel runs it.
    Program,
    /// The kernel runs its interpreter, which reads it.
    Script,
    /// An interpreter that the command names reads it.
    Argument,
}

/// Those of these files that the account cannot use so; none when it cannot be asked. To be called as root.
pub async fn refused<'a>(files: &'a [(PathBuf, Use)], account: &Credentials, reaper: &Reaper) -> Vec<&'a Path> {
    let marked = |(path, of): &(PathBuf, Use)| {
        let mark = match of {
            Use::Program => "x",
            Use::Script => "b",
            Use::Argument => "r",
        };
        format!("{mark}{}", path.display())
    };
    let marked: Vec<String> = files.iter().map(marked).collect();
    let arguments: Vec<_> = ["-c", SCRIPT, "sh"].into_iter().chain(marked.iter().map(String::as_str)).collect();
    let arguments: Vec<_> = arguments.into_iter().map(OsStr::new).collect();
    let program = Program {
        path: Path::new("/bin/sh"),
        name: None,
        arguments: &arguments,
        surroundings: Surroundings::of_daemon(),
        environment: &[],
        credentials: Some(account),
        has_input: false,
    };
    let processes = RunProcesses::new(reaper, &"--check".into(), Some(account));
    let outcome = execute(&processes, &program, None, LIMITS, &CancellationToken::new()).await;
    let Some(outcome) = outcome.ok().filter(|outcome| outcome.end == ChildEnd::Exited(0)) else { return Vec::new() };
    let printed = outcome.stdout.text();
    let printed: Vec<_> = printed.split('\0').collect();
    let is_refused = |marked: &String| printed.contains(&marked.as_str());
    files.iter().zip(&marked).filter(|(_, marked)| is_refused(marked)).map(|((path, _), _)| path.as_path()).collect()
}
