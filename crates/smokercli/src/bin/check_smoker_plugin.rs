//! `check_smoker_plugin`: a Nagios check of plugins of a smokerd daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(smokercli::nagios::run(std::env::args_os()))
}
