//! What a configuration was read from, for those who judge who could have written it.

use std::path::PathBuf;

/// The files and folders of one configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Everything that was read, in order: files, and folders whose files are read.
    pub paths: Vec<PathBuf>,
    /// The includes that were found in the working directory alone: where each stands, and its path.
    pub from_working_directory: Vec<String>,
}
