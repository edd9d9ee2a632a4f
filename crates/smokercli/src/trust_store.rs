//! What this user knows of daemons, and the user's own key: `~/.config/smoker`.

use std::env;
use std::fs;
use std::path::PathBuf;

use smoker_trust::identity::own::{KEY_FILE, OwnIdentity};
use smoker_trust::known_hosts::{FILE, KnownHosts};
use smoker_trust::storage::file_error::FileError;
use smoker_trust::storage::private_folder::PrivateFolder;

use crate::error::ExitError;

/// The folder, and what it says of hosts.
#[derive(Clone, Debug, Default)]
pub struct TrustStore {
    /// The folder; `None` when the environment names no home. It need not exist.
    pub folder: Option<PathBuf>,
    /// The daemons that are known.
    pub known: KnownHosts,
}

/// The user's folder: `$XDG_CONFIG_HOME/smoker`, or `$HOME/.config/smoker`.
fn user_folder() -> Option<PathBuf> {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let config = config.or_else(|| variable("HOME").map(|home| home.join(".config")));
    config.map(|config| config.join("smoker"))
}

/// The files of the user's folder that calls read; they need not exist.
pub(crate) fn files() -> Vec<PathBuf> {
    let folder = user_folder();
    folder.iter().flat_map(|folder| [FILE, KEY_FILE].map(|name| folder.join(name))).collect()
}

impl TrustStore {
    /// Reads the user's folder.
    ///
    /// # Errors
    ///
    /// When the list of known hosts cannot be read.
    pub fn load() -> Result<Self, FileError> {
        let folder = user_folder();
        let known = folder.as_ref().map(|folder| KnownHosts::load(&folder.join(FILE))).transpose()?;
        Ok(Self { folder, known: known.unwrap_or_default() })
    }

    /// A warning for each line that is not understood.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let folder = self.folder.clone().unwrap_or_default();
        self.known.problems.iter().map(|problem| format!("{}, {problem}", folder.join(FILE).display())).collect()
    }

    /// The user's key; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be used.
    pub fn own(&self) -> Result<Option<OwnIdentity>, FileError> {
        let Some(path) = &self.folder else { return Ok(None) };
        // A folder with a list of hosts alone has nothing to hide.
        if !path.join(KEY_FILE).exists() {
            return Ok(None);
        }
        match PrivateFolder::open(path, None)? {
            Some(folder) => OwnIdentity::load(&folder, &user_at_host()),
            None => Ok(None),
        }
    }

    /// The user's folder, made when it is missing.
    ///
    /// # Errors
    ///
    /// When there is no home, or it cannot be made.
    pub fn make_folder(&self) -> Result<PrivateFolder, ExitError> {
        let path = self.folder.as_ref().ok_or_else(|| ExitError::new("there is no place for keys; set HOME"))?;
        PrivateFolder::make(path, None).map_err(|error| ExitError::new(error.to_string()))
    }
}

/// The name of a key, as SSH gives one: `user@host`.
#[must_use]
pub fn user_at_host() -> String {
    let user = ["USER", "LOGNAME"].into_iter().find_map(|name| env::var(name).ok()).filter(|user| !user.is_empty());
    let host =
        ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter().find_map(|path| fs::read_to_string(path).ok());
    let host = host.map(|host| host.trim().to_owned()).filter(|host| !host.is_empty());
    format!("{}@{}", user.as_deref().unwrap_or("root"), host.as_deref().unwrap_or("localhost"))
}
