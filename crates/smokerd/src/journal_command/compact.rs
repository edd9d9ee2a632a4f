//! Drops from the journal what `history_disk` does not allow, as the daemon does while it runs.

use std::error::Error;
use std::path::Path;

use smoker_config::config::Config;
use smoker_journal::open::{OpenError, Opened, Options, open};

use crate::exit_code;
use crate::output;
use crate::results::journal::restore::Restoring;

/// Keeps what the pages of a daemon with this configuration would show.
pub(super) fn compact(folder: &Path, config: &Config) -> Result<u8, Box<dyn Error>> {
    let mut restoring = Restoring::new(config.plugins.iter());
    let options = Options::new(folder, config.settings.history_disk as u64);
    let opened = open(options, |entry| restoring.read(&entry)).map_err(|error| match error {
        OpenError::Locked(path) => {
            format!("{} is used by a daemon, which compacts it itself; stop it first", path.display())
        }
        error @ OpenError::Folder { .. } => error.to_string(),
    })?;
    let Opened { journal, mut maintenance, .. } = opened;
    let kept = restoring.finish().kept_records();
    let before = maintenance.size();
    let done = maintenance.compact(|entry| kept.has(entry))?;
    drop(journal);
    output::print_line(format_args!(
        "{}: {} records dropped, {before} bytes before, {} now",
        folder.display(),
        done.dropped,
        maintenance.size()
    ))?;
    if done.kept_dropped > 0 {
        output::print_line(format_args!(
            "the results that History and HistoryFailures keep take more than half of history_disk: the oldest are dropped"
        ))?;
    }
    Ok(exit_code::SUCCESS)
}
