//! The file of silences in the state folder. It is replaced as a whole, so that a crash leaves the old ones or the new ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smoker_model::wire::silences::Silence;
use smoker_trust::storage::text_file;

use crate::results::json_text;

/// The name of the file in the state folder.
const FILE: &str = "silences";

/// What the file has.
#[derive(Clone, Debug, Default)]
pub(crate) struct SilencesText {
    /// The number of the silence that was made last.
    pub(crate) last: u64,
    pub(crate) silences: Vec<Arc<Silence>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Silence(Silence),
    Last { last: u64 },
}

/// Where the silences of a daemon are kept.
#[derive(Clone, Debug)]
pub(crate) struct SilencesFile(PathBuf);

impl SilencesFile {
    /// The file of a daemon with this state folder.
    pub(crate) fn in_folder(state_dir: &Path) -> Self {
        Self(state_dir.join(FILE))
    }

    /// What it has. Lines that cannot be read are passed over, with a line in the log.
    pub(crate) fn read(&self) -> SilencesText {
        let text = text_file::read(&self.0).unwrap_or_else(|error| {
            tracing::error!("silences: {error}; those from before the start are not in effect");
            None
        });
        let mut read = SilencesText::default();
        for line in text.unwrap_or_default().lines() {
            match serde_json::from_str(line) {
                Ok(Line::Silence(silence)) => read.silences.push(Arc::new(silence)),
                Ok(Line::Last { last }) => read.last = last,
                Err(error) => tracing::error!("silences: a line of {} is no silence: {error}", self.0.display()),
            }
        }
        read
    }

    /// Writes what there is when nobody else writes it, in the place of what it has: a line of JSON for each.
    ///
    /// # Errors
    ///
    /// Why it cannot be written.
    pub(crate) fn write(&self, text: impl Fn() -> SilencesText) -> Result<(), String> {
        let text = || {
            let SilencesText { last, silences } = text();
            let last = json_text::to_text(&Line::Last { last }) + "\n";
            silences.iter().fold(last, |text, silence| text + &json_text::to_text(&**silence) + "\n")
        };
        text_file::edit(&self.0, |_| Ok((text(), ()))).map_err(|error| error.to_string())
    }
}
