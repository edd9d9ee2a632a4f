//! The Smoker daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    smokerd::app::run(std::env::args_os())
}
