//! Takes damage out of the journal. It is kept aside, so that it can be looked into.

use std::error::Error;
use std::path::Path;

use smoker_config::config::Config;
use smoker_model::counted::{counted, is_or_are};

use crate::exit_code;
use crate::journal_command::writable::{close, open_writable};
use crate::output;

/// Leaves nothing but records.
pub(super) fn repair(folder: &Path, config: &Config) -> Result<u8, Box<dyn Error>> {
    let mut opened = open_writable(folder, config, drop)?;
    if let Some(torn) = &opened.survey.torn {
        let (path, length) = (torn.path.display(), torn.length);
        output::print_line(format_args!(
            "{path}: {} of a record that was not finished {} cut off",
            counted(length, "byte"),
            is_or_are(length)
        ))?;
    }
    let repaired = opened.maintenance.repair()?;
    close(&opened)?;
    for segment in &repaired {
        let (path, damaged, records) = (segment.path.display(), segment.damaged, segment.records);
        output::print_line(format_args!(
            "{path}: {} {} put aside; records that stay: {records}",
            counted(damaged, "damaged byte"),
            is_or_are(damaged)
        ))?;
    }
    let folder = folder.display();
    output::print_line(if repaired.is_empty() {
        format!("{folder}: nothing is damaged")
    } else {
        format!("what the damaged files had is in {folder}/*.damaged; remove that when nobody needs it")
    })?;
    Ok(exit_code::SUCCESS)
}
