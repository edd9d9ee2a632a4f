//! Which part of a configuration a file is: only the files of plugins fail one by one.

/// What a file or a value of it is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is the whole configuration, or has its top-level keys.
    Configuration,
    /// It is the section `plugins`, in which a folder has a file for each plugin.
    Plugins,
    /// It lies deeper.
    Inner,
}
