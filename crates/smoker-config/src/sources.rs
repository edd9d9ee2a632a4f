//! What a configuration was read from, for those who judge who could have written it.

use std::path::PathBuf;

use smoker_model::plugin::PluginName;

/// The files and folders of one configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Everything that was read, in order: files, and folders whose files are read.
    pub paths: Vec<PathBuf>,
    /// The includes that were found in the working directory alone: where each stands, and its path.
    pub from_working_directory: Vec<String>,
    /// The files of single plugins, which are not listed above: what is wrong with one concerns its plugin alone.
    pub of_plugins: Vec<PluginSources>,
}

impl Sources {
    /// The same with the files of plugins among the others.
    #[must_use]
    pub fn whole(&self) -> Self {
        let mut whole = Self { of_plugins: Vec::new(), ..self.clone() };
        for part in &self.of_plugins {
            whole.paths.extend_from_slice(&part.paths);
            whole.from_working_directory.extend_from_slice(&part.from_working_directory);
        }
        whole
    }
}

/// The file of a single plugin, with all that it includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSources {
    /// The plugin.
    pub plugin: PluginName,
    /// As [`Sources::paths`].
    pub paths: Vec<PathBuf>,
    /// As [`Sources::from_working_directory`].
    pub from_working_directory: Vec<String>,
}
