//! What `check_smoker_plugin` does, from the command line to the exit code.
//!
//! # Layout
//!
//! - `check`: asks a daemon for the plugins
//! - `finding`: a plugin's status and text; `age`: how old a result is
//! - `judge`: the text and exit code of all findings

mod age;
mod check;
mod finding;
pub mod judge;

use std::ffi::OsString;
use std::io::{self, Write};

use smoker_paths::size_limit;

use crate::cli::check_args::{self, CheckCommandLine};
use crate::nagios::check::check;
use crate::nagios::finding::finding;
use crate::nagios::judge::{OK, UNKNOWN, judge};
use crate::plugin::Plugin;
use crate::terminal::output;
use crate::terminal::sanitize;

/// Runs `check_smoker_plugin` with these arguments, the program's name first,
/// and returns its exit code. Errors go to standard output, too: Nagios
/// shows nothing else.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    // Without it a write beyond the limit ends the client.
    let _ = size_limit::fail_writes_beyond();
    let unknown = |text: &str| (format!("UNKNOWN: {}", sanitize::line(text)).replace('|', "¦"), UNKNOWN);
    let (text, code) = match check_args::parse(arguments) {
        Ok(CheckCommandLine::Print(text)) => (text, OK),
        Ok(CheckCommandLine::Check(args)) => match check(&args) {
            Ok(findings) => judge(&findings),
            Err(error) => unknown(&error.message),
        },
        Err(error) => unknown(&format!("{}; see --help", error.message.lines().next().unwrap_or_default())),
    };
    match output::print(&printable(&text)) {
        Ok(()) => code,
        // Nagios shows standard output alone, which cannot be written.
        Err(error) => {
            let _ = writeln!(io::stderr(), "UNKNOWN: {}", error.message);
            code.max(UNKNOWN)
        }
    }
}

/// A text as it is printed: harmless for a terminal, ending with a line break.
fn printable(text: &str) -> String {
    sanitize::text(text.trim_end_matches('\n')).into_owned() + "\n"
}

/// The text of a check of these plugins, harmless for a terminal, and its exit code.
#[must_use]
pub fn verdict(plugins: &[Plugin]) -> (String, u8) {
    let (text, code) = judge(&plugins.iter().map(|plugin| finding(plugin, None)).collect::<Vec<_>>());
    (printable(&text), code)
}
