//! The file of silences in the state folder. It is replaced as a whole, so that a crash leaves the old ones or the new ones.

use std::path::{Path, PathBuf};

use smoker_model::wire::silences::Silence;
use smoker_trust::storage::text_file;

use crate::results::json_text;

/// The name of the file in the state folder.
const FILE: &str = "silences";

/// Where the silences of a daemon are kept.
#[derive(Clone, Debug)]
pub(crate) struct SilencesFile(PathBuf);

impl SilencesFile {
    /// The file of a daemon with this state folder.
    pub(crate) fn in_folder(state_dir: &Path) -> Self {
        Self(state_dir.join(FILE))
    }

    /// What it has. Lines that cannot be read are passed over, with a line in the log.
    pub(crate) fn read(&self) -> Vec<Silence> {
        let text = text_file::read(&self.0).unwrap_or_else(|error| {
            tracing::error!("silences: {error}; those from before the start are not in effect");
            None
        });
        let line = |line: &str| {
            let read = serde_json::from_str(line);
            read.map_err(|error| tracing::error!("silences: a line of {} is no silence: {error}", self.0.display()))
                .ok()
        };
        text.unwrap_or_default().lines().filter_map(line).collect()
    }

    /// Writes what there is when nobody else writes it, in the place of what it has: a line of JSON for each.
    ///
    /// # Errors
    ///
    /// Why it cannot be written.
    pub(crate) fn write(&self, silences: impl Fn() -> Vec<Silence>) -> Result<(), String> {
        let text = || silences().iter().map(|silence| json_text::to_text(silence) + "\n").collect::<String>();
        text_file::edit(&self.0, |_| Ok((text(), ()))).map_err(|error| error.to_string())
    }
}
