//! The Smoker daemon.

use std::env;
use std::process::ExitCode;

use smoker_runner::builtin;

fn main() -> ExitCode {
    // The daemon starts itself in this way, once for each run of a built-in
    // module; it is nothing to type, so the command line does not know it.
    if env::args_os().nth(1).is_some_and(|argument| argument == builtin::SUBCOMMAND) {
        return builtin::serve();
    }
    smokerd::app::run(env::args_os())
}
