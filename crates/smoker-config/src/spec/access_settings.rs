//! The top-level keys that say who may use the daemon, and how they prove who they are.

use std::path::PathBuf;

use smoker_model::value::Value;

use crate::yaml::merge::shown;
use crate::yaml::node::kind_name;

/// Who may use the daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessSettings {
    /// What requests of this host may do that prove no identity (`local_role`).
    pub local_role: LocalRole,
    /// The Unix socket (`socket`); `None`: there is none.
    pub socket: Option<PathBuf>,
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
