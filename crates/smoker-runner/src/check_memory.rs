//! What built-in checks remember from one run to the next, such as how far a log was read.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use smoker_model::plugin::PluginName;

/// A name that is longer as the name of a file is cut.
const LONGEST_NAME: usize = 200;

/// What the checks of all plugins remember: in memory, and in a folder where there is one. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct CheckMemory {
    folder: Option<PathBuf>,
    known: Arc<Mutex<HashMap<PluginName, Json>>>,
}

impl CheckMemory {
    /// One that outlives the process: a file in this folder for each plugin that remembers something.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder), known: Arc::default() }
    }

    /// What the plugin's check remembers. A file that cannot be understood is as good as none, but for a line in the log.
    #[must_use]
    pub fn recall(&self, plugin: &PluginName) -> Option<Json> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(plugin) {
            return Some(found.clone());
        }
        let path = self.path(plugin)?;
        let found = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => known.insert(plugin.clone(), found),
            Err(error) => {
                tracing::warn!(
                    "Plugin {plugin}: what its check remembers is lost: {}: {error}; it begins again",
                    path.display()
                );
                None
            }
        };
        known.get(plugin).cloned()
    }

    /// Keeps what a check is to find again.
    pub fn keep(&self, plugin: &PluginName, remembered: Json) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(plugin) == Some(&remembered) {
            return;
        }
        if let Some(path) = self.path(plugin)
            && let Err(error) = write(&path, &remembered)
        {
            tracing::warn!(
                "Plugin {plugin}: what its check remembers is lost with the next restart: {} cannot be written: {error}",
                path.display()
            );
        }
        known.insert(plugin.clone(), remembered);
    }

    fn path(&self, plugin: &PluginName) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(file_name(plugin.as_str())))
    }
}

/// The old file or the new one is there, whenever the host fails.
fn write(path: &Path, remembered: &Json) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(remembered.to_string().as_bytes())?;
    file.sync_data()?;
    fs::rename(new, path)
}

/// A name of a file that no other plugin has: all but letters and digits of ASCII in percent.
fn file_name(plugin: &str) -> String {
    let mut name = String::with_capacity(plugin.len() + 5);
    for byte in plugin.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    if name.len() > LONGEST_NAME {
        // FNV-1a.
        let hash = plugin
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        name.truncate(LONGEST_NAME - 20);
        let _ = write!(name, "%{hash:016x}");
    }
    name + ".json"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_there_for_another_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let memory = || CheckMemory::in_folder(folder.path().join("checks"));
        let plugin = PluginName::from("../a b/ü");
        assert_eq!(memory().recall(&plugin), None);
        let first = memory();
        first.keep(&plugin, json!({"offset": 5}));
        assert_eq!(first.recall(&plugin), Some(json!({"offset": 5})));
        assert_eq!(memory().recall(&plugin), Some(json!({"offset": 5})));
        assert_eq!(memory().recall(&PluginName::from("other")), None);
        fs::write(folder.path().join("checks").join(file_name(plugin.as_str())), "{").expect("a broken file");
        assert_eq!(memory().recall(&plugin), None);
        let without = CheckMemory::default();
        without.keep(&plugin, json!(1));
        assert_eq!(without.recall(&plugin), Some(json!(1)));
    }

    #[test]
    fn names_of_files_are_different_and_short() {
        assert_eq!(file_name("a/b"), "a%2fb.json");
        let (one, other) = ("x".repeat(300), format!("{}y", "x".repeat(299)));
        assert_ne!(file_name(&one), file_name(&other));
        assert!(file_name(&one).len() < 255);
    }
}
