//! Where a syslog listens.

use std::fmt;
use std::path::PathBuf;

/// The socket of Linux systems.
pub(crate) const SYSTEM: &str = "/dev/log";

/// Where a syslog listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A socket in the file system; both kinds are tried unless one is given.
    Unix(PathBuf, Option<Transport>),
    /// Another host, or a port of this one.
    Network(String, u16, Transport),
}

/// How lines are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Datagram,
    Stream,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path, _) => path.display().fmt(f),
            Self::Network(host, port, Transport::Datagram) => write!(f, "{host}:{port} (UDP)"),
            Self::Network(host, port, Transport::Stream) => write!(f, "{host}:{port} (TCP)"),
        }
    }
}
