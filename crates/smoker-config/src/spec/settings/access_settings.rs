//! The top-level keys that say who may use the daemon, and how they prove who they are.

use std::path::PathBuf;

use smoker_model::value::Value;

use crate::yaml::merge::shown;
use crate::yaml::node::kind_name;

/// Who may use the daemon, and where its keys, sockets and lists of identities are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessSettings {
    /// Whether requests from other hosts have to prove an identity (`access`); `None`: from the first identity on.
    pub mode: Option<Access>,
    /// What requests of this host may do that prove no identity (`local_role`).
    pub local_role: LocalRole,
    /// The folder of the daemon's key, of identities and of tokens (`state_dir`); `None`: there are none.
    pub state_dir: Option<PathBuf>,
    /// The daemon's own certificate, with those that vouch for it (`tls_cert`), set exactly when `tls_key` is; `None`: that of the
    /// state folder.
    pub tls_cert: Option<PathBuf>,
    /// The key of `tls_cert` (`tls_key`).
    pub tls_key: Option<PathBuf>,
    /// The authorities whose signature makes a client's certificate good (`tls_client_ca`).
    pub tls_client_ca: Option<PathBuf>,
    /// What these have revoked (`tls_crl`), set only when `tls_client_ca` is.
    pub tls_crl: Option<PathBuf>,
    /// The Unix socket (`socket`); `None`: there is none.
    pub socket: Option<PathBuf>,
}

/// Whether requests from other hosts have to prove an identity (`access`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// They need none, and may read and run everything.
    Open,
    /// They need one, for everything.
    Authenticated,
}

/// What requests of this host may do that prove no identity (`local_role`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocalRole {
    /// Nothing.
    None,
    /// See results.
    Read,
    /// See results and run plugins.
    #[default]
    Run,
}

pub(crate) fn access(value: &Value) -> Result<Access, String> {
    match value.as_text().map(str::trim) {
        Some("open") => Ok(Access::Open),
        Some("authenticated") => Ok(Access::Authenticated),
        _ => Err(format!("has to be open or authenticated, not {}", shown(value))),
    }
}

pub(crate) fn local_role(value: &Value) -> Result<LocalRole, String> {
    match value.as_text().map(str::trim) {
        Some("none") => Ok(LocalRole::None),
        Some("read") => Ok(LocalRole::Read),
        Some("run") => Ok(LocalRole::Run),
        _ => Err(format!("has to be none, read or run, not {}", shown(value))),
    }
}

/// A path that means the same wherever the daemon and its commands are started.
pub(crate) fn absolute_path(value: &Value) -> Result<PathBuf, String> {
    match value.as_text() {
        Some(text) if text.starts_with('/') => Ok(text.into()),
        Some(text) => Err(format!("has to be an absolute path, not '{text}'")),
        None => Err(format!("has to be an absolute path, not {}", kind_name(value))),
    }
}
