//! Says what the journal holds, and what of it is damaged.

use std::error::Error;
use std::path::Path;

use smoker_journal::survey::{OutOfOrder, Survey};
use smoker_model::counted::{counted, is_or_are};

use crate::exit_code;
use crate::output;

/// Reads all of it. A daemon may write it meanwhile.
pub(super) fn verify(folder: &Path) -> Result<u8, Box<dyn Error>> {
    let survey = Survey::of(folder, drop)?;
    output::print_line(format_args!(
        "{}: {} in {}, {}",
        folder.display(),
        counted(survey.records, "record"),
        counted(survey.segments, "segment"),
        counted(survey.bytes, "byte")
    ))?;
    if let (Some(oldest), Some(newest)) = (survey.oldest, survey.newest) {
        output::print_line(format_args!("numbers from {oldest} to {newest}"))?;
    }
    if let Some(torn) = &survey.torn {
        let (path, length) = (torn.path.display(), torn.length);
        output::print_line(format_args!(
            "{path}: the last {length} bytes are a record that is not finished; the next start cuts them off"
        ))?;
    }
    for damage in &survey.damage {
        let (path, offset, length) = (damage.path.display(), damage.offset, damage.length);
        output::print_line(format_args!(
            "{path}: damaged: {} from byte {offset} on {} no records",
            counted(length, "byte"),
            is_or_are(length)
        ))?;
    }
    for OutOfOrder { path, records } in &survey.out_of_order {
        output::print_line(format_args!(
            "{}: records out of order: {records} have numbers that lie among those of other files, or that others have in another state; \
             remove it if it is a copy",
            path.display()
        ))?;
    }
    for path in &survey.empty {
        output::print_line(format_args!("{}: it is empty, what it had is lost; remove it", path.display()))?;
    }
    for (path, error) in &survey.unreadable {
        output::print_line(format_args!("{}: cannot be read: {error}", path.display()))?;
    }
    for copy in &survey.copies {
        let copy = copy.display();
        output::print_line(format_args!("{copy}: a damaged file as it was; remove it when nobody needs it"))?;
    }
    if survey.is_sound() {
        return Ok(exit_code::SUCCESS);
    }
    if survey.damage.is_empty() && survey.unreadable.is_empty() {
        return Ok(exit_code::JOURNAL_DAMAGED);
    }
    output::print_line(
        "smokerd --journal repair, while the daemon is stopped, leaves the records alone and puts the damage aside",
    )?;
    Ok(exit_code::JOURNAL_DAMAGED)
}
