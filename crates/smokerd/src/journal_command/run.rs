//! Does a task of `--journal`.

use std::error::Error;

use smoker_config::config::Config;

use crate::journal_command::journal_task::JournalTask;
use crate::journal_command::{account, compact, dump, repair, verify};
use crate::results::journal::start;

/// Does the task with the journal of this configuration, and returns the exit code.
pub(crate) fn run(task: JournalTask, config: &Config) -> Result<u8, Box<dyn Error>> {
    let Some(state_dir) = &config.settings.access.state_dir else {
        return Err("there is no journal: state_dir is not configured".into());
    };
    let folder = state_dir.join(start::FOLDER);
    if !folder.is_dir() {
        return Err(format!("there is no journal yet: {} does not exist", folder.display()).into());
    }
    account::become_owner(state_dir)?;
    match task {
        JournalTask::Verify => verify::verify(&folder),
        JournalTask::Dump => dump::dump(&folder),
        JournalTask::Compact => compact::compact(&folder, config),
        JournalTask::Repair => repair::repair(&folder, config),
    }
}
