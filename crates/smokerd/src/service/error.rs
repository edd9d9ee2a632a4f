//! Why the daemon does not start.

use std::io;
use std::path::PathBuf;

use smoker_config::error::ConfigError;
use smoker_logging::fileconfig::load::LoadError;
use smoker_runner::process::attributes::credentials::CredentialsError;
use thiserror::Error;

use crate::service::pidfile::PidfileError;

/// Why the daemon does not run.
#[derive(Debug, Error)]
pub(crate) enum StartError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("cannot find an address for bind_host '{host}': {source}")]
    Resolve { host: String, source: io::Error },
    #[error("cannot listen on {address}: {source}; {}", next_step(source))]
    Bind { address: String, source: io::Error },
    #[error("cannot make the socket {path}: {source}; {}", next_step_of_socket(source))]
    Socket { path: PathBuf, source: io::Error },
    #[error("cannot listen on {path}: another process does; is another smokerd running? Stop it or change 'socket'")]
    SocketInUse { path: PathBuf },
    #[error("{0}")]
    Identity(String),
    #[error("{0}")]
    StateInUse(String),
    #[error("{0}")]
    Pidfile(#[from] PidfileError),
    #[error("{0}")]
    Logging(#[from] LoadError),
    #[error("cannot open {path} for the daemon's {stream}: {source}; correct '{stream}' in the configuration")]
    Stdio { stream: &'static str, path: PathBuf, source: io::Error },
    #[error("{}", .reasons.join("\n"))]
    Untrusted { reasons: Vec<String> },
    #[error("--trust-owner {name}: there is no such account; give the name or the number of one")]
    UnknownOwner { name: String },
    #[error("reading {what} takes more than {seconds} seconds: is it on a file server that does not answer?")]
    Hangs { what: String, seconds: u64 },
    #[error("No plugins loaded!")]
    NoPlugins,
    #[error("cannot go into the background: {0}")]
    Daemonize(io::Error),
    #[error("cannot run as the configured uid and gid: {0}")]
    Account(#[from] CredentialsError),
    #[error(
        "cannot change to uid {uid} and gid {gid}: {reason}; start smokerd as root or remove uid and gid from the configuration"
    )]
    Privileges { uid: String, gid: String, reason: String },
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

impl StartError {
    /// Each thing that is wrong, as a text that may have several lines.
    pub(crate) fn parts(&self) -> Vec<String> {
        match self {
            Self::Config(error) if error.faults().next().is_some() => {
                error.faults().map(|(_, text)| text.to_owned()).collect()
            }
            Self::Untrusted { reasons } => reasons.clone(),
            other => vec![other.to_string()],
        }
    }
}

/// What to do about a socket that cannot be made.
fn next_step_of_socket(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "make its folder, or change 'socket' in the configuration",
        _ => "change 'socket' in the configuration",
    }
}

/// What to do about an address that cannot be bound.
fn next_step(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "is another smokerd running there? Stop it or change bind_port",
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address: correct bind_host",
        io::ErrorKind::PermissionDenied => "ports below 1024 need root: start smokerd as root or change bind_port",
        _ => "correct bind_host and bind_port",
    }
}
