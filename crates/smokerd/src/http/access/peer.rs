//! The other end of a connection.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use smoker_trust::identity::peer::CertifiedPeer;
use tokio::net::unix::UCred;

use crate::http::access::local_account::LocalAccount;
use crate::results::requester::ClientAddress;

/// The other end of a connection, as far as the connection shows it. The server puts it into the extensions of each request.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// An address, which proves nothing.
    Tcp(SocketAddr),
    /// An address, and the certificate whose key the client has, if it has shown one.
    Tls(SocketAddr, Option<Arc<ShownCertificate>>),
    /// An account of this machine.
    Unix(LocalAccount),
}

/// The certificate that a client has shown on its connection.
#[derive(Debug)]
pub(crate) struct ShownCertificate {
    pub(crate) certified: CertifiedPeer,
    /// The name that it had when a request of the connection was answered first: a key that is unknown later was withdrawn.
    pub(crate) known_as: OnceLock<String>,
}

impl From<CertifiedPeer> for ShownCertificate {
    fn from(certified: CertifiedPeer) -> Self {
        Self { certified, known_as: OnceLock::new() }
    }
}

impl Peer {
    /// Its address, which one on the Unix socket does not have.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) | Self::Tls(address, _) => Some(address.ip().to_canonical()),
            Self::Unix(_) => None,
        }
    }

    /// How limits count the client.
    pub(crate) fn client_address(&self) -> ClientAddress {
        match self {
            Self::Tcp(address) | Self::Tls(address, _) => address.ip().into(),
            Self::Unix(account) => ClientAddress::Account(account.uid),
        }
    }

    /// Whether it is on this host.
    pub(crate) fn is_local(&self) -> bool {
        self.address().is_none_or(|address| address.is_loopback())
    }

    /// Whether others on the network can read what it sends.
    pub(crate) fn is_readable_by_others(&self) -> bool {
        matches!(self, Self::Tcp(address) if !address.ip().to_canonical().is_loopback())
    }
}

impl From<UCred> for LocalAccount {
    fn from(credentials: UCred) -> Self {
        Self { uid: credentials.uid(), gid: credentials.gid() }
    }
}

/// As logs name the client.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) | Self::Tls(address, _) => address.fmt(f),
            Self::Unix(account) => write!(f, "uid {} on the socket", account.uid),
        }
    }
}
