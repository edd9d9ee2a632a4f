//! The Smoker daemon.

use std::env;
use std::process::ExitCode;

use smoker_runner::modules::builtin;
use smoker_runner::process::guardian;

/// The daemon also starts this program in two other ways, which are not for operators,
/// so `--help` does not list them: once for each run of a built-in
/// module, and once as the guardian.
fn main() -> ExitCode {
    match env::args_os().nth(1) {
        Some(argument) if argument == builtin::SUBCOMMAND => builtin::serve(),
        Some(argument) if argument == guardian::SUBCOMMAND => guardian::serve(env::args().skip(2)),
        _ => smokerd::app::run(env::args_os()),
    }
}
