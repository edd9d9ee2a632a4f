//! What a configuration was read from, for those who judge who could have written it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use smoker_model::plugin::PluginName;

/// The files and folders of one configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Everything that was read, in order: files, and folders whose files are read.
    pub paths: Vec<PathBuf>,
    /// The includes that were found in the working directory alone: where each stands, and its path.
    pub from_working_directory: Vec<String>,
    /// The files among them as they were opened, those that `!file` names included.
    pub named: Vec<NamedFile>,
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
            whole.named.extend_from_slice(&part.named);
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
    /// As [`Sources::named`].
    pub named: Vec<NamedFile>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// The file.
    pub path: PathBuf,
    /// The files that lead to it, from the main file on, and their folders; none for one that nothing includes.
    pub named_by: Vec<PathBuf>,
    /// The file as it was opened, wherever its path leads by now.
    pub status: FileStatus,
}

/// Which file one is, and who may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// The number of its device.
    pub device: u64,
    /// Its number on the device.
    pub inode: u64,
    /// The number of the user that owns it.
    pub user: u32,
    /// The number of its group.
    pub group: u32,
    /// Its type and its permissions.
    pub mode: u32,
}

impl From<&Metadata> for FileStatus {
    fn from(found: &Metadata) -> Self {
        Self { device: found.dev(), inode: found.ino(), user: found.uid(), group: found.gid(), mode: found.mode() }
    }
}
