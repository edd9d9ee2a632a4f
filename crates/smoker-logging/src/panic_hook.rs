//! Panics go to the log.

use std::io::{self, Write};
use std::panic::PanicHookInfo;

/// This file as the compiler names it; panics name theirs in the same way.
const THIS_FILE: &str = file!();

/// A task that panics is a defect, which is to be read where all else is. But not a panic
/// of the log itself: logging it could panic again, which would end the process.
pub(crate) fn log(program: &str, panic: &PanicHookInfo<'_>) {
    if panic.location().is_some_and(|location| is_of_this_crate(location.file())) {
        // `eprintln!` would panic in a panic where standard error is full, which aborts.
        let _ = writeln!(io::stderr(), "ERROR: {program} panicked, please report it: {panic}");
    } else {
        tracing::error!("{program} panicked, please report it: {panic}");
    }
}

fn is_of_this_crate(file: &str) -> bool {
    let folder = THIS_FILE.strip_suffix("panic_hook.rs").unwrap_or(THIS_FILE);
    file.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    #[test]
    fn only_panics_of_this_crate_stay_out_of_the_log() {
        assert!(is_of_this_crate(Location::caller().file()));
        assert!(is_of_this_crate(&THIS_FILE.replace("panic_hook", "routing/queue")));
        assert!(!is_of_this_crate(&THIS_FILE.replace("smoker-logging", "smokerd")), "{THIS_FILE}");
        assert!(!is_of_this_crate("crates/smokerd/src/service/logging.rs"));
    }
}
