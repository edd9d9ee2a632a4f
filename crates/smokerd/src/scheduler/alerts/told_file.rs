//! The file of what actions were told, in the state folder. It is replaced as a whole, so that a crash leaves it old or new.

use std::path::{Path, PathBuf};

use smoker_trust::storage::text_file;

use crate::results::json_text;
use crate::scheduler::alerts::told::{AlertKey, Delivery, ToldLine};

/// The name of the file in the state folder.
const FILE: &str = "told";

/// Where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct ToldFile(PathBuf);

impl ToldFile {
    /// The file of a daemon with this state folder.
    pub(crate) fn in_folder(state_dir: &Path) -> Self {
        Self(state_dir.join(FILE))
    }

    /// What it has. Lines that cannot be read are passed over, with a line in the log.
    pub(super) fn read(&self) -> Vec<(AlertKey, Delivery)> {
        let text = text_file::read(&self.0).unwrap_or_else(|error| {
            tracing::error!("actions: {error}; what is bad is told once more");
            None
        });
        let line = |line: &str| {
            let read = serde_json::from_str::<ToldLine>(line).ok().and_then(ToldLine::read);
            if read.is_none() {
                tracing::error!("actions: a line of {} is not understood: {line}", self.0.display());
            }
            read
        };
        text.unwrap_or_default().lines().filter_map(line).collect()
    }

    /// Writes what there is when nobody else writes it: a line of JSON for each.
    ///
    /// # Errors
    ///
    /// Why it cannot be written.
    pub(super) fn write(&self, told: impl Fn() -> Vec<ToldLine>) -> Result<(), String> {
        let text = || told().iter().map(|line| json_text::to_text(line) + "\n").collect::<String>();
        text_file::edit(&self.0, |_| Ok((text(), ()))).map_err(|error| error.to_string())
    }
}
