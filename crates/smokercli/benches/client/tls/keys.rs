//! A daemon's key and a client's, which know each other.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::Utc;
use smoker_trust::access::authorized_clients::{self, AuthorizedClient};
use smoker_trust::access::client_lines::{self, SameKey};
use smoker_trust::access::tokens;
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::known_hosts;
use smoker_trust::pin::Pin;
use smoker_trust::storage::private_folder::PrivateFolder;
use tempfile::TempDir;

use crate::boot::{self, Daemon};

/// The folders of both sides.
#[derive(Debug)]
pub(crate) struct Keys {
    folder: TempDir,
    /// The client's key.
    pub(crate) own: OwnIdentity,
    /// What the daemon is known by.
    pub(crate) pin: Pin,
}

impl Keys {
    /// Makes both keys, and a line by which the daemon takes the client's.
    pub(crate) fn make() -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| format!("no folder for keys: {error}"))?;
        let private = |path: &Path| PrivateFolder::make(path, None).map_err(|error| error.to_string());
        let key = |path: &Path| OwnIdentity::load_or_make(&private(path)?, "bench").map_err(|error| error.to_string());
        let own = key(&folder.path().join("home/.config/smoker"))?;
        let pin = key(&folder.path().join("state"))?.pin;
        let keys = Self { folder, own, pin };
        let client = AuthorizedClient::parse(&format!("{} role=run name=bench", keys.own.pin))?;
        let list = keys.state().join(authorized_clients::FILE);
        client_lines::add(&list, &client, SameKey::Stays).map_err(|error| error.to_string())?;
        Ok(keys)
    }

    /// The daemon's folder.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The home of the client's user.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Has the client know the daemon at these addresses.
    pub(crate) fn know(&self, addresses: impl Iterator<Item = String>) -> Result<(), String> {
        let mut lines = String::new();
        for address in addresses {
            // Writing to a text never fails.
            let _ = writeln!(lines, "{address} {}", self.pin);
        }
        let path = self.home().join(".config/smoker").join(known_hosts::FILE);
        fs::write(&path, lines).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// A token of the daemon.
    pub(crate) fn token(&self) -> Result<String, String> {
        let grant = tokens::grant_from_command("bench", "role=read", Utc::now())?;
        let made = tokens::add(&self.state().join(tokens::FILE), &grant, Utc::now());
        made.map(|token| token.expose().to_owned()).map_err(|error| error.to_string())
    }

    /// A real daemon with its key, and this many plugins.
    pub(crate) fn start_daemon(&self, plugins: u32, body: &str) -> Result<Daemon, String> {
        let top = format!("state_dir: '{}'\naccess: authenticated", self.state().display());
        let config = boot::plugins(&top, "Timeout: 60", plugins, |_| body.to_owned());
        boot::release_daemon()?.start(&config)
    }
}
