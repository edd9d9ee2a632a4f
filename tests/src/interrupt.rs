//! What a run of the tests leaves that is interrupted: nothing. What tests start is in process groups of its own, which Ctrl-C does not reach, and a
//! process that a signal ends drops nothing.

use std::collections::BTreeSet;
use std::fs;
use std::process;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::machine::processes;

/// The environment variable that marks everything started by a test, with the folder of its sandbox.
pub(crate) const MARK: &str = "SMOKER_TESTS_SANDBOX";

/// The folders of all sandboxes.
static FOLDERS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Has this folder, and what is marked with it, removed when the tests are interrupted.
pub(crate) fn guard(folder: String) {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            if !is_ignored(kind) {
                thread::spawn(move || watch(kind));
            }
        }
    });
    folders().insert(folder);
}

/// The folder's sandbox has removed everything itself.
pub(crate) fn release(folder: &str) {
    folders().remove(folder);
}

fn folders() -> MutexGuard<'static, BTreeSet<String>> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who has started the tests in the background, or by nohup, wants them to go on.
fn is_ignored(kind: SignalKind) -> bool {
    let own = i32::try_from(process::id()).ok().and_then(processes::status);
    let ignored = own.and_then(|fields| u64::from_str_radix(fields.get("SigIgn")?, 16).ok());
    ignored.is_some_and(|ignored| (ignored >> (kind.as_raw_value() - 1)) & 1 == 1)
}

fn watch(kind: SignalKind) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    let came = runtime.block_on(async { signal(kind).ok()?.recv().await });
    if came.is_some() {
        remove_all();
        process::exit(128 + kind.as_raw_value());
    }
}

/// Kills and removes. The folders stay locked, so that no test makes another sandbox.
fn remove_all() {
    let folders = folders();
    // Twice, since tests go on meanwhile and may start something in one that has been looked at.
    for _ in 0..2 {
        processes::kill_with_environments(MARK, &folders);
    }
    for folder in folders.iter() {
        // What cannot be removed is in the folder for temporary files.
        let _ = fs::remove_dir_all(folder);
    }
    std::mem::forget(folders);
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::path::{Path, PathBuf};

    use nix::sys::signal::Signal;

    use crate::sandbox::Sandbox;
    use crate::started::Started;
    use crate::wait;

    /// The variable by which a test of this program, started once more, stays where it is.
    const STAYS: &str = "SMOKER_TESTS_STAYS";

    #[test]
    fn an_interrupted_test_leaves_nothing() {
        let (outer, program) = (Sandbox::new(), env::current_exe().expect("it runs"));
        let mut command = outer.command(&program);
        command.args(["--exact", "interrupt::tests::stays", "--nocapture"]).env(STAYS, "1");
        let mut inner = Started::spawn(&mut command).expect("it can be started once more");
        let folder = wait::until("its sandbox", || {
            let said = outer.stdout();
            said.lines().find_map(|line| Some(PathBuf::from(line.rsplit_once("stays in ")?.1)))
        });
        // The test itself, the one that it has started, and what that has started.
        assert!(folder.exists() && outer.processes().len() == 1, "{}", outer.stdout());
        inner.signal(Signal::SIGTERM);
        assert_eq!(inner.exit_within(wait::DEADLINE), Some(143));
        assert!(!folder.exists());
        wait::until_true("no process to be left", || {
            crate::machine::processes::with_environment(super::MARK, &folder.display().to_string()).is_empty()
        });
    }

    #[test]
    fn stays() {
        if env::var_os(STAYS).is_none() {
            return;
        }
        let sandbox = Sandbox::new();
        let _started = Started::spawn(sandbox.command(Path::new("sleep")).arg("300")).expect("it can be started");
        wait::until_true("it to run", || sandbox.processes().len() == 1);
        println!("stays in {}", sandbox.folder().display());
        loop {
            std::thread::park();
        }
    }
}
