//! `smoker-bridge`; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    smoker_bridge::run(std::env::args_os())
}
