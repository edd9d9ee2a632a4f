//! The Smoker daemon.

use std::env;
use std::process::ExitCode;

use smoker_runner::modules::builtin;
use smoker_runner::process::guardian;

/// The daemon also starts itself in two other ways, which are nothing to type,
/// so the command line does not know them: once for each run of a built-in
/// module, and once to be watched over.
fn main() -> ExitCode {
    match env::args_os().nth(1) {
        Some(argument) if argument == builtin::SUBCOMMAND => builtin::serve(),
        Some(argument) if argument == guardian::SUBCOMMAND => guardian::serve(env::args().skip(2)),
        _ => smokerd::app::run(env::args_os()),
    }
}
