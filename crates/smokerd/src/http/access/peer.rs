//! The other end of a connection.

use std::fmt;
use std::net::SocketAddr;

use tokio::net::unix::UCred;

use crate::http::access::local_account::LocalAccount;
use crate::results::requester::ClientAddress;

/// The other end of a connection, as the kernel knows it. The server puts it into the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// An address, which proves nothing.
    Tcp(SocketAddr),
    /// An account of this machine.
    Unix(LocalAccount),
}

impl Peer {
    /// How limits count the client.
    pub(crate) fn client_address(&self) -> ClientAddress {
        match self {
            Self::Tcp(address) => address.ip().into(),
            Self::Unix(account) => ClientAddress::Account(account.uid),
        }
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
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(account) => write!(f, "uid {} on the socket", account.uid),
        }
    }
}
