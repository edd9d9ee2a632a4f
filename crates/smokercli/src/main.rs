//! `smokercli`: asks smokerd daemons for their plugins' results.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(smokercli::app::run(std::env::args_os()))
}
