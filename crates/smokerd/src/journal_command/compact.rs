//! Drops from the journal what `history_disk` does not allow, as the daemon does while it runs.

use std::error::Error;
use std::path::Path;

use smoker_config::config::Config;
use smoker_model::counted::counted;

use crate::exit_code;
use crate::journal_command::writable::{close, open_writable};
use crate::output;
use crate::results::journal::keep::PROCESSES;
use crate::results::journal::restore::Restoring;

/// Keeps what the pages of a daemon with this configuration would show.
pub(super) fn compact(folder: &Path, config: &Config) -> Result<u8, Box<dyn Error>> {
    let mut restoring = Restoring::new(config.plugins.iter());
    let mut opened = open_writable(folder, config, |entry| restoring.read(&entry))?;
    let kept = restoring.finish(true).kept_records();
    let maintenance = &mut opened.maintenance;
    let before = maintenance.size();
    let done = maintenance.compact(|entry| kept.rank(entry))?;
    let now = maintenance.size();
    close(&opened)?;
    let (folder, dropped) = (folder.display(), done.dropped);
    output::print_line(format_args!(
        "{folder}: {} dropped, {before} bytes before, {now} now",
        counted(dropped, "record")
    ))?;
    for (path, error) in &done.unreadable {
        output::print_line(format_args!("{}: cannot be read, and is passed over: {error}", path.display()))?;
    }
    if done.kept_dropped.is_some_and(|(_, least)| least < PROCESSES) {
        output::print_line(format_args!(
            "the results that History and HistoryFailures keep take more than half of history_disk: the oldest are dropped"
        ))?;
    }
    Ok(exit_code::SUCCESS)
}
