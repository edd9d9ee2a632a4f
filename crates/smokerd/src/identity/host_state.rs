//! The state folder that the configuration names, with the identity of this host.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use smoker_config::config;
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::pin::Pin;
use smoker_trust::storage::private_folder::PrivateFolder;

use crate::os::host_name::host_name;
use crate::service::privileges;
use crate::startup::bounded_read::{self, READ_LIMIT};
use crate::startup::configuration::ENVIRONMENT;

/// The state of this host.
#[derive(Debug)]
pub(crate) struct HostState {
    /// The state folder.
    pub(crate) folder: PathBuf,
    own: OwnIdentity,
    /// The configuration.
    path: PathBuf,
    bind_host: String,
    pub(crate) settings: AccessSettings,
}

impl HostState {
    /// Reads the configuration, and makes folder and key where they are missing, for the account that the daemon runs as.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be read or names no state folder, and when a file cannot be used.
    pub(crate) fn of(path: &Path) -> Result<Self, String> {
        let (read_path, what) = (path.to_owned(), path.display().to_string());
        let read = move || config::load(&read_path, ENVIRONMENT).map_err(|error| error.to_string());
        let config = bounded_read::within(READ_LIMIT, &what, read).map_err(|error| error.to_string())??;
        let settings = config.settings.access.clone();
        let Some(folder) = settings.state_dir.clone() else {
            return Err(format!(
                "{what} has no state_dir, so there is no place for keys and identities; add `state_dir: /var/lib/smokerd`, and restart \
                 smokerd if it runs"
            ));
        };
        let credentials = privileges::credentials_of(&config.settings).map_err(|error| error.to_string())?;
        let owner = credentials.as_ref().map(privileges::owner);
        let private = PrivateFolder::make(&folder, owner).map_err(|error| error.to_string())?;
        let own = OwnIdentity::load_or_make(&private, &host_name()).map_err(|error| error.to_string())?;
        Ok(Self {
            folder,
            own,
            path: path.to_owned(),
            bind_host: config.settings.bind_host.trim().to_owned(),
            settings,
        })
    }

    /// What keeps other hosts from reaching the daemon, also those with a key; none when it listens on more than loopback.
    pub(crate) fn unreachable(&self) -> Option<String> {
        let is_loopback = |host: &str| host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        is_loopback(&self.bind_host).then(|| {
            format!(
                "smokerd listens on {} alone, so no other host reaches it: write `bind_host: 0.0.0.0` (all addresses) into {} and restart it.",
                self.bind_host,
                self.path.display()
            )
        })
    }

    /// What clients know this host by.
    ///
    /// # Errors
    ///
    /// When the certificate or the key that the configuration names cannot be used.
    pub(crate) fn pin(&self) -> Result<Pin, String> {
        match (&self.settings.tls_cert, &self.settings.tls_key) {
            (Some(certificate), Some(key)) => {
                let named = OwnIdentity::from_files(certificate, key).map_err(|error| error.to_string())?;
                Ok(named.pin)
            }
            _ => Ok(self.own.pin),
        }
    }
}
