//! Opens the journal to change it, while no daemon runs.

use std::error::Error;
use std::path::Path;

use smoker_config::config::Config;
use smoker_journal::completeness::Completeness;
use smoker_journal::open::{Locked, Opened, Options, open};
use smoker_journal::segments::content::Entry;

/// Opens it, and shows each record, newest first.
///
/// # Errors
///
/// When a daemon uses it, or it cannot be used.
pub(super) fn open_writable(folder: &Path, config: &Config, visit: impl FnMut(Entry)) -> Result<Opened, String> {
    let opened = open(Options::new(folder, config.settings.history_disk as u64), visit);
    let mut opened = opened.map_err(|Locked(path)| format!("{} is used by a daemon; stop it first", path.display()))?;
    opened.fault.take().map_or(Ok(opened), |fault| Err(fault.to_string()))
}

/// Closes it. Where numbers may be missing at its end, as behind a record that was not finished, the next start of the daemon has
/// to know that, although nothing can be seen of it any more.
///
/// # Errors
///
/// When it cannot be synced, or that cannot be noted.
pub(super) fn close(opened: &Opened) -> Result<(), Box<dyn Error>> {
    let survey = &opened.survey;
    let is_certain = matches!(opened.completeness, Completeness::Complete | Completeness::Unknown);
    opened.maintenance.sync()?;
    if is_certain && survey.torn.is_none() && survey.is_sound() {
        opened.journal.declare_complete()?;
        opened.maintenance.declare_synced()?;
    }
    Ok(())
}
